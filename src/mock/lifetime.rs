//! The life of the mock: bind both ports, say hello, serve until told to stop, answer what was accepted, close the log.
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::rt;
use actix_web::web::Data;
use anyhow::Context;
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use super::greeting::{Farewell, Hello};
use super::truth::TruthLog;
use super::uptime::Uptime;
use super::{MockState, Options, control, gate};
use crate::telemetry::{ServerTracer, SpanTotals};

/// A collector that does not answer must not make a parent think that the mock hangs.
pub const LAST_SPANS_WITHIN: Duration = Duration::from_secs(1);
/// A thread that is stuck must not make a parent think so either.
const RECORDED_WITHIN: Duration = Duration::from_secs(1);
const UPKEEP_EVERY: Duration = Duration::from_secs(1);

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
    let mock = MockState::new(options.settings, uptime, truth, tracer);
    let infer = gate::listen(&mock, SocketAddr::new(options.host, options.port))?;
    let control = control::listen(&mock, SocketAddr::new(options.host, options.control_port))?;
    let upkeep = rt::spawn(keep_up(mock.clone()));
    say_hello(&uptime, infer.address, control.address)?;
    stop.await;
    // health goes last: a watcher must not call a mock dead that still answers
    infer.stop().await?;
    control.stop().await?;
    upkeep.abort();
    all_recorded(&mock).await;
    let spans = finish_traces(&mock);
    let written = mock.truth.close();
    say_farewell(Farewell { spans, truth_rows_lost: mock.truth.lost() });
    written
}

/// What was cut off is dropped, and recorded, by the server's own thread, a moment after it was told to stop.
async fn all_recorded(mock: &MockState) {
    let recorded = async {
        while mock.open.load(Ordering::Acquire) > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let _ = tokio::time::timeout(RECORDED_WITHIN, recorded).await;
}

/// Nobody calls any more, so this thread may wait.
fn finish_traces(mock: &MockState) -> Option<SpanTotals> {
    mock.tracer.as_ref().and_then(|tracer| tracer.finish(LAST_SPANS_WITHIN))
}

/// What was lost, in words; what there is to account for, as the last line on standard output: a parent adds it up.
fn say_farewell(farewell: Farewell) {
    for warning in losses(&farewell) {
        eprintln!("{warning}");
    }
    if farewell != Farewell::default() {
        // Who is gone wants no account, and that is no failure of the mock.
        let _ = say(&farewell);
    }
}

fn losses(farewell: &Farewell) -> Vec<String> {
    let spans = farewell.spans.as_ref().filter(|spans| spans.lost() > 0);
    let spans =
        spans.map(|spans| format!("{} of {} spans did not reach the collector", spans.lost(), spans.created));
    let rows = Some(farewell.truth_rows_lost).filter(|rows| *rows > 0);
    let rows = rows.map(|rows| {
        format!(
            "the truth log lacks {rows} rows: the disk was too slow for them or refused them; name a file on a faster one"
        )
    });
    spans.into_iter().chain(rows).collect()
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

async fn keep_up(mock: Data<MockState>) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_loss_is_a_line_and_none_is_silence() {
        assert!(losses(&Farewell::default()).is_empty());
        let spans = SpanTotals { created: 9, exported: 7, failed: 1, dropped: 1, ..SpanTotals::default() };
        let lines = losses(&Farewell { spans: Some(spans), truth_rows_lost: 3 });
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("2 of 9 spans") && lines[1].contains("lacks 3 rows"), "{lines:?}");
        let whole = SpanTotals { created: 9, exported: 9, ..SpanTotals::default() };
        assert!(losses(&Farewell { spans: Some(whole), truth_rows_lost: 0 }).is_empty());
    }
}
