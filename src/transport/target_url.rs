//! The URL of a target, taken apart: what is written is what is connected to, or an error.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use hyper::http::uri::Authority;

use crate::model::url_port;

/// Where connections go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A host on a network.
    Tcp {
        /// Host name or IP literal, without brackets and zone.
        host: String,
        /// Port.
        port: u16,
        /// The number of the interface of a link-local address; 0 is none.
        zone: u32,
    },
    /// A socket in the file system.
    Unix(PathBuf),
}

/// A URL, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TargetUrl<'a> {
    pub tls: bool,
    pub address: Address,
    /// What stands in `Host`: host and port as they are written, without a zone.
    pub authority: String,
    /// Path and query as they are written; empty where there are none.
    pub path: &'a str,
}

/// What to write, where nothing of it is.
const EXAMPLE: &str = "write http://host:port, https://host or unix:/path/of/socket";

impl<'a> TargetUrl<'a> {
    /// Takes it apart.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    pub(super) fn parse(url: &'a str) -> Result<Self, String> {
        if let Some(path) = url.strip_prefix("unix:") {
            return unix(path);
        }
        let (scheme, rest) = url.split_once("://").ok_or_else(|| format!("not a URL; {EXAMPLE}"))?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(format!("`{scheme}` is no scheme that can be used; {EXAMPLE}")),
        };
        if rest.contains('#') {
            return Err("what follows `#` is never sent to a server; leave it out".into());
        }
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (address, authority) = tcp(authority, if tls { 443 } else { 80 })?;
        Ok(TargetUrl { tls, address, authority, path })
    }
}

fn unix(path: &str) -> Result<TargetUrl<'_>, String> {
    let path = path.strip_prefix("//").unwrap_or(path);
    if !path.starts_with('/') {
        return Err("the path of the socket must start with a slash, as in unix:/run/app.sock".into());
    }
    let socket = Path::new(path).ancestors().skip(1).find(|place| is_socket(place));
    if let Some(rest) = socket.and_then(|socket| path.strip_prefix(socket.to_str()?)) {
        return Err(format!(
            "the socket ends before `{rest}`; leave that out and give it as --set target.path={rest}"
        ));
    }
    // As curl does: there is a host for the server to read, and it is this one.
    Ok(TargetUrl { tls: false, address: Address::Unix(path.into()), authority: "localhost".into(), path: "" })
}

fn is_socket(place: &Path) -> bool {
    place.metadata().is_ok_and(|found| found.file_type().is_socket())
}

/// The address, and what stands in `Host`.
fn tcp(authority: &str, usual_port: u16) -> Result<(Address, String), String> {
    let host = host_of(authority)?;
    let port = url_port(authority)?.unwrap_or(usual_port);
    if host.is_empty() {
        return Err(format!("the URL has no host; {EXAMPLE}"));
    }
    let Some(literal) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) else {
        let written: Authority = authority.parse().map_err(|_| format!("`{host}` is no host name"))?;
        return Ok((Address::Tcp { host: host.into(), port, zone: 0 }, written.to_string()));
    };
    let (literal, zone) = match literal.split_once('%') {
        // RFC 6874 writes the `%` of a zone as `%25`; people leave that out.
        Some((literal, zone)) => (literal, interface(zone.strip_prefix("25").unwrap_or(zone))?),
        None => (literal, 0),
    };
    let ip: Ipv6Addr = literal.parse().map_err(|_| format!("`{literal}` is no IPv6 address"))?;
    let port_as_written = authority.rsplit_once(']').map_or("", |(_, port)| port);
    Ok((Address::Tcp { host: ip.to_string(), port, zone }, format!("[{literal}]{port_as_written}")))
}

/// The host; an IPv6 address keeps its brackets.
fn host_of(authority: &str) -> Result<&str, String> {
    if let Some(end) = authority.find(']') {
        let (host, rest) = authority.split_at(end + 1);
        return match rest {
            "" => Ok(host),
            _ if rest.starts_with(':') => Ok(host),
            _ => Err(format!("`{rest}` behind the address is no port")),
        };
    }
    match authority.split_once(':') {
        Some((_, port)) if port.contains(':') => {
            Err("an IPv6 address stands in brackets, as in http://[::1]:8000".into())
        }
        Some((host, _)) => Ok(host),
        None => Ok(authority),
    }
}

