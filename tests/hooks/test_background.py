"""Background hooks by themselves: who runs when, who waits for whom, what is dropped and what a failure leaves."""

import threading
from contextlib import closing

import pytest

from sigma_core.errors import HookFailedError, HookRegistrationError
from sigma_core.events import EpochEnded, IterationEnded, RunEnded
from sigma_core.hooks import BEHIND, Background, Clock, HookManager, hookimpl
from sigma_core.registry import Registry

HOOK = "sigma_epoch_ended"
ENDED = RunEnded(run="a", directory=None, epoch=1, epochs=1, iteration=2, seconds=1.0, ended_because="2 iterations")


class Trainer:
    """What a background hook needs of a trainer: it takes the values that are required."""

    def __init__(self):
        self.taken_for = []

    def taken(self, event, patterns):
        self.taken_for.append((event, patterns))
        return event, Registry.of(dict.fromkeys(patterns, len(self.taken_for)))


def plugin(function, hook=HOOK, **options):
    """An object whose hook is the function; in the background unless it is said otherwise."""
    return type("Plugin", (), {hook: staticmethod(hookimpl(**{"background": True, **options})(function))})()


class Run:
    """Hooks under names, as a run calls them."""

    def __init__(self, **plugins):
        self.manager = HookManager()
        for name, each in plugins.items():
            self.manager.register(each, name)
        self.woken = threading.Event()
        self.background = Background(self.wait, self.woken.set)
        self.clock = Clock()
        self.trainer = Trainer()
        self.dispatch = self.manager.freeze(self.clock, background=self.background)

    def wait(self):
        assert self.woken.wait(20), "nobody came to an end"
        self.woken.clear()

    def epoch(self, number):
        self.clock.iteration = self.clock.epoch = number
        event = EpochEnded(epoch=number, iteration=number, iterations_per_epoch=1)
        self.dispatch.fire(event, self.trainer)
        return event

    def finish(self):
        self.background.finish()
        self.background.check()

    def close(self):
        self.background.close()


def test_the_run_goes_on_meanwhile():
    """A hook that takes its time holds nobody up, and sees each event, with what it requires as it was then."""
    may_go, seen, there = threading.Event(), [], []

    def slow(event, snapshot, trainer):
        assert may_go.wait(20)
        seen.append((event.epoch, snapshot["a"], threading.get_ident()))
        there.append(trainer)

    with closing(Run(slow=plugin(slow, requires=["a"]))) as run:
        events = [run.epoch(number) for number in (1, 2, 3)]
        assert (seen, run.background.status[0].left) == ([], 3)
        assert run.trainer.taken_for == [(event, ("a",)) for event in events]
        assert run.background.is_within(threading.get_ident()) is False
        may_go.set()
        run.finish()

    assert [each[:2] for each in seen] == [(1, 1), (2, 2), (3, 3)]
    assert len({each[2] for each in seen} - {threading.get_ident()}) == 1
    assert there == [run.trainer] * 3


def test_plugins_run_side_by_side_and_one_plugin_one_after_the_other():
    """Two that meet, and one whose two hooks never do."""
    meeting, inside, most = threading.Barrier(2), [], []

    class Alone:
        @hookimpl(background=True)
        def sigma_epoch_ended(self):
            self.enter()

        @hookimpl(background=True)
        def sigma_iteration_ended(self):
            self.enter()

        def enter(self):
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    meet = lambda: meeting.wait(20)  # noqa: E731  # two hooks of one line
    with closing(Run(one=plugin(meet), other=plugin(meet), alone=Alone())) as run:
        for number in range(1, 30):
            run.epoch(number)
            run.dispatch.fire(IterationEnded(epoch=1, iteration=number), run.trainer)
        run.finish()

    assert most == [1] * 58


