"""A panel on a page, which may be anybody's."""

import asyncio
import time

import pytest
from nicegui import Client, ui
from nicegui.page import page
from sigma_monitors.dashboard import _place
from sigma_monitors.dashboard._language import language
from sigma_monitors.dashboard._panel import Panel
from sigma_monitors.dashboard._place import Place
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard._server import _fault, installed

from sigma_core import Environment


class Works(Panel):
    """Counts how often it is brought up to date."""

    title = "Works"
    bare = True

    def build(self, view):
        count = 0
        label = ui.label("built")

        def update():
            nonlocal count
            count += 1
            label.set_text(f"updated {count}")

        view.on_change(update)


class Raises(Works):
    """Raises at one place."""

    title = "Raises"

    def __init__(self, place):
        self.place = place
        self.check("made")

    def check(self, place):
        if self.place == place:
            raise ValueError(f"wrong in {place}")

    def fits(self, run):
        self.check("fits")
        return True

    def build(self, view):
        ui.label("before")
        view.on_change(lambda: self.check("update"))
        view.on_change(self.later)
        self.check("build")

    async def later(self):
        await asyncio.sleep(0)
        self.check("later")


@pytest.fixture
def seen(view):
    """The texts of the card after so many updates, and whether there is something to see."""

    def seen(panel, tmp_path, times=1):
        async def drawn():
            recording = Recording(tmp_path / "one")
            page_view = view(recording)
            with Client(page("")):
                place = Place("one", panel, language("en"))
                place.stand()
                for _ in range(times):
                    fits = place.fits(recording)
                    if fits:
                        await place.update(page_view)
            assert page_view.take() == []
            return fits, [each.text for each in place.card.descendants() if isinstance(each, ui.label)], place.card

        return asyncio.run(drawn())

    return seen


def test_a_panel_is_built_once_and_brought_up_to_date(seen, tmp_path):
    fits, texts, card = seen(Works, tmp_path, times=3)
    assert fits
    assert texts == ["updated 3"]
    assert "sigma-bare" in card.classes


def test_one_that_does_not_fit_is_not_built(seen, tmp_path):
    class Never(Works):
        def fits(self, run):
            return False

    assert seen(Never, tmp_path)[:2] == (False, [])


@pytest.mark.parametrize("place", ["made", "fits", "build", "update", "later"])
def test_whatever_it_raises_is_told_in_its_place(seen, tmp_path, place):
    class Here(Raises):
        def __init__(self):
            super().__init__(place)

    fits, texts, card = seen(Here, tmp_path, times=3)
    assert fits
    assert texts == ["Raises", f"This panel failed: ValueError: wrong in {place}"]
    assert "sigma-card" in card.classes


@pytest.mark.parametrize("way", ["sleeps", "awaits"])
def test_one_that_takes_too_long_is_not_called_again(seen, tmp_path, monkeypatch, way):
    monkeypatch.setattr(_place, "PATIENCE", 0.05)

    class Slow(Works):
        title = "Slow"

        def build(self, view):
            if way == "sleeps":
                time.sleep(0.1)
            else:
                view.on_change(lambda: asyncio.sleep(3600))

    assert seen(Slow, tmp_path, times=2)[:2] == (True, ["Slow", "This panel failed: it takes too long"])


def test_panels_that_cannot_be_used_are_said_with_their_origin(tmp_path, monkeypatch):
    information = tmp_path / "wrong_panels-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: wrong-panels\nVersion: 1.0\n", "utf-8")
    (tmp_path / "wrong_panels.py").write_text(
        "from sigma_monitors.dashboard import Panel\n\nclass Titleless(Panel):\n    def build(self, view): ...\n",
        "utf-8",
    )
    lines = "wrong_missing = wrong_panels:Missing\nwrong_text = os:sep\nwrong_title = wrong_panels:Titleless\n"
    (information / "entry_points.txt").write_text(f"[sigma.panels]\n{lines}", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with Environment() as environment:
        panels, problems = installed(environment)
    assert "loss" in panels
    assert [name for name in panels if name.startswith("wrong")] == []
    assert len(problems) == 3
    assert "wrong_missing" in problems[0]
    assert problems[1:] == [
        "panel 'wrong_text' of wrong-panels 1.0 is no Panel",
        "panel 'wrong_title' of wrong-panels 1.0 has no title of type str",
    ]


def test_what_is_no_panel_is_told_apart():
    class Titleless(Panel):
        def build(self, view):
            pass

    class Unbuilt(Panel):
        title = "Unbuilt"

    class Odd(Works):
        rank = "first"

    assert _fault(Works) == ""
    assert _fault(Works()) == _fault(int) == _fault(None) == "is no Panel"
    assert _fault(Titleless) == "has no title of type str"
    assert _fault(Unbuilt) == "lacks build"
    assert _fault(Odd) == "has no rank of type int"
