//! The server under load: the embedded mock, fresh for each repetition, or the one that was given.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;

use super::probing::{self, ProbedServer};
use super::{connecting, destination, environment, transports};
use crate::host::Clock;
use crate::host::Interrupt;
use crate::host::console;
use crate::mock::{Child, MockSettings, Ports};
use crate::model::{Strategy, masked_url};
use crate::plan::Plan;
use crate::scenario::Settings;
use crate::telemetry::{Prepared, SpanTotals};
use crate::transport::{Endpoint, TlsTrust};
use crate::workflow::probe::Diagnosis;

/// Where Prometheus looks for the mock.
const USUAL_CONTROL_PORT: u16 = 9465;
/// How long a server may take to answer before it counts as down.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// Where the load goes.
pub(in crate::workflow) enum Server {
    Given { url: String, endpoint: Box<Endpoint>, trust: Option<TlsTrust> },
    Mock(Mock),
}

/// The embedded mock, not started or started again and again on the same ports.
pub(in crate::workflow) struct Mock {
    program: PathBuf,
    settings: MockSettings,
    ports: Option<Ports>,
    /// Whether the port where Prometheus looks for the mock is to be tried.
    usual_port: bool,
    /// Beside the environment of this process: where its spans go.
    variables: Vec<(String, String)>,
    stopped: Arc<Mutex<Stopped>>,
}

/// What is known of the mocks that were started and stopped.
#[derive(Clone, Debug, Default)]
pub(in crate::workflow) struct Stopped {
    /// What became of their spans, summed; `None` without traces.
    pub spans: Option<SpanTotals>,
    /// How long the last one took to stop.
    pub took: Duration,
}

/// A server that is up.
pub(in crate::workflow) struct Session {
    url: String,
    trust: Option<TlsTrust>,
    mock: Option<(Child, Arc<Mutex<Stopped>>)>,
}

impl Server {
    pub(in crate::workflow) fn new(settings: &Settings, prepared: &Prepared) -> anyhow::Result<Self> {
        let target = &settings.target;
        // For the mock too, whose address is not known yet: a header or path that HTTP refuses is found before a folder is made.
        let url = target.url.as_deref().unwrap_or("http://127.0.0.1");
        let endpoint = destination::endpoint(url, settings)?;
        match &target.url {
            Some(url) => {
                let trust = connecting::trust(&endpoint, target)?;
                transports::check(&endpoint, settings, trust.as_ref())?;
                environment::warn_of_proxy(&endpoint, target);
                environment::warn_of_tls(&endpoint, target);
                Ok(Server::Given { url: url.clone(), endpoint: Box::new(endpoint), trust })
            }
            None => {
                transports::check(&endpoint, settings, None)?;
                let program =
                    std::env::current_exe().context("cannot find this program to start the mock from")?;
                Ok(Server::Mock(Mock {
                    program,
                    settings: settings.mock.clone(),
                    ports: None,
                    usual_port: prepared.is_scraped(),
                    variables: prepared.variables(),
                    stopped: Arc::default(),
                }))
            }
        }
    }

    pub(in crate::workflow) fn is_mock(&self) -> bool {
        matches!(self, Server::Mock(_))
    }

    /// Whether whoever answers there is trusted.
    pub(in crate::workflow) fn trusts_anyone(&self) -> bool {
        matches!(self, Server::Given { trust: Some(trust), .. } if trust.is_of_anyone())
    }

    /// What the mocks left behind that have stopped so far.
    pub(in crate::workflow) fn stopped(&self) -> Stopped {
        match self {
            Server::Given { .. } => Stopped::default(),
            Server::Mock(mock) => lock(&mock.stopped).clone(),
        }
    }

    /// Where it listens, as it was given; of the mock once it has been started.
    pub(in crate::workflow) fn url(&self) -> Option<String> {
        match self {
            Server::Given { url, .. } => Some(url.clone()),
            Server::Mock(mock) => mock.ports.map(|ports| format!("http://127.0.0.1:{}", ports.infer)),
        }
    }

    /// Finds out whether the server can be used at all, and what there is to say of it.
    pub(in crate::workflow) async fn check(
        &mut self,
        settings: &Settings,
        plan: &Plan,
        strategies: &[Strategy],
        interrupt: &Interrupt,
    ) -> anyhow::Result<Vec<Diagnosis>> {
        match self {
            Server::Given { .. } if !settings.target.probe => Ok(Vec::new()),
            Server::Given { url, endpoint, trust, .. } => {
                let through = settings.target.via.proxy.as_ref();
                let through = through.map_or(String::new(), |proxy| format!(" (proxy {proxy})"));
                let shown = match destination::of(settings, url)?.endpoints {
                    urls if urls.is_empty() => vec![(format!("{}{through}", masked_url(url)), None)],
                    urls => {
                        let names = settings.target.endpoints.iter().map(|one| Some(one.name.as_str()));
                        urls.iter().map(|urls| format!("{}{through}", urls.url)).zip(names).collect()
                    }
                };
                let server = ProbedServer { url, endpoint, shown, trust: trust.as_ref() };
                probing::probe(settings, plan, strategies, server, interrupt).await
            }
            Server::Mock(_) => {
                self.open(None).await?.close().await?;
                Ok(Vec::new())
            }
        }
    }

