"""Checks dashboards against Grafana's own types, with the TypeScript compiler."""

import json
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).parent
OPTIONS = {
    "compilerOptions": {
        "strict": True,
        "noEmit": True,
        "module": "esnext",
        "moduleResolution": "bundler",
        "target": "es2022",
        "skipLibCheck": True,
        "types": [],
    },
    "include": ["*.ts"],
}
SECONDS = 300


def complaints(tools, dashboards, folder):
    """What the compiler has against dashboards, {file name: dashboard}; empty if nothing. Each becomes a typed
    constant, for JSON that is imported loses its literals and its unknown keys go unseen."""
    tsc = tools.need("tsc")
    folder.mkdir()
    (folder / "node_modules").symlink_to(tools.need("types"))
    shutil.copy(HERE / "dashboard_types.ts", folder)
    (folder / "tsconfig.json").write_text(json.dumps(OPTIONS), encoding="utf-8")
    for name, dashboard in dashboards.items():
        literal = json.dumps(dashboard, indent=2, ensure_ascii=False)
        text = f"import type {{ Dashboard }} from './dashboard_types';\nexport const dashboard: Dashboard = {literal};\n"
        (folder / f"{pathlib.Path(name).stem}_dashboard.ts").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [str(tsc), "--project", str(folder)], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    return done.stdout + done.stderr if done.returncode else ""
