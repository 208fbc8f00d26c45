"""Registration: what is refused, all of it together, and what is kept."""

import sys
from functools import partial
from types import ModuleType

import pluggy
import pytest
from attrs import define

from sigma_core.errors import HookRegistrationError
from sigma_core.events import PluginRejected, RunStarted
from sigma_core.hooks import HOOKS, Clock, HookManager, Trigger, every, hookimpl

STARTED = RunStarted(run="digits-1", directory=None, epoch=0, iteration=0)


def refused(plugin, name="mine", **options):
    with pytest.raises(HookRegistrationError) as caught:
        HookManager().register(plugin, name, **options)
    return str(caught.value)


def only(*faults, head="plugin 'mine': cannot be registered: "):
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    return "\n".join([head + count, *faults])


class Silent:
    def sigma_run_started(self):
        pass


def test_an_instance_is_registered_under_the_name_of_its_class():
    """Names are predictable, and a second instance gets a number."""
    manager = HookManager()
    assert [manager.register(Silent()) for _ in range(3)] == ["silent", "silent_2", "silent_3"]


def test_a_module_is_registered_under_its_own_name():
    """A module can be a plugin; what it imported under a name like sigma_nn is no hook."""
    module = ModuleType("house.plugin")
    module.sigma_nn = ModuleType("sigma_nn")
    module.sigma_class = Silent
    module.sigma_version = "1.0"
    module.sigma_run_started = lambda event: event
    manager = HookManager()
    assert manager.register(module) == "house.plugin"
    assert [entry.hook for name in HOOKS for entry in manager.implementations(name)] == ["sigma_run_started"]


def test_every_argument_subset_is_accepted_in_any_order():
    """An implementation names what it needs."""
    seen = []

    class Both:
        def sigma_run_started(self, event, trainer):
            seen.append((event, trainer))

    class Turned:
        def sigma_run_started(self, trainer, event):
            seen.append((event, trainer))

    class EventOnly:
        def sigma_run_started(self, event):
            seen.append((event, None))

    class TrainerOnly:
        @staticmethod
        def sigma_run_started(trainer):
            seen.append((None, trainer))

    class Neither:
        @classmethod
        def sigma_run_started(cls):
            seen.append((None, None))

    class Partial:
        sigma_run_started = staticmethod(partial(lambda log, event: log.append((event, 0)), seen))

    manager = HookManager()
    for kind in (Both, Turned, EventOnly, TrainerOnly, Neither, Partial):
        manager.register(kind())
    manager.freeze(Clock()).fire(STARTED, "trainer")
    both = (STARTED, "trainer")
    assert seen == [both, both, (STARTED, None), (None, "trainer"), (None, None), (STARTED, 0)]


def test_hookimpl_keeps_the_function():
    """The decorator marks and returns the function itself, with or without options."""

    def sigma_run_started(event):
        return event

    assert hookimpl(sigma_run_started) is sigma_run_started
    assert hookimpl(phase="score")(sigma_run_started) is sigma_run_started


def test_options_reach_the_implementation():
    """Every option is kept; a lone name is a name and not its letters."""

    class Plugin:
        @hookimpl(when="3 epochs", phase="persist", before="reporter", after=["score"], scope="worker", requires="loss")
        def sigma_epoch_ended(self, event):
            pass

    manager = HookManager()
    manager.register(Plugin(), "mine", distribution="house")
    (entry,) = manager.implementations("sigma_epoch_ended")
    assert (entry.hook, entry.plugin, entry.distribution) == ("sigma_epoch_ended", "mine", "house")
    assert (entry.arguments, entry.phase, entry.scope) == (("event",), "persist", "worker")
    assert (entry.before, entry.after, entry.requires) == (("reporter",), ("score",), ("loss",))
    assert (entry.when, entry.order) == (Trigger.parse("3 epochs"), 1)
    assert str(entry) == "hook 'sigma_epoch_ended' of plugin 'mine' (distribution 'house')"


