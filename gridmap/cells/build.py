"""Buildings and barriers become cells that tile each jurisdiction."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.cells import notes
from gridmap.cells.arrangement import dissolved, faces_of
from gridmap.cells.enclosures import EnclosureLimits, barrier_lines, enclosures_of
from gridmap.cells.labels import labelled
from gridmap.cells.place import placed
from gridmap.cells.sites import sites_of
from gridmap.cells.stitch import stitched
from gridmap.cells.voronoi import ridges_between
from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.text import Text

#: How much a ridge between walls may be straightened, in metres.
SIMPLIFY_M = 0.3
_NO_LIMITS = EnclosureLimits()


@dataclass(frozen=True, eq=False)
class Tessellation:
    """Cells with an account of how they came about.

    Attributes
    ----------
    cells : geopandas.GeoDataFrame
        As :func:`build_cells` returns them.
    cell_of_building : pandas.Series
        Index id of the building, value id of its cell; without buildings that lie in no jurisdiction.
    placing : list of Text
        What was noteworthy about where the buildings lie.
    bent_around : list of str
        Ids of buildings that a barrier runs through.
    trimmed : list of str
        Ids of buildings that lose a strip to an earlier one whose outline they overlap a little.
    """

    cells: gpd.GeoDataFrame
    cell_of_building: pd.Series
    placing: list[Text]
    bent_around: list[str]
    trimmed: list[str]


@dataclass(frozen=True, eq=False)
class _Tiling:
    """The cells of one jurisdiction: shapes (c,), and for each building the position of its cell."""

    shapes: NDArray[np.object_]
    cell_of_building: NDArray[np.int64]
    bent: NDArray[np.int64]
    trimmed: NDArray[np.int64]


def build_cells(
    buildings: gpd.GeoDataFrame,
    jurisdictions: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame | None = None,
    *,
    limits: EnclosureLimits = _NO_LIMITS,
) -> gpd.GeoDataFrame:
    """Divide each jurisdiction among its buildings: every place belongs to the nearest one on its side of the barriers.

    Enclosed tessellation after M. Fleischmann, A. Feliciotti, O. Romice and S. Porta (2020),
    "Morphological tessellation as a way of partitioning space", Computers, Environment and Urban
    Systems 80: 101441.

    Parameters
    ----------
    buildings : geopandas.GeoDataFrame
        Points or footprints, also mixed, in metres; index unit id. Columns ``households``,
        ``jurisdiction``, ``compound``, ``group``, ``name``, ``dedicated`` are used where present.
    jurisdictions : geopandas.GeoDataFrame
        Index code; polygons in the same CRS.
    barriers : geopandas.GeoDataFrame, optional
        Lines, or polygons whose outline counts, in the same CRS.
    limits : EnclosureLimits
        When what barriers enclose is too small to be a part of its own.

    Returns
    -------
    geopandas.GeoDataFrame
        The columns of ``Units.frame``, and ``group`` and ``building_ids`` (joined by ";"). Cells tile
        each jurisdiction, hold each building wholly, and share all vertices of their common borders.
        A cell has the id of its (first) building; buildings on one spot share a cell. A cell without
        a building has 0 households and the id ``<jurisdiction>-0<number>``.

    Raises
    ------
    InvalidInput
        If the layers differ in CRS, the CRS is not in metres, ids repeat, a geometry is missing or
        invalid, or a building is neither a point nor a polygon.
    """
    return tessellate(buildings, jurisdictions, barriers, limits=limits).cells


def tessellate(
    buildings: gpd.GeoDataFrame,
    jurisdictions: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame | None = None,
    *,
    limits: EnclosureLimits = _NO_LIMITS,
) -> Tessellation:
    """Cells as :func:`build_cells` makes them, with the cell of each building and what was noteworthy.

    Parameters
    ----------
    buildings, jurisdictions, barriers, limits
        As in :func:`build_cells`; in metres.

    Raises
    ------
    InvalidInput
        As :func:`build_cells`.
    """
    _check(buildings, jurisdictions, barriers)
    home, shapes, said = placed(buildings, jurisdictions)
    lines = barrier_lines(barriers)
    frames, cell_of = [], []
    bent: list[str] = []
    trimmed: list[str] = []
    for number, (code, area) in enumerate(jurisdictions.geometry.items()):
        mine = np.flatnonzero(home == number)
        tiling = _tiled(area, lines, shapes[mine], limits)
        frame, cell = _frame(buildings.iloc[mine], str(code), tiling, jurisdictions.crs)
        frames.append(frame)
        cell_of.append(cell)
        bent += list(buildings.index[mine[tiling.bent]].astype(str))
        trimmed += list(buildings.index[mine[tiling.trimmed]].astype(str))
    cells = gpd.GeoDataFrame(pd.concat(frames), crs=jurisdictions.crs)
    cells = cells.set_geometry(gpd.GeoSeries(stitched(np.asarray(cells.geometry.values, dtype=object)), cells.index))
    cells = cells.set_crs(jurisdictions.crs, allow_override=True)
    if cells.index.has_duplicates:
        twice = cells.index[cells.index.duplicated()].unique()
        raise InvalidInput(
            f"ids of cells must be unique; rename the buildings {first_ten(twice)}",
            f"单元编号不能重复，请更改这些建筑的编号：{first_ten_zh(twice)}。",
        )
    return Tessellation(cells, pd.concat(cell_of), said, bent, trimmed)


def remarks(tessellation: Tessellation, which: NDArray[np.bool_] | None = None) -> list[Text]:
    """What is noteworthy about cells that are units themselves, beside where their buildings lie.

    Parameters
    ----------
    tessellation : Tessellation
    which : ndarray of bool, shape (c,), optional
        The cells to speak of; all by default.
    """
    cells = tessellation.cells if which is None else tessellation.cells[which]
    home = tessellation.cell_of_building
    bent = [b for b in tessellation.bent_around if home[b] in cells.index]
    said = []
    several = [str(ids).split(";") for ids in cells.loc[cells["buildings"] > 1, "building_ids"]]
    if several:
        said.append(notes.merged_buildings(several))
    if bent:
        said.append(notes.bent_around(bent))
    trimmed = [b for b in tessellation.trimmed if home[b] in cells.index]
    if trimmed:
        said.append(notes.trimmed(trimmed))
    multi = cells.index[shapely.get_num_geometries(cells.geometry.values) > 1]
    if len(multi):
        said.append(notes.apart(list(multi)))
    full = cells.loc[cells["buildings"] > 0, "jurisdiction"].unique()
    empty = cells[(cells["buildings"] == 0) & cells["jurisdiction"].isin(full)]
    if len(empty):
        said.append(notes.empty_cells(len(empty), float(empty.area.sum())))
    return said


def _check(buildings: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame | None) -> None:
    crs = jurisdictions.crs
    if crs is None or not crs.is_projected or crs.axis_info[0].unit_name not in ("metre", "meter"):
        raise InvalidInput(
            f"cells need a projected CRS in metres; the jurisdictions have {crs}",
            f"划分单元需要以米为单位的投影坐标系；村居图层的坐标系为 {crs}。",
        )
    for name, layer in (("buildings", buildings), ("barriers", barriers)):
        if layer is not None and len(layer) and layer.crs != crs:
            raise InvalidInput(
                f"{name} must have the CRS of the jurisdictions, {crs}; got {layer.crs}",
                f"图层 {name} 的坐标系须与村居图层一致（{crs}），实际为 {layer.crs}。",
            )
    if buildings.index.has_duplicates:
        twice = buildings.index[buildings.index.duplicated()].unique()
        raise InvalidInput(
            f"building ids must be unique; repeated: {first_ten(twice)}", f"建筑编号不能重复：{first_ten_zh(twice)}。"
        )
    shapes = np.asarray(buildings.geometry.values, dtype=object)
    is_other = (shapely.get_dimensions(shapes) == 1) | (shapely.get_type_id(shapes) == 7)
    for wrong, en, zh in (
        (
            shapely.is_missing(shapes) | shapely.is_empty(shapes),
            "every building needs a geometry; none for",
            "每栋建筑都须有几何图形，缺少的有",
        ),
        (is_other, "a building is a point or a polygon; not so", "建筑须为点或面，不符合的有"),
        (~shapely.is_valid(shapes), "every building needs a valid outline; not so", "建筑轮廓须有效，无效的有"),
    ):
        if wrong.any():
            ids = buildings.index[wrong]
            raise InvalidInput(f"{en} {first_ten(ids)}", f"{zh}：{first_ten_zh(ids)}。")


def _tiled(
    area: shapely.Geometry, lines: NDArray[np.object_], buildings: NDArray[np.object_], limits: EnclosureLimits
) -> _Tiling:
    sites = sites_of(buildings)
    spots = shapely.point_on_surface(buildings)
    enclosures = enclosures_of(area, lines, spots, limits)
    home_of_building, bent = _homes(buildings, enclosures)
    home_of_site = np.zeros(sites.n, dtype=np.int64)
    home_of_site[sites.of_building[::-1]] = home_of_building[::-1]  # the first building of a site decides
    drawn = [shapely.boundary(enclosures), shapely.boundary(sites.footprints)]
    simplify_m = SIMPLIFY_M if len(sites.footprints) else 0.0
    point_home = home_of_site[sites.site_of_point]
    for e in np.unique(point_home):
        mine = point_home == e
        drawn.append(ridges_between(sites.points[mine], sites.site_of_point[mine], enclosures[e], simplify_m))
    # the outline of the jurisdiction with the nodes that it got when the enclosures were cut: drawn without
    # them, it would miss those nodes by its last digit
    faces = faces_of(shapely.coverage_union_all(enclosures), np.concatenate(drawn))
    label = labelled(faces, sites, enclosures, home_of_site)
    used, number = np.unique(label, return_inverse=True)
    cell_of_site = np.searchsorted(used, np.arange(sites.n))
    homeless = used[np.minimum(cell_of_site, len(used) - 1)] != np.arange(sites.n)
    if homeless.any():
        first = np.unique(sites.of_building, return_index=True)[1]
        at, face = shapely.STRtree(faces).query_nearest(spots[first[homeless]], all_matches=False)
        cell_of_site[np.flatnonzero(homeless)[at]] = number[face]
    shapes = dissolved(faces, number.astype(np.int64), len(used))
    return _Tiling(shapes, cell_of_site[sites.of_building], bent, sites.trimmed)


def _homes(
    buildings: NDArray[np.object_], enclosures: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Enclosure that holds the largest part of each building, (b,), and the buildings that lie in several."""
    at, enclosure = shapely.STRtree(enclosures).query(buildings, predicate="intersects")
    weight = np.ones(len(at))
    several = np.bincount(at, minlength=len(buildings))[at] > 1
    weight[several] = shapely.area(shapely.intersection(buildings[at[several]], enclosures[enclosure[several]]))
    order = np.lexsort((enclosure, -weight, at))
    first = order[np.unique(at[order], return_index=True)[1]]
    home = np.zeros(len(buildings), dtype=np.int64)
    home[at[first]] = enclosure[first]
    cut = np.bincount(at[several & (weight > 0.01)], minlength=len(buildings)) > 1
    return home, np.flatnonzero(cut)


