//! What can be wrong with a target, each with its remedy.

use thiserror::Error;

use crate::model::masked_url;

/// A target that cannot be used. Exit code 2.
#[derive(Debug, Error)]
pub enum EndpointError {
    /// No usable URL.
    #[error("--target {url}: {problem}")]
    Url {
        /// As given.
        url: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
    /// No usable path.
    #[error(
        "target.path, target.batch_path or one of target.endpoints: `{}` is no URL path; write one such as /v1/infer, with a \
         space as %20",
        masked_url(path)
    )]
    Path {
        /// As given.
        path: String,
    },
    /// No usable method.
    #[error("target.method: no method of HTTP; write one word, such as GET or POST")]
    Method,
    /// A name or a password in the URL. They may be secrets and are not printed.
    #[error(
        "--target: the URL holds credentials for {host}; leave them out and give them as -H 'authorization: …'"
    )]
    Credentials {
        /// What follows them.
        host: String,
    },
    /// A header that HTTP does not allow. Its value may be a secret and is not printed.
    #[error("target.headers.{name}: not a header that HTTP allows; {remedy}")]
    Header {
        /// The header's name.
        name: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// A header that would falsify the measurement.
    #[error(
        "target.headers.{name}: spanload sets this header itself, and another value would falsify the measurement; leave \
         it out{remedy}"
    )]
    Reserved {
        /// The header's name.
        name: String,
        /// What to do in its place, if there is something.
        remedy: &'static str,
    },
    /// Something that TLS cannot be made from.
    #[error("{key}: {problem}")]
    Tls {
        /// The scenario's key.
        key: &'static str,
        /// What is wrong and what to do.
        problem: String,
    },
    /// Something that the transport cannot do.
    #[error("{key}: {problem}")]
    Via {
        /// The scenario's key.
        key: &'static str,
        /// What is wrong and what to do.
        problem: String,
    },
}
