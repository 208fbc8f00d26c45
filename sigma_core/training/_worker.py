"""A worker: one training state on one backend, and the programs compiled for the batches it has met."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from time import perf_counter
from types import MappingProxyType
from typing import Any

import numpy as np
from attrs import define, field, frozen

from sigma_core.backends import Backend, Codes, Executable, Program
from sigma_core.errors import NodeError
from sigma_core.network import Network, Section
from sigma_core.training._filling import Arrays
from sigma_core.training._method import Method
from sigma_core.training._metric import Metric
from sigma_core.training._programs import StepGraph, adding_step, prediction_pass, scoring_pass, training_step
from sigma_core.training._reading import Reading
from sigma_core.training._state import TrainingState

_BATCHES = "accumulated.batches"


@frozen(eq=False)
class Task:
    """What a worker is to do: everything from which its programs are traced."""

    network: Network
    method: Method
    metrics: Mapping[str, Metric]
    backend: Backend
    dtypes: Mapping[str, np.dtype]
    """Dtype of each section of a training batch, by name, in the order in which batches hold them."""
    watch: tuple[str, ...] = ()
    """Patterns of gradients that hooks want to see."""
    compiled: Callable[[str, float, int], None] = field(default=lambda _signature, _seconds, _nodes: None)
    """Told of each new program: its signature, seconds it took to trace and to compile, number of its nodes."""
    iterations_per_epoch: int = 1
    codes: Mapping[str, Codes] = MappingProxyType({})
    """What floats come of, for the sections of which a training batch holds numbers of records."""

    def described(self, shapes: Sequence[tuple[int, ...]]) -> dict[str, Section]:
        """The sections of a training batch, by name, where its arrays have these shapes."""
        return {
            name: Section((*shape, *self.codes[name].array.shape[1:]) if name in self.codes else shape, dtype)
            for (name, dtype), shape in zip(self.dtypes.items(), shapes, strict=True)
        }

    def reading(
        self, run: Callable[..., Sequence[Any]], shapes: Sequence[tuple[int, ...]]
    ) -> Callable[..., Sequence[Any]]:
        """What runs a program that takes floats on training batches of these shapes, as they are given."""
        if not self.codes:
            return run
        readers = [
            self.backend.reader(self.codes[name], shape[0]) if name in self.codes else None
            for name, shape in zip(self.dtypes, shapes, strict=True)
        ]
        return Reading(run, readers)


class Programs:
    """What has been compiled for a task, by what it does and the shapes of its batch; workers share it."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._known: dict[tuple[Any, ...], tuple[Program, StepGraph]] = {}

    def get(
        self, what: str, trace: Callable[[], StepGraph], batch: Iterable[Section] = (), key: Any = None
    ) -> tuple[Program, StepGraph]:
        """The program of that name for such a batch, traced and compiled when it is first asked for.

        `key` tells programs of a name apart that are for the same batch.
        """
        signature = (what, key, *batch)
        if signature not in self._known:
            backend = self.task.backend
            begin = perf_counter()
            with backend.tracing():
                step = trace()
            program = backend.compile(step.graph, bound=step.bound, donations=step.donations)
            self._known[signature] = program, step
            shapes = ", ".join(str(section.shape) for section in signature[2:])
            self.task.compiled(f"{what}: {shapes}", perf_counter() - begin, program.nodes)
        return self._known[signature]


class Accumulating:
    """Two programs for batches of one shape: most batches only add their gradients, every so many bring an update.

    `progress` is shared by the shapes of a worker.
    """

    def __init__(
        self, adds: Callable[..., Sequence[Any]], updates: Callable[..., Sequence[Any]], progress: "Progress"
    ) -> None:
        self._adds, self._updates, self._progress = adds, updates, progress

    def __call__(self, *batch: Any) -> Sequence[Any]:
        """Run the one whose turn it is."""
        progress = self._progress
        is_last = progress.batches + 1 >= progress.length
        outputs = (self._updates if is_last else self._adds)(*batch)
        # Not before: a step that fails changes nothing.
        progress.batches = 0 if is_last else progress.batches + 1
        return outputs


@define
class Progress:
    """How many of the batches that go into one update have been added up."""

    length: int
    batches: int


