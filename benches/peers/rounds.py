"""All runs: round by round, in each round case by case, in each case one tool after the other."""

import shutil
import sys
from dataclasses import dataclass

from client import Case, Job, WrongAnswers
from clients import CLIENTS
from usage import measure as use


@dataclass(frozen=True)
class Run:
    """What a run cost. `server_busy`: share of the time that nginx was, which says whether it was the limit."""

    tool: str
    case: Case
    round: int
    requests: int
    cpu_us: float
    rate: float
    rss_mb: float
    server_busy: float


def measure(bench, found, choice):
    """Every run that was right. A tool whose run is wrong is named and left out of the rest of its case; spanload's
    is an error."""
    clients = [CLIENTS[name](program) for name, program in found.programs.items()]
    cases = [Case(answer, count) for answer in choice.answers for count in choice.connections]
    there = {case: [client for client in clients if case.answer in client.answers] for case in cases}
    runs = []
    for number in range(1, choice.rounds + 1):
        for case, client in [(case, client) for case in cases for client in there[case]]:
            try:
                runs.append(_run(bench, client, case, number, choice))
                _tell(runs[-1], choice)
            except (WrongAnswers, TimeoutError) as problem:
                if client.name == "spanload":
                    raise WrongAnswers(f"spanload, {case}: {problem}") from problem
                print(f"{client.name} left out, {case}: {problem}", flush=True)
                there[case].remove(client)
    return runs


def _run(bench, client, case, number, choice):
    folder = bench.folder / "run"
    folder.mkdir()
    try:
        job = _job(bench, client, case, choice, folder)
        command = client.command(job)
        busy = bench.server.cpu_seconds()
        output = folder / "output.txt"
        usage = use(command, bench.client_cores, client.environment, output)
        busy = bench.server.cpu_seconds() - busy
        text = output.read_text(encoding="utf-8", errors="replace")
        if usage.exit_code != 0:
            raise WrongAnswers(f"`{' '.join(command)}` ended with {usage.exit_code}:\n{text[-1000:]}")
        count = client.succeeded(job, text)
    finally:
        shutil.rmtree(folder)
    client.after(job, count, usage)
    cpu_us = usage.cpu_seconds * 1e6 / count
    rate = count / usage.wall_seconds
    return Run(client.name, case, number, count, cpu_us, rate, usage.rss_mb, busy / usage.wall_seconds)


def _job(bench, client, case, choice, folder):
    return Job(
        url=bench.server.url(case.answer),
        body=bench.body,
        requests=choice.slow_requests if client.slow else choice.requests,
        connections=1 if case.answer == "http2" else case.connections,
        streams=case.connections if case.answer == "http2" else 1,
        certificate=bench.server.certificate,
        threads=len(bench.client_cores),
        collector=bench.collector,
        folder=folder,
    )


def _tell(run, choice):
    what = f"{run.case}, round {run.round}/{choice.rounds}: {run.tool}"
    print(f"{what} {run.cpu_us:.1f} us, {run.rate:,.0f}/s, {run.rss_mb:.0f} MB", file=sys.stderr, flush=True)
