"""What the mock's own metrics must show, from its truth logs. Each repetition has a mock of its own that counts from 0."""

import math
from bisect import bisect_right
from functools import lru_cache

from expected import agree
from moving import WINDOW_MS, Counted, percentile_line, rate, summed
from rows_instant import scraped

ENDED = "spanload_mock_requests_total"
# a repetition's mock starts a moment before it and is scraped until a moment after
EDGE_MS = 50


@lru_cache(maxsize=None)
def repetitions(facts):
    """The repetitions of both phases in the order of time: [(begin ms, end ms, exchanges)]."""
    parts = [part for part in facts.log.manifest["repetitions"] if part["phase"] in facts.log.rows]
    parts.sort(key=lambda part: part["started_unix_us"])
    return [
        (
            part["started_unix_us"] / 1000,
            (part["started_unix_us"] + part["health"]["wall_us"]) / 1000,
            facts.log.truth(part["phase"], part["repetition"]),
        )
        for part in parts
    ]


@lru_cache(maxsize=None)
def _mocks(facts):
    """A Counted a repetition, and the instants of scrapes that cannot be told to be of one: calibration, say."""
    answer = facts.prometheus.raw(ENDED, facts.run)
    numbers = summed({(key, at): value for key, (_, points) in enumerate(answer) for at, value in points}, lambda key: key[1])
    every = repetitions(facts)
    scrapes, unknown = [[] for _ in every], []
    for at in scraped(facts, "spanload_mock_replicas_busy"):
        number = round(numbers.get(at, 0))
        begun = sum(begin - EDGE_MS <= at for begin, _, _ in every) - 1
        if begun >= 0 and (at <= every[begun][1] + EDGE_MS or number == len(every[begun][2])):
            scrapes[begun].append((at, number))
        elif begun + 1 < len(every) and number == 0:
            scrapes[begun + 1].append((at, 0))
        else:
            unknown.append(at)
    return [Counted(exchanges, known) for (_, _, exchanges), known in zip(every, scrapes)], unknown


def _samples(facts, weight, from_start):
    mocks, _ = _mocks(facts)
    return [sample for mock in mocks for sample in mock.samples(weight, from_start)]


def _shown(facts, figure):
    """Only while a repetition is on, and where each scrape of the window is known."""
    _, unknown = _mocks(facts)

    def at_an_instant(at):
        return figure(at) if _is_known(facts, unknown, at) else None

    return at_an_instant


def _is_known(facts, unknown, at):
    return _is_on(facts, at) and not any(at - WINDOW_MS < one <= at for one in unknown)


def _is_on(facts, at):
    scrapes, running = _running(facts)
    place = bisect_right(scrapes, at) - 1
    return place >= 0 and running[place] > 0


@lru_cache(maxsize=None)
def _running(facts):
    """When the run was scraped, in ms, and in how many phases a repetition was on then."""
    answer = facts.prometheus.raw(f'spanload_phase_running{{run="{facts.log.run}"}}', facts.run)
    on = summed({(key, at): value for key, (_, points) in enumerate(answer) for at, value in points}, lambda key: key[1])
    return sorted(on), [on[at] for at in sorted(on)]


def _known_points(answer, facts):
    """The points of an answer that can be told."""
    _, unknown = _mocks(facts)
    return [
        (metric, [(at, value) for at, value in points if _is_known(facts, unknown, round(at * 1000))])
        for metric, points in answer
    ]


def exchange_lines(answer, facts):
    """By endpoint and status."""
    path = facts.log.manifest["scenario"]["target"]["path"]
    batch_path = facts.log.manifest["scenario"]["target"]["batch_path"]

    def endpoint(exchange):
        return batch_path if exchange.size > 1 else path

    kinds = {(endpoint(one), one.status) for _, _, exchanges in repetitions(facts) for one in exchanges}
    wanted = {}
    for kind in kinds:
        samples = _samples(facts, lambda one, kind=kind: 1.0 if (endpoint(one), one.status) == kind else None, False)
        wanted[kind] = _shown(facts, lambda at, samples=samples: rate(samples, at))
    agree(wanted, _known_points(answer, facts), ("endpoint", "status"), facts.run)


def percentile(metric, share, seconds):
    """A check of the percentile of seconds(exchange)."""

    def check(answer, facts):
        found = facts.prometheus.raw(f"{metric}_bucket", facts.run)
        bounds = sorted({float(labels["le"].replace("+Inf", "inf")) for labels, _ in found})
        assert bounds[-1] == math.inf
        mocks, _ = _mocks(facts)
        buckets = {(bound,): [] for bound in bounds}
        for mock in mocks:
            for bound, samples in mock.buckets(bounds, seconds).items():
                buckets[bound,] += samples
        wanted = {(): _shown(facts, percentile_line(share, buckets))}
        agree(wanted, _known_points(answer, facts), (), facts.run)

    return check


def is_on(facts, scrape):
    """Whether a repetition was on: between them other mocks answer, which no truth log of a phase has."""
    return any(begin + EDGE_MS <= scrape <= end - EDGE_MS for begin, end, _ in repetitions(facts))


def busy(facts):
    """{(): [(a replica taken, the answer handed over)]} in ms since 1970."""
    return {(): [(dequeued, done) for _, dequeued, done in _exchanges_on(facts)]}


def waiting(facts):
    """{(): [(read, a replica taken)]} in ms since 1970."""
    return {(): [(received, dequeued) for received, dequeued, _ in _exchanges_on(facts)]}


def _exchanges_on(facts):
    found = []
    for _, _, exchanges in repetitions(facts):
        start = facts.log.mock_start_ms(exchanges)
        for one in exchanges:
            if one.dequeued_us is not None:
                found.append(tuple(start + at / 1000 for at in (one.received_us, one.dequeued_us, one.done_us)))
    return found
