"""What must hold between the parts of a trainer before its first step, beyond shapes and dtypes."""

from collections.abc import Iterable, Iterator, Mapping

from sigma_core.data import Data
from sigma_core.errors import DataError, IdentifierError, listed
from sigma_core.hooks import HOOKS, HookManager, Implementation
from sigma_core.network import Network
from sigma_core.registry import matches
from sigma_core.training._calls import check_moments
from sigma_core.training._criterion import Criterion
from sigma_core.training._metric import Metric, named_metrics

_GRADIENTS = "gradients."


def check_targets(network: Network, data: Data) -> None:
    """Let each cost look at its targets in all of the data. Raises DataError, naming the part of the data."""
    parts = {"training": data.training, **data.validation}
    for placed in network.costs:
        cost = placed.layer
        shape = network[placed.inputs[0]].shape
        for name, sections in parts.items():
            try:
                cost.check_targets(sections[cost.targets], shape)
            except DataError as error:
                error.where = f"{name} data, section {cost.targets!r}, for {placed.path}"
                raise


def score_names(network: Network, metrics: Mapping[str, Metric], data: Data) -> tuple[str, ...]:
    """Identifiers of all scores that a run reports: `training.loss`, and loss and metrics of each validation set."""
    scored = ("loss", *named_metrics(network, metrics))
    return ("training.loss", *(f"{name}.{score}" for name in data.validation for score in scored))


def check_required_scores(stop: Criterion, known: Iterable[str]) -> None:
    """Raise IdentifierError for a criterion that looks at a score which no run of this trainer has."""
    check_moments(stop)
    names = tuple(known)
    for name in stop.requires:
        if name not in names:
            has_validation = any(not known.startswith("training.") for known in names)
            raise IdentifierError(
                f"criterion {str(stop)!r}",
                f"there is no score {name!r}",
                listed(names, name),
                "use one of these" if has_validation else "split the data, so that there is something to validate with",
            )


def check_required_values(hooks: HookManager, known: Iterable[str]) -> None:
    """Raise IdentifierError for a hook that requires what is neither a gradient nor known, such as a misspelt score."""
    names = ("loss", *known)
    for implementation, pattern in _required(hooks):
        if not pattern.startswith(_GRADIENTS) and not any(matches(pattern, name) for name in names):
            raise IdentifierError(
                str(implementation),
                f"it requires {pattern!r}, which is no value of this trainer",
                listed(names, pattern),
                "require one of these, or gradients.*",
            )


def required_gradients(hooks: HookManager) -> tuple[str, ...]:
    """Patterns of the gradients that hooks require, each once."""
    return tuple(dict.fromkeys(pattern for _, pattern in _required(hooks) if pattern.startswith(_GRADIENTS)))


def _required(hooks: HookManager) -> Iterator[tuple[Implementation, str]]:
    for hook in HOOKS:
        for implementation in hooks.implementations(hook):
            for pattern in implementation.requires:
                yield implementation, pattern
