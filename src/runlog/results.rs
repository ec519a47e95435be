//! The folder of one run, and where its files lie.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::files::replace;
use crate::host::paths;
use crate::model::manifest::Manifest;
use crate::model::run_files;

/// `results/<run-id>/`.
#[derive(Clone, Debug)]
pub struct Results {
    folder: PathBuf,
}

impl Results {
    /// Makes the folder of a new run.
    pub fn create(out: &Path, run_id: &str) -> anyhow::Result<Self> {
        let folder = paths::tidy(&out.join(run_id));
        fs::create_dir_all(&folder).with_context(|| {
            format!("--out {}: cannot make a folder for the results there", out.display())
        })?;
        Ok(Results { folder })
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

    /// Reads the manifest of a finished run.
    pub fn manifest(&self) -> anyhow::Result<Manifest> {
        let path = self.path(run_files::MANIFEST);
        let text = fs::read(&path).with_context(|| {
            format!("cannot read {}; give the folder of a run, such as results/latest", path.display())
        })?;
        serde_json::from_slice(&text)
            .with_context(|| format!("{} is no manifest of spanload", path.display()))
    }

    /// Points `latest` beside the folder at it, in one step: at no time it points at nothing.
    pub fn point_latest(&self) -> anyhow::Result<()> {
        let (Some(out), Some(name)) = (self.folder.parent(), self.folder.file_name()) else { return Ok(()) };
        let link = out.join("latest");
        replace(&link, |fresh| {
            // What a run that was killed here has left.
            let _ = fs::remove_file(fresh);
            std::os::unix::fs::symlink(name, fresh)
        })
        .with_context(|| format!("cannot point {} at the run", link.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latest_points_at_the_newest_run_and_at_no_time_at_nothing() {
        let out = tempfile::tempdir().expect("a folder");
        fs::write(out.path().join("latest.tmp"), "left by a run that was killed").expect("the disk has room");
        for run in ["one", "two"] {
            let results = Results::create(out.path(), run).expect("the disk has room");
            results.point_latest().expect("a link");
            let target = fs::read_link(out.path().join("latest")).expect("a link");
            assert_eq!(target, Path::new(run), "relative, so that the folder can be moved");
        }
        let left = out.path().read_dir().expect("readable").count();
        assert_eq!(left, 3, "two runs and the link");
    }
}
