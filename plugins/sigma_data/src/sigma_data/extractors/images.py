"""Images: files that Pillow reads, as arrays of one shape."""

import io
from collections.abc import Generator, Sequence
from math import inf
from typing import Any

from attrs import frozen

from sigma_core.extend import Array, DataError, Source, fields
from sigma_data.extractors._in_order import in_order, threads_of
from sigma_data.extractors._optional import optional
from sigma_data.extractors._pictures import WHOLE, Pictures, bomb

_SUFFIXES = frozenset(
    f".{kind}"
    for kind in (
        *("apng", "avif", "bmp", "dib", "gif", "ico", "j2k", "jfif", "jp2", "jpe", "jpeg", "jpg", "pbm", "pcx", "pgm"),
        *("png", "pnm", "ppm", "qoi", "sgi", "tga", "tif", "tiff", "webp", "xbm"),
    )
)


@frozen
class Images(Pictures):
    """Images, labelled by the folders that they lie in or by a table: `Images("flowers/", size=64)`; needs Pillow.

    `inputs` are (records, height, width, channels), uint8: `normalise` or `cast` makes floats of them. `targets` are
    numbers of classes, which are the names of the folders in order, where there are several folders. Images are turned
    as their EXIF orientation says; of animations and of files with several pages, the first is read; 16 bits become 8;
    transparency is left out unless the mode is `rgba`.

    Raises `DataError` with the file for one that is empty, damaged, cut short, no image, or of more pixels than
    Pillow thinks safe, unless broken ones are dropped; for one of another size, where none is set; and for classes that
    have no images.
    """

    threads: int | None = fields.integer(default=None, at_least=1)
    """How many decode; without it as many as there are processors, up to eight. The order is that of the files."""

    def _check_libraries(self) -> None:
        optional("PIL", "Pillow", "images", self._where())

    def _suffixes(self) -> frozenset[str]:
        return _SUFFIXES

    def _read(self, files: Sequence[Source], environment: Any) -> Generator[tuple[int, Array | DataError], None, None]:
        # By one thread: members of an archive share its stream.
        contents = ((file.describe(), _content(file, environment)) for file in files)
        yield from enumerate(in_order(self._decoded, contents, threads_of(self.threads)))

    def _decoded(self, file: tuple[str, bytes | DataError]) -> Array | DataError:
        where, content = file
        if isinstance(content, DataError):
            return content
        return self._picture(where, content) if content else DataError(where, "it is empty", *WHOLE)

    def _picture(self, where: str, content: bytes) -> Array | DataError:
        from PIL import Image, ImageOps, UnidentifiedImageError

        try:
            with Image.open(io.BytesIO(content)) as image:
                if image.width * image.height > (Image.MAX_IMAGE_PIXELS or inf):
                    return bomb(where, Image.MAX_IMAGE_PIXELS)
                if image.format == "PNG":  # the one format with sums, at which loading does not look
                    Image.open(io.BytesIO(content)).verify()
                return self._pixels(ImageOps.exif_transpose(image))
        except UnidentifiedImageError:
            return DataError(where, "it is no image that Pillow knows", *WHOLE)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            return bomb(where, Image.MAX_IMAGE_PIXELS)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  # decoders raise whatever they come to in damaged bytes
            return DataError(where, f"it is damaged: {error or type(error).__name__}", *WHOLE)


def _content(file: Source, environment: Any) -> bytes | DataError:
    try:
        with file.open(environment) as stream:
            return stream.read()
    except DataError as error:
        return error
