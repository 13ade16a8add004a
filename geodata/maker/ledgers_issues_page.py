"""The sheet 问题 of issues.xlsx, as a town writes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
from pyproj import Transformer

from .ground import CRS
from .ledgers_book import SYNTHETIC, Head, Page, Row
from .ledgers_forms import day_cell, one
from .ledgers_issues_settled import Issue
from .ledgers_issues_words import STEP_WORDS, TIER_WORDS
from .names import TOWN_NAME

HEADS: Final = (
    Head("问题编号", width=14),
    Head("来源", width=12),
    Head("问题类别", width=14),
    Head("问题描述", width=32),
    Head("上报时间", width=17),
    Head("上报人编号", width=12),
    Head("村居", width=18),
    Head("网格编号", width=19),
    Head("地点", width=30),
    Head("经度", width=12),
    Head("纬度", width=12),
    Head("处置层级", width=10),
    Head("处置单位", width=22),
    Head("派遣时间", width=17),
    Head("处置完成时间", width=17),
    Head("核查时间", width=17),
    Head("截止时间", width=17),
    Head("缓办至", width=12),
    Head("状态", width=10),
    Head("退回次数", width=9),
    Head("升级次数", width=12),
    Head("重开次数", width=12),
    Head("并入", width=14),
)


def issues_page(issues: Sequence[Issue], rng: np.random.Generator) -> Page:
    """The issues in their order, places in degrees."""
    to_degrees = Transformer.from_crs(CRS, "EPSG:4490", always_xy=True)
    return Page(
        "问题",
        f"{TOWN_NAME}网格问题处置台账",
        (f"填报单位：{TOWN_NAME}（{SYNTHETIC}） 截至：2020年2月29日 来源：合成", "2019年9月至2020年2月"),
        HEADS,
        [_row(issue, to_degrees, rng) for issue in issues],
        (
            "备注：坐标为 CGCS2000；上报人只写人员编号；次数为 0 的不填；并案和作废的不计入问题数。",
            "填表人：示例 审核人：示例",
        ),
    )


def _row(issue: Issue, to_degrees: Transformer, rng: np.random.Generator) -> Row:
    place = issue.place
    x, y = to_degrees.transform(place.x, place.y) if place else (None, None)
    return (
        issue.id,
        issue.channel,
        issue.word,
        issue.sentence,
        time_cell(issue.reported_at, rng),
        issue.reporter or None,
        issue.grid.name,
        issue.grid.code,
        place.address if place else f"{issue.grid.short}第{issue.grid.number}网格",
        round(x, 6) if place else None,
        round(y, 6) if place else None,
        one(rng, TIER_WORDS[issue.tier]) or None,
        {"grid": issue.grid.code, "jurisdiction": issue.grid.name, "department": issue.department}.get(issue.tier),
        time_cell(issue.dispatched_at, rng),
        time_cell(issue.settled_at, rng),
        time_cell(issue.verified_at, rng),
        time_cell(issue.due_at, rng),
        day_cell(issue.deferred_until, rng),
        one(rng, STEP_WORDS[issue.step]),
        issue.n_sent_back or None,
        issue.n_escalated or None,
        issue.n_reopened or None,
        issue.duplicate_of.id if issue.duplicate_of else None,
    )


def time_cell(moment: datetime | None, rng: np.random.Generator) -> Any:
    """A time as somebody wrote it: mostly one of the spreadsheet, else text."""
    if moment is None:
        return None
    forms = (f"{moment:%Y-%m-%d %H:%M}", f"{moment:%Y/%m/%d %H:%M}", f"{moment:%Y-%m-%d %H:%M:%S}")
    return moment if rng.random() < 0.9 else one(rng, forms)
