//! Which sequences share a step: continuous batching with chunked prefill, and the line in front of it.

use std::collections::VecDeque;
use std::time::Duration;

use super::sequence::{EmittedToken, Sequence, TokenJob};
use super::step_costs::StepCosts;

/// The scheduler between two steps. What arrives during a step can take part in the next one.
#[derive(Debug)]
pub struct TokenScheduler {
    costs: StepCosts,
    /// Sequences that share a step at most.
    sequences: usize,
    /// Tokens of prompts that a step computes at most.
    prefill_budget: u32,
    /// Requests that wait at most.
    line: usize,
    /// In the order of their arrival.
    waiting: VecDeque<Sequence>,
    /// In the order in which they left the line.
    running: Vec<Sequence>,
}

/// A step: it takes `duration`, and at its end gives out `tokens`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeStep {
    /// How long it takes.
    pub duration: Duration,
    /// Requests that leave the line at its start.
    pub started: Vec<u64>,
    /// At most one of each sequence.
    pub tokens: Vec<EmittedToken>,
}

/// As many requests wait as may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineFull;

impl TokenScheduler {
    /// An idle one: at most `sequences` share a step, which computes at most `prefill_budget` tokens of prompts (each at
    /// least 1); at most `line` wait.
    pub fn new(costs: StepCosts, sequences: usize, prefill_budget: u32, line: usize) -> Self {
        TokenScheduler {
            costs,
            sequences: sequences.max(1),
            prefill_budget: prefill_budget.max(1),
            line,
            waiting: VecDeque::new(),
            running: Vec::new(),
        }
    }

    /// A request arrives.
    ///
    /// # Errors
    /// It would have to wait, and as many wait as may. Room in the next step counts as no waiting.
    pub fn arrive(&mut self, job: TokenJob) -> Result<(), LineFull> {
        let next = self.sequences.saturating_sub(self.running.len());
        if self.waiting.len() >= self.line.saturating_add(next) {
            return Err(LineFull);
        }
        self.waiting.push_back(Sequence::new(job));
        Ok(())
    }

    /// Its caller has gone.
    pub fn cancel(&mut self, id: u64) {
        self.waiting.retain(|sequence| sequence.id != id);
        self.running.retain(|sequence| sequence.id != id);
    }

    /// Requests that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Requests that share the steps.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// Makes the next step; `None` if there is nothing to do.
    pub fn step(&mut self) -> Option<DecodeStep> {
        let decoding = self.running.iter().filter(|sequence| sequence.decodes()).count();
        let (started, prompt_tokens) = self.prefill();
        let duration = self.costs.step(decoding as u32, prompt_tokens);
        let tokens: Vec<EmittedToken> = self.running.iter_mut().filter_map(Sequence::emit).collect();
        let ended = |id: u64| tokens.iter().any(|token| token.last && token.id == id);
        self.running.retain(|sequence| !ended(sequence.id));
        (decoding > 0 || prompt_tokens > 0).then_some(DecodeStep { duration, started, tokens })
    }

