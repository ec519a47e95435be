"""Dashboards as Grafana reads them: panels, queries, variables and how their values are put in.

Sources: Grafana's documentation of global variables, and of the Prometheus data source's template variables.
"""

import json
import pathlib
import re
from dataclasses import dataclass
from decimal import Decimal

ROOT = pathlib.Path(__file__).resolve().parents[2]
DASHBOARDS = ROOT / "grafana/dashboards"
SCRAPE_SECONDS = 1
STEP_SECONDS = 1
REFERENCE = re.compile(r"\$(\w+)|\[\[(\w+?)(?::\w+)?\]\]|\$\{([\w.]+)(?::\w+)?\}")


@dataclass(frozen=True)
class Query:
    """A query of a panel or an annotation."""

    dashboard: str
    panel: str
    ref: str
    expression: str
    instant: bool


def dashboards():
    """{file name: dashboard}"""
    return {file.name: json.loads(file.read_text(encoding="utf-8")) for file in sorted(DASHBOARDS.glob("*.json"))}


def panels(dashboard):
    """All panels, those inside of rows too."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def is_prometheus(panel):
    """Whether a panel asks Prometheus."""
    return panel.get("datasource", {}).get("type") == "prometheus"


def queries(dashboard):
    """The Prometheus queries of a dashboard's panels."""
    for panel in panels(dashboard):
        if is_prometheus(panel):
            for target in panel["targets"]:
                yield Query(
                    dashboard["uid"], panel["title"], target["refId"], target["expr"], target.get("instant", False)
                )


def annotation_queries(dashboard):
    """The queries of a dashboard's annotations."""
    for annotation in dashboard["annotations"]["list"]:
        yield Query(dashboard["uid"], annotation["name"], "annotation", annotation["expr"], False)


def links(panel):
    """All links of a panel: its own, its fields' and its overrides'."""
    found = list(panel.get("links", [])) + list(panel["fieldConfig"]["defaults"].get("links", []))
    for override in panel["fieldConfig"]["overrides"]:
        for change in override["properties"]:
            if change["id"] == "links":
                found += change["value"]
    return found


def global_values(start, end):
    """Values of Grafana's own variables for a time range in seconds, at one point a second."""
    seconds = max(1, round(end - start))
    # https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/
    rate_interval = max(STEP_SECONDS + SCRAPE_SECONDS, 4 * SCRAPE_SECONDS)
    return {
        "__range": f"{seconds}s",
        "__range_s": str(seconds),
        "__interval": f"{STEP_SECONDS}s",
        "__rate_interval": f"{rate_interval}s",
        "__from": str(round(start * 1000)),
        "__to": str(round(end * 1000)),
    }


def interpolate(text, values, regex=frozenset()):
    """Puts values in for references. A list becomes a group of alternatives, as in a matcher `=~`; the
    names in `regex` have several values or "all", whose values are escaped as patterns.
    An unknown name is an error: Grafana would leave it as it is."""

    def value_of(match):
        name = next(group for group in match.groups() if group)
        if name.isdigit():
            return match[0]  # a group of label_replace
        if name not in values:
            raise AssertionError(f"{text}: nobody sets ${name}")
        value = values[name]
        if isinstance(value, list):
            escaped = [re.escape(one) for one in value]
            return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"
        return re.escape(value) if name in regex else value

    return REFERENCE.sub(value_of, text)


def variable_values(dashboard, prometheus, start, end, run=None):
    """Values of a dashboard's variables as it opens: each query is asked, the first answer is taken.
    `run` is what a user who looks at an older run chooses."""
    values = global_values(start, end)
    for variable in dashboard["templating"]["list"]:
        values[variable["name"]] = _value_of(variable, values, prometheus, (start, end))
        if variable["name"] == "run" and run:
            values["run"] = run
    return values


def _value_of(variable, values, prometheus, between):
    kind = variable["type"]
    if kind == "datasource":
        return variable["query"]
    if kind == "textbox":
        return variable["query"]
    if kind == "custom":
        chosen = variable["current"]["value"]
        every = variable["query"].split(",")
        return every if chosen == ["$__all"] else chosen
    if kind == "query":
        options = query_options(variable, values, prometheus, between)
        # without options a variable is empty
        return options[0] if options else ""
    raise AssertionError(f"variable {variable['name']}: type {kind} is not known to the tests")


def query_options(variable, values, prometheus, between):
    """What a query variable offers, in its order."""
    query = interpolate(variable["query"]["query"], values)
    start, end = between
    label_values = re.fullmatch(r"label_values\((.+),\s*(\w+)\)", query)
    result = re.fullmatch(r"query_result\((.+)\)", query)
    if label_values:
        texts = prometheus.label_values(label_values[2], label_values[1], start, end)
    elif result:
        texts = [_result_text(labels, value, end) for labels, value in prometheus.instant(result[1], end)]
    else:
        raise AssertionError(f"variable {variable['name']}: {query} is neither label_values nor query_result")
    return _ordered(_filtered(texts, variable["regex"]), variable["sort"])


def _result_text(labels, value, time):
    name = labels.get("__name__", "")
    pairs = ",".join(f'{key}="{text}"' for key, text in labels.items() if key != "__name__")
    return f"{name}{{{pairs}}} {_number(value)} {round(time * 1000)}"


def _number(value):
    """As JavaScript writes it: the fewest digits that tell it, an exponent only below a millionth."""
    return f"{Decimal(repr(value)):f}".removesuffix(".0") if value >= 1e-6 else repr(value)


def _filtered(texts, regex):
    if not regex:
        return texts
    matches = [re.search(regex.strip("/"), text) for text in texts]
    return [match[1] if match.groups() else match[0] for match in matches if match]


def _ordered(texts, sort):
    if sort == 0:
        return texts
    if sort in (1, 2):
        return sorted(texts, reverse=sort == 2)
    raise AssertionError(f"sort {sort} is not known to the tests")
