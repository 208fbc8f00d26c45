"""The kinds of component there are, and the group of entry points in which each is announced."""

from collections.abc import Mapping
from types import MappingProxyType

from attrs import field, frozen

from sigma_core.errors import UnknownComponentError, nearest_hint

PLUGIN_GROUP = "sigma.plugins"


@frozen
class Kind:
    """A kind of component: its plural name, its singular, and the kinds whose names count among its own."""

    name: str
    singular: str
    also: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def group(self) -> str:
        """The group of entry points, such as `sigma.optimisers`."""
        return f"sigma.{self.name}"

    @property
    def names(self) -> tuple[str, ...]:
        """Its own name, and those of the kinds in which its names are looked up too."""
        return (self.name, *self.also)

    @property
    def article(self) -> str:
        """The singular with its article: `an optimiser`."""
        return f"{'an' if self.singular[0] in 'aeiou' else 'a'} {self.singular}"


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind("layers", "layer", also=("costs",)),  # a cost is the last layer of a network
            Kind("costs", "cost"),
            Kind("activations", "activation"),
            Kind("initialisers", "initialiser"),
            Kind("optimisers", "optimiser"),
            Kind("schedules", "schedule"),
            Kind("modifiers", "modifier"),
            Kind("criteria", "criterion"),
            Kind("triggers", "trigger"),
            Kind("metrics", "metric"),
            Kind("sources", "source"),
            Kind("compressions", "compression"),
            Kind("archives", "archive"),
            Kind("extractors", "extractor"),
            Kind("preprocessors", "preprocessor"),
            Kind("augmenters", "augmenter"),
            Kind("splits", "split"),
            Kind("datasets", "dataset"),
            Kind("iterators", "iterator"),
            Kind("operators", "operator"),
            Kind("mergers", "merger"),
            Kind("backends", "backend"),
            Kind("hooks", "hook"),
            Kind("monitors", "monitor"),
            Kind("panels", "panel"),  # their contract is that of the dashboard, a plugin
            Kind("commands", "command"),  # of the command line, beside those of the kernel
        )
    }
)


def kind_of(text: str) -> Kind:
    """The kind of that name, plural or singular; raises `UnknownComponentError` for any other word."""
    for kind in KINDS.values():
        if text in (kind.name, kind.singular):
            return kind
    # All of them, however many: nobody can guess what kinds there are.
    expected = ", ".join(sorted(KINDS)) + nearest_hint(text, KINDS)
    raise UnknownComponentError(f"kind '{text}'", "there is no such kind of component", expected)
