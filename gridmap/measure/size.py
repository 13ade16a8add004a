"""How large a grid is, how large it should be, and which sizes cannot be had at all."""

from __future__ import annotations

from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import InvalidInput


def deviation(households: NDArray[np.integer], ideal: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Relative deviation of each grid from its ideal size, (k,): (H − ideal) / ideal.

    Parameters
    ----------
    households : ndarray of int, shape (k,)
        Households (or units) of each grid.
    ideal : float or ndarray of float64, shape (k,)
        Ideal size, in the same count.

    Raises
    ------
    InvalidInput
        If an ideal is not above 0.
    """
    if not (np.asarray(ideal) > 0).all():
        raise InvalidInput(f"an ideal size must be above 0; got {np.min(ideal)}")
    return np.asarray(np.asarray(households) / ideal - 1.0, dtype=np.float64)


def within_share(deviations: NDArray[np.float64], tolerance: float) -> float:
    """Share of grids whose deviation is at most ±`tolerance`; 1.0 of none.

    Deviations that exceed the tolerance by rounding only (1e-9) are within.
    """
    if len(deviations) == 0:
        return 1.0
    return float(np.mean(np.abs(deviations) <= tolerance + 1e-9))


def ideal_size(total: int, target: float) -> float:
    """Size of a grid when `total` is shared equally by :func:`nearest_k` grids: H / k.

    Raises
    ------
    InvalidInput
        If `total` is negative or `target` not above 0.
    """
    return total / nearest_k(total, target)


def nearest_k(total: int, target: float) -> int:
    """The number of grids k ≥ 1 that brings total / k nearest to `target`; the smaller k on a tie.

    |H/k − T| falls until k = H/T and rises after it, so only the two whole numbers around H/T compete.

    Raises
    ------
    InvalidInput
        If `total` is negative or `target` not above 0.
    """
    if total < 0 or not target > 0:
        raise InvalidInput(f"need a total from 0 and a target above 0; got {total} and {target}")
    low = max(floor(total / target), 1)
    return min((low, low + 1), key=lambda k: (abs(total / k - target), k))


def legal_counts(total: int, lower: int, upper: int) -> list[int]:
    """All k ≥ 1 for which `total` can be shared by k grids of `lower` to `upper` each: k·lower ≤ total ≤ k·upper.

    Raises
    ------
    InvalidInput
        If not 1 ≤ lower ≤ upper, or `total` is negative.
    """
    _check_band(total, lower, upper)
    return list(range(max(ceil(total / upper), 1), total // lower + 1))


def legal_unit_counts(n: int, lower: int, upper: int) -> list[tuple[int, ...]]:
    """All ways to count `n` units out in grids of `lower` to `upper` units, regardless of who borders whom.

    Returns
    -------
    list of tuple of int
        Each tuple holds the number of grids of size lower, lower + 1 … upper; most grids last.
        Seven groups in grids of 2 to 3 give ``[(2, 1)]``: two of 2 and one of 3.

    Raises
    ------
    InvalidInput
        If not 1 ≤ lower ≤ upper, or `n` is negative.
    """
    _check_band(n, lower, upper)
    ways: list[tuple[int, ...]] = [()]
    for size in range(upper, lower, -1):
        ways = [(count, *way) for way in ways for count in range(_left(n, size, way) // size + 1)]
    full = [(_left(n, lower, way) // lower, *way) for way in ways if _left(n, lower, way) % lower == 0]
    return sorted((way for way in full if sum(way)), key=lambda way: (sum(way), way))


def dead_zone(total: int, lower: int, upper: int) -> tuple[int, int] | None:
    """The nearest totals around `total` that can be shared legally, if `total` itself cannot.

    For a band of ±t around T only totals in [kT(1−t), kT(1+t)] for some k can be divided; between
    them lie the dead zones (domain rule R5).

    Returns
    -------
    tuple of int or None
        (largest legal total below, smallest legal total above); below is 0, no grid at all, when
        `total` is less than `lower`. None when `total` can be shared legally, or is 0.

    Raises
    ------
    InvalidInput
        If not 1 ≤ lower ≤ upper, or `total` is negative.
    """
    if total == 0 or legal_counts(total, lower, upper):
        return None
    k = total // upper
    return k * upper, (k + 1) * lower


def _left(n: int, size: int, way: tuple[int, ...]) -> int:
    """Units left for grids of `size` when the grids of size + 1, size + 2 … in `way` are taken out."""
    return n - sum(count * (size + 1 + i) for i, count in enumerate(way))


def _check_band(total: int, lower: int, upper: int) -> None:
    if not 1 <= lower <= upper or total < 0:
        raise InvalidInput(f"need 1 ≤ lower ≤ upper and a total from 0; got {lower}, {upper} and {total}")
