"""Preprocessors: pure functions of one section, fitted on the training records."""

from sigma_data.preprocessors.cast import Cast
from sigma_data.preprocessors.flatten import Flatten
from sigma_data.preprocessors.normalise import Normalise
from sigma_data.preprocessors.one_hot import OneHot
from sigma_data.preprocessors.standardise import Standardise

__all__ = ["Cast", "Flatten", "Normalise", "OneHot", "Standardise"]
