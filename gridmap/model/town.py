"""A town as it was read: its units with everything that is drawn around them."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd

from gridmap.model.units import Units


@dataclass(frozen=True, eq=False)
class Survey:
    """What was read from a town's own files: cleaned, in one work CRS, with our column names, not yet units.

    Attributes
    ----------
    jurisdictions : geopandas.GeoDataFrame
        Index code; columns ``name``, ``kind`` (one of ``JURISDICTION_KINDS``), ``geometry``.
    units : geopandas.GeoDataFrame or None
        Polygons that are units as they are (villager groups, blocks, parcels): the columns of
        ``Units.frame``, index unit id.
    buildings : geopandas.GeoDataFrame or None
        Points or footprints from which cells have still to be made: index unit id; columns
        ``households``, ``jurisdiction``, ``compound``, ``group`` (villager group, "" where none), ``name``.
    barriers, premises, context, name, source, date, is_synthetic
        As in :class:`Town`.
    has_households : bool
        False when no household counts were found at all.
    """

    jurisdictions: gpd.GeoDataFrame
    units: gpd.GeoDataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None
    barriers: gpd.GeoDataFrame | None = None
    premises: gpd.GeoDataFrame | None = None
    context: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    has_households: bool = True
    name: str = ""
    source: str = ""
    date: str = ""
    is_synthetic: bool = False


@dataclass(frozen=True, eq=False)
class Town:
    """Units and the layers beside them, all in the CRS of the units.

    Attributes
    ----------
    units : Units
    barriers : geopandas.GeoDataFrame or None
        Lines (or polygons, whose outline counts) that grids should not cross; columns ``kind``
        (road, river, railway, wall, dike), ``name``.
    premises : geopandas.GeoDataFrame or None
        Enterprises, shops, malls as points or polygons; columns ``premises_id``, ``name``, ``kind``.
    context : mapping of str to geopandas.GeoDataFrame
        Layers only for drawing: ``roads`` (``road_class`` 1 trunk … 4 lane, ``name``), ``water``,
        ``green``, ``buildings``.
    name : str
        The town's name, for titles.
    source, date : str
        Where the data come from and of which day (ISO), for the foot of every map.
    is_synthetic : bool
        True when the data are made up; every map then says so.
    """

    units: Units
    barriers: gpd.GeoDataFrame | None = None
    premises: gpd.GeoDataFrame | None = None
    context: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    name: str = ""
    source: str = ""
    date: str = ""
    is_synthetic: bool = False
