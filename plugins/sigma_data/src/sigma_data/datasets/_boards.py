"""Boards of games as arrays."""

import numpy as np

from sigma_core.extend import Array, Sections

MARKS = 3
"""What a cell may hold: the first player's mark, the other one's, nothing; numbered in this order."""


def board_sections(cells: Array, targets: Array, *, flatten: bool) -> Sections:
    """`inputs` float32, cells (records, rows, columns) one-hot by their mark, and `targets` int64, (records,).

    Inputs are (records, rows, columns, 3), or (records, rows * columns * 3) in the same order.
    """
    inputs = np.eye(MARKS, dtype=np.float32)[cells]
    return {"inputs": inputs.reshape(len(cells), -1) if flatten else inputs, "targets": targets.astype(np.int64)}
