//! JUnit XML for a CI server: one test case a line of the SLA, and what else the verdict hangs on.

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite, XmlString};

use super::Format;
use super::aa;
use super::words::{self, SlaWords};
use crate::analyze::{AaResult, Comparison, Confidence, PhaseSummary, SlaResult, Verdict};
use crate::model::{Exit, printable};

/// The verdict as test cases. A missed line is a failure; one that is met, but could be by chance, is skipped.
#[derive(Debug)]
pub struct Junit {
    /// What the command exits with.
    pub exit: Exit,
}

impl Format for Junit {
    fn render(&self, comparison: &Comparison) -> anyhow::Result<Vec<u8>> {
        let mut report = Report::new("spanload");
        let after = &comparison.phases.after;
        let mut sla = TestSuite::new("sla");
        sla.add_properties([
            property("run_id", &comparison.run_id),
            property("plan_digest", &comparison.plan_digest),
            property("verdict", words::verdict(comparison.verdict)),
            property("confidence", words::confidence(comparison.confidence)),
            property("interval_method", &comparison.interval_method),
        ]);
        match &comparison.aa {
            Some(found) => sla.add_test_case(aa_case(comparison, found)),
            None => sla.add_test_cases(comparison.sla.iter().map(|line| sla_case(line, after))),
        };
        let mut run = TestSuite::new("run");
        run.add_test_cases([
            sent(comparison),
            answered(comparison),
            answers(comparison),
            beyond_doubt(comparison, self.exit),
        ]);
        report.add_test_suites([sla, run]);
        let mut bytes = Vec::new();
        report.serialize(&mut bytes)?;
        Ok(bytes)
    }
}

/// Of an A/A run no line is judged.
fn aa_case(comparison: &Comparison, found: &AaResult) -> TestCase {
    let message = format!("{}: {}", aa::headline(found), aa::details(comparison, found));
    let status = match (found.difference_found, found.settled) {
        (true, _) => failure("difference_found", &message),
        (false, true) => TestCaseStatus::success(),
        (false, false) => skipped("inconclusive", &message),
    };
    case("spanload.aa", "the phases of an A/A run do not differ", status)
}

fn sla_case(line: &SlaResult, after: &PhaseSummary) -> TestCase {
    let words = SlaWords::of(line);
    let (n, repetitions) = (after.planned, after.repetitions.len());
    let SlaWords { after, interval, unit, limit, .. } = &words;
    // Words stand there where there is no figure.
    let actual = if line.after.is_some() { format!("{after} {unit}") } else { after.clone() };
    let message = format!(
        "{actual}, 95 % interval {interval}, limit {limit}, n {n} in {repetitions} repetitions: {}, {}",
        words.verdict, words.confidence
    );
    let mut case = case("spanload.sla", &format!("{} {limit}", words.name), status(line, &message));
    case.add_properties([
        property("actual", after),
        property("limit", limit),
        property("unit", unit),
        property("interval", interval),
        property("n", &n.to_string()),
        property("repetitions", &repetitions.to_string()),
    ]);
    case.set_system_out(safe(&message));
    case
}

fn status(line: &SlaResult, message: &str) -> TestCaseStatus {
    match (line.verdict, line.confidence) {
        (Verdict::Missed, _) if line.no_result.is_some() => failure("no_result", message),
        (Verdict::Missed, _) => failure("sla_missed", message),
        (Verdict::Met, Confidence::Straddles) => skipped("inconclusive", message),
        (Verdict::Met, Confidence::Clear) => TestCaseStatus::success(),
    }
}

/// A run that was cut short proves nothing, whoever cut it.
fn sent(comparison: &Comparison) -> TestCase {
    let phases = comparison.phases.both();
    let unsent: u64 = phases.iter().map(|(_, phase)| phase.unsent).sum();
    let planned: u64 = phases.iter().map(|(_, phase)| phase.planned).sum();
    let status = match unsent {
        0 => TestCaseStatus::success(),
        _ => failure("unsent", &format!("{unsent} of {planned} planned requests were never sent")),
    };
    case("spanload.run", "every planned request was sent", status)
}

/// A phase without one success measured nothing, whatever its lines say.
fn answered(comparison: &Comparison) -> TestCase {
    let phases = comparison.phases.both();
    let silent: Vec<&str> =
        phases.into_iter().filter(|(_, phase)| phase.succeeded == 0).map(|(phase, _)| phase.name()).collect();
    let status = match silent.as_slice() {
        [] => TestCaseStatus::success(),
        silent => failure("no_success", &format!("no request succeeded: {}", silent.join(", "))),
    };
    case("spanload.run", "requests succeeded in both phases", status)
}

/// Speed that was bought with other answers is none.
fn answers(comparison: &Comparison) -> TestCase {
    let quality = &comparison.quality;
    let figures = format!("answers: {}", words::answers(quality));
    let status = match (quality.degraded, quality.compared) {
        (_, 0) => skipped("nothing_compared", &figures),
        (false, _) => TestCaseStatus::success(),
        _ => failure("answers_differ", &figures),
    };
    case("spanload.run", "answers are no worse", status)
}

/// What else may make a success one by chance. Where that ends the command it is no success here either.
fn beyond_doubt(comparison: &Comparison, exit: Exit) -> TestCase {
    let straddles = |line: &&SlaResult| line.confidence == Confidence::Straddles;
    let judged = comparison.sla.iter().filter(|_| comparison.aa.is_none());
    let straddling = judged.filter(straddles).map(|line| {
        let words = SlaWords::of(line);
        let why = match line.no_result {
            Some(why) => words::why_no_result(why),
            None if words::lacks_interval(line) => words::TOO_FEW,
            None => "the interval does not settle it",
        };
        format!("{} {}: {why}", words.name, words.limit)
    });
    let caveats = comparison.caveats.iter().map(|caveat| format!("{}: {}", caveat.kind, caveat.message));
    let doubts = straddling.chain(caveats).collect::<Vec<_>>().join("; ");
    let status = match (doubts.is_empty(), exit == Exit::InDoubt) {
        (_, true) => failure("in_doubt", &doubts),
        (false, false) => skipped("in_doubt", &doubts),
        (true, false) => TestCaseStatus::success(),
    };
    case("spanload.run", "nothing leaves the result in doubt", status)
}

fn case(class: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(safe(name), status);
    case.set_classname(class);
    case
}

fn failure(kind: &str, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(kind).set_message(safe(message));
    status
}

fn skipped(kind: &str, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_type(kind).set_message(safe(message));
    status
}

fn property(name: &str, value: &str) -> Property {
    Property::new(name, safe(value))
}

/// What XML cannot hold is shown by its number instead of being dropped.
fn safe(text: &str) -> XmlString {
    XmlString::new(printable::line(text))
}
