"""Brings the tools to this machine. What is there is taken as it is."""

import contextlib
import os
import pathlib
import sys
import unittest
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(ROOT / "benches/peers"), str(ROOT / "tests/backends")]

import install as peers  # noqa: E402
from fetch import Impossible, fetch, run  # noqa: E402

TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "tools"
PACKAGE_SECONDS = 1800


@contextlib.contextmanager
def needed():
    """What cannot be had is a failure in CI, and elsewhere a test that was not done."""
    try:
        yield
    except Impossible as reason:
        if os.environ.get("CI") == "true":
            raise
        raise unittest.SkipTest(str(reason)) from None


def peer(name):
    """(path, version) of a tool that is a program of its own."""
    with needed():
        found = peers.program(name)
        return found, peers.version(name, found)


def package(name):
    """The same of one that is a Python package, in an environment of its own."""
    folder = TARGET / name
    python = folder / "bin/python"
    program = folder / "bin" / name
    if not program.exists():
        print(f"installing {name}", flush=True)
        venv.create(folder, with_pip=True)
        with needed():
            fetch([str(python), "-m", "pip", "install", "--quiet", name], [name], PACKAGE_SECONDS)
    code = f"import importlib.metadata as m; print(m.version('{name}'))"
    return str(program), run([str(python), "-c", code], [name], 60).strip()
