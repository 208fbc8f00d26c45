"""The data cache: prepared records on the disk, mapped into memory, shared by processes; and what was fetched."""

from sigma_core.data.cache._cache import Cache, Claim, Info
from sigma_core.data.cache._downloads import Downloads
from sigma_core.data.cache._entry import Entry, Header
from sigma_core.data.cache._key import pipeline_key
from sigma_core.data.cache._sizes import bytes_of, in_words

__all__ = ["Cache", "Claim", "Downloads", "Entry", "Header", "Info", "bytes_of", "in_words", "pipeline_key"]
