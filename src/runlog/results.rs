//! The folder of one run, and where its files lie.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::files::replace;
use super::log_file::LogFile;
use super::manifest_check;
use crate::host::{paths, regular};
use crate::model::manifest::Manifest;
use crate::model::run_files;

/// Far more than a run of most repetitions writes.
const LONGEST_MANIFEST: u64 = 64 << 20;

/// `results/<run-id>/`.
#[derive(Clone, Debug)]
pub struct Results {
    folder: PathBuf,
}

impl Results {
    /// Makes a folder for a run, or takes one that is there.
    pub fn create(out: &Path, run_id: &str) -> anyhow::Result<Self> {
        let folder = paths::tidy(&out.join(run_id));
        fs::create_dir_all(&folder).with_context(|| {
            format!("--out {}: cannot make a folder for the results there", out.display())
        })?;
        Ok(Results { folder })
    }

    /// Makes the folder of a new run, which nobody else has; `None` where somebody has.
    pub fn create_new(out: &Path, run_id: &str) -> anyhow::Result<Option<Self>> {
        let cannot = || format!("--out {}: cannot make a folder for the results there", out.display());
        fs::create_dir_all(out).with_context(cannot)?;
        let folder = paths::tidy(&out.join(run_id));
        match fs::create_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
            made => made.map(|()| Some(Results { folder })).with_context(cannot),
        }
    }

    /// The folder of a finished run.
    pub fn open(folder: &Path) -> Self {
        Results { folder: paths::tidy(folder) }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Starts a file.
    pub fn start(&self, name: &str) -> anyhow::Result<File> {
        let path = self.path(name);
        File::create(&path).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Starts a log.
    pub fn start_log(&self, name: &str) -> anyhow::Result<LogFile> {
        let path = self.path(name);
        LogFile::start(&path).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Opens a file of a finished run to be read.
    pub fn read(&self, name: &str) -> std::io::Result<File> {
        regular::open(&self.path(name))
    }

    /// Reads the manifest of a finished run.
    pub fn manifest(&self) -> anyhow::Result<Manifest> {
        let path = self.path(run_files::MANIFEST);
        let text = regular::read(&path, LONGEST_MANIFEST).with_context(|| {
            format!("cannot read {}; give the folder of a run, such as results/latest", path.display())
        })?;
        manifest_check::parse(&text).with_context(|| path.display().to_string())
    }

    /// Points `latest` beside the folder at it, in one step: at no time it points at nothing.
    pub fn point_latest(&self) -> anyhow::Result<()> {
        let (Some(out), Some(name)) = (self.folder.parent(), self.folder.file_name()) else { return Ok(()) };
        let link = out.join("latest");
        if fs::symlink_metadata(&link).is_ok_and(|found| !found.is_symlink()) {
            bail!(
                "{} is no link of an earlier run and stays as it is; move it away, so that the newest run can be found there",
                link.display()
            );
        }
        replace(&link, |fresh| std::os::unix::fs::symlink(name, fresh))
            .with_context(|| format!("cannot point {} at the run", link.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latest_points_at_the_newest_run_and_at_no_time_at_nothing() {
        let out = tempfile::tempdir().expect("a folder");
        for run in ["one", "two"] {
            let results = Results::create(out.path(), run).expect("the disk has room");
            results.point_latest().expect("a link");
            let target = fs::read_link(out.path().join("latest")).expect("a link");
            assert_eq!(target, Path::new(run), "relative, so that the folder can be moved");
        }
        let left = out.path().read_dir().expect("readable").count();
        assert_eq!(left, 3, "two runs and the link");
    }

    #[test]
    fn what_somebody_else_called_latest_stays() {
        let makes: [fn(&Path) -> std::io::Result<()>; 2] =
            [|path| fs::write(path, "mine"), |path| fs::create_dir(path)];
        for make in makes {
            let out = tempfile::tempdir().expect("a folder");
            let latest = out.path().join("latest");
            make(&latest).expect("the disk has room");
            let results = Results::create(out.path(), "one").expect("the disk has room");
            let error = results.point_latest().expect_err("it is no link").to_string();
            assert!(error.contains("latest is no link"), "{error}");
            assert!(!fs::symlink_metadata(&latest).expect("it is there").is_symlink());
            assert_eq!(out.path().read_dir().expect("readable").count(), 2, "nothing is left behind");
        }
    }
}
