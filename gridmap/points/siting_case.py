"""What is asked of a siting, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gridmap.model.result import Status
from gridmap.points.demand import Demand
from gridmap.points.network import Network
from gridmap.points.siting_problem import Problem, make_problem
from gridmap.points.walking import Walks, find_walks

#: Share of the time for the first tier where there is a second.
FIRST_TIER: Final = 0.6
#: Numbers that differ by less, as a share, are equal to a solver.
EQUAL: Final = 1e-7
#: No candidate.
NOTHING: Final = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Sites:
    """Candidates and open points with what is asked of them.

    Attributes
    ----------
    candidates_xy, existing_xy : ndarray of float64, shapes (m, 2) and (e, 2)
    capacity, existing_capacity : ndarray of float64, shapes (m,) and (e,)
        Households, infinite for no limit.
    is_two_in_one : ndarray of bool, shape (m,)
    """

    candidates_xy: NDArray[np.float64]
    existing_xy: NDArray[np.float64]
    capacity: NDArray[np.float64]
    existing_capacity: NDArray[np.float64]
    is_two_in_one: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Case:
    """A siting that is asked for.

    Attributes
    ----------
    demand : Demand
    sites : Sites
    n_new : int
    detour : float
    network : Network or None
    tolerance : float
        Share of the gain that may be given up for two in one.
    seconds : float
    seed : int
    """

    demand: Demand
    sites: Sites
    n_new: int
    detour: float
    network: Network | None
    tolerance: float
    seconds: float
    seed: int

    def walks(self, limit_m: float) -> Walks:
        """Walks to candidates and, behind them, to open points that have a limit."""
        limited = np.isfinite(self.sites.existing_capacity)
        xy = np.concatenate([self.sites.candidates_xy, self.sites.existing_xy[limited]])
        return find_walks(self.demand.xy, xy, limit_m, detour=self.detour, network=self.network)

    @property
    def capacity(self) -> NDArray[np.float64]:
        """Of the sites that :meth:`walks` leads to."""
        own = self.sites.existing_capacity
        return np.concatenate([self.sites.capacity, own[np.isfinite(own)]])

    def free_m(self) -> NDArray[np.float64]:
        """Walk to the nearest open point without a limit, infinite for none, (n,)."""
        free = self.sites.existing_xy[np.isinf(self.sites.existing_capacity)]
        return find_walks(self.demand.xy, free, 1.0, detour=self.detour, network=self.network).nearest_m


@dataclass(frozen=True, eq=False)
class Found:
    """A choice and what is proven about it.

    Attributes
    ----------
    status : Status
    chosen : ndarray of int64
        Positions of candidates.
    value, bound : float
        What the households cost, and what they cost at least with any choice.
    best_value : float
        The least value found before two in one was looked at.
    """

    status: Status
    chosen: NDArray[np.int64]
    value: float
    bound: float
    best_value: float


def coverage_problem(case: Case, limit_m: float) -> Problem:
    """A household costs 1 if no point within the walking distance takes it, else nothing."""
    walks = case.walks(limit_m)
    outside = np.where(case.free_m() <= limit_m, 0.0, 1.0)
    return _problem(case, walks, np.zeros(len(walks)), outside)


def median_problem(case: Case, cutoff_m: float) -> Problem:
    """A household costs the metres of its walk, at most the cut-off."""
    walks = case.walks(cutoff_m)
    return _problem(case, walks, walks.metres, np.minimum(case.free_m(), cutoff_m))


def _problem(case: Case, walks: Walks, cost: NDArray[np.float64], outside: NDArray[np.float64]) -> Problem:
    pairs = (walks.place, walks.point, cost)
    return make_problem(case.demand.households, outside, pairs, case.capacity, len(case.sites.capacity))
