"""What a gauge showed when it was scraped, told from rows that say when something began and ended."""

import math
from functools import lru_cache

from log import PHASES, micros

# telemetry reads the engine's figures every 200 ms; ten times that, for a machine that is busy
BEHIND_MS = 2_000
# Prometheus may move the instant of a scrape by 2 ms, and clocks are set
CLOCK_MS = 10
# of the instants of a line
NEARLY_ALL = 0.85


def within(spans, from_ms, to_ms):
    """(fewest, most) of the spans [(begin, end)] in ms that are on at one instant of an interval."""
    on = sum(begin <= from_ms < end for begin, end in spans)
    fewest = most = on
    changes = [(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans]
    for at, change in sorted(changes):
        if from_ms < at <= to_ms:
            on += change
            fewest, most = min(fewest, on), max(most, on)
    return fewest, most


def gauge(spans_of, selector, *labels, behind_ms=BEHIND_MS, is_told=lambda facts, scrape: True):
    """A check of a gauge's lines: spans_of(facts) makes {label values: spans}, the selector finds when it was scraped,
    is_told(facts, scrape in ms) says whether the spans are all there was then."""

    def check(answer, facts):
        spans = spans_of(facts)
        lines = {tuple(metric.get(label, "") for label in labels): points for metric, points in answer}
        assert lines.keys() == spans.keys(), f"{sorted(lines)} instead of {sorted(spans)}"
        scrapes = scraped(facts, selector)
        # of all lines together: a phase may be over before there was a scrape that tells something for certain
        told, wrong = 0, []
        for key, points in lines.items():
            for at, value in points:
                scrape = max(begin for begin in scrapes if begin <= round(at * 1000))
                if not is_told(facts, scrape):
                    continue
                fewest, most = within(spans[key], scrape - behind_ms, scrape + scrapes[scrape] + CLOCK_MS)
                told += fewest > 0
                if not fewest <= value <= most:
                    wrong.append(f"{key} at {at}: {value} is not within {fewest}..{most}")
        assert told > 1, f"something for certain at {told} instants only"
        # a machine that stands still makes a figure older than that
        assert len(wrong) <= (1 - NEARLY_ALL) * told, f"{len(wrong)} of {told} differ: {wrong[:5]}"

    return check


@lru_cache(maxsize=None)
def scraped(facts, selector):
    """{when a series was scraped: how long that took}, in ms."""
    answer = facts.prometheus.raw(selector.replace("$run", facts.log.run), facts.run)
    jobs = {metric["job"] for metric, _ in answer}
    lengths = facts.prometheus.raw(f'scrape_duration_seconds{{job=~"{"|".join(jobs)}"}}', facts.run)
    took = {at: seconds * 1000 for _, points in lengths for at, seconds in points}
    return {at: took[at] for _, points in answer for at, _ in points}


def requests_on(facts):
    """{(phase,): [(due, end)]} in ms since 1970."""
    return {(phase,): [_span(facts, row, 0) for row in facts.log.rows[phase]] for phase in PHASES}


def connections_on(facts):
    """{(phase,): [(begins to open, closed)]} in ms; a connection is kept until its repetition ends, or with a connection
    a request until that ends."""
    return {(phase,): _connections(facts, phase) for phase in PHASES}


def _connections(facts, phase):
    rows = [row for row in facts.log.rows[phase] if row["conn_id"]]
    kept = facts.log.manifest["scenario"][phase]["connections"] != "per_request"
    spans = {}
    for row in rows:
        before = sum(row.stages.get(stage, 0) for stage in ("queue", "retry"))
        begin, end = _span(facts, row, before)
        key = (row["repetition"], row["conn_id"])
        first, last = spans.get(key, (math.inf, 0.0))
        spans[key] = (min(first, begin), max(last, end))
    if kept:
        ends = {repetition: max(end for (of, _), (_, end) in spans.items() if of == repetition) for repetition, _ in spans}
        spans = {key: (begin, ends[key[0]]) for key, (begin, _) in spans.items()}
    return list(spans.values())


def _span(facts, row, skipped_us):
    due = facts.log.started_us(row) + micros(row["due_ms"])
    return (due + skipped_us) / 1000, (due + row.latency_us) / 1000
