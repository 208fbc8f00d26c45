"""From the parts of a trainer back to the recipe that composes an equal one."""

from typing import Any

from sigma_core.errors import SigmaError
from sigma_core.registry import Composer
from sigma_core.training._criterion import Criterion
from sigma_core.training._criterion_text import parse_criterion
from sigma_core.training.recipe._compose import KEYS, Setup, usual_metrics
from sigma_core.training.recipe._contracts import component_name
from sigma_core.training.recipe._layers import written
from sigma_core.training.recipe._recipe import Recipe


def write(setup: Setup, composer: Composer) -> Recipe:
    """The recipe of a setup; what is as by default is left out.

    Raises ComponentError for a part that is not registered, such as arrays in memory, since a recipe can only name it.
    """
    values: dict[str, Any] = {
        "name": setup.name,
        "seed": setup.seed,
        "backend": _short(composer.table(setup.backend)),
        "operator": _short(composer.table(setup.operator)),
        "dtype": setup.dtype.name,
        "batch_size": setup.batch_size,
        "iterator": _short(composer.table(setup.iterator)),
        "prefetch": setup.prefetch.written(),
        "profile": setup.profile,
        "budgets": {name: str(budget) for name, budget in setup.budgets.items()},
        "checkpoint": str(setup.checkpoint),
        "stop": _criterion(setup.stop, composer),
        "dataset": _short(composer.table(setup.dataset)),
        "optimiser": _short(composer.table(setup.optimiser)),
        "network": written(setup.network, composer),
        "initialisers": {pattern: composer.table(chosen) for pattern, chosen in setup.initialisers.items()},
        "frozen": list(setup.frozen),
        "parameter_groups": {pattern: dict(settings) for pattern, settings in setup.parameter_groups.items()},
        "modifiers": [composer.table(modifier) for modifier in setup.modifiers.values()],
        "gradient_accumulation": setup.gradient_accumulation,
        "schedules": {identifier: composer.table(schedule) for identifier, schedule in setup.schedules.items()},
        "metrics": _metrics(setup, composer),
        "hooks": [composer.table(hook) for hook in setup.hooks],
        "monitors": [composer.table(monitor) for monitor in setup.monitors],
    }
    if setup.metrics == usual_metrics(setup.network, composer):
        del values["metrics"]
    return Recipe({name: value for name, value in values.items() if not _is_default(name, value)})


def _is_default(name: str, value: Any) -> bool:
    default = KEYS[name].default
    return value == default or (value in ([], {}) and not default and name != "metrics")


def _short(table: dict[str, Any]) -> Any:
    """A component without settings, by name alone."""
    return table["use"] if set(table) == {"use"} else table


def _criterion(stop: Criterion, composer: Composer) -> Any:
    """As text, unless the criterion's text does not say all of it."""
    try:
        if parse_criterion(str(stop), composer) == stop:
            return str(stop)
    except SigmaError:
        pass
    return composer.table(stop)


def _metrics(setup: Setup, composer: Composer) -> Any:
    if all(component_name(metric, composer) == name for name, metric in setup.metrics.items()):
        return [_short(composer.table(metric)) for metric in setup.metrics.values()]
    return {name: composer.table(metric) for name, metric in setup.metrics.items()}
