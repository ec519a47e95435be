"""What can be told from the files alone: configuration, rules, dashboards, versions."""

import copy
import json
import re
import subprocess
import unittest

import grafana
import panel_table
import prometheus
import tools as pinned
import typed
from context import CONTEXT

ROOT = grafana.ROOT
SECONDS = 300


class Configuration(unittest.TestCase):
    """prometheus.yml, the rules and the compose file."""

    def promtool(self, *arguments):
        command = [str(CONTEXT.tools.need("promtool")), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, cwd=ROOT)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_promtool_accepts_the_configuration(self):
        self.promtool("check", "config", "prometheus.yml")

    def test_promtool_accepts_the_rules(self):
        self.promtool("check", "rules", "--lint=all", "--lint-fatal", "grafana/rules/sla.yml")

    def test_the_rules_say_what_they_should(self):
        self.promtool("test", "rules", "tests/backends/rules_test.yml")

    def test_every_alert_is_tried_with_and_without_a_reason(self):
        rules = (ROOT / "grafana/rules/sla.yml").read_text(encoding="utf-8")
        tried = (ROOT / "tests/backends/rules_test.yml").read_text(encoding="utf-8")
        for alert in re.findall(r"- alert: (\w+)", rules):
            self.assertRegex(tried, rf"alertname: {alert}, eval_time: \w+, exp_alerts: \[\]", alert)
            self.assertRegex(tried, rf"alertname: {alert}\n +eval_time: \w+\n +exp_alerts:\n", alert)

    def test_the_scrape_interval_is_the_data_source_s(self):
        scraped = (ROOT / "prometheus.yml").read_text(encoding="utf-8")
        source = (ROOT / "grafana/provisioning/datasources/prometheus.yaml").read_text(encoding="utf-8")
        interval = re.search(r"scrape_interval: (\w+)", scraped)[1]
        self.assertEqual(re.search(r"timeInterval: (\w+)", source)[1], interval)
        self.assertEqual(interval, f"{grafana.SCRAPE_SECONDS}s")

    def test_compose_runs_the_versions_that_are_tested(self):
        compose = (ROOT / "grafana/compose.yaml").read_text(encoding="utf-8")
        images = dict(re.findall(r"image: (\S+):(\S+)", compose))
        major, minor = pinned.PROMETHEUS.removeprefix("v0.").split(".")
        self.assertEqual(images["prom/prometheus"], f"v{major[0]}.{int(major[1:])}.{minor}")
        self.assertEqual(images["jaegertracing/jaeger"], pinned.JAEGER_RELEASE)
        self.assertEqual(images["grafana/grafana"], pinned.GRAFANA)

    def test_compose_starts_prometheus_as_the_tests_do(self):
        compose = (ROOT / "grafana/compose.yaml").read_text(encoding="utf-8")
        self.assertEqual(tuple(re.findall(r"- (--enable-feature=\S+)", compose)), prometheus.FEATURES)

    def test_compose_mounts_what_there_is(self):
        compose = (ROOT / "grafana/compose.yaml").read_text(encoding="utf-8")
        mounts = re.findall(r"- (\.\.?/\S+?):(\S+?):ro", compose)
        self.assertEqual(len(mounts), 4)
        for source, _ in mounts:
            self.assertTrue((ROOT / "grafana" / source).exists(), source)
        # Prometheus looks for its rules beside its configuration
        inside = dict(mounts)
        self.assertEqual(inside["./rules"], "/etc/prometheus/grafana/rules")
        provider = (ROOT / "grafana/provisioning/dashboards/spanload.yaml").read_text(encoding="utf-8")
        self.assertIn(f"path: {inside['./dashboards']}", provider)


class Dashboards(unittest.TestCase):
    """The dashboards as files: typed, described, free of what breaks shipped dashboards."""

    def test_grafana_s_own_types_accept_them(self):
        self.assertEqual(typed.complaints(CONTEXT.tools, grafana.dashboards(), CONTEXT.folder / "typed"), "")

    def test_a_misspelt_option_is_noticed(self):
        wrong = copy.deepcopy(grafana.dashboards())
        stat = next(panel for panel in wrong["run.json"]["panels"] if panel["type"] == "stat")
        stat["options"]["colourMode"] = stat["options"].pop("colorMode")
        self.assertIn("colourMode", typed.complaints(CONTEXT.tools, wrong, CONTEXT.folder / "mistyped"))

    def test_panels_have_their_own_ids_and_places(self):
        for name, dashboard in grafana.dashboards().items():
            panels = list(grafana.panels(dashboard))
            ids = [panel["id"] for panel in panels]
            self.assertEqual(len(ids), len(set(ids)), name)
            cells = [cell for panel in panels for cell in _cells(panel["gridPos"])]
            self.assertEqual(len(cells), len(set(cells)), f"{name}: panels overlap")

    def test_each_description_names_the_metrics_of_its_queries(self):
        for name, dashboard in grafana.dashboards().items():
            for query in grafana.queries(dashboard):
                panel = next(one for one in grafana.panels(dashboard) if one["title"] == query.panel)
                for metric in _metrics(query.expression):
                    stem = metric.removesuffix("_sum").removesuffix("_count").removesuffix("_bucket")
                    family = re.sub(r"_(ratio|requests_per_second)$|(?<=value)_.*$|(?<=limit)_.*$", "", stem)
                    self.assertIn(family, panel["description"], f"{name}: {panel['title']}")

    def test_the_page_lists_the_panels_as_they_are(self):
        told = panel_table.PAGE.read_text(encoding="utf-8")
        self.assertEqual(told, panel_table.page(), "run tests/backends/panel_table.py")

    def test_windows_fit_any_run(self):
        for dashboard in grafana.dashboards().values():
            for query in grafana.queries(dashboard):
                windows = re.findall(r"\[([^\]]+)\]", query.expression.replace("[0-9.]+", ""))
                allowed = {"$__range"} if query.instant else {"$__rate_interval"}
                self.assertLessEqual(set(windows), allowed, query)

    def test_nothing_is_made_up_where_there_is_no_data(self):
        for dashboard in grafana.dashboards().values():
            for query in [*grafana.queries(dashboard), *grafana.annotation_queries(dashboard)]:
                self.assertNotRegex(query.expression, r"\bvector\(|\babsent\(|\bscalar\(", query)

    def test_no_dashboard_is_bound_to_one_installation(self):
        for name, dashboard in grafana.dashboards().items():
            text = json.dumps(dashboard)
            self.assertNotIn("${DS_", text, name)
            self.assertNotIn("__inputs", text, name)
            for kind in re.findall(r'"uid": "([^"]+)"', text):
                self.assertIn(kind, ("${datasource}", "${jaeger}", dashboard["uid"]), name)

    def test_links_use_variables_that_exist(self):
        for name, dashboard in grafana.dashboards().items():
            known = {variable["name"] for variable in dashboard["templating"]["list"]}
            known |= {"__from", "__to", "__value.raw", "__data.fields.phase", "__field.name"}
            for panel in grafana.panels(dashboard):
                for link in grafana.links(panel):
                    for reference in re.findall(r"\$\{([\w.]+)\}", link["url"]):
                        self.assertTrue(reference in known or reference.startswith("__field.labels."), (name, link))


def _cells(place):
    columns = range(place["x"], place["x"] + place["w"])
    return [(column, row) for column in columns for row in range(place["y"], place["y"] + place["h"])]


def _metrics(expression):
    return re.findall(r"\b(?:spanload|http_client)_\w+", expression)
