"""The way from a red panel to the trace that explains it, walked without typing an id."""

import copy
import json
import unittest

import grafana
from context import CONTEXT
from log import PHASES

DASHBOARD = "run.json"
RED = "P$q as a share of its limit"
# what a link asks for at most
LINK_LIMIT = 200
TABLE = "Slowest traces"
STAGES = ("Mean time by stage", "Mean latency by stage, whole phase", "Where requests above the limit spend their time")
# requests that are longer than $slowest_from, at most
LISTED = 1000
TABLE_ASKS = ("service", "operation", "tags", "minDuration", "limit")


def clicked(phase="before", stage="wait", raw="0"):
    """What Grafana knows of the point that a user clicks on."""
    return {
        "__field.labels.phase": phase,
        "__data.fields.phase": phase,
        "__field.labels.stage": stage,
        "__field.name": stage,
        "__value.raw": raw,
    }


class DrillDown(unittest.TestCase):
    """Links as a click follows them, answered by Jaeger."""

    def setUp(self):
        self.run_ = CONTEXT.good
        self.dashboard = grafana.dashboards()[DASHBOARD]
        self.values = grafana.variable_values(
            self.dashboard, CONTEXT.prometheus, self.run_.start, self.run_.end, self.run_.log.run
        )
        self.values["jaeger_ui"] = CONTEXT.jaeger.url

    def panel(self, title):
        return next(panel for panel in grafana.panels(self.dashboard) if panel["title"] == title)

    def follow(self, link, **known):
        """The address that a click opens, `known` being what Grafana knows of the point."""
        return grafana.interpolate(link["url"], {**self.values, **known})

    def slow(self, phase):
        _, limit_us = self.run_.log.percentile_limit
        return [row for row in self.run_.log.rows[phase] if row.latency_us >= limit_us]

    def test_the_red_panel_leads_to_the_slow_traces_of_its_phase(self):
        link, _ = grafana.links(self.panel(RED))
        for phase in PHASES:
            found = CONTEXT.jaeger.opened(self.follow(link, **clicked(phase=phase)))
            slow = {row["trace_id"] for row in self.slow(phase)}
            ids = {trace for trace, _ in found}
            self.assertLessEqual(ids, slow, phase)
            self.assertEqual(len(ids), min(len(slow), LINK_LIMIT), phase)

    def test_the_longest_child_of_the_slowest_names_the_stage_that_the_tail_is_in(self):
        _, link = grafana.links(self.panel(RED))
        trace_id, _ = CONTEXT.jaeger.opened(self.follow(link, **clicked(phase="before")))[0]
        row = max(self.run_.log.rows["before"], key=lambda row: row.latency_us)
        self.assertEqual(trace_id, row["trace_id"])
        spans = CONTEXT.jaeger.trace(trace_id)
        root = next(span for span in spans if span.kind == "client")
        longest = max((span for span in spans if span.parent == root.span_id), key=lambda span: span.duration_us)
        self.assertEqual(longest.name, max(row.stages, key=row.stages.get))

    def test_a_stage_leads_to_traces_in_which_it_is_long(self):
        _, limit_us = self.run_.log.percentile_limit
        for title in STAGES:
            (link,) = grafana.links(self.panel(title))
            found = CONTEXT.jaeger.opened(self.follow(link, **clicked(stage="wait")))
            self.assertTrue(found, title)
            for trace_id, _ in found:
                self.assertGreaterEqual(self.run_.log.sent[trace_id].stages["wait"], limit_us / 2)

    def table(self, values, limit=None):
        """{trace id: longest span in us} of the table's searches, each with this limit in place of its own."""
        found = {}
        for target in self.panel(TABLE)["targets"]:
            asked = {key: grafana.interpolate(str(target[key]), values) for key in TABLE_ASKS}
            asked["limit"] = limit or asked["limit"]
            tags = dict(pair.split("=") for pair in asked.pop("tags").split())
            # what Grafana's data source asks Jaeger for
            between = {"start": round(self.run_.start * 1e6), "end": round(self.run_.end * 1e6), "lookback": "custom"}
            found.update(CONTEXT.jaeger.search(**asked, tags=json.dumps(tags), **between))
        return found

    def longer_than(self, seconds):
        rows = [row for phase in PHASES for row in self.run_.log.rows[phase]]
        return {row["trace_id"]: row.latency_us for row in rows if row.latency_us >= round(seconds * 1e6)}

    def test_the_table_has_all_slow_requests_of_a_run_that_has_few(self):
        self.assertEqual(self.values["slowest_from"], self.values["slow_limit"])
        self.assertEqual(self.table(self.values), self.longer_than(float(self.values["slow_limit"])))

    def test_the_table_has_the_slowest_requests_of_a_run_with_more_than_it_may_list(self):
        few = len(self.slow("before")) // 4
        variable = next(one for one in self.dashboard["templating"]["list"] if one["name"] == "slowest_from")
        self.assertIn(f"- {LISTED}", variable["query"]["query"])
        variable = copy.deepcopy(variable)
        variable["query"]["query"] = variable["query"]["query"].replace(f"- {LISTED}", f"- {few}")
        between = (self.run_.start, self.run_.end)
        (seconds,) = grafana.query_options(variable, self.values, CONTEXT.prometheus, between)
        self.assertGreater(float(seconds), float(self.values["slow_limit"]))
        listed = self.table({**self.values, "slowest_from": seconds}, limit=few)
        self.assertEqual(listed, self.longer_than(float(seconds)))
        self.assertEqual(max(listed, key=listed.get), self.run_.log.slowest["trace_id"])
        # what a search with the limit alone leaves out
        recent = self.table(self.values, limit=few)
        self.assertEqual(len(recent), sum(min(few, len(self.slow(phase))) for phase in PHASES))
        self.assertNotEqual(recent.keys() & listed.keys(), listed.keys())

    def test_the_table_may_list_more_than_there_can_be(self):
        for target in self.panel(TABLE)["targets"]:
            self.assertGreater(target["limit"], LISTED)

    def test_an_id_in_the_table_opens_its_trace(self):
        (link,) = grafana.links(self.panel(TABLE))
        slowest = self.run_.log.slowest
        address = self.follow(link, **clicked(raw=slowest["trace_id"]))
        self.assertEqual(address, f"{CONTEXT.jaeger.url}/trace/{slowest['trace_id']}")
        # the page of a trace asks for it by the id alone
        self.assertTrue(CONTEXT.jaeger.get(f"/api/traces/{slowest['trace_id']}")["data"])

    def test_every_other_link_is_one_that_jaeger_answers(self):
        for name, dashboard in grafana.dashboards().items():
            for panel in grafana.panels(dashboard):
                for link in grafana.links(panel):
                    address = self.follow(link, **clicked(phase="before", stage="wait"))
                    if "/search" in address:
                        with self.subTest(f"{name}: {panel['title']}: {link['title']}"):
                            CONTEXT.jaeger.opened(address)
