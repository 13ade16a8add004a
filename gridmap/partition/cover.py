"""Set partitioning: choose candidates so that every unit lies in exactly one, at least cost, tier by tier."""

from __future__ import annotations

import math
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gridmap.model.result import Status
from gridmap.partition.candidates import Candidates
from gridmap.partition.programme import Programme, relax, solve_programme

#: With more columns than this, and more than so many a unit, the linear relaxation is solved first and
#: hopeless columns are left out: measured, 0.06 s instead of 1.5–4 s for 60 units and 10,000 columns,
#: but a loss where columns are few a unit.
_MANY_COLUMNS: Final = 500
_MANY_A_UNIT: Final = 20
#: Columns in the first reduced programme.
_FIRST_COLUMNS: Final = 500
_FIRST_A_UNIT: Final = 5
#: Most columns in a reduced programme: beyond, HiGHS overruns its time limit by minutes.
_MOST_COLUMNS: Final = 20_000
#: Relative tolerance by which a settled tier of real numbers may be passed in later tiers.
_TIER_TOLERANCE: Final = 1e-6


@dataclass(frozen=True, eq=False)
class Cover:
    """A choice of candidates that holds every unit exactly once.

    Attributes
    ----------
    chosen : ndarray of int64
        Positions of the chosen candidates, ascending; empty without a solution.
    objective : tuple of float
        Cost in each tier, recomputed from the choice; empty without a solution.
    bound : tuple of float
        Proven lower bound for each tier, among the choices that keep the values reached in the tiers
        before it; NaN where none is known.
    status : {"OPTIMAL", "FEASIBLE", "INFEASIBLE", "STOPPED"}
        OPTIMAL: every tier proven. FEASIBLE: a cover without full proof. INFEASIBLE: proven that there
        is none. STOPPED: time ran out before one was found.
    """

    chosen: NDArray[np.int64]
    objective: tuple[float, ...]
    bound: tuple[float, ...]
    status: Status


def solve_cover(
    n_units: int,
    candidates: Candidates,
    tiers: NDArray[np.float64],
    *,
    n_chosen: int | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
) -> Cover:
    """The lexicographically cheapest choice of candidates that holds every unit exactly once.

    Parameters
    ----------
    n_units : int
        Units are 0 … n_units − 1.
    candidates : Candidates
        The m sets to choose from.
    tiers : ndarray of float64, shape (t, m)
        Cost of each candidate in each tier, the weightiest tier first; finite.
    n_chosen : int, optional
        Number of candidates to choose; free by default.
    time_limit_s : float
        For all tiers together, in seconds. HiGHS looks at its clock between steps only and may overrun
        by far with tens of thousands of columns; many columns are reduced first (Notes), which keeps
        the overrun small.
    gap : float
        Relative gap at which a tier counts as settled; 0 asks for a full proof. With a larger gap the
        status is FEASIBLE unless bound and value meet all the same.
    seed : int
        Decides between covers of equal cost.

    Returns
    -------
    Cover

    Raises
    ------
    RuntimeError
        If HiGHS returns a choice that is no exact cover: better no plan than a wrong one.

    Notes
    -----
    A tier is one binary programme (HiGHS, one thread). Its value is then fixed: columns that cost
    anything are dropped where the value is 0, else a row holds it (exactly where all costs are whole
    numbers, else within 1e-6 relative). Each programme is passed anew, because HiGHS takes an earlier
    solution as a start and with a start has returned it as "optimal".

    With many columns (above 500 and 20 a unit) the linear relaxation, of value z, is solved by column
    generation over the list. A cover that uses a column of reduced cost d costs at least z + d. So the
    programme over the columns with d ≤ θ proves min(its bound, z + θ); θ is raised until its own solution
    is proven or 20,000 columns are reached. This is reduced cost fixing: G. L. Nemhauser, L. A. Wolsey,
    Integer and Combinatorial Optimization, 1988, section II.5.
    """
    deadline = perf_counter() + time_limit_s
    costs = np.atleast_2d(np.asarray(tiers, dtype=np.float64))
    if n_units == 0:
        return Cover(np.empty(0, dtype=np.int64), (0.0,) * len(costs), (0.0,) * len(costs), "OPTIMAL")
    active = np.arange(len(candidates), dtype=np.int64)
    fixed: list[tuple[int, float]] = []  # tiers held by a row, and the most they may cost
    chosen: NDArray[np.int64] | None = None
    bounds: list[float] = []
    for tier, cost in enumerate(costs):
        if chosen is not None and not cost[active].any():
            bounds.append(0.0)
            continue
        if chosen is not None and deadline - perf_counter() <= 0:
            bounds.append(math.nan)
            continue
        programme = Programme(
            n_units, candidates.take(active), costs[[t for t, _ in fixed]][:, active], [v for _, v in fixed], n_chosen
        )
        later = costs[tier + 1 :][:, active].sum(axis=0)
        step = _settle(programme, cost[active], later, _Effort(deadline, gap, seed))
        if step.columns is not None:
            better = active[step.columns]
            # a later tier may not undo an earlier one, not even by a tolerance that a solver takes
            chosen = better if chosen is None or cost[better].sum() < cost[chosen].sum() else chosen
        if chosen is None:
            missing: Status = "INFEASIBLE" if step.status == "INFEASIBLE" else "STOPPED"
            return Cover(np.empty(0, dtype=np.int64), (), (), missing)
        value = float(cost[chosen].sum())
        whole = _is_whole(cost[active])
        bounds.append(_honest(step.bound, value, whole=whole))
        if value == 0 and (cost[active] >= 0).all():
            active = active[cost[active] == 0]
        else:
            fixed.append((tier, _ceiling(value, whole=whole)))
            if step.reduced is not None:  # columns that no cover of this value can use
                active = active[step.relaxed + step.reduced <= _ceiling(value, whole=whole) + _slack(value)]
    assert chosen is not None
    chosen = np.sort(chosen)
    _refuse_inexact(n_units, candidates, chosen, n_chosen)
    objective = tuple(float(c[chosen].sum()) for c in costs)
    proven = all(_meets(b, v) for b, v in zip(bounds, objective, strict=True))
    return Cover(chosen, objective, tuple(bounds), "OPTIMAL" if proven else "FEASIBLE")


