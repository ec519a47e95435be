//! An object of a document whose entries stay in their order.

use serde::{Serialize, Serializer};

/// A JSON object whose entries stay in their order.
#[derive(Clone, Debug)]
pub struct Table<T>(pub Vec<(&'static str, T)>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table(Vec::new())
    }
}

impl<T> Table<T> {
    /// The entry of that name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find_map(|(key, value)| (*key == name).then_some(value))
    }
}

impl<T: Serialize> Serialize for Table<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}
