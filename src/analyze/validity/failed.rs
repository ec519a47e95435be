//! How requests failed, and what to do about each kind: by its status, where a server answered, else by its word.

use crate::analyze::observed::FailureGroup;
use crate::model::ErrorKind;

/// Groups that are named.
const NAMED: usize = 3;

/// The largest groups, each with its remedy.
pub(super) fn what_failed(groups: &[FailureGroup]) -> String {
    if groups.is_empty() {
        return "not one was sent; run it again".into();
    }
    let named = groups.iter().take(NAMED).map(|group| {
        let status = group.status.map_or(String::new(), |status| format!(" ({status})"));
        format!("{} × {}{status}: {}", group.n, group.error.name(), remedy(group))
    });
    let mut text = named.collect::<Vec<_>>().join("; ");
    if let more @ 1.. = groups.len().saturating_sub(NAMED) {
        text.push_str(&format!("; and {more} more kinds"));
    }
    text
}

fn remedy(group: &FailureGroup) -> &'static str {
    match (group.error, group.status) {
        (ErrorKind::Http3xx, _) => "set target.url to where the redirect leads, for none is followed",
        (ErrorKind::Http4xx | ErrorKind::Http5xx, Some(status)) => of_status(status),
        (ErrorKind::Http4xx, None) => of_status(400),
        (ErrorKind::Http5xx, None) => of_status(500),
        (ErrorKind::Dns, _) => "correct the host in target.url (--target), or the resolver of this machine",
        (ErrorKind::ConnectRefused, _) => {
            "nobody listens there: start the server, or correct host and port of target.url (--target)"
        }
        (ErrorKind::ConnectFailed, _) => {
            "make the server reachable from here: address, route and firewall, or correct target.url (--target)"
        }
        (ErrorKind::LocalLimit, _) => {
            "raise this machine's limit (ulimit -n, net.ipv4.ip_local_port_range), or lower -c, or keep connections"
        }
        (ErrorKind::Tls, _) => {
            "correct the scheme and the host of target.url, and the certificates that are trusted"
        }
        (ErrorKind::Reset | ErrorKind::Closed, _) => {
            "find in the server's log why it ends connections before it has answered: a crash, a limit, or an idle \
             time-out of a kept connection"
        }
        (ErrorKind::Timeout, _) => "raise --timeout, or lower the load (-c)",
        (ErrorKind::Protocol, _) => {
            "correct the port and the scheme of target.url: what answers is no HTTP/1.1 (a phase that batches: correct \
             target.batch_response_key, or set batch = 1)"
        }
        (ErrorKind::TooLarge, _) => "raise target.max_answer_bytes",
        (ErrorKind::CheckFailed, _) => "correct the request, or what target.success asks for",
        (ErrorKind::Interrupted | ErrorKind::Unsent, _) => "run it again",
    }
}

fn of_status(status: u16) -> &'static str {
    match status {
        400 | 422 => {
            "the server does not take these bodies: give the ones that it expects with load.payloads, or the keys of its \
             batches with target.batch_request_key"
        }
        401 | 403 | 407 => "give the key that the server wants: -H 'NAME: VALUE' (target.headers)",
        404 | 410 => {
            "correct the path: target.path, or the path of target.url (a phase that batches: target.batch_path, or set \
             batch = 1)"
        }
        405 | 501 => "correct the path: what is there does not take a POST, with which requests are sent",
        408 => "raise the time that the server waits for a request, or send smaller ones",
        411 | 415 => "give the media type that the server takes: -H 'Content-Type: …' (target.headers)",
        413 => "give smaller bodies (load.payloads), lower batch, or raise the server's limit",
        429 => "lower the load (-c), or raise the server's rate limit for this key",
        502 | 504 => "find out why what stands behind the proxy does not answer it: its log says",
        503 => "lower the load (-c), or give the server more room: it has too much to do, or is starting",
        500..=599 => "find out in the server's log why it fails",
        _ => "correct the request as the server's answer says: see the errors and failures of the run",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(error: ErrorKind, status: Option<u16>) -> FailureGroup {
        FailureGroup { error, status, n: 20 }
    }

    #[test]
    fn each_kind_has_a_remedy_of_its_own() {
        for (status, words) in [
            (401, "-H"),
            (403, "target.headers"),
            (404, "target.path"),
            (405, "POST"),
            (413, "smaller"),
            (415, "Content-Type"),
            (422, "load.payloads"),
            (429, "-c"),
            (500, "log"),
            (503, "-c"),
        ] {
            let error = ErrorKind::from_status(status).expect("no success");
            let text = what_failed(&[group(error, Some(status))]);
            assert!(
                text.starts_with(&format!("20 × {} ({status}): ", error.name())) && text.contains(words),
                "{text}"
            );
        }
        for error in ErrorKind::ALL {
            assert!(what_failed(&[group(error, None)]).contains(&format!("× {}: ", error.name())));
        }
        assert!(what_failed(&[group(ErrorKind::TooLarge, None)]).contains("target.max_answer_bytes"));
        assert!(what_failed(&[]).contains("not one was sent"));
    }

    #[test]
    fn only_the_largest_are_named() {
        let groups: Vec<_> = (0..5).map(|at| group(ErrorKind::ALL[at], None)).collect();
        let text = what_failed(&groups);
        assert!(text.ends_with("and 2 more kinds") && text.matches("20 ×").count() == NAMED, "{text}");
    }
}
