"""The graphs that a worker compiles: one whole training step, or a part of one, a pass that scores, one that predicts.

The placeholders `parameters`, `fixed`, `slots.*`, `accumulated.*`, `step`, `key`, `totals.*`, `part.*`, `optimiser.*`,
`modifiers.*` and `schedules.*` are bound to the arrays of a TrainingState once; the sections of a batch are
arguments of each call.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import add
from types import MappingProxyType
from typing import Any

import numpy as np
from attrs import evolve, frozen

from sigma_core.errors import IdentifierError, NetworkError, listed
from sigma_core.graph import Graph, Value, gradients, placeholder, scope
from sigma_core.network import Network, Section
from sigma_core.registry import matches
from sigma_core.training._calls import calling, measured
from sigma_core.training._layout import Layout
from sigma_core.training._method import Method
from sigma_core.training._metric import Metric, named_metrics
from sigma_core.training._optimiser import Slots
from sigma_core.training._update import Spread, Update, joined

Batch = Mapping[str, Section]
"""Sections of a batch, with the batch axis in their shapes."""


@frozen
class Parts:
    """What the workers' parts of a step are."""

    count: int
    costs: tuple[str, ...]
    """Names of the losses besides the whole, where there are several."""
    tracked: tuple[str, ...]
    """Identifiers of what layers track."""
    is_first: bool = True
    """Whether it is up to this piece of the update to count, and to say what the losses are."""


@frozen(eq=False)
class StepGraph:
    """A graph with what a backend must know to compile it."""

    graph: Graph
    bound: frozenset[str]
    donations: Mapping[int, str]
    outputs: tuple[str, ...]
    """Names of the outputs that are no donations, which come first."""
    tracked: tuple[str, ...] = ()
    """Identifiers of fixed parameters that it replaces."""


def training_step(
    network: Network, method: Method, layout: Layout, batch: Batch, watch: Sequence[str] = ()
) -> StepGraph:
    """Forward pass, costs, gradients and update as one graph.

    Its outputs are `loss` (the weighted sum of all costs), `losses.<cost>` where there are several, the gradients whose
    identifiers match a pattern of `watch`, such as `gradients.layers.*.weights`, and the donated arrays. Where
    gradients are accumulated, this is the last of the batches that go into one update.
    Raises NetworkError when nothing can be trained, IdentifierError for a pattern that matches nothing.
    """
    return _improved(_Training(network, layout, batch), network, method, watch)


def adding_step(network: Network, method: Method, layout: Layout, batch: Batch, watch: Sequence[str] = ()) -> StepGraph:
    """As `training_step`, but the gradients are only added to those of the batches before it, and nothing improves."""
    del method  # An update comes later.
    return _added(_Training(network, layout, batch), watch)


def partial_step(network: Network, layout: Layout, batch: Batch) -> StepGraph:
    """What one of several workers does of a step: the gradients of its part of the batch.

    `part.gradients`, `part.losses` and, where layers track something, `part.fixed` are weighted by the records, which
    are `part.records`, so that `combined_step` need only add up. Outputs are as those of `training_step`.
    """
    return _Training(network, layout, batch).part()


def combined_step(
    network: Network, method: Method, layout: Layout, parts: Parts, watch: Sequence[str] = ()
) -> StepGraph:
    """What is left of a step when each worker has done its part: the update by the mean over all records.

    `part.<number>.<name>` is bound to what the worker of that number has.
    """
    return _improved(_Combined(network, layout, parts), network, method, watch)


def combined_adding_step(
    network: Network, method: Method, layout: Layout, parts: Parts, watch: Sequence[str] = ()
) -> StepGraph:
    """As `combined_step`, where the update comes later."""
    del method
    return _added(_Combined(network, layout, parts), watch)


