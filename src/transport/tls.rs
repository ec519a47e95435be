//! TLS to a target: whom it trusts, who it says it is, and what it offers to speak.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::EndpointError;
use crate::host::regular;
use crate::model::{HttpChoice, TlsUse, TlsVersion};

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// Certificates that are trusted, and no others; without, those that the platform trusts.
    pub ca: Option<PathBuf>,
    /// Whoever answers is trusted.
    pub insecure: bool,
    /// The client's own certificate with those that vouch for it, and its key.
    pub client: Option<(PathBuf, PathBuf)>,
    /// The name that is asked for and has to be in the certificate; without, the host of the URL.
    pub server_name: Option<String>,
}

/// The same, read and ready for use.
#[derive(Clone, Debug)]
pub struct TlsTrust {
    verifier: Arc<dyn ServerCertVerifier>,
    anyone: bool,
    client: Option<(Vec<CertificateDer<'static>>, Arc<PrivateKeyDer<'static>>)>,
    name: Option<ServerName<'static>>,
}

/// What makes connections of a repetition secure. Sessions to resume are kept in here, so that no repetition knows of
/// another's.
#[derive(Clone, Debug)]
pub struct TlsClient {
    pub(super) config: Arc<ClientConfig>,
    pub(super) name: ServerName<'static>,
    /// Whether sessions are kept to be resumed.
    pub(super) resume: bool,
}

/// Bytes that a file of certificates may have: those that a platform trusts are a few hundred kilobytes.
const LONGEST: u64 = 16 << 20;
const H2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";

impl TlsTrust {
    /// Reads the files.
    ///
    /// # Errors
    /// A file that cannot be used, by its key in the scenario.
    pub fn load(settings: &TlsSettings) -> Result<Self, EndpointError> {
        let verifier: Arc<dyn ServerCertVerifier> = match &settings.ca {
            _ if settings.insecure => {
                Arc::new(LenientVerifier { trusted: Trusted::Anyone, provider: provider() })
            }
            Some(path) => given(path)?,
            None => verifier(platform_roots()?, "target.ca")?,
        };
        let client = settings.client.as_ref().map(|(certificate, key)| {
            Ok((certificates("target.client_cert", certificate)?, Arc::new(private_key(key)?)))
        });
        let name = settings.server_name.as_deref().map(|name| {
            let refused = |_| wrong("target.server_name", format!("`{name}` is no host name"));
            ServerName::try_from(name.to_string()).map_err(refused)
        });
        Ok(TlsTrust {
            verifier,
            anyone: settings.insecure,
            client: client.transpose()?,
            name: name.transpose()?,
        })
    }

    /// Whether whoever answers is trusted.
    pub fn is_of_anyone(&self) -> bool {
        self.anyone
    }

    /// A client for connections to `host` that speak what was chosen.
    ///
    /// # Errors
    /// A certificate of the client's that does not belong to its key, or a host that no certificate can be of.
    pub fn client(&self, host: &str, http: HttpChoice, resume: bool) -> Result<TlsClient, EndpointError> {
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong("target.url", error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&self.verifier));
        let mut config = match &self.client {
            None => config.with_no_client_auth(),
            Some((chain, key)) => config
                .with_client_auth_cert(chain.clone(), key.clone_key())
                .map_err(|error| wrong("target.client_cert, target.client_key", error.to_string()))?,
        };
        config.alpn_protocols = match http {
            HttpChoice::Http1 => vec![HTTP1.into()],
            HttpChoice::Http2 => vec![H2.into()],
            HttpChoice::Auto => vec![H2.into(), HTTP1.into()],
        };
        if !resume {
            config.resumption = Resumption::disabled();
        }
        let name = match &self.name {
            Some(name) => name.clone(),
            None => ServerName::try_from(host.to_string()).map_err(|_| {
                wrong("target.url", format!("`{host}` is no name that a certificate can be of"))
            })?,
        };
        Ok(TlsClient { config: Arc::new(config), name, resume })
    }
}

