"""Where issues gather: hot and cold spots of grids, and no more of them than chance allows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from gridmap.issues.rates import FUNNEL_STATES, PER, expected_of_grids
from gridmap.issues.recut import counts_of_grids
from gridmap.measure.local import (
    false_discovery,
    getis_ord_star,
    local_moran,
    mean_of_neighbours,
    moran_chance,
)
from gridmap.measure.neighbours import near_neighbours
from gridmap.measure.rates import dispersion, standardised_rates, tails
from gridmap.model.issue_policy import IssuePolicy
from gridmap.model.issues import Issues
from gridmap.model.plan import Plan
from gridmap.model.register import Choice, choices

Floats = NDArray[np.float64]
#: States of a grid that nothing is said of, here as against the town.
UNTOLD: Final[Mapping[str, Choice]] = {key: FUNNEL_STATES[key] for key in ("few", "no_households")}
#: What is said of a grid, alone and with its neighbours (``state`` of :func:`spots_of`).
SPOT_STATES: Final[Mapping[str, Choice]] = {
    **choices(hot=("热点", "Hot spot"), cold=("冷点", "Cold spot"), none=("与偶然无异", "No more than chance")),
    **UNTOLD,
}


def hotspots_of_grids(
    issues: Issues,
    plan: Plan,
    policy: IssuePolicy,
    *,
    first: date | None = None,
    last: date | None = None,
    level: float = 0.05,
    near_m: float = 30.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Hot and cold spots: grids that have, alone or with their neighbours, more or fewer issues than chance gives.

    Parameters
    ----------
    issues : Issues
        Only those that count are counted, in the grid that holds their place by `plan`.
    plan : Plan
    policy : IssuePolicy
        ``fewest``: a grid with fewer issues is not called hot, nor cold where fewer are expected.
    first, last : datetime.date, optional
        Period of report, both inclusive.
    level : float
        Share of false ones among the grids that are called hot or cold, at most.
    near_m : float
        Grids this near are neighbours, metres: a road or river may lie between.
    seed : int
        Of the draws for ``p_moran``.

    Returns
    -------
    pandas.DataFrame
        Index ``grid_code``, the codes of the plan. The columns of :func:`spots_of`, and ``moran`` (local Moran's I of
        rates standardised by empirical Bayes), ``p_moran``, ``q_moran`` (two-sided, with false-discovery control),
        ``quadrant`` (``HH``, ``LL``: as its neighbours are; ``HL``, ``LH``: high among low ones, low among high ones;
        "" where there is nothing to compare), between ``q_cold`` and ``state``.

    Raises
    ------
    InvalidInput
        If the period ends before it begins.
    MissingCrs
        If places have no CRS.
    """
    n, households = counts_of_grids(issues, plan, first=first, last=last), plan.households_of_grid
    neighbours = neighbours_of_grids(plan, near_m)
    spots = spots_of(n, households, neighbours, fewest=policy.fewest, level=level)
    told = np.flatnonzero(households > 0)
    columns: dict[str, NDArray[Any]] = {c: np.full(len(n), np.nan) for c in ("moran", "p_moran", "q_moran")}
    columns["quadrant"] = np.full(len(n), "", dtype=object)
    if n[told].any() and len(told) > 1:
        among = neighbours[told][:, told]
        rates = standardised_rates(n[told], households[told])
        columns["moran"][told] = local_moran(rates, among)
        spread = float(spots["dispersion"].iloc[0])
        columns["p_moran"][told] = moran_chance(n[told], households[told], among, seed=seed, spread=spread)
        columns["q_moran"] = false_discovery(columns["p_moran"])
        columns["quadrant"][told] = _quadrants(rates, among)
    spots = spots.assign(**columns)
    spots["state"] = spots.pop("state")
    return spots.set_axis(pd.Index(plan.codes, dtype=object, name="grid_code"))


def neighbours_of_grids(plan: Plan, near_m: float) -> sparse.csr_array:
    """Which grids of a plan are at most `near_m` metres apart, (k, k); grids without households have no neighbours."""
    told = (plan.households_of_grid > 0).astype(np.float64)
    near = near_neighbours(np.asarray(plan.dissolve().geometry.values, dtype=object), near_m)
    kept = sparse.csr_array(sparse.diags_array(told) @ near @ sparse.diags_array(told))
    kept.eliminate_zeros()
    return kept


