"""Tic-tac-toe, as the data set of its moves has it: cells from 0 to 8, row by row."""

from collections.abc import Sequence

import numpy as np
from attrs import evolve, frozen

LINES = ((0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6))
MARKS = ("X", "O")


@frozen
class Board:
    """Who has marked each cell: 0 who began, 1 the other, None nobody. Players take turns."""

    cells: tuple[int | None, ...] = (None,) * 9

    @property
    def turn(self) -> int:
        """Who is to move."""
        return sum(cell is not None for cell in self.cells) % 2

    @property
    def free(self) -> tuple[int, ...]:
        """Cells that nobody has marked."""
        return tuple(place for place, cell in enumerate(self.cells) if cell is None)

    @property
    def line(self) -> tuple[int, ...] | None:
        """The cells with which somebody has won."""
        return next(
            (
                line
                for line in LINES
                if self.cells[line[0]] is not None and len({self.cells[place] for place in line}) == 1
            ),
            None,
        )

    @property
    def winner(self) -> int | None:
        """Who has won."""
        return None if self.line is None else self.cells[self.line[0]]

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to do."""
        return self.line is not None or not self.free

    def marked(self, place: int) -> "Board":
        """After who is to move has marked a cell. Raises ValueError for one that is not free, and after the end."""
        if self.is_over or place not in self.free:
            raise ValueError(f"cell {place} cannot be marked")
        return evolve(self, cells=(*self.cells[:place], self.turn, *self.cells[place + 1 :]))

    def record(self) -> np.ndarray:
        """What a network is asked, (9, 3) in float32: whether each cell is of who is to move, the other's, or blank."""
        own = self.turn
        kinds = [2 if cell is None else 0 if cell == own else 1 for cell in self.cells]
        found: np.ndarray = np.eye(3, dtype=np.float32)[kinds]
        return found


@frozen
class Choice:
    """The move of a network: the likeliest free cell."""

    place: int
    forbidden: int | None
    """The cell that it would have liked best, if that is not free."""
    wasted: float
    """The share of all that is no legal move."""


def choose(probabilities: Sequence[float], board: Board) -> Choice:
    """The move for nine probabilities; cells that are not free are left out, and told."""
    shares = np.nan_to_num(np.asarray(probabilities, np.float64), nan=0.0)
    place = max(board.free, key=lambda free: shares[free])
    best = int(shares.argmax())
    legal = float(shares[list(board.free)].sum())
    total = float(shares.sum())
    return Choice(place, None if best in board.free else best, 1 - legal / total if total > 0 else 0.0)
