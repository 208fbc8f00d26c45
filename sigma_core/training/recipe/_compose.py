"""From settings, plain or live, to the parts of a trainer; every fault is reported, not only the first."""

import re
from collections.abc import Callable, Mapping, Sequence
from sys import maxsize as NEVER  # noqa: N812  # a line that does not come
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import define, field, frozen

from sigma_core.backends import Backend
from sigma_core.data import Dataset, Iterator, as_dataset
from sigma_core.errors import (
    DuplicateComponentError,
    FaultsError,
    NetworkError,
    PluginError,
    RecipeError,
    SettingError,
    SigmaError,
    UnknownComponentError,
    listed,
    nearest,
)
from sigma_core.hooks import Budget, Trigger
from sigma_core.network import Architecture, Cost, Initialiser, Network
from sigma_core.registry import Composer, Fault
from sigma_core.training._criterion import Criterion
from sigma_core.training._criterion_text import parse_criterion
from sigma_core.training._layout import Layout
from sigma_core.training._method import Method
from sigma_core.training._metric import Metric
from sigma_core.training._modifier import Modifier
from sigma_core.training._operator import Operator
from sigma_core.training._optimiser import Optimiser
from sigma_core.training._schedule import Schedule
from sigma_core.training.recipe._ahead import Ahead, batches_ahead
from sigma_core.training.recipe._contracts import check_contract, component_name
from sigma_core.training.recipe._layers import read_layers
from sigma_core.training.recipe._lines import Place
from sigma_core.training.recipe._method import check_method, frozen_patterns, modifiers, parameter_groups, schedules

if TYPE_CHECKING:
    from sigma_core.training.recipe._recipe import Recipe

DTYPES = ("float32", "float64")


@frozen(eq=False, kw_only=True)
class Setup:
    """The parts of a trainer, composed and checked one by one."""

    name: str
    network: Architecture
    dataset: Dataset
    optimiser: Optimiser
    stop: Criterion
    metrics: Mapping[str, Metric]
    initialisers: Mapping[str, Initialiser]
    frozen: tuple[str, ...]
    parameter_groups: Mapping[str, Mapping[str, float]]
    modifiers: Mapping[str, Modifier]
    gradient_accumulation: int
    schedules: Mapping[str, Schedule]
    hooks: tuple[Any, ...]
    monitors: tuple[Any, ...]
    backend: Backend
    operator: Operator
    dtype: np.dtype = field(converter=np.dtype)
    batch_size: int
    iterator: Iterator
    prefetch: Ahead
    checkpoint: Trigger
    """When a run with a directory keeps its state."""
    profile: bool
    """Whether runs tell where their time went."""
    budgets: Mapping[str, Budget]
    """How long plugins and hooks may take, by name."""
    seed: int

    @property
    def method(self) -> Method:
        """How parameters are improved."""
        return Method(self.optimiser, self.parameter_groups, self.modifiers, self.gradient_accumulation, self.schedules)

    def layout(self, network: Network) -> Layout:
        """Where the parameters of the network that was built lie; IdentifierError for a pattern without any."""
        return Layout.of(network.parameters, self.frozen, self.parameter_groups)


@define
class Reader:
    """Reads one value; its faults go into a common list, with their places."""

    composer: Composer
    faults: list[Fault]
    is_recipe: bool = False
    """Whether the values are those of a recipe, which holds no arrays."""

    def component(self, kind: str, value: Any, place: Place) -> Any:
        component = self.composer.build(kind, value, place=place, faults=self.faults)
        if component is not None:
            try:
                check_contract(kind, component)
            except SigmaError as error:
                self.faults.append(Fault(place, error))
                return None
        return component

    def refuse(self, place: Place, found: str, expected: str, remedy: str) -> None:
        where = ".".join(str(key) for key in place)
        self.faults.append(Fault(place, SettingError(where, found, expected, remedy)))

    def count(self, value: Any, place: Place) -> int:
        """A whole number from 1, whatever is given."""
        number: int = _count(1)(self, value, place)
        return number

    def each(self, kind: str, values: Any, place: Place) -> tuple[Any, ...]:
        if isinstance(values, str) or not isinstance(values, Sequence):
            values = [values]
        return tuple(self.component(kind, value, (*place, index)) for index, value in enumerate(values))


def _component(kind: str) -> Callable[[Reader, Any, Place], Any]:
    return lambda reader, value, place: reader.component(kind, value, place)


def _components(kind: str) -> Callable[[Reader, Any, Place], Any]:
    return lambda reader, value, place: reader.each(kind, value, place)


def _text(reader: Reader, value: Any, place: Place) -> Any:
    if not isinstance(value, str) or not value:
        found = "it is empty" if isinstance(value, str) else f"{value!r}"
        reader.refuse(place, found, "a text", "write it in quotes")
    return value


