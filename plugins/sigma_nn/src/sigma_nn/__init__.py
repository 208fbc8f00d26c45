"""Layers, costs, activations, initialisers, optimisers, schedules, modifiers, mergers, criteria, metrics and hooks.

A module is imported when one of its names is first used, so that a network of three layers does not pay for the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigma_nn._sampling import sample_text, vocabulary_of
    from sigma_nn.activations.custom import Custom
    from sigma_nn.activations.elu import Elu
    from sigma_nn.activations.gelu import Gelu
    from sigma_nn.activations.leaky_relu import LeakyRelu
    from sigma_nn.activations.none import Identity
    from sigma_nn.activations.relu import Relu
    from sigma_nn.activations.sigmoid import Sigmoid
    from sigma_nn.activations.silu import Silu
    from sigma_nn.activations.softmax import Softmax
    from sigma_nn.activations.softplus import Softplus
    from sigma_nn.activations.tanh import Tanh
    from sigma_nn.costs.absolute_difference import AbsoluteDifference
    from sigma_nn.costs.binary_cross_entropy import BinaryCrossEntropy
    from sigma_nn.costs.hinge import Hinge
    from sigma_nn.costs.huber import Huber
    from sigma_nn.costs.negative_sampling import NegativeSampling
    from sigma_nn.costs.softmax_cross_entropy import SoftmaxCrossEntropy
    from sigma_nn.costs.squared_difference import SquaredDifference
    from sigma_nn.criteria.epochs import Epochs
    from sigma_nn.criteria.highest import Highest
    from sigma_nn.criteria.hours import Hours
    from sigma_nn.criteria.iterations import Iterations
    from sigma_nn.criteria.lowest import Lowest
    from sigma_nn.criteria.minutes import Minutes
    from sigma_nn.criteria.nan import Nan
    from sigma_nn.criteria.patience import Patience
    from sigma_nn.criteria.plateau import Plateau
    from sigma_nn.criteria.repeat import Repeat
    from sigma_nn.criteria.seconds import Seconds
    from sigma_nn.criteria.switch import Switch
    from sigma_nn.criteria.threshold import Threshold
    from sigma_nn.hooks.call import Call
    from sigma_nn.hooks.checkpoints import Checkpoints
    from sigma_nn.hooks.decay import Decay
    from sigma_nn.hooks.decay_on_plateau import DecayOnPlateau
    from sigma_nn.hooks.early_stop import EarlyStop
    from sigma_nn.hooks.evaluation import Evaluation
    from sigma_nn.hooks.histograms import Histograms
    from sigma_nn.hooks.learning_rate_finder import LearningRateFinder
    from sigma_nn.hooks.network_pass import NetworkPass
    from sigma_nn.hooks.pictures import Pictures
    from sigma_nn.hooks.report import Report
    from sigma_nn.hooks.restore import Restore
    from sigma_nn.hooks.system_metrics import SystemMetrics
    from sigma_nn.hooks.target_maximisation import TargetMaximisation
    from sigma_nn.hooks.text_samples import TextSamples
    from sigma_nn.hooks.time_series import TimeSeries
    from sigma_nn.initialisers.constant import Constant
    from sigma_nn.initialisers.custom import CustomInitialiser
    from sigma_nn.initialisers.from_array import FromArray
    from sigma_nn.initialisers.gaussian import Gaussian
    from sigma_nn.initialisers.glorot import Glorot
    from sigma_nn.initialisers.he import He
    from sigma_nn.initialisers.identity import IdentityInitialiser
    from sigma_nn.initialisers.lecun import LeCun
    from sigma_nn.initialisers.ones import Ones
    from sigma_nn.initialisers.orthogonal import Orthogonal
    from sigma_nn.initialisers.truncated_gaussian import TruncatedGaussian
    from sigma_nn.initialisers.uniform import Uniform
    from sigma_nn.initialisers.zeros import Zeros
    from sigma_nn.layers.add import Add
    from sigma_nn.layers.average import Average
    from sigma_nn.layers.average_pooling import AveragePooling
    from sigma_nn.layers.batch_norm import BatchNorm
    from sigma_nn.layers.bidirectional import Bidirectional
    from sigma_nn.layers.concatenate import Concatenate
    from sigma_nn.layers.convolution import Convolution
    from sigma_nn.layers.dense import Dense
    from sigma_nn.layers.dot import Dot
    from sigma_nn.layers.dropout import Dropout
    from sigma_nn.layers.element_wise import ElementWise
    from sigma_nn.layers.embedding import Embedding
    from sigma_nn.layers.flatten import Flatten
    from sigma_nn.layers.global_average_pooling import GlobalAveragePooling
    from sigma_nn.layers.global_max_pooling import GlobalMaxPooling
    from sigma_nn.layers.gru import Gru
    from sigma_nn.layers.input import Input
    from sigma_nn.layers.layer_norm import LayerNorm
    from sigma_nn.layers.lstm import Lstm
    from sigma_nn.layers.mask import Mask
    from sigma_nn.layers.max_pooling import MaxPooling
    from sigma_nn.layers.maximum import Maximum
    from sigma_nn.layers.multi_head_attention import MultiHeadAttention
    from sigma_nn.layers.multiply import Multiply
    from sigma_nn.layers.noise import Noise
    from sigma_nn.layers.output import Output
    from sigma_nn.layers.permute import Permute
    from sigma_nn.layers.positional_encoding import PositionalEncoding
    from sigma_nn.layers.reshape import Reshape
    from sigma_nn.layers.residual import Residual
    from sigma_nn.layers.simple_recurrent import SimpleRecurrent
    from sigma_nn.layers.spatial_dropout import SpatialDropout
    from sigma_nn.layers.tied_dense import TiedDense
    from sigma_nn.layers.transformer_block import TransformerBlock
    from sigma_nn.layers.transposed_convolution import TransposedConvolution
    from sigma_nn.mergers.max import MaxMerger
    from sigma_nn.mergers.weighted import WeightedMerger
    from sigma_nn.metrics.accuracy import Accuracy
    from sigma_nn.metrics.confusion_matrix import ConfusionMatrix
    from sigma_nn.metrics.f1 import F1Score
    from sigma_nn.metrics.mean_absolute_error import MeanAbsoluteError
    from sigma_nn.metrics.mean_squared_error import MeanSquaredError
    from sigma_nn.metrics.perplexity import Perplexity
    from sigma_nn.metrics.precision import Precision
    from sigma_nn.metrics.recall import Recall
    from sigma_nn.metrics.roc_auc import RocAuc
    from sigma_nn.metrics.top_k_accuracy import TopKAccuracy
    from sigma_nn.modifiers.clip_by_global_norm import ClipByGlobalNorm
    from sigma_nn.modifiers.clip_by_norm import ClipByNorm
    from sigma_nn.modifiers.clip_by_value import ClipByValue
    from sigma_nn.modifiers.l1 import L1Penalty
    from sigma_nn.modifiers.l2 import L2Penalty
    from sigma_nn.modifiers.max_norm import MaxNorm
    from sigma_nn.modifiers.non_negative import NonNegative
    from sigma_nn.modifiers.scale import Scale
    from sigma_nn.optimisers.adadelta import Adadelta
    from sigma_nn.optimisers.adagrad import Adagrad
    from sigma_nn.optimisers.adam import Adam
    from sigma_nn.optimisers.adamax import Adamax
    from sigma_nn.optimisers.adamw import AdamW
    from sigma_nn.optimisers.gradient_descent import GradientDescent
    from sigma_nn.optimisers.lamb import Lamb
    from sigma_nn.optimisers.lion import Lion
    from sigma_nn.optimisers.momentum import Momentum
    from sigma_nn.optimisers.nadam import Nadam
    from sigma_nn.optimisers.nesterov import Nesterov
    from sigma_nn.optimisers.rms_prop import RmsProp
    from sigma_nn.schedules.constant import ConstantSchedule
    from sigma_nn.schedules.cosine import CosineSchedule
    from sigma_nn.schedules.exponential import ExponentialSchedule
    from sigma_nn.schedules.milestones import MilestonesSchedule
    from sigma_nn.schedules.on_plateau import OnPlateauSchedule
    from sigma_nn.schedules.one_cycle import OneCycleSchedule
    from sigma_nn.schedules.polynomial import PolynomialSchedule
    from sigma_nn.schedules.sequence import SequenceSchedule
    from sigma_nn.schedules.step import StepSchedule
    from sigma_nn.schedules.warm_up import WarmUpSchedule

# The file of each name; a test holds it to the entry points and to the imports above.
_FILES = {
    "AbsoluteDifference": "costs.absolute_difference",
    "Accuracy": "metrics.accuracy",
    "Adadelta": "optimisers.adadelta",
    "Adagrad": "optimisers.adagrad",
    "Adam": "optimisers.adam",
    "AdamW": "optimisers.adamw",
    "Adamax": "optimisers.adamax",
    "Add": "layers.add",
    "Average": "layers.average",
    "AveragePooling": "layers.average_pooling",
    "BatchNorm": "layers.batch_norm",
    "Bidirectional": "layers.bidirectional",
    "BinaryCrossEntropy": "costs.binary_cross_entropy",
    "Call": "hooks.call",
    "Checkpoints": "hooks.checkpoints",
    "ClipByGlobalNorm": "modifiers.clip_by_global_norm",
    "ClipByNorm": "modifiers.clip_by_norm",
    "ClipByValue": "modifiers.clip_by_value",
    "Concatenate": "layers.concatenate",
    "ConfusionMatrix": "metrics.confusion_matrix",
    "Constant": "initialisers.constant",
    "ConstantSchedule": "schedules.constant",
    "Convolution": "layers.convolution",
    "CosineSchedule": "schedules.cosine",
    "Custom": "activations.custom",
    "CustomInitialiser": "initialisers.custom",
    "Decay": "hooks.decay",
    "DecayOnPlateau": "hooks.decay_on_plateau",
    "Dense": "layers.dense",
    "Dot": "layers.dot",
    "Dropout": "layers.dropout",
    "EarlyStop": "hooks.early_stop",
    "ElementWise": "layers.element_wise",
    "Elu": "activations.elu",
    "Embedding": "layers.embedding",
    "Epochs": "criteria.epochs",
    "Evaluation": "hooks.evaluation",
    "ExponentialSchedule": "schedules.exponential",
    "F1Score": "metrics.f1",
    "Flatten": "layers.flatten",
    "FromArray": "initialisers.from_array",
    "Gaussian": "initialisers.gaussian",
    "Gelu": "activations.gelu",
    "GlobalAveragePooling": "layers.global_average_pooling",
    "GlobalMaxPooling": "layers.global_max_pooling",
    "Glorot": "initialisers.glorot",
    "GradientDescent": "optimisers.gradient_descent",
    "Gru": "layers.gru",
    "He": "initialisers.he",
    "Highest": "criteria.highest",
    "Hinge": "costs.hinge",
    "Histograms": "hooks.histograms",
    "Hours": "criteria.hours",
    "Huber": "costs.huber",
    "Identity": "activations.none",
    "IdentityInitialiser": "initialisers.identity",
    "Input": "layers.input",
    "Iterations": "criteria.iterations",
    "L1Penalty": "modifiers.l1",
    "L2Penalty": "modifiers.l2",
    "Lamb": "optimisers.lamb",
    "LayerNorm": "layers.layer_norm",
    "LeCun": "initialisers.lecun",
    "LeakyRelu": "activations.leaky_relu",
    "LearningRateFinder": "hooks.learning_rate_finder",
    "Lion": "optimisers.lion",
    "Lowest": "criteria.lowest",
    "Lstm": "layers.lstm",
    "Mask": "layers.mask",
    "MaxMerger": "mergers.max",
    "MaxNorm": "modifiers.max_norm",
    "MaxPooling": "layers.max_pooling",
    "Maximum": "layers.maximum",
    "MeanAbsoluteError": "metrics.mean_absolute_error",
    "MeanSquaredError": "metrics.mean_squared_error",
    "MilestonesSchedule": "schedules.milestones",
    "Minutes": "criteria.minutes",
    "Momentum": "optimisers.momentum",
    "MultiHeadAttention": "layers.multi_head_attention",
    "Multiply": "layers.multiply",
    "Nadam": "optimisers.nadam",
    "Nan": "criteria.nan",
    "NegativeSampling": "costs.negative_sampling",
    "Nesterov": "optimisers.nesterov",
    "NetworkPass": "hooks.network_pass",
    "Noise": "layers.noise",
    "NonNegative": "modifiers.non_negative",
    "OnPlateauSchedule": "schedules.on_plateau",
    "OneCycleSchedule": "schedules.one_cycle",
    "Ones": "initialisers.ones",
    "Orthogonal": "initialisers.orthogonal",
    "Output": "layers.output",
    "Patience": "criteria.patience",
    "Permute": "layers.permute",
    "Perplexity": "metrics.perplexity",
    "Pictures": "hooks.pictures",
    "Plateau": "criteria.plateau",
    "PolynomialSchedule": "schedules.polynomial",
    "PositionalEncoding": "layers.positional_encoding",
    "Precision": "metrics.precision",
    "Recall": "metrics.recall",
    "Relu": "activations.relu",
    "Repeat": "criteria.repeat",
    "Report": "hooks.report",
    "Restore": "hooks.restore",
    "Reshape": "layers.reshape",
    "Residual": "layers.residual",
    "RmsProp": "optimisers.rms_prop",
    "RocAuc": "metrics.roc_auc",
    "Scale": "modifiers.scale",
    "Seconds": "criteria.seconds",
    "SequenceSchedule": "schedules.sequence",
    "Sigmoid": "activations.sigmoid",
    "Silu": "activations.silu",
    "SimpleRecurrent": "layers.simple_recurrent",
    "Softmax": "activations.softmax",
    "SoftmaxCrossEntropy": "costs.softmax_cross_entropy",
    "Softplus": "activations.softplus",
    "SpatialDropout": "layers.spatial_dropout",
    "SquaredDifference": "costs.squared_difference",
    "StepSchedule": "schedules.step",
    "Switch": "criteria.switch",
    "SystemMetrics": "hooks.system_metrics",
    "Tanh": "activations.tanh",
    "TargetMaximisation": "hooks.target_maximisation",
    "TextSamples": "hooks.text_samples",
    "Threshold": "criteria.threshold",
    "TiedDense": "layers.tied_dense",
    "TimeSeries": "hooks.time_series",
    "TopKAccuracy": "metrics.top_k_accuracy",
    "TransformerBlock": "layers.transformer_block",
    "TransposedConvolution": "layers.transposed_convolution",
    "TruncatedGaussian": "initialisers.truncated_gaussian",
    "Uniform": "initialisers.uniform",
    "WarmUpSchedule": "schedules.warm_up",
    "WeightedMerger": "mergers.weighted",
    "Zeros": "initialisers.zeros",
    "sample_text": "_sampling",
    "vocabulary_of": "_sampling",
}

__all__ = [
    "AbsoluteDifference",
    "Accuracy",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Add",
    "Average",
    "AveragePooling",
    "BatchNorm",
    "Bidirectional",
    "BinaryCrossEntropy",
    "Call",
    "Checkpoints",
    "ClipByGlobalNorm",
    "ClipByNorm",
    "ClipByValue",
    "Concatenate",
    "ConfusionMatrix",
    "Constant",
    "ConstantSchedule",
    "Convolution",
    "CosineSchedule",
    "Custom",
    "CustomInitialiser",
    "Decay",
    "DecayOnPlateau",
    "Dense",
    "Dot",
    "Dropout",
    "EarlyStop",
    "ElementWise",
    "Elu",
    "Embedding",
    "Epochs",
    "Evaluation",
    "ExponentialSchedule",
    "F1Score",
    "Flatten",
    "FromArray",
    "Gaussian",
    "Gelu",
    "GlobalAveragePooling",
    "GlobalMaxPooling",
    "Glorot",
    "GradientDescent",
    "Gru",
    "He",
    "Highest",
    "Hinge",
    "Histograms",
    "Hours",
    "Huber",
    "Identity",
    "IdentityInitialiser",
    "Input",
    "Iterations",
    "L1Penalty",
    "L2Penalty",
    "Lamb",
    "LayerNorm",
    "LeCun",
    "LeakyRelu",
    "LearningRateFinder",
    "Lion",
    "Lowest",
    "Lstm",
    "Mask",
    "MaxMerger",
    "MaxNorm",
    "MaxPooling",
    "Maximum",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "MilestonesSchedule",
    "Minutes",
    "Momentum",
    "MultiHeadAttention",
    "Multiply",
    "Nadam",
    "Nan",
    "NegativeSampling",
    "Nesterov",
    "NetworkPass",
    "Noise",
    "NonNegative",
    "OnPlateauSchedule",
    "OneCycleSchedule",
    "Ones",
    "Orthogonal",
    "Output",
    "Patience",
    "Permute",
    "Perplexity",
    "Pictures",
    "Plateau",
    "PolynomialSchedule",
    "PositionalEncoding",
    "Precision",
    "Recall",
    "Relu",
    "Repeat",
    "Report",
    "Reshape",
    "Residual",
    "Restore",
    "RmsProp",
    "RocAuc",
    "Scale",
    "Seconds",
    "SequenceSchedule",
    "Sigmoid",
    "Silu",
    "SimpleRecurrent",
    "Softmax",
    "SoftmaxCrossEntropy",
    "Softplus",
    "SpatialDropout",
    "SquaredDifference",
    "StepSchedule",
    "Switch",
    "SystemMetrics",
    "Tanh",
    "TargetMaximisation",
    "TextSamples",
    "Threshold",
    "TiedDense",
    "TimeSeries",
    "TopKAccuracy",
    "TransformerBlock",
    "TransposedConvolution",
    "TruncatedGaussian",
    "Uniform",
    "WarmUpSchedule",
    "WeightedMerger",
    "Zeros",
    "sample_text",
    "vocabulary_of",
]


def __getattr__(name: str) -> Any:
    """Import a component's file when its name is first used (PEP 562)."""
    if name not in _FILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_FILES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
