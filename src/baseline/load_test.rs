//! What a given load test is: a file, a line for the shell, or a program with its arguments.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use thiserror::Error;
use tokio::process::Command;

use super::placeholders::Brief;
use crate::host::regular;
use crate::model::digest::sha256_hex;

/// Far more than a script, or a program, has.
const LONGEST: u64 = 256 << 20;

/// What is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadTest {
    /// A file for `python3`.
    Python(PathBuf),
    /// Any other file, which runs by itself.
    File(PathBuf),
    /// A line for `sh`.
    Line(String),
    /// A program and what it is given.
    Arguments(Vec<String>),
}

/// Why there is nothing to run.
#[derive(Debug, Error)]
pub enum NoLoadTest {
    /// It cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// Nobody may run it.
    #[error("{} is not executable; chmod +x it, or name what runs it, as in [\"bash\", \"{}\"]", .0.display(), .0.display())]
    NotExecutable(PathBuf),
    /// There is no such program.
    #[error("there is no file and no program `{0}`; install it, or write where it lies")]
    NoProgram(String),
}

impl LoadTest {
    /// Of a text: the file that it names, or a line for the shell. One word that looks like a path is a file.
    ///
    /// # Errors
    /// The file cannot be run, or a single word is neither a file nor a program.
    pub fn of_text(text: &str) -> Result<Self, NoLoadTest> {
        let path = Path::new(text);
        let word = !text.contains(char::is_whitespace);
        let is_path = word && (text.contains('/') || text.ends_with(".py"));
        if !is_path && !path.exists() {
            return match word && program(text).is_none() {
                true => Err(NoLoadTest::NoProgram(text.to_string())),
                false => Ok(LoadTest::Line(text.to_string())),
            };
        }
        let file = regular::open(path).and_then(|file| file.metadata());
        let file = file.map_err(|cause| NoLoadTest::Unread { path: path.to_path_buf(), cause })?;
        match (path.extension().is_some_and(|ending| ending == "py"), file.permissions().mode() & 0o111) {
            (true, _) => Ok(LoadTest::Python(path.to_path_buf())),
            (false, 0) => Err(NoLoadTest::NotExecutable(path.to_path_buf())),
            (false, _) => Ok(LoadTest::File(path.to_path_buf())),
        }
    }

    /// Of a program and its arguments.
    ///
    /// # Errors
    /// There is no such program.
    pub fn of_arguments(words: &[String]) -> Result<Self, NoLoadTest> {
        match words.first().filter(|name| program(name).is_some()) {
            Some(_) => Ok(LoadTest::Arguments(words.to_vec())),
            None => Err(NoLoadTest::NoProgram(words.first().cloned().unwrap_or_default())),
        }
    }

    /// How it is called, in a word.
    pub fn name(&self) -> String {
        let of = |path: &Path| {
            path.file_name().map_or_else(|| "script".into(), |name| name.to_string_lossy().into_owned())
        };
        match self {
            LoadTest::Python(path) | LoadTest::File(path) => of(path),
            LoadTest::Arguments(words) => of(Path::new(words.first().map_or("", String::as_str))),
            LoadTest::Line(line) => {
                // `RATE=5 k6 run` is called k6.
                let name = line.split_whitespace().find(|word| !word.contains('='));
                of(Path::new(name.unwrap_or(line)))
            }
        }
    }

    /// As it was given.
    pub fn words(&self) -> String {
        match self {
            LoadTest::Python(path) | LoadTest::File(path) => path.display().to_string(),
            LoadTest::Line(line) => line.clone(),
            LoadTest::Arguments(words) => words.join(" "),
        }
    }

    /// Whether it is one file.
    pub fn is_file(&self) -> bool {
        matches!(self, LoadTest::Python(_) | LoadTest::File(_))
    }

    /// SHA-256 of the file, or of the words.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn sha256(&self) -> Result<String, NoLoadTest> {
        match self {
            LoadTest::Python(path) | LoadTest::File(path) => {
                let text = regular::read(path, LONGEST);
                text.map(|text| sha256_hex(&text))
                    .map_err(|cause| NoLoadTest::Unread { path: path.clone(), cause })
            }
            LoadTest::Line(_) | LoadTest::Arguments(_) => Ok(sha256_hex(self.words().as_bytes())),
        }
    }

    /// The process that it becomes.
    pub(super) fn command(&self, brief: &Brief<'_>) -> Command {
        match self {
            LoadTest::Python(path) => {
                let mut command = Command::new("python3");
                command.arg("-B").arg(path); // leaves no compiled file beside the script
                command
            }
            // A file without a folder would be looked for among the programs.
            LoadTest::File(path) => Command::new(std::path::absolute(path).unwrap_or_else(|_| path.clone())),
            LoadTest::Line(line) => {
                let mut command = Command::new("sh");
                command.arg("-c").arg(brief.fill_line(line));
                command
            }
            LoadTest::Arguments(words) => {
                let mut words = words.iter().map(|word| brief.fill(word));
                let mut command = Command::new(words.next().unwrap_or_default());
                command.args(words);
                command
            }
        }
    }
}

/// Where a program lies, as the shell looks for it.
fn program(name: &str) -> Option<PathBuf> {
    let runs = |path: &PathBuf| {
        path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    if name.is_empty() || name.contains('/') {
        return Some(PathBuf::from(name)).filter(runs);
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_file_or_a_line_and_never_a_guess() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        for (name, mode) in [("load.py", 0o644), ("run me", 0o755), ("plain.sh", 0o644)] {
            std::fs::write(path(name), "#!/bin/sh\n").expect("room");
            std::fs::set_permissions(path(name), std::fs::Permissions::from_mode(mode)).expect("its own");
        }
        let of = |text: &str| LoadTest::of_text(text).map_err(|error| error.to_string());
        assert_eq!(of(&path("load.py")), Ok(LoadTest::Python(path("load.py").into())));
        assert_eq!(of(&path("run me")), Ok(LoadTest::File(path("run me").into())), "a path may hold a space");
        assert_eq!(of("sh -c true"), Ok(LoadTest::Line("sh -c true".into())));
        assert_eq!(of("sh"), Ok(LoadTest::Line("sh".into())), "a program without arguments");
        let cases = [
            (path("plain.sh"), "chmod +x"),
            (path("gone.py"), "cannot read"),
            ("gone.py".into(), "cannot read"),
            ("nopenope".into(), "no program"),
        ];
        for (text, problem) in cases {
            assert!(of(&text).is_err_and(|error| error.contains(problem)), "{text}");
        }
        assert!(LoadTest::of_arguments(&["nopenope".into()]).is_err());
        assert!(LoadTest::of_arguments(&["sh".into(), "x".into()]).is_ok());
    }

    #[test]
    fn it_is_called_by_its_program() {
        let line = |line: &str| LoadTest::Line(line.into()).name();
        assert_eq!(line("RATE=5 /opt/k6 run --out csv={log} a/b.js"), "k6");
        assert_eq!(line("A=1"), "A=1");
        assert_eq!(LoadTest::Arguments(vec!["/x/oha".into(), "a/b".into()]).name(), "oha");
        assert_eq!(LoadTest::Python("a/input.py".into()).name(), "input.py");
    }
}
