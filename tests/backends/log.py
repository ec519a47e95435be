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


@dataclass(frozen=True)
class Exchange:
    """An exchange as the mock's truth log has it; instants in us since that mock's start, `dequeued_us` absent if no replica
    took it."""

    trace_id: str
    status: str
    size: int
    received_us: int
    dequeued_us: int
    done_us: int


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

    @cached_property
    def sent(self):
        """{trace id: Row} of whatever the run sent; calibration and single calls are of no phase, but have traces."""
        return {row["trace_id"]: row for part in (*PHASES, "calibration", "single_calls") for row in self._rows(part)}

    def _rows(self, part):
        with open(self.folder / f"{part}.csv", encoding="utf-8", newline="") as file:
            return [Row(fields) for fields in csv.DictReader(file)]

    def exchanges(self, phase):
        """One row of each HTTP exchange."""
        return list({row.exchange: row for row in self.rows[phase] if row.exchange}.values())

    def connections(self, phase):
        """One row of each connection, the last, whose counters are the highest."""
        return list({(row["repetition"], row["conn_id"]): row for row in self.rows[phase] if row["conn_id"]}.values())

    def started_us(self, row):
        """Start of a row's repetition, in us since 1970."""
        return self._starts[row["phase"], row["repetition"]]

    @cached_property
    def _starts(self):
        parts = self.manifest["repetitions"]
        return {(part["phase"], str(part["repetition"])): part["started_unix_us"] for part in parts}

    def truth(self, phase, repetition):
        """[Exchange] of the mock of a repetition, in the order in which it counted them."""
        with open(self.folder / f"truth_{phase}-{repetition}.csv", encoding="utf-8", newline="") as file:
            rows = {row["exchange_id"]: row for row in csv.DictReader(file)}
        return [
            Exchange(
                trace_id=row["trace_id"],
                status=row["status"],
                size=int(row["batch_size"]),
                received_us=int(row["received_us"]),
                dequeued_us=int(row["dequeued_us"]) if row["dequeued_us"] else None,
                done_us=int(row["done_us"]),
            )
            for _, row in sorted(rows.items(), key=lambda one: int(one[0]))
        ]

    def percentile_us(self, phase, share):
        """Nearest rank over all planned requests; infinite where the rank falls on a failure."""
        rows = self.rows[phase]
        latencies = sorted(row.latency_us if row.succeeded else math.inf for row in rows)
        return latencies[math.ceil(share * len(rows)) - 1]

    @property
    def percentile_line(self):
        """The SLA's line on the highest percentile, the maximum being the highest of all; None without one."""
        lines = [(share, line) for line in self.manifest["sla"] if (share := _share(line["metric"])) is not None]
        return max(lines, key=lambda one: one[0])[1] if lines else None

    @property
    def percentile_limit(self):
        """(share, limit in us) of that line; None without one."""
        line = self.percentile_line
        return (_share(line["metric"]), line["limit_us"]) if line else None

    @property
    def slowest(self):
        """The request that took longest."""
        return max((row for phase in PHASES for row in self.rows[phase] if row.latency_us), key=lambda row: row.latency_us)


def _share(metric):
    """The percentile that a line of the SLA is on, as a share of 1; None if it is on something else."""
    if metric == "max":
        return 1.0
    return float(metric[1:].replace("_", ".")) / 100 if metric.startswith("p") else None
