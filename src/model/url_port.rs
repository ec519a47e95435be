//! The port in an address as its text has it. A library that reads addresses takes one it does not understand for none at
//! all, and then the requests go to port 80.

/// The port of what stands between `//` and the path, such as `127.0.0.1:8000` or `[::1]:80`; `None` where there is none.
///
/// # Errors
/// What stands after the colon is no port.
pub fn url_port(authority: &str) -> Result<Option<u16>, String> {
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, rest)| rest);
    let after_host = match host_and_port.rsplit_once(']') {
        Some((_, rest)) => rest,
        None => host_and_port,
    };
    let Some((_, port)) = after_host.rsplit_once(':') else { return Ok(None) };
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse() {
        Ok(number @ 1..) if digits => Ok(Some(number)),
        _ if port.is_empty() => Err("the port after the colon is missing; write one, such as :8000".into()),
        _ => Err(format!("the port `{port}` is none; write a number from 1 to 65535")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_read_behind_any_host() {
        for (authority, port) in [
            ("127.0.0.1:8000", Some(8_000)),
            ("a", None),
            ("[::1]:80", Some(80)),
            ("[fe80::1%25eth0]", None),
            ("u:p@a:65535", Some(65_535)),
            ("a:080", Some(80)),
        ] {
            assert_eq!(url_port(authority), Ok(port), "{authority}");
        }
    }

    #[test]
    fn what_is_no_port_is_named() {
        for bad in ["99999", "80x", "-1", "0", "+80", "65536", "8 0"] {
            for host in ["a", "[::1]"] {
                let problem = url_port(&format!("{host}:{bad}")).expect_err(bad);
                assert!(problem.contains(&format!("`{bad}`")) && problem.contains("65535"), "{problem}");
            }
        }
        assert!(url_port("a:").is_err_and(|problem| problem.contains("missing")));
    }
}
