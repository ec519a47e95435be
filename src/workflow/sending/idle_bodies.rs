//! Which bodies the calls to an idle server carry: where it may have a cache, each call one that it has not seen.

use crate::model::manifest::IdleBodiesRecord;
use crate::plan::{Plan, Survey};

/// Bodies that the phases do not send, each given away once; where there are not enough for all calls, the same ones to all.
#[derive(Debug)]
pub(in crate::workflow) struct IdleBodies {
    seqs: Vec<u64>,
    record: IdleBodiesRecord,
    taken: usize,
}

impl IdleBodies {
    /// For so many calls, of what was found in the source of the plan beside the plan; `None` where nothing was.
    pub(in crate::workflow) fn new(survey: &Survey, needed: u64) -> (Option<Self>, IdleBodiesRecord) {
        let record = IdleBodiesRecord { needed, unknown: survey.unknown.len() as u64 };
        let seqs = survey.unknown.clone();
        let bodies = (!seqs.is_empty()).then_some(IdleBodies { seqs, record, taken: 0 });
        (bodies, record)
    }

    /// Those of the next so many calls, from the source of this plan.
    pub(in crate::workflow) fn next(&mut self, of: &Plan, requests: u64) -> Plan {
        let from = if self.record.are_fresh() { self.taken } else { 0 };
        let mut seqs = self.seqs.clone();
        seqs.rotate_left(from % self.seqs.len());
        self.taken += requests as usize;
        Plan::picked(requests, of, seqs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(unknown: u64, needed: u64) -> Option<IdleBodies> {
        let survey = Survey { unknown: (10..10 + unknown).collect(), ..Survey::default() };
        IdleBodies::new(&survey, needed).0
    }

    fn taken(bodies: &mut IdleBodies, requests: u64) -> Vec<bytes::Bytes> {
        let plan = Plan::of_prompts(10, 7);
        let next = bodies.next(&plan, requests);
        (0..requests).map(|seq| next.body(seq).expect("prompts are no file")).collect()
    }

    #[test]
    fn each_call_has_its_own_body_or_all_have_the_same() {
        let mut enough = bodies(5, 5).expect("some");
        let own = [taken(&mut enough, 2), taken(&mut enough, 3)].concat();
        let distinct: std::collections::HashSet<_> = own.iter().collect();
        assert_eq!(distinct.len(), 5);
        let planned = Plan::of_prompts(10, 7);
        assert!(
            (0..10).all(|seq| !own.contains(&planned.body(seq).expect("prompts are no file"))),
            "none is the phases'"
        );
        let mut too_few = bodies(2, 5).expect("some");
        assert_eq!(taken(&mut too_few, 2), taken(&mut too_few, 2), "so that equal numbers are equal work");
        assert!(bodies(0, 5).is_none());
    }
}
