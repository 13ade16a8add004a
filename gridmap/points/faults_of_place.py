"""Checks of where points lie: in the right datum, in the town, in the grid and the jurisdiction that they name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import shapely

from gridmap.model.finding import Row
from gridmap.model.nearest import nearest_code
from gridmap.model.text import Text
from gridmap.points.case import PointCase, row_about, title_of

#: A point this near to where it should be may be there: coordinates are not more exact. Our decision.
BORDER_M: Final = 1.0

_DATUMS: Final = {
    "gcj02": Text("GCJ-02（高德、腾讯地图）", "GCJ-02 (Amap, Tencent)"),
    "bd09": Text("BD-09（百度地图）", "BD-09 (Baidu)"),
}


def in_the_right_datum(case: PointCase) -> list[Row]:
    """Points that were read off a web map; one row for the register."""
    shift = case.shift
    if shift is None:
        return []
    datum, now, then = _DATUMS[shift.datum], shift.shares["wgs84"], shift.shares[shift.datum]
    return [
        Row(
            Text(
                f"点位坐标疑为 {datum.zh}，偏移约 {shift.shift_m:,.0f} 米：按现有坐标 {now:.0%} 落在所属位置，"
                f"按 {datum.zh}则有 {then:.0%}。请加 --datum {shift.datum} 重新读入，之后再检查位置",
                f"The coordinates of the points look like {datum.en}, off by about {shift.shift_m:,.0f} m: as they are "
                f"{now:.0%} fall where they belong, read as {datum.en} {then:.0%}. Read them again with "
                f"--datum {shift.datum}; their places are judged after that",
            ),
            value=shift.shift_m,
            limit=0.0,
        )
    ]


def in_the_town(case: PointCase) -> list[Row]:
    """Points outside every jurisdiction; those at the border, within :data:`BORDER_M`, are soft."""
    table = case.table
    return [_outside(row) for row in table[table["jurisdiction"] == ""].to_dict("records")]


def _outside(row: dict[Any, Any]) -> Row:
    title, far = title_of(row), float(row["distance_m"])
    if np.isnan(far):
        text = Text(f"点位{title.zh}没有位置", f"Point {title.en} has no place")
    else:
        text = Text(
            f"点位{title.zh}在本镇范围以外，距边界 {far:,.0f} 米{_web_map(row).zh}；请核对坐标",
            f"Point {title.en} lies outside the town, {far:,.0f} m from its border{_web_map(row).en}; check its "
            "coordinates",
        )
    at_border = far <= BORDER_M
    return row_about(row, text, value=far, limit=0.0, severity="soft" if at_border else "", jurisdiction="")


def _web_map(row: Mapping[Any, Any]) -> Text:
    """What is added where the coordinates of one point look like those of a web map."""
    if not row["web_map"]:
        return Text("", "")
    datum = _DATUMS[row["web_map"]]
    return Text(
        f"；按 {datum.zh}还原则与登记相符，坐标疑取自网络地图",
        f"; read as {datum.en} it is where the record says, so it looks read off a web map",
    )


def in_a_grid(case: PointCase) -> list[Row]:
    """Points inside the town that no grid of the plan holds."""
    table = case.table
    bare = table[(table["grid"] == "") & (table["jurisdiction"] != "")]
    return [
        row_about(
            row,
            Text(
                f"点位{title_of(row).zh}所在位置未编入任何网格",
                f"Point {title_of(row).en} stands where the plan has no grid",
            ),
        )
        for row in bare.to_dict("records")
    ]


def in_the_declared_grid(case: PointCase) -> list[Row]:
    """Points in another grid than their record names; within :data:`BORDER_M` of it, or closed, that is only said."""
    table = case.table
    wrong = table[
        table["declared_grid"].isin(case.plan.codes) & (table["grid"] != "") & (table["grid"] != table["declared_grid"])
    ]
    rows = []
    for row in wrong.to_dict("records"):
        named, true, title = row["declared_grid"], row["grid"], title_of(row)
        members = case.plan.grid_of == case.plan.codes.index(named)
        far = float(shapely.distance(case.plan.units.polygons[members], row["place"]).min())
        text = Text(
            f"点位{title.zh}登记在网格 {named}，按位置属网格 {true}（距登记网格 {far:,.0f} 米）{_web_map(row).zh}",
            f"Point {title.en} is on record in grid {named}, by its place it is in grid {true} "
            f"({far:,.0f} m from the grid on record){_web_map(row).en}",
        )
        rows.append(row_about(row, text, value=far, limit=0.0, severity=_severity(row, far)))
    return rows


def of_a_known_grid(case: PointCase) -> list[Row]:
    """Points whose record names a grid that the plan does not have, with the right or the nearest code."""
    table = case.table
    unknown = table[(table["declared_grid"] != "") & ~table["declared_grid"].isin(case.plan.codes)]
    return [_unknown_grid(row, case) for row in unknown.to_dict("records")]


def _unknown_grid(row: dict[Any, Any], case: PointCase) -> Row:
    title, named = title_of(row), row["declared_grid"]
    like = nearest_code(named, case.plan.codes)
    if row["grid"]:
        advice = Text(f"；按位置属网格 {row['grid']}", f"; by its place it is in grid {row['grid']}")
    elif like:
        advice = Text(f"；最接近的编号是 {like}", f"; the nearest code is {like}")
    else:
        advice = Text("", "")
    return row_about(
        row,
        Text(
            f"点位{title.zh}登记的网格 {named} 不在本方案中{advice.zh}",
            f"Point {title.en} is on record in grid {named}, which the plan does not have{advice.en}",
        ),
        severity=_severity(row),
    )


def in_the_declared_jurisdiction(case: PointCase) -> list[Row]:
    """Points in another jurisdiction than their record names, or whose record names none of this town."""
    table, outlines = case.table, case.plan.units.jurisdictions
    named = table["declared_jurisdiction"]
    is_known = named.isin(outlines.index)
    is_wrong = (named != "") & (named != table["jurisdiction"]) & (~is_known | (table["jurisdiction"] != ""))
    return [
        _wrong_jurisdiction(row, case) if known else _unknown_jurisdiction(row, case)
        for row, known in zip(table[is_wrong].to_dict("records"), is_known[is_wrong], strict=True)
    ]


def _wrong_jurisdiction(row: dict[Any, Any], case: PointCase) -> Row:
    title, named, true = title_of(row), row["declared_jurisdiction"], row["jurisdiction"]
    far = float(shapely.distance(case.plan.units.jurisdictions.geometry[named], row["place"]))
    zh = f"点位{title.zh}登记在{case.place_title(named)}（{named}），按位置属{case.place_title(true)}（{true}）"
    en = (
        f"Point {title.en} is on record in {case.place_title(named)} ({named}), "
        f"by its place it is in {case.place_title(true)} ({true})"
    )
    return row_about(row, Text(zh, en), value=far, limit=0.0, severity=_severity(row, far))


def _unknown_jurisdiction(row: dict[Any, Any], case: PointCase) -> Row:
    title, named, true = title_of(row), row["declared_jurisdiction"], row["jurisdiction"]
    advice = Text("", "")
    if true:
        advice = Text(
            f"；按位置属{case.place_title(true)}（{true}）",
            f"; by its place it is in {case.place_title(true)} ({true})",
        )
    return row_about(
        row,
        Text(
            f"点位{title.zh}登记的村居 {named} 不属本镇{advice.zh}",
            f"Point {title.en} is on record in {named}, which is no jurisdiction of this town{advice.en}",
        ),
        severity=_severity(row),
    )


def _severity(row: Mapping[Any, Any], far_m: float = np.inf) -> str:
    """That of the check, but milder at the border and for closed points, which keep the codes of their time."""
    return "info" if far_m <= BORDER_M or row["status"] == "closed" else ""
