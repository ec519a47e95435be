//! Logs for people and programs, and the run's own spans on their way to the exporter.
//!
//! One subscriber a process; which exporter its spans go to changes from run to run.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use super::ids::Ids;
use super::queue::Queue;
use crate::host::console;
use crate::host::console::Level;

/// The target of the run's own spans; nothing else becomes a span, least of all what the exporter does.
pub(super) const SPANS: &str = "spanload.run";

/// The target of the line that says why the command failed.
const FAILURE: &str = "spanload-failure";

/// How logs look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line, also what is said of the progress
    Json,
}

/// Which exporter takes the run's own spans.
static CURRENT: Mutex<Option<Arc<Queue>>> = Mutex::new(None);

/// Sends the run's own spans to `queue` from now on.
pub(super) fn route(queue: Option<Arc<Queue>>) {
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = queue;
}

/// Starts logging to standard error. `RUST_LOG` chooses what; without it warnings, and with JSON what the run says
/// too. A second call changes nothing.
pub fn init(format: LogFormat) {
    let json = format == LogFormat::Json;
    let fallback = if json { "warn,spanload=info" } else { "warn" };
    let filter = filter(fallback);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if json {
        lines.json().with_filter(filter).boxed()
    } else {
        lines.with_ansi(std::io::stderr().is_terminal()).with_filter(filter).boxed()
    };
    let provider =
        SdkTracerProvider::builder().with_id_generator(Ids::default()).with_span_processor(Router).build();
    let spans = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("spanload"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_level(false)
        .with_tracked_inactivity(false)
        .with_filter(Targets::new().with_target(SPANS, LevelFilter::INFO));
    let started = tracing_subscriber::registry().with(lines).with(spans).try_init();
    if started.is_ok() && json {
        console::speak_through(speak);
    }
}

/// `RUST_LOG`, or what serves without it. No filter takes away why the command failed.
fn filter(fallback: &str) -> EnvFilter {
    let chosen = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(fallback));
    let failure = format!("{FAILURE}=error").parse().expect("a target and a level");
    chosen.add_directive(failure)
}

/// What is said for people, as a program reads it.
fn speak(level: Level, line: &str) {
    match level {
        Level::Note => tracing::info!("{line}"),
        Level::Warning => tracing::warn!("{line}"),
        Level::Error => tracing::error!(target: FAILURE, "{line}"),
    }
}

/// Hands finished spans to the exporter of the run.
#[derive(Debug)]
struct Router;

impl SpanProcessor for Router {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = &*current {
            queue.offer(1, move |into| into.push(span));
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
