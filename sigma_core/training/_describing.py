"""A run described for whoever looks at it from outside: what it trains, on what, and what of it can be set."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import asdict, fields_dict

from sigma_core.data import Data, Sections, records_of
from sigma_core.events import RunDescribed
from sigma_core.network import Network
from sigma_core.registry import Limits, limits_of
from sigma_core.training import _switches as switches
from sigma_core.training._monitor import RunInfo

if TYPE_CHECKING:
    from sigma_core.training._trainer import Trainer

# Words are no classes.
_MOST_LABELS = 1000


def described(trainer: "Trainer", info: RunInfo) -> RunDescribed:
    """The description of a run that is about to start.

    It is for lookers-on, so nothing of it fails the run: a part that cannot be described is left empty, with a warning
    in the log.
    """

    def attempt(part: str, describe: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return describe()
        except Exception as error:  # noqa: BLE001  # whatever a component of a plugin raises
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            trainer.environment.log.warning("run not described", part=part, reason=reason)
            return otherwise

    return RunDescribed(
        name=info.name,
        total_epochs=info.epochs,
        total_iterations=info.total_iterations,
        iterations_per_epoch=trainer.batches.iterations_per_epoch,
        seconds=trainer.seconds,
        parameters=info.parameters,
        backend=info.backend,
        network=attempt("network", trainer.network.as_data, {}),
        hooks=attempt("hooks", lambda: [asdict(row) for row in trainer.explain()], []),
        data=attempt("data", lambda: data_of(trainer.data, trainer.network), {}),
        settings=attempt("settings", lambda: settings_of(trainer), []),
    )


def data_of(data: Data, network: Network) -> dict[str, Any]:
    """Records of each part, with shape, dtype and labels of each section."""
    labels = labels_of(data, network)

    def part(sections: Sections) -> dict[str, Any]:
        return {
            "records": records_of(sections),
            "sections": {
                name: {"shape": list(array.shape[1:]), "dtype": str(array.dtype), "labels": labels.get(name)}
                for name, array in sections.items()
            },
        }

    return {name: part(sections) for name, sections in {"training": data.training, **data.validation}.items()}


def labels_of(data: Data, network: Network) -> dict[str, list[str]]:
    """What the classes of sections are called, in their order, where that is known without a look at the records.

    Of whole numbers that a cost scores and no preprocessor has named, the network has a prediction for each.
    """
    found: dict[str, list[str]] = {}
    for placed in network.costs:
        section = placed.layer.targets
        predicted = network[placed.inputs[0]].shape
        is_class = section in data.training and data.dtypes[section].kind in "iu"
        # One number for each class, in the last axis, is what the targets have no axis for.
        if is_class and predicted and predicted[:-1] == data.shapes[section] and predicted[-1] > 1:
            found[section] = [str(number) for number in range(min(predicted[-1], _MOST_LABELS + 1))]
    for section, classes in data.classes.items():
        found[section] = [str(name) for name in classes[: _MOST_LABELS + 1]]
    return {section: names for section, names in found.items() if len(names) <= _MOST_LABELS}


def settings_of(trainer: "Trainer") -> list[dict[str, Any]]:
    """What `set` takes while the run goes on, but for the parameters of the network, which the network tells of."""
    known = trainer.setup.method.hyperparameters
    values: Mapping[str, Any] = trainer.parts.values.read(known)
    numbers = [
        _setting(name, "float", values[name], limits_of(fields_dict(type(each.owner))[each.setting]))
        for name, each in known.items()
    ]
    turned = switches.identified(trainer.switches)
    return [*numbers, *(_setting(name, "bool", is_on, Limits()) for name, is_on in turned.items())]


def _setting(identifier: str, kind: str, value: Any, limits: Limits) -> dict[str, Any]:
    choices = None if limits.choices is None else list(limits.choices)
    kind = kind if choices is None else "choice"
    return {"identifier": identifier, "type": kind, "value": value, **asdict(limits), "choices": choices}
