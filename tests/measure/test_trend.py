"""Trends of short series."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from gridmap.measure.trend import mann_kendall


def test_six_months_that_rise_without_a_break() -> None:
    """S = 15, V = 6 · 5 · 17 / 18 = 28.33, z = 14 / √V; two of 720 orders are so regular."""
    z, p = mann_kendall(np.array([[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]]))
    assert z == pytest.approx([14 / 28.3333333**0.5, -14 / 28.3333333**0.5])
    assert p == pytest.approx([2 / 720, 2 / 720])


def test_ties_by_hand() -> None:
    """1 1 2: S = 2, V = (3·2·11 − 2·1·9) / 18 = 48 / 18. Of six orders two give S = 2, two 0, two −2."""
    z, p = mann_kendall(np.array([[1, 1, 2]]))
    assert z == pytest.approx([1 / (48 / 18) ** 0.5])
    assert p == pytest.approx([4 / 6])


def test_exact_chance_is_the_share_of_orders() -> None:
    values = [3, 1, 4, 1, 5]
    scores = [sum(np.sign(o[j] - o[i]) for i in range(5) for j in range(i + 1, 5)) for o in permutations(values)]
    expected = np.mean(np.abs(scores) >= abs(scores[0]))
    assert mann_kendall(np.array([values]))[1] == pytest.approx([expected])


def test_long_series_take_the_normal_distribution() -> None:
    """Twelve months, S = 66 − 2 · 2 = 62, V = 12 · 11 · 29 / 18."""
    z, p = mann_kendall(np.array([[2, 1, 3, 4, 6, 5, 7, 8, 9, 10, 11, 12]]))
    assert z == pytest.approx([61 / (12 * 11 * 29 / 18) ** 0.5])
    assert p == pytest.approx(2 * stats.norm.sf(z))


def test_what_does_not_move_has_no_trend() -> None:
    z, p = mann_kendall(np.array([[2, 2, 2, 2], [0, 0, 0, 0]]))
    assert z.tolist() == [0, 0]
    assert p.tolist() == [1, 1]
