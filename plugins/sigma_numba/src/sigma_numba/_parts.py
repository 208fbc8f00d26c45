"""Into how many parts a long kernel over records is cut, which several threads take from."""

MOST = 16
LONG = 1e7
"""Multiplications from which on parts are worth it: a fifth of a millisecond."""


def count_of(size: int, cost: float) -> int:
    """Into how many equal parts to cut so many records, if each costs so many multiplications."""
    if size * cost < LONG:
        return 1
    return max((each for each in range(1, MOST + 1) if size % each == 0 and size * cost / each >= LONG / 4), default=1)
