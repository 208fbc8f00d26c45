"""How a run is steered: commands wait for the moment between two iterations, are applied, recorded, answered."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from sys import maxsize as NEVER  # noqa: N812  # an iteration that does not come
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import evolve, frozen

from sigma_core.errors import HookFailedError, SigmaError, TrainerError, UserError
from sigma_core.events import (
    Bus,
    CommandApplied,
    CommandRefused,
    Event,
    RunPaused,
    RunReset,
    RunResumed,
    RunStarted,
    plain,
)
from sigma_core.hooks import Background, Clock, Dispatch, HookManager, Implementation
from sigma_core.training._bell import Bell
from sigma_core.training._checkpoint import checksum
from sigma_core.training._commands import (
    Attach,
    Command,
    Detach,
    GetValue,
    Load,
    Pause,
    Predict,
    Request,
    Reset,
    Resume,
    Save,
    SetValue,
    SetValues,
    StepOnce,
    Stop,
    leads_elsewhere,
    written,
)
from sigma_core.training._criterion import Criterion, State
from sigma_core.training._questions import Ask
from sigma_core.training._resume import first, identity, loaded
from sigma_core.training._scheduling import Scheduling
from sigma_core.training._worker_hooks import WorkerHooks, frozen_for
from sigma_core.training.profiling import Budgets

if TYPE_CHECKING:
    from sigma_core.training._trainer import Trainer


class Ended(Exception):  # noqa: N818  # no error: how the loop is left
    """The run is to end now, for the reason given."""


class Again(Exception):  # noqa: N818  # no error either
    """The state of the run is another now: the loop begins anew where that says."""


class Interruption(Ended):
    """A signal asked the process to end."""


@frozen
class LookAgain(Command):
    """End if the criterion holds, as it may since a switch was turned."""


@frozen
class Keep(Command):
    """Have the run's directory keep the state as it is; a command, so that all hooks of the iteration have run."""


@frozen
class Tell(Command):
    """Say what has come of checkpoints that were written in the background."""


@frozen
class Fail(Command):
    """Raise what a background hook has raised."""


@frozen
class PauseAfter(Command):
    """Hold once that many iterations are done: the second half of StepOnce."""

    iteration: int


_QUESTIONS = Ask | GetValue | Predict
"""What changes nothing: it is answered at any time."""

_UNRECORDED = _QUESTIONS | LookAgain | Keep | Tell | Fail | PauseAfter
"""What a replay need not repeat."""

_LOOK = 0.01
"""Seconds between two looks of a thread that is not the run's."""

_AT_ONCE = 1000
"""Commands from outside between two iterations at most, so that whoever sends without end does not hold the run up."""

MOMENTS = ("iteration", "epoch", "start")
"""Where commands are applied, in the order in which these come between two iterations."""


@frozen
class Scripted:
    """A command of an earlier run and its place in it.

    `turn` is how often the run has gone on from elsewhere by then, so that its iterations began to be counted anew.
    """

    turn: int
    iteration: int
    moment: str
    command: Command

    @property
    def place(self) -> tuple[int, int, int]:
        """What can be compared with another place."""
        return self.turn, self.iteration, MOMENTS.index(self.moment)


