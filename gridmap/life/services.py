"""Services brought into the grids: departments × items × places; and the menu that a grid orders from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from gridmap.errors import InvalidPlan
from gridmap.life.place import looked_up, point_grids
from gridmap.model.plan import Plan
from gridmap.model.records import Records, is_current

#: How an offer reaches a grid, the nearest first.
WAYS: Final = ("grid", "point", "jurisdiction", "town")


def offers_on(records: Records, day: date) -> pd.DataFrame:
    """The offers that hold on a day: begun by then (or with no date), not yet ended."""
    offers = records.of("service_offer")
    return offers[is_current(offers, day, since="since", until="until")]


def departments(records: Records, day: date) -> tuple[str, ...]:
    """The departments that offer something on a day, in the order in which they were recorded."""
    return tuple(offers_on(records, day)["department"].unique())


def service_items(records: Records, day: date) -> pd.DataFrame:
    """The items of the service menu and who offers them on a day.

    Parameters
    ----------
    records : Records
    day : date

    Returns
    -------
    DataFrame
        Index item id, in the order of the menu: ``title``, ``category``, ``detail``, ``departments``, ``offers``
        (int64); items that nobody offers stand with 0.
    """
    menu = records.of("service_item").set_index("item_id")[["title", "category", "detail"]]
    by_item = offers_on(records, day).groupby("item_id")
    counted = pd.DataFrame({"departments": by_item["department"].nunique(), "offers": by_item.size()})
    counted = counted.reindex(menu.index).fillna(0).astype(np.int64)
    return menu.join(counted)


def department_items(records: Records, day: date) -> pd.DataFrame:
    """Departments × items: how many offers there are on a day.

    Parameters
    ----------
    records : Records
    day : date

    Returns
    -------
    DataFrame
        Index department, in the order of recording; one column (int64) for each item of the menu, in its order.
        Offers of items that the menu does not have are left out (and are a finding).
    """
    offers = offers_on(records, day)
    counted = offers.groupby(["department", "item_id"]).size().unstack(fill_value=0)
    matrix = counted.reindex(index=list(departments(records, day)), columns=records.of("service_item")["item_id"])
    return matrix.fillna(0).astype(np.int64).rename_axis(index="department", columns="item_id")


def reach_of_offers(
    records: Records, plan: Plan, day: date, *, grid_of_point: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Which offers reach which grids on a day, and how.

    The nearest place that an offer names decides: its grid; else the grid of its point; else every grid of its
    jurisdiction; one that names none of them is for the whole town. An offer at a point that is not known, or outside
    the grids, reaches none.

    Parameters
    ----------
    records : Records
    plan : Plan
    day : date
    grid_of_point : mapping of str to str, optional
        Id of a point → code of the grid in which it lies; without it the grid that the register of points names.

    Returns
    -------
    DataFrame
        One row an offer and grid: ``grid``, ``way`` (one of :data:`WAYS`), ``offer_id``, ``department``, ``item_id``,
        ``point_id``, ``recurrence``, ``hours``; by the order of the plan, then of the register.
    """
    of_point = point_grids(records) if grid_of_point is None else grid_of_point
    offers = offers_on(records, day)
    named = [offers["grid"] != "", offers["point_id"] != "", offers["jurisdiction"] != ""]
    way = pd.Series(np.select(named, WAYS[:3], default=WAYS[3]), index=offers.index, dtype=object)
    offers = offers.rename(columns={"grid": "own"}).assign(way=way, turn=np.arange(len(offers)))
    homes = pd.DataFrame({"grid": list(plan.codes), "jurisdiction": plan.jurisdiction_of_grid}, dtype=object)
    homes["place"] = np.arange(len(homes))
    at = offers["own"].where(way == "grid", looked_up(offers["point_id"], of_point)).astype(object)
    one = offers[way.isin(["grid", "point"])].assign(grid=at).drop(columns="jurisdiction")
    parts = [
        one.merge(homes[["grid", "place"]], on="grid"),
        offers[way == "jurisdiction"].merge(homes, on="jurisdiction"),
        offers[way == "town"].drop(columns="jurisdiction").merge(homes[["grid", "place"]], how="cross"),
    ]
    columns = ["grid", "way", "offer_id", "department", "item_id", "point_id", "recurrence", "hours"]
    return pd.concat(parts).sort_values(["place", "turn"])[columns].reset_index(drop=True)


def offers_of_grid(
    records: Records, plan: Plan, grid: str, day: date, *, grid_of_point: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """The offers that reach a grid on a day, as :func:`reach_of_offers` tells them, without the grid.

    Parameters
    ----------
    records : Records
    plan : Plan
    grid : str
        Code of a grid of the plan.
    day : date
    grid_of_point : mapping of str to str, optional
        As in :func:`reach_of_offers`.

    Raises
    ------
    InvalidPlan
        If the plan has no such grid.
    """
    if grid not in plan.codes:
        raise InvalidPlan(f"no such grid: {grid}", f"方案中没有网格 {grid}。")
    reach = reach_of_offers(records, plan, day, grid_of_point=grid_of_point)
    return reach[reach["grid"] == grid].drop(columns="grid").reset_index(drop=True)


def menu_of(
    records: Records, plan: Plan, grid: str, day: date, *, grid_of_point: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """What the people of a grid can order on a day.

    Parameters
    ----------
    records : Records
    plan : Plan
    grid : str
        Code of a grid of the plan.
    day : date
    grid_of_point : mapping of str to str, optional
        As in :func:`reach_of_offers`.

    Returns
    -------
    DataFrame
        Index item id, in the order of the menu: ``title``, ``category``, ``departments``, ``times`` (recurrence and
        hours as written), ``ways`` (tuples of text, each once).

    Raises
    ------
    InvalidPlan
        If the plan has no such grid.
    """
    offers = offers_of_grid(records, plan, grid, day, grid_of_point=grid_of_point)
    offers = offers.assign(times=(offers["recurrence"] + " " + offers["hours"]).str.strip().astype(object))
    menu = records.of("service_item").set_index("item_id")[["title", "category"]]
    menu = menu[menu.index.isin(offers["item_id"])]
    for column, source in (("departments", "department"), ("times", "times"), ("ways", "way")):
        told: dict[str, list[str]] = {item: [] for item in menu.index}
        for item, text in zip(offers["item_id"], offers[source], strict=True):
            if text and item in told:
                told[item].append(text)
        menu[column] = pd.Series([tuple(dict.fromkeys(texts)) for texts in told.values()], menu.index, dtype=object)
    return menu


def services_of_grids(
    records: Records, plan: Plan, day: date, *, grid_of_point: Mapping[str, str] | None = None
) -> pd.Series:
    """How many different items are on offer in each grid on a day (int64), index grid code."""
    reach = reach_of_offers(records, plan, day, grid_of_point=grid_of_point)
    counted = reach.groupby("grid")["item_id"].nunique().reindex(list(plan.codes), fill_value=0)
    return counted.astype(np.int64).rename("services").rename_axis("grid_code")
