"""How far a stretch of a run has come."""

from sigma_core.extend import Position


def progress(position: Position, length: str) -> float:
    """From 0 at the start to 1 at the end of a stretch of that length, and 1 from there on."""
    return min(1.0, position.iteration / position.iterations_of(length))
