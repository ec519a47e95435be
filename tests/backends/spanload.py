"""Real runs of spanload beside a Prometheus and a Jaeger."""

import os
import pathlib
import subprocess
import time
from dataclasses import dataclass

from log import Log

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD_SECONDS = 1500
RUN_SECONDS = 600
# a scrape before the first sample of a run belongs to its time range
MARGIN_SECONDS = 3


@dataclass
class Run:
    """A finished run, and when it was on, in seconds since 1970."""

    log: Log
    output: str
    exit_code: int
    start: float
    end: float


def build():
    """The optimised binary; the variable SPANLOAD names another one."""
    if os.environ.get("SPANLOAD"):
        return pathlib.Path(os.environ["SPANLOAD"])
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    command = ["cargo", "build", "--profile", "dist", "--locked", "--quiet", "--manifest-path", str(ROOT / "Cargo.toml")]
    subprocess.run(command, check=True, timeout=BUILD_SECONDS, env={**os.environ, "CARGO_TARGET_DIR": str(target)})
    return target / "dist/spanload"


def scenario(folder, sla):
    """The default scenario with other lines of the SLA, and without the script; returns the file."""
    text = (ROOT / "scenarios/default.toml").read_text(encoding="utf-8")
    before, rest = text.split("[sla]\n")
    lines = "".join(f'{metric} = "{limit}"\n' for metric, limit in sla.items())
    text = f"{before}[sla]\n{lines}\n[{rest.split('[', 1)[1]}"
    text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("script"))
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "scenario.toml"
    file.write_text(text, encoding="utf-8")
    return file


def prove(program, folder, arguments, settle, scenario_file=ROOT / "scenarios/default.toml"):
    """`spanload prove` to its end. Exit codes that are no verdict are an error. settle(when it ended) ends when that was seen."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(program), "prove", str(scenario_file), "--out", str(folder), "--quiet"]
    start = time.time() - MARGIN_SECONDS
    done = subprocess.run(
        command + arguments,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode not in (0, 99):
        raise RuntimeError(f"{' '.join(command + arguments)} ended with {done.returncode}:\n{done.stderr}")
    settle(time.time())
    log = Log(folder / "latest")
    return Run(log, done.stdout + done.stderr, done.returncode, start, time.time())


def export(program, folder, endpoint, protocol):
    """`spanload export` of a finished run."""
    command = [str(program), "export", str(folder), "--otlp-endpoint", endpoint, "--otlp-protocol", protocol]
    done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_SECONDS, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
