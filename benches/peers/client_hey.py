"""hey, which sends the same number of requests on each connection and rounds down to that."""

from client import Client, WrongAnswers, number

MOST_KEPT = 500


class Hey(Client):
    name = "hey"

    def command(self, job):
        if job.connections > MOST_KEPT:
            raise WrongAnswers(f"keeps {MOST_KEPT} connections at most")
        cpus = ["-cpus", str(job.threads)]
        counts = ["-n", str(job.requests), "-c", str(job.connections)]
        body = ["-m", "POST", "-D", str(job.body), "-T", "application/json"]
        return [self.program, *counts, *cpus, *body, job.url]

    def succeeded(self, job, output):
        count = number(r"\[200\]\s+(\d+) responses", output)
        planned = job.requests - job.requests % job.connections
        if count != planned:
            raise WrongAnswers(f"{count:,} of {planned:,} requests succeeded")
        return count
