"""Services on offer and orders from the menu, counted by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from gridmap.errors import InvalidInput, InvalidPlan
from gridmap.life.orders import orders_of, unmet_demand
from gridmap.life.services import (
    department_items,
    departments,
    menu_of,
    offers_of_grid,
    reach_of_offers,
    service_items,
    services_of_grids,
)
from gridmap.model.records import Records

FIRST, LAST = date(2020, 1, 1), date(2020, 3, 31)


@pytest.fixture(scope="module")
def records(town: Any) -> Records:
    made: Records = town.records(
        service_item=("item_id title category", [("s1", "理发", "生活"), ("s2", "义诊", "健康"), ("s3", "法律", "")]),
        service_offer=(
            "offer_id department item_id jurisdiction grid point_id recurrence hours since until",
            [
                ("o1", "卫生", "s2", "", town.a, "", "每周四", "上午", None, None),
                ("o2", "卫生", "s2", "", "", "p1", "每月10日", "", None, None),
                ("o3", "妇联", "s1", town.west, "", "", "工作日", "", "2020-01-01", None),
                ("o4", "司法", "s1", "", "", "", "", "", None, "2020-03-15"),
                ("o5", "卫生", "s1", "", "", "unknown", "", "", None, None),
                ("o6", "团委", "s9", "", "310116113001777", "p1", "", "", None, None),
            ],
        ),
        service_order=(
            "order_id ordered_on grid item_id department people wanted_on status fulfilled_on rating",
            [
                ("d1", "2020-01-01", town.a, "s1", "妇联", 2, "2020-01-05", "fulfilled", "2020-01-04", 5),
                ("d2", "2020-01-02", town.a, "s1", "妇联", None, None, "fulfilled", "2020-01-12", 4),
                ("d3", "2020-01-03", town.b, "s1", "", 1, None, "fulfilled", None, None),
                ("d4", "2020-01-03", town.b, "s1", "", 1, "2020-03-14", "accepted", None, None),
                ("d5", "2020-01-03", town.b, "s1", "", 1, "2020-03-15", "ordered", None, None),
                ("d6", "2020-01-03", town.b, "s3", "司法", 3, None, "declined", None, None),
                ("d7", "2020-01-03", town.a, "s3", "司法", None, None, "declined", None, None),
                ("d8", "2020-01-03", town.a, "s3", "司法", 1, None, "cancelled", None, None),
                ("d9", "2020-04-01", town.a, "s3", "司法", 1, None, "ordered", None, None),
                ("d10", "2020-01-03", town.c, "s8", "", 1, None, "declined", None, 9),
                ("d11", "2020-01-03", town.c, "s2", "", 1, None, "cancelled", None, None),
            ],
        ),
    )
    return made


def test_departments_and_items_on_a_day(town: Any, records: Records) -> None:
    assert departments(records, date(2020, 3, 14)) == ("卫生", "妇联", "司法", "团委")
    assert departments(records, town.day) == ("卫生", "妇联", "团委")
    assert departments(records, date(2019, 1, 1)) == ("卫生", "司法", "团委")
    items = service_items(records, date(2020, 3, 14))
    assert items[["departments", "offers"]].to_numpy().tolist() == [[3, 3], [1, 2], [0, 0]]


def test_departments_by_items(records: Records) -> None:
    matrix = department_items(records, date(2020, 3, 14))
    assert matrix.columns.tolist() == ["s1", "s2", "s3"]
    assert matrix.loc["卫生"].tolist() == [1, 2, 0]
    assert matrix.loc["团委"].tolist() == [0, 0, 0]


def test_the_nearest_place_decides_which_grids_an_offer_reaches(town: Any, records: Records) -> None:
    reach = reach_of_offers(records, town.plan(), date(2020, 3, 14), grid_of_point={"p1": town.b})
    assert reach[["grid", "way", "offer_id"]].to_numpy().tolist() == [
        [town.a, "grid", "o1"],
        [town.a, "town", "o4"],
        [town.b, "point", "o2"],
        [town.b, "town", "o4"],
        [town.c, "jurisdiction", "o3"],
        [town.c, "town", "o4"],
        [town.d, "jurisdiction", "o3"],
        [town.d, "town", "o4"],
    ]


def test_offers_and_menu_of_a_grid(town: Any, records: Records) -> None:
    offers = offers_of_grid(records, town.plan(), town.b, town.day, grid_of_point={"p1": town.b})
    assert offers["offer_id"].tolist() == ["o2"]
    menu = menu_of(records, town.plan(), town.a, date(2020, 3, 14), grid_of_point={})
    assert menu.index.tolist() == ["s1", "s2"]
    assert menu.loc["s2", ["title", "departments", "times", "ways"]].tolist() == [
        "义诊",
        ("卫生",),
        ("每周四 上午",),
        ("grid",),
    ]
    assert menu.loc["s1", ["departments", "times"]].tolist() == [("司法",), ()]
    with pytest.raises(InvalidPlan, match="no such grid: 1"):
        menu_of(records, town.plan(), "1", town.day)


def test_items_on_offer_in_each_grid(town: Any, records: Records) -> None:
    assert services_of_grids(records, town.plan(), town.day).tolist() == [1, 0, 1, 1]
    placed = services_of_grids(records, town.plan(), town.day, grid_of_point={"p1": town.a, "unknown": town.a})
    assert placed.tolist() == [2, 0, 1, 1]


def test_orders_by_item(town: Any, records: Records) -> None:
    told = orders_of(records, FIRST, LAST, by="item_id", day=town.day)
    assert told.index.tolist() == ["s1", "s2", "s3", "s8"]
    counts = ["orders", "fulfilled", "open", "declined", "cancelled", "overdue", "people"]
    assert told.loc["s1", counts].tolist() == [5, 3, 2, 0, 0, 1, 5]
    assert told.loc["s3", counts].tolist() == [3, 0, 0, 2, 1, 0, 4]
    assert told.loc["s1", ["share_fulfilled", "median_days", "mean_rating"]].tolist() == [0.6, 6.5, 4.5]
    assert told.loc["s3", "share_fulfilled"] == 0
    assert np.isnan(told.loc["s2", "share_fulfilled"])
    assert np.isnan(told.loc["s8", "mean_rating"])


def test_orders_by_department_and_grid(town: Any, records: Records) -> None:
    assert orders_of(records, FIRST, LAST, by="department", day=town.day)["orders"].to_dict() == {
        "": 5,
        "司法": 3,
        "妇联": 2,
    }
    by_grid = orders_of(records, FIRST, LAST, by="grid", day=town.day)
    assert by_grid["orders"].to_dict() == {town.a: 4, town.b: 4, town.c: 2}
    assert orders_of(records, FIRST, LAST, by="grid", day=date(2020, 3, 16)).loc[town.b, "overdue"] == 2


def test_unmet_demand(town: Any, records: Records) -> None:
    unmet = unmet_demand(records, FIRST, LAST)
    assert unmet.index.tolist() == ["s3", "s8"]
    assert unmet.loc["s3"].tolist() == ["法律", 2, pytest.approx(2 / 3), 3, (town.a, town.b)]
    assert unmet.loc["s8", "title"] == ""


def test_nothing_recorded_and_empty_registers(town: Any) -> None:
    empty = town.records(service_item=("item_id", []), service_offer=("offer_id", []), service_order=("order_id", []))
    for records in (Records(), empty):
        plan = town.plan(town.a)
        assert departments(records, town.day) == ()
        assert service_items(records, town.day).empty
        assert department_items(records, town.day).shape == (0, 0)
        assert reach_of_offers(records, plan, town.day).empty
        assert menu_of(records, plan, town.a, town.day).empty
        assert services_of_grids(records, plan, town.day).tolist() == [0]
        for by in ("item_id", "department", "grid"):
            assert orders_of(records, FIRST, LAST, by=by, day=town.day).empty
        assert unmet_demand(records, FIRST, LAST).empty


def test_bad_calls_are_refused(town: Any, records: Records) -> None:
    with pytest.raises(InvalidInput, match="before the first"):
        orders_of(records, LAST, FIRST, by="grid", day=town.day)
    with pytest.raises(InvalidInput, match="before the first"):
        unmet_demand(records, LAST, FIRST)
    with pytest.raises(InvalidInput, match="got 'people'"):
        orders_of(records, FIRST, LAST, by="people", day=town.day)  # type: ignore[arg-type]
