"""A siting problem as a mixed-integer programme."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gridmap.measure.highs import Model, by_column, solve
from gridmap.model.result import Status
from gridmap.points.siting_problem import Problem, cheapest, equal_sets, site_numbers

#: A step of cost that is smaller is none.
_LEAST_STEP: Final = 1e-9

Entries = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Programme:
    """Minimise cost · v with row limits; the first columns are the candidates, 0 or 1.

    Attributes
    ----------
    n_candidates : int
    cost, upper : ndarray of float64, shape (v,)
        Of each column; all are 0 or more.
    entries : (row, column, value)
    row_lower, row_upper : ndarray of float64, shape (r,)
    constant : float
        What is added to cost · v.
    """

    n_candidates: int
    cost: NDArray[np.float64]
    upper: NDArray[np.float64]
    entries: Entries
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    constant: float

    def with_row(self, values: NDArray[np.float64], lower: float, upper: float) -> Programme:
        """The programme with one more row, `values` (v,) a column."""
        used = np.flatnonzero(values)
        row, column, value = self.entries
        entries = (
            np.concatenate([row, np.full(len(used), len(self.row_lower))]),
            np.concatenate([column, used]),
            np.concatenate([value, values[used]]),
        )
        lowers, uppers = np.append(self.row_lower, lower), np.append(self.row_upper, upper)
        return Programme(self.n_candidates, self.cost, self.upper, entries, lowers, uppers, self.constant)

    def with_cost(self, cost: NDArray[np.float64], constant: float = 0.0) -> Programme:
        """The programme with another objective."""
        return Programme(self.n_candidates, cost, self.upper, self.entries, self.row_lower, self.row_upper, constant)

    def model(self, *, n_whole: int) -> Model:
        """The programme by columns, of which the first so many are whole numbers."""
        starts, rows, values = by_column(*self.entries, len(self.cost))
        return Model(self.cost, self.upper, self.row_lower, self.row_upper, starts, rows, values, n_whole)

    def on_candidates(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """A value for each candidate (m,) as one for each column, (v,)."""
        whole = np.zeros(len(self.cost))
        whole[: self.n_candidates] = values
        return whole


def build_programme(problem: Problem, allowed: NDArray[np.int64], n_new: int) -> Programme:
    """The problem with at most `n_new` of the allowed candidates.

    Without limits: one column for every set of sites that are together the nearest of somebody, 1 if none of them is
    open, with the cost that this adds; equal sets of different places are one column. With limits: one column for
    every way from a group to a site, in households; where ways cost nothing (coverage), groups that reach the same
    limited sites share theirs.
    """
    programme = _with_limits(problem) if problem.is_limited else _with_sets(problem)
    upper = programme.upper.copy()
    upper[: problem.n_candidates] = np.isin(np.arange(problem.n_candidates), allowed)
    programme = replace(programme, upper=upper)
    count = programme.on_candidates(np.ones(problem.n_candidates))
    return programme.with_row(count, -math.inf, float(n_new))


def _with_sets(problem: Problem) -> Programme:
    m = problem.n_candidates
    group, cost = problem.group, problem.cost
    w = len(group)
    is_last = np.append(group[1:] != group[:-1], True) if w else np.empty(0, dtype=np.bool_)
    following = np.where(is_last, problem.outside[group], np.append(cost[1:], 0.0) if w else cost)
    step = following - cost
    ends = np.flatnonzero((step > _LEAST_STEP) | is_last)
    set_of_end, first, parent_end = _sets(problem, ends)
    n_sets = len(first)
    weight, is_forced = np.zeros(n_sets), np.zeros(n_sets, dtype=np.bool_)
    is_forced[set_of_end[np.isinf(step[ends])]] = True
    finite = np.isfinite(step[ends])
    np.add.at(weight, set_of_end[finite], (problem.households[group[ends]] * step[ends])[finite])
    # row of a set: 1 if none of it is open  ≥  1 if none of the smaller set is open  −  those that came newly
    kept = first[np.arange(n_sets)]
    begin = np.where(parent_end[kept] >= 0, ends[parent_end[kept]] + 1, _starts(group)[ends[kept]])
    times = ends[kept] + 1 - begin
    new_row = np.repeat(np.arange(n_sets), times)
    new_pair = np.repeat(begin - np.cumsum(times) + times, times) + np.arange(int(times.sum()))
    has_parent = np.flatnonzero(parent_end[kept] >= 0)
    parent = set_of_end[parent_end[kept][has_parent]]
    entries = (
        np.concatenate([np.arange(n_sets), has_parent, new_row]),
        np.concatenate([m + np.arange(n_sets), m + parent, problem.site[new_pair]]),
        np.concatenate([np.ones(n_sets), -np.ones(len(has_parent)), np.ones(len(new_row))]),
    )
    lower = np.ones(n_sets)
    lower[has_parent] = 0.0
    is_first = np.append(True, group[1:] != group[:-1]) if w else is_last
    constant = problem.constant + float((problem.households[group] * cost)[is_first].sum())
    upper = np.concatenate([np.ones(m), np.where(is_forced, 0.0, 1.0)])
    return Programme(
        m, np.concatenate([np.zeros(m), weight]), upper, entries, lower, np.full(n_sets, math.inf), constant
    )


def _starts(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the run of each entry's group begins, (w,)."""
    return np.asarray(np.searchsorted(group, group, side="left"), dtype=np.int64)


