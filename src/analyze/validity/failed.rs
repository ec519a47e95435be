//! How requests failed, and what to do about each kind.

use super::remedy::{SentBy, remedy};
use crate::analyze::observed::FailureGroup;

/// Groups that are named.
const NAMED: usize = 3;

/// The largest groups, each with its remedy.
pub(super) fn what_failed(groups: &[FailureGroup], sent: &SentBy) -> String {
    if groups.is_empty() {
        return "not one was sent; run it again".into();
    }
    let named = groups.iter().take(NAMED).map(|group| {
        let status = group.status.map_or(String::new(), |status| format!(" ({status})"));
        let remedy = remedy(group.error, group.status, "", sent);
        format!("{} × {}{status}: {remedy}", group.n, group.error.name())
    });
    let mut text = named.collect::<Vec<_>>().join("; ");
    if let more @ 1.. = groups.len().saturating_sub(NAMED) {
        text.push_str(&format!("; and {more} more kinds"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ErrorKind;

    fn group(error: ErrorKind, status: Option<u16>) -> FailureGroup {
        FailureGroup { error, status, n: 20 }
    }

    #[test]
    fn a_group_has_its_number_its_word_and_its_remedy() {
        let sent = SentBy { key: true, ..SentBy::default() };
        let text = what_failed(&[group(ErrorKind::Http4xx, Some(401))], &sent);
        assert!(text.starts_with("20 × http_4xx (401): ") && text.contains("still valid"), "{text}");
        assert!(what_failed(&[], &sent).contains("not one was sent"));
    }

    #[test]
    fn only_the_largest_are_named() {
        let groups: Vec<_> = (0..5).map(|at| group(ErrorKind::ALL[at], None)).collect();
        let text = what_failed(&groups, &SentBy::default());
        assert!(text.ends_with("and 2 more kinds") && text.matches("20 ×").count() == NAMED, "{text}");
    }
}
