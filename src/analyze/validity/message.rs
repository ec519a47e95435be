//! Each doubt in words: what it is and what to do.

use super::doubt::Doubt;
use super::remedy::LOCAL_REMEDY;
use super::{answers, batches, failed, kept, losses, overload};
use crate::analyze::document::OfferedLoad;
use crate::model::run_files::{MANIFEST, SCRIPT_OUTPUT};
use crate::model::{Caveat, ErrorKind, Metric, Micros, Peer, Phase};

/// What a doubt is and what to do, for people.
pub(super) fn message(doubt: &Doubt) -> String {
    match doubt {
        Doubt::Interrupted => {
            "the run was interrupted: this comparison is partial; run it again".to_string()
        }
        Doubt::EndedEarly { part, repetition, at, mostly: ErrorKind::LocalLimit } => format!(
            "the run ended early: {:.1} s into repetition {repetition} of {part} this machine, not the server, had no ports or file \
             descriptors left for its requests, so that the load was no longer the planned one; what was not sent by then is unsent, \
             and no further repetition was made: {LOCAL_REMEDY}; to send all of it whatever happens: --set load.abort_after=off",
            at.as_micros() as f64 / 1e6,
        ),
        Doubt::EndedEarly { part, repetition, at, mostly } => format!(
            "the run ended early: {:.1} s into repetition {repetition} of {part} nothing but failures had ended for as long \
             as load.abort_after says, most of them as {}; what was not sent by then is unsent, and no further repetition \
             was made: make the server answer, or send all of it whatever happens with --set load.abort_after=off",
            at.as_micros() as f64 / 1e6,
            mostly.name()
        ),
        Doubt::CallsGivenUp { batch: 1, mostly } => format!(
            "three calls in a row to the idle server failed ({}), so no more of them were made: what a call costs, and whether equal work \
             takes equal time in both phases, can at most be told from the calls before these; make the server answer a single \
             request, then run again",
            mostly.name()
        ),
        Doubt::CallsGivenUp { batch, mostly } => format!(
            "calls to the idle server with {batch} requests in each failed ({}), smaller ones did not, so no more were made \
             with several: what larger batches cost is not known; lower --set after.batch, or raise the server's limit",
            mostly.name()
        ),
        Doubt::NoBaselineScript { script } => format!(
            "no python3 found, so {script} was not run; install Python 3.8 or newer to see its own figures"
        ),
        Doubt::BaselineScriptFailed { script, status } => {
            format!("{script} ended with {status}; what it printed is in {SCRIPT_OUTPUT}: mend what it names and run again")
        }
        Doubt::ScriptLogUnreadable { problem } => format!(
            "the given load test's log cannot be read, so its own figures are missing: {problem}; \
             correct what is named, or give the log's columns by before.map, which is --map here, and run again"
        ),
        Doubt::PayloadsDiffer { who } => format!(
            "the payloads that the server received from {who} are not those of the plan; run again if requests were \
             lost, else set load.seed and load.payloads to what the script sends"
        ),
        Doubt::PlansDiffer { one, other } => format!(
            "the two runs carried different plans (digests {one}… and {other}…): other payloads, another order \
             or another number of them, so a difference need not come from how they were sent; run both with the \
             same --set load.seed, load.payloads and -n"
        ),
        Doubt::ClockStepped { step_ms } => format!(
            "the wall clock was set by {step_ms:.0} ms during the run; latencies are not touched, but rows cannot \
             be laid beside other machines' logs; run again with time synchronisation settled"
        ),
        Doubt::ClientLate { phase, repetition, p99, max } => format!(
            "in repetition {repetition} of the {} phase the client itself was late: its loop woke {p99} ms after \
             its time at P99, {max} ms at most, which is part of the tail; free the processor or run the client on \
             another machine",
            phase.name()
        ),
        Doubt::ReleasedLate { phase, repetition, releases } => format!(
            "in repetition {repetition} of the {} phase only {:.1} % of the requests were sent within 1 ms of their due time, {} ms late \
             at P99: the load was not the planned one, and the run is invalid; free the processor, use a lower rate, or more \
             load.threads",
            phase.name(),
            releases.share_on_time() * 100.0,
            Micros(releases.lag_p99_us)
        ),
        Doubt::ClientBusy { phase, repetition, share, of } => format!(
            "in repetition {repetition} of the {} phase the client used {:.0} % of {of}, so it measured itself; \
             use fewer workers (-c) or a machine of its own",
            phase.name(),
            share * 100.0
        ),
        Doubt::Overloaded { phase, load } => {
            let OfferedLoad { offered_rps, achieved_rps, backlog_growth_rps: growth, .. } = load;
            let interval = load.backlog_growth_ci95_rps.map_or(String::new(), |ends| format!(" [{:.1}, {:.1}]", ends.lo, ends.hi));
            format!(
                "{}: {offered_rps:.1} requests a second were offered and {:.1} answered; the backlog grew by {:.1} a second{interval}, to \
                 {} requests, so there is no steady state: its percentiles grow with the length of the run and are no result; \
                 lower --rate, or find the highest one that holds with spanload capacity",
                phase.name(),
                achieved_rps,
                growth.unwrap_or(0.0),
                load.backlog_most
            )
        }
        Doubt::OverloadUntold { phase, why } => overload::untold(*phase, *why),
        Doubt::TruncatedLog { log } => format!(
            "the last row of {log} was cut off and is not counted, for the run was killed or the disk is full; run it again"
        ),
        Doubt::NoBatchEndpoint { error } => format!(
            "every batch that was sent to the idle server failed ({error}), calls alone did not: correct \
             target.batch_path, target.batch_request_key and target.batch_response_key, or send none: --set after.batch=1"
        ),
        Doubt::UnreadLog { problem } => {
            format!(
                "{problem}; what this file tells is left out, the phases are not touched by it; restore the file, or \
                 run again"
            )
        }
        Doubt::LogChanged { log } => format!(
            "{log}: not as the run left it, by the checksum in {MANIFEST}, so its figures may be those of another file; if nobody \
             changed it on purpose, restore it from where the run was made, or run again"
        ),
        Doubt::MissingLog { log } => {
            format!("{log} is missing: all its requests count as unsent; run again to compare")
        }
        Doubt::MissingFile { file, without } => format!(
            "{file} is missing: {without}; restore it from where the run was made and analyze again, or run again"
        ),
        Doubt::MissingRows { phase, missing, planned } => format!(
            "{missing} of {planned} planned requests have no row in {}.csv; they count as never sent, slower than \
             all others; the run was killed or the log was changed: run it again",
            phase.name()
        ),
        Doubt::UnknownColumns { log, columns } => format!(
            "{} columns of {log} are unknown to this version and were not read: {}; use the version that wrote it",
            columns.len(),
            columns.join(", ")
        ),
        Doubt::AnswersDiffer(quality) => answers::differ(quality),
        Doubt::AnswersVary { requests, yardstick } => answers::vary(*requests, yardstick.as_ref()),
        Doubt::NotJudged { pairs, problem } => format!(
            "of {pairs} pairs of answers that differ the judge (quality.command) said nothing, so they are not compared: {problem}; correct the judge, or give it more time (quality.command_timeout)"
        ),
        Doubt::AnswersNotCopied { answers, succeeded, not_compared } => format!(
            "{answers} of {succeeded} answers came faster than they were digested, so that no copy of them was kept, \
             or are longer than is read as JSON: only equal bytes are known to be equal answers, and {not_compared} \
             pairs could not be compared; give the client another processor or a faster disk, or lower the load (-c)"
        ),
        Doubt::NoSuccess { phase, failures, sent_by } => format!(
            "no request of the {} phase succeeded: {}",
            phase.name(),
            failed::what_failed(failures, sent_by)
        ),
        Doubt::MostlyFailed { phase, failed: n, sent, failures, sent_by } => format!(
            "{n} of {sent} requests of the {} phase failed, so its times say nothing and are not explained: {}",
            phase.name(),
            failed::what_failed(failures, sent_by)
        ),
        Doubt::LocalLimit { phase, requests, planned } => format!(
            "{requests} of {planned} planned requests of the {} phase never left this machine, which had no ports or file descriptors \
             left (local_limit): that is the client's doing, not the server's, and what else the phase shows is a client at its \
             limit; {LOCAL_REMEDY}",
            phase.name()
        ),
        Doubt::Unsent { phase, unsent, planned } => format!(
            "{unsent} of {planned} planned requests of the {} phase were never sent; they rank as slower than all \
             others; run again and let it come to its end",
            phase.name()
        ),
        Doubt::HiddenOutage(hidden) => hidden.message(),
        Doubt::UnequalWork { basis, pairs, ratio } => format!(
            "the server took {ratio} times as long in the after phase as in the before phase for equal work \
             (median of {pairs} pairs: {}), so part of the difference is the server's; run again when nothing else loads it",
            basis.words()
        ),
        Doubt::ServerTimesDoubted(times) => times.message(),
        Doubt::ServerTimesUnread { answers } => format!(
            "{answers} answers came faster than they were read, so that no copy of them was kept in which the server's own times \
             could have been found: these requests have none; give the client another processor or a faster disk, or lower \
             the load (-c)"
        ),
        Doubt::NotKept { phase, kept, of, failed, closings } => kept::not_kept(*phase, *kept, *of, *failed, closings),
        Doubt::NeverBatched { phase, batch, connections } => batches::message(*phase, *batch, *connections),
        Doubt::KeptRace { phase, lost, closings } => kept::race(*phase, *lost, closings),
        Doubt::RequestsFailed(failed) => failed.message(),
        Doubt::UnequalErrors { before, after } => format!(
            "{:.1} % of the before phase and {:.1} % of the after phase failed; a failed request spares the others \
             its work, so mend the failures before comparing times",
            before * 100.0,
            after * 100.0
        ),
        Doubt::TooFewSamples { metric, n, needed } => format!(
            "{} is judged on {n} requests a phase, and needs {needed} to be known with 99 % confidence; raise -n \
             or --repetitions",
            words(*metric)
        ),
        Doubt::RepetitionsDisagree { phase, metric, lowest, highest, limit: Some(limit) } => format!(
            "the repetitions of the {} phase lie on both sides of the limit of {limit} ms: {} from {} to {}{}; {} hangs \
             by that: raise --repetitions",
            phase.name(),
            words(*metric),
            millis(*lowest),
            millis(*highest),
            apart(*lowest, *highest),
            match phase {
                Phase::Before => "whether there is anything to fix",
                Phase::After => "the verdict",
            }
        ),
        Doubt::FirstRepetitionSlow(slow) => slow.message(),
        Doubt::WarmupFailed { failed: n, sent, failures, sent_by } => format!(
            "{n} of {sent} requests of the warm-up failed, so the first repetition may have met a server that was not warm: {}",
            failed::what_failed(failures, sent_by)
        ),
        Doubt::GainUncertain { metric, ratio, interval } => format!(
            "the after phase's {} is {:.1} % of what it was before, but the 95 % interval of that, {:.1} to {:.1} %, holds \
             100 %: that it is a gain is not proven, whatever the limit says; raise --repetitions",
            words(*metric),
            ratio * 100.0,
            interval.lo * 100.0,
            interval.hi * 100.0
        ),
        Doubt::TelemetryLoss { spans, server_spans, samples } => {
            losses::message(spans.as_ref(), server_spans.as_ref(), *samples)
        }
        Doubt::NoExposition { problem } => format!(
            "{problem}; the run's figures are not affected; make room in the results folder, or scrape /metrics while the \
             run lasts"
        ),
        Doubt::RepetitionsDisagree { phase, metric, lowest, highest, limit: None } => format!(
            "the repetitions of the {} phase disagree: {} from {} to {}; something changed between them: find it, \
             or raise --repetitions",
            phase.name(),
            words(*metric),
            millis(*lowest),
            millis(*highest)
        ),
        Doubt::Insecure => "whoever answered was trusted (target.insecure), so nothing shows that it was the server that is meant; \
                            give its certificate with --cacert"
            .to_string(),
        Doubt::PeersDiffer { before, after } => format!(
            "the phases met different peers ({}), so a difference between the phases may be one between servers; give \
             one of them with --resolve HOST:PORT:ADDRESS",
            met(before, after)
        ),
        Doubt::SurplusAnswers { phase, connections } => format!(
            "{connections} connections of the {} phase delivered bytes that nobody had asked for, so answers taken from them \
             may be those of other requests; these connections were closed, and what came on them in the last 50 ms before that, or \
             in the last 256 requests of a thread, failed as protocol, what came earlier counts as it is: find in the server's log why it answers more often than it is asked",
            phase.name()
        ),
        Doubt::ReplicaDiffers { what } => format!(
            "the before phase is not a faithful replica of the given load test: {what}; where packets are lost, \
             retransmissions after whole seconds make both jump, so run again, and if it stays, compare how the two \
             connect"
        ),
        Doubt::NothingToFix { broken: true, closed: true } => {
            "the before phase meets every line of the SLA and the after phase, whose kept connections the server ended, \
             does not: what keeping them brings is not known; correct first what the caveat on these connections names"
                .to_string()
        }
        Doubt::NothingToFix { broken: true, closed: false } => {
            "the before phase meets every line of the SLA and the after phase does not: there was nothing to fix, \
             and the change made it worse; keep sending as before"
                .to_string()
        }
        Doubt::NothingToFix { broken: false, .. } => {
            "the before phase already meets every line of the SLA: there is nothing to fix; lower the limit \
             (--sla) or raise the load (-c)"
                .to_string()
        }
    }
}

