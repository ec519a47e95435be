"""What a request costs spanload and its peers: processor time, requests a second and memory, interleaved."""

import pathlib
import signal
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
# services and installations are those of the tests
sys.path.append(str(HERE.parents[1] / "tests/backends"))

import install  # noqa: E402
import machine  # noqa: E402
import options  # noqa: E402
import published  # noqa: E402
import rounds  # noqa: E402
from bench import Bench  # noqa: E402
from client import WrongAnswers  # noqa: E402
from fetch import Impossible  # noqa: E402
from goals import missed  # noqa: E402


def main():
    choice = options.parse(sys.argv[1:])
    found = install.install(choice.tools)
    where = machine.describe()
    print(published.heading(where, found, choice), flush=True)
    with tempfile.TemporaryDirectory(prefix="spanload-peers-") as folder, Bench(pathlib.Path(folder), choice) as bench:
        runs = rounds.measure(bench, found, choice)
    print(published.tables(runs, choice), flush=True)
    if choice.json:
        choice.json.write_text(published.document(where, found, choice, runs), encoding="utf-8")
    return 1 if missed(runs, choice) else 0


def stop(*_):
    # like Ctrl-C, so that what was started is stopped on the way out
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    try:
        sys.exit(main())
    except (Impossible, WrongAnswers) as problem:
        sys.exit(f"benches/peers/run: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
