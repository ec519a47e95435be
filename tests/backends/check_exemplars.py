"""The dots on the panels: exemplars, each a trace that opens by its id alone, whatever becomes of search APIs."""

import re
import unittest

import grafana
from context import CONTEXT
from log import PHASES

SOURCE = grafana.ROOT / "grafana/provisioning/datasources/prometheus.yaml"


class Exemplars(unittest.TestCase):
    """What Prometheus kept of them, against rows and traces."""

    @classmethod
    def setUpClass(cls):
        run = CONTEXT.good
        cls.rows = {row["trace_id"]: row for phase in PHASES for row in run.log.rows[phase]}
        cls.seen = {}
        dashboard = grafana.dashboards()["run.json"]
        values = grafana.variable_values(dashboard, CONTEXT.prometheus, run.start, run.end, run.log.run)
        for panel in grafana.panels(dashboard):
            for target in panel["targets"]:
                if target.get("exemplar"):
                    query = grafana.interpolate(target["expr"], values)
                    cls.seen[panel["title"]] = CONTEXT.prometheus.exemplars(query, run.start, run.end)

    def test_each_panel_with_dots_has_some_of_both_phases(self):
        self.assertEqual(self.seen.keys(), {"Latency percentiles against the SLA", "Latency heatmap"})
        for title, exemplars in self.seen.items():
            self.assertEqual({labels["phase"] for labels, _, _ in exemplars}, set(PHASES), title)

    def test_a_dot_is_the_latency_of_the_row_with_its_trace_id(self):
        for exemplars in self.seen.values():
            for _, trace_id, value in exemplars:
                self.assertEqual(round(value * 1e6), self.rows[trace_id].latency_us)

    def test_there_is_a_dot_above_the_limit(self):
        _, limit_us = CONTEXT.good.log.percentile_limit
        for title, exemplars in self.seen.items():
            self.assertTrue(any(value * 1e6 > limit_us for _, _, value in exemplars), title)

    def test_a_click_on_a_dot_opens_its_trace(self):
        source = SOURCE.read_text(encoding="utf-8").replace("$$", "$")
        name, address = re.search(r"- name: (\S+)\n\s+url: (\S+)", source).groups()
        self.assertEqual(name, "trace_id")
        self.assertTrue(address.startswith("http://127.0.0.1:16686/trace/"), address)
        for exemplars in self.seen.values():
            for _, trace_id, value in exemplars:
                opened = grafana.interpolate(address, {"__value.raw": trace_id}).rsplit("/", 1)[1]
                roots = [span for span in CONTEXT.jaeger.trace(opened) if span.kind == "client"]
                self.assertEqual([root.duration_us for root in roots], [round(value * 1e6)])
