"""What stands on the blocks of the residential areas: compounds with rows of buildings, schools, parks, one mall."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
import shapely

from .ground import Ground
from .names import AREAS, COMPOUND_ENDS, TOWN_CODE, Area
from .rows import Houses, frame_of, stand_rows


class Kind(NamedTuple):
    """A kind of building: its rows, households as built (from–to), households a floor, what it may hold at most."""

    name: str
    houses: Houses
    households: tuple[int, int]
    a_floor: int
    most: int


#: The kinds of block, by the letters of ``names.AREAS``. The others: p public (school, market), g park, s seaside,
#: c building site, M mall; T is t with one tower beyond every band.
KINDS: Final = {
    "w": Kind("walkup", Houses((26, 44), 11.5, 7.0, 17.5), (8, 18), 2, 30),
    "h": Kind("highrise", Houses((28, 36), 15.0, 26.0, 42.0), (44, 88), 4, 110),
    "t": Kind("tower", Houses((25, 29), 25.0, 44.0, 48.0), (120, 168), 6, 200),
    "T": Kind("tower", Houses((25, 29), 25.0, 44.0, 48.0), (120, 168), 6, 200),
    "v": Kind("villa", Houses((11, 15), 11.0, 7.5, 14.0), (1, 1), 1, 1),
    "o": Kind("old_house", Houses((7, 13), 8.5, 1.2, 5.5), (1, 2), 1, 3),
}
#: Half the width of the ground a road takes, by class, in metres.
HALF_ROAD_M: Final = {1: 24.0, 2: 17.0, 3: 10.0, 4: 3.5}
#: Households of the one tower that is larger than any grid may be.
OVERSIZED: Final = 396


@dataclass
class Estates:
    """What is built, row by row, before it becomes layers."""

    buildings: list[dict[str, object]] = field(default_factory=list)
    walls: list[dict[str, object]] = field(default_factory=list)
    lanes: list[shapely.LineString] = field(default_factory=list)
    green: list[dict[str, object]] = field(default_factory=list)
    premises: list[dict[str, object]] = field(default_factory=list)


def build_estates(ground: Ground, water: shapely.Geometry, rng: np.random.Generator) -> Estates:
    """Build every block of every residential area."""
    estates = Estates()
    roads = ground.ways[ground.ways["kind"] == "road"]
    taken = [line.buffer(HALF_ROAD_M[c]) for line, c in zip(roads.geometry, roads["road_class"], strict=True)]
    closed = shapely.union_all([*taken, water.buffer(12.0)])
    shapely.prepare(closed)
    for area in AREAS:
        code = TOWN_CODE + area.suffix
        mine = ground.plots[ground.plots["jurisdiction"] == code]
        start = len(estates.buildings)
        used: dict[str, int] = {}
        for block, use in zip(mine.geometry, mine["use"], strict=True):
            plot = _largest(block.difference(closed))
            _build_block(estates, area, plot, block, use, used, rng)
        _share_households(estates.buildings[start:], area.households, rng)
        _number(estates.buildings[start:], code)
    return estates


def _largest(geometry: shapely.Geometry) -> shapely.Polygon:
    return max(shapely.get_parts(geometry), key=shapely.area)


def _build_block(
    estates: Estates,
    area: Area,
    plot: shapely.Polygon,
    block: shapely.Polygon,
    use: str,
    used: dict[str, int],
    rng: np.random.Generator,
) -> None:
    if use in KINDS:
        _compound(estates, area, plot, block, use, used, rng)
    elif use == "p":
        _public(estates, area, plot)
    elif use in "gs":
        _green(estates, plot, "park" if use == "g" else "shelter_belt", f"{area.name}公园" if use == "g" else "")
    elif use == "c":
        _green(estates, plot, "building_site", "")
    elif use == "M":
        _mall(estates, area, plot)


def _green(estates: Estates, shape: shapely.Geometry, kind: str, name: str) -> None:
    estates.green.append({"kind": kind, "name": name, "geometry": shape})


def _compound(
    estates: Estates,
    area: Area,
    plot: shapely.Polygon,
    block: shapely.Polygon,
    use: str,
    used: dict[str, int],
    rng: np.random.Generator,
) -> None:
    kind = KINDS[use]
    ends = COMPOUND_ENDS[use]
    at = used.get(use, 0)
    used[use] = at + 1
    name = area.name + ends[at % len(ends)]
    frame = frame_of(plot)
    inner = frame.into(plot)
    lane, garden = _lane_and_garden(inner, use, rng)
    gates = lane.buffer(4.0, cap_style="flat")
    keep_out = shapely.union_all([gates, garden])
    shapely.prepare(keep_out)
    west, _, east, _ = inner.bounds
    middle = float(shapely.get_coordinates(lane)[0, 0])
    houses: list[shapely.Polygon] = []
    margin = 1.5 if use == "o" else 6.0
    usable = inner.buffer(-margin, join_style="mitre")
    for half in (shapely.box(west, inner.bounds[1], middle - 4.5, inner.bounds[3]),
                 shapely.box(middle + 4.5, inner.bounds[1], east, inner.bounds[3])):
        houses += stand_rows(usable.intersection(half), kind.houses, keep_out, rng)
    for i, house in enumerate(houses):
        shape = _jitter(house, rng) if use == "o" else house
        natural = int(rng.integers(kind.households[0], kind.households[1] + 1))
        fixed = OVERSIZED if use == "T" and i == 0 else 0
        label = _label(use, i + 1)
        estates.buildings.append(
            {"jurisdiction": TOWN_CODE + area.suffix, "compound": name, "name": label, "building_kind": kind.name,
             "households": fixed or natural, "fixed": bool(fixed) or kind.most == 1, "a_floor": kind.a_floor,
             "most": kind.most, "geometry": frame.back(shape)}
        )  # fmt: skip
    if not garden.is_empty:
        _green(estates, frame.back(garden), "garden", "")
    estates.lanes.append(frame.back(_to_streets(lane, frame.into(block))))
    if use != "o":
        ring = shapely.boundary(inner).difference(lane.buffer(6.0))
        estates.walls.append({"compound": name, "kind": "wall", "geometry": frame.back(shapely.line_merge(ring))})


def _label(use: str, number: int) -> str:
    return {"v": f"{number}幢", "o": f"{number}号"}.get(use, f"{number}号楼")


def _jitter(house: shapely.Polygon, rng: np.random.Generator) -> shapely.Polygon:
    """An old house: not quite as long, as deep or as straight as its neighbours, inside its own place."""
    x0, y0, x1, y1 = house.bounds
    a = rng.uniform(0.0, 1.4, 4)
    return shapely.box(x0 + a[0] / 4, y0 + a[1], x1 - a[2] / 4, y1 - a[3])


def _lane_and_garden(
    inner: shapely.Polygon, use: str, rng: np.random.Generator
) -> tuple[shapely.LineString, shapely.Polygon]:
    x0, y0, x1, y1 = inner.bounds
    x = x0 + (x1 - x0) * rng.uniform(0.4, 0.6)
    lane = shapely.LineString([(x, y0 - 60), (x, y1 + 60)]).intersection(inner)
    if use == "o" or rng.random() < 0.25:
        return lane, shapely.Polygon()
    side = 1 if rng.random() < 0.5 else -1
    y = y0 + (y1 - y0) * rng.uniform(0.35, 0.55)
    long, high = (46.0, 34.0) if use != "h" else (60.0, 44.0)
    near, far = x + side * 6.0, x + side * (6.0 + long)
    garden = shapely.box(min(near, far), y, max(near, far), y + high).buffer(-6).buffer(6)
    return lane, garden.intersection(inner.buffer(-7))


def _to_streets(lane: shapely.LineString, block: shapely.Polygon) -> shapely.LineString:
    """The lane from border to border of its block, so that it meets the streets."""
    x = float(shapely.get_coordinates(lane)[0, 0])
    long = shapely.LineString([(x, block.bounds[1] - 1), (x, block.bounds[3] + 1)])
    return max(shapely.get_parts(long.intersection(block)), key=shapely.length)


def _public(estates: Estates, area: Area, plot: shapely.Polygon) -> None:
    """A school: two teaching slabs, a hall, a sports ground; no households."""
    frame = frame_of(plot)
    inner = frame.into(plot).buffer(-8.0, join_style="mitre")
    x0, y0, x1, y1 = inner.bounds
    w, h = x1 - x0, y1 - y0
    shapes = [
        (0.06, 0.70, 0.48, 0.78, "教学楼"), (0.06, 0.50, 0.48, 0.58, "实验楼"), (0.06, 0.14, 0.30, 0.32, "体育馆"),
        (0.62, 0.84, 0.92, 0.91, "居民活动中心"),
    ]  # fmt: skip
    for a, b, c, d, label in shapes:
        shape = shapely.box(x0 + a * w, y0 + b * h, x0 + c * w, y0 + d * h)
        if not inner.covers(shape):
            continue
        estates.buildings.append(
            {"jurisdiction": TOWN_CODE + area.suffix, "compound": "", "name": area.name + label,
             "building_kind": "public", "households": 0, "fixed": True, "a_floor": 0, "most": 0,
             "geometry": frame.back(shape)}
        )  # fmt: skip
    field_box = shapely.box(x0 + 0.58 * w, y0 + 0.2 * h, x0 + 0.92 * w, y0 + 0.74 * h)
    track = field_box.buffer(-0.14 * w).buffer(0.14 * w).intersection(inner)
    _green(estates, frame.back(track), "sports_ground", f"{area.name}学校操场")
    estates.premises.append(
        {"kind": "school", "name": f"{area.name}学校", "geometry": frame.back(shapely.Point(x0 + 0.2 * w, y0 + 0.64 * h))}
    )


def _mall(estates: Estates, area: Area, plot: shapely.Polygon) -> None:
    frame = frame_of(plot)
    inner = frame.into(plot).buffer(-12.0, join_style="mitre")
    body = inner.buffer(-22, join_style="mitre").buffer(10)
    estates.premises.append({"kind": "mall", "name": f"{area.name}广场购物中心", "geometry": frame.back(body)})


def _share_households(rows: list[dict[str, object]], total: int, rng: np.random.Generator) -> None:
    """Scale the households as built so that the area has exactly `total`, each building within what it may hold."""
    natural = np.array([int(str(r["households"])) for r in rows])
    fixed = np.array([bool(r["fixed"]) for r in rows])
    most = np.array([int(str(r["most"])) for r in rows])
    free = np.flatnonzero(~fixed)
    least = np.where(most >= 100, 24, np.where(most == 30, 4, 1))
    want = total - natural[fixed].sum()
    low, high = 0.2, 4.0
    for _ in range(60):
        factor = (low + high) / 2
        values = np.clip(np.round(natural[free] * factor), least[free], most[free])
        low, high = (factor, high) if values.sum() < want else (low, factor)
    values = np.clip(np.round(natural[free] * high), least[free], most[free]).astype(int)
    for i in rng.permutation(len(free)):
        difference = want - values.sum()
        if difference == 0:
            break
        step = int(np.sign(difference))
        if least[free[i]] <= values[i] + step <= most[free[i]]:
            values[i] += step
    if values.sum() != want:
        raise RuntimeError(f"{rows[0]['jurisdiction']}: {want} households do not fit, {values.sum()} do")
    natural[free] = values
    for row, n in zip(rows, natural, strict=True):
        row["households"] = int(n)
        a_floor = int(str(row["a_floor"]))
        long = 2 if row["building_kind"] == "walkup" and n > 12 else 1
        row["floors"] = {"villa": 3, "old_house": 2, "public": 4}.get(str(row["building_kind"])) or int(
            np.ceil(n / (a_floor * long))
        )


def _number(rows: list[dict[str, object]], code: str) -> None:
    for i, row in enumerate(rows, start=1):
        row["unit_id"] = f"{code}B{i:04d}"


def frame_table(estates: Estates) -> pd.DataFrame:
    """The buildings as a table in the order of the agreed columns."""
    columns = ["unit_id", "households", "jurisdiction", "compound", "name", "building_kind", "floors", "geometry"]
    return pd.DataFrame(estates.buildings)[columns]
