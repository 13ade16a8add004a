"""The calendar: what was held, and each day of the recurring services."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import shapely

from gridmap.errors import InvalidInput
from gridmap.life.agenda import CALENDAR_COLUMNS, calendar_of, recurrence_of
from gridmap.model.records import Records

FIRST, LAST = date(2020, 3, 1), date(2020, 3, 31)
OFFER = "offer_id department item_id jurisdiction grid point_id recurrence hours since until"


def test_a_month(town: Any) -> None:
    records = town.records(
        point=(
            "point_id name kind status grid geometry",
            [("p1", "山新点", "grid_point", "in_use", town.b, shapely.Point(0, 0))],
        ),
        activity=(
            "activity_id kind title held_on grid point_id place department",
            [
                ("h1", "theme_day", "党日", "2020-03-10", town.a, "", "广场", ""),
                ("h2", "health", "义诊", "2020-03-10", "", "p1", "", "卫生"),
                ("h3", "health", "义诊", "2020-04-10", "", "p1", "", "卫生"),
            ],
        ),
        deliberation=("deliberation_id held_on grid topic", [("y1", "2020-03-09", town.c, "车棚")]),
        service_item=("item_id title", [("s1", "理发")]),
        service_offer=(OFFER, [("o1", "妇联", "s1", "", "", "p1", "每月10日 上午", "", None, None)]),
    )
    told = calendar_of(records, town.plan(), FIRST, LAST)
    assert tuple(told.columns) == CALENDAR_COLUMNS
    assert told.drop(columns=["date", "record"]).to_numpy().tolist() == [
        ["deliberation", "车棚", town.c, town.west, "", "", "", ""],
        ["theme_day", "党日", town.a, town.east, "广场", "", "", ""],
        ["activity", "义诊", town.b, town.east, "山新点", "卫生", "", "p1"],
        ["service", "理发", town.b, town.east, "山新点", "妇联", "上午", "p1"],
    ]
    assert told["date"].dt.day.tolist() == [9, 10, 10, 10]
    assert told["record"].tolist() == ["y1", "h1", "h2", "o1"]
    assert str(told["date"].dtype) == "datetime64[s]"
    placed = calendar_of(records, town.plan(), FIRST, LAST, grid_of_point={"p1": town.d})
    assert placed["grid"].tolist() == [town.c, town.a, town.d, town.d]


@pytest.mark.parametrize(
    ("recurrence", "since", "until", "days"),
    [
        ("每周四", None, None, [5, 12, 19, 26]),
        ("每周四", "2020-03-12", "2020-03-26", [12, 19]),
        ("每周四", None, "2020-03-01", []),
        ("每周四", "2020-04-01", None, []),
        ("双周周三", "2020-02-26", None, [11, 25]),
        ("双周周三", None, None, []),
        ("不定期", None, None, []),
        ("", None, None, []),
    ],
)
def test_days_of_an_offer(town: Any, recurrence: str, since: str | None, until: str | None, days: list[int]) -> None:
    records = town.records(
        service_offer=(OFFER, [("o1", "妇联", "s1", town.west, "", "", recurrence, "9:00", since, until)])
    )
    told = calendar_of(records, town.plan(), FIRST, LAST)
    assert told["date"].dt.day.tolist() == days
    assert set(told["hours"]) <= {"9:00"}
    assert set(told["jurisdiction"]) <= {town.west}


def test_a_recurrence_without_days() -> None:
    assert recurrence_of(" ", has_start=True) is None
    assert recurrence_of("每两周周三", has_start=False) is None
    assert recurrence_of("每两周周三", has_start=True) is not None


def test_nothing_recorded_and_empty_registers(town: Any) -> None:
    empty = town.records(activity=("activity_id", []), deliberation=("topic", []), service_offer=("offer_id", []))
    for records in (Records(), empty):
        told = calendar_of(records, town.plan(town.a), FIRST, LAST)
        assert told.empty
        assert tuple(told.columns) == CALENDAR_COLUMNS
        assert str(told["date"].dtype) == "datetime64[s]"


def test_a_period_that_ends_before_it_begins_is_refused(town: Any) -> None:
    with pytest.raises(InvalidInput, match="before the first"):
        calendar_of(Records(), town.plan(), LAST, FIRST)
