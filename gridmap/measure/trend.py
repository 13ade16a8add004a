"""Whether short series rise or fall."""

from __future__ import annotations

from itertools import permutations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
#: Up to so many values every order is counted (5,040 of seven); more go by the normal distribution.
_EXACT: Final = 7


def mann_kendall(series: NDArray[Any]) -> tuple[Floats, Floats]:
    """Mann–Kendall test of each series: its standardised trend z and the two-sided chance p, each (k,).

    S = Σ sign(x_j − x_i) over i < j, z = (S − sign S) / √V, V = (T(T−1)(2T+5) − Σ t(t−1)(2t+5)) / 18 over ties of t
    values. Up to seven values p is exact, the ties of each series kept: the share of all T! orders with |S| at least as
    large. Longer series take p from the normal distribution. z = 0 and p = 1 where all values are equal.

    Parameters
    ----------
    series : ndarray, shape (k, T)
        k series of T values in order of time, no NaN.

    Notes
    -----
    Mann, H. B. (1945). Nonparametric tests against trend. Econometrica 13, 245–259; Kendall, M. G. (1975). Rank
    Correlation Methods, chapters 4 (ties) and 5.
    """
    x = np.asarray(series, dtype=np.float64)
    k, length = x.shape
    signs = np.sign(x[:, None, :] - x[:, :, None]).astype(np.int64)  # [i, j]: whether x_j is above x_i
    i, j = np.triu_indices(length, 1)
    score = signs[:, i, j].sum(axis=1)
    equal = (signs == 0).sum(axis=2)  # of each value, how many are as it is: a tie of t values stands t times
    ties = ((equal - 1) * (2 * equal + 5)).sum(axis=1)
    variance = (length * (length - 1) * (2 * length + 5) - ties) / 18.0
    moves = variance > 0
    z = np.where(moves, (score - np.sign(score)) / np.sqrt(np.where(moves, variance, 1.0)), 0.0)
    p = np.where(moves, 2.0 * stats.norm.sf(np.abs(z)), 1.0)
    if 1 < length <= _EXACT:
        as_far = np.zeros(k, dtype=np.int64)
        orders = np.array(list(permutations(range(length))))
        for order in orders:
            as_far += np.abs(signs[:, order[i], order[j]].sum(axis=1)) >= np.abs(score)
        p = as_far / len(orders)
    return z, np.minimum(p, 1.0)
