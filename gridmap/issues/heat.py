"""The density of issues: how many per hectare about each place, and of how many issues that is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridmap.errors import InvalidInput
from gridmap.issues.recut import places_in
from gridmap.issues.select import in_period
from gridmap.measure.density import Lattice, kernel_window, lattice_over, share_out, spread_out
from gridmap.model.issue_policy import IssuePolicy
from gridmap.model.issues import Issues
from gridmap.model.plan import Plan
from gridmap.model.profile import SMALL_COUNT

_HECTARE_M2: Final = 10_000.0
#: Cells along the longer side of the lattice where no size is given.
_CELLS: Final = 400
#: More cells are asked for by mistake.
_MOST_CELLS: Final = 4_000_000
#: Of the kernel at least so much is taken to lie inside the town (a right-angled corner): a narrow tip is not blown up.
_LEAST_MASS: Final = 0.25


@dataclass(frozen=True, eq=False)
class Heat:
    """Density of issues on a lattice of square cells.

    Attributes
    ----------
    west, south : float
        South-west corner of the lattice, metres in `crs`.
    cell_m : float
        Side of a cell.
    density : ndarray of float64, shape (n_y, n_x)
        Issues, weighted or not, per hectare in the whole period; the first row is south. NaN outside the town.
    support : ndarray of int64, shape (n_y, n_x)
        At least so many issues make the density of the cell: those within the bandwidth, give or take one cell, rounded
        down. Who hides small counts hides cells by it.
    crs : pyproj.CRS
    bandwidth_m : float
    n_issues : int
        Issues that the density is made of.
    top : float
        The greatest density, of all months where there are several: one scale for all.
    is_weighted : bool
    """

    west: float
    south: float
    cell_m: float
    density: NDArray[np.float64]
    support: NDArray[np.int64]
    crs: CRS
    bandwidth_m: float
    n_issues: int
    top: float
    is_weighted: bool


def heat_of(
    issues: Issues,
    plan: Plan,
    policy: IssuePolicy,
    *,
    first: date | None = None,
    last: date | None = None,
    bandwidth_m: float | None = None,
    cell_m: float | None = None,
    weighted: bool = True,
) -> Heat:
    """The density of the issues of a period.

    Parameters
    ----------
    issues : Issues
        Those that count and have a usable place.
    plan : Plan
        Its jurisdictions are the town: density is told inside them.
    policy : IssuePolicy
        Bandwidth and weights of categories; a category that it does not know weighs 1.
    first, last : datetime.date, optional
        Period of report, both inclusive.
    bandwidth_m : float, optional
        In place of that of the policy, metres.
    cell_m : float, optional
        Side of a cell, metres; else an eighth of the bandwidth, or more, so that there are 400 cells along the town's
        longer side at most, but a third of the bandwidth at the very most.
    weighted : bool
        Whether issues weigh as the policy says; else each 1.

    Raises
    ------
    InvalidInput
        If the period ends before it begins, the bandwidth is not above 0, the cells are larger than half of it, or
        there would be more than 4,000,000 cells.
    MissingCrs
        If places have no CRS.

    Notes
    -----
    Σ w K(d) / m with the quartic kernel K of :func:`gridmap.measure.density.quartic_kernel` and m the share of the
    kernel about the cell that lies in the town, 0.25 at least: beyond the border there are no issues to be had, and
    without m the density would fall to half along it (Diggle, P. J. 1985, Applied Statistics 34, 138–147, "uniform"
    correction). Places are shared among four cells and the cells are convolved by FFT.
    """
    canvas = _canvas(plan, policy.bandwidth_m if bandwidth_m is None else bandwidth_m, cell_m)
    sites = _sites(issues, plan, policy, first, last, weighted=weighted)
    return _heat(canvas, sites, weighted=weighted)


def heat_by_month(
    issues: Issues,
    plan: Plan,
    policy: IssuePolicy,
    *,
    first: date | None = None,
    last: date | None = None,
    bandwidth_m: float | None = None,
    cell_m: float | None = None,
    weighted: bool = True,
) -> tuple[tuple[str, Heat], ...]:
    """The density of each month of a period, on one lattice and with one top of the scale.

    Parameters
    ----------
    issues, plan, policy, bandwidth_m, cell_m, weighted
        As in :func:`heat_of`.
    first, last : datetime.date, optional
        Period of report, both inclusive; left out, from the first month of an issue or to the last.

    Returns
    -------
    tuple of (str, Heat)
        Each month as "2026-01", also one without issues; a month that lies in the period in part has only that part.

    Raises
    ------
    InvalidInput, MissingCrs
        As in :func:`heat_of`.
    """
    canvas = _canvas(plan, policy.bandwidth_m if bandwidth_m is None else bandwidth_m, cell_m)
    sites = _sites(issues, plan, policy, first, last, weighted=weighted)
    sites = sites[sites["month"].notna()]
    month = sites["month"].to_numpy().astype("datetime64[M]")
    if first is None and last is None and not len(month):
        return ()
    begin = np.datetime64(first, "M") if first else (month.min() if len(month) else np.datetime64(last, "M"))
    end = np.datetime64(last, "M") if last else (month.max() if len(month) else begin)
    heats = [(str(m), _heat(canvas, sites[month == m], weighted=weighted)) for m in np.arange(begin, end + 1)]
    top = max((heat.top for _, heat in heats), default=0.0)
    return tuple((name, replace(heat, top=top)) for name, heat in heats)


def heat_squares(heat: Heat) -> gpd.GeoDataFrame:
    """The cells of a density that have any, as squares for a GIS: columns density, support, geometry, in its CRS.

    ``density`` is issues per hectare, ``support`` as in :class:`Heat`; from the south-west, row by row.
    """
    row, column = np.nonzero(heat.density > 0)  # false for NaN
    west, south = heat.west + column * heat.cell_m, heat.south + row * heat.cell_m
    squares = shapely.box(west, south, west + heat.cell_m, south + heat.cell_m)
    columns = {"density": heat.density[row, column], "support": heat.support[row, column]}
    return gpd.GeoDataFrame(columns, geometry=squares, crs=heat.crs)


def coarse_squares(squares: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The squares with densities of two digits and supports by fives, downwards.

    From exact values of neighbours one could take the next issue, or the place of each.
    """
    power = 10.0 ** (np.floor(np.log10(squares["density"])) - 1)
    density = (np.rint(squares["density"] / power) * power).round(9)
    return squares.assign(density=density, support=squares["support"] // SMALL_COUNT * SMALL_COUNT)


@dataclass(frozen=True, eq=False)
class _Canvas:
    """What all months share."""

    lattice: Lattice
    window: NDArray[np.float64]
    mass: NDArray[np.float64]
    bandwidth_m: float
    crs: Any


def _canvas(plan: Plan, bandwidth_m: float, cell_m: float | None) -> _Canvas:
    if not bandwidth_m > 0:
        raise InvalidInput(
            f"the bandwidth of a heat map must be above 0 metres; got {bandwidth_m}",
            f"热力图的带宽须大于 0 米；得到 {bandwidth_m}。",
        )
    outline = shapely.union_all(np.asarray(plan.units.jurisdictions.geometry.values, dtype=object))
    west, south, east, north = shapely.bounds(outline).tolist()
    if cell_m is None:
        cell_m = min(max(bandwidth_m / 8, max(east - west, north - south) / _CELLS), bandwidth_m / 3)
    if not 0 < cell_m <= bandwidth_m / 2:
        raise InvalidInput(
            f"cells of a heat map must be above 0 and at most half of the bandwidth, {bandwidth_m / 2:g} m; "
            f"got {cell_m:g}",
            f"热力图的格边长须大于 0、不超过带宽的一半（{bandwidth_m / 2:g} 米）；得到 {cell_m:g} 米。",
        )
    n_cells = ((east - west) / cell_m + 3) * ((north - south) / cell_m + 3)
    if n_cells > _MOST_CELLS:
        raise InvalidInput(
            f"cells of {cell_m:g} m over the town would be {n_cells:,.0f}; at most {_MOST_CELLS:,}. "
            "Give larger cells or a larger bandwidth",
            f"边长 {cell_m:g} 米的格共约 {n_cells:,.0f} 个，上限 {_MOST_CELLS:,} 个；请加大格边长或带宽。",
        )
    # a rim of one cell, so that all four cells of a place on the border are there
    lattice = lattice_over((west - cell_m, south - cell_m, east + cell_m, north + cell_m), cell_m)
    inside = lattice.inside(outline)
    window = kernel_window(cell_m, bandwidth_m)
    mass = spread_out(inside.astype(np.float64), window) * cell_m**2
    mass = np.where(inside, np.clip(mass, _LEAST_MASS, 1.0), np.nan)
    return _Canvas(lattice, window, mass, bandwidth_m, plan.units.frame.crs)


def _sites(
    issues: Issues, plan: Plan, policy: IssuePolicy, first: date | None, last: date | None, *, weighted: bool
) -> pd.DataFrame:
    """Places of the issues that are shown: columns x, y, weight, month."""
    chosen = issues.is_counted & issues.has_place & in_period(issues, first, last)
    frame = issues.frame[["category", "reported_at", "geometry"]][chosen.to_numpy(bool)]
    places = places_in(frame, plan.units.frame.crs)
    weight: NDArray[np.float64] = np.ones(len(frame))
    if weighted:
        weights = {key: category.weight for key, category in policy.categories.items()}
        weight = frame["category"].map(weights).fillna(1.0).to_numpy(np.float64)
    sites = pd.DataFrame(
        {
            "x": shapely.get_x(places),
            "y": shapely.get_y(places),
            "weight": weight,
            "month": frame["reported_at"].to_numpy().astype("datetime64[M]").astype("datetime64[s]"),
        }
    )
    return sites[sites["x"].notna()]


def _heat(canvas: _Canvas, sites: pd.DataFrame, *, weighted: bool) -> Heat:
    x, y, weight = (sites[c].to_numpy(np.float64) for c in ("x", "y", "weight"))
    lattice = canvas.lattice
    shares = share_out(x, y, np.ones(len(x)), lattice)
    weighed = share_out(x, y, weight, lattice) if weighted else shares
    within = spread_out(shares, (canvas.window > 0).astype(np.float64))
    density = spread_out(weighed, canvas.window) * _HECTARE_M2 / canvas.mass
    density = np.where(within > 1e-6, density, density * 0.0)  # what FFT leaves where there is nothing; NaN stays
    return Heat(
        west=lattice.west,
        south=lattice.south,
        cell_m=lattice.cell_m,
        density=density,
        # shares of a cell belong to that many issues at least
        support=np.floor(within + 1e-6).astype(np.int64),
        crs=canvas.crs,
        bandwidth_m=canvas.bandwidth_m,
        n_issues=len(x),
        top=float(np.nanmax(density, initial=0.0)),
        is_weighted=weighted,
    )
