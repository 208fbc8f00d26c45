"""Draw docs/images/console.svg: the console in a real run of examples/digits.toml, at its middle and at its end.

To run it: `uv run python tools/console_picture.py`.
"""

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text
from sigma_monitors._live import LiveDisplay
from sigma_monitors._story import TOLD_BY
from sigma_monitors._wording import headline

from sigma_core import Recipe, Trainer
from sigma_core.extend import EpochEnded, Event, Monitor, Progress, Resume, RunEnded, RunInfo, Send

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "console.svg"
AT = 12


class Painter(Monitor):
    """Paints the bars when an epoch has ended, and the results when the run has."""

    events = TOLD_BY

    def __init__(self, console: Console) -> None:
        self.console = console

    def start(self, run: RunInfo, progress: Progress, send: Send) -> None:
        """Draw into a console that only records; the run waits until the first picture is drawn."""
        self.display = LiveDisplay(self.console, run, progress)
        self.send = send
        self.console.print(Text(headline(run), style="bold"))

    def receive(self, events: list[Event]) -> None:
        """Take note, and paint."""
        for event in events:
            self.display.receive([event])
            self.display.refresh()
            if isinstance(event, EpochEnded) and event.epoch == AT:
                self.console.print(self.display.picture())
                self.console.print()
                self.send(Resume())
            if isinstance(event, RunEnded):
                self.console.print(self.display.results(event))


class Hold:
    """Holds the run while the first picture is drawn."""

    def sigma_epoch_ended(self, event: EpochEnded, trainer: Trainer) -> None:
        """Pause behind that epoch."""
        if event.epoch == AT:
            trainer.pause()


def main() -> int:
    """Run, draw, write."""
    console = Console(
        record=True, width=100, file=io.StringIO(), force_terminal=True, color_system="truecolor", legacy_windows=False
    )
    recipe = Recipe.load(ROOT / "examples" / "digits.toml").having(["name=digits"])
    trainer = Trainer.from_recipe(recipe)
    trainer.attach(Hold())
    console.print("$ sigma train examples/digits.toml", style="bold green")
    trainer.run(monitors=[Painter(console)])
    PICTURE.parent.mkdir(exist_ok=True)
    # Without the fonts that rich would have a browser fetch from elsewhere: any monospaced one does.
    svg = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="sigma", unique_id="sigma"), flags=re.DOTALL)
    PICTURE.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", "utf-8", newline="\n")
    print(f"{PICTURE.relative_to(ROOT)}: {len(svg):,} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
