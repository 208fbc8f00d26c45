"""Values as TensorBoard's summaries, and a network as its graph."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tensorboardX.proto.attr_value_pb2 import AttrValue
from tensorboardX.proto.graph_pb2 import GraphDef
from tensorboardX.proto.node_def_pb2 import NodeDef
from tensorboardX.proto.plugin_hparams_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo
from tensorboardX.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata
from tensorboardX.proto.tensor_pb2 import TensorProto
from tensorboardX.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboardX.proto.types_pb2 import DT_STRING
from tensorboardX.proto.versions_pb2 import VersionDef

from sigma_monitors.exports._kinds import Histogram, Picture

Value = Summary.Value

_SUCCESS, _FAILURE = 1, 2  # of its enumeration Status


def scalar(tag: str, value: float) -> Value:
    """A number."""
    return Value(tag=tag, simple_value=value)


def histogram(tag: str, value: Histogram) -> Value:
    """How numbers are spread."""
    number = sum(value.counts)
    made = HistogramProto(
        min=value.minimum,
        max=value.maximum,
        num=number,
        sum=value.mean * number,
        sum_squares=(value.mean**2 + value.deviation**2) * number,
        bucket_limit=value.edges[1:],
        bucket=value.counts,
    )
    return Value(tag=tag, histo=made)


def picture(tag: str, value: Picture) -> Value:
    """A picture."""
    height, width = value.pixels.shape[:2]
    colours = 1 if value.pixels.ndim == 2 else 3
    image = Summary.Image(height=height, width=width, colorspace=colours, encoded_image_string=value.png())
    return Value(tag=tag, image=image)


def text(tag: str, value: str) -> Value:
    """A text, with its lines and spaces: TensorBoard shows Markdown, of which this is no part."""
    shown = "".join(f"    {line}\n" for line in value.splitlines())
    tensor = TensorProto(dtype=DT_STRING, string_val=[shown.encode("utf-8", "replace")], tensor_shape=_shape([1]))
    return Value(tag=tag, tensor=tensor, metadata=_plugin("text"))


def hyperparameters(group: str, settings: Mapping[str, Any]) -> Value:
    """What a run was given, as the tab for hyperparameters wants it."""
    started = SessionStartInfo(group_name=group)
    for name, value in settings.items():
        given = started.hparams[name]
        if isinstance(value, bool):
            given.bool_value = value
        elif isinstance(value, int | float):
            given.number_value = value
        else:
            given.string_value = value
    content = HParamsPluginData(session_start_info=started)
    return Value(tag="_hparams_/session_start_info", metadata=_plugin("hparams", content.SerializeToString()))


def ending(*, has_failed: bool) -> Value:
    """That a run is over."""
    ended = SessionEndInfo(status=_FAILURE if has_failed else _SUCCESS)
    content = HParamsPluginData(session_end_info=ended)
    return Value(tag="_hparams_/session_end_info", metadata=_plugin("hparams", content.SerializeToString()))


def graph(network: Mapping[str, Any]) -> bytes:
    """A network, as `sigma network --json` has it, as the definition of a graph: layers and what feeds them."""
    layers = network.get("layers", ())
    sections = dict.fromkeys(section for layer in layers for section in layer["sections"])
    nodes = [NodeDef(name=_node(f"data.{section}"), op="Section") for section in sections]
    nodes += [_layer(layer) for layer in layers]
    return GraphDef(node=nodes, versions=VersionDef(producer=22)).SerializeToString()


def _layer(layer: Mapping[str, Any]) -> NodeDef:
    feeding = [*layer["inputs"], *(f"data.{section}" for section in layer["sections"])]
    attributes = {"_output_shapes": AttrValue(list=AttrValue.ListValue(shape=[_shape([-1, *layer["shape"]])]))}
    for parameter in layer["parameters"]:
        kind = "trained" if parameter["trained"] else "fixed"
        shape = " x ".join(map(str, parameter["shape"])) or "one number"
        attributes[parameter["name"].rpartition(".")[2]] = AttrValue(s=f"{shape}, {kind}".encode())
    if layer.get("shares"):
        attributes["shares"] = AttrValue(s=str(layer["shares"]).encode("utf-8"))
    return NodeDef(
        name=_node(layer["name"]), op=layer["kind"], input=[_node(name) for name in feeding], attr=attributes
    )


def _node(name: str) -> str:
    # Of names, TensorFlow takes these alone; slashes make boxes that can be opened.
    return re.sub(r"[^A-Za-z0-9_\-/]", "_", name.replace(".", "/")).lstrip("_-/") or "layer"


def _shape(sizes: Iterable[int]) -> TensorShapeProto:
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in sizes])


def _plugin(name: str, content: bytes = b"") -> SummaryMetadata:
    return SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=name, content=content))
