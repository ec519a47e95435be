//! What to do about a failed request: by its word and its status, by how it was sent, and by what was said of it.

use std::borrow::Cow;

use serde_json::Value;

use crate::model::ErrorKind;

/// How requests were sent, as far as a remedy depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentBy {
    /// Their method.
    pub method: String,
    /// Redirects that are followed.
    pub redirects: u64,
    /// Whether a proxy stands between.
    pub proxy: bool,
    /// Whether a header says who asks.
    pub key: bool,
    /// Whether the client has a certificate to show.
    pub certificate: bool,
}

impl Default for SentBy {
    fn default() -> Self {
        SentBy::of(&Value::Null)
    }
}

impl SentBy {
    /// As a resolved scenario has it.
    pub fn of(scenario: &Value) -> Self {
        let at = |pointer| scenario.pointer(pointer).filter(|value| !value.is_null());
        let headers = at("/target/headers").and_then(Value::as_array).into_iter().flatten();
        SentBy {
            method: at("/target/method").and_then(Value::as_str).unwrap_or("POST").to_string(),
            redirects: at("/target/via/redirects").and_then(Value::as_u64).unwrap_or_default(),
            proxy: at("/target/via/proxy").is_some(),
            key: headers.filter_map(Value::as_str).any(says_who_asks),
            certificate: at("/target/connecting/client").is_some(),
        }
    }
}

fn says_who_asks(header: &str) -> bool {
    let name = header.to_ascii_lowercase();
    ["auth", "key", "token", "cookie"].iter().any(|word| name.contains(word))
}

/// Where this machine has no room for more.
pub(super) const LOCAL_REMEDY: &str =
    "raise this machine's limit (ulimit -n, net.ipv4.ip_local_port_range), or lower -c, or keep connections";

const PROXY_KEY: &str = "give the proxy the name and the password that it wants: --transport reqwest --proxy \
                         http://NAME:PASSWORD@HOST:PORT (target.proxy)";

/// What to do about it. `said` is what the server or the library said, empty where nobody did.
pub fn remedy(error: ErrorKind, status: Option<u16>, said: &str, sent: &SentBy) -> Cow<'static, str> {
    match (error, status) {
        (ErrorKind::Http3xx, _) if sent.redirects > 0 => {
            "set target.url (--target) to where the redirects lead in the end; if they lead in a circle, the server has to be corrected"
        }
        (ErrorKind::Http3xx, _) => "set target.url (--target) to where the redirect leads, for none is followed",
        (ErrorKind::Http4xx | ErrorKind::Http5xx, Some(405 | 501)) => {
            return format!(
                "what is there does not take {}: correct the path in --target, or name another method with --method",
                sent.method
            )
            .into();
        }
        (ErrorKind::Http4xx | ErrorKind::Http5xx, Some(status)) => of_status(status, said, sent),
        (ErrorKind::Http4xx, None) => of_status(400, said, sent),
        (ErrorKind::Http5xx, None) => of_status(500, said, sent),
        (error, _) => of_word(error, said, sent),
    }
    .into()
}

fn of_word(error: ErrorKind, said: &str, sent: &SentBy) -> &'static str {
    match error {
        ErrorKind::ConnectFailed | ErrorKind::Protocol | ErrorKind::Closed
            if sent.proxy && said.contains("407") =>
        {
            PROXY_KEY
        }
        ErrorKind::Dns | ErrorKind::ConnectRefused | ErrorKind::ConnectFailed if sent.proxy => {
            "start the proxy, or correct its host and port in --proxy (target.proxy)"
        }
        ErrorKind::Dns => {
            "correct the host in --target (target.url), or say where it leads with --resolve HOST:PORT:ADDRESS"
        }
        ErrorKind::ConnectRefused => {
            "nobody listens there: start the server, or correct host and port of --target (target.url)"
        }
        ErrorKind::ConnectFailed => {
            "make the server reachable from here: address, route and firewall, or correct --target (target.url)"
        }
        ErrorKind::LocalLimit => LOCAL_REMEDY,
        ErrorKind::Tls => of_tls(said),
        ErrorKind::Reset | ErrorKind::Closed => {
            "find in the server's log why it ends connections before it has answered: a crash, a limit, an idle time-out \
             of a kept connection, or another protocol than that of --target, such as TLS (https://)"
        }
        ErrorKind::Timeout => "start the server, correct --target, raise --timeout, or lower the load (-c)",
        ErrorKind::Protocol if said.contains("TLS") => "write https:// in --target",
        ErrorKind::Protocol => {
            "correct the port and the scheme of --target (target.url): what answers is no HTTP (a phase that batches: \
             correct target.batch_response_key, or set batch = 1)"
        }
        ErrorKind::TooLarge => "allow longer answers with --set target.max_answer_bytes=N",
        ErrorKind::CheckFailed => "correct the request, or what target.success asks for",
        _ => "run it again",
    }
}

/// In terms of what the library says.
fn of_tls(said: &str) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if says(&["UnknownIssuer"]) {
        "name the certificates that vouch for it with --cacert FILE, or trust whoever answers with --insecure"
    } else if says(&["NotValidForName", "not valid for name"]) {
        "write a name that is in its certificate, or target.server_name = \"…\""
    } else if says(&["Expired", "NotValidYet", "expired"]) {
        "renew its certificate, or trust whoever answers with --insecure"
    } else if says(&["CertificateRequired", "HandshakeFailure"]) {
        "it may want a certificate of the client's: --cert FILE --key FILE"
    } else if says(&["NoApplicationProtocol"]) {
        "it speaks another version of HTTP: --http 2, or --http 1.1"
    } else {
        "if it speaks no TLS, write http:// in --target; else correct its host and the certificates that are trusted (--cacert)"
    }
}

