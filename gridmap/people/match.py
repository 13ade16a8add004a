"""Matching of seats with candidates: the best of all matchings, not the first that comes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment


def match(is_possible: NDArray[np.bool_], levels: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Give each seat at most one candidate and each candidate at most one seat.

    As many seats as possible are filled; among all such matchings the sum of the first level is least, among those the
    sum of the second, and so on. One assignment problem with weighted costs is solved exactly.

    Parameters
    ----------
    is_possible : ndarray of bool, (s, c)
    levels : sequence of ndarray of int64, (s, c)
        Small whole numbers ≥ 0, most important first. Exact while s × the product of (s × maximum + 1) over the levels
        stays below 2⁵³.

    Returns
    -------
    ndarray of int64, (s,)
        Position of each seat's candidate, −1 where it has none.
    """
    n_seats, n_candidates = is_possible.shape
    chosen = np.full(n_seats, -1, dtype=np.int64)
    if not is_possible.any():
        return chosen
    cost = np.zeros((n_seats, n_candidates))
    weight = 1.0
    for level in reversed(levels):
        used = np.where(is_possible, level, 0)
        cost += weight * used
        weight *= n_seats * float(used.max()) + 1.0
    cost[~is_possible] = weight * n_seats
    seats, candidates = linear_sum_assignment(cost)
    kept = is_possible[seats, candidates]
    chosen[seats[kept]] = candidates[kept]
    return chosen
