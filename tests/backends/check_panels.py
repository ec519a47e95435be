"""Every query of every panel, annotation and variable, asked of a real Prometheus that scraped real runs."""

import dataclasses
import math
import re
import unittest
from bisect import bisect_right

import grafana
import panels_client
import panels_run
from context import CONTEXT
from expected import FEWEST, Facts, instants
from rows_instant import CLOCK_MS, scraped

CHECKS = {"spanload-run": panels_run.CHECKS, "spanload-client": panels_client.CLIENT, "spanload-mock": panels_client.MOCK}
# a run without a failure has nothing to show here: asked of the run that has some
ONLY_WITH_FAILURES = {"Failures by kind", "Failures a second"}
# has something to say where the SLA limits no percentile only: check_lines asks it
ONLY_WITHOUT_PERCENTILE = ("P$q as a share of its limit", "B")
STEP = "1s"
RUNNING = 'spanload_phase_running{run="$run"}'
# seconds between what the manifest calls the beginning or end of a repetition and the metric that says so, at most
EDGE = 2
# of which the log has two figures a repetition only
LATENESS = {"Lateness of the client's loop"}


class Panels(unittest.TestCase):
    """The dashboards' queries, with variables put in as Grafana does it."""

    def ask(self, query, dashboard, run):
        """The answer; without data it is a failure, and so is a figure that is none."""
        prometheus = CONTEXT.prometheus
        values = grafana.variable_values(dashboard, prometheus, run.start, run.end, run.log.run)
        expression = grafana.interpolate(query.expression, values)
        if query.instant:
            answer = prometheus.instant(expression, run.end)
            numbers = [value for _, value in answer]
        else:
            answer = prometheus.ranged(expression, run.start, run.end, STEP)
            numbers = [value for _, points in answer for _, value in points]
        self.assertTrue(numbers, f"no data for\n{expression}")
        self.assertFalse(any(math.isnan(number) for number in numbers), f"NaN in the answer to\n{expression}")
        return answer

    def every_panel(self, run, wanted):
        facts = Facts(run, CONTEXT.prometheus)
        for dashboard in grafana.dashboards().values():
            for query in grafana.queries(dashboard):
                if not wanted(query) or (query.panel, query.ref) == ONLY_WITHOUT_PERCENTILE:
                    continue
                with self.subTest(f"{query.dashboard}: {query.panel}: {query.ref}"):
                    check = CHECKS[query.dashboard].get((query.panel, query.ref))
                    self.assertIsNotNone(check, "no expectation is written for this query")
                    check(self.ask(query, dashboard, run), facts)

    def test_a_run_without_a_failure(self):
        wanted = {"met": 0, "missed": 99}[CONTEXT.good.log.comparison["verdict"]]
        self.assertEqual(CONTEXT.good.exit_code, wanted, CONTEXT.good.output)
        self.every_panel(CONTEXT.good, lambda query: query.panel not in ONLY_WITH_FAILURES)

    def test_a_run_with_failures(self):
        self.assertEqual(CONTEXT.bad.exit_code, 99, CONTEXT.bad.output)
        self.every_panel(CONTEXT.bad, lambda query: query.dashboard != "spanload-mock")

    def wrong_is_noticed(self, wrong, run, wanted):
        """Every query that `wanted` takes fails its check if it is changed; returns how many there were."""
        facts = Facts(run, CONTEXT.prometheus)
        tried = 0
        for dashboard in grafana.dashboards().values():
            for query in grafana.queries(dashboard):
                check = CHECKS[query.dashboard][query.panel, query.ref]
                changed = wrong(query.expression)
                if changed is None or (query.panel, query.ref) == ONLY_WITHOUT_PERCENTILE or not wanted(query):
                    continue
                with self.subTest(f"{query.dashboard}: {query.panel}: {query.ref}"):
                    right = self.ask(query, dashboard, run)
                    answer = self.ask(dataclasses.replace(query, expression=changed), dashboard, run)
                    if _is_told_from(answer, right, query):
                        tried += 1
                        with self.assertRaises(AssertionError, msg=f"{changed}\npasses"):
                            check(answer, facts)
        return tried

    def test_a_query_that_gives_0_is_noticed(self):
        for run, wanted in (
            (CONTEXT.good, lambda query: query.panel not in ONLY_WITH_FAILURES),
            (CONTEXT.bad, lambda query: query.panel in ONLY_WITH_FAILURES),
        ):
            self.assertTrue(self.wrong_is_noticed(lambda expression: f"({expression}) * 0", run, wanted))

    def test_a_query_for_another_percentile_is_noticed(self):
        def another(expression):
            found = re.match(r"(\(?histogram_quantile\()(0\.\d+)(,.*)", expression, re.DOTALL)
            return found and f"{found[1]}{1.25 - float(found[2]):.2f}{found[3]}"

        tried = self.wrong_is_noticed(another, CONTEXT.good, lambda query: query.panel not in LATENESS)
        self.assertGreaterEqual(tried, 9)

    def test_no_figure_is_made_up_while_the_run_is_on(self):
        run = CONTEXT.good
        for dashboard in grafana.dashboards().values():
            values = grafana.variable_values(dashboard, CONTEXT.prometheus, run.start, run.end, run.log.run)
            for query in filter(lambda query: query.instant, grafana.queries(dashboard)):
                expression = grafana.interpolate(query.expression, values)
                for _, points in CONTEXT.prometheus.ranged(expression, run.start, run.end, STEP):
                    self.assertFalse([at for at, value in points if math.isnan(value)], f"NaN in\n{expression}")

    def test_every_expectation_belongs_to_a_query(self):
        asked = {
            (query.dashboard, query.panel, query.ref)
            for dashboard in grafana.dashboards().values()
            for query in grafana.queries(dashboard)
        }
        written = {(uid, *key) for uid, checks in CHECKS.items() for key in checks}
        self.assertEqual(written, asked)

    def test_annotations_mark_the_repetitions(self):
        run = CONTEXT.good
        for dashboard in grafana.dashboards().values():
            for query in grafana.annotation_queries(dashboard):
                answer = self.ask(query, dashboard, run)
                marked = {metric["phase"]: [at for at, _ in points] for metric, points in answer}
                took = scraped(Facts(run, CONTEXT.prometheus), RUNNING)
                scrapes = sorted(took)
                # the last one before an instant; of two between instants nobody is shown the first
                asked = {scrapes[bisect_right(scrapes, round(at * 1000)) - 1] for at in instants(run) if at * 1000 >= scrapes[0]}
                for phase, seconds in marked.items():
                    seen = {scrapes[bisect_right(scrapes, round(second * 1000)) - 1] / 1000 for second in seconds}
                    parts = _repetitions(run.log, phase)
                    for scrape in seen:
                        self.assertTrue(any(at - EDGE <= scrape <= to + EDGE for at, to in parts), (phase, scrape))
                    surely = [(begin, to - CLOCK_MS / 1000) for begin, to in parts]
                    within = {at / 1000 for at in asked if any(b <= at / 1000 and (at + took[at]) / 1000 <= to for b, to in surely)}
                    self.assertLessEqual(within, seen, phase)

    def test_variables_offer_the_runs_newest_first(self):
        good, bad = CONTEXT.good, CONTEXT.bad
        start, end = min(good.start, bad.start), max(good.end, bad.end)
        for name, dashboard in grafana.dashboards().items():
            variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
            if "run" in variables:
                options = grafana.query_options(variables["run"], {}, CONTEXT.prometheus, (start, end))
                self.assertLessEqual({good.log.run, bad.log.run}, set(options), name)
                self.assertEqual(options, sorted(options, reverse=True), name)

    def test_variables_know_the_limit(self):
        for run, percentile, limit in ((CONTEXT.good, "95", 0.8), (CONTEXT.bad, "95", 0.1)):
            dashboard = grafana.dashboards()["run.json"]
            values = grafana.variable_values(dashboard, CONTEXT.prometheus, run.start, run.end, run.log.run)
            self.assertEqual((values["q"], float(values["slow_limit"])), (percentile, limit))


def _is_told_from(answer, right, query):
    """Whether a check can tell a wrong answer: lines that moved at an instant or two, as a counter of what hardly ever
    happens does, are not told from others."""
    if query.instant:
        return answer != right
    points, others = _points(right), _points(answer)
    return sum(points.get(place) != others.get(place) for place in points.keys() | others.keys()) >= FEWEST


def _points(answer):
    """{(series, instant): value}, without what is 0."""
    points = {(str(sorted(metric.items())), at): value for metric, line in answer for at, value in line}
    return {place: value for place, value in points.items() if value}


def _repetitions(log, phase):
    """(start, end) of each, in seconds since 1970."""
    parts = [part for part in log.manifest["repetitions"] if part["phase"] == phase]
    starts = [part["started_unix_us"] / 1e6 for part in parts]
    return [(start, start + part["health"]["wall_us"] / 1e6) for start, part in zip(starts, parts)]
