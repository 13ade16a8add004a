"""Who is whose neighbour."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.measure.neighbours import near_neighbours

WALNUT = Path(__file__).resolve().parents[3] / "shared" / "data" / "walnut_hills_units.gpkg"


def test_a_road_may_lie_between() -> None:
    """Squares of 100 m: two touch in a corner, the third lies 20 m from the first, the fourth far away."""
    squares = np.array(
        [
            shapely.box(0, 0, 100, 100),
            shapely.box(100, 100, 200, 200),
            shapely.box(0, -120, 100, -20),
            shapely.box(900, 900, 999, 999),
        ]
    )
    touching, near = near_neighbours(squares).toarray(), near_neighbours(squares, 20.0).toarray()
    assert np.argwhere(touching).tolist() == [[0, 1], [1, 0]]
    assert np.argwhere(near).tolist() == [[0, 1], [0, 2], [1, 0], [2, 0]]
    assert set(near.ravel()) == {0.0, 1.0}


def test_neighbours_are_those_of_pysal_on_real_blocks() -> None:
    if not WALNUT.exists():
        pytest.skip("no public data beside the project: Walnut Hills")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from libpysal.weights import Queen  # noqa: PLC0415

        blocks = gpd.read_file(WALNUT)
        theirs = Queen.from_dataframe(blocks, use_index=False).sparse
    ours = near_neighbours(np.asarray(blocks.geometry.values, dtype=object))
    assert ours.nnz == 2970
    assert abs(ours - theirs).max() == 0
    assert abs(ours - ours.T).max() == 0
