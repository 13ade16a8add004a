"""Indicators by hand, and what holds of any issues."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import InvalidInput
from gridmap.issues.indicators import INDICATOR_COLUMNS, indicators, tier_shares
from gridmap.model.issues import STEPS, TIERS, Issues, make_issues

AT = datetime(2020, 3, 1, 12, 0)
COUNTS = ("n", "settled", "open", "closed", "overdue", "late", "n_tier_unknown", "n_timed", "n_negative")


@pytest.fixture
def issues(street: Any) -> Issues:
    made: Issues = street.issues(
        # closed at the grid, in time: 2 h to settle, 4 h to verify
        {"step": "closed", "tier": "grid", "settled_at": "2020-01-15 10:00", "verified_at": "2020-01-15 14:00",
         "due_at": "2020-01-16 17:30"},
        # closed by the village, late: 48 h, 24 h; sent back twice and reopened
        {"step": "closed", "tier": "jurisdiction", "settled_at": "2020-01-17 08:00",
         "verified_at": "2020-01-18 08:00", "due_at": "2020-01-16 17:30", "n_sent_back": 2, "n_reopened": 1,
         "grid": "a2"},
        # waits for verification, escalated; 10 h
        {"step": "verifying", "tier": "jurisdiction", "settled_at": "2020-01-15 18:00", "n_escalated": 1,
         "due_at": "2020-03-02"},
        # closed before it was reported: no time of it can be used but the verification
        {"step": "closed", "tier": "", "settled_at": "2020-01-14 08:00", "verified_at": "2020-01-14 09:00"},
        # open and past its deadline; open without one; put off
        {"step": "disposing", "due_at": "2020-02-01", "grid": "a2", "reported_at": "2020-03-01"},
        {"step": "detected", "grid": "", "jurisdiction": ""},
        {"step": "deferred", "due_at": "2020-04-01", "grid": "b1", "jurisdiction": "b", "category": "fire"},
        # these do not count
        {"step": "merged"}, {"step": "void"}, {"step": "withdrawn"},
        grid="a1", jurisdiction="a", category="environment",
    )  # fmt: skip
    return made


def test_the_town_by_hand(issues: Issues, street: Any) -> None:
    town = indicators(issues, by="town", at=AT, plan=street.plan("a1 a2 b1", [100, 50, 50])).to_dict("index")["town"]
    counts = {"n": 7, "settled": 4, "open": 4, "closed": 3, "overdue": 1, "late": 1, "n_tier_unknown": 1}
    assert {k: int(town[k]) for k in counts} == counts
    assert [town[f"share_{t}"] for t in TIERS] == pytest.approx([1 / 3, 2 / 3, 0])
    # 2 h, 10 h, 48 h: 0.9 lies 0.8 of the way from 10 to 48
    assert [town["dispose_hours_median"], town["dispose_hours_p90"]] == pytest.approx([10, 40.4])
    assert town["verify_hours_median"] == 4  # 1 h, 4 h, 24 h
    assert [int(town[k]) for k in ("n_timed", "n_negative", "sent_back", "reopened", "escalated")] == [3, 1, 1, 1, 1]
    assert town["rate"] == 3.5
    # Garwood 1936, 95 %, n = 7: 2.814 … 14.423
    assert [town["low"], town["high"]] == pytest.approx([2.814 / 2, 14.423 / 2], abs=5e-4)
    assert tier_shares(town) == pytest.approx({"kept_in_grid": 1 / 3, "kept_in_village": 1})


def test_every_grid_of_the_plan_is_there_and_nothing_is_lost(issues: Issues, street: Any) -> None:
    plan = street.plan("b1 a3 a1", [200, 0, 100])
    table = indicators(issues, by="grid", at=AT, plan=plan)
    assert list(table.index) == ["b1", "a3", "a1", "a2", ""]  # a2 is only with the issues, "" is owned by nobody
    assert list(table["n"]) == [1, 0, 3, 2, 1]
    np.testing.assert_array_equal(table["households"], [200, 0, 100, np.nan, np.nan])
    np.testing.assert_array_equal(table["rate"], [0.5, np.nan, 3, np.nan, np.nan])
    assert table.loc["a3", [c for c in table if c.startswith(("share", "dispose"))]].isna().all()
    assert list(indicators(issues, by="grid", at=AT).index) == ["a1", "a2", "b1", ""]
    unknown = indicators(issues, by="grid", at=AT, plan=street.plan("a1 b1", has_households=False))
    assert unknown["households"].isna().all()


def test_by_jurisdiction_category_and_tier(issues: Issues, street: Any) -> None:
    plan = street.plan("a1 a2 b1 c1", [100, 50, 40, 10])
    home = indicators(issues, by="jurisdiction", at=AT, plan=plan)
    assert home["n"].to_dict() == {"a": 5, "b": 1, "c": 0, "": 1}
    np.testing.assert_array_equal(home["households"], [150, 40, 10, np.nan])
    assert indicators(issues, by="category", at=AT)["n"].to_dict() == {"environment": 6, "fire": 1}
    tiers = indicators(issues, by="tier", at=AT)
    assert tiers["n"].to_dict() == {"grid": 1, "jurisdiction": 2, "": 4}
    assert list(tiers["n_tier_unknown"]) == [0, 0, 1]
    assert list(tiers.columns) == list(INDICATOR_COLUMNS[:-4])


def test_months_without_issues_are_there(issues: Issues) -> None:
    table = indicators(issues, by="month", at=AT)
    assert table["n"].to_dict() == {"2020-01": 6, "2020-02": 0, "2020-03": 1}
    wide = indicators(issues, by="month", at=AT, first=date(2019, 11, 20), last=date(2020, 2, 29))
    assert wide["n"].to_dict() == {"2019-11": 0, "2019-12": 0, "2020-01": 6, "2020-02": 0}
    undated = issues.frame["reported_at"].where(np.arange(len(issues)) > 0)
    with_none = indicators(Issues(issues.frame.assign(reported_at=undated)), by="month", at=AT)
    assert with_none["n"].to_dict() == {"2020-01": 5, "2020-02": 0, "2020-03": 1, "": 1}
    assert indicators(issues.where([False] * len(issues)), by="month", at=AT).empty


def test_where_the_places_lie_in_another_plan(street: Any) -> None:
    found = street.issues({"x": 50}, {"x": 150}, {"x": 150}, {"x": 250}, {"x": None}, grid="a1", jurisdiction="a")
    new = street.plan("a1 a9 b1", [100, 50, 0])
    by_owner = indicators(found, by="grid", at=AT, plan=new)
    assert by_owner["n"].to_dict() == {"a1": 5, "a9": 0, "b1": 0}
    by_place = indicators(found, by="grid", at=AT, by_place_of=new)
    assert by_place["n"].to_dict() == {"a1": 2, "a9": 2, "b1": 1}
    assert by_place["rate"].to_dict() == pytest.approx({"a1": 2, "a9": 4, "b1": np.nan}, nan_ok=True)
    home = indicators(found, by="jurisdiction", at=AT, by_place_of=new)
    assert home["n"].to_dict() == {"a": 4, "b": 1}


def test_bad_calls_are_told(issues: Issues, street: Any) -> None:
    with pytest.raises(InvalidInput, match="town, grid, jurisdiction, month, category, tier"):
        indicators(issues, by="week", at=AT)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="only by grid or jurisdiction"):
        indicators(issues, by="month", at=AT, by_place_of=street.plan("a1"))


hours = st.one_of(st.none(), st.integers(-50, 500))
rows = st.lists(
    st.tuples(st.sampled_from(list(STEPS)), st.sampled_from(["", *TIERS]), hours, hours, hours, st.integers(0, 3)),
    max_size=30,
)


@settings(max_examples=40, deadline=None)
@given(rows)
def test_groups_add_up_to_the_town(given_rows: list[tuple[Any, ...]]) -> None:
    start = pd.Timestamp("2020-01-20")
    after = [[pd.NaT if r[k] is None else start + pd.Timedelta(hours=r[k]) for r in given_rows] for k in (2, 3, 4)]
    values = {
        "step": [r[0] for r in given_rows],
        "tier": [r[1] for r in given_rows],
        "reported_at": [start + pd.Timedelta(days=20 * r[5]) for r in given_rows],
        "settled_at": after[0],
        "verified_at": after[1],
        "due_at": after[2],
        "grid": [["a1", "a2", "b1", ""][r[5]] for r in given_rows],
    }
    issues = Issues(make_issues(values, [f"i{n}" for n in range(len(given_rows))]))
    town = indicators(issues, by="town", at=AT).loc["town"]
    assert town["n"] == town["open"] + town["closed"] == issues.is_counted.sum()
    assert town["closed"] <= town["settled"] <= town["n"]
    assert town["overdue"] <= town["open"]
    assert town["late"] <= town["closed"]
    shares = [town[f"share_{t}"] for t in TIERS]
    assert np.isnan(shares).all() if town["settled"] == town["n_tier_unknown"] else sum(shares) == pytest.approx(1)
    for by in ("grid", "jurisdiction", "month", "category", "tier"):
        table = indicators(issues, by=by, at=AT)
        assert table[list(COUNTS)].sum().to_dict() == {k: town[k] for k in COUNTS}
        assert list(table.columns) == [c for c in INDICATOR_COLUMNS if c in table]
