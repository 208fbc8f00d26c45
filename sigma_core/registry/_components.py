"""The components that can be used in one environment: listed from metadata, imported on first use."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import RLock
from typing import Any

from sigma_core.errors import PluginError, SigmaError
from sigma_core.registry._blocking import Block
from sigma_core.registry._catalogue import Catalogue, Key, key_of
from sigma_core.registry._distributions import Component, Distribution, Status
from sigma_core.registry._kinds import KINDS, kind_of
from sigma_core.registry._loading import load, refused, status_of, traceback_of

Report = Callable[[str, dict[str, str]], None]
REJECTED = "plugin_rejected"


class ComponentRegistry:
    """What installed distributions offer, by kind and name.

    Nothing is read before the first question; a question reads metadata, and only `get` and `plugins` import.
    `path` is where distributions are looked for, as `sys.path` is. `block` holds names of distributions or
    `kind:name`, both with wildcards; what is blocked is never imported. `report` is told once of each fault that
    nobody asked for; when `strict` (by default if SIGMA_STRICT=1) such a fault is raised instead.
    """

    def __init__(
        self,
        *,
        path: Sequence[str | os.PathLike[str]] | None = None,
        block: Iterable[str] = (),
        strict: bool | None = None,
        report: Report | None = None,
    ) -> None:
        self.strict = os.environ.get("SIGMA_STRICT") == "1" if strict is None else strict
        self._path = None if path is None else [os.fspath(folder) for folder in path]
        self._blocks = tuple(Block.parse(text) for text in block)
        self._report = report
        self._reported: set[str] = set()
        self._objects: dict[Key, Any] = {}
        self._errors: dict[Key, SigmaError] = {}
        self._read: Catalogue | None = None
        self._lock = RLock()

    def kinds(self) -> tuple[str, ...]:
        """All kinds of component, whether or not anything of them is installed."""
        return tuple(KINDS)

    def components(self, kind: str | None = None) -> tuple[Component, ...]:
        """What is on offer, of one kind or of all, sorted by kind and name; unusable ones carry the reason."""
        everything = self._catalogue().components()
        if kind is None:
            return everything
        name = kind_of(kind).name
        return tuple(component for component in everything if component.kind == name)

    def distributions(self) -> tuple[Distribution, ...]:
        """The distributions that offer something, sorted by name, each with its components."""
        return self._catalogue().whole_distributions()

    def names(self, kind: str) -> tuple[str, ...]:
        """The names that can be given where a component of that kind is wanted, usable or not, sorted."""
        names = kind_of(kind).names
        return tuple(sorted({each.name for each in self._catalogue().components() if each.kind in names}))

    def find(self, kind: str, name: str) -> Component:
        """Where the component of that name comes from; imports nothing.

        Raises `UnknownComponentError` with the nearest name, `DuplicateComponentError` when two offer it.
        """
        return self._catalogue().find(kind_of(kind), name)

    def get(self, kind: str, name: str) -> Any:
        """The component of that name, imported if need be; `kind` may be plural or singular.

        Raises as `find` does, and the `PluginError` that fits when it is blocked, unavailable, incompatible or failed.
        """
        return self._load(self.find(kind, name))

    def name_of(self, component: Any) -> tuple[str, str] | None:
        """Kind and name under which an object, or else its class, is registered; imports nothing.

        Where there are several, the first in order of kind and name.
        """
        found = self.registrations(component)
        return (found[0].kind, found[0].name) if found else None

    def registrations(self, component: Any) -> tuple[Component, ...]:
        """All usable entries that stand for an object or, if there is none, for its class; imports nothing."""
        usable = [entry for entry in self.components() if entry.status is Status.ACTIVE]
        for target in (component, type(component)):
            found = tuple(entry for entry in usable if self._stands_for(entry, target))
            if found:
                return found
        return ()

    def register(self, kind: str, name: str, component: Any) -> None:
        """Offer a component in this registry only, as notebooks and tests do.

        A name that is taken raises `DuplicateComponentError`, unless by the same class or function, defined anew.
        """
        defined = component if hasattr(component, "__qualname__") else type(component)
        entry = Component(kind_of(kind).name, name, f"{defined.__module__}:{defined.__qualname__}")
        with self._lock:
            # The key holds module and name, so that a cell of a notebook can be run again.
            if key_of(entry) not in self._catalogue().entries:
                self._catalogue().add(entry)
            self._objects[key_of(entry)] = component

    def plugins(self) -> Iterator[tuple[str, str, Any]]:
        """Name, distribution and object of each entry in `sigma.plugins`, sorted by name.

        What cannot be had is left out and reported once; when strict, its error is raised.
        """
        catalogue = self._catalogue()
        for distribution in catalogue.distributions.values():
            self._tell_unusable(distribution, distribution.name)
        for component in self.components():
            if catalogue.rivals(component):
                self._tell_unusable(component, f"{component.kind}:{component.name}")
        for entry in catalogue.plugins():
            # What is wrong with a distribution has been told, and is wrong with its plugin too.
            told = entry.status is catalogue.distributions[entry.distribution].status is not Status.ACTIVE
            if not told or key_of(entry) in self._errors:
                try:
                    plugin = self._load(entry)
                except SigmaError as error:
                    self._reject(entry, error)
                else:
                    yield entry.name, entry.distribution, plugin

    def reject(self, plugin: str, error: SigmaError) -> None:
        """Mark a plugin that `plugins` gave, but that cannot be registered, as failed; report it, when strict raise."""
        for entry in self._catalogue().plugins():
            if entry.name == plugin:
                self._reject(entry, error)

    def _catalogue(self) -> Catalogue:
        with self._lock:
            if self._read is None:
                self._read = Catalogue.read(self._path, self._blocks)
            return self._read

    def _load(self, entry: Component) -> Any:
        key = key_of(entry)
        if key in self._errors:
            raise self._errors[key].with_traceback(None)
        if key in self._objects:
            return self._objects[key]
        if entry.status is not Status.ACTIVE:
            raise refused(entry)
        requires = self._catalogue().distributions[entry.distribution].requires
        try:
            # Not under the lock: a module may ask the registry while another thread waits for that module's import.
            return self._objects.setdefault(key, load(entry, requires))
        except PluginError as error:
            self._note(entry, status_of(error), error)
            raise

    def _stands_for(self, entry: Component, target: Any) -> bool:
        """Whether an entry names this very object, as far as can be told from modules that are imported already."""
        key = key_of(entry)
        if key in self._objects:
            return self._objects[key] is target
        module, _, path = entry.value.partition(":")
        found: Any = sys.modules.get(module.strip())
        for name in path.strip().split("."):
            # `vars`, not `getattr`: a module's `__getattr__` may import.
            found = vars(found).get(name) if hasattr(found, "__dict__") else None
        return found is target and found is not None

    def _reject(self, entry: Component, error: SigmaError) -> None:
        status = status_of(error)
        self._note(entry, status, error)
        if status is not Status.BLOCKED:  # what is blocked was meant to be
            self._tell(entry.name, entry.distribution, status, error)

    def _note(self, entry: Component, status: Status, error: SigmaError) -> None:
        """Keep what came of an attempt, so that it is told alike whenever it is asked for."""
        if entry.status is Status.ACTIVE:
            self._errors.setdefault(key_of(entry), error)
            self._catalogue().mark(entry, status, error.found, traceback_of(error))

    def _tell_unusable(self, thing: Component | Distribution, name: str) -> None:
        """Report what metadata alone shows."""
        if thing.status not in (Status.ACTIVE, Status.BLOCKED):
            distribution = thing.distribution if isinstance(thing, Component) else thing.name
            self._tell(name, distribution, thing.status, refused(thing))

    def _tell(self, plugin: str, distribution: str, status: Status, error: SigmaError) -> None:
        if self.strict:
            raise error
        if self._report is not None and plugin not in self._reported:
            self._reported.add(plugin)
            fields = {"plugin": plugin, "distribution": distribution, "status": status.value, "reason": error.found}
            self._report(REJECTED, fields)
