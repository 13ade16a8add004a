"""services.xlsx: the menu, what departments offer where and when, orders from the menu."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from .ledgers_book import SYNTHETIC, Head, Page, Row
from .ledgers_forms import TODAY, code_cell, count_cell, day_between, day_cell, one
from .ledgers_grids import Division, Grid
from .ledgers_points import Point
from .ledgers_words import HOURS, ITEMS, RECURRENCES
from .names import TOWN_NAME

#: Offers, some of which have ended, and orders.
OFFERS, ORDERS = 150, 300
_UNIT: Final = f"填报单位：{TOWN_NAME}（{SYNTHETIC}） 截至：2020年2月29日 来源：合成"
#: What the states of an order are called, and how often each is met.
STATES: Final = {
    "fulfilled": (("已完成", "已完成", "办结"), 0.7),
    "accepted": (("已接单",), 0.1),
    "ordered": (("已点单", "待接单"), 0.09),
    "declined": (("无法提供", "退单"), 0.05),
    "cancelled": (("已取消",), 0.06),
}
ITEM_HEADS: Final = (
    Head("类别", width=14, is_merged=True),
    Head("事项编号", width=10),
    Head("服务名称", width=24),
    Head("服务内容", width=40),
)
OFFER_HEADS: Final = (
    Head("服务部门", width=24, is_merged=True),
    Head("安排编号", width=11),
    Head("事项编号", width=10),
    Head("村居", "地点", 18),
    Head("网格", "地点", 19),
    Head("点位编号", "地点", 11),
    Head("服务周期", "时间", 24),
    Head("时段", "时间", 14),
    Head("起始日期", width=14),
    Head("终止日期", width=14),
)
ORDER_HEADS: Final = (
    Head("点单编号", width=11),
    Head("点单日期", width=14),
    Head("网格", width=19),
    Head("事项编号", width=10),
    Head("承接部门", width=24),
    Head("服务点位", width=11),
    Head("服务人数", width=10, is_summed=True),
    Head("预约日期", width=14),
    Head("办理状态", width=10),
    Head("办结日期", width=14),
    Head("满意度", width=9),
)


@dataclass(frozen=True)
class Offer:
    """A department's offer of an item, at a point, in a grid or in a whole jurisdiction."""

    department: str
    item: str
    grid: Grid
    point: Point | None
    is_wide: bool
    recurrence: str
    hours: str
    since: date
    until: date | None


def make_offers(division: Division, points: list[Point], rng: np.random.Generator) -> list[Offer]:
    """Every department with each of its items at least once and still on; some more, a few of which have ended."""
    pairs = [(d, item.id) for item in ITEMS for d in item.departments]
    open_points = [p for p in points if p.status == "in_use" and not p.is_home and p.kind != "womens_micro_home"]
    grids = list(division.grids.values())
    offers = []
    for n in range(OFFERS):
        department, item = pairs[n] if n < len(pairs) else one(rng, pairs)
        has_point = rng.random() < 0.7
        point = one(rng, open_points) if has_point else None
        grid = point.grid if point else one(rng, grids)
        since = day_between(date(2018, 10, 1), date(2019, 12, 31), rng)
        ends = n >= len(pairs) and rng.random() < 0.1
        until = day_between(max(since, date(2019, 6, 1)) + timedelta(days=20), TODAY, rng) if ends else None
        hours = one(rng, HOURS) if rng.random() < 0.85 else ""
        wide_one = point is None and rng.random() < 0.4
        offers.append(Offer(department, item, grid, point, wide_one, one(rng, RECURRENCES), hours, since, until))
    return sorted(offers, key=lambda o: (o.department, o.item, o.grid.code))


def services_pages(division: Division, points: list[Point], rng: np.random.Generator) -> list[Page]:
    """The sheets 服务菜单, 服务安排 and 点单."""
    menu: list[Row] = [(i.category, i.id, i.title, i.detail) for i in sorted(ITEMS, key=lambda i: (i.category, i.id))]
    offers = make_offers(division, points, rng)
    rows: list[Row] = [
        (
            o.department,
            f"AP{n:03d}",
            o.item,
            o.grid.name,
            None if o.is_wide else code_cell(o.grid.code, rng, "wide"),
            o.point.id if o.point else None,
            o.recurrence,
            o.hours or None,
            day_cell(o.since, rng),
            day_cell(o.until, rng),
        )
        for n, o in enumerate(offers, start=1)
    ]
    orders = _orders(division, offers, rng)
    return [
        Page("服务菜单", f"{TOWN_NAME}网格服务菜单", (_UNIT,), ITEM_HEADS, menu, ("说明：共18项，由24个部门提供。",)),
        Page(
            "服务安排",
            "部门服务进网格安排表",
            (_UNIT,),
            OFFER_HEADS,
            rows,
            ("备注：终止日期为不再提供的第一天；无网格的为全村居。",),
        ),
        Page(
            "点单",
            "网格服务点单台账",
            (_UNIT,),
            ORDER_HEADS,
            orders,
            ("填表人：示例 审核人：示例 填表日期：2020年2月29日",),
            summed=[(int(row[6]),) for row in orders],
        ),
    ]


def _orders(division: Division, offers: list[Offer], rng: np.random.Generator) -> list[Row]:
    grids = list(division.grids.values())
    words = list(STATES)
    odds = np.array([STATES[w][1] for w in words])
    days = sorted(day_between(date(2019, 9, 1), date(2020, 2, 27), rng) for _ in range(ORDERS))
    rows: list[Row] = []
    for n, day in enumerate(days, start=1):
        offer, grid = one(rng, offers), one(rng, grids)
        if offer.point is not None and rng.random() < 0.5:
            grid = offer.grid
        point = offer.point if offer.grid is grid and offer.point else None
        state = str(rng.choice(words, p=odds))
        wanted = day + timedelta(days=int(rng.integers(2, 21)))
        if state == "fulfilled":
            done: date | None = min(wanted + timedelta(days=int(rng.integers(0, 4))), TODAY)
            rating = int(rng.choice([5, 5, 5, 4, 4, 3])) if rng.random() < 0.85 else None
        else:
            done, rating = None, None
        rows.append(
            (
                f"DD{n:04d}",
                day_cell(day, rng),
                grid.code,
                offer.item,
                offer.department if state != "ordered" or rng.random() < 0.5 else None,
                point.id if point else None,
                count_cell(int(rng.integers(1, 45)), rng),
                day_cell(wanted, rng),
                one(rng, STATES[state][0]),
                day_cell(done, rng),
                rating,
            )
        )
    return rows
