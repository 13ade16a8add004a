"""R1, R2, R3: inside one jurisdiction, without overlap or gap, in one piece."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.check.case import Case
from gridmap.check.faults import area_faults, polygon_parts
from gridmap.measure.components import components
from gridmap.model.finding import Row
from gridmap.model.text import Text


def one_jurisdiction(case: Case) -> list[Row]:
    """R1: grids whose units belong to more than one jurisdiction."""
    of_unit = case.plan.units.jurisdiction_of
    n_homes = case.count_distinct(of_unit)
    rows = []
    for label in np.flatnonzero(n_homes > 1).tolist():
        members = case.members(label)
        strays = members[of_unit[members] != case.home[label]]
        names = "、".join(case.place_name(p) for p in np.unique(of_unit[members]))
        rows.append(
            Row(
                Text(
                    f"网格跨 {n_homes[label]} 个村居（{names}），应只在一个村居内",
                    f"The grid reaches into {n_homes[label]} jurisdictions ({names}); it must lie in one",
                ),
                grid=case.plan.codes[label],
                value=float(n_homes[label]),
                limit=1.0,
                geometry=case.merged(strays),
            )
        )
    return rows


def inside_boundary(case: Case) -> list[Row]:
    """R1: ground of grids beyond the boundary of the jurisdiction of their units."""
    rows = []
    places = _shapes_of_places(case)
    covered = _covered(case)
    of_unit = case.plan.units.jurisdiction_of
    for place, ground in covered.items():
        if not len(polygon_parts(shapely.difference(ground, places[place]))):
            continue
        for label in np.unique(case.plan.grid_of[(of_unit == place) & (case.plan.grid_of >= 0)]).tolist():
            members = case.members(label)
            own = (
                case.shapes[label]
                if (of_unit[members] == place).all()
                else case.merged(members[of_unit[members] == place])
            )
            for area, shape, is_sliver in area_faults(shapely.difference(own, places[place])):
                rows.append(
                    Row(
                        Text(
                            f"网格有 {area:,.2f} m² 超出{case.place_name(place)}界线",
                            f"{area:,.2f} m² of the grid lie outside the boundary of {case.place_name(place)}",
                        ),
                        grid=case.plan.codes[label],
                        value=area,
                        limit=0.0,
                        geometry=shape,
                        severity="info" if is_sliver else "",
                    )
                )
    return rows


def no_overlap(case: Case) -> list[Row]:
    """R2: ground that lies in two grids."""
    polygons = case.plan.units.polygons
    if shapely.coverage_is_valid(polygons):
        return []
    # only units with an edge that fits no neighbour can overlap another
    edges = shapely.coverage_invalid_edges(polygons)
    suspects = np.flatnonzero(~shapely.is_empty(edges) & (case.plan.grid_of >= 0))
    one, other = shapely.STRtree(polygons).query(polygons[suspects], predicate="intersects")
    one = suspects[one]
    grid_of = case.plan.grid_of
    pairs = (one < other) & (grid_of[one] != grid_of[other]) & (grid_of[other] >= 0)
    pairs |= (one > other) & (grid_of[one] != grid_of[other]) & (grid_of[other] >= 0) & ~np.isin(other, suspects)
    shared = shapely.intersection(polygons[one[pairs]], polygons[other[pairs]])
    table = pd.DataFrame({"a": grid_of[one[pairs]], "b": grid_of[other[pairs]], "shape": shared})
    low, high = table[["a", "b"]].min(axis=1), table[["a", "b"]].max(axis=1)
    rows = []
    table["a"], table["b"] = low, high
    for _, group in table.groupby(["a", "b"]):
        code, rival = sorted((case.plan.codes[group["a"].iloc[0]], case.plan.codes[group["b"].iloc[0]]))
        for area, shape, is_sliver in area_faults(shapely.union_all(group["shape"].to_numpy(object))):
            rows.append(
                Row(
                    Text(f"与网格 {rival} 重叠 {area:,.2f} m²", f"Overlaps grid {rival} by {area:,.2f} m²"),
                    grid=code,
                    value=area,
                    limit=0.0,
                    geometry=shape,
                    severity="info" if is_sliver else "",
                )
            )
    return rows


def no_gap(case: Case) -> list[Row]:
    """R2: ground of a jurisdiction that no unit covers.

    Where units were joined across gaps on purpose (bridged edges of the graph), the gaps between them
    are streets and are told as information.
    """
    places = _shapes_of_places(case)
    covered = _covered(case)
    of_unit = case.plan.units.jurisdiction_of
    with_bridges = set(of_unit[case.graph.source[case.graph.bridged]].tolist())
    rows = []
    for place, shape in enumerate(places):
        ground = covered.get(place)
        open_ground = shape if ground is None else shapely.difference(shape, ground)
        for area, gap, is_sliver in area_faults(open_ground):
            declared = place in with_bridges
            zh = "（单元之间的街道等空隙，按设定桥接）" if declared else ""
            en = " (streets between units that were bridged on purpose)" if declared else ""
            rows.append(
                Row(
                    Text(
                        f"{case.place_name(place)}有 {area:,.2f} m² 未被任何网格覆盖{zh}",
                        f"{area:,.2f} m² of {case.place_name(place)} are covered by no grid{en}",
                    ),
                    jurisdiction=case.place(place),
                    value=area,
                    limit=0.0,
                    geometry=gap,
                    severity="info" if is_sliver or declared else "",
                )
            )
    return rows


def all_assigned(case: Case) -> list[Row]:
    """R2: units without a grid."""
    units = case.plan.units
    return [
        Row(
            Text(
                f"单元 {units.ids[i]}（{_households(case, i).zh}）未编入任何网格",
                f"Unit {units.ids[i]} ({_households(case, i).en}) belongs to no grid",
            ),
            jurisdiction=str(units.frame["jurisdiction"].iloc[i]),
            unit=units.ids[i],
            value=float(units.households[i]) if units.has_households else float("nan"),
            limit=0.0,
            geometry=units.polygons[i],
        )
        for i in np.flatnonzero(case.plan.grid_of < 0).tolist()
    ]


def in_one_piece(case: Case) -> list[Row]:
    """R3: grids in several pieces that do not share a border line.

    A grid may be in as many pieces as there are parts of the jurisdiction itself that it reaches into
    (islands, exclaves): that is told as information.
    """
    allowed = case.count_distinct(components(case.graph, case.plan.units.jurisdiction_of))
    areas = shapely.area(case.plan.units.polygons)
    rows = []
    for label in np.flatnonzero(case.n_parts > 1).tolist():
        members = case.members(label)
        part = case.part_of_unit[members]
        numbers, at = np.unique(part, return_inverse=True)
        main = numbers[np.argmax(np.bincount(at, areas[members]))]
        n, limit = int(case.n_parts[label]), int(allowed[label])
        declared = n <= limit
        zh = f"网格分成 {n} 块：村居本身即不相连，属已说明情形" if declared else f"网格分成 {n} 块，互不以边界相连"
        en = (
            f"The grid is in {n} parts because its jurisdiction is (declared)"
            if declared
            else f"The grid is in {n} parts that share no border line; allowed here: {limit}"
        )
        rows.append(
            Row(
                Text(zh, en),
                grid=case.plan.codes[label],
                value=float(n),
                limit=float(limit),
                geometry=case.merged(members[part != main]),
                severity="info" if declared else "",
            )
        )
    return rows


def joined_by_bridges(case: Case) -> list[Row]:
    """R3, information: how many grids of a jurisdiction hold together only across a bridged gap."""
    if not case.graph.bridged.any():
        return []
    touching = case.graph_without_bridges
    leaning = np.flatnonzero(case.count_distinct(components(touching, case.plan.grid_of)) > case.n_parts)
    rows = []
    for place in np.unique(case.home[leaning]):
        labels = leaning[case.home[leaning] == place]
        rows.append(
            Row(
                Text(
                    f"{case.place_name(place)}有 {len(labels)} 个网格隔街道等空隙相连（按设定桥接）",
                    f"{len(labels)} grids of {case.place_name(place)} hold together only across a street or other gap",
                ),
                jurisdiction=case.place(place),
                value=float(len(labels)),
                geometry=shapely.multipoints(shapely.point_on_surface(case.shapes[labels])),
            )
        )
    return rows


def _shapes_of_places(case: Case) -> list[BaseGeometry]:
    return list(case.plan.units.jurisdictions.geometry.values)


def _covered(case: Case) -> dict[int, BaseGeometry]:
    """Union of the units of each jurisdiction that has any, by its position."""
    units = case.plan.units
    of_unit = units.jurisdiction_of
    ground = {}
    for place in np.unique(of_unit):
        members = units.polygons[of_unit == place]
        is_coverage = shapely.coverage_is_valid(members)
        ground[int(place)] = shapely.coverage_union_all(members) if is_coverage else shapely.union_all(members)
    return ground


def _households(case: Case, unit: int) -> Text:
    if not case.plan.units.has_households:
        return Text("户数不详", "households not known")
    n = int(case.plan.units.households[unit])
    return Text(f"{n:,} 户", f"{n:,} households")