def _count(lowest: int, highest: int | None = None) -> Callable[[Reader, Any, Place], Any]:
    expected = f"a whole number from {lowest}" + ("" if highest is None else f" to {highest}")

    def read(reader: Reader, value: Any, place: Place) -> Any:
        is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not is_whole or value < lowest or (highest is not None and value > highest):
            reader.refuse(place, f"{value!r}", expected, "give such a number")
            return lowest
        return int(value)

    return read


def _truth(reader: Reader, value: Any, place: Place) -> Any:
    if not isinstance(value, bool):
        reader.refuse(place, f"{value!r}", "true or false", "give one of these")
    return value


def _budgets(reader: Reader, value: Any, place: Place) -> Any:
    if not isinstance(value, Mapping):
        reader.refuse(place, f"{value!r}", "a table of plugins and hooks", 'write { sigma_nn = "2 %" }')
        return {}
    found = {}
    for name, text in value.items():
        try:
            found[name] = text if isinstance(text, Budget) else Budget.parse(text, ".".join((*map(str, place), name)))
        except SigmaError as error:
            reader.faults.append(Fault((*place, name), error))
    return found


def _dtype(reader: Reader, value: Any, place: Place) -> Any:
    try:
        name = np.dtype(value).name
    except TypeError:
        name = str(value)
    if name not in DTYPES:
        reader.refuse(place, f"{value!r}", " or ".join(DTYPES), f"write {nearest(name, DTYPES) or DTYPES[0]}")
        return DTYPES[0]
    return name


def _name(reader: Reader, value: Any, place: Place) -> Any:
    # A run's folder is called after it, so it must not lead out of the folder of runs.
    if isinstance(value, str) and re.search(r"[/\\:]|^\.+$", value):
        reader.refuse(place, f"{value!r}", "a name without / \\ and :", "name the folder with --directory instead")
        return value
    if isinstance(value, str) and value and not value.isprintable():
        reader.refuse(place, f"{value!r}", "a name in one line, of characters that can be seen", "write another")
        return value
    return _text(reader, value, place)


def _stop(reader: Reader, value: Any, place: Place) -> Any:
    if isinstance(value, int | float):
        text = f"{value} epochs"
        reader.refuse(place, f"{value!r}", 'a criterion, such as "20 epochs"', f'write "{text}", if that is meant')
        return None
    if isinstance(value, str):
        try:
            return parse_criterion(value, reader.composer)
        except FaultsError as error:
            reader.faults.extend(Fault(place, fault) for fault in error.faults)
        except SigmaError as error:
            reader.faults.append(Fault(place, error))
        except RecursionError:
            reader.refuse(place, "its parentheses are nested too deeply", "some dozens at most", "write it flatter")
        return None
    return reader.component("criteria", value, place)


def _trigger(reader: Reader, value: Any, place: Place) -> Any:
    if isinstance(value, Trigger):
        return value
    if not isinstance(value, str):
        reader.refuse(place, f"{value!r}", "a trigger", 'write "60 seconds", "1 epochs" or "never"')
        return None
    try:
        return Trigger.parse(value)
    except SigmaError as error:
        reader.faults.append(Fault(place, error))
        return None


def _dataset(reader: Reader, value: Any, place: Place) -> Any:
    if isinstance(value, str) or (isinstance(value, Mapping) and "use" in value) or reader.is_recipe:
        return reader.component("datasets", value, place)
    try:
        dataset = as_dataset(value)
    except SigmaError as error:
        reader.faults.append(Fault(place, error))
        return None
    return reader.component("datasets", dataset, place)


def _network(reader: Reader, value: Any, place: Place) -> Any:
    try:
        return read_layers(reader, value, place)
    except NetworkError as error:
        reader.faults.append(Fault(place, error))
        return None
    except RecursionError:
        reader.refuse(place, "its groups are nested too deeply", "some dozens of levels at most", "write them flatter")
        return None


def _initialisers(reader: Reader, value: Any, place: Place) -> Any:
    if not isinstance(value, Mapping):
        reader.refuse(place, f"{value!r}", "a table of patterns", 'write { "**.weights" = "he" }')
        return {}
    return {pattern: reader.component("initialisers", chosen, (*place, pattern)) for pattern, chosen in value.items()}


def _metrics(reader: Reader, value: Any, place: Place) -> Any:
    if isinstance(value, Mapping) and "use" not in value:
        for name in value:
            if name == "loss" or not _is_plain(name):
                reader.refuse(
                    (*place, name), f"a metric is called {name!r}", f"{_PLAIN_NAME}, other than loss", "rename it"
                )
        return {name: reader.component("metrics", metric, (*place, name)) for name, metric in value.items()}
    named: dict[str, Any] = {}
    for index, metric in enumerate(reader.each("metrics", value, place)):
        if metric is None:
            continue
        name = component_name(metric, reader.composer)
        if name in named:
            reader.refuse(
                (*place, index),
                f"there are two metrics {name!r}",
                "a name for each",
                f'give a table: {{ first = "{name}", second = ... }}',
            )
        named[name] = metric
    return named


