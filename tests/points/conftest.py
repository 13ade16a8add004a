"""A town of squares and its points, small enough to judge by eye."""

from __future__ import annotations

from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.model.plan import Plan
from gridmap.model.records import Records, make_records
from gridmap.model.registers.points import POINT
from gridmap.model.units import Units

WEST, EAST = "310116113001", "310116113202"
#: CGCS2000, 3° zone of 120° E; the south-west corner of the square town lies in the reference town.
CRS = "EPSG:4549"
X0, Y0 = 628_000.0, 3_400_000.0
DAY = date(2020, 6, 30)


class SquareTown:
    """Four squares in a row, west to east: a residential area (two) and a village (two); places are metres from X0, Y0.

    Units are u0 … u3, grids W1 = 310116113001001, W2 (…002), E1 = 310116113202001, E2 (…002).
    """

    crs = CRS
    day = DAY
    west, east = WEST, EAST
    w1, w2, e1, e2 = (f"{place}{n:03d}" for place in (WEST, EAST) for n in (1, 2))

    def at(self, x: float, y: float) -> shapely.Point:
        return shapely.Point(X0 + x, Y0 + y)

    def units(self, side_m: float = 200.0) -> Units:
        squares = [shapely.box(X0 + side_m * i, Y0, X0 + side_m * (i + 1), Y0 + side_m) for i in range(4)]
        frame = gpd.GeoDataFrame(
            {
                "households": [100, 200, 300, 400],
                "jurisdiction": [WEST, WEST, EAST, EAST],
                "kind": ["cell", "cell", "group", "group"],
            },
            geometry=squares,
            index=["u0", "u1", "u2", "u3"],
            crs=CRS,
        )
        halves = [shapely.union_all(squares[:2]), shapely.union_all(squares[2:])]
        places = gpd.GeoDataFrame(
            {"name": ["山新", "向阳"], "kind": ["residential_area", "village"]},
            geometry=halves,
            index=[WEST, EAST],
            crs=CRS,
        )
        return Units(frame, places)

    def plan(self, grids: str = "abcd", units: Units | None = None, **codes: str) -> Plan:
        """One letter a unit, a dot for none; a, b, c, d are W1, W2, E1, E2 unless `codes` say otherwise."""
        named = {"a": self.w1, "b": self.w2, "c": self.e1, "d": self.e2} | codes
        used = sorted(set(grids) - {"."})
        labels = np.array([used.index(c) if c != "." else -1 for c in grids], dtype=np.int32)
        return Plan(units or self.units(), labels, tuple(named[c] for c in used))

    def points(self, *rows: dict[str, Any], crs: str | None = CRS) -> gpd.GeoDataFrame:
        """Records of points; what a row does not say: a grid point in use at 100, 100 (the middle of W1)."""
        blank = {"kind": "grid_point", "status": "in_use", "geometry": self.at(100, 100)}
        full = [blank | {"point_id": f"P{n}", "name": f"点{n}"} | row for n, row in enumerate(rows)]
        columns = {c for row in full for c in row}
        frame = make_records(POINT, {c: [row.get(c) for row in full] for c in columns}, crs=crs)
        assert isinstance(frame, gpd.GeoDataFrame)
        return frame

    def records(self, *rows: dict[str, Any]) -> Records:
        return Records({"point": self.points(*rows)})


@pytest.fixture
def town() -> SquareTown:
    """``town.plan("aacd")``, ``town.points({"geometry": town.at(10, 20)})``."""
    return SquareTown()
