"""Connect Four: positions early in the game, and how they end when nobody errs."""

from typing import Any

from attrs import field, frozen

from sigma_core.extend import Dataset, Sections
from sigma_data.datasets._boards import board_sections
from sigma_data.datasets._published import Published, check_count
from sigma_data.extractors import CSV

ROWS, COLUMNS = 6, 7
CELLS = ROWS * COLUMNS
RECORDS = 67_557
NAMES = ("connect-4.data", "connect-4.data.Z", "connect+4.zip!connect-4.data.Z", "connect-4.zip!connect-4.data*")
MIRRORS = (
    "https://archive.ics.uci.edu/static/public/26/connect+4.zip!connect-4.data.Z",
    "https://archive.ics.uci.edu/ml/machine-learning-databases/connect-4/connect-4.data.Z",
)


@frozen
class Connect4(Dataset):
    """67,557 positions: inputs (126,) float32, for each of 6 x 7 cells whether it is x's, o's or blank; 3 targets.

    Cells come row by row from the top, in each row from the left. Targets are 0 loss, 1 draw and 2 win for x, who began
    and is to move: the positions are all with 8 marks in which nobody has won yet and the next move is not forced.
    Connect-4 (Tromp 1995), of the UCI Machine Learning Repository (CC BY 4.0). The file `connect-4.data`, `.Z` or in
    the published zip, is looked for in `path`, then in the cache.
    """

    path: str = ""
    """The folder with the file."""
    flatten: bool = field(default=True, kw_only=True)
    """Without it, inputs are (6, 7, 3): rows, columns, marks."""
    download: bool = field(default=False, kw_only=True)
    """Whether the file is fetched into the cache where it is missing."""
    mirrors: tuple[str, ...] = field(default=MIRRORS, kw_only=True)
    """Addresses to fetch from, tried in order; behind a `!` stands the member of an archive."""

    def load(self, environment: Any) -> Sections:
        """All positions; raises `DataError` when the file is missing, damaged or another one."""
        source = self._file.obtained(environment, "the published positions", self.mirrors if self.download else ())
        marks = {str(cell): ("x", "o", "b") for cell in range(CELLS)}
        table = CSV(
            source,
            {"cells": f"0-{CELLS - 1}", "targets": CELLS},
            header=False,
            categories={**marks, str(CELLS): ("loss", "draw", "win")},
        ).extract(environment)
        check_count(source.describe(), len(table["targets"]), RECORDS)
        # The file has columns from the left, and in each its cells from the bottom.
        columns = table["cells"].astype("u1").reshape(-1, COLUMNS, ROWS)
        return board_sections(columns[:, :, ::-1].swapaxes(1, 2), table["targets"], flatten=self.flatten)

    def fingerprint(self, environment: Any) -> str | None:
        """That of the file, if it is there."""
        return self._file.mark(environment)

    @property
    def _file(self) -> Published:
        return Published("Connect4", "connect_4", NAMES, self.path)
