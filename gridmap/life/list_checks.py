"""Checks of the two lists: templates, adoptions, changes."""

from __future__ import annotations

from typing import Final

import pandas as pd

from gridmap.life.case import LifeCase
from gridmap.life.lists import adopted_on, lists_of_grids
from gridmap.model.finding import Check, Row
from gridmap.model.registers.lists import LIST_ACTIONS, LISTS
from gridmap.model.text import Text


def _grids(case: LifeCase) -> list[Row]:
    return case.grids_unknown("list_adoption") + case.grids_unknown("list_change")


def _templates(case: LifeCase) -> list[Row]:
    """Adoptions of versions that the register of templates does not hold."""
    adoptions = case.records.of("list_adoption")
    items = case.records.of("list_item")
    known = pd.MultiIndex.from_frame(items[["list", "template_version"]])
    wrong = adoptions[~pd.MultiIndex.from_frame(adoptions[["list", "template_version"]]).isin(known)]
    rows = []
    for record, grid, which, version in zip(
        wrong.index, wrong["grid"], wrong["list"], wrong["template_version"], strict=True
    ):
        name = LISTS[which].text
        text = Text(
            f"网格 {grid} 采用的{name.zh}模板第 {version} 版没有登记，该次采用不生效",
            f"grid {grid} adopted version {version} of the {name.en.lower()}, which is not recorded; it has no effect",
        )
        rows.append(Row(text, grid, unit=record, value=float(version)))
    return rows


def _replayed(case: LifeCase) -> list[tuple[str, str, str, str, str]]:
    """(check, record, grid, item, action) of each change that does nothing or comes too early, in the order of days."""
    records = case.records
    changes = records.of("list_change").sort_values("since", kind="stable")
    adoptions = records.of("list_adoption").sort_values("adopted_on", kind="stable")
    items = records.of("list_item").groupby(["list", "template_version"])["item"].agg(frozenset).to_dict()
    by_list: dict[tuple[str, str], list[tuple[pd.Timestamp, frozenset[str]]]] = {}
    columns = ["grid", "list", "template_version", "adopted_on"]
    for grid, which, version, day in adoptions[columns].itertuples(index=False):
        if (which, version) in items:
            by_list.setdefault((grid, which), []).append((day, items[which, version]))
    found, last = [], dict[tuple[str, str, str], str]()
    names = ["grid", "list", "item", "action", "since"]
    for record, (grid, which, item, action, since) in zip(
        changes.index, changes[names].itertuples(index=False), strict=True
    ):
        adopted = by_list.get((grid, which), [])
        held = next((items for day, items in reversed(adopted) if day <= since), None)
        before = last.get((grid, which, item), "")
        last[grid, which, item] = "" if action == "restored" else action if action != "changed" else before or action
        if held is None:
            found.append(("list.early", record, grid, item, action))
        fault = _fault(action, before, in_template=item in held if held is not None else None)
        if fault:
            found.append((fault, record, grid, item, action))
    return found


def _fault(action: str, before: str, *, in_template: bool | None) -> str:
    """What is wrong with an action, by what was done to the item before ("" nothing); None: nothing adopted yet."""
    if action == "added":
        is_there = before == "added" or (in_template and before != "dropped")
        return "list.idle" if is_there else ""
    if before == "dropped" and action != "restored":
        return "list.idle"
    if before in ("", "changed") and in_template is False:
        return "list.item"
    return "list.idle" if action == "restored" and before == "" and in_template else ""


def _found(case: LifeCase, check: str, zh: str, en: str) -> list[Row]:
    return [
        Row(
            Text(
                f"网格 {grid}「{LIST_ACTIONS[action].text.zh}」事项 {item}：{zh}",
                f"grid {grid}, item {item} ({LIST_ACTIONS[action].text.en.lower()}): {en}",
            ),
            grid,
            unit=record,
        )
        for name, record, grid, item, action in _replayed(case)
        if name == check
    ]


def _without_item(case: LifeCase) -> list[Row]:
    return _found(
        case,
        "list.item",
        "模板和网格清单中都没有此事项，调整不生效",
        "neither the template nor the grid has that item; it has no effect",
    )


def _early(case: LifeCase) -> list[Row]:
    return _found(
        case,
        "list.early",
        "早于清单采用日期，采用后才生效",
        "before the grid adopted a list; it waits until then",
    )


def _idle(case: LifeCase) -> list[Row]:
    return _found(
        case,
        "list.idle",
        "与此前状态重复或不符，没有使清单改变（如重复删除）",
        "it repeats or does not fit what went before (such as dropping twice)",
    )


def _none(case: LifeCase) -> list[Row]:
    adopted = adopted_on(case.records, case.day)
    rows = []
    for which, choice in LISTS.items():
        having = set(adopted.loc[adopted["list"] == which, "grid"])
        rows += [
            Row(Text(f"网格 {code} 还没有{choice.text.zh}", f"grid {code} has no {choice.text.en.lower()} yet"), code)
            for code in case.plan.codes
            if code not in having
        ]
    return rows


def _outdated(case: LifeCase) -> list[Row]:
    lists = lists_of_grids(case.records, case.day)
    lists = lists[lists["is_outdated"] & lists["grid"].isin(case.plan.codes)]
    names = ["grid", "list", "template_version", "newest_version"]
    return [
        Row(
            Text(
                f"网格 {grid} 的{LISTS[which].text.zh}为模板第 {version} 版，已有第 {newest} 版",
                f"grid {grid}: its {LISTS[which].text.en.lower()} follows template {version}; there is a {newest}",
            ),
            grid,
            value=float(version),
            limit=float(newest),
        )
        for grid, which, version, newest in lists[names].itertuples(index=False)
    ]


LIST_CHECKS: Final[tuple[Check[LifeCase], ...]] = (
    Check("list.grid", Text("清单的网格", "Grids of lists"), "hard", "", _grids, ("list_adoption", "list_change")),
    Check("list.template", Text("采用的模板", "Templates adopted"), "hard", "", _templates, ("list_adoption",)),
    Check("list.item", Text("调整的事项", "Items changed"), "hard", "", _without_item, ("list_change",)),
    Check("list.early", Text("先采用后调整", "Adopted before changed"), "soft", "", _early, ("list_change",)),
    Check("list.idle", Text("重复的调整", "Changes without effect"), "soft", "", _idle, ("list_change",)),
    Check("list.none", Text("网格有清单", "Grids with lists"), "info", "", _none, ("list_item", "list_adoption")),
    Check("list.outdated", Text("模板为最新版", "Newest template"), "info", "", _outdated, ("list_adoption",)),
)
