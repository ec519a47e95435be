//! Which requests become spans: decided at their end, when it is known whether they were slow.

use crate::model::Micros;
use crate::model::{ErrorKind, Sample, TraceId};

/// A share of all, and always the slow and the failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sampler {
    /// From 0 to 1.
    pub ratio: f64,
    /// Above this a request is slow; `None` where the SLA has no line on a time.
    pub limit: Option<Micros>,
}

impl Sampler {
    /// Whether the request is slower than the limit.
    pub(super) fn is_slow(&self, sample: &Sample) -> bool {
        self.limit.is_some_and(|limit| sample.stages.latency() > limit)
    }

    /// Whether its spans are exported. The share is taken by the exchange, so that a member's link leads somewhere;
    /// slow and failed too: a leader was due first, so it is at least as slow.
    pub(super) fn keeps(&self, sample: &Sample, leader: TraceId, slow: bool) -> bool {
        if sample.due.is_none() || sample.error == Some(ErrorKind::Unsent) {
            return false;
        }
        !sample.succeeded() || slow || self.draws(leader)
    }

    /// As the SDK's `TraceIdRatioBased` draws: by 63 bits of the id's lower half.
    fn draws(&self, trace: TraceId) -> bool {
        let bound = (self.ratio * (1_u64 << 63) as f64) as u64;
        self.ratio >= 1.0 || (trace.0 as u64 >> 1) < bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Moment;
    use crate::model::mix;
    use crate::model::{Stage, Stages};

    fn sample(latency_us: u64, error: Option<ErrorKind>) -> Sample {
        let mut lengths = [None; Stage::ALL.len()];
        lengths[Stage::Wait as usize] = Some(Micros(latency_us));
        let stages = Stages::from_lengths(lengths);
        Sample { stages, error, ..Sample::unsent(0, TraceId(u128::MAX), Some(Moment::START)) }
    }

    #[test]
    fn slow_and_failed_ones_are_kept_whatever_the_share() {
        let sampler = Sampler { ratio: 0.0, limit: Some(Micros(800_000)) };
        let keeps = |sample: &Sample| sampler.keeps(sample, sample.trace_id, sampler.is_slow(sample));
        assert!(!keeps(&sample(800_000, None)), "the limit is inclusive");
        assert!(keeps(&sample(800_001, None)));
        assert!(keeps(&sample(5, Some(ErrorKind::Reset))));
        assert!(!keeps(&sample(5, Some(ErrorKind::Unsent))), "never sent");
    }

    #[test]
    fn the_share_is_met_and_hangs_on_the_exchange() {
        let sampler = Sampler { ratio: 0.1, limit: None };
        let one = sample(5, None);
        let kept = (0..20_000).filter(|seq| sampler.keeps(&one, TraceId(mix(*seq).into()), false)).count();
        assert!((1_800..2_200).contains(&kept), "{kept}");
        let all = Sampler { ratio: 1.0, limit: None };
        assert!(all.keeps(&one, TraceId(u128::MAX), false));
    }
}
