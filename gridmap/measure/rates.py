"""Rates of small counts: intervals, funnel lines, smoothing, and how sure it is that a count is no chance."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Floats = NDArray[np.float64]
#: Mean square of a standard normal value of which the lowest and highest tenth are drawn in to the tenth's border.
_DRAWN_IN: Final = 0.6786


def poisson_interval(counts: NDArray[Any], level: float = 0.95) -> tuple[Floats, Floats]:
    """Exact interval for the mean of a Poisson count, lower and upper end, each of the shape of `counts`.

    Lower end χ²(α/2; 2n) / 2 (0 for n = 0), upper end χ²(1 − α/2; 2n + 2) / 2, α = 1 − level.

    Parameters
    ----------
    counts : ndarray, any shape
        Counts from 0.
    level : float
        Share of the time that the interval holds the mean, at least; 0 … 1.

    Notes
    -----
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28, 437–442.
    """
    n, tail = np.asarray(counts, dtype=np.float64), (1.0 - level) / 2.0
    low = np.where(n > 0, stats.chi2.ppf(tail, np.maximum(2.0 * n, 1.0)) / 2.0, 0.0)
    return low, np.asarray(stats.chi2.isf(tail, 2.0 * n + 2.0) / 2.0)


def funnel_lines(
    expected: NDArray[Any], level: float, spread: float = 1.0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The least and the greatest count that are inside the funnel, each of the shape of `expected`.

    A count above the greatest has P(X ≥ n) < α/2, one below the least P(X ≤ n) < α/2, α = 1 − level, for X of
    Poisson's distribution about `expected`, or with a `spread` φ above 1 of the negative binomial one of :func:`tails`.

    Parameters
    ----------
    expected : ndarray, any shape
        Expected counts from 0, no NaN.
    level : float
        0.95 and 0.998 are the lines that are usually drawn.
    spread : float
        As :func:`dispersion` gives it.

    Notes
    -----
    Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance. Statistics in Medicine 24,
    1185–1202; with exact tails in place of the interpolated ones.
    """
    mean, tail = np.asarray(expected, dtype=np.float64), (1.0 - level) / 2.0
    clumped = spread > 1.0
    law = stats.nbinom(np.maximum(mean, 1e-12) / (spread - 1.0), 1.0 / spread) if clumped else stats.poisson(mean)
    least = np.maximum(law.ppf(tail), 0.0)  # the first n with P(X ≤ n) ≥ α/2
    greatest = np.maximum(law.isf(tail), 0.0)  # the first n with P(X ≥ n + 1) ≤ α/2
    return least.astype(np.int64), greatest.astype(np.int64)


