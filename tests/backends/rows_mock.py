"""What the mock's own metrics must show, from its truth logs and, for the queue, its answers. Each repetition has a mock of its
own that counts from 0."""

import math
from bisect import bisect_right
from functools import lru_cache

from expected import agree
from log import PHASES, micros
from moving import WINDOW_MS, Counted, percentile_line, rate, summed

ENDED = "spanload_mock_requests_total"
START = "spanload_mock_start_time_seconds"
# around the instant of a scrape
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
    """A Counted a repetition, and the instants of scrapes of other mocks: of calibration, say."""
    numbers = _at_scrapes(facts, ENDED)
    starts = _at_scrapes(facts, START)
    every = repetitions(facts)
    own = [mock_start_ms(facts, begin) for begin, _, _ in every]
    scrapes, others = [[] for _ in every], []
    for at, start in sorted(starts.items()):
        if start * 1000 in own:
            scrapes[own.index(start * 1000)].append((at, round(numbers.get(at, 0))))
        else:
            others.append(at)
    return [Counted(exchanges, known) for (_, _, exchanges), known in zip(every, scrapes)], others


def mock_start_ms(facts, begin_ms):
    """When the mock of a repetition started, in ms since 1970: the last one before the repetition."""
    return max(start * 1000 for start in _at_scrapes(facts, START).values() if start * 1000 <= begin_ms)


@lru_cache(maxsize=None)
def _at_scrapes(facts, name):
    """{when it was scraped, in ms: sum of the series}"""
    answer = facts.prometheus.raw(name, facts.run)
    return summed({(key, at): value for key, (_, points) in enumerate(answer) for at, value in points}, lambda key: key[1])


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


@lru_cache(maxsize=None)
def _queues(facts):
    """{trace id: what the mock said of its queue in its answer, in us}: the truth log says when a request was begun to be
    read, not when it was read."""
    rows = [row for phase in PHASES for row in facts.log.rows[phase]]
    return {row["trace_id"]: micros(row["server_queue_ms"]) for row in rows if row["server_queue_ms"]}


def queue(facts):
    """Makes the time in the queue of an exchange, in seconds."""
    told = _queues(facts)

    def seconds(one):
        assert told[one.trace_id] <= one.dequeued_us - one.received_us, one
        return told[one.trace_id] / 1e6

    return seconds


def compute(_):
    """Makes the time of computing of an exchange, in seconds."""
    return lambda one: (one.done_us - one.dequeued_us) / 1e6


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


def percentile(metric, share, seconds_of):
    """A check of the percentile of seconds_of(facts)(exchange)."""

    def check(answer, facts):
        found = facts.prometheus.raw(f"{metric}_bucket", facts.run)
        bounds = sorted({float(labels["le"].replace("+Inf", "inf")) for labels, _ in found})
        assert bounds[-1] == math.inf
        mocks, _ = _mocks(facts)
        buckets = {(bound,): [] for bound in bounds}
        for mock in mocks:
            for bound, samples in mock.buckets(bounds, seconds_of(facts)).items():
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
    for begin, _, exchanges in repetitions(facts):
        start = mock_start_ms(facts, begin)
        for one in exchanges:
            if one.dequeued_us is not None:
                found.append(tuple(start + at / 1000 for at in (one.received_us, one.dequeued_us, one.done_us)))
    return found
