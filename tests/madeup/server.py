"""A server on this machine that gives files in an archive's layout, and misbehaves where it is told to."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"<!DOCTYPE html>\n<html><body>The archive is down for maintenance</body></html>"
STALL_SECONDS = 1.5


class Archive:
    """What the server holds and how it behaves.

    Args:
        base: Its URL; as a mirror it stands for the whole network.
        files: Path -> content.
        behave: Path -> behaviour, a function of the handler, the content and the number of the request
            (from 0); it answers, or returns False to let the file be given as it is.
        asked: Path -> headers of every request for it.
        ranges: Whether parts of a file are given.
    """

    def __init__(self, base: str):
        self.base = base
        self.files: dict[str, bytes] = {}
        self.behave: dict[str, Callable[[Handler, bytes, int], object]] = {}
        self.asked: dict[str, list[dict[str, str]]] = defaultdict(list)
        self.ranges = True

    def url(self, path: str) -> str:
        """The https address that this server, as a mirror, has under ``path``."""
        return f"https://{path.removeprefix('/')}"


class Handler(BaseHTTPRequestHandler):
    """Answers GET by what the archive says."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Give the file, or misbehave."""
        archive = self.server.archive
        count = len(archive.asked[self.path])
        archive.asked[self.path].append(dict(self.headers))
        content = archive.files.get(self.path)
        behaviour = archive.behave.get(self.path)
        if behaviour and behaviour(self, content, count) is not False:
            return
        if content is None:
            self.answer(404, b"no such file")
        else:
            self.give(content)

    def give(self, content: bytes, *, cut: float = 1.0) -> None:
        """The file or the part of it that was asked for; with ``cut``, only a share of it arrives."""
        tag = f'"{hashlib.sha256(content).hexdigest()[:12]}"'
        start, code, extra = 0, 200, {"ETag": tag}
        wanted = self.headers.get("Range")
        if wanted and self.server.archive.ranges and self.headers.get("If-Range") == tag:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            code = 206
            extra["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        part = content[start:]
        self.answer(code, part[: int(len(part) * cut)], length=len(part), **extra)

    def answer(self, code: int, body: bytes, *, length: int | None = None, **headers: str) -> None:
        """Any answer; a ``length`` other than the body's breaks the connection after it."""
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        if length is not None and length != len(body):
            self.close_connection = True


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are part of the tests."""


@contextmanager
def serving() -> Iterator[Archive]:
    """A running server, empty at first."""
    server = _Quiet(("127.0.0.1", 0), Handler)
    server.archive = Archive(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.archive
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# --- behaviours


def status(code: int, times: int = 10**6) -> Callable:
    """A status for the first so many requests."""
    return lambda handler, content, count: handler.answer(code, b"") if count < times else False


def cut(share: float, times: int = 10**6) -> Callable:
    """A connection cut after a share of what was asked for, for the first so many requests."""
    return lambda handler, content, count: handler.give(content, cut=share) if count < times else False


def wrong_length(by: int) -> Callable:
    """A Content-Length that is not the content's."""
    return lambda handler, content, count: handler.answer(
        200, content[: len(content) + min(by, 0)], length=len(content) + by
    )


def page(handler: Handler, content: bytes, count: int) -> None:
    """A web page with status 200."""
    handler.answer(200, PAGE, Content_Type="text/html")


def redirect(to: str) -> Callable:
    """A redirect to another path or URL."""
    return lambda handler, content, count: handler.answer(302, b"", Location=to)


def stall(times: int = 10**6) -> Callable:
    """Headers and half of the file, then silence."""

    def behaviour(handler: Handler, content: bytes, count: int) -> object:
        if count >= times:
            return False
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[: len(content) // 2])
        handler.wfile.flush()
        time.sleep(STALL_SECONDS)
        handler.close_connection = True
        return None

    return behaviour
