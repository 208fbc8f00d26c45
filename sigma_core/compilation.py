"""Functions of arrays compiled: one program for each signature they are called with, run by a backend."""

from collections.abc import Callable, Mapping
from functools import update_wrapper
from threading import Lock, RLock
from types import MethodType
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.backends import Backend, Executable, Program
from sigma_core.environment import Environment
from sigma_core.errors import TraceError
from sigma_core.graph import (
    Graph,
    Structure,
    Traced,
    Value,
    end_trace,
    is_static,
    members,
    native,
    trace,
    trace_with,
    unflatten,
)
from sigma_core.registry import ComponentRegistry, Composer


def compile(  # noqa: A001  # the word that everybody uses for it
    function: Callable[..., Any] | None = None,
    *,
    backend: Backend | str | Mapping[str, Any] = "numpy",
    environment: Environment | None = None,
) -> Any:
    """A function that does what `function` does, in a program of a backend; also a decorator, with settings or without.

    Arguments and results are nested containers of arrays and numbers; truth values, text and functions among the
    arguments choose what is compiled. A program is traced and compiled at the first call with each signature (the
    containers, shapes, dtypes and choices) and kept. What else the function depends on is fixed when it is traced. The
    results are arrays that belong to the caller. On values, inside of another function that is traced, it is a plain
    call. `backend` is a name, a table with `use`, or an object, looked up in the `environment` when it is first needed.
    """
    if function is None:
        return lambda decorated: Compiled(decorated, backend, environment)
    return Compiled(function, backend, environment)


class Compiled:
    """A function with its programs; several threads may call it."""

    def __init__(
        self,
        function: Callable[..., Any],
        backend: Backend | str | Mapping[str, Any] = "numpy",
        environment: Environment | None = None,
    ) -> None:
        if not callable(function):
            raise TraceError("compile", f"{function!r} is no function", "a function, and settings by keyword")
        update_wrapper(self, function)
        self.function = function
        self._wanted = backend
        self._environment = environment
        self._backend: Backend | None = None
        self._kept: dict[Any, _Kept] = {}
        self._lock = RLock()

    def __call__(self, /, *arguments: Any, **keywords: Any) -> Any:
        """The results of the function for these arguments; raises what tracing and compiling it raise."""
        leaves: list[Any] = []
        key = _signature((arguments, keywords), leaves)
        if any(isinstance(leaf, Value) for leaf in leaves):
            return self.function(*arguments, **keywords)
        try:
            kept = self._kept.get(key)
        except TypeError as error:
            raise TraceError(
                "compile", f"an argument chooses what is compiled, but cannot be remembered: {error}", "what has a hash"
            ) from error
        if kept is not None:
            return kept(leaves)
        with self.backend.tracing():
            traced = trace_with(self.function, arguments, keywords)
        if not traced.is_closed:
            # It closes over values of a trace around it, and becomes part of that.
            return traced.inlined()
        end_trace(traced.inputs)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._compiled(traced)
        return self._kept[key](leaves)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """As a method, it is given the instance first."""
        return self if instance is None else MethodType(self, instance)

    @property
    def backend(self) -> Backend:
        """What runs the programs."""
        with self._lock:
            if self._backend is None:
                known = self._environment
                composer = Composer(ComponentRegistry()) if known is None else known.composer
                self._backend = composer.build("backends", self._wanted)
            return self._backend

    @property
    def programs(self) -> tuple[Program, ...]:
        """What was compiled so far, to be read, in order."""
        return tuple(kept.program for kept in self._kept.values())

    def graph(self, /, *arguments: Any, **keywords: Any) -> Graph:
        """The graph of a call with these arguments, as it is recorded, before a backend simplifies it."""
        return trace(self.function, *arguments, **keywords)

    def _compiled(self, traced: Traced) -> "_Kept":
        program = self.backend.compile(traced.graph)
        return _Kept(program, program.instantiate({}), traced.structure, self.backend, Lock())


@frozen(eq=False)
class _Kept:
    """A program of one signature, with its memory."""

    program: Program
    executable: Executable
    structure: Structure
    backend: Backend
    lock: Lock

    def __call__(self, leaves: list[Any]) -> Any:
        """The results, copied out of the memory that the next call writes into."""
        with self.lock:
            results = [np.array(self.backend.to_numpy(result)) for result in self.executable(*leaves)]
        return unflatten(self.structure, results)


def _signature(thing: Any, leaves: list[Any]) -> Any:
    """What a program depends on, as something with a hash; the arrays and numbers are added to `leaves`, in order."""
    if type(thing) is np.ndarray:
        leaves.append(native(thing))
        return thing.shape, leaves[-1].dtype
    if thing is None:
        return None
    # The names of most containers are known without asking.
    names, inner = ((), thing) if type(thing) in (tuple, list) else members(thing)
    if names is not None:
        return type(thing), names, *[_signature(each, leaves) for each in inner]
    if is_static(thing):
        return type(thing), thing
    if isinstance(thing, Value):
        leaves.append(thing)
        return None
    array = native(np.asarray(thing))
    leaves.append(array)
    # A Python number promotes in another way than an array.
    return type(thing), array.shape, array.dtype
