"""Tic-tac-toe: how games ended, and which move is best; both are worked out, not read."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

import numpy as np
from attrs import field, frozen

from sigma_core.extend import Dataset, Sections, fields
from sigma_data.datasets._boards import board_sections

# A player's marks are the bits of a number, cell by cell and row by row.
CELLS = tuple(1 << cell for cell in range(9))
FULL = sum(CELLS)
LINES = tuple(
    sum(CELLS[cell] for cell in line)
    for line in ((0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6))
)


@frozen
class TicTacToe(Dataset):
    """Boards of 3 x 3 cells: inputs (27,) float32, for each cell, row by row, whether it is x's, o's or blank.

    Task `outcome` has the 958 boards on which a game can end, those that x has won first: targets 1 where x, who began,
    has won, else 0. They are those of Tic-Tac-Toe Endgame (Aha 1991). Task `move` has the 4,520 positions of games that
    go on, with the marks of who is to move in the place of x's: targets are the cell, 0 to 8, of the move that wins
    soonest, or loses latest, against an opponent who errs never; the first of several.
    """

    task: Literal["outcome", "move"] = fields.choice("outcome", "move", default="outcome")
    flatten: bool = field(default=True, kw_only=True)
    """Without it, inputs are (3, 3, 3): rows, columns, marks."""

    def load(self, environment: Any) -> Sections:
        """All boards of the task."""
        if self.task == "outcome":
            boards = sorted((not has_won(x), _cells(x, o)) for x, o in _ends())
            cells, targets = [cells for _, cells in boards], [not is_no_win for is_no_win, _ in boards]
        else:
            positions = sorted((_cells(own, other), best_move(own, other)) for own, other in _positions())
            cells, targets = [cells for cells, _ in positions], [move for _, move in positions]
        return board_sections(np.array(cells).reshape(-1, 3, 3), np.array(targets), flatten=self.flatten)


def has_won(marks: int) -> bool:
    """Whether these marks, as bits, fill a line."""
    return any(marks & line == line for line in LINES)


def best_move(own: int, other: int) -> int:
    """The cell that is best for who is to move, of marks as bits; of cells that are as good the first."""
    moves = [cell for cell in range(9) if not (own | other) & CELLS[cell]]
    return max(moves, key=lambda cell: -worth(other, own | CELLS[cell]))


@cache
def worth(own: int, other: int) -> int:
    """What a position is worth to who is to move: above 0 if it is won, the more the sooner; 0 for a draw."""
    blank = FULL & ~(own | other)
    if has_won(other):
        return -1 - blank.bit_count()
    return max((-worth(other, own | cell) for cell in CELLS if cell & blank), default=0)


def _positions() -> Iterator[tuple[int, int]]:
    """Each position of a game that goes on: the marks of who is to move, and the other's."""
    return ((own, other) for own, other in _reached() if not has_won(other) and own | other != FULL)


def _ends() -> Iterator[tuple[int, int]]:
    """Each board on which a game can end: the marks of x, who began, and o's."""
    for own, other in _reached():
        if has_won(other) or own | other == FULL:
            yield (own, other) if own.bit_count() == other.bit_count() else (other, own)


@cache
def _reached() -> tuple[tuple[int, int], ...]:
    """All positions that a game can come to, the empty one first."""
    found = {(0, 0): None}
    for own, other in (queue := list(found)):
        for cell in () if has_won(other) else CELLS:
            following = (other, own | cell)
            if not (own | other) & cell and following not in found:
                found[following] = None
                queue.append(following)
    return tuple(found)


def _cells(first: int, second: int) -> tuple[int, ...]:
    return tuple(0 if first & cell else 1 if second & cell else 2 for cell in CELLS)
