//! How this process was called, for the manifest.

use crate::model::Mask;

/// What the person at the keyboard can fix: the flag, and the remedy.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// The command line for the manifest, without what `mask` hides. Where the program and the working directory lie is
/// nobody's business either, and differs from machine to machine.
pub fn masked_command(mask: &Mask) -> Vec<String> {
    let here = std::env::current_dir().map(|folder| format!("{}/", folder.display())).unwrap_or_default();
    let args = std::env::args_os().skip(1).map(|arg| {
        let arg = arg.to_string_lossy().into_owned();
        match arg.strip_prefix(&here) {
            Some(rest) if !here.is_empty() => rest.to_string(),
            _ => arg,
        }
    });
    std::iter::once("spanload".to_string()).chain(args.map(|arg| mask.apply(&arg, false))).collect()
}
