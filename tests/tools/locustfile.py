"""Users of Locust who make so many requests each, and the listener that writes a row a request: Locust itself keeps none."""

import csv
import os

import gevent
from locust import HttpUser, events, task
from locust.exception import StopUser

COLUMNS = ("start_time", "response_time", "response_length", "status_code", "exception")
LOG = open(os.environ["REQUEST_LOG"], "w", newline="", encoding="utf-8")
ROWS = csv.writer(LOG, lineterminator="\n")
ROWS.writerow(COLUMNS)


@events.request.add_listener
def row(start_time, response_time, response_length, response, exception, **_):
    status = response.status_code if response is not None else ""
    ROWS.writerow((start_time, response_time, response_length, status, exception or ""))


@events.quit.add_listener
def close(**_):
    LOG.close()


class Caller(HttpUser):
    """The last one to end ends the run."""

    left = int(os.environ["REQUESTS_EACH"])
    calling = int(os.environ["CALLERS"])

    @task
    def infer(self):
        self.client.post("/v1/infer", json={"prompt": "hello"})
        self.left -= 1
        if self.left == 0:
            raise StopUser()

    def on_stop(self):
        Caller.calling -= 1
        if Caller.calling == 0:
            gevent.spawn(self.environment.runner.quit)
