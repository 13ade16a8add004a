"""Kernel density of many places, on a lattice of square cells."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import signal

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lattice:
    """Square cells over a rectangle.

    Attributes
    ----------
    west, south : float
        Corner of the first cell, metres.
    cell_m : float
        Side of a cell.
    n_x, n_y : int
        Cells from west to east and from south to north.
    """

    west: float
    south: float
    cell_m: float
    n_x: int
    n_y: int

    def centres(self) -> tuple[Floats, Floats]:
        """x of the n_x columns and y of the n_y rows, at the middle of the cells, metres; the first row is south."""
        x = self.west + (np.arange(self.n_x) + 0.5) * self.cell_m
        y = self.south + (np.arange(self.n_y) + 0.5) * self.cell_m
        return np.asarray(x), np.asarray(y)

    def inside(self, outline: shapely.Geometry) -> NDArray[np.bool_]:
        """Whether the middle of each cell lies in `outline`, (n_y, n_x)."""
        x, y = np.meshgrid(*self.centres())
        shapely.prepare(outline)
        return np.asarray(shapely.contains_xy(outline, x, y), dtype=bool)


def lattice_over(bounds: tuple[float, float, float, float], cell_m: float) -> Lattice:
    """The lattice of cells of `cell_m` that covers `bounds` (west, south, east, north, metres), centred on it."""
    west, south, east, north = bounds
    n_x, n_y = max(ceil((east - west) / cell_m), 1), max(ceil((north - south) / cell_m), 1)
    west -= (n_x * cell_m - (east - west)) / 2
    south -= (n_y * cell_m - (north - south)) / 2
    return Lattice(west, south, cell_m, n_x, n_y)


def quartic_kernel(distance_m: Floats, bandwidth_m: float) -> Floats:
    """The quartic (biweight) kernel at these distances, per square metre: 3 / (π b²) (1 − d²/b²)², 0 from b on.

    Notes
    -----
    Silverman, B. W. (1986). Density Estimation for Statistics and Data Analysis, equation 4.5 (K₂).
    """
    inner = np.maximum(1.0 - (np.asarray(distance_m) / bandwidth_m) ** 2, 0.0)
    return np.asarray(3.0 / (np.pi * bandwidth_m**2) * inner**2)


def kernel_window(cell_m: float, bandwidth_m: float) -> Floats:
    """The quartic kernel at the cells around one, (m, m) with m odd, per square metre, so that it holds 1 in all."""
    reach = ceil(bandwidth_m / cell_m)
    steps = np.arange(-reach, reach + 1) * cell_m
    window = quartic_kernel(np.hypot(*np.meshgrid(steps, steps)), bandwidth_m)
    return np.asarray(window / (window.sum() * cell_m**2))


def share_out(x: Floats, y: Floats, weights: Floats, lattice: Lattice) -> Floats:
    """Weights of places, shared among the four cells whose middles are nearest, (n_y, n_x); what lies outside is lost.

    A place at a share u of the way between two middles gives 1 − u to the nearer and u to the farther ("linear
    binning"), which brings the lattice closer to the places than rounding does.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Metres.
    weights : ndarray, shape (n,)
    lattice : Lattice

    Notes
    -----
    Wand, M. P. (1994). Fast computation of multivariate kernel estimators. JCGS 3, 433–445.
    """
    column = (x - lattice.west) / lattice.cell_m - 0.5
    row = (y - lattice.south) / lattice.cell_m - 0.5
    first_column, first_row = np.floor(column).astype(np.int64), np.floor(row).astype(np.int64)
    u, v = column - first_column, row - first_row
    # a rim of one cell takes what belongs to no cell
    width, n = lattice.n_x + 2, (lattice.n_x + 2) * (lattice.n_y + 2)
    is_near = (first_column >= -1) & (first_column < lattice.n_x) & (first_row >= -1) & (first_row < lattice.n_y)
    corner = ((first_row + 1) * width + first_column + 1)[is_near]
    u, v, w = u[is_near], v[is_near], weights[is_near]
    total = np.zeros(n)
    for step, part in ((0, (1 - u) * (1 - v)), (1, u * (1 - v)), (width, (1 - u) * v), (width + 1, u * v)):
        total += np.bincount(corner + step, weights=w * part, minlength=n)
    return np.asarray(total.reshape(lattice.n_y + 2, width)[1:-1, 1:-1])


def spread_out(cells: Floats, window: Floats) -> Floats:
    """Sum over the cells around each of their value times the window, (n_y, n_x)."""
    return np.asarray(np.maximum(signal.fftconvolve(cells, window, mode="same"), 0.0))
