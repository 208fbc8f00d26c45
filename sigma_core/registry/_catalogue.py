"""The list of everything on offer: who offers what, which names clash, what can be used."""

from collections.abc import Iterable, Sequence

from attrs import define, evolve, field

from sigma_core.errors import DuplicateComponentError, UnknownComponentError, listed
from sigma_core.registry._blocking import Block, blocked
from sigma_core.registry._distributions import PLUGINS, Component, Distribution, Status, read_distributions
from sigma_core.registry._kinds import KINDS, Kind

Key = tuple[str, str, str, str]


def key_of(component: Component) -> Key:
    """What tells two entries apart, whatever their status."""
    return component.kind, component.name, component.distribution, component.value


@define(eq=False)
class Catalogue:
    """Entries in order of kind, name and distribution, and the distributions they come from."""

    distributions: dict[str, Distribution] = field(factory=dict)
    entries: dict[Key, Component] = field(factory=dict)
    _judgements: tuple[Component, ...] | None = field(default=None, init=False)

    @classmethod
    def read(cls, path: Sequence[str] | None, blocks: Iterable[Block]) -> "Catalogue":
        """What is installed; metadata only."""
        catalogue, blocks = cls(), tuple(blocks)
        for distribution, components in read_distributions(path):
            catalogue.distributions[distribution.name] = blocked(distribution, blocks)
            for component in components:
                catalogue.entries[key_of(component)] = blocked(component, blocks)
        catalogue.entries = dict(sorted(catalogue.entries.items()))
        return catalogue

    def add(self, component: Component) -> None:
        """Put one more entry into its place; raises `DuplicateComponentError` if its name is taken."""
        rivals = self.rivals(component)
        if rivals:
            raise DuplicateComponentError(
                f"{component.kind} '{component.name}'",
                f"the name is taken, by {_origins(rivals, component.kind)}",
                "one component for each name",
                "register it under another name, or block the other",
            )
        self.entries = dict(sorted([*self.entries.items(), (key_of(component), component)]))
        self._judgements = None

    def mark(self, component: Component, status: Status, reason: str, traceback: str) -> None:
        """Note why an entry cannot be used."""
        self.entries[key_of(component)] = evolve(component, status=status, reason=reason, traceback=traceback)
        self._judgements = None

    def whole_distributions(self) -> tuple[Distribution, ...]:
        """The distributions with their components; one whose plugin cannot be used is as its plugin is."""
        found = []
        for distribution in self.distributions.values():
            own = tuple(each for each in self.components() if each.distribution == distribution.name)
            # Its own fault comes first: the plugin's may well be a consequence.
            worst: Component | Distribution = distribution
            if distribution.status is Status.ACTIVE:
                plugins = (each for each in self.plugins() if each.distribution == distribution.name)
                worst = next((each for each in plugins if each.status is not Status.ACTIVE), distribution)
            found.append(
                evolve(
                    distribution,
                    components=own,
                    status=worst.status,
                    reason=worst.reason,
                    traceback=worst.traceback,
                )
            )
        return tuple(found)

    def components(self) -> tuple[Component, ...]:
        """All components; those whose name another one has too are failed."""
        if self._judgements is None:
            self._judgements = tuple(self._judged(entry) for entry in self.entries.values() if entry.kind != PLUGINS)
        return self._judgements

    def plugins(self) -> tuple[Component, ...]:
        """The entries in `sigma.plugins`, sorted by name."""
        return tuple(self._judged(entry) for entry in self.entries.values() if entry.kind == PLUGINS)

    def named(self, kind: Kind, name: str) -> tuple[Component, ...]:
        """All entries that a name may mean where a component of that kind is wanted."""
        return tuple(entry for entry in self.entries.values() if entry.kind in kind.names and entry.name == name)

    def find(self, kind: Kind, name: str) -> Component:
        """The one usable entry, or else the first unusable one.

        Raises `UnknownComponentError` if there is none and `DuplicateComponentError` if several could be used.
        """
        found = self.named(kind, name)
        if not found:
            raise self._unknown(kind, name)
        usable = [entry for entry in found if entry.status is Status.ACTIVE]
        rivals = self.rivals(usable[0]) if usable else ()
        if rivals:
            raise DuplicateComponentError(
                f"{kind.name} '{name}'",
                f"it is offered more than once, by {_origins((usable[0], *rivals), kind.name)}",
                "one component for each name",
                "uninstall one of the distributions, or block one by its name",
            )
        return (usable or found)[0]

    def rivals(self, component: Component) -> tuple[Component, ...]:
        """Other usable entries that the same lookup would find."""
        return tuple(
            entry
            for key, entry in self.entries.items()
            if entry.name == component.name
            and entry.status is Status.ACTIVE
            and _meet(entry.kind, component.kind)
            and key != key_of(component)
        )

    def _judged(self, component: Component) -> Component:
        if component.status is not Status.ACTIVE:
            return component
        if component.kind == PLUGINS:
            siblings = [
                e.name for e in self.entries.values() if e.kind == PLUGINS and e.distribution == component.distribution
            ]
            if len(siblings) > 1:
                reason = f"its distribution has {len(siblings)} plugins ({listed(siblings)}) and may have one"
                return evolve(component, status=Status.FAILED, reason=reason)
        rivals = self.rivals(component)
        if rivals:
            return evolve(component, status=Status.FAILED, reason=f"also offered by {_origins(rivals, component.kind)}")
        return component

    def _unknown(self, kind: Kind, name: str) -> UnknownComponentError:
        where = f"{kind.name} '{name}'"
        names = {entry.name for entry in self.entries.values() if entry.kind in kind.names}
        elsewhere = [
            other
            for other in KINDS.values()
            if any(e.kind == other.name and e.name == name for e in self.entries.values())
        ]
        if elsewhere:
            remedy = f"'{name}' is {elsewhere[0].article}"
        else:
            remedy = "" if names else f"install a distribution that offers {kind.name}"
        return UnknownComponentError(where, f"there is no such {kind.singular}", listed(names, name), remedy)


def _meet(one: str, other: str) -> bool:
    """Whether names of two kinds are looked up together."""
    if PLUGINS in (one, other):
        return one == other
    return one in KINDS[other].names or other in KINDS[one].names


def _origins(components: Iterable[Component], kind: str) -> str:
    """Where components of one name come from, with their kinds if not all are of the kind in question."""
    found = tuple(components)
    if {component.kind for component in found} == {kind}:
        return " and ".join(sorted({component.origin for component in found}))
    return " and ".join(sorted(f"{component.origin} as {KINDS[component.kind].article}" for component in found))
