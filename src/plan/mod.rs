//! The immutable workload: a pure function of (seed, sequence). Both phases borrow the same plan.

mod arrivals;
mod encoding;
mod endpoints;
mod payloads;
mod prompts;
mod shares;
mod slice;
mod survey;
mod trace;

pub use arrivals::{ArrivalError, ArrivalsEnd, DueTimes, PlannedArrivals};
pub use endpoints::PlannedEndpoint;
pub use payloads::PayloadError;
pub use slice::Slice;
pub use survey::Survey;
pub use trace::TraceIds;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use crate::model::Digest;
use crate::model::digest::PartsDigest;
use endpoints::Endpoints;
use payloads::Payloads;

/// Which bodies are sent, in which order, and in an open load when.
#[derive(Debug)]
pub struct Plan {
    requests: u64,
    payloads: Arc<Payloads>,
    arrivals: Option<PlannedArrivals>,
    /// Absent where all requests go to the same one.
    endpoints: Option<Arc<Endpoints>>,
    /// The numbers of its requests in the plan that they were picked from, where they were.
    picked: Option<Vec<u64>>,
}

impl Plan {
    /// A plan over the built-in prompts, the ones that `input.py` sends with the same seed.
    pub fn of_prompts(requests: u64, seed: u64) -> Self {
        Plan {
            requests,
            payloads: Arc::new(Payloads::Prompts { seed }),
            arrivals: None,
            endpoints: None,
            picked: None,
        }
    }

    /// A plan over a file with one JSON document a line, taken in order from line `seed` on, again
    /// from the top when it ends.
    pub fn of_file(requests: u64, seed: u64, path: &Path) -> Result<Self, PayloadError> {
        Ok(Plan {
            requests,
            payloads: Arc::new(Payloads::read(path, seed)?),
            arrivals: None,
            endpoints: None,
            picked: None,
        })
    }

    /// A plan of requests that have no body.
    pub fn without_bodies(requests: u64) -> Self {
        Plan {
            requests,
            payloads: Arc::new(Payloads::Nothing),
            arrivals: None,
            endpoints: None,
            picked: None,
        }
    }

    /// The same requests, each due when an arrival is; as many as there are arrivals.
    pub fn arriving(self, arrivals: PlannedArrivals) -> Self {
        Plan { requests: arrivals.requests(), arrivals: Some(arrivals), ..self }
    }

    /// When they are due, where the plan says it; in a closed loop the answers do.
    pub fn arrivals(&self) -> Option<&PlannedArrivals> {
        self.arrivals.as_ref()
    }

    /// The same requests, each to one of several endpoints by their weights. Of a plan beside an endpoint the bodies are sent
    /// there in place of these.
    pub fn to_endpoints(self, seed: u64, endpoints: Vec<(PlannedEndpoint, Option<Plan>)>) -> Self {
        let endpoints = endpoints.into_iter().map(|(endpoint, own)| (endpoint, own.map(|own| own.payloads)));
        Plan { endpoints: Some(Arc::new(Endpoints::new(seed, endpoints.collect()))), ..self }
    }

    /// A plan of so many of the requests of another one, by their numbers there; again from the first when they end. `seqs`
    /// holds one at least.
    pub fn picked(requests: u64, of: &Plan, seqs: Vec<u64>) -> Self {
        assert!(!seqs.is_empty(), "there is a request to send");
        let (payloads, endpoints) = (Arc::clone(&of.payloads), of.endpoints.clone());
        Plan { requests, payloads, arrivals: None, endpoints, picked: Some(seqs) }
    }

    /// Its number where its body and its endpoint come from.
    fn number(&self, seq: u64) -> u64 {
        self.picked.as_ref().map_or(seq, |seqs| seqs[(seq % seqs.len() as u64) as usize])
    }

    /// Planned requests of one repetition.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// The request body of one sequence number: always the same for the same number.
    pub fn body(&self, seq: u64) -> Bytes {
        let seq = self.number(seq);
        let own = self.endpoints.as_ref().and_then(|endpoints| endpoints.body(seq));
        own.unwrap_or_else(|| self.payloads.body(seq))
    }

    /// Which endpoint a request goes to, counted from 0: likewise.
    pub fn endpoint(&self, seq: u64) -> usize {
        self.endpoints.as_ref().map_or(0, |endpoints| endpoints.of(self.number(seq)))
    }

    /// What that is called; nothing where all requests go to the same one.
    pub fn endpoint_name(&self, seq: u64) -> Option<&Arc<str>> {
        self.endpoints.as_ref().map(|endpoints| endpoints.name(self.number(seq)))
    }

    /// Digest over all bodies in their order, each before the time at which it is due, and where there are several endpoints
    /// behind the one that it goes to.
    pub fn digest(&self) -> Digest {
        let mut rolling = PartsDigest::default();
        let mut times = self.arrivals.as_ref().map(PlannedArrivals::times);
        for seq in 0..self.requests {
            self.endpoints.iter().for_each(|endpoints| rolling.add(endpoints.label(self.number(seq))));
            rolling.add(&self.body(seq));
            let due = times.as_mut().and_then(Iterator::next);
            due.into_iter().for_each(|due| rolling.add(&due.as_micros().to_le_bytes()));
        }
        rolling.finish()
    }
}
