"""Draw docs/images/schedules.svg: the factor of each schedule of sigma-nn over a run of ten epochs.

To run it: `uv run python tools/schedules_picture.py`.
"""

import sys
from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path
from xml.sax.saxutils import escape

from attrs import frozen
from sigma_nn import (
    ConstantSchedule,
    CosineSchedule,
    ExponentialSchedule,
    MilestonesSchedule,
    OneCycleSchedule,
    OnPlateauSchedule,
    PolynomialSchedule,
    SequenceSchedule,
    StepSchedule,
    WarmUpSchedule,
)

from sigma_core.extend import Observation, Position, Schedule, State

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "schedules.svg"

EPOCHS = 10
PER_EPOCH = 50
TOTAL = EPOCHS * PER_EPOCH

COLUMNS = 4
WIDTH, HEIGHT = 150, 90  # of the inside of a panel, in pixels
MARGINS = {"left": 46, "top": 48, "right": 14, "bottom": 34}
COLUMN = WIDTH + 60
ROW = HEIGHT + 78

STYLE = """
text { font-family: Helvetica, Arial, sans-serif; font-size: 10px; fill: #444 }
.name { font-size: 12px; font-weight: bold; fill: #222 }
.settings { fill: #666 }
.grid { stroke: #e4e4e4 }
.axis { stroke: #999 }
.factor { fill: none; stroke: #2b6ca3; stroke-width: 1.8; stroke-linejoin: round }
.score { fill: none; stroke: #c9783f; stroke-width: 1.2; stroke-dasharray: 3 2 }
.of-score { fill: #a85c27 }
"""


@frozen
class Panel:
    """A schedule with its name and what is set on it, in words."""

    name: str
    settings: str
    schedule: Schedule
    scores: tuple[float, ...] = ()
    """After each epoch, for one that looks."""


PANELS = (
    Panel("constant", "value 0.5", ConstantSchedule(0.5)),
    Panel("step", "every 3 epochs, decay 0.5", StepSchedule("3 epochs", 0.5)),
    Panel("milestones", "at 0.5 and 0.75 run, decay 0.3", MilestonesSchedule(["0.5 run", "0.75 run"], 0.3)),
    Panel("exponential", "decay 0.7 every epoch", ExponentialSchedule(0.7)),
    Panel("polynomial", "power 2", PolynomialSchedule(power=2.0)),
    Panel("cosine", "over the run, end 0", CosineSchedule()),
    Panel("cosine", "1.45 epochs, restarts, growth 2", CosineSchedule("1.45 epochs", restarts=True, growth=2.0)),
    Panel("one_cycle", "warm_up 0.3", OneCycleSchedule()),
    Panel("warm_up", "3 epochs, linear", WarmUpSchedule("3 epochs")),
    Panel("warm_up", "3 epochs, exponential", WarmUpSchedule("3 epochs", shape="exponential")),
    Panel(
        "on_plateau",
        "patience 1, threshold 0.1, decay 0.5",
        OnPlateauSchedule("validation.loss", 1, 0.5, 0.1),
        (0.8, 0.64, 0.62, 0.62, 0.45, 0.35, 0.34, 0.34, 0.18, 0.16),
    ),
    Panel(
        "sequence",
        "warm_up for 2 epochs, then cosine",
        SequenceSchedule([WarmUpSchedule("1 run"), CosineSchedule()], ["2 epochs"]),
    ),
)


def factors(panel: Panel) -> list[float]:
    """At every iteration, with the state that the scores have led to by then."""

    def look(state: State, epoch: int) -> State:
        scores = {"validation.loss": panel.scores[epoch - 1]} if panel.scores else {}
        return panel.schedule.update(state, Observation(epoch * PER_EPOCH, epoch, 0.0, scores))

    states = list(accumulate(range(1, EPOCHS + 1), look, initial=panel.schedule.initial()))
    return [panel.schedule.factor(Position(n, PER_EPOCH, TOTAL), states[n // PER_EPOCH]) for n in range(TOTAL + 1)]


def line(points: Iterable[tuple[float, float]], kind: str) -> str:
    """Through points in units of the panel, without those in the middle of a level stretch."""
    pixels = [(round(x * WIDTH, 1), round((1 - y) * HEIGHT, 1)) for x, y in points]
    kept = [
        point
        for before, point, after in zip([None, *pixels], pixels, [*pixels[1:], None], strict=False)
        if before is None or after is None or not before[1] == point[1] == after[1]
    ]
    return f'<polyline class="{kind}" points="{" ".join(f"{x:g},{y:g}" for x, y in kept)}"/>'


def text(x: float, y: float, words: str, *, kind: str = "", anchor: str = "start") -> str:
    """Words at a place in pixels."""
    of_kind = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{of_kind}>{escape(words)}</text>'


def frame() -> list[str]:
    """Axes, a grid and their numbers."""
    drawn = []
    for height in (0, 0.5, 1):
        y = (1 - height) * HEIGHT
        drawn += [f'<path class="grid" d="M0 {y:g}H{WIDTH}"/>', text(-5, y + 3.5, f"{height:g}", anchor="end")]
    for epoch in (0, 5, 10):
        drawn.append(text(epoch / EPOCHS * WIDTH, HEIGHT + 13, str(epoch), anchor="middle"))
    return [*drawn, f'<path class="axis" fill="none" d="M0 0V{HEIGHT}H{WIDTH}"/>']


def drawn(panel: Panel, number: int) -> list[str]:
    """One panel at its place."""
    row, column = divmod(number, COLUMNS)
    x, y = MARGINS["left"] + column * COLUMN, MARGINS["top"] + row * ROW
    lines = [
        f'<g transform="translate({x} {y})">',
        text(0, -24, panel.name, kind="name"),
        text(0, -10, panel.settings, kind="settings"),
        *frame(),
    ]
    if column == 0:
        lines.append(f'<text transform="translate(-28 {HEIGHT / 2:g}) rotate(-90)" text-anchor="middle">factor</text>')
    if number + COLUMNS >= len(PANELS):
        lines.append(text(WIDTH / 2, HEIGHT + 25, "epochs", anchor="middle"))
    if panel.scores:
        lines.append(line(((n / EPOCHS, score) for n, score in enumerate(panel.scores, start=1)), "score"))
        lines.append(text(8, HEIGHT - 22, "validation.loss", kind="of-score"))
    lines.append(line(((n / TOTAL, factor) for n, factor in enumerate(factors(panel))), "factor"))
    return [*lines, "</g>"]


def picture() -> str:
    """All panels, in rows."""
    rows = -(-len(PANELS) // COLUMNS)
    width = MARGINS["left"] + COLUMN * (COLUMNS - 1) + WIDTH + MARGINS["right"]
    height = MARGINS["top"] + ROW * (rows - 1) + HEIGHT + MARGINS["bottom"]
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    title = "The factor of each schedule over a run of ten epochs"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}">',
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for number, panel in enumerate(PANELS):
        lines += drawn(panel, number)
    return "\n".join([*lines, "</svg>"]) + "\n"


def main() -> int:
    """Draw, write."""
    svg = picture()
    PICTURE.write_text(svg, "utf-8", newline="\n")
    print(f"{PICTURE.relative_to(ROOT)}: {len(svg):,} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
