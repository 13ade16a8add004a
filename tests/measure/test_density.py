"""Density on a lattice against the sum over all places."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gridmap.measure.density import Lattice, kernel_window, lattice_over, quartic_kernel, share_out, spread_out


def test_the_kernel_holds_one() -> None:
    d = np.linspace(0, 200, 200_001)
    assert np.trapezoid(quartic_kernel(d, 200.0) * 2 * np.pi * d, d) == pytest.approx(1.0)
    assert quartic_kernel(np.array([0.0, 200.0, 300.0]), 200.0) == pytest.approx([3 / (np.pi * 200**2), 0, 0])
    assert kernel_window(25.0, 200.0).sum() * 25.0**2 == pytest.approx(1.0)


def test_a_lattice_covers_and_is_centred() -> None:
    lattice = lattice_over((0.0, 0.0, 100.0, 40.0), 30.0)
    assert lattice == Lattice(-10.0, -10.0, 30.0, 4, 2)
    x, y = lattice.centres()
    assert x.tolist() == [5, 35, 65, 95]
    assert y.tolist() == [5, 35]


def test_inside_is_judged_at_the_middle() -> None:
    inside = Lattice(0, 0, 10, 3, 2).inside(shapely.box(0, 0, 16, 9))
    assert inside.tolist() == [[True, True, False], [False, False, False]]


def test_a_place_between_four_middles_is_shared() -> None:
    lattice = Lattice(0, 0, 10, 3, 2)
    cells = share_out(np.array([12.5]), np.array([5.0]), np.array([8.0]), lattice)
    assert cells.tolist() == [[2.0, 6.0, 0.0], [0.0, 0.0, 0.0]]


def test_what_lies_beyond_the_lattice_is_lost_and_nowhere_else() -> None:
    cells = share_out(np.array([-400.0, 5.0, 31.0]), np.array([5.0, 900.0, 5.0]), np.ones(3), Lattice(0, 0, 10, 3, 2))
    assert cells[0, 2] == pytest.approx(0.4)  # 31 lies 6 m east of the last middle: 0.4 of it belongs there
    assert cells.sum() == pytest.approx(0.4)


def test_the_lattice_is_near_the_sum_over_places() -> None:
    rng = np.random.default_rng(0)
    x, y, w = rng.uniform(0, 2000, 400), rng.uniform(0, 2000, 400), rng.choice([1.0, 2.0], 400)
    lattice = lattice_over((-25.0, -25.0, 2025.0, 2025.0), 25.0)
    binned = spread_out(share_out(x, y, w, lattice), kernel_window(25.0, 200.0))
    middles = np.meshgrid(*lattice.centres())
    distance = np.hypot(middles[0][..., None] - x, middles[1][..., None] - y)
    exact = (quartic_kernel(distance, 200.0) * w).sum(axis=2)
    assert np.abs(binned - exact).max() < 0.02 * exact.max()
    assert binned.sum() == pytest.approx(exact.sum(), rel=0.005)


def test_one_place_alone_is_the_kernel() -> None:
    lattice = Lattice(0, 0, 10, 41, 41)
    one = spread_out(share_out(np.array([205.0]), np.array([205.0]), np.ones(1), lattice), kernel_window(10.0, 100.0))
    window = kernel_window(10.0, 100.0)
    assert np.abs(one[10:31, 10:31] - window).max() < 1e-12
