"""Synchronous workers: each computes the gradients of its part of a batch, and one update follows from their mean.

The workers share parameters, slots and hyperparameters, and each has the part of the gradients that it computed. Where
the update looks at one element at a time, each worker updates a piece of the vectors; else the first one does all.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.backends import Executable
from sigma_core.errors import NodeError
from sigma_core.graph import fold_in
from sigma_core.network import Section
from sigma_core.training._crew import Crew, shares
from sigma_core.training._filling import Arrays
from sigma_core.training._metric import named_metrics
from sigma_core.training._programs import Parts, combined_adding_step, combined_step, partial_step
from sigma_core.training._state import TrainingState
from sigma_core.training._team import CrewTeam
from sigma_core.training._worker import Programs, Task, Worker

# What each worker counts by itself, so that nobody reads what another one is about to write.
_OWN = ("key", "step", "accumulated.records", "accumulated.batches")
_LINE = 16
"""Elements, of eight bytes at most, that no two workers are to share."""

Shapes = tuple[tuple[int, ...], ...]


@frozen(eq=False)
class _Share:
    """A worker's part of batches of one shape; a part without records has no executable."""

    rows: slice
    run: Callable[..., Sequence[Any]]


class Synchronous(CrewTeam):
    """Several workers that train one network together."""

    def __init__(self, task: Task, state: TrainingState, size: int) -> None:
        self.size = size
        self.task, self.layout = task, state.layout
        self._programs = Programs(task)
        first = Worker(task, state, programs=self._programs)
        shared = {name: array for name, array in first.arrays.items() if name not in _OWN}
        others = [Worker(task, state, programs=self._programs, arrays=shared) for _ in range(1, size)]
        self._workers = [first, *others]
        self._batches = 0
        self._keyed(first.pull(["key"])["key"])
        self._crew = Crew(size, task.backend.sharing)
        self._shares: dict[Shapes, list[_Share]] = {}
        self._improve: list[Executable] = []
        self._add: list[Executable] = []
        self._names: tuple[str, ...] = ()
        self._part_names: tuple[str, ...] = ()
        self._outputs: list[Sequence[Any]] = [()] * size

    @property
    def names(self) -> tuple[str, ...]:
        """Those of the combined step."""
        return self._names

    def step(self, batch: Sequence[Any]) -> Sequence[Any]:
        """Gradients of all parts, then one update; the first worker's outputs are those of the whole batch."""
        given = self._shares.get(tuple([array.shape for array in batch])) or self._shared(batch)
        try:
            self._outputs = self._crew.run([_on(share, batch) for share in given])
        except BaseException as error:
            # Nobody has updated anything yet, but some may have counted the batch.
            self._keyed(np.array([self._seed, self._batches], np.uint64))
            if isinstance(error, NodeError):
                error.iteration = self._batches + 1
            raise
        self._batches += 1
        accumulating = self._workers[0].progress
        is_last = accumulating.batches + 1 >= accumulating.length
        finish = self._improve if is_last else self._add
        outputs: Sequence[Any] = finish[0]() if len(finish) == 1 else self._crew.run(finish)[0]
        accumulating.batches = 0 if is_last else accumulating.batches + 1
        return outputs

    def score(self, batch: Sequence[Any]) -> dict[str, np.ndarray]:
        """Each worker scores a part; sums are added up, what is gathered is joined in the order of the records."""
        rows = [rows for rows in shares(len(batch[0]), self.size) if rows.start < rows.stop]
        parts = [tuple(array[each] for array in batch) for each in rows]
        for worker, part in zip(self._workers, parts, strict=False):
            worker.scoring(part)
        tasks = [partial(worker.score, part) for worker, part in zip(self._workers, parts, strict=False)]
        found = self._crew.run([*tasks, *[_idle] * (self.size - len(tasks))])[: len(tasks)]
        metrics = named_metrics(self.task.network, self.task.metrics)
        gathered = {f"{name}.{part}" for name, (_, metric) in metrics.items() for part in metric.gathered}
        return {
            name: np.concatenate([each[name] for each in found])
            if name in gathered
            else np.sum([each[name] for each in found], axis=0)
            for name in found[0]
        }

    def predict(self, batch: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """The first worker's, whose network is that of all."""
        return self._workers[0].predict(batch)

    def prepare(self, batch: Sequence[Any]) -> None:
        """Both halves of a step."""
        self._shared(batch)

    def pull(self, names: Iterable[str] | None = None) -> Arrays:
        """The first worker's, to whom no other one adds anything."""
        return self._workers[0].pull(self._whole() if names is None else names)

    def copied(self, memory: Mapping[str, np.ndarray]) -> Arrays:
        """The first worker's."""
        return self._workers[0].pull(self._whole(), memory)

    def _whole(self) -> list[str]:
        """Of what is not a part of a step alone."""
        return [name for name in self._workers[0].arrays if not name.startswith("part.")]

    def part(self, name: str, elements: slice) -> np.ndarray:
        """The first worker's."""
        return self._workers[0].part(name, elements)

    def push(self, arrays: Mapping[str, Any]) -> None:
        """Shared arrays once, counters to every worker."""
        self._workers[0].push(arrays)
        own = {name: array for name, array in arrays.items() if name in _OWN and name != "key"}
        for worker in self._workers[1:] if own else ():
            worker.push(own)
        if "key" in arrays:
            self._keyed(arrays["key"])

    def outputs(self, worker: int) -> tuple[tuple[str, ...], Sequence[Any]]:
        """Losses of the worker's part, as means over its records."""
        found = self._outputs[worker]
        return (self._part_names, found) if len(found) else ((), ())

    def _keyed(self, key: Any) -> None:
        """Set the keys of all workers: each draws random numbers of its own."""
        self._seed, self._batches = (int(number) for number in key)
        for number, worker in enumerate(self._workers):
            worker.push({"key": key_of(key, number)})

    # Programs

    def _shared(self, batch: Sequence[Any]) -> list[_Share]:
        shapes = tuple([array.shape for array in batch])
        if shapes not in self._shares:
            self._shares[shapes] = [
                _Share(rows, self._part(worker, [(rows.stop - rows.start, *shape[1:]) for shape in shapes]))
                for worker, rows in zip(self._workers, shares(len(batch[0]), self.size), strict=True)
            ]
        return self._shares[shapes]

    def _part(self, worker: Worker, shapes: Sequence[tuple[int, ...]]) -> Callable[..., Sequence[Any]]:
        """What computes the gradients of records of these shapes."""
        if not shapes[0][0]:
            return partial(_skip, worker)
        task = self.task
        described = task.described(shapes)
        program, step = self._programs.get(
            "part", lambda: partial_step(task.network, self.layout, described), described.values()
        )
        self._part_names = step.outputs
        if not self._improve:
            self._allocate(step.bound, {value.attributes["name"]: value for value in step.graph.inputs})
            self._combine(Parts(self.size, step.outputs[1:], step.tracked))
        executable = program.instantiate({name: worker.arrays[name] for name in step.bound})
        return task.reading(executable, shapes)

    def _allocate(self, bound: Iterable[str], inputs: Mapping[str, Any]) -> None:
        """What each worker leaves of a step for the others to read."""
        for worker in self._workers:
            for name in bound:
                if name.startswith("part."):
                    zeros = np.zeros(inputs[name].shape, inputs[name].dtype)
                    worker.arrays[name] = self.task.backend.array(zeros)

    def _combine(self, parts: Parts) -> None:
        task = self.task
        self._improve = self._pieces("update", combined_step, parts)
        if task.method.accumulation > 1:
            self._add = self._pieces("add", combined_adding_step, parts)

    def _pieces(self, what: str, trace: Callable[..., Any], parts: Parts) -> list[Executable]:
        """What each worker does of the update; or all of it, for the first one."""
        method, size = self.task.method, self.layout.trainable_size
        is_elementwise = not (method.modifiers or method.optimiser.by_parameter or self.task.watch)
        cuts = [slice(0, size)]
        if is_elementwise and size >= self.size * _LINE:
            ends = [number * size // self.size // _LINE * _LINE for number in range(self.size)]
            cuts = [slice(start, stop) for start, stop in zip(ends, [*ends[1:], size], strict=True)]
        executables = []
        for number, elements in enumerate(cuts):
            layout = self.layout if len(cuts) == 1 else self.layout.piece(elements)
            piece = parts if number == 0 else Parts(parts.count, parts.costs, parts.tracked, is_first=False)
            executables.append(self._piece(what, trace, layout, piece, elements, self._workers[number]))
        return executables

    def _piece(  # noqa: PLR0913, PLR0917  # a piece is all of this
        self, what: str, trace: Callable[..., Any], layout: Any, parts: Parts, elements: slice, worker: Worker
    ) -> Executable:
        task = self.task
        program, step = self._programs.get(
            what,
            lambda: trace(task.network, task.method, layout, parts, task.watch),
            [Section((elements.stop - elements.start,), task.network.dtype)],
            (layout, parts),
        )
        if parts.is_first:
            self._names = step.outputs
        whole = dict(worker.arrays)
        for number, each in enumerate(self._workers):
            whole |= {f"part.{number}{name[4:]}": array for name, array in each.arrays.items() if name[:5] == "part."}
        shapes = {value.attributes["name"]: value.shape for value in step.graph.inputs}
        return program.instantiate({name: _cut(whole[name], shapes[name], elements) for name in step.bound})


def key_of(key: Any, worker: int) -> Any:
    """The key of a worker, given that of the training: the first one's is the same, so that it draws as one alone."""
    return key if worker == 0 else fold_in(np.asarray(key, np.uint64), worker - 1)


def _cut(array: Any, shape: tuple[int, ...], elements: slice) -> Any:
    """The elements of a vector of all trainable parameters; anything else as it is."""
    return array if tuple(array.shape) == shape else array[elements]


def _on(share: _Share, batch: Sequence[Any]) -> Callable[[], Sequence[Any]]:
    return partial(share.run, *[array[share.rows] for array in batch])


def _idle() -> dict[str, np.ndarray]:
    return {}


def _skip(worker: Worker, *_: Any) -> Sequence[Any]:
    """A part without records: it adds nothing, and counts the batch."""
    key = worker.pull(["key"])["key"] + np.array([0, 1], np.uint64)
    zeros = {name: np.zeros(array.shape) for name, array in worker.arrays.items() if name.startswith("part.")}
    worker.push({"key": key, **zeros})
    return ()
