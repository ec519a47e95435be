//! `spanload mock`.

use crate::mock::{self, Options};
use crate::model::Exit;
use crate::scenario::ScenarioError;

/// Serves until it is told to stop.
pub(super) fn run(options: Options) -> anyhow::Result<Exit> {
    options.settings.validate().map_err(ScenarioError::Mock)?;
    mock::serve(options).map(|()| Exit::Success)
}
