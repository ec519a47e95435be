//! Files that a person names: what is no file to be read is refused at once, what is written to is neither replaced nor
//! shared, and `-` is standard output.

use std::fs;
use std::io::Read;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use crate::common::handmade_run::{HandmadeRun, rising};
use crate::common::run::{Run, Table, fresh_folder, prove_command};
use crate::common::wire::Server;
use crate::common::{EXE, cannot};

fn spanload(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(EXE);
    command.current_dir(folder).env_remove("GITHUB_STEP_SUMMARY").args(args);
    command.output().expect("the binary starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn handmade(folder: &Path) -> PathBuf {
    let run = folder.join("run");
    HandmadeRun::of(vec![rising(40, 900); 2], vec![rising(40, 400); 2]).write(&run);
    run
}

fn fifo(folder: &Path) -> String {
    let path = folder.join("fifo");
    let made = Command::new("mkfifo").arg(&path).status().expect("there is mkfifo");
    assert!(made.success());
    path.display().to_string()
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let folder = fresh_folder("named_irregular");
    let (fifo, dir) = (fifo(&folder), folder.display().to_string());
    for (path, kind) in [(fifo.as_str(), "a FIFO"), ("/dev/zero", "a device"), (dir.as_str(), "a folder")] {
        let [payloads, script] = ["load.payloads", "before.script"].map(|key| (key, format!("{key}={path}")));
        let secret = format!("x-key: file:{path}");
        let secure = ["load", "--target", "https://127.0.0.1:1", "--cert", path, "--key", path];
        for (args, name) in [
            (vec!["load", "--target", "https://127.0.0.1:1", "--cacert", path], "target.ca"),
            (secure.to_vec(), "target.client_cert"),
            (vec!["load", "-H", &secret], "target.headers.x-key"),
            (vec!["prove", path], "the scenario"),
            (vec!["load", path], "the scenario"),
            (vec!["ablate", path], "the scenario"),
            (vec!["prove", "--set", &payloads.1], payloads.0),
            (vec!["prove", "--set", &script.1], script.0),
        ] {
            let output = spanload(&folder, &args);
            let said = said(&output);
            assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
            for word in [name, path, kind, "regular file"] {
                assert!(said.contains(word), "{args:?}: no {word} in {said}");
            }
        }
    }
    let run = handmade(&folder);
    fs::remove_file(run.join("before.csv")).expect("it is there");
    symlink("/dev/zero", run.join("before.csv")).expect("links are possible");
    let output = spanload(&folder, &["analyze", "run"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(said(&output).contains("run/before.csv") && said(&output).contains("a device"), "{output:?}");
}

#[test]
fn a_fifo_is_written_to_if_somebody_reads_it() {
    let folder = fresh_folder("named_fifo");
    let fifo = fifo(&folder);
    let server = Server::echo(0);
    let load = ["load", "-n", "8", "--no-metrics", "--target", &server.url(), "-o", &fifo];
    handmade(&folder);
    let junit = ["analyze", "run", "--junit", &fifo];
    for (args, flag) in [(&load[..], "--log"), (&junit, "--junit")] {
        let output = spanload(&folder, args);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(said(&output).contains(flag) && said(&output).contains("nobody reads"), "{output:?}");
        // What is written fits into a pipe, and is read once the program has ended.
        let mut reader =
            fs::File::options().read(true).custom_flags(libc::O_NONBLOCK).open(&fifo).expect("a FIFO");
        let output = spanload(&folder, args);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let mut written = String::new();
        reader.read_to_string(&mut written).expect("all of it is there");
        assert!(written.lines().count() > 8, "{written}");
    }
}

#[test]
fn a_scenario_has_a_bound_and_may_begin_with_a_mark() {
    let folder = fresh_folder("named_scenario");
    fs::write(folder.join("long.toml"), "#".repeat((1 << 20) + 1)).expect("the folder is writable");
    let output = spanload(&folder, &["prove", "long.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("long.toml") && said(&output).contains("1048576"), "{output:?}");
    fs::write(folder.join("latin.toml"), b"[sla]\np95 = \"1s\" # \xe4\n").expect("the folder is writable");
    let output = spanload(&folder, &["prove", "latin.toml"]);
    assert!(said(&output).contains("line 2 is not UTF-8"), "{output:?}");
    fs::write(folder.join("marked.toml"), "\u{feff}[sla]\np95 = \"1s\"\n").expect("the folder is writable");
    let output = spanload(&folder, &["prove", "marked.toml", "--target", "http://127.0.0.1:0"]);
    assert!(said(&output).contains("`0` is no port"), "it was read: {output:?}");
}

/// A server that does something to the log at its twentieth request.
fn meddling(meddle: impl Fn() + Send + Sync + 'static) -> Server {
    let count = Mutex::new(0);
    Server::start(move |_, mut peer| {
        while let Some(request) = peer.request() {
            let mut count = count.lock().expect("no panic");
            *count += 1;
            if *count == 20 {
                meddle();
            }
            peer.answer(&request.body);
        }
    })
}

#[test]
fn a_log_belongs_to_one_run() {
    let folder = fresh_folder("named_log_twice");
    let second = Arc::new(Mutex::new(None));
    let (seen, place) = (Arc::clone(&second), folder.clone());
    let server = meddling(move || {
        let output = spanload(&place, &["load", "-n", "1", "--no-metrics", "-o", "log.csv"]);
        *seen.lock().expect("no panic") = Some(output);
    });
    let first = spanload(
        &folder,
        &["load", "-n", "40", "-c", "1", "--no-metrics", "-o", "log.csv", "--target", &server.url()],
    );
    assert_eq!(first.status.code(), Some(0), "{first:?}");
    let second = second.lock().expect("no panic").take().expect("it was tried");
    assert_eq!(second.status.code(), Some(1), "{second:?}");
    assert!(said(&second).contains("log.csv") && said(&second).contains("another run"), "{second:?}");
    let log = Table::read(&fs::read_to_string(folder.join("log.csv")).expect("a log"));
    assert_eq!(log.rows.len(), 40);
}

#[test]
fn a_log_that_is_removed_under_the_run_is_an_error() {
    let folder = fresh_folder("named_log_removed");
    let log = folder.join("log.csv");
    let server = meddling(move || fs::remove_file(&log).expect("it is there"));
    let args = ["load", "-n", "40", "-c", "1", "--no-metrics", "-o", "log.csv", "--target", &server.url()];
    let output = spanload(&folder, &args);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said(&output).contains("log.csv") && said(&output).contains("rows are lost"), "{output:?}");
}

#[test]
fn a_disk_that_is_full_is_told_with_the_file() {
    let folder = fresh_folder("named_full");
    let server = Server::echo(0);
    let args = ["load", "-n", "8", "--no-metrics", "-o", "/dev/full", "--target", &server.url()];
    let output = spanload(&folder, &args);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    for word in ["/dev/full", "No space left", "check that the disk has room", "usable"] {
        assert!(said(&output).contains(word), "no {word} in {output:?}");
    }
    for args in [&["--help"][..], &["prove", "--help"], &["--version"]] {
        let full = fs::File::options().write(true).open("/dev/full").expect("Linux has it");
        let output = Command::new(EXE).args(args).stdout(full).output().expect("the binary starts");
        assert_eq!(output.status.code(), Some(1), "{args:?}: {output:?}");
    }
}

#[test]
fn a_dash_is_standard_output() {
    let folder = fresh_folder("named_dash");
    handmade(&folder);
    let junit = spanload(&folder, &["analyze", "run", "--junit", "-"]);
    assert_eq!(junit.status.code(), Some(0), "{junit:?}");
    let text = String::from_utf8(junit.stdout).expect("text");
    quick_junit::Report::deserialize_from_str(&text).expect("one document of JUnit, and nothing beside it");
    let both = spanload(&folder, &["analyze", "run", "--junit", "-", "--format", "json"]);
    assert_eq!((both.status.code(), both.stdout.len()), (Some(2), 0), "{both:?}");
    let page = spanload(&folder, &["report", "run", "-o", "-"]);
    let text = String::from_utf8(page.stdout).expect("text");
    assert!(text.starts_with("<!") && text.trim_end().ends_with("</html>"), "{}", &text[..80]);
    let server = Server::echo(0);
    let log = spanload(&folder, &["load", "-n", "8", "--no-metrics", "-o", "-", "--target", &server.url()]);
    assert_eq!(Table::read(&String::from_utf8(log.stdout).expect("text")).rows.len(), 8);
    let names: Vec<_> =
        fs::read_dir(&folder).expect("a folder").map(|one| one.expect("one").file_name()).collect();
    assert_eq!(names, ["run"], "no file is called -");
}

#[test]
fn links_and_devices_are_written_through() {
    let folder = fresh_folder("named_through");
    handmade(&folder);
    symlink("elsewhere.xml", folder.join("junit.xml")).expect("links are possible");
    let output = spanload(&folder, &["analyze", "run", "--junit", "junit.xml"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(folder.join("junit.xml").is_symlink() && folder.join("elsewhere.xml").is_file());
    for (args, flag) in [(["analyze", "run", "--junit"], "--junit"), (["report", "run", "-o"], "-o")] {
        let output = spanload(&folder, &[&args[..], &["/dev/null"]].concat());
        assert_eq!(output.status.code(), Some(0), "{flag}: {output:?}");
        assert!(!fs::metadata("/dev/null").expect("it is there").is_file(), "{flag}");
    }
}

#[test]
fn what_somebody_else_called_latest_stays_and_is_named() {
    let out = fresh_folder("named_latest");
    let latest = out.join("runs/latest");
    fs::create_dir_all(&latest).expect("the folder is writable");
    let output = prove_command(&out, &["-n", "8"]).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(said(&output).contains("runs/latest is no link"), "{output:?}");
    assert!(!latest.is_symlink() && latest.is_dir());
    let names = fs::read_dir(out.join("runs")).expect("a folder").count();
    assert_eq!(names, 2, "the run and what was there");
}

#[test]
fn a_load_that_fails_says_why_however_quiet() {
    let folder = fresh_folder("named_quiet");
    let refusing = Server::start(|_, mut peer| {
        while peer.request().is_some() {
            peer.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let url = refusing.url();
    let args = [
        "load",
        "--quiet",
        "-n",
        "8",
        "--no-metrics",
        "--no-probe",
        "--target",
        &url,
        "--sla",
        "p95=1s",
        "--sla",
        "error_rate=1%",
    ];
    let output = spanload(&folder, &args);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    for words in [
        "error: none of 8 requests succeeded: http_4xx 8",
        "http_4xx 404: correct the path: target.path, or the path of --target",
        "SLA P95 ≤ 1000 ms: missed",
        "SLA error rate ≤ 1 %: missed, it is 100 %",
    ] {
        assert!(said(&output).contains(words), "no {words} in {}", said(&output));
    }
}

#[test]
fn a_message_that_repeats_what_was_written_is_short() {
    let folder = fresh_folder("named_long");
    let long = "x".repeat(100_000);
    let [set, header] = [format!("load.requests={long}"), format!("target.path=/{long} ")];
    for args in [
        ["prove", "--set", set.as_str()],
        ["prove", "--set", header.as_str()],
        ["prove", "-n", &long],
        ["prove", "--target", &long],
        ["prove", "--scenario", &long],
        ["analyze", "--format", &long],
        ["mock", "--host", &long],
    ] {
        let output = spanload(&folder, &args);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{:?}", &args[..2]);
        assert!(output.stderr.len() <= 2_048, "{:?}: {} bytes", &args[..2], output.stderr.len());
        assert!(said(&output).contains("error: "), "{}", said(&output));
    }
}

#[test]
fn a_payload_file_says_what_it_is_written_in() {
    let folder = fresh_folder("named_payloads");
    let server = Server::echo(0);
    let load = |bytes: &[u8]| {
        fs::write(folder.join("bodies.jsonl"), bytes).expect("the folder is writable");
        let set = "load.payloads=bodies.jsonl";
        let url = server.url();
        spanload(&folder, &["load", "-n", "2", "--no-metrics", "--set", set, "--target", &url])
    };
    let marked = load(b"\xef\xbb\xbf{\"a\":1}\n{\"a\":2}\n");
    assert_eq!(marked.status.code(), Some(0), "{marked:?}");
    for (bytes, what) in [
        (&b"{\"a\":1}\n{\"a\":\"\xe4\"}\n"[..], "line 2 is no UTF-8"),
        (b"\xff\xfe{\0}\0\n\0", "line 1 is UTF-16"),
    ] {
        let output = load(bytes);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(said(&output).contains(what) && said(&output).contains("bodies.jsonl"), "{output:?}");
    }
}

/// The reference run with a plan that no log can hold.
#[test]
fn a_damaged_plan_asks_for_no_memory() {
    let folder = fresh_folder("named_plan");
    let run = folder.join("run");
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/reference");
    let copied = Command::new("cp").arg("-r").arg(reference).arg(&run).status().expect("there is cp");
    assert!(copied.success());
    let path = run.join("manifest.json");
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(&path).expect("a manifest")).expect("JSON");
    manifest["plan"]["requests"] = 100_000_000_u64.into();
    manifest["plan"]["repetitions"] = 100.into();
    fs::write(&path, manifest.to_string()).expect("the folder is writable");
    // In KiB; an entry of 16 bytes a request would need 160 GB.
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -v 2000000 && exec \"$0\" analyze \"$1\""]).arg(EXE).arg(run);
    let output = limited.output().expect("the shell starts");
    assert!(matches!(output.status.code(), Some(0 | 1 | 99)), "{output:?}");
    assert!(!said(&output).contains("memory allocation"), "{output:?}");
}

#[test]
fn a_key_is_unset_and_a_strategy_by_flag_needs_no_other() {
    let run = Run::prove(
        "named_unset",
        &["-n", "8", "--set", "after.strategy=per_request", "--set", "after.batch="],
    );
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let strategies = &run.results().manifest()["plan"]["strategies"];
    assert_eq!(strategies["after"]["batch"], 1, "{strategies}");
}

/// A file system of the test's own, so small that the logs of the before phase do not fit.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_no_half_files_and_no_mock() {
    let out = fresh_folder("named_disk");
    let disk = out.join("runs");
    fs::create_dir(&disk).expect("the folder is writable");
    let prove = prove_command(&out, &["-n", "400", "--no-metrics"]);
    let script = "mount -t tmpfs -o size=200k none \"$0\" || exit 77; \"$@\"; code=$?; find \"$0\" -name '*.tmp'; exit $code";
    let mut unshare = Command::new("unshare");
    unshare.args(["-m", "sh", "-c", script]).arg(&disk).arg(prove.get_program()).args(prove.get_args());
    let output = match unshare.output() {
        Ok(output) if output.status.code() != Some(77) && !said(&output).contains("unshare failed") => output,
        other => return cannot(&format!("no small disk: {other:?}")),
    };
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{output:?}");
    for words in ["No space left", "check that the disk has room", "spanload analyze"] {
        assert!(said(&output).contains(words), "no {words} in {}", said(&output));
    }
    let error = said(&output).lines().find(|line| line.starts_with("error: cannot write")).map(String::from);
    assert!(error.is_some_and(|error| error.contains("named_disk/runs/")), "{}", said(&output));
    let place = disk.display().to_string();
    let of_this_run = |entry: fs::DirEntry| {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&place)
    };
    let left = fs::read_dir("/proc").expect("Linux has it").filter_map(Result::ok);
    assert_eq!(left.map(of_this_run).filter(|found| *found).count(), 0, "its mock has ended");
}
