"""What is stored of a group of registers: judged, handed out as a ledger, its imports listed and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from gridmap.cli.kept import Asked, Kept, choose_plan, kept, note_names, note_synthetic
from gridmap.cli.life import grid_of_point
from gridmap.cli.outputs import check_outputs
from gridmap.cli.screen import Screen
from gridmap.cli.stored import opened
from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.life.checks import LIFE_CHECKS, check_life
from gridmap.model.finding import Check
from gridmap.model.profile import check_profile
from gridmap.model.records import Records
from gridmap.model.register import Group
from gridmap.model.registers import REGISTERS, registers_of
from gridmap.model.report import Report
from gridmap.model.text import Text
from gridmap.people.checks import STAFF_CHECKS, check_staffing
from gridmap.points.checks import POINT_CHECKS, check_points
from gridmap.points.two_in_one import find_two_in_one
from gridmap.reports.findings import write_findings
from gridmap.reports.records import write_records
from gridmap.storage.batches import list_batches, undo_batch
from gridmap.storage.codes import retired_codes

#: So many faults are shown on the screen; the corrections workbook has all of them.
MOST_SHOWN: Final = 20
#: What made a batch.
BATCH_KINDS: Final = {
    "import": Text("导入", "import"),
    "undo": Text("撤销", "undo"),
    "erase": Text("删除个人信息", "erase"),
}
_SEVERITIES: Final = {
    "hard": Text("错误", "hard"),
    "soft": Text("宜改进", "soft"),
    "info": Text("提示", "note"),
}
#: What the ids of the checks of a group begin with, where one report judges several groups.
_CHECKS: Final = {"lists": "list.", "party": "party.", "services": "service."}


def judge(group: Group, asked: Asked, report_path: str | None, screen: Screen, *, force: bool) -> bool:
    """Judge what is stored of a group; whether nothing is broken.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_outputs({report_path: ".json"}, (), force=force)
    with screen.progress() as steps, kept(asked) as at:
        steps.stage("check")
        report = report_of(group, at)
        note_synthetic(at, screen)
        if report_path:
            write_findings(report_path, report, at.plan, town=at.town, day=at.day)
    _print(group, report, screen)
    if report_path:
        screen.say(Text(f"已写出 {report_path}", f"written: {report_path}"))
    return report.is_lawful


def report_of(group: Group, at: Kept) -> Report:
    """The report on the registers of a group.

    Raises
    ------
    InvalidInput
        If nothing of the group was ever recorded.
    """
    names = [r.name for r in registers_of(group)]
    if not any(at.records.has(n) for n in names):
        title = "、".join(REGISTERS[n].title.zh for n in names)
        raise InvalidInput(
            f"nothing is recorded yet of {', '.join(REGISTERS[n].title.en for n in names)}; "
            f"gridmap {group} import takes in a ledger",
            f"还没有登记{title}；请先用 gridmap {group} import 导入台账。",
        )
    if group == "points":
        return check_points(at.plan, at.records, at.rules, day=at.day, premises=at.town.premises)
    retired = retired_codes(at.store, at.stored.entry.town_id)
    if group == "people":
        return check_staffing(at.plan, at.records, at.rules, day=at.day, retired=retired)
    report = check_life(at.plan, at.records, at.rules, day=at.day, retired=retired, grid_of_point=grid_of_point(at))
    # one report judges all three groups together; each command shows its own part
    own = _CHECKS[group]
    return replace(
        report,
        findings=report.findings[report.findings["check"].str.startswith(own)],
        checks=tuple(c for c in report.checks if c.startswith(own)),
    )


def _print(group: Group, report: Report, screen: Screen) -> None:
    """What is broken, row by row; of all else how often, with the first of each."""
    found, message = report.findings, f"message_{screen.lang}"
    broken = report.broken
    if len(broken):
        rows = [(r["check"], r["grid"] or r["jurisdiction"], r[message]) for _, r in broken.head(MOST_SHOWN).iterrows()]
        screen.table("", screen.words("错误,网格,说明", "broken,grid,what").split(","), rows)
    if len(broken) > MOST_SHOWN:
        more = len(broken) - MOST_SHOWN
        screen.say(Text(f"… 另有 {more} 条，可用 --report 写出。", f"… {more} more; --report writes all."))
    rest = found[~found.index.isin(broken.index)]
    checks: tuple[Check[Any], ...] = (*POINT_CHECKS, *STAFF_CHECKS, *LIFE_CHECKS)
    names = {c.id: c.name for c in checks}
    summary = [
        (
            check,
            names[str(check)].in_language(screen.lang),
            _SEVERITIES[str(severity)].in_language(screen.lang),
            len(rows_),
            _example(rows_.iloc[0], message, screen),
        )
        for (check, severity), rows_ in rest.groupby(["check", "severity"], sort=False)
    ]
    if summary:
        screen.table("", screen.words("检查,名称,级别,条数,例如", "check,name,level,rows,such as").split(","), summary)
    n = found["severity"].value_counts()
    hard, soft, info = (int(n.get(k, 0)) for k in ("hard", "soft", "info"))
    screen.say(
        Text(
            f"错误 {hard}，宜改进 {soft}，提示 {info}。逐条写出：gridmap {group} check --report 文件.json",
            f"{hard} hard, {soft} soft, {info} notes. Every row: gridmap {group} check --report FILE.json",
        )
    )


