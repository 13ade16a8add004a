"""What `gridmap lists`, `gridmap party` and `gridmap services` show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import pandas as pd

from gridmap.cli.kept import Asked, Kept, kept, note_synthetic, wanted_grids
from gridmap.cli.screen import Screen
from gridmap.cli.stored import day_of
from gridmap.cli.tables import Headings, check_out, in_words, percent, place_names, show_frame
from gridmap.errors import InvalidInput
from gridmap.life.agenda import WHAT, calendar_of
from gridmap.life.list_versions import versions_of
from gridmap.life.lists import diff_list, diff_templates, list_of
from gridmap.life.orders import By, orders_of
from gridmap.life.party import activities_of, branch_of_grids, deliberations_of, reported_on, theme_days
from gridmap.model.registers import REGISTERS
from gridmap.model.registers.lists import LISTS
from gridmap.model.registers.party import PROJECT_STATUS
from gridmap.model.text import Text
from gridmap.points.place import place_points
from gridmap.reports.figures import half_year

_ITEMS: Final[Headings] = {
    "item": Text("编号", "item"),
    "category": Text("类别", "category"),
    "title": Text("事项", "title"),
    "frequency": Text("频次", "frequency"),
    "responsible": Text("责任单位", "responsible"),
    "origin": Text("来自", "from"),
}
_DIFF: Final[Headings] = {
    "item": Text("编号", "item"),
    "title": Text("事项", "title"),
    "what": Text("变化", "change"),
    "column": Text("栏目", "column"),
    "old": Text("原为", "was"),
    "new": Text("现为", "is"),
}
#: Where an item comes from, and what became of one.
_WHAT: Final = {
    "template": Text("模板", "template"),
    "added": Text("增加", "added"),
    "dropped": Text("删除", "dropped"),
    "changed": Text("调整", "changed"),
}
_BY: Final[Mapping[str, By]] = {"item": "item_id", "department": "department", "grid": "grid"}


def show_list(asked: Asked, grid: str, which: str, out: str | None, screen: Screen, *, force: bool) -> None:
    """The list of a grid.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        need(at, "list_item", "lists")
        code = wanted_grids(at, grid, None)[0]
        items = list_of(at.records, code, which, at.day)
    items = items.assign(origin=_words(items["origin"], screen))
    note_synthetic(at, screen)
    show_frame(screen, at, items, _ITEMS, title=_list_title(code, which, len(items)), out=out)


def _list_title(grid: str, which: str, n: int) -> Text:
    name = LISTS[which].text
    return Text(f"网格 {grid} 的{name.zh}（{n} 项）", f"{name.en} of grid {grid} ({n} items)")


def show_list_diff(asked: Asked, grid: str, which: str, screen: Screen) -> None:
    """What a grid adjusted, and the versions of its list.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with kept(asked) as at:
        need(at, "list_item", "lists")
        code = wanted_grids(at, grid, None)[0]
        found = diff_list(at.records, code, which, at.day)
        versions = versions_of(at.records, code, which)
    note_synthetic(at, screen)
    _show_diff(at, found, Text("与模板的差异", "Against the template"), screen)
    heads: Headings = {
        "version": Text("版本", "version"),
        "since": Text("起始", "since"),
        "template_version": Text("模板版本", "template"),
        "items": Text("项数", "items"),
        f"what_{screen.lang}": Text("变化", "what"),
    }
    show_frame(screen, at, versions, heads, title=Text("历次版本", "Versions"))


def show_template_diff(asked: Asked, which: str, old: int, new: int, screen: Screen) -> None:
    """What differs between two versions of a template.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with kept(asked) as at:
        need(at, "list_item", "lists")
        found = diff_templates(at.records, which, old, new)
    note_synthetic(at, screen)
    _show_diff(at, found, Text(f"模板第 {old} 版与第 {new} 版", f"Template, versions {old} and {new}"), screen)


def _show_diff(at: Kept, found: pd.DataFrame, title: Text, screen: Screen) -> None:
    if found.empty:
        screen.say(Text(f"{title.zh}：没有差异。", f"{title.en}: no difference."))
        return
    titles = {c.name: c.title.in_language(screen.lang) for c in REGISTERS["list_item"].columns}
    told = found.assign(what=_words(found["what"], screen), column=found["column"].replace(titles))
    show_frame(screen, at, told, _DIFF, title=title)


