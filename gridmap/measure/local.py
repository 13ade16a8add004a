"""Local statistics of a map of values, and what may be claimed of many of them at once."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

from gridmap.measure.rates import standardised_rates

Floats = NDArray[np.float64]
#: Cells of drawn maps that are held at a time; bounds the memory, not the result.
_BATCH = 2_000_000


def getis_ord_star(values: NDArray[Any], neighbours: sparse.csr_array) -> Floats:
    """Gi* of each place, standardised, (k,): how high it and its neighbours are together, in standard deviations.

    (Σ w x − W x̄) / (S √((k W₂ − W²) / (k − 1))) with W = Σ w, W₂ = Σ w², S² = Σx²/k − x̄², the weights w being 1 for
    the place itself. NaN where all values are equal, or all places are neighbours of one.

    Parameters
    ----------
    values : ndarray, shape (k,)
        Counts, rates or anything else.
    neighbours : csr_array, shape (k, k)
        Weights, the diagonal empty.

    Notes
    -----
    Ord, J. K. and Getis, A. (1995). Local spatial autocorrelation statistics: distributional issues and an application.
    Geographical Analysis 27, 286–306, equation 6 (Gi* with its moments).
    """
    x, k = np.asarray(values, dtype=np.float64), len(values)
    w = np.asarray(neighbours.sum(axis=1)) + 1.0
    squares = np.asarray(neighbours.power(2).sum(axis=1)) + 1.0
    deviation = x - x.mean()
    scale = deviation.std() * np.sqrt(np.maximum(k * squares - w**2, 0.0) / max(k - 1, 1))
    scale = np.where(scale > 1e-12 * max(float(np.abs(x).max(initial=0.0)), 1e-300), scale, np.nan)
    return np.asarray((neighbours @ deviation + deviation) / scale)


def local_moran(values: NDArray[Any], neighbours: sparse.csr_array) -> Floats:
    """Local Moran's I of each place, of the shape of `values`: whether its neighbours are as it is.

    (k − 1) z Σ w z / Σz², z the deviations from the mean and w the weights of neighbours, made to sum to 1; 0 for a
    place without neighbours and where all values are equal.

    Parameters
    ----------
    values : ndarray, shape (…, k)
        Leading axes are maps of their own.
    neighbours : csr_array, shape (k, k)
        Weights, the diagonal empty.

    Notes
    -----
    Anselin, L. (1995). Local indicators of spatial association – LISA. Geographical Analysis 27, 93–115, with the
    factor k − 1 of PySAL in place of his k.
    """
    x = np.asarray(values, dtype=np.float64)
    z = x - x.mean(axis=-1, keepdims=True)
    lag = mean_of_neighbours(z, neighbours)
    total = (z * z).sum(axis=-1, keepdims=True)
    return np.asarray(np.where(total > 0, (x.shape[-1] - 1) * z * lag / np.where(total > 0, total, 1.0), 0.0))


def mean_of_neighbours(values: Floats, neighbours: sparse.csr_array) -> Floats:
    """Weighted mean of the neighbours of each place, of the shape of `values`, (…, k); 0 without neighbours."""
    weight = np.asarray(neighbours.sum(axis=1))
    flat = values.reshape(-1, values.shape[-1])
    lag = (neighbours @ flat.T).T / np.where(weight > 0, weight, 1.0)
    return np.asarray(lag.reshape(values.shape))


def moran_chance(
    counts: NDArray[Any],
    exposure: NDArray[Any],
    neighbours: sparse.csr_array,
    *,
    seed: int,
    spread: float = 1.0,
    draws: int = 9_999,
) -> Floats:
    """Two-sided chance of a local Moran's I so far from its middle under one common rate, (k,).

    All events are dealt out anew by exposure alone, `draws` times, and the statistic of :func:`standardised_rates` is
    taken each time: p = 2 · (1 + the smaller of "so high" and "so low") / (draws + 1), at most 1. Draws grow to
    80 · k where that is more, so that the least p can still be told among k places at the level of 5 %.

    Parameters
    ----------
    counts, exposure : ndarray, shape (k,)
        Whole events; exposure above 0.
    neighbours : csr_array, shape (k, k)
    seed : int
    spread : float
        As :func:`gridmap.measure.rates.dispersion` gives it; above 1 events are dealt out in clumps (the shares are
        drawn from a Dirichlet distribution first) that scatter as wide.
    draws : int
    """
    n, h = np.asarray(counts, dtype=np.int64), np.asarray(exposure, dtype=np.float64)
    k, rng = len(n), np.random.default_rng(seed)
    draws = max(draws, 80 * k)
    seen = local_moran(standardised_rates(n, h), neighbours)
    above, below = np.zeros(k, dtype=np.int64), np.zeros(k, dtype=np.int64)
    step = max(_BATCH // max(k, 1), 1)
    for batch in range(ceil(draws / step)):
        size = min(step, draws - batch * step)
        share = np.broadcast_to(h / h.sum(), (size, k))
        if spread > 1.0:
            drawn_share = rng.gamma(share * n.sum() / (spread - 1.0)) + 1e-12
            share = drawn_share / drawn_share.sum(axis=1, keepdims=True)
        dealt = rng.multinomial(int(n.sum()), share)
        drawn = local_moran(standardised_rates(dealt, h), neighbours)
        above += (drawn >= seen - 1e-12).sum(axis=0)
        below += (drawn <= seen + 1e-12).sum(axis=0)
    return np.minimum(2.0 * (1 + np.minimum(above, below)) / (draws + 1), 1.0)


def false_discovery(chances: NDArray[Any]) -> Floats:
    """The share of false ones among all claims down to this one, of the shape of `chances`: claim where q ≤ level.

    q of the i-th smallest of m: the least of m p(j) / j over j ≥ i. NaN stays NaN and is not counted.

    Parameters
    ----------
    chances : ndarray, any shape
        p-values, all of them one family.

    Notes
    -----
    Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. JRSS B 57, 289–300. Where nothing is
    different at all, every claim is false, so that the share of maps with any claim is held to the level too.
    """
    p = np.asarray(chances, dtype=np.float64)
    q, told = np.full(p.shape, np.nan), ~np.isnan(p)
    if told.any():
        q[told] = stats.false_discovery_control(p[told], method="bh")
    return q
