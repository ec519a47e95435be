"""A picture of the dashboard of a run, drawn in Chromium by Grafana's own component library: no Grafana server is at hand
here, so it says so itself. Heat maps and bar charts are not in that library."""

import json
import pathlib
import shutil
import subprocess

import check_shown
import grafana
import tools

HERE = pathlib.Path(__file__).parent
DASHBOARD = "run.json"
SECONDS = 300
SIZE = (1336, 1224)
NOTE = (
    f"Drawn by Grafana's own component library (@grafana/ui {tools.GRAFANA}) from grafana/dashboards/{DASHBOARD} and the answers "
    "of a real Prometheus, without a Grafana server."
)
# Grafana's font comes with its server; another one has to answer to its name, for axes are measured by it
STYLE = 'body { margin: 0 } @font-face { font-family: Inter; src: local("Liberation Sans"), local("DejaVu Sans"), local("Arial") }'
LOADERS = [f"--loader:.{kind}=dataurl" for kind in ("svg", "ttf", "woff2", "png")]
BUNDLE = ["--bundle", "--minify", "--jsx=automatic", "--define:global=window", '--define:process.env.NODE_ENV="production"']


def draw(context, file):
    """Makes a run and draws its dashboard into a PNG file."""
    modules = tools.drawing()
    browser = shutil.which("chromium")
    if browser is None:
        raise tools.Impossible("no chromium on the PATH; install it")
    folder = context.folder / "picture"
    folder.mkdir()
    (folder / "node_modules").symlink_to(modules)
    for name in ("picture.jsx", "frames.cjs"):
        shutil.copy(HERE / name, folder)
    _run([str(modules / ".bin/esbuild"), "picture.jsx", "--outfile=picture.js", *BUNDLE, *LOADERS], folder)
    (folder / "page.html").write_text(_page(_shown(context.good, context.prometheus)), encoding="utf-8")
    window = f"--window-size={SIZE[0]},{SIZE[1]}"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]
    target = [f"--screenshot={file.resolve()}", f"file://{folder / 'page.html'}"]
    _run([browser, *options, window, "--virtual-time-budget=8000", *target], folder)
    print(f"{file}: {NOTE}")


def _shown(run, prometheus):
    dashboard = grafana.dashboards()[DASHBOARD]
    values = grafana.variable_values(dashboard, prometheus, run.start, run.end, run.log.run)
    panels = [
        {
            "panel": {**panel, "title": grafana.interpolate(panel["title"], values)},
            "answers": check_shown.answers(dashboard, panel, run),
        }
        for panel in filter(grafana.is_prometheus, grafana.panels(dashboard))
    ]
    return {
        "title": dashboard["title"],
        "note": NOTE,
        # from the first repetition on
        "from": round(min(part["started_unix_us"] for part in _phases(run)) / 1000),
        "to": round(max(part["started_unix_us"] + part["health"]["wall_us"] for part in _phases(run)) / 1000),
        "panels": panels,
    }


def _phases(run):
    return [part for part in run.log.manifest["repetitions"] if part["phase"] in run.log.rows]


def _page(dashboard):
    text = json.dumps(dashboard).replace("<", "\\u003c")
    return (
        f'<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="picture.css"><style>{STYLE}</style>'
        f'<div id="root"></div><script type="application/json" id="dashboard">{text}</script><script src="picture.js"></script>'
    )


def _run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stderr[-2000:]}")
