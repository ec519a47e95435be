//! The mock as a child process: started, greeted, and never left behind.
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::{sleep, timeout};

use super::MockSettings;
use super::greeting::{Farewell, Hello};
use super::listening::PORT_TAKEN;

/// The mock's name in traces, whatever its parent is called.
const SERVICE: &str = "spanload-mock";
const HELLO_WITHIN: Duration = Duration::from_secs(10);
const STOP_WITHIN: Duration = Duration::from_secs(5);
const TERMINATE_WITHIN: Duration = Duration::from_secs(1);
const PORT_RETRIES: u32 = 6;
const PORT_RETRY_EVERY: Duration = Duration::from_millis(500);
const MOST_COMPLAINTS: usize = 8 << 10;
/// Far more than a hello or a farewell: what never ends its line is no mock.
const LONGEST_LINE: u64 = 64 << 10;

/// The two ports of a mock, to start the next one on the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    pub infer: u16,
    pub control: u16,
}

/// A running mock. Dropping it kills the process; [`Child::stop`] lets it finish.
#[derive(Debug)]
pub struct Child {
    process: tokio::process::Child,
    stdin: ChildStdin,
    /// The mock must not meet a closed pipe, and says farewell there.
    stdout: BufReader<ChildStdout>,
    complaints: Complaints,
    hello: Hello,
    ports: Ports,
}

/// The start of what the child wrote to standard error, filled by a task of its own so that the pipe never blocks it.
type Complaints = Arc<Mutex<String>>;

impl Child {
    /// Starts `exe mock` and waits until it listens.
    ///
    /// With `ports` it asks for exactly these, and tries again for 3 s while they are taken: the mock that had them may just be
    /// going. Needs a tokio runtime with IO and time.
    ///
    /// # Errors
    /// The program cannot be started, or does not say hello within 10 s; what it wrote to standard error is in the message.
    pub async fn start(
        exe: &Path,
        settings: &MockSettings,
        ports: Option<Ports>,
        truth_log: Option<&Path>,
    ) -> anyhow::Result<Self> {
        Self::start_with(exe, settings, ports, truth_log, &[]).await
    }

    /// The same with `variables` added to its environment. A port 0 among `ports` is a free one, and a taken one beside it is
    /// not waited for.
    ///
    /// # Errors
    /// As for [`Child::start`].
    pub async fn start_with(
        exe: &Path,
        settings: &MockSettings,
        ports: Option<Ports>,
        truth_log: Option<&Path>,
        variables: &[(String, String)],
    ) -> anyhow::Result<Self> {
        let mut command = command(exe, settings, ports, truth_log);
        command.envs(variables.iter().map(|(name, value)| (name, value))).env("OTEL_SERVICE_NAME", SERVICE);
        let mut retries = if ports.is_some_and(|ports| ports.infer != 0) { PORT_RETRIES } else { 0 };
        loop {
            match Self::start_once(exe, &mut command).await {
                Err(error) if retries > 0 && Self::port_is_taken(&error) => retries -= 1,
                result => return result,
            }
            sleep(PORT_RETRY_EVERY).await;
        }
    }

    /// Whether it did not start because somebody else has its port.
    pub fn port_is_taken(error: &anyhow::Error) -> bool {
        format!("{error:#}").contains(PORT_TAKEN)
    }

    async fn start_once(exe: &Path, command: &mut Command) -> anyhow::Result<Self> {
        let mut process =
            command.spawn().with_context(|| format!("cannot start the mock: {}", exe.display()))?;
        let stdin = process.stdin.take().expect("standard input is piped");
        let mut stdout = BufReader::new(process.stdout.take().expect("standard output is piped"));
        let stderr = process.stderr.take().expect("standard error is piped");
        let complaints = Complaints::default();
        let listening = tokio::spawn(listen(stderr, complaints.clone()));
        let mut line = String::new();
        let greeted = timeout(HELLO_WITHIN, (&mut stdout).take(LONGEST_LINE).read_line(&mut line)).await;
        let Some((hello, ports)) = parse_hello(&line) else {
            process.kill().await.context("cannot end a mock that did not start")?;
            listening.await.context("cannot read what the mock complained of")?;
            let silent = if greeted.is_err() { "within 10 s" } else { "before it ended" };
            bail!("the mock did not report its ports {silent}; it wrote: {}", said(&complaints));
        };
        Ok(Self { process, stdin, stdout, complaints, hello, ports })
    }

    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    pub fn ports(&self) -> Ports {
        self.ports
    }

