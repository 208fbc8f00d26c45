"""Heart disease, by thirteen measures of patients."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import Factory, field, frozen

from sigma_core.extend import Dataset, Preprocessor, Sections, component_table
from sigma_data.datasets._published import Published, check_count
from sigma_data.extractors import CSV
from sigma_data.preprocessors import Fill, Standardise

RECORDS = 303
FILE = "processed.cleveland.data"
NAMES = (FILE, f"heart+disease.zip!{FILE}", f"heart-disease.zip!{FILE}")
MIRRORS = (
    f"https://archive.ics.uci.edu/static/public/45/heart+disease.zip!{FILE}",
    f"https://archive.ics.uci.edu/ml/machine-learning-databases/heart-disease/{FILE}",
)


def _filled_and_standardised() -> dict[str, tuple[Preprocessor, ...]]:
    return {"inputs": (Fill("median"), Standardise())}


@frozen
class HeartDisease(Dataset):
    """303 patients: inputs (13,) float32, measures; targets 1 where vessels of the heart are narrowed, else 0.

    Measures are age, sex (1 male), kind of chest pain (1 to 4), blood pressure at rest, cholesterol, whether blood
    sugar is high, electrocardiogram at rest (0 to 2), highest heart rate, whether exercise brings angina, depression of
    ST by exercise, slope of ST (1 to 3), vessels that are coloured (0 to 3) and thal (3, 6, 7). Six patients lack one
    of the last two: unless `preprocess` says otherwise the median takes its place, and inputs are standardised.

    Janosi, Steinbrunn, Pfisterer & Detrano (1988), Cleveland, of the UCI Machine Learning Repository (CC BY 4.0). The
    file `processed.cleveland.data`, or the published zip, is looked for in `path`, then in the cache.
    """

    path: str = ""
    """The folder with the file."""
    degrees: bool = field(default=False, kw_only=True)
    """Whether targets are the degree, 0 to 4, as it was published."""
    drop_missing: bool = field(default=False, kw_only=True)
    """Whether patients who lack a measure are left out."""
    download: bool = field(default=False, kw_only=True)
    """Whether the file is fetched into the cache where it is missing."""
    mirrors: tuple[str, ...] = field(default=MIRRORS, kw_only=True)
    """Addresses to fetch from, tried in order; behind a `!` stands the member of an archive."""
    preprocess: Mapping[str, tuple[Preprocessor, ...]] = component_table(
        "preprocessors", Factory(_filled_and_standardised), kw_only=True
    )

    def load(self, environment: Any) -> Sections:
        """All patients; raises `DataError` when the file is missing, damaged or another one."""
        source = self._file.obtained(environment, "the patients of Cleveland", self.mirrors if self.download else ())
        columns = {"inputs": "0-12", "targets": 13}
        table = CSV(source, columns, header=False, missing="keep", dtype="float32").extract(environment)
        check_count(source.describe(), len(table["targets"]), RECORDS)
        inputs, degrees = table["inputs"], table["targets"]
        if self.drop_missing:
            is_whole = ~np.isnan(inputs).any(axis=1)
            inputs, degrees = inputs[is_whole], degrees[is_whole]
        return {"inputs": inputs, "targets": degrees if self.degrees else (degrees > 0).astype(np.int64)}

    def fingerprint(self, environment: Any) -> str | None:
        """That of the file, if it is there."""
        return self._file.mark(environment)

    @property
    def _file(self) -> Published:
        return Published("HeartDisease", "heart_disease", NAMES, self.path)
