"""A text to foretell: windows of it, each with what follows."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from attrs import Factory, field, frozen

from sigma_core.extend import (
    Dataset,
    Preprocessor,
    RecordsPreprocessor,
    Sections,
    Source,
    component,
    component_table,
    fields,
    joined_sections,
)
from sigma_data.datasets._published import Published
from sigma_data.extractors import Shifted, Text
from sigma_data.preprocessors import Vocabulary
from sigma_data.sources import as_source

NAMES = ("tinyshakespeare.txt", "input.txt")
SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
MIRRORS = ("https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",)


def _numbered() -> dict[str, tuple[RecordsPreprocessor, ...]]:
    return {"*": (Vocabulary(unknown=True),)}


@frozen
class TextCorpus(Dataset):
    """Windows of a text: inputs (length,) characters or words, targets (length,) the same one later.

    Unless `preprocess` says otherwise both are whole numbers, those of a vocabulary of the training records, in which 0
    is what these do not have. Without a source it is Tiny Shakespeare (Karpathy 2015), 1,115,394 characters of
    Shakespeare's plays, which are in the public domain; it is read from the cache, and checked by its SHA-256 when it
    is fetched. To validate on the end of the text, set `shuffle` to false.
    """

    source: Source | None = component("sources", default=None, converter=as_source, text=as_source)
    """A text of your own, or several: `plays/*.txt`."""
    unit: Literal["characters", "words"] = fields.choice("characters", "words", default="characters")
    length: int = fields.integer(default=64, at_least=1)
    """Of a window, in characters or words."""
    stride: int | None = fields.integer(default=None, at_least=1)
    """How far behind the one before a window begins; without it, they do not overlap."""
    lowercase: bool = field(default=False, kw_only=True)
    encoding: str = field(default="utf-8", kw_only=True)
    download: bool = field(default=False, kw_only=True)
    """Whether Tiny Shakespeare is fetched into the cache, 1.1 MB, where it is missing."""
    mirrors: tuple[str, ...] = field(default=MIRRORS, kw_only=True)
    """Addresses to fetch it from, tried in order."""
    preprocess: Mapping[str, tuple[Preprocessor | RecordsPreprocessor, ...]] = component_table(
        "preprocessors", Factory(_numbered), kw_only=True
    )

    def load(self, environment: Any) -> Sections:
        """All windows; raises `DataError` when there is no text, or one that is no text of this encoding."""
        return joined_sections(self.blocks(environment))

    def blocks(self, environment: Any, records: int | None = None) -> Iterator[Sections]:
        """The same, block by block: no more than a block in memory."""
        text = Text(self._text(environment), self.unit, self.encoding, self.lowercase)
        return Shifted(text, self.length, self.stride).blocks(environment, records)

    def fingerprint(self, environment: Any) -> str | None:
        """That of the text, if it is there."""
        return self.source.fingerprint(environment) if self.source else _FILE.mark(environment)

    def _text(self, environment: Any) -> Source:
        if self.source is not None:
            return self.source
        if found := _FILE.found(environment):
            return found
        if self.download:
            return _FILE.fetched(environment, self.mirrors, SHA256)
        raise _FILE.missing(environment, "a text", "set source to a text, or download = true to fetch Tiny Shakespeare")


_FILE = Published("TextCorpus", "text_corpus", NAMES)
