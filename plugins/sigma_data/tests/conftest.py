"""What the tests of this plugin share."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace

import pytest

from sigma_core.extend import SigmaError


@pytest.fixture
def environment(tmp_path):
    """As much of an environment as datasets use: a cache folder of the test's own, and a silent log."""
    log = SimpleNamespace(info=lambda *_, **__: None)
    return SimpleNamespace(paths=SimpleNamespace(cache=tmp_path / "cache"), log=log)


@pytest.fixture
def refused():
    """Call something that has to raise an error of Sigma's; gives its type's name and its whole message."""

    def call(action, *arguments, **settings):
        with pytest.raises(SigmaError) as caught:
            action(*arguments, **settings)
        return type(caught.value).__name__, str(caught.value)

    return call


class _Handler(BaseHTTPRequestHandler):
    """Gives the server's files, some of them cut short."""

    def do_GET(self):  # the standard library's name
        """Answer one request."""
        self.server.asked.append(self.path)
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        if self.path in self.server.chunked:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n" % len(content))
        else:
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
        self.wfile.write(content[: self.server.cut.get(self.path)])

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server(monkeypatch):
    """An HTTP server on the loopback address: `files` and `cut` lengths by path, paths `chunked` and `asked` for."""
    monkeypatch.setenv("no_proxy", "*")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as http:
        http.files, http.cut, http.chunked, http.asked = {}, {}, set(), []
        http.address = f"http://127.0.0.1:{http.server_port}"
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield http
        http.shutdown()
        thread.join()
