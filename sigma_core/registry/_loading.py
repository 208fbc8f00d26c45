"""The import of a component, and what its failures mean."""

import re
import sys
from collections.abc import Iterable
from importlib import import_module
from traceback import format_exception
from typing import TYPE_CHECKING, Any

from sigma_core.errors import (
    PluginBlockedError,
    PluginError,
    PluginFailedError,
    PluginIncompatibleError,
    PluginUnavailableError,
    listed,
)
from sigma_core.registry._distributions import Component, Distribution, Status, canonical

if TYPE_CHECKING:
    from types import TracebackType

ERRORS: dict[Status, type[PluginError]] = {
    Status.BLOCKED: PluginBlockedError,
    Status.UNAVAILABLE: PluginUnavailableError,
    Status.INCOMPATIBLE: PluginIncompatibleError,
    Status.FAILED: PluginFailedError,
}
REMEDIES = {
    Status.BLOCKED: "take it off the list of what is blocked",
    Status.INCOMPATIBLE: "install versions that go together",
}
# Modules that are not called as the distribution is that brings them.
BROUGHT_BY = {"PIL": "pillow", "cv2": "opencv-python", "sklearn": "scikit-learn", "yaml": "pyyaml"}
VALUE = re.compile(r"(?P<module>[\w.]+)\s*(:\s*(?P<attribute>[\w.]+))?\s*(\[.*\])?\s*")


def load(component: Component, requires: Iterable[str]) -> Any:
    """The object that an entry point names; raises a `PluginError` that says why it cannot be had."""
    where, found = str(component), VALUE.fullmatch(component.value)
    if found is None:
        raise PluginFailedError(where, f"its entry point is '{component.value}'", "module:attribute")
    module, path = found["module"], found["attribute"]
    try:
        value: Any = import_module(module)
    except PluginError:
        raise
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if not missing or missing == module.partition(".")[0]:
            raise _failure(where, error) from error
        raise _unavailable(component, missing, requires) from error
    except (Exception, SystemExit) as error:
        raise _failure(where, error) from error
    for name in path.split(".") if path else ():
        try:
            value = getattr(value, name)
        except AttributeError as error:
            expected = listed((option for option in dir(value) if not option.startswith("_")), name)
            raise PluginFailedError(where, f"'{module}' has no attribute '{name}'", expected) from error
        except (Exception, SystemExit) as error:  # a module may import lazily, in its `__getattr__`
            raise _failure(where, error) from error
    return value


def refused(thing: Component | Distribution) -> PluginError:
    """The error for asking what is known to be unusable."""
    return ERRORS[thing.status](str(thing), thing.reason, remedy=REMEDIES.get(thing.status, ""))


def status_of(error: BaseException) -> Status:
    """The status that an error stands for; one that is no plugin's own kind of error is a failure."""
    return next((status for status, kind in ERRORS.items() if isinstance(error, kind)), Status.FAILED)


def traceback_of(error: BaseException) -> str:
    """The traceback of what caused `error`, from the first line of the plugin's own on; empty if nothing did."""
    cause = error.__cause__
    if cause is None:
        return ""
    trace: TracebackType | None = cause.__traceback__
    while trace and trace.tb_next and _is_machinery(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return "".join(format_exception(type(cause), cause, trace))


def _is_machinery(filename: str) -> bool:
    return filename == __file__ or "importlib" in filename


def _failure(where: str, error: BaseException) -> PluginFailedError:
    return PluginFailedError(where, f"its import raised {type(error).__name__}: {error}")


def _unavailable(component: Component, missing: str, requires: Iterable[str]) -> PluginUnavailableError:
    where = str(component)
    if missing in sys.stdlib_module_names:
        return PluginUnavailableError(
            where, f"it needs '{missing}' of the standard library, which is not on this system"
        )
    wanted = BROUGHT_BY.get(missing, missing)
    extra = _extra_with(canonical(wanted), requires)
    target = f'"{component.distribution}[{extra}]"' if extra else wanted
    return PluginUnavailableError(where, f"it needs {wanted}, which is not installed", remedy=f"pip install {target}")


def _extra_with(wanted: str, requires: Iterable[str]) -> str | None:
    """The extra of a distribution that would bring what is wanted."""
    from packaging.requirements import Requirement

    for text in requires:
        requirement = Requirement(text)
        if canonical(requirement.name) == wanted and requirement.marker:
            extra = re.search(r"extra == \"([^\"]+)\"", str(requirement.marker))
            if extra:
                return extra[1]
    return None
