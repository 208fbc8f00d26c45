"""Runs, folders and panels as they should not be, in a real browser: pages say what is wrong, and go on."""

import math
import os
import shutil
import signal
import sqlite3
from contextlib import closing
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from sigma_core.extend import (
    Bus,
    EpochEnded,
    IterationEnded,
    RunEnded,
    RunStarted,
    RunStore,
    ValidationEnded,
    summary,
)

NAMES = [
    "with space",
    "Läufe ümläut",
    'it\'s "quoted"',
    "<script>alert(1)<script>",
    "<img src=x onerror=alert(1)>",
    "a%2Fb",
    "a,b",
    "#?&=+;",
    "{{ 7 * 7 }}",
    "n" * 200,
]
PANELS = """
import asyncio
from nicegui import ui
from sigma_monitors.dashboard import Panel

class Good(Panel):
    title = "Good"
    rank = 999

    def build(self, view):
        label = ui.label()
        view.on_change(lambda: label.set_text("all is well"))

class Made(Good):
    title = "Made"

    def __init__(self):
        raise RuntimeError("wrong when made")

class Fits(Good):
    title = "Fits"

    def fits(self, run):
        raise RuntimeError("wrong in fits")

class Build(Good):
    title = "Build"

    def build(self, view):
        ui.label("half")
        raise RuntimeError("wrong in build <b>x</b>")

class Update(Good):
    title = "Update"

    def build(self, view):
        view.on_change(lambda: 1 / 0)

class Hangs(Good):
    title = "Hangs"

    def build(self, view):
        view.on_change(lambda: asyncio.sleep(3600))

class Titleless(Panel):
    def build(self, view):
        pass
"""


def told(directory, *events):
    """A run of these events, which has ended."""
    with RunStore.create(directory) as store, closing(Bus()) as bus:
        store.attach(bus)
        bus.publish(RunStarted(run="one", directory="one", epoch=0, iteration=0))
        for event in events:
            bus.publish(event)
        end = {"epoch": 1, "epochs": 1, "iteration": len(events), "seconds": 1.0, "scores": {}}
        bus.publish(RunEnded(run="one", directory="one", ended_because="told so", **end))
        assert store.flush()


def address(served, name):
    return f"{served.base}run/{quote(name, safe='')}?{served.address.partition('?')[2]}"


@pytest.mark.skipif(os.name == "nt", reason="names that Windows does not allow")
def test_a_run_may_have_any_name(served, flowers, visit, tmp_path):
    for name in NAMES:
        shutil.copytree(flowers, tmp_path / "runs" / name)
    page = visit(served.address)
    links = page.locator(".sigma-runs .sigma-link")
    expect(links).to_have_count(len(NAMES))
    assert sorted(links.all_inner_texts()) == sorted(NAMES)
    # However long a name is, all of the table can be seen.
    expect(page.get_by_role("button", name="Delete with space")).to_be_in_viewport()
    for name in NAMES:
        page.locator(f".sigma-link[title={_quoted(name)}]").click()
        expect(page.locator(".sigma-trail")).to_have_text(name)
        expect(page.locator(".sigma-play .sigma-status")).to_contain_text("ended")
        assert page.title() == f"{name} · Sigma"
        page.get_by_role("link", name="All runs").click()
    for name in ("a,b", "a%2Fb", "#?&=+;"):
        page.locator("tr", has=page.locator(f".sigma-link[title={_quoted(name)}]")).get_by_role("checkbox").click()
    page.get_by_role("button", name="Compare").click()
    compared = page.locator(".sigma-table").first.locator(".sigma-link")
    expect(compared).to_have_count(3)
    assert sorted(compared.all_inner_texts()) == ["#?&=+;", "a%2Fb", "a,b"]
    page.get_by_role("link", name="All runs").first.click()
    page.get_by_role("button", name='Delete it\'s "quoted"').click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(links).to_have_count(len(NAMES) - 1)
    assert not (tmp_path / "runs" / NAMES[2]).exists()


