"""What a re-drawing means for points: which change their grid, which grids lose theirs, which gain one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.model.plan import Plan
from gridmap.model.text import Text
from gridmap.points.place import place_points
from gridmap.points.status import status_on
from gridmap.points.words import grid_title, kind_title, point_title

MOVED_COLUMNS: Final = (
    "point_id", "name", "kind", "status", "old_grid", "new_grid", "is_renamed", "text_zh", "text_en",
)  # fmt: skip
#: Columns of ``lost`` and ``gained``.
GRID_COLUMNS: Final = (
    "grid", "jurisdiction", "households", "reason", "from_grids", "to_grids", "points", "text_zh", "text_en",
)  # fmt: skip

_GRID_TYPES: Final = {c: np.int64 if c == "households" else object for c in GRID_COLUMNS}
_GAINS: Final = ("gained", "new_with")
_HEADS: Final = {
    "lost": Text("网格 {} 失去网格点：", "Grid {} loses its grid point: "),
    "new_without": Text("新网格 {} 没有网格点：原网格的", "The new grid {} has no grid point: "),
    "retired": Text("网格 {} 撤销，其网格点归入别处：", "Grid {} is no more, its point is another grid's: "),
    "gained": Text("网格 {} 有了网格点：", "Grid {} gains a grid point: "),
    "new_with": Text("新网格 {} 有网格点：", "The new grid {} has a grid point: "),
}


@dataclass(frozen=True, eq=False)
class PointsChanged:
    """What a re-drawing means for points.

    Attributes
    ----------
    moved : pandas.DataFrame
        Points that are not closed of which the grid has another code, by id; columns :data:`MOVED_COLUMNS`.
        ``is_renamed`` is true where the grid itself goes on unchanged under another code.
    lost : pandas.DataFrame
        Grids that lose their grid point, by code; columns :data:`GRID_COLUMNS`. ``reason`` is ``lost`` (the grid had a
        point in use and has none now), ``new_without`` (a new grid has none though a grid that its units come from
        had), or ``retired`` (the grid is no more and its point is another grid's now). ``from_grids`` are the old
        grids with a point that its units come from; ``to_grids`` the new grids that hold those points ("" for none);
        ``points`` their ids; all three are tuples. Of a retired grid, households and jurisdiction are those it had.
    gained : pandas.DataFrame
        The same columns for grids that have a grid point in use now: ``gained`` (the grid had none before) or
        ``new_with`` (a new grid of units of which no old grid had one).
    """

    moved: pd.DataFrame
    lost: pd.DataFrame
    gained: pd.DataFrame


def points_changed(points: gpd.GeoDataFrame, before: Plan, after: Plan, *, day: date) -> PointsChanged:
    """What becomes of points and of grids' points when one plan takes the place of another.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        n records of the register ``point``, in the CRS of both plans.
    before, after : Plan
        Plans of one town. Units are matched by their ids; a unit of `after` that `before` does not know comes from the
        grid of `before` that holds a point inside it.
    day : datetime.date
        On which points must be in use to be a grid's point.

    Raises
    ------
    InvalidInput
        If the points, or the units of `before` where ids do not match, have another CRS than the plan they are held
        against, or a place is no point.
    """
    sites = pd.DataFrame({c: points[c].to_numpy(object) for c in ("point_id", "name", "kind")})
    sites["status"] = status_on(points, day).to_numpy(object)
    for column, plan in (("old_grid", before), ("new_grid", after)):
        sites[column] = place_points(points, plan)["grid"].to_numpy(object)
    sites = sites.sort_values("point_id", ignore_index=True)
    flow = _flow(before, after)
    return PointsChanged(
        moved=_moved(sites, _renamed(flow)),
        lost=_lost(sites, flow, before, after),
        gained=_gained(sites, flow, before, after),
    )


def _flow(before: Plan, after: Plan) -> pd.DataFrame:
    """Pairs of an old and a new grid that have units in common, "" for none; columns old, new."""
    units = after.units
    at = pd.Index(before.units.ids).get_indexer(pd.Index(units.ids))
    old = np.append(before.code_of_unit(), "")[at]
    if (at < 0).any():
        inside = units.frame.loc[at < 0, [units.frame.geometry.name]]
        old[at < 0] = place_points(inside.set_geometry(inside.representative_point()), before)["grid"].to_numpy(object)
    pairs = pd.DataFrame({"old": old, "new": after.code_of_unit()})
    return pairs.drop_duplicates().sort_values(["old", "new"], ignore_index=True)


def _renamed(flow: pd.DataFrame) -> dict[str, str]:
    """Old code → new code of grids that go on with the same units under another code."""
    is_alone = ~flow["old"].duplicated(keep=False) & ~flow["new"].duplicated(keep=False)
    other = (flow["old"] != flow["new"]) & (flow["old"] != "") & (flow["new"] != "")
    return {str(a): str(b) for a, b in flow.loc[is_alone & other, ["old", "new"]].to_numpy(object)}


def _moved(sites: pd.DataFrame, renamed: Mapping[str, str]) -> pd.DataFrame:
    moved = sites[(sites["old_grid"] != sites["new_grid"]) & (sites["status"] != "closed")]
    rows = moved.to_dict("records")
    is_renamed = [row["new_grid"] != "" and renamed.get(row["old_grid"]) == row["new_grid"] for row in rows]
    texts = [_moved_text(row, is_same) for row, is_same in zip(rows, is_renamed, strict=True)]
    told = moved.assign(is_renamed=is_renamed, text_zh=[t.zh for t in texts], text_en=[t.en for t in texts])
    types = {c: np.bool_ if c == "is_renamed" else object for c in MOVED_COLUMNS}
    return told[list(MOVED_COLUMNS)].astype(types).reset_index(drop=True)


def _moved_text(row: dict[Any, Any], is_renamed: bool) -> Text:
    kind, name = kind_title(row["kind"]), point_title(row["name"], row["point_id"])
    old, new = grid_title(row["old_grid"]), grid_title(row["new_grid"])
    note = Text("（网格不变，只换编号）", " (the same grid under another code)") if is_renamed else Text("", "")
    return Text(
        f"{kind.zh}{name.zh}换了网格：{old.zh} → {new.zh}{note.zh}",
        f"{kind.en} {name.en} goes from {old.en} to {new.en}{note.en}",
    )


def _lost(sites: pd.DataFrame, flow: pd.DataFrame, before: Plan, after: Plan) -> pd.DataFrame:
    points = _open_grid_points(sites)
    had, has = set(points["old_grid"]) - {""}, set(points["new_grid"]) - {""}
    known, sources = set(before.codes), _sources(flow)
    rows = []
    for code in sorted(set(after.codes) - has):
        origins = [code] if code in known else sources.get(code, [])
        with_point = tuple(o for o in origins if o in had)
        if with_point:
            own = points[points["old_grid"].isin(with_point)]
            rows.append(_grid_row(code, "lost" if code in known else "new_without", with_point, own, after))
    retired = sorted(had - set(after.codes) - set(_renamed(flow)))
    rows += [_grid_row(code, "retired", (code,), points[points["old_grid"] == code], before) for code in retired]
    return pd.DataFrame(rows, columns=list(GRID_COLUMNS)).astype(_GRID_TYPES)


def _gained(sites: pd.DataFrame, flow: pd.DataFrame, before: Plan, after: Plan) -> pd.DataFrame:
    points = _open_grid_points(sites)
    had, has = set(points["old_grid"]) - {""}, set(points["new_grid"]) - {""}
    known, sources = set(before.codes), _sources(flow)
    rows = []
    for code in sorted(has):
        origins = [code] if code in known else sources.get(code, [])
        if not had & set(origins):
            own = points[points["new_grid"] == code]
            from_grids = tuple(sorted(set(own["old_grid"]) - {""}))
            rows.append(_grid_row(code, "gained" if code in known else "new_with", from_grids, own, after))
    return pd.DataFrame(rows, columns=list(GRID_COLUMNS)).astype(_GRID_TYPES)


def _open_grid_points(sites: pd.DataFrame) -> pd.DataFrame:
    return sites[(sites["kind"] == "grid_point") & (sites["status"] == "in_use")]


def _sources(flow: pd.DataFrame) -> dict[str, list[str]]:
    """New code → the old grids that its units come from, ascending."""
    real = flow[(flow["old"] != "") & (flow["new"] != "")]
    return {str(new): [str(o) for o in group] for new, group in real.groupby("new")["old"]}


def _grid_row(code: str, reason: str, from_grids: tuple[str, ...], points: pd.DataFrame, plan: Plan) -> tuple[Any, ...]:
    at = plan.codes.index(code)
    text = _grid_text(code, reason, points)
    return (
        code,
        str(plan.jurisdiction_of_grid[at]),
        int(plan.households_of_grid[at]),
        reason,
        from_grids,
        tuple(sorted(set(points["new_grid"]))),
        tuple(points["point_id"]),
        text.zh,
        text.en,
    )


def _grid_text(code: str, reason: str, points: pd.DataFrame) -> Text:
    """The sentence of a grid that loses or gains, with each point and where it is now, or came from."""
    is_gain = reason in _GAINS
    named = [
        (point_title(row["name"], row["point_id"]), grid_title(row["old_grid"] if is_gain else row["new_grid"]))
        for row in points.to_dict("records")
    ]
    verb = Text("原属", "was in") if is_gain else Text("现属", "is now in")
    points_zh = "、".join(f"{name.zh}{verb.zh}{grid.zh}" for name, grid in named)
    points_en = ", ".join(f"{name.en} {verb.en} {grid.en}" for name, grid in named)
    head = _HEADS[reason]
    return Text(head.zh.format(code) + points_zh, head.en.format(code) + points_en)
