"""Charts of a run: what they draw, and in how much detail what is looked at."""

import asyncio
import shutil
from types import SimpleNamespace

import pytest
from nicegui import Client
from nicegui.page import page
from sigma_monitors.dashboard import _curve
from sigma_monitors.dashboard._preferences import Preferences
from sigma_monitors.dashboard.panels._charts import POINTS
from sigma_monitors.dashboard.panels.metrics import Loss
from sigma_monitors.dashboard.panels.numbers import Numbers


@pytest.fixture
def shown(view):
    """What a panel has after each step: its series by name."""

    def shown(recording, panel, *steps, preferences=None):
        async def drawn():
            page_view = view(recording, preferences)
            found = []
            with Client(page("")):
                panel.build(page_view)
                (update,) = page_view.take()
                for step in (lambda: None, *steps):
                    told = step()
                    if told is not None:
                        await told
                    await update()
                    options = panel._chart.element.options["series"]
                    found.append({line["name"]: [point[0] for point in line["data"]] for line in options})
            return found

        return asyncio.run(drawn())

    return shown


def zoom(panel, **ends):
    return lambda: panel._zoomed(SimpleNamespace(args=ends))


@pytest.mark.parametrize("length", [2_000, 20_000])
def test_what_is_looked_at_is_drawn_in_all_its_detail(shown, tmp_path, told, recorded, length):
    with told(tmp_path / "one") as running:
        running.start()
        running.iterations(range(1, length + 1))
    run = recorded(tmp_path / "one")
    assert run.curves(["training.loss"])["training.loss"].is_thinned == (length > 2 * _curve.POINTS)
    panel = Loss()
    whole, ends, shares, back = (
        found["training.loss"]
        for found in shown(
            run,
            panel,
            zoom(panel, batch=[{"startValue": 500, "endValue": 600.5}]),
            zoom(panel, start=100 * 499 / (length - 1), end=100 * 599 / (length - 1)),
            zoom(panel, start=0, end=100),
        )
    )
    assert len(whole) <= POINTS
    assert (whole[0], whole[-1]) == (1, length)
    for detail in (ends, shares):
        assert set(range(501, 600)) <= set(detail)
        # The axis stays as long as it was.
        assert (detail[0], detail[-1]) == (1, length)
        assert detail == sorted(set(detail))
    assert back == whole


def test_a_chart_shows_what_was_chosen_as_far_as_it_is_there(shown, tmp_path, told, recorded):
    with told(tmp_path / "one") as running:
        running.start()
        running.iterations(range(1, 20), rate=0.5)
    run = recorded(tmp_path / "one")
    (found,) = shown(run, Loss(), preferences=Preferences(charts={"Loss": ["gone", "training.rate"]}))
    assert list(found) == ["training.rate"]
    (found,) = shown(run, Loss(), preferences=Preferences(charts={"Loss": ["gone"]}))
    assert list(found) == ["training.loss"]


def test_a_chart_of_a_run_that_is_gone_stays_as_it_was(shown, flowers, recorded, tmp_path):
    shutil.copytree(flowers, tmp_path / "one")
    run = recorded(tmp_path / "one")
    panel = Loss()

    def gone():
        shutil.rmtree(tmp_path / "one")
        run.refresh()

    before, after, zoomed = shown(run, panel, gone, zoom(panel, startValue=3, endValue=8))
    assert before == after == zoomed
    assert len(before["training.loss"]) == 16


def test_of_many_scores_the_first_are_large_numbers(view, tmp_path, told, recorded):
    with told(tmp_path / "one") as running:
        running.start()
        running.iterations(range(1, 3))
        running.epoch(1, 2, matrix=[[1]], **{f"score_{number}": number / 10 for number in range(30)})
    run = recorded(tmp_path / "one")
    assert Numbers().fits(run)

    async def texts():
        page_view = view(run)
        with Client(page("")) as client:
            Numbers().build(page_view)
            for update in page_view.take():
                update()
                update()
        return [text for element in client.elements.values() if (text := getattr(element, "text", None))]

    found = asyncio.run(texts())
    assert found.count("validation.score_0") >= 1
    assert "validation.matrix" not in found
    assert len([text for text in found if text.replace(".", "").isdigit()]) == 8
