"""Control flow as operations: loops, branches and calls, whose bodies are graphs of their own.

A node of these gives several results: it is a bundle, out of which `pick` takes them. Bodies are traced once, with
placeholders of their own; what they close over becomes inputs of the node, so that derivatives, passes and backends see
all there is.
"""

from sigma_core.graph.control._call import checkpoint
from sigma_core.graph.control._cond import cond
from sigma_core.graph.control._custom_derivative import custom_derivative
from sigma_core.graph.control._scan import scan
from sigma_core.graph.control._while_loop import while_loop

__all__ = ["checkpoint", "cond", "custom_derivative", "scan", "while_loop"]
