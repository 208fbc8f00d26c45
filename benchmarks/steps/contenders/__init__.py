"""Who is measured: a module each, imported in the child process that runs it and nowhere else."""

from collections.abc import Mapping

MODULES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "sigma-numba": ("steps.contenders.sigma", ("numba",)),
    "sigma-numpy": ("steps.contenders.sigma", ("numpy",)),
    "pytorch": ("steps.contenders.pytorch", ()),
    "pytorch-compiled": ("steps.contenders.pytorch", ("compiled",)),
    "jax": ("steps.contenders.jax", ()),
    "products": ("steps.contenders.products", ()),
}
"""The module whose function `build(case, *words)` makes the contender, and the words."""

PEERS = ("pytorch", "pytorch-compiled", "jax")
"""To whom Sigma is compared."""
WITHOUT_LOSSES = ("products",)
"""Who trains nothing."""
