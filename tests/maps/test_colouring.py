"""Hues of neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from gridmap.maps.colouring import hues


def test_neighbours_never_share_a_hue_and_all_hues_are_used(make: Any) -> None:
    shapes = np.asarray(make.voronoi(300, 60, 40).plan.units.jurisdictions.geometry.values, dtype=object)
    chosen = hues(shapes, 8)
    a, b = shapely.STRtree(shapes).query(shapes, predicate="touches")
    assert len(a) > 100
    assert (chosen[a] != chosen[b]).all()
    assert set(chosen) == set(range(8))


def test_areas_across_a_road_count_as_neighbours() -> None:
    pair = np.array([shapely.box(0, 0, 100, 100), shapely.box(120, 0, 220, 100)])
    assert len(set(hues(pair, 8).tolist())) == 2


def test_too_few_hues_still_give_an_answer() -> None:
    block = np.array([shapely.box(i, j, i + 1, j + 1) for i in range(2) for j in range(2)])
    assert set(hues(block, 2).tolist()) == {0, 1}
