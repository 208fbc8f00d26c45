"""Functions of functions: derivatives and mapping, of arrays and of values, nested as one likes.

On arrays a derivative is traced and evaluated at each call, so it is never stale; `sigma_core.compile` makes a fast
one of it. On values it is recorded into the graph being traced. Arguments and results may be nested containers. Keyword
arguments go to the function as they are: they are arrays or choices, but never differentiated by and never mapped.
"""

from sigma_core.graph.transforms._grad import grad, value_and_grad
from sigma_core.graph.transforms._hvp import hvp
from sigma_core.graph.transforms._jacobian import hessian, jacobian
from sigma_core.graph.transforms._jvp import jvp
from sigma_core.graph.transforms._linear import linearize, vjp
from sigma_core.graph.transforms._stop import stop_gradient
from sigma_core.graph.transforms._vmap import vmap

__all__ = [
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "linearize",
    "stop_gradient",
    "value_and_grad",
    "vjp",
    "vmap",
]
