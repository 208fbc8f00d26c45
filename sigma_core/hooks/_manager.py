"""The plugin manager: one for each environment, never global."""

from collections.abc import Collection, Iterator
from inspect import signature
from itertools import count
from types import ModuleType
from typing import Any

import pluggy
from attrs import evolve

from sigma_core.errors import HookRegistrationError, UserError
from sigma_core.events import Event
from sigma_core.hooks._background import Background
from sigma_core.hooks._check import Candidate, candidates, check_candidate, check_plugin, no_hooks
from sigma_core.hooks._clock import MOMENTS, Clock
from sigma_core.hooks._dispatch import Dispatch
from sigma_core.hooks._explain import Row, explain
from sigma_core.hooks._implementation import Implementation, Timed
from sigma_core.hooks._markers import SCOPES
from sigma_core.hooks._order import order
from sigma_core.hooks._requirements import Build, check_circle, known_as, made, required_by
from sigma_core.hooks._specifications import HOOKS, SNAPSHOT, SPECIFICATIONS
from sigma_core.hooks._trigger import Never
from sigma_core.registry import snake_case


class HookManager(pluggy.PluginManager):
    """Registers plugins, refuses what would be silently dead, and freezes the rest for a run.

    pluggy keeps the plugins; Sigma checks, orders and calls them itself, because pluggy calls the plugin that was
    registered last first, knows no triggers, and passes a misspelt hook over in silence. `generation` changes with
    every plugin that comes or goes.
    """

    def __init__(self) -> None:
        super().__init__("sigma")
        for specifications in SPECIFICATIONS:
            self.add_hookspecs(specifications)
        self.generation = 0
        # Those whose requirements are being registered, outermost first.
        self._waiting: tuple[object, ...] = ()
        self._registrations = count(1)
        self._found: dict[str, tuple[Implementation, ...]] = {}
        # What each plugin requires, by name.
        self._needed: dict[str, tuple[str, ...]] = {}
        self.brought: set[str] = set()
        """Names of plugins that are there because others require them, and go with the last of these."""
        self._ordered: dict[str, tuple[Implementation, ...]] = {}

    def register(
        self, plugin: object, name: str | None = None, *, distribution: str = "", build: Build | None = None
    ) -> str | None:
        """Add a plugin: every attribute named sigma_* implements the hook of that name, marked or not.

        What its attribute `required_hooks` names (classes, hooks, and with `build` components) is added before it
        where it is not there yet, and runs before it. Returns its name, by default that of its class or module, or
        None when that name is blocked.

        Raises HookRegistrationError with all faults together: unknown hooks and arguments, defaulted arguments,
        generators and coroutines, unknown phases and scopes, triggers that do not parse, a class in place of an
        instance, instances that cannot be hashed, a plugin or a name that is registered already; HookOrderError for
        hooks that require each other.
        """
        wanted = self._free_name(plugin) if name is None else name
        faults = [*self._identity_faults(plugin, wanted)]
        sound: list[Candidate] = []
        for candidate in () if isinstance(plugin, type) else candidates(plugin):
            checked, wrong = check_candidate(candidate, wanted)
            faults += wrong
            sound.append(checked)
        if not faults and not sound:
            faults.append(no_hooks(plugin, wanted))
        if faults:
            raise HookRegistrationError(
                where=f"plugin {wanted!r}" + (f" (distribution {distribution!r})" if distribution else ""),
                found=f"cannot be registered: {len(faults)} {'fault' if len(faults) == 1 else 'faults'}",
                faults=tuple(faults),
            )
        needed = self._required(plugin, wanted, build)
        registered = super().register(plugin, wanted)
        if registered is not None:
            number = next(self._registrations)
            self._needed[registered] = needed
            # What is never due takes part in nothing, unless that is all there is.
            due = [candidate for candidate in sound if candidate.when != Never()]
            self._found[registered] = tuple(
                _implementation(candidate, registered, distribution, number, needed) for candidate in due or sound
            )
            self._changed()
        return registered

    def _required(self, plugin: object, name: str, build: Build | None) -> tuple[str, ...]:
        """The names of what a plugin requires, registered now where it was not."""
        names = []
        self._waiting = (*self._waiting, plugin)
        try:
            for required in required_by(plugin):
                known = known_as(required, self.list_name_plugin())
                if known is None:
                    hook = made(required, build, f"plugin {name!r}")
                    check_circle(hook, self._waiting)
                    known = self.register(hook, required if isinstance(required, str) else None, build=build)
                    self.brought.add(str(known))
                names.append(str(known))
        finally:
            self._waiting = self._waiting[:-1]
        return tuple(names)

    def unregister(self, plugin: object | None = None, name: str | None = None) -> Any:
        """Take a plugin away, given itself or its name, with what is there for it alone; returns it."""
        known = name if name is not None else self.get_name(plugin)
        removed = super().unregister(plugin, name)
        self._found.pop(str(known), None)
        self.brought.discard(str(known))
        for other in self._needed.pop(str(known), ()):
            if other in self.brought and not self.requiring(other):
                self.unregister(name=other)
        self._changed()
        return removed

    def requiring(self, name: str) -> tuple[str, ...]:
        """The names of the plugins that require this one, in order of registration."""
        return tuple(other for other, needed in self._needed.items() if name in needed)

    def copy(self) -> "HookManager":
        """A manager with the same plugins, to which a trainer adds its own hooks without any other trainer's notice."""
        twin = HookManager()
        for name, plugin in self.list_name_plugin():
            if plugin is not None:
                found = self._found.get(name, ())
                twin.register(plugin, name, distribution=found[0].distribution if found else "")
        twin.brought = set(self.brought)
        return twin

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        """Tell pluggy that everything of a hook's name implements it; `register` has checked that it can."""
        function = getattr(plugin, name, None)
        if name not in HOOKS or not callable(function):
            return None
        if SNAPSHOT in signature(function).parameters:
            # An argument that no specification has, since the foreground does not; pluggy would refuse it.
            return None
        return {
            "wrapper": False,
            "hookwrapper": False,
            "optionalhook": False,
            "tryfirst": False,
            "trylast": False,
            "specname": None,
        }

    def implementations(self, hook: str) -> tuple[Implementation, ...]:
        """The implementations of a hook in the order in which they are called.

        Raises HookOrderError when plugins must run before each other.
        """
        if hook not in self._ordered:
            found = (entry for entries in self._found.values() for entry in entries if entry.hook == hook)
            self._ordered[hook] = order(found)
        return self._ordered[hook]

    def explain(self, hook: str | None = None) -> tuple[Row, ...]:
        """A row for each implementation, of one hook or of all, in effective order and with the reason for it."""
        hooks = HOOKS if hook is None else (hook,)
        return tuple(row for each in hooks for row in explain(self.implementations(each)))

    def freeze(
        self,
        clock: Clock,
        *,
        scopes: Collection[str] = SCOPES,
        previous: Dispatch | None = None,
        timed: Timed | None = None,
        background: Background | None = None,
    ) -> Dispatch:
        """The implementations of those scopes, ready for a loop; triggers go on where those of `previous` were.

        What `timed` gives for an implementation is called in place of its function.

        Raises HookOrderError as `implementations`, and HookRegistrationError when a trigger counts in what the clock
        does not know.
        """
        chosen = {hook: [entry for entry in self.implementations(hook) if entry.scope in scopes] for hook in HOOKS}
        return Dispatch(
            chosen, clock, generation=self.generation, previous=previous, timed=timed, background=background
        )

    def fire(
        self,
        event: Event,
        trainer: Any = None,
        *,
        plugins: Collection[str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Call the hook of an event, of all plugins or those of these names, apart from a run.

        As for PluginRejected, which belongs to no run, or for plugins that come when a run has started. Triggers mean
        nothing then, but for `never`, and where the `clock` of a trainer is given with an event that they count.
        """
        hook = next(name for name, event_type in HOOKS.items() if event_type is type(event))
        found = (entry for entry in self.implementations(hook) if plugins is None or entry.plugin in plugins)
        if clock is None or type(event) not in MOMENTS:
            found = (evolve(entry, when=None) for entry in found if entry.when != Never())
        dispatch = Dispatch({hook: found}, clock or Clock())
        dispatch.clock.note(event)
        dispatch.fire(event, trainer)

    def _changed(self) -> None:
        self._ordered.clear()
        self.generation += 1

    def _free_name(self, plugin: object) -> str:
        if isinstance(plugin, ModuleType):
            return plugin.__name__
        kind = plugin if isinstance(plugin, type) else type(plugin)
        base = snake_case(kind.__name__)
        numbered = (f"{base}_{number}" for number in count(2))
        return base if not self.has_plugin(base) else next(name for name in numbered if not self.has_plugin(name))

    def _identity_faults(self, plugin: object, name: str) -> Iterator[UserError]:
        unfit = check_plugin(plugin, name)
        if unfit is not None:
            yield unfit
            return
        known_as = next((known for known, other in self.list_name_plugin() if other is plugin), None)
        if known_as is not None:
            yield UserError(where=f"plugin {name!r}", found=f"is registered already, as {known_as!r}")
        elif self.has_plugin(name):
            yield UserError(
                where=f"plugin {name!r}",
                found=f"another plugin has this name, an instance of {type(self.get_plugin(name)).__name__}",
                remedy="register it under another name",
            )


def _implementation(
    candidate: Candidate, plugin: str, distribution: str, number: int, needed: tuple[str, ...]
) -> Implementation:
    options = candidate.options
    return Implementation(
        hook=candidate.hook,
        plugin=plugin,
        distribution=distribution,
        function=candidate.function,
        arguments=candidate.arguments,
        phase=options.phase,
        before=options.before,
        after=(*options.after, *needed),
        scope=options.scope,
        when=candidate.when,
        requires=options.requires,
        budget=candidate.budget,
        background=options.background,
        order=number,
    )
