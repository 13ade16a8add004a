"""The ten villages on the plan: sectors between rivers and roads, villager groups in strips along canals and lanes."""

from __future__ import annotations

from itertools import cycle
from typing import Final, NamedTuple

import numpy as np
import shapely

from .core_town import COLUMNS, ROWS
from .names import CANALS, TOWN_CODE, VILLAGES
from .plan import Plot, Quad, Sheet, box

WEST, EAST = -3300.0, 3300.0
SOUTH = ROWS[0]
#: Lines of the plan, in metres: the core's river further north, the highway, the expressway, the eastern river.
CAPE_Y = ROWS[1]  # the road along the coast goes on where it leaves the core
RIVER_X, HIGHWAY_X, EXPRESSWAY_X, PORT_X = COLUMNS[3], COLUMNS[4], COLUMNS[6], 2200.0
CORE_Y, CANAL_Y, ROAD_Y, NORTH_Y = ROWS[-1], 650.0, 1950.0, 3450.0
#: The island in the bay: middle and half axes, in metres.
ISLAND: Final = ((1650.0, -4350.0), (330.0, 190.0))

#: Parts of villages as plain rectangles (west, south, east, north) and their villager groups.
PARTS: Final = (
    ("210", (WEST, CORE_Y, RIVER_X, CANAL_Y), 15),
    ("205", (RIVER_X, CORE_Y, HIGHWAY_X, CANAL_Y), 7),
    ("205", (HIGHWAY_X, CORE_Y, EXPRESSWAY_X, CANAL_Y), 13),
    ("207", (EXPRESSWAY_X, CORE_Y, PORT_X, CANAL_Y), 9),
    ("207", (PORT_X, CORE_Y, EAST, CANAL_Y), 8),
    ("202", (WEST, CANAL_Y, RIVER_X, ROAD_Y), 16),
    ("208", (RIVER_X, CANAL_Y, HIGHWAY_X, ROAD_Y), 7),
    ("208", (HIGHWAY_X, CANAL_Y, EXPRESSWAY_X, ROAD_Y), 13),
    ("214", (EXPRESSWAY_X, CANAL_Y, PORT_X, 2350.0), 11),
    ("214", (PORT_X, CANAL_Y, EAST, 2350.0), 9),
    ("213", (RIVER_X, ROAD_Y, HIGHWAY_X, NORTH_Y), 7),
    ("213", (HIGHWAY_X, ROAD_Y, EXPRESSWAY_X, NORTH_Y), 13),
    ("216", (EXPRESSWAY_X, CAPE_Y, PORT_X, CORE_Y), 9),
    ("216", (PORT_X, CAPE_Y, EAST, CORE_Y), 9),
    ("215", (EXPRESSWAY_X, SOUTH, PORT_X, CAPE_Y), 4),
    ("215", (PORT_X, SOUTH, EAST, CAPE_Y), 3),
    ("217", (WEST, ROAD_Y, -2500.0, NORTH_Y), 8),
)


class Middle(NamedTuple):
    """The canal or road through the middle of a row of villages: its level and its name."""

    level: float
    name: str
    is_road: bool = False


#: By the southern border of the row. The industrial area continues a road of the core.
MIDDLES: Final = {
    CORE_Y: Middle(-10.0, "南泾河"),
    CANAL_Y: Middle(1330.0, "中泾河"),
    ROAD_Y: Middle(2720.0, "北泾河"),
    CAPE_Y: Middle(ROWS[3], "龙皓路", is_road=True),
}

#: The peninsula of 卫东村: one long group on a canal with four dead-end groups, between fields of two other villages.
#: The dead ends are drawn into the long group and cut off at its border.
PENINSULA: Final = (
    ("217", ((-2500, 2580), (RIVER_X, 2600), (RIVER_X, 2840), (-2500, 2810))),
    ("217", ((-2310, 2700), (-2030, 2700), (-2040, 3190), (-2300, 3160))),
    ("217", ((-1800, 2700), (RIVER_X, 2700), (RIVER_X, 3180), (-1790, 3170))),
    ("217", ((-2330, 2230), (-2020, 2250), (-2040, 2700), (-2310, 2700))),
    ("217", ((-1800, 2240), (RIVER_X, 2220), (RIVER_X, 2700), (-1810, 2700))),
)
#: What surrounds it: north of it land of 长兴村, south of it land of 向阳村, each two groups that reach in between.
AROUND: Final = (
    ("213", (-2500, 2700, -1900, NORTH_Y)),
    ("213", (-1900, 2700, RIVER_X, NORTH_Y)),
    ("202", (-2500, ROAD_Y, -1900, 2700)),
    ("202", (-1900, ROAD_Y, RIVER_X, 2700)),
)


