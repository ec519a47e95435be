"""vegeta without a rate: every worker sends again as soon as it has its answer."""

import json
import subprocess

from client import ByDuration, WrongAnswers


class Vegeta(ByDuration):
    name = "vegeta"
    slow = True
    guess = 15_000.0

    def command(self, job):
        targets = job.folder / "targets.txt"
        targets.write_text(f"POST {job.url}\nContent-Type: application/json\n@{job.body}\n", encoding="utf-8")
        workers = [f"-{name}={job.connections}" for name in ("workers", "max-workers", "connections")]
        load = ["-rate=0", f"-duration={self.seconds(job)}s", *workers]
        return [self.program, "attack", "-http2=false", *load, f"-targets={targets}", f"-output={_results(job)}"]

    def succeeded(self, job, output):
        report = [self.program, "report", "-type=json", str(_results(job))]
        said = json.loads(subprocess.run(report, capture_output=True, check=True).stdout)
        if said["errors"] or set(said["status_codes"]) != {"200"}:
            raise WrongAnswers(f"statuses {said['status_codes']}, errors {said['errors']}")
        return said["requests"]


def _results(job):
    return job.folder / "vegeta.bin"