@dataclass(frozen=True)
class _Effort:
    """When to stop, by ``time.perf_counter`` and by relative gap, and the seed."""

    deadline: float
    gap: float
    seed: int

    @property
    def seconds(self) -> float:
        return self.deadline - perf_counter()


@dataclass(frozen=True, eq=False)
class _Step:
    """How one tier ended; with the relaxation where there was one."""

    status: Status
    columns: NDArray[np.int64] | None
    bound: float
    relaxed: float = -math.inf
    reduced: NDArray[np.float64] | None = None


def _settle(programme: Programme, cost: NDArray[np.float64], later: NDArray[np.float64], effort: _Effort) -> _Step:
    """One tier; among columns that are as good for it, those that later tiers like come first."""
    if len(programme.candidates) <= max(_MANY_COLUMNS, _MANY_A_UNIT * programme.n_units):
        return _Step(*solve_programme(programme, cost, effort.seconds, effort.gap, effort.seed))
    relaxed = relax(programme, cost, effort.deadline)
    if relaxed is None:  # time ran out, or the relaxation is infeasible: the whole programme says which
        return _Step(*solve_programme(programme, cost, effort.seconds, effort.gap, effort.seed))
    value, reduced = relaxed
    ties = relax(programme, later, effort.deadline) if later.any() else None
    steps = np.round(reduced / _slack(value))
    order = np.lexsort((later / programme.candidates.sizes if ties is None else ties[1], steps))
    status, columns, bound = _widen(programme, cost, (value, reduced), order, effort)
    return _Step(status, columns, bound, value, reduced)


def _widen(
    programme: Programme,
    cost: NDArray[np.float64],
    relaxed: tuple[float, NDArray[np.float64]],
    order: NDArray[np.int64],
    effort: _Effort,
) -> tuple[Status, NDArray[np.int64] | None, float]:
    """Solve over the first columns of `order`, then over more of them, until the solution is proven."""
    value, reduced = relaxed
    least_outside = np.minimum.accumulate(reduced[order][::-1])[::-1]
    best: NDArray[np.int64] | None = None
    bound, total = value, math.inf
    count = min(max(_FIRST_COLUMNS, _FIRST_A_UNIT * programme.n_units), len(order))
    while True:
        kept = np.sort(order[:count])
        outside = value + float(least_outside[count]) if count < len(order) else math.inf
        status, picked, inner = solve_programme(
            programme.take(kept), cost[kept], effort.seconds, effort.gap, effort.seed
        )
        if picked is not None and cost[kept[picked]].sum() < total:
            best = kept[picked]
            total = float(cost[best].sum())
        bound = max(bound, min(inner, outside))
        if best is None and math.isinf(outside):
            return status, None, bound
        settled = best is not None and _meets(bound, total)
        if settled or count >= min(len(order), _MOST_COLUMNS) or effort.seconds <= 0:
            return "STOPPED" if best is None else "FEASIBLE", best, bound
        needed = int(np.searchsorted(least_outside, total - value, side="right")) + 1
        count = min(4 * count if best is None else max(needed, count + 1), _MOST_COLUMNS, len(order))


def _is_whole(cost: NDArray[np.float64]) -> bool:
    return bool((cost == np.round(cost)).all())


def _slack(value: float) -> float:
    return _TIER_TOLERANCE * max(1.0, abs(value))


def _ceiling(value: float, *, whole: bool) -> float:
    return value + 0.25 if whole else value + _slack(value)


def _honest(bound: float, value: float, *, whole: bool) -> float:
    """The bound as it may be stated: rounded up for whole costs, not known if the value contradicts it."""
    if not math.isfinite(bound) or bound > value + _slack(value):
        return math.nan
    if whole:
        bound = math.ceil(bound - _slack(bound))
    return min(bound, value)


def _meets(bound: float, value: float) -> bool:
    return bound >= value - _slack(value)  # False for NaN


def _refuse_inexact(n_units: int, candidates: Candidates, chosen: NDArray[np.int64], n_chosen: int | None) -> None:
    held = np.bincount(candidates.take(chosen).members, minlength=n_units)
    if (held != 1).any() or (n_chosen is not None and len(chosen) != n_chosen):
        raise RuntimeError(
            f"the solver returned no exact cover: {int((held != 1).sum())} of {n_units} units not held once"
        )