def show_party(
    asked: Asked, grid: str | None, jurisdiction: str | None, out: str | None, screen: Screen, *, force: bool
) -> None:
    """Branches, reported members and activities of grids.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        if not any(at.records.has(n) for n in ("branch", "in_service", "activity")):
            need(at, "branch", "party")
        first, last = half_year(at.day)
        held = activities_of(at.records, at.plan, first, last, grid_of_point=grid_of_point(at))
        table = branch_of_grids(at.plan, at.records, at.day)
        table["reported"] = reported_on(at.records, at.day, at.plan)["members"].reindex(table.index)
        table["activities"] = held.by_grid["activities"]
        table["place"] = place_names(at, pd.Series(at.plan.jurisdiction_of_grid))
        table = table.reset_index(names="grid")
        table = table[table["grid"].isin(wanted_grids(at, grid, jurisdiction))]
    heads: Headings = {
        "place": Text("村居", "jurisdiction"),
        "grid": Text("网格", "grid"),
        "branches": Text("党支部", "branches"),
        "groups": Text("党小组", "groups"),
        "members": Text("党员", "members"),
        "reported": Text("在职党员报到", "reported"),
        "activities": Text("半年活动", "activities in half a year"),
    }
    note_synthetic(at, screen)
    show_frame(screen, at, table, heads, title=Text("各网格党建情况", "Party life of the grids"), out=out)
    rate = 100 * held.coverage
    screen.say(
        Text(
            f"{first} 至 {last} 共 {held.n} 场活动，{held.attendance:,} 人次；{rate:.1f} % 的网格有活动。",
            f"{held.n} activities from {first} to {last}, attendance {held.attendance:,}; {rate:.1f} % of the grids "
            "had one.",
        )
    )


def show_calendar(
    asked: Asked,
    first: str | None,
    last: str | None,
    grid: str | None,
    jurisdiction: str | None,
    out: str | None,
    screen: Screen,
    *,
    force: bool,
) -> None:
    """What happens day by day.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        start, end = _period(first, last, at.day.replace(day=1), at.day)
        table = calendar_of(at.records, at.plan, start, end, grid_of_point=grid_of_point(at))
        if grid is not None or jurisdiction is not None:
            table = table[table["grid"].isin(wanted_grids(at, grid, jurisdiction))]
    table = table.assign(
        what=[WHAT[w].in_language(screen.lang) for w in table["what"]],
        at=place_names(at, table["jurisdiction"]),
    )
    heads: Headings = {
        "date": Text("日期", "date"),
        "what": Text("类别", "what"),
        "title": Text("名称", "title"),
        "at": Text("村居", "jurisdiction"),
        "grid": Text("网格", "grid"),
        "department": Text("部门", "department"),
    }
    note_synthetic(at, screen)
    title = Text(f"{start} 至 {end}：{len(table)} 项", f"{start} to {end}: {len(table)} entries")
    show_frame(screen, at, table, heads, title=title, out=out)


def show_theme_days(
    asked: Asked, first: str | None, last: str | None, out: str | None, screen: Screen, *, force: bool
) -> None:
    """Share of the grids with a theme day, month by month.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        need(at, "activity", "party")
        start, end = _period(first, last, _six_months(at.day), at.day)
        found = theme_days(at.records, at.plan, start, end, grid_of_point=grid_of_point(at))
    share = found.share.rename("share").rename_axis("month").reset_index()
    share["covered"] = (found.held > 0).sum().to_numpy()
    share["share"] = percent(share["share"])
    heads: Headings = {
        "month": Text("月份", "month"),
        "covered": Text("有主题党日的网格", "grids with a theme day"),
        "share": Text("覆盖率", "share"),
    }
    note_synthetic(at, screen)
    show_frame(screen, at, share, heads, title=Text("主题党日覆盖", "Theme days"))
    missing: Headings = {"grid": Text("网格", "grid"), "month": Text("缺少月份", "month without")}
    if out is not None:
        title = Text("未开展主题党日的网格与月份", "Grids and months without a theme day")
        show_frame(screen, at, found.missing, missing, title=title, out=out)


def show_deliberations(
    asked: Asked, first: str | None, last: str | None, out: str | None, screen: Screen, *, force: bool
) -> None:
    """Deliberations of a period, and the projects that came of them.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        need(at, "deliberation", "party")
        start, end = _period(first, last, *half_year(at.day))
        found = deliberations_of(at.records, start, end)
    projects = found.projects
    table = projects.assign(status=in_words(projects["project_status"], PROJECT_STATUS, screen))
    heads: Headings = {
        "held_on": Text("议事日期", "held on"),
        "grid": Text("网格", "grid"),
        "topic": Text("议题", "topic"),
        "issue_id": Text("来源问题", "issue"),
        "project": Text("形成项目", "project"),
        "status": Text("进度", "status"),
        "completed_on": Text("完成日期", "completed on"),
    }
    note_synthetic(at, screen)
    show_frame(screen, at, table, heads, title=Text("形成的项目", "Projects"), out=out)
    screen.say(
        Text(
            f"{start} 至 {end} 议事 {found.n} 次，{found.attendance:,} 人次；由问题引出 {found.n_from_issues} 次，"
            f"形成项目 {found.n_projects} 个，其中问题转为项目 {found.n_issue_projects} 个。",
            f"{found.n} deliberations from {start} to {end}, attendance {found.attendance:,}; {found.n_from_issues} "
            f"came of an issue, {found.n_projects} led to a project, {found.n_issue_projects} issues became projects.",
        )
    )


