"""A ledger into the database: what is wrong by its cells, what would change, then all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from gridmap.cli.kept import Asked, Kept, kept
from gridmap.cli.outputs import check_outputs
from gridmap.cli.screen import Screen
from gridmap.data.records import Intake, read_records
from gridmap.errors import InvalidInput
from gridmap.model.records import Records
from gridmap.model.register import Group
from gridmap.model.registers import REGISTERS
from gridmap.model.text import Text
from gridmap.points.checks import check_points
from gridmap.points.shifted import looks_shifted, read_off_web_map
from gridmap.reports.corrections import write_corrections
from gridmap.storage.records import compare_records, save_records

#: So many faults are shown on the screen; the corrections workbook has all of them.
MOST_SHOWN: Final = 20
#: Findings of points that are in the wrong place: the first two are never stored by mistake.
_NOWHERE: Final = ("point.shifted", "point.outside")
_ELSEWHERE: Final = ("point.grid", "point.jurisdiction")


@dataclass(frozen=True)
class Taking:
    """How a ledger is taken in."""

    sheet: str | None = None
    register: str | None = None
    datum: str | None = None
    encoding: str | None = None
    corrections: str | None = None
    message: str = ""
    whole: bool = False
    preview: bool = False
    anyway: bool = False


def take_in(group: Group, source: str, asked: Asked, how: Taking, screen: Screen, *, force: bool) -> None:
    """Read a ledger, show what it would change, and store all of it or nothing.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_outputs({how.corrections: ".xlsx"}, (source,), force=force)
    with screen.progress() as steps, kept(asked) as at:
        steps.stage("read")
        intake = _read(group, source, at, how)
        for note in intake.notes:
            screen.err.print(f"! {note.in_language(screen.lang)}", markup=False, soft_wrap=True)
        _show_errors(source, intake, how, screen)
        assert intake.records is not None
        records = intake.records
        steps.stage("check")
        if group == "points":
            _judge_places(source, records, at, screen, anyway=how.anyway)
        compared = compare_records(at.store, at.stored.entry.town_id, records, is_whole=how.whole)
        _show_preview(compared.counts, screen)
        if how.preview:
            screen.say(Text("仅预览，没有存入。", "a preview: nothing was stored."))
            return
        if not compared.counts[["new", "changed", "ended"]].to_numpy().any() and _is_recorded(records, at):
            screen.say(Text("与已存内容相同，没有变化。", "the same as what is stored: nothing changed."))
            return
        steps.stage("write")
        batch = save_records(
            at.store,
            at.stored.entry.town_id,
            records,
            source=Path(source).name,
            message=how.message,
            is_whole=how.whole,
        )
    screen.say(
        Text(
            f"已存入（导入 {batch.id}）：新增 {batch.n_new}，变更 {batch.n_changed}，终止 {batch.n_ended}。"
            f"撤销：gridmap {group} undo {batch.id}",
            f"stored as import {batch.id}: {batch.n_new} new, {batch.n_changed} changed, {batch.n_ended} ended. "
            f"To take it back: gridmap {group} undo {batch.id}",
        )
    )


def _is_recorded(records: Records, at: Kept) -> bool:
    """Whether every register was recorded before: the first ledger says that there is none, which is worth storing."""
    return all(at.records.has(name) or name == "person" for name in records.frames)


def _read(group: Group, source: str, at: Kept, how: Taking) -> Intake:
    return read_records(
        source,
        group,
        places=at.plan.units.jurisdictions,
        grids=at.plan.codes,
        crs=at.plan.units.frame.crs,
        sheet=how.sheet,
        register=how.register,
        datum=how.datum,  # type: ignore[arg-type]  # read_records refuses others with a sentence
        encoding=how.encoding,
        known=at.records,
        is_synthetic=at.town.is_synthetic,
        day=at.day,
    )


