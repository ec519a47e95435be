"""The panels as a table for docs/dashboards.md, from the dashboards themselves. As a program it writes them there."""

import re

import grafana

PAGE = grafana.ROOT / "docs/dashboards.md"
BETWEEN = re.compile(r"(<!-- panels -->\n).*?(<!-- /panels -->)", re.DOTALL)


def table():
    """A part a dashboard, a row a panel."""
    parts = []
    for dashboard in grafana.dashboards().values():
        rows = [f"| {panel['title']} | {panel['description']} |" for panel in grafana.panels(dashboard)]
        head = [f"### {dashboard['title']}", "", dashboard["description"], "", "| panel | what it shows |", "|---|---|"]
        parts.append("\n".join(head + rows))
    return "\n\n".join(parts) + "\n"


def page():
    """The page with the table of now."""
    return BETWEEN.sub(lambda found: found[1] + table() + found[2], PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
