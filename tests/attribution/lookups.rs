//! Slow name lookups.
use std::cell::Cell;
use std::net::SocketAddr;
use std::time::Duration;

use spanload::transport::{Lookup, Resolve};

use super::checks::{Expected, alone, always_20, analysed, check, chosen, injected_share};
use super::server;
use crate::common::load::Load;

/// Slow at one lookup in ten.
struct SlowAtTimes(Cell<u64>, SocketAddr);

impl Resolve for SlowAtTimes {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Lookup<'a> {
        let slow = chosen(self.0.replace(self.0.get() + 1));
        Box::pin(async move {
            if slow {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            Ok(vec![self.1])
        })
    }
}

#[test]
fn slow_lookups_are_dns() {
    alone(|| {
        let (server, _) = server::start(always_20);
        let resolver = SlowAtTimes(Cell::new(0), server.address);
        // One caller, one connection a request: the lookups come in the order of the requests.
        let samples = Load::new(60, 1).run_resolving("http://test.invalid", resolver);
        let shares: &[(&[&str], f64)] = &[(&["dns"], injected_share(&samples, 300.0))];
        check(&analysed(&samples), &Expected { first: "dns", shares, companions: &[] });
    });
}

/// The same through the system's own resolver, which asks a name server of the test's.
#[cfg(target_os = "linux")]
#[test]
fn a_slow_name_server_is_dns() {
    alone(|| {
        std::thread::scope(|scope| scope.spawn(slow_name_server).join().expect("the scenario holds"));
    });
}

#[cfg(target_os = "linux")]
fn slow_name_server() {
    if super::namespace::enter().is_none() {
        return;
    }
    let Some(lookups) = super::resolver::start(|lookup| if chosen(lookup) { 300 } else { 0 }) else { return };
    let (server, _) = server::start(always_20);
    let samples = Load::new(60, 1).run(&format!("http://infer.test:{}", server.address.port()));
    let shares: &[(&[&str], f64)] = &[(&["dns"], injected_share(&samples, 300.0))];
    check(&analysed(&samples), &Expected { first: "dns", shares, companions: &[] });
    assert_eq!(lookups.load(std::sync::atomic::Ordering::SeqCst), 60, "one for each connection");
}
