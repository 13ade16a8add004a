"""Siting as numbers: groups of households, sites, what each household costs at each site."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Seed of the numbers by which equal rows and columns are recognised: twice 64 bits.
_HASH_SEED: Final = 20240229
#: How often the search by exchange begins anew, with one chosen candidate and each so-many-th more taken out.
_BEGINNINGS: Final = 20
#: So many ways from households to candidates are looked through for it, as a measure of when it is enough.
_WORK: Final = 2_000_000
_SHAKEN: Final = 5

_Ways = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Problem:
    """Open some sites so that the households, each at the site that takes it, cost the least together.

    Attributes
    ----------
    households : ndarray of float64, shape (g,)
        Households of each group that some site could take for less than it costs outside.
    outside : ndarray of float64, shape (g,)
        What a household costs that no site takes; infinite where one has to.
    group, site : ndarray of int64, shape (w,)
        Which group may go to which site, sorted by group, cost, site.
    cost : ndarray of float64, shape (w,)
        Of one household, less than outside.
    capacity : ndarray of float64, shape (s,)
        Households that each site can take, infinite for no limit.
    n_candidates : int
        The first so many sites are candidates; the others are open already.
    constant : float
        What the households cost that no site can take for less; infinite where one would have to.
    """

    households: NDArray[np.float64]
    outside: NDArray[np.float64]
    group: NDArray[np.int64]
    site: NDArray[np.int64]
    cost: NDArray[np.float64]
    capacity: NDArray[np.float64]
    n_candidates: int
    constant: float

    @property
    def is_limited(self) -> bool:
        """Whether any site has a limit."""
        return bool(np.isfinite(self.capacity).any())

    @property
    def fixed(self) -> NDArray[np.bool_]:
        """Sites that are open already, (s,)."""
        return np.arange(len(self.capacity)) >= self.n_candidates

    def open_with(self, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Sites that are open when these candidates are, (s,)."""
        is_open = self.fixed.copy()
        is_open[chosen] = True
        return is_open


def make_problem(
    households: NDArray[np.int64] | NDArray[np.float64],
    outside: NDArray[np.float64],
    pairs: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
    capacity: NDArray[np.float64],
    n_candidates: int,
) -> Problem:
    """The problem without what cannot matter: places with equal rows are one group.

    Parameters
    ----------
    households : ndarray, shape (n,)
        Of each place.
    outside : ndarray of float64, shape (n,)
    pairs : (place, site, cost), each (w,)
    capacity : ndarray of float64, shape (s,)
    n_candidates : int
    """
    place, site, cost = pairs
    useful = (cost < outside[place]) & (capacity[site] > 0)
    place, site, cost = place[useful], site[useful], cost[useful]
    order = np.lexsort((site, cost, place))
    place, site, cost = place[order], site[order], cost[order]
    reached = np.zeros(len(households), dtype=np.bool_)
    reached[place] = True
    rest = ~reached & (households > 0)
    constant = float((households[rest] * outside[rest]).sum())
    group_of, representative = _equal_places(place, site, cost, outside, len(capacity), reached)
    weight = np.zeros(len(representative))
    np.add.at(weight, group_of[reached], households[reached])
    kept = representative[group_of[place]] == place
    group = group_of[place[kept]]
    order = np.lexsort((site[kept], cost[kept], group))
    return Problem(
        weight,
        outside[representative],
        group[order],
        site[kept][order],
        cost[kept][order],
        capacity,
        n_candidates,
        constant,
    )


def without_limits(problem: Problem) -> Problem:
    """The same with room for everybody at every site; its candidates are the only sites."""
    outside = cheapest(problem, problem.fixed)
    own = problem.site < problem.n_candidates
    pairs = problem.group[own], problem.site[own], problem.cost[own]
    free = np.full(problem.n_candidates, np.inf)
    freed = make_problem(problem.households, outside, pairs, free, problem.n_candidates)
    return replace(freed, constant=freed.constant + problem.constant)


def _equal_places(
    place: NDArray[np.int64],
    site: NDArray[np.int64],
    cost: NDArray[np.float64],
    outside: NDArray[np.float64],
    n_sites: int,
    reached: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Group of each place (−1 for one without a site), and the first place of each group."""
    mixed = site_numbers(n_sites)[:, site] ^ _scrambled(cost)
    key = _sums(place, mixed, len(outside))
    key ^= _scrambled(outside)
    where = np.flatnonzero(reached)
    _, first, group = np.unique(key[:, where], axis=1, return_index=True, return_inverse=True)
    group_of = np.full(len(outside), -1, dtype=np.int64)
    group_of[where] = group.ravel()
    return group_of, where[first]


def site_numbers(n_sites: int) -> NDArray[np.uint64]:
    """Two random numbers a site, (2, s): the sums over two sets of sites are equal only for equal sets."""
    return np.random.default_rng(_HASH_SEED).integers(1, 2**63, size=(2, n_sites), dtype=np.uint64)


def equal_sets(
    group: NDArray[np.int64], site: NDArray[np.int64], n_groups: int, n_sites: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Groups with the same set of sites: number of each group's set (g,), and the first group of each number."""
    key = _sums(group, site_numbers(n_sites)[:, site], n_groups)
    _, first, number = np.unique(key, axis=1, return_index=True, return_inverse=True)
    return number.ravel().astype(np.int64), first.astype(np.int64)


def _sums(at: NDArray[np.int64], numbers: NDArray[np.uint64], n: int) -> NDArray[np.uint64]:
    """Sums of two numbers (2, w) for each of n, without carry, (2, n)."""
    sums = np.zeros((2, n), dtype=np.uint64)
    for row in (0, 1):
        np.add.at(sums[row], at, numbers[row])
    return sums


def _scrambled(values: NDArray[np.float64]) -> NDArray[np.uint64]:
    return (values + 0.0).view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)