@pytest.mark.parametrize("options", [{"after": "first"}, {"phase": "observe"}], ids=["after", "phase"])
def test_who_depends_on_another_starts_when_that_has_ended(options):
    """Of the same event: by what it names, and by phases as in the foreground."""
    order, entered, may_end = [], threading.Event(), threading.Event()

    def first(event):
        entered.set()
        assert may_end.wait(20)
        order.append(("first", event.epoch))

    phase = "score" if "phase" in options else "observe"
    hooks = {
        "then": plugin(lambda event: order.append(("then", event.epoch)), **options),
        "first": plugin(first, phase=phase),
        "apart": plugin(lambda: order.append("apart"), phase=phase),
    }
    with closing(Run(**hooks)) as run:
        run.epoch(1)
        assert entered.wait(20)
        run.background.finish("apart")
        assert order == ["apart"]
        may_end.set()
        run.epoch(2)
        run.finish()

    assert [each for each in order if each != "apart"] == [("first", 1), ("then", 1), ("first", 2), ("then", 2)] or (
        order.index(("first", 1)) < order.index(("then", 1)) and order.index(("first", 2)) < order.index(("then", 2))
    )


def test_the_run_waits_where_a_hook_of_the_foreground_names_one_of_the_background():
    """And where it does not, it does not."""
    order, may_end = [], threading.Event()

    def behind(event):
        assert may_end.wait(20)
        order.append("behind")

    def lets(event):
        order.append("lets")
        may_end.set()

    hooks = {
        "behind": plugin(behind, phase="modify"),
        "lets": plugin(lets, background=False),
        "waits": plugin(lambda event, trainer: order.append("waits"), background=False, after=["behind", "lets"]),
    }
    with closing(Run(**hooks)) as run:
        run.epoch(1)
        assert order == ["lets", "behind", "waits"]


def test_a_trigger_says_which_events_it_sees():
    """What is not due is not copied."""
    seen = []
    with closing(Run(seldom=plugin(lambda event: seen.append(event.epoch), when="every 2 epochs"))) as run:
        for number in (1, 2, 3, 4):
            run.epoch(number)
        run.finish()

    assert seen == [2, 4]
    assert len(run.trainer.taken_for) == 2


def test_one_that_keeps_all_events_holds_the_run_up_when_it_is_far_behind():
    """It gets every one of them, and no more than so many wait."""
    entered, may_go, seen, most = threading.Event(), threading.Semaphore(0), [], []

    def slow(event):
        entered.set()
        assert may_go.acquire(timeout=20)
        seen.append(event.epoch)

    with closing(Run(slow=plugin(slow, background="keep"))) as run:
        run.epoch(1)
        assert entered.wait(20)
        waits = []
        run.background._wait = lambda: (waits.append(run.background.status[0].left), may_go.release(), Run.wait(run))
        for number in range(2, 2 * BEHIND):
            run.epoch(number)
            most.append(run.background.status[0].left)
        for _ in range(2 * BEHIND):
            may_go.release()
        run.background._wait = lambda: Run.wait(run)
        run.finish()

    assert seen == list(range(1, 2 * BEHIND))
    assert max(most) == BEHIND + 1  # those that wait, and the one that it is at
    assert set(waits) == {BEHIND + 1}


def test_one_that_sees_the_newest_is_never_waited_for():
    """What is overtaken is dropped and counted; who depends on it is not called before it has ended."""
    entered, may_go, seen, order = threading.Event(), threading.Event(), [], []

    def slow(event):
        entered.set()
        assert may_go.wait(20)
        seen.append(event.epoch)
        order.append("slow")

    hooks = {
        "slow": plugin(slow, background="newest"),
        "then": plugin(lambda event: order.append(event.epoch), after="slow"),
    }
    with closing(Run(**hooks)) as run:
        run.epoch(1)
        assert entered.wait(20)
        for number in (2, 3, 4):
            run.epoch(number)
        assert order == []
        may_go.set()
        run.finish()

    assert seen == [1, 4]
    assert [each for each in order if each != "slow"] == [1, 2, 3, 4]
    assert order[0] == "slow"
    assert "slow" in order[1 : order.index(4)]
    assert [(each.plugin, each.left, each.dropped) for each in run.background.status] == [
        ("slow", 0, 2),
        ("then", 0, 0),
    ]


