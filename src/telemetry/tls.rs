//! Whom TLS to a collector trusts: the usual authorities, and those of `OTEL_EXPORTER_OTLP_CERTIFICATE`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tonic::transport::{Certificate, ClientTlsConfig};

use super::env::Env;
use super::error::TelemetryError;
use crate::host::regular;

/// The variables of the specification, the one for traces first.
pub(super) const VARIABLES: [&str; 2] =
    ["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"];

/// Far more than all authorities that there are.
const LONGEST: u64 = 16 << 20;

/// Certificates of authorities that are trusted beside the usual ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Authorities(Option<Vec<u8>>);

impl Authorities {
    /// Reads the file that a variable names.
    pub(super) fn read(env: Env<'_>) -> Result<Self, TelemetryError> {
        for name in VARIABLES {
            let Some(path) = env(name) else { continue };
            let wrong = |problem| TelemetryError::Setting { name: name.to_string(), problem };
            let pem = regular::read(path.as_ref(), LONGEST)
                .map_err(|cause| wrong(format!("cannot read {path}: {cause}")))?;
            let mut certificates = CertificateDer::pem_slice_iter(&pem);
            if !matches!(certificates.next(), Some(Ok(_))) {
                return Err(wrong(format!("{path} holds no certificate; name a file in PEM form")));
            }
            return Ok(Authorities(Some(pem)));
        }
        Ok(Authorities(None))
    }

    /// For gRPC.
    pub(super) fn tonic(&self) -> ClientTlsConfig {
        let config = ClientTlsConfig::new().with_webpki_roots();
        match &self.0 {
            Some(pem) => config.ca_certificate(Certificate::from_pem(pem)),
            None => config,
        }
    }

    /// The client for HTTP. Like every client of this tool it asks no proxy.
    pub(super) fn http_client(&self, timeout: Duration) -> anyhow::Result<reqwest::Client> {
        let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() };
        for certificate in CertificateDer::pem_slice_iter(self.0.as_deref().unwrap_or_default()) {
            roots
                .add(certificate.context("a certificate is not in PEM form")?)
                .context("a certificate is not valid")?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .context("TLS has no version to speak")?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder().timeout(timeout).no_proxy().tls_backend_preconfigured(config);
        client.build().context("cannot make an HTTP client for OTLP")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_certificate_is_named() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let path = file.path().display().to_string();
        let message = |path: String| {
            let env = move |name: &str| (name == VARIABLES[1]).then(|| path.clone());
            Authorities::read(&env).expect_err("no certificate").to_string()
        };
        assert!(message(path.clone()).contains(&path) && message(path).starts_with(VARIABLES[1]));
        assert!(message("/nowhere.pem".into()).contains("/nowhere.pem"));
    }

    #[test]
    fn a_client_can_be_made_without_a_provider_for_the_process() {
        assert!(Authorities::default().http_client(Duration::from_secs(1)).is_ok());
    }
}
