"""R7, R8: barriers crossed and compactness."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import MultiLineString

from gridmap.check.case import Case
from gridmap.model.finding import Row
from gridmap.model.text import Text

#: Our decision: a grid that crosses less than this length of barrier, in metres, is not told of.
BARRIER_NOTICE_M = 10.0
#: Our decision: below this Polsby–Popper value (a strip of about 1 : 13) a grid is not compact.
COMPACT_LIMIT = 0.20


def barriers_respected(case: Case) -> list[Row]:
    """R7: length of barrier (river, trunk road, wall) that runs between units of one grid."""
    crossed = case.barrier_crossed_m
    return [
        Row(
            Text(
                f"网格被道路、河流等屏障分隔，内部跨越 {crossed[label]:,.0f} 米",
                f"{crossed[label]:,.0f} m of roads, rivers or other barriers run through the grid",
            ),
            grid=case.plan.codes[label],
            value=float(crossed[label]),
            limit=0.0,
            geometry=_crossings(case, int(label)),
        )
        for label in np.flatnonzero(crossed >= BARRIER_NOTICE_M)
    ]


def _crossings(case: Case, label: int) -> MultiLineString:
    """The borders inside a grid that lie along a barrier, as lines; across a gap, the shortest way over it."""
    graph, polygons, grid_of = case.graph, case.plan.units.polygons, case.plan.grid_of
    lines = []
    for unit in case.members(label):
        row = slice(graph.indptr[unit], graph.indptr[unit + 1])
        other = graph.indices[row]
        chosen = (other > unit) & (grid_of[other] == label) & (graph.barrier_m[row] > 0)
        over_gap = graph.bridged[row]
        lines += list(shapely.intersection(polygons[unit], polygons[other[chosen & ~over_gap]]))
        lines += list(shapely.shortest_line(polygons[unit], polygons[other[chosen & over_gap]]))
    parts = shapely.get_parts(np.array(lines, dtype=object))
    return MultiLineString(list(parts[shapely.get_type_id(parts) == 1]))


def compact(case: Case) -> list[Row]:
    """R8: grids whose Polsby–Popper value is below the limit."""
    value = case.polsby_popper
    return [
        Row(
            Text(
                f"网格形状不够紧凑（紧凑度 {value[label]:.2f}，宜不低于 {COMPACT_LIMIT:.2f}）",
                f"The grid is not compact (Polsby–Popper {value[label]:.2f}, wanted at least {COMPACT_LIMIT:.2f})",
            ),
            grid=case.plan.codes[label],
            value=float(value[label]),
            limit=COMPACT_LIMIT,
            geometry=case.shapes[label],
        )
        for label in np.flatnonzero(value < COMPACT_LIMIT)
    ]
