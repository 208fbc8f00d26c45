"""What NumPy's functions mean on values: tables that the sibling modules fill when the room is imported.

`Value` reads them and so depends on none of those modules.
"""

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Any, TypeVar

from attrs import frozen

from sigma_core.errors import TraceError
from sigma_core.graph._scope import place


@frozen
class Meaning:
    """The traced counterpart of a NumPy function, with its signature, which says what is supported."""

    name: str
    function: Callable[..., Any]
    signature: Signature

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Record the call; raises TraceError for arguments that cannot be traced."""
        try:
            return self.function(*arguments, **keywords)
        except (TypeError, ValueError, IndexError) as error:
            raise TraceError(
                place(),
                f"{self.name} cannot be traced with these arguments: {self._fault(arguments, keywords) or error}",
                f"{self.name}{self.signature}",
            ) from error

    def _fault(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> str:
        """What of a call does not fit the signature: looked at when it has failed, for it takes longer than most."""
        try:
            self.signature.bind(*arguments, **keywords)
        except TypeError as error:
            return str(error)
        return ""


FUNCTIONS: dict[Callable[..., Any], Meaning] = {}
"""NumPy functions and ufuncs, and `operator.getitem`."""


ALTERNATIVES: dict[Callable[..., Any], str] = {}
"""What to do in place of NumPy functions that have no meaning."""

METHODS: dict[tuple[Any, str], Meaning] = {}
"""Methods of ufuncs: (np.add, "reduce")."""

UPDATES: dict[str, Callable[[Any], Any]] = {}
"""`at`: what gives a value with some elements exchanged."""


Traced = TypeVar("Traced", bound=Callable[..., Any])


def meaning_of(*functions: Callable[..., Any]) -> Callable[[Traced], Traced]:
    """Register the decorated function as what NumPy's `functions` do on values."""

    def register(function: Traced) -> Traced:
        for numpy_function in functions:
            FUNCTIONS[numpy_function] = Meaning(name_of(numpy_function), function, plain(signature(function)))
        return function

    return register


def plain(annotated: Signature) -> Signature:
    """A signature as NumPy's users know it, without annotations."""
    parameters = [each.replace(annotation=Parameter.empty) for each in annotated.parameters.values()]
    return Signature(parameters)


def name_of(function: Callable[..., Any]) -> str:
    """A NumPy function as users write it: np.linalg.norm."""
    module = getattr(function, "__module__", None) or "numpy"
    name = getattr(function, "__name__", str(function))
    return f"{module}.{name}".replace("numpy", "np", 1) if module.startswith("numpy") else name
