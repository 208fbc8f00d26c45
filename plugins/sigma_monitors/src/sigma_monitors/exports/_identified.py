"""What an event tells, by identifier: the names under which the run store keeps time series."""

from typing import Any

from sigma_core.extend import EpochEnded, Event, IterationEnded, ValidationEnded, ValuesPublished

Values = dict[str, Any]


def values_of(event: Event) -> Values:
    """The event's values: `training.loss`, `epoch.training.loss`, `validation.accuracy`, those of hooks as they are.

    What an epoch repeats of its validation is left out, and arrays that hooks have a step report, such as gradients.
    """
    match event:
        case IterationEnded():
            scores = event.scores.items()
            return {f"training.{name}": value for name, value in scores if isinstance(value, int | float)}
        case ValidationEnded():
            return {f"{event.name}.{name}": value for name, value in event.scores.items()}
        case EpochEnded():
            return {f"epoch.{name}": value for name, value in event.scores.items() if name.startswith("training.")}
        case ValuesPublished():
            return dict(event.values)
    return {}


def numbers_of(event: Event) -> dict[str, float]:
    """Those that are one number each; others are matrices, histograms, pictures, texts."""
    if isinstance(event, IterationEnded):
        # There may be thousands a second; of those nearly all have a loss and nothing else.
        return {f"training.{name}": value for name, value in event.scores.items() if isinstance(value, float)}
    return {name: float(value) for name, value in values_of(event).items() if isinstance(value, int | float)}


def numbers_in_sections(event: Event) -> dict[str, float]:
    """The same by `validation/accuracy`, for programs that put together what is alike before the slash.

    A name without a dot would stand by itself, so that of the hook is put before it.
    """
    source = getattr(event, "source", "values")
    numbers = numbers_of(event).items()
    return {(name if "." in name else f"{source}.{name}").replace(".", "/", 1): value for name, value in numbers}
