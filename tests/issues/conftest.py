"""A street of units, each 100 m wide, from west to east; and issues along it, 50 m from its southern edge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.model.issues import ISSUE_COLUMNS, Issues, make_issues
from gridmap.model.plan import Plan
from gridmap.model.units import Units

CRS = "EPSG:4549"


class Street:
    """Makes plans and issues."""

    crs = CRS

    def plan(self, grids: str, households: Sequence[int] | None = None, *, has_households: bool = True) -> Plan:
        """``"a1 a1 a2 b1"``: the grid of each unit; its letter is the jurisdiction. "-" is a unit without a grid, of a.

        The last jurisdiction reaches 100 m beyond its last unit.
        """
        names = grids.split()
        n = len(names)
        homes = [name[0] if name != "-" else "a" for name in names]
        frame = gpd.GeoDataFrame(
            {"households": list(households or [100] * n) if has_households else [0] * n, "jurisdiction": homes},
            geometry=[shapely.box(100 * i, 0, 100 * i + 100, 100) for i in range(n)],
            index=[f"u{i}" for i in range(n)],
            crs=CRS,
        )
        order = list(dict.fromkeys(homes))
        spans = {h: (homes.index(h), n - homes[::-1].index(h) + (h == order[-1])) for h in order}
        jurisdictions = gpd.GeoDataFrame(
            {"name": [f"{h}村" for h in order], "kind": "village"},
            geometry=[shapely.box(100 * west, 0, 100 * east, 100) for west, east in spans.values()],
            index=order,
            crs=CRS,
        )
        codes = list(dict.fromkeys(name for name in names if name != "-"))
        labels = np.array([codes.index(name) if name != "-" else -1 for name in names], dtype=np.int32)
        return Plan(Units(frame, jurisdictions, has_households), labels, tuple(codes))

    def issues(self, *rows: dict[str, Any], **same: Any) -> Issues:
        """One issue a mapping, ids i0, i1 …; ``x`` is metres from the west (None: no place), `same` holds for all."""
        table = [{"reported_at": "2020-01-15 08:00", **same, **row} for row in rows]
        x = [row.pop("x", 50.0) for row in table]
        places = [None if at is None else shapely.Point(at, 50.0) for at in x]
        values = pd.DataFrame(table)
        for name in values.columns.intersection([c for c, kind in ISSUE_COLUMNS.items() if kind == "time"]):
            values[name] = pd.to_datetime(values[name], format="ISO8601")
        frame = gpd.GeoDataFrame(values, geometry=places, crs=CRS)
        return Issues(make_issues(frame, [f"i{n}" for n in range(len(table))]))


@pytest.fixture
def street() -> Street:
    """``street.plan("a1 a2 b1")``, ``street.issues({"x": 50}, {"x": 150})``."""
    return Street()
