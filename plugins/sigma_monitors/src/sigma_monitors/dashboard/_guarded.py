"""The application behind the guard: what comes in is limited, what goes out is labelled."""

import re
from collections.abc import Iterable
from typing import Protocol

from attrs import define, field

from sigma_monitors.dashboard._messages import Application, Message, Receive, Reply, Scope, Send, values
from sigma_monitors.dashboard._sessions import Session, Sessions

# Pages of NiceGUI hold scripts in line, and Vue compiles its templates in the browser; but no attribute may hold a
# script, which is what text of a run that came unescaped into a page would need.
POLICY = (
    "default-src 'self'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "script-src-attr 'none'; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; "
    "font-src 'self' data:; "
    "media-src 'self' data: blob:; "
    "connect-src 'self'; "
    "worker-src 'self' blob:; "
    "object-src 'none'; "
    "frame-src 'none'; "
    "base-uri 'none'; "
    "form-action 'self'; "
    "frame-ancestors 'none'"
)

_LABELS = {
    b"content-security-policy": POLICY.encode(),
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}
# Scripts and styles of the library, which have its version in their path; not what it has made for somebody.
_KEPT = re.compile(r"/_nicegui/[0-9][^/]*/(?!dynamic_resources/)")
# What only a proxy may say, and there is none: NiceGUI would write the prefix into its pages.
_OF_PROXIES = (b"forwarded", b"x-forwarded-", b"x-real-ip", b"x-original-", b"x-rewrite-")


class Guard(Protocol):
    """What decides (see `Safety`)."""

    sessions: Sessions
    largest_body: int

    def refusal(self, scope: Scope) -> Reply | None:
        """An answer to what is not even listened to."""

    async def answer(self, scope: Scope, receive: Receive) -> Reply | None:
        """An answer of the guard itself, or None if the application is to answer."""


@define(eq=False)
class Guarded:
    """An ASGI application that is asked only what its guard lets through."""

    app: Application
    guard: Guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Requests and websockets are looked at; other kinds, such as the server's start and stop, pass."""
        if scope["type"] == "http":
            await self._request(scope, receive, _labelled(scope, send))
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self.app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = self.guard.refusal(scope) or await self.guard.answer(scope, receive)
        if reply is None:
            await _Limited(self.app, self.guard.largest_body)(_passed(scope), receive, send)
        else:
            await reply(scope, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        session = None if self.guard.refusal(scope) else self.guard.sessions.of(scope)
        if session is None:
            await receive()
            # Before it is accepted, this is an answer of status 403.
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self.app(_passed(scope), *_while_it_lasts(self.guard.sessions, session, receive, send))


@define(eq=False)
class _Limited:
    """An application that reads no more of a body than it may."""

    app: Application
    largest: int
    _read: int = field(default=0, init=False)
    _has_begun: bool = field(default=False, init=False)
    _is_over: bool = field(default=False, init=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        announced = values(scope, b"content-length")
        if announced and announced[0].isdigit() and int(announced[0]) > self.largest:
            self._is_over = True
        else:
            await self._served(scope, receive, send)
        if self._is_over and not self._has_begun:
            await Reply(413, "That is too large.\n", {"Connection": "close"})(scope, send)

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def limited() -> Message:
            message = await receive()
            self._read += len(message.get("body", b""))
            if self._read > self.largest:
                self._is_over = True
                return {"type": "http.disconnect"}
            return message

        async def unless_over(message: Message) -> None:
            if not self._is_over:
                self._has_begun = True
                await send(message)

        try:
            await self.app(scope, limited, unless_over)
        except Exception:
            # It was told that the client has gone.
            if not self._is_over:
                raise


def _while_it_lasts(sessions: Sessions, session: Session, receive: Receive, send: Send) -> tuple[Receive, Send]:
    """The two ends of a socket, which is closed at the first message, either way, after the end of its session."""
    is_closed = False

    async def is_over(message: Message) -> bool:
        nonlocal is_closed
        if not is_closed and message["type"] in ("websocket.receive", "websocket.send"):
            is_closed = not sessions.holds(session)
            if is_closed:
                await send({"type": "websocket.close", "code": 1008})
        return is_closed

    async def received() -> Message:
        message = await receive()
        return {"type": "websocket.disconnect", "code": 1008} if await is_over(message) else message

    async def sent(message: Message) -> None:
        if not await is_over(message):
            await send(message)

    return received, sent


def _passed(scope: Scope) -> Scope:
    """A request without what only a proxy may say."""
    kept = [(key, value) for key, value in scope["headers"] if not key.lower().startswith(_OF_PROXIES)]
    return {**scope, "headers": kept}


def _labelled(scope: Scope, send: Send) -> Send:
    """Answers with the headers that keep browsers careful."""

    async def labelled(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": list(_labels(scope["path"], list(message.get("headers", ()))))}
        await send(message)

    return labelled


def _labels(path: str, headers: list[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, bytes]]:
    own = {name.lower() for name, _ in headers}
    is_kept = _KEPT.match(path) is not None
    for name, value in headers:
        low = name.lower()
        # No other site may read anything; and what is of a run is kept nowhere.
        if low.startswith(b"access-control-") or (low == b"cache-control" and not is_kept):
            continue
        yield name, value.replace(b"public", b"private") if low == b"cache-control" else value
    yield from ((name, value) for name, value in _LABELS.items() if name not in own)
    if not is_kept:
        yield b"cache-control", b"no-store"
