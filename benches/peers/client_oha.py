"""oha; its runtime has as many threads as it has cores."""

import json

from client import Client, WrongAnswers, all_of


class Oha(Client):
    name = "oha"
    answers = ("small", "distinct", "https", "http2")

    def command(self, job):
        counts = ["-n", str(job.requests), "-c", str(job.connections)]
        counts += ["--http2", "-p", str(job.streams)] if job.streams > 1 else []
        counts += ["--insecure"] if job.url.startswith("https:") else []
        body = ["-m", "POST", "-D", str(job.body), "-T", "application/json"]
        return [self.program, "--no-tui", "--output-format", "json", *counts, *body, job.url]

    def succeeded(self, job, output):
        said = json.loads(output)
        if said["errorDistribution"]:
            raise WrongAnswers(f"errors: {said['errorDistribution']}")
        return all_of(job, said["statusCodeDistribution"].get("200", 0))
