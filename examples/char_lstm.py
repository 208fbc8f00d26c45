"""An LSTM that learns to write like Shakespeare, character by character, and prints a sample.

To run it: `python examples/char_lstm.py`; `--epochs 1 --records 200` for a quick look, `--text FILE` for another text.
"""

import argparse
import sys
from pathlib import Path

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
    sample_text,
    vocabulary_of,
)

import sigma_core as sigma

TEXT = Path("../shared/data/text/tinyshakespeare.txt")
TIME = 128


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
    alphabet = vocabulary_of(corpus.prepare(sigma.Environment(), seed=1))

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
    print(sample_text(trainer.predict, alphabet, "ROMEO:\n", arguments.length, window=TIME))


if __name__ == "__main__":
    main()
