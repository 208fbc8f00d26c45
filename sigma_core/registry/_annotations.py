"""Type annotations: resolved from text, and said in words."""

import sys
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from pathlib import PurePath
from reprlib import repr as short
from typing import Any, Literal, Union

UNIONS = (Union, types.UnionType)
# Where the name of a type says less than a word.
WORDS: dict[Any, str] = {
    Any: "anything",
    object: "anything",
    types.NoneType: "None",
    Callable: "function",
    Sequence: "list",
    Collection: "list",
    Iterable: "list",
    AbstractSet: "set",
    frozenset: "set",
}


def resolved(annotation: Any, module: str, owner: Any = None) -> Any:
    """An annotation without text or forward references, as seen in a module (and in a class, if it is one's).

    What cannot be resolved at run time, such as a name imported for type checkers only, is `Any`: it is the author's
    liberty, and the value is then checked by the component itself.
    """
    scope = vars(sys.modules[module]) if module in sys.modules else {}
    within = vars(owner) if isinstance(owner, type) else {}
    holder = types.SimpleNamespace(__annotations__={"setting": annotation})
    try:
        return typing.get_type_hints(holder, dict(scope), dict(within))["setting"]
    except Exception:  # noqa: BLE001  # evaluates text of a plugin: anything can come out of it
        return Any


def bare(annotation: Any) -> Any:
    """What stands behind a new type, a type alias or a type variable."""
    while True:
        if isinstance(annotation, typing.NewType):
            annotation = annotation.__supertype__
        elif isinstance(annotation, typing.TypeVar):
            annotation = annotation.__bound__ or Any
        elif type(annotation).__name__ == "TypeAliasType":  # since Python 3.12
            annotation = annotation.__value__
        elif annotation is None:
            return types.NoneType
        else:
            return annotation


def takes_none(annotation: Any) -> bool:
    """Whether the type names None as a value."""
    annotation = bare(annotation)
    if typing.get_origin(annotation) in UNIONS:
        return any(takes_none(option) for option in typing.get_args(annotation))
    return annotation is types.NoneType


def readable(annotation: Any) -> str:
    """A type in words: `float`, `tuple of int`, `'mean' or 'sum'`, `path or None`."""
    annotation = bare(annotation)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in UNIONS:
        words = [readable(option) for option in arguments if option is not types.NoneType]
        return " or ".join(dict.fromkeys(words + ["None"] * (types.NoneType in arguments)))
    if origin is Literal:
        return " or ".join(repr(option) for option in arguments)
    plain = origin or annotation
    return _class_name(plain, arguments) if isinstance(plain, type) else WORDS.get(plain, str(annotation))


def _class_name(plain: type, arguments: tuple[Any, ...]) -> str:
    word = WORDS.get(plain, plain.__name__)
    if issubclass(plain, Enum):
        return " or ".join(repr(written(member)) for member in plain)
    if issubclass(plain, PurePath):
        return "path"
    if issubclass(plain, Mapping):
        return f"table of {readable(arguments[-1])}" if arguments else "table"
    if plain is tuple and arguments and arguments[-1] is not Ellipsis:
        return f"tuple of ({', '.join(readable(argument) for argument in arguments)})"
    if arguments and issubclass(plain, Iterable):
        items = readable(arguments[0])
        return f"{word} of ({items})" if " or " in items else f"{word} of {items}"
    return word


def written(member: Enum) -> Any:
    """How a member of an enumeration is written in a recipe: by its value if that is plain, else by its name."""
    return member.value if type(member.value) in (str, int, float, bool) else member.name


def seen(value: Any) -> str:
    """A value with its type, as messages show it: `'fast' is a str`."""
    if value is None:
        return "it is None"
    word = type(value).__name__
    return f"{short(value)} is {'an' if word[0].lower() in 'aeiou' else 'a'} {word}"
