//! A page as a test reads it, and a run made by hand whose page can be asked for.
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use spanload::model::{AnswerDigest, Digest};
use spanload::model::{ErrorKind, Sample, ServerTimes, Stage, Stages};
use spanload::model::{Micros, Moment};
use spanload::plan::TraceIds;
use spanload::runlog::LogWriter;

use super::EXE;
use super::run::{Results, fresh_folder};

pub const REQUESTS: u64 = 200;
pub const RUN: &str = "20260101T000000Z-test";

/// Runs `spanload report` on a folder.
pub fn report(results: &Results, flags: &[&str]) -> Output {
    Command::new(EXE).arg("report").arg(&results.0).args(flags).output().expect("the binary starts")
}

pub fn reported(results: &Results, flags: &[&str]) -> Page {
    let output = report(results, flags);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    Page::read(&results.path("report.html"))
}

/// Runs `spanload analyze` on a folder, which ends with this code.
pub fn analyze(results: &Results, code: i32) -> String {
    let output = Command::new(EXE).arg("analyze").arg(&results.0).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The logs and the manifest of the reference run in a folder of their own.
pub fn reference_logs(name: &str) -> Results {
    let results = Results(fresh_folder(name));
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/reference");
    for file in std::fs::read_dir(from).expect("a folder").map(|file| file.expect("a file").path()) {
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name").to_string();
        let log = name.ends_with(".csv") && name != "comparison.csv";
        if log || name == "manifest.json" || name == "answers.jsonl" {
            std::fs::copy(&file, results.path(&name)).expect("a file of the reference run");
        }
    }
    results
}

/// The same, analysed by this version.
pub fn reference(name: &str) -> Results {
    let results = reference_logs(name);
    analyze(&results, 0);
    results
}

pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// `1,034.3`.
pub fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let whole = text.split('.').next().expect("digits").len();
    if whole <= 3 { text } else { format!("{},{}", &text[..whole - 3], &text[whole - 3..]) }
}

/// The bytes of a page.
pub struct Page(Vec<u8>);

/// A number with where it stands in the files.
#[derive(Debug)]
pub struct Figure {
    pub value: String,
    pub from: String,
    pub text: String,
}

impl Page {
    pub fn read(path: &Path) -> Self {
        Page(std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a page is UTF-8 whatever came in")
    }

    /// Every `<data value data-from>`.
    pub fn figures(&self) -> Vec<Figure> {
        let parts = self.text().split("<data value=\"").skip(1);
        let figure = |part: &str| {
            let (value, rest) = part.split_once("\" data-from=\"")?;
            let (from, rest) = rest.split_once("\">")?;
            let (text, _) = rest.split_once("</data>")?;
            Some(Figure { value: value.into(), from: from.into(), text: text.into() })
        };
        parts
            .map(|part| figure(part).unwrap_or_else(|| panic!("no figure: {}", &part[..part.len().min(200)])))
            .collect()
    }

    /// What a person sees, a line a block; pictures, styles and scripts left out.
    pub fn visible(&self) -> String {
        let mut text = self.text().to_string();
        for element in ["style", "script", "svg"] {
            while let Some(start) = text.find(&format!("<{element}")) {
                let end = text[start..].find(&format!("</{element}>")).expect("it is closed") + start;
                text.replace_range(start..end + element.len() + 3, "");
            }
        }
        for block in [
            "h1", "h2", "h3", "p", "li", "tr", "div", "summary", "caption", "section", "dt", "article",
            "header", "pre",
        ] {
            for closing in [format!("</{block}>"), format!("<{block} "), format!("<{block}>")] {
                text = text.replace(&closing, &format!("\n{closing}"));
            }
        }
        text = text.replace("</td>", " | </td>").replace("</th>", " | </th>").replace("<br>", " ");
        let mut visible = String::new();
        let mut inside = false;
        for letter in text.chars() {
            match letter {
                '<' => inside = true,
                '>' => inside = false,
                _ if !inside => visible.push(letter),
                _ => {}
            }
        }
        let lines = visible.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// No resource of another file or host: links that a person may follow are none.
    pub fn assert_alone(&self) {
        let text = self.text();
        // What is shown may speak of resources; only tags and the style ask for them.
        let tags: Vec<&str> = text.split('<').skip(1).filter_map(|part| part.split('>').next()).collect();
        for tag in tags {
            let name = tag.split(' ').next().unwrap_or_default();
            assert!(
                !["iframe", "object", "embed", "base", "img", "audio", "video", "image", "use"]
                    .contains(&name),
                "{tag}"
            );
            for word in [
                " src=",
                " srcset=",
                "stylesheet",
                "http-equiv=\"refresh",
                " xlink:href=",
                " ping=",
                " onerror=",
                " onload=",
            ] {
                assert!(!tag.contains(word), "{tag}");
            }
        }
        let style =
            text.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).expect("a style");
        assert!(!style.contains("url(") && !style.contains("@import"));
        let links = text
            .match_indices("http")
            .filter(|(at, _)| ["://", "s://"].iter().any(|end| text[at + 4..].starts_with(end)));
        for (at, _) in links {
            let before = &text[at.saturating_sub(15)..at];
            assert!(
                ["href=\"", "data-jaeger=\"", "--jaeger-url "].iter().any(|end| before.ends_with(end)),
                "{before}"
            );
        }
    }
}

impl Figure {
    /// What the files say there; `None` for null. A place of two parts is their difference or their ratio.
    pub fn expected(&self, files: &Value) -> Option<f64> {
        let at = |place: &str| match place {
            "0" => Some(0.0),
            _ => {
                let pointer = format!("/{}", place.replacen(':', "", 1));
                let value = files.pointer(&pointer).unwrap_or_else(|| panic!("{place} is in no file"));
                (!value.is_null()).then(|| number(value))
            }
        };
        match self.from.split(' ').collect::<Vec<_>>()[..] {
            [place] => at(place),
            [one, "-", other] => Some(at(one)? - at(other)?),
            [one, "/", other] => Some(at(one)? / at(other)?),
            _ => panic!("{self:?} is nowhere"),
        }
    }

