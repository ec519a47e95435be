"""What the panels of the dashboards `spanload-client` and `spanload-mock` must return."""

from expected import between, by, close, each_phase, equals, series, totals, within_bucket
from log import PHASES, micros

SERVER = {"queue": "server_queue_ms", "compute": "server_compute_ms"}
MOST_LAG_SECONDS = 1.0


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


def server_line(what):
    def highest(facts):
        slowest = max(max(reported(facts.log, phase, what)) for phase in PHASES)
        return facts.bucket(f"spanload_server_{what}_seconds", slowest)[1]

    return between(lambda _: 0.0, highest, "phase", keys=both_phases)


def both_phases(_):
    return {(phase,) for phase in PHASES}


def workers(facts):
    return facts.log.manifest["scenario"]["load"]["workers"]


def zero(_):
    return 0.0


def in_flight(answer, facts):
    between(zero, workers, "phase", keys=both_phases)(answer, facts)
    for phase, values in series(answer, "phase").items():
        assert max(values) > 0, f"{phase}: nothing was in flight"


def batches(answer, facts):
    for phase, values in series(answer, "phase").items():
        largest = max(int(row["batch_size"] or 1) for row in facts.log.rows[phase[0]])
        assert all(1 <= value <= largest for value in values), f"{phase}: {values}, at most {largest}"
    assert series(answer, "phase").keys() == both_phases(facts)


def failures(facts):
    return {
        (phase, word): count
        for phase in PHASES
        for word, count in facts.log.comparison["phases"][phase]["errors"].items()
        if word != "unsent"
    }


def failure_lines(answer, facts):
    totals(failures, "phase", "error")(answer, facts)
    assert series(answer, "phase", "error").keys() == failures(facts).keys(), answer


def statuses(facts):
    return {(phase, row["status"]) for phase in PHASES for row in facts.log.exchanges(phase) if row["status"]}


def longest_exchange(facts):
    rows = [row for phase in PHASES for row in facts.log.rows[phase] if row.latency_us is not None]
    longest = max((row.latency_us - row.stages.get("queue", 0)) / 1e6 for row in rows)
    return facts.bucket("http_client_request_duration_seconds", longest)[1]


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


def mock_lines(answer, facts):
    """Every status that the logs know; the control traffic of calibration is in here too."""
    seen = {status for _, status in statuses(facts)}
    assert {metric["status"] for metric, _ in answer} >= seen, answer
    assert all(value >= 0 for _, points in answer for _, value in points)


def mock_total(answer, facts):
    """A fresh mock each repetition, calibration before: at least half of the exchanges of the phases."""
    exchanges = sum(len(facts.log.exchanges(phase)) for phase in PHASES)
    total = sum(value for _, value in answer)
    assert exchanges / 2 <= total <= exchanges * 3, f"{total}, and {exchanges} exchanges in the log"


def gauge_up_to(highest):
    def check(answer, facts):
        values = [value for _, points in answer for _, value in points]
        assert values and max(values) > 0, "never above 0"
        assert all(0 <= value <= highest(facts) for value in values), (max(values), highest(facts))

    return check


def mock_setting(name):
    return lambda facts: facts.log.manifest["scenario"]["mock"][name]


CLIENT = {
    ("Connections and what the kernel sent again", "connects"): equals(each_phase(connects), "phase"),
    ("Connections and what the kernel sent again", "SYN retransmissions"): equals(each_phase(syn_retransmits), "phase"),
    ("Connections and what the kernel sent again", "data retransmissions"): equals(each_phase(retransmits), "phase"),
    ("Retransmissions a second", "A"): between(zero, workers, "phase", keys=both_phases),
    ("Retransmissions a second", "B"): between(zero, workers, "phase", keys=both_phases),
    ("Requests and connections in flight", "A"): in_flight,
    ("Requests and connections in flight", "B"): in_flight,
    ("Requests an exchange carries", "A"): batches,
    ("Server queue and compute, P95", "A"): server_line("queue"),
    ("Server queue and compute, P95", "B"): server_line("compute"),
    **{
        ("Server queue and compute, whole phase", f"{what} mean"): equals(server_mean(what), "phase", tolerance=1e-4)
        for what in SERVER
    },
    **{("Server queue and compute, whole phase", f"{what} P95"): server_p95(what) for what in SERVER},
    ("Server queue and compute, whole phase", "exchanges"): equals(
        each_phase(lambda log, phase: len(reported(log, phase, "compute"))), "phase"
    ),
    ("Failures by kind", "A"): equals(failures, "phase", "error"),
    ("Failures a second", "A"): failure_lines,
    ("HTTP exchanges by status, P95", "A"): between(
        zero, longest_exchange, "phase", "http_response_status_code", keys=statuses
    ),
    ("Lateness of the client's loop", "A"): between(zero, lambda _: MOST_LAG_SECONDS, "phase", keys=both_phases),
    ("Spans", "A"): equals(lambda facts: {word: count for (word,), count in spans(facts).items()}, "outcome"),
    ("Spans", "B"): spans_created,
    ("Samples that telemetry lost", "A"): samples_lost,
    ("Repetition and version", "A"): equals(repetitions, "phase"),
    ("Repetition and version", "B"): equals(lambda facts: {facts.log.manifest["version"]: 1.0}, "version"),
}

MOCK = {
    ("Exchanges answered a second", "A"): mock_lines,
    ("Replicas busy and exchanges waiting", "A"): gauge_up_to(mock_setting("replicas")),
    ("Replicas busy and exchanges waiting", "B"): gauge_up_to(mock_setting("queue_limit")),
    ("Server queue, P95", "A"): between(zero, lambda _: 12.8),
    ("Compute, P95", "A"): between(zero, lambda _: 12.8),
    ("Exchanges answered", "A"): mock_total,
}
