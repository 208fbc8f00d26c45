"""What a recipe says of how parameters are improved, beside the optimiser."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import evolve

from sigma_core.errors import IdentifierError, SigmaError, listed
from sigma_core.registry import Fault, specificity
from sigma_core.training._calls import calling
from sigma_core.training._method import Method, floats_of, settings_of
from sigma_core.training.recipe._contracts import component_name
from sigma_core.training.recipe._lines import Place

if TYPE_CHECKING:
    from sigma_core.training.recipe._compose import Reader


def _is_pattern(reader: "Reader", value: Any, place: Place) -> bool:
    """Whether it can be one; whether it matches anything shows when the network is built."""
    if not isinstance(value, str):
        reader.refuse(place, f"{value!r}", "a pattern, such as network.layers.dense_1.**", "write it in quotes")
        return False
    try:
        specificity(value)
    except SigmaError as error:
        reader.faults.append(Fault(place, error))
        return False
    return True


def frozen_patterns(reader: "Reader", value: Any, place: Place) -> Any:
    """Patterns of parameters, one or several."""
    patterns = [value] if isinstance(value, str) or not isinstance(value, Iterable) else list(value)
    return tuple(each for number, each in enumerate(patterns) if _is_pattern(reader, each, (*place, number)))


def parameter_groups(reader: "Reader", value: Any, place: Place) -> Any:
    """Tables of numbers by pattern of parameters; whether the optimiser takes them is asked by `check_method`."""
    if not isinstance(value, Mapping):
        reader.refuse(place, f"{value!r}", "a table of patterns", 'write { "**.biases" = { weight_decay = 0.0 } }')
        return {}
    groups: dict[str, dict[str, float]] = {}
    for pattern, settings in value.items():
        here = (*place, pattern)
        if not _is_pattern(reader, pattern, here):
            continue
        if not isinstance(settings, Mapping) or not settings:
            reader.refuse(
                here, f"{settings!r}", "a table of settings of the optimiser", "write { learning_rate = 1e-4 }"
            )
            continue
        groups[pattern] = {}
        for name, number in settings.items():
            if isinstance(number, bool) or not isinstance(number, int | float | np.number):
                reader.refuse((*here, name), f"{number!r}", "a number", "give one, or leave the setting out")
            else:
                groups[pattern][name] = float(number)
    return groups


def modifiers(reader: "Reader", value: Any, place: Place) -> Any:
    """Modifiers in their order, each called after its component; where that is repeated, with a number."""
    named: dict[str, Any] = {}
    times: Counter[str] = Counter()
    for number, modifier in enumerate(reader.each("modifiers", value, place)):
        if modifier is not None and _is_pattern(reader, modifier.parameters, (*place, number, "parameters")):
            name = component_name(modifier, reader.composer)
            times[name] += 1
            named[name if times[name] == 1 else f"{name}_{times[name]}"] = modifier
    return named


def schedules(reader: "Reader", value: Any, place: Place) -> Any:
    """Schedules by identifier of a hyperparameter; whether there is such a one is asked by `check_method`."""
    if not isinstance(value, Mapping):
        remedy = 'write { "optimiser.learning_rate" = { use = "cosine", length = "20 epochs" } }'
        reader.refuse(place, f"{value!r}", "a table by identifier", remedy)
        return {}
    named: dict[str, Any] = {}
    for name, chosen in value.items():
        whole = _unquoted(name, chosen)
        if whole != name:
            found = f"the dots of {whole} have made tables of it"
            reader.refuse((*place, name), found, "an identifier in quotes", f'write "{whole}"')
            continue
        named[name] = reader.component("schedules", chosen, (*place, name))
    return named


def _unquoted(name: Any, chosen: Any) -> Any:
    """The identifier whose words are keys of tables in each other, as TOML reads one without quotes."""
    while isinstance(chosen, Mapping) and "use" not in chosen and chosen:
        key, chosen = next(iter(chosen.items()))
        name = f"{name}.{key}"
    return name


def check_method(reader: "Reader", method: Method, scheduled: Iterable[str]) -> None:
    """What shows only in the parts together: settings of groups, and which hyperparameters there are to schedule."""
    before = len(reader.faults)
    _check_groups(reader, method.optimiser, method.groups)
    if len(reader.faults) > before:
        return
    known = method.hyperparameters
    for identifier in scheduled:
        if identifier not in known:
            place = ("schedules", identifier)
            found, remedy = "there is no such hyperparameter", "use one of these"
            error = IdentifierError(".".join(place), found, listed(known, identifier), remedy)
            reader.faults.append(Fault(place, error))


def _check_groups(reader: "Reader", optimiser: Any, groups: Mapping[str, Mapping[str, float]]) -> None:
    """What the optimiser itself says of the settings that groups have."""
    floats = floats_of(optimiser)
    for pattern, settings in groups.items():
        for name, number in settings.items():
            place = ("parameter_groups", pattern, name)
            if name not in floats:
                found = "is no number" if name in settings_of(optimiser) else "does not exist"
                reader.refuse(
                    place,
                    f"the setting {name!r} of {type(optimiser).__name__} {found}",
                    listed(floats, name) if floats else "an optimiser with numbers among its settings",
                    "use one of these" if floats else "leave it out",
                )
                continue
            try:
                with calling(f"optimiser {type(optimiser).__name__}, {name}"):
                    evolve(optimiser, **{name: number})
            except SigmaError as error:
                reader.faults.append(Fault(place, error))
