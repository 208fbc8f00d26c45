"""The life of a run: the loop over iterations, the events around them, and the ways in which it can end.

Whatever happens, what has started is ended: for each RunStarted there is exactly one RunEnded, the last event of all.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from sys import maxsize as NEVER  # noqa: N812  # an iteration that does not come
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from attrs import frozen

from sigma_core.errors import HookFailedError, SigmaError, TrainerError
from sigma_core.events import (
    Bus,
    CommandApplied,
    CommandRefused,
    EpochEnded,
    EpochStarted,
    Event,
    IterationEnded,
    IterationStarted,
    RunEnded,
    RunFailed,
    RunInterrupted,
    RunPaused,
    RunResumed,
    RunStarted,
    ValidationEnded,
    ValidationStarted,
)
from sigma_core.hooks import Clock, Dispatch, HookManager
from sigma_core.training._calls import looked
from sigma_core.training._commands import (
    Attach,
    Command,
    Detach,
    GetValue,
    Load,
    Pause,
    Request,
    Reset,
    Resume,
    Save,
    SetValue,
    StepOnce,
    Stop,
    written,
)
from sigma_core.training._criterion import Criterion, Moment, Observation, State
from sigma_core.training._resume import first, identity, loaded
from sigma_core.training._run import Run
from sigma_core.training._scheduling import Scheduling
from sigma_core.training._signals import Signals
from sigma_core.training._worker import Outputs
from sigma_core.training._worker_hooks import WorkerHooks, frozen_for

if TYPE_CHECKING:
    from sigma_core.training._trainer import Trainer


class Ended(Exception):  # noqa: N818  # no error: how the loop is left
    """The run is to end now, for the reason given."""


class _Again(Exception):  # noqa: N818  # no error either
    """The state of the run is another now: the loop begins anew where that says."""


class Interruption(Ended):
    """A signal asked the process to end."""


@frozen
class _LookAgain(Command):
    """End if the criterion holds, as it may since a switch was turned."""


@frozen
class _Keep(Command):
    """Have the run's directory keep the state as it is; a command, so that all hooks of the iteration have run."""


@frozen
class _Tell(Command):
    """Say what has come of checkpoints that were written in the background."""


@frozen
class _PauseAfter(Command):
    """Hold once that many iterations are done: the second half of StepOnce."""

    iteration: int


MOMENTS = ("iteration", "epoch", "start")
"""Where commands are applied, in the order in which these come between two iterations."""


@frozen
class Scripted:
    """A command of an earlier run and its place in it."""

    iteration: int
    moment: str
    command: Command

    @property
    def place(self) -> tuple[int, int]:
        """What can be compared with another place."""
        return self.iteration, MOMENTS.index(self.moment)


