"""The built-up core on the plan: a street lattice, a residential area a cell, blocks in each cell."""

from __future__ import annotations

from itertools import cycle
from typing import Final

import numpy as np
import shapely

from .names import AREAS, COLUMN_ROADS, ROW_ROADS, STREETS, TOWN_CODE, Area
from .plan import Plot, Quad, Sheet

#: The lattice, in metres on the plan. The fourth column is a river, not a road.
COLUMNS: Final = (-3300.0, -2680.0, -2060.0, -1450.0, -700.0, 100.0, 900.0)
ROWS: Final = (-3300.0, -2700.0, -2010.0, -1380.0, -700.0)
RIVER_COLUMN: Final = 3
#: Depth of the seaside strip (park and shelter belt) behind the dike, in metres.
SEASIDE_M: Final = 110.0
#: Road class of each line of the lattice.
COLUMN_CLASS: Final = (2, 2, 2, 0, 1, 2, 1)
ROW_CLASS: Final = (3, 2, 2, 2, 1)


def lattice(rng: np.random.Generator) -> np.ndarray:
    """Junctions of the lattice, (7, 5, 2); inner ones shifted a little, outer ones straight."""
    points = np.array([[(x, y) for y in ROWS] for x in COLUMNS])
    points[1:-1, 1:-1] += rng.uniform(-45, 45, points[1:-1, 1:-1].shape)
    return points


def draw_core(sheet: Sheet, rng: np.random.Generator) -> None:
    """Put the 23 residential areas with their roads on the sheet."""
    points = lattice(rng)
    streets = cycle(STREETS)
    for area in AREAS:
        _draw_area(sheet, area, area.blocks, _cell(points, area.column, area.row), streets, rng)
        if area.extra:
            _draw_area(sheet, area, area.extra, _cell(points, area.column, area.row + 1), streets, rng)
    for i, name in enumerate(COLUMN_ROADS):
        line = shapely.LineString(points[i])
        if i == RIVER_COLUMN:
            sheet.water(line, 26.0, "张泾河")
        else:
            sheet.road(line, COLUMN_CLASS[i], name)
    for j, name in enumerate(ROW_ROADS[1:], start=1):
        sheet.road(shapely.LineString(points[:, j]), ROW_CLASS[j], name)


def _cell(points: np.ndarray, i: int, j: int) -> Quad:
    corners = (points[i, j], points[i + 1, j], points[i + 1, j + 1], points[i, j + 1])
    return Quad(*((float(x), float(y)) for x, y in corners))


def _draw_area(
    sheet: Sheet, area: Area, blocks: str, cell: Quad, streets: cycle[str], rng: np.random.Generator
) -> None:
    code = TOWN_CODE + area.suffix
    if area.row == 0:
        fraction = SEASIDE_M / cell.height
        strip, cell, line = cell.cut_south_north(fraction, fraction)
        sheet.plots.append(Plot(strip.polygon, code, "s"))
        sheet.road(line, 3, ROW_ROADS[0])
    quads = _blocks(sheet, cell, streets, rng)
    kinds = list(blocks)
    order = rng.permutation(len(kinds))
    for quad, at in zip(quads, order, strict=True):
        sheet.plots.append(Plot(quad.polygon, code, kinds[at]))


def _blocks(sheet: Sheet, cell: Quad, streets: cycle[str], rng: np.random.Generator) -> list[Quad]:
    """Six blocks: two halves, three blocks each, the streets between them a little oblique."""

    def part(middle: float, spread: float) -> tuple[float, float]:
        at = middle + rng.uniform(-spread, spread)
        return at + rng.uniform(-0.025, 0.025), at + rng.uniform(-0.025, 0.025)

    upright = cell.width > cell.height
    first, second, line = cell.cut_west_east(*part(0.5, 0.05)) if upright else cell.cut_south_north(*part(0.5, 0.05))
    sheet.road(line, 3, next(streets))
    quads = []
    same = part(1 / 3, 0.05), part(0.5, 0.06)
    through = rng.random() < 0.6
    names = [next(streets), next(streets)]
    for half in (first, second):
        one, two = same if through else (part(1 / 3, 0.06), part(0.5, 0.06))
        a, rest, line_a = half.cut_south_north(*one) if upright else half.cut_west_east(*one)
        b, c, line_b = rest.cut_south_north(*two) if upright else rest.cut_west_east(*two)
        sheet.road(line_a, 3, names[0])
        sheet.road(line_b, 3, names[1])
        if not through:
            names = [next(streets), next(streets)]
        quads += [a, b, c]
    return quads
