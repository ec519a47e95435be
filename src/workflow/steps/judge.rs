//! The step that asks the scenario's judge about answers that differ: a program that reads a pair a line and says a word a line.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, anyhow};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::analyze::{AnswerPair, Doubt};
use crate::model::run_files::{JUDGE_OUTPUT, JUDGED};
use crate::model::{QualityRules, StageSet};
use crate::runlog::{Live, Results, write_atomically};
use crate::workflow::findings::answers::undecided;
use crate::workflow::findings::judged::JudgedPair;
use crate::workflow::findings::logs;
use crate::workflow::sending::Run;

/// Pairs that a judge is asked about.
const MOST_PAIRS: usize = 2_000;
/// Bytes of what it says of one.
const LONGEST_WORD: u64 = 1_024;

/// A pair as the judge reads it.
#[derive(Serialize)]
struct JudgePair<'a> {
    one: &'a RawValue,
    other: &'a RawValue,
}

/// Asks about every pair that no rule decides, once, and writes down what was said.
pub(in crate::workflow) async fn judge(run: &mut Run<'_>) -> anyhow::Result<()> {
    let rules = &run.settings().quality;
    if rules.command.is_empty() || run.stopped() {
        return Ok(());
    }
    let (phases, _) = logs::phases(&run.results, &run.manifest, [StageSet::ALL; 2])?;
    let mut pairs = undecided(&run.results, rules, &phases);
    let left = pairs.len().saturating_sub(MOST_PAIRS);
    pairs.truncate(MOST_PAIRS);
    let mut said = Vec::new();
    let step = run.runner.progress.step("judge", pairs.len() as u64);
    let asking = ask(rules, &run.results, &pairs, &mut said);
    let asked = tokio::select! {
        asked = step.watch(asking, Live::default) => asked,
        _ = run.runner.interrupt.wait() => Ok(()),
    };
    step.close(&format!("judge: {} of {} pairs", said.len(), pairs.len()));
    let lines = said.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    write_atomically(&run.results.path(JUDGED), text.as_bytes())?;
    let unjudged = pairs.len() - said.len() + left;
    if unjudged > 0 {
        let problem =
            asked.err().map_or(format!("more than {MOST_PAIRS} differ"), |error| format!("{error:#}"));
        run.caveat(Doubt::NotJudged { pairs: unjudged as u64, problem });
    }
    Ok(())
}

async fn ask(
    rules: &QualityRules,
    results: &Results,
    pairs: &[(AnswerPair, [Box<RawValue>; 2])],
    said: &mut Vec<JudgedPair>,
) -> anyhow::Result<()> {
    if pairs.is_empty() {
        return Ok(());
    }
    let mut child = start(&rules.command, results)?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let mut stdin = stdin.context("the judge has no standard input")?;
    let writing = async move {
        for (_, [one, other]) in pairs {
            let mut line = serde_json::to_vec(&JudgePair { one, other })?;
            line.push(b'\n');
            // A judge that reads no further has ended, and what it has said is read.
            if stdin.write_all(&line).await.is_err() {
                break;
            }
        }
        anyhow::Ok(())
    };
    let mut words = BufReader::new(stdout.context("the judge has no standard output")?);
    let reading = async {
        for (pair, _) in pairs {
            let mut line = Vec::new();
            (&mut words)
                .take(LONGEST_WORD)
                .read_until(b'\n', &mut line)
                .await
                .context("cannot read what it says")?;
            let word = JudgedPair::said(*pair, &line).ok_or_else(|| unclear(&line, said.len()))?;
            said.push(word);
        }
        anyhow::Ok(())
    };
    let limit = Duration::from_millis(rules.command_timeout_ms);
    let both = async { tokio::try_join!(writing, reading) };
    let ended = timeout(limit, both).await;
    // It has said all, or will say nothing of use: nobody waits for it.
    let _ = child.start_kill();
    let _ = child.wait().await;
    ended
        .map_err(|_| anyhow!("it took longer than quality.command_timeout, {} s", limit.as_secs_f64()))??;
    Ok(())
}

fn start(command: &[String], results: &Results) -> anyhow::Result<Child> {
    let (program, arguments) = command.split_first().context("it is empty")?;
    let started = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(results.start(JUDGE_OUTPUT)?)
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    started.with_context(|| format!("cannot start {program}"))
}

fn unclear(line: &[u8], after: usize) -> anyhow::Error {
    let line = String::from_utf8_lossy(line);
    let said: String = line.trim().chars().take(80).collect();
    match line.is_empty() {
        true => anyhow!("it ended after {after} pairs; {JUDGE_OUTPUT} has what it wrote to standard error"),
        false => anyhow!(
            "its line {} is `{said}`; write \"equal\", \"different\" or a score from 0 to 1, in JSON, a line for each line read",
            after + 1
        ),
    }
}
