"""A browser, a dashboard and a run that goes on, each a process of its own."""

import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from sigma_monitors.dashboard._asking import Networks
from sigma_monitors.dashboard._language import language
from sigma_monitors.dashboard._panel import View
from sigma_monitors.dashboard._preferences import Preferences
from sigma_monitors.dashboard._recording import Recording

import sigma_core as sigma
from sigma_core.extend import summary

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
RECIPE = """
seed = 1
stop = "100000 epochs"
dataset = { use = "digits", split = [0.8, 0.2] }
optimiser = { use = "adam", learning_rate = 1e-3 }
network = [
  { use = "input", shape = [64] },
  { use = "dense", size = 64, activation = "relu" },
  { use = "dense", size = 10 },
  { use = "softmax_cross_entropy" },
]
"""

FLOWERS = {
    "seed": 1,
    "stop": "4 epochs",
    "dataset": {"use": "iris", "split": [0.8, 0.2]},
    "optimiser": {"use": "adam", "learning_rate": 0.01},
    "network": [{"use": "input", "shape": [4]}, {"use": "dense", "size": 3}, {"use": "softmax_cross_entropy"}],
}


def waited(holds, told="it"):
    """Wait for what other processes do, and give it; a minute at most, so that a failure says what was waited for."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = holds()
        if found:
            return found
        time.sleep(0.05)
    pytest.fail(f"{told} did not come about within a minute")


@pytest.fixture(scope="session")
def until():
    """Waits for what other processes do, and gives it."""
    return waited


@pytest.fixture(scope="session")
def short_recipe():
    """A recipe that has trained digits in a moment."""
    return RECIPE.replace("100000 epochs", "2 epochs")


@pytest.fixture(scope="module")
def browser():
    """Chromium of the system, without a window.

    Of one module, because Playwright has the event loop of the thread while it lasts, and other tests want one.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = os.environ.get("SIGMA_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("no Chromium is installed")
    playwright.expect.set_options(timeout=60_000)
    with playwright.sync_playwright() as started:
        # The sandbox refuses to run for the superuser, as in containers.
        options = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
        chromium = started.chromium.launch(executable_path=path, args=options)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser):
    """Opens an address in a browser that knows nothing; nothing may go wrong in the script of a page."""
    contexts, faults = [], []

    def opened(address, **settings):
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", **settings})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


class Served:
    """A dashboard in a process of its own, which can be ended and started again at the same address."""

    def __init__(self, folder, state):
        self._folder, self._state = folder, state
        self._port = "0"
        self.process = None

    def start(self):
        command = [
            sys.executable,
            "-m",
            "sigma_core",
            "dashboard",
            str(self._folder),
            "--no-open",
            "--port",
            self._port,
        ]
        environment = {**os.environ, "XDG_STATE_HOME": str(self._state), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        # What is wrong with panels is said before it.
        said = iter(self.process.stdout.readline, "")
        self.address = next(found.group() for line in said if (found := re.search(r"http://\S+", line)))
        self.base = self.address.partition("?")[0]
        self._port = re.search(r":(\d+)/", self.address).group(1)
        return self

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.communicate()


@pytest.fixture(scope="session")
def environment():
    """What is installed here."""
    with sigma.Environment() as environment:
        yield environment


@pytest.fixture
def networks(environment):
    """What networks of runs say."""
    return Networks(environment)


@pytest.fixture
def recorded():
    """A run as the pages see it."""
    held = []

    def make(directory):
        recording = Recording(directory)
        recording.refresh()
        held.append(recording)
        return recording

    yield make
    for recording in held:
        recording.close()


@pytest.fixture
def view(networks):
    """The page of somebody who reads English, as a panel sees it."""

    def view(recording, preferences=None, **settings):
        return View(recording, language("en"), preferences or Preferences(), networks, **settings)

    return view


@pytest.fixture(scope="session")
def flowers(tmp_path_factory):
    """The directory of a short run that has ended."""
    directory = tmp_path_factory.mktemp("runs") / "flowers"
    sigma.Trainer.from_recipe(FLOWERS).run(directory=directory)
    return directory


@pytest.fixture
def unserved(tmp_path):
    """The dashboard of `tmp_path / "runs"`, which the test starts when all is ready for it."""
    dashboard = Served(tmp_path / "runs", tmp_path / "state")
    yield dashboard
    dashboard.stop()


@pytest.fixture
def served(unserved):
    """The dashboard of `tmp_path / "runs"`."""
    return unserved.start()


@pytest.fixture
def train(tmp_path):
    """Trains in a process of its own, until the test ends: `with train("digits-1") as directory`."""

    @contextmanager
    def training(name, *options, recipe=RECIPE, command="train"):
        directory = tmp_path / "runs" / name
        path = tmp_path / f"{name}.toml"
        path.write_text(recipe, "utf-8")
        words = [str(path), "--directory", str(directory)] if command == "train" else [str(directory)]
        process = subprocess.Popen(
            [sys.executable, "-m", "sigma_core", command, *words, "--quiet", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            waited(lambda: _goes_on(directory), "the run")
            yield directory
        finally:
            process.kill()
            process.wait()

    return training


def _goes_on(directory: Path):
    try:
        found = summary(directory)
    except Exception:  # noqa: BLE001 - it is not there yet, in one of many ways
        return False
    return found.status == "running" and found.iterations > 0
