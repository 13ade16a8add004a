"""Small places to divide among buildings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import pytest
import shapely
import shapely.affinity
from shapely.geometry import LineString, box

CRS = "EPSG:4549"
Frame = gpd.GeoDataFrame


@pytest.fixture(scope="session")
def make_areas() -> Callable[..., Frame]:
    """Jurisdictions j0, j1 … (or the given codes) of these polygons."""

    def make(*shapes: shapely.Geometry, codes: Sequence[str] = (), kind: str = "residential_area") -> Frame:
        index = list(codes) or [f"j{i}" for i in range(len(shapes))]
        return Frame({"name": index, "kind": [kind] * len(shapes)}, geometry=list(shapes), index=index, crs=CRS)

    return make


@pytest.fixture(scope="session")
def make_buildings() -> Callable[..., Frame]:
    """Buildings b0, b1 … of these shapes with 1, 2, 3 … households."""

    def make(*shapes: shapely.Geometry, **columns: Sequence[object]) -> Frame:
        index = [f"b{i}" for i in range(len(shapes))]
        table = {"households": np.arange(1, len(shapes) + 1), **columns}
        return Frame(table, geometry=list(shapes), index=index, crs=CRS)

    return make


@pytest.fixture(scope="session")
def make_lines() -> Callable[..., Frame]:
    """Roads along these lines, each a list of points."""

    def make(*lines: Sequence[tuple[float, float]]) -> Frame:
        return Frame({"kind": ["road"] * len(lines)}, geometry=[LineString(line) for line in lines], crs=CRS)

    return make


@pytest.fixture(scope="session")
def random_town() -> Callable[..., tuple[Frame, Frame, Frame]]:
    """Buildings, two jurisdictions side by side and wavy roads across both, from a seed."""

    def make(seed: int, *, n: int = 60, footprints: bool = False) -> tuple[Frame, Frame, Frame]:
        rng = np.random.default_rng(seed)
        side = 30 * np.sqrt(n)
        middle = side * (0.4 + 0.2 * rng.random())
        areas = Frame(
            {"name": ["west", "east"], "kind": ["residential_area"] * 2},
            geometry=[box(0, 0, middle, side), box(middle, 0, side, side)],
            index=["w", "e"],
            crs=CRS,
        )
        spots = rng.random((n, 2)) * side
        shapes: Sequence[shapely.Geometry] = list(shapely.points(spots))
        if footprints:
            half = rng.uniform(3, 12, (n, 2))
            boxes = shapely.box(*(spots - half).T, *(spots + half).T)
            shapes = [s for s in _turned(boxes, rng) if box(0, 0, side, side).covers(s)]
        buildings = Frame(
            {"households": rng.integers(0, 40, len(shapes))},
            geometry=list(shapes),
            index=[f"b{i}" for i in range(len(shapes))],
            crs=CRS,
        )
        across = [[(x, -10), (x + rng.normal(0, 20), side / 2), (x, side + 10)] for x in rng.random(2) * side]
        along = [[(-10, y), (side / 2, y + rng.normal(0, 20)), (side * rng.random(), y)] for y in rng.random(2) * side]
        lines = [LineString(line) for line in across + along]
        return buildings, areas, Frame({"kind": ["road"] * len(lines)}, geometry=lines, crs=CRS)

    return make


def _turned(shapes: Sequence[shapely.Geometry], rng: np.random.Generator) -> list[shapely.Geometry]:
    return [
        shapely.affinity.rotate(s, float(a)) for s, a in zip(shapes, rng.uniform(-45, 45, len(shapes)), strict=True)
    ]
