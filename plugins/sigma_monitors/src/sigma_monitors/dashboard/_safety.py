"""What stands between a network and the dashboard: whoever steers runs has shown a secret, and sends from its pages."""

import hmac
import secrets
import time
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, MutableMapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, quote, urlencode

from attrs import define, field

from sigma_core.extend import SettingError
from sigma_monitors.dashboard._attempts import Attempts
from sigma_monitors.dashboard._guarded import Guarded
from sigma_monitors.dashboard._hosts import Host, comes_from_elsewhere, hosts_of, is_foreign, is_loopback, is_visit
from sigma_monitors.dashboard._login_page import POLICY, language_of, login_page, waypoint
from sigma_monitors.dashboard._messages import Application, Receive, Reply, Scope, values
from sigma_monitors.dashboard._run_paths import RunNameError, guarded_run
from sigma_monitors.dashboard._sessions import Sessions
from sigma_monitors.dashboard._state import StateError, entrance, session_key, state_directory

__all__ = [
    "PASSWORD_VARIABLE",
    "SERVER",
    "RunNameError",
    "Safety",
    "StateError",
    "entrance",
    "guarded_run",
    "is_loopback",
    "session_key",
    "state_directory",
    "taken_password",
]

PASSWORD_VARIABLE = "SIGMA_DASHBOARD_PASSWORD"  # noqa: S105 - the name of a variable, not what is in it

SERVER = MappingProxyType(
    {
        "http": "h11",  # limits what comes before the guard is asked, and is the stricter parser
        "h11_max_incomplete_event_size": 64 * 1024,
        "ws_max_size": 16 * 1024 * 1024,
        "limit_concurrency": 512,
        "proxy_headers": False,  # else whoever is on this machine could choose the address that failures are counted by
        "server_header": False,
        "access_log": False,  # it would keep tokens of URLs
    }
)
"""How `uvicorn.Config` is to be told to serve what is wrapped."""


def taken_password(environ: MutableMapping[str, str]) -> str | None:
    """The password of the environment, out of which it is taken: processes that are started inherit the rest."""
    return environ.pop(PASSWORD_VARIABLE, None) or None


LOGIN = "/login"
LOGOUT = "/logout"

