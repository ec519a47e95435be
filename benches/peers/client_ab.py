"""ApacheBench, one thread whatever it is given."""

from client import Client, WrongAnswers, all_of, number


class Ab(Client):
    name = "ab"

    def command(self, job):
        counts = ["-n", str(job.requests), "-c", str(job.connections)]
        return [self.program, "-q", "-k", *counts, "-p", str(job.body), "-T", "application/json", job.url]

    def succeeded(self, job, output):
        wrong = number(r"Failed requests:\s+(\d+)", output) + number(r"Non-2xx responses:\s+(\d+)", output)
        if wrong:
            raise WrongAnswers(f"{wrong:,} requests failed")
        return all_of(job, number(r"Complete requests:\s+(\d+)", output))
