"""What installed distributions say that they offer, read from their metadata; nothing of them is imported."""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from attrs import frozen

from sigma_core.errors import nearest
from sigma_core.registry._kinds import KINDS, PLUGIN_GROUP

if TYPE_CHECKING:
    from importlib.metadata import Distribution as Installed

CORE = "sigma-core"
# The kind of the entries in `sigma.plugins`: they are found, blocked and loaded as components are.
PLUGINS = "plugins"
GROUPS = {PLUGIN_GROUP: PLUGINS} | {kind.group: kind.name for kind in KINDS.values()}


class Status(Enum):
    """Whether a component or a distribution can be used, and if not, why."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    UNAVAILABLE = "unavailable"
    INCOMPATIBLE = "incompatible"
    FAILED = "failed"


@frozen
class Component:
    """A named part that a distribution announces; `value` is where it is found, as `module:attribute`.

    It is active until an attempt to import it fails; `reason` says in one line why it is not, `traceback` has the
    whole story of a failure.
    """

    kind: str
    name: str
    value: str
    distribution: str = ""
    version: str = ""
    status: Status = Status.ACTIVE
    reason: str = ""
    traceback: str = ""

    @property
    def origin(self) -> str:
        """The distribution and its version, or where else it comes from."""
        return f"{self.distribution} {self.version}" if self.distribution else "registered in this process"

    def __str__(self) -> str:
        """How messages call it: `optimisers 'adam' (sigma-nn 0.1.0)`."""
        return f"{self.kind} '{self.name}' ({self.origin})"


@frozen
class Distribution:
    """An installed distribution that offers something to Sigma; `plugin` is the value of its `sigma.plugins` entry.

    Its status is that of the whole: each component has one of its own besides.
    """

    name: str
    version: str
    summary: str = ""
    status: Status = Status.ACTIVE
    reason: str = ""
    traceback: str = ""
    components: tuple[Component, ...] = ()
    plugin: str | None = None
    requires: tuple[str, ...] = ()

    def __str__(self) -> str:
        """How messages call it: `distribution sigma-nn 0.1.0`."""
        return f"distribution {self.name} {self.version}"


def canonical(name: str) -> str:
    """The name of a distribution as package indexes compare it: `Sigma_NN` is `sigma-nn`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_distributions(path: Sequence[str] | None) -> Iterator[tuple[Distribution, tuple[Component, ...]]]:
    """Distributions with entries of Sigma's groups, sorted by name, each with its entries (plugins among them).

    Where a name is found twice on the path (an editable installation beside its source, a stale copy), the first
    counts, as it does for `import`.
    """
    from importlib.metadata import distributions

    search = list(sys.path if path is None else path)
    names = set()
    for installed in distributions(path=search):
        if "[sigma." in (installed.read_text("entry_points.txt") or ""):
            # A folder without metadata is what an interrupted installation leaves; it has no name to be known by.
            names.add(canonical(_field(installed, "Name")))
    core = _core_version()
    for name in sorted(names - {""}):
        yield _read(next(iter(distributions(name=name, path=search))), core)


def _core_version() -> str | None:
    """The version of the kernel that runs, which need not be on the path that is searched."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(CORE)
    except PackageNotFoundError:  # run from a source tree that was never installed
        return None


def _field(installed: "Installed", name: str) -> str:
    # Asked for first: a missing key is deprecated since Python 3.12.
    return installed.metadata[name] if name in installed.metadata else ""  # noqa: SIM401  # 3.11's protocol has no `get`


def _read(installed: "Installed", core: str | None) -> tuple[Distribution, tuple[Component, ...]]:
    """One distribution; whatever is wrong with its metadata becomes its status."""
    name, version = _field(installed, "Name"), _field(installed, "Version")
    requires = tuple(installed.requires or ())
    status, reason = Status.ACTIVE, ""
    entries: list[tuple[str, str, str]] = []
    try:
        entries = [(entry.group, entry.name, entry.value) for entry in installed.entry_points]
        reason = incompatibility(requires, core)
        status = Status.INCOMPATIBLE if reason else Status.ACTIVE
    except Exception as error:  # noqa: BLE001  # a plugin's broken metadata must not take the rest down
        status, reason = Status.FAILED, f"its metadata cannot be read: {error}"
    components = tuple(
        Component(GROUPS[group], entry, value, name, version, status, reason)
        for group, entry, value in sorted(entries)
        if group in GROUPS
    )
    strangers = sorted({group for group, _, _ in entries if group.startswith("sigma.")} - GROUPS.keys())
    if strangers and status is Status.ACTIVE:
        status, reason = Status.FAILED, "; ".join(_stranger(group) for group in strangers)
    plugins = [component.value for component in components if component.kind == PLUGINS]
    distribution = Distribution(
        name,
        version,
        _field(installed, "Summary"),
        status,
        reason,
        plugin=plugins[0] if plugins else None,
        requires=requires,
    )
    return distribution, components


def _stranger(group: str) -> str:
    close = nearest(group.removeprefix("sigma."), GROUPS.values())
    return f"there is no group of entry points '{group}'" + (f" (nearest: sigma.{close})" if close else "")


def incompatibility(requires: Iterable[str], core: str | None) -> str:
    """Why a distribution with these requirements cannot run on this version of the kernel; empty if it can."""
    from packaging.requirements import Requirement

    for text in requires:
        requirement = Requirement(text)
        if canonical(requirement.name) != CORE or (
            requirement.marker and not requirement.marker.evaluate({"extra": ""})
        ):
            continue
        if core and not requirement.specifier.contains(core, prereleases=True):
            return f"it requires {CORE}{requirement.specifier}, but {core} is installed"
    return ""
