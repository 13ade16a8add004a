"""Small sets of units whose borders a person can check by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import geopandas as gpd
import pytest
import shapely

from gridmap import Units

CRS = "EPSG:4549"


@pytest.fixture(scope="session")
def make_units() -> Callable[..., Units]:
    """Units u0, u1 … of these polygons, one household each, all in jurisdiction "j" if none is given."""

    def make(polygons: Sequence[shapely.Geometry], jurisdiction: Sequence[str] | None = None) -> Units:
        codes = ["j"] * len(polygons) if jurisdiction is None else list(jurisdiction)
        index = [f"u{i}" for i in range(len(polygons))]
        frame = gpd.GeoDataFrame(
            {"households": 1, "jurisdiction": codes}, geometry=list(polygons), index=index, crs=CRS
        )
        used = sorted(set(codes))
        areas = gpd.GeoDataFrame(
            {"name": used, "kind": ["residential_area"] * len(used)},
            geometry=[shapely.box(*frame.total_bounds)] * len(used),
            index=used,
            crs=CRS,
        )
        return Units(frame, areas)

    return make


@pytest.fixture(scope="session")
def make_barriers() -> Callable[..., gpd.GeoDataFrame]:
    """Barriers of these shapes, all of one kind and name."""

    def make(*shapes: shapely.Geometry, kind: str = "road", name: str = "") -> gpd.GeoDataFrame:
        n = len(shapes)
        return gpd.GeoDataFrame({"kind": [kind] * n, "name": [name] * n}, geometry=list(shapes), crs=CRS)

    return make
