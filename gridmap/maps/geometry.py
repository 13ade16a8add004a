"""Geometry for the page: shared borders kept, in longitude and latitude, as small whole numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from gridmap.model.plan import UNASSIGNED, Plan

#: Coordinates are stored as whole millionths of a degree (about 0.1 m).
PRECISION: Final = 1_000_000
#: Borders are simplified by at most this many metres; areas then change by about 0.1 %.
TOLERANCE_M: Final = 2.0

Ring = list[int]
Shift = Callable[[NDArray[np.float64], NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]


@dataclass(frozen=True)
class Drawn:
    """The outlines of a plan as they are drawn, in the CRS of the units, sharing their vertices.

    Attributes
    ----------
    units, grids, jurisdictions : ndarray of Geometry, shapes (n,), (k,), (j,)
    """

    units: NDArray[np.object_]
    grids: NDArray[np.object_]
    jurisdictions: NDArray[np.object_]


def outlines(plan: Plan, tolerance_m: float = TOLERANCE_M) -> Drawn:
    """Simplify the units as one coverage and build grids and jurisdictions from the simplified units.

    Neighbours keep their common border to the last digit, because both take it from the same pieces. A
    jurisdiction that its units do not fill (streets between parcels) keeps its own outline.

    Parameters
    ----------
    tolerance_m : float
        Largest area of a corner that may be cut off is ``tolerance_m ** 2`` (shapely.coverage_simplify).
    """
    whole = plan.units.polygons
    simple = np.asarray(shapely.coverage_simplify(whole, tolerance_m), dtype=object)
    usable = shapely.is_valid(simple) & ~shapely.is_empty(simple)
    units = np.where(usable, simple, whole)
    grids = np.array([_merged(units[m]) for m in _members(plan.grid_of, plan.n_grids)], dtype=object)
    table = plan.units.jurisdictions
    own = np.asarray(table.geometry.values, dtype=object)
    merged = [
        _merged(units[m]) if len(m) else shapely.Polygon() for m in _members(plan.units.jurisdiction_of, len(table))
    ]
    together = np.array(merged, dtype=object)
    is_filled = np.abs(shapely.area(together) - shapely.area(own)) <= 0.005 * shapely.area(own)
    return Drawn(units, grids, np.where(is_filled, together, own))


def _members(label: NDArray[Any], n: int) -> list[NDArray[np.int64]]:
    order = np.argsort(label, kind="stable")
    order = order[label[order] > UNASSIGNED]
    return np.split(order, np.searchsorted(label[order], np.arange(1, n)))[:n] if n else []


def _merged(polygons: NDArray[np.object_]) -> shapely.Geometry:
    if shapely.coverage_is_valid(polygons):
        return shapely.coverage_union_all(polygons)
    return shapely.union_all(polygons)


class Encoder:
    """Turns geometry of one CRS into rings of whole numbers, the first point absolute, the others as steps.

    Parameters
    ----------
    crs : pyproj.CRS or str
        What the geometry is in; any axis order of its definition is read as east, north.
    shift : callable, optional
        Maps arrays of longitude and latitude in degrees to the datum of the background tiles.
    """

    def __init__(self, crs: Any, shift: Shift | None = None) -> None:
        self._to_degrees = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
        self._shift = shift

    def degrees(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Longitude and latitude (n, 2) in degrees of points (n, 2)."""
        lon, lat = self._to_degrees.transform(xy[:, 0], xy[:, 1])
        if self._shift is not None:
            lon, lat = self._shift(np.asarray(lon), np.asarray(lat))
        return np.column_stack([lon, lat])

    def points(self, xy: NDArray[np.float64]) -> list[list[int]]:
        """Points (n, 2) as whole millionths of a degree."""
        pairs: list[list[int]] = np.rint(self.degrees(xy) * PRECISION).astype(np.int64).tolist()
        return pairs

    def features(self, shapes: NDArray[np.object_]) -> list[list[Ring]]:
        """Each polygon as its rings (of all parts; fill them even-odd), each line as its parts.

        Points of a layer become rings of one point. Empty shapes become empty lists.
        """
        found: list[list[Ring]] = [[] for _ in shapes]
        parts, owner = shapely.get_parts(shapes, return_index=True)
        is_area = shapely.get_type_id(parts) == 3
        rings, of_part = shapely.get_rings(parts[is_area], return_index=True)
        lines = np.concatenate([rings, parts[~is_area]])
        owners = np.concatenate([owner[is_area][of_part], owner[~is_area]])
        lines, owners = lines[~shapely.is_empty(lines)], owners[~shapely.is_empty(lines)]
        if len(lines) == 0:
            return found
        xy, index = shapely.get_coordinates(lines, return_index=True)
        whole = np.rint(self.degrees(xy) * PRECISION).astype(np.int64)
        starts = np.searchsorted(index, np.arange(len(lines)))
        keep = np.r_[True, (np.diff(whole, axis=0) != 0).any(axis=1)]
        keep[starts] = True
        steps = np.diff(whole[keep], axis=0, prepend=0)
        starts = np.r_[np.searchsorted(np.flatnonzero(keep), starts), len(steps)]
        steps[starts[:-1]] = whole[keep][starts[:-1]]
        for i, feature in enumerate(owners.tolist()):
            found[feature].append(steps[starts[i] : starts[i + 1]].ravel().tolist())
        return found