def spots_of(
    n: NDArray[np.int64],
    households: NDArray[np.int64],
    neighbours: sparse.csr_array,
    *,
    fewest: int,
    level: float = 0.05,
) -> pd.DataFrame:
    """Hot and cold spots of counts.

    Parameters
    ----------
    n, households : ndarray of int, shape (k,)
    neighbours : csr_array, shape (k, k)
        As :func:`neighbours_of_grids` gives it.
    fewest : int
    level : float

    Returns
    -------
    pandas.DataFrame
        k rows; columns ``n``, ``households``; ``expected`` (issues if the town's were spread by households);
        ``n_around``, ``expected_around`` (of the grid and its neighbours together); ``dispersion``; ``g_star``
        (Gi* of the rates, standard deviations); ``p_hot``, ``q_hot``, ``p_cold``, ``q_cold``; ``state``: ``hot``,
        ``cold``, ``none``, ``few``, ``no_households``. NaN for a grid without households, whose issues and households
        are in no other grid's figures either.

    Notes
    -----
    ``p_hot`` is the chance of so many issues or more (:func:`gridmap.measure.rates.tails`) under one common rate, of
    the grid alone and of it with its neighbours, the two made one: the least of 2 · min and max (Simes, R. J. 1986,
    Biometrika 73, 751–754). ``q`` controls the false discoveries of hot and cold claims together. *Hot* is a grid with
    ``q_hot`` ≤ `level` that has more issues than expected itself, and `fewest` at least. *Cold* has ``q_cold`` ≤
    `level` and fewer than expected, where `fewest` at least are expected. The normal distribution of Gi* is not used:
    with 7.5 issues a grid its upper tail is too thin (docs/decisions/issue-hotspots.md).
    """
    told = households > 0
    expected = expected_of_grids(n, households)
    base, seen = np.where(told, expected, 0.0), np.where(told, n, 0)
    spread = dispersion(n[told], expected[told])
    p_hot, p_cold = chances_of(seen[:, None], base[:, None], neighbours, np.array([spread]))
    p_hot, p_cold = (np.where(told, p[:, 0], np.nan) for p in (p_hot, p_cold))
    q_hot, q_cold = false_discovery(np.stack([p_hot, p_cold]))
    state = np.full(len(n), "none", dtype=object)
    state[n < fewest] = "few"
    state[(q_hot <= level) & (n >= fewest) & (n > expected)] = "hot"
    state[(q_cold <= level) & (expected >= fewest) & (n < expected)] = "cold"
    state[~told] = "no_households"
    g_star = np.full(len(n), np.nan)
    if told.any():
        at = np.flatnonzero(told)
        g_star[at] = getis_ord_star(PER * n[at] / households[at], neighbours[at][:, at])
    return pd.DataFrame(
        {
            "n": n,
            "households": households,
            "expected": expected,
            "n_around": seen + np.asarray(neighbours @ seen).astype(np.int64),
            "expected_around": np.where(told, base + neighbours @ base, np.nan),
            "dispersion": np.full(len(n), spread),
            "g_star": g_star,
            "p_hot": p_hot,
            "q_hot": q_hot,
            "p_cold": p_cold,
            "q_cold": q_cold,
            "state": state,
        }
    )


def chances_of(
    n: NDArray[np.int64], expected: Floats, neighbours: sparse.csr_array, spread: Floats
) -> tuple[Floats, Floats]:
    """Chance of so many issues or more, and of so many or fewer, alone or with the neighbours, each (k, T).

    Parameters
    ----------
    n : ndarray of int, shape (k, T)
        Counts of k grids in T maps.
    expected : ndarray, shape (k, T)
        What is expected of the same total; 0 for a grid that is left out.
    neighbours : csr_array, shape (k, k)
    spread : ndarray, shape (T,)
        Dispersion of each map.
    """
    total = n.sum(axis=0)
    share = expected / np.where(total > 0, expected.sum(axis=0), 1.0)
    share = np.minimum(np.stack([share, share + neighbours @ share]), 1.0)
    seen = np.stack([n, n + neighbours @ n])
    more, fewer = tails(seen, total, share, spread)
    return _as_one(more), _as_one(fewer)


def _as_one(chances: Floats) -> Floats:
    """One chance of two, (2, …) → (…)."""
    return np.asarray(np.minimum(2.0 * chances.min(axis=0), chances.max(axis=0)))


def _quadrants(rates: Floats, neighbours: sparse.csr_array) -> NDArray[np.object_]:
    deviation = rates - rates.mean()
    around = mean_of_neighbours(deviation, neighbours)
    words = np.array([["LL", "LH"], ["HL", "HH"]], dtype=object)
    quadrant = words[(deviation > 0).astype(int), (around > 0).astype(int)]
    quadrant[(np.diff(neighbours.indptr) == 0) | ~deviation.any()] = ""
    return np.asarray(quadrant, dtype=object)
