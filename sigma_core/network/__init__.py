"""Layers, how they are connected, and the checks that a network must pass before it is trained."""

from sigma_core.network._architecture import Architecture, Node
from sigma_core.network._context import Context
from sigma_core.network._layer import Activation, Cost, Layer, check_mask
from sigma_core.network._network import Network, Pass
from sigma_core.network._parameter import Initialiser, Parameter, Shape, fans
from sigma_core.network._placing import PlacedLayer, Section

__all__ = [
    "Activation",
    "Architecture",
    "Context",
    "Cost",
    "Initialiser",
    "Layer",
    "Network",
    "Node",
    "Parameter",
    "Pass",
    "PlacedLayer",
    "Section",
    "Shape",
    "check_mask",
    "fans",
]