class Steered:
    """What a loop does with commands; it calls `_apply` between two iterations."""

    trainer: "Trainer"
    stop: Criterion
    criterion_state: State
    scores: dict[str, Any]
    clock: Clock
    dispatch: Dispatch | WorkerHooks
    background: Background
    commands: deque[Request]
    script: deque[Scripted]
    arrived: Bell
    thread: int
    started: RunStarted
    budgets: Budgets
    turns: int
    _bus: Bus
    _hooks: HookManager
    _is_replay: bool
    _signal: str | None
    _began: float
    _seconds_before: float
    _paused_since: float | None
    _scored_at: int
    _scheduling: Scheduling | None

    @property
    def is_paused(self) -> bool:
        """Whether it holds between two iterations."""
        return self._paused_since is not None

    def finish_background(self) -> None:
        """Wait until background hooks have seen all events so far. Raises HookFailedError if one has failed."""
        self.background.finish()
        self.background.check()

    def _serve(self) -> None:
        """Until something may have changed for whoever waits for background hooks; questions are answered meanwhile."""
        if threading.get_ident() != self.thread:
            # Somebody who saves while the run is paused; its own thread waits for commands.
            sleep(_LOOK)
        else:
            self._answer_meanwhile()

    def _answer_meanwhile(self) -> None:
        self._answer()
        self.arrived.wait(0.5)

    def _answer(self) -> None:
        """Answer what changes nothing, and leave all other commands where they are."""
        others = []
        try:
            while self.commands:
                request = self.commands.popleft()
                if isinstance(request.command, _QUESTIONS):
                    self._perform(request, "iteration")
                else:
                    others.append(request)
        finally:
            self.commands.extendleft(reversed(others))

    def is_own_thread(self) -> bool:
        """Whether the caller is in the thread of this run, or in one of a worker for which that waits."""
        thread = threading.get_ident()
        return thread == self.thread or thread in self.dispatch.threads

    def seconds(self) -> float:
        """Running time of the trainer in seconds, pauses left out."""
        until = perf_counter() if self._paused_since is None else self._paused_since
        return self._seconds_before + until - self._began

    def _position(self) -> dict[str, int]:
        return {"epoch": self.clock.epoch, "iteration": self.clock.iteration}

    def _fire(self, event: Event) -> None:
        self.clock.note(event)
        self.dispatch.fire(event, self.trainer)
        self._bus.publish(event)

    def send(
        self,
        command: Command,
        origin: str | None = None,
        answer: Callable[[Any, SigmaError | None], None] | None = None,
    ) -> None:
        """Queue a command, from any thread; it is applied between two iterations.

        `answer` is called by the run's thread with the result, or with the error for which it was refused.
        """
        if origin is None:
            origin = self._origin()
            if origin == "background" and self._is_replay:
                # It comes at its place in the record, whenever the hook gets there this time.
                return
        self.commands.append(Request(command, origin, answer))
        self.arrived.ring()

    def _origin(self) -> str:
        if self.is_own_thread():
            return "hook"
        return "background" if self.background.is_within(threading.get_ident()) else "python"

    def _interrupt(self, signal: str) -> None:
        self._signal = signal
        # Before all that waits, however much that is.
        self.commands.appendleft(Request(Stop(f"interrupted by {signal}"), "signal"))
        self.arrived.ring()

    def _next_scripted(self) -> int:
        return self.script[0].iteration if self.script and self.script[0].turn <= self.turns else NEVER

    def _apply(self, moment: str) -> None:
        """Apply what has come in; while paused, wait for more."""
        place = (self.turns, self.clock.iteration, MOMENTS.index(moment))
        applied = 0
        while True:
            # One by one, because the next may be meant for where this one leads. While a repeated run holds, nobody
            # else says that it is to go on.
            if self.script and not self.commands and (self.script[0].place <= place or self.is_paused):
                self.commands.append(Request(self.script.popleft().command, "replay"))
            if not self.commands:
                if not self.is_paused:
                    break
                self._wait()
                continue
            if applied >= _AT_ONCE and not self.is_paused and self.commands[0].origin not in ("hook", "replay", ""):
                break
            applied += 1
            request = self.commands.popleft()
            command = request.command
            if isinstance(command, PauseAfter) and self.clock.iteration < command.iteration:
                # Not yet: the loop looks at the commands again after each iteration.
                self.commands.appendleft(request)
                if self.script and self.script[0].place <= place:
                    # The run that is repeated ended while it was to hold later.
                    self.commands.appendleft(Request(self.script.popleft().command, "replay"))
                    continue
                break
            if isinstance(command, Stop) and request.origin == "hook" and self.script:
                # Where a repeated run ends its record says: what a hook stopped may have been gone on with.
                continue
            self._perform(request, moment)
            self._refreeze()
        self._refreeze()

    def _refreeze(self) -> None:
        if self.dispatch.generation != self._hooks.generation:
            self.dispatch = self._frozen(self.dispatch)

    def _wait(self) -> None:
        """Wait for a command, for a while."""
        self.arrived.wait(0.5)

    def _frozen(self, previous: Dispatch | WorkerHooks | None = None) -> Dispatch | WorkerHooks:
        """The hooks as they are called from now on."""
        team, hooks = self.trainer.team, self._hooks
        return frozen_for(team, hooks, self.clock, previous=previous, timed=self._timed, background=self.background)

    def _timed(self, implementation: Implementation, function: Callable[..., Any], worker: int) -> Callable[..., Any]:
        """What is called in place of a hook's function: itself, where nobody asks how long it takes."""
        return self.budgets.sampled(implementation, function, worker)

    def _timed_beside(self, implementation: Implementation, function: Callable[..., Any]) -> Callable[..., Any]:  # noqa: ARG002  # for those that look
        """The same for a hook in the background, in its thread."""
        return function

    def _perform(self, request: Request, moment: str) -> None:
        """Apply a command and tell of it; one that cannot be applied is refused, and the run goes on."""
        command = request.command
        # Before it is applied, because it may lead elsewhere.
        place = {**self._position(), "moment": moment}
        if isinstance(command, Stop):
            # Said first, because nothing comes after it.
            self._tell(request, place)
        try:
            result = _APPLY[type(command)](self, command)
        except SigmaError as error:
            # Where a state was being put in place and it is no fault of the checkpoint, it may be there in part.
            if isinstance(error, HookFailedError) or (leads_elsewhere(command) and not isinstance(error, UserError)):
                raise
            self._tell(request, place, error=error)
        else:
            self._tell(request, place, result)
            if leads_elsewhere(command):
                self.turns += 1
                raise Again

    def _tell(
        self, request: Request, place: Mapping[str, Any], result: Any = None, error: SigmaError | None = None
    ) -> None:
        command = request.command
        if not isinstance(command, _UNRECORDED):
            said: dict[str, Any] = {
                **place,
                "origin": request.origin,
                "command": written(command, self.trainer.environment.composer),
            }
            if error is None:
                self.trainer.commands += 1
                self._bus.publish(CommandApplied(**said, result=plain(result)))
            else:
                self._bus.publish(CommandRefused(**said, reason=str(error)))
        if request.answer is not None:
            request.answer(result, error)

    def pause(self) -> None:
        """Hold, at a command; everybody is told."""
        if not self.is_paused:
            self._paused_since = perf_counter()
            self._fire(RunPaused(**self._position()))

    def resume(self) -> None:
        """Go on, at a command; the time of the pause does not count."""
        if self._paused_since is not None:
            pause = perf_counter() - self._paused_since
            self._began += pause
            self.clock.paused += pause
            self._paused_since = None
            self._fire(RunResumed(**self._position()))

    def step_once(self) -> None:
        """Go on for one iteration."""
        self.resume()
        self.commands.appendleft(Request(PauseAfter(self.clock.iteration + 1), ""))

    def go_on_from(self, state: Mapping[str, Any]) -> None:
        """Take over the state of a checkpoint whose arrays are in place, at a command."""
        trainer = self.trainer
        trainer.take(state)
        trainer.criterion = identity(self.stop)
        known = state["criterion"] if state["stop"] == trainer.criterion else None
        self.criterion_state = self.stop.initial() if known is None or known["reached"] else known
        self.scores = dict(state["scores"])
        self._scored_at = self.clock.iteration
        self._seconds_before, self._began = state["seconds"], perf_counter()
        self._paused_since = None if self._paused_since is None else self._began
        self.clock.seconds = self.seconds
        self.dispatch = self._frozen()
        if state["hooks"] is not None:
            self.dispatch.restore(state["hooks"])
        self._scheduling = Scheduling(trainer) if trainer.setup.schedules else None

    def reset(self) -> None:
        """Back to before the first iteration, at a command; everybody is told."""
        self.finish_background()
        position = self._position()
        self.go_on_from(first(self.trainer))
        self.clock.paused = 0.0
        self._fire(RunReset(**position))

    def keep(self) -> None:
        """Have the state kept before the next iteration; for a hook of the run."""
        self.send(Keep())

    def told(self) -> None:
        """Say what has come of checkpoints, at a command."""
        self.trainer.tell_of_checkpoints()

    def tell(self) -> None:
        """Have it said before the next iteration what has come of checkpoints; from any thread."""
        self.send(Tell())

    def attach(self, command: Attach) -> str | None:
        """Register a hook, at a command, and tell it that the run has started; its name.

        One that does not fit, or that fails when it is told, leaves nothing behind.
        """
        hooks, trainer = self._hooks, self.trainer
        trainer.check_attachable(command.hook, command.name)
        known = {known for known, _ in hooks.list_name_plugin()}
        name = trainer.register(hooks, command.hook, command.name)
        trainer.watch()
        new = [other for other, _ in hooks.list_name_plugin() if other not in known]
        try:
            started = evolve(self.started, epoch=self.clock.epoch, iteration=self.clock.iteration)
            hooks.fire(started, trainer, plugins=new)
        except HookFailedError as error:
            for other in new:
                hooks.unregister(name=other)
            trainer.watch()
            raise TrainerError(
                f"trainer {trainer.setup.name!r}", f"the hook {name!r} cannot be attached: {error.__cause__}"
            ) from error
        return name

    def detach(self, command: Detach) -> None:
        """Take a hook away, at a command."""
        self.trainer.check_detachable(command.name)
        self.background.finish(command.name)
        self.background.check()
        self.background.let_go(command.name)
        self._hooks.unregister(name=command.name)

    def load(self, command: Load) -> str:
        """Go on from a checkpoint, or take values out of it, at a command; its checksum."""
        self.finish_background()
        # It may be one that is being written.
        self.trainer.finish_saving()
        if command.patterns:
            self.trainer.take_over(command.path, command.patterns)
        else:
            self.go_on_from(loaded(self.trainer, command.path))
        return checksum(command.path)

    def end(self, reason: str) -> NoReturn:
        """Leave the loop, at a command or a signal."""
        if self._signal is not None:
            raise Interruption(self._signal)
        raise Ended(reason)


_APPLY: dict[type[Command], Callable[[Any, Any], object]] = {
    Pause: lambda loop, _: loop.pause(),
    Resume: lambda loop, _: loop.resume(),
    StepOnce: lambda loop, _: loop.step_once(),
    PauseAfter: lambda loop, _: loop.pause(),
    LookAgain: lambda loop, _: loop.end_if_reached(),
    Keep: lambda loop, _: loop.trainer.keep(),
    Tell: lambda loop, _: loop.told(),
    Stop: lambda loop, command: loop.end(command.reason),
    Attach: lambda loop, command: loop.attach(command),
    Detach: lambda loop, command: loop.detach(command),
    SetValue: lambda loop, command: loop.trainer.put({command.identifier: command.value}),
    SetValues: lambda loop, command: loop.trainer.put(command.values),
    Ask: lambda _, command: command.question.answer(),
    GetValue: lambda loop, command: loop.trainer.get(command.identifier),
    Predict: lambda loop, command: loop.trainer.predicted(command.inputs),
    Save: lambda loop, command: str(loop.trainer.save(command.path, values=command.patterns or None)),
    Load: lambda loop, command: loop.load(command),
    Reset: lambda loop, _: loop.reset(),
    Fail: lambda loop, _: loop.background.check(),
}
