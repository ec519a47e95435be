"""A server that fails as servers do: some answers are 503, some connections end without one. It counts both."""

import http.server
import json
import threading
import time

FAILS_EVERY = 7
DROPS_EVERY = 11
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}


class Server(http.server.ThreadingHTTPServer):
    """On a free port of this machine."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.reset()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def reset(self, drops=True):
        """Counts from zero."""
        self.seen = self.refused = self.dropped = 0
        self.drops = drops

    def handle_error(self, request, client_address):
        """A client that is gone is none."""

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._answer(200, {"object": "list", "data": [{"id": "m", "object": "model"}]})

    def do_POST(self):
        asked = self.rfile.read(int(self.headers.get("content-length") or 0))
        server = self.server
        with server.lock:
            server.seen += 1
            number = server.seen
            drop = server.drops and number % DROPS_EVERY == 0
            fail = number % FAILS_EVERY == 0 and not drop
            server.dropped += drop
            server.refused += fail
        # every request takes its own time, so that percentiles differ
        time.sleep(0.005 + 0.001 * (number % 17))
        if drop:
            self.close_connection = True
        elif fail:
            self._answer(503, {"error": {"message": "busy"}})
        elif self.path.startswith("/v1/chat") and json.loads(asked).get("stream"):
            self._stream()
        else:
            self._answer(200, {"choices": [{"index": 0, "message": {"role": "assistant", "content": "a b"}}], "usage": USAGE})

    def _answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for word in ("a", "b", "c", "d"):
            self._event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": f"{word} "}}]})
            time.sleep(0.002)
        self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        self._event({"choices": [], "usage": USAGE})
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def _event(self, parts):
        document = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", **parts}
        self.wfile.write(b"data: " + json.dumps(document).encode() + b"\n\n")
        self.wfile.flush()
