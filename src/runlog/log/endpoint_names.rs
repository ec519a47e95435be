//! Names of endpoints as they are read: each is in memory once, however many rows have it.

use std::sync::Arc;

/// More are not shared: a file that was changed must not cost a long search for every row.
const MOST: usize = 100;

/// The names so far.
#[derive(Debug, Default)]
pub(super) struct EndpointNames(Vec<Arc<str>>);

impl EndpointNames {
    /// The name in a field; nothing where that is empty.
    pub(super) fn of(&mut self, field: &str) -> Option<Arc<str>> {
        if field.is_empty() {
            return None;
        }
        if let Some(known) = self.0.iter().find(|known| ***known == *field) {
            return Some(Arc::clone(known));
        }
        let new: Arc<str> = field.into();
        if self.0.len() < MOST {
            self.0.push(Arc::clone(&new));
        }
        Some(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_share_a_name_and_many_names_cost_no_endless_memory() {
        let mut names = EndpointNames::default();
        assert_eq!(names.of(""), None);
        let [one, other] = [(); 2].map(|()| names.of("/a").expect("a name"));
        assert!(Arc::ptr_eq(&one, &other));
        for number in 0..1_000 {
            assert_eq!(names.of(&format!("/{number}")).as_deref(), Some(format!("/{number}").as_str()));
        }
        assert_eq!(names.0.len(), MOST);
    }
}
