"""What a run came to, in rows: its scores by identifier, then the facts."""

from sigma_core.extend import RunEnded
from sigma_monitors._story import identified
from sigma_monitors._wording import number, table

Rows = list[tuple[str, str]]


def scores(ended: RunEnded) -> Rows:
    """The last scores by identifier, sorted: numbers, then arrays such as a confusion matrix, over several lines."""
    arrays = {name: value for name, value in ended.scores.items() if isinstance(value, list)}
    numbers = identified(ended.scores, "training")
    return [
        *((name, number(value)) for name, value in sorted(numbers.items())),
        *((name, table(value)) for name, value in sorted(arrays.items())),
    ]


def facts(ended: RunEnded) -> Rows:
    """Why the run ended, how long it was and where it lies."""
    return [
        ("ended because", ended.ended_because),
        ("epochs", f"{ended.epochs:,}"),
        ("iterations", f"{ended.iteration:,}"),
        ("seconds", f"{ended.seconds:,.2f}"),
        ("directory", ended.directory or "none"),
    ]
