"""Rates of small counts: by hand, and against PySAL on real counts."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from scipy import stats

from gridmap.measure.rates import (
    dispersion,
    funnel_lines,
    poisson_interval,
    smoothed_rates,
    standardised_rates,
    tails,
)

WALNUT = Path(__file__).resolve().parents[3] / "shared" / "data" / "walnut_hills_units.gpkg"
CRIMES = ("BURGLARY", "ASSAULT", "THEFT")


@pytest.fixture(scope="module")
def blocks() -> gpd.GeoDataFrame:
    if not WALNUT.exists():
        pytest.skip("no public data beside the project: Walnut Hills")
    frame = gpd.read_file(WALNUT)
    return frame[frame["households"] > 0]


@pytest.fixture(scope="module")
def smoothing() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it and numba say while they load
        from esda import smoothing  # noqa: PLC0415
    return smoothing


def test_intervals_are_those_of_garwood() -> None:
    """Published for 95 %: 0 (0, 3.689), 1 (0.0253, 5.572), 10 (4.795, 18.39)."""
    low, high = poisson_interval(np.array([0, 1, 10]))
    assert np.allclose(low, [0, 0.025318, 4.795389], atol=1e-6)
    assert np.allclose(high, [3.688879, 5.571643, 18.390356], atol=1e-6)


@pytest.mark.parametrize("level", [0.95, 0.998])
@pytest.mark.parametrize("expected", [0.4, 7.5, 60.0])
def test_beyond_a_funnel_line_lies_less_than_its_tail(expected: float, level: float) -> None:
    least, greatest = (int(v[0]) for v in funnel_lines(np.array([expected]), level))
    tail = (1 - level) / 2
    assert stats.poisson.sf(greatest, expected) <= tail < stats.poisson.sf(greatest - 1, expected)
    assert stats.poisson.cdf(least - 1, expected) < tail <= stats.poisson.cdf(least, expected)


def test_clumps_widen_the_funnel() -> None:
    inner, outer = funnel_lines(np.array([7.5]), 0.95), funnel_lines(np.array([7.5]), 0.95, spread=2.0)
    assert (inner[0][0], inner[1][0]) == (3, 13)
    assert outer[0][0] < inner[0][0]
    assert outer[1][0] > inner[1][0]


def test_smoothing_by_hand() -> None:
    """Rates 0.1 and 0.3 of 100 each: m = 0.2, A = 0.01 − 0.2 / 100 = 0.008, weight 0.008 / (0.008 + 0.002) = 0.8."""
    assert smoothed_rates(np.array([10, 30]), np.array([100, 100])) == pytest.approx([0.12, 0.28])


def test_rates_that_differ_no_more_than_chance_are_all_the_common_rate() -> None:
    assert smoothed_rates(np.array([7, 8, 9]), np.array([100, 100, 100])) == pytest.approx([0.08] * 3)


def test_without_events_nothing_is_divided_by_zero() -> None:
    assert smoothed_rates(np.zeros(3), np.ones(3)).tolist() == [0, 0, 0]
    assert standardised_rates(np.zeros(3), np.ones(3)).tolist() == [0, 0, 0]


@pytest.mark.parametrize("crime", CRIMES)
def test_smoothed_rates_are_those_of_pysal_on_real_counts(blocks: gpd.GeoDataFrame, smoothing: Any, crime: str) -> None:
    n, h = blocks[crime].to_numpy(), blocks["households"].to_numpy()
    theirs = smoothing.Empirical_Bayes(n, h).r.ravel()
    assert np.abs(smoothed_rates(n, h) - theirs).max() < 1e-9
    assert np.abs(standardised_rates(n, h) - smoothing.assuncao_rate(n, h)).max() < 1e-9


def test_where_a_variance_is_negative_chance_stands_for_it(smoothing: Any) -> None:
    n, h = np.array([2, 3, 2, 3]), np.array([100, 110, 90, 400])
    theirs = smoothing.assuncao_rate(n, h)
    assert standardised_rates(n, h) == pytest.approx(theirs, abs=1e-9)
    assert standardised_rates(np.stack([n, n + 1]), h)[0] == pytest.approx(theirs, abs=1e-9)


def test_tails_are_the_exact_binomial() -> None:
    n = np.array([0, 1, 7, 30, 40])
    more, fewer = tails(n, 40, np.full(5, 0.2))
    assert more == pytest.approx(stats.binom.sf(n - 1, 40, 0.2))
    assert fewer == pytest.approx(stats.binom.cdf(n, 40, 0.2))


def test_tails_of_clumps_are_negative_binomial() -> None:
    """Mean 8, variance 2 × 8: r = 8 / (2 − 1), p = 1 / 2."""
    n = np.array([0, 1, 8, 30])
    more, fewer = tails(n, 40, np.full(4, 0.2), 2.0)
    law = stats.nbinom(8.0, 0.5)
    assert more == pytest.approx(law.sf(n - 1))
    assert fewer == pytest.approx(law.cdf(n))


def test_nothing_is_surprising_where_nothing_happened_or_all_is_one_place() -> None:
    assert [float(p) for p in tails(np.array(0), 0, np.array(0.3))] == [1, 1]
    assert [float(p) for p in tails(np.array(5), 5, np.array(1.0))] == [1, 1]
    assert [float(p) for p in tails(np.array(0), 0, np.array(0.0), 3.0)] == [1, 1]


@pytest.mark.parametrize(("times", "low", "high"), [(1.0, 1.0, 1.15), (2.0, 1.7, 2.3)])
def test_dispersion_tells_clumps_from_chance(times: float, low: float, high: float) -> None:
    rng, mean = np.random.default_rng(0), np.full(2000, 7.5)
    n = rng.poisson(mean if times == 1 else rng.gamma(mean / (times - 1), times - 1))
    assert low <= dispersion(n, mean) <= high


def test_a_few_bad_places_are_no_dispersion() -> None:
    rng, mean = np.random.default_rng(0), np.full(200, 7.5)
    n = rng.poisson(mean)
    n[:6] = 60  # as they are, the mean of z² is over 11
    assert ((n - mean) ** 2 / mean).mean() > 11
    assert dispersion(n, mean) < 1.5
    assert dispersion(n[:9], mean[:9]) == 1.0  # nine places have no tenths