def _improved(training: "_Training | _Combined", network: Network, method: Method, watch: Sequence[str]) -> StepGraph:
    layout, bound, gradients = training.layout, training.bound, training.gradients
    kept: dict[str, Any] = {}
    if method.accumulation > 1:
        total, records = training.accumulated()
        gradients = Spread(layout, total / records)
        kept = {
            "accumulated": np.zeros_like(total),
            "accumulated.records": records * 0.0,
            "accumulated.batches": bound.exact("accumulated.batches") * 0.0,
        }
    step = bound.scalar("step") + 1.0
    names = method.optimiser.slots.names()
    slots = Slots(**{name: bound.vector(f"slots.{name}", layout.trainable_size) for name in names})
    update = Update(method, bound.scalar, network.parameters)
    gradients = update.modified("gradients", gradients, training.parameters)
    with scope("optimiser"):
        new = update.improved(training.parameters, gradients, slots, step)
    new["parameters"] = update.modified("updated", Spread(layout, new["parameters"])).whole
    return training.program(watch, {**new, "step": step, **kept})


def _added(training: "_Training | _Combined", watch: Sequence[str]) -> StepGraph:
    total, records = training.accumulated()
    kept = {
        "accumulated": total,
        "accumulated.records": records,
        "accumulated.batches": training.bound.exact("accumulated.batches") + 1.0,
    }
    return training.program(watch, kept)


def scoring_pass(network: Network, metrics: Mapping[str, Metric], layout: Layout, batch: Batch) -> StepGraph:
    """Losses and metrics of a batch, without training: sums, to be added up over a pass.

    Its outputs are `loss` (sum of the weighted losses of all records) and `<metric>.<part>`, what each metric adds up.
    """
    bound = _Bound(network, layout, batch)
    done = network.apply(bound.sections, bound.views, training=False)
    outputs: dict[str, Any] = {"loss": _weighted(network, {name: np.sum(each) for name, each in done.losses.items()})}
    for name, (placed, metric) in named_metrics(network, metrics).items():
        with scope(f"metrics.{name}"), calling(f"metric {name!r}, measure"):
            cost = placed.layer
            # Only where there is one: metrics for networks without masks need not take any.
            mask = () if cost.mask is None else (bound.sections[cost.mask],)
            sums = metric.measure(done.predictions[placed.name], bound.sections[cost.targets], *mask)
        outputs |= {f"{name}.{part}": value for part, value in measured(f"metric {name!r}", sums).items()}
    return bound.program(outputs)


def prediction_pass(network: Network, layout: Layout, batch: Batch) -> StepGraph:
    """What the network predicts for a batch; outputs are named after the costs, or the last layers without one."""
    bound = _Bound(network, layout, batch)
    done = network.apply(bound.sections, bound.views, training=False)
    return bound.program(done.predictions)


