"""Data: the contracts of the pipeline, datasets out of arrays, splits, iterators, augmentation and prefetch."""

from sigma_core.data._augmentation import Augmenter, Draw
from sigma_core.data._batches import Batch, Batches
from sigma_core.data._blocks import joined, joined_sections, sliced
from sigma_core.data._bucketed import Bucketed
from sigma_core.data._class_weights import (
    class_weights,
)
from sigma_core.data._data import Data
from sigma_core.data._dataset import Dataset
from sigma_core.data._description import (
    Description,
    PartDescription,
    SectionDescription,
)
from sigma_core.data._extractor import Extractor
from sigma_core.data._fitted import (
    fitted_from,
    fitted_state,
)
from sigma_core.data._formats import ArchiveFormat, Compression, Member
from sigma_core.data._growing import GrowingDataset
from sigma_core.data._growth import Growth
from sigma_core.data._items import (
    Items,
)
from sigma_core.data._iterator import Iterator
from sigma_core.data._memory import InMemory, as_dataset
from sigma_core.data._minibatches import Minibatches
from sigma_core.data._narrow import Widened
from sigma_core.data._padding import pad_sequences
from sigma_core.data._prefetch import Prefetch
from sigma_core.data._preprocessor import (
    EVERY_SECTION,
    FittedPreprocessor,
    FittedState,
    Preprocessor,
    RecordsPreprocessor,
)
from sigma_core.data._sections import Array, Sections, check_known, records_of
from sigma_core.data._showing import in_short, picture_form, pixels
from sigma_core.data._source import Source
from sigma_core.data.iterators import Minibatch, Undivided, Unified
from sigma_core.data.splits import (
    Blocks,
    Fractions,
    Grouped,
    KFold,
    Nested,
    Records,
    Rows,
    Split,
    Stratified,
)

__all__ = [
    "EVERY_SECTION",
    "ArchiveFormat",
    "Array",
    "Augmenter",
    "Batch",
    "Batches",
    "Blocks",
    "Bucketed",
    "Compression",
    "Data",
    "Dataset",
    "Description",
    "Draw",
    "Extractor",
    "FittedPreprocessor",
    "FittedState",
    "Fractions",
    "Grouped",
    "GrowingDataset",
    "Growth",
    "InMemory",
    "Items",
    "Iterator",
    "KFold",
    "Member",
    "Minibatch",
    "Minibatches",
    "Nested",
    "PartDescription",
    "Prefetch",
    "Preprocessor",
    "Records",
    "RecordsPreprocessor",
    "Rows",
    "SectionDescription",
    "Sections",
    "Source",
    "Split",
    "Stratified",
    "Undivided",
    "Unified",
    "Widened",
    "as_dataset",
    "check_known",
    "class_weights",
    "fitted_from",
    "fitted_state",
    "in_short",
    "joined",
    "joined_sections",
    "pad_sequences",
    "picture_form",
    "pixels",
    "records_of",
    "sliced",
]
