"""The binary under test: what it imports, and what it says of it."""

import csv
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def build():
    """The optimised binary; the variable SPANLOAD names another one."""
    if os.environ.get("SPANLOAD"):
        return pathlib.Path(os.environ["SPANLOAD"])
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    command = ["cargo", "build", "--profile", "dist", "--locked", "--quiet", "--manifest-path", str(ROOT / "Cargo.toml")]
    subprocess.run(command, check=True, env={**os.environ, "CARGO_TARGET_DIR": str(target)})
    return target / "dist/spanload"


class Imported:
    """The run that an import made."""

    def __init__(self, binary, log, folder, *flags):
        command = [str(binary), "import", str(log), "--run", str(folder), *flags]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        self.exit_code, self.said = done.returncode, done.stderr
        self.rows, self.record = [], None
        if self.exit_code == 0:
            with open(folder / "before.csv", newline="", encoding="utf-8") as file:
                self.rows = list(csv.DictReader(file))
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            self.record = manifest["imported"]

    def failed(self):
        """Rows with an error."""
        return sum(bool(row["error"]) for row in self.rows)

    def times(self, *columns):
        """The sums of these columns, a row each; what is absent adds nothing."""
        return [sum(float(row[column] or 0) for column in columns) for row in self.rows]
