"""Which grid held a point on a day."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import shapely
import sqlalchemy as sa
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from gridmap.errors import InvalidInput
from gridmap.storage.connect import Store
from gridmap.storage.rows import raw


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
    given = named_crs(crs)
    if given.is_geographic and not (-180 <= x <= 180 and -90 <= y <= 90):
        raise _no_place(x, y, given)
    found: list[Held] = []
    n_plans, n_reached = 0, 0
    with store.read() as connection:
        plans = connection.execute(
            sa.text(
                "SELECT p.id, s.srid, s.crs FROM gridmap.plan p JOIN gridmap.unit_set s ON s.id = p.unit_set_id"
                " WHERE p.in_force @> coalesce(CAST(:day AS date), CURRENT_DATE) ORDER BY p.id"
            ),
            {"day": on},
        ).all()
        for plan_id, srid, text in plans:
            n_plans += 1
            at = _moved(x, y, given, CRS.from_user_input(text))
            if at is None:  # a town elsewhere, whose CRS does not reach the point
                continue
            n_reached += 1
            point = shapely.to_wkb(shapely.set_srid(shapely.Point(at), srid), include_srid=True)
            rows = raw(connection).execute(
                "SELECT town, plan, lower(in_force), upper(in_force), jurisdiction, jurisdiction_name, unit_id,"
                " coalesce(grid_code, '') FROM gridmap.grid_at(%s::bytea, coalesce(%s::date, CURRENT_DATE), %s)"
                " ORDER BY unit_id",
                (point, on, plan_id),
            )
            found += [Held(*row) for row in rows]
    if n_plans and not n_reached:
        raise _no_place(x, y, given)
    return found


def named_crs(text: str | CRS) -> CRS:
    """A CRS by its name or code; one that is a CRS already as it is.

    Raises
    ------
    InvalidInput
        If there is none.
    """
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise InvalidInput(
            f"no such CRS: {text}; give one as EPSG:4490", f"没有坐标系 {text}；请写成 EPSG:4490。"
        ) from error


def _no_place(x: float, y: float, given: CRS) -> InvalidInput:
    return InvalidInput(
        f"the point {x}, {y} has no place in {given.name}; x (longitude) comes before y (latitude)",
        f"点 {x}、{y} 不在 {given.name} 的范围内；先写 x（经度），后写 y（纬度）。",
    )


def _moved(x: float, y: float, given: CRS, to: CRS) -> tuple[float, float] | None:
    """The point in another CRS, None where that has no place for it."""
    try:
        at = Transformer.from_crs(given, to, always_xy=True).transform(x, y)
    except ProjError:
        return None
    return at if all(abs(v) < float("inf") for v in at) else None
