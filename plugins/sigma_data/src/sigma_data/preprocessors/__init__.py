"""Preprocessors: pure functions of sections or whole records, fitted on the training records."""

from sigma_data.preprocessors.cast import Cast
from sigma_data.preprocessors.categories import Categories
from sigma_data.preprocessors.fill import Fill
from sigma_data.preprocessors.filter import Filter
from sigma_data.preprocessors.flatten import Flatten
from sigma_data.preprocessors.map import Map
from sigma_data.preprocessors.normalise import Normalise
from sigma_data.preprocessors.one_hot import OneHot
from sigma_data.preprocessors.pad import Pad
from sigma_data.preprocessors.permute import Permute
from sigma_data.preprocessors.reshape import Reshape
from sigma_data.preprocessors.running_normalise import RunningNormalise
from sigma_data.preprocessors.running_standardise import RunningStandardise
from sigma_data.preprocessors.shuffle import Shuffle
from sigma_data.preprocessors.standardise import Standardise
from sigma_data.preprocessors.tokens import Tokens
from sigma_data.preprocessors.vocabulary import Vocabulary
from sigma_data.preprocessors.window import Window

__all__ = [
    "Cast",
    "Categories",
    "Fill",
    "Filter",
    "Flatten",
    "Map",
    "Normalise",
    "OneHot",
    "Pad",
    "Permute",
    "Reshape",
    "RunningNormalise",
    "RunningStandardise",
    "Shuffle",
    "Standardise",
    "Tokens",
    "Vocabulary",
    "Window",
]