def _sets(problem: Problem, ends: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The set of nearest sites that closes at each of `ends`: its number, the first end of each number, and the
    position in `ends` of the smaller set of the same group (−1 for none)."""
    numbers = site_numbers(len(problem.capacity))[:, problem.site]
    running = np.cumsum(numbers, axis=1, dtype=np.uint64)
    start = _starts(problem.group)[ends]
    key = running[:, ends] - (running[:, start] - numbers[:, start])
    _, first, number = np.unique(key, axis=1, return_index=True, return_inverse=True)
    parent = np.arange(-1, len(ends) - 1)
    parent[_starts(problem.group[ends]) == np.arange(len(ends))] = -1
    return number.ravel().astype(np.int64), first.astype(np.int64), parent.astype(np.int64)


def _with_limits(problem: Problem) -> Programme:
    return _with_flows(problem) if problem.cost.any() else _with_classes(problem)


def _with_classes(problem: Problem) -> Programme:
    """Where ways cost nothing: who finds no open site without a limit goes, class by class, to those with one.

    Columns behind the candidates: for each set of sites without a limit, 1 if none of it is open; for each class
    (groups that reach the same limited sites and cost the same outside) its households that go nowhere; for each
    limited site that a class reaches, its households that go there.
    """
    m, g, s = problem.n_candidates, len(problem.households), len(problem.capacity)
    is_limited = np.isfinite(problem.capacity)
    free = ~is_limited[problem.site]
    set_of, first_of_set = equal_sets(problem.group[free], problem.site[free], g, s)
    class_of, first_of_class = _classes(problem, ~free)
    n_sets, n_classes = len(first_of_set), len(first_of_class)
    joins = free & np.isin(problem.group, first_of_set)
    goes = ~free & np.isin(problem.group, first_of_class)
    from_class, to_site = class_of[problem.group[goes]], problem.site[goes]
    together, households = np.unique(class_of * n_sets + set_of, return_inverse=True)
    households = np.bincount(households.ravel(), weights=problem.households)
    of_class = np.bincount(class_of, weights=problem.households, minlength=n_classes)

    none_open = m + np.arange(n_sets)
    nowhere = m + n_sets + np.arange(n_classes)
    going = m + n_sets + n_classes + np.arange(len(to_site))
    limited = np.flatnonzero(is_limited)
    limited_own, going_own = limited[limited < m], np.flatnonzero(to_site < m)
    class_row = n_sets + np.arange(n_classes)
    site_row = np.full(s, -1, dtype=np.int64)
    site_row[limited] = n_sets + n_classes + np.arange(len(limited))
    own_row = n_sets + n_classes + len(limited) + np.arange(len(going_own))
    parts = [
        # of each set: none is open, or one of them is
        (np.arange(n_sets), none_open, np.ones(n_sets)),
        (set_of[problem.group[joins]], problem.site[joins], np.ones(int(joins.sum()))),
        # of each class: who goes nowhere, or to a limited site, is at least who finds none of the set open
        (class_row, nowhere, np.ones(n_classes)),
        (class_row[from_class], going, np.ones(len(going))),
        (class_row[together // n_sets], none_open[together % n_sets], -households),
        # nobody goes to a site that is full, or not open
        (site_row[to_site], going, np.ones(len(going))),
        (site_row[limited_own], limited_own, -problem.capacity[limited_own]),
        (own_row, going[going_own], np.ones(len(going_own))),
        (own_row, to_site[going_own], -of_class[from_class[going_own]]),
    ]
    row, column, value = (np.concatenate(part) for part in zip(*parts, strict=True))
    endless = np.full(n_sets + n_classes, math.inf)
    room = np.where(limited < m, 0.0, problem.capacity[limited])
    outside = problem.outside[first_of_class]
    cost = np.zeros(m + n_sets + n_classes + len(going))
    cost[nowhere] = np.where(np.isfinite(outside), outside, 0.0)
    most_nowhere = np.where(np.isfinite(outside), of_class, 0.0)
    return Programme(
        m,
        cost,
        np.concatenate([np.ones(m + n_sets), most_nowhere, of_class[from_class]]),
        (row, column, value),
        np.concatenate([np.ones(n_sets), np.zeros(n_classes), np.full(len(room) + len(going_own), -math.inf)]),
        np.concatenate([endless, room, np.zeros(len(going_own))]),
        problem.constant,
    )


def _classes(problem: Problem, ways: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Class of each group by the sites of these ways and the cost outside, (g,), and the first group of each class."""
    by_sites, _ = equal_sets(problem.group[ways], problem.site[ways], len(problem.households), len(problem.capacity))
    keys = np.stack([by_sites.astype(np.float64), problem.outside])
    _, first, number = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    return number.ravel().astype(np.int64), first.astype(np.int64)


def _with_flows(problem: Problem) -> Programme:
    m, w, g, s = problem.n_candidates, len(problem.group), len(problem.households), len(problem.capacity)
    households = problem.households[problem.group]
    outside = np.where(np.isfinite(problem.outside), problem.outside, 0.0)
    flow = m + np.arange(w)
    own = np.flatnonzero(problem.site < m)
    limited = np.flatnonzero(np.isfinite(problem.capacity))
    at_limited = np.flatnonzero(np.isfinite(problem.capacity[problem.site]))
    row_of_site = np.full(s, -1, dtype=np.int64)
    row_of_site[limited] = g + len(own) + np.arange(len(limited))
    limited_own = limited[limited < m]
    entries = (
        np.concatenate(
            [
                problem.group,  # nobody goes twice
                np.repeat(g + np.arange(len(own)), 2),  # nobody goes to a site that is not open
                row_of_site[problem.site[at_limited]],  # nobody goes to a site that is full
                row_of_site[limited_own],
            ]
        ),
        np.concatenate([flow, np.stack([flow[own], problem.site[own]], axis=1).ravel(), flow[at_limited], limited_own]),
        np.concatenate(
            [
                np.ones(w),
                np.stack([np.ones(len(own)), -households[own]], axis=1).ravel(),
                np.ones(len(at_limited)),
                -problem.capacity[limited_own],
            ]
        ),
    )
    room = np.where(limited < m, 0.0, problem.capacity[limited])
    row_upper = np.concatenate([problem.households, np.zeros(len(own)), room])
    row_lower = np.full(len(row_upper), -math.inf)
    row_lower[:g] = np.where(np.isfinite(problem.outside), -math.inf, problem.households)
    cost = np.concatenate([np.zeros(m), problem.cost - outside[problem.group]])
    constant = problem.constant + float((problem.households * outside).sum())
    return Programme(m, cost, np.concatenate([np.ones(m), households]), entries, row_lower, row_upper, constant)


@dataclass(frozen=True, eq=False)
class Solved:
    """What HiGHS says.

    Attributes
    ----------
    status : Status
    chosen : ndarray of int64 or None
        Candidates of the best solution found.
    bound : float
        No solution costs less; −inf where nothing is proven, inf where there is none.
    """

    status: Status
    chosen: NDArray[np.int64] | None
    bound: float


def solve_programme(programme: Programme, seconds: float, seed: int) -> Solved:
    """Solve the programme from scratch.

    Parameters
    ----------
    programme : Programme
    seconds : float
        Values below 0.01 count as 0.01.
    seed : int
        Decides between choices of equal cost.

    Raises
    ------
    RuntimeError
        If HiGHS refuses the model.
    """
    if not math.isfinite(programme.constant):
        return Solved("INFEASIBLE", None, math.inf)
    answer = solve(programme.model(n_whole=programme.n_candidates), seconds, seed)
    chosen = None if answer.values is None else np.flatnonzero(answer.values[: programme.n_candidates] > 0.5)
    return Solved(answer.status, chosen, answer.bound + programme.constant)


def value_of(problem: Problem, chosen: NDArray[np.int64]) -> float:
    """What the households cost when these candidates are open; infinite where some have nowhere to go.

    Raises
    ------
    RuntimeError
        If HiGHS refuses or fails to solve the transport of households to sites with limits.
    """
    is_open, is_limited = problem.open_with(chosen), np.isfinite(problem.capacity)
    outside = cheapest(problem, is_open & ~is_limited)
    group, site, cost = problem.group, problem.site, problem.cost
    useful = (is_open & is_limited)[site] & (cost < outside[group])
    if not useful.any():
        return problem.constant + float((problem.households * outside).sum())
    rest = Problem(
        problem.households, outside, group[useful], site[useful], cost[useful], problem.capacity, 0, problem.constant
    )
    return _transport(rest)


def _transport(problem: Problem) -> float:
    """Least cost of households to open sites with limits."""
    reached = np.zeros(len(problem.households), dtype=np.bool_)
    reached[problem.group] = True
    if np.isinf(problem.outside[~reached]).any() or not math.isfinite(problem.constant):
        return math.inf
    programme = _with_limits(problem)
    answer = solve(programme.model(n_whole=0), math.inf, seed=0)
    if answer.status == "INFEASIBLE":
        return math.inf
    if answer.status != "OPTIMAL" or answer.values is None:
        raise RuntimeError(f"HiGHS could not solve the transport of households: {answer.status}")
    # whole numbers of households go (a transport with whole numbers has such a solution at every corner)
    flow = np.round(answer.values).clip(0, programme.upper)
    return float(programme.cost @ flow) + programme.constant
