"""Plans over a lattice of 100 m squares, small enough to judge by eye."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.check import check_plan
from gridmap.model.plan import GridException, Plan
from gridmap.model.report import Report
from gridmap.model.rules import load_rules
from gridmap.model.text import Text
from gridmap.model.units import Units

EAST = "310116113001"
CRS = "EPSG:4549"


class Lattice:
    """Makes units, plans and reports; grids are letters: a, b, c … are 001, 002, 003 …, a dot is no grid."""

    crs = CRS
    place = EAST

    def units(
        self,
        columns: int,
        rows: int = 1,
        *,
        households: int | Sequence[int] = 100,
        kind: str = "residential_area",
        place: str = EAST,
        shapes: dict[int, Any] | None = None,
        boundary: Any = None,
        **further: object,
    ) -> Units:
        """Units u00, u01 … row by row from the south-west, in one jurisdiction that they tile."""
        cells = [(100 * i, 100 * j) for j in range(rows) for i in range(columns)]
        polygons = [shapely.box(x, y, x + 100, y + 100) for x, y in cells]
        whole = shapely.union_all(polygons) if boundary is None else boundary
        for position, shape in (shapes or {}).items():
            polygons[position] = shape
        frame = gpd.GeoDataFrame(
            {
                "households": households,
                "jurisdiction": place,
                "kind": "group" if kind == "village" else "cell",
                **further,
            },
            geometry=polygons,
            index=[f"u{n:02d}" for n in range(len(polygons))],
            crs=CRS,
        )
        return Units(
            frame, gpd.GeoDataFrame({"name": ["山新"], "kind": [kind]}, geometry=[whole], index=[place], crs=CRS)
        )

    def two_places(self, columns: int) -> Units:
        """One row of units, the western half in 001, the eastern half in 002."""
        units = self.units(columns)
        half = columns // 2
        places = [EAST] * half + ["310116113002"] * (columns - half)
        shapes = [shapely.box(0, 0, 100 * half, 100), shapely.box(100 * half, 0, 100 * columns, 100)]
        jurisdictions = gpd.GeoDataFrame(
            {"name": ["山新", "金海岸"], "kind": "residential_area"},
            geometry=shapes,
            index=[EAST, "310116113002"],
            crs=CRS,
        )
        return Units(units.frame.assign(jurisdiction=places), jurisdictions)

    def plan(
        self,
        units: Units,
        letters: str,
        *,
        codes: dict[str, str] | None = None,
        exceptions: Sequence[tuple[str, str]] = (),
        locked: str = "",
    ) -> Plan:
        """A plan from one letter a unit; `exceptions` are (letter, rule)."""
        used = sorted(set(letters) - {"."})
        code = {c: f"{units.jurisdictions.index[0]}{ord(c) - ord('a') + 1:03d}" for c in used} | (codes or {})
        grid_of = np.array([used.index(c) if c != "." else -1 for c in letters], dtype=np.int32)
        named = tuple(
            GridException(code[c], rule, "too_small", Text("本来就小", "small by nature")) for c, rule in exceptions
        )
        return Plan(units, grid_of, tuple(code[c] for c in used), named, frozenset(code[c] for c in locked))

    def judge(self, plan: Plan, **options: Any) -> Report:
        return check_plan(plan, options.pop("rules", None) or load_rules(), **options)

    def found(self, report: Report, check_id: str) -> pd.DataFrame:
        return report.findings[report.findings["check"] == check_id]

    def line(self, *points: tuple[float, float]) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame({"kind": ["road"], "name": [""]}, geometry=[shapely.LineString(points)], crs=CRS)

    def points(self, *points: tuple[float, float]) -> gpd.GeoDataFrame:
        names = [f"店{n}" for n in range(len(points))]
        return gpd.GeoDataFrame(
            {"premises_id": [f"p{n}" for n in range(len(points))], "name": names, "kind": "shop"},
            geometry=[shapely.Point(p) for p in points],
            crs=CRS,
        )

    def drawn(self, **polygons: Any) -> gpd.GeoDataFrame:
        """A layer of grids, one polygon (or a list of them) a letter."""
        rows = [
            (f"{EAST}{ord(c) - ord('a') + 1:03d}", p)
            for c, ps in polygons.items()
            for p in (ps if isinstance(ps, list) else [ps])
        ]
        return gpd.GeoDataFrame({"grid_code": [c for c, _ in rows]}, geometry=[p for _, p in rows], crs=CRS)


@pytest.fixture
def on() -> Lattice:
    """On a lattice: ``on.units(6)``, ``on.plan(units, "aaabbb")``, ``on.judge(plan)``."""
    return Lattice()
