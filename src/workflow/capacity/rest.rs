//! Whether a server that is not started afresh has come to rest after a measurement: an idle call tells.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::Patience;
use crate::host::Clock;
use crate::model::{Micros, Moment, Part, Strategy};
use crate::plan::Plan;
use crate::workflow::sending::{PartLoad, Run, Session, Shown};

/// A server that is not idle by then may never be.
const AT_MOST: Micros = Micros(30_000_000);
const PAUSE: Duration = Duration::from_millis(250);
/// An idle server answers within so many times of what it took in the beginning, and a little more.
const TIMES: u64 = 2;
const MORE: Micros = Micros(10_000);
/// Calls each time, of which the median counts: the first one opens the connection.
const CALLS: u64 = 3;

/// How fast it was.
#[derive(Debug, Default)]
pub(super) struct Rest {
    usual: Option<Micros>,
    sets: u32,
}

impl Rest {
    /// Before the first measurement notes how fast the server is when idle; later waits until it is so again. Whether it is;
    /// `None` where that cannot be told.
    pub(super) async fn wait(
        &mut self,
        run: &mut Run<'_>,
        session: &Session,
    ) -> anyhow::Result<Option<bool>> {
        if self.sets == 0 {
            run.recordings.add(&run.runner.run_id, Part::SingleCalls)?;
            self.usual = self.call(run, session).await?;
            return Ok(None);
        }
        let Some(usual) = self.usual else { return Ok(None) };
        let idle = until_idle(usual, async || match run.stopped() {
            true => Ok(Some(usual)),
            false => self.call(run, session).await,
        });
        let idle = idle.await?;
        if !idle {
            run.runner.progress.note(&format!(
                "the server is not idle {} s after the last measurement (a call took {usual} ms in the beginning); the next one begins all the same",
                AT_MOST.0 / 1_000_000
            ));
        }
        Ok(Some(idle))
    }

    /// How long a call takes, of the plan's first body; `None` where one failed.
    async fn call(&mut self, run: &mut Run<'_>, session: &Session) -> anyhow::Result<Option<Micros>> {
        self.sets += 1;
        let load = PartLoad {
            part: Part::SingleCalls,
            repetition: self.sets,
            plan: Arc::new(Plan::picked(CALLS, &run.plan, vec![0])),
            strategy: Strategy { http: run.settings().after.http, ..Strategy::pool(1) },
            workers: 1,
            patience: Some(Patience::of_calls(1)),
            at_most: None,
            think: Duration::ZERO,
            title: "calls to the idle server".to_string(),
            shown: Shown::InPassing,
            truth: None,
        };
        let (_, live) = run.send_counted(session, &load).await?;
        Ok((live.failed == 0 && live.ended == CALLS).then(|| Micros(live.latency.value_at_quantile(0.5))))
    }
}

/// Calls until one is about as fast as usual; whether that was in time.
async fn until_idle(
    usual: Micros,
    mut call: impl AsyncFnMut() -> anyhow::Result<Option<Micros>>,
) -> anyhow::Result<bool> {
    let most = Micros(usual.0 * TIMES + MORE.0);
    let clock = Clock::start();
    while call().await?.is_none_or(|took| took > most) {
        if clock.now().since(Moment::START) >= AT_MOST {
            return Ok(false);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_waits_until_calls_are_as_fast_as_usual_and_not_for_ever() {
        let mut calls = [Some(900_000), None, Some(31_000), Some(29_000), Some(5_000)].into_iter();
        let idle = until_idle(Micros(10_000), async || Ok(calls.next().expect("one more").map(Micros)));
        assert!(idle.await.expect("no error"));
        assert_eq!(calls.next(), Some(Some(5_000)), "the fourth one was about as fast");
        let clock = Clock::start();
        let busy = until_idle(Micros(10_000), async || {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(Some(Micros(1_000_000)))
        });
        assert!(!busy.await.expect("no error"), "it is given up");
        assert!(clock.now().since(Moment::START) < Micros(40_000_000));
    }
}