def test_all_faults_are_reported_together():
    """Nothing of a plugin with faults is registered, and none of its faults is left out."""

    class Plugin:
        @hookimpl(phase="persits", scope="runs", when="3 epoks")
        def sigma_epoch_ended(self, evnt, trainer=None):
            pass

        def sigma_epoch_endd(self):
            pass

    manager = HookManager()
    with pytest.raises(HookRegistrationError) as caught:
        manager.register(Plugin(), "mine", distribution="house")
    where = "hook 'sigma_epoch_ended' of plugin 'mine'"
    arguments = "  expected: event and trainer, either, or none"
    assert str(caught.value) == only(
        "hook 'sigma_epoch_endd' of plugin 'mine': there is no such hook\n"
        "  expected: sigma_epoch_ended (nearest)\n"
        "  to do:    correct the name; a function that is no hook must not begin with sigma_",
        f"{where}: unknown argument 'evnt' (nearest: event)\n{arguments}",
        f"{where}: argument 'trainer' has a default, which would hide a misspelt name\n{arguments}\n"
        "  to do:    take the default away; an argument that is not needed can be left out",
        f"{where}: unknown phase 'persits'\n  expected: modify, score, schedule, persist, observe (nearest: persist)",
        f"{where}: unknown scope 'runs'\n  expected: run, worker (nearest: run)",
        f"{where}, when: 'epoks' does not fit here\n    3 epoks\n      ^\n"
        "  expected: iterations, epochs, seconds, run, starts, stops, pauses, resumes or resets (nearest: epochs)",
        head="plugin 'mine' (distribution 'house'): cannot be registered: ",
    )
    assert not manager.has_plugin("mine")
    assert manager.implementations("sigma_epoch_ended") == ()
    assert manager.generation == 0


def test_a_hook_like_no_other_lists_all():
    """A name with nothing near it is answered with every hook."""

    class Plugin:
        def sigma_x(self):
            pass

    assert refused(Plugin()) == only(
        "hook 'sigma_x' of plugin 'mine': there is no such hook\n"
        f"  expected: {', '.join(sorted(HOOKS))}\n"
        "  to do:    correct the name; a function that is no hook must not begin with sigma_"
    )


@pytest.mark.parametrize(
    ("function", "fault"),
    [
        (lambda *event: event, "takes *event|name the arguments that are needed"),
        (lambda **event: event, "takes **event|name the arguments that are needed"),
        (lambda *, event: event, "takes 'event' by keyword only|take the * out of the signature"),
        (
            lambda event=None: event,
            (
                "argument 'event' has a default, which would hide a misspelt name"
                "|take the default away; an argument that is not needed can be left out"
            ),
        ),
    ],
)
def test_signatures_that_are_refused(function, fault):
    """What would not be passed, or would hide a misspelt name, is refused."""

    class Plugin:
        sigma_run_started = staticmethod(function)

    found, remedy = fault.split("|")
    assert refused(Plugin()) == only(
        f"hook 'sigma_run_started' of plugin 'mine': {found}\n"
        f"  expected: event and trainer, either, or none\n  to do:    {remedy}"
    )


def test_a_function_without_a_signature_is_refused():
    """Some built-in functions do not tell their arguments."""

    class Opaque:
        __signature__ = "none"

        def __call__(self):
            pass

        def __repr__(self):
            return "opaque"

    class Plugin:
        sigma_run_started = Opaque()

    assert refused(Plugin()) == only(
        "hook 'sigma_run_started' of plugin 'mine': the arguments of opaque cannot be told\n"
        "  expected: event and trainer, either, or none\n  to do:    wrap it in a function"
    )


def test_a_trigger_that_is_no_trigger_is_refused():
    """`when` is a trigger or a text."""

    class Plugin:
        @hookimpl(when=10)
        def sigma_run_started(self):
            pass

    assert refused(Plugin()) == only(
        "hook 'sigma_run_started' of plugin 'mine', when: the text ends here\n    10\n      ^\n"
        "  expected: iterations, epochs, seconds, run, starts, stops, pauses, resumes or resets"
    )


