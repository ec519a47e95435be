//! What the progress is told of a run before it starts: its loads in their order, and what will be judged.

use super::{interleaved, ladder};
use crate::model::Micros;
use crate::model::{Limit, Metric, SlaLine};
use crate::report::{ExpectedLoad, Judged};
use crate::scenario::Settings;

/// Of a whole run.
pub(super) fn of_run(settings: &Settings, with_ladder: bool) -> ExpectedLoad {
    let phases = interleaved(settings.repetitions)
        .map(|(phase, _)| (phase.name().to_string(), settings.load.requests));
    let rungs = ladder::loads(settings).filter(|_| with_ladder);
    ExpectedLoad { judged: judged(settings), parts: phases.chain(rungs).collect() }
}

/// Of one phase alone.
pub(super) fn of_load(settings: &Settings, part: &str) -> ExpectedLoad {
    ExpectedLoad { judged: judged(settings), parts: vec![(part.to_string(), settings.load.requests)] }
}

/// Lines that one look at a percentile can tell.
fn judged(settings: &Settings) -> Vec<Judged> {
    let judged = |line: &SlaLine| match (line.metric(), line.limit()) {
        (Metric::Percentile(permille), Limit::Time(limit)) => Some(Judged { permille, limit: Micros(limit) }),
        _ => None,
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
        let load = of_run(&settings, true);
        let kinds: Vec<_> = load.parts.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(kinds[..6], ["before", "after", "after", "before", "before", "after"]);
        assert_eq!(kinds[6..8], ["ladder_before", "ladder_reuse"]);
        assert_eq!(kinds.len(), 6 + 2 * 5, "two passes of five rungs");
        assert_eq!(load.judged, [Judged { permille: 950, limit: Micros(800_000) }]);
        assert_eq!(of_run(&settings, false).parts.len(), 6);
    }
}
