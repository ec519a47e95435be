//! Certificates for tests, made by openssl.
use std::path::{Path, PathBuf};
use std::process::Command;

/// An authority that nobody knows.
pub struct Authority {
    folder: PathBuf,
}

/// A certificate and its key, in PEM form.
pub struct Identity {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

const NEW: [&str; 9] =
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];

impl Authority {
    /// Makes one whose files lie in `folder`; `None` where there is no openssl.
    pub fn new(folder: &Path) -> Option<Self> {
        let this = Authority { folder: folder.into() };
        let [certificate, key] = [this.text("ca.pem"), this.text("ca.key")];
        this.make(&["-subj", "/CN=tests", "-out", &certificate, "-keyout", &key])?;
        Some(this)
    }

    pub fn certificate(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// A certificate for `names`, such as `IP:127.0.0.1,DNS:localhost`.
    pub fn issue(&self, name: &str, names: &str) -> Identity {
        let [ca, ca_key] = [self.text("ca.pem"), self.text("ca.key")];
        let [own, key] = ["pem", "key"].map(|end| self.text(&format!("{name}.{end}")));
        let subject = format!("/CN={name}");
        let names = format!("subjectAltName={names}");
        let signed = ["-CA", &ca, "-CAkey", &ca_key, "-subj", &subject, "-out", &own, "-keyout", &key];
        let more = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", &names];
        self.make(&[&signed[..], &more].concat()).expect("openssl was there a moment ago");
        Identity { certificate: own.into(), key: key.into() }
    }

    /// A certificate that vouches for itself, as people make them for a test.
    pub fn self_made(&self, name: &str, names: &str) -> Identity {
        let [own, key] = ["pem", "key"].map(|end| self.text(&format!("{name}.{end}")));
        let (subject, names) = (format!("/CN={name}"), format!("subjectAltName={names}"));
        self.make(&["-subj", &subject, "-out", &own, "-keyout", &key, "-addext", &names])
            .expect("openssl was there");
        Identity { certificate: own.into(), key: key.into() }
    }

    fn make(&self, more: &[&str]) -> Option<()> {
        let made = Command::new("openssl").args(NEW).args(more).output().ok()?;
        assert!(made.status.success(), "{made:?}");
        Some(())
    }

    fn text(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}
