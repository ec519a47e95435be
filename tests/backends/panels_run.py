"""What the panels of the dashboard `spanload-run` must return."""

from bisect import bisect_right

from expected import agree, close, each_phase, equals, moving, percentile
from log import PHASES, STAGES
from moving import rate
from rows_instant import CLOCK_MS, requests_on, scraped
from rows_moving import ended_rates, mean_by_stage as moving_mean_by_stage, planned_percentile, ttfb_percentile

PERCENTILES = (("P50", 0.5), ("P95", 0.95), ("P99", 0.99))


def planned(log, phase):
    return len(log.rows[phase])


def outcome(word):
    return each_phase(lambda log, phase: log.comparison["phases"][phase][word])


def latencies(log, phase):
    return [row.latency_us / 1e6 for row in log.rows[phase] if row.latency_us is not None]


def mean(log, phase):
    return sum(latencies(log, phase)) / planned(log, phase)


def slow_rows(log, phase):
    if log.percentile_limit is None:
        return []
    _, limit_us = log.percentile_limit
    return [row for row in log.rows[phase] if row.latency_us is not None and row.latency_us > limit_us]


def stage_sums(rows):
    """{stage: seconds} of the stages that are present in any of the rows."""
    present = {stage for row in rows for stage in row.stages}
    return {stage: sum(row.stages.get(stage, 0) for row in rows) / 1e6 for stage in STAGES if stage in present}


def mean_by_stage(facts):
    return {
        (phase, stage): total / planned(facts.log, phase)
        for phase in PHASES
        for stage, total in stage_sums(facts.log.rows[phase]).items()
    }


def shares_above_the_limit(answer, facts):
    """Signed like the log's; stages that no slow request has may be there with 0."""
    for phase in PHASES:
        sums = stage_sums(slow_rows(facts.log, phase))
        actual = {metric["stage"]: value for metric, value in answer if metric["phase"] == phase}
        assert bool(actual) == bool(sums), f"{phase}: {actual} instead of {sums}"
        for stage in actual.keys() | sums.keys():
            close(actual.get(stage, 0.0), sums.get(stage, 0.0) / sum(sums.values()))


def limits(facts):
    return {
        (line["metric"], "seconds" if "limit_ms" in line else "ratio"): line_limit(line)
        for line in facts.log.comparison["sla"]
    }


def line_limit(line):
    return line["limit_ms"] / 1e3 if "limit_ms" in line else line["limit"]


def values(phase):
    def wanted(facts):
        lines = facts.log.comparison["sla"]
        figures = {
            line["metric"]: line[f"{phase}_ms"] if "limit_ms" in line else line[phase] for line in lines
        }
        scale = {line["metric"]: 1e-3 if "limit_ms" in line else 1.0 for line in lines}
        return {metric: value * scale[metric] for metric, value in figures.items() if value is not None}

    return wanted


def limit_line(answer, facts):
    ((metric, points),) = answer
    _, limit_us = facts.log.percentile_limit
    assert metric["metric"] == facts.log.percentile_line["metric"], metric
    assert {value for _, value in points} == {limit_us / 1e6}, points


def heatmap(answer, facts):
    """Buckets that got a request are those that hold one, and no others."""
    bounds = facts.prometheus.bounds("spanload_latency_seconds", facts.log.run, facts.run.end)
    cumulative = {float(metric["le"].replace("+Inf", "inf")): points for metric, points in answer}
    assert sorted(cumulative) == bounds, f"{sorted(cumulative)} instead of {bounds}"
    successes = [row.latency_us / 1e6 for phase in PHASES for row in facts.log.rows[phase] if row.succeeded]
    totals_by_bound = [sum(value for _, value in cumulative[bound]) for bound in bounds]
    for lower, upper, below, total in zip([0.0, *bounds], bounds, [0.0, *totals_by_bound], totals_by_bound):
        held = sum(lower < latency <= upper for latency in successes)
        assert bool(held) == (total - below > 1e-6), f"bucket {lower}..{upper}: {held} requests, heat {total - below}"


def stage_lines(answer, facts):
    agree(moving_mean_by_stage(facts), answer, ("stage",), facts.run)


def offered(answer, facts):
    """The counter is never beyond what was due when it was scraped, and has all at the end; the lines are its rates. How
    far it may be behind depends on the machine."""
    lines = {}
    for (phase,), spans in requests_on(facts).items():
        selector = f'spanload_due_requests_total{{run="$run",phase="{phase}"}}'
        ((_, points),) = facts.prometheus.raw(selector.replace("$run", facts.log.run), facts.run)
        due, took = sorted(begin for begin, _ in spans), scraped(facts, selector)
        for at, value in points:
            most = bisect_right(due, at + took[at] + CLOCK_MS)
            assert value <= most, f"{phase} at {at}: {value}, but {most} were due"
        assert points[-1][1] == len(due), f"{phase}: {points[-1][1]} of {len(due)} at the end"
        lines[phase,] = lambda at, points=points: rate(points, at)
    agree(lines, answer, ("phase",), facts.run)


def no_percentile_line(answer, facts):
    """Mapped to these words, in a run whose SLA limits no percentile."""
    assert facts.log.percentile_limit is None
    ((_, value),) = answer
    close(value, -1.0)


def limit_share(facts):
    return facts.log.percentile_limit[0]


def limit_seconds(facts):
    return facts.log.percentile_limit[1] / 1e6


def met(facts):
    return {line["metric"]: float(line["verdict"] == "met") for line in facts.log.comparison["sla"]}


def verdict(facts):
    return {facts.log.run: float(facts.log.comparison["verdict"] == "met")}


CHECKS = {
    ("Verdict", "A"): equals(verdict, "run"),
    ("P$q as a share of its limit", "A"): percentile(limit_share, divided_by=limit_seconds),
    ("P$q as a share of its limit", "B"): no_percentile_line,
    ("SLA lines", "limit"): equals(limits, "metric", "unit"),
    ("SLA lines", "before"): equals(values("before"), "metric"),
    ("SLA lines", "after"): equals(values("after"), "metric"),
    ("SLA lines", "met"): equals(met, "metric"),
    **{("Latency of the whole phase", ref): percentile(share) for ref, share in PERCENTILES},
    ("Latency of the whole phase", "mean"): equals(each_phase(mean), "phase"),
    ("Planned requests", "planned"): equals(each_phase(planned), "phase"),
    ("Planned requests", "succeeded"): equals(outcome("succeeded"), "phase"),
    ("Planned requests", "failed"): equals(outcome("failed"), "phase"),
    ("Planned requests", "unsent"): equals(outcome("unsent"), "phase"),
    ("Planned requests", "slow"): equals(each_phase(lambda log, phase: len(slow_rows(log, phase))), "phase"),
    **{
        ("Latency percentiles against the SLA", ref): moving(planned_percentile(share), "phase")
        for ref, share in PERCENTILES
    },
    ("Latency percentiles against the SLA", "limit"): limit_line,
    ("Latency heatmap", "A"): heatmap,
    ("Requests offered and achieved, a second", "A"): moving(ended_rates, "phase", "outcome"),
    ("Requests offered and achieved, a second", "B"): offered,
    **{("Time to first byte", ref): moving(ttfb_percentile(share), "phase") for ref, share in PERCENTILES[:2]},
    ("Mean time by stage", "A"): stage_lines,
    ("Mean latency by stage, whole phase", "A"): equals(mean_by_stage, "phase", "stage"),
    ("Where requests above the limit spend their time", "A"): shares_above_the_limit,
}