def test_coroutines_are_refused():
    """Nobody would await them."""

    class Plugin:
        async def sigma_run_started(self):
            pass

    assert refused(Plugin()) == only(
        "hook 'sigma_run_started' of plugin 'mine': is a coroutine, which nobody would await\n"
        "  expected: a plain function\n"
        "  to do:    listen on the event bus, whose listeners have a thread of their own"
    )


def test_the_same_plugin_twice_is_refused():
    """An object is registered once, and a name belongs to one object."""
    manager, plugin = HookManager(), Silent()
    manager.register(plugin, "first")
    with pytest.raises(HookRegistrationError) as caught:
        manager.register(plugin, "second")
    assert str(caught.value) == only(
        "plugin 'second': is registered already, as 'first'", head="plugin 'second': cannot be registered: "
    )
    with pytest.raises(HookRegistrationError) as caught:
        manager.register(Silent(), "first")
    assert str(caught.value) == only(
        "plugin 'first': another plugin has this name, an instance of Silent\n"
        "  to do:    register it under another name",
        head="plugin 'first': cannot be registered: ",
    )


def test_plugins_come_and_go():
    """Each change bumps the generation, and what has gone is not called any more."""
    manager, plugin = HookManager(), Silent()
    manager.register(plugin, "one")
    manager.register(Silent(), "two")
    assert manager.unregister(plugin) is plugin
    manager.unregister(name="two")
    assert manager.implementations("sigma_run_started") == ()
    assert manager.generation == 4


def test_a_blocked_name_is_not_registered():
    """Blocking is pluggy's own and holds here as well."""
    manager = HookManager()
    manager.set_blocked("mine")
    assert manager.register(Silent(), "mine") is None
    assert manager.implementations("sigma_run_started") == ()


def test_a_copy_has_the_same_plugins_and_its_own_future():
    """A trainer adds its hooks to a copy; the original hears nothing of it."""
    manager = HookManager()
    manager.register(Silent(), "one", distribution="house")
    twin = manager.copy()
    twin.register(Silent(), "two")
    assert [entry.plugin for entry in manager.implementations("sigma_run_started")] == ["one"]
    found = twin.implementations("sigma_run_started")
    assert [(entry.plugin, entry.distribution) for entry in found] == [("one", "house"), ("two", "")]
    assert twin.has_plugin("one")


def test_a_plugin_without_hooks_is_refused():
    """A plugin written for another framework would be silently dead."""

    class Foreign:
        def on_epoch_end(self):
            pass

    with pytest.raises(HookRegistrationError) as caught:
        HookManager().register(Foreign())

    assert str(caught.value) == (
        "plugin 'foreign': cannot be registered: 1 fault\n"
        "plugin 'foreign': none of its attributes is named sigma_*: on_epoch_end\n"
        "  expected: a method for each hook, such as sigma_epoch_ended\n"
        "  to do:    name its methods after hooks; docs/hooks.md lists them all"
    )
    with pytest.raises(HookRegistrationError, match=r"plugin 'empty': it has no attributes\n"):
        HookManager().register(object(), "empty")


def test_an_event_without_a_run_is_fired_without_triggers():
    """What happens outside of a run reaches implementations whatever their trigger says."""
    seen = []

    class Plugin:
        @hookimpl(when=every(1000).iterations)
        def sigma_plugin_rejected(self, event, trainer):
            seen.append((event, trainer))

    manager = HookManager()
    manager.register(Plugin())
    event = PluginRejected(plugin="bad", distribution="bad-plugin", status="failed", reason="it raised")
    manager.fire(event)
    assert seen == [(event, None)]


# What was found about pluggy 1.7, and must not bite anybody here.


