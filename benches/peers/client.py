"""What one run of a client is given and must give back."""

import pathlib
import re
from dataclasses import dataclass


class WrongAnswers(Exception):
    """A client did not do the work that it was given; the message says what it did."""


@dataclass(frozen=True)
class Case:
    """What a client is compared on."""

    answer: str
    connections: int

    def __str__(self):
        if self.answer == "http2":
            return f"40 B, HTTP/2, {self.connections:,} streams on a connection"
        size = {"small": "40 B", "distinct": "2 KB distinct", "https": "40 B, HTTPS"}[self.answer]
        return f"{size}, {self.connections:,} connections"


@dataclass(frozen=True)
class Job:
    """One run. `threads`: as many as the cores that the client has. `streams`: as many on each connection."""

    url: str
    body: pathlib.Path
    requests: int
    connections: int
    streams: int
    threads: int
    certificate: pathlib.Path
    collector: str
    folder: pathlib.Path


class Client:
    """A load tool. `slow` ones send fewer requests; `answers` are those that it is compared on."""

    name = ""
    slow = False
    answers = ("small",)
    environment = {}

    def __init__(self, program):
        self.program = str(program)

    def command(self, job):
        """Its command line for this job."""
        raise NotImplementedError

    def succeeded(self, job, output):
        """How many requests succeeded; anything else that happened to one is a WrongAnswers."""
        raise NotImplementedError

    def after(self, job, count, usage):
        """Learns from a run that was right."""


def all_of(job, count):
    """The count, which must be what was asked for."""
    if count != job.requests:
        raise WrongAnswers(f"{count:,} of {job.requests:,} requests succeeded")
    return count


def number(pattern, output):
    """The first group of a pattern as a whole number, 0 where it does not occur."""
    found = re.search(pattern, output)
    return int(found.group(1)) if found else 0


class ByDuration(Client):
    """A tool that knows no number of requests: it runs for as long as so many took the last time."""

    guess = 50_000.0  # requests a second

    def seconds(self, job):
        return max(2, round(job.requests / self.guess))

    def after(self, job, count, usage):
        self.guess = count / usage.wall_seconds
