"""Towns of squares, and plain-Python judges that share no code with the package."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import pytest
from numpy.typing import NDArray
from shapely.geometry import box

from gridmap.model.graph import DualGraph
from gridmap.model.rules import Profile, load_rules
from gridmap.model.units import Units
from gridmap.partition.problem import Area, Problem

CODE = "310116113402"
Cells = Sequence[tuple[int, int]]


def _units(
    cells: Cells,
    households: Sequence[int],
    compounds: Sequence[str] | None = None,
    dedicated: Sequence[str] | None = None,
    code: str = CODE,
    kind: str = "residential_area",
) -> Units:
    """Squares of 100 m at these (column, row) places in one jurisdiction."""
    n = len(cells)
    frame = gpd.GeoDataFrame(
        {
            "name": [f"{i + 1}号楼" for i in range(n)],
            "households": list(households),
            "jurisdiction": code,
            "kind": "group" if kind == "village" else "cell",
            "compound": list(compounds) if compounds is not None else [""] * n,
            "dedicated": list(dedicated) if dedicated is not None else [""] * n,
        },
        geometry=[box(100 * x, 100 * y, 100 * x + 100, 100 * y + 100) for x, y in cells],
        index=[f"{code}-{i}" for i in range(n)],
        crs="EPSG:4549",
    )
    ring = gpd.GeoDataFrame({"name": [code], "kind": [kind]}, geometry=[frame.union_all()], index=[code], crs=frame.crs)
    return Units(frame, ring)


def _graph(cells: Cells, walls: Callable[[tuple[int, int], tuple[int, int]], bool] | None = None) -> DualGraph:
    """The squares that share a side; `walls` says which sides are barriers."""
    at = {cell: i for i, cell in enumerate(cells)}
    sides = [(c, d) for c in cells for d in ((c[0] + 1, c[1]), (c[0], c[1] + 1)) if d in at]
    edges = np.array([(at[c], at[d]) for c, d in sides], dtype=np.int64).reshape(-1, 2)
    length = np.full(len(edges), 100.0)
    barrier = np.array([100.0 if walls is not None and walls(c, d) else 0.0 for c, d in sides])
    return DualGraph.from_edges(len(cells), edges, length, barrier)


def _problem(
    cells: Cells,
    households: Sequence[int],
    k: int,
    *,
    walls: Callable[[tuple[int, int], tuple[int, int]], bool] | None = None,
    compound: Sequence[int] | None = None,
    old: NDArray[np.int64] | None = None,
    band: tuple[float, float] = (240, 360),
    quality: float = 0.1,
) -> Problem:
    n = len(cells)
    none = np.full(n, -1, dtype=np.int64)
    area = Area(
        _graph(cells, walls),
        np.asarray(households, dtype=np.int64),
        np.full(n, 1e4),
        np.full(n, 400.0),
        none if compound is None else np.asarray(compound, dtype=np.int64),
        none if old is None else old,
    )
    return area.problem(k, *band, float(np.sum(households)) / k, quality)


def _pieces(graph: DualGraph, labels: NDArray[np.integer]) -> dict[int, int]:
    """Number of connected pieces of each label, by flood fill in plain Python."""
    near: dict[int, list[int]] = {v: [] for v in range(len(labels))}
    for v in near:
        near[v] = [int(u) for u in graph.indices[graph.indptr[v] : graph.indptr[v + 1]]]
    left = set(near)
    count: dict[int, int] = {}
    while left:
        first = min(left)
        left.discard(first)
        queue = [first]
        while queue:
            v = queue.pop()
            for u in near[v]:
                if u in left and labels[u] == labels[first]:
                    left.discard(u)
                    queue.append(u)
        count[int(labels[first])] = count.get(int(labels[first]), 0) + 1
    return count


def _rectangle(width: int, height: int) -> list[tuple[int, int]]:
    return [(x, y) for y in range(height) for x in range(width)]


def _buildings(n: int, seed: int) -> NDArray[np.int64]:
    """Households of n buildings: 15 % none, 55 % 1–4, 30 % lognormal up to 200 (mean about 9)."""
    rng = np.random.default_rng(seed)
    kind = rng.random(n)
    many = np.clip(rng.lognormal(3.0, 0.8, n), 1, 200)
    return np.where(kind < 0.15, 0, np.where(kind < 0.7, rng.integers(1, 5, n), many)).astype(np.int64)


class Lattice:
    """The makers and judges above, by name."""

    units = staticmethod(_units)
    graph = staticmethod(_graph)
    problem = staticmethod(_problem)
    pieces = staticmethod(_pieces)
    rectangle = staticmethod(_rectangle)
    buildings = staticmethod(_buildings)

    @staticmethod
    def is_whole(graph: DualGraph, labels: NDArray[np.integer], k: int) -> bool:
        """Labels are exactly 0 … k − 1 and every grid is in one piece."""
        return _pieces(graph, labels) == dict.fromkeys(range(k), 1)


@pytest.fixture(scope="session")
def lattice() -> type[Lattice]:
    return Lattice


@pytest.fixture(scope="session")
def residential() -> Profile:
    return load_rules().profile("residential_area")
