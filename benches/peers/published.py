"""What a person and a program read."""

import dataclasses
import json
from statistics import median

from goals import ratios

FIGURES = {"cpu_us": "CPU a request", "rate": "requests/s"}


def heading(where, found, choice):
    """When and where, with what, and what is not there."""
    pinned = "every core for all" if choice.all_cores else "each client on one core, nginx on another one"
    versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    lines = [
        f"{where['date']}, commit {where['commit']}, {where['machine']}, load {where['load']:.2f}",
        f"{pinned}; {versions}",
    ]
    return "\n".join([*lines, *(f"left out: {reason}" for reason in found.missing.values())])


def tables(runs, choice):
    """Markdown: what each tool costs, then spanload over its peers."""
    return "\n".join(["", *_costs(runs), "", *_ratios(runs, choice)])


def _costs(runs):
    yield "| tool | case | CPU µs/request, median (min to max) | requests/s | RSS MB | nginx busy |"
    yield "|---|---|---:|---:|---:|---:|"
    for case in dict.fromkeys(run.case for run in runs):
        for tool in dict.fromkeys(run.tool for run in runs if run.case == case):
            these = [run for run in runs if (run.tool, run.case) == (tool, case)]
            cpu = _spread([run.cpu_us for run in these], 1)
            rate, rss, busy = (median(getattr(run, key) for run in these) for key in ("rate", "rss_mb", "server_busy"))
            yield f"| {tool} | {case} | {cpu} | {rate:,.0f} | {rss:.0f} | {busy:.0%} |"


def _ratios(runs, choice):
    yield "| spanload over | case | figure | median (min to max) of the rounds | goal | |"
    yield "|---|---|---|---:|---:|---|"
    for ratio in ratios(runs, choice):
        goal = str(ratio.goal) if ratio.goal else ""
        word = ("reached" if ratio.reached else "MISSED") if ratio.goal else ""
        figure = FIGURES[ratio.figure]
        yield f"| {ratio.peer} | {ratio.case} | {figure} | {_spread(ratio.ratios, 2)} | {goal} | {word} |"


def _spread(figures, decimals):
    return f"{median(figures):.{decimals}f} ({min(figures):.{decimals}f} to {max(figures):.{decimals}f})"


def document(where, found, choice, runs):
    """JSON: every run, so that other figures can be computed later."""
    return json.dumps(
        {
            **where,
            "all_cores": choice.all_cores,
            "versions": found.versions,
            "left_out": found.missing,
            "runs": [dataclasses.asdict(run) for run in runs],
        },
        indent=1,
    )
