//! The endpoints of a plan: which of them each request goes to, under which name, and with which body.

use std::sync::Arc;

use bytes::Bytes;

use super::bodies::Bodies;
use super::payload_error::PlanLost;
use super::shares::Shares;

/// One of several endpoints that requests go to.
#[derive(Clone, Debug)]
pub struct PlannedEndpoint {
    /// What it is called in the log.
    pub name: Arc<str>,
    /// Method of its requests.
    pub method: String,
    /// Its path.
    pub path: String,
    /// How many requests it gets, as against the others; above 0 and finite.
    pub weight: f64,
}

/// All of them.
#[derive(Clone, Debug)]
pub(super) struct Endpoints {
    shares: Shares,
    all: Vec<KnownEndpoint>,
}

#[derive(Clone, Debug)]
struct KnownEndpoint {
    name: Arc<str>,
    /// What of it the plan's digest covers.
    label: String,
    /// Bodies of its own, where it does not take those of all.
    bodies: Option<Bodies>,
}

impl Endpoints {
    pub(super) fn new(seed: u64, endpoints: Vec<(PlannedEndpoint, Option<Bodies>)>) -> Self {
        let weights: Vec<f64> = endpoints.iter().map(|(endpoint, _)| endpoint.weight).collect();
        let known = |(endpoint, bodies): (PlannedEndpoint, _)| {
            let label = format!("{} {}", endpoint.method, endpoint.path);
            KnownEndpoint { name: endpoint.name, label, bodies }
        };
        Endpoints { shares: Shares::new(&weights, seed), all: endpoints.into_iter().map(known).collect() }
    }

    /// The same with another order of turns, and other bodies where they have others.
    pub(super) fn of_seed(&self, seed: u64) -> Self {
        let known = |one: &KnownEndpoint| {
            let bodies = one.bodies.as_ref().map(|bodies| bodies.of_seed(seed));
            KnownEndpoint { bodies, ..one.clone() }
        };
        Endpoints { shares: self.shares.of_seed(seed), all: self.all.iter().map(known).collect() }
    }

    /// Which of them a request goes to, counted from 0.
    pub(super) fn of(&self, seq: u64) -> usize {
        usize::from(self.shares.turn(seq).endpoint)
    }

    pub(super) fn name(&self, seq: u64) -> &Arc<str> {
        &self.all[self.of(seq)].name
    }

    pub(super) fn label(&self, seq: u64) -> &[u8] {
        self.all[self.of(seq)].label.as_bytes()
    }

    /// The body of a request, where its endpoint has bodies of its own: its requests take them one after the other.
    pub(super) fn body(&self, seq: u64) -> Option<Result<Bytes, PlanLost>> {
        let turn = self.shares.turn(seq);
        let bodies = self.all[usize::from(turn.endpoint)].bodies.as_ref()?;
        Some(bodies.body(turn.number))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::Plan;
    use super::*;

    fn endpoint(path: &str, weight: f64) -> PlannedEndpoint {
        PlannedEndpoint { name: path.into(), method: "POST".into(), path: path.into(), weight }
    }

    fn plan(seed: u64, endpoints: [PlannedEndpoint; 2]) -> Plan {
        Plan::of_prompts(60, seed).to_endpoints(seed, endpoints.into_iter().map(|one| (one, None)).collect())
    }

    #[test]
    fn the_digest_covers_where_requests_go() {
        let of = |endpoints| plan(7, endpoints).digest().expect("built-in prompts");
        let first = of([endpoint("/a", 1.0), endpoint("/b", 2.0)]);
        assert_eq!(first, of([endpoint("/a", 1.0), endpoint("/b", 2.0)]));
        assert_eq!(first, of([endpoint("/a", 2.0), endpoint("/b", 4.0)]), "the same shares");
        let put = PlannedEndpoint { method: "PUT".into(), ..endpoint("/b", 2.0) };
        for other in [
            [endpoint("/a", 1.0), endpoint("/c", 2.0)],
            [endpoint("/a", 1.0), endpoint("/b", 3.0)],
            [endpoint("/a", 1.0), put],
        ] {
            assert_ne!(first, of(other));
        }
        let digest = |plan: Plan| plan.digest().expect("built-in prompts");
        assert_ne!(first, digest(Plan::of_prompts(60, 7)));
        assert_ne!(first, digest(plan(8, [endpoint("/a", 1.0), endpoint("/b", 2.0)])));
    }

    #[test]
    fn bodies_are_those_of_all_or_its_own_one_after_the_other() {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(b"0\n1\n2\n").expect("the disk has room");
        let own = Plan::of_file(60, 0, file.path()).expect("a good file");
        let endpoints =
            vec![(endpoint("/a", 1.0), None), (endpoint("/b", 2.0), Some(own)), (endpoint("/c", 1.0), None)];
        let common = Plan::of_prompts(60, 7);
        let plan = Plan::of_prompts(60, 7).to_endpoints(7, endpoints);
        let (of_b, others): (Vec<u64>, Vec<u64>) =
            (0..60).partition(|seq| plan.endpoint_name(*seq).is_some_and(|name| **name == *"/b"));
        assert_eq!(of_b.len(), 30);
        let body = |plan: &Plan, seq| plan.body(seq).expect("the file is as it was");
        assert!(others.iter().all(|seq| body(&plan, *seq) == body(&common, *seq)));
        let times = |line: &str| of_b.iter().filter(|seq| body(&plan, **seq) == line).count();
        assert_eq!(["0", "1", "2"].map(times), [10, 10, 10]);
    }
}
