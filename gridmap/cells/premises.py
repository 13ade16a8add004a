"""Enterprises, shops and malls: counted in the unit they lie in, or units of a dedicated grid (R12)."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.cells import notes
from gridmap.model.rules import Rules
from gridmap.model.text import Text

#: A unit of which premises cover at least this share is theirs. Our decision: the larger half.
OWN_SHARE = 0.5


def dedicated_sites(premises: gpd.GeoDataFrame, rules: Rules, taken: pd.Index) -> gpd.GeoDataFrame:
    """Premises that may be a dedicated grid, as buildings to draw cells around.

    Parameters
    ----------
    premises : geopandas.GeoDataFrame
        Columns ``premises_id``, ``name``, ``kind``; points or polygons in metres.
    rules : Rules
        Its ``dedicated_kinds`` decide.
    taken : pandas.Index
        Ids of buildings; a premises that has the id of one gets another.

    Returns
    -------
    geopandas.GeoDataFrame
        Index id; columns name, dedicated, households (0), geometry.
    """
    chosen = premises[premises["kind"].isin(rules.dedicated_kinds)]
    ids = chosen["premises_id"].astype(str)
    names = chosen["name"].fillna("").astype(str)
    names = names.where(names != "", ids)
    return gpd.GeoDataFrame(
        {"name": names.to_numpy(object), "dedicated": names.to_numpy(object), "households": 0},
        geometry=np.asarray(chosen.geometry.values, dtype=object),
        index=pd.Index([f"premises-{i}" if i in taken else i for i in ids], dtype=object),
        crs=premises.crs,
    )


def with_dedicated(units: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Text]]:
    """Polygon units with those marked that are a dedicated site's own.

    Units that exist already are not cut. One without households in which the site lies, or of which
    it covers at least half, becomes a unit of the dedicated grid; in any other the site stays a guest.

    Parameters
    ----------
    units : geopandas.GeoDataFrame
        The columns of ``Units.frame``.
    sites : geopandas.GeoDataFrame
        As :func:`dedicated_sites` returns them.
    """
    shapes = np.asarray(units.geometry.values, dtype=object)
    at, unit = shapely.STRtree(shapes).query(np.asarray(sites.geometry.values, dtype=object), predicate="intersects")
    areas = np.asarray(sites.geometry.values, dtype=object)
    covered = shapely.area(shapely.intersection(areas[at], shapes[unit])) / shapely.area(shapes[unit])
    inner = shapely.covers(shapes[unit], shapely.point_on_surface(areas[at]))
    bare = units["households"].to_numpy(np.int64)[unit] == 0
    own = (covered >= OWN_SHARE) | (inner & bare)
    marked = units.copy()
    column = marked["dedicated"].to_numpy(object).copy()
    names = sites["dedicated"].to_numpy(object)
    column[unit[own]] = names[at[own]]
    marked["dedicated"] = column
    guests = np.setdiff1d(at[inner], at[own])
    return marked, [notes.not_dedicated(list(names[guests]))] if len(guests) else []


def with_premises(units: gpd.GeoDataFrame, premises: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Text]]:
    """The units with the number of premises in each, by a point inside every premises.

    Parameters
    ----------
    units : geopandas.GeoDataFrame
        The columns of ``Units.frame``.
    premises : geopandas.GeoDataFrame
        Columns ``premises_id``, ``name``, ``kind``; in the same CRS.
    """
    spots = shapely.point_on_surface(np.asarray(premises.geometry.values, dtype=object))
    unit = unit_at(spots, units)
    counted = units.copy()
    counted["premises"] = np.bincount(unit[unit >= 0], minlength=len(units)).astype(np.int64)
    lost = premises.loc[unit < 0, "premises_id"].astype(str)
    return counted, [notes.premises_outside(list(lost))] if len(lost) else []


def unit_at(spots: NDArray[np.object_], units: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Position of the unit in which each point lies, (p,); the first on a border, −1 for none."""
    at, unit = shapely.STRtree(np.asarray(units.geometry.values, dtype=object)).query(spots, predicate="intersects")
    found = np.full(len(spots), len(units), dtype=np.int64)
    np.minimum.at(found, at, unit)
    return np.where(found < len(units), found, -1)