def _frame(buildings: gpd.GeoDataFrame, code: str, tiling: _Tiling, crs: object) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """The table of one jurisdiction's cells, in the order of their first buildings, empty ones last."""
    cell = tiling.cell_of_building
    n = len(tiling.shapes)
    first = np.full(n, len(buildings), dtype=np.int64)
    np.minimum.at(first, cell, np.arange(len(buildings)))
    order = np.argsort(first, kind="stable")
    ids = list(buildings.index.astype(str))
    held: list[list[int]] = [[] for _ in range(n)]
    for building, at in enumerate(cell.tolist()):
        held[at].append(building)
    households = _column(buildings, "households", 0).to_numpy(np.int64)
    texts = {c: _column(buildings, c, "").to_numpy(object) for c in ("name", "compound", "group", "dedicated")}
    table: dict[str, list[object]] = {c: [] for c in ("households", "buildings", "building_ids", *texts)}
    index = []
    n_empty = 0
    for at in order.tolist():
        members = held[at]
        if not members:
            n_empty += 1
        index.append(ids[members[0]] if members else f"{code}-0{n_empty}")
        table["households"].append(int(households[members].sum()))
        table["buildings"].append(len(members))
        table["building_ids"].append(";".join(ids[m] for m in members))
        for column, values in texts.items():
            table[column].append(_said_most(values[members], households[members]))
    frame = gpd.GeoDataFrame(
        {**table, "jurisdiction": code, "kind": "cell", "premises": 0},
        geometry=list(tiling.shapes[order]),
        index=pd.Index(index, name="unit_id", dtype=object),
        crs=crs,
    )
    named = np.empty(n, dtype=object)
    named[order] = index
    return frame, pd.Series(named[cell], index=ids, dtype=object)


def _column(frame: gpd.GeoDataFrame, name: str, default: object) -> pd.Series:
    values: pd.Series = frame[name] if name in frame else pd.Series(default, index=frame.index)
    return values.where(values.notna(), default)


def _said_most(values: NDArray[np.object_], households: NDArray[np.int64]) -> str:
    """The text that most households have, "" not counted; the first on a tie."""
    weight: dict[str, int] = {}
    for value, count in zip(values, households, strict=True):
        if value:
            weight[str(value)] = weight.get(str(value), 0) + int(count) + 1
    return max(weight, key=weight.__getitem__) if weight else ""
