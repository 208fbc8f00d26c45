"""Datasets: built-in ones, and one for whatever an extractor reads."""

from sigma_data.datasets.breast_cancer import BreastCancer
from sigma_data.datasets.digits import Digits
from sigma_data.datasets.extracted import Extracted
from sigma_data.datasets.iris import Iris
from sigma_data.datasets.mnist import MNIST
from sigma_data.datasets.wine import Wine
from sigma_data.datasets.xor import XOR

__all__ = ["MNIST", "XOR", "BreastCancer", "Digits", "Extracted", "Iris", "Wine"]
