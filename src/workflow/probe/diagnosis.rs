//! What the one request says of the load that is to follow: in one line, with the remedy where something will not work.

use super::probed::{Answered, Failed, Probed};
use crate::model::{ErrorKind, HttpVersion, Stage, printable};

/// Characters of an answer that are shown.
const SHOWN: usize = 120;

/// A certificate that vouches for others is taken for no server, also where it is among the trusted ones.
const IS_AN_AUTHORITY: &str = "cannot be reached by TLS: its certificate is that of an authority (CA:TRUE), as `openssl req \
                               -x509` makes them by itself, and not one of a server; make one with \
                               -addext basicConstraints=critical,CA:FALSE, or trust whoever answers with --insecure";

/// What is to be expected of the load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::workflow) enum Diagnosis {
    /// It will work.
    Good(String),
    /// It will be sent, and something will be missing.
    Doubtful(String),
    /// It will not work.
    Hopeless(String),
}

/// Judges what came of the request to `url`, which is fit to be shown; `endpoint` names it where there are several.
pub(in crate::workflow) fn diagnose(url: &str, endpoint: Option<&str>, probed: &Probed) -> Diagnosis {
    match &probed.outcome {
        Err(failed) => Diagnosis::Hopeless(format!("the target {url} {}", failure(failed, probed))),
        Ok(answered) => answer(url, endpoint, answered, probed),
    }
}

/// What did not work, and what to do about it.
fn failure(failed: &Failed, probed: &Probed) -> String {
    let problem = failed.problem.as_deref().map(printable::line);
    let because = problem.as_ref().map_or(String::new(), |problem| format!(": {problem}"));
    let said = problem.as_deref().unwrap_or_default();
    match failed.kind {
        ErrorKind::Protocol | ErrorKind::Closed | ErrorKind::Reset if said.contains("HTTP/2") => {
            format!("speaks another version of HTTP{because}; {}", http_remedy(probed))
        }
        ErrorKind::Dns => format!(
            "is down{because}; correct the host in --target, or say where it leads with --resolve HOST:PORT:ADDRESS"
        ),
        ErrorKind::ConnectRefused => format!("is down{because}; start the server, or correct --target"),
        ErrorKind::Tls if said.contains("CaUsedAsEndEntity") => IS_AN_AUTHORITY.into(),
        ErrorKind::Tls => format!("cannot be reached by TLS{because}; {}", tls_remedy(said)),
        ErrorKind::Timeout => format!(
            "does not answer within {} (it was at `{}`); start the server, correct --target, or give it more time with --timeout",
            seconds(probed),
            last_stage(probed).map_or("queue", Stage::name)
        ),
        ErrorKind::Protocol if said.contains("TLS") => {
            format!("speaks TLS{because}; write https:// in --target")
        }
        ErrorKind::Protocol => format!("gives no answer of HTTP{because}; correct --target"),
        ErrorKind::TooLarge => {
            "answers with more than is taken; allow more with --set target.max_answer_bytes=N".into()
        }
        ErrorKind::LocalLimit => {
            format!("cannot be reached from here{because}; raise the limit of this machine (ulimit -n)")
        }
        ErrorKind::Reset | ErrorKind::Closed => format!(
            "ends the connection before it has answered{because}; is it TLS (https://), or another protocol?"
        ),
        _ => format!("cannot be reached{because}; start the server, or correct --target"),
    }
}

/// In terms of what the library says.
fn tls_remedy(problem: &str) -> &'static str {
    if problem.contains("UnknownIssuer") {
        "name the certificates that vouch for it with --cacert FILE, or trust whoever answers with --insecure"
    } else if problem.contains("NotValidForName") || problem.contains("not valid for name") {
        "write a name that is in its certificate, or target.server_name = \"…\""
    } else if problem.contains("Expired") || problem.contains("NotValidYet") || problem.contains("expired") {
        "renew its certificate, or trust whoever answers with --insecure"
    } else if problem.contains("CertificateRequired") || problem.contains("HandshakeFailure") {
        "it may want a certificate of the client's: --cert FILE --key FILE"
    } else if problem.contains("NoApplicationProtocol") {
        "it speaks another version of HTTP: --http 2, or --http 1.1"
    } else {
        "if it speaks no TLS, write http:// in --target"
    }
}

