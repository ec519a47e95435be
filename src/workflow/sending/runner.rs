//! Sends one repetition of a part of a run and watches it: the same for every part.

use std::sync::Arc;

use super::measurement::{Measured, Measurement};
use super::part_load::{PartLoad, Shown};
use super::server::{Server, Session};
use super::{destination, health, mix, plans};
use crate::engine::LOCAL_MOST;
use crate::host::{Anchor, Interrupt, aside, console, limits, memory};
use crate::model::manifest::{Destination, RepetitionRecord};
use crate::model::{ArrivalProcess, Closings, ErrorKind, Moment, Strategy, TimeSource};
use crate::plan::Plan;
use crate::report::{Progress, Step};
use crate::runlog::{Live, Recording};
use crate::scenario::Settings;
use crate::telemetry::{Prepared, Telemetry};
use crate::transport::requested_url;
use crate::workflow::probe::Diagnosis;

/// What must be there before a run has a name.
pub(in crate::workflow) struct Ready {
    pub plan: Arc<Plan>,
    pub server: Server,
    pub prepared: Prepared,
    /// What there is to say of the server.
    pub probe: Vec<Diagnosis>,
}

impl Ready {
    /// Finds out what can be wrong before the first request, and says where requests go.
    pub(in crate::workflow) async fn make(
        settings: &Settings,
        strategies: &[Strategy],
        quiet: bool,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Self> {
        // On another thread: a large file takes seconds, and this one listens for Ctrl-C.
        let of_plan = settings.clone();
        let plan = aside("plan", move || plans::of_phases(&of_plan));
        let plan = Arc::new(interrupt.or_stop(plan).await??);
        memory::give_large_ones_back();
        limits::make_room(most_connections(settings, &plan), settings.load.threads as u64)?;
        let prepared = Prepared::make(&settings.telemetry)?;
        let mut server = Server::new(settings, &prepared)?;
        // Before the first of them, which may take its time.
        if let Some(line) = destination_words(settings, &server, strategies)?.filter(|_| !quiet) {
            console::say(&line);
        }
        let probe = server.check(settings, &plan, strategies, interrupt).await?;
        Ok(Ready { plan, server, prepared, probe })
    }
}

/// Where requests go, where that is known: what was written there and in the scenario's paths becomes a URL in one place only.
fn destination_words(
    settings: &Settings,
    server: &Server,
    strategies: &[Strategy],
) -> anyhow::Result<Option<String>> {
    let Some(url) = server.url() else { return Ok(None) };
    let destination = destination::of(settings, &url)?;
    let batching = strategies.iter().any(|strategy| strategy.batch > 1);
    if !destination.endpoints.is_empty() {
        return Ok(Some(mix::words(&destination.endpoints, &settings.target.endpoints, batching)));
    }
    let Destination { method, url, batch_url, .. } = destination;
    let batches = match batching {
        true => format!(", batches to {batch_url}"),
        false => String::new(),
    };
    Ok(Some(format!("requests go to {method} {url}{batches}")))
}

/// Those that there must be room for. Requests that arrive by themselves and open their own take what room there is.
fn most_connections(settings: &Settings, plan: &Plan) -> u64 {
    let open = plan.arrivals().is_some();
    let most = if open { plan.requests() } else { settings.load.workers as u64 };
    let strategies =
        [settings.before, settings.after].into_iter().filter(|strategy| !open || strategy.keeps());
    strategies.map(|strategy| most.min(strategy.connections() as u64)).max().unwrap_or(1)
}

/// What all repetitions of a run have in common.
pub(in crate::workflow) struct Runner<'a> {
    pub settings: &'a Settings,
    pub run_id: String,
    pub server: Server,
    pub telemetry: Telemetry,
    pub anchor: Anchor,
    pub progress: Progress,
    pub interrupt: &'a Interrupt,
}

/// A repetition that ended early, because nothing but failures ended in it.
#[derive(Clone, Copy, Debug)]
pub(in crate::workflow) struct GivenUp {
    /// When.
    pub at: Moment,
    /// How most of its requests failed; where this machine had no room for some, that alone ended it.
    pub mostly: ErrorKind,
}

impl GivenUp {
    fn of(gave_up: Option<Moment>, live: &Live) -> Option<Self> {
        let at = gave_up?;
        // What was under way then says nothing of the server.
        let failed = live.failures.iter().filter(|((word, _), _)| *word != ErrorKind::Interrupted);
        let local = live.failures.get(&(ErrorKind::LocalLimit, None)).is_some_and(|n| *n >= LOCAL_MOST);
        if local {
            return Some(GivenUp { at, mostly: ErrorKind::LocalLimit });
        }
        let mostly = failed.max_by_key(|(_, n)| **n).map_or(ErrorKind::Interrupted, |((word, _), _)| *word);
        Some(GivenUp { at, mostly })
    }
}

