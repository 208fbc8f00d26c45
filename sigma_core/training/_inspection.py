"""The programs of a trainer, to be looked at: as they are traced, as the passes leave them, as a backend plans them."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from attrs import frozen

from sigma_core.backends import Plan
from sigma_core.data import Data, Sections
from sigma_core.errors import TrainerError, listed
from sigma_core.graph import Graph, optimise
from sigma_core.network import Network, Section
from sigma_core.training._programs import StepGraph, prediction_pass, scoring_pass, training_step
from sigma_core.training.recipe import Setup


@frozen(eq=False)
class Inspection:
    """One program of a trainer; nothing of it was run."""

    run: str
    program: str
    """`step`, `scoring` or `prediction`."""
    backend: str
    batch: int
    """Records of a batch."""
    before: Graph
    """As it was traced."""
    plan: Plan
    """After the passes, with places and costs."""
    bytes: int
    """Bytes that the backend plans for itself, beside what is bound."""
    bound: Mapping[str, int]
    """Bytes of the arrays that are given once: parameters, slots, hyperparameters."""
    source: str | None
    """What the backend has written, where it writes."""


def inspect(setup: Setup, data: Data, network: Network, program: str, watch: Sequence[str]) -> Inspection:
    """A program, compiled for batches of the usual size; raises TrainerError for one that there is not."""
    if program not in _PROGRAMS:
        raise TrainerError(
            f"trainer {setup.name!r}",
            f"it has no program {program!r}",
            listed(_PROGRAMS, program),
            "give one of these names",
        )
    batch, traced = _PROGRAMS[program](setup, data, network, watch)
    compiled = setup.backend.compile(traced.graph, bound=traced.bound, donations=traced.donations)
    plan = compiled.plan
    return Inspection(
        run=setup.name,
        program=program,
        backend=setup.backend.name,
        batch=batch,
        before=traced.graph,
        plan=Plan.of(optimise(traced.graph)) if plan is None else plan,
        bytes=compiled.bytes,
        bound={
            value.attributes["name"]: value.nbytes
            for value in traced.graph.inputs
            if value.attributes["name"] in traced.bound
        },
        source=compiled.source,
    )


def _step(setup: Setup, data: Data, network: Network, watch: Sequence[str]) -> tuple[int, StepGraph]:
    batches = setup.iterator.batches(data.training, setup.batch_size, setup.seed, sections=network.sections)
    batch = _batch(data.training, network.sections, batches.batch_size, data.dtypes)
    return _records(batch), training_step(network, setup.method, setup.layout(network), batch, watch)


def _scoring(setup: Setup, data: Data, network: Network, _watch: Sequence[str]) -> tuple[int, StepGraph]:
    sections = next(iter(data.validation.values()), data.training)
    batch = _batch(sections, network.sections, max(setup.batch_size, 256), {})
    return _records(batch), scoring_pass(network, setup.metrics, setup.layout(network), batch)


def _prediction(setup: Setup, data: Data, network: Network, _watch: Sequence[str]) -> tuple[int, StepGraph]:
    batch = _batch(data.training, network.input_sections, setup.batch_size, {})
    return _records(batch), prediction_pass(network, setup.layout(network), batch)


_PROGRAMS: Mapping[str, Callable[[Setup, Data, Network, Sequence[str]], tuple[int, StepGraph]]] = {
    "step": _step,
    "scoring": _scoring,
    "prediction": _prediction,
}
PROGRAMS = tuple(_PROGRAMS)


def _batch(sections: Sections, names: Sequence[str], size: int, dtypes: Mapping[str, np.dtype]) -> dict[str, Section]:
    """What a batch of some data is like; training data has one dtype, whatever each of its sections is kept in."""
    arrays = {name: sections[name] for name in names}
    return {
        name: Section((min(size, len(array)), *array.shape[1:]), dtypes.get(name, array.dtype))
        for name, array in arrays.items()
    }


def _records(batch: Mapping[str, Section]) -> int:
    return next(iter(batch.values())).shape[0]
