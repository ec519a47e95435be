//! What the one request says of the load that is to follow: in one line, with the remedy where something will not work.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Url;

use super::probed::{Answered, Failed, Probed};
use crate::analyze::{SentBy, remedy};
use crate::client::is_json;
use crate::model::{AnswerChecks, ErrorKind, HttpVersion, JsonPointer, Mask, Stage, printable};

/// Characters of an answer that are shown.
const SHOWN: usize = 120;
/// As many of its bytes are looked at for them.
const OPENING: usize = 64 << 10;
/// Where many servers say that something went wrong, whatever the status.
const ERROR: &str = "/error";

/// A certificate that vouches for others is taken for no server, also where it is among the trusted ones.
const IS_AN_AUTHORITY: &str = "cannot be reached by TLS: its certificate is that of an authority (CA:TRUE), as `openssl req \
                               -x509` makes them by itself, and not one of a server; trust this very one with \
                               --cacert FILE, make one with -addext basicConstraints=critical,CA:FALSE, or trust whoever answers \
                               with --insecure";

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

/// What was asked, and of whom.
#[derive(Clone, Debug)]
pub(in crate::workflow) struct Asked<'a> {
    /// The target, fit to be shown.
    pub shown: &'a str,
    /// What it is called where there are several.
    pub endpoint: Option<&'a str>,
    /// The whole URL that was asked for, with its query.
    pub url: &'a str,
    /// Hides what must not be shown.
    pub mask: &'a Mask,
    /// What an answer must say.
    pub checks: &'a AnswerChecks,
    /// How it was sent.
    pub sent_by: &'a SentBy,
    /// How long the answer was waited for.
    pub within: Duration,
}

/// Judges what came of the request.
pub(in crate::workflow) fn diagnose(asked: &Asked<'_>, probed: &Probed) -> Diagnosis {
    match &probed.outcome {
        Err(failed) => {
            Diagnosis::Hopeless(format!("the target {} {}", asked.shown, failure(asked, failed, probed)))
        }
        Ok(answered) => answer(asked, answered, probed),
    }
}

/// What did not work, and what to do about it.
fn failure(asked: &Asked<'_>, failed: &Failed, probed: &Probed) -> String {
    let problem = failed.problem.as_deref().map(|problem| asked.line(problem, false));
    let because = problem.as_ref().map_or(String::new(), |problem| format!(": {problem}"));
    let said = problem.as_deref().unwrap_or_default();
    let proxied = asked.sent_by.proxy;
    let what = match failed.kind {
        ErrorKind::Protocol | ErrorKind::Closed | ErrorKind::Reset if said.contains("HTTP/2") => {
            return format!("speaks another version of HTTP{because}; {}", http_remedy(probed));
        }
        ErrorKind::Dns | ErrorKind::ConnectRefused | ErrorKind::ConnectFailed if proxied => {
            "cannot be reached through the proxy".into()
        }
        ErrorKind::Dns | ErrorKind::ConnectRefused => "is down".into(),
        ErrorKind::Tls if said.contains("CaUsedAsEndEntity") => return IS_AN_AUTHORITY.into(),
        ErrorKind::Tls => "cannot be reached by TLS".into(),
        ErrorKind::Timeout => format!(
            "does not answer within {} (it was at `{}`)",
            time(asked.within.min(Duration::from_micros(probed.stages.latency().0))),
            last_stage(probed).map_or("queue", Stage::name)
        ),
        ErrorKind::Protocol if said.contains("TLS") => "speaks TLS".into(),
        ErrorKind::Protocol => "gives no answer of HTTP".into(),
        ErrorKind::TooLarge => "answers with more than is taken".into(),
        ErrorKind::Reset | ErrorKind::Closed => "ends the connection before it has answered".into(),
        ErrorKind::Http3xx => format!("redirects more than {} times", asked.sent_by.redirects),
        _ => "cannot be reached from here".into(),
    };
    format!("{what}{because}; {}", remedy(failed.kind, None, said, asked.sent_by))
}

fn http_remedy(probed: &Probed) -> &'static str {
    match probed.connection.and_then(|used| used.http) {
        Some(HttpVersion::Http1) => "write --http 2",
        _ => "write --http 1.1",
    }
}

fn answer(asked: &Asked<'_>, answered: &Answered, probed: &Probed) -> Diagnosis {
    let status = answered.status;
    let Some(error) = ErrorKind::from_status(status) else { return good(asked, answered, probed) };
    let said = asked.said(answered.content.as_ref());
    let wrong = |what: &str| {
        let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
        format!("the target {} answers {status}{said}: {what}", asked.shown)
    };
    match (status, &answered.location) {
        (300..=399, Some(_)) if asked.sent_by.redirects > 0 => Diagnosis::Hopeless(wrong(&format!(
            "it redirects more than {} times; {}",
            asked.sent_by.redirects,
            remedy(error, Some(status), &said, asked.sent_by)
        ))),
        (300..=399, Some(location)) => {
            Diagnosis::Hopeless(wrong(&format!("it redirects; write --target {}", asked.place(location))))
        }
        // That it does not know the method, or the version of HTTP, does not change.
        (429 | 500 | 502..=504 | 506..=599, _) => Diagnosis::Doubtful(wrong(SENT_ALL_THE_SAME)),
        (404 | 405 | 410, _) if asked.endpoint.is_some() => {
            Diagnosis::Hopeless(wrong("correct its path or its method in target.endpoints"))
        }
        _ => Diagnosis::Hopeless(wrong(&remedy(error, Some(status), &said, asked.sent_by))),
    }
}

