//! The file of a log while it is written: one run's alone, and whole at the end or an error.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::host::written;

/// A log's file. What is no regular file is written to as it is.
#[derive(Debug)]
pub struct LogFile {
    file: File,
    /// Of a regular file: where it is, and how long it must be.
    place: Option<(PathBuf, u64)>,
}

impl LogFile {
    /// Starts an empty log. The file is locked until this is dropped: two runs in one log would be no log of either.
    ///
    /// # Errors
    /// The file cannot be written, or another run writes to it.
    pub fn start(path: &Path) -> io::Result<Self> {
        // Appended to: where somebody truncates it, rows do not come to lie behind a hole.
        let file = written::open(path, File::options().append(true).create(true))?;
        if !file.metadata()?.is_file() {
            return Ok(LogFile { file, place: None });
        }
        if matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            let problem = "another run is writing to it; wait for its end, or name another file";
            return Err(io::Error::new(ErrorKind::ResourceBusy, problem));
        }
        file.set_len(0)?;
        Ok(LogFile { file, place: Some((path.to_path_buf(), 0)) })
    }

    /// Writes the log to standard output.
    ///
    /// # Errors
    /// There is none.
    pub fn stdout() -> io::Result<Self> {
        let file = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        Ok(LogFile { file, place: None })
    }

    /// Whether all that was written is in the file of that name.
    ///
    /// # Errors
    /// Somebody truncated, removed or replaced it meanwhile.
    pub fn check(&self) -> io::Result<()> {
        let Some((path, written)) = &self.place else { return Ok(()) };
        let own = self.file.metadata()?;
        let same = fs::metadata(path).is_ok_and(|named| (named.dev(), named.ino()) == (own.dev(), own.ino()));
        if same && own.len() == *written {
            return Ok(());
        }
        let problem =
            "it was truncated, removed or replaced while the run wrote to it, so rows are lost; run again";
        Err(io::Error::other(problem))
    }
}

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        if let Some((_, written)) = &mut self.place {
            *written += count as u64;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    #[test]
    fn a_second_run_is_refused_until_the_first_one_has_ended() {
        let folder = folder();
        let path = folder.path().join("log.csv");
        fs::write(&path, "an old one").expect("the disk has room");
        let mut first = LogFile::start(&path).expect("nobody else writes");
        first.write_all(b"row\n").expect("the disk has room");
        let refused = LogFile::start(&path).expect_err("it is taken");
        assert!(refused.to_string().contains("another run"), "{refused}");
        assert_eq!(fs::read(&path).expect("a file"), b"row\n", "the first one's rows are not touched");
        first.check().expect("all is there");
        drop(first);
        LogFile::start(&path).expect("it is free again").check().expect("it is empty");
        assert_eq!(fs::read(&path).expect("a file"), b"");
    }

    #[test]
    fn a_log_that_was_touched_is_an_error_and_has_no_hole() {
        let touched: [fn(&Path); 3] = [
            |path| File::create(path).map(drop).expect("it can be truncated"),
            |path| fs::remove_file(path).expect("it can be removed"),
            |path| {
                fs::write(path.with_extension("new"), "row\nrow\n")
                    .and_then(|()| fs::rename(path.with_extension("new"), path))
                    .expect("it can be replaced")
            },
        ];
        for touch in touched {
            let folder = folder();
            let path = folder.path().join("log.csv");
            let mut log = LogFile::start(&path).expect("nobody else writes");
            log.write_all(b"row\n").expect("the disk has room");
            touch(&path);
            log.write_all(b"row\n").expect("the disk has room");
            assert!(log.check().is_err_and(|error| error.to_string().contains("rows are lost")));
            assert!(!fs::read(&path).is_ok_and(|bytes| bytes.contains(&0)));
        }
    }

    #[test]
    fn a_device_is_written_to_by_many() {
        let mut logs = [0; 2].map(|_| LogFile::start(Path::new("/dev/null")).expect("anybody may"));
        logs.iter_mut().for_each(|log| log.write_all(b"row").expect("it takes all"));
        assert!(logs.iter().all(|log| log.check().is_ok()));
    }
}
