"""Hot and cold spots: what is claimed, what is found, and what may not be claimed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import sparse, stats

from gridmap.issues.hotspots import SPOT_STATES, hotspots_of_grids, neighbours_of_grids, spots_of
from gridmap.measure.neighbours import near_neighbours
from gridmap.model.issue_policy import load_policy

POLICY = load_policy()
MEAN, SEEDS = 7.5, 200
COLUMNS = [
    "n", "households", "expected", "n_around", "expected_around", "dispersion", "g_star",
    "p_hot", "q_hot", "p_cold", "q_cold", "moran", "p_moran", "q_moran", "quadrant", "state",
]  # fmt: skip


# --- a town of 200 grids: 20 × 10 squares of about 300 households ---


@pytest.fixture(scope="module")
def near() -> sparse.csr_array:
    squares = [shapely.box(x, y, x + 1, y + 1) for y in range(10) for x in range(20)]
    return near_neighbours(np.array(squares, dtype=object))


@pytest.fixture(scope="module")
def households() -> np.ndarray:
    return np.random.default_rng(0).integers(270, 331, 200)


def three_grids(rng: np.random.Generator, near: sparse.csr_array) -> np.ndarray:
    """Three grids in one piece."""
    one = int(rng.integers(200))
    two = int(rng.choice(near[[one]].indices))
    return np.array([one, two, int(rng.choice(np.setdiff1d(near[[one, two]].indices, [one, two])))])


def test_of_200_maps_of_chance_at_most_one_in_twenty_claims_a_spot(
    near: sparse.csr_array, households: np.ndarray
) -> None:
    mean = MEAN * households / households.mean()
    states = [
        set(spots_of(np.random.default_rng(s).poisson(mean), households, near, fewest=5)["state"]) for s in range(SEEDS)
    ]
    hot, any_spot = sum("hot" in s for s in states), sum(bool(s & {"hot", "cold"}) for s in states)
    assert hot <= any_spot <= 0.05 * SEEDS
    assert (hot, any_spot) == (3, 5)


@pytest.mark.parametrize(("times", "most"), [(1.5, 0.05), (2.0, 0.05), (4.0, 0.06)])
def test_clumps_of_chance_are_not_taken_for_spots(
    near: sparse.csr_array, households: np.ndarray, times: float, most: float
) -> None:
    """Negative binomial counts, the variance 1.5, 2 and 4 times the mean (of which 3.6 are seen)."""
    mean, claims = MEAN * households / households.mean(), 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        n = rng.poisson(rng.gamma(mean / (times - 1), times - 1))
        claims += (spots_of(n, households, near, fewest=5)["state"] == "hot").any()
    assert claims <= most * SEEDS


def test_three_grids_with_three_times_as_many_are_found(near: sparse.csr_array, households: np.ndarray) -> None:
    """Found: one of the three at least is called hot, so that the map shows the place."""
    found, elsewhere = 0, 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        mean, piece = MEAN * households / households.mean(), three_grids(rng, near)
        mean[piece] *= 3
        hot = (spots_of(rng.poisson(mean), households, near, fewest=5)["state"] == "hot").to_numpy()
        beside = np.zeros(200)
        beside[piece] = 1
        found += hot[piece].any()
        elsewhere += (hot & (beside + near @ beside == 0)).any()
    assert found >= 0.9 * SEEDS
    assert elsewhere <= 0.05 * SEEDS


# --- a street ---


def spots(street: Any, plan: Any, counts: list[int], **options: Any) -> pd.DataFrame:
    rows = [{"x": 100.0 * i + 50} for i, n in enumerate(counts) for _ in range(n)]
    return hotspots_of_grids(street.issues(*rows), plan, POLICY, **options)


def long_plan(street: Any, n: int = 30, households: list[int] | None = None) -> Any:
    return street.plan(" ".join(f"a{i:02}" for i in range(n)), households or [300] * n)


def test_chances_by_hand(street: Any) -> None:
    """The end of the street: alone 1 / 30 of the households, with its neighbour 2 / 30; Simes of the two."""
    counts = [12, 9] + [8, 6, 7, 9, 5, 8, 7] * 4
    table = spots(street, long_plan(street), counts)
    assert list(table.columns) == COLUMNS
    total = sum(counts)
    alone, both = stats.binom.sf(11, total, 1 / 30), stats.binom.sf(20, total, 2 / 30)
    end = table.loc["a00"]
    assert end["dispersion"] == 1.0
    assert end["p_hot"] == pytest.approx(min(2 * min(alone, both), max(alone, both)))
    assert (end["n_around"], end["expected_around"]) == (21, pytest.approx(total / 15))
    assert set(table["state"]) == {"none"}


def test_a_hot_place_and_its_neighbours(street: Any) -> None:
    counts = [7] * 40
    counts[10:15] = [30, 30, 30, 4, 30]
    table = spots(street, long_plan(street, 40), counts)
    assert table.index[table["state"] == "hot"].to_list() == ["a10", "a11", "a12", "a14"]
    assert table.loc["a13", "state"] == "few"  # among hot places, itself with 4 issues
    assert table.loc["a13", "q_hot"] < 0.05
    assert table.loc["a11", "g_star"] == table["g_star"].max()
    assert table.loc["a11", "quadrant"] == "HH"
    assert table.loc["a11", "q_moran"] < 0.05
    assert table.loc["a13", "quadrant"] == "LH"


def test_a_neighbour_with_fewer_than_expected_is_not_hot(street: Any) -> None:
    counts = [10] * 40
    counts[10:15] = [60, 60, 9, 60, 60]
    table = spots(street, long_plan(street, 40), counts)
    assert table.loc["a12", "q_hot"] < 0.001
    assert table.loc["a12", ["n", "state"]].to_list() == [9, "none"]


def test_a_quiet_place_is_cold_though_it_has_few(street: Any) -> None:
    counts = [12] * 30
    counts[20:24] = [1, 2, 0, 1]
    table = spots(street, long_plan(street), counts)
    assert set(table.index[table["state"] == "cold"]) >= {"a21", "a22"}
    assert not (table["state"] == "hot").any()


def test_where_few_are_expected_nothing_is_cold(street: Any) -> None:
    """Households decide: four grids of 30 expect 1 issue each and have none."""
    households = [300] * 26 + [30] * 4
    table = spots(street, long_plan(street, 30, households), [10] * 26 + [0] * 4)
    assert table["state"].to_list()[26:] == ["few"] * 4


def test_grids_without_households_take_no_part(street: Any) -> None:
    """The mall a05 has 500 issues: it is not called hot, its neighbours do not borrow from it, the town does not."""
    households, counts = [300] * 30, [7] * 30
    households[5], counts[5] = 0, 500
    table = spots(street, long_plan(street, 30, households), counts)
    mall = table.loc["a05"]
    assert (mall["state"], mall["n"], mall["quadrant"]) == ("no_households", 500, "")
    assert mall[["expected", "expected_around", "g_star", "p_hot", "q_hot", "p_cold", "moran", "q_moran"]].isna().all()
    assert table["expected"].dropna().to_list() == pytest.approx([7.0] * 29)
    assert table.loc["a04", "n_around"] == 14
    assert (table["state"].drop("a05") == "none").all()
    assert table.index.name == "grid_code"


def test_every_state_has_its_words(street: Any) -> None:
    counts = [12, 12, 12, 12, 12, 12, 40, 40, 40, 12, 12, 12, 12, 12, 12, 4, 12, 12, 12, 0, 0, 0, *[12] * 8]
    table = spots(street, long_plan(street, 30, [300] * 29 + [0]), counts)
    assert set(table["state"]) == set(SPOT_STATES)


def test_a_river_lies_between_neighbours_or_parts_them(street: Any) -> None:
    """a2 is a unit apart of 100 m without a grid between a1 and a3."""
    plan = street.plan("a1 - a3", [300, 0, 300])
    assert neighbours_of_grids(plan, 30.0).nnz == 0
    assert neighbours_of_grids(plan, 100.0).nnz == 2


def test_without_issues_or_households_nothing_is_claimed(street: Any) -> None:
    empty = spots(street, long_plan(street), [0] * 30)
    assert set(empty["state"]) == {"few"}
    assert (empty["p_hot"] == 1).all()
    unknown = spots(street, street.plan("a1 a2", has_households=False), [10, 40])
    assert set(unknown["state"]) == {"no_households"}


def test_the_seed_repeats_the_map(street: Any) -> None:
    counts = np.random.default_rng(1).poisson(7.5, 30).tolist()
    one, two = (spots(street, long_plan(street), counts, seed=4) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
