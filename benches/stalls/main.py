"""The table."""

import argparse
import pathlib
import sys
import tempfile

import tools
from server import EVERY_SECONDS, STALL_SECONDS, Server, stalled_for


# how far a reported P95 may be from the truth: the greater of both
WITHIN_SHARE, WITHIN_MS = 0.01, 1.0


def truth(job):
    """What users meet who come at this rate whatever the server does: by hand, from when it stands still."""
    instants = [at / job.rate for at in range(job.rate * job.seconds)]
    return tools.nearest_rank([stalled_for(at) * 1e3 for at in instants])


def by_server(job, answered):
    """The same by the server's own log: the n-th answer against when the n-th request was due. The fastest answer came when
    its request was due."""
    late = [at - number / job.rate for number, at in enumerate(answered)]
    return tools.nearest_rank([(one - min(late)) * 1e3 for one in late])


def rows(seconds, rates, folder):
    """(load, tool, P50, P95, P99 in ms or why there is none) a row; of spanload's open load the server's log follows."""
    for load, kind, rate in [("closed", tools.CLOSED, None), *(("open", tools.OPEN, rate) for rate in rates)]:
        name = f"open, {rate}/s" if rate else load
        if rate:
            yield name, "*the truth*", truth(tools.Job("", seconds, rate, folder))
        for tool, measure in kind.items():
            found = tools.program(tool)
            if not found:
                yield name, tool, "not installed"
                continue
            with Server() as server:
                job = tools.Job(server.url, seconds, rate, folder)
                yield name, tool, measure(found, job)
                if rate and tool.startswith("spanload"):
                    yield name, JUDGE, by_server(job, server.answered())


JUDGE = "*the server's log of it*"


def main():
    arguments = argparse.ArgumentParser(description=f"{STALL_SECONDS} s of every {EVERY_SECONDS} s the server stands still")
    arguments.add_argument("--seconds", type=int, default=30)
    arguments.add_argument("--rates", type=int, nargs="+", default=[100, 1000])
    chosen = arguments.parse_args()
    print("| load | tool | P50, ms | P95, ms | P99, ms |\n|---|---|---:|---:|---:|")
    wrong, before = [], None
    with tempfile.TemporaryDirectory() as folder:
        for load, name, figures in rows(chosen.seconds, chosen.rates, pathlib.Path(folder)):
            cells = [figures, "", ""] if isinstance(figures, str) else [f"{figure:.1f}" for figure in figures]
            print(f"| {load} | {name} | {' | '.join(cells)} |", flush=True)
            if name == JUDGE and abs(before[1] - figures[1]) > max(WITHIN_SHARE * figures[1], WITHIN_MS):
                wrong.append(f"{load}: P95 is {before[1]:.1f} ms, and by the server's log {figures[1]:.1f} ms")
            before = figures
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
