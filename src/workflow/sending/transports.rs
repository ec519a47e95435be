//! What moves the bytes of a repetition: chosen by the scenario, the same engine on top.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::Sender;

use super::connecting;
use crate::engine::{self, Health, Repetition};
use crate::host::{Clock, Interrupt};
use crate::model::{Chunk, Pulse, StageSet, Strategy, TransportKind};
use crate::scenario::{Settings, Target};
use crate::transport::dial::{SystemDialer, SystemResolver};
use crate::transport::{ConnectSettings, Direct, Endpoint, EndpointError, PoolSettings, Pooled, TlsTrust};
use crate::workflow::probe::{ProbeRequest, Probed, attempt};

/// What a transport can see.
pub(super) fn observes(kind: TransportKind) -> StageSet {
    match kind {
        TransportKind::Direct => Direct::<SystemDialer>::OBSERVES,
        TransportKind::Reqwest => Pooled::OBSERVES,
    }
}

/// Finds out what the transport cannot do, before the first request.
pub(super) fn check(
    endpoint: &Endpoint,
    settings: &Settings,
    trust: Option<&TlsTrust>,
) -> Result<(), EndpointError> {
    for strategy in [settings.before, settings.after] {
        if let Moving::Reqwest(pool) = Moving::new(endpoint, &settings.target, &strategy, trust, 1)? {
            Pooled::new(Arc::new(endpoint.clone()), &pool, &Arc::default())?;
        }
    }
    Ok(())
}

/// How the connections of a repetition are made, and by what.
pub(super) enum Moving {
    Direct(ConnectSettings),
    Reqwest(PoolSettings),
}

impl Moving {
    /// As the scenario has it, for one of so many threads.
    pub(super) fn new(
        endpoint: &Endpoint,
        target: &Target,
        strategy: &Strategy,
        trust: Option<&TlsTrust>,
        threads: usize,
    ) -> Result<Self, EndpointError> {
        let connect = connecting::settings(endpoint, target, strategy, trust)?;
        if target.via.transport == TransportKind::Direct {
            return Ok(Moving::Direct(connect));
        }
        let idle = if strategy.keeps() { strategy.connections().div_ceil(threads.max(1)) } else { 0 };
        let proxy = target.via.proxy.as_ref().map(|proxy| proxy.reveal().to_string());
        Ok(Moving::Reqwest(PoolSettings { connect, idle, proxy, redirects: target.via.redirects }))
    }

    /// Sends one request.
    pub(super) async fn attempt(self, once: ProbeRequest) -> anyhow::Result<Probed> {
        let endpoint = Arc::clone(&once.endpoint);
        match self {
            Moving::Direct(settings) => {
                let direct = move || Direct::new(endpoint, SystemResolver, SystemDialer).connecting(settings);
                attempt(once, || Ok(direct())).await
            }
            Moving::Reqwest(settings) => {
                attempt(once, move || Pooled::new(endpoint, &settings, &Arc::default())).await
            }
        }
    }

    /// Runs the repetition.
    pub(super) fn run(
        self,
        threads: usize,
        repetition: Repetition,
        clock: Clock,
        sink: Sender<Chunk>,
        pulse: &Pulse,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Health> {
        let endpoint = Arc::clone(&repetition.endpoint);
        match self {
            Moving::Direct(settings) => {
                let direct = || {
                    Direct::new(Arc::clone(&endpoint), SystemResolver, SystemDialer)
                        .connecting(settings.clone())
                };
                engine::run(threads, repetition, direct, clock, sink, pulse, interrupt)
            }
            Moving::Reqwest(settings) => {
                let ids = Arc::<AtomicU64>::default();
                // Also found out here, where it can still be said, should it have changed since it was checked.
                let pooled = || Pooled::new(Arc::clone(&endpoint), &settings, &ids);
                pooled()?;
                let pooled = || pooled().expect("one like it has just been made");
                engine::run(threads, repetition, pooled, clock, sink, pulse, interrupt)
            }
        }
    }
}