class Progress:
    """Where a run stands, for whoever looks on from another thread; reading it costs the run nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @property
    def epoch(self) -> int:
        """The epoch that runs, from 1."""
        return self._clock.epoch

    @property
    def iteration(self) -> int:
        """Iterations done in the whole run."""
        return self._clock.iteration

    @property
    def seconds(self) -> float:
        """Running time, pauses left out."""
        return self._clock.elapsed()


class Loop:
    """One run of a trainer that has been built."""

    def __init__(self, trainer: "Trainer", stop: Criterion, criterion_state: State | None) -> None:
        self.trainer = trainer
        self.stop = stop
        self.criterion_state = stop.initial() if criterion_state is None else criterion_state
        self.commands: deque[Request] = deque()
        # Commands of an earlier run, to be given again at their places.
        self.script: deque[Scripted] = deque(trainer.script)
        self.arrived = threading.Event()
        self.thread = threading.get_ident()
        self.scores: dict[str, Any] = dict(trainer.scores)
        self.clock = trainer.clock
        self.clock.total_iterations = stop.last_iteration(trainer.batches.iterations_per_epoch)
        # The loss is read from the device for a criterion that looks at it, and for no other.
        self._needs_loss = "training.loss" in stop.requires
        self._signal: str | None = None
        self._began = perf_counter()
        self._seconds_before = trainer.seconds
        self._paused_since: float | None = None
        self.clock.seconds = self.seconds
        self._bus: Bus = trainer.environment.bus
        self._hooks: HookManager = trainer.hooks
        self.dispatch: Dispatch | WorkerHooks = frozen_for(trainer.team, self._hooks, self.clock)
        self.progress = Progress(self.clock)
        self._next_check = NEVER
        self._scored_at = self.clock.iteration
        self._is_starting_iteration = False
        self._is_ending_epoch = False
        self._scheduling = Scheduling(trainer) if trainer.setup.schedules else None

    @property
    def is_paused(self) -> bool:
        """Whether it holds between two iterations."""
        return self._paused_since is not None

    def seconds(self) -> float:
        """Running time of the trainer in seconds, pauses left out."""
        until = perf_counter() if self._paused_since is None else self._paused_since
        return self._seconds_before + until - self._began

    def check_can_be_saved(self) -> None:
        """Raise TrainerError where the state is not whole: in another thread, or with a batch taken in vain."""
        where = f"trainer {self.trainer.setup.name!r}"
        if not self.is_paused and threading.get_ident() != self.thread:
            raise TrainerError(
                where,
                "it is running in another thread",
                "a trainer that is paused, or a hook of the run",
                "pause it first",
            )
        batches = self.trainer.batches
        # Where every batch that was taken has been trained on, both counters say the same.
        is_level = (self.clock.iteration - batches.position[1]) % batches.iterations_per_epoch == 0
        if self._is_starting_iteration or not is_level:
            raise TrainerError(
                where,
                "it is inside an iteration, whose batch is taken and not yet trained on",
                "a moment between two iterations",
                "save in sigma_iteration_ended",
            )

    def batches_state(self) -> dict[str, Any]:
        """The position in the data from which to go on: while an epoch is being ended, before its end."""
        batches = self.trainer.batches
        state = batches.state()
        if self._is_ending_epoch:
            state |= {"epoch": self.clock.epoch, "index": batches.iterations_per_epoch}
        return state

    # Events

    def _fire(self, event: Event) -> None:
        self.dispatch.fire(event, self.trainer)
        self._bus.publish(event)

    def _tear_down(self, event: Event, failures: list[BaseException]) -> None:
        """Tell everybody of an end; what they raise is collected, so that the ends after this one come as well."""
        try:
            self.dispatch.end(event, self.trainer)
        except BaseException as error:  # noqa: BLE001  # teardown goes on whatever is raised
            failures.append(error)
        self._bus.publish(event)

    def _tear_down_interrupted(self, signal: str, failures: list[BaseException]) -> None:
        self._tear_down(RunInterrupted(**self._position(), signal=signal), failures)
        failures.append(_exit_of(signal))

    def _tear_down_failed(self, error: BaseException, failures: list[BaseException]) -> None:
        failures.append(error)
        self._tear_down(RunFailed(**self._position(), error=error), failures)

    # The run

    def run(self, name: str, directory: str | None, keep: Callable[[], object] | None = None) -> Run:
        """Run to the end. Re-raises, after every teardown, what ended the run if that was an exception.

        `keep` is called when the run ends between two iterations, where its state is whole. Checkpoints that are
        being written in the background are waited for, however the run ends.
        """
        failures: list[BaseException] = []
        # What overflows shows in the scores; a warning from inside the compiled step would name no layer.
        with Signals(self._interrupt), np.errstate(all="ignore"):
            ended_because, is_whole = self._live(name, directory, failures)
            is_whole = self._settle(failures, is_whole=is_whole)
            if is_whole and keep is not None:
                self._attempt(keep, failures)
            position, scores, seconds = self._position(), dict(self.scores), self.seconds()
            run = Run(name, directory, ended_because, self._completed(), position["iteration"], seconds, scores)
            self._tear_down(
                RunEnded(
                    run=name,
                    directory=directory,
                    **position,
                    epochs=run.epochs,
                    seconds=seconds,
                    ended_because=ended_because,
                    scores=dict(scores),
                ),
                failures,
            )
        self.trainer.ended(run, self)
        if self._signal is not None and not failures:
            # It came when the run was ending anyway; whoever pressed Ctrl-C wants out of more than this run.
            failures.append(_exit_of(self._signal))
        if failures:
            _raise(failures)
        return run

    def _live(self, name: str, directory: str | None, failures: list[BaseException]) -> tuple[str, bool]:
        """From the start to whatever ends the run: why it ended, and whether that left its state whole."""
        try:
            self._fire(RunStarted(run=name, directory=directory, **self._position()))
            self._epochs()
        except Interruption as end:
            self._tear_down_interrupted(str(end), failures)
            return f"interrupted by {end}", True
        except Ended as end:
            return str(end), self._attempt(self._finish, failures)
        except KeyboardInterrupt:
            signal = self._signal or "SIGINT"
            self._tear_down_interrupted(signal, failures)
            return f"interrupted by {signal}, at once", False
        except BaseException as error:  # noqa: BLE001  # raised by `run`, after the teardown
            self._tear_down_failed(error, failures)
            return f"failed: {error}".splitlines()[0], False

    def _position(self) -> dict[str, int]:
        return {"epoch": self.clock.epoch, "iteration": self.clock.iteration}

    def _completed(self) -> int:
        return self.clock.iteration // self.trainer.batches.iterations_per_epoch

    def _epochs(self) -> NoReturn:
        batches, clock = self.trainer.batches, self.clock
        self._schedule_check()
        while True:
            # Behind the last batch of an epoch whose end is still to come, nothing is iterated but the end.
            epoch, index = batches.position
            clock.epoch = epoch
            if index == 0:
                self.trainer.team.push({"totals.loss": 0.0, "totals.records": 0.0})
                length = batches.iterations_per_epoch
                self._fire(EpochStarted(epoch=epoch, iteration=clock.iteration, iterations_per_epoch=length))
            try:
                self._iterations()
                self._end_epoch(epoch)
            except _Again:
                self._schedule_check()

    def _iterations(self) -> None:
        """What is left of an epoch. The hot loop: everything that does not change is looked up before it."""
        trainer, clock, commands, bus = self.trainer, self.clock, self.commands, self._bus
        epoch = clock.epoch
        iteration = clock.iteration
        if commands or self.script or self.is_paused:
            self._apply("start")
        scripted = self._next_scripted()
        step, started, ended, names, generation, is_heard = self._lanes()
        for batch in trainer.batches if self._scheduling is None else self._scheduling.over(trainer.batches):
            # Frozen lanes are left alone until somebody is due; an event that nobody waits for is not even built.
            if iteration + 1 >= started.next_iteration:
                clock.iteration = iteration + 1
                self._is_starting_iteration = True
                started.fire(IterationStarted(epoch=epoch, iteration=iteration + 1), trainer)
                self._is_starting_iteration = False
            outputs = step(batch)
            iteration += 1
            clock.iteration = iteration
            # The criterion looks before the hooks do, so that a checkpoint that one of them saves knows what it saw.
            is_over = iteration >= self._next_check and self._look_at(outputs)
            if iteration >= ended.next_iteration or is_heard:
                scores = Outputs(names or trainer.team.names, outputs, trainer.setup.backend.to_numpy)
                event = IterationEnded(epoch=epoch, iteration=iteration, scores=scores)
                if iteration >= ended.next_iteration:
                    ended.fire(event, trainer)
                if is_heard:
                    bus.publish(event)
            if is_over:
                raise Ended(self._reason())
            if commands or generation != bus.generation or iteration >= scripted:
                self._apply("iteration")
                scripted = self._next_scripted()
                step, started, ended, names, generation, is_heard = self._lanes()

    def _lanes(self) -> tuple[Callable[..., Any], Any, Any, tuple[str, ...], int, bool]:
        dispatch, bus = self.dispatch, self._bus
        return (
            self.trainer.team.step,
            dispatch.lane(IterationStarted),
            dispatch.lane(IterationEnded),
            self.trainer.team.names,
            bus.generation,
            bus.wants(IterationEnded),
        )

    def _end_epoch(self, epoch: int) -> None:
        self._is_ending_epoch = True
        self._score(epoch)
        is_over = self._look("epoch", {})
        if self._scheduling is not None:
            self._scheduling.look(self._observation({}))
        self._is_ending_epoch = False
        self._fire(
            EpochEnded(
                epoch=epoch,
                iteration=self.clock.iteration,
                iterations_per_epoch=self.trainer.batches.iterations_per_epoch,
                scores=dict(self.scores),
            )
        )
        if is_over:
            raise Ended(self._reason())
        if self.commands or self.script:
            self._apply("epoch")

    def _score(self, epoch: int) -> None:
        """The loss of the epoch so far, and a pass over each validation set."""
        trainer, iteration = self.trainer, self.clock.iteration
        self._scored_at = iteration
        totals = trainer.team.pull(("totals.loss", "totals.records"))
        records = float(totals["totals.records"])
        if records:
            self.scores["training.loss"] = float(totals["totals.loss"]) / records
        for name, sections in trainer.data.validation.items():
            self._fire(ValidationStarted(name=name, epoch=epoch, iteration=iteration))
            scores = trainer.score(sections)
            self.scores |= {f"{name}.{key}": value for key, value in scores.items()}
            self._fire(ValidationEnded(name=name, epoch=epoch, iteration=iteration, scores=scores))

    def _finish(self) -> None:
        """Score a run that ends inside an epoch as it stands, so that its last scores are of its last parameters."""
        if self._scored_at != self.clock.iteration:
            self._score(self.clock.epoch)

    def _settle(self, failures: list[BaseException], *, is_whole: bool) -> bool:
        """Wait for checkpoints in the background and tell of them; whether the run has not failed."""
        if is_whole:
            return self._attempt(lambda: self.trainer.tell_of_checkpoints(wait=True), failures)
        try:
            self.trainer.tell_of_checkpoints(wait=True)
        except BaseException as error:  # noqa: BLE001  # the run is torn down already
            failures.append(error)
        return False

    def _attempt(self, last: Callable[[], object], failures: list[BaseException]) -> bool:
        """Do something at the end of a run; if it fails the run has failed, and is torn down as such."""
        try:
            last()
        except BaseException as error:  # noqa: BLE001  # raised after the teardown
            self._tear_down_failed(error, failures)
            return False
        return True

    # Criteria

    def _schedule_check(self) -> None:
        looks = "iteration" in self.stop.moments
        self._next_check = self.stop.next_iteration(self.clock.iteration) if looks else NEVER

    def _look(self, moment: Moment, scores: dict[str, float]) -> bool:
        """Let the criterion look; whether it holds."""
        self.criterion_state = looked(self.stop, self.criterion_state, self._observation(scores), moment)
        if moment == "iteration":
            self._schedule_check()
        return bool(self.criterion_state["reached"])

    def _look_at(self, outputs: Sequence[Any]) -> bool:
        """Let the criterion look at an iteration; whether it holds."""
        return self._look("iteration", {"training.loss": float(outputs[0])} if self._needs_loss else {})

    def turn(self, name: str, *, is_on: bool) -> None:
        """Turn a switch of the criterion; only between iterations, in the run's own thread."""
        self.criterion_state = self.stop.turned(self.criterion_state, name, is_on=is_on)
        if self.criterion_state["reached"]:
            self.send(_LookAgain(), "")

    def end_if_reached(self) -> None:
        """Leave the loop if the criterion holds, at a command."""
        if self.criterion_state["reached"]:
            raise Ended(self._reason())

    def _observation(self, scores: dict[str, float]) -> Observation:
        return Observation(self.clock.iteration, self._completed(), self.seconds(), {**self.scores, **scores})

    def _reason(self) -> str:
        return self.stop.reason(self.criterion_state)

    # Commands

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
            origin = "hook" if threading.get_ident() == self.thread else "python"
        self.commands.append(Request(command, origin, answer))
        self.arrived.set()

    def _interrupt(self, signal: str) -> None:
        self._signal = signal
        self.send(Stop(f"interrupted by {signal}"), "signal")

    def _next_scripted(self) -> int:
        return self.script[0].iteration if self.script else NEVER

    def _apply(self, moment: str) -> None:
        """Apply what has come in; while paused, wait for more."""
        place = (self.clock.iteration, MOMENTS.index(moment))
        while True:
            while self.script and self.script[0].place <= place:
                self.commands.append(Request(self.script.popleft().command, "replay"))
            if not self.commands:
                if not self.is_paused:
                    break
                self.arrived.wait(0.5)
                self.arrived.clear()
                continue
            request = self.commands.popleft()
            command = request.command
            if isinstance(command, _PauseAfter) and self.clock.iteration < command.iteration:
                # Not yet: the loop looks at the commands again after each iteration.
                self.commands.appendleft(request)
                break
            self._perform(request, moment)
        if self.dispatch.generation != self._hooks.generation:
            self.dispatch = frozen_for(self.trainer.team, self._hooks, self.clock, self.dispatch)

    def _perform(self, request: Request, moment: str) -> None:
        """Apply a command and tell of it; one that cannot be applied is refused, and the run goes on."""
        command = request.command
        if isinstance(command, Stop):
            # Said first, because nothing comes after it.
            self._tell(request, moment, None, None)
        try:
            result = _APPLY[type(command)](self, command)
        except HookFailedError:
            raise
        except SigmaError as error:
            self._tell(request, moment, None, error)
        else:
            self._tell(request, moment, result, None)
            if isinstance(command, Load | Reset):
                raise _Again

    def _tell(self, request: Request, moment: str, result: Any, error: SigmaError | None) -> None:
        command = request.command
        if not isinstance(command, _Keep | _LookAgain | _PauseAfter | _Tell | GetValue):
            said: dict[str, Any] = {
                **self._position(),
                "moment": moment,
                "origin": request.origin,
                "command": written(command, self.trainer.environment.composer),
            }
            self._bus.publish(CommandApplied(**said) if error is None else CommandRefused(**said, reason=str(error)))
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
            self._began += perf_counter() - self._paused_since
            self._paused_since = None
            self._fire(RunResumed(**self._position()))

    def step_once(self) -> None:
        """Go on for one iteration."""
        self.resume()
        self.commands.appendleft(Request(_PauseAfter(self.clock.iteration + 1), ""))

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
        self.dispatch = frozen_for(trainer.team, self._hooks, self.clock)
        if state["hooks"] is not None:
            self.dispatch.restore(state["hooks"])
        self._scheduling = Scheduling(trainer) if trainer.setup.schedules else None

    def keep(self) -> None:
        """Have the state kept before the next iteration; for a hook of the run."""
        self.send(_Keep())

    def told(self) -> None:
        """Say what has come of checkpoints, at a command."""
        self.trainer.tell_of_checkpoints()

    def tell(self) -> None:
        """Have it said before the next iteration what has come of checkpoints; from any thread."""
        self.send(_Tell())

    def attach(self, command: Attach) -> None:
        """Register a hook, at a command."""
        self.trainer.register(self._hooks, command.hook, command.name)
        self.trainer.watch()

    def detach(self, command: Detach) -> None:
        """Take a hook away, at a command, if nobody else has meanwhile."""
        if self._hooks.has_plugin(command.name):
            self._hooks.unregister(name=command.name)

    def end(self, reason: str) -> NoReturn:
        """Leave the loop, at a command or a signal."""
        if self._signal is not None:
            raise Interruption(self._signal)
        raise Ended(reason)


