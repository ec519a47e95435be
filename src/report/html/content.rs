//! What the page shows.

use super::conditions_of_run::Conditions;
use super::drawn::Drawn;
use crate::analyze::Analysis;
use crate::model::JaegerUrl;

/// The page and what it needs beside the comparison.
#[derive(Debug)]
pub struct Html<'a> {
    /// Where the time went and why.
    pub analysis: &'a Analysis,
    /// What is drawn of both phases, before first.
    pub drawn: &'a [Drawn; 2],
    /// Under which conditions.
    pub conditions: &'a Conditions,
    /// How requests of each phase failed, and what the server said: a line a kind, before first.
    pub failed: &'a [Vec<String>; 2],
    /// Where traces can be opened.
    pub jaeger: Option<&'a JaegerUrl>,
}
