"""From the plan to the ground: the town is laid out on straight lines, then bent as a real town is.

The plan (metres, x east, y north, origin near the middle of the town) is mapped by a smooth one-to-one function, so
that whatever meets on the plan meets on the ground: a junction stays a junction, a border stays shared.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

#: Where the origin of the plan lies: EPSG:4549 (CGCS2000 / 3-degree zone, central meridian 120°E), easting and northing
#: in metres, about 121.36°E 30.73°N.
ORIGIN: Final = (630_300.0, 3_401_900.0)
#: Vertices stand at most so far apart before bending, in metres.
STEP_M: Final = 25.0
#: The coast runs WSW–ENE, the streets with it.
TURN: Final = np.deg2rad(9.0)


class Warp:
    """The bending: wide slow waves everywhere, small ones (canals, field edges) away from whatever is `straight`.

    Parameters
    ----------
    straight : shapely.Geometry
        Built-up core and great roads, on the plan, which the small waves leave alone.
    """

    def __init__(self, straight: shapely.Geometry) -> None:
        self.straight = straight
        shapely.prepare(self.straight)

    def points(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Ground coordinates (n, 2) of plan coordinates (n, 2), both in metres, rounded to 1 cm."""
        x, y = xy[:, 0], xy[:, 1]
        distance = shapely.distance(shapely.points(xy), self.straight)
        t = np.clip((distance - 15.0) / 260.0, 0.0, 1.0)
        small = t * t * (3.0 - 2.0 * t)
        u = x + 150 * np.sin(y / 1150 + 0.4) + 75 * np.sin(x / 700 + y / 900 + 1.1)
        v = y + 140 * np.sin(x / 1250 - 0.3) + 70 * np.sin(y / 640 - x / 980 + 2.0)
        # The villages spread and draw in, as parishes do; the core keeps its right angles.
        north = np.clip((y + 700.0) / 1800.0, 0.0, 1.0)
        spread = north * north * (3.0 - 2.0 * north)
        u += spread * x * 0.085 * np.sin(y / 850 - 1.9)
        v += spread * 230.0 * np.sin(x / 900 + 2.2)
        # The phase of the small waves drifts, so that no border looks like a saw.
        drift, sway = 2.6 * np.sin(x / 410 + y / 530), 2.6 * np.sin(y / 450 - x / 610 + 1.0)
        u += small * (19 * np.sin(y / 118 + drift) + 9 * np.sin(y / 49 + x / 160 + 0.7))
        v += small * (19 * np.sin(x / 127 + sway) + 9 * np.sin(x / 53 - y / 170 + 0.2))
        c, s = np.cos(TURN), np.sin(TURN)
        easting, northing = ORIGIN
        return np.round(np.column_stack([c * u - s * v + easting, s * u + c * v + northing]), 2)

    def __call__(self, geometry: shapely.Geometry) -> shapely.Geometry:
        """The geometry on the ground."""
        return shapely.transform(shapely.segmentize(geometry, STEP_M), self.points)
