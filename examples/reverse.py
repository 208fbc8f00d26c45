"""A transformer that learns to write sequences backwards, tried on sequences that it has never seen.

To run it: `python examples/reverse.py`; `--epochs 1 --records 256` for a quick look.
"""

import argparse

import numpy as np
from sigma_nn import (
    Adam,
    Dense,
    Embedding,
    Input,
    OneCycleSchedule,
    PositionalEncoding,
    SoftmaxCrossEntropy,
    TransformerBlock,
)

import sigma_core as sigma

ALPHABET = "abcdefghijklmnop"
TIME = 12


def sequences(records: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Random sequences (records, TIME), and the same backwards: 16^12 there are, so that none comes twice."""
    inputs = random.integers(0, len(ALPHABET), (records, TIME))
    return {"inputs": inputs, "targets": inputs[:, ::-1]}


def text(sequence: np.ndarray) -> str:
    """The letters of a sequence."""
    return "".join(ALPHABET[symbol] for symbol in sequence)


def main() -> None:
    """Train, then count how many fresh sequences come out backwards without a single mistake."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--records", type=int, default=8192)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    network = (
        Input(TIME, dtype="integer")
        + Embedding(len(ALPHABET), 64)
        + PositionalEncoding()
        + 2 * TransformerBlock(64, 4, rate=0.0)
        + Dense(len(ALPHABET))
        + SoftmaxCrossEntropy()
    )
    random = np.random.default_rng(arguments.seed)
    trainer = sigma.Trainer(
        network,
        data=sequences(arguments.records, random),
        validation=sequences(1000, random),
        optimiser=Adam(2e-3),
        schedules={"optimiser.learning_rate": OneCycleSchedule()},
        stop=f"{arguments.epochs} epochs",
        batch_size=64,
        backend="numba",
        seed=arguments.seed,
    )
    run = trainer.run(monitors=["console"])

    fresh = sequences(2000, random)
    answers = np.argmax(trainer.predict(fresh["inputs"]), axis=-1)
    is_right = (answers == fresh["targets"]).all(axis=1)
    for sequence, answer in zip(fresh["inputs"][:5], answers, strict=False):
        print(f"{text(sequence)} -> {text(answer)}")
    print(
        f"{is_right.mean():.2%} of {len(answers)} fresh sequences are right as a whole, after {run.seconds:.0f} seconds"
    )


if __name__ == "__main__":
    main()