@frozen(eq=False)
class Outputs(Mapping[str, float]):
    """Scalars and arrays of a step by name, read from the device when they are looked up.

    The arrays behind them are overwritten by the next step.
    """

    names: tuple[str, ...]
    arrays: Sequence[Any]
    to_numpy: Callable[[Any], np.ndarray] = np.asarray

    def __getitem__(self, name: str) -> Any:
        try:
            array = self.arrays[self.names.index(name)]
        except ValueError:
            raise KeyError(name) from None
        return float(array) if np.ndim(array) == 0 else self.to_numpy(array)

    def read(self) -> dict[str, Any]:
        """All of them, read now."""
        # Once for each iteration that a store keeps, so nothing is called here that need not be.
        return {
            name: array.item() if array.ndim == 0 else self.to_numpy(array)
            for name, array in zip(self.names, self.arrays, strict=False)
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


class Worker:
    """Runs steps and passes over batches; keeps one executable per shape of batch.

    A batch is a tuple of arrays of shape (batch, ...) in the order of the task's sections. Workers of one training
    share their `programs`, and perhaps some arrays of their states, by `arrays`.
    """

    def __init__(
        self,
        task: Task,
        state: TrainingState,
        *,
        programs: Programs | None = None,
        arrays: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self.task = task
        self.layout = state.layout
        self.programs = Programs(task) if programs is None else programs
        own = {name: array for name, array in state.arrays.items() if name not in arrays}
        self.arrays = {**arrays, **{name: task.backend.array(array) for name, array in own.items()}}
        self.names: tuple[str, ...] = ()
        self._steps: dict[tuple[tuple[int, ...], ...], Callable[..., Sequence[Any]]] = {}
        self.progress = Progress(task.method.accumulation, int(state.arrays.get(_BATCHES, 0)))
        self._passes: dict[tuple[str | Section, ...], tuple[Executable, tuple[str, ...]]] = {}

    def step(self, batch: Sequence[Any]) -> Sequence[Any]:
        """One training step; its outputs, named by `names`, belong to the worker and are overwritten by the next."""
        executable = self._steps.get(tuple([array.shape for array in batch]))
        if executable is None:
            executable = self.executable(batch)
        try:
            return executable(*batch)
        except NodeError as error:
            # Nothing is updated then, so the key still counts the batches before this one.
            error.iteration = int(self.pull(("key",))["key"][1]) + 1
            raise

    def executable(self, batch: Sequence[Any]) -> Callable[..., Sequence[Any]]:
        """The compiled training step for batches of these shapes."""
        shapes = tuple([array.shape for array in batch])
        if shapes not in self._steps:
            updates = self._step("step", training_step, shapes)
            if self.task.method.accumulation == 1:
                self._steps[shapes] = updates
            else:
                self._steps[shapes] = Accumulating(self._step("add", adding_step, shapes), updates, self.progress)
        return self._steps[shapes]

    def _step(
        self, what: str, trace: Callable[..., StepGraph], shapes: Sequence[tuple[int, ...]]
    ) -> Callable[..., Sequence[Any]]:
        task = self.task
        batch = task.described(shapes)
        program, step = self.programs.get(
            what, lambda: trace(task.network, task.method, self.layout, batch, task.watch), batch.values()
        )
        self.names = step.outputs
        return task.reading(self._instance(program, step), shapes)

    def score(self, batch: Sequence[Any]) -> dict[str, np.ndarray]:
        """Sums of losses and of what the metrics measure, over one batch, as float64."""
        executable, names = self.scoring(batch)
        to_numpy = self.task.backend.to_numpy
        sums = (to_numpy(array).astype(np.float64) for array in executable(*batch))
        return dict(zip(names, sums, strict=True))

    def scoring(self, batch: Sequence[Any]) -> tuple[Executable, tuple[str, ...]]:
        """What gives these sums, compiled when it is first needed, and their names."""
        described = _described(zip(self.task.dtypes, batch, strict=True))
        task = self.task
        return self._pass("score", described, lambda: scoring_pass(task.network, task.metrics, self.layout, described))

    def predict(self, batch: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """What the network predicts for sections of inputs, by name of the cost or last layer; copies."""
        described = _described(batch.items())
        executable, names = self._pass(
            "predict", described, lambda: prediction_pass(self.task.network, self.layout, described)
        )
        outputs = executable(*batch.values())
        return {name: self.task.backend.to_numpy(array).copy() for name, array in zip(names, outputs, strict=True)}

    def pull(
        self, names: Iterable[str] | None = None, memory: Mapping[str, np.ndarray] = MappingProxyType({})
    ) -> Arrays:
        """The state's arrays, copied to the host, where they fit to `memory`: all, or those of the given names."""
        wanted, to_numpy = self.arrays if names is None else names, self.task.backend.to_numpy
        return {name: _copied(to_numpy(self.arrays[name]), memory.get(name)) for name in wanted}

    def part(self, name: str, elements: slice) -> np.ndarray:
        """Some elements of a vector of the state, copied to the host; the rest of it stays where it is."""
        return np.array(self.task.backend.to_numpy(self.arrays[name][elements]))

    def push(self, arrays: Mapping[str, Any]) -> None:
        """Put values in place of the state's; the names may be some of those in `pull`."""
        for name, values in arrays.items():
            self.task.backend.write(self.arrays[name], values)
        if _BATCHES in arrays:
            self.progress.batches = int(arrays[_BATCHES])

    def _pass(
        self, what: str, batch: Mapping[str, Section], trace: Callable[[], StepGraph]
    ) -> tuple[Executable, tuple[str, ...]]:
        """The executable of a pass over such batches, with the names of its outputs."""
        signature: tuple[str | Section, ...] = (what, *batch.values())
        if signature not in self._passes:
            program, step = self.programs.get(what, trace, batch.values())
            self._passes[signature] = self._instance(program, step), step.outputs
        return self._passes[signature]

    def _instance(self, program: Program, step: StepGraph) -> Executable:
        return program.instantiate({name: self.arrays[name] for name in step.bound})


def _copied(array: np.ndarray, memory: np.ndarray | None) -> np.ndarray:
    if memory is None or memory.shape != array.shape or memory.dtype != array.dtype:
        return np.array(array)
    memory[...] = array
    return memory


def _described(arrays: Iterable[tuple[str, Any]]) -> dict[str, Section]:
    """Sections as they are, with the batch axis; unlike training data, what is scored may be of several dtypes."""
    return {name: Section(array.shape, array.dtype) for name, array in arrays}
