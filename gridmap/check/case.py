"""The case: a plan and everything beside it that a check may look at, each thing worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridmap.measure.components import components
from gridmap.measure.shape import barrier_crossed_m, polsby_popper
from gridmap.measure.size import deviation, ideal_size
from gridmap.model.graph import DualGraph
from gridmap.model.plan import Plan
from gridmap.model.rules import Profile, Rules


@dataclass(frozen=True, eq=False)
class Case:
    """What a check may look at.

    Attributes
    ----------
    plan : Plan
    rules : Rules
    graph : DualGraph
        Of the units of the plan.
    premises : geopandas.GeoDataFrame or None
        Enterprises, shops, malls, in the CRS of the units.
    previous : Plan or None
        The plan that this one replaces; units are matched by their ids.
    retired : frozenset of str
        Codes that were given up and may never come back.
    lineage : pandas.DataFrame or None
        Columns ``old_code``, ``new_code``, ``kind``, ``households``.
    drawn : geopandas.GeoDataFrame or None
        What :func:`gridmap.check.judge_polygons` noted about a plan that was drawn elsewhere.
    """

    plan: Plan
    rules: Rules
    graph: DualGraph
    premises: gpd.GeoDataFrame | None = None
    previous: Plan | None = None
    retired: frozenset[str] = frozenset()
    lineage: pd.DataFrame | None = None
    drawn: gpd.GeoDataFrame | None = None

    @cached_property
    def grids(self) -> gpd.GeoDataFrame:
        """The grids as polygons, index code."""
        return self.plan.dissolve()

    @cached_property
    def shapes(self) -> NDArray[np.object_]:
        """Polygons of the grids, (k,)."""
        return np.asarray(self.grids.geometry.values, dtype=object)

    @cached_property
    def home(self) -> NDArray[np.int64]:
        """Position of each grid's jurisdiction, (k,)."""
        index = self.plan.units.jurisdictions.index
        return np.asarray(index.get_indexer(pd.Index(self.plan.jurisdiction_of_grid)), dtype=np.int64)

    @cached_property
    def is_dedicated(self) -> NDArray[np.bool_]:
        """Whether a grid consists of dedicated units only: such a grid has no bound, (k,)."""
        ordinary = (self.plan.units.frame["dedicated"] == "").to_numpy(np.int64)
        return np.asarray(self.plan.total(ordinary) == 0)

    @cached_property
    def graph_without_bridges(self) -> DualGraph:
        """The graph of the units that really share a border."""
        graph = self.graph
        keep = ~graph.bridged & (graph.source < graph.indices)
        edges = np.stack([graph.source[keep], graph.indices[keep]], axis=1)
        return DualGraph.from_edges(len(graph), edges, graph.length_m[keep], graph.barrier_m[keep])

    @cached_property
    def part_of_unit(self) -> NDArray[np.int64]:
        """Contiguous part that each unit belongs to when edges between grids are cut, (n,)."""
        return components(self.graph, self.plan.grid_of)

    @cached_property
    def n_parts(self) -> NDArray[np.int64]:
        """Contiguous parts of each grid, (k,)."""
        return self.count_distinct(self.part_of_unit)

    def count_distinct(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many different values the units of each grid have, (k,)."""
        assigned = self.plan.grid_of >= 0
        pairs = np.unique(np.stack([self.plan.grid_of[assigned], values[assigned]], axis=1), axis=0)
        return np.bincount(pairs[:, 0], minlength=self.plan.n_grids).astype(np.int64)

    def members(self, label: int) -> NDArray[np.int64]:
        """Positions of the units of a grid."""
        order, starts = self._by_grid
        return order[starts[label] : starts[label + 1]]

    @cached_property
    def _by_grid(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        order = np.argsort(self.plan.grid_of, kind="stable").astype(np.int64)
        starts = np.searchsorted(self.plan.grid_of[order], np.arange(self.plan.n_grids + 1))
        return order, starts.astype(np.int64)

    @cached_property
    def profiles(self) -> tuple[Profile, ...]:
        """The profile of each grid by the kind of its jurisdiction, (k,)."""
        kinds = self.plan.units.jurisdictions["kind"].to_numpy(object)
        by_kind = {kind: self.rules.profile(kind) for kind in set(kinds)}
        return tuple(by_kind[kinds[home]] for home in self.home)

    def of_profiles(self, name: str) -> NDArray[np.float64]:
        """A number of the profiles, for each grid, (k,)."""
        return np.array([float(getattr(p, name)) for p in self.profiles], dtype=np.float64)

    @cached_property
    def counts_households(self) -> NDArray[np.bool_]:
        """Whether a grid's band counts households (R5) and not units (R4), (k,)."""
        return np.array([p.counted == "households" for p in self.profiles], dtype=np.bool_)

    @cached_property
    def compound_of_unit(self) -> NDArray[np.object_]:
        """Compound of each unit, told apart by jurisdiction since two places may use one name; "" for none, (n,)."""
        frame = self.plan.units.frame
        full = frame["jurisdiction"].astype(str) + "\x1f" + frame["compound"].astype(str)
        return np.asarray(full.where(frame["compound"] != "", ""), dtype=object)

    @cached_property
    def is_judged(self) -> NDArray[np.bool_]:
        """Whether a grid's households can be compared with a number: known, and no dedicated grid, (k,)."""
        return ~self.is_dedicated & self.plan.units.has_households

    @cached_property
    def deviation(self) -> NDArray[np.float64]:
        """Relative deviation of households from the households target of the rules, NaN where not judged, (k,)."""
        return self._relative(self.of_profiles("households_target"))

    @cached_property
    def ideal_of_grid(self) -> NDArray[np.float64]:
        """Households of a grid if those of its jurisdiction were shared evenly, dedicated grids apart, (k,)."""
        households = np.where(self.is_dedicated, 0, self.plan.households_of_grid)
        total = np.bincount(self.home, households, len(self.plan.units.jurisdictions)).astype(np.int64)
        targets = self.of_profiles("households_target")
        pairs = zip(total[self.home], targets, strict=True)
        return np.array([ideal_size(int(h), t) if h > 0 else np.nan for h, t in pairs], dtype=np.float64)

    @cached_property
    def deviation_from_ideal(self) -> NDArray[np.float64]:
        """Relative deviation of households from :attr:`ideal_of_grid`, NaN where not judged, (k,)."""
        return self._relative(self.ideal_of_grid)

    def _relative(self, wanted: NDArray[np.float64]) -> NDArray[np.float64]:
        result = np.full(self.plan.n_grids, np.nan)
        known = self.is_judged & np.isfinite(wanted)
        if known.any():
            result[known] = deviation(self.plan.households_of_grid[known], wanted[known])
        return result

    @cached_property
    def area_m2(self) -> NDArray[np.float64]:
        """Area of each grid, (k,)."""
        return np.asarray(shapely.area(self.shapes), dtype=np.float64)

    @cached_property
    def perimeter_m(self) -> NDArray[np.float64]:
        """Length of each grid's outline, holes included, (k,)."""
        return np.asarray(shapely.length(self.shapes), dtype=np.float64)

    @cached_property
    def polsby_popper(self) -> NDArray[np.float64]:
        """Compactness of each grid from its merged polygon, (k,)."""
        return polsby_popper(self.area_m2, self.perimeter_m)

    @cached_property
    def barrier_crossed_m(self) -> NDArray[np.float64]:
        """Length of barrier between units of one grid, (k,)."""
        return barrier_crossed_m(self.graph, self.plan.grid_of, self.plan.n_grids)

    @cached_property
    def code_before(self) -> NDArray[np.object_]:
        """Code, in this plan's codes, of the grid that each unit would be in had nothing changed, (n,).

        "" where there is no previous plan, or the unit is new or had no grid. A grid goes on under its
        code (R10). Where the two plans share no code at all, each old grid goes on in the grid that
        holds most of its households, each grid taken once, the largest overlap first.
        """
        codes = np.full(len(self.plan.units), "", dtype=object)
        if self.previous is None:
            return codes
        at = pd.Index(self.previous.units.ids).get_indexer(pd.Index(self.plan.units.ids))
        codes[at >= 0] = self.previous.code_of_unit()[at[at >= 0]]
        if set(self.previous.codes) & set(self.plan.codes):
            return codes
        heir = self._heirs(codes)
        return np.array([heir.get(code, code) for code in codes], dtype=object)

    def _heirs(self, old: NDArray[np.object_]) -> dict[str, str]:
        table = pd.DataFrame({"old": old, "new": self.plan.code_of_unit(), "households": self.plan.units.households})
        table = table[(table["old"] != "") & (table["new"] != "")]
        table["households"] += 0.2  # units without households count for a little, as in the search
        overlap = table.groupby(["old", "new"]).agg(households=("households", "sum")).reset_index()
        heir: dict[str, str] = {}
        ranked = overlap.sort_values(["households", "old", "new"], ascending=[False, True, True])
        taken: set[str] = set()
        for code, successor in zip(ranked["old"], ranked["new"], strict=True):
            if code not in heir and successor not in taken:
                heir[code] = successor
                taken.add(successor)
        return heir

    @cached_property
    def is_moved(self) -> NDArray[np.bool_]:
        """Whether a unit left the grid that goes on under its old code, (n,)."""
        before = self.code_before
        return np.asarray((before != "") & (before != self.plan.code_of_unit()), dtype=np.bool_)

    def merged(self, units: Sequence[int] | NDArray[np.int64]) -> BaseGeometry:
        """The union of some units."""
        return shapely.union_all(self.plan.units.polygons[np.asarray(units, dtype=np.int64)])

    def place(self, position: int) -> str:
        """Code of a jurisdiction by its position."""
        return str(self.plan.units.jurisdictions.index[position])

    def place_name(self, position: int) -> str:
        """Name of a jurisdiction by its position, its code where it has no name."""
        name = str(self.plan.units.jurisdictions["name"].iloc[position])
        return name or self.place(position)
