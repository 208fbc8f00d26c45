"""The environment: what a process shares, and plugins that cannot take it down."""

import sys
from pathlib import Path
from types import MappingProxyType

import pytest

from sigma_core.environment import Environment, cache_directory
from sigma_core.errors import HookRegistrationError, PluginFailedError, SettingError
from sigma_core.events import LogRecorded, PluginRejected
from sigma_core.hooks import Clock
from sigma_core.registry import Composer


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a distribution with a plugin of the given source; the folder to look in is returned."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(name, source):
        module = f"house_{name}"
        (tmp_path / f"{module}.py").write_text(source, encoding="utf-8")
        information = tmp_path / f"{module}-1.0.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: house-{name}\nVersion: 1.0\n")
        (information / "entry_points.txt").write_text(f"[sigma.plugins]\n{name} = {module}\n")
        monkeypatch.delitem(sys.modules, module, raising=False)
        return [str(tmp_path)]

    yield install
    for module in [name for name in sys.modules if name.startswith("house_")]:
        del sys.modules[module]


GOOD = "def sigma_run_started(event):\n    pass\n"
MISSPELT = "def sigma_run_startd(evnt):\n    pass\ndef sigma_run_ended(evnt):\n    pass\n"
RAISES = "raise RuntimeError('it broke')\n"
REASON = (
    "hook 'sigma_run_ended' of plugin 'misspelt': unknown argument 'evnt' (nearest: event); "
    "hook 'sigma_run_startd' of plugin 'misspelt': there is no such hook"
)


def test_it_owns_everything_and_nothing_is_global(tmp_path):
    """Two environments side by side share nothing."""
    with Environment(path=[], root=tmp_path, seed=7) as one, Environment(path=[]) as other:
        assert one.seed == 7
        assert one.hooks is not other.hooks
        assert one.bus is not other.bus
        assert one.components is not other.components
        assert isinstance(one.composer, Composer)
        assert (one.paths.root, one.paths.runs) == (tmp_path, tmp_path / "runs")
        assert other.paths.root == Path.cwd()
        assert list(tmp_path.iterdir()) == []


def test_installed_plugins_are_registered_in_order_of_their_names(install):
    """What is installed takes part, with the distribution that it comes from."""
    install("zebra", GOOD)
    path = install("ant", GOOD)
    with Environment(path=path) as environment:
        entries = environment.hooks.implementations("sigma_run_started")
        assert [(each.plugin, each.distribution) for each in entries] == [
            ("ant", "house-ant"),
            ("zebra", "house-zebra"),
        ]
        assert environment.rejected == ()


def test_a_plugin_that_raises_is_contained(install):
    """One event, one log entry, told to whoever comes; everything else works."""
    install("good", GOOD)
    path = install("raises", RAISES)
    with Environment(path=path) as environment:
        (rejected,) = environment.rejected
        assert (rejected.plugin, rejected.distribution, rejected.status) == ("raises", "house-raises", "failed")
        assert "RuntimeError: it broke" in rejected.reason
        event, log = environment.bus.subscribe("late").drain()
        assert event == rejected
        assert isinstance(log, LogRecorded)
        assert (log.level, log.text, log.fields["reason"]) == ("warning", "plugin rejected", rejected.reason)
        assert [each.plugin for each in environment.hooks.implementations("sigma_run_started")] == ["good"]


def test_a_plugin_with_misspelt_hooks_is_contained(install):
    """Its faults are one reason, shown where plugins are listed; nothing of it is registered."""
    path = install("misspelt", MISSPELT)
    with Environment(path=path) as environment:
        expected = PluginRejected(plugin="misspelt", distribution="house-misspelt", status="failed", reason=REASON)
        assert environment.rejected == (expected,)
        assert environment.hooks.implementations("sigma_run_ended") == ()


