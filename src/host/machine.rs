//! Looks at this machine, as far as it shapes the numbers.

use crate::model::manifest::Machine;

/// Looks at this machine.
pub fn look() -> Machine {
    let read = |path: &str| std::fs::read_to_string(path).ok().map(|text| text.trim().to_string());
    let setting = |name: &str| read(&format!("/proc/sys/net/{name}")).and_then(|text| text.parse().ok());
    let model = |text: String| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        line.split_once(':').map(|(_, name)| name.trim().to_string())
    };
    Machine {
        platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        kernel: read("/proc/sys/kernel/osrelease"),
        processors: std::thread::available_parallelism().ok().map(usize::from),
        processor: read("/proc/cpuinfo").and_then(model),
        somaxconn: setting("core/somaxconn"),
        tcp_syncookies: setting("ipv4/tcp_syncookies"),
        tcp_abort_on_overflow: setting("ipv4/tcp_abort_on_overflow"),
        tcp_syn_linear_timeouts: setting("ipv4/tcp_syn_linear_timeouts"),
    }
}
