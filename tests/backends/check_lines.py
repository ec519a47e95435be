"""Lines of an SLA other than one on P95: what the dashboard of a run makes of a fraction, of several, of none."""

import unittest

import check_shown
import grafana
from check_drill_down import clicked
from context import CONTEXT
from expected import Facts, percentile
from panels_run import CHECKS

DASHBOARD = "run.json"
RED = "P$q as a share of its limit"


def values(run, **chosen):
    """The variables as the dashboard opens, `chosen` by a user in their place."""
    dashboard = grafana.dashboards()[DASHBOARD]
    return {**grafana.variable_values(dashboard, CONTEXT.prometheus, run.start, run.end, run.log.run), **chosen}


def ask(query, run, **chosen):
    """An instant query's answer."""
    return CONTEXT.prometheus.instant(grafana.interpolate(query.expression, values(run, **chosen)), run.end)


def queries():
    """Those of the dashboard."""
    return list(grafana.queries(grafana.dashboards()[DASHBOARD]))


def red(ref):
    """The red panel's."""
    return next(query for query in queries() if (query.panel, query.ref) == (RED, ref))


class TwoLines(unittest.TestCase):
    """Lines on P50 and P99.9: the highest percentile is what the page opens with and what says what is slow."""

    def test_the_highest_percentile_comes_first(self):
        dashboard, run = grafana.dashboards()[DASHBOARD], CONTEXT.two_lines
        variable = next(one for one in dashboard["templating"]["list"] if one["name"] == "q")
        known = {**grafana.global_values(run.start, run.end), "run": run.log.run}
        options = grafana.query_options(variable, known, CONTEXT.prometheus, (run.start, run.end))
        self.assertEqual(options, ["99.9", "50"])

    def test_every_figure_of_the_whole_phase_is_right(self):
        facts = Facts(CONTEXT.two_lines, CONTEXT.prometheus)
        for query in filter(lambda query: query.instant and query != red("B"), queries()):
            with self.subTest(f"{query.panel}: {query.ref}"):
                CHECKS[query.panel, query.ref](ask(query, CONTEXT.two_lines), facts)

    def test_another_percentile_can_be_chosen_and_slow_stays_what_it_is(self):
        run = CONTEXT.two_lines
        (line,) = [line for line in run.log.manifest["sla"] if line["metric"] == "p50"]
        check = percentile(0.5, divided_by=lambda _: line["limit_us"] / 1e6)
        check(ask(red("A"), run, q="50"), Facts(run, CONTEXT.prometheus))
        _, slow_us = run.log.percentile_limit
        self.assertNotEqual(slow_us, line["limit_us"])
        chosen = values(run, q="50")
        self.assertEqual(float(chosen["slow_limit"]) * 1e6, slow_us)
        self.assertEqual(float(chosen["half_limit"]) * 2e6, slow_us)

    def test_nobody_is_told_that_there_is_no_percentile_line(self):
        self.assertEqual(ask(red("B"), CONTEXT.two_lines), [])


class NoPercentile(unittest.TestCase):
    """No line on a percentile: the panel says so, and no query is refused."""

    def test_no_query_is_refused(self):
        run = CONTEXT.no_percentile
        for query in queries():
            expression = grafana.interpolate(query.expression, values(run))
            CONTEXT.prometheus.ranged(expression, run.start, run.end, "1s")

    def test_what_does_not_need_one_is_right(self):
        facts = Facts(CONTEXT.no_percentile, CONTEXT.prometheus)
        for query in filter(lambda query: query.instant and query != red("A"), queries()):
            with self.subTest(f"{query.panel}: {query.ref}"):
                CHECKS[query.panel, query.ref](ask(query, CONTEXT.no_percentile), facts)

    def test_the_red_panel_says_it_in_words(self):
        of = check_shown.shown(CONTEXT.no_percentile)
        stats = [(stat["title"], stat["text"]) for stat in of["spanload-run", RED]["stats"]]
        self.assertEqual(stats, [("the SLA has", "no percentile line")])

    def test_links_are_still_answered(self):
        known = values(CONTEXT.no_percentile, jaeger_ui=CONTEXT.jaeger.url)
        self.assertEqual(known["slow_limit"], "")
        asked = 0
        for panel in grafana.panels(grafana.dashboards()[DASHBOARD]):
            for link in grafana.links(panel):
                address = grafana.interpolate(link["url"], {**known, **clicked()})
                if "minDuration" in address:
                    with self.subTest(f"{panel['title']}: {link['title']}"):
                        # Jaeger refuses what is not a Go duration
                        CONTEXT.jaeger.opened(address)
                    asked += 1
        self.assertGreater(asked, 0)
