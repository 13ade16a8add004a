"""The owner of an issue: place, day and plan in force."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from gridmap.errors import InvalidInput, MissingCrs
from gridmap.issues.owner import Tenure, own_issues
from gridmap.issues.recut import recut
from gridmap.model.issues import ISSUE_COLUMNS, Issues

OLD = (date(2019, 1, 1), date(2020, 1, 1))
NEW = (date(2020, 1, 1), None)


@pytest.fixture
def tenures(street: Any) -> list[Tenure]:
    old, new = street.plan("a1 a1 a2 b1"), street.plan("a1 a3 a3 b1")
    return [Tenure("2020", 3, *NEW, new), Tenure("2019", 1, *OLD, old)]


def owners(issues: Issues) -> list[tuple[str, str, str, str, int]]:
    columns = issues.frame[["grid", "jurisdiction", "unit", "plan", "plan_version"]]
    return [tuple(row) for row in columns.itertuples(index=False)]


def test_the_plan_in_force_on_the_day_decides(street: Any, tenures: list[Tenure]) -> None:
    days = ["2019-12-31 23:59:59", "2020-01-01 00:00:00", "2018-05-01", "2024-05-01", None]
    owned = own_issues(street.issues(*({"x": 150, "reported_at": d} for d in days)), tenures)
    old, new = ("a1", "a", "u1", "2019", 1), ("a3", "a", "u1", "2020", 3)
    assert owners(owned) == [old, new, old, new, ("", "", "", "", 0)]


def test_a_day_without_a_plan_in_force_goes_to_the_last_one(street: Any) -> None:
    a, b = street.plan("a1 a2"), street.plan("a5 a6")
    gap = [Tenure("a", 1, date(2019, 1, 1), date(2019, 6, 1), a), Tenure("b", 1, date(2020, 1, 1), None, b)]
    owned = own_issues(street.issues({"reported_at": "2019-08-01"}, {"reported_at": "2020-08-01"}), gap)
    assert list(owned.frame["plan"]) == ["a", "b"]
    over = [Tenure("a", 1, date(2019, 1, 1), None, a), Tenure("b", 1, date(2020, 1, 1), date(2020, 2, 1), b)]
    days = ({"reported_at": d} for d in ("2020-01-15", "2020-03-01"))
    assert list(own_issues(street.issues(*days), over).frame["plan"]) == ["b", "a"]


def test_the_place_decides_and_else_what_is_written(street: Any, tenures: list[Tenure]) -> None:
    written = {"grid": "b1", "jurisdiction": "b"}
    issues = street.issues(
        {"x": 50, **written},  # its place lies in a1
        {"x": 450, **written},  # in the jurisdiction b, but in no unit
        {"x": 9000, **written},  # outside: b1 as written
        {"x": None, "grid": "a3", "jurisdiction": "b"},  # the grid's own jurisdiction
        {"x": None, "grid": "a2", "jurisdiction": "a"},  # a2 is no grid of this plan
        {"x": None, "grid": "zz", "jurisdiction": "zz"},
        {"x": 50, "place_state": "default", "grid": "", "jurisdiction": "b"},
        {"x": 250, "place_state": "outside"},  # an older town did not hold it
        place_state="ok",
    )
    owned = own_issues(issues, tenures)
    assert [o[:3] for o in owners(owned)] == [
        ("a1", "a", "u0"),
        ("", "b", ""),
        ("b1", "b", ""),
        ("a3", "a", ""),
        ("", "a", ""),
        ("", "", ""),
        ("", "b", ""),
        ("a3", "a", "u2"),
    ]
    states = ["ok", "ok", "outside", "none", "none", "none", "default", "ok"]
    assert list(owned.frame["place_state"]) == states


def test_a_unit_without_a_grid_and_a_shared_border(street: Any) -> None:
    plan = street.plan("a1 - a2")
    owned = own_issues(street.issues({"x": 150}, {"x": 100}, {"x": 300}), [Tenure("p", 1, *NEW, plan)])
    assert [o[:3] for o in owners(owned)] == [("", "a", "u1"), ("a1", "a", "u0"), ("a2", "a", "u2")]


def test_places_in_another_crs_are_converted(street: Any, tenures: list[Tenure]) -> None:
    issues = street.issues({"x": 150}, {"x": None}, {"x": 350})
    abroad = Issues(issues.frame.to_crs("EPSG:4490"))
    assert owners(own_issues(abroad, tenures)) == owners(own_issues(issues, tenures))


def test_owning_changes_nothing_it_was_given_and_twice_is_once(street: Any, tenures: list[Tenure]) -> None:
    issues = street.issues({"x": 50, "grid": "b1"}, {"x": 9000, "grid": "b1"}, {"x": None})
    before = issues.frame.copy()
    once = own_issues(issues, tenures)
    pd.testing.assert_frame_equal(issues.frame, before)
    pd.testing.assert_frame_equal(own_issues(once, tenures).frame, once.frame)
    assert list(once.frame.columns) == list(ISSUE_COLUMNS)
    assert once.frame.dtypes.equals(before.dtypes)
    shuffled = own_issues(issues.where([True] * 3), tenures[::-1])
    pd.testing.assert_frame_equal(shuffled.frame, once.frame)


def test_the_owner_by_one_plan_is_the_grid_that_recutting_gives(street: Any) -> None:
    plan = street.plan("a1 - a2 b1")
    x = [50, 100, 150, 250, 399, 450, 9000, None]
    issues = street.issues(*({"x": at, "grid": grid} for at in x for grid in ("", "a2", "zz")))
    owned = own_issues(issues, [Tenure("p", 1, *NEW, plan)])
    assert list(owned.frame["grid"]) == list(recut(owned, plan))


def test_without_a_plan_what_was_written_stays(street: Any) -> None:
    owned = own_issues(street.issues({"grid": "x1", "jurisdiction": "x", "plan": "old", "unit": "u"}), [])
    assert owners(owned) == [("x1", "x", "u", "old", 0)]
    assert len(own_issues(street.issues({}).where([False]), [])) == 0


def test_bad_calls_are_told(street: Any, tenures: list[Tenure]) -> None:
    with pytest.raises(InvalidInput, match="cannot lie before"):
        Tenure("p", 1, date(2020, 1, 2), date(2020, 1, 1), street.plan("a1"))
    nowhere = street.issues({}).frame
    nowhere = nowhere.set_crs(None, allow_override=True)
    with pytest.raises(MissingCrs, match="in which CRS"):
        own_issues(Issues(nowhere), tenures)
