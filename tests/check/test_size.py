"""R4 and R5: bands, quality, unknown households, dedicated grids."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gridmap.model.rules import load_rules
from gridmap.model.units import Units


def test_villages_count_whole_groups_and_never_households(on: Any) -> None:
    units = on.units(6, kind="village", households=1000)
    report = on.judge(on.plan(units, "aaaabc"))
    rows = on.found(report, "R4.units")
    assert rows["value"].tolist() == [4.0, 1.0, 1.0]
    assert rows["limit"].tolist() == [3.0, 2.0, 2.0]
    assert "含 4 个村民小组，多于规定的 2–3 个" in rows["message_zh"].iloc[0]
    assert "has 1 villager group, fewer" in rows["message_en"].iloc[1]
    assert on.found(report, "R5.band").empty
    assert report.grids["in_band"].tolist() == [False, False, False]


@pytest.mark.parametrize(("households", "n"), [(80, 0), (79, 1), (120, 0), (121, 1)])
def test_both_ends_of_the_band_are_allowed(on: Any, households: int, n: int) -> None:
    report = on.judge(on.plan(on.units(3, households=households), "aaa"))
    assert len(on.found(report, "R5.band")) == n
    assert report.grids["in_band"].tolist() == [n == 0]
    assert report.totals["share_in_band"] == 1 - n


def test_the_preset_decides(on: Any) -> None:
    plan = on.plan(on.units(3), "aaa")
    assert on.found(on.judge(plan), "R5.band").empty
    micro = on.found(on.judge(plan, rules=load_rules("micro-grid")), "R5.band")
    assert micro["limit"].tolist() == [80.0]
    village = on.plan(on.units(3, kind="village"), "aaa")
    assert on.found(on.judge(village, rules=load_rules("300-500")), "R5.band").empty
    assert on.judge(village, rules=load_rules("300-500")).rules_name == "300-500"


def test_quality_compares_with_an_even_division(on: Any) -> None:
    # 620 households: two grids of 310; 350 is +12.9 %, 270 is −12.9 %
    units = on.units(6, households=[120, 120, 110, 90, 90, 90])
    rows = on.found(on.judge(on.plan(units, "aaabbb")), "R5.quality")
    assert rows["value"].tolist() == pytest.approx([100 * 40 / 310, -100 * 40 / 310])
    assert rows["limit"].tolist() == pytest.approx([10.0, -10.0])
    assert rows["severity"].tolist() == ["info", "info"]


def test_exactly_ten_per_cent_is_good(on: Any) -> None:
    units = on.units(6, households=[110, 110, 110, 90, 90, 90])
    assert on.found(on.judge(on.plan(units, "aaabbb")), "R5.quality").empty


def test_unknown_households_are_said_and_never_zero(on: Any) -> None:
    known = on.units(6)
    units = Units(known.frame.assign(households=0), known.jurisdictions, has_households=False)
    report = on.judge(on.plan(units, "aaabbb"))
    (row,) = on.found(report, "R5.band").itertuples()
    assert row.severity == "info"
    assert report.is_lawful
    assert report.grids[["households", "deviation", "deviation_from_ideal"]].isna().all(axis=None)
    assert report.grids[["in_band", "within_10", "within_20"]].isna().all(axis=None)
    assert np.isnan(report.totals["households"])
    assert np.isnan(report.totals["share_within_10"])


def test_unknown_households_do_not_matter_to_villages(on: Any) -> None:
    known = on.units(6, kind="village")
    units = Units(known.frame.assign(households=0), known.jurisdictions, has_households=False)
    report = on.judge(on.plan(units, "aaabbb"))
    assert report.findings.empty
    assert report.grids["in_band"].tolist() == [True, True]


def test_a_dedicated_grid_has_no_bound_and_weighs_on_no_share(on: Any) -> None:
    units = on.units(7, households=[100] * 6 + [5], dedicated=[""] * 6 + ["万达"])
    report = on.judge(on.plan(units, "aaabbbc"))
    assert on.found(report, "R5.band").empty
    assert report.grids["in_band"].isna().tolist() == [False, False, True]
    assert report.grids["deviation"].tolist()[:2] == pytest.approx([0.0, 0.0])
    assert report.grids["deviation_from_ideal"].tolist()[:2] == pytest.approx([0.0, 0.0])
    assert report.totals["share_within_10"] == 1.0


def test_a_named_exception_marks_its_rule_and_grid_only(on: Any) -> None:
    units = on.units(6, households=[30, 30, 30, 30, 30, 30])
    report = on.judge(on.plan(units, "aaabbb", exceptions=[("a", "R5")]))
    rows = on.found(report, "R5.band")
    assert rows["excepted"].tolist() == [True, False]
    assert rows["message_zh"].iloc[0].endswith("（例外：本来就小）")
    assert rows["message_en"].iloc[0].endswith("(exception: small by nature)")
    assert "例外" not in rows["message_zh"].iloc[1]
    assert (report.totals["n_excepted"], report.totals["n_broken"], report.totals["n_exceptions"]) == (1, 1, 1)
    assert not report.is_lawful


def test_an_exception_from_another_rule_excuses_nothing(on: Any) -> None:
    units = on.units(3, households=30)
    report = on.judge(on.plan(units, "aaa", exceptions=[("a", "R3")]))
    assert on.found(report, "R5.band")["excepted"].tolist() == [False]
    assert on.found(report, "exception.unused")["grid"].tolist() == ["310116113001001"]


def test_rules_without_a_profile_are_refused(on: Any) -> None:
    rules = load_rules()
    fewer = replace(rules, profiles={"village": rules.profiles["village"]})
    with pytest.raises(ValueError, match="no profile for 'residential_area'"):
        on.judge(on.plan(on.units(3), "aaa"), rules=fewer)
