"""A user of Locust, and the listener that writes a row a request: Locust itself keeps none."""

import csv
import os

from locust import HttpUser, events, task

COLUMNS = ("start_time", "response_time", "response_length", "status_code", "exception")
LOG = open(os.environ["REQUEST_LOG"], "w", newline="", encoding="utf-8")
ROWS = csv.writer(LOG, lineterminator="\n")
ROWS.writerow(COLUMNS)


@events.request.add_listener
def row(start_time, response_time, response_length, response, exception, **_):
    status = response.status_code if response is not None else ""
    ROWS.writerow((start_time, response_time, response_length, status, exception or ""))


@events.quitting.add_listener
def close(**_):
    LOG.close()


class Caller(HttpUser):
    @task
    def infer(self):
        self.client.post("/v1/infer", json={"prompt": "hello"})
