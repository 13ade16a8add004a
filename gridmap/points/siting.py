"""Siting: where the next points should stand, and whom each of them would serve."""

from __future__ import annotations

import math
from dataclasses import dataclass
from time import perf_counter
from typing import Final, Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.errors import InvalidInput
from gridmap.model.result import Status
from gridmap.model.text import Text
from gridmap.points.demand import Demand
from gridmap.points.network import Network
from gridmap.points.reach import capacities_of, checked_points, xy_of
from gridmap.points.siting_actions import list_actions
from gridmap.points.siting_case import NOTHING, Case, Found, Sites, coverage_problem, median_problem
from gridmap.points.siting_center import search_center
from gridmap.points.siting_model import value_of
from gridmap.points.siting_search import search

#: ``coverage``: as many households more as can be within the walking distance of a point that has room.
#: ``p_median``: as few household-metres of walking as can be. ``p_center``: the longest walk as short as can be.
Objective = Literal["coverage", "p_median", "p_center"]


@dataclass(frozen=True, eq=False)
class Siting:
    """Where to build, in which order, and how sure that is.

    Attributes
    ----------
    objective : str
    status : Status
        OPTIMAL when proven, FEASIBLE when found without proof (see `gap`), INFEASIBLE when no choice serves what has
        to be served, STOPPED when the time was over before anything was found.
    value : float
        With the chosen points. ``coverage``: households newly served; ``p_median``: household-metres;
        ``p_center``: metres of the longest walk. NaN without a solution.
    before : float
        The same without new points: 0 for coverage; infinite where somebody then has no point to walk to.
    best_value : float
        The value before two in one was looked at; what it differs from `value` was given up for two in one.
    bound : float
        No choice has a better value.
    gap : float
        What `best_value` may be short of the bound, as a share of it (of the bound for coverage, of the value else);
        0 when proven.
    chosen : tuple of str
        Ids of the candidates to build, in the order of the actions.
    actions : pandas.DataFrame
        One row a point to build, columns :data:`gridmap.points.siting_actions.ACTION_COLUMNS`.
    served_before, served_after, households : int
        Households within the walking distance of a point that has room for them, before and after; of all.
    explanation : tuple of Text
        What is noteworthy about the result.
    seed : int
    seconds : float
    """

    objective: Objective
    status: Status
    value: float
    before: float
    best_value: float
    bound: float
    gap: float
    chosen: tuple[str, ...]
    actions: pd.DataFrame
    served_before: int
    served_after: int
    households: int
    explanation: tuple[Text, ...]
    seed: int
    seconds: float


def site_points(
    demand: Demand,
    candidates: gpd.GeoDataFrame,
    *,
    n_new: int,
    objective: Objective = "coverage",
    existing: gpd.GeoDataFrame | None = None,
    walking_m: float = 500.0,
    detour: float = 1.3,
    network: Network | None = None,
    capacity: int | None = None,
    cutoff_m: float | None = 1000.0,
    two_in_one_tolerance: float = 0.01,
    seconds: float = 30.0,
    seed: int = 0,
) -> Siting:
    """Choose at most `n_new` candidates to build, beside the points that are open.

    Two in one is a second tier: first the best value of the objective, then, among the choices that keep at least
    ``1 − two_in_one_tolerance`` of what the best one gains (and have no more points), the one with the most two in
    one, and of those the one with the best value. A point that would gain nothing is not chosen, be it two in one.

    Parameters
    ----------
    demand : Demand
    candidates : geopandas.GeoDataFrame
        Index their ids; ``geometry`` (points in the CRS of the demand), and where they are known ``name``, ``grid``,
        ``makes_two_in_one`` (bool) and ``capacity`` (households, <NA> for `capacity`).
    n_new : int
    objective : {"coverage", "p_median", "p_center"}
    existing : geopandas.GeoDataFrame, optional
        Open points, as for :func:`gridmap.points.reach.reach_points`; they stay.
    walking_m, detour, network
        As for :func:`gridmap.points.reach.reach_points`.
    capacity : int, optional
        Households that a new point can serve; None for no limit.
    cutoff_m : float or None
        For ``p_median``: a walk counts as this many metres when it is longer, or when there is no room. None: every
        household must have a point, however far.
    two_in_one_tolerance : float
        Share from 0 to 1 (our decision: 0.01).
    seconds : float
        The search ends after about this time with the best that it found; the gap is then stated.
    seed : int
        Decides between equal choices.

    Raises
    ------
    InvalidInput
        If the objective is unknown, a number is out of range, ids repeat, or points have no place or another CRS.

    Notes
    -----
    Capacities: households are assigned to points such that the objective is best, and a building's households may go
    to several points. In :func:`gridmap.points.reach.reach_points` they go to the nearest first, which may serve
    fewer. The value is recomputed from the chosen points, never taken from the solver.
    """
    started = perf_counter()
    _check_numbers(objective, n_new, walking_m, capacity, cutoff_m, two_in_one_tolerance, seconds)
    candidates = checked_points(candidates, demand.crs, "candidates")
    sites = _sites(candidates, existing, demand, capacity)
    case = Case(demand, sites, n_new, detour, network, two_in_one_tolerance, seconds, seed)
    cover = coverage_problem(case, walking_m)
    if objective == "p_center":
        found, before = search_center(case), float(case.free_m().max(initial=0.0))
    else:
        limit = math.inf if cutoff_m is None else cutoff_m
        problem = cover if objective == "coverage" else median_problem(case, limit)
        found, before = search(problem, case), value_of(problem, NOTHING)
    actions = list_actions(cover, candidates, found.chosen)
    served_before = demand.total - round(value_of(cover, NOTHING))
    served_after = demand.total - round(value_of(cover, found.chosen))
    value, best, bound, gap = _figures(objective, found, before)
    return Siting(
        objective,
        found.status,
        value,
        0.0 if objective == "coverage" else before,
        best,
        bound,
        gap,
        tuple(actions["candidate_id"]),
        actions,
        served_before,
        served_after,
        demand.total,
        _explained(objective, found, n_new, (value, best, gap), len(candidates)),
        seed,
        perf_counter() - started,
    )


