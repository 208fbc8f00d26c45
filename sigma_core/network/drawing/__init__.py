"""A network as a picture: what is drawn, in the language of Graphviz, and as SVG laid out here."""

from sigma_core.network.drawing._dot import as_dot
from sigma_core.network.drawing._drawing import Drawing, Drawn, Frame, Stroke, network_drawing
from sigma_core.network.drawing._svg import as_svg

__all__ = ["Drawing", "Drawn", "Frame", "Stroke", "as_dot", "as_svg", "network_drawing"]
