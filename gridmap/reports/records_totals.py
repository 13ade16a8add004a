"""What is counted out of registers for their ledgers: activities by month, departments × items, lists by grid."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gridmap.model.records import Records, is_current
from gridmap.model.register import Group
from gridmap.model.registers.lists import LIST_ACTIONS, LISTS
from gridmap.model.registers.party import ACTIVITY_KINDS
from gridmap.model.text import Text
from gridmap.reports.records_rows import Edition, Page
from gridmap.reports.sheet import Column


def total_pages(group: Group, records: Records, edition: Edition) -> list[Page]:
    """The sheets that follow the registers of a group; none where there is nothing to count."""
    pages = []
    if group == "party" and len(records.of("activity")):
        pages.append(_by_month(records, edition))
    if group == "services" and len(records.of("service_offer")):
        pages.append(_matrix(records, edition))
    if group == "lists" and len(records.of("list_adoption")):
        pages.append(_by_grid(records, edition))
    return pages


def _by_month(records: Records, edition: Edition) -> Page:
    """Activities of each month by kind, and how many people came."""
    lang = edition.lang
    frame = records.of("activity")
    months = frame["held_on"].dt.strftime("%Y-%m")
    kinds = [k for k in ACTIVITY_KINDS if (frame["kind"] == k).any()]
    table = pd.crosstab(months, frame["kind"]).reindex(columns=kinds, fill_value=0)
    headings = [
        (Text("月份", "Month"), 12.0, "@"),
        *((ACTIVITY_KINDS[k].text, 12.0, "#,##0") for k in kinds),
        (Text("合计场次", "In all"), 12.0, "#,##0"),
        (Text("参加人次", "Attendance in all"), 14.0, "#,##0"),
    ]
    columns = [Column(t.in_language(lang), w, f) for t, w, f in headings]
    rows: list[list[object]] = [
        [month, *counts, sum(counts), edition.sum(frame["attendance"][months == month])]
        for month, *counts in table.reset_index().to_numpy(object).tolist()
    ]
    label = Text("合计", "Total").in_language(lang)
    sums = [int(v) for v in table.sum()]
    total: list[object] = [label, *sums, sum(sums), edition.sum(frame["attendance"])]
    # the total's first two cells are merged: a narrow first column of numbers keeps them apart
    columns = [Column(Text("序号", "No.").in_language(lang), 6.0, "0"), *columns]
    rows = [[number, *row] for number, row in enumerate(rows, start=1)]
    return Page(
        Text("按月统计", "By month"),
        Text("活动按月统计", "activities by month"),
        columns,
        rows,
        total=[label, "", *total[1:]],
    )


def _matrix(records: Records, edition: Edition) -> Page:
    """Departments × items: in how many arrangements each is offered on the day."""
    lang = edition.lang
    offers = records.of("service_offer")
    offers = offers[is_current(offers, edition.day, since="since", until="until")]
    titles = dict(zip(records.of("service_item")["item_id"], records.of("service_item")["title"], strict=True))
    table = pd.crosstab(offers["department"], offers["item_id"])
    columns = [
        Column(Text("序号", "No.").in_language(lang), 6.0, "0"),
        Column(Text("部门", "Department").in_language(lang), 20.0, "@"),
        *(Column(edition.plain(titles.get(item, item)), 10.0, "#,##0") for item in table.columns),
        Column(Text("安排数", "Offers").in_language(lang), 10.0, "#,##0"),
    ]
    rows: list[list[object]] = [
        [number, edition.plain(department), *(n or "" for n in counts), sum(counts)]
        for number, (department, *counts) in enumerate(table.reset_index().to_numpy(object).tolist(), start=1)
    ]
    sums = [int(v) for v in table.sum()]
    total: list[object] = [Text("合计", "Total").in_language(lang), "", *sums, sum(sums)]
    title = Text("部门与服务事项对照", "departments and items")
    return Page(Text("部门与事项", "Departments × items"), title, columns, rows, total=total)


def _by_grid(records: Records, edition: Edition) -> Page:
    """Which version of each list a grid took over last, with how many items, and how often it adjusted it."""
    lang = edition.lang
    taken = records.of("list_adoption")
    at = pd.Timestamp(edition.day)
    taken = taken[taken["adopted_on"] <= at].sort_values("adopted_on").drop_duplicates(["grid", "list"], keep="last")
    changes = records.of("list_change")
    changes = changes[changes["since"] <= at]
    n_items = records.of("list_item").groupby(["list", "template_version"]).size()
    n_changes = changes.groupby(["grid", "list", "action"]).size()
    headings = [
        (Text("序号", "No."), 6.0, "0"),
        (Text("村居", "Jurisdiction"), 14.0, "@"),
        (Text("网格", "Grid"), 20.0, "@"),
        (Text("清单", "List"), 12.0, "@"),
        (Text("模板版本", "Template version"), 10.0, "0"),
        (Text("模板事项数", "Items of the template"), 12.0, "#,##0"),
        *((action.text, 10.0, "#,##0") for action in LIST_ACTIONS.values()),
    ]
    columns = [Column(t.in_language(lang), w, f) for t, w, f in headings]
    homes = [edition.home.get(g, "") for g in taken["grid"]]
    taken = taken.assign(_home=homes, _order=[edition.order.get(h, len(edition.order)) for h in homes])
    taken = taken.sort_values(["_order", "grid", "list"])
    rows: list[list[object]] = [
        [
            number,
            edition.names.get(home, home),
            grid,
            LISTS[kind].text.in_language(lang),
            int(version),
            _known(n_items, (kind, version)),
            *(_known(n_changes, (grid, kind, action)) for action in LIST_ACTIONS),
        ]
        for number, (home, grid, kind, version) in enumerate(
            zip(taken["_home"], taken["grid"], taken["list"], taken["template_version"], strict=True), start=1
        )
    ]
    places = taken["_home"].tolist()
    title = Text("各网格清单情况", "lists by grid")
    return Page(Text("各网格清单", "Lists by grid"), title, columns, rows, 2, places)


def _known(counts: pd.Series, key: Any) -> int:
    return int(counts.get(key, 0))
