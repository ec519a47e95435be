//! The immutable workload: a pure function of (seed, sequence). Both phases borrow the same plan.

mod arrivals;
mod bodies;
mod cell;
mod columns;
mod distinct_bodies;
mod encoding;
mod endpoints;
mod order;
mod payload_error;
mod payloads;
mod prompts;
mod row_file;
mod row_format;
mod shares;
mod slice;
mod stamp;
mod survey;
mod template;
mod trace;
mod uuid;

pub use arrivals::{ArrivalError, ArrivalsEnd, DueTimes, PlannedArrivals};
pub use distinct_bodies::DistinctBodies;
pub use endpoints::PlannedEndpoint;
pub use payload_error::{PayloadError, PlanLost};
pub use slice::Slice;
pub use survey::Survey;
pub use trace::TraceIds;

use std::path::Path;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::model::digest::PartsDigest;
use crate::model::{Digest, RowOrder};
use bodies::Bodies;
use endpoints::Endpoints;
use payloads::Payloads;

/// Which bodies are sent, in which order, and in an open load when.
#[derive(Debug)]
pub struct Plan {
    requests: u64,
    bodies: Bodies,
    arrivals: Option<PlannedArrivals>,
    /// Absent where all requests go to the same one.
    endpoints: Option<Endpoints>,
    /// The numbers of its requests in the plan that they were picked from, where they were.
    picked: Option<Vec<u64>>,
    /// Why a body could not be had, the first time.
    lost: OnceLock<PlanLost>,
}

impl Plan {
    /// A plan over the built-in prompts, the ones that `input.py` sends with the same seed.
    pub fn of_prompts(requests: u64, seed: u64) -> Self {
        Plan::over(Bodies::new(Payloads::Prompts, seed), requests)
    }

    /// A plan over a file with one JSON document a line, taken in order from line `seed` on, again
    /// from the top when it ends.
    pub fn of_file(requests: u64, seed: u64, path: &Path) -> Result<Self, PayloadError> {
        Ok(Plan::over(Bodies::new(Payloads::lines(path)?, seed), requests))
    }

    /// A plan over a template and the rows that fill it, taken as the lines of a file are.
    pub fn of_template(
        requests: u64,
        seed: u64,
        template: &Path,
        columns: Option<&Path>,
    ) -> Result<Self, PayloadError> {
        Ok(Plan::over(Bodies::new(Payloads::template(template, columns)?, seed), requests))
    }

    /// A plan of requests that have no body.
    pub fn without_bodies(requests: u64) -> Self {
        Plan::over(Bodies::new(Payloads::Nothing, 0), requests)
    }

    fn over(bodies: Bodies, requests: u64) -> Self {
        Plan { requests, bodies, arrivals: None, endpoints: None, picked: None, lost: OnceLock::new() }
    }

    /// The same with the rows of its file in another order.
    pub fn in_order(mut self, order: RowOrder) -> Self {
        self.bodies.order = order;
        self
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
        let endpoints = endpoints.into_iter().map(|(endpoint, own)| (endpoint, own.map(|own| own.bodies)));
        Plan { endpoints: Some(Endpoints::new(seed, endpoints.collect())), ..self }
    }

    /// A plan of so many of the requests of another one, by their numbers there; again from the first when they end. `seqs`
    /// holds one at least.
    pub fn picked(requests: u64, of: &Plan, seqs: Vec<u64>) -> Self {
        assert!(!seqs.is_empty(), "there is a request to send");
        let (bodies, endpoints) = (of.bodies.clone(), of.endpoints.clone());
        Plan { endpoints, picked: Some(seqs), ..Plan::over(bodies, requests) }
    }

    /// Its number where its body and its endpoint come from.
    fn number(&self, seq: u64) -> u64 {
        self.picked.as_ref().map_or(seq, |seqs| seqs[(seq % seqs.len() as u64) as usize])
    }

    /// At most so many of its first requests, due when they are.
    pub fn first(&self, most: u64) -> Self {
        let requests = self.requests.min(most);
        let arrivals = self.arrivals.as_ref().map(|arrivals| arrivals.first(requests));
        Plan { arrivals, endpoints: self.endpoints.clone(), ..Plan::over(self.bodies.clone(), requests) }
    }

    /// So many requests from the same files, of another seed; each waits for the answers before it.
    pub fn of_seed(&self, seed: u64, requests: u64) -> Self {
        let endpoints = self.endpoints.as_ref().map(|endpoints| endpoints.of_seed(seed));
        Plan { endpoints, ..Plan::over(self.bodies.of_seed(seed), requests) }
    }

    /// The same of the next seed: other bodies than the plan's own, where its source has others.
    pub fn of_next_seed(&self, requests: u64) -> Self {
        self.of_seed(self.bodies.seed.wrapping_add(1), requests)
    }

    /// Planned requests of one repetition.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// The request body of one sequence number: always the same for the same number.
    ///
    /// # Errors
    /// The file that it is made of has changed. Then [`Plan::whole`] says so too.
    pub fn body(&self, seq: u64) -> Result<Bytes, PlanLost> {
        let seq = self.number(seq);
        let own = self.endpoints.as_ref().and_then(|endpoints| endpoints.body(seq));
        let body = own.unwrap_or_else(|| self.bodies.body(seq));
        body.inspect_err(|lost| {
            let _ = self.lost.set(lost.clone());
        })
    }

    /// Whether every body could be had so far, and every due time.
    ///
    /// # Errors
    /// The first that could not.
    pub fn whole(&self) -> Result<(), PlanLost> {
        self.lost.get().map_or(Ok(()), |lost| Err(lost.clone()))?;
        self.arrivals.as_ref().map_or(Ok(()), PlannedArrivals::whole)
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
    ///
    /// # Errors
    /// As for [`Plan::body`].
    pub fn digest(&self) -> Result<Digest, PlanLost> {
        let mut rolling = PartsDigest::default();
        let mut times = self.arrivals.as_ref().map(PlannedArrivals::times);
        for seq in 0..self.requests {
            self.endpoints.iter().for_each(|endpoints| rolling.add(endpoints.label(self.number(seq))));
            rolling.add(&self.body(seq)?);
            let due = times.as_mut().and_then(Iterator::next);
            due.into_iter().for_each(|due| rolling.add(&due.as_micros().to_le_bytes()));
        }
        Ok(rolling.finish())
    }
}
