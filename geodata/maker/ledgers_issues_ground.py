"""Where issues are found: at buildings, along roads, at the water's edge, before shops, each inside its grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from .ledgers_grids import Division, Grid
from .ledgers_issues_words import Spot

#: A place stands so far from the border of its grid, in metres: more than rounded degrees move it.
INSIDE_M: Final = 2.0
#: From the middle of a road to where people stand, from the middle of a building to its door, in metres.
ROADSIDE_M, DOOR_M = (2.5, 6.5), (4.0, 14.0)
#: Roads that nobody walks on.
_ELEVATED: Final = "高架"


class Place(NamedTuple):
    """A place: metres in EPSG:4549, and how it is told."""

    x: float
    y: float
    address: str


class _Line(NamedTuple):
    """A road or bank inside a grid, with its name ("" for lanes and ditches)."""

    name: str
    shape: shapely.Geometry
    is_trunk: bool


@dataclass(frozen=True)
class Ground:
    """What lies in one grid.

    `within` is the grid less a margin; `roads` and `banks` are lines, `shops` points with names.
    """

    grid: Grid
    within: shapely.Geometry
    roads: tuple[_Line, ...]
    banks: tuple[_Line, ...]
    shops: tuple[Place, ...]


def survey_ground(package: Path, division: Division) -> Mapping[str, Ground]:
    """Code of each grid → what lies in it."""
    roads = gpd.read_file(package, layer="roads")
    roads = roads[~roads["name"].str.contains(_ELEVATED)].assign(is_trunk=lambda f: f["road_class"] == 1)
    water = gpd.read_file(package, layer="water")
    water = water[water["kind"] != "sea"].assign(geometry=lambda f: f.boundary, is_trunk=False)
    shops = gpd.read_file(package, layer="premises").assign(geometry=lambda f: f.representative_point())
    made = {}
    for code, grid in division.grids.items():
        shape = division.shapes[code]
        within = shapely.buffer(shape, -INSIDE_M)
        shapely.prepare(within)
        mine = shops[shapely.contains(within, shops.geometry.to_numpy())]
        made[code] = Ground(
            grid,
            within,
            _lines(roads, shapely.buffer(shape, 1.0)),  # streets on the border too
            _lines(water, within),
            tuple(Place(p.x, p.y, str(n)) for p, n in zip(mine.geometry, mine["name"], strict=True)),
        )
    return made


def _lines(layer: gpd.GeoDataFrame, shape: shapely.Geometry) -> tuple[_Line, ...]:
    near = layer[layer.intersects(shape)]
    cut = shapely.intersection(near.geometry.to_numpy(), shape)
    return tuple(
        _Line(str(name), part, bool(is_trunk))
        for name, is_trunk, line in zip(near["name"].fillna(""), near["is_trunk"], cut, strict=True)
        for part in shapely.get_parts(line)
        if part.geom_type == "LineString" and part.length > 1.0
    )


def find_place(ground: Ground, spots: tuple[Spot, ...], rng: np.random.Generator) -> Place:
    """A place of one of the kinds where the grid has it, else at a building."""
    spot = spots[int(rng.integers(len(spots)))]
    if spot == "shop" and ground.shops:
        shop = ground.shops[int(rng.integers(len(ground.shops)))]
        return _near(ground, shop, f"{shop.address}门口", (1.0, 6.0), rng)
    lines = {"road": ground.roads, "water": ground.banks}.get(spot, ())
    if lines:
        return _along(ground, lines, "路边" if spot == "road" else "河边", rng)
    site = ground.grid.sites[int(rng.integers(len(ground.grid.sites)))]
    return _near(ground, Place(site.x, site.y, ""), site.address, DOOR_M, rng)


def near_by(ground: Ground, place: Place, metres: tuple[float, float], rng: np.random.Generator) -> Place:
    """Another place of the grid so far from a place, told in the same words."""
    return _near(ground, place, place.address, metres, rng)


def _near(ground: Ground, place: Place, address: str, metres: tuple[float, float], rng: np.random.Generator) -> Place:
    for _ in range(40):
        turn, far = rng.uniform(0.0, 2 * np.pi), rng.uniform(*metres)
        x, y = place.x + far * np.cos(turn), place.y + far * np.sin(turn)
        if shapely.contains_xy(ground.within, x, y):
            return Place(float(x), float(y), address)
    return Place(place.x, place.y, address)


def _along(ground: Ground, lines: tuple[_Line, ...], side: str, rng: np.random.Generator) -> Place:
    lengths = np.array([line.shape.length for line in lines])
    for _ in range(60):
        line = lines[int(rng.choice(len(lines), p=lengths / lengths.sum()))]
        at = rng.uniform(0.0, line.shape.length)
        a, b = (shapely.line_interpolate_point(line.shape, max(at + d, 0.0)) for d in (-0.5, 0.5))
        away = rng.uniform(*ROADSIDE_M) * rng.choice((-1.0, 1.0)) if side == "路边" else 0.0
        along = np.array([b.x - a.x, b.y - a.y]) / max(shapely.distance(a, b), 1e-9)
        x, y = a.x - along[1] * away, a.y + along[0] * away
        if shapely.contains_xy(ground.within, x, y):
            return Place(float(x), float(y), _told(ground.grid, line.name, (x, y), side))
    site = ground.grid.sites[0]
    return Place(site.x, site.y, site.address)


def _told(grid: Grid, name: str, at: tuple[float, float], side: str) -> str:
    """The name of the road or river and the building that is nearest."""
    away = [np.hypot(s.x - at[0], s.y - at[1]) for s in grid.sites]
    site = grid.sites[int(np.argmin(away))]
    return f"{name}（{site.address}附近）" if name else f"{site.address}附近{side}"
