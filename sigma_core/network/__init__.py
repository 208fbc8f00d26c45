"""Layers, how they are connected, and the checks that a network must pass before it is trained."""

from sigma_core.network._architecture import Architecture, Node
from sigma_core.network._block import Block, Group, in_a_row
from sigma_core.network._context import Context
from sigma_core.network._expansion import arity
from sigma_core.network._layer import Activation, Cost, Layer, check_mask
from sigma_core.network._link import Link
from sigma_core.network._naming import named
from sigma_core.network._network import Network, Pass
from sigma_core.network._parameter import Initialiser, Parameter, Shape, fans
from sigma_core.network._placing import PlacedLayer, Section

__all__ = [
    "Activation",
    "Architecture",
    "Block",
    "Context",
    "Cost",
    "Group",
    "Initialiser",
    "Layer",
    "Link",
    "Network",
    "Node",
    "Parameter",
    "Pass",
    "PlacedLayer",
    "Section",
    "Shape",
    "arity",
    "check_mask",
    "fans",
    "in_a_row",
    "named",
]
