"""A program that serves while the tests run: started on a free port, waited for, stopped."""

import itertools
import random
import socket
import subprocess
import time
import urllib.error
import urllib.request

READY_SECONDS = 180
STOP_SECONDS = 60
# below what Linux gives away (net.ipv4.ip_local_port_range)
RESERVED_BY_NOBODY = range(20_000, 32_768)


def free_ports(count):
    """Ports that were free a moment ago, all different, and none of those that the kernel gives away by itself: nobody
    gets one by chance before it is used."""
    candidates = random.sample(RESERVED_BY_NOBODY, len(RESERVED_BY_NOBODY))
    return list(itertools.islice(filter(_can_listen, candidates), count))


def _can_listen(port):
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def is_free(port, within_seconds):
    """Whether nobody listens there, or stops to within a time."""
    deadline = time.monotonic() + within_seconds
    while _is_taken(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def _is_taken(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


class Service:
    """A running program. Its output goes to a file, which an error message quotes."""

    def __init__(self, command, ready_url, log):
        self.log = log
        self.command = command
        with open(log, "wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        self._wait(ready_url)

    def _wait(self, url):
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.command[0]} ended with {self.process.returncode}:\n{self._tail()}")
            if answers(url):
                return
            time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"{self.command[0]} did not answer {url} within {READY_SECONDS} s:\n{self._tail()}")

    def _tail(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-20:])

    def stop(self):
        """Ends the program, by force if it does not follow."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_SECONDS)


def answers(url):
    """Whether a GET of this address is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
