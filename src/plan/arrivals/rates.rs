//! A rate that changes with time, and when so many arrivals are expected to have come.

use crate::model::RateStep;

/// The expected number of arrivals as a function of time, and its inverse.
#[derive(Debug)]
pub(super) struct Rates {
    courses: Vec<Course>,
    /// Expected in all.
    all: f64,
}

/// From one change of the rate's course to the next.
#[derive(Debug)]
struct Course {
    /// Seconds from the start.
    at: f64,
    /// Arrivals expected until then.
    before: f64,
    rate: f64,
    /// Change of the rate in a second.
    slope: f64,
}

impl Rates {
    /// The same for ever.
    pub(super) fn constant(rate: f64) -> Self {
        Rates { courses: vec![Course { at: 0.0, before: 0.0, rate, slope: 0.0 }], all: f64::INFINITY }
    }

    /// One after the other.
    pub(super) fn steps(steps: &[RateStep]) -> Self {
        let (mut at, mut before) = (0.0, 0.0);
        let mut courses = Vec::with_capacity(steps.len());
        for step in steps {
            let lasts = step.lasts_us as f64 / 1e6;
            courses.push(Course { at, before, rate: step.from, slope: (step.to - step.from) / lasts });
            at += lasts;
            before += (step.from + step.to) / 2.0 * lasts;
        }
        Rates { courses, all: before }
    }

    /// Seconds until so many arrivals are expected to have come; `None` where never are so many.
    pub(super) fn time(&self, arrivals: f64) -> Option<f64> {
        if arrivals >= self.all {
            return None;
        }
        // Of those without an arrival the last one begins with the next.
        let course =
            &self.courses[self.courses.partition_point(|course| course.before <= arrivals).checked_sub(1)?];
        let rest = arrivals - course.before;
        if rest == 0.0 {
            return Some(course.at);
        }
        // The root of rate × t + slope × t² / 2 = rest, in the form that does not cancel.
        let root = (course.rate * course.rate + 2.0 * course.slope * rest).max(0.0).sqrt();
        Some(course.at + 2.0 * rest / (course.rate + root))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn steps(steps: &[(u64, f64, f64)]) -> Rates {
        let step = |(seconds, from, to): &(u64, f64, f64)| RateStep {
            lasts_us: seconds * 1_000_000,
            from: *from,
            to: *to,
        };
        Rates::steps(&steps.iter().map(step).collect::<Vec<_>>())
    }

    #[test]
    fn a_rate_stays_rises_rests_and_falls() {
        // 100 arrivals in the first ten seconds, 150 in the next, none in the third, 100 in the last.
        let rates = steps(&[(10, 10.0, 10.0), (10, 10.0, 20.0), (10, 0.0, 0.0), (10, 20.0, 0.0)]);
        for (arrivals, seconds) in [(0.0, 0.0), (50.0, 5.0), (100.0, 10.0), (250.0, 30.0), (325.0, 35.0)] {
            assert_eq!(rates.time(arrivals), Some(seconds), "{arrivals}");
        }
        let middle = rates.time(100.0 + 62.5).expect("within");
        assert!((middle - 15.0).abs() < 1e-9, "10 × 5 + 25 / 2 after five seconds: {middle}");
        assert_eq!([350.0, 351.0].map(|arrivals| rates.time(arrivals)), [None; 2]);
        assert_eq!(steps(&[(10, 0.0, 10.0)]).time(0.0), Some(0.0));
    }

    proptest! {
        #[test]
        fn time_never_goes_back(
            course in prop::collection::vec((1_u64..20, 0.0_f64..50.0, 0.0_f64..50.0), 1..6),
            places in prop::collection::vec(0.0_f64..1.0, 20),
        ) {
            let rates = steps(&course);
            let mut places: Vec<f64> = places.iter().map(|place| place * rates.all).collect();
            places.sort_by(f64::total_cmp);
            let times: Vec<f64> = places.iter().filter_map(|arrivals| rates.time(*arrivals)).collect();
            let end: u64 = course.iter().map(|(seconds, ..)| seconds).sum();
            prop_assert!(times.is_sorted_by(|one, other| one <= &(other + 1e-9)), "{:?}", times);
            prop_assert!(times.iter().all(|time| (0.0..=end as f64 + 1e-9).contains(time)));
        }
    }
}