def distinct_candidates(problem: Problem, preferred: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Candidates that can be of use; of those that serve the same at the same cost the preferred, else the first.

    With limits equal candidates are no copies of each other: then all that can be of use.

    Parameters
    ----------
    problem : Problem
    preferred : ndarray of bool, shape (n_candidates,)
    """
    own = problem.site < problem.n_candidates
    site = problem.site[own]
    used = np.unique(site)
    if problem.is_limited:
        return used
    mixed = site_numbers(len(problem.households))[:, problem.group[own]] ^ _scrambled(problem.cost[own])
    key = _sums(site, mixed, problem.n_candidates)
    order = used[np.lexsort((used, ~preferred[used]))]
    _, first = np.unique(key[:, order], axis=1, return_index=True)
    return np.sort(order[first])


def cheapest(problem: Problem, is_open: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What a household of each group costs at the best site of those (s,) or outside, limits aside, (g,)."""
    at = is_open[problem.site]
    best = problem.outside.copy()
    np.minimum.at(best, problem.group[at], problem.cost[at])
    return best


def swap_search(problem: Problem, allowed: NDArray[np.int64], n_new: int, seed: int) -> NDArray[np.int64]:
    """Candidates by greed, then by exchange of one for another while that helps, from several beginnings.

    Limits are not looked at: a solution to be judged, and something to fall back upon.

    Parameters
    ----------
    problem : Problem
    allowed : ndarray of int64
        Candidates to choose from.
    n_new : int
        How many to choose at most.
    seed : int
    """
    ceiling = 10.0 * float(problem.cost.max(initial=1.0)) + 1.0  # stands for an infinite cost outside
    problem = replace(problem, outside=np.minimum(problem.outside, ceiling))
    own = np.isin(problem.site, allowed)
    ways = problem.group[own], problem.site[own], problem.cost[own]
    rng = np.random.default_rng(seed)
    best = _exchanged(problem, ways, _filled(problem, ways, [], n_new))
    least = _total(problem, best)
    for _ in range(int(np.clip(_WORK // max(1, len(ways[0])), 2, _BEGINNINGS))):
        if len(best) < 2:
            break
        begun = rng.permutation(best)[: max(1, len(best) - 1 - len(best) // _SHAKEN)].tolist()
        other = _exchanged(problem, ways, _filled(problem, ways, begun, n_new))
        total = _total(problem, other)
        if total < least:
            best, least = other, total
    return np.array(sorted(best), dtype=np.int64)


def _total(problem: Problem, chosen: list[int]) -> float:
    return float((problem.households * _now(problem, chosen)).sum())


def _now(problem: Problem, chosen: list[int]) -> NDArray[np.float64]:
    return cheapest(problem, problem.open_with(np.array(chosen, dtype=np.int64)))


def _gains(problem: Problem, ways: _Ways, chosen: list[int]) -> NDArray[np.float64]:
    """What each site would save beside the chosen ones, (s,)."""
    group, site, cost = ways
    saved = problem.households[group] * np.maximum(_now(problem, chosen)[group] - cost, 0.0)
    return np.asarray(np.bincount(site, weights=saved, minlength=len(problem.capacity)), dtype=np.float64)


def _filled(problem: Problem, ways: _Ways, begun: list[int], n_new: int) -> list[int]:
    """The chosen and, one after the other, what saves most, while anything does."""
    chosen = list(begun)
    while len(chosen) < n_new:
        gain = _gains(problem, ways, chosen)
        if gain.max(initial=0.0) <= 0:
            break
        chosen.append(int(gain.argmax()))
    return chosen


def _exchanged(problem: Problem, ways: _Ways, begun: list[int]) -> list[int]:
    """The chosen after exchanges of one for another, until none helps."""
    chosen = list(begun)
    n_idle, k = 0, 0
    while n_idle < len(chosen):
        gain = _gains(problem, ways, chosen[:k] + chosen[k + 1 :])
        best = int(gain.argmax())
        is_better = gain[best] > gain[chosen[k]] * (1 + 1e-9) + 1e-9
        n_idle = 0 if is_better else n_idle + 1
        chosen[k] = best if is_better else chosen[k]
        k = (k + 1) % len(chosen)
    return chosen
