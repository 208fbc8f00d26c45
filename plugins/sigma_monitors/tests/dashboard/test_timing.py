"""Where the time of a run went."""

import pytest
from sigma_monitors.dashboard.panels._spent import apart, bars
from sigma_monitors.dashboard.panels.timing import moment

import sigma_core as sigma
from sigma_core.extend import RunStore

RECIPE = {
    "seed": 1,
    "stop": "2 epochs",
    "profile": True,
    "dataset": {"use": "iris", "split": [0.8, 0.2]},
    "optimiser": "adam",
    "network": [{"use": "input", "shape": [4]}, {"use": "dense", "size": 3}, {"use": "softmax_cross_entropy"}],
    "hooks": ["histograms"],
}


def test_the_bars_of_a_run_add_up_to_its_time(tmp_path):
    sigma.Trainer.from_recipe(RECIPE).run(directory=tmp_path / "run")
    with RunStore.open(tmp_path / "run") as store:
        profile = store.last("run_profiled").payload["profile"]
    found = bars(profile)
    plugins = [bar for bar in found if bar.is_plugin]
    assert sum(bar.seconds for bar in plugins) == pytest.approx(profile["seconds"])
    assert sum(bar.share for bar in found if not bar.is_plugin) == pytest.approx(1.0)
    assert [bar.seconds for bar in plugins] == sorted((bar.seconds for bar in plugins), reverse=True)
    assert "sigma-core" in {bar.name for bar in plugins}
    assert {bar.name for bar in apart(profile)} == {"histograms"}


def row(plugin, name, seconds, calls=1):
    """Of a profile."""
    return {"plugin": plugin, "name": name, "event": "", "seconds": seconds, "calls": calls}


def test_what_is_small_is_summed_up():
    """But for the first four of each plugin, and one alone."""
    rows = [row("a", "x", 99.0), *(row("a", f"y{number}", 0.01 - number / 1e4) for number in range(6))]
    rows += [*(row("b", f"z{number}", 0.001) for number in range(5)), row("c", "w", 0.5, 0)]
    found = bars({"seconds": 100.0, "iterations": 10, "rows": rows})
    assert [(bar.name, bar.is_plugin, bar.several) for bar in found] == [
        ("a", True, 0),
        ("x", False, 0),
        *((f"y{number}", False, 0) for number in range(3)),
        ("", False, 3),
        ("c", True, 0),
        ("w", False, 0),
        ("b", True, 0),
        *((f"z{number}", False, 0) for number in range(5)),
    ]
    assert found[1].each_step == pytest.approx(9.9)
    assert (found[1].calls, found[7].calls) == (1, None)
    assert found[5].seconds == pytest.approx(0.03 - 12 / 1e4)


def test_a_run_without_time_has_no_share():
    profile = {"seconds": 0.0, "iterations": 0, "rows": [row("a", "x", 0.0)], "apart": []}
    assert [bar.share for bar in bars(profile)] == [0.0, 0.0]
    assert apart(profile) == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0 us"), (6.784e-6, "6.78 us"), (0.03451, "34.5 ms"), (1.234, "1.23 s"), (123456.7, "123457 s")],
)
def test_times_have_a_unit_that_suits_them(seconds, text):
    assert moment(seconds) == text