    /// A server to send to: for the mock a fresh one, on the ports of the one before it.
    pub(in crate::workflow) async fn open(&mut self, truth: Option<&Path>) -> anyhow::Result<Session> {
        match self {
            Server::Given { url, trust, .. } => {
                Ok(Session { url: url.clone(), trust: trust.clone(), mock: None })
            }
            Server::Mock(mock) => {
                let stopped = Arc::clone(&mock.stopped);
                lock(&stopped).took = Duration::ZERO;
                let mock = mock.start(truth).await?;
                ready(&mock.hello().control).await?;
                Ok(Session { url: mock.hello().infer.clone(), trust: None, mock: Some((mock, stopped)) })
            }
        }
    }
}

impl Mock {
    async fn start(&mut self, truth: Option<&Path>) -> anyhow::Result<Child> {
        let usual = self.usual_port.then_some(Ports { infer: 0, control: USUAL_CONTROL_PORT });
        self.usual_port = false;
        let wanted = self.ports.or(usual);
        let started = Child::start_with(&self.program, &self.settings, wanted, truth, &self.variables).await;
        let mock = match (started, wanted) {
            // Another run's mock may have taken it while this one's was between two repetitions.
            (Err(error), Some(wanted)) if Child::port_is_taken(&error) => {
                console::warn(&format!(
                    "warning: port {} is taken, so the mock serves its own metrics elsewhere",
                    wanted.control
                ));
                let elsewhere = self.ports.map(|ports| Ports { control: 0, ..ports });
                Child::start_with(&self.program, &self.settings, elsewhere, truth, &self.variables).await?
            }
            (started, _) => started?,
        };
        self.ports = Some(mock.ports());
        Ok(mock)
    }
}

impl Session {
    pub(in crate::workflow) fn url(&self) -> &str {
        &self.url
    }

    /// Whom the server is trusted by, where it has TLS.
    pub(in crate::workflow) fn trust(&self) -> Option<&TlsTrust> {
        self.trust.as_ref()
    }

    pub(in crate::workflow) async fn close(self) -> anyhow::Result<()> {
        let Some((mock, stopped)) = self.mock else { return Ok(()) };
        let clock = Clock::start();
        let farewell = mock.stop().await?;
        let mut stopped = lock(&stopped);
        stopped.took = Duration::from_micros(clock.now().as_micros());
        if farewell.truth_rows_lost > 0 {
            console::warn(&format!(
                "warning: the mock's truth log lacks {} rows, for the disk was too slow for them; what is made from it is \
                 incomplete: use a faster disk for --out",
                farewell.truth_rows_lost
            ));
        }
        if let Some(spans) = farewell.spans {
            stopped.spans.get_or_insert_default().add(spans);
        }
        Ok(())
    }
}

fn lock(stopped: &Mutex<Stopped>) -> std::sync::MutexGuard<'_, Stopped> {
    stopped.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks the mock's own port for its health: the gated one must not lose a slot to the question.
async fn ready(control: &str) -> anyhow::Result<()> {
    // This is plain HTTP, but no client can be made before somebody says who does TLS; a second time is refused.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().timeout(ANSWERS_WITHIN).build()?;
    let answer = client.get(format!("{control}/healthz")).send().await.context("the mock does not answer")?;
    answer.error_for_status().context("the mock is not healthy")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its control port is taken, whichever it is asked for but a free one.
    const TAKEN: &str = r#"#!/bin/sh
for flag in "$@"; do case "$flag" in --port=*) port=${flag#--port=};; --control-port=*) control=${flag#*=};; esac; done
if [ "$control" != 0 ]; then echo "error: --control-port $control: it is already in use" >&2; exit 2; fi
echo "{\"pid\":$$,\"infer\":\"http://127.0.0.1:$port\",\"control\":\"http://127.0.0.1:2\",\"started_unix_us\":0}"
read -r _
"#;

    #[test]
    fn who_takes_the_control_port_between_two_repetitions_does_not_end_the_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("mock");
        // By a process of its own: a file that somebody has open to write cannot be run, and what another test starts
        // meanwhile would inherit it.
        let write = "printf '%s' \"$2\" > \"$1\" && chmod 700 \"$1\"";
        let written =
            std::process::Command::new("sh").args(["-c", write, "sh"]).arg(&program).arg(TAKEN).status();
        assert!(written.is_ok_and(|status| status.success()));
        let mut mock = Mock {
            program,
            settings: MockSettings::default(),
            ports: Some(Ports { infer: 8_123, control: USUAL_CONTROL_PORT }),
            usual_port: false,
            variables: Vec::new(),
            stopped: Arc::default(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let child = runtime.block_on(mock.start(None)).expect("it serves its metrics elsewhere");
        assert_eq!(child.hello().infer, "http://127.0.0.1:8123", "the load goes where it went before");
        assert_eq!(mock.ports, Some(Ports { infer: 8_123, control: 2 }), "and so does the next one");
    }
}
