//! The modules of the crate: what each defines, declares and imports, and where a path leads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::names::types_in;
use super::paths::leaves;
use super::tokens::{self, behind_attributes, behind_visibility, end_of_item, is_word, without_tests};

/// One module. `file` is relative to `src`; a module in braces has the file that it stands in.
#[derive(Debug, Default)]
pub struct Module {
    pub file: String,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    items: BTreeSet<String>,
    pub imports: Vec<Import>,
    /// All but the `use` declarations.
    pub body: Vec<&'static str>,
    types: Vec<&'static str>,
    /// Types whose methods stand in this module, each as a path.
    pub methods_of: Vec<Vec<String>>,
}

/// One name that a `use` brings in.
#[derive(Clone, Debug)]
pub struct Import {
    pub name: String,
    pub path: Vec<String>,
    /// `pub use`: the name is handed on.
    pub handed_on: bool,
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// To what this file defines.
    Item { file: String, name: String },
    /// To a module as a whole.
    Module(usize),
    /// Out of the crate, or to a local name.
    Outside,
    /// Into the crate, but to nothing that was found: a fault of this reader.
    Lost,
}

/// All modules, of the library and of the binary.
#[derive(Debug, Default)]
pub struct Modules(pub Vec<Module>);

impl Modules {
    /// Reads the crate below `src`.
    pub fn read(src: &Path) -> Self {
        let mut modules = Modules::default();
        for root in ["lib.rs", "main.rs"].map(|root| src.join(root)).into_iter().filter(|root| root.exists())
        {
            modules.read_file(src, &root, None);
        }
        modules
    }

    fn read_file(&mut self, src: &Path, file: &Path, parent: Option<usize>) -> usize {
        let code =
            std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let tokens = without_tests(&tokens::of(Box::leak(code.into_boxed_str())));
        let name = file.strip_prefix(src).expect("below src").to_string_lossy().into_owned();
        let module = self.add(name, parent);
        let folder = match file.file_stem().and_then(|stem| stem.to_str()) {
            Some("mod" | "lib" | "main") => file.with_file_name(""),
            _ => file.with_extension(""),
        };
        self.take_items(src, &folder, module, &tokens);
        module
    }

    fn add(&mut self, file: String, parent: Option<usize>) -> usize {
        self.0.push(Module { file, parent, ..Module::default() });
        self.0.len() - 1
    }

