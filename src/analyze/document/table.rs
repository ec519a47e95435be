//! An object of a document whose entries stay in their order.

use serde::{Serialize, Serializer};

use super::cause::Cause;
use crate::model::{ErrorKind, Stage};

/// A JSON object whose entries stay in their order.
#[derive(Clone, Debug)]
pub struct Table<K, V>(pub Vec<(K, V)>);

/// What a table has an entry for.
pub trait Key: Copy + PartialEq {
    /// The name in files.
    fn name(self) -> &'static str;
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Table(Vec::new())
    }
}

impl<K: Key, V> Table<K, V> {
    /// The entry for it.
    pub fn get(&self, key: K) -> Option<&V> {
        self.0.iter().find_map(|(known, value)| (*known == key).then_some(value))
    }

    /// The entry of that name in files.
    pub fn named(&self, name: &str) -> Option<&V> {
        self.0.iter().find_map(|(known, value)| (known.name() == name).then_some(value))
    }
}

impl<K: Key, V: Serialize> Serialize for Table<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key.name(), value)))
    }
}

impl Key for &'static str {
    fn name(self) -> &'static str {
        self
    }
}

impl Key for Stage {
    fn name(self) -> &'static str {
        Stage::name(self)
    }
}

impl Key for Cause {
    fn name(self) -> &'static str {
        Cause::name(self)
    }
}

impl Key for ErrorKind {
    fn name(self) -> &'static str {
        ErrorKind::name(self)
    }
}
