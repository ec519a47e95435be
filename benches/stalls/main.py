"""The table."""

import argparse
import pathlib
import tempfile

import tools
from server import EVERY_SECONDS, STALL_SECONDS, Server, stalled_for


def truth(job):
    """What users meet who come at this rate whatever the server does: by hand, from when it stands still."""
    instants = [at / job.rate for at in range(job.rate * job.seconds)]
    return tools.nearest_rank([stalled_for(at) * 1e3 for at in instants])


def rows(seconds, rate, folder):
    """(load, tool, P50, P95, P99 in ms or why there is none) a row."""
    for load, kind, each in (("closed", tools.CLOSED, None), ("open", tools.OPEN, rate)):
        if each:
            yield "open", "*the truth*", truth(tools.Job("", seconds, each, folder))
        for name, measure in kind.items():
            found = tools.program(name)
            if not found:
                yield load, name, "not installed"
                continue
            with Server() as server:
                yield load, name, measure(found, tools.Job(server.url, seconds, each, folder))


def main():
    arguments = argparse.ArgumentParser(description=f"{STALL_SECONDS} s of every {EVERY_SECONDS} s the server stands still")
    arguments.add_argument("--seconds", type=int, default=30)
    arguments.add_argument("--rate", type=int, default=100)
    chosen = arguments.parse_args()
    print("| load | tool | P50, ms | P95, ms | P99, ms |\n|---|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for load, name, figures in rows(chosen.seconds, chosen.rate, pathlib.Path(folder)):
            cells = [figures, "", ""] if isinstance(figures, str) else [f"{figure:.1f}" for figure in figures]
            print(f"| {load} | {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
