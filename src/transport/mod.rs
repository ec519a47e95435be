//! What moves the bytes. A transport opens connections; a connection carries exchanges, and both leave marks on the way.
//!
//! What a connection cost to set up is marked apart from what an exchange did on it, because on a shared connection many
//! exchanges follow one set-up, and because the request that opened a connection is the one that paid for it.

mod answer_head;
mod aside;
mod connect_settings;
mod connection_changes;
mod connection_marks;
mod content_coding;
pub mod dial;
mod direct;
mod endpoint;
mod endpoint_error;
mod exchange_marks;
mod http1;
mod http2;
mod io_error;
mod pooled;
mod request;
mod routes;
mod seam;
mod server_headers;
mod server_timing;
mod stream;
mod target_path;
mod target_url;
mod tls;
mod told_by;

pub use aside::Aside;
pub use connect_settings::ConnectSettings;
pub use connection_changes::ConnectionChanges;
pub use connection_marks::{ConnectionMarks, Counters};
pub use content_coding::ContentCoding;
pub use direct::{Direct, DirectConnection};
pub use endpoint::{AskedEndpoint, Endpoint};
pub use endpoint_error::EndpointError;
pub use exchange_marks::ExchangeMarks;
pub use pooled::{Lane, PoolSettings, Pooled};
pub use request::{Request, RequestTemplate};
pub use routes::Routes;
pub use seam::{BodySink, Connection, Failure, Head, Reached, Transport};
pub use server_headers::ServerHeaders;
pub use target_path::requested_url;
pub use target_url::Address;
pub use tls::{TlsClient, TlsSettings, TlsTrust};
pub use told_by::ToldBy;
