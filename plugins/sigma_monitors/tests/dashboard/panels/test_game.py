"""Tic-tac-toe against a network."""

import numpy as np
import pytest
from sigma_data import TicTacToe
from sigma_monitors.dashboard.panels._game import LINES, Board, Choice, choose


def played(*places):
    board = Board()
    for place in places:
        board = board.marked(place)
    return board


def positions():
    """Each position of a game that goes on."""
    found = {Board().cells: Board()}
    for board in (queue := [Board()]):
        for place in board.free:
            following = board.marked(place)
            if not following.is_over and following.cells not in found:
                found[following.cells] = following
                queue.append(following)
    return list(found.values())


def test_players_take_turns_until_somebody_has_a_line():
    board = played(0, 4, 1, 5)
    assert (board.turn, board.free, board.line, board.is_over) == (0, (2, 3, 6, 7, 8), None, False)
    won = board.marked(2)
    assert (won.line, won.winner, won.is_over) == ((0, 1, 2), 0, True)
    assert played(0, 4, 1, 2, 8, 6).winner == 1
    drawn = played(0, 1, 2, 4, 3, 5, 7, 6, 8)
    assert (drawn.winner, drawn.free, drawn.is_over) == (None, (), True)


@pytest.mark.parametrize("line", LINES)
def test_each_line_wins(line):
    others = [place for place in range(9) if place not in line]
    first, second, third = line
    assert played(first, others[0], second, others[1], third).line == line


@pytest.mark.parametrize(("board", "place"), [(played(0), 0), (played(0), 9), (played(0, 4, 1, 5, 2), 8)])
def test_a_cell_that_is_not_free_cannot_be_marked(board, place):
    with pytest.raises(ValueError, match=rf"^cell {place} cannot be marked$"):
        board.marked(place)


def test_a_board_is_encoded_as_the_data_set_has_it():
    """Each position that can be played is a record there, and no other is."""
    known = {record.tobytes() for record in TicTacToe("move").load(None)["inputs"].astype(np.float32)}
    assert {board.record().tobytes() for board in positions()} == known


def test_the_likeliest_free_cell_is_chosen():
    """What is taken is left out, and told."""
    board = played(0, 4)
    shares = [0.5, 0.1, 0.05, 0.05, 0.1, 0.05, 0.05, 0.05, 0.05]
    assert choose(shares, board) == Choice(1, 0, pytest.approx(0.6))
    assert choose([0, 0, 1, 0, 0, 0, 0, 0, 0], board) == Choice(2, None, 0.0)
    assert choose([float("nan")] * 9, board) == Choice(1, 0, 0.0)


def test_a_trained_network_does_not_lose(compose, tmp_path):
    """Against whoever marks the first free cell, whoever begins."""
    recipe = """
    seed = 1
    stop = "25 epochs | training.loss < 0.05"
    dataset = { use = "tic_tac_toe", task = "move" }
    optimiser = { use = "adam", learning_rate = 5e-3 }
    network = [
      { use = "input", shape = [27] },
      { use = "dense", size = 128, activation = "relu", repeat = 2 },
      { use = "dense", size = 9 },
      { use = "softmax_cross_entropy" },
    ]
    """
    trainer = compose(recipe)
    trainer.run()
    for person in (0, 1):
        board = Board()
        while not board.is_over:
            if board.turn == person:
                place = board.free[0]
            else:
                place = choose(trainer.predict(board.record().reshape(1, 27))[0], board).place
            board = board.marked(place)
        assert board.winner != person
