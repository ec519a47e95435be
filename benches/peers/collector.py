"""A collector that takes every trace and keeps none: `collector.py PORT`."""

import http.server
import sys


class Swallow(http.server.BaseHTTPRequestHandler):
    """Whatever comes is answered with 200, on kept connections."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._accept()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self._accept()

    def _accept(self):
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Nobody reads it."""


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Swallow).serve_forever()
