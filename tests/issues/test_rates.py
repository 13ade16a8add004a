"""Issues per 100 households."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gridmap.issues.rates import funnel_level, rates_of_grids
from gridmap.model.issue_policy import load_policy

POLICY = load_policy()


def rates(street: Any, plan: Any, counts: list[int], **options: Any) -> pd.DataFrame:
    """With so many issues in the middle of each unit."""
    rows = [{"x": 100.0 * i + 50} for i, n in enumerate(counts) for _ in range(n)]
    return rates_of_grids(street.issues(*rows), plan, POLICY, **options)


def test_rates_by_hand(street: Any) -> None:
    """30 issues on 1,000 households; a1 with 200 expects 6."""
    table = rates(street, street.plan("a1 a2 a3", [200, 300, 500]), [10, 9, 11])
    assert table["n"].to_list() == [10, 9, 11]
    assert table["expected"].to_list() == pytest.approx([6, 9, 15])
    assert table["rate"].to_list() == pytest.approx([5.0, 3.0, 2.2])
    assert table.loc["a1", ["low", "high"]].to_list() == pytest.approx([4.795389 / 2, 18.390356 / 2])
    assert table["funnel"].to_list() == ["inside"] * 3
    assert not table["is_few"].any()
    assert (table["dispersion"] == 1).all()  # three grids tell nothing of clumps


def test_smoothed_rates_lie_between_the_rate_and_that_of_the_town(street: Any) -> None:
    table = rates(street, street.plan("a1 a2 a3", [100, 300, 500]), [12, 9, 6])
    town = 100 * 27 / 900
    assert table.loc["a1", "smoothed"] > town
    assert (np.abs(table["smoothed"] - town) <= np.abs(table["rate"] - town) + 1e-12).all()


def test_a_grid_with_fewer_than_five_is_too_few_to_tell(street: Any) -> None:
    table = rates(street, street.plan("a1 a2 a3", [100, 100, 100]), [4, 5, 6])
    assert table["is_few"].to_list() == [True, False, False]
    assert table["funnel"].to_list() == ["few", "inside", "inside"]


def test_few_issues_where_many_are_expected_are_low(street: Any) -> None:
    """2 where 34 are expected: too few for a rate, but surely few."""
    table = rates(street, street.plan("a1 a2 a3", [300, 300, 300]), [2, 50, 50])
    assert table["funnel"].to_list()[0] == "low"
    assert table["is_few"].to_list()[0]


def test_far_outside_is_high(street: Any) -> None:
    table = rates(street, street.plan("a1 a2 a3", [300, 300, 300]), [20, 20, 50])
    assert table["funnel"].to_list() == ["inside", "inside", "high"]


def test_a_grid_without_households_stands_apart(street: Any) -> None:
    """A mall with 40 issues: no rate of its own, and none of its issues in the town's rate."""
    table = rates(street, street.plan("a1 a2 a3", [100, 0, 300]), [10, 40, 30])
    assert table["funnel"].to_list() == ["inside", "no_households", "inside"]
    assert table.loc["a2", ["expected", "rate", "low", "high", "smoothed"]].isna().all()
    assert table["n"].to_list() == [10, 40, 30]
    assert table["expected"].dropna().to_list() == pytest.approx([10, 30])


def test_a_survey_without_households_has_no_rates(street: Any) -> None:
    table = rates(street, street.plan("a1 a2", has_households=False), [10, 40])
    assert set(table["funnel"]) == {"no_households"}
    assert table["rate"].isna().all()


def test_no_issues_no_trouble(street: Any) -> None:
    table = rates(street, street.plan("a1 a2", [100, 300]), [1, 0], first=date(2021, 1, 1))
    assert table["n"].to_list() == [0, 0]
    assert table["smoothed"].to_list() == [0, 0]
    assert table["funnel"].to_list() == ["few", "few"]


def test_the_outer_line_moves_out_with_the_number_of_grids() -> None:
    assert funnel_level(10) == 0.998
    assert funnel_level(200) == pytest.approx(0.99975)


def test_chance_puts_a_grid_outside_the_funnel_in_few_towns(street: Any) -> None:
    """40 towns of 60 grids, 7.5 issues each by chance: at 99.8 % and no more, one in ten would have a grid outside."""
    plan = street.plan(" ".join(f"a{i:02}" for i in range(60)), [300] * 60)
    outside = 0
    for seed in range(40):
        table = rates(street, plan, np.random.default_rng(seed).poisson(7.5, 60).tolist())
        outside += table["funnel"].isin(["high", "low"]).any()
    assert outside <= 2
