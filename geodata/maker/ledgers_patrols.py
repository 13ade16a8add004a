"""patrols.gpkg: ways that members walked in their grids in February 2020, in some grids only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from .ground import CRS
from .layers import DATE
from .ledgers_forms import one, sample
from .ledgers_issues_ground import Ground
from .ledgers_issues_times import at_some_hour
from .ledgers_people import Post

LAYER: Final = "patrols"
#: Grids that have patrols in this month, and how many each.
GRIDS: Final = 40
NUMBER: Final = (2, 3, 3, 4)
#: Metres of streets that hang together, at least; metres of a patrol.
LEAST_M: Final = 600.0
LENGTH_M: Final = (700.0, 1900.0)
#: Metres an hour with all that is looked at; how far a receiver is off, in metres.
PACE, OFF_M = 2400.0, 1.5
#: A way has a position at each bend, and so far apart, in metres.
STEP_M: Final = 150.0
_FEBRUARY: Final = tuple(date(2020, 2, d) for d in range(1, 29))

Node = tuple[float, float]
#: Corner → the corners that are next to it, each with the way there.
Streets = Mapping[Node, list[tuple[Node, shapely.LineString]]]


def make_patrols(ground: Mapping[str, Ground], posts: Sequence[Post], rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Columns ``patrol_id``, ``grid``, ``member_id``, ``started_at``, ``ended_at``, ``geometry`` (EPSG:4490)."""
    members = defaultdict(list)
    for post in posts:
        if post.role == "grid_member" and post.grid is not None and post.until is None:
            members[post.grid.code].append(post)
    walked = []
    streets = {code: _streets(g) for code, g in ground.items() if g.grid.households}
    for code in sample(rng, [c for c, s in streets.items() if _metres(s) >= LEAST_M], GRIDS):
        for day in sample(rng, list(_FEBRUARY), one(rng, NUMBER)):
            there = [p.person for p in members[code] if p.since <= day]
            walked.append((at_some_hour(day, rng), code, one(rng, there), _walk(streets[code], rng)))
    walked.sort(key=lambda w: (w[0], w[1]))
    frame = pd.DataFrame(
        {
            "patrol_id": [f"XC202002-{n:03d}" for n in range(1, len(walked) + 1)],
            "grid": [w[1] for w in walked],
            "member_id": [w[2] for w in walked],
            "started_at": [w[0] for w in walked],
            "ended_at": [_ended(w[0], w[3]) for w in walked],
        }
    )
    lines = gpd.GeoSeries([w[3] for w in walked], crs=CRS).to_crs(4490)
    return gpd.GeoDataFrame(frame, geometry=shapely.transform(lines.to_numpy(), lambda xy: np.round(xy, 6)), crs=4490)


def write_patrols(patrols: gpd.GeoDataFrame, folder: Path) -> Path:
    """Write the layer into a package of its own, stamped with the sample's day."""
    path = folder / f"{LAYER}.gpkg"
    draft = folder / f"{LAYER}.part.gpkg"
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{DATE}T00:00:00.000Z"})
    pyogrio.write_dataframe(patrols, draft, layer=LAYER, driver="GPKG", SPATIAL_INDEX="NO")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    draft.replace(path)
    return path


def _ended(start: datetime, way: shapely.LineString) -> datetime:
    return start + timedelta(minutes=int(way.length / PACE * 60) + 4)


def _streets(ground: Ground) -> Streets:
    """The roads of a grid that are walked, as a graph: the largest part that hangs together."""
    parts = shapely.get_parts(
        shapely.node(shapely.union_all([line.shape for line in ground.roads if not line.is_trunk]))
    )
    streets: dict[Node, list[tuple[Node, shapely.LineString]]] = defaultdict(list)
    for part in parts:
        ends = [tuple(np.round(part.coords[i], 1).tolist()) for i in (0, -1)]
        streets[ends[0]].append((ends[1], part))
        streets[ends[1]].append((ends[0], part.reverse()))
    best: Streets = {}
    left = set(streets)
    while left:
        reached, edge = set[Node](), {min(left)}
        while edge:
            reached |= edge
            edge = {far for near in edge for far, _ in streets[near]} - reached
        left -= reached
        best = max(best, {node: streets[node] for node in sorted(reached)}, key=_metres)
    return best


def _metres(streets: Streets) -> float:
    """Length of all streets together; each stands there in both directions."""
    return float(sum(way.length for ways in streets.values() for _, way in ways) / 2)


def _walk(streets: Streets, rng: np.random.Generator) -> shapely.LineString:
    """A way along streets: at each corner to where one was least; a receiver is a little off."""
    node: Node = one(rng, list(streets))
    times: dict[frozenset[Node], int] = defaultdict(int)
    way: list[np.ndarray] = []
    metres, wanted = 0.0, rng.uniform(*LENGTH_M)
    while metres < wanted:
        ways = streets[node]
        least = min(times[frozenset((node, far))] for far, _ in ways)
        far, line = one(rng, [w for w in ways if times[frozenset((node, w[0]))] == least])
        times[frozenset((node, far))] += 1
        way.append(shapely.get_coordinates(line))
        metres, node = metres + line.length, far
    walked = shapely.simplify(shapely.LineString(np.concatenate(way)), 2.0)
    xy = shapely.get_coordinates(shapely.segmentize(walked, STEP_M))
    return shapely.LineString(xy + rng.normal(0.0, OFF_M, xy.shape))
