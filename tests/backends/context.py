"""What all tests share: the tools, the running services and the finished runs, each made when it is first needed."""

import functools
import os
import pathlib
import tempfile

import spanload
from jaeger import Jaeger
from prometheus import Prometheus, configuration
from service import free_ports, is_free
from tools import install

# the embedded mock has no other; the run says so where it is taken
MOCK_PORT = 9465
IN_CI = os.environ.get("CI") == "true"


class Context:
    """Made once by main. A failure to make a part of it is remembered: each test that needs the part fails with it."""

    def __init__(self):
        self._stop = []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="spanload-backends-"))

    @functools.cached_property
    def tools(self):
        return install()

    @functools.cached_property
    def ports(self):
        """Free ports: the tool's, and Prometheus' and Jaeger's own."""
        return free_ports(6)

    @functools.cached_property
    def prometheus(self):
        config = configuration(self.folder, self.ports[0], MOCK_PORT)
        server = Prometheus(self.tools.need("prometheus"), config, self.folder, self.ports[1])
        self._stop.append(server.service)
        return server

    @functools.cached_property
    def jaeger(self):
        server = Jaeger(self.tools.need("jaeger"), self.folder, self.ports[2:])
        self._stop.append(server.service)
        return server

    @functools.cached_property
    def program(self):
        return spanload.build()

    def _prove(self, name, arguments):
        _ = self.prometheus  # scrapes from before the run on
        if not is_free(MOCK_PORT):
            raise RuntimeError(f"port {MOCK_PORT}, where the mock of a run serves its metrics, is taken; free it")
        always = ["--metrics-port", str(self.ports[0])]
        return spanload.prove(self.program, self.folder / name, always + arguments)

    @functools.cached_property
    def good(self):
        """A run that meets its SLA, all its spans in Jaeger."""
        jaeger = self.jaeger
        arguments = ["-n", "200", "--repetitions", "2", "--trace-ratio", "1"]
        run = self._prove("good", arguments + ["--otlp-endpoint", jaeger.otlp_grpc, "--otlp-protocol", "grpc"])
        for phase in ("before", "after"):
            jaeger.wait_for(run.log.rows[phase][-1]["trace_id"])
        return run

    @functools.cached_property
    def bad(self):
        """A run with failures that misses its SLA, whose spans nobody takes."""
        nobody = f"http://127.0.0.1:{free_ports(1)[0]}"
        arguments = ["-n", "400", "--repetitions", "2", "--set", "mock.error_rate=0.1", "--sla", "p95=100ms", "--sla", "error_rate=1%"]
        return self._prove("bad", arguments + ["--otlp-endpoint", nobody, "--otlp-protocol", "http/protobuf"])

    def close(self):
        """Stops what was started."""
        for service in reversed(self._stop):
            service.stop()


CONTEXT = Context()
