//! A run of the command, and what it left behind.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::EXE;

/// Small and fast: a whole run takes about two seconds.
const SCENARIO: &str = r#"
[load]
requests = 40
workers = 16

[sla]
p95 = "30s"

[after]
connections = 4
batch = 4

[runs]
repetitions = 1

[mock]
fixed_ms = 5.0
item_ms = 2.0
"#;

/// Few requests, a limit that any phase meets, tests that run beside it on every processor, and a clock that others set.
const OF_A_SMALL_RUN: [&str; 10] = [
    "overload_untold",
    "too_few_samples",
    "repetitions_disagree",
    "nothing_to_fix",
    "client_late",
    "client_busy",
    "unequal_work",
    "replica_differs",
    "gain_uncertain",
    "clock_stepped",
];

/// A finished `spanload prove` in a folder of its own.
pub struct Run {
    pub out: PathBuf,
    pub output: Output,
}

impl Run {
    /// Proves the small scenario; `name` is the folder, one for each test.
    pub fn prove(name: &str, flags: &[&str]) -> Self {
        let out = fresh_folder(name);
        let output = prove_command(&out, flags).output().expect("the binary starts");
        Self { out, output }
    }

    pub fn code(&self) -> i32 {
        self.output.status.code().unwrap_or_else(|| panic!("ended by itself: {}", self.stderr()))
    }

    pub fn stdout(&self) -> &str {
        std::str::from_utf8(&self.output.stdout).expect("text")
    }

    pub fn stderr(&self) -> &str {
        std::str::from_utf8(&self.output.stderr).expect("text")
    }

    /// The run's folder, by way of `latest`.
    pub fn results(&self) -> Results {
        Results(self.out.join("runs/latest"))
    }
}

/// The folder of one run.
pub struct Results(pub PathBuf);

impl Results {
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn text(&self, name: &str) -> String {
        let path = self.path(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn table(&self, name: &str) -> Table {
        Table::read(&self.text(name))
    }

    pub fn comparison(&self) -> Value {
        self.json("comparison.json")
    }

    pub fn manifest(&self) -> Value {
        self.json("manifest.json")
    }

    /// The kinds of the comparison's caveats, without those that any small run may raise.
    pub fn caveats(&self) -> Vec<String> {
        self.all_caveats().into_iter().filter(|kind| !OF_A_SMALL_RUN.contains(&kind.as_str())).collect()
    }

    /// The kinds of the comparison's caveats.
    pub fn all_caveats(&self) -> Vec<String> {
        let comparison = self.comparison();
        let caveats = comparison["caveats"].as_array().expect("a list");
        caveats.iter().map(|caveat| text(&caveat["kind"])).collect()
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

pub fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no count"))
}

/// A CSV file by column names; every row has every column.
pub struct Table {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub fn read(text: &str) -> Self {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let owned = |record: &csv::StringRecord| record.iter().map(String::from).collect::<Vec<_>>();
        let header = owned(reader.headers().expect("a header"));
        let rows = reader.records().map(|row| owned(&row.expect("as many fields as the header"))).collect();
        Self { header, rows }
    }

    pub fn at(&self, column: &str) -> usize {
        let found = self.header.iter().position(|name| name == column);
        found.unwrap_or_else(|| panic!("no column {column} in {:?}", self.header))
    }

    pub fn column(&self, column: &str) -> Vec<&str> {
        let at = self.at(column);
        self.rows.iter().map(|row| row[at].as_str()).collect()
    }

    /// Two columns side by side.
    pub fn pairs(&self, first: &str, second: &str) -> Vec<(&str, &str)> {
        self.column(first).into_iter().zip(self.column(second)).collect()
    }
}

/// An empty folder that lies below the build's and is kept after the test, to look into. A name is one test's.
pub fn fresh_folder(name: &str) -> PathBuf {
    static OWNERS: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
    let thread = std::thread::current().name().unwrap_or_default().to_string();
    let mut owners = OWNERS.lock().unwrap_or_else(PoisonError::into_inner);
    let owner = owners.entry(name.to_string()).or_insert_with(|| thread.clone()).clone();
    drop(owners);
    assert_eq!(owner, thread, "the folder {name} is another test's");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("an old folder of this test's can go");
    }
    std::fs::create_dir_all(&folder).expect("a folder below the build's");
    folder
}

/// Writes a program. A process of its own does so: what another test starts meanwhile would inherit a file that this one
/// has open to write, and as long as anybody has, the kernel refuses to run it.
pub fn write_program(path: &Path, text: &str) {
    let mut written = Command::new("sh");
    written.args(["-c", "printf '%s' \"$2\" > \"$1\" && chmod 755 \"$1\"", "sh"]).arg(path).arg(text);
    let status = written.status().expect("a shell");
    assert!(status.success(), "{}: {status}", path.display());
}

/// `spanload prove` of the small scenario, which is written to `out` too.
pub fn prove_command(out: &Path, flags: &[&str]) -> Command {
    let scenario = out.join("scenario.toml");
    std::fs::write(&scenario, SCENARIO).expect("the folder is writable");
    let mut command = Command::new(EXE);
    command.arg("prove").arg(scenario).arg("--out").arg(out.join("runs")).args(flags);
    command
}

/// The given load test.
pub fn input_py() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("input.py")
}

/// Whether there is a `python3`. Where a build must have one, its absence is a failure.
pub fn has_python() -> bool {
    let found = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    let required = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(found || !required, "CI=true, but there is no python3: install Python 3.8 or newer");
    if !found {
        eprintln!("skipped: there is no python3");
    }
    found
}
