"""The same issues under any plan, and which of them are chosen."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from gridmap.errors import InvalidInput, MissingCrs
from gridmap.issues.recut import counts_of_grids, recut
from gridmap.issues.select import select
from gridmap.model.issues import Issues, make_issues


def test_the_plan_asked_decides(street: Any) -> None:
    issues = street.issues({"x": 50}, {"x": 150}, {"x": 250}, grid="a9")
    assert recut(issues, street.plan("a1 a1 a2")).to_list() == ["a1", "a1", "a2"]
    assert recut(issues, street.plan("a1 a2 a2")).to_list() == ["a1", "a2", "a2"]


def test_without_a_usable_place_the_grid_that_is_written(street: Any) -> None:
    rows = [
        {"x": None, "grid": "a2"},
        {"x": None, "grid": "old"},
        {"x": 50, "grid": "a2", "place_state": "default"},
        {"x": None, "grid": "a2", "place_state": "ok"},
    ]
    issues = street.issues(*rows, place_state="none")
    assert recut(issues, street.plan("a1 a2")).to_list() == ["a2", "", "a2", "a2"]


def test_a_place_in_no_unit_or_in_a_unit_without_a_grid_is_in_no_grid(street: Any) -> None:
    issues = street.issues({"x": 150}, {"x": 260}, {"x": 900}, grid="a1")
    assert recut(issues, street.plan("a1 -")).to_list() == ["", "", ""]


def test_places_in_another_crs_are_converted(street: Any) -> None:
    issues = street.issues({"x": 50}, {"x": 150})
    abroad = Issues(issues.frame.to_crs(4490))
    assert recut(abroad, street.plan("a1 a2")).to_list() == ["a1", "a2"]
    nowhere = Issues(make_issues({"geometry": issues.frame.geometry.to_numpy()}, ["p", "q"]))
    with pytest.raises(MissingCrs, match="in which CRS"):
        recut(nowhere, street.plan("a1 a2"))


def test_a_change_of_borders_moves_no_issue(street: Any) -> None:
    """The sum over grids is the same under every plan that holds the places."""
    rng = np.random.default_rng(0)
    issues = street.issues(*({"x": float(x)} for x in rng.uniform(0, 600, 200)))
    plans = [street.plan(text) for text in ("a1 a1 a1 a2 a2 a2", "a1 a2 a3 b1 b2 b3", "a1 a1 b1 b1 b1 b1")]
    counts = [counts_of_grids(issues, plan) for plan in plans]
    assert {int(c.sum()) for c in counts} == {200}
    assert counts[0].tolist() == [counts[1][:3].sum(), counts[1][3:].sum()]


def test_only_issues_that_count_and_lie_in_the_period_are_counted(street: Any) -> None:
    issues = street.issues(
        {"step": "void"},
        {"step": "merged"},
        {"reported_at": "2020-01-31 23:59"},
        {"reported_at": "2020-02-01 00:00"},
        {"reported_at": None},
        step="closed",
    )
    plan = street.plan("a1")
    assert counts_of_grids(issues, plan).tolist() == [3]
    assert counts_of_grids(issues, plan, last=date(2020, 1, 31)).tolist() == [1]
    assert counts_of_grids(issues, plan, first=date(2020, 2, 1), last=date(2020, 2, 1)).tolist() == [1]


def test_issues_are_chosen_by_period_category_and_tier(street: Any) -> None:
    issues = street.issues(
        {"category": "fire", "tier": "grid"},
        {"category": "fire", "tier": ""},
        {"category": "ebike", "tier": "department", "reported_at": "2020-03-01"},
    )
    ids = {
        "fire": select(issues, categories=["fire"]),
        "both": select(issues, categories=["fire", "ebike"], tiers=["grid", "department"]),
        "nobody": select(issues, tiers=[""]),
        "march": select(issues, first=date(2020, 3, 1)),
        "all": select(issues),
    }
    assert {k: list(v.frame.index) for k, v in ids.items()} == {
        "fire": ["i0", "i1"],
        "both": ["i0", "i2"],
        "nobody": ["i1"],
        "march": ["i2"],
        "all": ["i0", "i1", "i2"],
    }


def test_what_cannot_be_chosen_is_refused(street: Any) -> None:
    issues = street.issues({})
    with pytest.raises(InvalidInput, match="tiers: town; allowed: grid"):
        select(issues, tiers=["town"])
    with pytest.raises(InvalidInput, match="the end cannot lie before the beginning"):
        select(issues, first=date(2020, 2, 1), last=date(2020, 1, 1))
