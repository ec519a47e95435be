"""What a person sees: names, texts and colours that Grafana's own library makes of real answers."""

import json
import math
import re
import shutil
import subprocess
import unittest

import grafana
from context import CONTEXT
from log import PHASES

SECONDS = 300
RED, GREEN = "#F2495C", "#73BF69"


def answers(dashboard, panel, run):
    """The answers to a panel's queries, as shown.cjs wants them."""
    prometheus = CONTEXT.prometheus
    values = grafana.variable_values(dashboard, prometheus, run.start, run.end, run.log.run)
    return [_answer(target, grafana.interpolate(target["expr"], values), run) for target in panel["targets"]]


def _answer(target, expression, run):
    if target["instant"]:
        series = [
            {"labels": labels, "points": [[run.end, _json(value)]]}
            for labels, value in CONTEXT.prometheus.instant(expression, run.end)
        ]
    else:
        series = [
            {"labels": labels, "points": [[at, _json(value)] for at, value in points]}
            for labels, points in CONTEXT.prometheus.ranged(expression, run.start, run.end, "1s")
        ]
    return {"ref": target["refId"], "format": target["format"], "legend": target["legendFormat"], "series": series}


def _json(value):
    return "+Inf" if math.isinf(value) else value


def shown(run):
    """{(dashboard, panel): what it shows}"""
    keys, panels = [], []
    for dashboard in grafana.dashboards().values():
        for panel in filter(grafana.is_prometheus, grafana.panels(dashboard)):
            keys.append((dashboard["uid"], panel["title"]))
            panels.append({"panel": panel, "answers": answers(dashboard, panel, run)})
    modules = CONTEXT.tools.need("library")
    script = CONTEXT.folder / "shown.cjs"
    for name in ("shown.cjs", "frames.cjs"):
        shutil.copy(grafana.ROOT / "tests/backends" / name, CONTEXT.folder)
    link = CONTEXT.folder / "node_modules"
    if not link.exists():
        link.symlink_to(modules)
    answer = CONTEXT.folder / f"shown-{run.log.run}.json"
    done = subprocess.run(
        ["node", str(script), str(answer)], input=json.dumps(panels), capture_output=True, text=True, timeout=SECONDS, check=False
    )
    if done.returncode != 0:
        raise AssertionError(done.stderr[-3000:])
    return dict(zip(keys, json.loads(answer.read_text(encoding="utf-8"))))


class Shown(unittest.TestCase):
    """Tables have the columns they name, colours are those of the verdict."""

    @classmethod
    def setUpClass(cls):
        cls.good, cls.bad = shown(CONTEXT.good), shown(CONTEXT.bad)

    def stats(self, of, panel, dashboard="spanload-run"):
        return {stat["title"]: (stat["text"], stat["color"]) for stat in of[dashboard, panel]["stats"]}

    def table(self, of, panel, dashboard="spanload-run"):
        """{first column: {column: text}} of a table in one frame."""
        (frame,) = of[dashboard, panel]["frames"]
        columns = {name: field["texts"] for name, field in frame.items()}
        first = next(iter(columns))
        return {key: {name: texts[at] for name, texts in columns.items()} for at, key in enumerate(columns[first])}

    def test_the_verdict_is_a_word_in_its_colour(self):
        verdict = CONTEXT.good.log.comparison["verdict"]
        self.assertEqual(self.stats(self.good, "Verdict")["verdict"], (verdict, GREEN if verdict == "met" else RED))
        self.assertEqual(self.stats(self.bad, "Verdict")["verdict"], ("missed", RED))

    def test_a_phase_above_the_limit_is_red_and_one_within_it_is_green(self):
        shares = self.stats(self.good, "P$q as a share of its limit")
        log = CONTEXT.good.log
        share, limit_us = log.percentile_limit
        colors = {phase: RED if log.percentile_us(phase, share) > limit_us else GREEN for phase in PHASES}
        self.assertEqual({phase: color for phase, (_, color) in shares.items()}, colors)
        for text, _ in shares.values():
            self.assertRegex(text, r"^[\d.]+%$")

    def test_a_rank_on_a_failure_is_said_in_words_and_red(self):
        shares = self.stats(self.bad, "P$q as a share of its limit")
        self.assertEqual(set(shares.values()), {("a failure", RED)})
        latency = self.table(self.bad, "Latency of the whole phase")
        self.assertEqual({row["P95"] for row in latency.values()}, {"a failure"})
        self.assertTrue(all(re.fullmatch(r"[\d.]+ m?s", row["P50"]) for row in latency.values()), latency)

    def test_the_tables_have_a_row_a_phase_and_the_columns_they_name(self):
        latency = self.table(self.good, "Latency of the whole phase")
        self.assertEqual(latency.keys(), {"before", "after"})
        self.assertEqual(list(latency["after"]), ["phase", "P50", "P95", "P99", "mean"])
        requests = self.table(self.good, "Planned requests")
        planned = str(len(CONTEXT.good.log.rows["after"]))
        self.assertEqual(requests["after"], {**requests["after"], "planned": planned, "succeeded": planned, "failed": "0"})
        lines = self.table(self.bad, "SLA lines")
        self.assertEqual(lines.keys(), {"p95", "error_rate"})
        self.assertEqual(lines["p95"]["met"], "missed")
        self.assertEqual(float(lines["p95"]["limit"]), 0.1)

    def test_bars_stand_for_phases_and_are_named_by_stage(self):
        for panel in ("Mean latency by stage, whole phase", "Where requests above the limit spend their time"):
            (frame,) = self.good["spanload-run", panel]["frames"]
            self.assertIn("phase\\stage", frame)
            self.assertIn("wait", frame)
            self.assertEqual(frame["wait"]["links"], 1)
        (frame,) = self.bad["spanload-client", "Failures by kind"]["frames"]
        self.assertIn("http_5xx", frame)

    def test_bars_are_named_by_the_field_that_the_panel_puts_on_its_axis(self):
        for dashboard in grafana.dashboards().values():
            for panel in grafana.panels(dashboard):
                if panel["type"] == "barchart":
                    (frame,) = self.bad[dashboard["uid"], panel["title"]]["frames"]
                    self.assertIn(panel["options"]["xField"], frame)

    def test_nobody_sees_a_figure_that_is_none(self):
        for of in (self.good, self.bad):
            for key, panel in of.items():
                for frame in panel["frames"]:
                    for name, field in frame.items():
                        self.assertFalse([text for text in field["texts"] if "NaN" in text], (key, name))

    def test_lost_spans_are_red(self):
        self.assertEqual(self.stats(self.good, "Spans", "spanload-client")["failed"], ("0", GREEN))
        self.assertEqual(self.stats(self.bad, "Spans", "spanload-client")["failed"][1], RED)