const SENT_ALL_THE_SAME: &str = "the load is sent all the same, and such answers are failures";

impl Asked<'_> {
    /// Text from elsewhere, fit to be shown; `cut` says that it may end within a secret.
    fn line(&self, text: &str, cut: bool) -> String {
        printable::line(&self.mask.apply(text, cut)).into_owned()
    }

    /// Where a redirect leads, also where it does not say it in full.
    fn place(&self, location: &str) -> String {
        let whole = Url::parse(self.url).and_then(|url| url.join(location));
        self.line(whole.as_ref().map_or(location, Url::as_str), false)
    }

    /// The beginning of a content in one line.
    fn said(&self, content: Option<&Bytes>) -> String {
        let content: &[u8] = content.map_or(b"", |content| content);
        let opening = &content[..content.len().min(OPENING)];
        let text = self.mask.apply(&String::from_utf8_lossy(opening), opening.len() < content.len());
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let cut: String = printable::line(&line).chars().take(SHOWN).collect();
        if cut.chars().count() < line.chars().count() { format!("{cut}…") } else { cut }
    }
}

fn good(asked: &Asked<'_>, answered: &Answered, probed: &Probed) -> Diagnosis {
    let of = asked.endpoint.map_or(String::new(), |name| format!(" of {}", printable::line(name)));
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
    match answered.content.as_ref().and_then(|content| missing(asked, content)) {
        Some(what) => Diagnosis::Doubtful(format!("{line}; {what}")),
        None => Diagnosis::Good(line),
    }
}

/// What the content of a success lacks.
fn missing(asked: &Asked<'_>, content: &Bytes) -> Option<String> {
    let said = || asked.said(Some(content));
    if let Some(check) = asked.checks.broken(content) {
        let what = "the answer is not what target.success asks for";
        return Some(format!("{what}, {check} ({}): {SENT_ALL_THE_SAME}", said()));
    }
    if asked.checks.is_empty() && has_error(content) {
        let remedy = format!("--set 'target.success.absent=[\"{ERROR}\"]'");
        return Some(format!(
            "the answer has an `error` ({}); where that is a failure, give {remedy}",
            said()
        ));
    }
    // An answer to HEAD has no content, nor has a 204.
    (!content.is_empty() && !is_json(content)).then(|| {
        "the answer is no JSON, so that answers are compared by their bytes, and batches cannot be taken apart"
            .into()
    })
}

/// Whether something stands there that says more than that there was none.
fn has_error(content: &[u8]) -> bool {
    let pointer = ERROR.parse::<JsonPointer>().ok();
    let found = pointer.as_ref().zip(std::str::from_utf8(content).ok());
    let found = found.and_then(|(pointer, text)| pointer.find(text).ok().flatten());
    found.is_some_and(|found| !matches!(found, "null" | "false" | "\"\"" | "0" | "{}" | "[]"))
}

fn last_stage(probed: &Probed) -> Option<Stage> {
    Stage::ALL.into_iter().rev().find(|stage| probed.stages.get(*stage).is_some())
}

