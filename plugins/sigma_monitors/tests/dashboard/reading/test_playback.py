"""Play, pause and what else there is to press, where the run is not as the page believes."""

import asyncio

import pytest
from attrs import evolve
from nicegui import Client
from nicegui.page import page
from sigma_monitors.dashboard._playback import Playback
from sigma_monitors.dashboard._recording import Recording


@pytest.fixture
def played(view):
    """The bar after buttons were pressed, and what the page told meanwhile."""

    def played(recording, *presses):
        async def drawn():
            heard = []
            page_view = view(recording, notify=lambda text, kind: heard.append((kind, text)))
            with Client(page("")):
                bar = Playback(page_view)
                bar.build()
                (update,) = page_view.take()
                update()
                for press in presses:
                    await getattr(bar, press)()
                    update()
            return bar, heard

        return asyncio.run(drawn())

    return played


def buttons(bar):
    return [button.enabled for button in (bar._play, bar._step, bar._save, bar._stop)]


def test_a_run_that_was_never_read_takes_no_commands(played, tmp_path):
    bar, heard = played(Recording(tmp_path / "none"))
    assert buttons(bar) == [False] * 4
    assert heard == []


def test_a_run_that_has_ended_takes_no_commands_and_says_how_to_go_on(played, flowers, recorded):
    bar, _ = played(recorded(flowers))
    assert buttons(bar) == [False] * 4
    assert (bar._word.text, bar._why.text, bar._epochs.text) == ("ended", "4 epochs", "epoch 4 / 4")
    assert bar._track.props["aria-valuenow"] == "100"
    assert bar._again.visible


@pytest.mark.parametrize("press", ["_toggle", "_step_once", "_save_now"])
def test_a_button_that_is_pressed_when_the_run_has_just_ended_tells_so(played, flowers, recorded, press):
    run = recorded(flowers)
    # As the page knew it a moment ago.
    run.summary = evolve(run.summary, status="running")
    bar, heard = played(run, press)
    refused = (
        f"run {str(flowers)!r}: it has ended: 4 epochs\n"
        "  expected: a run that goes on\n"
        "  to do:    `sigma runs` lists runs and how they fare"
    )
    assert heard == [("negative", refused)]
    # It does not wait for what will not come.
    assert "loading" not in bar._play.props


def test_what_is_wrong_is_not_said_twice(played, tmp_path, told, recorded):
    with told(tmp_path / "one") as running:
        running.start()
        running.iterations(range(1, 10))
    bar, _ = played(recorded(tmp_path / "one"))
    assert (bar._word.text, bar._why.text, bar._iterations.text) == ("stale", "", "9 iterations")
    assert buttons(bar) == [False] * 4


@pytest.mark.parametrize(("status", "enabled"), [("running", [True, False, True, True]), ("paused", [True] * 4)])
def test_a_run_steps_only_while_it_holds(played, flowers, recorded, status, enabled):
    run = recorded(flowers)
    run.summary = evolve(run.summary, status=status, iterations=8)
    bar, _ = played(run)
    assert buttons(bar) == enabled
    assert bar._play.props["aria-label"] == ("Play" if status == "paused" else "Pause")
    assert bar._track.props["aria-valuenow"] == "50"
