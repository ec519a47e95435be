//! Which bodies of a plan are distinct, and which ones it does not have: one pass over it, in bounded memory.

use std::collections::HashMap;

use super::distinct_bodies::{DistinctBodies, LOOKED_AT, work};
use super::{Plan, PlanLost};
use crate::model::Digest;

/// What a pass over a plan has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// The first request of each distinct body, in the order of the plan.
    pub distinct: Vec<u64>,
    /// Whether there may be more of them.
    pub cut: bool,
    /// Numbers behind the plan's last request, with distinct bodies that none of its requests has.
    pub unknown: Vec<u64>,
}

impl Survey {
    /// Looks at the first so many requests for up to `most` distinct bodies, and for `wanted` bodies that no request of the
    /// whole plan has.
    ///
    /// # Errors
    /// As for [`Plan::body`].
    pub fn of(plan: &Plan, first: u64, most: usize, wanted: u64) -> Result<Self, PlanLost> {
        let mut bodies = DistinctBodies::default();
        let first = first.min(plan.requests());
        let distinct = bodies.up_to(plan, first, most)?;
        Ok(Survey { distinct, cut: bodies.looked_at() < first, unknown: unknown(plan, wanted)? })
    }
}

/// By what comes next in the source of the plan: a file that ends begins again, and has nothing new then.
fn unknown(plan: &Plan, wanted: u64) -> Result<Vec<u64>, PlanLost> {
    let mut candidates: HashMap<(usize, Digest), u64> = HashMap::new();
    let planned = plan.requests();
    for seq in planned..planned + wanted {
        candidates.entry(work(plan, seq)?).or_insert(seq);
    }
    for seq in 0..planned.min(LOOKED_AT) {
        if candidates.is_empty() {
            break;
        }
        candidates.remove(&work(plan, seq)?);
    }
    let mut unknown: Vec<u64> = candidates.into_values().collect();
    unknown.sort_unstable();
    Ok(unknown)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn survey(plan: &Plan, first: u64, most: usize, wanted: u64) -> Survey {
        Survey::of(plan, first, most, wanted).expect("the file is as it was")
    }

    fn of_lines(requests: u64, lines: &[u64]) -> Plan {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        lines.iter().for_each(|line| writeln!(file, "{line}").expect("it can be written"));
        Plan::of_file(requests, 0, file.path()).expect("a good file")
    }

    #[test]
    fn each_distinct_body_is_found_once_and_lines_that_are_left_over_are_unknown() {
        let plan = of_lines(4, &[7, 8, 7, 9, 8, 5, 5, 6]);
        let all = survey(&plan, 4, 100, 6);
        // Lines 5 to 8, then the first two again.
        assert_eq!(all, Survey { distinct: vec![0, 1, 3], cut: false, unknown: vec![5, 7] });
        assert_eq!(survey(&plan, 2, 100, 0).distinct, [0, 1], "a part of the plan");
        assert_eq!(survey(&plan, 9, 100, 0).distinct, [0, 1, 3], "no further than the plan");
        let cut = survey(&plan, 4, 2, 0);
        assert_eq!((cut.distinct, cut.cut), (vec![0, 1], true));
        assert!(!survey(&plan, 4, 3, 0).cut, "all were found");
    }

    #[test]
    fn a_file_that_is_sent_whole_leaves_nothing_and_prompts_never_end() {
        assert_eq!(survey(&of_lines(10, &[1, 2, 3]), 10, 100, 8).unknown, [0; 0]);
        let prompts = survey(&Plan::of_prompts(10, 7), 10, 100, 8);
        assert_eq!((prompts.distinct.len(), prompts.unknown), (10, (10..18).collect()));
        assert_eq!(survey(&Plan::without_bodies(10), 10, 100, 8).distinct, [0]);
    }

    #[test]
    fn what_was_picked_is_sent_in_its_order_and_again() {
        let plan = of_lines(4, &[7, 8, 7, 9]);
        let picked = Plan::picked(5, &plan, vec![0, 3]);
        let bodies: Vec<_> = (0..5).map(|seq| picked.body(seq).expect("the file is as it was")).collect();
        assert_eq!(bodies, ["7", "9", "7", "9", "7"]);
    }
}
