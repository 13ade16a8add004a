"""A survey becomes a town: polygons that are units stay, buildings become cells or villager groups."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.cells import notes
from gridmap.cells.build import remarks, tessellate
from gridmap.cells.groups import join_groups
from gridmap.cells.place import placed
from gridmap.cells.premises import dedicated_sites, unit_at, with_dedicated, with_premises
from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.rules import Rules
from gridmap.model.text import Text
from gridmap.model.town import Survey, Town
from gridmap.model.units import UNIT_COLUMNS, Units


def build_town(survey: Survey, rules: Rules) -> tuple[Town, list[Text]]:
    """Units of a town from what was read.

    Jurisdictions with polygon units keep them as they are. In the others every building gets a cell;
    in villages whose buildings name their group the cells are joined to groups. Premises are counted
    in their unit; those of a kind in ``rules.dedicated_kinds`` get a unit of a dedicated grid.

    Parameters
    ----------
    survey : Survey
        In one projected CRS in metres.
    rules : Rules
        Say which barriers count and which premises may be dedicated.

    Returns
    -------
    town : Town
        With the barriers that count.
    notes : list of Text
        What was noteworthy, a sentence each.

    Raises
    ------
    InvalidInput
        If there are neither units nor buildings, ids of units and buildings collide, or buildings
        cannot be used (see :func:`gridmap.cells.build.build_cells`).
    InvalidUnits
        If the units break a promise of :class:`gridmap.Units`.
    """
    barriers = counted_barriers(survey.barriers, rules)
    frames, said = [], []
    given = survey.units
    sites = None
    if survey.premises is not None and len(survey.premises):
        taken = survey.buildings.index if survey.buildings is not None else pd.Index([])
        sites = dedicated_sites(survey.premises, rules, taken)
    if given is not None and len(given):
        polygons, about_units = _polygon_units(survey, given, sites)
        frames.append(polygons)
        said += about_units
    cells, about_cells = _made_units(survey, sites, barriers)
    said += about_cells
    if cells is not None:
        frames.append(cells)
    if not frames:
        raise InvalidInput(
            "a town needs polygon units, or buildings to make cells of; got neither",
            "需要单元面图层，或用于生成单元的建筑图层；两者都没有。",
        )
    frame = gpd.GeoDataFrame(pd.concat(frames), crs=survey.jurisdictions.crs)
    if frame.index.has_duplicates:
        twice = frame.index[frame.index.duplicated()].unique()
        raise InvalidInput(
            f"ids of units and of buildings must differ; both have {first_ten(twice)}",
            f"单元与建筑的编号不能相同：{first_ten_zh(twice)}。",
        )
    frame = _filled(frame)
    if survey.premises is not None and len(survey.premises):
        frame, about_premises = with_premises(frame, survey.premises)
        said += about_premises + _about_dedicated(frame)
    said += _about_jurisdictions(survey, frame)
    context = dict(survey.context)
    if survey.buildings is not None and "buildings" not in context:
        context["buildings"] = survey.buildings[["geometry"]]
    town = Town(
        units=Units(frame, survey.jurisdictions, survey.has_households),
        barriers=barriers,
        premises=survey.premises,
        context=context,
        name=survey.name,
        source=survey.source,
        date=survey.date,
        is_synthetic=survey.is_synthetic,
    )
    return town, said


def counted_barriers(barriers: gpd.GeoDataFrame | None, rules: Rules) -> gpd.GeoDataFrame | None:
    """The barriers that count under the rules: of a kind among them, roads of their class or heavier.

    A barrier without a kind counts, and so does a road without a class: they were given as barriers.

    Parameters
    ----------
    barriers : geopandas.GeoDataFrame or None
        Columns ``kind`` and ``road_class``, where present, decide.
    rules : Rules
    """
    if barriers is None:
        return None
    counts = np.ones(len(barriers), dtype=np.bool_)
    if "kind" in barriers:
        kind = barriers["kind"].fillna("")
        counts &= (kind.isin(rules.barrier_kinds) | (kind == "")).to_numpy(dtype=np.bool_)
        if "road_class" in barriers:
            light = pd.to_numeric(barriers["road_class"]).to_numpy(np.float64) > rules.barrier_road_class
            counts &= ~(light & (kind == "road").to_numpy(dtype=np.bool_))
    return barriers[counts]


def _polygon_units(
    survey: Survey, given: gpd.GeoDataFrame, sites: gpd.GeoDataFrame | None
) -> tuple[gpd.GeoDataFrame, list[Text]]:
    units = _filled(given)
    if survey.buildings is not None and not units["buildings"].any():
        spots = shapely.point_on_surface(np.asarray(survey.buildings.geometry.values, dtype=object))
        unit = unit_at(spots, units)
        units["buildings"] = np.bincount(unit[unit >= 0], minlength=len(units)).astype(np.int64)
    if sites is None or sites.empty:
        return units, []
    return with_dedicated(units, sites)


def _made_units(
    survey: Survey, sites: gpd.GeoDataFrame | None, barriers: gpd.GeoDataFrame | None
) -> tuple[gpd.GeoDataFrame | None, list[Text]]:
    """Cells and groups of the jurisdictions that have buildings and no polygon units."""
    if survey.buildings is None or survey.buildings.empty:
        return None, []
    drawn = survey.buildings
    if sites is not None and len(sites):
        drawn = gpd.GeoDataFrame(pd.concat([drawn, sites]), crs=drawn.crs)
        for column in ("jurisdiction", "compound", "group", "name", "dedicated"):
            drawn[column] = drawn[column].fillna("") if column in drawn else ""
    home, _, _ = placed(drawn, survey.jurisdictions)
    has_units = np.zeros(len(survey.jurisdictions), dtype=np.bool_)
    if survey.units is not None:
        has_units = survey.jurisdictions.index.isin(survey.units["jurisdiction"])
    is_mine = np.append(~has_units, [True])[home]  # buildings that lie nowhere are told of, too
    held = np.bincount(home[home >= 0], minlength=len(has_units)) > 0
    jurisdictions = survey.jurisdictions[~has_units & held]
    if jurisdictions.empty:
        return None, []
    tessellation = tessellate(drawn[is_mine], jurisdictions, barriers)
    villages = list(jurisdictions.index[jurisdictions["kind"] == "village"])
    if "group" not in drawn:
        drawn = drawn.assign(group="")
    units, about_groups = join_groups(tessellation, drawn, villages)
    grouped = set(units.loc[units["kind"] == "group", "jurisdiction"])
    is_cell = ~tessellation.cells["jurisdiction"].isin(grouped)
    about_cells = remarks(tessellation, is_cell.to_numpy(dtype=np.bool_))
    return units, tessellation.placing + about_cells + about_groups


def _filled(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The units with the columns that they lack, and without empty values in them."""
    filled = units.copy()
    for column, default in UNIT_COLUMNS.items():
        if default is None:
            continue
        filled[column] = filled[column].fillna(default) if column in filled else default
    return filled


def _about_dedicated(units: gpd.GeoDataFrame) -> list[Text]:
    own = units[units["dedicated"] != ""]
    if own.empty:
        return []
    said = [notes.dedicated(list(own["dedicated"].unique()))]
    lived_in = own[own["households"] > 0]
    if len(lived_in):
        said.append(
            notes.dedicated_with_households(list(lived_in["dedicated"].unique()), int(lived_in["households"].sum()))
        )
    return said


def _about_jurisdictions(survey: Survey, units: gpd.GeoDataFrame) -> list[Text]:
    said = []
    areas = survey.jurisdictions
    several = areas.index[shapely.get_num_geometries(areas.geometry.values) > 1]
    if len(several):
        said.append(notes.islands(list(several)))
    bare = areas.index[~areas.index.isin(units["jurisdiction"])]
    if len(bare):
        said.append(notes.without_units(list(bare)))
    return said
