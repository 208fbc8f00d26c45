"""Draw docs/images/graph.svg: the training step of examples/digits.toml, as `sigma graph --dot` tells it.

To run it, with Graphviz installed: `uv run python tools/graph_picture.py`.
"""

import re
import subprocess
import sys
from pathlib import Path

from sigma_core import Recipe, Trainer
from sigma_core.cli.graph._dot import as_dot

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "graph.svg"


def main() -> int:
    """Trace, draw, write."""
    recipe = Recipe.load(ROOT / "examples" / "digits.toml").having(["name=digits"])
    dot = as_dot(Trainer.from_recipe(recipe).inspect(), before=False)
    svg = subprocess.run(["dot", "-Tsvg"], input=dot.encode(), capture_output=True, check=True).stdout.decode()
    # Without what Graphviz repeats in comments and titles.
    svg = re.sub(r"<!--.*?-->|<title>.*?</title>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"\n\s*\n+", "\n", svg)
    PICTURE.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", "utf-8", newline="\n")
    print(f"{PICTURE.relative_to(ROOT)}: {len(svg):,} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
