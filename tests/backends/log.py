"""A finished run as its own files tell it: what Prometheus and Jaeger are compared with. Times in microseconds."""

import csv
import json
import math
from dataclasses import dataclass
from functools import cached_property

PHASES = ("before", "after")
STAGES = ("queue", "retry", "dns", "connect", "tls", "send", "wait", "receive")


def micros(milliseconds):
    """Whole microseconds of a figure with three decimals, None of an empty one."""
    return round(float(milliseconds) * 1000) if milliseconds else None


@dataclass(frozen=True)
class Row:
    """A planned request."""

    fields: dict

    def __getitem__(self, name):
        return self.fields[name]

    @property
    def succeeded(self):
        return self["error"] == ""

    @property
    def latency_us(self):
        return micros(self["latency_ms"])

    @property
    def stages(self):
        """{stage: us} of the stages that are present."""
        lengths = {stage: micros(self[f"{stage}_ms"]) for stage in STAGES}
        return {stage: length for stage, length in lengths.items() if length is not None}

    @property
    def exchange(self):
        """What requests of one HTTP exchange share, unique within a phase; None if there was none."""
        if self["batch_id"]:
            return (self["repetition"], "batch", self["batch_id"])
        return (self["repetition"], "request", self["seq"]) if self["conn_id"] else None


class Log:
    """The files of results/<run>."""

    def __init__(self, folder):
        self.folder = folder
        self.comparison = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
        self.manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        self.run = self.manifest["run_id"]

    @cached_property
    def rows(self):
        """{phase: [Row]}"""
        return {phase: self._rows(phase) for phase in PHASES}

    def _rows(self, phase):
        with open(self.folder / f"{phase}.csv", encoding="utf-8", newline="") as file:
            return [Row(fields) for fields in csv.DictReader(file)]

    def exchanges(self, phase):
        """One row of each HTTP exchange."""
        return list({row.exchange: row for row in self.rows[phase] if row.exchange}.values())

    def connections(self, phase):
        """One row of each connection, the last, whose counters are the highest."""
        return list({(row["repetition"], row["conn_id"]): row for row in self.rows[phase] if row["conn_id"]}.values())

    def percentile_us(self, phase, share):
        """Nearest rank over all planned requests; infinite where the rank falls on a failure."""
        rows = self.rows[phase]
        latencies = sorted(row.latency_us if row.succeeded else math.inf for row in rows)
        return latencies[math.ceil(share * len(rows)) - 1]

    @property
    def percentile_limit(self):
        """(share, limit in us) of the SLA's line on a percentile."""
        for line in self.manifest["sla"]:
            if line["metric"].startswith("p"):
                return float(line["metric"][1:].replace("_", ".")) / 100, line["limit_us"]
        raise AssertionError("the run has no SLA line on a percentile")

    @property
    def slowest(self):
        """The request that took longest."""
        return max((row for phase in PHASES for row in self.rows[phase] if row.latency_us), key=lambda row: row.latency_us)
