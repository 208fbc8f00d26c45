"""Augmenters: training records that are a little different in each epoch."""

from sigma_data.augmenters.crop import Crop
from sigma_data.augmenters.erase import Erase
from sigma_data.augmenters.flip import Flip
from sigma_data.augmenters.mix_up import MixUp
from sigma_data.augmenters.noise import Noise
from sigma_data.augmenters.rotate import Rotate
from sigma_data.augmenters.shift import Shift

__all__ = ["Crop", "Erase", "Flip", "MixUp", "Noise", "Rotate", "Shift"]
