//! Files that a person names to be read: regular ones of a bounded size. A FIFO would be waited for, a device read for
//! ever.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use thiserror::Error;

/// A file that is none to be read.
#[derive(Debug, Error)]
enum Unfit {
    #[error("it is {0}, not a regular file")]
    Kind(&'static str),
    #[error("it is longer than {0} bytes, the most that such a file may have")]
    Length(u64),
}

impl From<Unfit> for io::Error {
    fn from(unfit: Unfit) -> io::Error {
        io::Error::new(ErrorKind::InvalidInput, unfit)
    }
}

/// Opens a regular file to be read, and nothing else. Never waits.
///
/// # Errors
/// The file is not there, cannot be read, or is no regular one.
pub fn open(path: &Path) -> io::Result<File> {
    check(&fs::metadata(path)?)?;
    // Whoever puts a FIFO there meanwhile is not waited for either.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

/// Reads a whole regular file of at most so many bytes.
///
/// # Errors
/// As for [`open`], and where it is longer.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(Unfit::Length(most).into());
    }
    Ok(bytes)
}

/// The same of text.
///
/// # Errors
/// As for [`read`], and where it is no UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count();
        io::Error::new(ErrorKind::InvalidData, format!("line {line} is not UTF-8; save it as UTF-8"))
    })
}

/// Whether what failed is the choice of the file, not its reading.
pub fn is_unfit(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Unfit>())
}

fn check(found: &fs::Metadata) -> Result<(), Unfit> {
    let kind = found.file_type();
    match () {
        () if kind.is_file() => Ok(()),
        () if kind.is_dir() => Err(Unfit::Kind("a folder")),
        () if kind.is_fifo() => Err(Unfit::Kind("a FIFO")),
        () if kind.is_socket() => Err(Unfit::Kind("a socket")),
        () => Err(Unfit::Kind("a device")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_regular_file_is_read_and_nobody_waits() {
        let folder = tempfile::tempdir().expect("a folder");
        let fifo = folder.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("there is mkfifo");
        assert!(made.success());
        for (path, kind) in
            [(folder.path(), "a folder"), (&fifo, "a FIFO"), (Path::new("/dev/zero"), "a device")]
        {
            let error = read(path, 10).expect_err(kind);
            assert!(is_unfit(&error) && error.to_string().contains(kind), "{error}");
        }
        assert!(!is_unfit(&read(&folder.path().join("none"), 10).expect_err("nothing is there")));
    }

    #[test]
    fn length_and_letters_are_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        fs::write(&path, "12345").expect("the disk has room");
        assert_eq!(read(&path, 5).expect("as long as it may be"), b"12345");
        assert!(read(&path, 4).is_err_and(|error| is_unfit(&error)));
        fs::write(&path, b"a\nb\n\xff").expect("the disk has room");
        let error = read_text(&path, 9).expect_err("no text").to_string();
        assert!(error.contains("line 3 is not UTF-8"), "{error}");
    }
}
