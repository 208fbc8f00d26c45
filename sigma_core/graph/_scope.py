"""The path of the layer in which values are being recorded, for messages and listings."""

import inspect
import linecache
import os
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice, takewhile
from pathlib import Path
from types import FrameType
from typing import Any, cast

import attr
import numpy as np

from sigma_core.errors import Place

_path: ContextVar[str] = ContextVar("scope", default="")
_line: ContextVar[str | None] = ContextVar("line", default=None)
_outermost: ContextVar[FrameType | None] = ContextVar("outermost", default=None)


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
def scope_at(path: str, line: str = "") -> Iterator[None]:
    """Tag values with exactly this path, and line: what is derived from a value belongs to that value's layer."""
    token, line_token = _path.set(path), _line.set(line)
    try:
        yield
    finally:
        _path.reset(token)
        _line.reset(line_token)


@contextmanager
def lines_kept() -> Iterator[None]:
    """Values recorded inside remember which line made them, which takes time: for backends that tell of it."""
    # The first two frames are those of the context manager.
    (caller, _), *_ = islice(traceback.walk_stack(inspect.currentframe()), 2, None)
    token = _outermost.set(caller)
    try:
        yield
    finally:
        _outermost.reset(token)


def current_line() -> str:
    """The user's own line that is being run, where lines are kept; else nothing."""
    outermost = _outermost.get()
    if outermost is None:
        return ""
    known = _line.get()
    if known is not None:
        return known
    return line_of(takewhile(lambda step: step[0] is not outermost, traceback.walk_stack(inspect.currentframe())))


def current_scope() -> str:
    """The path of the innermost scope, empty outside of any."""
    return _path.get()


def place(path: str | None = None) -> Place:
    """Where an error is: the layer that is traced, or the one given, and the user's own line that is being run."""
    path = current_scope() if path is None else path
    return Place(path or "traced function", line_of(traceback.walk_stack(inspect.currentframe())))


def place_of(function: object, path: str | None = None) -> Place:
    """Where an error is that lies in what a function returned: the layer, as for `place`, and its first line."""
    here, code = place(path), getattr(inspect.unwrap(cast("Any", function)), "__code__", None)
    return Place(here, (code and _shown(code.co_filename, code.co_firstlineno)) or here.line)


def line_of(frames: Iterable[tuple[FrameType, int]]) -> str:
    """The first line outside of Sigma and of what it is made with; empty where there is none that anyone wrote."""
    for frame, number in frames:
        file = frame.f_code.co_filename
        if file.startswith(_TOOLS) or (file.startswith(_STANDARD) and not file.startswith(_INSTALLED)):
            continue
        return _shown(file, number)
    return ""


def _shown(file: str, number: int) -> str:
    # A command that pip makes has no ending: it is nobody's source.
    text = linecache.getline(file, number).strip() if file.endswith((".py", ">")) else ""
    return f"{file.removeprefix(str(Path.cwd()) + os.sep)}:{number}: {text}" if text else ""


def _folder(file: str | None, up: int = 0) -> str:
    return str(Path(file or "").parents[up]) + os.sep


_TOOLS = ("<frozen ", "<attrs generated ", _folder(__file__, 1), _folder(np.__file__), _folder(attr.__file__))
_STANDARD = _folder(os.__file__)
_INSTALLED = tuple(_STANDARD + name + os.sep for name in ("site-packages", "dist-packages"))
