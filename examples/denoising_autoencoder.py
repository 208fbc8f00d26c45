"""An autoencoder that takes the noise out of pictures of digits; what it makes of some is drawn as a PNG.

To run it: `python examples/denoising_autoencoder.py`; `--epochs 1 --records 256` for a quick look. The picture has rows
of originals, of spoilt pictures, and of what the network makes of those; Pillow writes it (`pip install pillow`).
"""

import argparse
from pathlib import Path

import numpy as np
from sigma_data import MNIST
from sigma_nn import Adam, Dense, Input, Noise, OneCycleSchedule, SquaredDifference, TiedDense

import sigma_core as sigma

NOISE = 0.4


def draw(rows: list[np.ndarray], path: Path) -> None:
    """Write rows of pictures, each (columns, 784), one below the other."""
    try:
        from PIL import Image
    except ImportError:
        print("no picture: Pillow is missing, which `pip install pillow` brings")
        return
    tiles = np.stack(rows).reshape(len(rows), -1, 28, 28)
    # A margin of two pixels to the right of each and below it.
    tiles = np.pad(tiles, [(0, 0), (0, 0), (0, 2), (0, 2)], constant_values=0.5)
    height, width = tiles.shape[0] * tiles.shape[2], tiles.shape[1] * tiles.shape[3]
    pixels = (255 * np.clip(tiles, 0, 1)).astype(np.uint8).transpose(0, 2, 1, 3).reshape(height, width)
    Image.fromarray(pixels).resize((2 * width, 2 * height), Image.Resampling.NEAREST).save(path)
    print(f"written to {path}")


def main() -> None:
    """Train, spoil digits that were never seen, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--records", type=int, default=8000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--picture", type=Path, default=Path("denoised.png"))
    arguments = parser.parse_args()

    # Noise is added while training only; the second half goes back through the weights of the first.
    network = (
        Input(784)
        + Noise(NOISE)
        + Dense(512, activation="relu", name="wide")
        + Dense(128, activation="relu", name="code")
        + TiedDense(512, of="code", activation="relu")
        + TiedDense(784, of="wide", activation="sigmoid")
        + SquaredDifference(targets="inputs")
    )
    trainer = sigma.Trainer(
        network,
        data=MNIST(part="test", path="../shared/data/mnist", download=True, split=(arguments.records, 1000)),
        optimiser=Adam(2e-3),
        schedules={"optimiser.learning_rate": OneCycleSchedule()},
        stop=f"{arguments.epochs} epochs",
        batch_size=64,
        backend="numba",
        seed=arguments.seed,
    )
    trainer.run(monitors=["console"])

    originals = trainer.data.validation["validation"]["inputs"]
    spoilt = originals + NOISE * np.random.default_rng(0).normal(size=originals.shape).astype(np.float32)
    denoised = trainer.predict(spoilt)
    # Spoilt pictures as they are drawn: what is darker than black is not held against them.
    before, after = (np.mean((pictures - originals) ** 2) for pictures in (np.clip(spoilt, 0, 1), denoised))
    print(f"squared error of a pixel: {before:.4f} spoilt, {after:.4f} denoised, {before / after:.1f} times less")
    draw([originals[:12], spoilt[:12], denoised[:12]], arguments.picture)


if __name__ == "__main__":
    main()
