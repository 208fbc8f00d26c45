"""Sigma: a deep-learning training framework whose kernel is the life of a trainer and whose every part is a plugin.

This is the door for people who compose trainers; plugin authors import from `sigma_core.extend`. Names are imported
when they are first used, so that `import sigma_core` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigma_core.compilation import compile  # noqa: A004  # the word that everybody uses for it
    from sigma_core.data import (
        Blocks,
        Data,
        Fractions,
        Grouped,
        InMemory,
        Items,
        KFold,
        Nested,
        Stratified,
        class_weights,
        pad_sequences,
    )
    from sigma_core.environment import Environment
    from sigma_core.errors import SigmaError, UserError
    from sigma_core.events import RunStore
    from sigma_core.graph import (
        average_pool,
        checkpoint,
        cond,
        convolve,
        custom_derivative,
        grad,
        hessian,
        hvp,
        jacobian,
        jvp,
        linearize,
        max_pool,
        scan,
        stop_gradient,
        trace,
        transposed_convolve,
        value_and_grad,
        vjp,
        vmap,
        while_loop,
    )
    from sigma_core.hooks import Trigger, every, hookimpl
    from sigma_core.network import Group, Network
    from sigma_core.training import (
        Inspection,
        Recipe,
        Run,
        Trainer,
        load_parameters,
        load_trained,
        watch,
    )

_HOMES = {
    "Blocks": "sigma_core.data",
    "Data": "sigma_core.data",
    "Environment": "sigma_core.environment",
    "Fractions": "sigma_core.data",
    "Group": "sigma_core.network",
    "Grouped": "sigma_core.data",
    "InMemory": "sigma_core.data",
    "Inspection": "sigma_core.training",
    "Items": "sigma_core.data",
    "KFold": "sigma_core.data",
    "Nested": "sigma_core.data",
    "Network": "sigma_core.network",
    "Recipe": "sigma_core.training",
    "Run": "sigma_core.training",
    "RunStore": "sigma_core.events",
    "SigmaError": "sigma_core.errors",
    "Stratified": "sigma_core.data",
    "Trainer": "sigma_core.training",
    "Trigger": "sigma_core.hooks",
    "UserError": "sigma_core.errors",
    "average_pool": "sigma_core.graph",
    "checkpoint": "sigma_core.graph",
    "class_weights": "sigma_core.data",
    "compile": "sigma_core.compilation",
    "cond": "sigma_core.graph",
    "convolve": "sigma_core.graph",
    "custom_derivative": "sigma_core.graph",
    "every": "sigma_core.hooks",
    "grad": "sigma_core.graph",
    "hessian": "sigma_core.graph",
    "hookimpl": "sigma_core.hooks",
    "hvp": "sigma_core.graph",
    "jacobian": "sigma_core.graph",
    "jvp": "sigma_core.graph",
    "linearize": "sigma_core.graph",
    "load_parameters": "sigma_core.training",
    "load_trained": "sigma_core.training",
    "max_pool": "sigma_core.graph",
    "pad_sequences": "sigma_core.data",
    "scan": "sigma_core.graph",
    "stop_gradient": "sigma_core.graph",
    "trace": "sigma_core.graph",
    "transposed_convolve": "sigma_core.graph",
    "value_and_grad": "sigma_core.graph",
    "vjp": "sigma_core.graph",
    "vmap": "sigma_core.graph",
    "watch": "sigma_core.training",
    "while_loop": "sigma_core.graph",
}

__all__ = [
    "Blocks",
    "Data",
    "Environment",
    "Fractions",
    "Group",
    "Grouped",
    "InMemory",
    "Inspection",
    "Items",
    "KFold",
    "Nested",
    "Network",
    "Recipe",
    "Run",
    "RunStore",
    "SigmaError",
    "Stratified",
    "Trainer",
    "Trigger",
    "UserError",
    "average_pool",
    "checkpoint",
    "class_weights",
    "compile",
    "cond",
    "convolve",
    "custom_derivative",
    "every",
    "grad",
    "hessian",
    "hookimpl",
    "hvp",
    "jacobian",
    "jvp",
    "linearize",
    "load_parameters",
    "load_trained",
    "max_pool",
    "pad_sequences",
    "scan",
    "stop_gradient",
    "trace",
    "transposed_convolve",
    "value_and_grad",
    "vjp",
    "vmap",
    "watch",
    "while_loop",
]


def __getattr__(name: str) -> Any:
    """Import a public name from the room it lives in."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sigma_core' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, imported or not."""
    return sorted([*globals(), *__all__])
