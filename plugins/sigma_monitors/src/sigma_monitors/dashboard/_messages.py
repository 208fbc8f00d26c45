"""The few words of ASGI that the guard of the dashboard speaks."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from attrs import field, frozen

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def values(scope: Scope, name: bytes) -> list[bytes]:
    """All that a request says under a name, in lower case."""
    return [value for key, value in scope["headers"] if key.lower() == name]


@frozen
class Reply:
    """An answer of the guard itself."""

    status: int
    body: str = ""
    headers: dict[str, str] = field(factory=dict)
    kind: str = "text/plain"

    async def __call__(self, scope: Scope, send: Send) -> None:
        """Give it; a request for the headers alone gets no body."""
        body = self.body.encode()
        told = {"Content-Type": f"{self.kind}; charset=utf-8", "Content-Length": str(len(body)), **self.headers}
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