def draw_villages(sheet: Sheet, rng: np.random.Generator) -> None:
    """Put the villages, their canals, lanes and great roads on the sheet."""
    canals = {v.suffix: cycle([v.name + name for name in CANALS]) for v in VILLAGES}
    roads = {v.suffix: f"{v.name}路" for v in VILLAGES}
    for suffix, (west, south, east, north), n in PARTS:
        quad = box(west, south, east, north)
        middle = MIDDLES.get(south)
        _split(sheet, TOWN_CODE + suffix, quad, n, middle, (canals[suffix], roads[suffix]), rng)
    _draw_peninsula(sheet)
    _draw_great_lines(sheet)
    (x, y), (a, b) = ISLAND
    island = shapely.affinity.scale(shapely.Point(x, y).buffer(1.0, quad_segs=16), a, b)
    sheet.plots.append(Plot(island, TOWN_CODE + "215", "group"))


def _draw_peninsula(sheet: Sheet) -> None:
    taken: list[shapely.Polygon] = []
    for suffix, ring in PENINSULA:
        polygon = shapely.Polygon(ring).difference(shapely.union_all(taken[:1]))  # the first is the long group
        taken.append(polygon)
        sheet.plots.append(Plot(polygon, TOWN_CODE + suffix, "group"))
    land = shapely.union_all(taken)
    for suffix, bounds in AROUND:
        polygon = box(*bounds).polygon.difference(land)
        parts = sorted(shapely.get_parts(polygon), key=shapely.area)
        sheet.plots.append(Plot(parts[-1], TOWN_CODE + suffix, "group"))
    for _, ring in PENINSULA[1:]:
        for a, b in (ring[1:3], (ring[3], ring[0])):
            side = shapely.LineString([a, b]).difference(taken[0])
            if a[0] != RIVER_X or b[0] != RIVER_X:
                sheet.water(side, 5.0)
    hub = PENINSULA[0][1]
    sheet.water(shapely.LineString([hub[0], hub[1]]), 11.0, "卫东河")
    sheet.road(shapely.LineString([hub[3], hub[2]]), 4)


def _draw_great_lines(sheet: Sheet) -> None:
    line = shapely.LineString
    sheet.water(line([(RIVER_X, CORE_Y), (RIVER_X, NORTH_Y)]), 26.0, "张泾河")
    sheet.water(line([(WEST, CANAL_Y), (EAST, CANAL_Y)]), 30.0, "运石河")
    sheet.water(line([(PORT_X, SOUTH), (PORT_X, 2350.0)]), 44.0, "龙泉港")
    sheet.road(line([(WEST, CORE_Y), (EAST, CORE_Y)]), 1, "金山大道")
    sheet.road(line([(WEST, ROAD_Y), (EXPRESSWAY_X, ROAD_Y)]), 2, "红旗路")
    sheet.road(line([(HIGHWAY_X, CORE_Y), (HIGHWAY_X, NORTH_Y)]), 1, "亭卫公路")
    sheet.road(line([(EXPRESSWAY_X, CORE_Y), (EXPRESSWAY_X, NORTH_Y)]), 1, "沪金高速（高架）")
    sheet.road(line([(EXPRESSWAY_X, CAPE_Y), (EAST, CAPE_Y)]), 2, "沪杭公路")


def _split(
    sheet: Sheet,
    code: str,
    quad: Quad,
    n: int,
    middle: Middle | None,
    names: tuple[cycle[str], str],
    rng: np.random.Generator,
) -> None:
    """Cut a sector into `n` groups across its longer side: a road, the middle line, canals, then lanes and ditches.

    `middle` is the line that the sector has still to be cut along, or None.
    """
    if n == 1:
        sheet.plots.append(Plot(quad.polygon, code, "group"))
        return
    n_first = n // 2 if n > 3 else 1
    if n % 2 and n > 3 and rng.random() < 0.5:
        n_first += 1
    canals, road = names
    wide = quad.width * (1.35 if n <= 3 else 1.0) > quad.height
    if middle is not None and not wide:
        part = (middle.level - quad.sw[1]) / (quad.nw[1] - quad.sw[1])
        n_first = round(n * part)
        first, second, line = quad.cut_south_north(part, part)
        if middle.is_road:
            sheet.road(line, 3, middle.name)
        else:
            sheet.water(line, 16.0, middle.name)
        middle = None
    else:
        at, lean = n_first / n + rng.uniform(-0.04, 0.04), rng.uniform(-0.07, 0.07)
        cut = quad.cut_west_east if wide else quad.cut_south_north
        first, second, line = cut(at - lean, at + lean)
        if middle is not None:
            sheet.road(line, 3, road)
        elif n >= 7 or (n >= 4 and rng.random() < 0.5):
            sheet.water(line, float(rng.choice([9.0, 12.0])), next(canals))
        elif n >= 4 or rng.random() < 0.55:
            sheet.road(line, 4)
        else:
            sheet.water(line, 5.0)
    _split(sheet, code, first, n_first, middle, names, rng)
    _split(sheet, code, second, n - n_first, middle, names, rng)