def test_strict_environments_raise(install):
    """In strict mode the first fault ends it, whole."""
    path = install("misspelt", MISSPELT)
    with pytest.raises(HookRegistrationError) as caught:
        Environment(path=path, strict=True)
    assert str(caught.value).splitlines()[0] == (
        "plugin 'misspelt' (distribution 'house-misspelt'): cannot be registered: 2 faults"
    )
    path = install("raises", RAISES)
    with pytest.raises(PluginFailedError):
        Environment(path=path, strict=True, block=["house-misspelt"])


def test_blocked_plugins_are_not_imported(install):
    """Blocking comes before import and is no fault."""
    path = install("raises", RAISES)
    with Environment(path=path, block=["house-raises"], strict=True) as environment:
        assert environment.rejected == ()
    assert "house_raises" not in sys.modules


def test_other_plugins_hear_of_a_rejection(install):
    """The hook is called when all others are registered, whatever their names."""
    install("a_broken", RAISES)
    path = install(
        "reporter", "heard = []\ndef sigma_plugin_rejected(event, trainer):\n    heard.append((event, trainer))\n"
    )
    with Environment(path=path) as environment:
        assert sys.modules["house_reporter"].heard == [(environment.rejected[0], None)]


def test_a_reporter_that_raises_is_logged(install):
    """A hook that fails before there is a run goes no further than the log."""
    install("broken", RAISES)
    path = install("reporter", "def sigma_plugin_rejected():\n    raise ValueError('bad')\n")
    with Environment(path=path) as environment:
        entry = environment.bus.subscribe("late", [LogRecorded]).drain()[-1]
    assert (entry.level, entry.text) == ("error", "hook failed")
    assert entry.fields["reason"] == (
        "hook 'sigma_plugin_rejected' of plugin 'reporter' (distribution 'house-reporter'), iteration 0: "
        "raised ValueError: bad\n  to do:    correct the plugin, or leave it out of this run"
    )


def test_the_level_filters_the_log(install):
    """Below the level nothing is recorded."""
    path = install("raises", RAISES)
    with Environment(path=path, level="error") as environment:
        assert environment.bus.subscribe("late", [LogRecorded]).drain() == []


def test_components_can_be_registered_for_one_environment():
    """A notebook offers its own component without installing anything."""

    class Own:
        pass

    with Environment(path=[]) as environment:
        environment.register("hooks", "own", Own)
        assert environment.components.get("hooks", "own") is Own


def test_its_hooks_and_bus_work_together():
    """A plugin registered by hand is frozen for a run; one with faults is refused at once."""
    with Environment(path=[]) as environment:
        with pytest.raises(HookRegistrationError):
            environment.hooks.register(Misspelt())
        assert environment.hooks.freeze(Clock()).generation == 0


class Misspelt:
    def sigma_run_startd(self):
        pass


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "environment, seed: -1\n  expected: a whole number from 0 on"),
        ({"seed": True}, "environment, seed: True\n  expected: a whole number from 0 on"),
        (
            {"level": "warn"},
            "environment, level: 'warn'\n  expected: debug, info, warning, error, critical (nearest: warning)",
        ),
        ({"level": 3}, "environment, level: 3\n  expected: debug, info, warning, error, critical"),
    ],
)
def test_settings_are_checked(options, message):
    """A seed or level that means nothing is refused."""
    with pytest.raises(SettingError) as caught:
        Environment(path=[], **options)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {}, Path.home() / ".cache" / "sigma"),
        ("linux", {"XDG_CACHE_HOME": "caches"}, Path("caches") / "sigma"),
        ("darwin", {"XDG_CACHE_HOME": "caches"}, Path.home() / "Library" / "Caches" / "sigma"),
        ("win32", {}, Path.home() / "AppData" / "Local" / "sigma"),
        ("win32", {"LOCALAPPDATA": "local"}, Path("local") / "sigma"),
        ("linux", {"SIGMA_CACHE": "mine", "XDG_CACHE_HOME": "caches"}, Path("mine")),
    ],
)
def test_caches_lie_where_the_platform_keeps_them(platform, environ, expected):
    """SIGMA_CACHE overrides; nothing is made before it is needed."""
    assert cache_directory(MappingProxyType(environ), platform) == expected
