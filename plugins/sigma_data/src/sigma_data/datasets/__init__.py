"""Datasets: built-in ones, and one for whatever an extractor reads."""

from sigma_data.datasets.breast_cancer import BreastCancer
from sigma_data.datasets.connect_4 import Connect4
from sigma_data.datasets.digits import Digits
from sigma_data.datasets.extracted import Extracted
from sigma_data.datasets.growing import Growing
from sigma_data.datasets.heart_disease import HeartDisease
from sigma_data.datasets.iris import Iris
from sigma_data.datasets.logical_and import AND
from sigma_data.datasets.mnist import MNIST
from sigma_data.datasets.text_corpus import TextCorpus
from sigma_data.datasets.tic_tac_toe import TicTacToe
from sigma_data.datasets.wine import Wine
from sigma_data.datasets.xor import XOR

__all__ = [
    "AND",
    "MNIST",
    "XOR",
    "BreastCancer",
    "Connect4",
    "Digits",
    "Extracted",
    "Growing",
    "HeartDisease",
    "Iris",
    "TextCorpus",
    "TicTacToe",
    "Wine",
]
