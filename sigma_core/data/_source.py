"""The contract of a source: where bytes come from."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, BinaryIO

from attrs import frozen


@frozen
class Source(ABC):
    """Bytes that can be opened again and again: a file, memory, a download; a component of kind `sources`.

    A source may stand for several files (`parts`). Extractors read these one after the other and name the one that a
    fault is in.
    """

    @abstractmethod
    def open(self, environment: Any = None) -> BinaryIO:
        """A new binary stream at the first byte; whoever opens it closes it.

        `environment` has `paths.cache` for what a source must keep, `log`, and `task` for what takes long; sources that
        need none of them work without.
        Raises `DataError` when there is nothing to open.
        """

    @abstractmethod
    def describe(self) -> str:
        """The source in a few words, for messages: `file 'iris.csv'`."""

    def location(self) -> str:
        """Where the file lies, `/` between its folders: `train/rose/1.png`; what it is described as unless overridden.

        Names of folders and files tell classes and formats apart.
        """
        return self.describe()

    def parts(self, environment: Any = None) -> Sequence["Source"]:  # noqa: ARG002  # for sources of several files
        """A source for each file, in order; the source itself unless overridden.

        Never empty: raises `DataError` when there is no file.
        """
        return (self,)

    def fingerprint(self, environment: Any = None) -> str | None:  # noqa: ARG002  # for sources that can tell
        """What tells this content from any other, found cheaply, such as a file's path, size, and time of its change.

        None, unless overridden: then nothing that is made of the content is kept from one process to the next.
        """
        return None
