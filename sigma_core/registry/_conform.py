"""Whether a value is of a type, strictly: no text becomes a number, no truth value counts as one."""

import typing
from collections.abc import Callable, Collection, Iterable, Mapping, MutableSequence, MutableSet, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from numbers import Integral, Real
from pathlib import Path, PurePath
from typing import Any, Literal

from sigma_core.errors import SettingError
from sigma_core.registry._annotations import UNIONS, bare, readable, seen, written


class _MismatchError(Exception):
    """What does not fit, how deep inside the value it was found, and what should be there."""

    def __init__(self, found: str, expected: str, path: str = "") -> None:
        super().__init__(found)
        self.found, self.expected, self.path = found, expected, path


def conform(value: Any, annotation: Any, *, where: str = "value") -> Any:
    """The value as one of the annotated type; raises `SettingError` that names what does not fit.

    Integers are accepted as floats, lists of TOML as tuples, text as paths and as members of enumerations (by value,
    or by name), NumPy's numbers as numbers. For any other type, `isinstance` decides.
    """
    try:
        return _conformed(value, annotation)
    except _MismatchError as mismatch:
        raise SettingError(where + mismatch.path, mismatch.found, mismatch.expected) from None


def _conformed(value: Any, annotation: Any) -> Any:
    annotation = bare(annotation)
    origin = typing.get_origin(annotation)
    if origin in UNIONS:
        return _one_of(value, typing.get_args(annotation), annotation)
    if origin is Literal:
        return _literal(value, typing.get_args(annotation), annotation)
    plain = origin or annotation
    # What is no class, such as a type variable's bound in text, cannot be checked.
    return _of_class(value, plain, annotation) if isinstance(plain, type) else value


def _of_class(value: Any, plain: type, annotation: Any) -> Any:
    # Before the rules: NumPy's float64 is a float too, but whoever names it wants NumPy's.
    if plain.__module__ == "numpy":
        return _numpy(value, plain, annotation)
    if plain in NUMBERS:
        return NUMBERS[plain](value, annotation)
    if plain in ABSTRACT:
        return _sequence(value, ABSTRACT[plain], annotation)
    rule = next((rule for family, rule in FAMILIES.items() if issubclass(plain, family)), _instance)
    return rule(value, plain, annotation)


def _mismatch(value: Any, annotation: Any) -> _MismatchError:
    return _MismatchError(seen(value), readable(annotation))


def _literal(value: Any, options: Sequence[Any], annotation: Any) -> Any:
    for option in options:
        # 1 == True, but neither is the other.
        if type(option) is type(value) and option == value:
            return option
    raise _mismatch(value, annotation)


def _one_of(value: Any, options: Sequence[Any], annotation: Any) -> Any:
    """The option that takes the value as it is, or else the first that takes it at all."""
    taken: list[Any] = []
    deepest: _MismatchError | None = None
    for option in options:
        try:
            result = _conformed(value, option)
        except _MismatchError as mismatch:
            deepest = mismatch if mismatch.path else deepest
        else:
            if type(result) is type(value) and result == value:
                return result
            taken.append(result)
    if taken:
        return taken[0]
    raise deepest or _mismatch(value, annotation)


def _bool(value: Any, annotation: Any) -> Any:
    if isinstance(value, bool):
        return value
    if type(value).__module__ == "numpy" and type(value).__name__ in ("bool", "bool_"):
        return bool(value)
    raise _mismatch(value, annotation)


def _int(value: Any, annotation: Any) -> Any:
    if type(value) is not bool and isinstance(value, Integral):
        return int(value)
    raise _mismatch(value, annotation)


def _float(value: Any, annotation: Any) -> Any:
    if type(value) is not bool and isinstance(value, Real):
        try:
            return float(value)
        except OverflowError:
            raise _MismatchError("the number is too large", readable(annotation)) from None
    raise _mismatch(value, annotation)