    /// Lets the mock answer what it has accepted and complete its truth log, then waits for its end and tells what it
    /// said of its spans and its log.
    ///
    /// # Errors
    /// It had to be killed, or it ended with an error; what it wrote to standard error is in the message.
    pub async fn stop(self) -> anyhow::Result<Farewell> {
        let Self { mut process, stdin, stdout, complaints, .. } = self;
        drop(stdin);
        let status = match timeout(STOP_WITHIN, process.wait()).await {
            Ok(status) => status.context("cannot wait for the mock")?,
            Err(_) => force(&mut process).await?,
        };
        if !status.success() {
            bail!("the mock ended with {status}; it wrote: {}", said(&complaints));
        }
        // It has ended, so what it said is there.
        let mut line = String::new();
        let _ = timeout(TERMINATE_WITHIN, stdout.take(LONGEST_LINE).read_line(&mut line)).await;
        Ok(serde_json::from_str(&line).unwrap_or_default())
    }
}

fn command(exe: &Path, settings: &MockSettings, ports: Option<Ports>, truth_log: Option<&Path>) -> Command {
    let mut command = Command::new(exe);
    command.arg("mock").arg("--exit-with-stdin").args(flags(settings));
    if let Some(Ports { infer, control }) = ports {
        command.arg(format!("--port={infer}")).arg(format!("--control-port={control}"));
    }
    if let Some(path) = truth_log {
        command.arg("--truth-log").arg(path);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // a group of its own: Ctrl-C at the terminal is for the parent, which stops the mock when its measurement is written
    command.process_group(0).kill_on_drop(true);
    command
}

/// The settings as the flags that the mock derives from the same struct.
fn flags(settings: &MockSettings) -> Vec<String> {
    let json = serde_json::to_value(settings).expect("numbers are always JSON");
    let keys = json.as_object().expect("a struct is an object");
    keys.iter().map(|(key, value)| format!("--{}={value}", key.replace('_', "-"))).collect()
}

fn parse_hello(line: &str) -> Option<(Hello, Ports)> {
    let hello: Hello = serde_json::from_str(line).ok()?;
    let port = |url: &str| url.rsplit(':').next()?.parse().ok();
    let ports = Ports { infer: port(&hello.infer)?, control: port(&hello.control)? };
    Some((hello, ports))
}

async fn listen(mut stderr: ChildStderr, complaints: Complaints) {
    let mut buffer = [0; 1024];
    while let Ok(n @ 1..) = stderr.read(&mut buffer).await {
        let mut kept = complaints.lock().expect("nothing panics while it holds the lock");
        if kept.len() < MOST_COMPLAINTS {
            kept.push_str(&String::from_utf8_lossy(&buffer[..n]));
        }
    }
}

fn said(complaints: &Complaints) -> String {
    let kept = complaints.lock().expect("nothing panics while it holds the lock");
    if kept.is_empty() { "nothing".to_owned() } else { kept.trim().to_owned() }
}

async fn force(process: &mut tokio::process::Child) -> anyhow::Result<ExitStatus> {
    if let Some(pid) = process.id().and_then(|pid| libc::pid_t::try_from(pid).ok()) {
        // SAFETY: a plain system call; the process is not reaped yet, so the id is still its own
        unsafe { libc::kill(pid, libc::SIGTERM) };
    }
    if let Ok(status) = timeout(TERMINATE_WITHIN, process.wait()).await {
        return status.context("cannot wait for the mock");
    }
    process.kill().await.context("cannot kill the mock")?;
    process.wait().await.context("cannot wait for the mock")
}
