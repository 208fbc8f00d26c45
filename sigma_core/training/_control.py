"""How a trainer is steered, from any thread: commands, and hooks that come and go."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from sigma_core.errors import SigmaError, TrainerError, listed
from sigma_core.hooks import BackgroundStatus, HookManager
from sigma_core.training import _commands as commands
from sigma_core.training._parts import Parts
from sigma_core.training._programs import watched
from sigma_core.training._requirements import required_gradients
from sigma_core.training._saving import Saving


class Control(Saving):
    """What a trainer can be told while it runs."""

    hooks: HookManager
    _parts: Parts | None
    _fared: tuple[BackgroundStatus, ...]

    @abstractmethod
    def _check_required(self, hooks: HookManager) -> None:
        """Raise IdentifierError for values that hooks require and no run of this trainer has."""

    @property
    def background(self) -> tuple[BackgroundStatus, ...]:
        """By plugin, how background hooks fare in this run or fared in the last one: events left, events dropped."""
        # A run may end between two looks from another thread; here and below it is looked at once.
        loop = self._loop
        return self._fared if loop is None else loop.background.status

    @property
    def status(self) -> str:
        """`ready`, `running` or `paused`."""
        loop = self._loop
        if loop is None:
            return "ready"
        return "paused" if loop.is_paused else "running"

    def pause(self) -> None:
        """Hold before the next iteration."""
        self.send(commands.Pause())

    def resume(self) -> None:
        """Go on after a pause."""
        self.send(commands.Resume())

    def step_once(self) -> None:
        """Run one iteration, then pause."""
        self.send(commands.StepOnce())

    def stop(self, reason: str = "stopped") -> None:
        """End the run before the next iteration."""
        self.send(commands.Stop(reason))

    def send(self, command: commands.Command) -> None:
        """Have the run apply a command, such as `Save`, `Load` or `Reset`, before its next iteration.

        What cannot be applied is refused, which is recorded, and the run goes on. Raises TrainerError where none does.
        """
        loop = self._loop
        if loop is None:
            raise TrainerError(
                f"trainer {self.setup.name!r}",
                f"there is no run for {type(command).__name__}",
                "a run that goes on",
                "call run(), from another thread",
            )
        loop.send(command)

    def attach(self, hook: Any, name: str | None = None) -> None:
        """Register a hook, at once or, in a run, before its next iteration."""
        if isinstance(hook, str | Mapping):
            hook = self.environment.composer.build("hooks", hook)
        # A hook that does not fit is refused here, to whoever gave it, and not in the middle of the run.
        self.check_attachable(hook, name)
        self._do(commands.Attach(hook, name))

    def detach(self, name: str) -> None:
        """Take the hook of that name away, at once or, in a run, before its next iteration.

        Raises TrainerError where there is none, or another hook requires it.
        """
        loop = self._loop
        # It may be a hook that is to be attached first, which the run sees.
        if loop is not None and not any(isinstance(each.command, commands.Attach) for each in tuple(loop.commands)):
            self.check_detachable(name)
        self._do(commands.Detach(name))

    def check_attachable(self, hook: Any, name: str | None) -> None:
        """Raise whatever attaching this hook would, and change nothing."""
        trial = self.hooks.copy()
        self.register(trial, hook, name)
        if self._loop is not None:
            trial.freeze(self.clock)
        if self._parts is not None:
            self._check_required(trial)
            watched(self._parts.layout, required_gradients(trial))

    def check_detachable(self, name: str) -> None:
        """Raise TrainerError where there is no hook of that name, or another requires it."""
        where = f"trainer {self.setup.name!r}"
        if not self.hooks.has_plugin(name):
            known = [known for known, _ in self.hooks.list_name_plugin()]
            raise TrainerError(where, f"it has no hook {name!r}", listed(known, name), "give one of these names")
        others = self.hooks.requiring(name)
        if others:
            raise TrainerError(
                where,
                f"the hook {name!r} is required by {', '.join(map(repr, others))}",
                "a hook that no other requires",
                f"detach {others[-1]!r} first",
            )

    def register(self, hooks: HookManager, hook: Any, name: str | None = None) -> str | None:
        """Add a hook to a manager, under the name of its component unless another has it, and with its distribution."""
        build = partial(self.environment.composer.build, "hooks")
        component = next(iter(self.environment.components.registrations(hook)), None)
        if component is not None and name is None and not hooks.has_plugin(component.name):
            name = component.name
        return hooks.register(hook, name, distribution=component.distribution if component else "", build=build)

    def _do(self, command: commands.Attach | commands.Detach) -> None:
        with self._access:
            if self._loop is not None:
                self.send(command)
            elif isinstance(command, commands.Attach):
                self.register(self.hooks, command.hook, command.name)
            else:
                self.check_detachable(command.name)
                self.hooks.unregister(name=command.name)

    def _take_in(self, late: Iterable[commands.Request]) -> None:
        """Do what came from Python too late for the run that it was meant for; the next one begins with it."""
        for request in late:
            if request.origin != "python":
                continue
            try:
                match request.command:
                    case commands.SetValue(identifier, value):
                        self.set(identifier, value)
                    case commands.SetValues(values):
                        self.set(values)
                    case commands.Attach() | commands.Detach() as command:
                        self._do(command)
            except SigmaError as error:
                self.environment.log.warning("command_refused", trainer=self.setup.name, error=str(error))
