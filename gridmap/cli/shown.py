"""What `gridmap store` shows: plans, their history, what differs, which grid held a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.cli.outputs import check_outputs
from gridmap.cli.screen import Screen
from gridmap.cli.stored import day_of, opened
from gridmap.data.crs import convert_datum
from gridmap.data.vector import write_layers
from gridmap.errors import InvalidInput
from gridmap.model.text import Text
from gridmap.storage import diff, entries
from gridmap.storage.entries import PlanEntry, VersionEntry
from gridmap.storage.where import grid_at, named_crs

#: What made a version, in Chinese.
_KINDS: Final = {
    "import": "导入",
    "save": "保存",
    "undo": "撤销",
    "redo": "重做",
    "restore": "恢复",
    "branch": "分支",
    "merge": "合并",
    "migrate": "迁移",
}


def show_plans(screen: Screen) -> None:
    """List the plans.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with opened() as store:
        found = entries.list_plans(store)
    if not found:
        screen.say(
            Text(
                "数据库中还没有方案；用 gridmap store import 方案.gpkg 存入。",
                "no plan is stored yet; gridmap store import PLAN.gpkg stores one.",
            )
        )
        return
    names = screen.words("编号,镇,方案,状态,版本,生效,停用,来自", "number,town,plan,state,version,from,until,out of")
    by_id = {e.id: e.name for e in found}
    screen.table("", names.split(","), [_plan_row(e, by_id, screen) for e in found])


def _plan_row(e: PlanEntry, by_id: Mapping[int, str], screen: Screen) -> Sequence[object]:
    origin = f"{by_id.get(e.source_plan_id or 0, '')} {e.source_version}" if e.source_plan_id else ""
    return (f"#{e.id}", e.town, e.name, _state(e, screen), e.version, e.since or "", e.until or "", origin)


def _state(e: PlanEntry, screen: Screen) -> str:
    return screen.words(entries.STATES[e.state], e.state.replace("_", " "))


def show_history(plan: str, screen: Screen) -> None:
    """List the versions of a plan.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with opened() as store:
        entry = entries.find_plan(store, plan)
        found = entries.list_versions(store, entry.id)
    title = screen.words(
        f"方案「{entry.name}」（{entry.town}）：{_state(entry, screen)}",
        f"plan {entry.name} ({entry.town}): {_state(entry, screen)}",
    )
    names = screen.words("版本,操作,单元,何人,程序,时间,说明", "version,made by,units,who,with,when,why").split(",")
    screen.table(title, names, [_version_row(v, screen) for v in found])


def _version_row(v: VersionEntry, screen: Screen) -> Sequence[object]:
    kind = screen.words(_KINDS[v.kind], v.kind)
    same = f" → {v.state_of}" if v.state_of != v.version else ""
    return (v.version, kind + same, v.n_moves, v.actor, v.client, f"{v.at.astimezone():%Y-%m-%d %H:%M:%S}", v.message)


def show_diff(
    plan: str, before: int, after: int | None, other: str | None, out: str | None, screen: Screen, *, force: bool
) -> None:
    """Compare two versions.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_outputs({out: ".gpkg"}, (), force=force)
    with opened() as store:
        found = diff.diff_versions(store, plan, before, after, other=other)
    n = len(found.units)
    title = f"{found.before[0]} {found.before[1]} → {found.after[0]} {found.after[1]}"
    if len(found.grids):
        words = {"new": "新设", "gone": "撤销", "changed": "变动"}
        names = screen.words(
            "网格,变化,原户数,现户数,原单元,现单元", "grid,change,households before,after,units before,after"
        )
        rows = [
            (
                g["grid_code"],
                screen.words(words[str(g["change"])], str(g["change"])),
                *(g[f"{what}_{side}"] for what in ("households", "units") for side in ("before", "after")),
            )
            for g in found.grids.to_dict("records")
        ]
        screen.table(title, names.split(","), rows)
    screen.say(
        Text(
            f"{title}：{n} 个单元换了网格，{found.households_moved} 户；新编号 {len(found.codes_new)} 个，"
            f"不再使用 {len(found.codes_gone)} 个。",
            f"{title}: {n} units changed their grid, {found.households_moved} households; "
            f"{len(found.codes_new)} codes new, {len(found.codes_gone)} gone.",
        )
    )
    if out:
        layers: dict[str, gpd.GeoDataFrame | pd.DataFrame] = {"units": found.units} if n else {}
        write_layers(out, {**layers, "grids": found.grids, "lineage": found.lineage})
        screen.say(Text(f"已写出 {out}", f"written: {out}"))


def show_where(x: float, y: float, on: str | None, crs: str, datum: str | None, screen: Screen) -> None:
    """Tell which grid held a point on a day.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    if datum not in (None, "gcj02", "bd09"):
        raise InvalidInput(f"--datum is gcj02 or bd09; got {datum!r}", f"--datum 应为 gcj02 或 bd09；得到 {datum!r}")
    day = day_of(on)
    named_crs(crs)
    if datum is not None:
        point = convert_datum(gpd.GeoDataFrame(geometry=[shapely.Point(x, y)], crs=crs), datum)  # type: ignore[arg-type]
        x, y = point.geometry.iloc[0].x, point.geometry.iloc[0].y
    with opened() as store:
        found = grid_at(store, x, y, day, crs=crs)
    if not found:
        screen.say(
            Text(
                "该日此处没有生效的方案，或不在任何单元内。",
                "no plan was in force there on that day, or no unit lies there.",
            )
        )
        return
    names = screen.words("镇,方案,自,至,村居,单元,网格", "town,plan,from,until,jurisdiction,unit,grid").split(",")
    rows = [
        (
            h.town,
            h.plan,
            h.since,
            h.until or "",
            f"{h.jurisdiction_name} {h.jurisdiction}",
            h.unit_id,
            h.grid_code or "—",
        )
        for h in found
    ]
    screen.table("", names, rows)
