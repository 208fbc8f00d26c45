"""Pictures of shapes, a folder of PNG files for each class, and a convolution that tells them apart.

To run it: `python examples/shapes.py`; `--epochs 1 --records 60` for a quick look. It needs Pillow
(`pip install 'sigma-data[images]'`).
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image, ImageDraw
from sigma_data import Extracted, Images, Normalise
from sigma_nn import Adam, Convolution, Dense, Flatten, Input, MaxPooling, SoftmaxCrossEntropy

import sigma_core as sigma

SIZE = 24
# Corners of each shape about its middle, by angle in turns.
SHAPES = {"square": 4, "triangle": 3, "circle": 24}


def drawn(corners: int, random: np.random.Generator) -> Image.Image:
    """A shape of some size, place and turn, bright on dark, with noise."""
    radius = random.uniform(7, 11)
    middle = random.uniform(radius, SIZE - radius, 2)
    angles = 2 * np.pi * (random.random() + np.arange(corners) / corners)
    picture = Image.new("L", (SIZE, SIZE), int(random.integers(0, 60)))
    points = middle + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    ImageDraw.Draw(picture).polygon([*map(tuple, points)], fill=int(random.integers(140, 250)))
    noisy = np.asarray(picture) + random.normal(0, 10, (SIZE, SIZE))
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def write(folder: Path, records: int, random: np.random.Generator) -> None:
    """So many pictures of each shape, each in the folder of its class."""
    for name, corners in SHAPES.items():
        (folder / name).mkdir(parents=True)
        for number in range(records // len(SHAPES)):
            drawn(corners, random).save(folder / name / f"{number}.png")


def main() -> None:
    """Draw, train, and ask about fresh pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--records", type=int, default=1500)
    arguments = parser.parse_args()
    random = np.random.default_rng(1)
    with TemporaryDirectory() as folder:
        write(Path(folder) / "shapes", arguments.records, random)
        images = Images(f"{folder}/shapes/", mode="grey")
        data = Extracted(images, split=(0.8, 0.2), preprocess={"inputs": Normalise(known=(0, 255))})
        network = (
            Input((SIZE, SIZE, 1))
            + Convolution(8, 5, "relu")
            + MaxPooling(2)
            + Convolution(16, 3, "relu")
            + MaxPooling(2)
            + Flatten()
            + Dense(len(SHAPES))
            + SoftmaxCrossEntropy()
        )
        trainer = sigma.Trainer(network, data, Adam(1e-2), f"{arguments.epochs} epochs", batch_size=32, seed=1)
        run = trainer.run(monitors=["console"])
        names = images.class_names()
    print(f"validation accuracy {run.scores['validation.accuracy']:.1%}")
    for name, corners in SHAPES.items():
        fresh = np.asarray(drawn(corners, random))[None, :, :, None]
        print(f"a {name} is taken for a {names[trainer.predict(fresh).argmax()]}")


if __name__ == "__main__":
    main()
