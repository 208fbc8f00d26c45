"""A GRU that reads texts of unequal lengths both ways, and says whether their brackets match.

To run it: `python examples/brackets.py`; `--epochs 1 --records 256` for a quick look.
"""

import argparse

import numpy as np
from sigma_nn import (
    Adam,
    Bidirectional,
    BinaryCrossEntropy,
    ClipByGlobalNorm,
    Dense,
    Embedding,
    Gru,
    Input,
    OneCycleSchedule,
)

import sigma_core as sigma

PAIRS = 15


def heights(text: np.ndarray) -> np.ndarray:
    """How many brackets are open behind each: 0 opens one, 1 closes one."""
    return np.cumsum(1 - 2 * text)


def matching(pairs: int, random: np.random.Generator) -> np.ndarray:
    """As many that open as close, in random order, begun where fewest are open."""
    text = random.permutation(np.repeat([0, 1], pairs))
    return np.roll(text, -1 - np.argmin(heights(text)))


def broken(text: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The text with two brackets exchanged so that they do not match, though as many open as close."""
    while True:
        first, second = random.choice(len(text), 2, replace=False)
        other = text.copy()
        other[[first, second]] = text[[second, first]]
        if heights(other).min() < 0:
            return other


def texts(records: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Texts of 2 to 30 brackets, filled up, (records, 30); a mask of the same shape; targets (records, 1)."""
    targets = random.integers(0, 2, records)
    made = [matching(pairs, random) for pairs in random.integers(1, PAIRS + 1, records)]
    made = [text if is_right else broken(text, random) for text, is_right in zip(made, targets, strict=True)]
    inputs, mask = sigma.pad_sequences(made, length=2 * PAIRS)
    return {"inputs": inputs, "mask": mask, "targets": targets[:, None]}


def main() -> None:
    """Train, then ask about fresh texts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--records", type=int, default=8192)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    network = (
        Input(2 * PAIRS, dtype="integer")
        + Embedding(2, 8)
        + Bidirectional(Gru(32, outputs="last", mask="mask"))
        + Dense(1)
        + BinaryCrossEntropy()
    )
    random = np.random.default_rng(arguments.seed)
    trainer = sigma.Trainer(
        network,
        data=texts(arguments.records, random),
        validation=texts(1000, random),
        optimiser=Adam(1e-2),
        schedules={"optimiser.learning_rate": OneCycleSchedule()},
        modifiers=[ClipByGlobalNorm(1.0)],
        stop=f"{arguments.epochs} epochs",
        batch_size=64,
        backend="numba",
        seed=arguments.seed,
    )
    trainer.run(monitors=["console"])

    fresh = texts(2000, random)
    answers = trainer.predict({name: fresh[name] for name in ("inputs", "mask")})
    for text, mask, answer in zip(fresh["inputs"][:6], fresh["mask"], answers[:, 0], strict=False):
        print(f"{''.join('()'[bracket] for bracket in text[mask]):30} matches with probability {answer:.3f}")
    print(f"{np.mean((answers > 0.5) == fresh['targets']):.2%} of {len(answers)} fresh texts are told right")


if __name__ == "__main__":
    main()
