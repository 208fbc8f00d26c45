"""All that a plugin author tests with."""

from sigma_core.backends.numpy import NumpyBackend
from sigma_core.graph import check_grads, check_operation, evaluate, flatten, placeholder, trace, value_and_grad, vjp
from sigma_core.registry import ComponentRegistry, Composer
from sigma_core.testing._activations import check_activation
from sigma_core.testing._augmenters import check_augmenter
from sigma_core.testing._costs import check_cost
from sigma_core.testing._criteria import check_criterion
from sigma_core.testing._datasets import check_dataset
from sigma_core.testing._hooks import check_hook
from sigma_core.testing._initialisers import check_initialiser
from sigma_core.testing._layers import check_layer
from sigma_core.testing._mergers import check_merger
from sigma_core.testing._message import message
from sigma_core.testing._metrics import check_metric
from sigma_core.testing._modifiers import check_modifier
from sigma_core.testing._optimisers import check_optimiser
from sigma_core.testing._preprocessors import check_preprocessor
from sigma_core.testing._schedules import check_schedule

__all__ = [
    "ComponentRegistry",
    "Composer",
    "NumpyBackend",
    "check_activation",
    "check_augmenter",
    "check_cost",
    "check_criterion",
    "check_dataset",
    "check_grads",
    "check_hook",
    "check_initialiser",
    "check_layer",
    "check_merger",
    "check_metric",
    "check_modifier",
    "check_operation",
    "check_optimiser",
    "check_preprocessor",
    "check_schedule",
    "evaluate",
    "flatten",
    "message",
    "placeholder",
    "trace",
    "value_and_grad",
    "vjp",
]