_APPLY: dict[type[Command], Callable[[Loop, Any], object]] = {
    Pause: lambda loop, _: loop.pause(),
    Resume: lambda loop, _: loop.resume(),
    StepOnce: lambda loop, _: loop.step_once(),
    _PauseAfter: lambda loop, _: loop.pause(),
    _LookAgain: lambda loop, _: loop.end_if_reached(),
    _Keep: lambda loop, _: loop.trainer.keep(),
    _Tell: lambda loop, _: loop.told(),
    Stop: lambda loop, command: loop.end(command.reason),
    Attach: lambda loop, command: loop.attach(command),
    Detach: lambda loop, command: loop.detach(command),
    SetValue: lambda loop, command: loop.trainer.put_checked(command.identifier, command.value),
    GetValue: lambda loop, command: loop.trainer.get(command.identifier),
    Save: lambda loop, command: str(loop.trainer.save(command.path)),
    Load: lambda loop, command: loop.go_on_from(loaded(loop.trainer, command.path)),
    Reset: lambda loop, _: loop.go_on_from(first(loop.trainer)),
}


def _exit_of(signal: str) -> BaseException:
    """What the process ends with after a signal, as shells have it."""
    return KeyboardInterrupt() if signal == "SIGINT" else SystemExit(143)


def _raise(failures: list[BaseException]) -> None:
    """Raise the first failure; what was raised during the teardown stays visible in its notes."""
    first, *others = failures
    for other in others:
        first.add_note(f"while the run was torn down: {type(other).__name__}: {other}")
    raise first