_READING = frozenset({"GET", "HEAD"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SHORTEST_PASSWORD = 8
_SHORTEST_TOKEN = 32
_SHORTEST_KEY = 16
_LARGEST_FORM = 8 * 1024
_WHERE = "safety of the dashboard"


@define(eq=False, kw_only=True)
class Safety:
    """The guard of a dashboard, as ASGI middleware of requests and websockets.

    `allowed_hosts` are the names that it answers to, without ports (see `hosts_of`). Whoever gives the token or the
    password gets a session; `key` signs it, `audience` says for which dashboard, `longest_session` in seconds when it
    ends. `is_secure`: browsers reach it by TLS. `largest_body` is in bytes. Raises SettingError for a secret that is
    missing or can be guessed.
    """

    allowed_hosts: Collection[str] = field(converter=frozenset)
    token: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    key: bytes = field(factory=lambda: secrets.token_bytes(32), repr=False)
    clock: Callable[[], float] = time.time
    audience: str = ""
    is_secure: bool = False
    longest_session: float = 7 * 24 * 3600.0
    largest_body: int = 64 * 1024 * 1024
    attempts: Attempts = field(init=False)
    sessions: Sessions = field(init=False)

    def __attrs_post_init__(self) -> None:
        _check(self.token, self.password, self.key)
        self.attempts = Attempts(self.clock)
        # With another password, sessions that the old one opened end.
        audience = f"{'token' if self.password is None else 'password'}\0{self.password or ''}\0{self.audience}"
        self.sessions = Sessions(
            key=self.key,
            audience=audience.encode("utf-8", "surrogatepass"),
            longest=self.longest_session,
            clock=self.clock,
            is_secure=self.is_secure,
        )

    @classmethod
    def at(
        cls,
        host: str,
        *,
        names: Iterable[str] = (),
        password: str | None = None,
        **settings: Any,
    ) -> Self:
        """The guard of a server that listens at `host` and is called by `names` too; without password, a new token.

        `settings` are those of the class, of which none should lack `key` and `audience`.
        """
        return cls(
            allowed_hosts=hosts_of(host, names),
            token=secrets.token_urlsafe(32) if password is None else None,
            password=password,
            **settings,
        )

    def address(self, base: str) -> str:
        """Where a browser is to be sent: `http://127.0.0.1:8050` with the token, if there is one."""
        return base if self.token is None else f"{base.rstrip('/')}/?{urlencode({'token': self.token})}"

    def wrap(self, application: Application) -> Application:
        """The application behind the guard."""
        return Guarded(application, self)

    def refusal(self, scope: Scope) -> Reply | None:
        """Why not even who asks is asked, if there is a reason: of another name, page or kind than is served."""
        return next(self._refusals(scope), None)

    def _refusals(self, scope: Scope) -> Iterator[Reply]:
        host = Host.of(scope)
        if host is None:
            yield Reply(400, "A request names one host.\n")
        elif not host.is_one_of(self.allowed_hosts):
            yield Reply(421, "The dashboard does not answer to that name.\n")
        elif is_foreign(scope, host, is_secure=self.is_secure):
            yield Reply(403, "The dashboard does not answer to pages of others.\n")
        if not scope["path"].startswith("/"):
            yield Reply(400, "A path begins with a slash.\n")
        if scope["type"] == "http" and scope["method"] not in _METHODS:
            yield Reply(405, "The dashboard knows no such method.\n", {"Allow": ", ".join(sorted(_METHODS))})
        if values(scope, b"transfer-encoding") and values(scope, b"content-length"):
            yield Reply(400, "A body has one length.\n", {"Connection": "close"})

    async def answer(self, scope: Scope, receive: Receive) -> Reply | None:
        """What the guard answers by itself; None if the request, of a session, is for the application."""
        host = Host.of(scope)
        assert host is not None, "requests without are refused"  # noqa: S101 - for the checker of types
        if scope["path"] == LOGIN and scope["method"] == "POST":
            return await self._login(scope, receive, host)
        session = self.sessions.of(scope)
        if session is None:
            return self._outside(scope, host)
        if scope["path"] == LOGOUT and scope["method"] == "POST":
            return _redirect(LOGIN, self.sessions.end(session, host))
        if scope["method"] in _READING and (scope["path"] == LOGIN or self._tokens(scope)):
            return _redirect(_target(scope))
        return None

    def _outside(self, scope: Scope, host: Host) -> Reply:
        """What is said to who has no session."""
        if tokens := self._tokens(scope):
            return self._judged(scope, host, tokens[-1], _target(scope))
        if comes_from_elsewhere(scope):
            return _page(200, waypoint(_language(scope), _target(scope)))
        is_page = is_visit(scope) or any(b"text/html" in line for line in values(scope, b"accept"))
        if scope["method"] in _READING and is_page:
            return self._asked(scope, 401, _target(scope))
        return Reply(401, "There is no session.\n", {"WWW-Authenticate": 'Session realm="Sigma"'})

    def _tokens(self, scope: Scope) -> list[str]:
        """Those of the URL of a page."""
        return _query(scope).get("token", []) if self.token is not None and scope["method"] in _READING else []

    async def _login(self, scope: Scope, receive: Receive, host: Host) -> Reply:
        body = await _read(receive, _LARGEST_FORM)
        if body is None:
            return Reply(413, "That is too long for a form.\n", {"Connection": "close"})
        try:
            form = parse_qs(body.decode(), strict_parsing=True, max_num_fields=8, errors="strict")
            secret = form["secret"][0]
        except (ValueError, LookupError):
            return Reply(400, "A form with a secret is expected.\n")
        return self._judged(scope, host, secret, _local(form.get("target", ["/"])[0]))

    def _judged(self, scope: Scope, host: Host, secret: str, target: str) -> Reply:
        """Whether a secret is right. Nothing is awaited here, or attempts at once would all be heard."""
        address = (scope.get("client") or ("", 0))[0]
        # Both are compared, always.
        is_token, is_password = _is_same(secret, self.token), _is_same(secret, self.password)
        seconds = self.attempts.wait(address)
        # No amount of guesses finds a token, so nobody can shut out its owner by failures; a password has to wait.
        if is_token or (is_password and not seconds):
            self.attempts.succeeded(address)
            return _redirect(target, self.sessions.begin(host))
        if not seconds:
            self.attempts.failed(address)
        return self._asked(scope, 429 if seconds else 401, target, was_wrong=True, seconds=seconds)

    def _asked(self, scope: Scope, status: int, target: str, *, was_wrong: bool = False, seconds: int = 0) -> Reply:
        language = _language(scope)
        text = login_page(
            language, target, asks_password=self.password is not None, was_wrong=was_wrong, seconds=seconds
        )
        headers = {"Content-Language": language}
        headers |= {"Retry-After": str(seconds)} if seconds else {"WWW-Authenticate": 'Session realm="Sigma"'}
        return _page(status, text, headers)


def _check(token: str | None, password: str | None, key: bytes) -> None:
    if token is None and password is None:
        raise SettingError(_WHERE, "there is neither a token nor a password", "one of them", "give a password")
    for name, secret, least in (("password", password, _SHORTEST_PASSWORD), ("token", token, _SHORTEST_TOKEN)):
        if secret is not None and len(secret) < least:
            raise SettingError(
                _WHERE,
                f"the {name} has {len(secret)} characters",
                f"at least {least}",
                "give one that is hard to guess",
            )
    if len(key) < _SHORTEST_KEY:
        raise SettingError(_WHERE, f"the key has {len(key)} bytes", f"at least {_SHORTEST_KEY}", "use session_key()")


def _is_same(given: str, kept: str | None) -> bool:
    """In a time that tells nothing, not even how long the right one is."""
    digests = [
        sha256(unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")).digest()
        for text in (given, kept or "")
    ]
    return hmac.compare_digest(*digests) and kept is not None


def _language(scope: Scope) -> str:
    return language_of(b",".join(values(scope, b"accept-language")).decode("latin-1"))


def _query(scope: Scope) -> dict[str, list[str]]:
    try:
        return parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return {}


def _target(scope: Scope) -> str:
    """Where a request wanted to go, without the token."""
    if scope["path"] in (LOGIN, LOGOUT):
        return "/"
    try:
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        pairs = []
    rest = urlencode([(name, value) for name, value in pairs if name != "token"])
    return _local(quote(scope["path"], safe="/") + (f"?{rest}" if rest else ""))


def _local(target: str) -> str:
    """A path of this server and nothing else: no other host, no line break, whatever a form says."""
    path, _, query = target.partition("?")
    # Two slashes would begin the name of a host; browsers take backslashes for slashes.
    path = "/" + quote(path, safe="/%:@!$&'()*+,;=~-._").lstrip("/")
    return path + (f"?{quote(query, safe='%=&+/:@!$,;~-._*()')}" if query else "")


def _redirect(target: str, cookie: str | None = None) -> Reply:
    return Reply(303, "", {"Location": target, **({} if cookie is None else {"Set-Cookie": cookie})})


def _page(status: int, text: str, headers: dict[str, str] | None = None) -> Reply:
    # With `no-referrer`, a form would come without an origin.
    told = {"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin", "Vary": "Accept-Language"}
    return Reply(status, text, told | (headers or {}), "text/html")


async def _read(receive: Receive, most: int) -> bytes | None:
    """The body, or None if it is longer."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return body
