"""spanload as people run it: every request in the log, metrics on, 1 % of the traces exported."""

import csv
import os
import pathlib
import subprocess

from client import Client, WrongAnswers, all_of
from fetch import Impossible
from machine import ROOT

SCENARIO = ROOT / "scenarios/default.toml"


def find():
    """The file that SPANLOAD names, or the fastest build that there is."""
    named = os.environ.get("SPANLOAD")
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    candidates = [pathlib.Path(named)] if named else [target / "dist/spanload", target / "release/spanload"]
    found = next((path for path in candidates if path.is_file()), None)
    if found:
        return found
    if named:
        raise Impossible(f"spanload: SPANLOAD names {named}, which is no file")
    raise Impossible("spanload: no release build; `cargo build --release` makes one, SPANLOAD names another one")


class Spanload(Client):
    name = "spanload"
    answers = ("small", "distinct", "https", "http2")

    def command(self, job):
        keys = ["after.batch=1", f"after.connections={job.connections}", f"load.payloads={job.body}"]
        if job.threads > 1 and self._knows_threads(job):
            keys.append(f"load.threads={job.threads}")
        if job.streams > 1:
            keys.append(f"after.streams={job.streams}")
        callers = str(job.connections * job.streams)
        load = ["--phase", "after", "--target", job.url, "-n", str(job.requests), "-c", callers]
        load += ["--cacert", str(job.certificate)] if job.url.startswith("https:") else []
        traces = ["--otlp-endpoint", job.collector, "--otlp-protocol", "http/protobuf", "--trace-ratio", "0.01"]
        record = ["--quiet", "-o", str(_log(job)), "--metrics-port", "0"]
        return [*self._load(), *load, *traces, *record, *(word for key in keys for word in ("--set", key))]

    def _load(self):
        return [self.program, "load", str(SCENARIO)]

    def _knows_threads(self, job):
        """Versions without the key refuse it."""
        one = ["-n", "1", "-c", "1", "--target", job.url, "--no-metrics", "--quiet", "-o", os.devnull]
        command = [*self._load(), *one, "--set", "load.threads=2"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def succeeded(self, job, output):
        with open(_log(job), newline="", encoding="utf-8") as log:
            rows = csv.reader(log)
            header = next(rows)
            status, error = header.index("status"), header.index("error")
            results = [(row[status], row[error]) for row in rows]
        wrong = [result for result in results if result != ("200", "")]
        if wrong:
            raise WrongAnswers(f"{len(wrong):,} of {len(results):,} rows failed, one with {wrong[0]}")
        return all_of(job, len(results))


def _log(job):
    return job.folder / "log.csv"
