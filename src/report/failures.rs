//! How requests failed, a line a kind: how many, the word, the status and what the server said.

use crate::analyze::FailureGroup;
use crate::model::FailureNote;

/// Kinds that are named.
const NAMED: usize = 4;
/// Different sayings of one kind that are shown.
const SAID: usize = 2;
/// Characters of a saying.
const LONGEST: usize = 160;

/// The lines of one part of a run, whose `notes` are given; the largest group first.
pub fn failed(groups: &[FailureGroup], notes: &[FailureNote]) -> Vec<String> {
    let mut lines: Vec<String> = groups.iter().take(NAMED).map(|group| line(group, notes)).collect();
    let more: u64 = groups.iter().skip(NAMED).map(|group| group.n).sum();
    if more > 0 {
        lines.push(format!("{more} × of {} other kinds", groups.len() - NAMED));
    }
    lines
}

fn line(group: &FailureGroup, notes: &[FailureNote]) -> String {
    let of_group = |note: &&FailureNote| note.error == group.error.name() && note.status == group.status;
    let mut said: Vec<String> =
        notes.iter().filter(of_group).map(saying).filter(|said| !said.is_empty()).collect();
    said.sort_by_key(String::len);
    said.dedup();
    said.truncate(SAID);
    let status = group.status.map(|status| status.to_string()).unwrap_or_default();
    let said = [status, said.join(" or ")].into_iter().filter(|part| !part.is_empty());
    let said = said.collect::<Vec<_>>().join(" ");
    let colon = if said.is_empty() { "" } else { ": " };
    format!("{} × {}{colon}{said}", group.n, group.error.name())
}

/// What one says beside its status.
fn saying(note: &FailureNote) -> String {
    let to = note.location.as_ref().map(|to| format!("to {to}"));
    let after = note.retry_after.as_ref().map(|after| match after.parse::<u64>() {
        Ok(seconds) => format!("(ask again after {seconds} s)"),
        Err(_) => format!("(ask again after {after})"),
    });
    // The content of a redirect says the same again.
    let body = note.body.clone().filter(|_| to.is_none());
    let all = [to, after, note.reason.clone(), body].into_iter().flatten().collect::<Vec<_>>().join(" ");
    match all.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &all[..end]),
        None => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ErrorKind;

    fn note(error: ErrorKind, status: Option<u16>) -> FailureNote {
        FailureNote { error: error.name().into(), status, ..FailureNote::default() }
    }

    fn lines(groups: &[(ErrorKind, Option<u16>, u64)], notes: &[FailureNote]) -> Vec<String> {
        let group = |(error, status, n): &(ErrorKind, Option<u16>, u64)| ((*error, *status), *n);
        failed(&FailureGroup::of(groups.iter().map(group)), notes)
    }

    #[test]
    fn status_and_what_the_server_said_stand_behind_the_word() {
        let refused = FailureNote {
            body: Some("{\"error\":\"no key\"}".into()),
            ..note(ErrorKind::Http4xx, Some(401))
        };
        let moved = FailureNote {
            location: Some("https://a.test/".into()),
            body: Some("<html>".into()),
            ..note(ErrorKind::Http3xx, Some(301))
        };
        let busy = FailureNote { retry_after: Some("5".into()), ..note(ErrorKind::Http5xx, Some(503)) };
        let strange =
            FailureNote { reason: Some("it does not begin".into()), ..note(ErrorKind::Protocol, None) };
        let notes = [refused, moved, busy, strange];
        for (group, line) in [
            ((ErrorKind::Http4xx, Some(401), 20), "20 × http_4xx: 401 {\"error\":\"no key\"}"),
            ((ErrorKind::Http3xx, Some(301), 2), "2 × http_3xx: 301 to https://a.test/"),
            ((ErrorKind::Http5xx, Some(503), 1), "1 × http_5xx: 503 (ask again after 5 s)"),
            ((ErrorKind::Http5xx, Some(500), 1), "1 × http_5xx: 500"),
            ((ErrorKind::Protocol, None, 3), "3 × protocol: it does not begin"),
            ((ErrorKind::Timeout, None, 3), "3 × timeout"),
        ] {
            assert_eq!(lines(&[group], &notes), [line]);
        }
    }

    #[test]
    fn what_is_much_is_cut() {
        let said = |body: String| FailureNote { body: Some(body), ..note(ErrorKind::Http5xx, Some(500)) };
        let notes = [said("ü".repeat(500)), said("b".into()), said("a".into()), said("a".into())];
        let groups: Vec<_> = (500..506).map(|status| (ErrorKind::Http5xx, Some(status), 1)).collect();
        let lines = lines(&groups, &notes);
        assert_eq!(
            (lines[0].as_str(), lines[4].as_str()),
            ("1 × http_5xx: 500 b or a", "2 × of 2 other kinds")
        );
        let long = failed(&FailureGroup::of([((ErrorKind::Http5xx, Some(500)), 1)]), &notes[..1]);
        assert_eq!(long[0].chars().filter(|letter| *letter == 'ü').count(), LONGEST);
    }
}
