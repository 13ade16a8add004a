"""What `gridmap patrols` does: tracks in, coverage and missed streets out."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.cli.kept import Asked, Kept, kept, note_synthetic, wanted_grids
from gridmap.cli.outputs import check_outputs
from gridmap.cli.screen import Screen
from gridmap.cli.stored import day_of
from gridmap.cli.tables import Headings, check_out, percent, show_frame
from gridmap.data.tracks import TrackIntake, read_tracks
from gridmap.data.vector import write_layers
from gridmap.errors import InvalidInput, NotStored
from gridmap.issues.patrols import Coverage
from gridmap.issues.patrols import coverage as cover
from gridmap.model.patrols import Patrols
from gridmap.model.text import Text
from gridmap.storage.patrols import load_patrols, save_patrols

#: So many kinds of errors are shown.
MOST_SHOWN: Final = 20
#: A stored way is the same to this many metres: it may have come in another CRS.
_SAME_M: Final = 0.01
_LIST: Final[Headings] = {
    "patrol": Text("巡查编号", "patrol"),
    "began": Text("开始时间", "began"),
    "minutes": Text("用时（分钟）", "minutes"),
    "km": Text("路程（km）", "km"),
    "grid": Text("网格", "grid"),
    "member": Text("人员编号", "person"),
}
_GRIDS: Final[Headings] = {
    "grid": Text("网格", "grid"),
    "street_km": Text("街路（km）", "streets (km)"),
    "walked_km": Text("已走（km）", "walked (km)"),
    "share": Text("覆盖率", "share"),
    "n_patrols": Text("巡查次数", "patrols"),
    "n_days": Text("巡查天数", "days"),
    "last_on": Text("最近一次", "last on"),
    "n_pieces_missed": Text("未走到的街路", "streets missed"),
}
_STREETS: Final[Headings] = {
    "grid": Text("网格", "grid"),
    "name": Text("道路", "street"),
    "length_m": Text("长度（米）", "metres"),
    "walked_m": Text("已走（米）", "walked"),
    "share": Text("走过比例", "share"),
    "last_walked_on": Text("期间最近一次", "last walked in the period"),
}


@dataclass(frozen=True)
class Taking:
    """How tracks are taken in."""

    sheet: str | None = None
    datum: str | None = None
    encoding: str | None = None
    message: str = ""
    leave_out: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class When:
    """Which patrols are meant: a month, or first and last day; and how near a way must pass."""

    month: str | None = None
    first: str | None = None
    last: str | None = None
    within_m: float = 20.0

    def period(self, day: date) -> tuple[date, date]:
        """First and last day, both included; without any, the month of `day`.

        Raises
        ------
        InvalidInput
            If a day or the month is none, both are given, or the last day lies before the first.
        """
        first, last = day_of(self.first), day_of(self.last)
        if self.month is not None and (first or last):
            raise InvalidInput("give --month, or --from and --to, not both", "--month 与 --from、--to 只能给出一种。")
        found = re.fullmatch(r"(\d{4})-(\d{1,2})", self.month or f"{(first or last or day):%Y-%m}")
        if found is None or not 1 <= int(found[2]) <= 12:
            raise InvalidInput(
                f"--month is a month like 2020-02; got {self.month!r}", f"--month 应写成 2020-02；得到 {self.month!r}。"
            )
        year, month = int(found[1]), int(found[2])
        first = first or date(year, month, 1)
        last = last or (day if self.first else date(year, month, calendar.monthrange(year, month)[1]))
        if last < first:
            raise InvalidInput(
                f"the last day ({last}) lies before the first ({first})", f"终止日期（{last}）早于起始日期（{first}）。"
            )
        return first, last


def take_in(source: str, asked: Asked, how: Taking, screen: Screen) -> None:
    """Read tracks, say what was cut and left out, and store all of it or nothing.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with screen.progress() as steps, kept(asked) as at:
        steps.stage("read")
        intake = _read(source, at, how)
        for note in intake.notes:
            screen.err.print(f"! {note.in_language(screen.lang)}", markup=False, soft_wrap=True)
        _show_errors(source, intake, screen)
        patrols = intake.patrols
        assert patrols is not None
        fresh = _not_held(patrols, at)
        _say_read(intake, len(fresh), screen)
        if how.dry_run:
            screen.say(Text("仅预览，没有存入。", "a preview: nothing was stored."))
            return
        if not len(fresh):
            screen.say(Text("与已存内容相同，没有变化。", "the same as what is stored: nothing changed."))
            return
        steps.stage("write")
        done = save_patrols(at.store, at.stored.entry.town_id, fresh, source=Path(source).name, message=how.message)
    screen.say(
        Text(
            f"已存入（导入 {done.batch.id}）：新增 {done.n_new:,} 次。",
            f"stored as import {done.batch.id}: {done.n_new:,} new.",
        )
    )


