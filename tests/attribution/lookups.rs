//! Slow name lookups.
use std::cell::Cell;
use std::net::SocketAddr;

use spanload::transport::dial::{Lookup, Resolve};

use super::checks::{Expected, always_20, analysed, check, chosen, injected_share, samples};
use super::server;
use crate::simulated::load::Load;
use crate::simulated::net::pause;

/// Slow at one lookup in ten.
struct SlowAtTimes(Cell<u64>);

impl Resolve for SlowAtTimes {
    fn resolve<'a>(&'a self, _host: &'a str, port: u16) -> Lookup<'a> {
        let slow = chosen(self.0.replace(self.0.get() + 1));
        Box::pin(async move {
            pause(if slow { 300 } else { 0 }).await;
            Ok(vec![SocketAddr::from(([10, 0, 0, 1], port))])
        })
    }
}

#[test]
fn slow_lookups_are_dns() {
    let (net, _) = server::start(always_20);
    // One caller, one connection a request: the lookups come in the order of the requests.
    let load = Load::new(60, 1).url("http://infer.test");
    let samples = samples(load.run_resolving(&net, SlowAtTimes(Cell::new(0))));
    let shares: &[(&[&str], f64)] = &[(&["dns"], injected_share(&samples, 300.0))];
    check(&analysed(&samples), &Expected { first: "dns", shares, companions: &[] });
}
