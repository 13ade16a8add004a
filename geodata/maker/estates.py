"""What stands on the blocks of the residential areas: compounds with rows of buildings, schools, parks, one mall."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
import shapely

from .ground import Ground
from .names import AREAS, COMPOUND_ENDS, TOWN_CODE, Area
from .quarters import old_quarter, park, school
from .rows import Houses, frame_of, largest, stand_rows


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
    "w": Kind("walkup", Houses((20, 34), 11.5, 6.0, 16.0), (6, 16), 2, 30),
    "h": Kind("highrise", Houses((28, 36), 15.0, 26.0, 42.0), (44, 88), 4, 110),
    "t": Kind("tower", Houses((25, 29), 25.0, 44.0, 48.0), (120, 168), 6, 200),
    "T": Kind("tower", Houses((25, 29), 25.0, 44.0, 48.0), (120, 168), 6, 200),
    "v": Kind("villa", Houses((11, 15), 11.0, 7.5, 14.0), (1, 1), 1, 1),
    "o": Kind("old_house", Houses((7, 12), 8.5, 0.9, 4.2), (1, 2), 1, 3),
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
    lakes: list[shapely.Polygon] = field(default_factory=list)


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
        rows: list[dict[str, object]] = []
        used: dict[str, int] = {}
        for block, use in zip(mine.geometry, mine["use"], strict=True):
            plot = largest(block.difference(shapely.clip_by_rect(closed, *block.bounds)))
            rows += _build_block(estates, area, plot, block, use, used, rng)
        rows = _thin_out(rows, area.households, rng)
        _share_households(rows, area.households, rng)
        _number(rows, code)
        estates.buildings += rows
    return estates


def _build_block(
    estates: Estates,
    area: Area,
    plot: shapely.Polygon,
    block: shapely.Polygon,
    use: str,
    used: dict[str, int],
    rng: np.random.Generator,
) -> list[dict[str, object]]:
    """Build one block; the rows of its buildings, not yet numbered."""
    if use == "o":
        return _old_street(estates, area, plot, used, rng)
    if use in KINDS:
        return _compound(estates, area, plot, block, use, used, rng)
    if use == "p":
        return _public(estates, area, plot)
    if use == "g":
        green, lake = park(plot, rng)
        estates.green.append({"kind": "park", "name": f"{area.name}公园", "geometry": green})
        estates.lakes.append(lake)
    elif use == "s":
        estates.green.append({"kind": "shelter_belt", "name": "", "geometry": plot})
    elif use == "c":
        estates.green.append({"kind": "building_site", "name": "", "geometry": plot})
    elif use == "M":
        body = plot.buffer(-34, join_style="mitre").buffer(10)
        name = f"{area.name}广场购物中心"
        estates.premises.append({"kind": "mall", "name": name, "geometry": shapely.set_precision(body, 0.01)})
    return []


def _row(area: Area, compound: str, name: str, kind: Kind, households: int, fixed: bool) -> dict[str, object]:
    return {
        "jurisdiction": TOWN_CODE + area.suffix,
        "compound": compound,
        "name": name,
        "building_kind": kind.name,
        "households": households,
        "fixed": fixed,
        "a_floor": kind.a_floor,
        "most": kind.most,
    }


def _name(area: Area, use: str, used: dict[str, int]) -> str:
    """The next name for a compound of this kind in the area."""
    ends = COMPOUND_ENDS[use]
    at = used.get(use, 0)
    used[use] = at + 1
    return area.name + ends[at % len(ends)]


def _old_street(
    estates: Estates, area: Area, plot: shapely.Polygon, used: dict[str, int], rng: np.random.Generator
) -> list[dict[str, object]]:
    kind, compound = KINDS["o"], _name(area, "o", used)
    houses, lanes = old_quarter(plot, kind.houses, rng)
    estates.lanes += lanes
    rows = []
    for i, house in enumerate(houses, start=1):
        natural = int(rng.integers(kind.households[0], kind.households[1] + 1))
        rows.append({**_row(area, compound, f"{i}号", kind, natural, fixed=False), "geometry": house})
    return rows


def _compound(
    estates: Estates,
    area: Area,
    plot: shapely.Polygon,
    block: shapely.Polygon,
    use: str,
    used: dict[str, int],
    rng: np.random.Generator,
) -> list[dict[str, object]]:
    """A walled compound: rows of buildings on both sides of its lane, a garden in the middle."""
    kind, compound = KINDS[use], _name(area, use, used)
    frame = frame_of(plot)
    inner = frame.into(plot)
    lane, garden = _lane_and_garden(inner, use, rng)
    x = float(shapely.get_coordinates(lane)[0, 0])
    west, south, east, north = inner.bounds
    usable = inner.buffer(-6.0, join_style="mitre")
    houses: list[shapely.Polygon] = []
    for half in (shapely.box(west, south, x - 4.5, north), shapely.box(x + 4.5, south, east, north)):
        houses += stand_rows(usable.intersection(half), kind.houses, garden, rng)
    rows = []
    for i, house in enumerate(houses, start=1):
        natural = int(rng.integers(kind.households[0], kind.households[1] + 1))
        oversized = use == "T" and i == 1
        row = _row(area, compound, f"{i}幢" if use == "v" else f"{i}号楼", kind, natural, kind.most == 1)
        if oversized:
            row.update(households=OVERSIZED, fixed=True, a_floor=12)
        rows.append({**row, "geometry": frame.back(house)})
    if not garden.is_empty:
        estates.green.append({"kind": "garden", "name": "", "geometry": frame.back(garden)})
    estates.lanes.append(frame.back(_to_streets(lane, frame.into(block))))
    if use in "htTv":
        estates.green.append({"kind": "lawn", "name": "", "geometry": frame.back(usable.buffer(-2.0).buffer(2.0))})
    ring = shapely.line_merge(shapely.boundary(inner).difference(lane.buffer(6.0)))
    estates.walls.append({"compound": compound, "kind": "wall", "geometry": frame.back(ring)})
    return rows


def _lane_and_garden(
    inner: shapely.Polygon, use: str, rng: np.random.Generator
) -> tuple[shapely.LineString, shapely.Geometry]:
    x0, y0, x1, y1 = inner.bounds
    x = x0 + (x1 - x0) * rng.uniform(0.4, 0.6)
    lane = shapely.LineString([(x, y0 - 60), (x, y1 + 60)]).intersection(inner)
    if rng.random() < 0.25:
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


def _public(estates: Estates, area: Area, plot: shapely.Polygon) -> list[dict[str, object]]:
    """A school with its grounds: buildings without households."""
    houses, track, gate = school(plot)
    kind = Kind("public", Houses((0, 0), 0, 0, 0), (0, 0), 0, 0)
    estates.green.append({"kind": "campus", "name": f"{area.name}学校", "geometry": plot.difference(track)})
    estates.green.append({"kind": "sports_ground", "name": f"{area.name}学校操场", "geometry": track})
    estates.premises.append({"kind": "school", "name": f"{area.name}学校", "geometry": gate})
    return [{**_row(area, "", area.name + label, kind, 0, fixed=True), "geometry": shape} for shape, label in houses]


def _least(row: dict[str, object]) -> int:
    """The fewest households that a building may have."""
    if row["fixed"]:
        return int(str(row["households"]))
    return {"walkup": 4, "highrise": 24, "tower": 24}.get(str(row["building_kind"]), 1)


def _thin_out(rows: list[dict[str, object]], total: int, rng: np.random.Generator) -> list[dict[str, object]]:
    """Leave out blocks of flats where an area would hold far more than its households: open ground instead."""
    natural = sum(int(str(r["households"])) for r in rows)
    least = sum(_least(r) for r in rows)
    gone: set[int] = set()
    for at in rng.permutation(len(rows)):
        row = rows[at]
        is_crowded = natural > 2.2 * total or least > 0.97 * total
        if natural <= 1.5 * total and not is_crowded:
            break
        if not row["fixed"] and int(str(row["most"])) >= (30 if is_crowded else 100):
            gone.add(int(at))
            natural -= int(str(row["households"]))
            least -= _least(row)
    return [row for i, row in enumerate(rows) if i not in gone]


def _share_households(rows: list[dict[str, object]], total: int, rng: np.random.Generator) -> None:
    """Scale the households as built so that the area has exactly `total`, each building within what it may hold."""
    natural = np.array([int(str(r["households"])) for r in rows])
    fixed = np.array([bool(r["fixed"]) for r in rows])
    most = np.array([int(str(r["most"])) for r in rows])
    free = np.flatnonzero(~fixed)
    least = np.array([_least(r) for r in rows])
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
