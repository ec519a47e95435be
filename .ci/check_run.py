"""Checks a finished quick run of the main job: what its files say twice they say alike, whatever the machine did meanwhile.

    check_run.py RUN EXIT_CODE

Whether the SLA was met is for the run to say: a machine that is busy may miss it honestly. That the exit code, the verdict and
the rows agree holds on any.
"""

import csv
import json
import math
import pathlib
import sys

REQUESTS = 200
EXIT_CODES = {"met": 0, "missed": 99}
STAGES = ("queue", "retry", "dns", "connect", "tls", "send", "wait", "receive")


def micros(field):
    """Whole microseconds of milliseconds with three decimals."""
    return round(float(field) * 1000)


def p95_ms(rows):
    """Nearest rank over all planned requests; None where it falls on one that did not succeed."""
    latencies = sorted(micros(row["latency_ms"]) if row["error"] == "" else math.inf for row in rows)
    latency = latencies[math.ceil(0.95 * len(latencies)) - 1]
    return None if math.isinf(latency) else latency / 1000


def equal(what, one, other):
    """Raises where two accounts of the same thing differ."""
    if one != other:
        raise AssertionError(f"{what}: {one!r} and {other!r}")


def check_phase(phase, rows, summary):
    """The rows of a phase against its figures, and their stages against their latency."""
    equal(f"{phase}: requests", sorted(int(row["seq"]) for row in rows), list(range(REQUESTS)))
    errors = [row["error"] for row in rows]
    counts = {"planned": len(rows), "succeeded": errors.count(""), "unsent": errors.count("unsent")}
    counts["failed"] = len(rows) - counts["succeeded"] - counts["unsent"]
    equal(f"{phase}: counts", {key: summary[key] for key in counts}, counts)
    for row in rows:
        stages = sum(micros(row[f"{stage}_ms"]) for stage in STAGES if row[f"{stage}_ms"])
        equal(f"{phase}: stages of {row['seq']}", stages, micros(row["latency_ms"] or "0"))
    equal(f"{phase}: P95", summary["latency_ms"]["p95"], p95_ms(rows))


def check_verdict(comparison, rows, exit_code):
    """The verdict against the rows, the exit code against the verdict."""
    (line,) = comparison["sla"]
    equal("the line's P95", [line["before_ms"], line["after_ms"]], [p95_ms(rows["before"]), p95_ms(rows["after"])])
    met = line["after_ms"] is not None and line["after_ms"] <= line["limit_ms"]
    equal("the line's verdict", line["verdict"], "met" if met else "missed")
    equal("answers that differ", comparison["quality"]["different"], 0)
    equal("the verdict", comparison["verdict"], line["verdict"])
    equal("the exit code", [comparison["exit_code"], exit_code], [EXIT_CODES[comparison["verdict"]]] * 2)


def check_answers(run, comparison, rows):
    """Which answers were compared, and that all that are kept are whole."""
    answered = [{row["seq"] for row in rows[phase] if row["error"] == ""} for phase in rows]
    equal("answers that were compared", comparison["quality"]["compared"], len(set.intersection(*answered)))
    kept = [json.loads(line)["digest"] for line in (run / "answers.jsonl").read_text().splitlines()]
    equal("answers that are kept", len(kept), len(set(kept)))


def check(run, exit_code):
    """All of it."""
    comparison = json.loads((run / "comparison.json").read_text())
    manifest = json.loads((run / "manifest.json").read_text())
    json.loads((run / "analysis.json").read_text())
    rows = {phase: list(csv.DictReader((run / f"{phase}.csv").open())) for phase in ("before", "after")}
    for phase in rows:
        check_phase(phase, rows[phase], comparison["phases"][phase])
    check_verdict(comparison, rows, exit_code)
    check_answers(run, comparison, rows)
    equal("the plan's digest", comparison["plan_digest"], manifest["plan"]["digest"])
    script = list(csv.DictReader((run / "input_py.csv").open()))
    equal("requests of the script", [len(script), comparison["baseline_script"]["requests"]], [REQUESTS] * 2)
    equal("rows of comparison.csv", len(list(csv.DictReader((run / "comparison.csv").open()))), 23)
    assert "<html" in (run / "report.html").read_text(), "the page is none"
    assert (run / "metrics.prom").read_text().endswith("# EOF\n"), "the exposition is not whole"
    print(f"the outputs parse and agree; SLA {comparison['verdict']}")


if __name__ == "__main__":
    check(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