def _enum(value: Any, plain: type, annotation: Any) -> Any:
    members: Iterable[Enum] = typing.cast("type[Enum]", plain)
    for member in members:
        if value is member or (type(written(member)) is type(value) and written(member) == value):
            return member
    for member in members:
        if member.name == value:
            return member
    raise _mismatch(value, annotation)


def _path(value: Any, plain: type, annotation: Any) -> Any:
    if isinstance(value, plain):
        return value
    if isinstance(value, str):
        return (Path if issubclass(Path, plain) else plain)(value)
    raise _mismatch(value, annotation)


def _sequence(value: Any, plain: type, annotation: Any) -> Any:
    if hasattr(plain, "_fields"):  # a named tuple has a shape of its own
        return _instance(value, plain, annotation)
    ordered = isinstance(value, list | tuple)
    if not ordered and not (isinstance(value, set | frozenset) and issubclass(plain, set | frozenset)):
        raise _mismatch(value, annotation)
    items = list(value)
    wanted = _item_types(plain, annotation, len(items))
    if len(items) != len(wanted):
        count = f"{len(items)} item{'' if len(items) == 1 else 's'}"
        raise _MismatchError(f"it has {count}", readable(annotation))
    return plain(_within(f"[{i}]", item, kind) for i, (item, kind) in enumerate(zip(items, wanted, strict=True)))


def _item_types(plain: type, annotation: Any, count: int) -> Sequence[Any]:
    """The type of each item; a tuple may state how many there are."""
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is tuple and plain is tuple and arguments[-1:] != (Ellipsis,):
        return arguments
    return [arguments[0] if arguments else Any] * count


def _mapping(value: Any, plain: type, annotation: Any) -> Any:
    if not isinstance(value, Mapping):
        raise _mismatch(value, annotation)
    keys, values = typing.get_args(annotation) or (Any, Any)
    pairs = {_within(f", key {key!r}", key, keys): _within(f".{key}", item, values) for key, item in value.items()}
    return pairs if issubclass(dict, plain) else _instance(value, plain, annotation)


def _within(step: str, value: Any, annotation: Any) -> Any:
    try:
        return _conformed(value, annotation)
    except _MismatchError as mismatch:
        raise _MismatchError(mismatch.found, mismatch.expected, step + mismatch.path) from None


def _numpy(value: Any, plain: type, annotation: Any) -> Any:
    """NumPy's number types from numbers, and dtypes from their names."""
    import numpy as np

    if isinstance(value, plain):
        return value
    try:
        if issubclass(plain, np.dtype) and isinstance(value, str | type):
            return np.dtype(value)
        if issubclass(plain, np.integer):
            # An abstract type is met by the widest of its kind.
            return (np.int64 if issubclass(np.int64, plain) else plain)(_int(value, annotation))
        if issubclass(plain, np.floating):
            return (np.float64 if issubclass(np.float64, plain) else plain)(_float(value, annotation))
        if issubclass(plain, np.bool_):
            return np.bool_(_bool(value, annotation))
    except (TypeError, OverflowError):
        pass
    raise _mismatch(value, annotation)


def _instance(value: Any, plain: type, annotation: Any) -> Any:
    if plain is type:
        fits = isinstance(value, type)
    else:
        try:
            fits = isinstance(value, plain)
        except TypeError:  # a protocol that cannot be checked at run time
            return value
    if not fits:
        raise _mismatch(value, annotation)
    return value


NUMBERS: dict[type, Callable[[Any, Any], Any]] = {bool: _bool, int: _int, float: _float}
# The first family that a type belongs to has the say.
FAMILIES: dict[type, Callable[[Any, type, Any], Any]] = {
    Enum: _enum,
    PurePath: _path,
    tuple: _sequence,
    list: _sequence,
    set: _sequence,
    frozenset: _sequence,
    Mapping: _mapping,
}
# What a list becomes where only a protocol is named.
ABSTRACT: dict[Any, type] = {
    Sequence: tuple,
    Collection: tuple,
    Iterable: tuple,
    MutableSequence: list,
    AbstractSet: frozenset,
    MutableSet: set,
}
