"""How well a network plays tic-tac-toe: the shares of games that it wins, draws and loses, of all that there can be.

To run it: `python examples/play_tic_tac_toe.py` trains the recipe tic_tac_toe-moves.toml and has it play, and
`python examples/play_tic_tac_toe.py runs/tic_tac_toe-moves-1` takes what a run of it has learnt.
"""

import argparse
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from sigma_data.datasets.tic_tac_toe import CELLS, FULL, has_won, worth

import sigma_core as sigma

RECIPE = Path(__file__).parent / "tic_tac_toe-moves.toml"

# Whose turn it is has the first marks, as bits; what it does is the probability of each cell.
Player = Callable[[int, int], dict[int, float]]


def free(own: int, other: int) -> list[int]:
    """The cells that are blank."""
    return [cell for cell in range(9) if not (own | other) & CELLS[cell]]


def at_random(own: int, other: int) -> dict[int, float]:
    """Each blank cell as often."""
    cells = free(own, other)
    return dict.fromkeys(cells, 1 / len(cells))


def perfect(own: int, other: int) -> dict[int, float]:
    """Each of the best cells as often."""
    values = {cell: -worth(other, own | CELLS[cell]) for cell in free(own, other)}
    best = [cell for cell, value in values.items() if value == max(values.values())]
    return dict.fromkeys(best, 1 / len(best))


def network(trainer: sigma.Trainer) -> Player:
    """The blank cell that a network finds most probable."""

    @cache
    def most_probable(own: int, other: int) -> int:
        marks = [0 if own & cell else 1 if other & cell else 2 for cell in CELLS]
        probabilities = trainer.predict(np.eye(3)[[marks]].reshape(1, 27))[0]
        return max(free(own, other), key=lambda cell: float(probabilities[cell]))

    return lambda own, other: {most_probable(own, other): 1.0}


def shares(player: Player, opponent: Player) -> dict[str, float]:
    """Of all games, as often as they come: how many the player wins, draws and loses; each begins half of them."""
    found = dict.fromkeys(("won", "drawn", "lost"), 0.0)

    def play(own: int, other: int, probability: float, *, is_turn: bool) -> None:
        if has_won(other):
            found["lost" if is_turn else "won"] += probability
        elif own | other == FULL:
            found["drawn"] += probability
        else:
            for cell, share in (player if is_turn else opponent)(own, other).items():
                play(other, own | CELLS[cell], probability * share, is_turn=not is_turn)

    for begins in (True, False):
        play(0, 0, 0.5, is_turn=begins)
    return found


def main() -> None:
    """Train or load, play, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, nargs="?", help="the directory of a run of tic_tac_toe-moves.toml")
    parser.add_argument("--epochs", type=int, help="train for so many at most")
    arguments = parser.parse_args()
    if arguments.run is None:
        trainer = sigma.Trainer.from_recipe(RECIPE)
        trainer.run(monitors=["console"], stop=f"{arguments.epochs} epochs" if arguments.epochs else None)
    else:
        trainer = sigma.load_trained(arguments.run)
    learnt = network(trainer)
    for name, player, opponent in (
        ("the network against a perfect player", learnt, perfect),
        ("the network against a random player", learnt, at_random),
        ("a perfect player against a random one", perfect, at_random),
        ("a random player against another", at_random, at_random),
    ):
        found = shares(player, opponent)
        told = ", ".join(f"{outcome} {share:.1%}" for outcome, share in found.items())
        print(f"{name}: {told}; not lost {1 - found['lost']:.1%}")


if __name__ == "__main__":
    main()