def test_a_hook_that_raises_is_raised_once_where_it_is_asked_for():
    """With its name and step; it and those behind it see nothing more, others see all, teardown comes to everybody."""
    entered, may_go, seen = threading.Event(), threading.Event(), []

    class Fails:
        @hookimpl(background=True)
        def sigma_epoch_ended(self, event):
            entered.set()
            assert may_go.wait(20)
            raise ValueError("on purpose")

        @hookimpl(background=True)
        def sigma_run_ended(self):
            seen.append("torn down")

    class Behind:
        @hookimpl(background=True, after="fails")
        def sigma_epoch_ended(self, event):
            seen.append(("behind", event.epoch))

        @hookimpl(background=True, after="fails")
        def sigma_run_ended(self):
            seen.append("behind torn down")

    told = []
    hooks = {"fails": Fails(), "behind": Behind(), "apart": plugin(lambda event: seen.append(event.epoch))}
    with closing(Run(**hooks)) as run:
        run.background._failed = lambda: told.append(1)
        for number in (1, 2, 3):
            run.epoch(number)
        may_go.set()
        run.background.finish()
        with pytest.raises(HookFailedError) as caught:
            run.background.check()
        run.background.check()
        run.epoch(4)
        run.dispatch.end(ENDED, run.trainer)
        run.finish()

    assert str(caught.value) == (
        "hook 'sigma_epoch_ended' of plugin 'fails', iteration 1: raised ValueError: on purpose\n"
        "  to do:    correct the plugin, or leave it out of this run"
    )
    assert isinstance(caught.value.__cause__, ValueError)
    assert told == [1]
    assert [each for each in seen if isinstance(each, int)] == [1, 2, 3, 4]
    assert [each for each in seen if not isinstance(each, int)] == ["torn down", "behind torn down"]


def test_a_hook_of_the_foreground_behind_one_that_failed_is_not_called():
    """What was raised is raised in its place, under the name of whoever raised it."""

    def fails():
        raise SystemExit(3)

    hooks = {"fails": plugin(fails), "behind": plugin(lambda: pytest.fail("called"), background=False, after="fails")}
    with closing(Run(**hooks)) as run:
        with pytest.raises(HookFailedError) as caught:
            run.epoch(1)
        assert (caught.value.plugin, caught.value.found) == ("fails", "raised SystemExit: 3")
        run.epoch(2)


def test_what_waits_can_be_dropped_and_what_hangs_be_left_alone():
    """As when somebody wants out at once."""
    entered, may_go, seen = threading.Event(), threading.Event(), []

    class Slow:
        @hookimpl(background=True)
        def sigma_epoch_ended(self, event):
            entered.set()
            seen.append(event.epoch)
            assert may_go.wait(20)

        @hookimpl(background=True)
        def sigma_run_ended(self):
            pytest.fail("it is still busy")

    class Other:
        @hookimpl(background=True, after="slow")
        def sigma_epoch_ended(self, event):
            seen.append(-event.epoch)

        @hookimpl(background=True, after="slow")
        def sigma_run_ended(self):
            seen.append("ended")

    with closing(Run(slow=Slow(), other=Other())) as run:
        for number in (1, 2, 3):
            run.epoch(number)
        assert entered.wait(20)
        run.background.drop()
        assert [each.left for each in run.background.status] == [1, 0]
        run.background.abandon()
        run.epoch(4)
        run.dispatch.end(ENDED, run.trainer)
        run.finish()
    may_go.set()

    assert seen == [1, "ended"]


