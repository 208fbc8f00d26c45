"""Hooks that other hooks cannot do without."""

import pytest

import sigma_core as sigma
from sigma_core.errors import HookOrderError, HookRegistrationError
from sigma_core.events import RunReset
from sigma_core.hooks import HookManager, hookimpl
from sigma_core.testing import message


class Counter:
    """What others require."""

    def sigma_epoch_ended(self):
        pass


class Reader:
    required_hooks = (Counter,)

    def sigma_epoch_ended(self):
        pass


class Writer:
    required_hooks = Reader

    @hookimpl(before="reader")
    def sigma_run_ended(self):
        pass

    def sigma_epoch_ended(self):
        pass


def order(manager):
    return [entry.plugin for entry in manager.implementations("sigma_epoch_ended")]


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return message(caught.value)


def test_what_is_required_is_added_once_and_runs_before():
    """Also what that requires itself, and whatever was there already stays where it was."""
    manager = HookManager()
    manager.register(Writer())
    manager.register(Reader(), "other")

    assert order(manager) == ["counter", "reader", "writer", "other"]
    assert [name for name, _ in manager.list_name_plugin()] == ["counter", "reader", "writer", "other"]


def test_what_is_there_already_is_taken():
    """Whether it is required by its class, as itself or by its name; it runs before, whenever it was registered."""
    counter = Counter()
    for required in (Counter, counter, "mine", {"use": "mine"}):
        reader = Reader()
        reader.required_hooks = required
        manager = HookManager()
        manager.register(counter, "mine")
        manager.register(reader)

        assert order(manager) == ["mine", "reader"]
        assert order(manager.copy()) == ["mine", "reader"]


def test_the_order_is_explained():
    """As one that is demanded by `after`."""
    manager = HookManager()
    manager.register(Reader())

    assert [row.reason for row in manager.explain("sigma_epoch_ended")] == [
        "phase observe; reader has after=counter; registration order 1",
        "phase observe; after=counter; registration order 2",
    ]


def test_a_circle_prints_its_path():
    """Nothing of it is registered."""

    class First:
        def sigma_epoch_ended(self):
            pass

    class Second:
        required_hooks = (First,)

        def sigma_epoch_ended(self):
            pass

    First.required_hooks = (Second,)
    manager = HookManager()

    assert refused(HookOrderError, lambda: manager.register(First())) == (
        "required hooks: hooks require each other: First -> Second -> First\n"
        "  expected: requirements without a circle\n"
        "  to do:    take one of these out of `required_hooks`"
    )
    assert manager.list_name_plugin() == []


def test_a_phase_that_comes_too_late_is_refused():
    """What is required cannot run before then."""

    class Early:
        required_hooks = (Counter,)

        @hookimpl(phase="schedule")
        def sigma_epoch_ended(self):
            pass

    manager = HookManager()
    manager.register(Early())

    assert refused(HookOrderError, lambda: order(manager)) == (
        "hook 'sigma_epoch_ended': counter (phase observe) must run before early (phase schedule)\n"
        "  expected: phases in the order modify, score, schedule, persist, observe\n"
        "  to do:    move one of the two to the other's phase, or take the demand of counter away"
    )


def test_a_name_needs_components():
    """A manager alone knows none."""
    reader = Reader()
    reader.required_hooks = "counter"

    assert refused(HookRegistrationError, lambda: HookManager().register(reader)) == (
        "plugin 'reader': it requires the hook 'counter', and here there are no components\n"
        "  expected: a class or an instance\n"
        "  to do:    require one, or give the hook to a trainer"
    )


def test_a_trainer_makes_components_that_are_required():
    """By name or as a table, under the component's name."""
    environment = sigma.Environment()
    environment.register("hooks", "counting", Counter)
    reader = Reader()
    reader.required_hooks = ("counting",)
    network = [{"use": "input", "shape": [2]}, {"use": "dense", "size": 1}, "squared_difference"]
    trainer = sigma.Trainer(network, "xor", "adam", "1 epochs", hooks=[reader], environment=environment)

    assert [row.plugin for row in trainer.explain()] == ["counting", "reader"]


def test_what_was_brought_goes_with_the_last_that_requires_it():
    """And with it what it required; what was registered by itself stays, in copies too."""
    for manager in (HookManager(), HookManager().copy()):
        writer, other = Writer(), Reader()
        manager.register(writer)
        manager.register(other)
        twin = manager.copy()
        assert order(manager) == order(twin) == ["counter", "reader", "writer", "reader_2"]

        twin.unregister(writer)
        assert order(twin) == ["counter", "reader_2"]
        twin.unregister(name="reader_2")
        assert order(twin) == []

    manager = HookManager()
    counter = Counter()
    manager.register(counter)
    manager.register(other)
    manager.unregister(other)
    assert order(manager) == ["counter"]


def test_what_is_never_due_takes_part_in_nothing():
    """Unless that is all there is: it is explained then, and not called by anybody."""

    class Never:
        when = "never"
        calls = 0

        @hookimpl(when=lambda hook: hook.when)
        def sigma_run_reset(self):
            self.calls += 1

        @hookimpl(when=lambda hook: hook.when)
        def sigma_run_started(self):
            self.calls += 1

    class Sometimes(Never):
        def sigma_epoch_ended(self):
            self.calls += 1

    manager = HookManager()
    never = Never()
    manager.register(never)
    manager.register(Sometimes())
    manager.fire(RunReset(epoch=0, iteration=0))

    assert [(row.hook, row.plugin) for row in manager.explain()] == [
        ("sigma_run_started", "never"),
        ("sigma_run_reset", "never"),
        ("sigma_epoch_ended", "sometimes"),
    ]
    assert never.calls == 0


def test_options_may_depend_on_the_plugin():
    """A function of the plugin is asked when it is registered."""

    class Chosen:
        phase = "persist"
        when = "every 2 epochs"

        @hookimpl(when=lambda hook: hook.when, phase=lambda hook: hook.phase, requires=lambda _: "loss")
        def sigma_epoch_ended(self):
            pass

    manager = HookManager()
    manager.register(Chosen())
    (entry,) = manager.implementations("sigma_epoch_ended")

    assert (entry.phase, str(entry.when), entry.requires) == ("persist", "every 2 epochs", ("loss",))