fn http_remedy(probed: &Probed) -> &'static str {
    match probed.connection.and_then(|used| used.http) {
        Some(HttpVersion::Http1) => "write --http 2",
        _ => "write --http 1.1",
    }
}

fn answer(url: &str, endpoint: Option<&str>, answered: &Answered, probed: &Probed) -> Diagnosis {
    let status = answered.status;
    let said = shown(&answered.opening);
    let wrong = |what: String| {
        let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
        format!("the target {url} answers {status}{said}: {what}")
    };
    let remedy = match status {
        200..=299 => return good(endpoint, answered, probed),
        300..=399 => match &answered.location {
            Some(location) => {
                format!("it redirects; write --target {}", printable::line(location))
            }
            None => "a redirect without a place; correct --target".into(),
        },
        400 if is_plain_to_tls(&answered.opening) => "write https:// in --target".into(),
        400 | 422 => "it does not take these bodies; give others with --set load.payloads=FILE".into(),
        401 | 403 => "it wants to know who asks; give a header such as -H 'authorization: Bearer …'".into(),
        404 | 405 | 410 if endpoint.is_some() => "correct its path or its method in target.endpoints".into(),
        404 | 410 => "there is no such path; write the path of the endpoint in --target".into(),
        405 => "it does not take this method there; write another with --method, or another path in --target"
            .into(),
        413 => "the bodies are too long for it; give shorter ones with --set load.payloads=FILE".into(),
        415 => "it does not take JSON; name what it takes with -H 'content-type: …'".into(),
        426 | 505 => "it speaks another version of HTTP; write --http 2, or --http 1.1".into(),
        429 | 500..=599 => {
            return Diagnosis::Doubtful(wrong(
                "the load is sent all the same, and such answers are failures".into(),
            ));
        }
        _ => "correct --target, or the request".into(),
    };
    Diagnosis::Hopeless(wrong(remedy))
}

/// As nginx answers what was to be TLS.
fn is_plain_to_tls(opening: &[u8]) -> bool {
    String::from_utf8_lossy(opening).contains("HTTPS port")
}

fn good(endpoint: Option<&str>, answered: &Answered, probed: &Probed) -> Diagnosis {
    let of = endpoint.map_or(String::new(), |name| format!(" of {}", printable::line(name)));
    let stage = |stage: Stage| {
        let length = probed.stages.get(stage)?;
        Some(format!("{} {length}", stage.name()))
    };
    let stages: Vec<String> = [Stage::Dns, Stage::Connect, Stage::Tls, Stage::Wait, Stage::Receive]
        .into_iter()
        .filter_map(stage)
        .collect();
    let http = probed
        .connection
        .and_then(|used| used.http)
        .map_or(String::new(), |http| format!(" over HTTP/{}", http.name()));
    let line = format!(
        "probe{of}: {} in {} ms{http} ({} ms)",
        answered.status,
        probed.stages.latency(),
        stages.join(" ms, ")
    );
    let whole = answered.opening.len() as u64 == answered.bytes;
    if whole && serde_json::from_slice::<serde::de::IgnoredAny>(&answered.opening).is_err() {
        let what = "the answer is no JSON, so that answers are compared by their bytes, and batches cannot be taken apart";
        return Diagnosis::Doubtful(format!("{line}; {what}"));
    }
    Diagnosis::Good(line)
}

fn shown(opening: &[u8]) -> String {
    let text = String::from_utf8_lossy(opening);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = printable::line(&line).chars().take(SHOWN).collect();
    if cut.chars().count() < line.chars().count() { format!("{cut}…") } else { cut }
}

fn last_stage(probed: &Probed) -> Option<Stage> {
    Stage::ALL.into_iter().rev().find(|stage| probed.stages.get(*stage).is_some())
}

