"""Plans over a lattice of 100 m squares, small enough to judge by eye."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.model.plan import GridException, Plan
from gridmap.model.units import Units

EAST = "310116113001"
WEST = "310116113202"
CRS = "EPSG:4549"


def lattice(
    columns: int,
    rows: int,
    *,
    households: int | Sequence[int] = 100,
    kind: str = "residential_area",
    jurisdiction: str = EAST,
    x0: float = 0.0,
    **columns_of_units: object,
) -> Units:
    """Units ``u00`` … row by row from the south-west, 100 m wide, in one jurisdiction that they tile."""
    polygons = [
        shapely.box(x0 + 100 * i, 100 * j, x0 + 100 * (i + 1), 100 * (j + 1))
        for j in range(rows)
        for i in range(columns)
    ]
    frame = gpd.GeoDataFrame(
        {"households": households, "jurisdiction": jurisdiction, **columns_of_units},
        geometry=polygons,
        index=[f"u{n:02d}" for n in range(len(polygons))],
        crs=CRS,
    )
    if kind == "village":
        frame["kind"] = "group"
    places = gpd.GeoDataFrame(
        {"name": ["山新"], "kind": [kind]}, geometry=[shapely.union_all(polygons)], index=[jurisdiction], crs=CRS
    )
    return Units(frame, places)


def plan_of(units: Units, labels: str, *, exceptions: Sequence[GridException] = (), locked: Sequence[str] = ()) -> Plan:
    """A plan from one letter a unit: a, b, c … are grids 001, 002, 003 …, a dot is no grid."""
    letters = sorted(set(labels) - {"."})
    prefix = str(units.jurisdictions.index[0])
    codes = [f"{prefix}{ord(letter) - ord('a') + 1:03d}" for letter in letters]
    grid_of = np.array([letters.index(c) if c != "." else -1 for c in labels], dtype=np.int32)
    return Plan(units, grid_of, tuple(codes), tuple(exceptions), frozenset(locked))


@pytest.fixture
def squares() -> Callable[..., Units]:
    return lattice


@pytest.fixture
def lettered() -> Callable[..., Plan]:
    return plan_of
