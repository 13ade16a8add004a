"""Duplicates: near in space and time, chains to their first, the same as looking at every pair."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import InvalidInput
from gridmap.issues import duplicates
from gridmap.issues.duplicates import duplicates_of, find_duplicates
from gridmap.model.issue_policy import load_policy
from gridmap.model.issues import Issues, make_issues

POLICY = load_policy()  # environment: 50 m, 72 h; building: 30 m, 720 h


def day(n: float) -> str:
    return str(np.datetime64("2020-01-01T00:00:00") + np.timedelta64(round(n * 86400), "s"))


def rows(found: pd.DataFrame) -> list[tuple[Any, ...]]:
    return [tuple(r) for r in found[["issue", "of", "near"]].itertuples(index=False)]


def test_category_metres_and_hours_decide_and_their_limits_are_included(street: Any) -> None:
    issues = street.issues(
        {"x": 0, "reported_at": day(0)},
        {"x": 50, "reported_at": day(3)},  # 50 m, 72 h
        {"x": -50.01, "reported_at": day(1)},  # too far from i0
        {"x": 0, "reported_at": day(1), "category": "order"},
        {"x": 500, "reported_at": day(0)},
        {"x": 500, "reported_at": day(3.01)},  # too late
        category="environment",
    )
    found = find_duplicates(issues, POLICY)
    assert rows(found) == [("i1", "i0", "i0")]
    assert found.loc[0, ["metres", "hours"]].tolist() == [50.0, 72.0]


def test_only_issues_that_count_with_a_known_place_are_looked_at(street: Any) -> None:
    states = [{"step": s} for s in ("merged", "void", "withdrawn")] + [{"place_state": "default"}] * 3 + [{"x": None}]
    issues = street.issues(*states, {"reported_at": "2020-01-15 09:00"}, {"reported_at": None}, category="environment")
    assert find_duplicates(issues, POLICY).empty


def test_a_chain_leads_to_its_first_and_the_nearest_is_named(street: Any) -> None:
    issues = street.issues(
        {"x": 0, "reported_at": day(0)},
        {"x": 40, "reported_at": day(2)},
        {"x": 75, "reported_at": day(4)},  # near i1 only; 75 m and 96 h from the first
        {"x": 30, "reported_at": day(2.5)},  # 30 m from i0, 10 m from i1
        category="environment",
    )
    assert rows(find_duplicates(issues, POLICY)) == [("i1", "i0", "i0"), ("i3", "i0", "i1"), ("i2", "i0", "i1")]


def test_at_one_spot_and_of_one_second(street: Any) -> None:
    issues = street.issues(*({"x": 10, "reported_at": day(d)} for d in (9, 2, 2, 1, 0)), category="environment")
    found = find_duplicates(issues, POLICY)
    # i0 is 7 days later than the others; of equal distances the earliest within 72 h is named
    assert rows(found) == [("i3", "i4", "i4"), ("i1", "i4", "i4"), ("i2", "i4", "i4")]


def test_a_category_that_the_policy_has_no_more_is_judged_as_other(street: Any) -> None:
    issues = street.issues({"x": 0}, {"x": 40}, category="gone")
    assert rows(find_duplicates(issues, POLICY)) == [("i1", "i0", "i0")]


def test_what_has_no_category_must_be_of_one_kind(street: Any) -> None:
    kinds = [{"kind": k} for k in ("lost dog", "leaflet", "lost dog", "")]
    issues = street.issues(*kinds, category="other")
    assert rows(find_duplicates(issues, POLICY)) == [("i2", "i0", "i0")]
    assert duplicates_of(issues, issues, POLICY)[["issue", "near"]].to_numpy().tolist() == [["i0", "i2"], ["i2", "i0"]]
    same = street.issues(*kinds, category="fire")
    assert len(find_duplicates(same, POLICY)) == 3


spots = st.tuples(
    st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.sampled_from(["environment", "building"])
)


@settings(max_examples=60, deadline=None)
@given(st.lists(spots, max_size=40), st.integers(1, 60))
def test_the_same_as_looking_at_every_pair(at: list[tuple[int, int, int, str]], pairs: int) -> None:
    x, y, t = (np.array([s[k] for s in at], dtype=float) for k in range(3))
    frame = gpd.GeoDataFrame(
        {"category": [s[3] for s in at], "reported_at": [day(h) for h in t]},
        geometry=gpd.GeoSeries(shapely.points(x * 15, y * 15), crs="EPSG:4549"),
    )
    issues = Issues(make_issues(frame, [f"i{n:02d}" for n in range(len(at))]))
    duplicates_pairs = duplicates._PAIRS
    duplicates._PAIRS = pairs
    try:
        found = find_duplicates(issues, POLICY).set_index("issue")
    finally:
        duplicates._PAIRS = duplicates_pairs
    wanted = {}
    for i, (px, py, pt, key) in enumerate(at):
        limits = POLICY.categories[key]
        near = [
            (np.hypot(px - qx, py - qy), qt, j)
            for j, (qx, qy, qt, other) in enumerate(at)
            if other == key
            and (qt, j) < (pt, i)
            and np.hypot(px - qx, py - qy) * 15 <= limits.duplicate_m
            and (pt - qt) * 24 <= limits.duplicate_hours
        ]
        if near:
            wanted[f"i{i:02d}"] = f"i{min(near)[2]:02d}"
    assert found["near"].to_dict() == wanted
    assert not set(found["of"]) & set(found.index)
    for issue, of in found["of"].items():
        step = str(issue)
        while step in wanted:
            step = wanted[step]
        assert step == of


def test_new_issues_are_held_against_all_before_and_after(street: Any) -> None:
    issues = street.issues(
        {"x": 0, "reported_at": day(0)},
        {"x": 20, "reported_at": day(2)},
        {"x": 10, "reported_at": day(9)},
        {"x": 10, "step": "void"},
        category="environment",
    )
    new = street.issues({"x": 5, "reported_at": day(1), "category": "environment"}, {"x": None})
    new = Issues(new.frame.rename(index={"i0": "n0", "i1": "n1"}))
    found = duplicates_of(new, issues, POLICY)
    assert found.to_dict("list") == {
        "issue": ["n0"] * 2,
        "near": ["i0", "i1"],
        "metres": [5.0, 15.0],
        "hours": [24.0, -24.0],
    }
    itself = duplicates_of(issues.where([True, False, False, False]), issues, POLICY)
    assert list(itself["near"]) == ["i1"]


def test_every_suggestion_is_a_pair_that_a_new_issue_would_be_shown(street: Any) -> None:
    rng = np.random.default_rng(1)
    table = [
        {"x": float(x), "reported_at": day(d)}
        for x, d in zip(rng.uniform(0, 900, 80), rng.uniform(0, 9, 80), strict=True)
    ]
    issues = street.issues(*table, category="environment")
    found = find_duplicates(issues, POLICY)
    shown = duplicates_of(issues, issues, POLICY)
    earlier = shown[shown["hours"] >= 0].drop_duplicates("issue").set_index("issue")["near"]
    assert len(found) > 20
    assert found.set_index("issue")["near"].to_dict() == earlier.to_dict()


def test_degrees_are_refused(street: Any) -> None:
    abroad = Issues(street.issues({}, {}).frame.to_crs("EPSG:4490"))
    with pytest.raises(InvalidInput, match="projected CRS in metres"):
        find_duplicates(abroad, POLICY)
    with pytest.raises(InvalidInput, match="projected CRS in metres"):
        duplicates_of(abroad, abroad, POLICY)
    assert find_duplicates(abroad.where([False, False]), replace(POLICY)).empty
