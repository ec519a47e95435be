//! Which file imports which, by what name, and the circles among them.

use std::collections::{BTreeMap, BTreeSet};

use super::modules::{Modules, Place};
use super::paths::paths_in;

/// From a file to the files it imports, with the names that it takes from each.
pub type Imports = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// All imports between files; a `mod` declaration is none, and neither is a `pub use`, unless the file uses the name itself.
pub fn imports(modules: &Modules) -> Imports {
    let mut found = Imports::new();
    for (index, module) in modules.0.iter().enumerate() {
        let own: BTreeSet<&str> = module.body.iter().copied().collect();
        let taken = module.imports.iter().filter(|one| !one.handed_on || own.contains(one.name.as_str()));
        let paths = taken.map(|import| import.path.clone()).chain(paths_in(&module.body));
        for path in paths {
            if let Place::Item { file, name } = modules.resolve(index, &path)
                && file != module.file
            {
                found.entry(module.file.clone()).or_default().entry(file).or_default().insert(name);
            }
        }
    }
    found
}

/// Paths into the crate that lead to nothing: each would be an import that is overlooked.
pub fn lost(modules: &Modules) -> Vec<String> {
    let mut lost = Vec::new();
    for (index, module) in modules.0.iter().enumerate() {
        let imported = module.imports.iter().map(|import| import.path.clone());
        for path in imported.chain(paths_in(&module.body)) {
            if modules.resolve(index, &path) == Place::Lost {
                lost.push(format!("{}: {}", module.file, path.join("::")));
            }
        }
    }
    lost
}

/// The files of each circle, in order; none stands in two.
pub fn circles(imports: &Imports) -> Vec<Vec<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        imports.keys().map(|file| (file.as_str(), reached_from(file, imports))).collect();
    let mutual = |one: &str, other: &str| {
        let reaches = |from: &str, to: &str| reached.get(from).is_some_and(|files| files.contains(to));
        reaches(one, other) && reaches(other, one)
    };
    let mut circles: Vec<Vec<&str>> = Vec::new();
    for file in reached.keys().copied().filter(|file| mutual(file, file)) {
        match circles.iter_mut().find(|circle| mutual(circle[0], file)) {
            Some(circle) => circle.push(file),
            None => circles.push(vec![file]),
        }
    }
    circles
}

fn reached_from<'a>(file: &str, imports: &'a Imports) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> =
        imports.get(file).into_iter().flat_map(BTreeMap::keys).map(String::as_str).collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(imports.get(next).into_iter().flat_map(BTreeMap::keys).map(String::as_str));
        }
    }
    reached
}

/// A circle with the names that tie it.
pub fn described(circle: &[&str], imports: &Imports) -> String {
    let mut lines = vec![format!("a circle of {} files:", circle.len())];
    for from in circle {
        for (to, names) in imports[*from].iter().filter(|(to, _)| circle.contains(&to.as_str())) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            lines.push(format!("  {from} -> {to}: {}", names.join(", ")));
        }
    }
    lines.join("\n")
}
