"""wrk; its request is made once, no Lua runs for one."""

from client import ByDuration, WrongAnswers, number

SCRIPT = """wrk.method = "POST"
wrk.body = {body}
wrk.headers["Content-Type"] = "application/json"
"""


class Wrk(ByDuration):
    name = "wrk"
    answers = ("small", "distinct")

    def command(self, job):
        script = job.folder / "wrk.lua"
        script.write_text(SCRIPT.format(body=f"[[{job.body.read_text(encoding='utf-8')}]]"), encoding="utf-8")
        load = [f"-t{job.threads}", f"-c{job.connections}", f"-d{self.seconds(job)}s", "--timeout", "30s"]
        return [self.program, *load, "-s", str(script), job.url]

    def succeeded(self, job, output):
        # both lines are absent if there is nothing to say
        for line in output.splitlines():
            if line.strip().startswith(("Non-2xx", "Socket errors")):
                raise WrongAnswers(line.strip())
        count = number(r"(\d+) requests in", output)
        if not count:
            raise WrongAnswers("no request succeeded")
        return count
