"""What all runs share: nginx, the collector of traces, the request's body, and who has which core."""

import os
import sys

from fetch import Impossible
from server import Server
from service import Service, free_ports

BODY = '{"inputs":["0123456789012345678901234"]}'
COLLECTOR = os.path.join(os.path.dirname(__file__), "collector.py")


class Bench:
    """Made before the first run, and stopped after the last one even if a run failed."""

    def __init__(self, folder, choice):
        self.folder = folder
        self.body = folder / "body.json"
        self.body.write_text(BODY, encoding="utf-8")
        ours, self.client_cores = _cores(choice.all_cores)
        # nginx and the collector inherit it
        os.sched_setaffinity(0, ours)
        self._services = []

    def __enter__(self):
        *web, traces = free_ports(4)
        try:
            self.server = Server(self.folder, web)
            self._services.append(self.server.service)
            self.collector = f"http://127.0.0.1:{traces}"
            command = [sys.executable, COLLECTOR, str(traces)]
            self._services.append(Service(command, self.collector, self.folder / "collector.log"))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        while self._services:
            self._services.pop().stop()


def _cores(all_cores):
    """For nginx and this bench, and for the clients."""
    cores = sorted(os.sched_getaffinity(0))
    if all_cores:
        return set(cores), set(cores)
    if len(cores) < 2:
        raise Impossible("one core for nginx and another one for the clients: this machine lends one; see --all-cores")
    return {cores[0]}, {cores[1]}
