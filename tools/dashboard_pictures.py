"""Take docs/images/dashboard-*.png: the pages of the dashboard, with a run that goes on, as a browser shows them.

To run it: `uv run python tools/dashboard_pictures.py`; Chromium has to be installed. Names of pages choose some of
them: `... dashboard_pictures.py overview phone`.
"""

import argparse
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Error, Page, sync_playwright

from sigma_core.extend import SigmaError, set_tags, summary

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
RECIPE = """
seed = {seed}
stop = "{epochs} epochs"
dataset = {{ use = "digits", split = [0.8, 0.2] }}
optimiser = {{ use = "adam", learning_rate = {rate} }}
metrics = ["accuracy", "confusion_matrix"]
hooks = [
  {{ use = "histograms" }},
  {{ use = "pictures" }},
  {{ use = "target_maximisation", target = 3 }},
]
network = [
  {{ use = "input", shape = [64] }},
  {{ use = "dense", size = {units}, activation = "relu", repeat = 2 }},
  {{ use = "dense", size = 10 }},
  {{ use = "softmax_cross_entropy" }},
]
"""


def drawn_three(page: Page) -> None:
    """Draw a three on the pad, as somebody would."""
    canvas = page.locator("[data-panel=guess] canvas").first
    canvas.scroll_into_view_if_needed()
    pad = canvas.bounding_box()
    if pad is None:
        return
    places = [
        (0.3, 0.25),
        (0.5, 0.15),
        (0.68, 0.27),
        (0.6, 0.43),
        (0.45, 0.48),
        (0.64, 0.55),
        (0.7, 0.7),
        (0.5, 0.85),
        (0.28, 0.75),
    ]
    for number, (right, down) in enumerate(places):
        page.mouse.move(pad["x"] + right * pad["width"], pad["y"] + down * pad["height"], steps=6)
        if not number:
            page.mouse.down()
    page.mouse.up()
    page.wait_for_timeout(2500)


PAGES: dict[str, tuple[str, str | None, Callable[[Page], None] | None]] = {
    "runs": ("", None, None),
    "overview": ("run/{live}", None, drawn_three),
    "steer": ("run/{live}", "Steer", None),
    "inside": ("run/{live}", "Inside", None),
    "network": ("run/{live}", "Network", None),
    "data": ("run/{live}", "Data", None),
    "log": ("run/{live}", "Log", None),
    "recipe": ("run/{live}", "Recipe", None),
    "compare": ("compare?runs=digits-1,digits-2,digits-3", None, None),
}
"""Where each page is, the tab to open, and what is done there."""
ON_PHONES = ("runs", "overview", "steer")
"""Pages of which there are narrow pictures, too."""


@contextmanager
def started(*words: str, said: bool = False) -> Iterator[subprocess.Popen[str]]:
    """A command of Sigma, until it is no longer needed."""
    command = [sys.executable, "-m", "sigma_core", *words]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if said else subprocess.DEVNULL, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def trained(folder: Path, name: str, **settings: float) -> list[str]:
    """The words that train a run of that name."""
    recipe = folder / f"{name}.toml"
    recipe.write_text(RECIPE.format(**settings), "utf-8")
    return ["train", str(recipe), "--quiet", "--directory", str(folder / "runs" / name)]


def take(browser: Browser, address: str, pages: list[str]) -> None:
    """Take the pictures of these pages, light and dark, wide and on a phone."""
    base, _, token = address.partition("?")
    for theme in ("light", "dark"):
        for size, viewport in (("", WIDE), ("-phone", PHONE)):
            context = browser.new_context(viewport=viewport, color_scheme=theme, locale="en-GB", has_touch=bool(size))
            page = context.new_page()
            page.goto(f"{base}?{token}")
            for name in pages if not size else [each for each in pages if each in ON_PHONES]:
                place, tab, act = PAGES[name]
                page.goto(base + place.format(live="digits-4"))
                page.wait_for_timeout(2500)
                with suppress(Error):
                    if tab is not None:
                        page.get_by_role("tab", name=tab, exact=True).click(timeout=5000)
                        page.wait_for_timeout(2500)
                    if act is not None:
                        act(page)
                picture = Image.open(io.BytesIO(page.screenshot()))
                # Few colours make a small file, and these pages have few.
                small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
                path = IMAGES / f"dashboard-{name}{size}-{theme}.png"
                small.save(path, optimize=True)
                print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes", flush=True)
            context.close()


def main() -> int:
    """Train, serve, look."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", help=f"which of {', '.join(PAGES)}; all by default")
    pages = parser.parse_args().pages or list(PAGES)
    path = os.environ.get("SIGMA_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        parser.error("no Chromium is installed")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        for number, (rate, units) in enumerate(((1e-3, 64), (3e-3, 64), (1e-3, 16)), 1):
            words = trained(folder, f"digits-{number}", epochs=12, rate=rate, units=units, seed=number)
            subprocess.run([sys.executable, "-m", "sigma_core", *words], check=True, stdout=subprocess.DEVNULL)
        set_tags(folder / "runs" / "digits-2", ["fast", "best"])
        live = trained(folder, "digits-4", epochs=100_000, rate=1e-3, units=64, seed=4)
        with (
            started(*live),
            started("dashboard", str(folder / "runs"), "--port", "0", "--no-open", said=True) as served,
        ):
            found = None
            while found is None:
                found = re.search(r"http://\S+", served.stdout.readline())
            for _ in range(600):
                with suppress(SigmaError, OSError):
                    if summary(folder / "runs" / "digits-4").epochs >= 12:
                        break
                time.sleep(0.1)
            options = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
            take(playwright.chromium.launch(executable_path=path, args=options), found.group(), pages)
    return 0


if __name__ == "__main__":
    sys.exit(main())
