"""The environment: what a process shares, owned by an object and never by a module."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from attrs import frozen

from sigma_core.errors import HookRegistrationError, PluginFailedError, SettingError, nearest_hint
from sigma_core.events import Bus, OngoingTask, PluginRejected, make_logger
from sigma_core.hooks import HookManager
from sigma_core.registry import ComponentRegistry, Composer

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

LEVELS = ("debug", "info", "warning", "error", "critical")


@frozen
class Paths:
    """Where things lie; nothing of it is made before it is needed."""

    root: Path
    runs: Path
    cache: Path


class Environment:
    """The components, hooks, event bus, log, seed and paths of one process; several can live side by side.

    `root` is the folder of the work, by default the current one; its runs go to `root/runs`. `block`, `strict` and
    `path` are those of ComponentRegistry. Installed plugins are registered at once; one that cannot be is reported
    as PluginRejected and in the log, or raised when `strict`. Used as a context manager, it closes itself.
    """

    def __init__(  # noqa: PLR0913  # each is a property of the process
        self,
        *,
        seed: int = 0,
        root: Path | str | None = None,
        block: Iterable[str] = (),
        strict: bool | None = None,
        path: Sequence[str | os.PathLike[str]] | None = None,
        level: str = "info",
    ) -> None:
        if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
            raise SettingError(where="environment, seed", found=repr(seed), expected="a whole number from 0 on")
        if level not in LEVELS:
            allowed = ", ".join(LEVELS) + nearest_hint(str(level), LEVELS)
            raise SettingError(where="environment, level", found=repr(level), expected=allowed)
        self.seed = seed
        self.bus = Bus()
        self.hooks = HookManager()
        self.components = ComponentRegistry(path=path, block=block, strict=strict, report=self._report)
        self.composer = Composer(self.components)
        folder = Path.cwd() if root is None else Path(root).absolute()
        self.paths = Paths(root=folder, runs=folder / "runs", cache=cache_directory(os.environ, sys.platform))
        self._level = level
        self._tasks = count(1)
        self._rejected: list[PluginRejected] = []
        self._register_plugins()

    @cached_property
    def log(self) -> "FilteringBoundLogger":
        """The structured log; its entries are events on the bus."""
        return make_logger(self.bus, level=self._level)

    @property
    def rejected(self) -> tuple[PluginRejected, ...]:
        """The installed plugins that are not used, each with the reason."""
        return tuple(self._rejected)

    def register(self, kind: str, name: str, component: Any) -> None:
        """Offer a component in this environment alone, as notebooks and tests do."""
        self.components.register(kind, name, component)

    def task(self, name: str, *, total: int | None = None, unit: str = "") -> OngoingTask:
        """Long work that monitors show: `with environment.task("download of x", total=9, unit="bytes") as task: ...`.

        `task.advance(n)` says that so much more is done, `task.reach(n)` that so much is by now.
        """
        return OngoingTask(self.bus.publish, next(self._tasks), name, total=total, unit=unit)

    def close(self) -> None:
        """Hand over what waits on the bus and end its listeners."""
        self.bus.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _register_plugins(self) -> None:
        for name, distribution, plugin in self.components.plugins():
            try:
                self.hooks.register(plugin, name, distribution=distribution)
            except HookRegistrationError as error:
                if self.components.strict:
                    raise
                self.components.reject(name, _in_one_line(error))
        # Only now, when every plugin that can listen is there.
        for event in self._rejected:
            try:
                self.hooks.fire(event)
            except Exception as error:  # noqa: BLE001  # a reporter must not take the rest down
                self.log.error("hook failed", reason=str(error))  # noqa: TRY400  # the reason names the plugin

    def _report(self, _kind: str, fields: Mapping[str, str]) -> None:
        event = PluginRejected(**fields)
        self._rejected.append(event)
        self.bus.publish(event)
        self.log.warning("plugin rejected", **fields)


def _in_one_line(error: HookRegistrationError) -> PluginFailedError:
    """The faults as one reason, as lists of plugins have room for one."""
    found = "; ".join(f"{fault.where}: {fault.found}" for fault in error.faults)
    failed = PluginFailedError(where=error.where, found=found)
    failed.__cause__ = error
    return failed


def cache_directory(environ: Mapping[str, str], platform: str) -> Path:
    """Where downloads and compiled code are kept: SIGMA_CACHE, else where the platform keeps a user's caches."""
    if environ.get("SIGMA_CACHE"):
        return Path(environ["SIGMA_CACHE"])
    if platform == "win32":
        base = Path(environ["LOCALAPPDATA"]) if environ.get("LOCALAPPDATA") else Path.home() / "AppData" / "Local"
    elif platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(environ["XDG_CACHE_HOME"]) if environ.get("XDG_CACHE_HOME") else Path.home() / ".cache"
    return base / "sigma"
