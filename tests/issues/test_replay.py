"""Replay of a street's issues on a plan that is only proposed, by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gridmap.issues.replay import REPLAY_COLUMNS, replay, replay_members, replay_totals
from gridmap.model.issues import Issues

PERIOD = {"first": date(2020, 1, 1), "last": date(2020, 6, 30)}


@pytest.fixture
def issues(street: Any) -> Issues:
    """Units u0 … u3 have 4, 2, 1, 1 issues; one has no place, one is older, one is void."""
    x = [10, 20, 30, 40, 110, 120, 210, 310]
    settled = {"step": "closed", "settled_at": "2020-01-15 12:00"}
    made: Issues = street.issues(
        {"x": 10, **settled},
        *({"x": at} for at in x[1:]),
        {"x": None, "grid": "gone"},
        {"x": 10, "reported_at": "2019-12-31 23:00"},
        {"x": 10, "step": "void"},
    )
    return made


def test_workload_of_grids_and_the_change(street: Any, issues: Issues) -> None:
    before, plan = street.plan("a1 a1 a2 b1"), street.plan("a1 a3 a3 b1", [100, 50, 50, 0])
    members = pd.Series({"a1": 2, "b1": 0, "a2": 9})
    table = replay(issues, plan, members, **PERIOD, before=before)
    assert list(table.columns) == list(REPLAY_COLUMNS)
    assert table.index.name == "grid_code"
    assert list(table.index) == ["a1", "a3", "b1", "a2", ""]
    assert list(table["code_state"]) == ["kept", "new", "kept", "retired", ""]
    assert list(table["jurisdiction"]) == ["a", "a", "b", "a", ""]
    assert table["n"].tolist() == [4, 3, 1, pd.NA, 1]
    assert table["n_before"].tolist() == [6, pd.NA, 1, 1, 1]
    assert table["change"].tolist() == [-2, pd.NA, 0, pd.NA, 0]
    np.testing.assert_array_equal(table["households"], [100, 100, 0, np.nan, np.nan])
    np.testing.assert_array_equal(table["rate"], [4, 3, np.nan, np.nan, np.nan])
    assert (table["low"] < table["high"]).tolist() == [True, True, False, False, False]
    np.testing.assert_allclose(table["share"], [4 / 9, 3 / 9, 1 / 9, np.nan, 1 / 9])
    # members of a2 are of no use: the plan has no a2; a3 is new and unknown; b1 has none
    np.testing.assert_array_equal(table["members"], [2, np.nan, 0, np.nan, np.nan])
    np.testing.assert_array_equal(table["issues_per_member"], [2, np.nan, np.nan, np.nan, np.nan])
    assert table.loc["a1", "dispose_hours_median"] == 4


def test_alone_and_with_members_as_the_staffing_has_them(street: Any, issues: Issues) -> None:
    plan = street.plan("a1 a1 b1 b1")
    members = pd.Series([3, pd.NA], index=["a1", "b1"], dtype="Int64")
    table = replay(issues.where(issues.has_place), plan, members, **PERIOD)
    assert list(table.columns) == list(REPLAY_COLUMNS[:-3])
    assert table["n"].to_dict() == {"a1": 6, "b1": 2}
    np.testing.assert_array_equal(table["issues_per_member"], [2, np.nan])
    assert table["share"].sum() == 1


def test_the_same_plan_changes_nothing(street: Any, issues: Issues) -> None:
    plan = street.plan("a1 a2 b1 b2")
    table = replay(issues, plan, pd.Series(dtype="Int64"), **PERIOD, before=plan)
    assert set(table["code_state"]) == {"kept", ""}
    assert (table["change"] == 0).all()
    assert table["n"].sum() == 9
    none = replay(issues.where([False] * len(issues)), plan, pd.Series(dtype="Int64"), **PERIOD, before=plan)
    assert (none["n"] == 0).all()
    assert (none["share"] == 0).all()


def test_totals_tell_how_even_and_what_chance_alone_does(street: Any, issues: Issues) -> None:
    table = replay(
        issues, street.plan("a1 a2 b1 b2"), pd.Series({"a1": 2}), **PERIOD, before=street.plan("a1 a1 a1 a9")
    )
    totals = replay_totals(table)  # 4, 2, 1, 1; the issue in no grid is left out
    assert totals == pytest.approx(
        {
            "grids": 4,
            "total": 8,
            "mean": 2,
            "max": 4,
            "max_to_mean": 2,
            "variation": 1.5**0.5 / 2,  # (4 + 0 + 1 + 1) / 4
            "variation_by_chance": 0.5**0.5,
        }
    )
    assert replay_totals(table, "n_before")["grids"] == 2
    per_member = replay_totals(table, "issues_per_member")
    assert [per_member["grids"], per_member["mean"], per_member["variation"]] == [1, 2, 0]
    assert np.isnan(per_member["variation_by_chance"])
    nothing = replay_totals(table.iloc[:0])
    assert nothing["total"] == 0
    assert np.isnan(nothing["max_to_mean"])


def test_workload_of_members(street: Any, issues: Issues) -> None:
    table = replay(
        issues, street.plan("a1 a3 a3 b1"), pd.Series(dtype="Int64"), **PERIOD, before=street.plan("a1 a1 a2 b1")
    )
    pairs = [("a1", "p1"), ("a1", "p2"), ("a1", "p1"), ("b1", "p2"), ("a2", "p3"), ("a2", "p2"), ("b1", "p0")]
    held = pd.DataFrame(pairs, columns=["grid", "person_id"])
    people = replay_members(table, held)
    assert people.index.name == "person_id"
    assert people.to_dict("index") == {
        "p2": {"grids": ("a1", "b1"), "n_grids": 2, "issues": 2.5, "lost": ("a2",)},
        "p1": {"grids": ("a1",), "n_grids": 1, "issues": 2.0, "lost": ()},
        "p0": {"grids": ("b1",), "n_grids": 1, "issues": 0.5, "lost": ()},
        "p3": {"grids": (), "n_grids": 0, "issues": 0.0, "lost": ("a2",)},
    }
    assert list(people.index) == ["p2", "p1", "p0", "p3"]
    assert people["issues"].sum() == 5  # what a1 and b1 have
    assert replay_members(table, held.iloc[:0]).empty
