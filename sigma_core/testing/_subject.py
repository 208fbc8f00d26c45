"""The component under check: built, named in what a check says, and held to what all components have in common."""

import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from typing import Any, Generic, TypeVar

import attrs
import numpy as np
from attrs import evolve, frozen

from sigma_core.errors import said
from sigma_core.registry import ComponentRegistry, Composer, Fault, snake_case

C = TypeVar("C")
_NOT_A_SETTING = "no_such_setting"


@frozen(eq=False)
class Subject(Generic[C]):
    """A component, and how a check speaks of it."""

    component: C
    composer: Composer
    name: str
    """That of its class."""

    def claim(self, holds: bool, what: str, expected: str, found: Any) -> None:
        """Raise AssertionError unless it holds: what was checked, what was expected, what was found."""
        if not holds:
            raise AssertionError(f"{self.name}, {what}\n  expected: {expected}\n  found:    {found}")

    @contextmanager
    def trying(self, what: str, expected: str = "that it runs") -> Iterator[None]:
        """Make an AssertionError of whatever is raised inside."""
        try:
            # Numbers that are not finite are told of with their place, not by a warning.
            with np.errstate(all="ignore"):
                yield
        except AssertionError:
            raise
        except Exception as error:
            raise AssertionError(f"{self.name}, {what}\n  expected: {expected}\n  found:    {said(error)}") from error


@cache
def _installed(path: tuple[str, ...]) -> Composer:  # noqa: ARG001  # what is installed depends on it
    """Reading what is installed takes longer than most checks, so it is done once."""
    return Composer(ComponentRegistry())


def installed() -> Composer:
    """Builds the components that are installed."""
    return _installed(tuple(sys.path))


def examined(
    kind: str, contract: Any, component: C, shapes_in: Sequence[str] = (), *, is_value: bool = True
) -> Subject[C]:
    """A component, with what its fields name built, held to what holds for every kind.

    `shapes_in` are the methods of which one has to tell shapes, if the class does not. What is no value, as a hook,
    need not be frozen, and is as another of the same settings.
    """
    unbuilt = Subject(component, installed(), type(component).__name__)
    unbuilt.claim(
        isinstance(component, contract),
        "class",
        f"an object of a class that derives from {contract.__name__}",
        repr(component),
    )
    with unbuilt.trying("building what its settings name"):
        subject: Subject[C] = evolve(unbuilt, component=unbuilt.composer.build(kind, component))
    subject.claim(attrs.has(type(component)), "class", "an attrs class, whose fields are its settings", "another class")
    if is_value:
        _check_value(subject)
    _check_documentation(subject, shapes_in)
    _check_recipe(subject, kind, is_value=is_value)
    return subject


def _check_value(subject: Subject[Any]) -> None:
    """Frozen, hashable, equal to its like."""
    component = subject.component
    for field in attrs.fields(type(component)):
        try:
            setattr(component, field.name, getattr(component, field.name))
        except attrs.exceptions.FrozenInstanceError:
            continue
        subject.claim(False, "frozen", "a class decorated with attrs.frozen", f"its field {field.name!r} can be set")
    subject.claim(deepcopy(component) == component, "equality", "that it equals a copy of itself", "they are not equal")
    with subject.trying("hash", "that it has one, of fields that are hashable"):
        hash(component)


def _check_documentation(subject: Subject[Any], shapes_in: Sequence[str]) -> None:
    """A sentence on the class and on each public method of its own, and shapes where arrays go in and out."""
    own = vars(type(subject.component))
    documentation = inspect.cleandoc(own.get("__doc__") or "")
    first = documentation.partition("\n\n")[0]
    subject.claim(
        (first[:1].isupper() or first[:1].isdigit()) and ". " in f"{' '.join(first.split())} ",
        "documentation of the class",
        "a docstring that begins with a sentence",
        repr(first) if first else "no docstring",
    )
    for name, member in own.items():
        method = getattr(member, "__func__", member)
        if not name.startswith("_") and (inspect.isfunction(method) or isinstance(member, property)):
            # What overrides a method of the contract may leave its documentation to that.
            # Not of what is not there: None has a docstring, too.
            bases = [base for base in type(subject.component).__mro__ if name in vars(base)]
            documented = any(getattr(vars(base)[name], "__doc__", None) for base in bases)
            subject.claim(documented, f"documentation of {name}", "a docstring", "none")
    if shapes_in:
        told = documentation + "".join(inspect.getdoc(own[name]) or "" for name in shapes_in if name in own)
        subject.claim(
            "batch" in told,
            "documentation of shapes",
            f"shapes such as (batch, features) in the docstring of the class or of {' or '.join(shapes_in)}",
            "no word of the batch",
        )


def _parts(component: Any) -> Iterator[Any]:
    """The components that stand in fields of a component, at any depth."""
    for field in attrs.fields(type(component)):
        for each in _flat(getattr(component, field.name)):
            if attrs.has(type(each)):
                yield each
                yield from _parts(each)


def _flat(value: Any) -> Iterator[Any]:
    """What stands in a tuple or in the values of a table, or the value itself."""
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else None
    if inner is None:
        yield value
    else:
        for each in inner:
            yield from _flat(each)


def _check_recipe(subject: Subject[Any], kind: str, *, is_value: bool) -> None:
    """Written as settings and built again it is the same; a setting that it does not have is refused."""
    component, composer = subject.component, subject.composer
    if composer.registry.name_of(component) is None:
        # As an environment takes components that no distribution offers.
        composer = Composer(ComponentRegistry())
        composer.registry.register(kind, f"checked_{snake_case(subject.name)}", type(component))
    if not all(composer.registry.name_of(each) for each in _parts(component)):
        # There is no recipe of what is made of components that only this process knows.
        return
    with subject.trying("recipe", "settings that a recipe can write"):
        table = composer.table(component)
    with subject.trying(f"recipe {table}", "that it builds a component"):
        again = composer.build(kind, table)
    is_same = again == component if is_value else composer.table(again) == table
    subject.claim(is_same, f"recipe {table}", f"{component!r}, from which it was written", repr(again))
    faults: list[Fault] = []
    composer.build(kind, {**table, _NOT_A_SETTING: 0}, faults=faults)
    places = [".".join(map(str, fault.place)) for fault in faults]
    subject.claim(
        places == [_NOT_A_SETTING],
        "a setting that does not exist",
        "that it is refused",
        f"faults at {', '.join(places)}" if places else "it is taken",
    )
