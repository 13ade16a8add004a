"""Vertices on both sides of every border."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon, box

from gridmap.cells.stitch import stitched


def stitch(*shapes: shapely.Geometry) -> list[shapely.Geometry]:
    return list(stitched(np.array(shapes, dtype=object)))


def test_t_junction_is_mended() -> None:
    shapes = [box(0, 0, 10, 5), box(0, 5, 4, 9), box(4, 5, 10, 9)]
    assert not shapely.coverage_is_valid(shapes)
    mended = stitch(*shapes)
    assert shapely.coverage_is_valid(mended)
    assert (4.0, 5.0) in mended[0].exterior.coords
    assert all(a.equals(b) for a, b in zip(mended, shapes, strict=True))


def test_last_digits_are_made_equal() -> None:
    shapes = [box(0, 0, 10, 10), Polygon([(10.00000003, 0), (20, 0), (20, 10), (9.99999998, 10)])]
    assert not shapely.coverage_is_valid(shapes)
    assert shapely.coverage_is_valid(stitch(*shapes))


def test_holes_and_parts_are_kept() -> None:
    ring = box(0, 0, 30, 30).difference(box(10, 10, 20, 20))
    parts = MultiPolygon([box(10, 10, 20, 15), box(40, 0, 50, 10)])
    mended = stitch(ring, parts, box(10, 15, 20, 20))
    assert shapely.coverage_is_valid(mended)
    assert [m.area for m in mended] == [800, 150, 50]
    assert [m.geom_type for m in mended] == ["Polygon", "MultiPolygon", "Polygon"]


def test_face_of_no_width_is_left_off() -> None:
    # the first runs along the border to y = 20 and comes back a billionth of a metre beside its own way
    spiked = Polygon([(0, 0), (10, 0), (10, 20), (10 - 1e-9, 10), (0, 10)])
    above = Polygon([(0, 10), (10 - 1e-9, 10), (10, 20), (0, 20)])
    mended = stitch(spiked, above, box(10, 0, 20, 10), box(10, 10, 20, 20))
    assert shapely.is_valid(mended).all()
    assert shapely.coverage_is_valid(mended)
    assert mended[0].bounds == (0, 0, 10, 10)


def test_gaps_that_can_be_seen_stay() -> None:
    shapes = [box(0, 0, 10, 10), box(10.001, 0, 20, 5)]
    assert stitch(*shapes) == shapes
