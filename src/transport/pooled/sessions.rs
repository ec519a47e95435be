//! The hook into TLS. A client's first act of a handshake is to ask for a session to resume, right after the connect:
//! so the store of sessions knows when a connect has ended and a handshake begins, which nobody else is told.

use std::sync::Arc;

use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls12Resumption,
    Tls13ClientSessionValue,
};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, NamedGroup};

use super::watch::ConnectWatch;
use crate::transport::TlsClient;

/// Sessions that are kept; as many as the library keeps by itself.
const KEPT: usize = 256;

/// What makes the client's connections secure, with the hook in it.
pub(super) fn hooked(tls: &TlsClient) -> ClientConfig {
    let kept = tls.resume.then(|| ClientSessionMemoryCache::new(KEPT));
    let resumption = Resumption::store(Arc::new(HookedSessions { kept }));
    let mut config = ClientConfig::clone(&tls.config);
    config.resumption =
        if tls.resume { resumption } else { resumption.tls12_resumption(Tls12Resumption::Disabled) };
    config
}

/// Keeps sessions, if they are to be kept.
#[derive(Debug)]
struct HookedSessions {
    kept: Option<ClientSessionMemoryCache>,
}

impl ClientSessionStore for HookedSessions {
    fn set_kx_hint(&self, server: ServerName<'static>, group: NamedGroup) {
        if let Some(kept) = &self.kept {
            kept.set_kx_hint(server, group);
        }
    }

    fn kx_hint(&self, server: &ServerName<'_>) -> Option<NamedGroup> {
        ConnectWatch::handshake_begins();
        self.kept.as_ref()?.kx_hint(server)
    }

    fn set_tls12_session(&self, server: ServerName<'static>, value: Tls12ClientSessionValue) {
        if let Some(kept) = &self.kept {
            kept.set_tls12_session(server, value);
        }
    }

    fn tls12_session(&self, server: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        ConnectWatch::handshake_begins();
        self.kept.as_ref()?.tls12_session(server)
    }

    fn remove_tls12_session(&self, server: &ServerName<'static>) {
        if let Some(kept) = &self.kept {
            kept.remove_tls12_session(server);
        }
    }

    fn insert_tls13_ticket(&self, server: ServerName<'static>, value: Tls13ClientSessionValue) {
        if let Some(kept) = &self.kept {
            kept.insert_tls13_ticket(server, value);
        }
    }

    fn take_tls13_ticket(&self, server: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        ConnectWatch::handshake_begins();
        self.kept.as_ref()?.take_tls13_ticket(server)
    }
}