fn seconds(probed: &Probed) -> String {
    format!("{:.0} s", probed.stages.latency().as_millis() / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnectionUse, Stages};

    fn failed(kind: ErrorKind, problem: &str) -> String {
        let connection = Some(ConnectionUse { http: Some(HttpVersion::Http1), ..ConnectionUse::default() });
        let problem = Some(problem.to_string()).filter(|problem| !problem.is_empty());
        let probed = Probed { stages: Stages::default(), connection, outcome: Err(Failed { kind, problem }) };
        match diagnose("http://h", None, &probed) {
            Diagnosis::Hopeless(line) => line,
            other => panic!("{other:?}"),
        }
    }

    fn answered(status: u16, location: Option<&str>, text: &str) -> Diagnosis {
        answered_by(None, status, location, text)
    }

    fn answered_by(endpoint: Option<&str>, status: u16, location: Option<&str>, text: &str) -> Diagnosis {
        let answered = Answered {
            status,
            location: location.map(String::from),
            opening: text.into(),
            bytes: text.len() as u64,
        };
        diagnose(
            "http://h",
            endpoint,
            &Probed { stages: Stages::default(), connection: None, outcome: Ok(answered) },
        )
    }

    #[test]
    fn what_does_not_work_is_said_with_its_remedy() {
        for (kind, problem, remedy) in [
            (ErrorKind::Dns, "no such host", "--resolve"),
            (ErrorKind::ConnectRefused, "refused", "start the server"),
            (ErrorKind::Tls, "invalid peer certificate: UnknownIssuer", "--cacert"),
            (ErrorKind::Tls, "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))", "CA:FALSE"),
            (ErrorKind::Tls, "received corrupt message", "http://"),
            (ErrorKind::Tls, "NoApplicationProtocol", "--http 2"),
            (ErrorKind::Protocol, "the server speaks TLS: the URL must begin with https://", "https://"),
            (ErrorKind::Protocol, "the server speaks HTTP/2, not HTTP/1.1", "--http 2"),
            (ErrorKind::Protocol, "", "correct --target"),
            (ErrorKind::Timeout, "", "--timeout"),
            (ErrorKind::Closed, "", "https://"),
        ] {
            let line = failed(kind, problem);
            assert!(line.contains(remedy) && line.contains("http://h") && !line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn one_of_several_endpoints_is_named() {
        let line = |status| match answered_by(Some("/a"), status, None, "{}") {
            Diagnosis::Good(line) | Diagnosis::Doubtful(line) | Diagnosis::Hopeless(line) => line,
        };
        assert!(line(200).starts_with("probe of /a: 200 in"), "{}", line(200));
        for status in [404, 405] {
            assert!(line(status).ends_with("in target.endpoints"), "{}", line(status));
        }
    }

    #[test]
    fn an_answer_that_is_no_success_has_its_remedy() {
        for (status, location, text, remedy) in [
            (301, Some("https://h/v1"), "", "--target https://h/v1"),
            (401, None, "{\"error\":\"no key\"}", "-H"),
            (404, None, "", "path"),
            (405, None, "", "--method"),
            (415, None, "", "content-type"),
            (400, None, "The plain HTTP request was sent to HTTPS port", "https://"),
        ] {
            let Diagnosis::Hopeless(line) = answered(status, location, text) else { panic!("{status}") };
            assert!(line.contains(remedy) && line.contains(&status.to_string()), "{line}");
        }
        assert!(matches!(answered(503, None, "busy"), Diagnosis::Doubtful(line) if line.contains("busy")));
        assert!(matches!(answered(200, None, "{}"), Diagnosis::Good(_)));
        assert!(
            matches!(answered(200, None, "<html>"), Diagnosis::Doubtful(line) if line.contains("no JSON"))
        );
        let long = answered(404, None, &format!("{}\n\x1b[2J", "x".repeat(1_000)));
        assert!(matches!(long, Diagnosis::Hopeless(line) if line.len() < 400 && !line.contains('\x1b')));
    }
}
