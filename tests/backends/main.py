"""Runs all tests of this folder and closes with what passed and what failed."""

import pathlib
import shutil
import sys
import time
import unittest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

import picture  # noqa: E402
from context import CONTEXT, IN_CI  # noqa: E402
from tools import Impossible  # noqa: E402


class Lines(unittest.TestResult):
    """A line a test, as it ends. A test whose tool cannot be had counts as failed in CI and as skipped elsewhere."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self.started = time.monotonic()

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()

    def _say(self, word, test):
        print(f"{word:8}{time.monotonic() - self.started:6.1f} s  {test.id()}", flush=True)

    def addSuccess(self, test):
        self.passed += 1
        self._say("ok", test)

    def addError(self, test, err):
        if isinstance(err[1], Impossible) and not IN_CI:
            self.addSkip(test, str(err[1]))
            return
        super().addError(test, err)
        self._say("FAILED", test)
        print(self.errors[-1][1], flush=True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._say("FAILED", test)
        print(self.failures[-1][1], flush=True)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            super().addSubTest(test, subtest, err)
            self._say("FAILED", subtest)
            print(f"{err[0].__name__}: {err[1]}", flush=True)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._say("NOT DONE", test)
        print(f"    {reason}", flush=True)


def chosen(suite, words):
    """The tests whose name holds one of the words; all without words."""
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            yield from chosen(one, words)
        elif not words or any(word in one.id() for word in words):
            yield one


def main(words):
    """Exit code 0 if no test failed."""
    result = Lines()
    suite = unittest.TestSuite(chosen(unittest.defaultTestLoader.discover(str(HERE), "check_*.py"), words))
    try:
        suite.run(result)
    finally:
        CONTEXT.close()
    failed = len(result.failures) + len(result.errors)
    if failed:
        print(f"files of this run: {CONTEXT.folder}")
    else:
        shutil.rmtree(CONTEXT.folder)
    skipped = f", {len(result.skipped)} skipped" if result.skipped else ""
    print(f"{result.passed} passed, {failed} failed{skipped}")
    return 0 if failed == 0 and result.passed else 1


def draw(file):
    """Makes a picture of a run's dashboard in place of testing."""
    try:
        picture.draw(CONTEXT, pathlib.Path(file))
    finally:
        CONTEXT.close()
    shutil.rmtree(CONTEXT.folder)
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--picture"]:
        sys.exit(draw(*sys.argv[2:]))
    sys.exit(main(sys.argv[1:]))