def test_an_interrupt_while_the_run_waits_drops_what_waits():
    """And is raised."""
    entered, may_go, seen = threading.Event(), threading.Event(), []

    def slow(event):
        entered.set()
        assert may_go.wait(20)
        seen.append(event.epoch)

    with closing(Run(slow=plugin(slow))) as run:
        for number in (1, 2):
            run.epoch(number)
        assert entered.wait(20)

        def interrupt():
            raise KeyboardInterrupt

        run.background._wait = interrupt
        with pytest.raises(KeyboardInterrupt):
            run.background.finish()
        may_go.set()

    assert seen == [1]


def test_a_plugin_that_comes_again_begins_anew():
    """After it was let go."""
    seen = []
    with closing(Run(here=plugin(lambda event: seen.append(event.epoch)))) as run:
        run.epoch(1)
        run.finish()
        run.background.let_go("here")
        run.background.let_go("nobody")
        assert run.background.status == ()
        run.epoch(2)
        run.finish()

    assert seen == [1, 2]


def test_without_a_run_it_is_called_at_once():
    """In the thread of whoever fires the event; before there is a trainer nothing can be required."""
    seen = []
    manager = HookManager()
    manager.register(plugin(lambda event, snapshot: seen.append((dict(snapshot), threading.get_ident())), requires="a"))
    event = EpochEnded(epoch=1, iteration=1, iterations_per_epoch=1)
    manager.fire(event, Trainer())
    manager.fire(event)

    assert seen == [({"a": 1}, threading.get_ident()), ({}, threading.get_ident())]


def test_nothing_starts_where_nobody_is_in_the_background():
    """No thread, no function in between."""
    function = lambda event: None  # noqa: E731  # compared by identity
    run = Run(here=plugin(function, background=False))
    run.epoch(1)

    assert run.dispatch.lane(EpochEnded).entries[0].function is function
    assert run.background.status == ()


def test_faults_of_background_hooks_are_reported_together():
    """A policy that there is not, a scope that does not go with it, arguments of the other sort."""

    class Wrong:
        @hookimpl(background="newst", scope="worker")
        def sigma_epoch_ended(self, snapshots):
            pass

        def sigma_run_ended(self, snapshot):
            pass

    with pytest.raises(HookRegistrationError) as caught:
        HookManager().register(Wrong(), "wrong")
    first, last = "hook 'sigma_epoch_ended' of plugin 'wrong'", "hook 'sigma_run_ended' of plugin 'wrong'"

    assert str(caught.value).splitlines()[1:] == [
        f"{first}: unknown argument 'snapshots' (nearest: snapshot)",
        "  expected: event, trainer, snapshot, any, or none",
        f"{first}: unknown background 'newst'",
        "  expected: True, keep, newest (nearest: newest)",
        f"{first}: runs in each worker and in the background, too",
        "  expected: one of the two",
        "  to do:    leave scope or background out",
        f"{last}: takes a snapshot, as only hooks in the background do",
        "  expected: event and trainer, either, or none",
        "  to do:    write @hookimpl(background=True), or read from the trainer",
    ]


def test_settings_may_decide():
    """As of any other option."""

    class Chosen:
        where = "newest"

        @hookimpl(background=lambda hook: hook.where)
        def sigma_epoch_ended(self, snapshot):
            pass

    manager = HookManager()
    manager.register(Chosen(), "chosen")
    assert manager.implementations(HOOK)[0].background == "newest"


def test_it_is_explained():
    """With the reason for which it waits, or the run does."""
    manager = HookManager()
    manager.register(plugin(lambda: None, phase="score"), "first")
    manager.register(plugin(lambda: None, phase="score"), "second")
    manager.register(plugin(lambda: None, background="newest"), "third")
    manager.register(plugin(lambda: None, background=False, after="first"), "fourth")

    assert [(row.plugin, row.background, row.reason.rpartition("; ")[2]) for row in manager.explain(HOOK)] == [
        ("first", "keep", "registration order 1"),
        ("second", "keep", "registration order 2"),
        ("third", "newest", "starts when first, second have seen the event"),
        ("fourth", "", "the run waits until first has seen the event"),
    ]