/// What came of one.
pub(in crate::workflow) struct Ran {
    /// The files it was written to.
    pub recording: Recording,
    pub live: Live,
    /// For the manifest.
    pub record: RepetitionRecord,
    /// Where the server said its own times.
    pub time_sources: Vec<TimeSource>,
    /// Answers that could not be read for them.
    pub times_unread: u64,
    /// Where its requests went.
    pub destination: Destination,
    pub given_up: Option<GivenUp>,
}

impl Runner<'_> {
    pub(in crate::workflow) fn stopped(&self) -> bool {
        self.interrupt.signal().is_some()
    }

    /// The whole URL of one request to a server that is up, with all of its query: not to be written down.
    pub(in crate::workflow) fn endpoint(&self, session: &Session) -> anyhow::Result<String> {
        let endpoint = destination::endpoint(session.url(), self.settings)?;
        Ok(requested_url(session.url(), &endpoint.routes[0].single.path.to_string()))
    }

    /// Says where requests go that go to the mock, which has been started only now.
    pub(in crate::workflow) fn say_destination(&self, strategies: &[Strategy]) -> anyhow::Result<()> {
        if self.server.is_mock()
            && let Some(line) = destination_words(self.settings, &self.server, strategies)?
        {
            self.progress.say(&line);
        }
        Ok(())
    }

    /// Says how requests arrive that do not wait for answers, and what of a trace may surprise.
    pub(in crate::workflow) fn say_arrivals(&self, plan: &Plan) {
        let Some(arrivals) = plan.arrivals() else { return };
        let (record, requests) = (arrivals.record(), arrivals.requests());
        let lasts = record.last_due_us as f64 / 1e6;
        self.progress.say(&format!("{}: {requests} requests within {lasts:.1} s", record.process));
        let quantised = record.read.as_ref().filter(|read| read.is_quantised(requests));
        if let (Some(read), ArrivalProcess::Trace { jitter_us: 0, .. }) = (quantised, &record.process) {
            self.progress.note(&format!(
                "warning: the {requests} arrivals have {} different times, so they come in bursts of up to {}; load.trace_jitter \
                 spreads them",
                read.stamps, read.largest_group
            ));
        }
    }

    /// Says what the one request before the run has shown.
    pub(in crate::workflow) fn say_probe(&self, probe: &[Diagnosis]) {
        for found in probe {
            match found {
                Diagnosis::Good(line) => self.progress.say(line),
                Diagnosis::Doubtful(line) | Diagnosis::Hopeless(line) => {
                    self.progress.note(&format!("warning: {line}"));
                }
            }
        }
    }

    /// Sends one repetition to a server that is up.
    pub(in crate::workflow) async fn run(
        &mut self,
        load: &PartLoad,
        session: &Session,
        recording: Recording,
    ) -> anyhow::Result<Ran> {
        let destination = destination::of(self.settings, session.url())?;
        let mut watched = self.telemetry.begin(load.part, load.repetition, destination.clone());
        let step = self.step(load);
        let measurement = Measurement {
            load,
            run_id: &self.run_id,
            settings: self.settings,
            url: session.url(),
            trust: session.trust(),
            anchor: &self.anchor,
            interrupt: self.interrupt,
        };
        let measured = measurement.run(recording, &mut watched, &step).await;
        // Also after a failure: nothing is on any more.
        self.telemetry.end(&watched);
        let measured = measured?;
        if load.shown == Shown::AsLoad {
            step.done(&measured.live);
        }
        let (gave_up, closings) = (measured.health.gave_up, measured.health.closings);
        let record = RepetitionRecord {
            phase: load.part,
            repetition: load.repetition,
            started_unix_us: self.anchor.unix_micros(&measured.clock),
            health: Some(health::record(measured.health, &self.anchor)),
            closings: Some(closings).filter(|closings| *closings != Closings::default()),
            gave_up_us: gave_up.map(|at| at.as_micros()),
            answers_not_copied: measured.live.not_copied,
        };
        let Measured { recording, live, time_sources, times_unread, .. } = measured;
        let given_up = GivenUp::of(gave_up, &live);
        Ok(Ran { recording, live, record, time_sources, times_unread, destination, given_up })
    }

    fn step(&self, load: &PartLoad) -> Step {
        let requests = load.plan.requests();
        match load.shown {
            Shown::AsLoad => self.progress.part(&load.title, requests),
            Shown::InPassing => self.progress.step(&load.title, requests),
            Shown::Uncounted => self.progress.step(&load.title, 0),
        }
    }
}