def _not_held(patrols: Patrols, at: Kept) -> Patrols:
    """Those that are not stored yet. What is stored stays, though its person or grid may be known only now."""
    frame = patrols.frame
    if frame.empty:
        return patrols
    days = frame["started_at"].dt.date
    held = load_patrols(at.store, at.stored.entry.town_id, days.min(), days.max(), crs=frame.crs).frame
    known = frame.index[frame.index.isin(held.index)]
    old, new = held.loc[known], frame.loc[known]
    same = np.ones(len(known), dtype=np.bool_)
    for column in ("started_at", "ended_at"):
        same &= ((old[column] == new[column]) | (old[column].isna() & new[column].isna())).to_numpy(np.bool_)
    same &= shapely.equals_exact(_ways(old), _ways(new), tolerance=_SAME_M)
    return Patrols(frame.drop(index=known[same]), patrols.is_synthetic)


def _ways(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    return np.asarray(frame.geometry.values, dtype=object)


def _read(source: str, at: Kept, how: Taking) -> TrackIntake:
    person = at.records.of("person")
    named = person[person["name"] != ""]
    unique = named[~named["name"].duplicated(keep=False)]  # of two people of one name nobody knows which is meant
    return read_tracks(
        source,
        crs=at.plan.units.frame.crs,
        places=at.plan.units.jurisdictions,
        roads=at.town.context.get("roads"),
        grids=at.plan.codes,
        people=dict(zip(unique["name"], unique["person_id"], strict=True)),
        datum=how.datum,  # type: ignore[arg-type]  # read_tracks refuses others with a sentence
        encoding=how.encoding,
        sheet=how.sheet,
        leave_out=how.leave_out,
        is_synthetic=at.town.is_synthetic,
    )


def _show_errors(source: str, intake: TrackIntake, screen: Screen) -> None:
    """Say what is wrong, what is said of several cells once; refuse the whole when anything is."""
    found = intake.errors
    if len(found):
        said = found.groupby(f"message_{screen.lang}", sort=False)["cell"].agg(["first", "size"])
        rows = [
            (cell if n == 1 else screen.words(f"{cell} 等 {n:,} 处", f"{cell} and {n - 1:,} more"), message)
            for message, cell, n in said.head(MOST_SHOWN).itertuples(name=None)
        ]
        screen.table("", screen.words("单元格,说明", "cell,what").split(","), rows)
        if len(said) > MOST_SHOWN:
            screen.say(Text(f"… 另有 {len(said) - MOST_SHOWN} 种。", f"… and {len(said) - MOST_SHOWN} more."))
    if intake.patrols is None:
        name, n = Path(source).name, len(found)
        worst, noun = found.iloc[0], "error" if n == 1 else "errors"
        raise InvalidInput(
            f"{name}: {n} {noun} (first {worst['cell']}: {worst['message_en']}), nothing was stored; correct them and "
            "import again, or leave them out with --leave-out",
            f"{name}：有 {n} 处错误（首处 {worst['cell']}：{worst['message_zh']}），没有存入任何数据；"
            "请更正后重新导入，或加 --leave-out 跳过。",
        )


def _say_read(intake: TrackIntake, n_new: int, screen: Screen) -> None:
    assert intake.patrols is not None
    n, n_positions = len(intake.patrols), intake.counts["positions"]
    km = intake.patrols.frame.geometry.length.sum() / 1000
    screen.say(
        Text(
            f"读取 {n:,} 次巡查，共 {km:,.1f} km（{n_positions:,} 个位置）：新增 {n_new:,} 次，不变 {n - n_new:,} 次。",
            f"{n:,} patrols read, {km:,.1f} km in all ({n_positions:,} positions): "
            f"{n_new:,} new, {n - n_new:,} unchanged.",
        )
    )


def show_list(
    asked: Asked,
    when: When,
    grid: str | None,
    jurisdiction: str | None,
    out: str | None,
    screen: Screen,
    *,
    force: bool,
) -> None:
    """The patrols of a period, the newest first: times, lengths, ids of persons; no names.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        first, last = when.period(at.day)
        frame = load_patrols(at.store, at.stored.entry.town_id, first, last, crs=at.plan.units.frame.crs).frame
        if grid is not None or jurisdiction is not None:
            chosen = at.plan.dissolve().loc[wanted_grids(at, grid, jurisdiction)].union_all()
            frame = frame[frame.intersects(chosen)]
    frame = frame.sort_values("started_at", ascending=False, kind="stable")
    table = pd.DataFrame(
        {
            "patrol": frame.index.to_numpy(object),
            "began": frame["started_at"].dt.strftime("%Y-%m-%d %H:%M").to_numpy(object),
            "minutes": ((frame["ended_at"] - frame["started_at"]).dt.total_seconds() / 60).round().to_numpy(),
            "km": (frame.geometry.length / 1000).round(2).to_numpy(),
            "grid": frame["grid"].to_numpy(object),
            "member": frame["member"].to_numpy(object),
        }
    )
    note_synthetic(at, screen)
    title = Text(f"{first} 至 {last} 的巡查（仅限内部使用）", f"Patrols, {first} to {last} (internal)")
    show_frame(screen, at, table, _LIST, title=title, out=out)


def show_coverage(
    asked: Asked,
    when: When,
    grid: str | None,
    jurisdiction: str | None,
    out: str | None,
    screen: Screen,
    *,
    force: bool,
) -> None:
    """Which share of its streets was walked in each grid.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        first, last = when.period(at.day)
        found = _covered(at, first, last, when.within_m)
        table = found.grids.loc[wanted_grids(at, grid, jurisdiction)].rename_axis("grid").reset_index()
    table = table.sort_values("share", kind="stable", na_position="last")
    table = table.assign(
        street_km=(table["street_m"] / 1000).round(2),
        walked_km=(table["walked_m"] / 1000).round(2),
        share=percent(table["share"]),
    )
    note_synthetic(at, screen)
    _say_town(found, first, last, screen)
    title = Text(f"{first} 至 {last} 的巡查覆盖", f"Coverage of patrols, {first} to {last}")
    show_frame(screen, at, table, _GRIDS, title=title, out=out)


def show_missed(
    asked: Asked,
    when: When,
    grid: str | None,
    jurisdiction: str | None,
    out: str | None,
    screen: Screen,
    *,
    force: bool,
) -> None:
    """The streets that were not walked, by grid.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    is_layer = out is not None and out.lower().endswith(".gpkg")
    if is_layer:
        check_outputs({out: ".gpkg"}, (), force=force)
    elif out is not None and not out.lower().endswith((".csv", ".xlsx")):
        raise InvalidInput(
            f"{out}: the name must end in .csv, .xlsx or .gpkg", f"{out}：文件名应以 .csv、.xlsx 或 .gpkg 结尾。"
        )
    else:
        check_out(out, force=force)
    with kept(asked) as at:
        first, last = when.period(at.day)
        found = _covered(at, first, last, when.within_m)
        missed = found.missed
        missed = missed[missed["grid"].isin(wanted_grids(at, grid, jurisdiction))]
    unnamed = screen.words("（无名道路）", "(no name)")
    table = missed.drop(columns="geometry").assign(
        name=[n or unnamed for n in missed["name"]],
        length_m=missed["length_m"].round(),
        walked_m=missed["walked_m"].round(),
        share=percent(missed["share"]),
    )
    note_synthetic(at, screen)
    _say_town(found, first, last, screen)
    title = Text(f"{first} 至 {last} 未走到的街路", f"Streets not walked, {first} to {last}")
    show_frame(screen, at, pd.DataFrame(table), _STREETS, title=title, out=None if is_layer else out)
    if is_layer:
        assert out is not None
        write_layers(out, {"missed_streets": missed.drop(columns="is_walked")})
        screen.say(Text(f"已写出 {out}", f"written: {out}"))


def _covered(at: Kept, first: date, last: date, within_m: float) -> Coverage:
    town_id, crs = at.stored.entry.town_id, at.plan.units.frame.crs
    patrols = load_patrols(at.store, town_id, first, last, crs=crs)
    if not len(patrols) and not len(load_patrols(at.store, town_id, crs=crs)):
        raise NotStored(
            "no patrol is stored yet; gridmap patrols import FILE takes tracks in",
            "数据库中还没有巡查轨迹；请先用 gridmap patrols import 文件 导入。",
        )
    return cover(patrols, at.town, at.plan, first=first, last=last, within_m=within_m)


def _say_town(found: Coverage, first: date, last: date, screen: Screen) -> None:
    share = percent(pd.Series([found.share]))[0]
    n_missed, n = len(found.missed), len(found.streets)
    screen.say(
        Text(
            f"{first} 至 {last} 共 {found.n_patrols:,} 次巡查，街路 {found.street_m / 1000:,.1f} km，"
            f"走过 {found.walked_m / 1000:,.1f} km（{share}）；"
            f"{n:,} 段街路中 {n_missed:,} 段未走到一半。主干路不计入。",
            f"{first} to {last}: {found.n_patrols:,} patrols walked {found.walked_m / 1000:,.1f} of "
            f"{found.street_m / 1000:,.1f} km of streets ({share}); "
            f"{n_missed:,} of {n:,} streets were not walked by half. Trunk roads are left out.",
        )
    )
