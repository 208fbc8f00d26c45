"""Texts out of bytes: encodings by name, and the line of what is in another."""

import codecs
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from sigma_core.extend import DataError, fields

if TYPE_CHECKING:
    from attrs import Attribute

_PIECE = 1 << 16


def is_encoding(name: Any) -> bool:
    """Whether Python knows an encoding of texts of that name."""
    try:
        b" ".decode(name)
    except UnicodeError:
        return True
    except (LookupError, TypeError, ValueError):
        return False
    return True


def check_encoding(instance: Any, attribute: "Attribute[Any]", value: Any) -> None:
    """A validator: raise `SettingError` for a name of no encoding of texts."""
    if not is_encoding(value):
        raise fields.refusal(instance, attribute, value, "an encoding, such as utf-8, utf-16 or latin-1")


def decoded(stream: BinaryIO, encoding: str, where: str) -> Iterator[str]:
    """The text piece by piece; raises `DataError` with the line of the first bytes that are no such text."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    while True:
        piece = stream.read(_PIECE)
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeError as error:
            before = error.object[: error.start].count(b"\n") if isinstance(error, UnicodeDecodeError) else 0
            raise DataError(
                f"{where}, line {line + before}",
                f"it is no {encoding}: {getattr(error, 'reason', error)}",
                f"text in {encoding}",
                'name its encoding, such as encoding = "latin-1"',
            ) from error
        line += text.count("\n")
        if text:
            yield text
        if not piece:
            return
