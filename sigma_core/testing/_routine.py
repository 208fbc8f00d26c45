"""Functions of arrays, traced once and run by the reference evaluator and by every backend."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.backends import Backend
from sigma_core.errors import PluginUnavailableError
from sigma_core.graph import Graph, Kind, Traced, evaluate, flatten, lines_kept, reachable, trace_with, unflatten
from sigma_core.registry import Status
from sigma_core.testing._subject import Subject, installed

Backends = Iterable[str | Mapping[str, Any] | Backend] | None
DTYPES = ("float32", "float64")
# By how much two programs of one function may differ, as a share of the largest number.
TOLERANCES = {"float32": 2e-4, "float64": 1e-9}


def backends_of(wanted: Backends) -> tuple[Backend, ...]:
    """The backends of these names, tables or objects; by default all that are installed and can be used here."""
    composer = installed()
    if wanted is not None:
        return tuple(composer.build("backends", each) for each in wanted)
    found = []
    for entry in composer.registry.components("backends"):
        if entry.status is Status.ACTIVE:
            try:
                found.append(composer.build("backends", entry.name))
            except PluginUnavailableError:
                # It needs a device or a library that is not here.
                continue
    return tuple(found)


@frozen(eq=False)
class Routine:
    """A function as it was traced on some arguments, for results of some network's dtype."""

    subject: Subject[Any]
    what: str
    traced: Traced
    graph: Graph
    dtype: str

    @classmethod
    def of(
        cls,
        subject: Subject[Any],
        what: str,
        function: Callable[..., Any],
        *arguments: Any,
        dtype: Any,
    ) -> "Routine":
        """Trace a function; raises AssertionError where that fails."""
        # With lines: a fault that shows only in numbers is then told with its place too.
        with subject.trying(what), lines_kept():
            traced = trace_with(function, arguments)
            return cls(subject, what, traced, traced.graph, np.dtype(dtype).name)

    @property
    def draws(self) -> bool:
        """Whether it draws random numbers."""
        return any(node.operation.kind is Kind.RANDOM for node in reachable(self.graph.outputs))

    @property
    def read(self) -> frozenset[str]:
        """Names of the arguments on which its results depend."""
        nodes = reachable(self.graph.outputs)
        return frozenset(node.attributes["name"] for node in nodes if node.operation.name == "placeholder")

    def on(self, backend: Backend | None = None) -> Callable[..., Any]:
        """The function itself, run by a backend, or else by the reference evaluator, in memory of its own."""
        subject, what = self.subject, self.what
        if backend is None:
            return self._called(lambda *arrays: evaluate(self.graph, *arrays), what)
        what += f", on the backend {backend.name}"
        with subject.trying(what):
            executable = backend.compile(self.graph).instantiate({})
        return self._called(lambda *arrays: [np.array(backend.to_numpy(each)) for each in executable(*arrays)], what)

    def agreed(self, backends: Sequence[Backend]) -> Any:
        """The results for the arguments it was traced with, once every backend has given the same."""
        expected = self.on()(*self.traced.arrays)
        for backend in backends:
            found = self.on(backend)(*self.traced.arrays)
            for name, one, other in zip(self.graph.output_names, flatten(expected)[0], flatten(found)[0], strict=True):
                self._compare(f"{self.what}, {name}, on the backend {backend.name}", one, other)
        return expected

    def _called(self, run: Callable[..., Sequence[Any]], what: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            given = [
                np.asarray(leaf, like.dtype)
                for leaf, like in zip(flatten(list(arguments))[0], self.traced.arrays, strict=True)
            ]
            with self.subject.trying(what):
                return unflatten(self.traced.structure, [np.asarray(each) for each in run(*given)])

        return call

    def _compare(self, what: str, expected: NDArray[Any], found: NDArray[Any]) -> None:
        self.subject.claim(
            (found.shape, found.dtype) == (expected.shape, expected.dtype), what, told(expected), told(found)
        )
        if close(expected, found, self.dtype):
            return
        apart = np.abs(found.astype(np.float64) - expected)
        worst = tuple(map(int, np.unravel_index(int(np.nanargmax(apart)), apart.shape)))
        self.subject.claim(
            False,
            what,
            f"{expected[worst]!r} at {worst}, as in plain NumPy",
            f"{found[worst]!r}",
        )


def close(expected: Any, found: Any, dtype: str) -> bool:
    """Whether numbers are the same up to the rounding of a dtype."""
    size = float(np.max(np.abs(expected), initial=1.0, where=np.isfinite(expected)))
    return bool(np.allclose(found, expected, rtol=0.0, atol=TOLERANCES[dtype] * size, equal_nan=True))


def told(array: Any) -> str:
    """An array in words."""
    return f"{array.dtype} of shape {array.shape}"


def check_finite(subject: Subject[Any], what: str, results: Any) -> None:
    """Raise AssertionError for a number that is none, or no end."""
    for array in flatten(results)[0]:
        bad = np.argwhere(~np.isfinite(array))
        if len(bad):
            place = tuple(map(int, bad[0]))
            subject.claim(False, what, "finite numbers", f"{array[place]!r} at {place}")