_PLAIN_NAME = "letters, digits and underscores"


def _is_plain(name: Any) -> bool:
    # Scores are called after it, as `validation.accuracy`.
    return isinstance(name, str) and re.fullmatch(r"\w+", name) is not None


@frozen
class _Key:
    read: Callable[[Reader, Any, Place], Any]
    default: Any = None
    is_required: bool = False
    example: str = ""


KEYS: Mapping[str, _Key] = {
    "name": _Key(_name, "run"),
    "seed": _Key(_count(0, 2**64 - 1), 0),
    "backend": _Key(_component("backends"), "numpy"),
    "operator": _Key(_component("operators"), "local"),
    "dtype": _Key(_dtype, "float32"),
    "batch_size": _Key(_count(1), 32),
    "iterator": _Key(_component("iterators"), "minibatch"),
    "prefetch": _Key(batches_ahead, "auto"),
    "profile": _Key(_truth, False),
    "budgets": _Key(_budgets, {}),
    "checkpoint": _Key(_trigger, "every 60 seconds"),
    "stop": _Key(_stop, is_required=True, example='stop = "20 epochs"'),
    "dataset": _Key(_dataset, is_required=True, example='dataset = { use = "digits", split = [0.8, 0.2] }'),
    "optimiser": _Key(
        _component("optimisers"), is_required=True, example='optimiser = { use = "adam", learning_rate = 1e-3 }'
    ),
    "network": _Key(_network, is_required=True, example='network = [{ use = "input", shape = [64] }, ...]'),
    "initialisers": _Key(_initialisers, {}),
    "frozen": _Key(frozen_patterns, ()),
    "parameter_groups": _Key(parameter_groups, {}),
    "modifiers": _Key(modifiers, ()),
    "gradient_accumulation": _Key(_count(1), 1),
    "schedules": _Key(schedules, {}),
    "metrics": _Key(_metrics),
    "hooks": _Key(_components("hooks"), ()),
    "monitors": _Key(_components("monitors"), ()),
}
"""What a recipe may hold."""


def compose(values: Mapping[str, Any], composer: Composer, recipe: "Recipe | None" = None) -> Setup:
    """The parts that settings describe, by the keys of a recipe.

    Where they stand in a `recipe`, all faults are raised together as RecipeError, each with its line. Otherwise one
    fault alone is raised as what it is, several as RecipeError.
    """
    faults: list[Fault] = []
    reader = Reader(composer, faults, recipe is not None)
    parts: dict[str, Any] = {}
    for name in values:
        if name not in KEYS:
            close = nearest(name, KEYS)
            remedy = f"write {close}" if close else "leave it out"
            faults.append(Fault((name,), SettingError(name, f"there is no key {name!r}", listed(KEYS), remedy)))
    for name, key in KEYS.items():
        if name in values:
            parts[name] = key.read(reader, values[name], (name,))
        elif key.is_required:
            reader.refuse((name,), "it is missing", f"a value for {name}", f"add, for example, {key.example}")
        else:
            parts[name] = None if key.default is None else key.read(reader, key.default, (name,))
    if parts.get("optimiser") is not None:
        method = Method(parts["optimiser"], parts["parameter_groups"], parts["modifiers"])
        check_method(reader, method, parts["schedules"])
    if not faults and parts["metrics"] is None:
        parts["metrics"] = usual_metrics(parts["network"], composer)
    if faults:
        raise _report(faults, recipe)
    return Setup(**parts)


def usual_metrics(network: Architecture, composer: Composer) -> Mapping[str, Metric]:
    """What the network's costs are usually judged by, as far as it is installed."""
    names = dict.fromkeys(name for node in network.nodes if isinstance(node.layer, Cost) for name in node.layer.metrics)
    found: dict[str, Metric] = {}
    for name in names:
        try:
            found[name] = composer.build("metrics", name)
        except UnknownComponentError:
            continue
    return found


# Where these come from, a component and its distribution, is half of what they say.
_NAMED_BY_THEIR_PLACE = (UnknownComponentError, DuplicateComponentError, PluginError)


def _report(faults: Sequence[Fault], recipe: "Recipe | None") -> SigmaError:
    if recipe is None and len(faults) == 1:
        return faults[0].error
    if recipe is not None:
        for fault in faults:
            if isinstance(fault.error, _NAMED_BY_THEIR_PLACE):
                fault.error.found = f"{fault.error.where}: {fault.error.found}"
            fault.error.where = recipe.place(fault.place)
        # As they stand in the file; what is missing there comes last.
        faults = sorted(faults, key=lambda fault: recipe.line(fault.place) or NEVER)
    errors = tuple(fault.error for fault in faults)
    source = "trainer" if recipe is None else recipe.source
    return RecipeError(source, f"{len(errors)} fault{'s' if len(errors) > 1 else ''}", faults=errors)