/// For a client that is asked for no TLS.
pub(super) fn trusting_nobody() -> ClientConfig {
    let config = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let config = config.expect("the provider knows the versions of its library");
    config.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
}

/// What was agreed on in a handshake, and whether it is HTTP/2.
pub(super) fn agreed(connection: &rustls::ClientConnection) -> (Option<TlsUse>, bool) {
    let version = match connection.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_2) => Some(TlsVersion::Tls12),
        Some(rustls::ProtocolVersion::TLSv1_3) => Some(TlsVersion::Tls13),
        _ => None,
    };
    let resumed = connection.handshake_kind() == Some(rustls::HandshakeKind::Resumed);
    (version.map(|version| TlsUse { version, resumed }), connection.alpn_protocol() == Some(H2))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn wrong(key: &'static str, problem: String) -> EndpointError {
    EndpointError::Tls { key, problem }
}

fn verifier(roots: RootCertStore, key: &'static str) -> Result<Arc<dyn ServerCertVerifier>, EndpointError> {
    let built = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build();
    Ok(built.map_err(|error| wrong(key, error.to_string()))?)
}

/// Trusts what a file holds: authorities, and servers that vouch for themselves.
fn given(path: &Path) -> Result<Arc<dyn ServerCertVerifier>, EndpointError> {
    let certificates = certificates("target.ca", path)?;
    let mut roots = RootCertStore::empty();
    for certificate in &certificates {
        let refused = |error| wrong("target.ca", format!("{}: {error}", path.display()));
        roots.add(certificate.clone()).map_err(refused)?;
    }
    let trusted = Trusted::Given { authorities: verifier(roots, "target.ca")?, certificates };
    Ok(Arc::new(LenientVerifier { trusted, provider: provider() }))
}

fn platform_roots() -> Result<RootCertStore, EndpointError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map_or(String::new(), |error| format!(" ({error})"));
        let problem = format!("this platform trusts nobody{why}; name a file of certificates with --cacert");
        return Err(wrong("target.ca", problem));
    }
    Ok(roots)
}

fn certificates(key: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, EndpointError> {
    let pem = read(key, path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or_else(|| {
        wrong(key, format!("{} holds no certificate; name a file in PEM form", path.display()))
    })
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, EndpointError> {
    let key = "target.client_key";
    PrivateKeyDer::from_pem_slice(&read(key, path)?).map_err(|_| {
        let remedy = "name a file in PEM form whose key has no password";
        wrong(key, format!("{} holds no private key; {remedy}", path.display()))
    })
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, EndpointError> {
    let problem = |cause| format!("cannot read {}: {cause}; name a file in PEM form", path.display());
    regular::read(path, LONGEST).map_err(|cause| wrong(key, problem(cause)))
}

/// Whom a verifier trusts.
#[derive(Debug)]
enum Trusted {
    /// Whoever answers, as long as they hold the key of the certificate that they show.
    Anyone,
    /// The authorities of a file, and a server that shows one of its very certificates. A certificate that somebody makes for a
    /// test is as a rule its own authority, which cannot be a server's in the strict order of things; curl takes it too.
    Given { authorities: Arc<dyn ServerCertVerifier>, certificates: Vec<CertificateDer<'static>> },
}

/// Trusts more than the usual verifier does.
#[derive(Debug)]
struct LenientVerifier {
    trusted: Trusted,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for LenientVerifier {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Trusted::Given { authorities, certificates } = &self.trusted else {
            return Ok(ServerCertVerified::assertion());
        };
        match authorities.verify_server_cert(shown, between, name, ocsp, now) {
            // An expired one, or one of another name, has an error of its own.
            Err(rustls::Error::InvalidCertificate(CertificateError::Other(_)))
                if certificates.iter().any(|given| given == shown) =>
            {
                verify_server_name(&ParsedCertificate::try_from(shown)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
