//! What can be set on the mock: one struct is the scenario's section, the command's flags and the child's arguments.
use serde::{Deserialize, Serialize};

const LONGEST_COST_MS: f64 = 60_000.0;
const WIDEST_SIGMA: f64 = 3.0;
const MOST_CONNECTIONS: usize = 25_000; // actix's own limit a worker is 25,600
const MOST_REPLICAS: usize = 1_000_000; // far above any accelerator pool, far below the semaphore's limit

/// The settings of the mock. The defaults make a client that connects once a request miss 800 ms by physics:
/// 64 callers at 53 answers a second wait 1.2 s on average.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields, default)]
pub struct MockSettings {
    /// Connections the kernel keeps established but not yet accepted
    #[arg(long, value_name = "N", default_value_t = Self::default().backlog)]
    pub backlog: u32,
    /// Connections served at the same time; the others wait in the kernel
    #[arg(long, value_name = "N", default_value_t = Self::default().max_connections)]
    pub max_connections: usize,
    /// Exchanges computed at the same time
    #[arg(long, value_name = "N", default_value_t = Self::default().replicas)]
    pub replicas: usize,
    /// Cost of an exchange, whatever its size, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = Self::default().fixed_ms)]
    pub fixed_ms: f64,
    /// Mean cost of an item, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = Self::default().item_ms)]
    pub item_ms: f64,
    /// Spread of the cost of an item: sigma of its log-normal distribution
    #[arg(long, value_name = "SIGMA", default_value_t = Self::default().item_sigma)]
    pub item_sigma: f64,
    /// Exchanges that may wait for a replica; one more is answered 503
    #[arg(long, value_name = "N", default_value_t = Self::default().queue_limit)]
    pub queue_limit: usize,
    /// Time an idle connection is kept, in milliseconds; 0 closes after each answer
    #[arg(long, value_name = "MS", default_value_t = Self::default().keep_alive_ms)]
    pub keep_alive_ms: u64,
    /// Share of exchanges answered 503 at once
    #[arg(long, value_name = "SHARE", default_value_t = Self::default().error_rate)]
    pub error_rate: f64,
    /// Share of exchanges whose connection is reset instead of answered
    #[arg(long, value_name = "SHARE", default_value_t = Self::default().reset_rate)]
    pub reset_rate: f64,
    /// Share of items that the batch endpoint answers with a cut text
    #[arg(long, value_name = "SHARE", default_value_t = Self::default().degraded_rate)]
    pub degraded_rate: f64,
}

impl Default for MockSettings {
    fn default() -> Self {
        Self {
            backlog: 32,
            max_connections: 16,
            replicas: 8,
            fixed_ms: 110.0,
            item_ms: 40.0,
            item_sigma: 0.5,
            queue_limit: 256,
            keep_alive_ms: 60_000,
            error_rate: 0.0,
            reset_rate: 0.0,
            degraded_rate: 0.0,
        }
    }
}

impl MockSettings {
    /// Checks every value.
    ///
    /// # Errors
    /// The key (`mock.backlog`), its value and the range it must be in, for the first value out of range.
    pub fn validate(&self) -> Result<(), String> {
        whole("backlog", u64::from(self.backlog), 1, 65_535)?;
        whole("max_connections", self.max_connections as u64, 1, MOST_CONNECTIONS as u64)?;
        whole("replicas", self.replicas as u64, 1, MOST_REPLICAS as u64)?;
        real("fixed_ms", self.fixed_ms, LONGEST_COST_MS)?;
        real("item_ms", self.item_ms, LONGEST_COST_MS)?;
        real("item_sigma", self.item_sigma, WIDEST_SIGMA)?;
        whole("keep_alive_ms", self.keep_alive_ms, 0, 86_400_000)?;
        real("error_rate", self.error_rate, 1.0)?;
        real("reset_rate", self.reset_rate, 1.0)?;
        real("degraded_rate", self.degraded_rate, 1.0)
    }
}

fn whole(key: &str, value: u64, least: u64, most: u64) -> Result<(), String> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(format!("mock.{key} is {value}: set it to a whole number from {least} to {most}"))
}

/// Refuses NaN too: no range contains it.
fn real(key: &str, value: f64, most: f64) -> Result<(), String> {
    if (0.0..=most).contains(&value) {
        return Ok(());
    }
    Err(format!("mock.{key} is {value}: set it to a number from 0 to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(change: impl FnOnce(&mut MockSettings)) -> String {
        let mut settings = MockSettings::default();
        change(&mut settings);
        settings.validate().expect_err("the value is out of range")
    }

    #[test]
    fn the_defaults_and_the_borders_are_valid() {
        assert_eq!(MockSettings::default().validate(), Ok(()));
        let borders = MockSettings {
            backlog: 65_535,
            max_connections: 1,
            replicas: 1,
            fixed_ms: 0.0,
            item_ms: 60_000.0,
            item_sigma: 3.0,
            queue_limit: 0,
            keep_alive_ms: 0,
            error_rate: 1.0,
            ..MockSettings::default()
        };
        assert_eq!(borders.validate(), Ok(()));
    }

    #[test]
    fn a_complaint_names_the_key_the_value_and_the_remedy() {
        assert_eq!(
            complaint(|s| s.backlog = 0),
            "mock.backlog is 0: set it to a whole number from 1 to 65535"
        );
        assert_eq!(
            complaint(|s| s.error_rate = 1.5),
            "mock.error_rate is 1.5: set it to a number from 0 to 1"
        );
        assert!(complaint(|s| s.max_connections = 25_001).starts_with("mock.max_connections is 25001"));
        assert!(complaint(|s| s.replicas = 0).starts_with("mock.replicas is 0"));
        assert!(complaint(|s| s.fixed_ms = f64::NAN).starts_with("mock.fixed_ms is NaN"));
        assert!(complaint(|s| s.item_ms = f64::INFINITY).starts_with("mock.item_ms is inf"));
        assert!(complaint(|s| s.item_sigma = -0.1).starts_with("mock.item_sigma is -0.1"));
        assert!(complaint(|s| s.keep_alive_ms = u64::MAX).starts_with("mock.keep_alive_ms"));
        assert!(complaint(|s| s.reset_rate = -1.0).starts_with("mock.reset_rate"));
        assert!(complaint(|s| s.degraded_rate = 2.0).starts_with("mock.degraded_rate"));
    }

    #[test]
    fn a_section_may_leave_keys_out_but_not_invent_them() {
        let partly: MockSettings = toml::from_str("backlog = 64\nfixed_ms = 0.0").expect("known keys");
        assert_eq!(partly, MockSettings { backlog: 64, fixed_ms: 0.0, ..MockSettings::default() });
        assert!(toml::from_str::<MockSettings>("backlogs = 64").is_err());
    }
}
