"""R9 and R10: moves, locks, codes, lineage."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.check.change import code_prefix
from gridmap.model.plan import Plan
from gridmap.model.rules import CodeScheme
from gridmap.partition import codes as coding


def test_moved_households_are_counted_where_they_arrive(on: Any) -> None:
    units = on.units(6, households=[10, 20, 30, 40, 50, 60])
    report = on.judge(on.plan(units, "aabbbb"), previous=on.plan(units, "aaabbb"))
    assert report.totals["households_moved"] == 30
    assert report.grids["households_moved"].tolist() == [0, 30]
    (row,) = on.found(report, "R9.moved").itertuples()
    assert (row.jurisdiction, row.value) == (on.place, 30.0)
    assert "14.3%" in row.message_zh  # 30 of 210


def test_other_codes_altogether_are_matched_by_overlap(on: Any) -> None:
    units = on.units(6)
    before = on.plan(units, "aaabbb", codes={"a": "甲", "b": "乙"})
    report = on.judge(on.plan(units, "aabbbb"), previous=before)
    assert report.totals["households_moved"] == 100
    swapped = on.judge(on.plan(units, "aaabbb"), previous=before)
    assert swapped.totals["households_moved"] == 0


def test_units_that_are_new_did_not_move(on: Any) -> None:
    units = on.units(6)
    west = type(units)(units.frame.iloc[:3], units.jurisdictions)
    report = on.judge(on.plan(units, "aaaaaa"), previous=on.plan(west, "aaa"))
    assert report.totals["households_moved"] == 0


def test_a_previous_plan_over_other_units_is_refused(on: Any) -> None:
    other = on.units(6)
    other = type(other)(other.frame.rename(index=lambda i: f"x{i}"), other.jurisdictions)
    with pytest.raises(ValueError, match="shares none"):
        on.judge(on.plan(on.units(6), "aaabbb"), previous=on.plan(other, "aaabbb"))


def test_a_locked_grid_that_lost_gained_or_vanished(on: Any) -> None:
    units = on.units(6)
    before = on.plan(units, "aabbcc", locked="ab")
    lost = on.found(on.judge(on.plan(units, "aabccc"), previous=before), "R9.locked")
    assert lost["grid"].str[-3:].tolist() == ["002"]
    assert lost["value"].tolist() == [1.0]
    gone = on.found(on.judge(on.plan(units, "aacccc"), previous=before), "R9.locked")
    assert gone["grid"].tolist() == [""]
    assert gone["value"].tolist() == [2.0]
    assert "310116113001002" in gone["message_zh"].iloc[0]
    fewer = type(units)(units.frame.iloc[1:], units.jurisdictions)
    shrunk = on.found(on.judge(on.plan(fewer, "abbcc"), previous=before), "R9.locked")
    assert shrunk["value"].tolist() == [1.0]


@pytest.mark.parametrize(
    "code",
    ["310116113001000", "31011611300100１", "310116113001A01", "310116113002001", "3101161130010001", "001"],
)
def test_malformed_codes(on: Any, code: str) -> None:
    report = on.judge(on.plan(on.units(6), "aaabbb", codes={"a": code}))
    assert on.found(report, "R10.format")["grid"].tolist() == [code]


@given(
    place=st.one_of(
        st.from_regex(r"[0-9]{1,12}", fullmatch=True), st.text(min_size=1).filter(lambda t: any(c.isalnum() for c in t))
    )
)
def test_prefixes_agree_with_those_that_codes_are_made_with(place: str) -> None:
    try:
        wanted = coding.code_prefix(place, 12)
    except ValueError:
        return
    assert code_prefix(place, CodeScheme(12, 3)) == wanted


def test_a_code_that_names_another_grid_now_is_reused(on: Any) -> None:
    units = on.units(6)
    report = on.judge(on.plan(units, "ccabbb"), previous=on.plan(units, "aacbbb"))
    assert on.found(report, "R10.retired")["grid"].str[-3:].tolist() == ["001", "003"]


def test_order_in_rows_from_the_north(on: Any) -> None:
    units = on.units(2, 2)  # u00 u01 in the south, u02 u03 in the north
    assert on.found(on.judge(on.plan(units, "cdab")), "R10.order").empty
    assert on.found(on.judge(on.plan(units, "abcd")), "R10.order")["value"].tolist() == [2.0]


@pytest.mark.parametrize("seed", range(20))
def test_codes_as_they_are_given_are_always_in_order(on: Any, seed: int) -> None:
    random = np.random.default_rng(seed)
    units = on.units(5, 4)
    labels = np.unique(random.integers(0, 7, 20), return_inverse=True)[1]
    codes = coding.assign_codes(units, labels, [on.place] * (labels.max() + 1), CodeScheme(12, 3))
    report = on.judge(Plan(units, labels, codes))
    assert on.found(report, "R10.order").empty
    assert on.found(report, "R10.format").empty


def test_order_is_not_judged_where_codes_are_kept(on: Any) -> None:
    plan = on.plan(on.units(6), "bbbaaa")
    assert on.found(on.judge(plan, previous=plan), "R10.order").empty


def test_lineage_faults_are_told_apart(on: Any) -> None:
    units = on.units(6)
    plan = on.plan(units, "aaabbb")
    lineage = pd.DataFrame(
        {
            "old_code": ["old", ""],
            "new_code": [plan.codes[0], "nowhere"],
            "kind": ["unchanged", "shuffled"],
            "households": 1,
        }
    )
    rows = on.found(on.judge(plan, previous=plan, lineage=lineage), "R10.lineage")
    assert rows["value"].tolist() == [2.0, 1.0, 1.0, 1.0]
    assert "shuffled" in rows["message_en"].iloc[3]
    missing = on.found(on.judge(plan, previous=plan), "R10.lineage")
    assert missing["value"].tolist() == [2.0, 2.0]
    with pytest.raises(ValueError, match="old_code, new_code, kind"):
        on.judge(plan, lineage=lineage.drop(columns="kind"))