def test_pluggy_calls_the_last_one_first_and_sigma_does_not():
    """pluggy: last registered, first called; here the first registered comes first."""
    seen = []

    class Plugin:
        def __init__(self, label):
            self.label = label

        def sigma_run_started(self):
            seen.append(self.label)

    manager = HookManager()
    for label in "abc":
        manager.register(Plugin(label))
    manager.hook.sigma_run_started(event=STARTED, trainer=None)
    assert seen == ["c", "b", "a"]
    seen.clear()
    manager.freeze(Clock()).fire(STARTED, None)
    assert seen == ["a", "b", "c"]


def test_pluggy_lets_a_misspelt_hook_die_in_silence_and_sigma_refuses_it():
    """pluggy: an unknown hook is noticed by check_pending alone; here it is never registered."""

    class Plugin:
        def sigma_run_startd(self):
            pass

    stock = pluggy.PluginManager("sigma")
    stock.register(Plugin())
    assert "sigma_run_started (nearest)" in refused(Plugin())


def test_pluggy_passes_defaulted_arguments_unchecked_and_sigma_refuses_them():
    """pluggy: a misspelt argument with a default is never noticed; here defaults are refused."""

    class Specification:
        @pluggy.HookspecMarker("stock")
        def stock_started(self, event):
            pass

    class Plugin:
        @pluggy.HookimplMarker("stock")
        def stock_started(self, evnt=None):
            pass

        def sigma_run_started(self, evnt=None):
            pass

    stock = pluggy.PluginManager("stock")
    stock.add_hookspecs(Specification)
    stock.register(Plugin())
    assert "unknown argument 'evnt' (nearest: event)" in refused(Plugin())


@pytest.mark.parametrize(
    ("hook", "remedy"),
    [
        ("sigma_epoch_ended", "implement sigma_epoch_started and sigma_epoch_ended"),
        ("sigma_run_paused", "take the `yield` out"),
    ],
)
def test_a_generator_is_refused_with_the_pair_to_implement(hook, remedy):
    """pluggy: a generator without wrapper=True never runs; here hooks are points in time, and the pair is named."""

    def wrapper(self, event):
        yield event

    plugin = type("Plugin", (), {hook: wrapper})()
    assert refused(plugin) == only(
        f"hook {hook!r} of plugin 'mine': is a generator; hooks here are points in time and wrap nothing\n"
        f"  expected: a plain function\n  to do:    {remedy}"
    )


def test_a_class_is_refused_when_it_is_registered():
    """pluggy: a class in place of an instance fails at its first call; here at registration."""
    with pytest.raises(HookRegistrationError) as caught:
        HookManager().register(Silent)
    assert str(caught.value) == only(
        "plugin 'silent': is the class Silent\n  expected: an instance or a module\n  to do:    register Silent(...)",
        head="plugin 'silent': cannot be registered: ",
    )


def test_an_instance_that_cannot_be_hashed_is_refused():
    """pluggy: attrs instances with eq=True break get_plugins(); here they are refused with the way out."""

    @define
    class Compared:
        def sigma_run_started(self):
            pass

    assert refused(Compared()) == only(
        "plugin 'mine': is an instance of Compared, which cannot be hashed\n"
        "  expected: an object that is equal to itself alone\n"
        "  to do:    declare Compared with @attrs.define(eq=False), or without a method __eq__"
    )


def test_every_hook_is_called_by_its_own_event():
    """Each hook there is reaches an implementation and is named after its event."""
    module = sys.modules["sigma_core.events"]
    for hook, event_type in HOOKS.items():
        assert getattr(module, event_type.__name__) is event_type
        assert hook == f"sigma_{module.name_of_event(event_type)}"
        seen = []
        plugin = ModuleType("plugin")
        setattr(plugin, hook, _recorder(seen))
        manager = HookManager()
        manager.register(plugin)
        event = object.__new__(event_type)
        manager.freeze(Clock()).fire(event, None)
        assert seen == [event_type]


def _recorder(seen):
    return lambda event: seen.append(type(event))
