"""A plan that was drawn elsewhere as polygons becomes a plan of units, with notes of what did not fit."""

from __future__ import annotations

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.check.faults import area_faults
from gridmap.errors import InvalidInput, MissingCrs, first_ten, first_ten_zh
from gridmap.model.plan import UNASSIGNED, Plan
from gridmap.model.units import Units

#: Our decision: a unit of which less than this share lies in one polygon is cut (R6).
WHOLE_SHARE: Final = 0.99
#: Our decision: a unit of which less than this share lies in any polygon belongs to none.
LEAST_SHARE: Final = 0.01
#: Columns of the notes beside ``geometry`` and what stands in them where they do not apply.
NOTE_COLUMNS: Final[dict[str, object]] = {
    "kind": "",
    "grid": "",
    "unit": "",
    "jurisdiction": "",
    "other": "",
    "share": float("nan"),
    "area_m2": float("nan"),
    "count": 0,
    "is_sliver": False,
}


def judge_polygons(
    polygons: gpd.GeoDataFrame, units: Units, *, code_column: str = "grid_code"
) -> tuple[Plan, gpd.GeoDataFrame]:
    """A plan from grids that were drawn as polygons, each unit given whole to the polygon with most of its area.

    Parameters
    ----------
    polygons : geopandas.GeoDataFrame
        One polygon a grid, with a code in `code_column`; several polygons of one code are one grid.
        Any CRS; brought to that of the units.
    units : Units
    code_column : str

    Returns
    -------
    plan : Plan
        Units of which less than 1 % lies in any polygon have no grid.
    notes : geopandas.GeoDataFrame
        What :func:`gridmap.check.check_plan` takes as ``drawn``: one row a note, columns
        :data:`NOTE_COLUMNS` and ``geometry``. Kinds: ``cut_unit`` (less than 99 % in its grid;
        ``share`` as a fraction), ``overlap``, ``gap``, ``outside`` (``area_m2``), ``empty_grid``,
        ``repeated_code`` (``count``).

    Raises
    ------
    InvalidInput
        If there is no polygon, the column is missing, or a polygon has no code or is no polygon.
    MissingCrs
        If the polygons have no CRS.
    """
    drawn, repeated = _drawn_grids(polygons, units, code_column)
    codes, shapes = drawn.index.to_numpy(object), np.asarray(drawn.geometry.values, dtype=object)
    best, share = _largest_overlap(units.polygons, shapes)
    label = np.where(share >= LEAST_SHARE, best, UNASSIGNED)
    used = np.unique(label[label >= 0])
    renumber = np.full(len(codes) + 1, UNASSIGNED, dtype=np.int32)
    renumber[used] = np.arange(len(used))
    plan = Plan(units, renumber[label], tuple(codes[used]))
    notes = [
        *repeated,
        *_cut_units(units, codes, shapes, label, share),
        *_overlaps(codes, shapes),
        *_gaps(units, shapes),
        *_outside(plan, shapes[used]),
        *({"kind": "empty_grid", "grid": codes[i], "geometry": shapes[i]} for i in range(len(codes)) if i not in used),
    ]
    filled = [{**NOTE_COLUMNS, **note} for note in notes]
    frame = pd.DataFrame(filled, columns=[*NOTE_COLUMNS, "geometry"])
    return plan, gpd.GeoDataFrame(frame, geometry="geometry", crs=units.frame.crs)


