"""Local statistics: by hand, and against PySAL on real counts."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from gridmap.measure.local import false_discovery, getis_ord_star, local_moran, mean_of_neighbours, moran_chance
from gridmap.measure.neighbours import near_neighbours
from gridmap.measure.rates import smoothed_rates, standardised_rates

WALNUT = Path(__file__).resolve().parents[3] / "shared" / "data" / "walnut_hills_units.gpkg"
CRIMES = ("BURGLARY", "ASSAULT", "THEFT")
#: Four places in a row.
ROW = sparse.csr_array(np.array([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]], dtype=float))


@pytest.fixture(scope="module")
def blocks() -> gpd.GeoDataFrame:
    if not WALNUT.exists():
        pytest.skip("no public data beside the project: Walnut Hills")
    return gpd.read_file(WALNUT)


@pytest.fixture(scope="module")
def pysal(blocks: gpd.GeoDataFrame) -> Any:
    """Weights as PySAL makes them, and its functions without permutations."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from esda import Moran_Local  # noqa: PLC0415
        from esda.getisord import G_Local  # noqa: PLC0415
        from libpysal.weights import Queen  # noqa: PLC0415

    class Theirs:
        def weights(self, frame: gpd.GeoDataFrame) -> Any:
            return Queen.from_dataframe(frame, use_index=False)

        def g_star(self, values: np.ndarray, frame: gpd.GeoDataFrame) -> np.ndarray:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return np.asarray(G_Local(values, self.weights(frame), transform="B", star=True, permutations=0).Zs)

        def moran(self, values: np.ndarray, frame: gpd.GeoDataFrame) -> np.ndarray:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return np.asarray(Moran_Local(values, self.weights(frame), permutations=0).Is)

    return Theirs()


def near(frame: gpd.GeoDataFrame) -> sparse.csr_array:
    return near_neighbours(np.asarray(frame.geometry.values, dtype=object))


@pytest.mark.parametrize("crime", CRIMES)
def test_counts_give_the_figures_of_pysal(blocks: gpd.GeoDataFrame, pysal: Any, crime: str) -> None:
    n, neighbours = blocks[crime].to_numpy(np.float64), near(blocks)
    assert np.abs(getis_ord_star(n, neighbours) - pysal.g_star(n, blocks)).max() < 1e-9
    assert np.abs(local_moran(n, neighbours) - pysal.moran(n, blocks)).max() < 1e-9


@pytest.mark.parametrize("crime", CRIMES)
def test_rates_give_the_figures_of_pysal(blocks: gpd.GeoDataFrame, pysal: Any, crime: str) -> None:
    lived = blocks[blocks["households"] > 0].reset_index(drop=True)
    n, h, neighbours = lived[crime].to_numpy(), lived["households"].to_numpy(), near(lived)
    rates = smoothed_rates(n, h)
    assert np.abs(getis_ord_star(rates, neighbours) - pysal.g_star(rates, lived)).max() < 1e-9
    standardised = standardised_rates(n, h)
    assert np.abs(local_moran(standardised, neighbours) - pysal.moran(standardised, lived)).max() < 1e-9


def test_gi_star_by_hand() -> None:
    """Values 3 1 0 0: mean 1, S² = 1.5. First place: w = 2 of 4, (4 − 2) / √(1.5 · (4·2 − 4) / 3) = √2.

    Second: three of four, (4 − 3) / √(1.5 · (4·3 − 9) / 3) = 1 / √1.5.
    """
    z = getis_ord_star(np.array([3, 1, 0, 0]), ROW)
    assert z[:2] == pytest.approx([2**0.5, 1.5**-0.5])


def test_where_all_are_equal_nothing_is_hot() -> None:
    assert np.isnan(getis_ord_star(np.full(4, 7.5), ROW)).all()
    assert local_moran(np.full(4, 7.5), ROW).tolist() == [0, 0, 0, 0]


def test_local_moran_by_hand() -> None:
    """Deviations 2 0 −1 −1, Σz² = 6: third place 3 · (−1) · (0 − 1) / 2 / 6 = 0.25; fourth 3 · (−1)(−1) / 6 = 0.5."""
    assert local_moran(np.array([3, 1, 0, 0]), ROW) == pytest.approx([0, 0, 0.25, 0.5])


def test_a_place_without_neighbours_is_like_none() -> None:
    alone = sparse.csr_array((3, 3))
    assert local_moran(np.array([5.0, 1, 1]), alone).tolist() == [0, 0, 0]
    assert mean_of_neighbours(np.array([5.0, 1, 1]), alone).tolist() == [0, 0, 0]


def ring(k: int) -> sparse.csr_array:
    """k places around a lake, each beside two others."""
    one = sparse.csr_array(np.roll(np.eye(k), 1, axis=1))
    return sparse.csr_array(one + one.T)


def test_chance_of_moran_finds_a_cluster_and_repeats_with_its_seed() -> None:
    n, h = np.full(40, 8), np.full(40, 300)
    n[10:13] = 30
    p = moran_chance(n, h, ring(40), seed=1)
    assert p[11] == pytest.approx(2 / 10_000)
    assert (false_discovery(p) <= 0.05)[[10, 11, 12]].all()
    assert (moran_chance(n, h, ring(40), seed=1) == p).all()


def test_chance_of_moran_is_even_without_a_difference() -> None:
    """Of 40 places in 25 maps one in ten has p ≤ 0.1 or so: 3 standard deviations are 0.03, more as maps depend."""
    h, rng = np.full(40, 300), np.random.default_rng(2)
    p = np.array([moran_chance(rng.poisson(7.5, 40), h, ring(40), seed=s, draws=999) for s in range(25)])
    assert 0.06 < (p <= 0.1).mean() < 0.14


def test_clumps_make_an_outlier_less_surprising() -> None:
    n, h = np.random.default_rng(0).poisson(8, 40), np.full(40, 300)
    n[10:12] = 18
    tight, wide = (moran_chance(n, h, ring(40), seed=0, spread=s)[10] for s in (1.0, 6.0))
    assert tight < 0.01
    assert wide > 1.3 * tight


def test_false_discovery_by_hand() -> None:
    """0.01 · 4 / 1 = 0.04, 0.02 · 4 / 2 = 0.04, 0.03 · 4 / 3 = 0.04, 0.9; what is not known is not counted."""
    q = false_discovery(np.array([0.03, 0.9, np.nan, 0.01, 0.02]))
    assert q[[0, 1, 3, 4]] == pytest.approx([0.04, 0.9, 0.04, 0.04])
    assert np.isnan(q[2])
    assert np.isnan(false_discovery(np.array([np.nan]))).all()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_control_never_makes_a_claim_surer(chances: list[float]) -> None:
    p = np.array(chances)
    q = false_discovery(p)
    assert (q >= p - 1e-15).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(q[order]) >= -1e-15).all()
