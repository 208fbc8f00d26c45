"""All that a plugin author imports."""

from sigma_core.data import Array, Dataset, Extractor, FittedState, Preprocessor, Sections, Source
from sigma_core.errors import (
    DataError,
    IdentifierError,
    NetworkError,
    PluginUnavailableError,
    SettingError,
    ShapeError,
    SigmaError,
    StorageError,
    UserError,
    listed,
    nearest,
)
from sigma_core.graph import Value, stop_gradient
from sigma_core.hooks import Clock, Trigger, after, every, hookimpl, once, until
from sigma_core.network import Activation, Context, Cost, Initialiser, Layer, Parameter, Shape, fans
from sigma_core.registry import component, component_table, components
from sigma_core.training._criterion import Criterion, Moment, Observation, State
from sigma_core.training._metric import Metric
from sigma_core.training._optimiser import Optimiser, Slots

__all__ = [
    "Activation",
    "Array",
    "Clock",
    "Context",
    "Cost",
    "Criterion",
    "DataError",
    "Dataset",
    "Extractor",
    "FittedState",
    "IdentifierError",
    "Initialiser",
    "Layer",
    "Metric",
    "Moment",
    "NetworkError",
    "Observation",
    "Optimiser",
    "Parameter",
    "PluginUnavailableError",
    "Preprocessor",
    "Sections",
    "SettingError",
    "Shape",
    "ShapeError",
    "SigmaError",
    "Slots",
    "Source",
    "State",
    "StorageError",
    "Trigger",
    "UserError",
    "Value",
    "after",
    "component",
    "component_table",
    "components",
    "every",
    "fans",
    "hookimpl",
    "listed",
    "nearest",
    "once",
    "stop_gradient",
    "until",
]
