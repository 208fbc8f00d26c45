"""Recipes as people write them: one line for each key, and one for each element of a list of tables."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tomlkit.items import Array, InlineTable


def document(values: Mapping[str, Any]) -> str:
    """Values as a TOML document, whatever their keys and however deep they are."""
    import tomlkit

    whole = tomlkit.document()
    for key, value in values.items():
        whole.add(tomlkit.key(key), tomlkit.item(_item(value, is_outermost=True)))
    return tomlkit.dumps(whole)


def _item(value: Any, *, is_outermost: bool = False) -> Any:
    if isinstance(value, Mapping):
        return _table(value)
    if isinstance(value, list | tuple):
        return _array(value, is_outermost=is_outermost)
    return value


def _table(value: Mapping[str, Any]) -> "InlineTable":
    import tomlkit

    table = tomlkit.inline_table()
    for key, inner in value.items():
        table.add(tomlkit.key(key), tomlkit.item(_item(inner)))
    return table


def _array(values: list[Any] | tuple[Any, ...], *, is_outermost: bool) -> "Array":
    import tomlkit

    array = tomlkit.array()
    array.extend(_item(value) for value in values)
    # A line for each layer; lists of numbers stay in one.
    return array.multiline(is_outermost and any(isinstance(value, Mapping) for value in values))
