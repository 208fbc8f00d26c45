"""Merging workers: each trains a network of its own on its part of the batches; now and then they become one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from sigma_core.registry import most_specific
from sigma_core.training._calls import merged
from sigma_core.training._crew import Crew, shares
from sigma_core.training._filling import Arrays
from sigma_core.training._layout import Place, selected
from sigma_core.training._merger import Merger
from sigma_core.training._schedule import Position
from sigma_core.training._state import REPLICATED, TrainingState, of_replica, own_arrays, replica
from sigma_core.training._synchronous import key_of
from sigma_core.training._team import CrewTeam
from sigma_core.training._worker import Programs, Task, Worker

_RECORDS = "merge.records"


class Merging(CrewTeam):
    """Several workers with a network each. What is asked of the team in between is asked of the first one's."""

    has_networks = True

    def __init__(  # noqa: PLR0913  # what the operator says, by name
        self,
        task: Task,
        state: TrainingState,
        size: int,
        *,
        every: str,
        merger: Merger,
        mergers: Mapping[str, Merger],
    ) -> None:
        self.size = size
        self.task, self.layout = task, state.layout
        programs = Programs(task)
        arrays = [own_arrays(state.arrays, number) for number in range(size)]
        self._workers = [Worker(task, TrainingState(state.layout, own), programs=programs) for own in arrays]
        self._every = Position(0, task.iterations_per_epoch).iterations_of(every)
        self._mergers = self._chosen(merger, mergers)
        self._crew = Crew(size, task.backend.sharing)
        self._outputs: list[Sequence[Any]] = [()] * size
        self._totals: dict[str, Any] = {
            name: np.array(state.arrays[name]) for name in ("totals.loss", "totals.records")
        }
        self._totals[_RECORDS] = np.array(state.arrays.get(_RECORDS, np.zeros(size)))
        self._batches = 0
        self._keyed(state.arrays["key"])

    @property
    def names(self) -> tuple[str, ...]:
        """Those of a worker's step."""
        return self._workers[0].names

    def step(self, batch: Sequence[Any]) -> Sequence[Any]:
        """A step of each worker on its part; outputs are the means of theirs, weighted by records."""
        records = len(batch[0])
        rows = shares(records, self.size)
        parts = [tuple([array[each] for array in batch]) for each in rows]
        self._compiled(parts)
        self._outputs = self._crew.run([self._task(*each) for each in zip(self._workers, parts, strict=True)])
        self._batches += 1
        counts = np.array([each.stop - each.start for each in rows], np.float64)
        outputs = self._averaged(counts / records)
        for name, more in (("totals.loss", outputs[0] * records), ("totals.records", records), (_RECORDS, counts)):
            self._totals[name] = np.asarray(self._totals[name] + more)
        if self._batches // self._every > (self._batches - 1) // self._every:
            self.merge()
        return outputs

    def merge(self) -> None:
        """Make one network of all, with which every worker goes on; slots stay each worker's own."""
        records = self._totals[_RECORDS].tolist()
        for vector, places in (("parameters", self.layout.trainable), ("fixed", self._tracked())):
            networks = [worker.pull([vector])[vector] for worker in self._workers]
            whole = networks[0].copy()
            for place in places:
                given = [place.view(network) for network in networks]
                place.view(whole)[...] = merged(self._mergers[place.identifier], place.identifier, given, records)
            for worker in self._workers:
                worker.push({vector: whole})
        self._totals[_RECORDS] = np.zeros(self.size)

    def score(self, batch: Sequence[Any]) -> dict[str, np.ndarray]:
        """Of the first worker's network."""
        return self._workers[0].score(batch)

    def predict(self, batch: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """What the first worker's network predicts."""
        return self._workers[0].predict(batch)

    def prepare(self, batch: Sequence[Any]) -> None:
        """Every worker's step on its part."""
        self._compiled([tuple([array[rows] for array in batch]) for rows in shares(len(batch[0]), self.size)])

    def pull(self, names: Iterable[str] | None = None) -> Arrays:
        """The first worker's by their plain names, the others' as `workers.2.parameters`."""
        return {name: self._pulled(name, {}) for name in (self._whole() if names is None else names)}

    def copied(self, memory: Mapping[str, np.ndarray]) -> Arrays:
        """As `pull`."""
        return {name: self._pulled(name, memory) for name in self._whole()}

    def _whole(self) -> list[str]:
        own = [replica(name, number) for number in range(1, self.size) for name in self._replicated()]
        return [*self._workers[0].arrays, _RECORDS, *own]

    def _pulled(self, name: str, memory: Mapping[str, np.ndarray]) -> np.ndarray:
        if name in self._totals:
            return np.array(self._totals[name])
        number, plain = of_replica(name)
        own = {plain: memory[name]} if name in memory else {}
        found: np.ndarray = self._workers[number].pull([plain], own)[plain]
        return found

    def part(self, name: str, elements: slice) -> np.ndarray:
        """The first worker's."""
        return self._workers[0].part(name, elements)

    def push(self, arrays: Mapping[str, Any]) -> None:
        """Plain names to all workers that are given none of their own."""
        for name in self._totals.keys() & arrays.keys():
            self._totals[name] = np.array(arrays[name], np.float64)
        kept = {name: array for name, array in arrays.items() if name not in self._totals and name != "key"}
        for number, worker in enumerate(self._workers):
            worker.push(own_arrays(kept, number))
        if "key" in arrays:
            self._keyed(arrays["key"])

    def outputs(self, worker: int) -> tuple[tuple[str, ...], Sequence[Any]]:
        """Of the worker's own step."""
        found = self._outputs[worker]
        return (self.names, found) if len(found) else ((), ())

    def _task(self, worker: Worker, part: Sequence[Any]) -> Callable[[], Sequence[Any]]:
        return partial(worker.step, part) if len(part[0]) else partial(_sit_out, worker)

    def _compiled(self, parts: Iterable[Sequence[Any]]) -> None:
        """Compile here whatever is new, since somebody is told of it."""
        for worker, part in zip(self._workers, parts, strict=True):
            if len(part[0]):
                worker.executable(part)

    def _averaged(self, weights: np.ndarray) -> list[Any]:
        to_numpy = self.task.backend.to_numpy
        found = [
            [weight * np.asarray(to_numpy(array)) for array in outputs[: len(self.names)]]
            for weight, outputs in zip(weights, self._outputs, strict=True)
            if len(outputs)
        ]
        return [np.sum(each, axis=0) for each in zip(*found, strict=True)]

    def _keyed(self, key: Any) -> None:
        self._batches = int(key[1])
        for number, worker in enumerate(self._workers):
            worker.push({"key": key_of(key, number)})

    def _replicated(self) -> list[str]:
        """Names of what each worker has of its own; the keys follow from the first one's."""
        return [name for name in self._workers[0].arrays if name.startswith(REPLICATED)]

    def _tracked(self) -> list[Place]:
        """Fixed parameters in which the workers differ; what is alike stays as it is, to the last bit."""
        vectors = [worker.pull(["fixed"])["fixed"] for worker in self._workers]
        return [
            place
            for place in self.layout.fixed
            if any(not np.array_equal(place.view(vectors[0]), place.view(each)) for each in vectors[1:])
        ]

    def _chosen(self, merger: Merger, mergers: Mapping[str, Merger]) -> dict[str, Merger]:
        parameters = self.task.network.parameters
        for pattern in mergers:
            selected(parameters, pattern, "operator local, mergers")
        found = {name: most_specific(mergers, name, spec.tags) for name, spec in parameters.items()}
        return {name: merger if pattern is None else mergers[pattern] for name, pattern in found.items()}


def _sit_out(worker: Worker) -> Sequence[Any]:
    """A batch without records for a worker: it counts it, and draws other random numbers for the next."""
    worker.push({"key": worker.pull(["key"])["key"] + np.array([0, 1], np.uint64)})
    return ()
