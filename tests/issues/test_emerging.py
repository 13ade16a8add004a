"""What becomes of hot spots over months."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from gridmap.errors import InvalidInput
from gridmap.issues.emerging import EMERGING_STATES, emergence_of, emerging_of_grids
from gridmap.model.issue_policy import load_policy

K, MONTHS = 40, 6
HOT, USUAL = 60, 10


def ring(k: int = K) -> sparse.csr_array:
    one = sparse.csr_array(np.roll(np.eye(k), 1, axis=1))
    return sparse.csr_array(one + one.T)


def history(*months: int) -> pd.Series:
    """The row of a grid among quiet ones, with so many issues each month."""
    n = np.full((K, len(months)), USUAL, dtype=np.int64)
    n[7] = months
    return emergence_of(n, np.full(K, 300), ring(), fewest=5).loc[7]


@pytest.mark.parametrize(
    ("months", "state"),
    [
        ((10, 10, 10, 10, 10, 60), "new"),
        ((10, 10, 10, 10, 60, 60), "consecutive"),
        ((60, 60, 60, 60, 60, 60), "persistent"),
        ((60, 70, 80, 90, 100, 120), "intensifying"),
        ((120, 100, 90, 80, 70, 60), "diminishing"),
        ((60, 10, 10, 60, 10, 60), "sporadic"),
        ((60, 60, 10, 10, 10, 10), "historical"),
        ((10, 10, 10, 10, 10, 10), "none"),
    ],
)
def test_categories(months: tuple[int, ...], state: str) -> None:
    row = history(*months)
    assert row["state"] == state
    assert row["n"] == months
    assert row["is_hot"] == tuple(m >= HOT for m in months)


def test_few_issues_and_no_households_are_told_apart_and_every_state_has_its_words() -> None:
    n = np.full((K, 6), USUAL, dtype=np.int64)
    n[3], n[5] = 0, 90
    households = np.full(K, 300)
    households[5] = 0
    states = emergence_of(n, households, ring(), fewest=5)["state"]
    assert (states[3], states[5]) == ("few", "no_households")
    assert set(states.drop([3, 5])) == {"none"}
    named = {"new", "consecutive", "persistent", "intensifying", "diminishing", "sporadic", "historical"}
    assert set(EMERGING_STATES) == named | set(states)


def test_the_trend_is_asked_only_of_what_is_always_hot() -> None:
    up = history(60, 70, 80, 90, 100, 120)
    assert up["trend_p"] == pytest.approx(2 / 720)
    assert up["trend_q"] == pytest.approx(2 / 720)  # one grid is asked
    assert np.isnan(history(10, 10, 10, 10, 10, 60)["trend_q"])


def test_a_town_that_grows_everywhere_has_no_trend_of_places() -> None:
    n = np.tile(np.array([10, 20, 30, 40, 50, 60]), (K, 1))
    table = emergence_of(n, np.full(K, 300), ring(), fewest=5)
    assert set(table["state"]) == {"none"}
    assert (table["trend_z"] == 0).all()


def test_a_month_without_issues_is_no_break_in_the_trend() -> None:
    n = np.full((K, 6), USUAL)
    n[:, 3] = 0
    table = emergence_of(n, np.full(K, 300), ring(), fewest=5)
    assert table["trend_p"].notna().all()
    assert set(table["state"]) == {"none"}


def test_chance_makes_no_history() -> None:
    """100 histories of six months with 1.25 issues a grid and month: at most one in twenty has any spot."""
    claims = 0
    for seed in range(100):
        n = np.random.default_rng(seed).poisson(1.25, (K, MONTHS))
        claims += emergence_of(n, np.full(K, 300), ring(), fewest=5)["state"].isin(["none", "few"]).all()
    assert claims >= 95


def test_months_of_issues_in_a_plan(street: Any) -> None:
    """Ten grids of a street; from March a2 has thirty issues a month where others have three."""
    rows = [
        {"x": 100.0 * grid + 50, "reported_at": f"2020-{month:02}-{day + 1:02} 08:00"}
        for grid in range(9)
        for month in range(1, 5)
        for day in range(25 if grid == 2 and month > 2 else 3)
    ]
    plan = street.plan(" ".join(f"a{i}" for i in range(10)), [300] * 9 + [0])
    issues = street.issues(*rows)
    table = emerging_of_grids(issues, plan, load_policy(), first=date(2020, 1, 1), last=date(2020, 4, 30))
    assert table.loc["a2", "n"] == (3, 3, 25, 25)
    assert table.loc["a2", "state"] == "consecutive"
    assert table.loc["a0", "state"] == "none"
    assert table.loc["a9", "state"] == "no_households"
    with pytest.raises(InvalidInput, match="no more than 2 months; at least 3"):
        emerging_of_grids(issues, plan, load_policy(), first=date(2020, 1, 31), last=date(2020, 2, 1))
