"""The plan of the town on straight lines: plots, roads, canals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import shapely

Point = tuple[float, float]


class Quad(NamedTuple):
    """A four-sided piece of the plan."""

    sw: Point
    se: Point
    ne: Point
    nw: Point

    @property
    def polygon(self) -> shapely.Polygon:
        return shapely.Polygon(self)

    @property
    def width(self) -> float:
        return (_distance(self.sw, self.se) + _distance(self.nw, self.ne)) / 2

    @property
    def height(self) -> float:
        return (_distance(self.sw, self.nw) + _distance(self.se, self.ne)) / 2

    def cut_west_east(self, south: float, north: float) -> tuple[Quad, Quad, shapely.LineString]:
        """Cut by a line that leaves the south side and the north side at these fractions from the west."""
        a, b = _between(self.sw, self.se, south), _between(self.nw, self.ne, north)
        return Quad(self.sw, a, b, self.nw), Quad(a, self.se, self.ne, b), shapely.LineString([a, b])

    def cut_south_north(self, west: float, east: float) -> tuple[Quad, Quad, shapely.LineString]:
        """Cut by a line that leaves the west side and the east side at these fractions from the south."""
        a, b = _between(self.sw, self.nw, west), _between(self.se, self.ne, east)
        return Quad(self.sw, self.se, b, a), Quad(a, b, self.ne, self.nw), shapely.LineString([a, b])


def box(west: float, south: float, east: float, north: float) -> Quad:
    """An upright rectangle."""
    return Quad((west, south), (east, south), (east, north), (west, north))


def _distance(a: Point, b: Point) -> float:
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))


def _between(a: Point, b: Point, fraction: float) -> Point:
    return (a[0] + (b[0] - a[0]) * fraction, a[1] + (b[1] - a[1]) * fraction)


@dataclass(frozen=True)
class Plot:
    """A piece of one jurisdiction: a villager group (`use` = "group") or a street block (`use` = its kind)."""

    polygon: shapely.Polygon
    jurisdiction: str
    use: str


@dataclass(frozen=True)
class Way:
    """A line of the plan: a road (with its class 1 trunk … 4 lane) or a waterway (with its width in metres)."""

    line: shapely.LineString
    kind: str
    name: str = ""
    road_class: int = 0
    width_m: float = 0.0


@dataclass
class Sheet:
    """The plan while it is being drawn."""

    plots: list[Plot] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)

    def road(self, line: shapely.LineString, road_class: int, name: str = "") -> None:
        self.ways.append(Way(line, "road", name, road_class))

    def water(self, line: shapely.LineString, width_m: float, name: str = "") -> None:
        self.ways.append(Way(line, "water", name, 0, width_m))
