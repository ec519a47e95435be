"""A server that answers at once and stands still for 800 ms every 5 s, as one does in a long garbage collection.

Keeps when it answered each request, on the clock that all processes of the machine share.
"""

import multiprocessing
import selectors
import socket
import time

STALL_SECONDS = 0.8
EVERY_SECONDS = 5.0
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n" + b'{"outputs":[]}'
MOST_BYTES = 1 << 16


def stalled_for(at):
    """What is left of a stall at an instant, in seconds since the server's start."""
    return max(STALL_SECONDS - at % EVERY_SECONDS, 0.0) if at >= EVERY_SECONDS else 0.0


class Server:
    """In a process of its own, so that only it stands still."""

    def __init__(self):
        listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        self._control, control = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=_serve, args=(listener, control), daemon=True)
        self._process.start()
        listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.join()

    def answered(self):
        """When it answered each request so far, in order, in seconds; it serves no further one."""
        self._control.send("end")
        return self._control.recv()


def _serve(listener, control):
    listener.setblocking(False)
    selector, unfinished, answered = selectors.DefaultSelector(), {}, []
    selector.register(listener, selectors.EVENT_READ)
    selector.register(control, selectors.EVENT_READ)
    start = time.monotonic()
    while True:
        ready = selector.select(timeout=EVERY_SECONDS - (time.monotonic() - start) % EVERY_SECONDS)
        time.sleep(stalled_for(time.monotonic() - start))
        for key, _ in ready:
            if key.fileobj is control:
                control.send(answered)
                return
            if key.fileobj is listener:
                client, _ = listener.accept()
                client.setblocking(False)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(client, selectors.EVENT_READ)
                unfinished[client] = b""
            else:
                _answer(key.fileobj, selector, unfinished, answered)


def _answer(client, selector, unfinished, answered):
    try:
        received = client.recv(MOST_BYTES)
    except ConnectionError:
        received = b""
    if not received:
        selector.unregister(client)
        client.close()
        del unfinished[client]
        return
    text = unfinished[client] + received
    while (end := _request_end(text)) is not None:
        client.send(ANSWER)
        answered.append(time.monotonic())
        text = text[end:]
    unfinished[client] = text


def _request_end(text):
    """Where the first request ends, None if that is still to come."""
    head_end = text.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    length = 0
    for line in text[:head_end].lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        length = int(value) if name == b"content-length" else length
    end = head_end + 4 + length
    return end if len(text) >= end else None
