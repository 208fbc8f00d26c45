"""Calls of components, which may raise anything and return anything."""

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite
from typing import Any

import numpy as np

from sigma_core.errors import PluginFailedError, SettingError, SigmaError, TrainerError, said
from sigma_core.graph import Value, line_of
from sigma_core.training._criterion import Criterion, Moment, Observation, State
from sigma_core.training._merger import Merger
from sigma_core.training._optimiser import Optimiser
from sigma_core.training._schedule import Position, Schedule


@contextmanager
def calling(where: str) -> Iterator[None]:
    """Say of whatever is raised inside where it comes from, as PluginFailedError."""
    try:
        yield
    except SigmaError:
        raise
    except Exception as error:
        line = line_of(reversed(list(traceback.walk_tb(error.__traceback__))))
        remedy = "correct it, or leave it out"
        raise PluginFailedError(where, f"it raised {said(error)}", remedy=remedy, line=line) from error


def updated(optimiser: Optimiser, parameter: Value, *arguments: Any, slots: tuple[str, ...]) -> dict[str, Any]:
    """What an optimiser makes of a vector of parameters: `parameters`, and `slots.<name>` for each of its slots.

    Raises PluginFailedError for anything but values of the same shape and dtype.
    """
    where = f"optimiser {type(optimiser).__name__}"
    with calling(f"{where}, update"):
        returned = optimiser.update(parameter, *arguments)
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise _refused(
            f"{where}, update", returned, "a pair: new parameters, new slots", "end with `return parameter, slots`"
        )
    new, new_slots = returned
    found = {"parameters": new, **{f"slots.{name}": getattr(new_slots, name, None) for name in slots}}
    for name, value in found.items():
        if value is None:
            raise _refused(f"{where}, update, {name}", value, "a value for each slot", f"give Slots({name[6:]}=...)")
        if getattr(value, "shape", ()) != parameter.shape or getattr(value, "dtype", None) != parameter.dtype:
            raise _refused(
                f"{where}, update, {name}",
                value,
                f"{parameter.dtype} of shape {parameter.shape}, as it was given",
                "compute element by element, and cast with astype",
            )
    return found


def merged(merger: Merger, identifier: str, parameters: Sequence[Any], records: Sequence[float]) -> Any:
    """What a merger makes of a parameter of several workers; PluginFailedError unless that has its shape and dtype."""
    where = f"merger {type(merger).__name__}, merge, {identifier}"
    with calling(where):
        returned = merger.merge(parameters, records)
    first = parameters[0]
    if getattr(returned, "shape", None) != first.shape or getattr(returned, "dtype", None) != first.dtype:
        expected = f"{first.dtype} of shape {first.shape}, as each worker has it"
        raise _refused(where, returned, expected, "compute element by element, and cast with astype")
    return returned


def modified(where: str, modify: Callable[..., Any], values: Sequence[Value], *arguments: Any) -> Sequence[Value]:
    """What a modifier makes of values; raises PluginFailedError unless they have the same shapes and dtypes."""
    with calling(where):
        returned = modify(values, *arguments)
    if not isinstance(returned, list | tuple) or len(returned) != len(values):
        raise _refused(
            where,
            returned,
            f"a list of {len(values)}, one for each that it was given",
            "end with `return [... for each in ...]`",
        )
    for number, (old, new) in enumerate(zip(values, returned, strict=True)):
        if (getattr(new, "shape", None), getattr(new, "dtype", None)) != (old.shape, old.dtype):
            raise _refused(
                f"{where}, element {number}",
                new,
                f"{old.dtype} of shape {old.shape}, as it was given",
                "keep the shape, and cast with astype",
            )
    return returned


def factored(schedule: Schedule, identifier: str, position: Position, state: State) -> float:
    """The factor of a schedule; raises PluginFailedError for what is no finite number, SettingError with its place."""
    where = f"schedule of {identifier!r}, {type(schedule).__name__}"
    try:
        with calling(f"{where}, factor"):
            factor = schedule.factor(position, state)
    except SettingError as error:
        error.where = f"schedules.{identifier}, {error.where}"
        raise
    try:
        value = float(factor)
    except (TypeError, ValueError) as error:
        raise _refused(f"{where}, factor", factor, "a finite number", "return a float") from error
    if not isfinite(value):
        raise _refused(f"{where}, factor", factor, "a finite number", "return a float")
    return value


def scheduled(schedule: Schedule, identifier: str, state: State, observation: Observation) -> State:
    """A schedule's state after an epoch; raises PluginFailedError where it is none."""
    where = f"schedule of {identifier!r}, {type(schedule).__name__}, update"
    with calling(where):
        after = schedule.update(state, observation)
    if not isinstance(after, dict):
        raise _refused(where, after, "a dictionary", "end with `return {**state, ...}`")
    return after


def measured(where: str, sums: Any) -> dict[str, Any]:
    """What a metric measures, as a dictionary; raises PluginFailedError for anything but values by name."""
    if not isinstance(sums, Mapping) or not all(isinstance(name, str) for name in sums):
        raise _refused(
            f"{where}, measure", sums, "a dictionary of sums by name", 'end with `return {"sum": values.sum()}`'
        )
    return dict(sums)


def scored(where: str, value: Any, *, is_number: bool) -> Any:
    """The score that a metric gives: a float, or nested lists of floats, which JSON can hold.

    Raises PluginFailedError for what is neither.
    """
    try:
        return float(value) if is_number else np.asarray(value, np.float64).tolist()
    except (TypeError, ValueError) as error:
        expected = "one number" if is_number else "an array of numbers"
        remedy = "return a float; a metric that gives an array says is_number = False" if is_number else "return one"
        raise _refused(f"{where}, result", value, expected, remedy) from error


def check_moments(criterion: Criterion) -> None:
    """Raise TrainerError for a criterion that would never be asked."""
    for moment in criterion.moments:
        if moment not in ("iteration", "epoch"):
            raise TrainerError(
                f"criterion {type(criterion).__name__}",
                f"it looks at the moment {moment!r}",
                "epoch, iteration",
                "give its property `moment` one of these",
            )


def looked(criterion: Criterion, state: State, observation: Observation, moment: Moment) -> State:
    """The criterion's state after an observation; raises PluginFailedError where it is none."""
    where = f"criterion {type(criterion).__name__}, update"
    with calling(where):
        after = criterion.step(state, observation, moment)
    if not isinstance(after, dict) or "reached" not in after:
        raise _refused(where, after, "a dictionary with `reached`", 'end with `return {"reached": ...}`')
    return after


def _refused(where: str, value: Any, expected: str, remedy: str) -> PluginFailedError:
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        found = f"it returned {value.dtype} of shape {value.shape}"
    else:
        text = repr(value)
        found = f"it returned {text if len(text) <= 60 else text[:57] + '...'}"
    return PluginFailedError(where, found, expected, remedy)
