"""lists.xlsx: the templates of the two lists in two versions, who took over which, and what grids adjusted."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np

from .ledgers_book import SYNTHETIC, Head, Page, Row
from .ledgers_forms import code_cell, day_between, day_cell, one, sample
from .ledgers_grids import Division, Grid
from .ledgers_words import ADDED, MANAGEMENT, MANAGEMENT_2, MANAGEMENT_GONE, SERVICE, SERVICE_2, ListItem
from .names import TOWN_NAME

TITLES: Final = {"management": "管理清单", "service": "服务清单"}
ACTIONS: Final = {
    "added": ("增加", "新增"),
    "dropped": ("删除", "不适用", "取消"),
    "changed": ("调整", "修改"),
    "restored": ("恢复",),
}
#: Grids that still keep to the first version, by list; adjustments by action.
ON_FIRST: Final = {"management": 24, "service": 31}
ADJUSTED: Final = {"added": 20, "dropped": 18, "changed": 16, "restored": 6}
#: The second version came into use on one of these days.
SECOND_FROM, SECOND_TO = date(2019, 9, 1), date(2020, 1, 15)
_UNIT: Final = f"填报单位：{TOWN_NAME}（{SYNTHETIC}） 截至：2020年2月29日 来源：合成"

TEMPLATE_HEADS: Final = (
    Head("清单", width=12, is_merged=True),
    Head("版本", width=8, is_merged=True),
    Head("编号", width=8),
    Head("类别", width=12, is_merged=True),
    Head("事项名称", width=24),
    Head("内容", "要求", 40),
    Head("频次", "要求", 14),
    Head("责任单位", width=20),
)
ADOPTION_HEADS: Final = (
    Head("村居", width=18, is_merged=True),
    Head("网格", width=19, is_merged=True),
    Head("清单", width=12),
    Head("清单版本", width=10),
    Head("启用日期", width=14),
)
CHANGE_HEADS: Final = (
    Head("网格", width=19),
    Head("清单类型", width=12),
    Head("事项编号", width=10),
    Head("调整方式", width=10),
    Head("生效日期", width=14),
    Head("事项类别", width=12),
    Head("事项名称", width=24),
    Head("内容", "调整后", 34),
    Head("频次", "调整后", 12),
    Head("责任部门", "调整后", 16),
)


def template(name: str, version: int) -> dict[str, ListItem]:
    """Item → its words, of a list in a version."""
    first, second = (MANAGEMENT, MANAGEMENT_2) if name == "management" else (SERVICE, SERVICE_2)
    items = {i[0]: i for i in first}
    if version == 2:
        items |= {i[0]: i for i in second}
        items = {k: v for k, v in items.items() if k not in MANAGEMENT_GONE}
    return items


def lists_pages(division: Division, rng: np.random.Generator) -> list[Page]:
    """The sheets 清单模板, 清单采用 and 清单调整."""
    template_rows: list[Row] = [
        (TITLES[name], version, *item)
        for name in TITLES
        for version in (1, 2)
        for item in template(name, version).values()
    ]
    grids = list(division.grids.values())
    adopted = {name: _adopted(grids, name, rng) for name in TITLES}
    adoption_rows: list[Row] = []
    for grid in grids:
        for name, days in adopted.items():
            for version, day in enumerate(days[grid.code], start=1):
                written = one(rng, (TITLES[name], TITLES[name], TITLES[name].removesuffix("清单")))
                adoption_rows.append((grid.name, grid.code, written, version, day_cell(day, rng)))
    return [
        Page(
            "清单模板",
            f"{TOWN_NAME}网格「两张清单」",
            (_UNIT,),
            TEMPLATE_HEADS,
            template_rows,
            ("说明：第 2 版自 2019 年 9 月起逐步启用。",),
        ),
        Page("清单采用", "各网格清单采用情况", (_UNIT,), ADOPTION_HEADS, adoption_rows, ("填表人：示例 审核人：示例",)),
        Page(
            "清单调整",
            "各网格清单调整情况",
            (_UNIT,),
            CHANGE_HEADS,
            _changes(grids, adopted, rng),
            ("备注：增加的事项由网格自行编号，以「增」字开头。",),
        ),
    ]


def _adopted(grids: list[Grid], name: str, rng: np.random.Generator) -> dict[str, list[date]]:
    """Code → days from which the first version and, in most grids, the second is in use."""
    late = {g.code for g in sample(rng, grids, ON_FIRST[name])}
    days = {}
    for grid in grids:
        days[grid.code] = [day_between(date(2018, 7, 1), date(2018, 12, 31), rng)]
        if grid.code not in late:
            days[grid.code].append(day_between(SECOND_FROM, SECOND_TO, rng))
    return days


def _changes(grids: list[Grid], adopted: dict[str, dict[str, list[date]]], rng: np.random.Generator) -> list[Row]:
    """Adjustments of the version that a grid has, each after it took it over."""
    changes: list[tuple[Grid, str, str, str, date, ListItem | None]] = []
    chosen = iter(sample(rng, grids, sum(ADJUSTED.values()) - ADJUSTED["restored"]))
    for action in ("added", "dropped", "changed"):
        for n in range(ADJUSTED[action]):
            grid = next(chosen)
            name, category, title = ADDED[n % len(ADDED)] if action == "added" else (one(rng, tuple(TITLES)), "", "")
            versions = adopted[name][grid.code]
            day = day_between(max(versions[-1], date(2019, 10, 1)), date(2020, 2, 10), rng)
            if action == "added":
                item: ListItem | None = (
                    f"增{n + 1:02d}",
                    category,
                    title,
                    f"{title}，本网格特有",
                    "每周一次",
                    "网格员",
                )
            else:
                item = one(rng, list(template(name, len(versions)).values()))
            changes.append((grid, name, item[0] if item else "", action, day, item))
    for grid, name, code, *_ in sample(rng, [c for c in changes if c[3] == "dropped"], ADJUSTED["restored"]):
        changes.append((grid, name, code, "restored", day_between(date(2020, 2, 11), date(2020, 2, 28), rng), None))
    changes.sort(key=lambda c: (c[0].code, c[4]))
    return [_change_row(c, rng) for c in changes]


def _change_row(change: tuple[Grid, str, str, str, date, ListItem | None], rng: np.random.Generator) -> Row:
    grid, name, code, action, day, item = change
    words: tuple[str | None, ...] = (None,) * 5
    if item is not None and action == "added":
        words = item[1:]
    elif item is not None and action == "changed":
        words = (None, item[2], f"{item[3]}（按本网格实际）", one(rng, ("每天", "每周两次", "每两周一次")), None)
    elif item is not None:
        words = (None, item[2], None, None, None)
    return (
        code_cell(grid.code, rng, "number"), TITLES[name], code, one(rng, ACTIONS[action]), day_cell(day, rng), *words,
    )  # fmt: skip
