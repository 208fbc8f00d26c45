"""Sessions of the dashboard: cookies that it signed itself, so that they outlive a restart of it."""

import hashlib
import secrets
from collections.abc import Callable

from attrs import define, field, frozen
from itsdangerous import BadSignature, TimestampSigner

from sigma_monitors.dashboard._hosts import Host
from sigma_monitors.dashboard._messages import Scope, values

_LONGEST = 256
"""Bytes of a cookie that are looked at; the real ones have about 90."""
_MOST = 8
"""Cookies of one name that are tried: other servers of the same host can set some that are in the way."""


@frozen
class Session:
    """One who has shown the secret, until `end` (seconds since 1970)."""

    name: str
    end: float


@define(eq=False)
class Sessions:
    """Who has shown the secret. `audience` says for what: a cookie of one is worth nothing for another.

    `longest` is in seconds from the beginning of a session, after which it ends, whatever it is used for.
    """

    key: bytes = field(repr=False)
    audience: bytes = field(repr=False)
    longest: float
    clock: Callable[[], float]
    is_secure: bool = False
    _ended: dict[str, float] = field(factory=dict, init=False)
    _signer: TimestampSigner = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._signer = _Signer(
            self.key,
            salt=b"sigma dashboard" + hashlib.sha256(self.audience).digest(),
            key_derivation="hmac",
            digest_method=hashlib.sha256,
        )
        self._signer.clock = self.clock

    def begin(self, host: Host) -> str:
        """A new session, as the value of `Set-Cookie`."""
        return self._cookie(host, self._signer.sign(secrets.token_urlsafe(16)).decode(), round(self.longest))

    def end(self, session: Session, host: Host) -> str:
        """End a session for good, and tell the browser to forget it."""
        now = self.clock()
        # By name, not by cookie: a session can be written in several ways, as nobody looks at a signature's last bits.
        self._ended = {name: end for name, end in self._ended.items() if end > now} | {session.name: session.end}
        return self._cookie(host, "", 0)

    def of(self, scope: Scope) -> Session | None:
        """The session of a request, as long as it lasts."""
        host = Host.of(scope)
        name = self._name(host).encode() if host is not None else b""
        found = []
        for line in values(scope, b"cookie"):
            for part in line.split(b";"):
                key, _, value = part.strip().partition(b"=")
                if key == name and len(value) <= _LONGEST:
                    found.append(value)
        return next(filter(None, map(self._read, found[:_MOST])), None)

    def holds(self, session: Session) -> bool:
        """Whether it has not ended."""
        return self.clock() < session.end and session.name not in self._ended

    def _read(self, cookie: bytes) -> Session | None:
        """What was signed here, by this key and for this audience, and is not over."""
        try:
            name, began = self._signer.unsign(cookie, max_age=int(self.longest), return_timestamp=True)
        except BadSignature:
            return None
        session = Session(name.decode(), began.timestamp() + self.longest)
        return session if self.holds(session) else None

    def _name(self, host: Host) -> str:
        """Browsers know no ports of cookies, so two dashboards of one machine need two names."""
        # Only this very host can set a cookie with that prefix, and only by TLS.
        return f"{'__Host-' if self.is_secure else ''}sigma-dashboard-{host.port or 'plain'}"

    def _cookie(self, host: Host, value: str, seconds: int) -> str:
        secure = "; Secure" if self.is_secure else ""
        return f"{self._name(host)}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"


class _Signer(TimestampSigner):
    """With a clock that tests can turn."""

    clock: Callable[[], float]

    def get_timestamp(self) -> int:
        """Whole seconds since 1970."""
        return int(self.clock())