impl From<Doubt> for Caveat {
    fn from(doubt: Doubt) -> Caveat {
        Caveat::new(doubt.kind(), message(&doubt))
    }
}

/// `P95`.
fn words(metric: Metric) -> String {
    metric.to_string().to_uppercase()
}

/// Some of the addresses that only one phase met.
fn met(before: &[Peer], after: &[Peer]) -> String {
    let some = |(name, peers): (&str, &[Peer])| {
        let shown: Vec<String> = peers.iter().take(3).map(Peer::to_string).collect();
        let more = if peers.len() > 3 { format!(" and {} more", peers.len() - 3) } else { String::new() };
        (!peers.is_empty()).then(|| format!("only {name}: {}{more}", shown.join(", ")))
    };
    [("before", before), ("after", after)].into_iter().filter_map(some).collect::<Vec<_>>().join("; ")
}

/// How far two times are apart.
fn apart(lowest: Option<Micros>, highest: Option<Micros>) -> String {
    let both = lowest.zip(highest).filter(|(lowest, _)| *lowest > Micros(0));
    let share = both.map(|(lowest, highest)| highest.0 as f64 / lowest.0 as f64 - 1.0);
    share.map_or(String::new(), |share| format!(", {:.1} % apart", share * 100.0))
}

fn millis(value: Option<Micros>) -> String {
    value.map_or("no answer at that rank".into(), |value| format!("{value} ms"))
}
