//! Paths as people write them: short, and without where this machine keeps its folders.

use std::path::{Component, Path, PathBuf};

/// `scenarios/../input.py` is `input.py`, and a path below the working directory is written from there.
pub fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            // Behind a symbolic link, `..` is not the folder that is written before it.
            Component::ParentDir
                if matches!(tidy.components().next_back(), Some(Component::Normal(_)))
                    && !tidy.is_symlink() =>
            {
                tidy.pop();
            }
            Component::CurDir => {}
            part => tidy.push(part),
        }
    }
    let here = std::env::current_dir().unwrap_or_default();
    tidy.strip_prefix(here).map(Path::to_path_buf).unwrap_or(tidy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_tidied() {
        let here = std::env::current_dir().expect("tests have a working directory");
        let absolute = here.join("scenarios/../input.py");
        for (given, expected) in [
            ("scenarios/../input.py", "input.py"),
            ("../x/./y", "../x/y"),
            ("/a/../b", "/b"),
            (absolute.to_str().expect("an ASCII path"), "input.py"),
        ] {
            assert_eq!(tidy(Path::new(given)), Path::new(expected), "{given}");
        }
    }
}
