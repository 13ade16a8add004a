"""What of an area fault counts, and what is only a sliver."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

#: Our decision: below this area in m² a fault is the rounding of coordinates and is not mentioned.
NOISE_M2 = 1e-4
#: Our decision: parts below this area in m², or narrower than SLIVER_M metres, are slivers: mentioned, no fault.
SLIVER_M2 = 1.0
SLIVER_M = 0.01


class AreaFault(NamedTuple):
    """Ground that is wrong: its area in m², its shape, and whether it is made of slivers only."""

    area_m2: float
    shape: BaseGeometry
    is_sliver: bool


def polygon_parts(shape: BaseGeometry) -> NDArray[np.object_]:
    """The polygons of a geometry of any type that are more than rounding, (p,)."""
    parts = shapely.get_parts(shapely.get_parts(np.array([shape], dtype=object)))
    parts = parts[shapely.get_dimensions(parts) == 2]
    return np.asarray(parts[shapely.area(parts) >= NOISE_M2], dtype=object)


def area_faults(shape: BaseGeometry) -> list[AreaFault]:
    """The faults and the slivers of a geometry: at most one row of each, the fault first."""
    parts = polygon_parts(shape)
    if not len(parts):
        return []
    narrow = shapely.is_empty(shapely.buffer(parts, -SLIVER_M / 2, join_style="mitre"))
    slivers = (shapely.area(parts) < SLIVER_M2) | narrow
    return [
        AreaFault(float(shapely.area(chosen).sum()), MultiPolygon(list(chosen)), are_slivers)
        for are_slivers, chosen in ((False, parts[~slivers]), (True, parts[slivers]))
        if len(chosen)
    ]
