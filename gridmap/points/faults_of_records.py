"""Checks of what is on record about points: dates, status, premises, and places that stand twice."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from gridmap.model.finding import Row
from gridmap.model.nearest import nearest_code
from gridmap.model.registers.points import PARTY_POINTS, POINT
from gridmap.model.text import Text
from gridmap.points.case import PointCase, row_about, title_of
from gridmap.points.two_in_one import NEAR_M
from gridmap.points.words import kind_title, status_title

#: Two points of a kind within this distance are one place: coordinates are not more exact. Our decision.
SAME_PLACE_M: Final = 1.0
_DATES: Final = ("planned_on", "built_on", "opened_on", "closed_on")
#: How far a point has come; a record that is behind its own dates was not kept up.
_STAGES: Final = ("planned", "built", "in_use", "closed")


def dates_in_order(case: PointCase) -> list[Row]:
    """Points whose days are not in the order planned, built, opened, closed; one row a point."""
    table = case.table
    rows: dict[str, Row] = {}
    for first, second in combinations(_DATES, 2):
        for row in table[table[second] < table[first]].to_dict("records"):
            earlier, later = (f"{row[column]:%Y-%m-%d}" for column in (second, first))
            title, a, b = title_of(row), POINT.column(second).title, POINT.column(first).title
            text = Text(
                f"点位{title.zh}的{a.zh} {earlier} 早于{b.zh} {later}",
                f"Point {title.en}: {a.en.lower()} {earlier} is before {b.en.lower()} {later}",
            )
            rows.setdefault(row["point_id"], row_about(row, text))
    return [rows[key] for key in sorted(rows)]


def status_kept_up(case: PointCase) -> list[Row]:
    """Points that by their dates have come farther than the status on record says."""
    table = case.table
    stage = {status: n for n, status in enumerate(_STAGES)}
    behind = table[table["recorded"].map(stage) < table["status"].map(stage)]
    rows = []
    for row in behind.to_dict("records"):
        title, given, true = title_of(row), status_title(row["recorded"]), status_title(row["status"])
        text = Text(
            f"点位{title.zh}登记状态为「{given.zh}」，按日期应为「{true.zh}」",
            f"Point {title.en} is on record as {given.en.lower()}, by its dates it is {true.en.lower()}",
        )
        rows.append(row_about(row, text))
    return rows


def closed_with_a_day(case: PointCase) -> list[Row]:
    """Points that are on record as closed without the day: they count as closed on every day, past ones too."""
    table = case.table
    rows = []
    for row in table[(table["recorded"] == "closed") & table["closed_on"].isna()].to_dict("records"):
        title = title_of(row)
        text = Text(
            f"点位{title.zh}已停用，但没有停用日期，各日均按停用计",
            f"Point {title.en} is closed, but not since when: it counts as closed on every day",
        )
        rows.append(row_about(row, text))
    return rows


def with_premises(case: PointCase) -> list[Row]:
    """Grid points and Party points in use without a premises id; soft for grid points, which are not counted."""
    table = case.table
    kinds = ("grid_point", *PARTY_POINTS)
    bare = table[table["kind"].isin(kinds) & (table["status"] == "in_use") & (table["premises"] == "")]
    rows = []
    for row in bare.to_dict("records"):
        title, kind, counts = title_of(row), kind_title(row["kind"]), row["kind"] == "grid_point"
        result = (
            Text("，不计入已建成网格点", ", so it does not count as a built grid point")
            if counts
            else Text("，两点合一只能按距离认定", ", so it is two in one by distance alone")
        )
        text = Text(
            f"{kind.zh}{title.zh}已启用，但没有场所编号{result.zh}",
            f"{kind.en} {title.en} is in use without premises{result.en}",
        )
        rows.append(row_about(row, text, severity="soft" if counts else "info"))
    return rows


def of_known_premises(case: PointCase) -> list[Row]:
    """Points whose premises the town's premises do not have, with the id that is most like it.

    Where not one of them is there, the two registers use different ids and cannot be held against each other: that is
    said once.
    """
    assert case.premises is not None
    known = tuple({str(p).strip() for p in case.premises["premises_id"].dropna()} - {""})
    table = case.table
    given = table[table["premises"] != ""]
    unknown = given[~given["premises"].isin(known)]
    if len(given) > 1 and len(unknown) == len(given):
        text = Text(
            f"点位的场所编号（{len(given)} 处）都不在场所名录中：两者编号不同，无法核对",
            f"none of the premises of the points ({len(given)}) is among the town's: they have ids of their own and "
            "cannot be compared",
        )
        return [Row(text, severity="info")]
    rows = []
    for row in unknown.to_dict("records"):
        title, like = title_of(row), nearest_code(row["premises"], known)
        advice = Text(f"；是否为 {like}？", f"; is it {like}?") if like else Text("", "")
        text = Text(
            f"点位{title.zh}的场所编号 {row['premises']} 不在场所名录中{advice.zh}",
            f"Point {title.en} has premises {row['premises']}, which are not among the town's{advice.en}",
        )
        rows.append(row_about(row, text))
    return rows


def premises_in_one_place(case: PointCase) -> list[Row]:
    """Premises of which the points lie in several grids (R12), or farther apart than premises are wide."""
    table = case.table
    lasting = table[(table["premises"] != "") & (table["status"] != "closed") & table["distance_m"].notna()]
    rows = []
    for premises, group in lasting.groupby("premises", sort=True):
        grids = sorted(set(group["grid"]) - {""})
        places = np.asarray(group["place"], dtype=object)
        width = float(shapely.distance(places[:, None], places[None, :]).max())
        if len(grids) <= 1 and width <= NEAR_M:
            continue
        ids = list(group["point_id"])
        spread = Text(f"分在网格 {'、'.join(grids)}", f"lie in the grids {', '.join(grids)}")
        if len(grids) <= 1:
            spread = Text("相距过远", "lie far apart")
        text = Text(
            f"场所 {premises} 的点位 {'、'.join(ids)} {spread.zh}（相距 {width:,.0f} 米）；一个场所只属一个网格，"
            "请核对场所编号和位置",
            f"The points {', '.join(ids)} of premises {premises} {spread.en} ({width:,.0f} m); premises belong to one "
            "grid: check the premises id and the places",
        )
        rows.append(row_about(group.iloc[0].to_dict(), text, value=width, limit=NEAR_M))
    return rows


def recorded_once(case: PointCase) -> list[Row]:
    """Two points of a kind that are not closed and are one place; the later by id names the first."""
    table = case.table
    same = table[(table["status"] != "closed") & (table["kind"] != "other")].reset_index(drop=True)
    places = np.asarray(same["place"], dtype=object)
    near = shapely.STRtree(places).query(places, predicate="dwithin", distance=SAME_PLACE_M)
    owned = same.loc[same["premises"] != "", ["kind", "premises"]].reset_index(names="at")
    shared = owned.merge(owned, on=["kind", "premises"], suffixes=("_a", "_b"))
    pairs = pd.DataFrame(
        {
            "first": np.concatenate([near[0], shared["at_a"].to_numpy(np.int64)]),
            "second": np.concatenate([near[1], shared["at_b"].to_numpy(np.int64)]),
        }
    )
    kind = same["kind"].to_numpy(object)
    is_same_kind = kind[pairs["first"]] == kind[pairs["second"]]
    pairs = pairs[is_same_kind & (pairs["first"] < pairs["second"]).to_numpy()]
    # the table is sorted by id, and so are its numbers
    pairs = pairs.sort_values(["second", "first"]).drop_duplicates("second")
    records = same.to_dict("records")
    return [_twice(records[a], records[b]) for a, b in zip(pairs["first"], pairs["second"], strict=True)]


def _twice(first: Mapping[Any, Any], second: Mapping[Any, Any]) -> Row:
    a, b, kind = title_of(first), title_of(second), kind_title(str(first["kind"]))
    by_premises = bool(first["premises"]) and first["premises"] == second["premises"]
    why = Text("位置相同", "stand in the same place")
    if by_premises:
        why = Text(f"同在场所 {first['premises']}", f"have the same premises {first['premises']}")
    far = float(shapely.distance(first["place"], second["place"]))
    return row_about(
        second,
        Text(
            f"{kind.zh}{a.zh}与{b.zh}{why.zh}，是否重复登记？",
            f"{kind.en} {a.en} and {b.en} {why.en}; is it on record twice?",
        ),
        value=far,
        limit=SAME_PLACE_M,
    )
