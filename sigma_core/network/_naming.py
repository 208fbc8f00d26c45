"""Names of layers: as given, or after the class and counted, as `dense_1`."""

import re
from collections import Counter
from collections.abc import Sequence

from sigma_core.errors import NetworkError
from sigma_core.network._layer import Layer
from sigma_core.registry import snake_case

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _plain(name: str) -> str:
    """The name as near to the given one as it can be."""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
    if not plain.strip("_"):
        return "layer"
    return f"_{plain}" if plain[0].isdigit() else plain


def named(layers: Sequence[Layer]) -> tuple[str, ...]:
    """A name for each layer, all different.

    Raises NetworkError where two layers were given the same name, or one that cannot stand in an identifier.
    """
    given = [layer.name for layer in layers if layer.name is not None]
    for name, count in Counter(given).items():
        if count > 1:
            raise NetworkError(
                f"network.layers.{name}", f"{count} layers have this name", "a name for each", "rename all but one"
            )
        if not _PLAIN_NAME.fullmatch(name):
            raise NetworkError(
                "network",
                f"a layer is called {name!r}",
                "letters, digits and underscores, no digit first",
                f"call it {_plain(name)!r}, say",
            )
    taken = set(given)
    counts: Counter[str] = Counter()
    names = []
    for layer in layers:
        if layer.name is not None:
            names.append(layer.name)
            continue
        kind = snake_case(type(layer).__name__)
        counts[kind] += 1
        while f"{kind}_{counts[kind]}" in taken:
            counts[kind] += 1
        names.append(f"{kind}_{counts[kind]}")
    return tuple(names)
