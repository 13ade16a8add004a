"""The p-center: everybody within the shortest radius, then two in one."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gridmap.points.siting_case import EQUAL, FIRST_TIER, NOTHING, Case, Found
from gridmap.points.siting_model import build_programme, solve_programme, value_of
from gridmap.points.siting_problem import distinct_candidates, make_problem
from gridmap.points.walking import Walks

#: The next radius, where the last was too short for all households.
_LONGER: Final = 1.5
#: Share of the remaining time for a single try.
_TURN: Final = 0.2
#: So many places at most become hard at a time.
_HARD_A_ROUND: Final = 20


@dataclass(frozen=True, eq=False)
class _Radii:
    """Walks, and the distances among which the answer is.

    `hard` are places that a choice once left out: few places decide, and the search learns them as it goes.
    """

    walks: Walks
    free_m: NDArray[np.float64]
    steps_m: NDArray[np.float64]
    hard: list[int] = field(default_factory=list)


def search_center(case: Case) -> Found:
    """The shortest radius within which every household has a point that takes it, then two in one."""
    until = perf_counter() + case.seconds
    has_tier = bool(case.sites.is_two_in_one.any())
    first_until = until - case.seconds * (1 - FIRST_TIER if has_tier else 0.0)
    if not len(case.demand):
        return Found("OPTIMAL", NOTHING, 0.0, 0.0, 0.0)
    least, is_hopeless = _least_radius(case)
    radii = None if is_hopeless else _enough_radius(case, least, first_until)
    if radii is None:
        return Found("INFEASIBLE", NOTHING, math.inf, math.inf, math.inf)
    first = _shortest(case, radii, _Ask(case.n_new), first_until)
    return _more_two_in_one(case, radii, first, until) if has_tier and len(first.chosen) else first


def _more_two_in_one(case: Case, radii: _Radii, first: Found, until: float) -> Found:
    """As many two in one as a little longer radius allows, then the shortest radius with so many."""
    two = case.sites.is_two_in_one
    n_before, n_sites = int(two[first.chosen].sum()), len(first.chosen)
    if n_before == min(n_sites, int(two.sum())):
        return first
    before = radii.free_m.max()
    gain = before - first.value if math.isfinite(before) else first.value
    limit = first.value + case.tolerance * gain
    if limit > radii.walks.limit_m:
        radii = _radii(case, radii.free_m, limit, first.bound)
    most = _cover_all(case, radii, limit, _Ask(n_sites, is_most_two=True), until)
    if most is None:
        return replace(first, status="FEASIBLE")
    n_two = int(two[most].sum())
    if n_two <= n_before:
        return first
    again = _shortest(case, radii, _Ask(n_sites, n_two), until, limit=limit)
    if not len(again.chosen):
        return Found("FEASIBLE", most, limit, first.bound, first.value)
    is_proven = first.status == again.status == "OPTIMAL"
    return Found(
        "OPTIMAL" if is_proven else "FEASIBLE", again.chosen, again.value, first.bound, min(first.value, again.value)
    )


def _least_radius(case: Case) -> tuple[float, bool]:
    """No radius is shorter than the farthest walk to the nearest site of all; and whether some have no site at all."""
    nearest = np.minimum(case.walks(1.0).nearest_m, case.free_m())
    radius = float(nearest.max(initial=0.0))
    own = np.sort(case.sites.capacity)[::-1][: case.n_new].sum() if len(case.sites.capacity) else 0.0
    open_to_all = own + case.sites.existing_capacity.sum()
    return radius, math.isinf(radius) or open_to_all < case.demand.total


def _enough_radius(case: Case, least: float, until: float) -> _Radii | None:
    """Walks as far as is certainly enough; None where no radius is."""
    free_m = case.free_m()
    xy = np.concatenate([case.demand.xy, case.sites.candidates_xy, case.sites.existing_xy])
    farthest = 2 * case.detour * float(np.hypot(*np.ptp(xy, axis=0))) + 1.0
    farthest += 0.0 if case.network is None else float(case.network.length_m.sum())
    limit = max(least * (1 + EQUAL), 1.0)
    while True:
        radii = _radii(case, free_m, limit, least)
        chosen = _cover_all(case, radii, limit, _Ask(case.n_new), _turn(until))
        if chosen is not None or perf_counter() > until:
            return radii
        if limit > farthest:
            return None
        limit *= _LONGER


def _radii(case: Case, free_m: NDArray[np.float64], limit: float, least: float) -> _Radii:
    walks = case.walks(limit)
    steps = np.unique(np.concatenate([walks.metres, free_m[free_m <= limit]]))
    return _Radii(walks, free_m, steps[steps >= least * (1 - EQUAL)])


@dataclass(frozen=True, eq=False)
class _Ask:
    """What is asked of a choice beside the radius.

    Attributes
    ----------
    n_new : int
        At most so many candidates.
    n_two : int
        At least so many that make two in one.
    is_most_two : bool
        Whether as many two in one are wanted as there can be, else as few candidates.
    """

    n_new: int
    n_two: int = 0
    is_most_two: bool = False


def _cover_all(case: Case, radii: _Radii, radius: float, ask: _Ask, until: float) -> NDArray[np.int64] | None:
    """Candidates with which everybody has a point within the radius; None where there are none or time is over.

    Without limits only the hard places are handed to the solver. If they cannot be covered, all cannot; if the answer
    leaves somebody out, the one left out who is farthest from the others is hard too, and the solver is asked again.
    """
    walks = radii.walks
    near = walks.metres <= radius
    place, site = walks.place[near], walks.point[near]
    needs = radii.free_m > radius
    if np.isfinite(case.capacity).any():
        return _cover(case, (place, site), needs, ask, until)
    in_hard = np.zeros(len(needs), dtype=np.bool_)
    while True:
        in_hard[radii.hard] = True
        at = in_hard[place]
        chosen = _cover(case, (place[at], site[at]), needs & in_hard, ask, until)
        if chosen is None:
            return None
        left = needs.copy()
        left[place[np.isin(site, chosen)]] = False
        if not left.any():
            return chosen
        radii.hard.extend(_spread_out(case.demand.xy[left], np.flatnonzero(left)))


def _spread_out(xy: NDArray[np.float64], places: NDArray[np.int64]) -> list[int]:
    """Some of the places, far from each other."""
    taken = [0]
    apart = np.full(len(places), np.inf)
    while len(taken) < _HARD_A_ROUND:
        apart = np.minimum(apart, np.hypot(*(xy - xy[taken[-1]]).T))
        farthest = int(apart.argmax())
        if apart[farthest] <= 0:
            break
        taken.append(farthest)
    return [int(places[t]) for t in taken]


def _cover(
    case: Case, pairs: tuple[NDArray[np.int64], NDArray[np.int64]], needs: NDArray[np.bool_], ask: _Ask, until: float
) -> NDArray[np.int64] | None:
    m, two = len(case.sites.capacity), case.sites.is_two_in_one.astype(np.float64)
    households = np.where(needs, case.demand.households, 0)
    outside = np.where(needs, np.inf, 0.0)
    problem = make_problem(households, outside, (*pairs, np.zeros(len(pairs[0]))), case.capacity, m)
    programme = build_programme(problem, distinct_candidates(problem, case.sites.is_two_in_one), ask.n_new)
    if ask.n_two:
        programme = programme.with_row(programme.on_candidates(two), float(ask.n_two), math.inf)
    aim = programme.on_candidates(-two if ask.is_most_two else np.ones(m))
    solved = solve_programme(programme.with_cost(aim, problem.constant), until - perf_counter(), case.seed)
    if solved.chosen is None or not math.isfinite(value_of(problem, solved.chosen)):
        return None
    return solved.chosen


def _turn(until: float) -> float:
    """When a single try must end: longer radii are easier, so none may take all the time."""
    now = perf_counter()
    return now + _TURN * max(0.0, until - now)


def _shortest(case: Case, radii: _Radii, ask: _Ask, until: float, *, limit: float = math.inf) -> Found:
    """Halve the list of radii until one is left."""
    steps = radii.steps_m[radii.steps_m <= limit]
    low, high = 0, len(steps) - 1
    best = _cover_all(case, radii, float(steps[high]), ask, until) if high >= 0 else None
    if best is None:
        return Found("STOPPED", NOTHING, math.inf, float(steps[0]) if len(steps) else 0.0, math.inf)
    n_proven = 0  # so many radii are certainly too short
    while low < high and perf_counter() < until:
        middle, end = (low + high) // 2, _turn(until)
        chosen = _cover_all(case, radii, float(steps[middle]), ask, end)
        if chosen is not None:
            best, high = chosen, middle
            continue
        low = middle + 1
        if perf_counter() < end:  # out of time is no proof; and what is too short leaves all shorter ones too short
            n_proven = low
    value = float(steps[high])
    return Found("OPTIMAL" if n_proven == high else "FEASIBLE", best, value, float(steps[n_proven]), value)
