"""Shape of grids: area, perimeter, compactness, cut borders, barriers and compounds inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridmap.measure.totals import sum_by
from gridmap.model.graph import DualGraph


def polsby_popper(area_m2: NDArray[np.float64], perimeter_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compactness 4πA / P²: 1 for a circle, π/4 = 0.785 for a square; 0 where the perimeter is 0.

    D. D. Polsby and R. D. Popper (1991), "The Third Criterion: Compactness as a Procedural Safeguard
    Against Partisan Gerrymandering", Yale Law & Policy Review 9(2): 301–353.

    Parameters
    ----------
    area_m2, perimeter_m : ndarray of float64, shape (k,)
    """
    real = perimeter_m > 0
    return np.where(real, 4 * np.pi * area_m2 / np.where(real, perimeter_m, 1.0) ** 2, 0.0)


def grid_sums(
    values: NDArray[np.floating] | NDArray[np.integer], grid_of: NDArray[np.integer], k: int
) -> NDArray[np.float64]:
    """Sum of a value of the units (n,), such as their area, over each of `k` grids, (k,).

    Parameters
    ----------
    values : ndarray, shape (n,)
    grid_of : ndarray of int, shape (n,)
        Grid of each unit; −1 for none.
    k : int
    """
    return sum_by(grid_of, values, k)


def grid_perimeters_m(
    unit_perimeter_m: NDArray[np.float64], graph: DualGraph, grid_of: NDArray[np.integer], k: int
) -> NDArray[np.float64]:
    """Perimeter of each grid, in metres, (k,): Σ perimeters of its units − Σ lengths of half edges inside.

    Every shared border inside a grid stands in the perimeters of two units and in two half edges.
    Exact where the units form a coverage; bridged edges are no border and do not count.

    Parameters
    ----------
    unit_perimeter_m : ndarray of float64, shape (n,)
    graph : DualGraph
    grid_of : ndarray of int, shape (n,)
        Grid of each unit; −1 for none.
    k : int
    """
    return np.maximum(sum_by(grid_of, unit_perimeter_m, k) - _inside(graph, graph.length_m, grid_of, k), 0.0)


def cut_lengths_m(graph: DualGraph, grid_of: NDArray[np.integer], k: int) -> NDArray[np.float64]:
    """Length of border that each grid shares with other grids, in metres, (k,).

    The sum over all grids is twice :func:`cut_length_m` where every unit has a grid. Bridged edges do
    not count; borders with units without a grid do.

    Parameters
    ----------
    graph : DualGraph
    grid_of : ndarray of int, shape (n,)
        Grid of each unit; −1 for none.
    k : int
    """
    source = grid_of[graph.source]
    cut = (source != grid_of[graph.indices]) & ~graph.bridged
    return sum_by(source[cut], graph.length_m[cut], k)


def cut_length_m(graph: DualGraph, grid_of: NDArray[np.integer]) -> float:
    """Length of all border between units of different grids, each counted once, in metres."""
    cut = (grid_of[graph.source] != grid_of[graph.indices]) & ~graph.bridged
    return float(graph.length_m[cut].sum() / 2)


def barrier_crossed_m(graph: DualGraph, grid_of: NDArray[np.integer], k: int) -> NDArray[np.float64]:
    """Length of barrier that each grid spans, in metres, (k,): Σ barrier lengths between its own units.

    Each border counts once. Bridged edges count: a grid may span a river across a gap.

    Parameters
    ----------
    graph : DualGraph
    grid_of : ndarray of int, shape (n,)
        Grid of each unit; −1 for none.
    k : int
    """
    return _inside(graph, graph.barrier_m, grid_of, k, bridges=True) / 2


def compounds_split(compound: NDArray[np.object_], grid_of: NDArray[np.integer]) -> int:
    """Number of compounds (小区) whose units lie in more than one grid (domain rule R6).

    Parameters
    ----------
    compound : ndarray of str, shape (n,)
        Compound of each unit, "" where it is in none; compounds of one name in two jurisdictions
        must have been told apart by the caller.
    grid_of : ndarray of int, shape (n,)
        Grid of each unit; units without a grid (−1) do not count.
    """
    return int((grids_of_compounds(compound, grid_of)[1] > 1).sum())


def grids_of_compounds(
    compound: NDArray[np.object_], grid_of: NDArray[np.integer]
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Names of the compounds, ascending, (c,), and the number of grids that each lies in, (c,).

    Parameters
    ----------
    compound : ndarray of str, shape (n,)
    grid_of : ndarray of int, shape (n,)
    """
    counted = (compound != "") & (grid_of >= 0)
    names, number = np.unique(compound[counted].astype(str), return_inverse=True)
    pairs = np.unique(np.stack([number, grid_of[counted]], axis=1), axis=0)
    return names.astype(object), np.bincount(pairs[:, 0], minlength=len(names)).astype(np.int64)


def _inside(
    graph: DualGraph, values: NDArray[np.float64], grid_of: NDArray[np.integer], k: int, *, bridges: bool = False
) -> NDArray[np.float64]:
    """Sum of a value of half edges over those that stay inside each grid, (k,)."""
    source = grid_of[graph.source]
    inside = source == grid_of[graph.indices]
    if not bridges:
        inside &= ~graph.bridged
    return sum_by(source[inside], values[inside], k)
