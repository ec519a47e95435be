"""The traces of a real run in a real Jaeger, against the run's own rows."""

import unittest

import spanload
from context import CONTEXT
from log import PHASES, micros


class Traces(unittest.TestCase):
    """Every planned request is a trace, found by the id in its row."""

    @classmethod
    def setUpClass(cls):
        cls.log = CONTEXT.good.log
        cls.traces = {
            row["trace_id"]: CONTEXT.jaeger.trace(row["trace_id"]) for phase in PHASES for row in cls.log.rows[phase]
        }

    def rows(self):
        for phase in PHASES:
            yield from self.log.rows[phase]

    def client(self, row):
        """(root, its children) of a request."""
        spans = [span for span in self.traces[row["trace_id"]] if span.service == "spanload"]
        roots = [span for span in spans if span.kind == "client"]
        self.assertEqual(len(roots), 1, row["trace_id"])
        children = [span for span in spans if span.parent == roots[0].span_id]
        return roots[0], sorted(children, key=lambda span: span.start_us)

    def test_each_request_is_a_trace_as_long_as_its_row(self):
        for row in self.rows():
            root, _ = self.client(row)
            self.assertEqual(root.duration_us, row.latency_us, row["trace_id"])

    def test_requests_are_as_far_apart_as_in_the_log(self):
        for phase in PHASES:
            for repetition in {row["repetition"] for row in self.log.rows[phase]}:
                rows = [row for row in self.log.rows[phase] if row["repetition"] == repetition]
                anchors = {self.client(row)[0].start_us - micros(row["due_ms"]) for row in rows}
                self.assertEqual(len(anchors), 1, f"{phase} {repetition}: {anchors}")

    def test_children_are_the_stages_and_fill_the_request(self):
        for row in self.rows():
            root, children = self.client(row)
            self.assertEqual({child.name: child.duration_us for child in children}, row.stages, row["trace_id"])
            edges = [root.start_us, *(child.end_us for child in children)]
            self.assertEqual([child.start_us for child in children], edges[:-1], row["trace_id"])
            self.assertEqual(edges[-1], root.end_us, row["trace_id"])

    def test_the_server_s_spans_are_in_the_trace_or_in_the_linked_one(self):
        for row in self.rows():
            root, _ = self.client(row)
            trace = self.traces[self.exchange_of(row, root)]
            servers = [span for span in trace if span.service == "spanload-mock" and span.kind == "server"]
            self.assertEqual(len(servers), 1, row["trace_id"])
            inside = {span.name: span for span in trace if span.parent == servers[0].span_id}
            self.assertEqual(inside.keys(), {"queue", "compute"}, row["trace_id"])
            for name, span in inside.items():
                # the header has three decimals of a millisecond, rounded once more
                self.assertAlmostEqual(span.duration_us, micros(row[f"server_{name}_ms"]), delta=1)

    def exchange_of(self, row, root):
        """The trace whose context the exchange carried: its own, or the one that a batch's member links to."""
        if int(row["batch_size"] or 1) == 1:
            return row["trace_id"]
        linked = [trace for trace, _ in root.links if trace in self.traces]
        self.assertLessEqual(len(linked), 1, row["trace_id"])
        return linked[0] if linked else row["trace_id"]

    def test_a_batch_has_one_leader(self):
        leaders = {}
        for row in self.log.rows["after"]:
            leaders.setdefault(row.exchange, set()).add(self.exchange_of(row, self.client(row)[0]))
        self.assertTrue(any(int(row["batch_size"] or 1) > 1 for row in self.log.rows["after"]))
        self.assertEqual({len(traces) for traces in leaders.values()}, {1})

    def test_attributes_tell_where_a_request_belongs(self):
        for row in self.rows():
            attributes = self.client(row)[0].attributes
            self.assertEqual(attributes["spanload.phase"], row["phase"])
            self.assertEqual(str(attributes["spanload.repetition"]), row["repetition"])
            self.assertEqual(str(attributes["spanload.seq"]), row["seq"])
            self.assertEqual(str(attributes["http.response.status_code"]), row["status"])

    def test_the_slowest_request_is_found_by_its_length(self):
        run, slowest = CONTEXT.good, self.log.slowest
        found = CONTEXT.jaeger.longer_than(slowest.latency_us / 1e6, run.start, run.end)
        roots = {span.trace_id for span in found if span.kind == "client"}
        self.assertEqual(roots, {slowest["trace_id"]})
        longer = CONTEXT.jaeger.longer_than((slowest.latency_us + 1) / 1e6, run.start, run.end)
        self.assertEqual([span for span in longer if span.kind == "client"], [])


class Repeated(unittest.TestCase):
    """The spans of a run whose collector was down, sent again from its log."""

    def test_a_lost_export_is_repeated_with_the_same_ids(self):
        run, jaeger = CONTEXT.bad, CONTEXT.jaeger
        rows = [row for phase in PHASES for row in run.log.rows[phase]]
        self.assertEqual(run.log.manifest["telemetry"]["spans"]["exported"], 0)
        self.assertEqual([row["trace_id"] for row in rows if jaeger.trace(row["trace_id"])], [])
        spanload.export(CONTEXT.program, run.log.folder, jaeger.otlp_http, "http/protobuf")
        jaeger.wait_for(rows[-1]["trace_id"])
        for row in rows:
            spans = jaeger.trace(row["trace_id"])
            (root,) = [span for span in spans if span.kind == "client"]
            self.assertEqual(root.duration_us, row.latency_us)
            self.assertEqual(root.failed, not row.succeeded)
            children = {span.name: span.duration_us for span in spans if span.parent == root.span_id}
            self.assertEqual(children, row.stages)