def _quoted(name):
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def test_a_folder_may_vanish_and_become_something_else(served, flowers, visit, tmp_path):
    folder = tmp_path / "runs"
    page = visit(served.address)
    expect(page.get_by_text("No runs yet")).to_be_visible()
    folder.write_text("a file", "utf-8")
    expect(page.locator(".sigma-problem")).to_have_text(f"{folder}: Not a directory")
    expect(page.get_by_text("No runs yet")).to_be_hidden()
    folder.unlink()
    folder.symlink_to("gone")
    expect(page.get_by_text("No runs yet")).to_be_visible()
    expect(page.locator(".sigma-problem")).to_be_hidden()
    folder.unlink()
    folder.symlink_to(folder.name)
    expect(page.locator(".sigma-problem")).to_contain_text(f"{folder}: ")
    folder.unlink()
    shutil.copytree(flowers, folder / "one")
    expect(page.get_by_role("link", name="one")).to_be_visible()
    expect(page.locator(".sigma-problem")).to_be_hidden()


def test_a_damaged_run_says_what_is_wrong_and_how_it_can_be_seen_nevertheless(served, flowers, visit, tmp_path):
    whole = (flowers / "run.db").read_bytes()
    for name, content in (("empty", b""), ("garbage", b"x" * 9999), ("short", whole[: len(whole) // 2])):
        shutil.copytree(flowers, tmp_path / "runs" / name)
        (tmp_path / "runs" / name / "run.db").write_bytes(content)
    newer = tmp_path / "runs" / "newer"
    shutil.copytree(flowers, newer)
    with closing(sqlite3.connect(newer / "run.db")) as connection:
        connection.execute("UPDATE meta SET value = '9' WHERE key = 'format'")
        connection.commit()
    (tmp_path / "runs" / "only a lock").mkdir()
    (tmp_path / "runs" / "only a lock" / "run.lock").touch()
    page = visit(served.address)
    expect(page.locator(".sigma-runs .sigma-damaged")).to_have_count(4)
    for name, said in (
        ("empty", "no such table: meta"),
        ("garbage", "file is not a database"),
        ("short", "malformed"),
        ("newer", "has format 9"),
    ):
        page.goto(address(served, name))
        alert = page.get_by_role("alert").first
        expect(alert).to_contain_text(said)
        expect(alert).to_contain_text("if it is newer, read it with a newer sigma-core")
        for button in ("Play", "One step", "Save a checkpoint", "Stop"):
            expect(page.get_by_role("button", name=button, exact=True)).to_be_disabled()
        # The recipe is another file.
        expect(page.get_by_role("tab", name="Recipe")).to_have_attribute("aria-selected", "true")
    page.goto(address(served, "only a lock"))
    expect(page.get_by_text("There is no run only a lock")).to_be_visible()
    page.goto(address(served, "short"))
    expect(page.get_by_role("alert").first).to_contain_text("malformed")
    (tmp_path / "runs" / "short" / "run.db").write_bytes(whole)
    # The page begins again, with all that there is now.
    expect(page.locator(".sigma-play .sigma-status")).to_contain_text("ended")
    expect(page.get_by_role("tab", name="Overview")).to_be_visible()


def test_a_run_that_is_deleted_under_a_page_is_said_to_be(served, flowers, visit, tmp_path):
    directory = tmp_path / "runs" / "one"
    shutil.copytree(flowers, directory)
    page = visit(address(served, "one"))
    expect(page.locator(".sigma-play .sigma-status")).to_contain_text("ended")
    page.evaluate("window.isTheSame = true")
    directory.rename(tmp_path / "elsewhere")
    expect(page.get_by_role("alert").first).to_have_text("This run was deleted or moved.")
    expect(page.locator(".sigma-play .sigma-status")).to_contain_text("deleted")
    # What was read can still be seen, and the page is no other.
    expect(page.locator('[data-panel="loss"]')).to_be_visible()
    assert page.evaluate("window.isTheSame")
    (tmp_path / "elsewhere").rename(directory)
    expect(page.locator(".sigma-play .sigma-status")).to_contain_text("ended")
    expect(page.get_by_role("alert").first).to_be_hidden()


@pytest.mark.skipif(os.name == "nt", reason="there is no such signal")
def test_a_run_that_does_not_answer_leaves_its_page_usable(served, train, visit):
    with train("digits-1") as directory:
        page = visit(address(served, "digits-1"))
        status = page.locator(".sigma-play .sigma-status")
        expect(status).to_contain_text("running")
        process = summary(directory).process
        os.kill(process, signal.SIGSTOP)
        try:
            pause = page.get_by_role("button", name="Pause", exact=True)
            pause.click()
            # Meanwhile all else can be looked at.
            page.get_by_role("tab", name="Log").click()
            expect(page.get_by_text("The run started")).to_be_visible()
            other = visit(served.address)
            expect(other.get_by_role("link", name="digits-1")).to_be_visible()
            told = page.get_by_text("it has not answered within 10 seconds; the command is withdrawn")
            expect(told).to_be_visible()
            expect(page.get_by_role("button", name="Pause", exact=True)).to_be_enabled()
        finally:
            os.kill(process, signal.SIGCONT)
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(status).to_contain_text("paused")


def test_a_panel_that_fails_is_told_and_the_others_go_on(unserved, flowers, visit, tmp_path, monkeypatch):
    plugin = tmp_path / "plugin"
    information = plugin / "wrong_panels-1.0.dist-info"
    information.mkdir(parents=True)
    (plugin / "wrong_panels.py").write_text(PANELS, "utf-8")
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: wrong-panels\nVersion: 1.0\n", "utf-8")
    kinds = ("Good", "Made", "Fits", "Build", "Update", "Hangs", "Titleless", "Missing")
    lines = "".join(f"wrong_{kind.lower()} = wrong_panels:{kind}\n" for kind in kinds)
    (information / "entry_points.txt").write_text(f"[sigma.panels]\n{lines}", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(plugin))
    shutil.copytree(flowers, tmp_path / "runs" / "one")
    page = visit(address(unserved.start(), "one"))

    def panel(name):
        return page.locator(f'[data-panel="wrong_{name}"]')

    expect(panel("made")).to_contain_text("This panel failed: RuntimeError: wrong when made")
    expect(panel("fits")).to_contain_text("This panel failed: RuntimeError: wrong in fits")
    expect(panel("build")).to_contain_text("This panel failed: RuntimeError: wrong in build <b>x</b>")
    expect(panel("build")).not_to_contain_text("half")
    expect(panel("update")).to_contain_text("This panel failed: ZeroDivisionError: division by zero")
    expect(panel("hangs")).to_contain_text("This panel failed: it takes too long")
    expect(panel("good")).to_contain_text("all is well")
    expect(panel("titleless")).to_have_count(0)
    expect(panel("missing")).to_have_count(0)
    expect(page.locator('[data-panel="loss"] .sigma-chart')).to_be_visible()


def test_scores_that_are_no_numbers_and_no_iterations_at_all_are_shown(served, visit, tmp_path):
    scores = {"loss": math.nan, "accuracy": math.inf, "matrix": [[1, 2], [3, 4]]}
    place = {"epoch": 1, "iteration": 50}
    told(
        tmp_path / "runs" / "odd",
        *(IterationEnded(epoch=1, iteration=i, scores={"loss": math.nan if i > 20 else 1 / i}) for i in range(1, 51)),
        ValidationEnded(name="validation", scores=scores, **place),
        EpochEnded(iterations_per_epoch=50, scores={f"validation.{name}": scores[name] for name in scores}, **place),
    )
    told(tmp_path / "runs" / "nothing")
    page = visit(address(served, "odd"))
    numbers = page.locator('[data-panel="numbers"]')
    expect(numbers).to_contain_text("inf")
    expect(numbers).to_contain_text("nan")
    expect(numbers).not_to_contain_text("matrix")
    expect(page.locator('[data-panel="loss"] .sigma-chart')).to_be_visible()
    page.goto(address(served, "nothing"))
    expect(page.locator(".sigma-play")).to_contain_text("0 iterations")
    expect(page.get_by_role("tab", name="Log")).to_have_attribute("aria-selected", "true")


def test_of_three_hundred_series_the_one_that_is_wanted_is_found(served, visit, tmp_path, until):
    names = [f"measure_{number}" for number in range(300)]
    told(
        tmp_path / "runs" / "many",
        *(IterationEnded(epoch=1, iteration=i, scores=dict.fromkeys(names, float(i))) for i in range(1, 30)),
    )
    page = visit(address(served, "many"))
    panel = page.locator('[data-panel="metrics"]')
    panel.get_by_role("button", name="Chart settings").click()
    field = page.get_by_role("combobox", name="Metrics")
    field.fill("measure_277")
    options = page.get_by_role("option")
    expect(options).to_have_count(1)
    options.click()
    field.press("Escape")
    drawn = """() => {
      const chart = getElement(Number(document.querySelector('[data-panel="metrics"] .sigma-chart').id.slice(1))).chart;
      return chart.getOption().series.map((each) => each.name);
    }"""
    until(lambda: "training.measure_277" in page.evaluate(drawn), "the series")
    assert len(page.evaluate(drawn)) == 5
