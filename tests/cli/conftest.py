"""Small real files as a town would hand them in, and the command line run on them in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import pytest
import shapely

from gridmap.cli.app import _run
from gridmap.data.vector import write_layers

EAST, NORTH = 628_000.0, 3_402_000.0


class Said(NamedTuple):
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


def square(column: int, row: int, side: float = 100.0) -> shapely.Polygon:
    return shapely.box(EAST + side * column, NORTH + side * row, EAST + side * (column + 1), NORTH + side * (row + 1))


@pytest.fixture
def town() -> gpd.GeoDataFrame:
    """A village of six groups in a row, and above it a residential area of twelve blocks: 6 × 50 and 12 × 100."""
    places = [(i, 0) for i in range(6)] + [(i, j) for j in (1, 2) for i in range(6)]
    return gpd.GeoDataFrame(
        {
            "unit_id": [f"G{i}" for i in range(6)] + [f"B{i:02}" for i in range(12)],
            "jurisdiction": ["310116113202"] * 6 + ["310116113001"] * 12,
            "households": [50] * 6 + [100] * 12,
        },
        geometry=[square(*p) for p in places],
        crs="EPSG:4549",
    )


@pytest.fixture
def areas() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": ["310116113202", "310116113001"], "name": ["向阳村", "海欣居民区"]},
        geometry=[
            shapely.box(EAST, NORTH, EAST + 600, NORTH + 100),
            shapely.box(EAST, NORTH + 100, EAST + 600, NORTH + 300),
        ],
        crs="EPSG:4549",
    )


@pytest.fixture
def town_file(town: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, tmp_path: Path) -> Path:
    """The town in one GeoPackage with standard layers."""
    path = tmp_path / "town.gpkg"
    write_layers(path, {"units": town, "jurisdictions": areas})
    return path


@pytest.fixture
def gridmap_(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run a command in this process."""

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        code = _run([str(a) for a in arguments])
        return Said(code, *capsys.readouterr())

    return run
