"""What images and frames of videos have in common: files with classes, and pictures that are brought to one form."""

from abc import abstractmethod
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from typing import Any, Literal

import numpy as np
from attrs import Attribute, field, frozen

from sigma_core.extend import Array, DataError, Extractor, Sections, Source, component, components, fields
from sigma_data.extractors._label_table import by_table
from sigma_data.extractors._labels import Classes, Labelled, by_folder
from sigma_data.sources import as_source, as_sources
from sigma_data.sources._environment import ongoing

WHOLE = ("a whole file", 'copy or download it again, or leave such files out with broken = "drop"')
# Bytes of a block, where nobody says how many records.
_NATURAL = 1 << 24
_MODES = {"grey": "L", "rgb": "RGB", "rgba": "RGBA"}
_CHANNELS = {"grey": 1, "rgb": 3, "rgba": 4}


def _is_names(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) > 0 and all(isinstance(name, str) for name in value)


@frozen
class Pictures(Extractor):
    """The settings of extractors of pictures; each brings the reading of its files."""

    source: tuple[Source, ...] = components("sources", converter=as_sources, text=as_source)
    """A folder, a pattern, an archive or single files; several of them in brackets."""
    size: int | tuple[int, int] | None = fields.sizes(default=None)
    """Pixels of height and width, one number for both; without it, all have to be of the size of the first."""
    mode: Literal["grey", "rgb", "rgba"] = fields.choice("grey", "rgb", "rgba", default="rgb")
    """What a pixel is: one number, or three or four."""
    fit: Literal["stretch", "crop", "pad"] = fields.choice("stretch", "crop", "pad", default="stretch")
    """How other proportions get the size: stretched, or kept and the middle cut out, or kept and filled up."""
    filter: str = fields.choice("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos", default="bilinear")
    """How pixels are resized."""
    fill: int = fields.integer(default=0, at_least=0, below=256)
    """What stands in the pixels that fill up."""
    channels: Literal["last", "first"] = fields.choice("last", "first", default="last")
    """Where the axis of the channels stands: (height, width, channels), or (channels, height, width)."""
    classes: Classes = field(default="auto", converter=fields.as_tuples, kw_only=True)
    """Their names in the order of their numbers; `auto`: those that occur, sorted; `none`: there are no targets."""
    labels: Source | None = component("sources", default=None, converter=as_source, text=as_source)
    """A table (CSV) whose first two columns are names of files and labels, in place of folders that are classes."""
    broken: Literal["error", "drop"] = fields.choice("error", "drop", default="error")
    """What becomes of files that cannot be read: an error, or they are left out and counted."""

    @size.validator
    def _check_size(self, attribute: "Attribute[Any]", value: Any) -> None:
        if isinstance(value, tuple) and len(value) != 2:
            raise fields.refusal(self, attribute, value, "an integer of at least 1, or height and width")

    @classes.validator
    def _check_classes(self, attribute: "Attribute[Any]", value: Any) -> None:
        if value not in ("auto", "none") and not (_is_names(value) and len(set(value)) == len(value)):
            raise fields.refusal(self, attribute, value, "'auto', 'none' or the names of the classes, each once")

    def blocks(self, environment: Any = None, records: int | None = None) -> Iterator[Sections]:
        """`inputs`, and `targets` of shape (records,) if there are classes or labels."""
        self._check_libraries()
        labelled = self._labelled(environment)
        first: Array | None = None
        block: list[Array] = []
        places: list[int] = []
        dropped: list[DataError] = []
        task = ongoing(environment, f"reading of {self._where()}", total=len(labelled.files), unit="files")
        with task, closing(self._read(labelled.files, environment)) as found:
            for place, array in found:
                task.reach(place)
                if isinstance(array, DataError):
                    if self.broken == "error":
                        raise array
                    dropped.append(array)
                    continue
                first = array if first is None else first
                self._check_alike(array, first, labelled.files[place].describe())
                block.append(array)
                places.append(place)
                if len(block) == (records or max(_NATURAL // array.nbytes, 1)):
                    yield _sections(block, places, labelled.targets)
                    block, places = [], []
            task.reach(len(labelled.files))
        if block:
            yield _sections(block, places, labelled.targets)
        if first is None:
            raise DataError(
                self._where(),
                f"all {len(dropped)} files are broken; of {dropped[0].where}: {dropped[0].found}",
                "a file that can be read",
                "copy or download them again",
            )
        log = getattr(environment, "log", None)
        if dropped and log is not None:
            log.warning(
                "broken files left out",
                source=self._where(),
                files=len(dropped),
                of=len(labelled.files),
                first=dropped[0].where,
            )

    @abstractmethod
    def _read(
        self, files: Sequence[Source], environment: Any
    ) -> Generator[tuple[int, "Array | DataError"], None, None]:
        """The records of the files in order, each with the place of its file; an error in place of a broken one."""

    @abstractmethod
    def _check_libraries(self) -> None:
        """Raise `PluginUnavailableError` where a library is missing."""

    @abstractmethod
    def _suffixes(self) -> frozenset[str]:
        """Of the names of files that are read where a source has others too."""

    def class_names(self, environment: Any = None) -> tuple[str, ...]:
        """The classes by their numbers; none where targets are numbers of the table, or there are none."""
        return self._labelled(environment).classes

    def _labelled(self, environment: Any) -> Labelled:
        if self.labels is None:
            return by_folder(self.source, environment, self._suffixes(), self.classes)
        return by_table(self.source, self.labels, environment, self._suffixes(), self.classes)

    def _where(self) -> str:
        return " and ".join(source.describe() for source in self.source)

    def _pixels(self, image: Any) -> Array:
        """A picture of Pillow's in the form that is asked for, uint8."""
        from PIL import Image, ImageOps

        picture = _converted(image, _MODES[self.mode])
        if self.size is not None:
            height, width = (self.size, self.size) if isinstance(self.size, int) else self.size
            method = Image.Resampling[self.filter.upper()]
            if self.fit == "crop":
                picture = ImageOps.fit(picture, (width, height), method)
            elif self.fit == "pad":
                fill = (self.fill,) * _CHANNELS[self.mode]
                picture = ImageOps.pad(picture, (width, height), method, fill if len(fill) > 1 else self.fill)
            else:
                picture = picture.resize((width, height), method)
        array = np.asarray(picture).reshape(picture.height, picture.width, -1)
        return array if self.channels == "last" else np.moveaxis(array, -1, 0)

    def _check_alike(self, array: Array, first: Array, where: str) -> None:
        """Raise `DataError` for a picture of another size, which without a setting is that of the first."""
        if array.shape == first.shape:
            return
        heights = slice(-3, -1) if self.channels == "last" else slice(-2, None)
        found, expected = (" x ".join(map(str, shape[heights])) for shape in (array.shape, first.shape))
        raise DataError(
            where,
            f"it is {found} pixels (height x width)",
            f"{expected}, as the first",
            "bring all to one size: size = [64, 64]",
        )


def bomb(where: str, largest: int) -> DataError:
    """The error for a picture of more pixels than Pillow thinks safe."""
    return DataError(
        where,
        "it has so many pixels that it may be a bomb",
        f"at most {largest}",
        "if you trust it, raise PIL.Image.MAX_IMAGE_PIXELS in Python",
    )


def _sections(block: list[Array], places: list[int], targets: Array | None) -> Sections:
    inputs = {"inputs": np.stack(block)}
    return inputs if targets is None else {**inputs, "targets": targets[places]}


def _converted(image: Any, mode: str) -> Any:
    """A picture in another mode; Pillow cuts 16 bits off at 255 where they should be scaled."""
    from PIL import Image

    if image.mode.startswith("I"):
        deep = np.asarray(image)
        if deep.min() < 0 or deep.max() > 0xFFFF:
            raise ValueError("its pixels are of more than 16 bits")
        image = Image.fromarray((deep >> 8).astype(np.uint8))
    elif image.mode == "F":
        raise ValueError("its pixels are floats")
    elif image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    return image if image.mode == mode else image.convert(mode)