def _check_numbers(
    objective: str,
    n_new: int,
    walking_m: float,
    capacity: int | None,
    cutoff_m: float | None,
    tolerance: float,
    seconds: float,
) -> None:
    if objective not in get_args(Objective):
        raise InvalidInput(
            f"objective is one of {', '.join(get_args(Objective))}; got {objective!r}",
            f"objective 应为 {'、'.join(get_args(Objective))} 之一；得到 {objective!r}。",
        )
    wanted = {
        "n_new, a whole number from 1": (n_new, n_new == int(n_new) and n_new >= 1),
        "walking_m, metres above 0": (walking_m, 0 < walking_m < math.inf),
        "capacity, households from 1 or none": (capacity, capacity is None or capacity >= 1),
        "cutoff_m, metres above 0 or none": (cutoff_m, cutoff_m is None or 0 < cutoff_m < math.inf),
        "two_in_one_tolerance, a share from 0 to 1": (tolerance, 0 <= tolerance <= 1),
        "seconds, above 0": (seconds, 0 < seconds < math.inf),
    }
    for what, (given, is_good) in wanted.items():
        if not is_good:
            raise InvalidInput(f"siting needs {what}; got {given}", f"选址参数超出范围（{what}）：得到 {given}。")


def _sites(
    candidates: gpd.GeoDataFrame, existing: gpd.GeoDataFrame | None, demand: Demand, capacity: int | None
) -> Sites:
    own = capacities_of(candidates)
    default = math.inf if capacity is None else float(capacity)
    if "makes_two_in_one" in candidates.columns:
        two = candidates["makes_two_in_one"].to_numpy(np.bool_)
    else:
        two = np.zeros(len(candidates), dtype=np.bool_)
    limits = np.where(own < 0, default, own)
    if existing is None:
        return Sites(xy_of(candidates), np.empty((0, 2)), limits, np.empty(0), two)
    existing = checked_points(existing, demand.crs, "existing points")
    room = capacities_of(existing)
    return Sites(xy_of(candidates), xy_of(existing), limits, np.where(room < 0, math.inf, room), two)


def _figures(objective: str, found: Found, before: float) -> tuple[float, float, float, float]:
    """Value, best value, bound and gap as they are told."""
    if not math.isfinite(found.value):
        return math.nan, math.nan, math.nan, math.nan
    value, best, bound = found.value, found.best_value, found.bound
    if objective == "coverage":
        value, best, bound = before - value, before - best, before - bound
    whole = bound if objective == "coverage" else best
    gap = abs(best - bound) / abs(whole) if whole else 0.0
    return value, best, bound, gap


_UNITS: Final = {
    "coverage": Text("户", "households"),
    "p_median": Text("户·米", "household-metres"),
    "p_center": Text("米", "m"),
}


def _explained(
    objective: str, found: Found, n_new: int, figures: tuple[float, float, float], n_candidates: int
) -> tuple[Text, ...]:
    value, best, gap = figures
    unit, n = _UNITS[objective], len(found.chosen)
    if found.status == "INFEASIBLE":
        return (
            Text(
                f"在 {n_new} 个新点以内，无法让每一户都有可步行到达且有余量的点位。",
                f"No choice of at most {n_new} new points gives every household a point to walk to that has room.",
            ),
        )
    if found.status == "STOPPED":
        return (Text("限时内未找到方案；请延长时间。", "Time ran out before a choice was found; allow more seconds."),)
    said = []
    if n < n_new:
        said.append(
            Text(
                f"要求 {n_new} 个新点，候选 {n_candidates} 个：建 {n} 个已够，再多没有增益。",
                f"{n_new} new points were asked for, of {n_candidates} candidates: {n} are enough, more gain nothing.",
            )
        )
    given_up = abs(best - value)
    if given_up >= 0.5:
        said.append(
            Text(
                f"为形成更多两点合一，让出 {given_up:,.0f} {unit.zh}。",
                f"{given_up:,.0f} {unit.en} were given up for more two in one.",
            )
        )
    if found.status == "FEASIBLE" and gap == 0:
        said.append(
            Text(
                "目标值已证明最优；两点合一的数量未证明最多。",
                "The objective is proven to be the best; that there cannot be more two in one is not proven.",
            )
        )
    elif found.status == "FEASIBLE":
        said.append(
            Text(
                f"未证明最优：与理论界限相差不超过 {gap:.1%}。",
                f"Not proven to be the best: at most {gap:.1%} from the bound.",
            )
        )
    return tuple(said)