fn of_status(status: u16, said: &str, sent: &SentBy) -> &'static str {
    match status {
        // As nginx answers.
        400 if said.contains("HTTPS port") => "write https:// in --target",
        400 if said.to_ascii_lowercase().contains("ssl certificate") && !sent.certificate => {
            "it wants a certificate of the client's: --cert FILE --key FILE"
        }
        400 | 422 => {
            "the server does not take these bodies: give the ones that it expects with --set load.payloads=FILE, or the \
             keys of its batches with target.batch_request_key"
        }
        401 if sent.key => {
            "the server does not take the key that was sent: check that it is whole, of this server and still valid"
        }
        403 if sent.key => {
            "the key that was sent may not do this: give another one, or correct the path in --target"
        }
        401 | 403 => {
            "give the key that the server wants: --bearer env:KEY, or -H 'NAME: VALUE' (target.headers)"
        }
        407 => PROXY_KEY,
        404 | 410 => {
            "correct the path: target.path, or the path of --target (a phase that batches: target.batch_path, or set \
             batch = 1)"
        }
        408 => "raise the time that the server waits for a request, or send smaller ones",
        411 | 415 => "give the media type that the server takes: -H 'content-type: …' (target.headers)",
        413 => "give smaller bodies (--set load.payloads=FILE), lower batch, or raise the server's limit",
        426 | 505 => "it speaks another version of HTTP: --http 2, or --http 1.1",
        429 => "lower the load (-c), or raise the server's rate limit for this key",
        502 | 504 => "find out why what stands behind the proxy does not answer it: its log says",
        503 => "lower the load (-c), or give the server more room: it has too much to do, or is starting",
        500..=599 => "find out in the server's log why it fails",
        _ => "correct the request as the server's answer says: see the errors and failures of the run",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(error: ErrorKind, status: Option<u16>, said: &str, target: Value) -> String {
        remedy(error, status, said, &SentBy::of(&json!({ "target": target }))).into_owned()
    }

    #[test]
    fn a_status_has_its_remedy() {
        for (status, word) in [
            (400, "load.payloads"),
            (401, "--bearer env:KEY"),
            (403, "target.headers"),
            (404, "target.path"),
            (405, "POST"),
            (407, "--proxy http://NAME:PASSWORD@"),
            (413, "smaller"),
            (415, "content-type"),
            (422, "load.payloads"),
            (429, "-c"),
            (500, "log"),
            (501, "--method"),
            (503, "-c"),
            (505, "--http"),
        ] {
            let error = ErrorKind::from_status(status).expect("no success");
            let text = of(error, Some(status), "", json!({}));
            assert!(text.contains(word), "{status}: {text}");
        }
    }

    #[test]
    fn it_depends_on_how_the_request_was_sent() {
        let http4xx = |status, said, target| of(ErrorKind::Http4xx, Some(status), said, target);
        for header in ["authorization", "x-api-key", "Cookie"] {
            let text = http4xx(401, "", json!({ "headers": [header] }));
            assert!(text.contains("still valid") && !text.contains("--bearer"), "{header}: {text}");
        }
        assert!(http4xx(405, "", json!({ "method": "GET" })).contains("does not take GET"));
        let none = "400 No required SSL certificate was sent";
        assert!(http4xx(400, none, json!({})).contains("--cert FILE --key FILE"));
        assert!(http4xx(400, none, json!({ "connecting": { "client": ["a", "b"] } })).contains("payloads"));
        let proxied = || json!({ "via": { "proxy": "http://p:1" } });
        for error in [ErrorKind::Dns, ErrorKind::ConnectRefused, ErrorKind::ConnectFailed] {
            assert!(of(error, None, "", proxied()).contains("--proxy"), "{error:?}");
            assert!(
                of(error, None, "", json!({ "via": { "proxy": null } })).contains("--target"),
                "{error:?}"
            );
        }
        let refused = of(ErrorKind::ConnectFailed, None, "the proxy wants to know who asks (407)", proxied());
        assert!(refused.contains("NAME:PASSWORD"), "{refused}");
        let followed = of(ErrorKind::Http3xx, None, "", json!({ "via": { "redirects": 5 } }));
        assert!(followed.contains("circle"), "{followed}");
    }

    #[test]
    fn each_word_has_one_and_what_was_said_of_it_counts() {
        for error in ErrorKind::ALL {
            assert!(!of(error, None, "", json!({})).is_empty());
        }
        for (error, said, word) in [
            (ErrorKind::TooLarge, "", "target.max_answer_bytes"),
            (ErrorKind::Tls, "invalid peer certificate: UnknownIssuer", "--cacert"),
            (ErrorKind::Tls, "received corrupt message", "http://"),
            (ErrorKind::Tls, "NoApplicationProtocol", "--http 2"),
            (ErrorKind::Protocol, "the server speaks TLS", "https://"),
            (ErrorKind::Protocol, "", "--target"),
        ] {
            assert!(of(error, None, said, json!({})).contains(word), "{error:?}");
        }
    }
}