def show_orders(
    asked: Asked, first: str | None, last: str | None, by: str, out: str | None, screen: Screen, *, force: bool
) -> None:
    """Orders and their fulfilment.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    if by not in _BY:
        raise InvalidInput(
            f"--by is one of {', '.join(_BY)}; got {by!r}", f"--by 应为 {'、'.join(_BY)} 之一；得到 {by!r}。"
        )
    with kept(asked) as at:
        need(at, "service_order", "services")
        start, end = _period(first, last, *half_year(at.day))
        table = orders_of(at.records, start, end, by=_BY[by], day=at.day).reset_index(names="by")
        titles = at.records.of("service_item").set_index("item_id")["title"].to_dict()
    if by == "item":
        table["by"] = [titles.get(i, i) for i in table["by"]]
    nobody = screen.words("（无部门接单）", "(nobody yet)")
    table["by"] = [name or nobody for name in table["by"]]
    table = table.assign(share=percent(table["share_fulfilled"]), rating=table["mean_rating"].round(2))
    heads: Headings = {
        "by": {"item": Text("服务事项", "service"), "department": Text("部门", "department")}.get(
            by, Text("网格", "grid")
        ),
        "orders": Text("点单", "orders"),
        "fulfilled": Text("已完成", "fulfilled"),
        "share": Text("办结率", "share"),
        "median_days": Text("办结天数（中位）", "median days"),
        "open": Text("待办", "open"),
        "overdue": Text("逾期", "overdue"),
        "declined": Text("无法提供", "declined"),
        "rating": Text("评分", "rating"),
    }
    note_synthetic(at, screen)
    show_frame(screen, at, table, heads, title=Text(f"{start} 至 {end} 的点单", f"Orders, {start} to {end}"), out=out)


def grid_of_point(at: Kept) -> dict[str, str]:
    """Id of each point → code of the grid in which it lies in the plan."""
    points = at.records.points
    return dict(zip(points["point_id"], place_points(points, at.plan)["grid"], strict=True))


def _six_months(day: date) -> date:
    """First day of the six calendar months of which the last is that of the day: theme days are counted by month."""
    months = day.year * 12 + day.month - 1 - 5
    return date(months // 12, months % 12 + 1, 1)


def _period(first: str | None, last: str | None, start: date, end: date) -> tuple[date, date]:
    """First and last day as they are given, or else these."""
    begin, finish = day_of(first) or start, day_of(last) or end
    if finish < begin:
        raise InvalidInput(
            f"--from must not be after --to: {begin} to {finish}", f"--from 不能晚于 --to：{begin} 至 {finish}。"
        )
    return begin, finish


def _words(keys: pd.Series, screen: Screen) -> list[str]:
    return [_WHAT[k].in_language(screen.lang) for k in keys]


def need(at: Kept, register: str, group: str) -> None:
    """Refuse where a register was never recorded.

    Raises
    ------
    InvalidInput
        If so.
    """
    if not at.records.has(register):
        raise InvalidInput(
            f"nothing of it is recorded yet; gridmap {group} import FILE takes a ledger in",
            f"还没有登记；请先用 gridmap {group} import 导入台账。",
        )