class _Training:
    """What any step does: a pass that trains, and the gradients of its loss."""

    def __init__(self, network: Network, layout: Layout, batch: Batch) -> None:
        if not layout.spans:
            raise _untrained(layout)
        self.layout = layout
        self.bound = bound = _Bound(network, layout, batch)
        self.key = bound.key()
        self.done = network.apply(bound.sections, bound.views, training=True, key=self.key)
        self.costs = {name: np.mean(losses) for name, losses in self.done.losses.items()}
        self.loss = _weighted(network, self.costs)
        self.records = float(next(iter(batch.values())).shape[0])
        # With respect to the views: the gradient of a slice would be a vector of zeros otherwise.
        views = [bound.views[place.identifier] for place in layout.trainable]
        self.parameters = Spread(layout, bound.trainable, views)
        parts = gradients(self.loss, views)
        self.gradients = Spread(layout, joined(parts), list(parts))

    @property
    def losses(self) -> dict[str, Any]:
        """`loss`, and where there are several `losses.<cost>`."""
        several = self.costs if len(self.costs) > 1 else {}
        return {"loss": self.loss} | {f"losses.{name}": cost for name, cost in several.items()}

    @property
    def tracked(self) -> dict[str, Any]:
        """New values of fixed parameters."""
        return {name: value for name, value in self.done.tracked.items() if name not in self.layout.frozen}

    def accumulated(self) -> tuple[Any, Any]:
        """The sum of the gradients of all records since the last update, those of this batch included; their number."""
        total = self.bound.vector("accumulated", self.layout.trainable_size) + self.gradients.whole * self.records
        return total, self.bound.scalar("accumulated.records") + self.records

    def part(self) -> StepGraph:
        """The graph of a worker's part of a step."""
        bound, records = self.bound, self.records
        bound.vector("part.gradients", self.layout.trainable_size)
        losses = [loss.astype(np.float64).reshape(1) * records for loss in self.losses.values()]
        donated = {
            "key": self.key + np.array([0, 1], np.uint64),
            "part.gradients": self.gradients.whole * records,
            # As an output is no constant; it is finite, so nothing is left of what it was before.
            "part.records": bound.exact("part.records") * 0.0 + records,
            "part.losses": joined(losses),
        }
        bound.exact("part.losses", len(losses))
        if self.tracked:
            bound.vector("part.fixed", self.layout.fixed_size)
            donated["part.fixed"] = self.layout.replaced(bound.fixed, self.tracked) * records
        return evolve(bound.program(self.losses, donated), tracked=tuple(self.tracked))

    def program(self, watch: Sequence[str], donated: Mapping[str, Any]) -> StepGraph:
        """The graph of the whole step, given what else takes the place of the state's arrays."""
        outputs: dict[str, Any] = dict(self.losses)
        outputs |= {name: self.gradients.parts[number] for name, number in watched(self.layout, watch).items()}
        total, count = self.bound.exact("totals.loss"), self.bound.exact("totals.records")
        counters = {
            "key": self.key + np.array([0, 1], np.uint64),
            "totals.loss": total + self.loss.astype(np.float64) * self.records,
            "totals.records": count + self.records,
        }
        if self.tracked:
            counters["fixed"] = self.layout.replaced(self.bound.fixed, self.tracked)
        return self.bound.program(outputs, {**donated, **counters})


class _Combined:
    """What is left of a step when several workers have done their parts of it; a layout may be a piece of the whole."""

    def __init__(self, network: Network, layout: Layout, parts: Parts) -> None:
        self.layout, self.parts = layout, parts
        self.bound = bound = _Bound(network, layout, {})
        self.records = self._sum(bound.scalar, "records")
        self.summed = self._sum(bound.vector, "gradients", layout.trainable_size)
        self.parameters = Spread(layout, bound.trainable)
        self.gradients = Spread(layout, self.summed / self.records)

    def _sum(self, declared: Callable[..., Value], name: str, *shape: int) -> Any:
        """The sum over all parts, always in one order."""
        return reduce(add, [declared(f"part.{number}.{name}", *shape) for number in range(self.parts.count)])

    def accumulated(self) -> tuple[Any, Any]:
        """As that of a whole step."""
        total = self.bound.vector("accumulated", self.layout.trainable_size) + self.summed
        return total, self.bound.scalar("accumulated.records") + self.records

    def program(self, watch: Sequence[str], donated: Mapping[str, Any]) -> StepGraph:
        """The graph, given what else takes the place of the state's arrays."""
        bound, parts, layout = self.bound, self.parts, self.layout
        if not parts.is_first:
            return bound.program({}, donated)
        names = ("loss", *parts.costs)
        losses = self._sum(bound.exact, "losses", len(names))
        records = self.records.astype(np.float64)
        outputs: dict[str, Any] = {name: losses[number] / records for number, name in enumerate(names)}
        outputs |= {name: self.gradients.parts[number] for name, number in watched(layout, watch).items()}
        counters = {
            "totals.loss": bound.exact("totals.loss") + losses[0],
            "totals.records": bound.exact("totals.records") + records,
        }
        if parts.tracked:
            fixed = self._sum(bound.vector, "fixed", layout.fixed_size) / self.records
            means = {place.identifier: place.view(fixed) for place in layout.fixed if place.identifier in parts.tracked}
            # What nobody tracks stays as it is, to the last bit.
            counters["fixed"] = layout.replaced(bound.fixed, means)
        return bound.program(outputs, {**donated, **counters})


