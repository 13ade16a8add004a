"""The search: the best value first, then among nearly as good choices the one with the most two in one."""

from __future__ import annotations

import math
from dataclasses import replace
from time import perf_counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gridmap.model.result import Status
from gridmap.points.siting_case import EQUAL, FIRST_TIER, NOTHING, Case, Found
from gridmap.points.siting_model import Solved, build_programme, solve_programme, value_of
from gridmap.points.siting_problem import Problem, cheapest, distinct_candidates, swap_search, without_limits

#: Share of its time for the problem without limits where there are some.
_FREED: Final = 0.3
#: With more ways from households to sites a problem with limits is too large to be proven in a minute; it is then
#: judged by the bound of the problem without limits.
_MOST_FLOWS: Final = 100_000


def search(problem: Problem, case: Case) -> Found:
    """The least cost, then two in one."""
    until = perf_counter() + case.seconds
    two = case.sites.is_two_in_one
    allowed = distinct_candidates(problem, two)
    has_tier = bool(two[allowed].any())
    first = _least_cost(problem, allowed, case, case.seconds * (FIRST_TIER if has_tier else 1.0))
    if first.status == "INFEASIBLE" or not has_tier:
        return first
    before = value_of(problem, NOTHING)
    gain = before - first.value if math.isfinite(before) else abs(first.value)
    limit = first.value + case.tolerance * gain + EQUAL * (1.0 + abs(first.value))
    return _more_two_in_one(problem, allowed, case, first, limit, until)


def _least_cost(problem: Problem, allowed: NDArray[np.int64], case: Case, seconds: float) -> Found:
    until = perf_counter() + seconds
    all_open = np.ones(len(problem.capacity), dtype=np.bool_)
    bound = problem.constant + float((problem.households * cheapest(problem, all_open)).sum())
    tries = [swap_search(problem, allowed, case.n_new, case.seed)]
    if problem.is_limited:
        # without the limits nothing costs more: a quick bound, and sites that are good at least by distance
        solved = _solved(without_limits(problem), allowed, case, seconds * _FREED)
        bound = max(bound, solved.bound)
        tries += [] if solved.chosen is None else [solved.chosen]
        bound = max(bound, _room_bound(problem, case.n_new))
    if not problem.is_limited or len(problem.group) <= _MOST_FLOWS:
        solved = _solved(problem, allowed, case, until - perf_counter())
        bound = max(bound, solved.bound)
        # last of equal choices, and then the one that stays: it does not depend on how the exchange began
        tries += [] if solved.chosen is None else [solved.chosen]
    if math.isinf(bound):
        return Found("INFEASIBLE", NOTHING, math.inf, math.inf, math.inf)
    values = np.array([value_of(problem, chosen) for chosen in tries])
    best = int(np.flatnonzero(values <= values.min() + EQUAL * (1.0 + abs(values.min())))[-1])
    chosen, value = tries[best], float(values[best])
    if not math.isfinite(value):
        return Found("STOPPED", NOTHING, value, bound, value)
    if len(problem.group) <= _MOST_FLOWS or not problem.is_limited:
        chosen = without_idle(problem, chosen, value, case.sites.is_two_in_one)
    is_proven = value - bound <= EQUAL * (1.0 + abs(value))
    return Found("OPTIMAL" if is_proven else "FEASIBLE", chosen, value, value if is_proven else bound, value)


def _room_bound(problem: Problem, n_new: int) -> float:
    """Where a served household costs nothing: new sites serve no more than they have room for; −inf else."""
    before = value_of(problem, NOTHING)
    if problem.cost.any() or not math.isfinite(before):
        return -math.inf
    room = np.sort(problem.capacity[: problem.n_candidates])[::-1][:n_new].sum()
    return before - float(room * problem.outside.max(initial=0.0)) if np.isfinite(room) else -math.inf


def _solved(problem: Problem, allowed: NDArray[np.int64], case: Case, seconds: float) -> Solved:
    return solve_programme(build_programme(problem, allowed, case.n_new), seconds, case.seed)


def _more_two_in_one(
    problem: Problem, allowed: NDArray[np.int64], case: Case, first: Found, limit: float, until: float
) -> Found:
    """As many two in one as the limit on the cost allows, then the least cost with so many."""
    two = case.sites.is_two_in_one
    n_before, n_sites = int(two[first.chosen].sum()), len(first.chosen)
    if n_before == n_sites or n_before == int(two[allowed].sum()):
        return first
    # no more points than the best choice has: none is built only because it would be two in one
    if problem.is_limited and len(problem.group) > _MOST_FLOWS:
        return replace(first, status="FEASIBLE")
    programme = build_programme(problem, allowed, n_sites)
    count = programme.on_candidates(two.astype(np.float64))
    held = programme.with_row(programme.cost, -math.inf, limit - programme.constant)
    within = limit + EQUAL * (1 + abs(limit))
    least, most = n_before, min(n_sites, int(two[allowed].sum()))
    is_proven, best = True, Solved(first.status, first.chosen, first.bound)
    # halved, each time for the least cost: to ask for the most at once leaves the solver without a cost to prune by
    while least < most:
        wanted = (least + most + 1) // 2
        solved = solve_programme(held.with_row(count, float(wanted), math.inf), (until - perf_counter()) / 2, case.seed)
        chosen = solved.chosen
        if chosen is not None and two[chosen].sum() >= wanted and value_of(problem, chosen) <= within:
            least, best = int(two[chosen].sum()), solved
        else:
            most = wanted - 1
            is_proven &= solved.status == "INFEASIBLE"
    is_proven &= first.status == "OPTIMAL" and best.status == "OPTIMAL"
    status: Status = "OPTIMAL" if is_proven else "FEASIBLE"
    if best.chosen is None or least == n_before:
        return replace(first, status=status)
    value = value_of(problem, best.chosen)
    chosen = without_idle(problem, best.chosen, value, two)
    if two[chosen].sum() <= n_before:  # what made more two in one gained nothing else
        return replace(first, status=status)
    return Found(status, chosen, value, first.bound, min(first.value, value))


def without_idle(
    problem: Problem, chosen: NDArray[np.int64], value: float, kept_first: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """The chosen without those that can be left out at no cost; where there is a choice, `kept_first` (m,) stay."""
    left = list(chosen)
    for site in sorted(chosen.tolist(), key=lambda c: (bool(kept_first[c]), -c)):
        fewer = np.array([c for c in left if c != site], dtype=np.int64)
        if value_of(problem, fewer) <= value + EQUAL * (1.0 + abs(value)):
            left = fewer.tolist()
    return np.array(sorted(left), dtype=np.int64)
