"""Which grid held a point on a day."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import shapely
import sqlalchemy as sa
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from gridmap.errors import InvalidInput
from gridmap.storage.connect import Store
from gridmap.storage.rows import raw
from gridmap.storage.schema import UnitSetRow


class Held(NamedTuple):
    """The grid that held a point, by the plan then in force.

    Attributes
    ----------
    town, plan : str
    since, until : date, date or None
        The days of the plan: from, and first day no more.
    jurisdiction, jurisdiction_name : str
    unit_id : str
    grid_code : str
        "" for a unit without a grid.
    """

    town: str
    plan: str
    since: date
    until: date | None
    jurisdiction: str
    jurisdiction_name: str
    unit_id: str
    grid_code: str


def grid_at(store: Store, x: float, y: float, on: date | None = None, *, crs: str = "EPSG:4326") -> list[Held]:
    """The grids that held a point on a day: one, or the neighbours of a border on which the point lies.

    Parameters
    ----------
    store : Store
    x, y : float
        Longitude and latitude, or easting and northing: x before y in every CRS.
    on : date, optional
        The day; today, by the clock of the database, without it.
    crs : str
        The CRS of the point.

    Returns
    -------
    list of Held
        Empty where no plan was in force there on that day.

    Raises
    ------
    InvalidInput
        If the CRS is unknown or the point has no place in it.
    StoreError
        If the database cannot be reached.
    """
    try:
        given = CRS.from_user_input(crs)
    except CRSError as error:
        raise InvalidInput(
            f"no such CRS: {crs}; give one as EPSG:4490", f"没有坐标系 {crs}；请写成 EPSG:4490。"
        ) from error
    found: dict[tuple[int, str], Held] = {}
    with store.read() as connection:
        for srid, text in connection.execute(sa.select(UnitSetRow.srid, UnitSetRow.crs).distinct()).all():
            at = Transformer.from_crs(given, CRS.from_user_input(text), always_xy=True).transform(x, y)
            if not all(abs(v) < float("inf") for v in at):
                raise InvalidInput(
                    f"the point {x}, {y} has no place in {given.name}; x (longitude) comes before y (latitude)",
                    f"点 {x}、{y} 不在 {given.name} 的范围内；先写 x（经度），后写 y（纬度）。",
                )
            point = shapely.to_wkb(shapely.set_srid(shapely.Point(at), srid), include_srid=True)
            rows = raw(connection).execute(
                "SELECT plan_id, town, plan, lower(in_force), upper(in_force), jurisdiction, jurisdiction_name,"
                " unit_id, coalesce(grid_code, '') FROM gridmap.grid_at(%s::bytea, coalesce(%s::date, CURRENT_DATE))"
                " ORDER BY plan_id, unit_id",
                (point, on),
            )
            found |= {(row[0], row[7]): Held(*row[1:]) for row in rows}
    return list(found.values())
