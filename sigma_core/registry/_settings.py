"""What can be set on a component: the fields of an attrs class, or the parameters of any other class or function."""

import inspect
from collections.abc import Callable
from typing import Any

import attrs
from attrs import NOTHING, field, frozen

from sigma_core.errors import ExpressionError, SettingError
from sigma_core.registry._annotations import readable, resolved, takes_none
from sigma_core.registry._conform import conform

SLOT = "sigma.component"
# A function to type checkers, a class at run time.
FACTORY: Any = attrs.Factory


@frozen
class Slot:
    """Marks a field that holds a component of a kind, a tuple of several, or a table whose values are such tuples.

    With `text`, a text is not the name of a component: it is made into one by that function, as a path into a source.
    With `plain`, a list is no component: it has to be of that type and stays what it is, as the fractions of a split.
    """

    kind: str
    many: bool = False
    keyed: bool = False
    text: Callable[[str], Any] | None = None
    plain: Any = None


@frozen(eq=False)
class Argument:
    """One setting: the name by which it is given, the attribute that keeps it, its type and its default.

    `accepts` is the type of what may be given, which is another one where a converter makes the field's value.
    """

    name: str
    attribute: str
    annotation: Any
    accepts: Any
    default: Any
    slot: Slot | None = None
    definition: Any = field(default=None, repr=False)

    @property
    def required(self) -> bool:
        """Whether it has to be given."""
        return self.default is NOTHING

    @property
    def type_name(self) -> str:
        """Its type in words; of a component, the kind."""
        if self.slot is None:
            return readable(self.annotation)
        if self.slot.keyed:
            return f"table of tuples of {self.slot.kind} components"
        if self.slot.many:
            return f"tuple of {self.slot.kind} components"
        return f"{self.slot.kind} component" + (" or None" if self.optional else "")

    @property
    def optional(self) -> bool:
        """Whether None may be given."""
        return self.default is None or takes_none(self.annotation)

    def default_of(self, component: Any) -> Any:
        """The default that this setting would have had in a component."""
        return self.definition.default.factory(component) if self.default is COMPUTED else self.default

    def checked(self, value: Any, where: str) -> Any:
        """The value as this setting takes it; raises `SettingError` for the wrong type."""
        return conform(value, self.accepts, where=where)

    def validate(self, value: Any, others: Any, where: str) -> None:
        """Run the field's validator by itself; raises `SettingError` with what it says, or `ExpressionError`.

        A validator that looks at more than its value and `others` has its say when the component is made.
        """
        convert, validator = getattr(self.definition, "converter", None), getattr(self.definition, "validator", None)
        if validator is None or isinstance(convert, attrs.Converter):
            return
        try:
            validator(others, self.definition, convert(value) if convert else value)
        except SettingError as error:  # the component knows what is wrong, but not where in a recipe it stands
            raise SettingError(where, error.found, error.expected, error.remedy) from error
        except ExpressionError as error:
            error.where = where
            raise
        except (TypeError, ValueError) as error:
            raise SettingError(where, said(error)) from error
        except AttributeError:
            return


def said(error: Exception) -> str:
    """What an exception says; the validators of attrs keep their text in the first of several arguments."""
    return str(error.args[0]) if error.args else type(error).__name__


def arguments_of(component: Any) -> tuple[Argument, ...]:
    """The settings of a component, in the order of its definition."""
    if isinstance(component, type) and attrs.has(component):
        return tuple(_of_field(component, definition) for definition in attrs.fields(component) if definition.init)
    try:
        parameters = inspect.signature(component).parameters.values()
    except (TypeError, ValueError):  # written in C, without a signature
        return ()
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return tuple(_of_parameter(component, parameter) for parameter in parameters if parameter.kind in named)


def _of_field(component: type, definition: "attrs.Attribute[Any]") -> Argument:
    # The text of an annotation means what it does in the module of the class that wrote it.
    owner = next(
        base
        for base in component.__mro__
        if attrs.has(base) and any(own.name == definition.name and not own.inherited for own in attrs.fields(base))
    )
    annotation = Any if definition.type is None else resolved(definition.type, owner.__module__, owner)
    default: Any = definition.default
    if isinstance(default, FACTORY):
        default = COMPUTED if default.takes_self else default.factory()
    return Argument(
        definition.alias or definition.name,
        definition.name,
        annotation,
        _taken_by(definition.converter) or annotation,
        default,
        definition.metadata.get(SLOT),
        definition,
    )


def _taken_by(converter: Any) -> Any:
    """The type of what a converter takes, if it is a function that says so."""
    function: Any = getattr(converter, "converter", converter)  # an `attrs.Converter` wraps one
    if not inspect.isfunction(function):
        return None
    first = next(iter(inspect.signature(function).parameters.values()), None)
    if first is None or first.annotation is inspect.Parameter.empty:
        return None
    return resolved(first.annotation, function.__module__)


def _of_parameter(component: Any, parameter: inspect.Parameter) -> Argument:
    module = getattr(inspect.unwrap(component), "__module__", None) or ""
    empty = inspect.Parameter.empty
    annotation = Any if parameter.annotation is empty else resolved(parameter.annotation, module, component)
    default = NOTHING if parameter.default is empty else parameter.default
    return Argument(parameter.name, parameter.name, annotation, annotation, default)


class _Computed:
    """Stands for a default that depends on the other settings."""

    def __repr__(self) -> str:
        return "computed"


COMPUTED = _Computed()