def _example(row: pd.Series, message: str, screen: Screen) -> str:
    """A finding as a sentence that says where."""
    where, text = str(row["grid"] or row["jurisdiction"]), str(row[message])
    return text if not where or where in text else screen.words(f"{where}：{text}", f"{where}: {text}")


@dataclass(frozen=True)
class Handing:
    """How a ledger is handed out."""

    out: str
    profile: str
    with_phones: bool = False
    blank: bool = False


def hand_out(group: Group, asked: Asked, how: Handing, screen: Screen, *, force: bool) -> None:
    """Write the ledger of a group.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_outputs({how.out: ".xlsx"}, (), force=force)
    profile = check_profile(how.profile, "--profile")
    if how.with_phones and (group != "people" or profile != "internal"):
        raise InvalidInput(
            "--with-phones is for `gridmap people export` with the internal profile only: telephone numbers are not "
            "for sharing",
            "--with-phones 仅用于 gridmap people export 的 internal（对内）版：电话号码不得对外提供。",
        )
    with screen.progress() as steps, kept(asked) as at:
        steps.stage("write")
        records = at.records
        if how.with_phones and not how.blank and records.has("post") and not records.has("person"):
            raise InvalidInput(
                "names and telephones are read with the right gridmap_personal only, which this user does not have",
                "读取姓名和电话须有 gridmap_personal 权限，当前用户没有；请由有权限的人员导出。",
            )
        if not how.blank:
            note_names(at, screen)
        if how.blank:
            records = Records({r.name: records.of(r.name).iloc[:0] for r in registers_of(group)})
        write_records(
            how.out,
            group,
            records,
            at.plan,
            town=at.town,
            day=at.day,
            profile=profile,
            lang=screen.lang,
            with_phones=how.with_phones,
            two_in_one=_reasons(at) if group == "points" and not how.blank else None,
            rules=at.rules,
        )
    screen.say(Text(f"已写出 {how.out}", f"written: {how.out}"))


def _reasons(at: Kept) -> dict[str, Text]:
    """Id of each grid point that is two in one → why."""
    pairs = find_two_in_one(at.records.points, at.plan, day=at.day).pairs
    return dict(zip(pairs["point_id"], map(Text, pairs["text_zh"], pairs["text_en"]), strict=True))


def show_batches(group: Group, asked: Asked, screen: Screen) -> None:
    """List the imports of a group.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with opened() as store:
        entry, _ = choose_plan(store, asked)
        found = [b for b in list_batches(store, entry.town_id) if _is_of(b.registers, group)]
    if not found:
        screen.say(Text("还没有导入记录。", "nothing was taken in yet."))
        return
    heads = screen.words(
        "编号,方式,时间,何人,来源,登记,新增,变更,终止,说明",
        "number,how,when,who,source,registers,new,changed,ended,why",
    )
    rows = [
        (
            b.id,
            BATCH_KINDS[b.kind].in_language(screen.lang),
            b.at.astimezone().strftime("%Y-%m-%d %H:%M"),
            b.actor,
            b.source,
            screen.words("、", ", ").join(REGISTERS[n].title.in_language(screen.lang) for n in b.registers),
            b.n_new,
            b.n_changed,
            b.n_ended,
            b.message,
        )
        for b in found
    ]
    screen.table("", heads.split(","), rows)


def _is_of(registers: Sequence[str], group: Group) -> bool:
    return any(n in REGISTERS and REGISTERS[n].group == group for n in registers)


def undo(group: Group, asked: Asked, number: int, screen: Screen) -> None:
    """Take an import of a group back.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with opened() as store:
        entry, _ = choose_plan(store, asked)
        known = {b.id: b for b in list_batches(store, entry.town_id) if _is_of(b.registers, group)}
        if number not in known:
            raise InvalidInput(
                f"there is no import {number} of {group}; there are {first_ten(sorted(known)) or 'none'}",
                f"{group} 没有编号为 {number} 的导入；现有：{first_ten_zh(sorted(known)) or '无'}。",
            )
        done = undo_batch(store, entry.town_id, number)
    screen.say(
        Text(
            f"已撤销导入 {number}（记为 {done.id}）。恢复：gridmap {group} undo {done.id}",
            f"import {number} is taken back (as {done.id}). To bring it back: gridmap {group} undo {done.id}",
        )
    )
