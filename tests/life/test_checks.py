"""Findings about lists, Party life and services: each check shown to find what it is there for, and nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
import shapely

from gridmap.life.checks import GRID_FIGURES, LIFE_CHECKS, check_life
from gridmap.model.records import Records
from gridmap.model.report import Report
from gridmap.model.rules import load_rules

OLD = "310116113001009"
DAY = date(2020, 3, 15)


def judge(town: Any, records: Records, **options: Any) -> Report:
    return check_life(town.plan(), records, load_rules(), day=DAY, **options)


def units(report: Report, check: str) -> list[str]:
    found = report.findings[report.findings["check"] == check]
    return found["unit"].tolist()


# --- lists ---


@pytest.fixture(scope="module")
def lists(town: Any) -> Report:
    records = town.records(
        list_item=(
            "list template_version item title",
            [("management", 1, "A", "巡查"), ("management", 1, "B", "走访"), ("management", 2, "A", "巡查")],
        ),
        list_adoption=(
            "grid list template_version adopted_on",
            [
                (town.a, "management", 1, "2020-01-01"),
                (town.b, "management", 2, "2020-01-01"),
                (town.c, "management", 7, "2020-01-01"),
                (f"{town.east}00l", "service", 7, "2020-01-01"),
                (OLD, "management", 2, "2020-01-01"),
            ],
        ),
        list_change=(
            "grid list item action since",
            [
                (town.a, "management", "A", "dropped", "2020-02-01"),
                (town.a, "management", "A", "dropped", "2020-02-02"),
                (town.a, "management", "A", "changed", "2020-02-03"),
                (town.a, "management", "A", "restored", "2020-02-04"),
                (town.a, "management", "A", "restored", "2020-02-05"),
                (town.a, "management", "B", "added", "2020-02-01"),
                (town.a, "management", "X", "added", "2020-02-01"),
                (town.a, "management", "X", "changed", "2020-02-02"),
                (town.b, "management", "B", "changed", "2020-02-02"),
                (town.b, "management", "A", "changed", "2019-12-31"),
                (town.d, "management", "A", "changed", "2020-02-02"),
            ],
        ),
    )
    return judge(town, records, retired=[OLD])


def test_changes_that_do_nothing(town: Any, lists: Report) -> None:
    assert units(lists, "list.idle") == [
        f"{town.a} / management / B / 2020-02-01",
        f"{town.a} / management / A / 2020-02-02",
        f"{town.a} / management / A / 2020-02-03",
        f"{town.a} / management / A / 2020-02-05",
    ]
    assert units(lists, "list.item") == [f"{town.b} / management / B / 2020-02-02"]
    assert units(lists, "list.early") == [
        f"{town.b} / management / A / 2019-12-31",
        f"{town.d} / management / A / 2020-02-02",
    ]


def test_adoptions_and_grids_without_lists(town: Any, lists: Report) -> None:
    findings = lists.findings.set_index("check")
    assert findings.loc["list.template", "value"].tolist() == [7.0, 7.0]
    assert findings.loc["list.outdated", "grid"] == town.a
    without = findings.loc["list.none"]
    assert without.loc[without["message_zh"].str.contains("管理"), "grid"].tolist() == [town.c, town.d]
    assert without.loc[without["message_zh"].str.contains("服务"), "grid"].tolist() == [town.a, town.b, town.c, town.d]


def test_unknown_and_retired_grids(town: Any, lists: Report) -> None:
    found = lists.findings[lists.findings["check"] == "list.grid"]
    assert found[["grid", "severity"]].to_numpy().tolist() == [[f"{town.east}00l", "hard"], [OLD, "soft"]]
    assert "最接近的是 310116113001" in found["message_zh"].iloc[0]
    assert "was given up" in found["message_en"].iloc[1]
    assert not lists.is_lawful


def test_list_figures(town: Any, lists: Report) -> None:
    assert lists.grids["management_items"].tolist() == [3, 1, 0, 0]
    assert lists.grids["activities"].isna().all()


# --- Party life ---


@pytest.fixture(scope="module")
def party(town: Any) -> Report:
    records = town.records(
        branch=(
            "branch_id name kind jurisdiction grids founded_on dissolved_on",
            [
                ("z1", "一", "branch", town.east, (town.a, OLD), "2019-01-01", None),
                ("z2", "二", "group", "310116113999", (town.b, "310116113001020"), None, None),
                ("z3", "三", "branch", town.west, (town.c,), "2020-01-01", "2020-01-01"),
            ],
        ),
        in_service=("grid counted_on members", [(town.a, "2020-01-01", 14), (town.b, "2020-03-16", 3)]),
        point=("point_id name kind status geometry", [("p1", "点", "grid_point", "in_use", shapely.Point(0, 0))]),
        activity=(
            "activity_id kind title held_on jurisdiction grid point_id branch_id attendance",
            [
                ("h1", "theme_day", "党日", "2020-02-29", "", town.a, "", "", 10),
                ("h2", "theme_day", "党日", "2020-03-01", "", town.b, "p1", "z1", 0),
                ("h3", "culture", "灯会", "2020-02-01", "31011611320", town.a, "p2", "z9", 2001),
                ("h4", "culture", "灯会", "2020-03-16", "", town.c, "", "", None),
                ("h5", "culture", "灯会", "2018-03-16", "", OLD, "", "", 5),
            ],
        ),
        deliberation=(
            "deliberation_id held_on grid topic project project_status",
            [("y1", "2020-01-01", town.a, "车棚", "车棚", ""), ("y2", "2020-01-01", town.a, "车棚", "车棚", "done")],
        ),
    )
    return judge(town, records, retired=[OLD], grid_of_point={"p1": town.b})


@pytest.mark.parametrize(
    ("check", "wanted"),
    [
        ("party.grid", ["z1", "z2", "h5"]),
        ("party.jurisdiction", ["z2", "h3"]),
        ("party.dates", ["z3"]),
        ("party.point", ["h3"]),
        ("party.branch", ["h3"]),
        ("party.attendance", ["h3"]),
        ("party.project", ["y1"]),
    ],
)
def test_party_findings(party: Report, check: str, wanted: list[str]) -> None:
    assert units(party, check) == wanted


def test_what_lies_in_the_future(town: Any, party: Report) -> None:
    assert units(party, "party.future") == ["h4", f"{town.b} / 2020-03-16"]


def test_grids_without_branch_or_theme_day(town: Any, party: Report) -> None:
    found = party.findings.set_index("check")
    assert found.loc["party.covered", "grid"].tolist() == [town.c, town.d]
    assert found.loc["party.theme_day", "grid"].tolist() == [town.b, town.c, town.d]
    assert "2020-02" in found.loc["party.theme_day", "message_zh"].iloc[0]


def test_a_retired_grid_is_no_fault_of_the_past(party: Report) -> None:
    found = party.findings[party.findings["check"] == "party.grid"]
    assert found["severity"].tolist() == ["soft", "hard", "info"]


def test_party_figures(town: Any, party: Report) -> None:
    columns = ["branches", "groups", "members_reported", "activities", "deliberations"]
    assert party.grids[columns].to_numpy().tolist() == [[1, 0, 14, 2, 2], [0, 1, 0, 1, 0], [0] * 5, [0] * 5]
    assert party.totals == {"branches": 1, "members_reported": 14, "activities": 4}


# --- services ---


@pytest.fixture(scope="module")
def services(town: Any) -> Report:
    records = town.records(
        point=("point_id name kind status geometry", [("p1", "点", "grid_point", "in_use", shapely.Point(0, 0))]),
        service_item=("item_id title", [("s1", "理发")]),
        service_offer=(
            "offer_id department item_id jurisdiction grid point_id recurrence since until",
            [
                ("o1", "妇联", "s1", "", "", "p1", "每周四", None, None),
                ("o2", "妇联", "s2", "", town.a, "p2", "不定期", None, None),
                ("o3", "卫生", "s1", "310116113555", "", "", "双周周三", None, None),
                ("o4", "卫生", "s1", town.west, "", "", "双周周三", "2020-01-01", "2020-01-01"),
                ("o5", "卫生", "s1", "", "1", "", "", None, None),
            ],
        ),
        service_order=(
            "order_id ordered_on grid item_id point_id wanted_on status fulfilled_on rating",
            [
                ("d1", "2020-02-01", town.a, "s1", "p1", None, "fulfilled", "2020-01-31", 5),
                ("d2", "2020-02-01", town.a, "s9", "p9", None, "fulfilled", None, 0),
                ("d3", "2020-02-01", town.b, "s1", "", "2020-03-10", "accepted", None, 6),
                ("d4", "2020-03-16", OLD, "s1", "", "2020-03-15", "ordered", None, None),
            ],
        ),
    )
    return judge(town, records, retired=[OLD], grid_of_point={"p1": town.d})


@pytest.mark.parametrize(
    ("check", "wanted"),
    [
        ("service.grid", ["o5", "d4"]),
        ("service.jurisdiction", ["o3"]),
        ("service.item", ["o2", "d2"]),
        ("service.point", ["o2", "d2"]),
        ("service.recurrence", ["o2", "o3"]),
        ("service.dates", ["o4"]),
        ("service.order_days", ["d1"]),
        ("service.undated", ["d2"]),
        ("service.future", ["d4"]),
        ("service.overdue", ["d3"]),
        ("service.rating", ["d2", "d3"]),
    ],
)
def test_service_findings(services: Report, check: str, wanted: list[str]) -> None:
    assert units(services, check) == wanted


def test_service_figures(services: Report) -> None:
    assert services.grids[["services", "open_orders"]].to_numpy().tolist() == [[1, 0], [0, 1], [0, 0], [1, 0]]
    assert services.totals == {"departments": 2, "service_items": 1}
    late = services.findings[services.findings["check"] == "service.overdue"]
    assert late["value"].tolist() == [5.0]


# --- the whole ---


def test_nothing_recorded_is_nothing_wrong(town: Any) -> None:
    report = judge(town, Records())
    assert report.findings.empty
    assert report.checks == ()
    assert report.totals == {}
    assert tuple(report.grids.columns) == tuple(GRID_FIGURES)
    assert report.grids.isna().all(axis=None)


def test_empty_registers_only_say_what_every_grid_lacks(town: Any) -> None:
    names = ["list_item", "list_adoption", "list_change", "branch", "in_service", "activity", "deliberation"]
    names += ["service_item", "service_offer", "service_order", "point"]
    empty = town.records(**{name: ("grid" if name == "list_adoption" else "", []) for name in names})
    report = check_life(town.plan(town.a), empty, load_rules(), day=DAY)
    assert report.checks == tuple(c.id for c in LIFE_CHECKS)
    assert report.findings["check"].tolist() == ["list.none", "list.none", "party.covered", "party.theme_day"]
    assert report.findings["jurisdiction"].tolist() == [town.east] * 4
    assert report.grids.iloc[0].tolist() == [0] * len(GRID_FIGURES)
    assert set(report.totals.values()) == {0}


def test_ids_are_unique_and_every_message_is_in_both_languages(lists: Report, party: Report, services: Report) -> None:
    ids = [c.id for c in LIFE_CHECKS]
    assert len(set(ids)) == len(ids)
    findings = pd.concat([r.findings[["message_zh", "message_en"]] for r in (lists, party, services)])
    assert findings["message_zh"].str.contains("[一-鿿]").all()
    assert (findings["message_en"] != findings["message_zh"]).all()


def test_points_that_were_never_recorded_are_not_called_unknown(town: Any) -> None:
    records = town.records(
        activity=(
            "activity_id kind title held_on point_id branch_id",
            [("h", "culture", "灯会", "2020-02-01", "p", "z")],
        )
    )
    report = judge(town, records)
    assert units(report, "party.point") == []
    assert units(report, "party.branch") == []