def _drawn_grids(
    polygons: gpd.GeoDataFrame, units: Units, code_column: str
) -> tuple[gpd.GeoDataFrame, list[dict[str, Any]]]:
    if code_column not in polygons.columns:
        raise InvalidInput(
            f"the layer of grids needs a column {code_column!r}; it has {first_ten(polygons.columns)}",
            f"网格图层须有「{code_column}」列；现有：{first_ten_zh(polygons.columns)}。",
        )
    if polygons.empty:
        raise InvalidInput("the layer of grids holds no polygon", "网格图层是空的。")
    if polygons.crs is None:
        raise MissingCrs(
            "the layer of grids has no coordinate reference system; give it the true one first",
            "网格图层没有坐标系，请先指定正确的坐标系。",
        )
    code = polygons[code_column]
    code = code.astype("Int64") if pd.api.types.is_float_dtype(code) else code
    text = code.astype(object).where(code.notna(), "").map(str).str.strip()
    blank = np.flatnonzero((text == "").to_numpy())
    if len(blank):
        raise InvalidInput(
            f"every drawn grid needs a code in {code_column!r}; none in rows {first_ten(blank + 1)}",
            f"每个网格图形须在「{code_column}」列有编号；第 {first_ten_zh(blank + 1)} 行没有。",
        )
    shapes = shapely.make_valid(np.asarray(polygons.to_crs(units.frame.crs).geometry.values, dtype=object))
    flat = shapely.is_missing(shapes) | (shapely.area(shapes) == 0)
    if flat.any():
        bad = np.flatnonzero(flat) + 1
        raise InvalidInput(
            f"every drawn grid needs a polygon; none in rows {first_ten(bad)}",
            f"每个网格须为面；第 {first_ten_zh(bad)} 行不是。",
        )
    merged = gpd.GeoSeries(shapes, crs=units.frame.crs).groupby(text.to_numpy(object)).agg(shapely.union_all)
    count = text.value_counts()
    repeated = [
        {"kind": "repeated_code", "grid": c, "count": int(count[c]), "geometry": merged[c]}
        for c in sorted(count.index[count > 1])
    ]
    return gpd.GeoDataFrame(geometry=gpd.GeoSeries(merged, crs=units.frame.crs)), repeated


def _largest_overlap(
    units: NDArray[np.object_], grids: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each unit the polygon with most of its area (−1: none), and the share of its area there."""
    unit, grid = shapely.STRtree(grids).query(units, predicate="intersects")
    shared = shapely.area(shapely.intersection(units[unit], grids[grid]))
    order = np.lexsort((grid, -shared, unit))
    first = order[np.unique(unit[order], return_index=True)[1]]
    best = np.full(len(units), -1, dtype=np.int64)
    share = np.zeros(len(units))
    best[unit[first]] = grid[first]
    share[unit[first]] = shared[first] / shapely.area(units[unit[first]])
    return best, share


def _cut_units(
    units: Units,
    codes: NDArray[np.object_],
    shapes: NDArray[np.object_],
    label: NDArray[np.int64],
    share: NDArray[np.float64],
) -> list[dict[str, Any]]:
    cut = np.flatnonzero((label >= 0) & (share < WHOLE_SHARE))
    outside = shapely.difference(units.polygons[cut], shapes[label[cut]])
    ids = units.ids
    return [
        {"kind": "cut_unit", "grid": codes[label[i]], "unit": ids[i], "share": float(share[i]), "geometry": shape}
        for i, shape in zip(cut, outside, strict=True)
    ]


def _overlaps(codes: NDArray[np.object_], shapes: NDArray[np.object_]) -> list[dict[str, Any]]:
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.intersection(shapes[one], shapes[other])
    return [
        {"kind": "overlap", "grid": codes[a], "other": codes[b], **fault}
        for a, b, shape in zip(one, other, shared, strict=True)
        for fault in _named_faults(shape)
    ]


def _gaps(units: Units, shapes: NDArray[np.object_]) -> list[dict[str, Any]]:
    tree = shapely.STRtree(shapes)
    notes = []
    for code, place in units.jurisdictions.geometry.items():
        near = shapes[tree.query(place, predicate="intersects")]
        left = shapely.difference(place, shapely.union_all(near)) if len(near) else place
        notes += [{"kind": "gap", "jurisdiction": str(code), **fault} for fault in _named_faults(left)]
    return notes


def _outside(plan: Plan, shapes: NDArray[np.object_]) -> list[dict[str, Any]]:
    places = plan.units.jurisdictions.geometry.loc[list(plan.jurisdiction_of_grid)].to_numpy()
    beyond = shapely.difference(shapes, np.asarray(places, dtype=object))
    return [
        {"kind": "outside", "grid": code, **fault}
        for code, shape in zip(plan.codes, beyond, strict=True)
        for fault in _named_faults(shape)
    ]


def _named_faults(shape: Any) -> list[dict[str, Any]]:
    return [{"area_m2": f.area_m2, "is_sliver": f.is_sliver, "geometry": f.shape} for f in area_faults(shape)]
