"""Brings the tools to this machine: what is on the PATH is taken as it is, the rest is installed once."""

import os
import pathlib
import shutil
from dataclasses import dataclass

import client_spanload
import server
from fetch import Impossible, fetch, run
from machine import ROOT

TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "peers"
PACKAGES = {"nginx": "nginx-light", "wrk": "wrk", "hey": "hey", "ab": "apache2-utils"}
MODULES = {"k6": "go.k6.io/k6@latest", "vegeta": "github.com/tsenart/vegeta/v12@latest"}
BUILD_SECONDS = 3600


@dataclass(frozen=True)
class Found:
    """{name: path} of what there is, {name: version} of it, and {name: why} of what there is not."""

    programs: dict
    versions: dict
    missing: dict


def install(names):
    """nginx and spanload must be there, the others may be missing."""
    versions = {"nginx": version("nginx", _debian("nginx"))}
    programs, missing = {}, {}
    for name in names:
        try:
            programs[name] = program(name)
            versions[name] = version(name, programs[name])
        except Impossible as reason:
            if name == "spanload":
                raise
            missing[name] = str(reason)
    return Found(programs, versions, missing)


def program(name):
    if name == "spanload":
        return client_spanload.find()
    if name in PACKAGES:
        return _debian(name)
    return shutil.which(name, path=TARGET / "bin") or shutil.which(name) or _built(name)


def _debian(name):
    found = shutil.which(name, path=server.PATH)
    if found:
        return found
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise Impossible(f"{name}: not on the PATH, and only root can install it by apt-get")
    package = PACKAGES[name]
    print(f"installing {package}", flush=True)
    fetch(["apt-get", "update", "-qq"], [package])
    # in runlevel 1 a package starts no service of its own
    fetch(["apt-get", "install", "-qq", "-y", package], [package], env={**os.environ, "RUNLEVEL": "1"})
    return shutil.which(name, path=server.PATH)


def _built(name):
    tool = "go" if name in MODULES else "cargo"
    if not shutil.which(tool):
        raise Impossible(f"{name}: neither it nor {tool} is on the PATH")
    print(f"building {name}; minutes the first time", flush=True)
    if name in MODULES:
        environment = {**os.environ, "CGO_ENABLED": "0", "GOBIN": str(TARGET / "bin")}
        fetch(["go", "install", MODULES[name]], [name], BUILD_SECONDS, env=environment)
    else:
        fetch(["cargo", "install", name, "--locked", "--root", str(TARGET)], [name], BUILD_SECONDS)
    return str(TARGET / "bin" / name)


def version(name, file):
    """As its package says it: not every program knows its own."""
    try:
        if name in PACKAGES:
            return run(["dpkg-query", "-W", "-f", "${Version}", PACKAGES[name]], [name], 10)
        if name in MODULES:
            said = run(["go", "version", "-m", file], [name], 10)
            return next(line.split()[2] for line in said.splitlines() if line.split()[0] == "mod")
        return run([str(file), "--version"], [name], 10).split()[-1]
    except (Impossible, OSError, StopIteration, IndexError):
        return "of unknown version"
