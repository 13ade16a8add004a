"""From registers to what a map shows, by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import shapely

from gridmap.maps import life_of
from gridmap.maps.life import (
    ActivitiesShown,
    ActivityShown,
    BranchShown,
    ListShown,
    PostShown,
    ReachShown,
    ReportedShown,
    ServiceShown,
    StaffShown,
    StaffTotals,
)
from gridmap.model.records import Records, make_records
from gridmap.model.registers import REGISTERS

DAY = date(2026, 2, 5)
CRS = "EPSG:4549"
EAST, NORTH = 628_000.0, 3_403_000.0


def told(case: Any, **registers: dict[str, list[Any]]) -> Any:
    frames = {name: make_records(REGISTERS[name], values, CRS) for name, values in registers.items()}
    return life_of(case.plan, Records(frames, is_synthetic=True), case.rules, day=DAY, town=case.town, walking_m=150.0)


@pytest.fixture
def code(case: Any) -> Any:
    return case.plan.codes


def test_what_was_never_recorded_is_none(case: Any) -> None:
    life = told(case)
    recorded = (life.points, life.staff, life.staff_totals, life.reach, life.branches, life.reported, life.activities)
    assert set(recorded) == {None}
    assert life.lists is None
    assert life.services is None
    assert life.is_synthetic


def test_points_with_their_grid_status_and_partner(case: Any, code: Any) -> None:
    at = shapely.Point(EAST + 50, NORTH + 150)
    life = told(
        case,
        point={
            "point_id": ["P2", "S2", "P3", "X"],
            "name": ["第1网格点", "服务站", "第2网格点", "镇外"],
            "kind": ["grid_point", "party_service_station", "grid_point", "other"],
            "status": ["in_use", "in_use", "planned", "closed"],
            "premises_id": ["B2", "B2", "", ""],
            "capacity": [100, None, None, None],
            "services": [("A1", "别的"), (), (), ()],
            "is_private_home": [False, False, True, False],
            "geometry": [at, at, shapely.Point(EAST + 250, NORTH + 150), shapely.Point(EAST - 5000, NORTH)],
        },
        service_item={"item_id": ["A1"], "title": ["社保咨询"]},
    )
    own, station, planned, outside = life.points
    assert (own.grid, own.status, own.partner, own.capacity) == (code[2], "in_use", "S2", 100)
    assert own.services == ("社保咨询", "别的")
    assert own.place == (EAST + 50, NORTH + 150)
    assert own.reason is not None
    assert own.is_built
    assert (station.partner, station.capacity, station.is_built) == ("", None, False)
    assert (planned.grid, planned.is_private_home, planned.is_built) == (code[3], True, False)
    assert (outside.grid, outside.status) == ("", "closed")
    # estate 01 has cells of 100 and 200 households, 1 and 100 m away in a straight line: 130 m of walking
    assert life.reach[code[2]] == ReachShown(300, 0, 0)
    assert life.reach[code[4]] == ReachShown(0, 0, 500)


def test_staff_with_names(case: Any, code: Any) -> None:
    life = told(
        case,
        person={"person_id": ["a", "b"], "name": ["王示范", "李示范"]},
        post={
            "person_id": ["a", "a", "b", "c"],
            "role": ["grid_leader", "grid_leader", "grid_instructor", "grid_member"],
            "grid": [code[0], code[1], code[0], code[0]],
        },
    )
    leader = PostShown(1, ("王示范",), is_shared=True)
    assert life.staff[code[0]] == StaffShown(leader, PostShown(1, ("李示范",)), 1)
    assert life.staff[code[1]] == StaffShown(leader, PostShown(), 0)
    assert life.staff[code[2]] == StaffShown()
    # each of seven grids needs 1 + 1 + 6
    assert life.staff_totals == StaffTotals(1, 1, 1, 56)
    assert life.staff_totals.people == 3
    assert life.names == {"王示范", "李示范"}


def test_party_life_of_the_last_half_year(case: Any, code: Any) -> None:
    life = told(
        case,
        branch={
            "branch_id": ["b1"],
            "name": ["第一网格党支部"],
            "kind": ["branch"],
            "jurisdiction": [code[0][:12]],
            "grids": [(code[0], code[1])],
            "members": [31],
        },
        in_service={"grid": [code[0]] * 2, "counted_on": ["2025-06-30", "2025-12-31"], "members": [9, 12]},
        activity={
            "activity_id": ["1", "2", "3", "4"],
            "kind": ["theme_day", "culture", "health", "visit"],
            "title": ["旧", "中", "新", "全村"],
            "held_on": ["2025-08-05", "2025-09-01", "2026-02-05", "2026-02-01"],
            "grid": [code[0]] * 3 + [""],
            "attendance": [10, None, 20, 90],
        },
    )
    assert life.branches[code[1]] == (BranchShown("第一网格党支部", 31),)
    assert life.branches[code[2]] == ()
    assert life.reported == {code[0]: ReportedShown(12, date(2025, 12, 31))}
    newest = ActivityShown(date(2026, 2, 5), "health", "新", 20)
    assert life.activities[code[0]] == ActivitiesShown(
        2, 20, (newest, ActivityShown(date(2025, 9, 1), "culture", "中", None))
    )
    assert life.activities[code[1]] == ActivitiesShown(0, None, ())
    assert life.n_elsewhere == 1  # the one of the whole village


def test_lists_and_the_next_services(case: Any, code: Any) -> None:
    life = told(
        case,
        list_item={
            "list": ["management"] * 3,
            "template_version": [1, 1, 2],
            "item": ["1", "2", "1"],
            "title": ["巡查", "调解", "巡查"],
        },
        list_adoption={
            "grid": [code[0]], "list": ["management"], "template_version": [1], "adopted_on": ["2025-01-01"],
        },
        list_change={
            "grid": [code[0]], "list": ["management"], "item": ["2"], "action": ["dropped"], "since": ["2025-02-01"],
        },
        service_item={"item_id": ["A1", "A2"], "title": ["社保咨询", "法律咨询"]},
        service_offer={
            "offer_id": ["o1", "o2", "o3"],
            "department": ["社会事业办", "司法所", "文明办"],
            "item_id": ["A1", "A2", "A1"],
            "grid": [code[0], code[0], code[1]],
            "recurrence": ["每周二", "每周五", ""],
            "hours": ["9:00–11:00", "", ""],
            "since": ["2025-01-01"] * 3,
        },
    )  # fmt: skip
    management, service = life.lists[code[0]]
    assert management == ListShown("management", 1, 2, ("巡查",), 1)
    assert service == ListShown("service", None, None)
    assert life.lists[code[1]][0] == ListShown("management", None, 2)
    # 5 Feb 2026 is a Thursday
    assert life.services[code[0]] == (
        ServiceShown("法律咨询", "司法所", date(2026, 2, 6), "每周五"),
        ServiceShown("社保咨询", "社会事业办", date(2026, 2, 10), "9:00–11:00"),
    )
    assert life.services[code[1]] == (ServiceShown("社保咨询", "文明办"),)
    assert life.services[code[2]] == ()
