"""What the panels of the dashboards `spanload-client` and `spanload-mock` must return."""

import rows_mock
from expected import by, close, each_phase, equals, moving, series, within_bucket
from log import PHASES, micros
from rows_instant import connections_on, gauge, requests_on
from rows_moving import (
    SERVER,
    batch_size,
    counter_rates,
    exchange_percentile,
    failure_rates,
    retransmits as retransmits_of,
    server_percentile,
    syn_retransmits as syn_retransmits_of,
)


ACTIVE = 'spanload_active_requests{run="$run"}'
BUSY = "spanload_mock_replicas_busy"


def connects(log, phase):
    return len(log.connections(phase))


def syn_retransmits(log, phase):
    return sum(int(row["syn_retransmits"] or 0) for row in log.connections(phase))


def retransmits(log, phase):
    return sum(int(row["retransmits"] or 0) for row in log.exchanges(phase))


def reported(log, phase, what):
    """What the server said of each exchange, in seconds."""
    lengths = [micros(row[SERVER[what]]) for row in log.exchanges(phase)]
    return sorted(length / 1e6 for length in lengths if length is not None)


def server_mean(what):
    def figure(log, phase):
        times = reported(log, phase, what)
        return sum(times) / len(times)

    return each_phase(figure)


def server_p95(what):
    def check(answer, facts):
        actual = by(answer, "phase")
        assert actual.keys() == set(PHASES), actual
        for phase, value in actual.items():
            times = reported(facts.log, phase, what)
            exact = times[-(-len(times) * 95 // 100) - 1]
            within_bucket(value, exact, facts, f"spanload_server_{what}_seconds")

    return check


def failures(facts):
    return {
        (phase, word): count
        for phase in PHASES
        for word, count in facts.log.comparison["phases"][phase]["errors"].items()
        if word != "unsent"
    }


def lateness(answer, facts):
    """The log has the lateness of whole repetitions only: no line rises above the bucket of the greatest, and the highest
    99th percentile of a moment is not below the least of their medians."""
    lines = series(answer, "phase")
    assert lines.keys() == {(phase,) for phase in PHASES}, lines.keys()
    for (phase,), values in lines.items():
        health = [part["health"] for part in facts.log.manifest["repetitions"] if part["phase"] == phase]
        greatest = max(one["lag_max_us"] for one in health) / 1e6
        median = min(one["lag_p50_us"] for one in health) / 1e6
        bucket = facts.bucket("spanload_loop_lag_seconds", greatest)
        # above the last bound Prometheus answers with it
        highest = bucket[0] if bucket[1] == float("inf") else bucket[1]
        assert facts.bucket("spanload_loop_lag_seconds", median)[0] <= max(values) <= highest, (phase, max(values))


def spans(facts):
    """As printed and written into the manifest."""
    told = facts.log.manifest["telemetry"]["spans"]
    return {(word,): told[word] for word in ("exported", "failed", "dropped")}


def spans_created(answer, facts):
    told = facts.log.manifest["telemetry"]["spans"]
    ((_, created),) = answer
    close(created, told["created"])
    close(created, told["exported"] + told["failed"] + told["dropped"])


def samples_lost(answer, facts):
    ((_, lost),) = answer
    close(lost, facts.log.manifest["telemetry"]["samples_dropped"])


def repetitions(facts):
    return {phase: facts.log.manifest["plan"]["repetitions"] for phase in PHASES}


CLIENT = {
    ("Connections and what the kernel sent again", "connects"): equals(each_phase(connects), "phase"),
    ("Connections and what the kernel sent again", "SYN retransmissions"): equals(each_phase(syn_retransmits), "phase"),
    ("Connections and what the kernel sent again", "data retransmissions"): equals(each_phase(retransmits), "phase"),
    ("Retransmissions a second", "A"): moving(counter_rates(syn_retransmits_of, of_leaders=True), "phase"),
    ("Retransmissions a second", "B"): moving(counter_rates(retransmits_of, of_leaders=True), "phase"),
    ("Requests and connections in flight", "A"): gauge(requests_on, ACTIVE, "phase"),
    ("Requests and connections in flight", "B"): gauge(connections_on, ACTIVE, "phase"),
    ("Requests an exchange carries", "A"): moving(batch_size, "phase"),
    ("Server queue and compute, P95", "A"): moving(server_percentile("queue", 0.95), "phase"),
    ("Server queue and compute, P95", "B"): moving(server_percentile("compute", 0.95), "phase"),
    **{
        ("Server queue and compute, whole phase", f"{what} mean"): equals(server_mean(what), "phase", tolerance=1e-4)
        for what in SERVER
    },
    **{("Server queue and compute, whole phase", f"{what} P95"): server_p95(what) for what in SERVER},
    ("Server queue and compute, whole phase", "exchanges"): equals(
        each_phase(lambda log, phase: len(reported(log, phase, "compute"))), "phase"
    ),
    ("Failures by kind", "A"): equals(failures, "phase", "error"),
    ("Failures a second", "A"): moving(failure_rates, "phase", "error"),
    ("HTTP exchanges by status, P95", "A"): moving(
        exchange_percentile(0.95), "phase", "http_response_status_code"
    ),
    ("Lateness of the client's loop", "A"): lateness,
    ("Spans", "A"): equals(lambda facts: {word: count for (word,), count in spans(facts).items()}, "outcome"),
    ("Spans", "B"): spans_created,
    ("Samples that telemetry lost", "A"): samples_lost,
    ("Repetition and version", "A"): equals(repetitions, "phase"),
    ("Repetition and version", "B"): equals(lambda facts: {facts.log.manifest["version"]: 1.0}, "version"),
}

MOCK = {
    ("Exchanges answered a second", "A"): rows_mock.exchange_lines,
    ("Replicas busy and exchanges waiting", "A"): gauge(rows_mock.busy, BUSY, behind_ms=50, is_told=rows_mock.is_on),
    ("Replicas busy and exchanges waiting", "B"): gauge(rows_mock.waiting, BUSY, behind_ms=50, is_told=rows_mock.is_on),
    ("Server queue, P95", "A"): rows_mock.percentile("spanload_mock_queue_seconds", 0.95, rows_mock.queue),
    ("Compute, P95", "A"): rows_mock.percentile("spanload_mock_compute_seconds", 0.95, rows_mock.compute),
}
