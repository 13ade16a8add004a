"""The countryside: hamlets along canals and lanes, fields in strips, fish ponds, factories, the railway."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .ground import CRS, Ground
from .names import TOWN_CODE
from .rows import Houses, frame_of, largest, stand_rows
from .rural_town import CANAL_Y, NORTH_Y, WEST

#: The village with the industrial area, and the one that lives from fish.
INDUSTRY: Final = TOWN_CODE + "216"
FISHERY: Final = TOWN_CODE + "215"
FACTORIES: Final = Houses((48, 95), 38.0, 16.0, 22.0)


@dataclass(frozen=True)
class Countryside:
    """Layers of the countryside, in `CRS`."""

    houses: gpd.GeoDataFrame
    green: gpd.GeoDataFrame
    ponds: gpd.GeoDataFrame
    railways: gpd.GeoDataFrame
    works: list[shapely.Point]


def build_countryside(
    ground: Ground, groups: gpd.GeoDataFrame, water: shapely.Geometry, rng: np.random.Generator
) -> Countryside:
    """Fill every villager group with what stands and grows there."""
    railway = _railway(ground)
    roads = ground.ways[ground.ways["kind"] == "road"]
    half = roads["road_class"].map({1: 26.0, 2: 16.0, 3: 9.0, 4: 5.0})
    closed = shapely.union_all(
        [*shapely.buffer(roads.geometry.values, half.to_numpy()), water.buffer(5.0), railway.buffer(14.0)]
    )
    shapely.prepare(closed)
    quiet = ground.ways[(ground.ways["road_class"] > 2) | (ground.ways["kind"] == "water")]
    fronts = shapely.union_all(quiet.geometry.values)
    houses, green, ponds, works = [], [], [], []
    for row in groups.itertuples():
        land = row.geometry.difference(shapely.clip_by_rect(closed, *row.geometry.bounds))
        hamlet = _hamlet(row.geometry, land, fronts, int(row.households), rng)
        if hamlet:
            houses.append((row.unit_id, "house", shapely.MultiPolygon(hamlet)))
        taken = shapely.union_all(hamlet).buffer(11.0, quad_segs=2) if hamlet else shapely.Polygon()
        if row.jurisdiction == INDUSTRY and int(row.unit_id[-2:]) % 3 != 0:
            built, points = _factories(land.difference(taken), rng)
            works += points
            houses.append((row.unit_id, "factory", shapely.MultiPolygon(built)))
            continue
        strips = _strips(land.difference(taken), rng)
        wet = row.jurisdiction == FISHERY and not row.unit_id.endswith("08")
        for strip in strips:
            if wet and rng.random() < 0.55:
                ponds.append(("鱼塘", "pond", strip.buffer(-5.0, join_style="mitre")))
            else:
                green.append(
                    (str(rng.choice(["farmland", "farmland", "farmland", "vegetables", "orchard"])), "", strip)
                )
    return Countryside(
        _frame(houses, ["group", "kind", "geometry"]),
        _frame(green, ["kind", "name", "geometry"]),
        _frame([p for p in ponds if not p[2].is_empty], ["name", "kind", "geometry"]),
        gpd.GeoDataFrame({"name": ["金山铁路"], "kind": ["railway"]}, geometry=[railway], crs=CRS),
        works,
    )


def _frame(rows: list[tuple[object, ...]], columns: list[str]) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=CRS)
    frame["geometry"] = shapely.set_precision(frame.geometry.values, 0.01)
    return frame


def _railway(ground: Ground) -> shapely.LineString:
    """From the west of the town to its north-east in one wide curve."""
    t = np.linspace(0.0, 1.0, 60)
    start, middle, end = np.array([WEST, -150.0]), np.array([-400.0, CANAL_Y - 150]), np.array([950.0, NORTH_Y])
    curve = (1 - t)[:, None] ** 2 * start + (2 * t * (1 - t))[:, None] * middle + (t**2)[:, None] * end
    bent = ground.warp(shapely.LineString(curve))
    # A railway keeps to its own wide curve: the small waves of fields and canals do not bend it.
    ends = shapely.get_coordinates(bent)
    a, b, c = ends[0], ends[len(ends) // 2], ends[-1]
    control = 2 * b - (a + c) / 2
    smooth = (1 - t)[:, None] ** 2 * a + (2 * t * (1 - t))[:, None] * control + (t**2)[:, None] * c
    return shapely.LineString(np.round(smooth, 2))


def _hamlet(
    group: shapely.Polygon,
    land: shapely.Geometry,
    fronts: shapely.Geometry,
    households: int,
    rng: np.random.Generator,
) -> list[shapely.Polygon]:
    """Two to four rows of houses along the longest canal or lane at the group's border, each facing south."""
    front = shapely.line_merge(
        shapely.intersection(
            shapely.boundary(group), shapely.clip_by_rect(fronts, *group.buffer(1).bounds).buffer(0.05)
        )
    )
    parts = shapely.get_parts(front)
    if not len(parts):
        return []
    line = max(parts, key=shapely.length)
    start, end = sorted(rng.uniform(0.05, 0.95, 2))
    middle, half = (start + end) / 2, min(max((end - start) / 2, 0.22), 0.4)
    line = shapely.ops.substring(line, max(middle - half, 0.04), min(middle + half, 0.96), normalized=True)
    band = shapely.buffer(line, 88.0, cap_style="flat").difference(shapely.buffer(line, 14.0))
    place = land.intersection(band)
    place = max(shapely.get_parts(place), key=shapely.area, default=shapely.Polygon())
    if place.is_empty or place.area < 2500:
        return []
    frame = frame_of(place)
    inner = frame.into(place)
    wanted = max(12, households // 3)
    boxes = stand_rows(inner, Houses((10, 13), 9.5, 4.5, 12.5), shapely.Polygon(), rng)
    kept = [b for b in boxes if rng.random() < 0.9][:wanted] if len(boxes) <= wanted else _thin(boxes, wanted, rng)
    return [frame.back(b) for b in kept]


def _thin(boxes: list[shapely.Polygon], wanted: int, rng: np.random.Generator) -> list[shapely.Polygon]:
    """The houses nearest to one of them: a hamlet is a cluster."""
    centres = shapely.get_coordinates(shapely.centroid(np.array(boxes, dtype=object)))
    heart = centres[int(rng.integers(len(centres)))]
    near = np.argsort(np.hypot(*(centres - heart).T), kind="stable")[:wanted]
    return [boxes[i] for i in sorted(near)]


def _strips(land: shapely.Geometry, rng: np.random.Generator) -> list[shapely.Polygon]:
    """Fields: strips across the longer side, with a path of 5 m between."""
    fields: list[shapely.Polygon] = []
    for part in shapely.get_parts(land):
        if part.area < 2500:
            continue
        frame = frame_of(part)
        inner = frame.into(part)
        x0, y0, x1, y1 = inner.bounds
        along_x = x1 - x0 > y1 - y0
        long = max(x1 - x0, y1 - y0)
        n = max(1, round(long / float(rng.uniform(62, 95))))
        cuts = np.linspace(0, long, n + 1) + np.r_[0, rng.uniform(-9, 9, n - 1), 0]
        for a, b in pairwise(cuts):
            strip = (
                shapely.box(x0 + a + 2.5, y0, x0 + b - 2.5, y1)
                if along_x
                else shapely.box(x0, y0 + a + 2.5, x1, y0 + b - 2.5)
            )
            pieces = shapely.get_parts(strip.intersection(inner))
            fields += [
                largest(shapely.make_valid(frame.back(shapely.simplify(p, 1.0))))
                for p in pieces
                if p.geom_type == "Polygon" and p.area > 1200
            ]
    return fields


def _factories(land: shapely.Geometry, rng: np.random.Generator) -> tuple[list[shapely.Polygon], list[shapely.Point]]:
    built: list[shapely.Polygon] = []
    for part in shapely.get_parts(land):
        frame = frame_of(part)
        inner = frame.into(part).buffer(-14.0, join_style="mitre")
        for piece in shapely.get_parts(inner):
            boxes = stand_rows(piece, FACTORIES, shapely.Polygon(), rng)
            built += [frame.back(b) for b in boxes if rng.random() < 0.86]
    chosen = rng.permutation(len(built))[: max(1, len(built) // 3)]
    return built, [shapely.point_on_surface(built[i]) for i in sorted(chosen)]
