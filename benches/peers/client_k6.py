"""k6, which runs JavaScript for each request."""

import json

from client import Client, WrongAnswers, all_of

SCRIPT = """import http from 'k6/http';
const url = {url}, body = {body}, options = {{ headers: {{ 'Content-Type': 'application/json' }} }};
export default () => http.post(url, body, options);
"""


class K6(Client):
    name = "k6"
    slow = True
    environment = {"K6_NO_USAGE_REPORT": "true", "K6_AUTO_EXTENSION_RESOLUTION": "false"}

    def command(self, job):
        script = job.folder / "k6.js"
        body = job.body.read_text(encoding="utf-8")
        script.write_text(SCRIPT.format(url=json.dumps(job.url), body=json.dumps(body)), encoding="utf-8")
        load = ["--vus", str(job.connections), "--iterations", str(job.requests)]
        return [self.program, "run", "--quiet", f"--summary-export={_summary(job)}", *load, str(script)]

    def succeeded(self, job, output):
        metrics = json.loads(_summary(job).read_text(encoding="utf-8"))["metrics"]
        # a rate counts in `passes` how often it was true
        if metrics["http_req_failed"]["passes"]:
            raise WrongAnswers(f"{metrics['http_req_failed']['passes']:,} requests failed")
        return all_of(job, metrics["http_reqs"]["count"])


def _summary(job):
    return job.folder / "k6.json"
