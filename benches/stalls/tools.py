"""The tools, each closed (a few callers that wait) and open (a rate): a command, and P50, P95 and P99 in ms of what it printed."""

import csv
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]
CALLERS = 8
# about what this server answers a second when it does not stand still
CLOSED_RATE = 4_000
PERCENTILES = (50, 95, 99)
# a row takes its time, an installation that hangs takes this
LONGEST_SECONDS = 300


@dataclass(frozen=True)
class Job:
    """A load of so many seconds; of a closed one the rate is None."""

    url: str
    seconds: int
    rate: int | None
    folder: pathlib.Path


def nearest_rank(latencies):
    """P50, P95, P99 of the latencies, in their unit."""
    ordered = sorted(latencies)
    return [ordered[-(-len(ordered) * share // 100) - 1] for share in PERCENTILES]


def run(command, **environment):
    """Its standard output."""
    done = subprocess.run(command, capture_output=True, timeout=LONGEST_SECONDS, env={**os.environ, **environment})
    if done.returncode:
        raise RuntimeError(f"{command[0]} exits with {done.returncode}: {done.stderr.decode()[-300:]}")
    return done.stdout.decode()


def hey(program, job):
    """It has a rate for each caller, who waits for the answer all the same."""
    rate = ["-q", str(job.rate / CALLERS)] if job.rate else []
    table = run([program, "-z", f"{job.seconds}s", "-c", str(CALLERS), *rate, "-o", "csv", "-m", "POST", "-d", "{}", job.url])
    return nearest_rank([float(row["response-time"]) * 1e3 for row in csv.DictReader(io.StringIO(table))])


def oha(program, job):
    rate = ["-q", str(job.rate)] if job.rate else []
    return _oha(program, job, rate)


def oha_corrected(program, job):
    return _oha(program, job, ["-q", str(job.rate), "--latency-correction"])


def _oha(program, job, rate):
    command = [program, "--no-tui", "--output-format", "json", "-z", f"{job.seconds}s", "-c", str(CALLERS)]
    said = json.loads(run([*command, *rate, "-m", "POST", "-d", "{}", job.url]))
    return [said["latencyPercentiles"][f"p{share}"] * 1e3 for share in PERCENTILES]


def wrk2(program, job):
    """The first value of its distribution that holds the share."""
    script = job.folder / "post.lua"
    script.write_text('wrk.method = "POST"\nwrk.body = "{}"\n', encoding="utf-8")
    load = ["-t1", f"-c{CALLERS}", f"-d{job.seconds}s", f"-R{job.rate}", "--latency", "-s", str(script)]
    printed = run([program, *load, job.url])
    rows = [(float(ms), float(share)) for ms, share in re.findall(r"^ +([\d.]+) +(\d\.\d{6}) +\d+ ", printed, re.M)]
    return [next(ms for ms, upto in rows if upto >= share / 100 - 1e-9) for share in PERCENTILES]


SCRIPT = """import http from 'k6/http';
export const options = {{ scenarios: {{ all: {scenario} }}, summaryTrendStats: ['med', 'p(95)', 'p(99)'] }};
export default () => http.post('{url}', '{{}}');
"""


def k6(program, job):
    scenario = {"executor": "constant-vus", "vus": CALLERS, "duration": f"{job.seconds}s"}
    if job.rate:
        # as many callers as a stall makes wait
        open_load = {"rate": job.rate, "timeUnit": "1s", "preAllocatedVUs": job.rate}
        scenario = {"executor": "constant-arrival-rate", "duration": f"{job.seconds}s", **open_load}
    script, summary = job.folder / "k6.js", job.folder / "k6.json"
    script.write_text(SCRIPT.format(scenario=json.dumps(scenario), url=job.url), encoding="utf-8")
    quiet = {"K6_NO_USAGE_REPORT": "true", "K6_AUTO_EXTENSION_RESOLUTION": "false"}
    run([program, "run", "--quiet", f"--summary-export={summary}", str(script)], **quiet)
    said = json.loads(summary.read_text(encoding="utf-8"))["metrics"]["http_req_duration"]
    return [said[name] for name in ("med", "p(95)", "p(99)")]


def spanload(program, job):
    """A connection of its own for each request that is due in a stall, so that no queue of the client's hides the server."""
    log = job.folder / "log.csv"
    log.unlink(missing_ok=True)
    # a closed loop has no duration here: both phases of a comparison send the same number
    closed = ["-n", str(CLOSED_RATE * job.seconds), "-c", str(CALLERS)]
    load = ["-q", str(job.rate), "-d", f"{job.seconds}s"] if job.rate else closed
    fixed = ["--phase", "after", "--set", "after.batch=1", "--set", f"after.connections={job.rate or CALLERS}"]
    run([program, "load", "--target", job.url, "--no-probe", "--no-metrics", "--log", str(log), *fixed, *load])
    with open(log, encoding="utf-8", newline="") as file:
        return nearest_rank([float(row["latency_ms"]) for row in csv.DictReader(file) if row["latency_ms"]])


CLOSED = {"hey": hey, "oha": oha, "k6": k6, "spanload": spanload}
OPEN = {"hey -q": hey, "oha -q": oha, "oha -q --latency-correction": oha_corrected, "wrk2 -R": wrk2, "k6 (arrival rate)": k6, "spanload -q": spanload}


def program(name):
    """Where a tool is, None if nowhere."""
    tool = name.split()[0]
    if tool == "spanload":
        return os.environ.get("SPANLOAD") or str(ROOT / "target/dist/spanload")
    return shutil.which(tool, path=os.pathsep.join([os.environ.get("PATH", ""), str(ROOT / "target/peers/bin")]))
