//! The flags that change a scenario: shared by every command that sends load.

use clap::Args;

use super::connection_args::ConnectionArgs;
use super::duration::milliseconds;
use super::whole_number::whole_number;
use crate::scenario::{Overrides, ScenarioError};

/// What changes a scenario.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Load")]
pub struct ScenarioArgs {
    /// Requests of one repetition
    #[arg(short = 'n', long, value_name = "N", value_parser = whole_number::<u64>)]
    requests: Option<u64>,
    /// Callers of the closed loop
    #[arg(short = 'c', long = "concurrency", value_name = "N", value_parser = whole_number::<usize>)]
    workers: Option<usize>,
    /// Requests a second that do not wait for answers, in place of the closed loop
    #[arg(short = 'q', long, value_name = "RATE", allow_negative_numbers = true)]
    rate: Option<f64>,
    /// Time in which they arrive, such as 30s, in place of their number
    #[arg(short = 'd', long, value_name = "TIME")]
    duration: Option<String>,
    /// How requests arrive: closed, constant (where there is a rate), poisson, gamma, steps or trace
    #[arg(long, value_name = "KIND")]
    arrival: Option<String>,
    /// Warm-up before the first repetition: all distinct bodies once, 20% of the plan, 10s, or none
    #[arg(long, value_name = "all|SHARE|TIME|none")]
    warmup: Option<String>,
    /// URL of your own server instead of the embedded mock
    #[arg(long, value_name = "URL", help_heading = "Target")]
    target: Option<String>,
    /// Method of every request, such as GET; POST where nothing says otherwise
    #[arg(short = 'm', long, value_name = "METHOD", help_heading = "Target")]
    method: Option<String>,
    /// Extra header of every request, repeatable; the value, env:NAME or file:PATH is never written down
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", help_heading = "Target")]
    headers: Vec<String>,
    /// Token that every request carries as `authorization: Bearer …`: env:NAME or file:PATH
    #[arg(long, value_name = "env:NAME|file:PATH", help_heading = "Target")]
    bearer: Option<String>,
    /// Time from due after which a request has failed: 30s, 500ms, or a bare number of milliseconds
    #[arg(long, value_name = "TIME", value_parser = milliseconds, help_heading = "Target")]
    timeout: Option<u64>,
    /// How connections are made.
    #[command(flatten)]
    connections: ConnectionArgs,
    /// Line of the SLA, such as p95=800ms, error_rate=1% or throughput=100rps; repeatable
    #[arg(long, value_name = "METRIC=LIMIT", help_heading = "Verdict")]
    sla: Vec<String>,
    /// Share of failures, such as 5%, above which the run has failed, with exit code 1
    #[arg(long, value_name = "SHARE", help_heading = "Verdict")]
    max_error_rate: Option<String>,
    /// Any key of the scenario, such as mock.backlog=64; repeatable, wins over the file
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Scenario")]
    set: Vec<String>,
    /// 200 requests, or fewer where fewer arrive, one repetition: still shows the effect, for CI
    #[arg(long)]
    quick: bool,
}

impl ScenarioArgs {
    /// As what they lay over the file. Specific flags win over `--quick`, `--set` over all.
    pub fn overrides(&self) -> Result<Overrides, ScenarioError> {
        self.with_repetitions(None)
    }

    fn with_repetitions(&self, repetitions: Option<u32>) -> Result<Overrides, ScenarioError> {
        let mut overrides = Overrides::default();
        if self.quick {
            if self.duration.is_none() {
                overrides.set("--quick", "load.requests", 200);
            }
            overrides.set("--quick", "runs.repetitions", 1);
        }
        let numbers = [
            ("-n", "load.requests", self.requests),
            ("-c", "load.workers", self.workers.map(|workers| workers as u64)),
            ("--repetitions", "runs.repetitions", repetitions.map(u64::from)),
            ("--timeout", "target.timeout_ms", self.timeout),
        ];
        for (flag, key, value) in numbers {
            if let Some(value) = value {
                let value = i64::try_from(value).map_err(|_| ScenarioError::too_large(flag, value))?;
                overrides.set(flag, key, value);
            }
        }
        if let Some(rate) = self.rate {
            overrides.set("-q", "load.rate", rate);
        }
        let texts = [("-d", "load.duration", &self.duration), ("--arrival", "load.arrival", &self.arrival)];
        for (flag, key, text) in texts {
            text.iter().for_each(|text| overrides.set(flag, key, text.as_str()));
        }
        if let Some(url) = &self.target {
            overrides.set("--target", "target.url", url.as_str());
        }
        if let Some(warmup) = &self.warmup {
            overrides.set("--warmup", "load.warmup", warmup.as_str());
        }
        self.connections.lay_over(&mut overrides);
        if let Some(share) = &self.max_error_rate {
            overrides.set("--max-error-rate", "load.max_error_rate", share.as_str());
        }
        if let Some(method) = &self.method {
            overrides.set("--method", "target.method", method.as_str());
        }
        self.bearer.iter().try_for_each(|written| overrides.set_bearer(written))?;
        self.headers.iter().try_for_each(|header| overrides.set_header(header))?;
        self.sla.iter().try_for_each(|line| overrides.set_sla(line))?;
        self.set.iter().try_for_each(|assignment| overrides.set_text(assignment))?;
        Ok(overrides)
    }
}

/// What changes a scenario whose phases are compared.
#[derive(Clone, Debug, Default, Args)]
pub struct ComparisonArgs {
    /// What changes the load of one repetition.
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Repetitions of each phase
    #[arg(long, value_name = "N", value_parser = whole_number::<u32>, help_heading = "Load")]
    repetitions: Option<u32>,
}

impl ComparisonArgs {
    /// As what they lay over the file, in the order of [`ScenarioArgs::overrides`].
    pub fn overrides(&self) -> Result<Overrides, ScenarioError> {
        self.scenario.with_repetitions(self.repetitions)
    }
}
