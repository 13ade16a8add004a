"""Rosters, staffing and loads by hand, and the figures of a town with the published numbers."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.model.records import Records, make_records
from gridmap.model.registers import REGISTERS
from gridmap.model.rules import load_rules
from gridmap.people.loads import loads_of_people
from gridmap.people.roster import chiefs_of_jurisdictions, roster_on
from gridmap.people.staffing import staffing_of_grids, staffing_totals

RULES = load_rules()


class TestRoster:
    def test_where_each_post_is(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 320], "b": [280]})
        records = towns.posts(
            "p1 L a1",
            "p2 L a1 grid=310116113001099",
            "p3 M b",
            "p4 M - jurisdiction=310116113999",
            "p5 M -",
            "p6 I b1 jurisdiction=310116113001",
        )
        posts = roster_on(records, plan, towns.day).posts.set_index("person_id")
        assert posts["place"].to_dict() == {
            "p1": "grid",
            "p2": "other_grid",
            "p3": "jurisdiction",
            "p4": "other_jurisdiction",
            "p5": "nowhere",
            "p6": "grid",
        }
        assert posts["home"].to_dict() == {
            "p1": towns.place("a"),
            "p2": "",
            "p3": towns.place("b"),
            "p4": "310116113999",
            "p5": "",
            "p6": towns.place("b"),  # of its grid, whatever the post says
        }

    def test_the_last_day_is_exclusive(self, towns: Any) -> None:
        plan = towns.plan({"a": [300]})
        records = towns.posts("p1 L a1 until=2020-02-01", "p2 L a1 since=2020-02-01", "p3 L a1 since=2020-02-02")
        roster = roster_on(records, plan, dt.date(2020, 2, 1))
        assert roster.people("grid_leader") == ["p2"]
        assert roster_on(records, plan, dt.date(2020, 1, 31)).people("grid_leader") == ["p1"]

    def test_nothing_recorded_is_not_nobody(self, towns: Any) -> None:
        plan = towns.plan({"a": [300]})
        assert not roster_on(Records(), plan, towns.day).is_recorded
        nobody = Records({"post": make_records(REGISTERS["post"], {})})
        assert roster_on(nobody, plan, towns.day).is_recorded


class TestStaffing:
    def test_by_hand(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 320], "b": [280]})
        records = towns.posts(
            "p1 L a1",
            "p1 L a2",
            "p2 L b1",
            "p3 I a1",
            "p3 I a1 since=2019-01-01",  # recorded twice, one person
            "m1 M a1 source=volunteer",
            "m2 M a1 source=veteran_member",
            "m2 M a1 source=volunteer since=2019-01-01",
            "m3 M a1",
            "m4 M b1 until=2020-01-31",
        )
        grids = staffing_of_grids(plan, records, RULES, towns.day)
        assert grids.index.tolist() == list(plan.codes)
        assert grids["leaders"].tolist() == [1, 1, 1]
        assert grids["instructors"].tolist() == [1, 0, 0]
        assert grids["members"].tolist() == [3, 0, 0]
        assert grids["leader_ids"].tolist() == [("p1",), ("p1",), ("p2",)]
        assert grids["is_leader_shared"].tolist() == [True, True, False]
        assert grids["vacant_leaders"].tolist() == [0, 0, 0]
        assert grids["vacant_instructors"].tolist() == [0, 1, 1]
        assert grids["vacant_members"].tolist() == [3, 6, 6]
        assert grids["vacancies"].tolist() == [3, 7, 7]
        assert grids["members_veteran_member"].tolist() == [1, 0, 0]
        assert grids["members_volunteer"].tolist() == [1, 0, 0]
        assert grids["members_unstated"].tolist() == [1, 0, 0]
        assert grids.filter(like="members_").sum().sum() == 3
        assert grids["households_per_member"].iloc[0] == 100
        assert grids["households_per_member"].isna().tolist() == [False, True, True]

    def test_a_dedicated_grid_needs_people_and_has_no_span(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 40]}, dedicated="a2")
        records = towns.posts("p1 L a1", "p1 L a2", *towns.teams({"a1": 6, "a2": 6}))
        grids = staffing_of_grids(plan, records, RULES, towns.day)
        assert grids["is_dedicated"].tolist() == [False, True]
        assert grids["vacant_instructors"].tolist() == [1, 1]
        assert grids["households_per_member"].iloc[0] == 50
        assert pd.isna(grids["households_per_member"].iloc[1])
        loads = loads_of_people(plan, records, RULES, towns.day)
        assert loads["households"].iloc[0] == 300

    def test_households_not_known(self, towns: Any) -> None:
        plan = towns.plan({"a": [300]}, has_households=False)
        grids = staffing_of_grids(plan, towns.posts("m1 M a1"), RULES, towns.day)
        assert grids["households"].isna().all()
        assert grids["households_per_member"].isna().all()
        loads = loads_of_people(plan, towns.posts("p1 L a1"), RULES, towns.day)
        assert loads["households"].isna().all()
        assert not loads["is_over"].any()

    def test_never_recorded(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 320]})
        grids = staffing_of_grids(plan, Records(), RULES, towns.day)
        assert grids[["leaders", "instructors", "members", "vacancies", "members_volunteer"]].isna().all().all()
        assert grids["leader_ids"].tolist() == [(), ()]
        assert not grids["is_leader_shared"].any()
        full = staffing_of_grids(plan, towns.posts("p1 L a1"), RULES, towns.day)
        assert [str(t) for t in grids.dtypes] == [str(t) for t in full.dtypes]
        totals = staffing_totals(plan, Records(), RULES, towns.day)
        assert len(totals) == 12
        assert set(totals.values()) == {None}
        chiefs = chiefs_of_jurisdictions(plan, Records(), towns.day)
        assert chiefs["chiefs"].isna().all()
        assert not chiefs["is_missing"].any()

    def test_nobody(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 320]})
        nobody = Records({"post": make_records(REGISTERS["post"], {})})
        totals = staffing_totals(plan, nobody, RULES, towns.day)
        assert totals["grids_without_leader"] == totals["grids_under_members_min"] == 2
        assert (totals["people"], totals["people_under_minimum"]) == (0, 16)
        assert loads_of_people(plan, nobody, RULES, towns.day).empty


def test_chiefs(towns: Any) -> None:
    plan = towns.plan({"a": [300], "b": [300], "c": [300], "d": [300]})
    records = towns.posts("c1 C a", "c2 C b1", "c3 C c", "c4 C c", "c5 C d until=2020-01-01")
    chiefs = chiefs_of_jurisdictions(plan, records, towns.day)
    assert chiefs["chief_ids"].tolist() == [("c1",), ("c2",), ("c3", "c4"), ()]
    assert chiefs["is_missing"].tolist() == [False, False, False, True]
    assert chiefs["is_several"].tolist() == [False, False, True, False]
    assert chiefs["name"].tolist() == ["a村", "b村", "c村", "d村"]


class TestLoads:
    def test_by_hand(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 360], "b": [240]})
        records = towns.posts(
            "p1 L a1", "p1 L a2", "p1 L b1", "p2 L a", "p3 I b1", "m1 M a1", "m2 M a1", "m1 M b1", "c1 C a"
        )
        loads = loads_of_people(plan, records, RULES, towns.day)
        assert loads["person_id"].tolist() == ["p1", "p2", "p3", "m1", "m2"]
        assert loads["n_grids"].tolist() == [3, 0, 1, 2, 1]
        assert loads["households"].tolist() == [900, 0, 240, 390, 150]  # m1: 300 / 2 + 240
        assert loads["is_over"].tolist() == [True, False, False, True, True]  # m2: 150 of at most 60
        assert loads["jurisdictions"].iloc[0] == (towns.place("a"), towns.place("b"))

    def test_a_leader_of_one_grid_too_large(self, towns: Any) -> None:
        loads = loads_of_people(
            towns.plan({"a": [721], "b": [720]}), towns.posts("p1 L a1", "p2 L b1"), RULES, towns.day
        )
        assert loads["is_over"].tolist() == [True, False]


def test_the_published_figures(towns: Any) -> None:
    """200 grids; 174 leaders, 26 of them with two; 130 instructors; 1,280 members: 16 people under 1 + 1 + 6."""
    letters = "abcdefghijklmnopqrst"
    plan = towns.plan({letter: [300] * 10 for letter in letters})
    names = [f"{letter}{n}" for letter in letters for n in range(1, 11)]
    lines = [f"L{min(n, 173 - (n - 174)):03d} L {name}" for n, name in enumerate(names)]
    lines += [f"I{n:03d} I {name}" for n, name in enumerate(names[:130])]
    lines += towns.teams({name: 6 + (n < 80) for n, name in enumerate(names)})
    lines += [f"C{n} C {letter}" for n, letter in enumerate(letters)]
    assert staffing_totals(plan, towns.posts(*lines), RULES, towns.day) == {
        "grid_leaders": 174,
        "grid_instructors": 130,
        "grid_members": 1280,
        "chief_grid_leaders": 20,
        "leaders_shared": 26,
        "grids_sharing_leader": 52,
        "grids_without_leader": 0,
        "grids_without_instructor": 70,
        "grids_under_members_min": 0,
        "people": 1584,
        "people_minimum": 1600,
        "people_under_minimum": 16,
    }


def test_who_holds_two_posts_counts_in_both(towns: Any) -> None:
    plan = towns.plan({"a": [300]})
    records = towns.posts("p1 L a1", "p1 M a1", "p2 M a1 grid=310116113001099", "p3 M a")
    totals = staffing_totals(plan, records, RULES, towns.day)
    assert (totals["grid_leaders"], totals["grid_members"], totals["people"]) == (1, 3, 4)
    assert totals["people_under_minimum"] == 4


LINES = ("p1 L a1", "p1 L b1", "p2 L b", "i1 I a2", "m1 M a1", "m2 M a1", "m2 M b", "c1 C a", "c2 C a", "m3 M a2")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=5)
@given(order=st.permutations(LINES))
def test_the_order_of_rows_changes_nothing(order: list[str], towns: Any) -> None:
    plan = towns.plan({"a": [300, 310], "b": [320]})
    for told in (staffing_of_grids, loads_of_people):
        pd.testing.assert_frame_equal(
            told(plan, towns.posts(*order), RULES, towns.day),
            told(plan, towns.posts(*sorted(order)), RULES, towns.day),
        )
    pd.testing.assert_frame_equal(
        roster_on(towns.posts(*order), plan, towns.day).posts,
        roster_on(towns.posts(*sorted(order)), plan, towns.day).posts,
    )


@pytest.mark.parametrize("role", ["L", "I", "M"])
def test_distinct_people_are_counted(towns: Any, role: str) -> None:
    plan = towns.plan({"a": [300]})
    column = {"L": "leaders", "I": "instructors", "M": "members"}[role]
    days = itertools.islice(pd.date_range("2019-01-01", periods=3).strftime("%Y-%m-%d"), 3)
    records = towns.posts(*[f"p1 {role} a1 since={day}" for day in days], f"p2 {role} a1")
    assert staffing_of_grids(plan, records, RULES, towns.day)[column].tolist() == [2]
