"""Tic-tac-toe, against a brute-force twin that knows no bits."""

from functools import cache

import numpy as np
import pytest
from sigma_data import TicTacToe

LINES = ["012", "345", "678", "036", "147", "258", "048", "246"]


def won(board, mark):
    return any(all(board[int(cell)] == mark for cell in line) for line in LINES)


@cache
def value(board, mark):
    """The score of who is to move, x or o: wins soon are worth most."""
    other = "xo"[mark == "x"]
    if won(board, other):
        return -1 - board.count("b")
    return max((-value(after, other) for _, after in moves(board, mark)), default=0)


def moves(board, mark):
    return [(cell, board[:cell] + mark + board[cell + 1 :]) for cell in range(9) if board[cell] == "b"]


def games(board="b" * 9, mark="x"):
    """Every board that comes up in any game, with who is to move; `None` where it is over."""
    other = "xo"[mark == "x"]
    found, waiting = {}, [(board, mark)]
    while waiting:
        board, mark = waiting.pop()
        other = "xo"[mark == "x"]
        is_over = won(board, other) or "b" not in board
        found[board] = None if is_over else mark
        waiting += [] if is_over else [(after, other) for _, after in moves(board, mark) if after not in found]
    return found


def texts(inputs, own="x", other="o"):
    """Boards as texts."""
    marks = np.array([own, other, "b"])
    assert (inputs.reshape(-1, 9, 3).sum(axis=2) == 1).all()
    return ["".join(row) for row in marks[inputs.reshape(-1, 9, 3).argmax(axis=2)]]


def test_there_are_958_ends_and_x_won_626_of_them():
    """The numbers of Tic-Tac-Toe Endgame; those that x won are first."""
    sections = TicTacToe().load(None)
    boards = texts(sections["inputs"])
    assert set(boards) == {board for board, mark in games().items() if mark is None}
    assert len(boards) == 958
    assert sections["targets"].tolist() == [1] * 626 + [0] * 332
    assert [won(board, "x") for board in boards] == sections["targets"].astype(bool).tolist()
    assert (sections["inputs"].dtype, sections["targets"].dtype) == (np.float32, np.int64)


def test_moves_are_the_best_ones():
    """In each position of a game that goes on, seen by who is to move: of the best moves the first."""
    sections = TicTacToe("move").load(None)
    seen = dict(zip(texts(sections["inputs"]), sections["targets"].tolist(), strict=True))
    assert len(seen) == 4520
    for board, mark in games().items():
        if mark is not None:
            other = "xo"[mark == "x"]
            mine = board if mark == "x" else board.translate(str.maketrans("xo", "ox"))
            scores = {cell: -value(after, other) for cell, after in moves(board, mark)}
            assert seen[mine] == max(scores, key=scores.get), board


@pytest.mark.parametrize("task", ["outcome", "move"])
def test_boards_can_stay_boards(task):
    """Rows, columns and marks, in the same order."""
    flat, boards = TicTacToe(task).load(None), TicTacToe(task, flatten=False).load(None)
    assert boards["inputs"].shape[1:] == (3, 3, 3)
    np.testing.assert_array_equal(boards["inputs"].reshape(flat["inputs"].shape), flat["inputs"])


def test_another_task_is_refused(refused):
    """There are two."""
    assert refused(TicTacToe, "draw") == (
        "SettingError",
        "TicTacToe.task: 'draw'\n  expected: one of 'outcome', 'move'",
    )
