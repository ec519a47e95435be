"""The flags, and what follows from them alone."""

import argparse
import pathlib

from clients import CLIENTS
from server import ANSWERS

EXAMPLES = """examples:
  benches/peers/run                                        all tools, five rounds, about ten minutes
  benches/peers/run --tools spanload,oha --rounds 9        the pair that the first goal is about
  benches/peers/run --answers distinct --connections 1000 --json peers.json
  benches/peers/run --all-cores                            requests a second with every core for every client
  SPANLOAD=/tmp/other benches/peers/run                    another binary than target/dist/ or target/release/spanload

Each client has one core for itself, nginx (one worker), the collector and this bench have another one. Processor
time is user and system of the whole process from its start to its end. What is missing is installed: nginx, wrk,
hey and ab by apt-get (as root), oha by cargo, k6 and vegeta by go, those three into target/peers. A tool that
cannot be had is named and left out.

exit codes: 0 every goal is reached, 1 a goal is missed or a run of spanload was wrong, 2 wrong usage, 130 interrupted
"""


def parse(arguments):
    """The choice; wrong usage ends the program with code 2."""
    parser = argparse.ArgumentParser(
        prog="benches/peers/run",
        description="What a request costs spanload and its peers, interleaved against one nginx on this machine.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tools", metavar="A,B", type=_some_of(CLIENTS), default=list(CLIENTS), help=_all(CLIENTS))
    parser.add_argument("--answers", metavar="A,B", type=_some_of(ANSWERS), default=list(ANSWERS), help=_all(ANSWERS))
    parser.add_argument("--connections", metavar="N,N", type=_counts, default=[32, 1000], help="kept; default 32,1000")
    parser.add_argument("--rounds", metavar="N", type=_count, default=5, help="of all tools; default 5")
    parser.add_argument("--requests", metavar="N", type=_count, default=200_000, help="of a run; default 200000")
    parser.add_argument("--slow-requests", metavar="N", type=_count, default=30_000, help="k6, vegeta; default 30000")
    parser.add_argument("--all-cores", action="store_true", help="no pinning, as many threads as cores")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path, help="every run, for a program to read")
    return parser.parse_args(arguments)


def _all(names):
    return f"of {', '.join(names)}; default all"


def _some_of(names):
    def parse_names(text):
        chosen = text.split(",")
        unknown = [name for name in chosen if name not in names]
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not of {', '.join(names)}")
        return chosen

    return parse_names


def _count(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text}: not a whole number above 0")
    return int(text)


def _counts(text):
    return [_count(part) for part in text.split(",")]
