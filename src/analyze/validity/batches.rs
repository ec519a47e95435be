//! Whether a phase that may send batches ever sent one.

use super::doubt::Doubt;
use crate::analyze::observed::PhaseData;
use crate::model::{Phase, Strategy};

/// Nothing where one request is all that an exchange may take.
pub fn never_batched(phase: Phase, data: &PhaseData, strategy: Strategy) -> Option<Doubt> {
    let doubt = Doubt::NeverBatched { phase, batch: strategy.batch, connections: strategy.connections() };
    forms_none(data, strategy.batch).then_some(doubt)
}

/// Whether each of the answers came in an exchange of its own, where up to `batch` could have shared one.
pub(in crate::analyze) fn forms_none(data: &PhaseData, batch: usize) -> bool {
    batch > 1 && data.succeeded() > 0 && data.rows().iter().all(|row| row.exchange_size() == 1)
}

pub(super) fn message(phase: Phase, batch: usize, connections: usize) -> String {
    let name = phase.name();
    let sent = match connections {
        usize::MAX => "each request has a connection of its own".to_string(),
        connections => format!("requests found one of {connections} connections free"),
    };
    format!(
        "no batch was ever formed in the {name} phase, though up to {batch} requests may share an exchange: only requests that \
         wait do, and {sent}; so this does not show what batches bring: lower {name}.connections (--set {name}.connections=N)"
    )
}

#[cfg(test)]
mod tests {
    use super::super::message::message;
    use super::*;
    use crate::analyze::fixtures::{phase_of, sample};
    use crate::model::{BatchUse, Sample};

    #[test]
    fn a_phase_that_was_to_batch_and_never_did_says_so() {
        let of = |size: u32| {
            let row = |seq| Sample { batch: Some(BatchUse { id: seq + 1, size }), ..sample(seq, 500) };
            phase_of(10, (0..10).map(row))
        };
        let batches = Strategy { batch: 4, ..Strategy::pool(16) };
        let doubt = never_batched(Phase::After, &of(1), batches).expect("a doubt");
        let text = message(&doubt);
        assert!(
            text.starts_with("no batch was ever formed") && text.contains("lower after.connections"),
            "{text}"
        );
        assert_eq!(never_batched(Phase::After, &of(2), batches), None);
        assert_eq!(never_batched(Phase::After, &of(1), Strategy::pool(16)), None, "none was wanted");
        assert_eq!(never_batched(Phase::After, &phase_of(10, []), batches), None, "nothing is known");
    }
}