class _Bound:
    """Placeholders of a program: of a training state's arrays, made as they are asked for, and of the batch."""

    def __init__(self, network: Network, layout: Layout, batch: Batch) -> None:
        self.dtype = network.dtype
        self.placeholders: dict[str, Value] = {}
        self.trainable = self.vector("parameters", layout.trainable_size)
        self.fixed = self.vector("fixed", layout.fixed_size)
        self.views = layout.views(self.trainable, self.fixed)
        self.sections = {name: placeholder(section.shape, section.dtype, name) for name, section in batch.items()}

    def vector(self, name: str, size: int) -> Value:
        return self._new(name, placeholder((size,), self.dtype, name))

    def scalar(self, name: str) -> Value:
        """A scalar that promotes as a Python float does."""
        return self._new(name, placeholder((), np.float64, name, weak=True))

    def exact(self, name: str, *shape: int) -> Value:
        """A float64 scalar, or vector, that stays one."""
        return self._new(name, placeholder(shape, np.float64, name))

    def key(self) -> Value:
        return self._new("key", placeholder((2,), np.uint64, "key"))

    def _new(self, name: str, value: Value) -> Value:
        self.placeholders[name] = value
        return value

    def program(self, outputs: Mapping[str, Any], donated: Mapping[str, Any] = MappingProxyType({})) -> StepGraph:
        """The graph from these placeholders to the outputs and then to what takes the place of a state's arrays."""
        graph = Graph(
            inputs=(*self.placeholders.values(), *self.sections.values()),
            outputs=(*outputs.values(), *donated.values()),
            output_names=(*outputs, *donated),
        )
        donations = dict(enumerate(donated, start=len(outputs)))
        return StepGraph(graph, frozenset(self.placeholders), donations, tuple(outputs))


def _weighted(network: Network, costs: Mapping[str, Any]) -> Any:
    """The weighted sum of the costs; a weight of one costs no operation."""
    if not costs:
        raise NetworkError(
            "network",
            "it has no cost whose targets are in the data",
            "a cost as its last layer",
            "add one of `sigma components costs`",
        )
    weights = {placed.name: placed.layer.weight for placed in network.costs}
    total = None
    for name, cost in costs.items():
        part = cost if weights[name] == 1.0 else weights[name] * cost
        total = part if total is None else total + part
    return total


def _untrained(layout: Layout) -> NetworkError:
    if layout.frozen:
        return NetworkError(
            "network",
            "all of its parameters are frozen",
            "at least one parameter that is trained",
            "leave out a pattern of `frozen`, or unfreeze some",
        )
    return NetworkError(
        "network", "it has no parameter that is trained", "at least one layer that has some", "add a layer that learns"
    )


def watched(layout: Layout, patterns: Sequence[str]) -> dict[str, int]:
    """Which trainable parameter belongs to each gradient that patterns ask for: `gradients.layers.dense_1.weights`.

    Raises IdentifierError for a pattern that matches nothing.
    """
    known = {place.identifier.replace("network", "gradients", 1): n for n, place in enumerate(layout.trainable)}
    found: dict[str, int] = {}
    for pattern in patterns:
        matching = {name: number for name, number in known.items() if matches(pattern, name)}
        if not matching:
            is_frozen = any(matches(pattern, name.replace("network", "gradients", 1)) for name in layout.frozen)
            raise IdentifierError(
                f"required value {pattern!r}",
                "what it matches is frozen" if is_frozen else "it matches nothing that a step computes",
                listed(known, pattern),
                "require one of these, or unfreeze what it matches" if is_frozen else "require one of these",
            )
        found |= matching
    return found
