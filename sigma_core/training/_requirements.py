"""What must hold between the parts of a trainer before its first step, beyond shapes and dtypes."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from sigma_core.data import Data
from sigma_core.errors import DataError, IdentifierError, listed
from sigma_core.hooks import HOOKS, HookManager, Implementation
from sigma_core.network import Cost, Network
from sigma_core.registry import matches
from sigma_core.training._calls import check_moments
from sigma_core.training._criterion import Criterion
from sigma_core.training._metric import Metric, named_metrics
from sigma_core.training._schedule import Schedule

_GRADIENTS = "gradients."


def check_values(network: Network, data: Data) -> None:
    """Let each layer look at what it is given of the data, and each cost at its targets, in all parts of the data.

    Raises DataError, naming the part of the data, the section and the layer.
    """
    for placed in network.layers:
        layer = placed.layer
        given = (*(network[name].hands_on for name in placed.inputs), *layer.sections)
        if not any(given):
            continue
        for part, sections in {"training": data.training, **data.validation}.items():
            named = [section for section in given if section is not None]
            try:
                layer.check_data(*(None if section is None else sections[section] for section in given))
                if isinstance(layer, Cost):
                    named = [layer.targets]
                    layer.check_targets(sections[layer.targets], network[placed.inputs[0]].shape)
            except DataError as error:
                # Where an error says which of the layer's settings it is about, as `mask`, that names the section.
                section = getattr(layer, error.where, None)
                about = [section] if section in named else named
                kind = "section" if len(about) == 1 else "sections"
                error.where = f"{part} data, {kind} {', '.join(map(repr, about))}, for {placed.path}"
                raise


def reported_scores(network: Network, metrics: Mapping[str, Metric], data: Data) -> dict[str, bool]:
    """Whether it is one number, for each score of a run: `training.loss`, loss and metrics of each validation set."""
    scored = {"loss": True} | {name: metric.is_number for name, (_, metric) in named_metrics(network, metrics).items()}
    validated = {f"{part}.{name}": is_number for part in data.validation for name, is_number in scored.items()}
    return {"training.loss": True, **validated}


def check_required_scores(stop: Criterion, reported: Mapping[str, bool]) -> None:
    """Raise IdentifierError for a criterion that looks at a score which no run has, or that is no number.

    `reported` is what `reported_scores` gives.
    """
    check_moments(stop)
    _check_scores(f"criterion {str(stop)!r}", stop.requires, reported)


def check_scheduled_scores(schedules: Mapping[str, Schedule], reported: Mapping[str, bool]) -> None:
    """Raise IdentifierError for a schedule that looks at such a score."""
    for identifier, schedule in schedules.items():
        _check_scores(f"schedules.{identifier}", schedule.requires, reported)


def _check_scores(where: str, required: Iterable[str], reported: Mapping[str, bool]) -> None:
    numbers = [name for name, is_number in reported.items() if is_number]
    has_validation = any(not name.startswith("training.") for name in reported)
    for name in required:
        if name not in reported:
            remedy = (
                "use one of these" if has_validation else "split the data, so that there is something to validate with"
            )
            raise IdentifierError(where, f"there is no score {name!r}", listed(numbers, name), remedy)
        if name not in numbers:
            raise IdentifierError(
                where, f"the score {name!r} is no number, but an array", listed(numbers), "use one of these"
            )


def check_required_values(
    hooks: HookManager,
    reported: Mapping[str, bool],
    shapes: Mapping[str, tuple[int, ...]],
    tags: Mapping[str, Collection[str]],
) -> None:
    """Raise IdentifierError for a hook that needs what is not there, or is no number, such as a misspelt score.

    Values that it requires of the step, scores in its attribute `required_scores`, which are numbers, and scores or
    hyperparameters in `required_numbers`. `reported` is what `reported_scores` gives, `shapes` are those of all values,
    `tags` too.
    """
    names = ("loss", *reported, *shapes)
    for implementation, pattern in _required(hooks):
        if not pattern.startswith(_GRADIENTS) and not any(matches(pattern, name, tags) for name in names):
            raise IdentifierError(
                str(implementation),
                f"it requires {pattern!r}, which is no value of this trainer",
                listed(names, pattern),
                "require one of these, or gradients.*",
            )
    known = {**reported, **{name: not shape for name, shape in shapes.items()}}
    for plugin, hook in hooks.list_name_plugin():
        where = f"plugin {plugin!r}"
        _check_scores(where, _texts(hook, "required_scores"), reported)
        _check_numbers(where, _texts(hook, "required_numbers"), known)


def _texts(hook: object, attribute: str) -> Iterable[str]:
    """What a hook names there; one needs no brackets."""
    given = getattr(hook, attribute, ())
    return (given,) if isinstance(given, str) else given


def _check_numbers(where: str, required: Iterable[str], known: Mapping[str, bool]) -> None:
    numbers = [name for name, is_number in known.items() if is_number]
    for name in required:
        if name not in numbers:
            found = f"{name!r} is no number, but an array" if name in known else f"there is no value {name!r}"
            raise IdentifierError(where, found, listed(numbers, name), "use one of these")


def required_gradients(hooks: HookManager) -> tuple[str, ...]:
    """Patterns of the gradients that hooks require, each once."""
    return tuple(dict.fromkeys(pattern for _, pattern in _required(hooks) if pattern.startswith(_GRADIENTS)))


def _required(hooks: HookManager) -> Iterator[tuple[Implementation, str]]:
    for hook in HOOKS:
        for implementation in hooks.implementations(hook):
            for pattern in implementation.requires:
                yield implementation, pattern
