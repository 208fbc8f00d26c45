"""Transposed matrix products: a product of transposes needs no memory of its own to turn."""

from collections import Counter

from sigma_core.graph._graph import Graph
from sigma_core.graph._record import record
from sigma_core.graph._value import Value
from sigma_core.graph.passes._rewrite import rewrite


def swap_products(graph: Graph) -> Graph:
    """A product that is only read transposed is computed transposed: (a b)^T = b^T a^T.

    So the gradient of weights that a layer uses transposed is computed where it belongs, and not copied there. The
    transposes are views, which matrix products read as they are.
    """
    reads = Counter(value.index for node in graph.nodes for value in node.inputs)
    reads.update(value.index for value in graph.outputs)
    # The nodes that a rule sees are new; what is to be turned is told by the old ones, which come in the same order.
    turned = iter([_is_turned(node, reads) for node in graph.nodes if node.operation.name != "placeholder"])
    return rewrite(graph, lambda node: _swapped(node.inputs[0]) if next(turned) else None)


def _is_turned(node: Value, reads: Counter[int]) -> bool:
    if node.operation.name != "transpose" or node.inputs[0].operation.name != "matmul":
        return False
    product = node.inputs[0]
    return reads[product.index] == 1 and node.attributes["axes"] == _last_two(product.ndim)


def _last_two(ndim: int) -> tuple[int, ...]:
    return (*range(ndim - 2), ndim - 1, ndim - 2)


def _swapped(product: Value) -> Value:
    a, b = product.inputs
    left, right = (record("transpose", value, axes=_last_two(value.ndim)) for value in (b, a))
    return record("matmul", left, right)
