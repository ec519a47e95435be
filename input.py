#!/usr/bin/env python3
"""Latency load test for the inference endpoint.

Sends a fixed number of POST requests from a fixed pool of worker threads, a
new connection for each, writes one CSV row per request and prints the
latency percentiles.

    python3 input.py
    ENDPOINT=http://host:port/v1/infer TOTAL_REQUESTS=100 python3 input.py
"""

import csv
import hashlib
import json
import math
import os
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

ENDPOINT = os.environ.get("ENDPOINT", "http://127.0.0.1:8000/v1/infer")
TOTAL_REQUESTS = int(os.environ.get("TOTAL_REQUESTS", "600"))
MAX_WORKERS = int(os.environ.get("MAX_WORKERS", "64"))
LOG_PATH = os.environ.get("LOG_PATH", "latency_log.csv")

TIMEOUT_SECONDS = 60
MODEL = "support-assistant-7b"
SEED = 7

TASKS = [
    "Summarise the ticket below in two sentences for the shift handover.",
    "Classify the sentiment of the customer message and justify the label.",
    "Draft a polite reply that answers every question the customer asks.",
    "Extract all order numbers, dates and amounts from the text as a list.",
    "Translate the message into plain English without losing any detail.",
    "Decide whether the case needs a human agent and explain why.",
    "List the troubleshooting steps already taken and propose the next one.",
    "Write a short title for this conversation that a colleague can search for.",
]

SENTENCES = [
    "The parcel was marked as delivered on Monday, but nobody at the address received it.",
    "I have restarted the router twice and the light on the left still blinks orange.",
    "My invoice shows the annual plan although I switched to monthly billing in March.",
    "The app closes by itself whenever I open the second tab of the report.",
    "Your colleague promised a call back within 24 hours and that was a week ago.",
    "We need the export in UTF-8 because our accounting system rejects other encodings.",
    "The replacement part does not fit the model that is printed on the device.",
    "Could you confirm that the refund goes to the card that I used for the order?",
    "Since the last update the battery drops from 80 to 20 percent in one hour.",
    "Please keep my account open, I only want to cancel the additional seats.",
    "The attached log was recorded during the outage on the evening of the 14th.",
    "Nobody in our team can sign in with the new identity provider, the page stays blank.",
    "I would rather exchange the item for the larger size than send it back.",
    "The discount code from the newsletter is refused with the message 'not eligible'.",
    "Our warehouse closes at 16:30, so a later delivery slot is of no use to us.",
    "When I dial the number from the letter I end up in the wrong department.",
]


def build_payload(index):
    """The request body for one index: always the same for the same index."""
    digest = hashlib.sha256("{}:{}".format(SEED, index).encode()).digest()
    count = 1 + digest[1] % 12
    message = " ".join(SENTENCES[digest[4 + i] % len(SENTENCES)] for i in range(count))
    payload = {
        "id": "req-{:06d}".format(index),
        "model": MODEL,
        "prompt": "{}\n\n{}".format(TASKS[digest[0] % len(TASKS)], message),
        "max_tokens": 64 + 32 * (digest[2] % 7),
        "temperature": 0.0,
    }
    return json.dumps(payload).encode("utf-8")


def send_request(index):
    """POST one payload and return its log row."""
    body = build_payload(index)
    status, error = "", ""
    started_at = time.time()
    start = time.perf_counter()
    try:
        request = urllib.request.Request(
            ENDPOINT,
            data=body,
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            response.read()
            status = response.status
    except urllib.error.HTTPError as exc:
        status, error = exc.code, "HTTP {}".format(exc.code)
    except Exception as exc:  # a failed request is a data point, not a crash
        error = "{}: {}".format(type(exc).__name__, exc)
    latency_ms = (time.perf_counter() - start) * 1000.0
    return {
        "request_id": index,
        "started_at": "{:.6f}".format(started_at),
        "latency_ms": "{:.3f}".format(latency_ms),
        "status": status,
        "success": int(error == ""),
        "error": error,
    }


def percentile(sorted_values, percent):
    """Nearest-rank percentile of values sorted in ascending order."""
    rank = max(1, math.ceil(percent / 100.0 * len(sorted_values)))
    return sorted_values[rank - 1]


def main():
    print("POST {} requests to {} with {} workers".format(TOTAL_REQUESTS, ENDPOINT, MAX_WORKERS))
    with ThreadPoolExecutor(max_workers=MAX_WORKERS) as pool:
        rows = list(pool.map(send_request, range(TOTAL_REQUESTS)))

    with open(LOG_PATH, "w", newline="") as log:
        writer = csv.DictWriter(log, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)

    latencies = sorted(float(row["latency_ms"]) for row in rows if row["success"])
    print("requests:  {}".format(len(rows)))
    print("successes: {}".format(len(latencies)))
    print("failures:  {}".format(len(rows) - len(latencies)))
    if not latencies:
        print("no request succeeded, no percentiles", file=sys.stderr)
        return 1
    for percent in (50, 95, 99):
        print("P{}: {:.1f} ms".format(percent, percentile(latencies, percent)))
    print("log: {}".format(LOG_PATH))
    return 0


if __name__ == "__main__":
    sys.exit(main())
