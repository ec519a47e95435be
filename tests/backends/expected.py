"""What each query of each panel must return, told from the run's own files: {(dashboard, panel, ref): check}.

A check is given the answer and the facts, and raises where they disagree. A panel without an entry here fails.
"""

import math

from log import PHASES

RELATIVE = 1e-6
# a rate over four scrapes blurs what lies at the edges of a repetition, which lasts only a few seconds here
ROUGHLY = 0.3


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


def percentile(share, metric="spanload_latency_seconds", divided_by=lambda facts: 1.0):
    """A value a phase, within the bucket that holds the exact percentile, infinite where that is a failure."""

    def check(answer, facts):
        actual = by(answer, "phase")
        assert actual.keys() == set(PHASES), actual
        for phase, value in actual.items():
            exact = facts.percentile(phase, share(facts) if callable(share) else share)
            within_bucket(value * divided_by(facts), exact, facts, metric)

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


def between(lowest, highest, *labels, keys=None):
    """Lines whose values all lie between two figures of the log; `keys` makes the lines there must be."""

    def check(answer, facts):
        lines = series(answer, *labels)
        if keys:
            assert lines.keys() >= keys(facts), f"{sorted(lines)} lacks some of {sorted(keys(facts))}"
        low, high = lowest(facts), highest(facts)
        for key, values in lines.items():
            for value in values:
                assert low - 1e-9 <= value <= high * (1 + RELATIVE), f"{key}: {value} is not within {low}..{high}"

    return check


def totals(wanted, *labels):
    """Rates whose sum over the seconds is the log's total, roughly."""

    def check(answer, facts):
        actual = {key: sum(values) for key, values in series(answer, *labels).items()}
        for key, total in wanted(facts).items():
            if total:
                close(actual.get(key, 0.0), total, ROUGHLY)

    return check


