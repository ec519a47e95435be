//! Files that are either whole or not there.

use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;

/// Writes to a temporary name beside `path`, then renames.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut name = path.file_name().context("a file needs a name")?.to_os_string();
    name.push(".tmp");
    let temporary = path.with_file_name(name);
    fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path)).with_context(|| {
        format!("cannot write {}; check that the disk has room and the folder is writable", path.display())
    })
}

/// Writes a value as JSON for people: indented, with a line break at the end.
pub fn write_json(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_vec_pretty(value).context("the value cannot be written as JSON")?;
    text.push(b'\n');
    write_atomically(path, &text)
}
