//! Files that a person names to be written to. A FIFO that nobody reads is an error: opening it would wait for a reader, and
//! nothing would end that.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// Opens it as `options` say. Never waits.
///
/// # Errors
/// It cannot be written to, or is a FIFO that nobody reads.
pub fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let opened = options.custom_flags(libc::O_NONBLOCK).open(path);
    let file = opened.map_err(|error| match error.raw_os_error() {
        Some(libc::ENXIO) if is_fifo(path) => {
            let problem = "it is a FIFO that nobody reads; start its reader first, or name another file";
            io::Error::new(ErrorKind::NotConnected, problem)
        }
        _ => error,
    })?;
    // Whoever reads slowly is waited for.
    wait_for_room(&file)?;
    Ok(file)
}

fn is_fifo(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo())
}

fn wait_for_room(file: &File) -> io::Result<()> {
    let descriptor = file.as_raw_fd();
    // SAFETY: the descriptor is that of an open file, and these two commands take and give numbers alone.
    let set = unsafe {
        let flags = libc::fcntl(descriptor, libc::F_GETFL);
        if flags < 0 { flags } else { libc::fcntl(descriptor, libc::F_SETFL, flags & !libc::O_NONBLOCK) }
    };
    if set < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn a_fifo_is_written_to_as_soon_as_somebody_reads_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&path).status().expect("there is mkfifo");
        assert!(made.success());
        let refused = open(&path, File::options().append(true)).expect_err("nobody reads it");
        assert!(refused.to_string().contains("nobody reads"), "{refused}");
        let reader = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(&path).expect("a reader");
        let mut file = open(&path, File::options().append(true)).expect("somebody reads it");
        // More than fits in: the writer waits for the reader.
        let long = vec![b'x'; 1 << 20];
        let writer = std::thread::spawn(move || file.write_all(&long));
        wait_for_room(&reader).expect("it is open");
        let mut read = Vec::new();
        (&reader).read_to_end(&mut read).expect("it comes to its end");
        assert_eq!(read.len(), 1 << 20);
        writer.join().expect("no panic").expect("all is written");
    }
}
