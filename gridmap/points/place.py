"""Which grid and which jurisdiction hold a point, in the plan that is asked.

Nothing about this is kept in the record: a point stays where it is, the grids around it change with the plan.
"""

from __future__ import annotations

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.measure.within import distance_to_nearest, first_holding
from gridmap.model.plan import Plan

#: Columns of :func:`place_points` in order.
PLACE_COLUMNS: Final = ("grid", "jurisdiction", "unit", "distance_m")


def place_points(points: gpd.GeoDataFrame, plan: Plan) -> pd.DataFrame:
    """Where each point lies in a plan.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        n records of the register ``point``, in the CRS of the units of `plan`; without rows, the CRS may be missing.
    plan : Plan
        Any version of the town's plan.

    Returns
    -------
    pandas.DataFrame
        Index of the records; columns :data:`PLACE_COLUMNS`. ``grid`` is the code of the grid whose unit holds the
        point, "" outside and in a unit without a grid. ``jurisdiction`` is that of the unit, or, between units, the
        one whose polygon holds the point; "" outside the town. ``unit`` is the id of the unit, "" for none.
        ``distance_m`` is the distance to the nearest jurisdiction, 0 inside; NaN for a record without a place.

    Raises
    ------
    InvalidInput
        If the points have another CRS than the units, or a place is no point.

    Notes
    -----
    A point on a border that units (or jurisdictions) share belongs to the first of them in the order of the plan's
    units (jurisdictions), so that the answer does not depend on how points are ordered.
    """
    places = _places(points, plan)
    units, jurisdictions = plan.units, plan.units.jurisdictions
    outlines = np.asarray(jurisdictions.geometry.values, dtype=object)
    unit = first_holding(places, units.polygons)
    home = first_holding(places, outlines)
    distance = distance_to_nearest(places, outlines, home)
    home = np.where(unit >= 0, np.append(units.jurisdiction_of, -1)[unit], home)
    columns: dict[str, NDArray[Any]] = {
        "grid": np.append(plan.code_of_unit(), "")[unit],
        "jurisdiction": np.append(jurisdictions.index.to_numpy(object), "")[home],
        "unit": np.append(units.frame.index.to_numpy(object), "")[unit],
        "distance_m": distance,
    }
    # Series of a stated type: left to itself, pandas makes other text columns of empty and of full ones
    return pd.DataFrame({k: pd.Series(v, index=points.index, dtype=v.dtype) for k, v in columns.items()})


def _places(points: gpd.GeoDataFrame, plan: Plan) -> NDArray[np.object_]:
    wanted = plan.units.frame.crs
    if len(points) and points.crs != wanted:
        got = "no CRS" if points.crs is None else points.crs.name
        raise InvalidInput(
            f"points must have the CRS of the plan's units, {wanted.name}; got {got}. "
            "Convert them first: points.to_crs(plan.units.frame.crs)",
            f"点位的坐标系须与方案单元一致（{wanted.name}），现为 {'未注明' if points.crs is None else got}；"
            "请先换算：points.to_crs(plan.units.frame.crs)。",
        )
    places = np.asarray(points.geometry.values, dtype=object)
    wrong = ~np.isin(shapely.get_type_id(places), (-1, int(shapely.GeometryType.POINT)))
    if wrong.any():
        which = points.index[wrong]
        raise InvalidInput(
            f"the place of a point must be a point, not a line or a polygon: {first_ten(which)}",
            f"点位的位置必须是点，不能是线或面：{first_ten_zh(which)}。",
        )
    return places
