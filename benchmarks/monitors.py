"""How long the pages of the dashboard take, and what one that is open costs the run that it shows.

    uv run python benchmarks/monitors.py --json monitors.json

Opening: from the click on a run to its drawn curve, of ten series of a million points each, and from a visit to the
list of 200 runs. Steps: of one run that goes on, in turns with a page open on it and with none, by how many iterations
its store has grown; the median, and the quartiles, of the ratios of neighbouring turns. All of it with a real browser
(Chromium, without a window) on the same machine, so its share is measured too.
"""

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# As in overhead.py: read when NumPy is imported, here and in the processes that are started.
for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(variable, None)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from sigma_core.events import Bus, IterationEnded, RunEnded, RunStarted, RunStore
from sigma_core.extend import summary

SERIES, POINTS, RUNS = 10, 1_000_000, 200
TARGETS = {"chart": 1.0, "list": 1.0, "slowdown": 3.0}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
RECIPE = """
seed = 1
stop = "100000000 iterations"
batch_size = 32
dataset = { use = "digits", split = [0.8, 0.2] }
optimiser = { use = "adam", learning_rate = 1e-5 }
network = [
  { use = "input", shape = [64] },
  { use = "dense", size = %(units)d, activation = "relu", repeat = 2 },
  { use = "dense", size = 10 },
  { use = "softmax_cross_entropy" },
]
"""
DRAWN = """() => {
  const charts = Object.values(document.querySelectorAll('[data-panel="%s"] .sigma-chart'));
  const chart = charts.length && getElement(Number(charts[0].id.slice(1)))?.chart;
  return (chart ? chart.getOption().series : []).filter((each) => each.data.length > 100).length;
}"""
ROWS = "() => document.querySelectorAll('.sigma-runs tbody tr').length"


def made_long(directory: Path) -> None:
    """A run of a million iterations with ten series."""
    store, bus = RunStore.create(directory), Bus()
    store.attach(bus)
    # So many series of losses, of all of which the chart shows the first six; the other chart shows the rest.
    names = [f"measure_{number}" for number in range(SERIES - 1)]
    noise = np.random.default_rng(0).normal(size=(SERIES, POINTS)).astype(np.float32)
    bus.publish(RunStarted(run=directory.name, directory=str(directory), epoch=0, iteration=0))
    for iteration, values in enumerate(noise.T.tolist(), 1):
        scores = dict(zip(("loss", *names), values, strict=True))
        bus.publish(IterationEnded(epoch=1, iteration=iteration, scores=scores))
        if not iteration % 100_000:
            store.flush()
    end = {"epoch": 1, "epochs": 1, "iteration": POINTS, "seconds": 1.0, "ended_because": "made up", "scores": {}}
    bus.publish(RunEnded(run=directory.name, directory=str(directory), **end))
    store.close()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A dashboard of a folder; gives the address with its token."""
    command = [sys.executable, "-m", "sigma_core", "dashboard", str(folder), "--port", "0", "--no-open"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        assert process.stdout is not None
        said = process.stdout.readline() + process.stdout.readline()
        found = re.search(r"http://\S+", said)
        assert found is not None, said
        yield found.group()
    finally:
        process.kill()
        process.wait()


@contextmanager
def training(directory: Path, units: int) -> Iterator[None]:
    """A run that goes on in a process of its own."""
    recipe = directory.parent / "recipe.toml"
    recipe.write_text(RECIPE % {"units": units}, "utf-8")
    command = [sys.executable, "-m", "sigma_core", "train", str(recipe), "--directory", str(directory), "--quiet"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        while not (directory / "run.db").exists() or not _iterations(directory):
            time.sleep(0.1)
        yield
    finally:
        process.kill()
        process.wait()


def _iterations(directory: Path) -> int:
    return summary(directory).iterations


def _waited(page: Page, script: str, least: int) -> float:
    """Seconds until what a script counts is there."""
    begin = time.perf_counter()
    page.wait_for_function(f"() => ({script})() >= {least}", timeout=120_000, polling=20)
    return time.perf_counter() - begin


def opening(browser: Browser, rounds: int) -> dict[str, list[float]]:
    """Seconds until a long run's chart, its chart of ten series, and a long list of runs are there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made_long(folder / "long" / "run")
        made_long_list(folder)
        found: dict[str, list[float]] = {"chart": [], "list": []}
        for _ in range(rounds):
            # A server that has read nothing yet.
            with served(folder / "long") as address:
                page = browser.new_page()
                page.goto(address)
                page.get_by_role("link", name="run", exact=True).wait_for()
                begin = time.perf_counter()
                page.get_by_role("link", name="run", exact=True).click()
                _waited(page, DRAWN % "loss", 1)
                _waited(page, DRAWN % "metrics", 4)
                found["chart"].append(time.perf_counter() - begin)
                page.close()
            with served(folder / "many") as address:
                page = browser.new_page()
                page.goto(f"{address.partition('?')[0]}compare?{address.partition('?')[2]}")
                begin = time.perf_counter()
                page.goto(address.partition("?")[0])
                _waited(page, ROWS, 50)
                found["list"].append(time.perf_counter() - begin)
                page.close()
    return found


