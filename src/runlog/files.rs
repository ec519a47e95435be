//! Files that are either whole or not there, also after the machine has lost its power.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use crate::host::written;

/// As many as Linux follows.
const MOST_LINKS: usize = 40;
/// Temporary names that may be taken, by whoever likes such names.
const MOST_TAKEN: u32 = 100;

/// Writes to a temporary name beside `path`, then renames.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let file = behind_links(path);
    let special = fs::metadata(&file).is_ok_and(|found| !found.is_file() && !found.is_dir());
    let written = if special {
        // A device or a pipe is no file to be replaced.
        written::open(&file, File::options().write(true)).and_then(|mut device| device.write_all(bytes))
    } else {
        replace(&file, |temporary| {
            let mut file = File::create_new(temporary)?;
            file.write_all(bytes)?;
            // Before the name: else the name may reach the disk and the bytes not.
            file.sync_all()
        })
    };
    written.with_context(|| {
        format!("cannot write {}; check that the disk has room and the folder is writable", path.display())
    })
}

/// A link stays one: what it points to is replaced, or made where it is not there yet.
fn behind_links(path: &Path) -> PathBuf {
    let mut file = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        if let Ok(found) = fs::canonicalize(&file) {
            return found;
        }
        match fs::read_link(&file) {
            Ok(target) => file = file.with_file_name("").join(target),
            Err(_) => break,
        }
    }
    file
}

/// Writes a value as JSON for people: indented, with a line break at the end.
pub fn write_json(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_vec_pretty(value).context("the value cannot be written as JSON")?;
    text.push(b'\n');
    write_atomically(path, &text)
}

/// Makes something under a temporary name beside `path` and puts it there in one step. Nothing is left of it if that
/// fails. `make` must fail where the name is taken, by whoever likes such names or by a process of the same number in another
/// container: then it is asked again, with another one.
pub(super) fn replace(path: &Path, make: impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    for count in 0..MOST_TAKEN {
        let mut name = name.to_os_string();
        name.push(format!(".{}-{count}.tmp", std::process::id()));
        let temporary = path.with_file_name(name);
        match make(&temporary).and_then(|()| fs::rename(&temporary, path)) {
            Ok(()) => return sync_folder(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => {
                let _ = fs::remove_file(&temporary);
                return Err(error);
            }
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// The new name reaches the disk too, where a folder can be told to.
fn sync_folder(of: &Path) -> io::Result<()> {
    let folder = of.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error)
            if !matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported | ErrorKind::PermissionDenied
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = folder.read_dir().expect("readable").map(|entry| entry.expect("an entry").file_name());
        entries.map(|name| name.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_lies_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.json");
        for text in ["a longer one", "short"] {
            write_atomically(&path, text.as_bytes()).expect("the disk has room");
            assert_eq!(fs::read_to_string(&path).expect("text"), text);
        }
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_what_is_not_there_yet_stays_one_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("a.xml");
        fs::create_dir(folder.path().join("to")).expect("the disk has room");
        std::os::unix::fs::symlink("to/b.xml", &link).expect("links are possible");
        write_atomically(&link, b"new").expect("the disk has room");
        assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
        assert_eq!(fs::read_to_string(folder.path().join("to/b.xml")).expect("text"), "new");
    }

    #[test]
    fn a_file_that_has_a_temporary_name_is_somebodys_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.json");
        let own = folder.path().join(format!("a.json.{}-0.tmp", std::process::id()));
        fs::write(&own, "mine").expect("the disk has room");
        write_atomically(&path, b"new").expect("the disk has room");
        assert_eq!(fs::read_to_string(&own).expect("text"), "mine");
        assert_eq!(names(folder.path()).len(), 2);
    }

    #[test]
    fn who_writes_at_the_same_time_uses_another_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.json");
        std::thread::scope(|threads| {
            for writer in 0..8 {
                let path = &path;
                threads.spawn(move || {
                    let text = format!("of writer {writer}");
                    (0..20)
                        .for_each(|_| write_atomically(path, text.as_bytes()).expect("nobody is in the way"));
                });
            }
        });
        assert!(fs::read_to_string(&path).expect("text").starts_with("of writer "), "one of them, whole");
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_pipe_a_pipe() {
        let folder = tempfile::tempdir().expect("a folder");
        let [file, link] = ["a.json", "b.json"].map(|name| folder.path().join(name));
        fs::write(&file, "old").expect("the disk has room");
        std::os::unix::fs::symlink("a.json", &link).expect("links are possible");
        write_atomically(&link, b"new").expect("the disk has room");
        assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
        assert_eq!(fs::read_to_string(&file).expect("text"), "new");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("there is mkfifo");
        assert!(made.success());
        // Opened for both, a pipe waits for nobody, and there is a reader before anybody writes.
        let both = fs::OpenOptions::new().read(true).write(true).open(&pipe);
        let mut reader = both.expect("it was made");
        write_atomically(&pipe, b"new").expect("somebody reads");
        let mut text = [0; 3];
        std::io::Read::read_exact(&mut reader, &mut text).expect("three bytes");
        assert_eq!(&text, b"new");
        assert!(!fs::metadata(&pipe).expect("it is there").is_file());
    }

    #[test]
    fn what_cannot_be_put_in_place_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.json");
        fs::create_dir(&path).expect("the disk has room");
        let error = write_atomically(&path, b"{}").expect_err("a folder is in the way");
        assert!(format!("{error:#}").contains("a.json"), "{error:#}");
        assert_eq!(names(folder.path()), ["a.json"]);
        assert!(replace(&folder.path().join("b"), |_| Err(ErrorKind::StorageFull.into())).is_err());
        assert_eq!(names(folder.path()), ["a.json"]);
        assert!(write_atomically(Path::new("/"), b"").is_err(), "no name");
    }
}
