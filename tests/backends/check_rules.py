"""The rules, evaluated by a real Prometheus over real runs."""

import math
import unittest

from context import CONTEXT
from expected import Facts, close, within_bucket
from log import PHASES

# the two that say that telemetry lost something that this run cannot lose on purpose are tried by promtool alone
NOT_PROVOKED = {"SpanloadSamplesLost"}
# of a run that missed its SLA
MISSED = {"SpanloadSlaMissed", "SpanloadSlaLineMissed"}
# fires after a while above the limit, whatever the run ends with
ABOVE = "SpanloadPercentileAboveLimit"


class Rules(unittest.TestCase):
    """Recording rules agree with the logs, alerts fire for a bad run and for no good one."""

    def rules(self, kind):
        groups = CONTEXT.prometheus.get("rules")["groups"]
        return [rule for group in groups for rule in group["rules"] if rule["type"] == kind]

    def alerts(self, run):
        """Names of the alerts that fired for a run."""
        expression = f'ALERTS{{alertstate="firing",run="{run.log.run}"}}'
        answer = CONTEXT.prometheus.ranged(expression, run.start, run.end, "1s")
        return {metric["alertname"] for metric, _ in answer}

    def recorded(self, expression, run):
        return CONTEXT.prometheus.instant(f'last_over_time({expression}[5m])', run.end)

    def test_all_rules_are_healthy(self):
        _ = CONTEXT.good
        for rule in self.rules("recording") + self.rules("alerting"):
            self.assertEqual((rule["health"], rule.get("lastError", "")), ("ok", ""), rule["name"])

    def test_every_recorded_series_is_there(self):
        for run in (CONTEXT.good, CONTEXT.bad):
            for rule in self.rules("recording"):
                self.assertTrue(self.recorded(f'{rule["name"]}{{run="{run.log.run}"}}', run), rule["name"])

    def test_recorded_percentiles_agree_with_the_log(self):
        for run in (CONTEXT.good, CONTEXT.bad):
            facts = Facts(run, CONTEXT.prometheus)
            name = "run_phase_metric:spanload_latency_seconds:percentile"
            answer = self.recorded(f'{name}{{run="{run.log.run}"}}', run)
            self.assertEqual(len(answer), 3 * len(PHASES))
            for metric, value in answer:
                phase, share = metric["phase"], int(metric["metric"][1:]) / 100
                within_bucket(value, facts.percentile(phase, share), facts, "spanload_latency_seconds")
                close(value, facts.interpolated(phase, share))

    def test_recorded_ratios_agree_with_the_log(self):
        for run in (CONTEXT.good, CONTEXT.bad):
            answer = self.recorded(f'run_phase:spanload_requests:success_ratio{{run="{run.log.run}"}}', run)
            for metric, value in answer:
                phase = run.log.comparison["phases"][metric["phase"]]
                close(value, phase["succeeded"] / phase["planned"])

    def test_the_bad_run_has_a_percentile_on_a_failure(self):
        self.assertTrue(math.isinf(CONTEXT.bad.log.percentile_us("after", 0.95) or 0.0))

    def test_a_run_without_a_failure_raises_what_its_verdict_says(self):
        run = CONTEXT.good
        wanted = set() if run.log.comparison["verdict"] == "met" else MISSED
        if self.recorded_above_the_limit(run):
            wanted |= self.alerts(run) & {ABOVE}
        self.assertEqual(self.alerts(run), wanted)

    def recorded_above_the_limit(self, run):
        """Where a percentile of the after phase was above its limit while the run was on."""
        name = f'run_phase_metric:spanload_latency_seconds:percentile{{phase="after",run="{run.log.run}"}}'
        expression = f"{name} > on (run, metric) group_left () spanload_sla_limit_seconds"
        return CONTEXT.prometheus.ranged(expression, run.start, run.end, "1s")

    def test_a_bad_run_raises_every_alert(self):
        every = {rule["name"] for rule in self.rules("alerting")}
        self.assertEqual(self.alerts(CONTEXT.bad), every - NOT_PROVOKED)
