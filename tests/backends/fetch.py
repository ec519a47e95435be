"""Commands that bring a program to this machine. Those that need the network are given again when it is gone."""

import subprocess
import time

INSTALL_SECONDS = 300
PAUSES_SECONDS = (5, 20)


class Impossible(Exception):
    """A program that is needed cannot be had on this machine; the message says which and why."""


def fetch(command, what, seconds=INSTALL_SECONDS, **where):
    """A command that needs the network, which may be gone for a moment."""
    for pause in PAUSES_SECONDS:
        try:
            return run(command, what, seconds, **where)
        except Impossible as problem:
            print(f"once more in {pause} s: {problem}", flush=True)
            time.sleep(pause)
    return run(command, what, seconds, **where)


def run(command, what, seconds, **where):
    """What a command prints; its failure is an Impossible that names what it was to bring."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False, **where)
    except subprocess.TimeoutExpired:
        raise Impossible(f"{' and '.join(what)}: `{' '.join(command)}` took longer than {seconds} s") from None
    if done.returncode != 0:
        raise Impossible(f"{' and '.join(what)}: `{' '.join(command)}` failed:\n{done.stderr[-2000:]}")
    return done.stdout
