"""Buildings labelled with their villager group become the polygons of the groups."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.cells import notes
from gridmap.cells.arrangement import dissolved, face_borders
from gridmap.cells.build import Tessellation, tessellate
from gridmap.cells.enclosures import EnclosureLimits
from gridmap.cells.parts import minor_parts, rehomed
from gridmap.model.text import Text

#: A part of a group that lies apart with at most this share of its buildings gives its land to the
#: group around it. Our decision: a few houses among the neighbours are registered elsewhere or
#: mislabelled; more than a fifth of a group is a hamlet of its own.
STRAY_SHARE = 0.2


def build_groups(
    buildings: gpd.GeoDataFrame,
    jurisdictions: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame | None = None,
    *,
    limits: EnclosureLimits | None = None,
) -> tuple[gpd.GeoDataFrame, list[Text]]:
    """Polygons of villager groups, from buildings that carry the name of their group.

    The cells of the buildings are joined by group. Land without a building, and buildings without a
    group, join the group with the longest common border. A small part of a group that lies apart
    gives its land to the group around it while its households stay in their group; a large part
    stays, and the group then has several parts.

    Parameters
    ----------
    buildings : geopandas.GeoDataFrame
        Points or footprints in metres; index unit id; column ``group`` ("" where there is none),
        further columns as in :func:`gridmap.cells.build.build_cells`.
    jurisdictions : geopandas.GeoDataFrame
        Index code; polygons in the same CRS.
    barriers : geopandas.GeoDataFrame, optional
        Lines that the borders of groups follow where they can, in the same CRS.
    limits : EnclosureLimits, optional
        As in :func:`gridmap.cells.build.build_cells`.

    Returns
    -------
    groups : geopandas.GeoDataFrame
        The columns of ``Units.frame``; kind ``group``, id ``<jurisdiction>-<group>``. Cells of
        dedicated premises, and of jurisdictions without any group, stay cells.
    notes : list of Text

    Raises
    ------
    InvalidInput
        As :func:`gridmap.cells.build.build_cells`.
    """
    tessellation = tessellate(buildings, jurisdictions, barriers, limits=limits or EnclosureLimits())
    groups, said = join_groups(tessellation, buildings, list(jurisdictions.index))
    return groups, tessellation.placing + said


def join_groups(
    tessellation: Tessellation, buildings: gpd.GeoDataFrame, codes: list[str]
) -> tuple[gpd.GeoDataFrame, list[Text]]:
    """The cells with those of the jurisdictions `codes` joined to villager groups, as :func:`build_groups`.

    Parameters
    ----------
    tessellation : Tessellation
    buildings : geopandas.GeoDataFrame
        The buildings that it was made of, with column ``group``.
    codes : list of str
        Jurisdictions that are made of groups.
    """
    cells = tessellation.cells
    key = _keys(cells["jurisdiction"], cells["group"], cells["dedicated"])
    labelled = cells.loc[(cells["group"] != "") & cells["jurisdiction"].isin(codes), "jurisdiction"].unique()
    mine = cells["jurisdiction"].isin(labelled).to_numpy()
    if not mine.any():
        return cells, []
    kept, cells, key = cells[~mine], cells[mine], key[mine]
    groups = pd.Index(list(dict.fromkeys(key[key != ""])))
    label = groups.get_indexer(key).astype(np.int64)
    land, stray = _land(cells, label)

    home = tessellation.cell_of_building
    home = home[home.isin(cells.index)]
    members = buildings.loc[home.index]
    own = _keys(cells.loc[home, "jurisdiction"], members["group"].fillna(""), cells.loc[home, "dedicated"])
    people = groups.get_indexer(own).astype(np.int64)
    people = np.where(people >= 0, people, land[cells.index.get_indexer(home)])
    frame = _frame(cells, groups, land, people, members)

    said = []
    unlabelled = home.index[(own == "").tolist()]
    if len(unlabelled):
        said.append(notes.without_group(list(unlabelled)))
    if stray.any():
        said.append(notes.stray_parts(list(cells.index[stray])))
    apart = frame.index[shapely.get_num_geometries(frame.geometry.values) > 1]
    if len(apart):
        said.append(notes.groups_apart(list(apart)))
    return gpd.GeoDataFrame(pd.concat([frame, kept]) if len(kept) else frame, crs=cells.crs), said


def _keys(jurisdiction: pd.Series, group: pd.Series, dedicated: pd.Series) -> NDArray[np.object_]:
    """What each row belongs to: its dedicated grid, else its group, else ""; told apart by jurisdiction."""
    rows = zip(jurisdiction, group, dedicated, strict=True)
    keys = [f"{j}\x1f!{d}" if d else f"{j}\x1f{g}" if g else "" for j, g, d in rows]
    return np.array(keys, dtype=object)


def _land(cells: gpd.GeoDataFrame, label: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The group that the land of each cell goes to, (c,), and the labelled cells that do not lie in their group."""
    edges, length_m = face_borders(np.asarray(cells.geometry.values, dtype=object))
    jurisdiction = np.unique(cells["jurisdiction"].astype(str), return_inverse=True)[1]
    inner = jurisdiction[edges[:, 0]] == jurisdiction[edges[:, 1]]
    # nobody takes land from, or gives land to, a dedicated grid
    open_land = (cells["dedicated"] == "").to_numpy()
    inner &= open_land[edges].all(axis=1)
    edges, length_m = edges[inner], length_m[inner]
    land = _settled(label, label < 0, edges, length_m, jurisdiction)
    weight = np.where(land == label, cells["buildings"].to_numpy(np.float64), 0.0)
    while True:
        stray = minor_parts(land, edges, weight, STRAY_SHARE) & (land >= 0)
        new = rehomed(land, stray, edges, length_m, jurisdiction)
        if np.array_equal(new, land):
            break
        land, weight = new, np.where(new == label, weight, 0.0)
    if (land < 0).any():  # an island without a group: the first group of the jurisdiction takes it
        for i in np.flatnonzero(land < 0):
            land[i] = label[(jurisdiction == jurisdiction[i]) & (label >= 0)].min()
    return land, (label >= 0) & (land != label)


