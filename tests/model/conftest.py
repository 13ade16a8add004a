"""Small towns that a person can check by hand."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import pytest
from shapely.geometry import box

from gridmap import Units

CRS = "EPSG:4549"
WEST, EAST = "310116113202", "310116113001"


@pytest.fixture
def make_units() -> Callable[..., Units]:
    """Squares of 100 m in a row, the first half in a village, the rest in a residential area."""

    def make(n: int = 4, households: list[int] | None = None, **columns: object) -> Units:
        half = (n + 1) // 2
        frame = gpd.GeoDataFrame(
            {
                "households": [10 * (i + 1) for i in range(n)] if households is None else households,
                "jurisdiction": [WEST] * half + [EAST] * (n - half),
                **columns,
            },
            geometry=[box(100 * i, 0, 100 * i + 100, 100) for i in range(n)],
            index=[f"u{i}" for i in range(n)],
            crs=CRS,
        )
        jurisdictions = gpd.GeoDataFrame(
            {"name": ["向阳村", "山新居民区"], "kind": ["village", "residential_area"]},
            geometry=[box(0, 0, 100 * half, 100), box(100 * half, 0, 100 * n + 100, 100)],
            index=[WEST, EAST],
            crs=CRS,
        )
        return Units(frame, jurisdictions)

    return make


@pytest.fixture
def units(make_units: Callable[..., Units]) -> Units:
    """Four units of 10, 20, 30, 40 households: u0, u1 in the village, u2, u3 in the residential area."""
    return make_units()
