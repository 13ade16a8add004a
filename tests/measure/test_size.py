"""Sizes and dead zones: the numbers of domain.md and small sums."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import InvalidInput
from gridmap.measure.size import (
    dead_zone,
    deviation,
    ideal_size,
    legal_counts,
    legal_unit_counts,
    nearest_k,
    within_share,
)


def zones(lower: int, upper: int, until: int) -> list[tuple[int, int]]:
    """First and last total of each dead zone from `lower` to `until`."""
    dead = [h for h in range(lower, until) if dead_zone(h, lower, upper)]
    starts = [h for h in dead if h - 1 not in dead]
    ends = [h for h in dead if h + 1 not in dead]
    return list(zip(starts, ends, strict=True))


def test_dead_zones_of_the_domain() -> None:
    assert zones(240, 360, 5000) == [(361, 479)]
    assert zones(270, 330, 5000) == [(331, 539), (661, 809), (991, 1079), (1321, 1349)]


def test_dead_zone_names_what_can_be_had() -> None:
    assert dead_zone(400, 240, 360) == (360, 480)
    assert dead_zone(100, 240, 360) == (0, 240)
    assert dead_zone(1, 2, 3) == (0, 2)
    assert dead_zone(0, 2, 3) is None
    assert dead_zone(360, 240, 360) is None
    assert dead_zone(480, 240, 360) is None


@given(total=st.integers(0, 3000), lower=st.integers(1, 400), more=st.integers(0, 200))
def test_legal_counts_by_definition(total: int, lower: int, more: int) -> None:
    upper = lower + more
    counts = legal_counts(total, lower, upper)
    assert counts == [k for k in range(1, total + 1) if k * lower <= total <= k * upper]
    zone = dead_zone(total, lower, upper)
    assert (zone is None) == (bool(counts) or total == 0)
    if zone:
        below, above = zone
        assert below < total < above
        assert below == 0 or legal_counts(below, lower, upper)
        assert legal_counts(above, lower, upper)
        assert not any(legal_counts(h, lower, upper) for h in range(below + 1, above))


def test_counting_out_groups() -> None:
    assert legal_unit_counts(7, 2, 3) == [(2, 1)]
    assert legal_unit_counts(12, 2, 3) == [(0, 4), (3, 2), (6, 0)]
    assert legal_unit_counts(1, 2, 3) == []
    assert legal_unit_counts(0, 2, 3) == []
    assert legal_unit_counts(9, 2, 4) == [(0, 3, 0), (1, 1, 1), (3, 1, 0)]


@given(n=st.integers(0, 60))
def test_any_two_or_more_groups_can_be_counted_out(n: int) -> None:
    ways = legal_unit_counts(n, 2, 3)
    assert bool(ways) == (n >= 2)
    assert all(2 * twos + 3 * threes == n for twos, threes in ways)
    assert sorted({a + b for a, b in ways}) == legal_counts(n, 2, 3)


@pytest.mark.parametrize(
    ("total", "k"), [(0, 1), (1, 1), (300, 1), (399, 1), (400, 1), (401, 2), (600, 2), (719, 2), (721, 3), (3000, 10)]
)
def test_nearest_k(total: int, k: int) -> None:
    assert nearest_k(total, 300) == k


@given(total=st.integers(0, 100_000), target=st.floats(1, 1000))
def test_nearest_k_is_the_best_of_all(total: int, target: float) -> None:
    k = nearest_k(total, target)
    around = range(max(1, k - 3), k + 4)
    assert abs(total / k - target) == min(abs(total / other - target) for other in around)


def test_ideal_and_deviation() -> None:
    assert ideal_size(950, 300) == pytest.approx(950 / 3)
    assert deviation(np.array([270, 300, 360]), 300).tolist() == pytest.approx([-0.1, 0.0, 0.2])
    assert deviation(np.array([2, 3]), np.array([2.0, 2.5])).tolist() == pytest.approx([0.0, 0.2])


def test_share_within_counts_the_edge() -> None:
    assert within_share(deviation(np.array([270, 330, 331, 100]), 300), 0.1) == 0.5
    assert within_share(np.array([]), 0.1) == 1.0


def test_bad_numbers_are_refused() -> None:
    with pytest.raises(InvalidInput, match="ideal"):
        deviation(np.array([1]), 0)
    with pytest.raises(InvalidInput, match="target"):
        nearest_k(10, 0)
    with pytest.raises(InvalidInput, match="lower"):
        legal_counts(10, 3, 2)
    with pytest.raises(InvalidInput, match="lower"):
        dead_zone(-1, 2, 3)
