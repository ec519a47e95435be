"""The counters of a run as its rows make them, phase by phase: what `expected` compares moving lines with."""

from functools import lru_cache

from log import PHASES, STAGES, micros
from moving import Counted, percentile_line, quotient, rate, rates, summed

OUTCOMES = ("success", "failed", "unsent")
SERVER = {"queue": "server_queue_ms", "compute": "server_compute_ms"}


@lru_cache(maxsize=None)
def counted(facts, phase):
    """The phase's rows; the log has them in the order in which telemetry counts them."""
    answer = facts.prometheus.raw(f'spanload_requests_total{{run="{facts.log.run}",phase="{phase}"}}', facts.run)
    numbers = summed({(key, at): value for key, (_, points) in enumerate(answer) for at, value in points}, lambda key: key[1])
    return Counted(facts.log.rows[phase], [(at, round(number)) for at, number in sorted(numbers.items())])


def _outcome(row):
    if row["error"] == "unsent":
        return "unsent"
    return "success" if row.succeeded else "failed"


def _only(outcome, figure):
    return lambda row: figure(row) if _outcome(row) == outcome else None


def latency(row):
    """In seconds."""
    return row.latency_us / 1e6


def ended(facts, phase):
    """Requests by outcome: {outcome: samples}."""
    rows = counted(facts, phase)
    return {word: rows.samples(_only(word, lambda _: 1.0)) for word in OUTCOMES}


def planned_percentile(share):
    """The percentile over the requests that ended, failures above every bound."""

    def line(facts, phase):
        rows, bounds = counted(facts, phase), facts.prometheus.bounds("spanload_latency_seconds", facts.log.run, facts.run.end)
        buckets = {
            ("success", bound): samples for bound, samples in rows.buckets(bounds, _only("success", latency)).items()
        }
        buckets["failed", bounds[-1]] = rows.samples(_only("failed", lambda _: 1.0))
        return {(phase,): percentile_line(share, buckets)}

    return line


def ttfb_percentile(share):
    """Over the successes that have a first byte."""

    def ttfb(row):
        length = micros(row["ttfb_ms"])
        return None if length is None else length / 1e6

    def line(facts, phase):
        bounds = facts.prometheus.bounds("spanload_ttfb_seconds", facts.log.run, facts.run.end)
        buckets = counted(facts, phase).buckets(bounds, _only("success", ttfb))
        return {(phase,): percentile_line(share, {(bound,): samples for bound, samples in buckets.items()})}

    return line


def mean_by_stage(facts):
    """Both phases together: {(stage,): figure at an instant}."""
    sums, ends = {}, {}
    for phase in PHASES:
        rows = counted(facts, phase)
        for stage in STAGES:
            for reused in ("true", "false"):
                sums[stage, reused, phase] = rows.samples(_stage(stage, reused), from_start=False)
        ends.update({(word, phase): samples for word, samples in ended(facts, phase).items()})

    def figure(stage):
        def at_an_instant(at):
            below = sum(rates(ends, at).values())
            return quotient(summed(rates(sums, at), lambda key: key[0]).get(stage), below)

        return at_an_instant

    return {(stage,): figure(stage) for stage in STAGES}


def _stage(stage, reused):
    def weight(row):
        is_reused = "true" if row["conn_reused"] == "true" else "false"
        length = row.stages.get(stage)
        return None if length is None or is_reused != reused else length / 1e6

    return weight


def leaders(facts, phase):
    """Ids of the rows with which an exchange is counted: the first of each."""
    seen = {}
    for row in facts.log.rows[phase]:
        if row.exchange:
            seen.setdefault(row.exchange, row["trace_id"])
    return set(seen.values())


def once_an_exchange(facts, phase, figure):
    """Takes figure(row) of the rows that lead, and nothing of others."""
    leading = leaders(facts, phase)
    return lambda row: figure(row) if row["trace_id"] in leading else None


def server_seconds(what):
    """What the server says of itself in a row, None if nothing."""

    def figure(row):
        length = micros(row[SERVER[what]])
        return None if length is None else length / 1e6

    return figure


def server_percentile(what, share):
    """Over the exchanges that reported."""

    def line(facts, phase):
        bounds = facts.prometheus.bounds(f"spanload_server_{what}_seconds", facts.log.run, facts.run.end)
        buckets = counted(facts, phase).buckets(bounds, once_an_exchange(facts, phase, server_seconds(what)))
        return {(phase,): percentile_line(share, {(bound,): samples for bound, samples in buckets.items()})}

    return line


def exchange_percentile(share):
    """Over the exchanges of a status, without the client's queue."""

    def service(row):
        return (row.latency_us - row.stages.get("queue", 0)) / 1e6

    def line(facts, phase):
        bounds = facts.prometheus.bounds("http_client_request_duration_seconds", facts.log.run, facts.run.end)
        lines = {}
        for status in {row["status"] for row in facts.log.exchanges(phase)}:
            buckets = {}
            for word in {row["error"] for row in facts.log.exchanges(phase) if row["status"] == status}:
                of = once_an_exchange(facts, phase, _alike(status, word, service))
                for bound, samples in counted(facts, phase).buckets(bounds, of, from_start=False).items():
                    buckets[word, bound] = samples
            lines[phase, status] = percentile_line(share, buckets)
        return lines

    return line


def _alike(status, word, figure):
    return lambda row: figure(row) if (row["status"], row["error"]) == (status, word) else None


def counter_rates(weight, *, of_leaders=False):
    """{(phase,): figure} of the counter to which a row adds weight(row)."""

    def line(facts, phase):
        added = once_an_exchange(facts, phase, weight) if of_leaders else weight
        samples = counted(facts, phase).samples(added)
        return {(phase,): lambda at: rate(samples, at)}

    return line


def batch_size(facts, phase):
    """Mean requests of an exchange."""
    rows = counted(facts, phase)
    size = rows.samples(once_an_exchange(facts, phase, lambda row: float(row["batch_size"] or 1)))
    number = rows.samples(once_an_exchange(facts, phase, lambda _: 1.0))
    return {(phase,): lambda at: quotient(rate(size, at), rate(number, at))}


def ended_rates(facts, phase):
    """{(phase, outcome): figure}"""
    found = ended(facts, phase)
    return {(phase, word): (lambda at, samples=samples: rate(samples, at)) for word, samples in found.items()}


def failure_rates(facts, phase):
    """{(phase, error): figure}, gaps where none failed."""

    def figure(word):
        samples = counted(facts, phase).samples(lambda row: 1.0 if row["error"] == word else None)
        return lambda at: rate(samples, at) or None

    words = {row["error"] for row in facts.log.rows[phase] if row["error"]}
    return {(phase, word): figure(word) for word in words}


def syn_retransmits(row):
    """Counted with the request that opened the connection."""
    return float(row["syn_retransmits"] or 0) if row["conn_reused"] == "false" else None


def retransmits(row):
    """Counted once an exchange."""
    return float(row["retransmits"] or 0)