    fn take_items(&mut self, src: &Path, folder: &Path, module: usize, tokens: &[&'static str]) {
        let mut at = 0;
        while at < tokens.len() {
            let end = end_of_item(tokens, at).max(at + 1);
            let start = behind_visibility(tokens, behind_attributes(tokens, at));
            let word = |index: usize| tokens.get(index).copied().unwrap_or_default();
            match word(start) {
                "mod" => self.take_module(src, folder, module, &tokens[start..end]),
                "use" => {
                    let handed_on = start > behind_attributes(tokens, at);
                    self.0[module].take_use(&tokens[start + 1..end - 1], handed_on);
                }
                _ => self.0[module].take_item(&tokens[at..end], &tokens[start..end]),
            }
            at = end;
        }
    }

    /// Of `mod name;` or `mod name { … }`.
    fn take_module(&mut self, src: &Path, folder: &Path, module: usize, tokens: &[&'static str]) {
        let (name, inside) = (tokens[1], tokens[2] == "{");
        let child = if inside {
            let child = self.add(self.0[module].file.clone(), Some(module));
            self.take_items(src, &folder.join(name), child, &tokens[3..tokens.len() - 1]);
            child
        } else {
            let places: [PathBuf; 2] =
                [folder.join(name).with_extension("rs"), folder.join(name).join("mod.rs")];
            let file = places.iter().find(|file| file.exists());
            self.read_file(src, file.unwrap_or_else(|| panic!("no file of {name}")), Some(module))
        };
        self.0[module].children.insert(name.into(), child);
    }

    /// Where a path leads that is written in this module.
    pub fn resolve(&self, module: usize, path: &[String]) -> Place {
        self.follow(module, path, &mut BTreeSet::new())
    }

    fn follow(&self, module: usize, path: &[String], seen: &mut BTreeSet<(usize, String)>) -> Place {
        let Some((first, rest)) = path.split_first() else { return Place::Module(module) };
        let parent = || self.0[module].parent;
        match first.as_str() {
            "self" => self.walk(module, rest, seen),
            "super" => parent().map_or(Place::Lost, |parent| match rest.first().map(String::as_str) {
                Some("super") => self.follow(parent, rest, seen),
                _ => self.walk(parent, rest, seen),
            }),
            "crate" => {
                let root = std::iter::successors(Some(module), |module| self.0[*module].parent).last();
                self.walk(root.unwrap_or(module), rest, seen)
            }
            // How the binary calls the library.
            "spanload" => self.walk(0, rest, seen),
            _ => match self.walk(module, path, seen) {
                Place::Lost => Place::Outside,
                found => found,
            },
        }
    }

    /// The rest of a path, from a module on.
    fn walk(&self, module: usize, path: &[String], seen: &mut BTreeSet<(usize, String)>) -> Place {
        let Some((first, rest)) = path.split_first() else { return Place::Module(module) };
        let here = &self.0[module];
        if rest.is_empty() && here.items.contains(first) {
            return Place::Item { file: here.file.clone(), name: first.clone() };
        }
        if let Some(child) = here.children.get(first) {
            return self.walk(*child, rest, seen);
        }
        if here.items.contains(first) {
            return Place::Item { file: here.file.clone(), name: path.join("::") };
        }
        let import = here.imports.iter().find(|import| import.name == *first);
        match import.filter(|_| seen.insert((module, first.clone()))) {
            Some(import) => match self.follow(module, &import.path, seen) {
                Place::Module(found) => self.walk(found, rest, seen),
                found => found,
            },
            None => Place::Lost,
        }
    }
}

impl Module {
    /// The types that it defines.
    pub fn types(&self) -> impl Iterator<Item = &'static str> {
        self.types.iter().copied()
    }

    fn take_use(&mut self, tree: &[&'static str], handed_on: bool) {
        let imports = leaves(tree);
        self.imports.extend(imports.into_iter().map(|(name, path)| Import { name, path, handed_on }));
    }

    /// `item` without attributes and visibility.
    fn take_item(&mut self, whole: &[&'static str], item: &[&'static str]) {
        const WITH_NAME: [&str; 9] =
            ["struct", "enum", "union", "trait", "type", "fn", "const", "static", "macro_rules"];
        // `const fn` and `unsafe trait` have the name behind the second word.
        let mut words = item.iter().filter(|token| is_word(token)).take(4);
        let named = item.first() != Some(&"impl") && words.any(|word| WITH_NAME.contains(word));
        match words.find(|word| !WITH_NAME.contains(word) && **word != "unsafe").filter(|_| named) {
            Some(name) => {
                self.items.insert(name.to_string());
            }
            None => self.methods_of.extend(type_of_methods(item)),
        }
        self.types.extend(types_in(item));
        self.body.extend(whole);
        // Inside of functions a name is brought in for them alone; to this reader that is one for the file.
        let mut at = 0;
        while at < item.len() {
            if item[at] == "use" && item[at..].contains(&";") {
                let end = end_of_item(item, at);
                self.take_use(&item[at + 1..end - 1], false);
                at = end;
            } else {
                at += 1;
            }
        }
    }
}

/// `T` of `impl<…> T<…> { … }`; nothing of a trait's implementation.
fn type_of_methods(item: &[&'static str]) -> Option<Vec<String>> {
    let header: Vec<&str> =
        item.iter().copied().take_while(|token| *token != "{" && *token != "where").collect();
    if header.first() != Some(&"impl") || header.contains(&"for") {
        return None;
    }
    let mut at = 1;
    if header.get(1) == Some(&"<") {
        let mut depth = 0;
        at += header[1..]
            .iter()
            .take_while(|token| {
                depth += i32::from(**token == "<") - i32::from(**token == ">");
                depth > 0
            })
            .count()
            + 1;
    }
    let path = header[at..].iter().take_while(|token| is_word(token) || **token == "::");
    Some(path.filter(|token| is_word(token)).map(|token| token.to_string()).collect())
}
