//! Where types are defined, and where their methods stand.

use std::collections::BTreeMap;

use super::modules::{Modules, Place};
use super::tokens::is_word;

/// Each type name that is defined more than once, with its files: one word, one meaning.
pub fn defined_twice(modules: &Modules) -> BTreeMap<&'static str, Vec<&str>> {
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for module in &modules.0 {
        for name in module.types() {
            places.entry(name).or_default().push(&module.file);
        }
    }
    places.retain(|_, files| files.len() > 1);
    places
}

/// Types whose methods stand in another file than the type: a call of one is an import that no path shows.
pub fn methods_away(modules: &Modules) -> Vec<String> {
    let mut away = Vec::new();
    for (index, module) in modules.0.iter().enumerate() {
        for path in &module.methods_of {
            if let Place::Item { file, name } = modules.resolve(index, path)
                && file != module.file
            {
                away.push(format!("{}: {name} of {file}", module.file));
            }
        }
    }
    away.sort();
    away.dedup();
    away
}

/// The names behind `struct`, `enum`, `trait` and, outside of braces, `type`.
pub fn types_in(item: &[&'static str]) -> Vec<&'static str> {
    let defines = |pair: &&[&'static str]| ["struct", "enum", "trait"].contains(&pair[0]) && is_word(pair[1]);
    let alias = item.first() == Some(&"type");
    let alias = item.get(1).filter(|_| alias).copied();
    item.windows(2).filter(defines).map(|pair| pair[1]).chain(alias).collect()
}
