"""Runs each tool against a server that fails, imports what it wrote, and asks both whether they mean the same."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

import toolbox  # noqa: E402
from failing import Server  # noqa: E402
from spanload import Imported, build  # noqa: E402

REQUESTS, CALLERS = 24, 4
PROMPTS = 12
RUN_SECONDS = 180
MODELS = "--models" in sys.argv
RECORD = "--record" in sys.argv
RECORDED = HERE / "recorded"
K6_SCRIPT = """import http from 'k6/http';
export default () => http.post(`${__ENV.URL}/v1/infer`, '{"prompt":"hello"}', { headers: { 'Content-Type': 'application/json' } });
"""


class Tools(unittest.TestCase):
    """A test a tool."""

    @classmethod
    def setUpClass(cls):
        cls.binary = build()
        cls.server = Server()
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.versions = {}

    def setUp(self):
        self.server.reset()
        self.work = self.folder / self.id().rsplit(".", 1)[1]
        self.work.mkdir()

    def run_tool(self, name, command, **environment):
        """What it prints; with its version noted."""
        program, version = name
        type(self).versions[pathlib.Path(program).name] = version
        env = {**os.environ, "K6_NO_USAGE_REPORT": "true", "NO_PROXY": "*", **environment}
        done = subprocess.run(
            [program, *command], cwd=self.work, env=env, capture_output=True, text=True, timeout=RUN_SECONDS, check=False
        )
        self.output = done.stdout
        return done

    def imported(self, log, *flags):
        """The run of a log that is as it should be, whatever the tool."""
        if RECORD:
            record(log)
        run = Imported(self.binary, log, self.work / f"run-{log.name}", *flags)
        self.assertEqual(run.exit_code, 0, run.said)
        stages = ("queue_ms", "dns_ms", "connect_ms", "tls_ms", "send_ms", "wait_ms", "receive_ms")
        for row, total in zip(run.rows, run.times(*stages)):
            if row["latency_ms"]:
                self.assertAlmostEqual(total, float(row["latency_ms"]), places=3)
            else:
                self.assertTrue(row["error"])
        return run

    def refused(self, log, remedy):
        run = Imported(self.binary, log, self.work / "refused")
        self.assertEqual(run.exit_code, 2, run.said)
        self.assertIn(remedy, run.said)

    def all_there(self, run):
        """No request of the server's is missing, no failure either."""
        self.assertEqual(len(run.rows), self.server.seen)
        self.assertEqual(run.failed(), self.server.refused + self.server.dropped)

    def answered(self, run):
        """Those without an answer are lost."""
        self.assertEqual(len(run.rows), self.server.seen - self.server.dropped)
        self.assertEqual(run.failed(), self.server.refused)

    def k6(self, out, **environment):
        (self.work / "k6.js").write_text(K6_SCRIPT, encoding="utf-8")
        load = ["--vus", str(CALLERS), "--iterations", str(REQUESTS), "-e", f"URL={self.server.url}"]
        self.run_tool(
            toolbox.peer("k6"), ["run", "--quiet", "--out", out, "--summary-export=summary.json", *load, "k6.js"], **environment
        )
        metrics = json.loads((self.work / "summary.json").read_text(encoding="utf-8"))["metrics"]
        run = self.imported(self.work / out.split("=")[1])
        self.assertEqual(len(run.rows), metrics["http_reqs"]["count"])
        self.assertEqual(run.failed(), metrics["http_req_failed"]["passes"])
        own = run.times("send_ms", "wait_ms", "receive_ms")
        self.assertAlmostEqual(sum(own) / len(own), metrics["http_req_duration"]["avg"], delta=0.002)
        whole = run.times("latency_ms")
        blocked = metrics["http_req_blocked"]["avg"]
        self.assertAlmostEqual(sum(whole) / len(whole), metrics["http_req_duration"]["avg"] + blocked, delta=0.002)
        return run

    def test_k6_csv(self):
        run = self.k6("csv=k6.csv", K6_CSV_TIME_FORMAT="unix_micro")
        self.all_there(run)
        self.assertEqual(run.record["format"], "k6 CSV")

    def test_k6_csv_with_whole_seconds(self):
        run = self.k6("csv=k6_seconds.csv")
        self.assertIn("whole seconds", " ".join(run.record["equivalence"]["derived"]))

    def test_k6_json(self):
        self.all_there(self.k6("json=k6.json"))
        self.refused(self.work / "summary.json", "--out csv")

    def test_vegeta(self):
        vegeta = toolbox.peer("vegeta")
        (self.work / "body.json").write_text('{"prompt":"hello"}', encoding="utf-8")
        target = f"POST {self.server.url}/v1/infer\nContent-Type: application/json\n@body.json\n"
        (self.work / "targets").write_text(target, encoding="utf-8")
        self.run_tool(vegeta, ["attack", "-rate=100", "-duration=240ms", "-targets=targets", "-output=results.gob"])
        seen = self.server.seen
        self.run_tool(vegeta, ["report", "-type=json", "results.gob"])
        said = json.loads(self.output)
        for kind in ("csv", "json"):
            self.run_tool(vegeta, ["encode", f"-to={kind}", f"-output=vegeta.{kind}", "results.gob"])
            run = self.imported(self.work / f"vegeta.{kind}")
            # Go's client sends a request again when a kept connection ends before the answer: the server sees both
            self.assertEqual(len(run.rows), said["requests"])
            self.assertEqual(run.failed(), said["requests"] - round(said["success"] * said["requests"]))
            latencies = run.times("latency_ms")
            self.assertAlmostEqual(max(latencies), said["latencies"]["max"] / 1e6, delta=0.001)
            self.assertAlmostEqual(sum(latencies) / len(latencies), said["latencies"]["mean"] / 1e6, delta=0.001)
        self.assertEqual(seen, self.server.seen)
        self.refused(self.work / "results.gob", "vegeta encode --to csv")

    def test_oha(self):
        oha = toolbox.peer("oha")
        body = ["-m", "POST", "-d", '{"prompt":"hello"}', "-T", "application/json", f"{self.server.url}/v1/infer"]
        load = ["--no-tui", "-n", str(REQUESTS), "-c", str(CALLERS)]
        self.run_tool(oha, [*load, "--output-format", "csv", *body])
        (self.work / "oha.csv").write_text(self.output, encoding="utf-8")
        run = self.imported(self.work / "oha.csv")
        self.answered(run)
        self.assertIn("lost", run.record["equivalence"]["failures"])
        self.run_tool(oha, [*load, "--output-format", "json", *body])
        (self.work / "oha.json").write_text(self.output, encoding="utf-8")
        self.refused(self.work / "oha.json", "--output-format csv")

    def test_hey(self):
        body = ["-m", "POST", "-d", '{"prompt":"hello"}', "-T", "application/json", f"{self.server.url}/v1/infer"]
        self.run_tool(toolbox.peer("hey"), ["-o", "csv", "-n", str(REQUESTS), "-c", str(CALLERS), *body])
        (self.work / "hey.csv").write_text(self.output, encoding="utf-8")
        self.answered(self.imported(self.work / "hey.csv"))

    def test_locust(self):
        command = ["-f", str(HERE / "locustfile.py"), "--headless", "-u", str(CALLERS), "-r", "100", "-t", "2m", "--host", self.server.url]
        each = {"REQUESTS_EACH": str(REQUESTS // CALLERS), "CALLERS": str(CALLERS), "REQUEST_LOG": "locust.csv"}
        self.run_tool(toolbox.package("locust"), [*command, "--csv", "own", "--json"], **each)
        (total,) = json.loads(self.output)
        run = self.imported(self.work / "locust.csv")
        self.all_there(run)
        self.assertEqual(len(run.rows), total["num_requests"])
        self.assertEqual(run.failed(), total["num_failures"])
        self.assertAlmostEqual(sum(run.times("latency_ms")), total["total_response_time"], delta=0.001 * len(run.rows))
        self.refused(self.work / "own_stats.csv", "listener")
        self.refused(self.work / "own_stats_history.csv", "listener")

    def prompts(self):
        lines = "".join(json.dumps({"text": f"hello number {number}"}) + "\n" for number in range(2 * REQUESTS))
        (self.work / "prompts.jsonl").write_text(lines, encoding="utf-8")

    @unittest.skipUnless(MODELS, "--models was not given")
    def test_aiperf(self):
        self.server.reset(drops=False)
        self.prompts()
        python = pathlib.Path(toolbox.package("aiperf")[0]).parent / "python"
        subprocess.run([python, HERE / "tokenizer.py", self.work / "words"], check=True, timeout=RUN_SECONDS)
        endpoint = ["-m", "m", "--url", self.server.url, "--endpoint-type", "chat", "--streaming"]
        tokens = ["--tokenizer", str(self.work / "words"), "--use-server-token-count"]
        load = ["--input-file", "prompts.jsonl", "--custom-dataset-type", "single_turn", "--request-count", str(PROMPTS), "--concurrency", "3"]
        self.run_tool(toolbox.package("aiperf"), ["profile", *endpoint, *tokens, *load, "--artifact-dir", "out", "--ui", "none"])
        shutil.copy(self.work / "out/profile_export.jsonl", self.work / "aiperf.jsonl")
        self.all_there(self.imported(self.work / "aiperf.jsonl"))
        self.refused(self.work / "out/profile_export_aiperf.json", "profile_export.jsonl")

    @unittest.skipUnless(MODELS, "--models was not given")
    def test_guidellm(self):
        self.server.reset(drops=False)
        self.prompts()
        backend = ["--backend", f"kind=openai_http,target={self.server.url},model=m", "--data", "kind=json_file,path=prompts.jsonl"]
        load = ["--profile", "kind=concurrent,streams=3", "--constraint", f"kind=max_requests,count={PROMPTS}"]
        self.run_tool(
            toolbox.package("guidellm"), ["run", *backend, *load, "--output", "kind=json,path=guidellm.json", "--disable-progress"]
        )
        report = json.loads((self.work / "guidellm.json").read_text(encoding="utf-8"))
        requests = report["benchmarks"][0]["requests"]
        run = self.imported(self.work / "guidellm.json")
        self.assertEqual(len(run.rows), sum(len(requests[kind]) for kind in ("successful", "errored", "incomplete")))
        self.assertEqual(run.failed(), len(requests["errored"]) + len(requests["incomplete"]))
        own = sum(request["request_latency"] for request in requests["successful"]) * 1e3
        sent = [sum(float(row[stage]) for stage in ("wait_ms", "receive_ms")) for row in run.rows if not row["error"]]
        self.assertAlmostEqual(sum(sent), own, delta=0.01 * len(sent))


def record(log):
    """Keeps a log for `cargo test`; of GuideLLM's without its statistics and without where this machine keeps its programs."""
    if log.suffix == ".json" and log.stem == "guidellm":
        report = json.loads(log.read_text(encoding="utf-8"))
        report["metadata"]["platform"], report["config"] = "", {}
        (benchmark,) = report["benchmarks"]
        for statistics in ("config", "metrics", "scheduler_metrics"):
            benchmark[statistics] = {}
        for requests in benchmark["requests"].values():
            for request in requests or []:
                request["info"]["traceback"] = None
        (RECORDED / log.name).write_text(json.dumps(report), encoding="utf-8")
    elif log.stem != "k6_seconds":
        shutil.copy(log, RECORDED / log.name)


def main():
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Tools)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    if RECORD:
        with open(RECORDED / "versions.txt", "w", encoding="utf-8") as file:
            file.writelines(f"{name} {version}\n" for name, version in sorted(Tools.versions.items()))
    skipped = len(result.skipped)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 0 if result.wasSuccessful() else 1


with contextlib.suppress(KeyboardInterrupt):
    sys.exit(main())