/// The number of a network interface.
fn interface(zone: &str) -> Result<u32, String> {
    if let Ok(number) = zone.parse() {
        return Ok(number);
    }
    let name = std::ffi::CString::new(zone).map_err(|_| "a zone has no NUL in its name".to_string())?;
    // SAFETY: the name ends with a NUL and lives until the call has returned.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(format!("this machine has no network interface `{zone}`")),
        number => Ok(number),
    }
}

impl Address {
    /// The address of an IP literal, for which nothing has to be looked up.
    pub(super) fn literal(&self) -> Option<SocketAddr> {
        let Address::Tcp { host, port, zone } = self else { return None };
        Some(match host.parse().ok()? {
            IpAddr::V6(ip) => SocketAddrV6::new(ip, *port, 0, *zone).into(),
            ip => SocketAddr::new(ip, *port),
        })
    }
}

impl std::fmt::Display for Address {
    /// As a person writes it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Address::Tcp { host, port, zone: 0 } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Address::Tcp { host, port, zone } if host.contains(':') => write!(f, "[{host}%{zone}]:{port}"),
            Address::Tcp { host, port, .. } => write!(f, "{host}:{port}"),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> (bool, String, String, &str) {
        let found = TargetUrl::parse(url).expect(url);
        (found.tls, found.address.to_string(), found.authority, found.path)
    }

    fn expected<'a>(
        tls: bool,
        address: &str,
        authority: &str,
        path: &'a str,
    ) -> (bool, String, String, &'a str) {
        (tls, address.into(), authority.into(), path)
    }

    #[test]
    fn what_follows_a_socket_belongs_to_another_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("app.sock");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
        let url = format!("unix:{}", socket.display());
        assert!(TargetUrl::parse(&url).is_ok());
        let problem = TargetUrl::parse(&format!("{url}/v1/chat")).expect_err("no socket is in another");
        assert!(problem.contains("--set target.path=/v1/chat"), "{problem}");
    }

    #[test]
    fn what_is_written_is_what_is_used() {
        assert_eq!(parts("http://a"), expected(false, "a:80", "a", ""));
        assert_eq!(parts("HTTPS://a:8443/v1/?b=/"), expected(true, "a:8443", "a:8443", "/v1/?b=/"));
        assert_eq!(parts("http://a:80?q"), expected(false, "a:80", "a:80", "?q"));
        assert_eq!(parts("https://[::1]/own/"), expected(true, "[::1]:443", "[::1]", "/own/"));
        assert_eq!(parts("unix:/run/a.sock"), expected(false, "unix:/run/a.sock", "localhost", ""));
        assert_eq!(parts("unix:///run/a.sock").1, "unix:/run/a.sock");
    }

    #[test]
    fn a_zone_is_connected_to_and_not_sent() {
        for written in ["http://[fe80::1%25lo]:8000/p", "http://[fe80::1%1]:8000/p"] {
            assert_eq!(parts(written), expected(false, "[fe80::1%1]:8000", "[fe80::1]:8000", "/p"));
        }
        let address = TargetUrl::parse("http://[fe80::1%1]").expect("a zone").address.literal();
        assert!(matches!(address, Some(SocketAddr::V6(address)) if address.scope_id() == 1));
        assert!(TargetUrl::parse("http://[fe80::1%nowhere9]").is_err_and(|error| error.contains("nowhere9")));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (url, word) in [
            ("127.0.0.1:8000", "http://"),
            ("ftp://a", "ftp"),
            ("http://", "no host"),
            ("http:///p", "no host"),
            ("http://a:99999/", "99999"),
            ("http://a:0", "`0`"),
            ("http://a:", "port"),
            ("http://a:80x", "80x"),
            ("http://a:-1", "-1"),
            ("http://a:+1", "+1"),
            ("http://::1:80", "brackets"),
            ("http://[::1]80", "80"),
            ("http://[::g]", "::g"),
            ("http://a b/", "a b"),
            ("http://a/#x", "`#`"),
            ("unix:app.sock", "slash"),
        ] {
            let message = TargetUrl::parse(url).expect_err(url);
            assert!(message.contains(word), "{url}: {message}");
        }
    }
}