def _settled(
    label: NDArray[np.int64],
    stray: NDArray[np.bool_],
    edges: NDArray[np.int64],
    length_m: NDArray[np.float64],
    room: NDArray[np.int64],
) -> NDArray[np.int64]:
    while True:
        new = rehomed(label, stray, edges, length_m, room)
        if np.array_equal(new, label):
            return label
        label, stray = new, new < 0


def _frame(
    cells: gpd.GeoDataFrame,
    groups: pd.Index,
    land: NDArray[np.int64],
    people: NDArray[np.int64],
    members: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    shapes = dissolved(np.asarray(cells.geometry.values, dtype=object), land, len(groups))
    households = members["households"] if "households" in members else pd.Series(0, index=members.index)
    named = [str(k).split("\x1f") for k in groups]
    is_dedicated = [name.startswith("!") for _, name in named]
    names = [name.removeprefix("!") for _, name in named]
    return gpd.GeoDataFrame(
        {
            "name": names,
            "households": np.bincount(people, households.fillna(0), len(groups)).astype(np.int64),
            "jurisdiction": [code for code, _ in named],
            "kind": ["cell" if d else "group" for d in is_dedicated],
            "compound": "",
            "dedicated": [n if d else "" for n, d in zip(names, is_dedicated, strict=True)],
            "buildings": np.bincount(people, minlength=len(groups)).astype(np.int64),
            "premises": 0,
        },
        geometry=list(shapes),
        index=pd.Index([f"{code}-{name}" for (code, _), name in zip(named, names, strict=True)], name="unit_id"),
        crs=cells.crs,
    )
