"""Names of layers: as given, or after the class and counted, as `dense_1`."""

import re
from collections import Counter
from collections.abc import Collection, Sequence

from sigma_core.errors import NetworkError
from sigma_core.network._architecture import Node
from sigma_core.registry import snake_case

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _plain(name: str) -> str:
    """The name as near to the given one as it can be."""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
    if not plain.strip("_"):
        return "layer"
    return f"_{plain}" if plain[0].isdigit() else plain


def named(nodes: Sequence[Node], prefix: str = "") -> tuple[str, ...]:
    """A name for each node, all different; a layer that shares parameters is called after their owner, `encoder_2`.

    `prefix` is the path of what holds them, for messages. Raises NetworkError where two layers were given the same
    name, or one that cannot stand in an identifier.
    """
    owners = [node for node in nodes if node.shares is None]
    given = [node.layer.name for node in owners if node.layer.name is not None]
    for name, count in Counter(given).items():
        if count > 1:
            raise NetworkError(
                f"network.layers.{prefix}{name}",
                f"{count} layers have this name",
                "a name for each",
                "rename all but one",
            )
        if not isinstance(name, str) or not _PLAIN_NAME.fullmatch(name):
            raise NetworkError(
                "network",
                f"a layer is called {name!r}",
                "letters, digits and underscores, no digit first",
                f"call it {_plain(str(name))!r}, say",
            )
    taken = set(given)
    names: dict[int, str] = {}
    # Owners first: their names are part of identifiers, and in a recipe they may stand behind those that share.
    for position, node in sorted(enumerate(nodes), key=lambda each: each[1].shares is not None):
        if node.shares is None and node.layer.name is not None:
            names[position] = node.layer.name
            continue
        kind, number = (snake_case(type(node.layer).__name__), 1) if node.shares is None else (names[node.shares], 2)
        names[position] = _free(kind, number, taken)
        taken.add(names[position])
    return tuple(names[position] for position in range(len(nodes)))


def _free(kind: str, number: int, taken: Collection[str]) -> str:
    while f"{kind}_{number}" in taken:
        number += 1
    return f"{kind}_{number}"
