"""Links: layers called on what feeds them, `h = Dense(64)(x)`, which makes any directed acyclic graph."""

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import field, frozen

from sigma_core.errors import NetworkError
from sigma_core.network._architecture import Architecture, Node
from sigma_core.network._layer import Layer


@frozen(eq=False, repr=False)
class Link:
    """What a layer puts out at one place of a network; what calling a layer on others returns.

    An object that is called twice, a layer or an architecture, has one set of parameters in both places. `link + b`
    is `b(link)`.
    """

    layer: Layer
    inputs: "tuple[Link, ...]" = ()
    origin: tuple[Any, int] = field(default=(None, 0))
    """What was called, and which of its layers this is: whoever has the same origin shares parameters."""

    def __repr__(self) -> str:
        return f"<Link of {type(self.layer).__name__}>"

    def __add__(self, other: Any) -> "Link":
        if isinstance(other, Link):
            raise NetworkError(
                "network",
                "two links are added",
                "a layer behind a link",
                "merge them with a layer, as Add()(first, second)",
            )
        if not isinstance(other, Layer | Architecture | list | tuple):
            return NotImplemented
        return Architecture.of(other)(self)


def call(layer: Layer, inputs: Sequence[Any]) -> Link:
    """The link of a layer that is called; raises NetworkError for what nothing comes out of."""
    return Link(layer, links_of(inputs), (layer, 0))


def call_all(architecture: Architecture, inputs: Sequence[Any]) -> Link:
    """The link of the last node of an architecture that is called; its entries are fed by the inputs.

    Raises NetworkError unless it has one last node.
    """
    given = links_of(inputs)
    ends = architecture.ends()
    if len(ends) != 1:
        raise NetworkError(
            "network",
            f"an architecture with {len(ends) or 'no'} last layers is called",
            "one last layer",
            "merge its branches, or call its parts",
        )
    links: list[Link] = []
    for position, node in enumerate(architecture.nodes):
        feeding = tuple(links[number] for number in node.inputs) or given
        links.append(Link(node.layer, feeding, (architecture, position if node.shares is None else node.shares)))
    return links[ends[0]]


def links_of(inputs: Sequence[Any]) -> tuple[Link, ...]:
    """What a layer was called on as links: links, inputs of a network, or lists of them."""
    return tuple(link for each in inputs for link in _links(each))


def _links(value: Any) -> Iterator[Link]:
    if isinstance(value, Link):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _links(each)
    elif isinstance(value, Layer):
        # An input stands for itself; of other layers the build says that nothing feeds them.
        yield Link(value, (), (value, 0))
    elif isinstance(value, Architecture):
        yield call_all(value, ())
    else:
        raise NetworkError(
            "network",
            f"a layer is called on {value!r}, a {type(value).__name__}",
            "what other layers put out",
            "call it on a link, such as h in h = Dense(64)(Input(784))",
        )


def architecture_of(ends: Sequence[Link]) -> Architecture:
    """All that links are made of, each node behind those that feed it."""
    nodes: list[Node] = []
    positions: dict[int, int] = {}
    # By origin: the first node of each, and the nodes that nothing feeds, of which there is one for all calls.
    first: dict[tuple[int, int], int] = {}
    for link in _in_order(ends):
        origin = (id(link.origin[0]), link.origin[1])
        if not link.inputs and origin in first:
            positions[id(link)] = first[origin]
            continue
        positions[id(link)] = len(nodes)
        nodes.append(Node(link.layer, tuple(positions[id(each)] for each in link.inputs), first.get(origin)))
        first.setdefault(origin, positions[id(link)])
    return Architecture(tuple(nodes))


def _in_order(ends: Sequence[Link]) -> Iterator[Link]:
    """Every link once, behind its inputs; without recursion, since networks are deeper than Python's stack."""
    done: set[int] = set()
    waiting = [(end, iter(end.inputs)) for end in reversed(ends)]
    while waiting:
        link, inputs = waiting[-1]
        following = next((each for each in inputs if id(each) not in done), None) if id(link) not in done else None
        if following is not None:
            waiting.append((following, iter(following.inputs)))
            continue
        waiting.pop()
        if id(link) not in done:
            done.add(id(link))
            yield link
