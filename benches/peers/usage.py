"""What one process used, as the kernel counts it."""

import os
import select
import subprocess
import time
from dataclasses import dataclass

LONGEST_SECONDS = 300
# how often the high-water mark of memory is read; the kernel's own at the end would be at least this bench's own size,
# for it counts what a process was before it became another program
READ_MILLISECONDS = 20


@dataclass(frozen=True)
class Usage:
    """`cpu_seconds`: user and system, with children that it waited for."""

    exit_code: int
    cpu_seconds: float
    wall_seconds: float
    rss_mb: float


def measure(command, cores, environment, output):
    """Runs a command to its end on these cores, its output in a file."""
    start = time.monotonic()
    with open(output, "wb") as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env={**os.environ, **environment},
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
    try:
        peak = _until_end(process, start + LONGEST_SECONDS)
    except BaseException:
        process.kill()
        process.wait()
        raise
    end = time.monotonic()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Usage(process.returncode, usage.ru_utime + usage.ru_stime, end - start, peak)


def _until_end(process, deadline):
    """MB at most."""
    peak = 0.0
    ended = select.poll()
    descriptor = os.pidfd_open(process.pid)
    ended.register(descriptor, select.POLLIN)
    try:
        while not ended.poll(READ_MILLISECONDS):
            peak = max(peak, _high_water_mb(process.pid))
            if time.monotonic() > deadline:
                raise TimeoutError(f"{process.args[0]} took longer than {LONGEST_SECONDS} s")
    finally:
        os.close(descriptor)
    return peak


def _high_water_mb(process):
    with open(f"/proc/{process}/status", encoding="utf-8") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0  # at its end already
