"""Handwritten digits of 28 x 28 pixels, from the four IDX files in which they are published."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from attrs import evolve, frozen

from sigma_core.extend import Array, DataError, Dataset, Sections, Source
from sigma_data.datasets._published import Published
from sigma_data.extractors.idx import read_idx
from sigma_data.sources._marks import joint_mark

# Images and labels of each part, as they are called everywhere.
FILES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
        "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
    }
)
PARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "train": ("train",),
        "test": ("test",),
        "all": ("train", "test"),
    }
)
# Of the compressed files as they are published.
SHA256: Mapping[str, str] = MappingProxyType(
    {
        "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    }
)
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)


@frozen
class MNIST(Dataset):
    """70,000 digits: inputs (784,) float32 from 0 to 1, row by row; targets whole numbers 0 to 9.

    LeCun, Cortes & Burges (1998). The files are looked for in `path`, then in the cache; they may be compressed or
    not. Without a split, part `train` is validated with the test digits, as in results that are published. Part `all`
    has the 60,000 training digits first, the test digits after them.
    """

    path: str = ""
    """The folder with the IDX files."""
    part: Literal["train", "test", "all"] = "train"
    flatten: bool = True
    """Without it, inputs are (28, 28, 1): rows, columns, channels."""
    download: bool = False
    """Whether files that are missing are fetched into the cache, 12 MB in all."""
    mirrors: tuple[str, ...] = MIRRORS
    """Addresses of folders to fetch from, tried in order."""

    def load(self, environment: Any) -> Sections:
        """The digits of the part; raises `DataError` when files are missing, damaged or no digits."""
        pairs = [self._read(part, environment) for part in PARTS[self.part]]
        pixels, labels = (
            np.concatenate(arrays) if len(arrays) > 1 else arrays[0] for arrays in zip(*pairs, strict=True)
        )
        inputs = np.multiply(pixels, np.float32(1 / 255), dtype=np.float32)
        shape = (-1,) if self.flatten else (28, 28, 1)
        return {"inputs": inputs.reshape(len(inputs), *shape), "targets": labels.astype(np.int64)}

    def load_validation(self, environment: Any) -> Mapping[str, Sections]:
        """The test digits, for part `train` without a split; raises `DataError` as `load`."""
        if self.split is not None or self.part != "train":
            return {}
        return {"validation": evolve(self, part="test").load(environment)}

    def fingerprint(self, environment: Any) -> str | None:
        """That of all files that are read, if they are there."""
        parts = ("train", "test") if self.split is None and self.part == "train" else PARTS[self.part]
        return joint_mark(*(self._file(name).mark(environment) for part in parts for name in FILES[part]))

    def _read(self, part: str, environment: Any) -> tuple[Array, Array]:
        images, labels = (self._located(name, part, environment) for name in FILES[part])
        pixels, classes = read_idx(images, environment), read_idx(labels, environment)
        _check(images, pixels, (28, 28))
        _check(labels, classes, ())
        if len(pixels) != len(classes):
            raise DataError(
                images.describe(),
                f"it has {len(pixels)} images, and {labels.describe()} has {len(classes)} labels",
                "a label for each image",
            )
        return pixels, classes

    def _file(self, name: str) -> Published:
        return Published("MNIST", "mnist", (name, f"{name}.gz"), self.path)

    def _located(self, name: str, part: str, environment: Any) -> Source:
        file, compressed = self._file(name), f"{name}.gz"
        if found := file.found(environment):
            return found
        if self.download:
            addresses = [f"{mirror.rstrip('/')}/{compressed}" for mirror in self.mirrors]
            return file.fetched(environment, addresses, SHA256[compressed])
        raise file.missing(environment, "the IDX files of the digits", self._remedy(part, environment))

    def _remedy(self, part: str, environment: Any) -> str:
        folder = self._file("").places(environment)[0]
        there = {path.name.removesuffix(".gz") for path in folder.glob("*-ubyte*")}
        for other, names in FILES.items():
            if other != part and there.issuperset(names):
                if part == "test":
                    # Those of part "train" are there, but what to validate it with is not.
                    return 'give part "train" a split, or download = true to fetch the others'
                return f'set part = "{other}", whose files are there, or download = true to fetch the others'
        return "set path to the folder that holds them, or download = true to fetch them"


def _check(file: Source, array: Array, shape: tuple[int, ...]) -> None:
    if array.dtype != np.uint8 or array.shape[1:] != shape:
        wanted = ", ".join(["records", *map(str, shape)])
        raise DataError(
            file.describe(),
            f"it holds {array.dtype.name} of shape {array.shape}",
            f"uint8 of shape ({wanted})",
        )
