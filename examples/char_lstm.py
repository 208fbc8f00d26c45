"""An LSTM that learns to write like Shakespeare, character by character, and prints a sample.

To run it: `python examples/char_lstm.py`; `--epochs 1 --records 200` for a quick look, `--text FILE` for another text.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from sigma_data import TextCorpus
from sigma_nn import (
    Adam,
    ClipByGlobalNorm,
    CosineSchedule,
    Dense,
    Dropout,
    Embedding,
    Input,
    Lstm,
    SoftmaxCrossEntropy,
)

import sigma_core as sigma

TEXT = Path("../shared/data/text/tinyshakespeare.txt")
TIME = 128


def sample(trainer: sigma.Trainer, alphabet: np.ndarray, start: str, length: int) -> str:
    """Write on from a beginning: each character is drawn as probable as the network says."""
    random = np.random.default_rng(0)
    written = start
    for _ in range(length):
        seen = written[-TIME:]
        # What stands behind is not seen by a network that goes from left to right.
        probabilities = trainer.predict([list(seen.ljust(TIME))])[0, len(seen) - 1].astype(np.float64)
        probabilities[0] = 0  # the place of what the text does not have
        written += str(random.choice(alphabet, p=probabilities / probabilities.sum()))
    return written


def main() -> None:
    """Train, validate on the last tenth of the text, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, default=TEXT)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--units", type=int, default=256)
    parser.add_argument("--records", type=int, help="train on so many pieces of the text only, validate with as many")
    parser.add_argument("--length", type=int, default=400, help="how many characters it writes")
    arguments = parser.parse_args()
    if not arguments.text.exists():
        sys.exit(f"there is no {arguments.text}: give a text with --text FILE")

    split = (arguments.records,) * 2 if arguments.records else (0.9, 0.1)
    corpus = TextCorpus(arguments.text, length=TIME, split=split, shuffle=False)
    (vocabulary,) = corpus.prepare(sigma.Environment(), seed=1).preprocessing["*"]
    alphabet = vocabulary.state["classes"]

    network = (
        Input(TIME, dtype="integer")
        + Embedding(len(alphabet), 64)
        + Lstm(arguments.units)
        + Dropout(0.2)
        + Dense(len(alphabet))
        + SoftmaxCrossEntropy()
    )
    trainer = sigma.Trainer(
        network,
        corpus,
        optimiser=Adam(4e-3),
        schedules={"optimiser.learning_rate": CosineSchedule()},
        # Long sequences give now and then a gradient so large that it would undo many steps.
        modifiers=[ClipByGlobalNorm(1.0)],
        stop=f"{arguments.epochs} epochs",
        batch_size=32,
        backend="numba",
        seed=1,
    )
    run = trainer.run(monitors=["console"])
    print(f"validation: {run.scores['validation.loss']:.3f} nats per character after {run.seconds / 60:.1f} minutes")
    print(sample(trainer, alphabet, "ROMEO:\n", arguments.length))


if __name__ == "__main__":
    main()