    /// Spends the budget on prompts, first those that have begun, then those that wait: who leaves the line, and the tokens.
    fn prefill(&mut self) -> (Vec<u64>, u32) {
        let mut left = self.prefill_budget;
        for sequence in &mut self.running {
            left -= sequence.prefill(left);
        }
        let mut started = Vec::new();
        while left > 0 && self.running.len() < self.sequences {
            let Some(mut next) = self.waiting.pop_front() else { break };
            left -= next.prefill(left);
            started.push(next.id);
            self.running.push(next);
        }
        (started, self.prefill_budget - left)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const MS: Duration = Duration::from_millis(1);
    /// 10 ms a step, 1 ms a sequence, 0.1 ms a token of a prompt.
    const COSTS: StepCosts = StepCosts {
        base: Duration::from_millis(10),
        per_sequence: MS,
        per_prompt_token: Duration::from_micros(100),
    };

    fn job(id: u64, prompt: u32, answer: u32) -> TokenJob {
        TokenJob { id, prompt, cached: 0, answer }
    }

    /// The instants of each request's tokens when all arrive at the start.
    fn run(scheduler: &mut TokenScheduler) -> BTreeMap<u64, Vec<Duration>> {
        let (mut now, mut seen) = (Duration::ZERO, BTreeMap::<u64, Vec<Duration>>::new());
        while let Some(step) = scheduler.step() {
            now += step.duration;
            for token in step.tokens {
                let instants = seen.entry(token.id).or_default();
                assert_eq!(token.index as usize, instants.len());
                instants.push(now);
            }
        }
        seen
    }

    fn of(sequences: usize, budget: u32, jobs: &[TokenJob]) -> BTreeMap<u64, Vec<Duration>> {
        let mut scheduler = TokenScheduler::new(COSTS, sequences, budget, 100);
        jobs.iter().for_each(|job| scheduler.arrive(*job).expect("room"));
        run(&mut scheduler)
    }

    fn ms(instants: &[u64]) -> Vec<Duration> {
        instants.iter().map(|ms| MS * *ms as u32).collect()
    }

    #[test]
    fn alone_it_takes_its_prompt_and_a_step_a_token() {
        // 100 tokens of prompt: 10 + 10 ms; then 10 + 1 ms a token.
        assert_eq!(of(4, 1_000, &[job(1, 100, 4)])[&1], ms(&[20, 31, 42, 53]));
        // In three steps of 40, 40 and 20 tokens: 14 + 14 + 12 ms.
        assert_eq!(of(4, 40, &[job(1, 100, 2)])[&1], ms(&[40, 51]));
    }

    #[test]
    fn a_prompt_in_the_cache_costs_one_token() {
        let cached = TokenJob { cached: 100, ..job(1, 100, 1) };
        assert_eq!(of(4, 1_000, &[cached])[&1], [Duration::from_micros(10_100)]);
    }

    #[test]
    fn sequences_share_a_step_and_slow_each_other() {
        let seen = of(4, 1_000, &[job(1, 100, 3), job(2, 100, 3)]);
        // 10 + 2 x 10 ms, then 10 + 2 x 1 ms.
        assert_eq!(seen[&1], ms(&[30, 42, 54]));
        assert_eq!(seen[&1], seen[&2]);
    }

    #[test]
    fn another_ones_prompt_is_a_gap_in_ones_tokens() {
        let mut scheduler = TokenScheduler::new(COSTS, 4, 50, 100);
        scheduler.arrive(job(1, 10, 9)).expect("room");
        assert_eq!(scheduler.step().map(|step| step.duration), Some(MS * 11));
        scheduler.arrive(job(2, 80, 1)).expect("room");
        let steps: Vec<DecodeStep> = (0..3).filter_map(|_| scheduler.step()).collect();
        assert_eq!(steps.iter().map(|step| step.duration).collect::<Vec<_>>(), ms(&[16, 14, 11]));
        let ids = |step: &DecodeStep| step.tokens.iter().map(|token| token.id).collect::<Vec<_>>();
        assert_eq!(steps.iter().map(ids).collect::<Vec<_>>(), [vec![1], vec![1, 2], vec![1]]);
        assert_eq!(steps[0].started, [2]);
    }

    #[test]
    fn who_finds_no_place_waits_in_order() {
        let seen = of(1, 1_000, &[job(1, 10, 2), job(2, 10, 1), job(3, 10, 1)]);
        assert_eq!((&seen[&1], &seen[&2], &seen[&3]), (&ms(&[11, 22]), &ms(&[33]), &ms(&[44])));
    }

    #[test]
    fn who_gets_nothing_of_the_budget_has_not_left_the_line() {
        let mut scheduler = TokenScheduler::new(COSTS, 4, 50, 100);
        [1, 2].iter().for_each(|id| scheduler.arrive(job(*id, 80, 1)).expect("room"));
        let started: Vec<_> = (0..2).filter_map(|_| scheduler.step()).map(|step| step.started).collect();
        assert_eq!(started, [vec![1], vec![2]]);
    }

    #[test]
    fn the_line_is_bounded_and_who_leaves_makes_room() {
        let mut scheduler = TokenScheduler::new(COSTS, 1, 1_000, 1);
        assert_eq!([1, 2, 3].map(|id| scheduler.arrive(job(id, 10, 5))), [Ok(()), Ok(()), Err(LineFull)]);
        assert_eq!(scheduler.step().map(|step| step.started), Some(vec![1]));
        assert_eq!((scheduler.running(), scheduler.waiting()), (1, 1));
        assert_eq!(scheduler.arrive(job(4, 10, 1)), Err(LineFull));
        scheduler.cancel(1);
        assert_eq!(scheduler.arrive(job(4, 10, 1)), Ok(()));
        assert_eq!(scheduler.step().map(|step| step.started), Some(vec![2]));
        scheduler.cancel(2);
        scheduler.cancel(4);
        assert_eq!(scheduler.step(), None);
    }

    proptest! {
        #[test]
        fn each_request_gets_its_tokens_and_no_step_exceeds_its_bounds(
            jobs in prop::collection::vec((0..300_u32, 0..20_u32), 1..30),
            sequences in 1..8_usize,
            budget in 1..200_u32,
        ) {
            let mut scheduler = TokenScheduler::new(COSTS, sequences, budget, 100);
            for (id, (prompt, answer)) in (0..).zip(&jobs) {
                scheduler.arrive(job(id, *prompt, *answer)).expect("room");
            }
            let (mut counts, mut started, mut steps) = (vec![0; jobs.len()], Vec::new(), Duration::ZERO);
            while let Some(step) = scheduler.step() {
                prop_assert!(step.tokens.len() <= sequences && scheduler.running() <= sequences);
                prop_assert!(step.duration <= COSTS.step(sequences as u32, budget));
                step.tokens.iter().for_each(|token| counts[token.id as usize] += 1);
                started.extend(step.started);
                steps += step.duration - COSTS.base;
            }
            let answers: Vec<u32> = jobs.iter().map(|(_, answer)| (*answer).max(1)).collect();
            prop_assert_eq!(&counts, &answers);
            prop_assert_eq!(started, (0..jobs.len() as u64).collect::<Vec<_>>());
            // All work is paid for, once.
            let prompts: u32 = jobs.iter().map(|(prompt, _)| (*prompt).max(1)).sum();
            let decoded: u32 = answers.iter().map(|answer| answer - 1).sum();
            prop_assert_eq!(steps, COSTS.per_prompt_token * prompts + COSTS.per_sequence * decoded);
        }
    }
}
