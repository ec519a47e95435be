//! The faults on request: which exchange or item meets one follows from its bytes, so every run meets the same ones.
use super::MockSettings;
use super::digest::ItemDigest;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Answered 503 at once, nothing computed.
    Error,
    /// The connection is reset, nothing answered.
    Reset,
}

/// The fault of an exchange, by its first item. A reset wins over an error.
pub(super) fn fault_of(settings: &MockSettings, first: &ItemDigest) -> Option<Fault> {
    if first.uniform("fault.reset") < settings.reset_rate {
        Some(Fault::Reset)
    } else if first.uniform("fault.error") < settings.error_rate {
        Some(Fault::Error)
    } else {
        None
    }
}

/// Whether the batch endpoint cuts the answer of this item.
pub(super) fn is_degraded(settings: &MockSettings, item: &ItemDigest) -> bool {
    item.uniform("fault.degraded") < settings.degraded_rate
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(hit: impl Fn(&ItemDigest) -> bool) -> f64 {
        let hits = (0..10_000_u32).filter(|i| hit(&ItemDigest::of(&i.to_be_bytes()))).count();
        hits as f64 / 10_000.0
    }

    #[test]
    fn each_fault_meets_its_share() {
        let error = MockSettings { error_rate: 0.2, ..MockSettings::default() };
        let reset = MockSettings { reset_rate: 0.1, ..MockSettings::default() };
        let degraded = MockSettings { degraded_rate: 0.3, ..MockSettings::default() };
        let near = |share: f64, rate: f64| assert!((share - rate).abs() < 0.02, "{share} for {rate}");
        near(share(|digest| fault_of(&error, digest) == Some(Fault::Error)), 0.2);
        near(share(|digest| fault_of(&reset, digest) == Some(Fault::Reset)), 0.1);
        near(share(|digest| is_degraded(&degraded, digest)), 0.3);
    }

    #[test]
    fn a_rate_of_0_is_never_and_of_1_is_always() {
        let never = MockSettings::default();
        assert_eq!(share(|digest| fault_of(&never, digest).is_some() || is_degraded(&never, digest)), 0.0);
        let always = MockSettings { error_rate: 1.0, degraded_rate: 1.0, ..MockSettings::default() };
        assert_eq!(share(|digest| fault_of(&always, digest).is_some() && is_degraded(&always, digest)), 1.0);
    }

    #[test]
    fn faults_are_drawn_apart() {
        let both = MockSettings { error_rate: 0.5, reset_rate: 0.5, ..MockSettings::default() };
        let errors = share(|digest| fault_of(&both, digest) == Some(Fault::Error));
        assert!((errors - 0.25).abs() < 0.03, "half of the half that is not reset: {errors}");
    }
}
