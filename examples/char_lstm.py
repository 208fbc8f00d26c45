"""An LSTM that learns to write like Shakespeare, character by character, and prints a sample.

To run it: `python examples/char_lstm.py`; `--epochs 1 --records 200` for a quick look, `--text FILE` for another text.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
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


def windows(text: np.ndarray) -> dict[str, np.ndarray]:
    """Pieces of TIME characters, (records, TIME), and for each character the one that follows it."""
    records = (len(text) - 1) // TIME
    return {
        "inputs": text[: records * TIME].reshape(records, TIME),
        "targets": text[1 : records * TIME + 1].reshape(records, TIME),
    }


def sample(trainer: sigma.Trainer, alphabet: np.ndarray, start: str, length: int) -> str:
    """Write on from a beginning: each character is drawn as probable as the network says."""
    random = np.random.default_rng(0)
    written = [int(np.searchsorted(alphabet, character)) for character in start]
    for _ in range(length):
        seen = written[-TIME:]
        inputs = np.zeros((1, TIME), np.int64)
        inputs[0, : len(seen)] = seen
        probabilities = trainer.predict(inputs)[0, len(seen) - 1].astype(np.float64)
        written.append(int(random.choice(len(alphabet), p=probabilities / probabilities.sum())))
    return "".join(alphabet[written])


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

    characters = np.array(list(arguments.text.read_text("utf-8")))
    alphabet, text = np.unique(characters, return_inverse=True)
    cut = len(text) * 9 // 10
    training, validation = (
        {name: array[: arguments.records] for name, array in windows(part).items()} for part in (text[:cut], text[cut:])
    )

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
        data=training,
        validation=validation,
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