    /// Whether both the value and what is shown are what the files say.
    pub fn assert_from(&self, files: &Value) {
        let Some(expected) = self.expected(files) else {
            return assert_eq!((self.value.as_str(), self.text.as_str()), ("null", "none"), "{}", self.from);
        };
        // What is derived is rounded to three decimals and more.
        let within = if self.from.contains(' ') { 5.1e-4 } else { 0.0 };
        let value: f64 = self.value.parse().unwrap_or_else(|_| panic!("no number: {self:?}"));
        assert!((value - expected).abs() <= within, "{self:?} is {expected}");
        self.assert_shows(value);
    }

    /// Whether what is shown is the number, rounded to the decimals that are shown.
    pub fn assert_shows(&self, value: f64) {
        let scale = if self.text.ends_with(" %") { 100.0 } else { 1.0 };
        let digits: String =
            self.text.replace('−', "-").chars().filter(|letter| "0123456789.-".contains(*letter)).collect();
        let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let shown: f64 = digits.parse().unwrap_or_else(|_| panic!("no number: {self:?}"));
        let off = (shown - value * scale).abs();
        assert!(off <= 0.5 * 10_f64.powi(-(decimals as i32)) + 1e-9, "{self:?} is not {value}");
    }
}

/// A finished run of 200 requests, about a second before and half of it after, in a folder of its own.
pub struct Made {
    pub results: Results,
}

impl Made {
    pub fn new(name: &str) -> Self {
        let made = Made { results: Results(fresh_folder(name)) };
        for (phase, latency) in [("before", 1_000_000), ("after", 500_000)] {
            made.write_log(phase, |seq| success(seq, latency));
        }
        let manifest = json!({
            "schema": 1, "run_id": RUN, "version": "0.0.0", "command": ["spanload", "prove", "made by hand.toml"],
            "started_at": "2026-01-01T00:00:00Z", "started_unix_us": 0, "interrupted": null,
            "scenario": { "load": { "requests": REQUESTS }, "mock": { "backlog": 32 } },
            "repetitions": [], "baseline_script": null,
            "payloads": { "plan": REQUESTS, "baseline_script_equal": null, "before_equal": true, "after_equal": true },
            "plan": { "digest": "00ff", "requests": REQUESTS, "repetitions": 1, "workers": 4,
                      "before": "per_request", "after": "pool of 4" },
            "sla": [{ "metric": "p95", "limit_us": 800_000 }], "merged_stages": [], "caveats": [],
            "machine": { "platform": "linux", "kernel": "6.0", "processors": 2 },
        });
        std::fs::write(made.results.path("manifest.json"), manifest.to_string()).expect("writable");
        made
    }