def smoothed_rates(counts: NDArray[Any], exposure: NDArray[Any]) -> Floats:
    """Rates drawn toward the common rate, the more the smaller the exposure; (k,), events per unit of exposure.

    With m = Σn / Σh and A = Σ h (r − m)² / Σh − m / h̄: w m-ward weight A / (A + m / h), rate w r + (1 − w) m. Where A
    is not above 0 the rates differ no more than chance alone would make them, and each is m.

    Parameters
    ----------
    counts : ndarray, shape (k,)
    exposure : ndarray, shape (k,)
        Households or population, each above 0.

    Notes
    -----
    Marshall, R. J. (1991). Mapping disease and mortality rates using empirical Bayes estimators. Applied Statistics 40,
    283–294: the global estimator of his section 2.
    """
    n, h = np.asarray(counts, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    mean, spread = _moments(n, h)
    if not spread > 0:
        return np.full(n.shape, mean)
    weight = spread / (spread + mean / h)
    return np.asarray(weight * n / h + (1.0 - weight) * mean)


def standardised_rates(counts: NDArray[Any], exposure: NDArray[Any]) -> Floats:
    """Rates less the common rate, in standard deviations that allow for the exposure; of the shape of `counts`.

    (r − m) / √(A + m / h), with m and A as in :func:`smoothed_rates`; where A + m / h is negative, m / h stands for it.
    All 0 where there are no events.

    Parameters
    ----------
    counts : ndarray, shape (…, k)
        Leading axes are maps of their own.
    exposure : ndarray, shape (k,)
        Each above 0.

    Notes
    -----
    Assunção, R. M. and Reis, E. A. (1999). A new proposal to adjust Moran's I for population density. Statistics in
    Medicine 18, 2147–2162.
    """
    n, h = np.asarray(counts, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    mean, spread = (v[..., None] for v in _moments(n, h))
    own = mean / h
    variance = np.where(spread + own < 0, own, spread + own)
    return np.asarray(np.where(variance > 0, (n / h - mean) / np.sqrt(np.where(variance > 0, variance, 1.0)), 0.0))


def _moments(n: Floats, h: Floats) -> tuple[Floats, Floats]:
    """Common rate m and the variance A of the rates beyond chance, of each map."""
    total = h.sum()
    mean = np.asarray(n.sum(axis=-1) / total)
    spread = (h * (n / h - mean[..., None]) ** 2).sum(axis=-1) / total - mean / h.mean()
    return mean, np.asarray(spread)


def dispersion(counts: NDArray[Any], expected: NDArray[Any]) -> float:
    """How many times wider than Poisson the counts scatter about what is expected; 1 where they do not.

    The mean of z² = (n − e)² / e, of which z beyond the tenth and ninetieth percentile is drawn in to these, so that
    a few places that really differ do not raise it; divided by what that gives for normal z (0.6786); at least 1.

    Parameters
    ----------
    counts, expected : ndarray, shape (k,)
        Places with nothing expected are left out.

    Notes
    -----
    Spiegelhalter, D. J. (2005). Handling over-dispersion of performance indicators. Quality and Safety in Health Care
    14, 347–351; the division is ours: he leaves the factor out and so takes the scatter for smaller than it is.
    """
    n, e = np.asarray(counts, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    n, e = n[e > 0], e[e > 0]
    if len(n) < 10:  # tenths of fewer places mean nothing
        return 1.0
    z = (n - e) / np.sqrt(e)
    low, high = np.quantile(z, (0.1, 0.9))
    return max(1.0, float(np.mean(np.clip(z, low, high) ** 2)) / _DRAWN_IN)


def tails(
    counts: NDArray[Any], total: NDArray[Any] | float, share: NDArray[Any], spread: NDArray[Any] | float = 1.0
) -> tuple[Floats, Floats]:
    """Chance of so many events or more, and of so many or fewer, where each of `total` events falls by `share`.

    P(X ≥ n) and P(X ≤ n) for X ~ Binomial(N, s), exact: I_s(n, N − n + 1) and 1 − I_s(n + 1, N − n), I the
    regularised incomplete beta function. With a `spread` φ above 1, X is negative binomial with the mean N s and the
    variance φ N s, r = N s / (φ − 1): I_c(n, r) with c = 1 − 1/φ, and 1 − I_c(n + 1, r).

    Parameters
    ----------
    counts : ndarray, any shape
    total, share, spread : ndarray or float
        All events; share of the exposure, 0 … 1; what :func:`dispersion` gives. Their shapes broadcast with `counts`.

    Notes
    -----
    That the town's events, their number given, fall on places by their exposure is the exact test of Przyborowski and
    Wilenski (1940), Biometrika 31, 313–323. Events that come in clumps (one matter told of many times) scatter more;
    the sum of places that each scatter so, with one φ, is negative binomial with that φ again (Cameron and Trivedi
    1998, Regression Analysis of Count Data, section 3.3: NB1).
    """
    shapes = np.broadcast_arrays(np.asarray(counts), np.asarray(total), np.asarray(share), np.asarray(spread))
    n, whole, s, phi = (np.asarray(a, dtype=np.float64) for a in shapes)
    clumped, some = (phi > 1.0) & (whole * s > 0), n > 0
    rest = np.where(clumped, whole * s / np.where(clumped, phi - 1.0, 1.0), whole - n)
    at = np.where(clumped, 1.0 - 1.0 / phi, s)
    above = rest + np.where(clumped, 0.0, 1.0)
    p_more = np.where(some, special.betainc(np.where(some, n, 1.0), above, at), 1.0)
    p_fewer = np.where(rest > 0, special.betaincc(n + 1.0, np.where(rest > 0, rest, 1.0), at), 1.0)
    return np.asarray(p_more), np.asarray(p_fewer)
