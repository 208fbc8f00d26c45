"""Graphs: values that trace plain NumPy, the table of operations, derivatives and passes.

`np` functions on values record nodes; `Graph` makes a program of them, which a backend compiles.
"""

from sigma_core.graph._check import check_grads
from sigma_core.graph._contract import check_operation
from sigma_core.graph._cost import (
    BYTES_PER_SECOND,
    FUSED_OPERATIONS_PER_SECOND,
    OPERATIONS_PER_SECOND,
    SECONDS_PER_CALL,
    Cost,
    cost,
)
from sigma_core.graph._evaluate import evaluate
from sigma_core.graph._gradients import gradients
from sigma_core.graph._graph import Graph, reachable
from sigma_core.graph._random import fold_in, random_normal, random_uniform
from sigma_core.graph._record import as_value, constant, native, placeholder, record
from sigma_core.graph._replay import substituted
from sigma_core.graph._scope import line_of, lines_kept, place, place_of, scope
from sigma_core.graph._structure import Structure, flatten, members, unflatten
from sigma_core.graph._tangents import tangents
from sigma_core.graph._trace import Traced, end_trace, is_static, trace, trace_with
from sigma_core.graph._value import Value
from sigma_core.graph.control import checkpoint, cond, custom_derivative, scan, while_loop
from sigma_core.graph.functions._convolutions import convolve, transposed_convolve
from sigma_core.graph.functions._indexing import one_hot
from sigma_core.graph.functions._pooling import average_pool, max_pool
from sigma_core.graph.functions._sorting import top_k
from sigma_core.graph.functions._special import erf, log_softmax, logsumexp, sigmoid, softmax, softplus
from sigma_core.graph.operations import OPERATIONS, Kind, Operation, Signature, register, signatures
from sigma_core.graph.passes import inline_all_calls, optimise
from sigma_core.graph.transforms import (
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    linearize,
    stop_gradient,
    value_and_grad,
    vjp,
    vmap,
)

__all__ = [
    "BYTES_PER_SECOND",
    "FUSED_OPERATIONS_PER_SECOND",
    "OPERATIONS",
    "OPERATIONS_PER_SECOND",
    "SECONDS_PER_CALL",
    "Cost",
    "Graph",
    "Kind",
    "Operation",
    "Signature",
    "Structure",
    "Traced",
    "Value",
    "as_value",
    "average_pool",
    "check_grads",
    "check_operation",
    "checkpoint",
    "cond",
    "constant",
    "convolve",
    "cost",
    "custom_derivative",
    "end_trace",
    "erf",
    "evaluate",
    "flatten",
    "fold_in",
    "grad",
    "gradients",
    "hessian",
    "hvp",
    "inline_all_calls",
    "is_static",
    "jacobian",
    "jvp",
    "line_of",
    "linearize",
    "lines_kept",
    "log_softmax",
    "logsumexp",
    "max_pool",
    "members",
    "native",
    "one_hot",
    "optimise",
    "place",
    "place_of",
    "placeholder",
    "random_normal",
    "random_uniform",
    "reachable",
    "record",
    "register",
    "scan",
    "scope",
    "sigmoid",
    "signatures",
    "softmax",
    "softplus",
    "stop_gradient",
    "substituted",
    "tangents",
    "top_k",
    "trace",
    "trace_with",
    "transposed_convolve",
    "unflatten",
    "value_and_grad",
    "vjp",
    "vmap",
    "while_loop",
]