def _show_errors(source: str, intake: Intake, how: Taking, screen: Screen) -> None:
    """Say what is wrong, what is said of several cells once; refuse the whole when anything is an error."""
    found = intake.errors
    n_errors = int((found["severity"] == "error").sum())
    if len(found):
        said = found.groupby(["severity", f"message_{screen.lang}"], sort=False)["cell"].agg(["first", "size"])
        rows = [
            (_cells(cell, n, screen), screen.words("错误", "error") if severity == "error" else "!", message)
            for (severity, message), cell, n in said.head(MOST_SHOWN).itertuples(name=None)
        ]
        screen.table("", screen.words("单元格,级别,说明", "cell,level,what").split(","), rows)
        if len(said) > MOST_SHOWN:
            more = len(said) - MOST_SHOWN
            screen.say(Text(f"… 另有 {more} 种。", f"… and {more} more."))
    if how.corrections and len(found):
        write_corrections(how.corrections, source, intake, encoding=how.encoding)
        screen.say(Text(f"待更正的副本：{how.corrections}", f"the copy to correct: {how.corrections}"))
    if n_errors:
        name, noun = Path(source).name, "error" if n_errors == 1 else "errors"
        hint_zh = "" if how.corrections else "；加 --corrections 文件.xlsx 可得到标出错误的副本"
        hint = "" if how.corrections else "; --corrections FILE.xlsx gives a copy that marks them"
        worst = found[found["severity"] == "error"].iloc[0]
        # who asked for nothing but errors sees no table: the first of them then stands in the sentence
        first = f" (first {worst['cell']}: {worst['message_en']})" if screen.quiet else ""
        first_zh = f"（首处 {worst['cell']}：{worst['message_zh']}）" if screen.quiet else ""
        raise InvalidInput(
            f"{name}: {n_errors} {noun}{first}, nothing was stored; correct the rows and import again{hint}",
            f"{name}：有 {n_errors} 处错误{first_zh}，没有存入任何数据；请更正后重新导入{hint_zh}。",
        )


def _cells(first: str, n: int, screen: Screen) -> str:
    return first if n == 1 else screen.words(f"{first} 等 {n} 处", f"{first} and {n - 1} more")


def _judge_places(source: str, records: Records, at: Kept, screen: Screen, *, anyway: bool) -> None:
    """Points that are shifted or outside the town are not stored by mistake; others in a wrong grid are shown."""
    points = records.points
    report = check_points(at.plan, records, at.rules, day=at.day, premises=at.town.premises)
    found = report.findings[report.findings["severity"] == "hard"]
    nowhere, elsewhere = (found[found["check"].isin(checks)] for checks in (_NOWHERE, _ELSEWHERE))
    shown = nowhere[nowhere["check"] == "point.shifted"]
    shown = shown if len(shown) else pd.concat([nowhere, elsewhere])
    listed = shown[f"message_{screen.lang}"].head(MOST_SHOWN)
    if len(listed):
        screen.table("", [screen.words("说明", "what")], [(m,) for m in listed])
    if len(shown) > MOST_SHOWN:
        more = len(shown) - MOST_SHOWN
        screen.say(Text(f"… 另有 {more} 条。", f"… and {more} more."))
    advice = None if anyway else _advice(points, at, n_outside=int((nowhere["check"] == "point.outside").sum()))
    if advice is not None:
        name = Path(source).name
        raise InvalidInput(
            f"{name}: {advice.en}, or store the points as they are with --anyway; nothing was stored",
            f"{name}：{advice.zh}；没有存入任何数据。确认无误的可加 --anyway 存入。",
        )


def _advice(points: gpd.GeoDataFrame, at: Kept, *, n_outside: int) -> Text | None:
    """What is to be done about points in the wrong place; None where they may be stored."""
    shift = looks_shifted(points, at.plan)
    if shift is not None:
        return Text(
            f"点位坐标疑有约 {shift.shift_m:.0f} 米偏移，请加 --datum {shift.datum} 重新导入",
            f"the points look shifted by about {shift.shift_m:.0f} m; import them with --datum {shift.datum}",
        )
    n_web = sum(d is not None for d in read_off_web_map(points, at.plan))
    if n_outside:
        return Text(
            f"{n_outside} 个点位在本镇以外，请更正坐标",
            f"points outside the town: {n_outside}; correct their coordinates",
        )
    if n_web:
        return Text(
            f"{n_web} 个点位的坐标疑取自网络地图，请更正这些坐标",
            f"points with coordinates that look read off a web map: {n_web}; correct these",
        )
    return None


def _show_preview(counts: pd.DataFrame, screen: Screen) -> None:
    rows = [
        (REGISTERS[str(name)].title.in_language(screen.lang), *(int(n) for n in r)) for name, *r in counts.itertuples()
    ]
    heads = screen.words("登记,新增,变更,终止,不变", "register,new,changed,ended,unchanged")
    screen.table("", heads.split(","), rows)
