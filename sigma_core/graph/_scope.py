"""The path of the layer in which values are being recorded, for messages and listings."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_path: ContextVar[str] = ContextVar("scope", default="")


@contextmanager
def scope(name: str) -> Iterator[str]:
    """Tag the values recorded inside with a path; scopes nest, joined by dots."""
    outer = _path.get()
    path = f"{outer}.{name}" if outer and name else outer or name
    token = _path.set(path)
    try:
        yield path
    finally:
        _path.reset(token)


@contextmanager
def scope_at(path: str) -> Iterator[None]:
    """Tag values with exactly this path: what is derived from a value belongs to that value's layer."""
    token = _path.set(path)
    try:
        yield
    finally:
        _path.reset(token)


def current_scope() -> str:
    """The path of the innermost scope, empty outside of any."""
    return _path.get()


def place(path: str | None = None) -> str:
    """Where an error is, in words: the layer that is traced, or the one given."""
    path = current_scope() if path is None else path
    return path or "traced function"
