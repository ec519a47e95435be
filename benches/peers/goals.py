"""What spanload must reach against its peers, and the ratios that tell whether it does."""

from dataclasses import dataclass, replace
from statistics import median


PLAIN = "itself without TLS"


@dataclass(frozen=True)
class Goal:
    """A limit of spanload's figure over a peer's, or over its own without TLS. `figure` is a field of a run; `least`: the
    limit is a least one; `connections`: where it stands for so many only."""

    figure: str
    peer: str
    answer: str
    limit: float
    least: bool = False
    connections: object = None

    def reached(self, ratio):
        return ratio >= self.limit if self.least else ratio <= self.limit

    def __str__(self):
        return f"{'>=' if self.least else '<='} {self.limit}"


ONE_CORE = [
    Goal("cpu_us", "oha", "small", 1.0),
    Goal("cpu_us", "wrk", "small", 1.5),
    Goal("cpu_us", "oha", "distinct", 1.3),
    Goal("cpu_us", PLAIN, "https", 1.3, connections=32),
    Goal("rate", "oha", "small", 1.0, least=True),
]
ALL_CORES = [Goal("rate", "oha", "small", 1.0, least=True)]


@dataclass(frozen=True)
class Ratio:
    """spanload over a peer, round by round; without a goal where none was set."""

    figure: str
    peer: str
    case: object
    ratios: list
    goal: object

    @property
    def median(self):
        return median(self.ratios)

    @property
    def reached(self):
        return self.goal is None or self.goal.reached(self.median)


def ratios(runs, choice):
    """All that the runs allow."""
    goals = ALL_CORES if choice.all_cores else ONE_CORE
    by_key = {(run.tool, run.case, run.round): run for run in runs}
    found = []
    for case in dict.fromkeys(run.case for run in runs):
        for figure in ("cpu_us", "rate"):
            for peer in ("oha", "wrk", PLAIN):
                pairs = _pairs(by_key, case, peer, figure)
                if pairs:
                    found.append(Ratio(figure, peer, case, pairs, _goal(goals, figure, peer, case)))
    return found


def _pairs(by_key, case, peer, figure):
    """Of every round that both have."""
    ours = {number: run for (tool, where, number), run in by_key.items() if (tool, where) == ("spanload", case)}
    if peer == PLAIN:
        plain = replace(case, answer="small")
        theirs = {number: by_key.get(("spanload", plain, number)) for number in ours if case.answer == "https"}
    else:
        theirs = {number: by_key.get((peer, case, number)) for number in ours}
    return [getattr(ours[number], figure) / getattr(run, figure) for number, run in theirs.items() if run]


def _goal(goals, figure, peer, case):
    key = (figure, peer, case.answer)
    there = (goal for goal in goals if goal.connections in (None, case.connections))
    return next((goal for goal in there if (goal.figure, goal.peer, goal.answer) == key), None)


def missed(runs, choice):
    """The ratios that a goal does not allow."""
    return [ratio for ratio in ratios(runs, choice) if not ratio.reached]