def made_long_list(folder: Path) -> None:
    """200 runs that have ended."""
    recipe = folder / "short.toml"
    recipe.write_text((RECIPE % {"units": 16}).replace("100000000 iterations", "3 epochs"), "utf-8")
    (folder / "many").mkdir()
    command = [sys.executable, "-m", "sigma_core", "train", str(recipe), "--quiet", "--directory"]
    subprocess.run([*command, str(folder / "one")], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    for number in range(RUNS):
        shutil.copytree(folder / "one", folder / "many" / f"run-{number}")


def slowdown(browser: Browser, units: int, turns: int, seconds: float) -> dict[str, float]:
    """How much slower a run is while a page is open on it, in per cent, and how many steps a second it makes alone."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "run"
        with training(directory, units), served(Path(name)) as address:
            page = browser.new_page()
            page.goto(address)
            rates = []
            for turn in range(2 * turns + 1):
                is_open = turn % 2 == 1
                page.goto(f"{address.partition('?')[0]}run/run" if is_open else "about:blank")
                # Until the page is built.
                time.sleep(3.0)
                before, begin = _grown(directory)
                time.sleep(seconds)
                after, end = _grown(directory)
                rates.append((after - before) / (end - begin))
            page.close()
    # A run may become slower as it goes on, so each turn is held against the one before it and the one after it.
    alone, opened = np.array(rates[::2]), np.array(rates[1::2])
    ratios = 100 * (1 - opened / ((alone[:-1] + alone[1:]) / 2))
    low, middle, high = np.quantile(ratios, (0.25, 0.5, 0.75)).tolist()
    return {"steps_per_second": float(np.median(alone)), "slowdown": middle, "from": low, "to": high}


def _grown(directory: Path) -> tuple[int, float]:
    """The newest iteration of a store and when it ended, by the clock of the run."""
    with RunStore.open(directory) as store:
        newest = store.last("iteration_ended")
        assert newest is not None
        assert newest.iteration is not None
        return newest.iteration, newest.time


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often pages are opened")
    parser.add_argument("--turns", type=int, default=8, help="turns with a page open, and as many with none")
    parser.add_argument("--seconds", type=float, default=6.0, help="length of a turn")
    parser.add_argument(
        "--units", type=int, nargs="+", default=[128, 192], help="units of the hidden layers of the run"
    )
    parser.add_argument("--json", type=Path, help="a file for the results")
    options = parser.parse_args()
    path = os.environ.get("SIGMA_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        parser.error("no Chromium is installed")
    results: dict[str, Any] = {"machine": platform.platform(), "cores": os.cpu_count()}
    with sync_playwright() as playwright:
        is_superuser = getattr(os, "geteuid", lambda: 1)() == 0
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if is_superuser else [])
        for name, seconds in opening(browser, options.rounds).items():
            results[name] = {"median": statistics.median(seconds), "all": seconds}
            print(f"{name:10} {results[name]['median']:6.2f} s   (goal: at most {TARGETS[name]} s)")
        results["slowdown"] = []
        for units in options.units:
            found = slowdown(browser, units, options.turns, options.seconds)
            results["slowdown"].append({"units": units, **found})
            print(
                f"open page  {found['slowdown']:6.2f} % ({found['from']:.2f} to {found['to']:.2f}) "
                f"of {found['steps_per_second']:,.0f} steps a second"
                f"   (goal: at most {TARGETS['slowdown']} %)"
            )
        browser.close()
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), "utf-8")


if __name__ == "__main__":
    main()