/// In the unit in which it says something.
fn time(time: Duration) -> String {
    match time.as_millis() {
        millis @ 0..1_000 => format!("{millis} ms"),
        millis if millis % 1_000 == 0 => format!("{} s", millis / 1_000),
        millis => format!("{:.1} s", millis as f64 / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnectionUse, Stages};

    fn diagnosed(checks: &AnswerChecks, sent_by: &SentBy, within: u64, probed: &Probed) -> Diagnosis {
        let mask = &Mask::new(&["sk-0123456789", "key=s3cret"]);
        let (url, within) = ("http://h/v1/infer?key=s3cret", Duration::from_millis(within));
        diagnose(&Asked { shown: "http://h", endpoint: None, url, mask, checks, sent_by, within }, probed)
    }

    fn plainly(probed: &Probed) -> Diagnosis {
        diagnosed(&AnswerChecks::default(), &SentBy::default(), 5, probed)
    }

    fn failed(kind: ErrorKind, problem: &str) -> String {
        let connection = Some(ConnectionUse { http: Some(HttpVersion::Http1), ..ConnectionUse::default() });
        let problem = Some(problem.to_string()).filter(|problem| !problem.is_empty());
        let probed = Probed { stages: Stages::default(), connection, outcome: Err(Failed { kind, problem }) };
        match plainly(&probed) {
            Diagnosis::Hopeless(line) => line,
            other => panic!("{other:?}"),
        }
    }

    fn answered(status: u16, location: Option<&str>, text: &str) -> Diagnosis {
        let answered = Answered {
            status,
            location: location.map(String::from),
            content: Some(Bytes::copy_from_slice(text.as_bytes())),
        };
        plainly(&Probed { stages: Stages::default(), connection: None, outcome: Ok(answered) })
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
            (ErrorKind::Protocol, "", "of --target"),
            (ErrorKind::Timeout, "", "--timeout"),
            (ErrorKind::Closed, "", "https://"),
        ] {
            let line = failed(kind, problem);
            assert!(line.contains(remedy) && line.contains("http://h") && !line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn one_of_several_endpoints_is_named() {
        let line = |status| {
            let answered = Answered { status, location: None, content: Some(Bytes::from_static(b"{}")) };
            let probed = Probed { stages: Stages::default(), connection: None, outcome: Ok(answered) };
            let (mask, checks) = (&Mask::default(), &AnswerChecks::default());
            let (sent_by, within) = (&SentBy::default(), Duration::ZERO);
            let (shown, url) = ("http://h", "http://h/a");
            let asked = Asked { shown, endpoint: Some("/a"), url, mask, checks, sent_by, within };
            match diagnose(&asked, &probed) {
                Diagnosis::Good(line) | Diagnosis::Doubtful(line) | Diagnosis::Hopeless(line) => line,
            }
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
            (401, None, "{\"error\":\"no key\"}", "--bearer env:KEY"),
            (302, Some("/v2"), "", "--target http://h/v2"),
            (302, Some("?a=1"), "", "--target http://h/v1/infer?a=1"),
            (404, None, "", "path"),
            (501, None, "", "--method"),
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

    #[test]
    fn what_a_server_repeats_of_a_secret_is_not_shown() {
        let secret = "sk-0123456789";
        let long = format!("{}{secret}", "x".repeat(OPENING - 5));
        for found in [
            answered(401, None, &format!("{{\"error\":\"no such key {secret}\"}}")),
            answered(503, None, secret),
            answered(500, None, &long),
            answered(200, None, &format!("{{\"error\":\"{secret}\"}}")),
            answered(301, Some(&format!("http://h/?token={secret}")), ""),
            answered(301, Some("/elsewhere?key=s3cret"), ""),
            Diagnosis::Hopeless(failed(ErrorKind::ConnectFailed, secret)),
        ] {
            let line = format!("{found:?}");
            assert!(!line.contains("sk-01") && !line.contains("s3cret"), "{line}");
        }
    }

    #[test]
    fn a_success_must_say_what_is_asked_for() {
        let probed = |text: &str| {
            let content = Some(Bytes::copy_from_slice(text.as_bytes()));
            let answered = Answered { status: 200, location: None, content };
            Probed { stages: Stages::default(), connection: None, outcome: Ok(answered) }
        };
        let present = crate::model::AnswerCheck {
            pointer: "/ok".parse().expect("a pointer"),
            wanted: crate::model::Demanded::Present,
        };
        let checks = AnswerChecks::new(vec![present]);
        let checked = |text: &str| diagnosed(&checks, &SentBy::default(), 5, &probed(text));
        assert!(matches!(checked("{\"ok\":1,\"error\":1}"), Diagnosis::Good(_)));
        assert!(
            matches!(checked("{}"), Diagnosis::Doubtful(line) if line.contains("target.success asks for, /ok present"))
        );
        let warned = |text: &str| matches!(plainly(&probed(text)), Diagnosis::Doubtful(_));
        assert!(warned("{\"error\":\"overloaded\"}") && warned("{\"error\":{\"code\":7}}"));
        for fine in ["{\"error\":null}", "{\"error\":\"\"}", "{\"a\":{\"error\":1}}", "[1,NaN]", ""] {
            assert!(!warned(fine), "{fine}");
        }
    }

    #[test]
    fn a_time_is_said_in_its_unit() {
        let probed = Probed {
            stages: Stages::from_lengths([Some(crate::model::Micros(900_000)); Stage::ALL.len()]),
            connection: None,
            outcome: Err(Failed { kind: ErrorKind::Timeout, problem: None }),
        };
        let line = |within| match diagnosed(&AnswerChecks::default(), &SentBy::default(), within, &probed) {
            Diagnosis::Hopeless(line) => line,
            other => panic!("{other:?}"),
        };
        for (within, said) in [(5, "within 5 ms "), (5_000, "within 5 s "), (1_500, "within 1.5 s ")] {
            assert!(line(within).contains(said), "{}", line(within));
        }
    }

    #[test]
    fn redirects_that_never_end_and_a_proxy_are_named() {
        let sent_by = SentBy { redirects: 3, proxy: true, ..SentBy::default() };
        let line = |kind, problem: &str| {
            let outcome = Err(Failed { kind, problem: Some(problem.into()) });
            let probed = Probed { stages: Stages::default(), connection: None, outcome };
            format!("{:?}", diagnosed(&AnswerChecks::default(), &sent_by, 5, &probed))
        };
        assert!(line(ErrorKind::Http3xx, "").contains("redirects more than 3 times"));
        assert!(line(ErrorKind::ConnectRefused, "refused").contains("correct its host and port in --proxy"));
        assert!(line(ErrorKind::ConnectFailed, "407").contains("http://NAME:PASSWORD@HOST:PORT"));
    }
}
