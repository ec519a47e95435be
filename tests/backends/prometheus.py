"""A Prometheus on a free port with the project's own configuration, and questions to it."""

import json
import math
import pathlib
import re
import time
import urllib.parse
import urllib.request
from datetime import datetime

from service import Service

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL_PORT = "127.0.0.1:9464"
MOCK_PORT = "127.0.0.1:9465"
SETTLE_SECONDS = 120
# grafana/compose.yaml has the same
FEATURES = ("--enable-feature=exemplar-storage",)


def configuration(folder, tool_port, mock_port):
    """prometheus.yml with these ports and its rules, laid into a folder; returns the file."""
    text = (ROOT / "prometheus.yml").read_text(encoding="utf-8")
    for usual, free in ((TOOL_PORT, tool_port), (MOCK_PORT, mock_port)):
        if usual not in text:
            raise RuntimeError(f"prometheus.yml does not scrape {usual}")
        text = text.replace(usual, f"127.0.0.1:{free}")
    text = text.replace("grafana/rules", str(ROOT / "grafana/rules"))
    file = folder / "prometheus.yml"
    file.write_text(text, encoding="utf-8")
    return file


class Prometheus:
    """A running Prometheus."""

    def __init__(self, program, config, folder, port):
        self.url = f"http://127.0.0.1:{port}"
        command = [str(program), f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}"]
        command += [f"--web.listen-address=127.0.0.1:{port}", *FEATURES]
        self.service = Service(command, f"{self.url}/-/ready", folder / "prometheus.log")

    def settle(self, when):
        """Waits until all rules have been evaluated twice after an instant: once they may have met what was scraped before."""
        deadline = time.monotonic() + SETTLE_SECONDS
        for _ in range(2):
            while (evaluated := self._evaluated()) <= when:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"Prometheus has not evaluated its rules within {SETTLE_SECONDS} s")
                time.sleep(0.2)
            when = max(when, evaluated)

    def _evaluated(self):
        """When the group of rules was evaluated that waits for longest, in seconds since 1970."""
        groups = self.get("rules")["groups"]
        return min(_seconds(group["lastEvaluation"]) for group in groups)

    def get(self, path, **parameters):
        """The data of an API answer. A query that Prometheus refuses is an error with its words."""
        body = urllib.parse.urlencode(parameters, doseq=True).encode()
        request = urllib.request.Request(f"{self.url}/api/v1/{path}?{body.decode()}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                document = json.load(answer)
        except urllib.error.HTTPError as refusal:
            raise AssertionError(f"{parameters}: {refusal.read().decode()}") from None
        return document["data"]

    def instant(self, expression, time):
        """[(labels, value)] of an instant query."""
        result = self.get("query", query=expression, time=f"{time:.3f}")["result"]
        return [(series["metric"], float(series["value"][1])) for series in result]

    def ranged(self, expression, start, end, step):
        """[(labels, [(time, value)])] of a range query."""
        data = self.get("query_range", query=expression, start=f"{start:.3f}", end=f"{end:.3f}", step=step)
        return [
            (series["metric"], [(at, float(value)) for at, value in series["values"]]) for series in data["result"]
        ]

    def raw(self, selector, run):
        """[(labels, [(ms, value)])]: the samples of a run's time as they were scraped."""
        seconds = math.ceil(run.end - run.start)
        result = self.get("query", query=f"{selector}[{seconds}s]", time=f"{run.end:.3f}")["result"]
        return [
            (series["metric"], [(round(at * 1000), float(value)) for at, value in series["values"]]) for series in result
        ]

    def exemplars(self, expression, start, end):
        """[(labels of the series, trace id, value)] of the series in an expression."""
        found = self.get("query_exemplars", query=expression, start=f"{start:.3f}", end=f"{end:.3f}")
        return [
            (series["seriesLabels"], exemplar["labels"]["trace_id"], float(exemplar["value"]))
            for series in found
            for exemplar in series["exemplars"]
        ]

    def label_values(self, label, selector, start, end):
        """Values of a label among the series that a selector takes."""
        where = {"match[]": selector, "start": f"{start:.3f}", "end": f"{end:.3f}"}
        return self.get(f"label/{label}/values", **where)

    def bounds(self, metric, run, time):
        """Upper bounds of a histogram's buckets in ascending order, the last one infinite."""
        series = self.instant(f'count by (le) (last_over_time({metric}_bucket{{run="{run}"}}[1h]))', time)
        return sorted(math.inf if labels["le"] == "+Inf" else float(labels["le"]) for labels, _ in series)


def _seconds(text):
    """An instant as Prometheus writes it, to the nanosecond; 0 before there was one."""
    text = re.sub(r"\.(\d{6})\d*", r".\1", text).replace("Z", "+00:00")
    return max(datetime.fromisoformat(text).timestamp(), 0.0)