    /// Logs of so many requests.
    pub fn lengthen(&self, requests: u64) {
        for (phase, latency) in [("before", 1_000_000), ("after", 500_000)] {
            self.write_requests(phase, requests, |seq| success(seq, latency));
        }
    }

    fn write_log(&self, phase: &str, sample: impl Fn(u64) -> Sample) {
        self.write_requests(phase, REQUESTS, sample);
    }

    fn write_requests(&self, phase: &str, requests: u64, sample: impl Fn(u64) -> Sample) {
        let mut log = LogWriter::new(Vec::new(), RUN, phase).expect("memory takes it");
        let ids = TraceIds::new(RUN, phase, 1);
        for seq in 0..requests {
            log.write(1, &Sample { trace_id: ids.trace(seq), ..sample(seq) }).expect("memory takes it");
        }
        std::fs::write(
            self.results.path(&format!("{phase}.csv")),
            log.into_inner().expect("memory takes it"),
        )
        .expect("writable");
    }

    pub fn change_manifest(&self, change: impl Fn(&mut Value)) {
        let mut manifest = self.results.manifest();
        change(&mut manifest);
        std::fs::write(self.results.path("manifest.json"), manifest.to_string()).expect("writable");
    }

    /// Leaves only the first rows of a log.
    pub fn cut(&self, log: &str, rows: usize) {
        let whole = self.results.text(log);
        let left: String = whole.split_inclusive('\n').take(1 + rows).collect();
        std::fs::write(self.results.path(log), left).expect("writable");
    }

    /// Every request of a phase is refused.
    pub fn all_fail(&self, phase: &str) {
        self.write_log(phase, |seq| Sample {
            status: Some(503),
            error: Some(ErrorKind::Http5xx),
            answer_digest: None,
            ..success(seq, 20_000)
        });
    }

    /// The first request has another answer after, and both are kept.
    pub fn answers_differ(&self, answer: &[u8]) {
        let (before, after) = (Digest::of(&0_u64.to_le_bytes()), Digest::of(b"another"));
        let log = self.results.path("after.csv");
        let bytes = std::fs::read(&log).expect("a log");
        let text = bytes.split_inclusive(|byte| *byte == b'\n').enumerate().map(|(at, line)| match at {
            1 => String::from_utf8_lossy(line).replace(&before.to_string(), &after.to_string()).into_bytes(),
            _ => line.to_vec(),
        });
        std::fs::write(&log, text.collect::<Vec<_>>().concat()).expect("writable");
        let line = |digest: Digest, answer: &[u8]| {
            [format!("{{\"digest\":\"{digest}\",\"seq\":0,\"answer\":\"").as_bytes(), answer, b"\"}\n"]
                .concat()
        };
        // A control character is written as JSON writes it.
        let answer =
            answer.iter().flat_map(|byte| if *byte == 0x1b { b"\\u001b".to_vec() } else { vec![*byte] });
        let lines = [line(before, b"fine"), line(after, &answer.collect::<Vec<u8>>())].concat();
        std::fs::write(self.results.path("answers.jsonl"), lines).expect("writable");
    }
}

fn success(seq: u64, latency: u64) -> Sample {
    let mut lengths = [None; 8];
    lengths[Stage::Queue as usize] = Some(Micros(100));
    lengths[Stage::Connect as usize] = Some(Micros(300 + seq % 7));
    lengths[Stage::Wait as usize] = Some(Micros(latency + seq * seq % 997 * 100));
    lengths[Stage::Receive as usize] = Some(Micros(20));
    let trace = TraceIds::new(RUN, "before", 1).trace(seq);
    Sample {
        stages: Stages::from_lengths(lengths),
        server: ServerTimes {
            queue: Some(Micros(1_000)),
            compute: Some(Micros(100_000 + seq)),
            ..ServerTimes::default()
        },
        attempts: 1,
        status: Some(200),
        error: None,
        answer_digest: Some(AnswerDigest::OfValue(Digest::of(&seq.to_le_bytes()))),
        ..Sample::unsent(seq, trace, Some(Moment::from_micros(seq * 10_000)))
    }
}
