"""What all tests share: the tools, the running services and the finished runs, each made when it is first needed."""

import os
import pathlib
import tempfile

import spanload
from jaeger import Jaeger
from log import PHASES
from prometheus import Prometheus, configuration
from service import free_ports, is_free
from tools import install

# the embedded mock has no other; the run says so where it is taken
MOCK_PORT = 9465
PORT_SECONDS = 60
IN_CI = os.environ.get("CI") == "true"


def once(make):
    """A property that is made when it is first needed; why it cannot be is remembered like what is made."""

    def get(self):
        made = self.__dict__
        if make.__name__ not in made:
            try:
                made[make.__name__] = (make(self), None)
            except Exception as reason:
                made[make.__name__] = (None, reason)
        value, reason = made[make.__name__]
        if reason is not None:
            raise reason.with_traceback(None)
        return value

    return property(get, doc=make.__doc__)


class Context:
    """Made once by main. A failure to make a part of it is remembered: each test that needs the part fails with it."""

    def __init__(self):
        self._stop = []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="spanload-backends-"))

    @once
    def tools(self):
        return install()

    @once
    def ports(self):
        """Free ports: the tool's, Prometheus' and Jaeger's own, and one that nobody listens on."""
        return free_ports(7)

    @once
    def prometheus(self):
        config = configuration(self.folder, self.ports[0], MOCK_PORT)
        server = Prometheus(self.tools.need("prometheus"), config, self.folder, self.ports[1])
        self._stop.append(server.service)
        return server

    @once
    def jaeger(self):
        server = Jaeger(self.tools.need("jaeger"), self.folder, self.ports[2:6])
        self._stop.append(server.service)
        return server

    @once
    def program(self):
        return spanload.build()

    def _prove(self, name, arguments, wrong=lambda run: [], **scenario):
        """A run; wrong(run) says why it is of no use. Whether it met its SLA is for the run to say, not for the machine."""
        always = ["--metrics-port", str(self.ports[0])]
        prometheus = self.prometheus  # it scrapes from before the run on
        if not is_free(MOCK_PORT, PORT_SECONDS):
            raise RuntimeError(f"port {MOCK_PORT}, where the mock of a run serves its metrics, is taken; free it")
        run = spanload.prove(self.program, self.folder / name, always + arguments, prometheus.settle, **scenario)
        problems = wrong(run)
        problems += [f"another program took port {MOCK_PORT}"] if f"port {MOCK_PORT} is taken" in run.output else []
        problems += ["samples were lost"] if run.log.manifest["telemetry"]["samples_dropped"] else []
        if problems:
            raise RuntimeError(f"run {name} is of no use: {'; '.join(problems)}")
        return run

    def _judged_by(self, name, sla):
        """A run with these lines of the SLA and no others, long enough for some scrapes; no traces."""
        quick = ["-n", "200", "-c", "8", "--repetitions", "1", "--set", "mock.fixed_ms=60", "--set", "mock.item_ms=30"]
        return self._prove(name, quick, scenario_file=spanload.scenario(self.folder / name, sla))

    @once
    def good(self):
        """A run without a failure, all its spans in Jaeger; it meets its SLA where the machine lets it."""
        jaeger = self.jaeger
        arguments = ["-n", "400", "--repetitions", "2", "--trace-ratio", "1"]
        arguments += ["--otlp-endpoint", jaeger.otlp_grpc, "--otlp-protocol", "grpc"]
        run = self._prove("good", arguments, wrong=_not_good)
        for phase in ("before", "after"):
            jaeger.wait_for(run.log.rows[phase][-1]["trace_id"])
        return run

    @once
    def bad(self):
        """A run with failures that misses its SLA, whose spans nobody takes."""
        nobody = f"http://127.0.0.1:{self.ports[6]}"
        arguments = ["-n", "400", "--repetitions", "2", "--set", "mock.error_rate=0.1", "--sla", "p95=100ms", "--sla", "error_rate=1%"]
        return self._prove("bad", arguments + ["--otlp-endpoint", nobody, "--otlp-protocol", "http/protobuf"])

    @once
    def two_lines(self):
        """A run with lines on two percentiles, of which the higher one has a fraction and is not first in the alphabet."""
        return self._judged_by("two_lines", {"p50": "80ms", "p99_9": "150ms"})

    @once
    def no_percentile(self):
        """A run whose SLA has no line on a percentile."""
        return self._judged_by("no_percentile", {"mean": "5s", "error_rate": "1%"})

    def close(self):
        """Stops what was started."""
        for service in reversed(self._stop):
            service.stop()


def _not_good(run):
    """A run of this scenario loses nothing, and no request fails."""
    comparison = run.log.comparison
    kinds = {caveat["kind"] for caveat in comparison["caveats"]}
    return [
        *(["spans were lost"] if "telemetry_loss" in kinds else []),
        *[f"requests of {phase} failed" for phase in PHASES if comparison["phases"][phase]["failed"]],
    ]


CONTEXT = Context()
