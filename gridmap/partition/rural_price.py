"""What a candidate grid of a village costs, tier by tier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.measure.shape import polsby_popper
from gridmap.model.graph import DualGraph
from gridmap.model.rules import Profile
from gridmap.model.units import Units
from gridmap.partition.candidates import Candidates

# The prices of the last tier, all our decision. A grid 20 % off the households aimed at costs 1, as
# much as the shape of two grids of an ordinary outline; a pair of groups parted that an existing plan
# holds together costs its households in sixteenths of the aim, so that 300 households parted outweigh
# any gain of shape.
_HOUSEHOLDS: Final = 25.0  # squared relative deviation from the households aimed at
_SHAPE: Final = 1.0  # 1 / Polsby–Popper − 1
_PARTED: Final = 8.0  # an aim of households in pairs parted, each pair weighing the mean of its two units
#: Weight of a unit without households where pairs are weighed: it should not move for nothing.
_LEAST_WEIGHT: Final = 0.2
#: Barrier lengths count in steps of this many metres: less is noise of drawing.
_BARRIER_STEP_M: Final = 10.0
#: Pairs of units looked at in one go, a bound on memory.
_PAIRS_AT_ONCE: Final = 4_000_000

#: Names of the tiers that :func:`price` fills, in order.
TIERS: Final = ("barrier_m", "compound_cut_m", "cost")


@dataclass(frozen=True, eq=False)
class Village:
    """The units of one village as arrays.

    Attributes
    ----------
    graph : DualGraph
        n units, virtual ferries not included.
    area_m2, perimeter_m : ndarray of float64, shape (n,)
    size : ndarray of float64, shape (n,)
        Households of each unit, or ones where they are not known.
    aim : float
        Households aimed at in a grid; units aimed at where households are not known.
    has_households : bool
    compound, old : ndarray of int64, shape (n,)
        Number of the unit's compound and label in an existing plan; −1 for none.
    """

    graph: DualGraph
    area_m2: NDArray[np.float64]
    perimeter_m: NDArray[np.float64]
    size: NDArray[np.float64]
    aim: float
    has_households: bool
    compound: NDArray[np.int64]
    old: NDArray[np.int64]

    def take(self, members: NDArray[np.int64]) -> Village:
        """Some of the units, in this order."""
        return Village(
            self.graph.subgraph(members),
            self.area_m2[members],
            self.perimeter_m[members],
            self.size[members],
            self.aim,
            self.has_households,
            self.compound[members],
            self.old[members],
        )


def village_of(
    units: Units, graph: DualGraph, profile: Profile, existing_labels: NDArray[np.integer] | None
) -> Village:
    """The arrays of a village.

    Parameters
    ----------
    units : Units
        n units.
    graph : DualGraph
        Their graph.
    profile : Profile
    existing_labels : ndarray of int, shape (n,), or None
    """
    names, compound = np.unique(units.frame["compound"].to_numpy(str), return_inverse=True)
    numbers = np.where(names[compound] == "", -1, compound).astype(np.int64)
    known = units.has_households
    return Village(
        graph,
        shapely.area(units.polygons),
        shapely.length(units.polygons),
        units.households.astype(np.float64) if known else np.ones(len(units)),
        float(profile.households_target if known else profile.target),
        known,
        numbers,
        np.full(len(units), -1, dtype=np.int64) if existing_labels is None else existing_labels.astype(np.int64),
    )


def price(village: Village, candidates: Candidates) -> NDArray[np.float64]:
    """Cost of each candidate in each of :data:`TIERS`, (3, m).

    Notes
    -----
    1. barrier_m: metres of barrier inside the grid, in whole steps of 10 m.
    2. compound_cut_m: length of border by which the grid cuts compounds, half of it charged to each side.
    3. cost: 25 ((H − T) / T)² where households are known, + (P² / 4πA − 1), + 8 times the share of an
       aim of households in pairs of units that the existing plan holds together and the grid parts. A pair
       weighs the mean of its two units. Half of a parted pair is charged to each side, which keeps the
       cost of a plan the sum of the costs of its grids. Pairs in different connected parts of the village, which
    no plan can keep, are not counted.
    """
    sums = _inside_sums(village, candidates)
    barrier = np.round(sums.barrier / _BARRIER_STEP_M) * _BARRIER_STEP_M
    graph = village.graph
    same = (village.compound[graph.source] >= 0) & (village.compound[graph.source] == village.compound[graph.indices])
    bound_m = np.bincount(graph.source[same], weights=graph.length_m[same], minlength=len(graph))
    cut = np.maximum(candidates.total(bound_m) / 2 - sums.compound, 0.0)
    perimeter = candidates.total(village.perimeter_m) - 2 * sums.border
    cost = _SHAPE * (1 / polsby_popper(candidates.total(village.area_m2), np.maximum(perimeter, 1e-9)) - 1)
    if village.has_households:
        cost += _HOUSEHOLDS * ((candidates.total(village.size) - village.aim) / village.aim) ** 2
    parted = np.maximum(candidates.total(_pair_weights(village)) / 2 - sums.together, 0.0)
    return np.stack([barrier, cut, cost + _PARTED * parted / village.aim])


@dataclass(frozen=True, eq=False)
class _Inside:
    """Sums over the pairs of units inside each candidate, (m,): metres, metres, metres, weight of pairs."""

    border: NDArray[np.float64]
    barrier: NDArray[np.float64]
    compound: NDArray[np.float64]
    together: NDArray[np.float64]


def _pair_weights(village: Village) -> NDArray[np.float64]:
    """Weight of all pairs that each unit forms with others of its old grid, (n,)."""
    old, weight = village.old, village.size + _LEAST_WEIGHT
    held = old >= 0
    count = np.bincount(old[held], minlength=1)
    total = np.bincount(old[held], weights=weight[held], minlength=1)
    pairs = np.zeros(len(old))
    # Σ over the c − 1 others of (w + w') / 2 = ((c − 1) w + W − w) / 2
    pairs[held] = ((count[old[held]] - 2) * weight[held] + total[old[held]]) / 2
    return pairs


def _inside_sums(village: Village, candidates: Candidates) -> _Inside:
    parts = []
    squares = np.cumsum(candidates.sizes**2)
    start = 0
    while start < len(candidates):
        done = squares[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(squares, done + _PAIRS_AT_ONCE, side="right")))
        parts.append(_pair_sums(village, candidates.take(np.arange(start, stop))))
        start = stop
    total = np.concatenate(parts, axis=1) if parts else np.zeros((4, 0))
    return _Inside(*total)


def _pair_sums(village: Village, candidates: Candidates) -> NDArray[np.float64]:
    graph, n, m = village.graph, len(village.graph), len(candidates)
    repeats = candidates.sizes[candidates.owner]
    grid = np.repeat(candidates.owner, repeats)
    first = np.repeat(candidates.members, repeats)
    within = np.arange(len(grid)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    second = candidates.members[candidates.indptr[grid] + within]
    once = first < second
    grid, first, second = grid[once], first[once], second[once]

    keys = graph.source * n + graph.indices
    at = np.searchsorted(keys, first * n + second)
    at[at == len(keys)] = 0
    edge = (keys[at] == first * n + second) if len(keys) else np.zeros(len(at), dtype=np.bool_)
    at, on = at[edge], grid[edge]
    border = np.where(graph.bridged[at], 0.0, graph.length_m[at])  # a bridge is no shared border
    same = (village.compound[first] >= 0) & (village.compound[first] == village.compound[second])
    both = (village.old[first] >= 0) & (village.old[first] == village.old[second])
    weight = (village.size[first] + village.size[second]) / 2 + _LEAST_WEIGHT
    return np.stack(
        [
            np.bincount(on, weights=border, minlength=m),
            np.bincount(on, weights=graph.barrier_m[at], minlength=m),
            np.bincount(on, weights=np.where(same[edge], graph.length_m[at], 0.0), minlength=m),
            np.bincount(grid[both], weights=weight[both], minlength=m),
        ]
    )