def label_places(shapes: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where a label of each polygon stands best and how much room it has there.

    Returns
    -------
    centre : ndarray, shape (n, 2)
        Centre of the largest circle inside the largest part, in the CRS of the shapes.
    radius_m : ndarray, shape (n,)
        Radius of that circle in metres.
    """
    largest = np.array([max(shapely.get_parts(s), key=lambda p: p.area) for s in shapes], dtype=object)
    bounds = shapely.bounds(largest)
    coarse = np.maximum((bounds[:, 2:] - bounds[:, :2]).min(axis=1) / 50, 0.1)
    needles = shapely.maximum_inscribed_circle(largest, tolerance=coarse)
    ends = shapely.get_coordinates(needles).reshape(-1, 2, 2)
    return ends[:, 0], np.hypot(*(ends[:, 1] - ends[:, 0]).T)


def simple_lines(frame: gpd.GeoDataFrame, tolerance_m: float = TOLERANCE_M) -> NDArray[np.object_]:
    """The shapes of a layer that is only drawn, each simplified by at most `tolerance_m` metres."""
    shapes = np.asarray(frame.geometry.values, dtype=object)
    return np.asarray(shapely.simplify(shapes, tolerance_m / 2, preserve_topology=True), dtype=object)


def surroundings(jurisdictions: NDArray[np.object_]) -> shapely.Geometry:
    """The town and a margin of 6 % of its extent: what lies farther out is not drawn.

    A sea or a road that the source cuts off at its own sheet then ends in a line that follows the town.
    """
    bounds = shapely.total_bounds(jurisdictions)
    margin_m = 0.06 * float(np.hypot(bounds[2] - bounds[0], bounds[3] - bounds[1]))
    wide = shapely.buffer(shapely.union_all(shapely.simplify(jurisdictions, margin_m / 20)), 4 * margin_m, quad_segs=12)
    return shapely.buffer(wide, -3 * margin_m, quad_segs=12)  # out and back: bays and islands close up


def clipped(shapes: NDArray[np.object_], around: shapely.Geometry) -> NDArray[np.object_]:
    """The parts of `shapes` inside `around`; a shape that cannot be cut because it is invalid stays whole."""
    shapely.prepare(around)
    cut = ~shapely.contains_properly(around, shapes) & shapely.is_valid(shapes)
    found = shapes.copy()
    found[cut] = shapely.intersection(shapes[cut], around)
    return found
