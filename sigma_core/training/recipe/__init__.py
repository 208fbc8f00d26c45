"""Recipes: TOML files from which trainers are composed, with every fault reported at its line."""

from sigma_core.training.recipe._compose import KEYS, Setup, compose
from sigma_core.training.recipe._contracts import built
from sigma_core.training.recipe._recipe import Recipe
from sigma_core.training.recipe._write import write

__all__ = ["KEYS", "Recipe", "Setup", "built", "compose", "write"]
