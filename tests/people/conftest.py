"""Small towns with rosters: jurisdictions are rows of squares, one unit a grid; grids are a1, a2 … b1 … by place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.model.plan import Plan
from gridmap.model.records import Records, make_records
from gridmap.model.registers import REGISTERS
from gridmap.model.units import Units

DAY = dt.date(2020, 2, 1)
TOWN = "310116113"
CRS = "EPSG:4549"

ROLES = {"C": "chief_grid_leader", "L": "grid_leader", "I": "grid_instructor", "M": "grid_member"}


def place(letter: str) -> str:
    """Code of a jurisdiction: a is 001, b 002 …"""
    return f"{TOWN}{ord(letter) - ord('a') + 1:03d}"


def grid(name: str) -> str:
    """Code of a grid: a1 is the first of jurisdiction a."""
    return f"{place(name[0])}{int(name[1:]):03d}"


class Towns:
    """Makes plans and records."""

    day = DAY
    place = staticmethod(place)
    grid = staticmethod(grid)

    def plan(
        self,
        households: Mapping[str, Sequence[int]],
        *,
        gaps_m: Mapping[str, float] | None = None,
        dedicated: str = "",
        has_households: bool = True,
    ) -> Plan:
        """Grids of these households by jurisdiction, west to east; `gaps_m` lies before a jurisdiction."""
        rows, places, x = [], [], 0.0
        for letter, counts in households.items():
            x += (gaps_m or {}).get(letter, 0.0)
            start = x
            for n, count in enumerate(counts, start=1):
                name = f"{letter}{n}"
                mall = "万达" if name == dedicated else ""
                rows.append((f"u-{name}", grid(name), place(letter), count, mall, shapely.box(x, 0, x + 100, 100)))
                x += 100
            places.append((place(letter), f"{letter}村", shapely.box(start, 0, x, 100)))
        frame = gpd.GeoDataFrame(
            {
                "households": [r[3] if has_households else 0 for r in rows],
                "jurisdiction": [r[2] for r in rows],
                "dedicated": [r[4] for r in rows],
            },
            geometry=[r[5] for r in rows],
            index=[r[0] for r in rows],
            crs=CRS,
        )
        jurisdictions = gpd.GeoDataFrame(
            {"name": [p[1] for p in places], "kind": "residential_area"},
            geometry=[p[2] for p in places],
            index=[p[0] for p in places],
            crs=CRS,
        )
        units = Units(frame, jurisdictions, has_households)
        return Plan(units, np.arange(len(rows), dtype=np.int32), tuple(r[1] for r in rows))

    def posts(self, *lines: str, **further: Any) -> Records:
        """Records of posts, a line each: ``"p1 L a1"``, ``"p2 M a"`` (jurisdiction only), ``"p3 M -"`` (nowhere).

        After the place may stand ``source=…``, ``since=…``, ``until=…``, ``grid=…``, ``jurisdiction=…``.
        """
        table = []
        for line in lines:
            person, role, where, *others = line.split()
            row: dict[str, Any] = {"person_id": person, "role": ROLES[role]}
            if where != "-":
                row |= {"grid": grid(where)} if len(where) > 1 else {"jurisdiction": place(where)}
            table.append(row | dict(other.split("=") for other in others))
        return Records({"post": make_records(REGISTERS["post"], pd.DataFrame(table)), **further})

    def people(self, *lines: str) -> dict[str, pd.DataFrame]:
        """The register of people, a line each: ``"p1 王芳 13800000000"``; the telephone may be missing."""
        table = [dict(zip(("person_id", "name", "phone"), line.split(), strict=False)) for line in lines]
        return {"person": make_records(REGISTERS["person"], pd.DataFrame(table))}

    def teams(self, grids: Mapping[str, int], prefix: str = "m") -> list[str]:
        """Lines of so many members of each grid: a1 has ma1-1, ma1-2 …"""
        return [f"{prefix}{name}-{n} M {name}" for name, count in grids.items() for n in range(1, count + 1)]


@pytest.fixture
def towns() -> Towns:
    """``towns.plan({"a": [300, 320]})``, ``towns.posts("p1 L a1")``."""
    return Towns()
