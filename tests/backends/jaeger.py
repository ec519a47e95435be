"""A Jaeger on free ports with memory storage, and questions to it."""

import json
import os
import pathlib
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime, timezone

from service import Service

CONFIG = pathlib.Path(__file__).with_name("jaeger.yaml")
SETTLE_SECONDS = 120
KINDS = {1: "internal", 2: "server", 3: "client"}


@dataclass(frozen=True)
class Span:
    """A span as Jaeger gives it back. Times in whole microseconds since 1970; Jaeger lengthens a span without length
    to one nanosecond."""

    service: str
    trace_id: str
    span_id: str
    parent: str
    name: str
    kind: str
    start_us: int
    end_us: int
    links: tuple = ()
    attributes: dict = field(default_factory=dict, hash=False)
    failed: bool = False

    @property
    def duration_us(self):
        """Length in whole microseconds."""
        return self.end_us - self.start_us


class Jaeger:
    """A running Jaeger."""

    def __init__(self, program, folder, ports):
        http, query, grpc, otlp_http = ports
        self.url = f"http://127.0.0.1:{http}"
        self.otlp_grpc = f"http://127.0.0.1:{grpc}"
        self.otlp_http = f"http://127.0.0.1:{otlp_http}"
        names = ("JAEGER_HTTP_PORT", "JAEGER_QUERY_GRPC_PORT", "OTLP_GRPC_PORT", "OTLP_HTTP_PORT")
        os.environ.update({name: str(port) for name, port in zip(names, ports)})
        self.service = Service(
            [str(program), "--config", str(CONFIG)], f"{self.url}/api/v3/services", folder / "jaeger.log"
        )

    def get(self, path, **parameters):
        """The JSON document at a path, or None where Jaeger has nothing."""
        query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
        try:
            with urllib.request.urlopen(f"{self.url}{path}{query}", timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise AssertionError(f"{path}{query}: {error.code} {error.read().decode()}") from None

    def trace(self, trace_id):
        """The spans of a trace, found by its id alone; none if it is not there."""
        document = self.get(f"/api/v3/traces/{trace_id}")
        return spans_of(document) if document else []

    def longer_than(self, seconds, start, end, service="spanload", limit=1000):
        """The spans of the traces with a span of at least this length, times in seconds since 1970."""
        document = self.get(
            "/api/v3/traces",
            **{
                "query.service_name": service,
                "query.duration_min": f"{seconds:.6f}s",
                "query.start_time_min": _rfc3339(start),
                "query.start_time_max": _rfc3339(end),
                "query.num_traces": limit,
            },
        )
        return spans_of(document) if document else []

    def search(self, **parameters):
        """Traces as Jaeger's own search page finds them, the slowest first: [(trace id, longest span in us)]."""
        traces = (self.get("/api/traces", **parameters) or {"data": []})["data"]
        found = [(trace["traceID"], max(span["duration"] for span in trace["spans"])) for trace in traces]
        return sorted(found, key=lambda one: -one[1])

    def opened(self, address):
        """What its search page shows for an address: it hands the same parameters to its search."""
        parts = urllib.parse.urlsplit(address)
        if parts.path != "/search":
            raise AssertionError(f"{address} is not the search page")
        return self.search(**dict(urllib.parse.parse_qsl(parts.query, strict_parsing=True)))

    def wait_for(self, trace_id):
        """Waits, within bounds, until a trace has arrived; batches take a moment."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while not self.trace(trace_id):
            if time.monotonic() > deadline:
                raise AssertionError(f"trace {trace_id} did not arrive within {SETTLE_SECONDS} s")
            time.sleep(0.2)


def spans_of(document):
    """The spans of an answer of /api/v3, which is OTLP's JSON."""
    spans = []
    for resource in document["result"]["resourceSpans"]:
        service = _attributes(resource["resource"])["service.name"]
        for scope in resource["scopeSpans"]:
            spans += [_span(service, span) for span in scope["spans"]]
    return spans


def _span(service, span):
    return Span(
        service=service,
        trace_id=span["traceId"],
        span_id=span["spanId"],
        parent=span.get("parentSpanId", ""),
        name=span["name"],
        kind=KINDS.get(span.get("kind"), "unspecified"),
        start_us=int(span["startTimeUnixNano"]) // 1000,
        end_us=int(span["endTimeUnixNano"]) // 1000,
        links=tuple((link["traceId"], link["spanId"]) for link in span.get("links", [])),
        attributes=_attributes(span),
        failed=span.get("status", {}).get("code") == 2,
    )


def _attributes(holder):
    pairs = holder.get("attributes", [])
    return {pair["key"]: next(iter(pair["value"].values()), None) for pair in pairs}


def _rfc3339(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat().replace("+00:00", "Z")
