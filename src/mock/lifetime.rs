//! The life of the mock: bind both ports, say hello, serve until told to stop, answer what was accepted, close the log.
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::rt;
use actix_web::web::Data;
use anyhow::Context;
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use super::child::{Farewell, Hello};
use super::truth::TruthLog;
use super::uptime::Uptime;
use super::{Mock, Options, control, gate};
use crate::telemetry::ServerTracer;

pub(super) const GRACE_SECONDS: u64 = 2; // shorter than a parent's patience with its child
/// A collector that does not answer must not make a parent think that the mock hangs.
pub const LAST_SPANS_WITHIN: Duration = Duration::from_secs(1);
const UPKEEP_EVERY: Duration = Duration::from_secs(1);

/// The words by which a parent recognises that only the port was in the way.
pub(super) const PORT_TAKEN: &str = "is already in use";

/// Serves the mock on this thread until a signal, or the end of standard input where asked for, stops it.
///
/// # Errors
/// A setting out of range, a port that cannot be bound, a truth log that cannot be written.
pub fn serve(options: Options) -> anyhow::Result<()> {
    options.settings.validate().map_err(anyhow::Error::msg)?;
    rt::System::new().block_on(live(options))
}

async fn live(options: Options) -> anyhow::Result<()> {
    let uptime = Uptime::start();
    let stop = stop_request(options.exit_with_stdin)?;
    let truth = TruthLog::open(options.truth_log.as_deref())?;
    let tracer = ServerTracer::from_environment()?;
    let mock = Mock::new(options.settings, uptime, truth, tracer);
    let infer = gate::listen(&mock, SocketAddr::new(options.host, options.port))?;
    let control = control::listen(&mock, SocketAddr::new(options.host, options.control_port))?;
    let upkeep = rt::spawn(keep_up(mock.clone()));
    say_hello(&uptime, infer.address, control.address)?;
    stop.await;
    // health goes last: a watcher must not call a mock dead that still answers
    infer.stop().await?;
    control.stop().await?;
    upkeep.abort();
    finish_traces(&mock);
    mock.truth.close()
}

/// Nobody calls any more, so this thread may wait. What became of the spans is the last line on standard output: a
/// parent adds it up.
fn finish_traces(mock: &Mock) {
    let totals = mock.tracer.as_ref().and_then(|tracer| tracer.finish(LAST_SPANS_WITHIN));
    let Some(spans) = totals else { return };
    if spans.lost() > 0 {
        eprintln!("{} of {} spans did not reach the collector", spans.lost(), spans.created);
    }
    // Who is gone wants no account, and that is no failure of the mock.
    let _ = say(&Farewell { spans: Some(spans) });
}

/// A future that ends at SIGTERM or SIGINT, or when standard input closes.
fn stop_request(with_stdin: bool) -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let stdin = stdin_closed(with_stdin)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            Ok(()) = stdin => {}
        }
    })
}

/// A thread, because a pending read of the runtime's own standard input would keep the process from exiting.
fn stdin_closed(watch: bool) -> anyhow::Result<oneshot::Receiver<()>> {
    let (closed, receiver) = oneshot::channel();
    if watch {
        let wait = move || {
            let mut buffer = [0; 1024];
            while matches!(std::io::stdin().read(&mut buffer), Ok(1..)) {}
            let _ = closed.send(()); // nobody listens when a signal came first
        };
        std::thread::Builder::new()
            .name("stdin".into())
            .spawn(wait)
            .context("cannot watch standard input")?;
    }
    Ok(receiver)
}

async fn keep_up(mock: Data<Mock>) {
    loop {
        tokio::time::sleep(UPKEEP_EVERY).await;
        mock.exposition.upkeep();
    }
}

fn say_hello(uptime: &Uptime, infer: SocketAddr, control: SocketAddr) -> anyhow::Result<()> {
    let hello = Hello {
        pid: std::process::id(),
        infer: format!("http://{infer}"),
        control: format!("http://{control}"),
        started_unix_us: uptime.started_unix_us(),
    };
    say(&hello).context("cannot report the ports on standard output")
}

/// A line for the parent.
fn say(line: &impl Serialize) -> std::io::Result<()> {
    let line = serde_json::to_string(line).expect("numbers and strings are always JSON");
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

/// A server that listens, and how to stop it.
pub(super) struct Listening {
    address: SocketAddr,
    handle: ServerHandle,
    task: rt::task::JoinHandle<std::io::Result<()>>,
}

impl Listening {
    pub(super) fn start(address: SocketAddr, server: Server) -> Self {
        Self { address, handle: server.handle(), task: rt::spawn(server) }
    }

    /// Answers what was accepted, within the grace time.
    async fn stop(self) -> anyhow::Result<()> {
        self.handle.stop(true).await;
        let served = self.task.await.context("the server panicked")?;
        served.context("the server failed")
    }
}

/// Why a port cannot be had, and the flag that asks for another.
pub(super) fn cannot_bind(flag: &str, address: SocketAddr, cause: std::io::Error) -> anyhow::Error {
    let port = address.port();
    anyhow::Error::msg(match cause.kind() {
        ErrorKind::AddrInUse => format!(
            "{flag} {port}: {address} {PORT_TAKEN}; stop the program that listens there, name another port, or 0 for a free one"
        ),
        ErrorKind::PermissionDenied => {
            format!("{flag} {port}: {address} needs privileges; name a port above 1023, or 0 for a free one")
        }
        ErrorKind::AddrNotAvailable => {
            format!("--host {}: no interface of this machine has this address; use 127.0.0.1", address.ip())
        }
        _ => format!("{flag} {port}: cannot listen on {address}: {cause}; name another address or port"),
    })
}
