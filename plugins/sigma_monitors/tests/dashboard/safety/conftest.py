"""A real server on a real socket, and someone who says to it whatever they like."""

import asyncio
import http.client
import json
import socket
import threading
from contextlib import ExitStack, contextmanager
from itertools import count
from urllib.parse import urlencode

import pytest
import uvicorn
from attrs import define, field
from sigma_monitors.dashboard._safety import SERVER, Safety
from websockets.sync.client import connect

TOKEN = "t" * 16 + "0123456789abcdef"
PASSWORD = "correct horse battery"
KEY = bytes(range(32))


@define
class Clock:
    """Seconds since 1970, as told."""

    now: float = 1_800_000_000.0

    def __call__(self):
        return self.now


@define
class Echo:
    """An application that tells what reached it."""

    requests: list = field(factory=list)
    sockets: list = field(factory=list)
    headers: tuple = ()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket":
            await self.talk(scope, receive, send)
        else:
            self.requests.append(scope)
            body = b""
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ConnectionError("the client has gone")
                body += message.get("body", b"")
                if not message.get("more_body"):
                    break
            told = json.dumps({"path": scope["path"], "length": len(body)}).encode()
            await send({"type": "http.response.start", "status": 200, "headers": list(self.headers)})
            await send({"type": "http.response.body", "body": told})

    async def talk(self, scope, receive, send):
        self.sockets.append(scope)
        await receive()
        await send({"type": "websocket.accept"})
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            if message["text"].startswith("later"):
                await asyncio.sleep(0.2)
            await send({"type": "websocket.send", "text": f"echo {message['text']}"})


@define
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def cookie(self):
        """What a browser would send back."""
        return self.headers.get("Set-Cookie", "").partition(";")[0]


@define
class Served:
    port: int
    safety: Safety
    app: object

    def raw(self, request, *, closes=False):
        """The answer to the bytes of a request. `closes` ends the sending side first."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(request)
            if closes:
                connection.shutdown(socket.SHUT_WR)
            return read_answer(connection, request.split(b" ", 1)[0].decode("latin-1"))

    def ask(self, method="GET", path="/", body=b"", host=None, **headers):
        """The answer to a well-formed request; `_` in the names of headers is `-`, None leaves one out."""
        lines = {"Host": host or self.host, "Connection": "close"}
        if body or method == "POST":
            lines["Content-Length"] = str(len(body))
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
        return self.raw(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body)

    def form(self, path="/login", **fields):
        headers = {name: fields.pop(name) for name in list(fields) if name[0].isupper()}
        return self.ask(
            "POST",
            path,
            urlencode(fields).encode(),
            **{"Origin": f"http://{self.host}", "Accept": "text/html"} | headers,
        )

    def enter(self):
        """The cookie of a new session."""
        answer = self.form(secret=self.safety.password or self.safety.token)
        assert answer.status == 303
        return answer.cookie

    def socket(self, cookie=None, origin="", host=None, path="/"):
        headers = {} if cookie is None else {"Cookie": cookie}
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return connect(
            f"ws://{host or self.host}{path}",
            sock=connection,
            origin=f"http://{host or self.host}" if origin == "" else origin,
            additional_headers=headers,
            proxy=None,
            compression=None,
        )

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"


def read_answer(connection, method="GET"):
    answer = http.client.HTTPResponse(connection, method=method)
    answer.begin()
    body = answer.read()
    answer.close()
    return Answer(answer.status, answer.headers, body)


@define(eq=False)
class Slot:
    """A server that is started once, and serves what each test puts in."""

    port: int
    app: object = None

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


@contextmanager
def listening():
    connection = socket.socket()
    connection.bind(("127.0.0.1", 0))
    slot = Slot(connection.getsockname()[1])
    server = uvicorn.Server(uvicorn.Config(slot, lifespan="off", log_level="critical", **SERVER))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [connection]})
    thread.start()
    try:
        while not server.started and thread.is_alive():
            thread.join(0.01)
        yield slot
    finally:
        server.should_exit = True
        thread.join()
        connection.close()


@pytest.fixture(scope="session")
def slots():
    """Servers that run, in the order of their start, and a way to start another."""
    started = []
    with ExitStack() as stack:
        yield started, lambda: started.append(stack.enter_context(listening()))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def guard(clock):
    """A guard of a server on this machine, with settings."""

    def made(**settings):
        if not {"token", "password"} & settings.keys():
            settings["token"] = TOKEN
        return Safety(**{"allowed_hosts": {"127.0.0.1", "localhost", "[::1]"}, "key": KEY, "clock": clock} | settings)

    return made


@pytest.fixture
def serve(guard, slots):
    """A server of an echo, with settings of its guard; each call gives another one."""
    started, start = slots
    numbers = count()

    def serving(**settings):
        number = next(numbers)
        if number == len(started):
            start()
        safety, app = guard(**settings), Echo()
        started[number].app = safety.wrap(app)
        return Served(started[number].port, safety, app)

    return serving


@pytest.fixture
def served(serve):
    return serve()


@pytest.fixture
def with_password(serve):
    return serve(password=PASSWORD)


@pytest.fixture(scope="session")
def speaking_to():
    """Someone who speaks to a server that is already there, and knows its token."""
    return lambda port, token: Served(port, Safety(allowed_hosts=[], token=token), None)
