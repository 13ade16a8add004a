"""Sums by label and lengths of rows, with the types that numpy's own stubs leave open."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def sum_by(
    label: NDArray[np.integer], values: NDArray[np.floating] | NDArray[np.integer], n: int
) -> NDArray[np.float64]:
    """Sum of `values` (p,) over each label 0 … n − 1, (n,); labels below 0 are left out."""
    known = label >= 0
    return np.asarray(np.bincount(label[known], values[known], n), dtype=np.float64)


def row_lengths(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Euclidean length of each row of (p, 2), (p,)."""
    return np.asarray(np.hypot(vectors[:, 0], vectors[:, 1]), dtype=np.float64)
