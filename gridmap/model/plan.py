"""The plan: which grid every unit belongs to."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.errors import InvalidPlan, first_ten
from gridmap.model.text import Text
from gridmap.model.units import Units

#: Label of a unit that belongs to no grid yet.
UNASSIGNED: Final = -1


@dataclass(frozen=True)
class GridException:
    """A grid that is allowed to break a rule, with the reason.

    Attributes
    ----------
    grid : str
        Code of the grid.
    rule : str
        Id of the rule that is set aside ("R4", "R5", …).
    reason : str
        Key of the reason: ``dead_zone``, ``oversized_unit``, ``isolated``, ``parity``,
        ``forbidden_by_graph``, ``too_small``, ``dedicated``, ``cut_unit``, ``not_found``.
    text : Text
        The reason in a sentence with its numbers.
    """

    grid: str
    rule: str
    reason: str
    text: Text


@dataclass(frozen=True, eq=False)
class Plan:
    """An assignment of every unit to a grid.

    Parameters
    ----------
    units : Units
        What is assigned.
    grid_of : ndarray of int32, shape (n,)
        Label of each unit's grid: a position in `codes`, or −1 for a unit without a grid.
    codes : sequence of str, shape (k,)
        Code of each grid (R10), unique.
    exceptions : tuple of GridException
        Grids that are allowed to break a rule, each with its reason.
    locked : frozenset of str
        Codes of grids that must not change.

    Raises
    ------
    InvalidPlan
        If the labels are no whole numbers, are of another length than the units, lie outside
        −1 … k − 1, or if codes repeat, are empty, or a grid has no unit.
    """

    units: Units
    grid_of: NDArray[np.int32]
    codes: tuple[str, ...]
    exceptions: tuple[GridException, ...] = ()
    locked: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        given = np.asarray(self.grid_of)
        if given.dtype.kind not in "iu" or given.shape != (len(self.units),):
            raise InvalidPlan(
                f"grid_of needs one whole number a unit, shape ({len(self.units)},); got {given.dtype} {given.shape}"
            )
        codes = tuple(str(c) for c in self.codes)
        if len(given) and (given.min() < UNASSIGNED or given.max() >= len(codes)):
            raise InvalidPlan(f"labels must lie in -1 … {len(codes) - 1}; got {given.min()} … {given.max()}")
        labels = np.frombuffer(given.astype(np.int32).tobytes(), dtype=np.int32)  # bytes cannot be written to
        object.__setattr__(self, "grid_of", labels)
        object.__setattr__(self, "codes", codes)
        if len(set(codes)) < len(codes) or not all(codes):
            raise InvalidPlan("every grid needs a code of its own that is not empty")
        empty = np.flatnonzero(np.bincount(labels[labels >= 0], minlength=len(codes)) == 0)
        if len(empty):
            raise InvalidPlan(f"a grid needs at least one unit; none in {first_ten(codes[i] for i in empty)}")
        strangers = {e.grid for e in self.exceptions} | self.locked
        strangers -= set(codes)
        if strangers:
            raise InvalidPlan(
                f"exceptions and locks must name grids of the plan; not one: {first_ten(sorted(strangers))}"
            )

    @property
    def n_grids(self) -> int:
        """Number of grids."""
        return len(self.codes)

    @property
    def households_of_grid(self) -> NDArray[np.int64]:
        """Households of each grid, (k,)."""
        return self.total(self.units.households)

    @property
    def n_units_of_grid(self) -> NDArray[np.int64]:
        """Number of units of each grid, (k,)."""
        return np.bincount(self.grid_of[self.grid_of >= 0], minlength=self.n_grids).astype(np.int64)

    @property
    def jurisdiction_of_grid(self) -> NDArray[np.object_]:
        """Code of the jurisdiction of each grid (of its first unit), (k,)."""
        assigned = np.flatnonzero(self.grid_of >= 0)
        _, first = np.unique(self.grid_of[assigned], return_index=True)
        return np.asarray(self.units.frame["jurisdiction"].to_numpy(object)[assigned[first]], dtype=object)

    @property
    def home_of_grid(self) -> dict[str, str]:
        """Code of each grid → code of its jurisdiction."""
        return dict(zip(self.codes, self.jurisdiction_of_grid.tolist(), strict=True))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of unit ids and grid codes: equal for equal assignments, whatever the labels are."""
        digest = hashlib.sha256()
        codes = [*self.codes, ""]
        for unit, label in sorted(zip(self.units.ids, self.grid_of.tolist(), strict=True)):
            digest.update(f"{unit}\x1f{codes[label]}\x1e".encode())
        return digest.hexdigest()

    def total(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sum of a whole-number value of the units (n,) over each grid, (k,)."""
        assigned = self.grid_of >= 0
        sums = np.zeros(self.n_grids, dtype=np.int64)
        np.add.at(sums, self.grid_of[assigned], values[assigned])
        return sums

    def code_of_unit(self) -> NDArray[np.object_]:
        """Grid code of each unit, "" where it has none, (n,)."""
        return np.array([*self.codes, ""], dtype=object)[self.grid_of]

    def move(self, unit_ids: Sequence[str], to: str) -> Plan:
        """A new plan in which these units belong to grid `to`; a grid left without units is dropped.

        Raises
        ------
        InvalidUnits
            If a unit is unknown.
        InvalidPlan
            If the grid is unknown, or it or a grid that would lose units is locked.
        """
        if to not in self.codes:
            raise InvalidPlan(f"no such grid: {to}")
        at = self.units.positions(list(unit_ids))
        touched = {to} | {self.codes[i] for i in self.grid_of[at] if i >= 0}
        if touched & self.locked:
            raise InvalidPlan(f"locked grids do not change: {first_ten(sorted(touched & self.locked))}")
        labels = self.grid_of.copy()
        labels[at] = self.codes.index(to)
        used = np.unique(labels[labels >= 0])
        renumber = np.full(self.n_grids + 1, UNASSIGNED, dtype=np.int32)
        renumber[used] = np.arange(len(used))
        codes = tuple(self.codes[i] for i in used)
        kept = tuple(e for e in self.exceptions if e.grid in codes)
        return replace(self, grid_of=renumber[labels], codes=codes, exceptions=kept, locked=self.locked & set(codes))

    def dissolve(self) -> gpd.GeoDataFrame:
        """The grids as polygons: index grid code, columns jurisdiction, households, n_units, geometry.

        Units that form a valid coverage are merged by their shared borders; where they overlap or
        leave slivers the slower exact union is taken.
        """
        polygons = self.units.polygons
        shapes = []
        order = np.argsort(self.grid_of, kind="stable")
        order = order[self.grid_of[order] >= 0]
        starts = np.searchsorted(self.grid_of[order], np.arange(self.n_grids + 1))
        for label in range(self.n_grids):
            members = polygons[order[starts[label] : starts[label + 1]]]
            if shapely.coverage_is_valid(members):
                shapes.append(shapely.coverage_union_all(members))
            else:
                shapes.append(shapely.union_all(members))
        frame = gpd.GeoDataFrame(
            {
                "jurisdiction": self.jurisdiction_of_grid,
                "households": self.households_of_grid,
                "n_units": self.n_units_of_grid,
            },
            geometry=shapes,
            index=list(self.codes),
            crs=self.units.frame.crs,
        )
        frame.index.name = "grid_code"
        return frame
