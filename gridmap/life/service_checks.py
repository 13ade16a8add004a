"""Checks of the services: offers and orders."""

from __future__ import annotations

from typing import Final

import pandas as pd

from gridmap.errors import InvalidInput
from gridmap.life.case import LifeCase
from gridmap.life.orders import is_overdue
from gridmap.life.recurrence_text import parse_recurrence
from gridmap.model.finding import Check, Row
from gridmap.model.text import Text

_REGISTERS: Final = ("service_offer", "service_order")


def _grids(case: LifeCase) -> list[Row]:
    return case.grids_unknown("service_offer") + case.grids_unknown("service_order", of_the_past=True)


def _jurisdictions(case: LifeCase) -> list[Row]:
    return case.jurisdictions_unknown("service_offer")


def _items(case: LifeCase) -> list[Row]:
    what = Text("服务事项", "service item")
    return [row for r in _REGISTERS for row in case.missing(r, "item_id", "service_item", what=what)]


def _points(case: LifeCase) -> list[Row]:
    return [row for r in _REGISTERS for row in case.missing(r, "point_id", "point", what=Text("点位", "point"))]


def _recurrences(case: LifeCase) -> list[Row]:
    offers = case.records.of("service_offer")
    offers = offers[offers["recurrence"].str.strip() != ""]
    rows = []
    for record, grid, text, since in zip(
        offers.index, offers["grid"], offers["recurrence"], offers["since"], strict=True
    ):
        try:
            rule = parse_recurrence(text)
        except InvalidInput as error:
            rows.append(Row(Text(f"服务安排「{record}」：{error.zh}", f"offer {record}: {error}"), grid, unit=record))
            continue
        if rule.needs_anchor and pd.isna(since):
            told = Text(
                f"服务安排「{record}」：「{text}」需要起始日期才知道是哪几周",
                f"offer {record}: {text!r} needs a start, to know which weeks are meant",
            )
            rows.append(Row(told, grid, unit=record))
    return rows


def _dates(case: LifeCase) -> list[Row]:
    offers = case.records.of("service_offer")
    return _rows(
        offers[offers["until"] <= offers["since"]],
        "服务安排「{}」的终止日期不晚于起始日期",
        "offer {}: it ends on or before the day on which it begins",
    )


def _fulfilled_early(case: LifeCase) -> list[Row]:
    orders = case.records.of("service_order")
    return _rows(
        orders[orders["fulfilled_on"] < orders["ordered_on"]],
        "点单「{}」的完成日期早于点单日期",
        "order {}: it was fulfilled before it was ordered",
    )


def _undated(case: LifeCase) -> list[Row]:
    orders = case.records.of("service_order")
    return _rows(
        orders[(orders["status"] == "fulfilled") & orders["fulfilled_on"].isna()],
        "点单「{}」已完成，但没有完成日期",
        "order {}: it is fulfilled, but on no day",
    )


def _future(case: LifeCase) -> list[Row]:
    orders = case.records.of("service_order")
    return _rows(
        orders[(orders["ordered_on"] > case.at) | (orders["fulfilled_on"] > case.at)],
        f"点单「{{}}」的日期在 {case.day} 之后",
        f"order {{}}: its days lie after {case.day}",
    )


def _overdue(case: LifeCase) -> list[Row]:
    orders = case.records.of("service_order")
    late = orders[is_overdue(orders, case.day)]
    return _rows(
        late,
        "点单「{}」已过期望日期仍未完成",
        "order {}: the day on which it was wanted has passed and it is open still",
        (case.at - late["wanted_on"]).dt.days,
        0.0,
    )


def _ratings(case: LifeCase) -> list[Row]:
    orders = case.records.of("service_order")
    wrong = orders[~orders["rating"].fillna(5).between(1, 5)]
    return _rows(wrong, "点单「{}」的评价应为 1 至 5", "order {}: ratings are 1 to 5", wrong["rating"], 5.0)


def _rows(
    frame: pd.DataFrame, zh: str, en: str, values: pd.Series | None = None, limit: float = float("nan")
) -> list[Row]:
    numbers = [float("nan")] * len(frame) if values is None else values.astype(float)
    return [
        Row(Text(zh.format(record), en.format(record)), grid, unit=record, value=value, limit=limit)
        for record, grid, value in zip(frame.index, frame["grid"], numbers, strict=True)
    ]


SERVICE_CHECKS: Final[tuple[Check[LifeCase], ...]] = (
    Check("service.grid", Text("服务的网格", "Grids of services"), "hard", "", _grids, _REGISTERS),
    Check(
        "service.jurisdiction",
        Text("服务的村居", "Jurisdictions of services"),
        "hard",
        "",
        _jurisdictions,
        ("service_offer",),
    ),
    Check("service.item", Text("服务事项", "Items of services"), "hard", "", _items, _REGISTERS),
    Check("service.point", Text("服务点位", "Points of services"), "hard", "", _points, _REGISTERS),
    Check("service.recurrence", Text("服务周期", "Recurring times"), "soft", "", _recurrences, ("service_offer",)),
    Check("service.dates", Text("安排日期", "Days of offers"), "hard", "", _dates, ("service_offer",)),
    Check(
        "service.order_days",
        Text("完成不早于点单", "Fulfilled after ordered"),
        "hard",
        "",
        _fulfilled_early,
        _REGISTERS[1:],
    ),
    Check("service.undated", Text("完成日期", "Days of fulfilment"), "soft", "", _undated, _REGISTERS[1:]),
    Check("service.future", Text("日期不在未来", "Not in the future"), "soft", "", _future, _REGISTERS[1:]),
    Check("service.overdue", Text("按期完成", "Fulfilled in time"), "soft", "天", _overdue, _REGISTERS[1:]),
    Check("service.rating", Text("评价", "Ratings"), "hard", "", _ratings, _REGISTERS[1:]),
)
