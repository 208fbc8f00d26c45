"""Draw docs/images/network.svg: two pictures through one encoder, as `Network.svg` draws them.

To run it: `uv run python tools/network_picture.py`.
"""

import sys
from pathlib import Path

from sigma_nn import Concatenate, Dense, Input, Residual, SoftmaxCrossEntropy, SquaredDifference

from sigma_core.network import Network
from sigma_core.registry import ComponentRegistry, Composer

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "network.svg"


def picture() -> str:
    """What the file is to hold."""
    left, right = Input(64, section="left", name="left"), Input(64, section="right", name="right")
    encoder = (Dense(32) + Residual(Dense(32))).as_layer("encoder")
    both = Concatenate()(encoder(left), encoder(right))
    costs = [SoftmaxCrossEntropy()(Dense(10)(both)), SquaredDifference(targets="distance")(Dense(1)(both))]
    return Network.build(costs, composer=Composer(ComponentRegistry())).svg("Two pictures through one encoder")


def main() -> int:
    """Draw and write."""
    PICTURE.write_text(picture(), "utf-8", newline="\n")
    print(f"{PICTURE.relative_to(ROOT)}: {len(picture()):,} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
