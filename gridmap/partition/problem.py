"""One connected area as arrays: what the residential search works on, and what it pays for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.model.graph import DualGraph
from gridmap.model.units import Units
from gridmap.partition.kernels import Net, Weights

# The prices of the search, all our decision. One side of a typical grid crossed by a barrier costs 5,
# a deviation of 10 % costs 1, a square costs 0.27 for its shape, a typical grid 0.65.
_OUTSIDE: Final = 25.0  # a grid outside the hard band
_OUTSIDE_EXCESS: Final = 200.0  # … and each ideal of households that it lies outside
_BEYOND: Final = 4.0  # a grid beyond the quality band
_BEYOND_EXCESS: Final = 200.0  # … and each ideal of households that it lies beyond
_SQUARE: Final = 100.0  # squared relative deviation
_SHAPE: Final = 1.0  # 1 / Polsby–Popper − 1
_BARRIER: Final = 5.0  # a grid side of barrier inside a grid
_COMPOUND: Final = 0.5  # a grid side of border through a compound
_MOVED: Final = 8.0  # an ideal of households moved from an existing plan


@dataclass(frozen=True, eq=False)
class Problem:
    """A connected area of n units that is to be divided into k grids.

    Attributes
    ----------
    net : Net
        Lengths in sides, areas in squares of a typical grid of the area.
    weights : Weights
    k : int
    compound : ndarray of int64, shape (n,)
        Number of each unit's compound from 0; −1 for none.
    side_m : float
        Side of a typical grid in metres, √(area / k).
    """

    net: Net
    weights: Weights
    k: int
    compound: NDArray[np.int64]
    side_m: float

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.net.households)

    def graph(self) -> DualGraph:
        """The dual graph of the area, lengths in grid sides."""
        net = self.net
        return DualGraph(net.indptr, net.indices, net.length, net.barrier, np.zeros(len(net.indices), dtype=np.bool_))


@dataclass(frozen=True, eq=False)
class Area:
    """The units of one jurisdiction as arrays, before k is chosen; lengths in metres.

    Attributes
    ----------
    graph : DualGraph
    households, area_m2, perimeter_m : ndarray, shape (n,)
    compound : ndarray of int64, shape (n,)
    old : ndarray of int64, shape (n,)
        Label in an existing plan, −1 where there is none.
    """

    graph: DualGraph
    households: NDArray[np.int64]
    area_m2: NDArray[np.float64]
    perimeter_m: NDArray[np.float64]
    compound: NDArray[np.int64]
    old: NDArray[np.int64]

    @classmethod
    def of(cls, units: Units, graph: DualGraph, old: NDArray[np.int64] | None = None) -> Area:
        """The arrays of these units.

        A bridged edge counts as a border as long as the two units face each other, so that the search
        sees the shape that the grids would have if the gaps (streets between parcels) were closed.
        """
        polygons = units.polygons
        _, compound = np.unique(units.frame["compound"].to_numpy(str), return_inverse=True)
        compound = compound.astype(np.int64)
        compound[units.frame["compound"].to_numpy(str) == ""] = -1
        return cls(
            graph,
            units.households,
            shapely.area(polygons),
            shapely.length(polygons),
            compound,
            np.full(len(units), -1, dtype=np.int64) if old is None else old.astype(np.int64),
        )

    def __len__(self) -> int:
        return len(self.households)

    def take(self, members: NDArray[np.int64]) -> Area:
        """The area of these units only."""
        return Area(
            self.graph.subgraph(members),
            self.households[members],
            self.area_m2[members],
            self.perimeter_m[members],
            self.compound[members],
            self.old[members],
        )

    def problem(self, k: int, lower: float, upper: float, ideal: float, quality: float) -> Problem:
        """The search problem of dividing this area into `k` grids.

        Parameters
        ----------
        k : int
        lower, upper : float
            Hard band of households.
        ideal : float
            Households of an ideal grid.
        quality : float
            Relative deviation from the ideal within which a grid is good.
        """
        graph = self.graph
        side = float(np.sqrt(self.area_m2.sum() / k))
        source = graph.source
        same = (self.compound[source] == self.compound[graph.indices]) & (self.compound[source] >= 0)
        moving = bool((self.old >= 0).any())
        return Problem(
            Net(
                graph.indptr,
                graph.indices,
                graph.length_m / side,
                graph.barrier_m / side,
                np.where(same, graph.length_m / side, 0.0),
                self.households.astype(np.float64),
                self.area_m2 / side**2,
                self.perimeter_m / side,
                self.old,
            ),
            Weights(
                float(lower),
                float(upper),
                max(ideal, 1.0),
                quality,
                _OUTSIDE,
                _OUTSIDE_EXCESS,
                _BEYOND if not moving else 0.0,
                _BEYOND_EXCESS if not moving else 0.0,
                _SQUARE if not moving else 0.0,
                _SHAPE if not moving else 0.1,
                _BARRIER,
                _COMPOUND,
                _MOVED if moving else 0.0,
            ),
            k,
            self.compound,
            side,
        )
