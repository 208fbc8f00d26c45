"""A page of text that programs of this machine read over HTTP."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

_HOST = "127.0.0.1"
# By what a browser may have come here; a name that somebody has pointed at this machine is none of them.
_OWN_NAMES = frozenset({_HOST, "localhost"})
_KIND = "text/plain; version=0.0.4; charset=utf-8"


class Endpoint:
    """Serves `text` at /metrics of a port of the loopback device, until it is closed; 0 is any port that is free.

    Raises OSError for a port that is taken.
    """

    def __init__(self, port: int) -> None:
        self.text = b""
        self._server = _Server((_HOST, port), self)
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), name="sigma metrics", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://{_HOST}:{self._server.server_port}/metrics"

    def close(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    # Windows would let two listen on the same port.
    allow_reuse_address = sys.platform != "win32"
    daemon_threads = True
    # Whoever is slow is not waited for at the end of a run.
    block_on_close = False

    def __init__(self, address: tuple[str, int], endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hangs up in the middle is no matter of the run's output."""


class _Handler(BaseHTTPRequestHandler):
    # Seconds in which a request has to come.
    timeout = 5.0
    server: _Server

    def do_GET(self) -> None:  # http.server's name
        """The page."""
        if urlsplit(f"//{self.headers.get('Host', '')}").hostname not in _OWN_NAMES:
            self._answer(403, b"the Host of the request is not this machine\n")
        elif urlsplit(self.path).path not in ("/", "/metrics"):
            self._answer(404, b"look at /metrics\n")
        else:
            self._answer(200, self.server.endpoint.text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Say nothing: the terminal is the console's."""

    def _answer(self, status: int, text: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", _KIND)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
