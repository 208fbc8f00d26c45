"""Pages as they are drawn, without a browser: the list of runs, and several beside each other."""

import asyncio
import math
import shutil
import sqlite3
from contextlib import closing

import pytest
from nicegui import Client, ui
from nicegui.page import page
from sigma_monitors.dashboard import _library, _recording
from sigma_monitors.dashboard._language import language
from sigma_monitors.dashboard._library import Library
from sigma_monitors.dashboard._look import every
from sigma_monitors.dashboard._page_compare import MOST, ComparePage
from sigma_monitors.dashboard._page_runs import RunsPage
from sigma_monitors.dashboard._preferences import Preferences

from sigma_core.extend import set_tags


@pytest.fixture
def library(tmp_path, monkeypatch):
    monkeypatch.setattr(_library, "_INTERVAL", 0.0)
    monkeypatch.setattr(_recording, "INTERVAL", 0.0)
    found = Library(tmp_path / "runs")
    yield found
    found.close()


def texts(client):
    return [text for element in client.elements.values() if (text := getattr(element, "text", None))]


def built(make, *steps):
    """A page, after each of these steps and another look at what there is."""

    async def drawn():
        with Client(page("")) as client:
            made = make()
            await made.build()
            for step in steps:
                step()
                await made._refresh()
        return made, client

    return asyncio.run(drawn())


def compared(library, names, *steps):
    return built(lambda: ComparePage(library, names, language("en"), Preferences()), *steps)


def test_runs_are_compared_by_their_series_scores_and_settings(library, flowers):
    for name in ("one", "two"):
        shutil.copytree(flowers, library.folder / name)
    recipe = library.folder / "two" / "recipe.toml"
    recipe.write_text(recipe.read_text("utf-8").replace("seed = 1", "seed = 2"), "utf-8")
    made, client = compared(library, ["two", "one", "two", "gone"])
    said = texts(client)
    assert "There is no run gone" in said
    assert made._metric.value == "validation.accuracy"
    assert [line["name"] for line in made._chart.element.options["series"]] == ["two", "one"]
    assert [text for text in said if text in ("seed", "1", "2")] == ["seed", "2", "1"]
    # Both are as good, so each is the best.
    best = [element for element in client.elements.values() if "sigma-best" in element.classes]
    assert len(best) == 2 * 3


def test_two_runs_at_least_are_compared_and_not_too_many(library, flowers):
    for number in range(MOST + 2):
        shutil.copytree(flowers, library.folder / str(number))
    _, client = compared(library, ["3"])
    assert "Choose two runs or more" in texts(client)
    made, client = compared(library, [str(number) for number in range(MOST + 2)])
    assert f"These are the first {MOST}." in texts(client)
    assert len(made._chart.element.options["series"]) == MOST


def test_runs_that_begin_or_vanish_while_they_are_compared_are_followed(library, told):
    with told(library.folder / "one") as one, told(library.folder / "two") as two:
        one.start()
        two.start()

        def begin():
            one.iterations(range(1, 30))
            two.iterations(range(1, 20))

        made, _ = compared(library, ["one", "two"])
        assert (made._metric.value, list(made._metric.options)) == (None, [])
        made, client = compared(library, ["one", "two"], begin)
        assert made._metric.value == "training.loss"
        assert [len(line["data"]) for line in made._chart.element.options["series"]] == [29, 19]
    made, client = compared(library, ["one", "two"], lambda: shutil.rmtree(library.folder / "two"))
    assert "deleted" in texts(client)
    assert [len(line["data"]) for line in made._chart.element.options["series"]] == [29, 19]


def test_the_list_is_given_only_what_is_new(library, flowers):
    for name in ("one", "two"):
        shutil.copytree(flowers, library.folder / name)
    given = []

    def make():
        made = RunsPage(library, language("en"), Preferences())
        send = made._send

        def heard():
            made._table.run_method = lambda method, rows, names: given.append(
                (method, [row["name"] for row in rows], sorted(names))
            )
            send()

        made._send = heard
        return made

    async def drawn():
        with Client(page("")):
            made = make()
            await made.build()
            assert given == []
            made._begin()
            for step in (lambda: None, lambda: set_tags(library.folder / "two", ["best"]), remove):
                step()
                await made._refresh()
        return made

    def remove():
        shutil.rmtree(library.folder / "one")

    made = asyncio.run(drawn())
    both = ["one", "two"]
    assert [(method, sorted(rows), names) for method, rows, names in given] == [
        ("put", both, both),
        ("put", ["two"], both),
        ("put", [], ["two"]),
    ]
    assert made._tag.options == ["best"]


def test_what_a_browser_says_is_chosen_is_looked_up(library, flowers):
    for name in ("one", "two"):
        shutil.copytree(flowers, library.folder / name)

    def make():
        return RunsPage(library, language("en"), Preferences())

    made, _ = built(make)
    for said, chosen in (
        (["one", "two"], ["one", "two"]),
        (["one", "gone", 7, None], ["one"]),
        ("one", []),
        (None, []),
    ):
        made._choose(said)
        assert made._chosen == chosen
        assert made._compare.enabled == (len(chosen) >= 2)
    assert made._found("gone") is None
    assert made._found(["one"]) is None
    assert made._found("one").name == "one"


def test_runs_are_ranked_by_what_their_cells_tell_of(library, told, flowers):
    shutil.copytree(flowers, library.folder / "good")
    for name, loss in (("bad", math.nan), ("worse", math.inf)):
        with told(library.folder / name) as running:
            running.start()
            running.end(3, **{"validation.loss": loss, "validation.matrix": [[1]]})
    with told(library.folder / "new") as running:
        running.start()
        running.end(0)
    made, _ = built(lambda: RunsPage(library, language("en"), Preferences()))
    rows = {row["name"]: row for row in made._rows}
    assert [rows[name]["score"] for name in ("bad", "worse", "new")] == ["loss nan", "loss inf", ""]
    assert rows["good"]["score"].startswith("accuracy 0.")
    ranks = sorted(rows, key=lambda name: rows[name]["ranks"]["score"])
    assert ranks[0] == "good"
    assert all(math.isfinite(row["ranks"]["score"]) for row in rows.values())
    ages = sorted(rows, key=lambda name: rows[name]["ranks"]["age"])
    assert ages == [row["name"] for row in made._rows]


def test_a_run_whose_series_are_damaged_leaves_the_others_to_be_compared(library, flowers):
    for name in ("one", "two"):
        shutil.copytree(flowers, library.folder / name)
    with closing(sqlite3.connect(library.folder / "two" / "run.db")) as connection, connection:
        connection.execute("UPDATE metrics SET value = 'half'")
    made, _ = compared(library, ["one", "two"])
    assert [line["name"] for line in made._chart.element.options["series"]] == ["one"]


def test_a_page_that_nobody_has_open_rests():
    """And goes on when its browser is back."""

    async def counted():
        updates = []

        async def update():
            updates.append(client.has_socket_connection)

        with Client(page("")) as client:
            every(0.01, update)
            (timer,) = (element for element in client.elements.values() if isinstance(element, ui.timer))
            for tab in (None, "tab", None):
                client.tab_id = tab
                await timer.callback()
        return updates

    assert asyncio.run(counted()) == [True]
