"""Blocks that are no compound: the old street with its crooked lanes, parks, schools."""

from __future__ import annotations

import numpy as np
import shapely

from .rows import Houses, frame_of, largest, stand_rows


def old_quarter(
    plot: shapely.Polygon, houses: Houses, rng: np.random.Generator
) -> tuple[list[shapely.Polygon], list[shapely.LineString]]:
    """Small parcels between crooked lanes, each with its own direction; houses of no two sizes."""
    pieces, lanes = _parcels(plot, 2600.0, rng)
    found: list[shapely.Polygon] = []
    for piece in pieces:
        frame = frame_of(piece)
        inner = frame.into(piece.buffer(-0.8, join_style="mitre"))
        if inner.is_empty:
            continue
        boxes = stand_rows(largest(inner), houses, shapely.Polygon(), rng)
        found += [frame.back(_uneven(b, rng)) for b in boxes if rng.random() < 0.94]
    return found, [_to_street(lane, plot) for lane in lanes]


def _to_street(lane: shapely.LineString, plot: shapely.Polygon) -> shapely.LineString:
    """A lane that ends at the edge of the quarter goes on to the middle of the street."""
    points = shapely.get_coordinates(lane)
    for end, before in ((0, 1), (-1, -2)):
        if shapely.distance(plot.exterior, shapely.Point(points[end])) < 3.5:
            step = points[end] - points[before]
            points[end] = np.round(points[end] + step / np.hypot(*step) * 8.5, 2)
    return shapely.LineString(points)


def _parcels(
    plot: shapely.Polygon, size_m2: float, rng: np.random.Generator
) -> tuple[list[shapely.Polygon], list[shapely.LineString]]:
    if plot.area < size_m2 * rng.uniform(1.2, 2.2):
        return [plot], []
    frame = frame_of(plot)
    inner = frame.into(plot)
    x0, y0, x1, y1 = inner.bounds
    at, lean = rng.uniform(0.4, 0.6), rng.uniform(-0.07, 0.07)
    if x1 - x0 > y1 - y0:
        ends = (x0 + (x1 - x0) * (at - lean), y0 - 9), (x0 + (x1 - x0) * (at + lean), y1 + 9)
    else:
        ends = (x0 - 9, y0 + (y1 - y0) * (at - lean)), (x1 + 9, y0 + (y1 - y0) * (at + lean))
    bow = (ends[0][0] + ends[1][0]) / 2 + rng.uniform(-5, 5), (ends[0][1] + ends[1][1]) / 2 + rng.uniform(-5, 5)
    cut = shapely.LineString([ends[0], bow, ends[1]])
    lane = frame.back(cut.intersection(inner.buffer(2.5)))
    pieces: list[shapely.Polygon] = []
    lanes = [largest_line(lane)]
    for half in shapely.get_parts(inner.difference(cut.buffer(1.9, cap_style="flat"))):
        below, inside = _parcels(frame.back(half), size_m2, rng)
        pieces += below
        lanes += inside
    return pieces, lanes


def largest_line(geometry: shapely.Geometry) -> shapely.LineString:
    """The longest part of a line."""
    return max(shapely.get_parts(geometry), key=shapely.length)


def _uneven(house: shapely.Polygon, rng: np.random.Generator) -> shapely.Polygon:
    """An old house: not quite as long or as deep as its neighbours, inside its own place."""
    x0, y0, x1, y1 = house.bounds
    a = rng.uniform(0.0, 1.6, 4)
    return shapely.box(x0 + a[0] / 4, y0 + a[1], x1 - a[2] / 4, y1 - a[3])


def park(plot: shapely.Polygon, rng: np.random.Generator) -> tuple[shapely.Polygon, shapely.Polygon]:
    """A park and the lake in it, which do not overlap."""
    circle = shapely.maximum_inscribed_circle(plot, tolerance=1.0)
    x, y = shapely.get_coordinates(circle)[0]
    radius = circle.length * 0.62
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    phase = rng.uniform(0, 2 * np.pi, 2)
    r = radius * (0.72 + 0.18 * np.sin(2 * turn + phase[0]) + 0.1 * np.sin(3 * turn + phase[1]))
    lake = shapely.Polygon(np.round(np.column_stack([x + r * np.cos(turn), y + r * np.sin(turn)]), 2))
    lake = lake.intersection(plot.buffer(-8.0))
    return plot.difference(lake), lake


def school(
    plot: shapely.Polygon,
) -> tuple[list[tuple[shapely.Polygon, str]], shapely.Polygon, shapely.Point]:
    """Buildings with their names, the sports ground, and the gate of a school on `plot`."""
    frame = frame_of(plot)
    inner = frame.into(plot).buffer(-8.0, join_style="mitre")
    x0, y0, x1, y1 = inner.bounds
    w, h = x1 - x0, y1 - y0
    places = (
        (0.08, 0.72, 0.48, 0.80, "教学楼"),
        (0.08, 0.52, 0.48, 0.60, "实验楼"),
        (0.08, 0.16, 0.30, 0.34, "体育馆"),
        (0.62, 0.84, 0.90, 0.91, "居民活动中心"),
    )
    boxes = [(shapely.box(x0 + a * w, y0 + b * h, x0 + c * w, y0 + d * h), label) for a, b, c, d, label in places]
    ground = shapely.box(x0 + 0.58 * w, y0 + 0.2 * h, x0 + 0.90 * w, y0 + 0.74 * h)
    round_m = 0.45 * min(0.32 * w, 0.54 * h)
    track = ground.buffer(-round_m).buffer(round_m).intersection(inner)
    gate = shapely.Point(x0 + 0.2 * w, y0 + 0.76 * h)
    houses = [(frame.back(shape), label) for shape, label in boxes if inner.covers(shape)]
    return houses, frame.back(track), frame.back(gate)
