//! The mock inference server: slow for the reasons a real one is slow, and repeatable to the byte.
//!
//! # The room, in the order a request meets it
//! - [`settings`]: what can be set, and which values make sense
//! - `gate`: the HTTP server that accepts few connections, and makes the kernel keep the others waiting
//! - `exchange`: the way of one request through the mock, and the one place where its end is recorded
//! - `item`, `digest`, `model`, `faults`, `answer`: what follows from the bytes of an item alone: cost, fault, answer
//! - `refusal`, `reset`: the ways not to answer
//! - `queue`: the replicas, and the bounded line in front of them
//! - [`tokens`]: which requests share a step of a model that gives out tokens; a simulation that no endpoint uses yet
//! - `truth`: the log of what really happened, to check a client's measurements against
//! - `exposition`, `control`: health and metrics on a second port, which never takes a slot of the gate
//! - `lifetime`: what ends the mock, and the order in which it stops
//! - `listening`: how both ports are had, and given back
//! - `child`, `greeting`: the mock as the child process of whoever measures it, and what the two say to each other
//!
//! Nothing here is known to the client's rooms but [`child`] and [`settings`]: they meet the mock over HTTP.
mod answer;
pub mod child;
mod control;
mod digest;
mod exchange;
mod exposition;
mod faults;
mod gate;
mod greeting;
mod item;
mod lifetime;
mod listening;
mod model;
mod options;
mod queue;
mod refusal;
mod reset;
pub mod settings;
pub mod tokens;
mod truth;
mod uptime;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use actix_web::web::Data;

use crate::telemetry::ServerTracer;
pub use child::{Child, Ports};
pub use greeting::{Farewell, Hello};
pub use lifetime::{LAST_SPANS_WITHIN, serve};
pub use options::Options;
pub use settings::MockSettings;

/// What every request handler shares.
struct MockState {
    settings: MockSettings,
    uptime: uptime::Uptime,
    replicas: queue::Replicas,
    exposition: exposition::Exposition,
    truth: truth::TruthLog,
    tracer: Option<ServerTracer>,
    /// Exchanges whose end is not recorded yet.
    open: AtomicUsize,
}

impl MockState {
    fn new(
        settings: MockSettings,
        uptime: uptime::Uptime,
        truth: truth::TruthLog,
        tracer: Option<ServerTracer>,
    ) -> Data<Self> {
        let replicas = queue::Replicas::new(settings.replicas, settings.queue_limit);
        Data::from(Arc::new(Self {
            settings,
            uptime,
            replicas,
            exposition: exposition::Exposition::new(uptime.started_unix_us()),
            truth,
            tracer,
            open: AtomicUsize::new(0),
        }))
    }
}
