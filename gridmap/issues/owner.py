"""Who owns an issue: the grid that held its place by the plan in force when it was reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.errors import InvalidInput
from gridmap.issues.recut import places_in
from gridmap.measure.within import first_holding
from gridmap.model.issues import Issues
from gridmap.model.plan import Plan

#: Columns that an owner fills in.
_OWNER = ("grid", "jurisdiction", "unit", "plan", "plan_version", "place_state")


@dataclass(frozen=True, eq=False)
class Tenure:
    """A version of a plan and the days on which it was in force.

    Attributes
    ----------
    name : str
        Of the plan.
    version : int
    since : date
        Its first day.
    until : date or None
        The first day on which it was in force no more; None where no end is known.
    plan : Plan

    Raises
    ------
    InvalidInput
        If it ends before it begins.
    """

    name: str
    version: int
    since: date
    until: date | None
    plan: Plan

    def __post_init__(self) -> None:
        if self.until is not None and self.until < self.since:
            raise InvalidInput(
                f"plan {self.name}: in force since {self.since}, until {self.until}; the end cannot lie before",
                f"方案「{self.name}」：{self.since} 起生效，{self.until} 止；止期不能早于起期。",
            )


def own_issues(issues: Issues, tenures: Sequence[Tenure]) -> Issues:
    """Fill in who owns each issue: ``grid``, ``jurisdiction``, ``unit``, ``plan``, ``plan_version``.

    Parameters
    ----------
    issues : Issues
        Places in any CRS; ``grid`` and ``jurisdiction`` may hold what a ledger wrote.
    tenures : sequence of Tenure
        In any order. The plan of an issue is the one in force on the day it was reported; of several the one that
        began last. On a day without one it is the plan that was in force last, and before the first plan the first:
        somebody answers for every place. Without tenures, and without a time of report, what was written stays.

    Returns
    -------
    Issues
        New ones. A place that is usable decides: the grid whose unit holds it, the jurisdiction of the unit, or,
        between units, the jurisdiction alone. Its ``place_state`` becomes ``outside`` where no jurisdiction of the
        plan holds it, and ``ok`` where one does; ``default`` and ``none`` stay. Without a usable place, the grid
        written decides where the plan has it; else the jurisdiction written, where the plan has it; else "".

    Raises
    ------
    MissingCrs
        If places that are usable have no CRS.

    Notes
    -----
    A place on a border belongs to the first unit in the order of the plan
    (:func:`gridmap.measure.within.first_holding`), as points do.
    """
    frame = issues.frame
    values: dict[str, NDArray[Any]] = {name: frame[name].to_numpy().copy() for name in _OWNER}
    places = np.asarray(frame.geometry.values, dtype=object)
    ordered = sorted(tenures, key=lambda t: t.since)
    holder = _tenure_of(frame["reported_at"], ordered)
    for n, tenure in enumerate(ordered):
        at = np.flatnonzero(holder == n)
        if len(at):
            owned = _owned(frame.iloc[at], places[at], tenure.plan)
            for name, column in owned.items():
                values[name][at] = column
            values["plan"][at], values["plan_version"][at] = tenure.name, tenure.version
    columns = {name: pd.Series(v, index=frame.index, dtype=v.dtype) for name, v in values.items()}
    return Issues(frame.assign(**columns), issues.is_synthetic)


def _tenure_of(reported_at: pd.Series, ordered: Sequence[Tenure]) -> NDArray[np.int64]:
    """Position of the tenure of each issue, −1 for none, (n,)."""
    days, day_of = np.unique(reported_at.to_numpy().astype("datetime64[D]"), return_inverse=True)
    chosen = np.full(len(days), -1, dtype=np.int64)
    for i, day in enumerate(days):
        if ordered and not np.isnat(day):
            chosen[i] = _in_force(day.item(), ordered)
    return chosen[day_of]


def _in_force(day: date, ordered: Sequence[Tenure]) -> int:
    begun = [n for n, t in enumerate(ordered) if t.since <= day]
    held = [n for n in begun if (until := ordered[n].until) is None or until > day]
    if held:
        return held[-1]
    return max(begun, key=lambda n: (ordered[n].until or date.max, n)) if begun else 0


def _owned(frame: gpd.GeoDataFrame, places: NDArray[np.object_], plan: Plan) -> dict[str, NDArray[Any]]:
    units, jurisdictions = plan.units, plan.units.jurisdictions
    state = frame["place_state"].to_numpy(object)
    at = np.flatnonzero(np.isin(state, ("ok", "outside")) & ~shapely.is_missing(places))
    unit, home = _held(places_in(frame.iloc[at], units.frame.crs), plan)
    is_in = np.zeros(len(frame), dtype=bool)
    is_in[at] = home >= 0
    grid, place, unit_id = _written(frame, plan)
    inside = at[home >= 0]
    grid[inside] = np.append(plan.code_of_unit(), "")[unit[home >= 0]]
    place[inside] = jurisdictions.index.to_numpy(object)[home[home >= 0]]
    unit_id[inside] = np.append(units.frame.index.to_numpy(object), "")[unit[home >= 0]]
    judged = np.where(is_in, "ok", np.where(shapely.is_missing(places), "none", "outside")).astype(object)
    judged = np.where(np.isin(state, ("ok", "outside")), judged, state)
    return {"grid": grid, "jurisdiction": place, "unit": unit_id, "place_state": judged}


def _held(shapes: NDArray[np.object_], plan: Plan) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of the unit and of the jurisdiction of each place, −1 for none."""
    unit = first_holding(shapes, plan.units.polygons)
    home = np.append(plan.units.jurisdiction_of, -1)[unit]
    between = np.flatnonzero(unit < 0)  # the outlines have many corners: only these are laid over them
    outlines = np.asarray(plan.units.jurisdictions.geometry.values, dtype=object)
    home[between] = first_holding(shapes[between], outlines)
    return unit, home


def _written(frame: pd.DataFrame, plan: Plan) -> tuple[NDArray[np.object_], NDArray[np.object_], NDArray[np.object_]]:
    grid = frame["grid"].where(frame["grid"].isin(plan.codes), "").to_numpy(object)
    known = frame["jurisdiction"].isin(plan.units.jurisdictions.index)
    named = frame["jurisdiction"].where(known, "").to_numpy(object)
    home = pd.Series(grid, dtype=object).map(plan.home_of_grid).fillna("").to_numpy(object)
    unit = np.full(len(frame), "", dtype=object)
    return grid.copy(), np.where(grid != "", home, named).astype(object), unit
