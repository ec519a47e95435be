"""Moving lines recomputed from rows: what `rate` and `histogram_quantile` make of counters that count these rows, at the
instants at which Prometheus scraped them.

Sources: Prometheus' promql/functions.go (extrapolatedRate) and promql/quantile.go (BucketQuantile).
"""

import math
from bisect import bisect_left

import grafana

WINDOW_MS = round(1000 * float(grafana.global_values(0, 1)["__rate_interval"].removesuffix("s")))
# beyond this many mean distances between scrapes a series is taken to begin or end within the window
GAP = 1.1
# rounding of a rank, relative
TIE = 1e-9


def rate(samples, at_ms):
    """Increase a second of a counter's samples [(ms, value)] over the window that ends at an instant; None without two.
    A lower value is a restart from 0."""
    inside = [sample for sample in samples if at_ms - WINDOW_MS < sample[0] <= at_ms]
    if len(inside) < 2:
        return None
    (first_ms, first), (last_ms, last) = inside[0], inside[-1]
    increase = last - first
    increase += sum(value for (_, value), (_, following) in zip(inside, inside[1:]) if following < value)
    sampled = last_ms - first_ms
    mean = sampled / (len(inside) - 1)
    to_start, to_end = first_ms - (at_ms - WINDOW_MS), at_ms - last_ms
    to_start = mean / 2 if to_start >= GAP * mean else to_start
    if increase > 0:
        to_start = min(to_start, sampled * first / increase)
    to_end = mean / 2 if to_end >= GAP * mean else to_end
    return increase * (sampled + to_start + to_end) / sampled / WINDOW_MS * 1000


def quantile(share, counts):
    """Of {upper bound: cumulative count}; None where nothing was counted."""
    bounds = sorted(counts)
    cumulative = [counts[bounds[0]]]
    for bound in bounds[1:]:
        # extrapolation may leave a bucket below the one before it
        cumulative.append(max(counts[bound], cumulative[-1]))
    if cumulative[-1] == 0:
        return None
    rank = share * cumulative[-1]
    at = bisect_left(cumulative, rank, hi=len(cumulative) - 1)
    if at == len(bounds) - 1:
        return bounds[-2]
    lower, below = (bounds[at - 1], cumulative[at - 1]) if at else (0.0, 0.0)
    return lower + (bounds[at] - lower) * (rank - below) / (cumulative[at] - below)


class Counted:
    """Rows in the order in which they were counted, with how many of them were at each scrape: [(ms, number)]."""

    def __init__(self, rows, scrapes):
        self.rows = rows
        self.scrapes = scrapes

    def samples(self, weight, from_start=True):
        """Samples of a counter to which a row adds weight(row), None being nothing. One that is not there from the
        start comes with its first row."""
        totals, total = [0.0 if from_start else None], None
        for row in self.rows:
            added = weight(row)
            if added is not None:
                total = (total or 0.0) + added
            totals.append(total if total is not None else totals[0])
        return [(at, totals[number]) for at, number in self.scrapes if totals[number] is not None]

    def buckets(self, bounds, value, from_start=True):
        """{upper bound: samples} of a histogram of value(row), None being no observation."""
        return {bound: self.samples(_at_most(bound, value), from_start) for bound in bounds}


def _at_most(bound, value):
    def weight(row):
        observed = value(row)
        return None if observed is None else float(observed <= bound)

    return weight


def rates(series, at_ms):
    """{key: rate} of {key: samples} at an instant, without those that have none."""
    found = {key: rate(samples, at_ms) for key, samples in series.items()}
    return {key: value for key, value in found.items() if value is not None}


def summed(figures, part):
    """{part(key): sum} of {key: figure}."""
    sums = {}
    for key, value in figures.items():
        sums[part(key)] = sums.get(part(key), 0.0) + value
    return sums


def quotient(above, below):
    """above / below, None where one is missing or nothing was counted."""
    return above / below if above is not None and below else None


def percentile_line(share, buckets):
    """Makes the figures, each as good, at an instant of {(…, upper bound): samples}, summed over all but the bound."""

    def figure(at_ms):
        counts = summed(rates(buckets, at_ms), lambda key: key[-1])
        # where the rank is that of a bound, the last digit decides between it and the next that is occupied
        return tuple(quantile(share * edge, counts) for edge in (1, 1 - TIE, 1 + TIE)) if math.inf in counts else None

    return figure
