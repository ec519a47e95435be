"""What each query of each panel must return, told from the run's own files: {(dashboard, panel, ref): check}.

A check is given the answer and the facts, and raises where they disagree. A panel without an entry here fails.
"""

import math

from log import PHASES

RELATIVE = 1e-6
# instants of a line that are evidence
FEWEST = 4


class Facts:
    """A run, and what Prometheus has of its buckets."""

    def __init__(self, run, prometheus):
        self.run = run
        self.log = run.log
        self.prometheus = prometheus

    def bucket(self, metric, seconds):
        """(lower, upper) bound of the bucket that holds a value."""
        bounds = [0.0, *self.prometheus.bounds(metric, self.log.run, self.run.end)]
        return next((lower, upper) for lower, upper in zip(bounds, bounds[1:]) if seconds <= upper)

    def percentile(self, phase, share):
        """In seconds."""
        return self.log.percentile_us(phase, share) / 1e6

    def interpolated(self, phase, share):
        """The same as Prometheus can know it: from the counts in the buckets, even within one."""
        rows = self.log.rows[phase]
        latencies = [row.latency_us / 1e6 for row in rows if row.succeeded]
        rank, lower, below = share * len(rows), 0.0, 0
        for upper in self.prometheus.bounds("spanload_latency_seconds", self.log.run, self.run.end)[:-1]:
            count = sum(latency <= upper for latency in latencies)
            if count >= rank:
                return lower + (upper - lower) * (rank - below) / (count - below)
            lower, below = upper, count
        return math.inf


def close(actual, wanted, tolerance=RELATIVE):
    """Whether two figures are equal within a relative tolerance."""
    assert math.isclose(actual, wanted, rel_tol=tolerance, abs_tol=1e-9), f"{actual} instead of {wanted}"


def by(answer, *labels):
    """{label values: value} of an instant answer; one label is no tuple."""
    keys = [tuple(metric.get(label, "") for label in labels) for metric, _ in answer]
    assert len(keys) == len(set(keys)), f"{labels} do not tell the series apart: {keys}"
    return {key if len(labels) > 1 else key[0]: value for key, (_, value) in zip(keys, answer)}


def equals(wanted, *labels, tolerance=RELATIVE):
    """An instant answer that has exactly these series; `wanted` makes {label values: value} of the log."""

    def check(answer, facts):
        actual, expected = by(answer, *labels), wanted(facts)
        assert actual.keys() == expected.keys(), f"{sorted(actual)} instead of {sorted(expected)}"
        for key, value in expected.items():
            close(actual[key], value, tolerance)

    return check


def each_phase(figure):
    """{phase: figure(log, phase)}"""
    return lambda facts: {phase: figure(facts.log, phase) for phase in PHASES}


def percentile(share, divided_by=lambda facts: 1.0):
    """A value a phase: what the counts in the buckets give, and within the bucket that holds the exact percentile."""

    def check(answer, facts):
        actual = by(answer, "phase")
        assert actual.keys() == set(PHASES), actual
        for phase, value in actual.items():
            rank = share(facts) if callable(share) else share
            seconds = value * divided_by(facts)
            within_bucket(seconds, facts.percentile(phase, rank), facts, "spanload_latency_seconds")
            close(seconds, facts.interpolated(phase, rank))

    return check


def within_bucket(value, exact, facts, metric):
    """A value interpolated within the bucket that holds the exact one."""
    if math.isinf(exact):
        assert math.isinf(value), f"{value}, but the rank falls on a failure"
        return
    lower, upper = facts.bucket(metric, exact)
    # the last bucket has no upper bound; Prometheus answers with its lower one
    upper = lower if math.isinf(upper) else upper
    assert lower * (1 - RELATIVE) <= value <= upper * (1 + RELATIVE), f"{value} is not within {lower}..{upper}: {exact}"


def series(answer, *labels):
    """{label values: [value]} of a range answer."""
    return {tuple(metric.get(label, "") for label in labels): [v for _, v in points] for metric, points in answer}


# of a percentile of no observations
NOTHING = (None, None, None)


def agree(wanted, answer, labels, run):
    """Lines that are, at each instant, those recomputed: {label values: figure at an instant in ms}."""
    lines = {tuple(metric.get(label, "") for label in labels): dict(points) for metric, points in answer}
    unknown = lines.keys() - wanted.keys()
    assert not unknown, f"nothing was counted of {sorted(unknown)}"
    expected = {(key, at): wanted[key](round(at * 1000)) for key in wanted for at in instants(run)}
    expected = {place: value for place, value in expected.items() if value is not None and value != NOTHING}
    actual = {(key, at): value for key, points in lines.items() for at, value in points.items()}
    assert len(expected) >= FEWEST, f"only {len(expected)} instants to compare"
    places = sorted(expected.keys() | actual.keys())
    wrong = [place for place in places if not _same(expected.get(place), actual.get(place))]
    shown = [(*place, actual.get(place), expected.get(place)) for place in wrong[:5]]
    assert not wrong, f"{len(wrong)} of {len(places)} differ: {shown}"


def _same(expected, actual):
    if isinstance(expected, tuple):
        return any(_same(one, actual) for one in expected)
    if expected is None or actual is None:
        return expected is actual
    return math.isclose(expected, actual, rel_tol=RELATIVE, abs_tol=1e-9)


def instants(run):
    """When a line of a run is asked for, in seconds, as Prometheus writes it."""
    return [round(run.start + second, 3) for second in range(math.floor(run.end - run.start) + 1)]


def moving(line, *labels):
    """A check of lines a phase that line(facts, phase) recomputes."""

    def check(answer, facts):
        wanted = {}
        for phase in PHASES:
            wanted.update(line(facts, phase))
        agree(wanted, answer, labels, facts.run)

    return check
