"""Four grids in two places, and registers written as short tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.model.plan import Plan
from gridmap.model.records import Records, make_records
from gridmap.model.registers import REGISTERS
from gridmap.model.units import Units

EAST, WEST = "310116113001", "310116113202"
A, B, C, D = f"{EAST}001", f"{EAST}002", f"{WEST}001", f"{WEST}002"
CRS = "EPSG:4549"


class Town:
    """Grids a and b in the residential area 001, c and d in the village 202."""

    east, west = EAST, WEST
    a, b, c, d = A, B, C, D
    day = date(2020, 3, 15)

    def plan(self, *codes: str) -> Plan:
        """One square of 100 m and 100 households a grid; a, b, c and d where none are named."""
        codes = codes or (A, B, C, D)
        places = [code[:12] for code in codes]
        squares = [shapely.box(100 * i, 0, 100 * i + 100, 100) for i in range(len(codes))]
        used = sorted(set(places))
        units = gpd.GeoDataFrame(
            {"households": 100, "jurisdiction": places},
            geometry=squares,
            index=[f"u{i}" for i in range(len(codes))],
            crs=CRS,
        )
        jurisdictions = gpd.GeoDataFrame(
            {"name": used, "kind": ["village" if p == WEST else "residential_area" for p in used]},
            geometry=[shapely.union_all([s for s, q in zip(squares, places, strict=True) if q == p]) for p in used],
            index=used,
            crs=CRS,
        )
        return Plan(Units(units, jurisdictions), np.arange(len(codes), dtype=np.int32), codes)

    def records(self, **tables: tuple[str, Sequence[Sequence[Any]]]) -> Records:
        """``records(branch=("branch_id name …", [(…), …]))``; None is blank."""
        frames = {}
        for name, (columns, rows) in tables.items():
            names = columns.split()
            values = {c: [row[i] for row in rows] for i, c in enumerate(names)}
            frames[name] = make_records(REGISTERS[name], values, CRS)
        return Records(frames)


@pytest.fixture(scope="session")
def town() -> Town:
    """A town: ``town.plan()``, ``town.records(branch=("branch_id name kind jurisdiction grids", [...]))``."""
    return Town()
