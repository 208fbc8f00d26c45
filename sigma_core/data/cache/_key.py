"""The key of an entry: what its records are made of, and by which code."""

import hashlib
import inspect
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cache
from pathlib import Path, PurePath
from typing import Any

import attrs
import numpy as np

from sigma_core.data._source import Source

# Settings that decide where records lie, or what happens to them later, and not what they are.
_NEUTRAL = frozenset({"cache", "block", "augment"})


class _UnknownError(Exception):
    """Something of which nobody can tell whether it is the same in another process."""


def pipeline_key(dataset: Any, content: str | None, environment: Any, **further: Any) -> str | None:
    """A text that two pipelines share only if they make the same records; None where that cannot be told.

    It covers every component with its settings, the code of its module, the version of its distribution and the content
    of every source. `content` is what the dataset itself says of its content; without it, there has to be a
    source that says something.
    """
    walk = _Walk(environment)
    try:
        described = walk.value(dataset, skipped=_NEUTRAL)
    except _UnknownError:
        return None
    if content is None and not walk.sources:
        return None
    text = json.dumps([_kernel(), described, content, further], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _array(value: Any) -> list[Any]:
    if value.dtype.kind == "O":
        raise _UnknownError
    return [str(value.dtype), value.shape, hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()]


_PLAIN: Mapping[Any, Callable[[Any], Any]] = {
    Enum: lambda value: [_code(type(value)), value.name],
    (bool, int, float, str, type(None)): lambda value: value,
    (PurePath, np.dtype, np.generic): lambda value: [type(value).__name__, str(value)],
    bytes: lambda value: ["bytes", hashlib.sha256(value).hexdigest()],
    np.ndarray: _array,
    (set, frozenset): lambda value: ["set", sorted(map(repr, value))],
}


class _Walk:
    """From objects to what JSON can write, as long as everything in them is known."""

    def __init__(self, environment: Any) -> None:
        self.environment = environment
        self.sources = 0

    def value(self, value: Any, skipped: frozenset[str] = frozenset()) -> Any:
        for types, describe in _PLAIN.items():
            if isinstance(value, types):
                return describe(value)
        if isinstance(value, Mapping):
            # Their order may matter, as that of preprocessors does.
            return [[self.value(key), self.value(item)] for key, item in value.items()]
        if isinstance(value, list | tuple):
            return [type(value).__name__, [self.value(item) for item in value]]
        if isinstance(value, Source):
            return [_code(type(value)), self._versions(value), self._content(value)]
        if isinstance(value, type) or (inspect.isfunction(value) and value.__closure__ is None):
            return _code(value)
        if attrs.has(type(value)):
            names = [each.name for each in attrs.fields(type(value)) if each.name not in skipped]
            settings = {name: self.value(getattr(value, name)) for name in names}
            return [_code(type(value)), self._versions(value), settings]
        raise _UnknownError

    def _versions(self, value: Any) -> list[str]:
        """Of the distributions that a component is from: helpers of its module may have changed with them."""
        registry = getattr(self.environment, "components", None)
        entries = registry.registrations(value) if registry is not None else ()
        return [f"{entry.distribution} {entry.version}" for entry in entries]

    def _content(self, source: Source) -> str:
        fingerprint = source.fingerprint(self.environment)
        if fingerprint is None:
            raise _UnknownError
        self.sources += 1
        return fingerprint


def _code(definition: Any) -> Sequence[str]:
    """A class or function by its name, the version of its distribution and a hash of its module, and of its bases'."""
    bases = definition.__mro__[:-1] if isinstance(definition, type) else (definition,)
    if "<" in definition.__qualname__:  # made inside of a function, or a lambda
        raise _UnknownError
    return [f"{definition.__module__}:{definition.__qualname__}", *(_module(base.__module__) for base in bases)]


@cache
def _module(name: str) -> str:
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is None:  # a notebook, or code from nowhere
        raise _UnknownError
    if name.partition(".")[0] in sys.stdlib_module_names:
        return name
    return f"{name} {hashlib.sha256(Path(file).read_bytes()).hexdigest()}"


@cache
def _kernel() -> str:
    """A hash of the code that splits, fits and writes."""
    files = sorted(Path(__file__).parents[1].rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
