//! What the progress is told of a run before it starts: its loads in their order, and what will be judged.

use super::ladder;
use crate::model::{Limit, Micros, Phase, SlaLine};
use crate::report::{ExpectedLoad, Judged};
use crate::scenario::Settings;

/// Of a whole run with so many requests in a repetition of each phase that is sent.
pub(in crate::workflow) fn of_run(
    settings: &Settings,
    sent: &[Phase],
    requests: u64,
    with_ladder: bool,
) -> ExpectedLoad {
    let phases = Phase::interleaved(settings.repetitions).filter(|(phase, _)| sent.contains(phase));
    let phases = phases.map(|(phase, _)| (phase.into(), requests));
    let rungs = ladder::loads(settings, requests).filter(|_| with_ladder);
    ExpectedLoad { judged: judged(settings), parts: phases.chain(rungs).collect() }
}

/// Of loads that nobody can number before.
pub(in crate::workflow) fn of_unknown(settings: &Settings) -> ExpectedLoad {
    ExpectedLoad { judged: judged(settings), parts: Vec::new() }
}

/// Of one phase alone.
pub(in crate::workflow) fn of_phase(settings: &Settings, requests: u64, phase: Phase) -> ExpectedLoad {
    ExpectedLoad { judged: judged(settings), parts: vec![(phase.into(), requests)] }
}

/// Lines that one look at a percentile can tell.
fn judged(settings: &Settings) -> Vec<Judged> {
    let judged = |line: &SlaLine| {
        let (Some(permille), Limit::Time(limit)) = (line.metric().percentile(), line.limit()) else {
            return None;
        };
        Some(Judged { permille, limit: Micros(limit) })
    };
    settings.sla.iter().filter_map(judged).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Overrides;

    #[test]
    fn all_loads_are_told_in_their_order() {
        let settings = crate::scenario::load("scenarios/default.toml".as_ref(), &Overrides::default());
        let settings = settings.expect("a scenario");
        let load = of_run(&settings, &Phase::BOTH, 600, true);
        let parts: Vec<_> = load.parts.iter().map(|(part, _)| part.to_string()).collect();
        assert_eq!(parts[..6], ["before", "after", "after", "before", "before", "after"]);
        assert_eq!(parts[6..8], ["ladder_before", "ladder_reuse"]);
        assert_eq!(parts.len(), 6 + 2 * 5, "two passes of five rungs");
        assert_eq!(load.judged, [Judged { permille: 950, limit: Micros(800_000) }]);
        assert_eq!(of_run(&settings, &Phase::BOTH, 600, false).parts.len(), 6);
        assert_eq!(of_run(&settings, &[Phase::After], 600, false).parts.len(), 3);
    }
}
