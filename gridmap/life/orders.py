"""Orders from the service menu (点单): what was fulfilled, how soon, how well, and what nobody could give."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

import numpy as np
import pandas as pd

from gridmap.errors import InvalidInput
from gridmap.life.place import looked_up
from gridmap.model.records import Records

By = Literal["item_id", "department", "grid"]
#: What still waits for somebody.
OPEN: Final = ("ordered", "accepted")
_BY: Final = ("item_id", "department", "grid")


def orders_of(records: Records, first: date, last: date, *, by: By, day: date) -> pd.DataFrame:
    """The orders of a period, counted by item, department or grid.

    Parameters
    ----------
    records : Records
    first, last : date
        Of ordering, both counted.
    by : {"item_id", "department", "grid"}
    day : date
        On which it is asked what is overdue.

    Returns
    -------
    DataFrame
        Index a value of `by`, ascending ("" for orders without a department): ``orders``, ``fulfilled``, ``open``,
        ``declined``, ``cancelled`` (int64); ``share_fulfilled`` of those not cancelled, 0 … 1, NaN where all were;
        ``median_days`` from order to fulfilment, over the fulfilled ones with a day (NaN where none); ``overdue``
        (int64); ``mean_rating`` of the ratings of 1 to 5 (NaN where none); ``people`` (int64).

    Raises
    ------
    InvalidInput
        If `last` is before `first`, or `by` is none of the three.
    """
    if by not in _BY:
        raise InvalidInput(
            f"orders are counted by {', '.join(_BY)}; got {by!r}", f"点单按 {'、'.join(_BY)} 统计；得到 {by!r}。"
        )
    orders = _ordered(records, first, last)
    status = orders["status"]
    days = (orders["fulfilled_on"] - orders["ordered_on"]).dt.days.astype(float)
    told = pd.DataFrame(
        {
            "by": orders[by],
            "orders": 1,
            "fulfilled": status == "fulfilled",
            "open": status.isin(OPEN),
            "declined": status == "declined",
            "cancelled": status == "cancelled",
            "overdue": is_overdue(orders, day),
            "people": orders["people"].fillna(0).astype(np.int64),
            "median_days": days.where((status == "fulfilled") & (days >= 0)),
            "mean_rating": orders["rating"].astype(float).where(orders["rating"].fillna(0).between(1, 5)),
        }
    )
    grouped = told.groupby("by")
    counts = ["orders", "fulfilled", "open", "declined", "cancelled", "overdue", "people"]
    result = grouped[counts].sum().astype(np.int64)
    asked = result["orders"] - result["cancelled"]
    result["share_fulfilled"] = result["fulfilled"] / asked.where(asked > 0)
    result["median_days"] = grouped["median_days"].median()
    result["mean_rating"] = grouped["mean_rating"].mean()
    columns = [*counts[:5], "share_fulfilled", "median_days", "overdue", "mean_rating", "people"]
    return result[columns].rename_axis(by)


def is_overdue(orders: pd.DataFrame, day: date) -> pd.Series:
    """Whether each order is still open on a day though the day on which it was wanted has passed."""
    return orders["status"].isin(OPEN) & (orders["wanted_on"] < pd.Timestamp(day))


def unmet_demand(records: Records, first: date, last: date) -> pd.DataFrame:
    """What was ordered in a period and nobody could give.

    Parameters
    ----------
    records : Records
    first, last : date
        Of ordering, both counted.

    Returns
    -------
    DataFrame
        One row an item with declined orders, the most first: index item id; ``title`` ("" where the menu has none),
        ``declined``, ``share`` (of the orders of that item, 0 … 1), ``people`` (int64), ``grids`` (tuple of codes).

    Raises
    ------
    InvalidInput
        If `last` is before `first`.
    """
    orders = _ordered(records, first, last)
    declined = orders[orders["status"] == "declined"]
    grouped = declined.groupby("item_id")
    result = pd.DataFrame({"declined": grouped.size()}).astype(np.int64)
    menu = records.of("service_item")
    result.insert(
        0, "title", looked_up(result.index.to_series(), dict(zip(menu["item_id"], menu["title"], strict=True)))
    )
    result["share"] = result["declined"] / orders.groupby("item_id").size().reindex(result.index)
    result["people"] = grouped["people"].sum().fillna(0).astype(np.int64)
    told = {item: tuple(sorted(codes.unique())) for item, codes in grouped["grid"]}
    result["grids"] = pd.Series([told[item] for item in result.index], index=result.index, dtype=object)
    return result.sort_values(["declined"], ascending=False, kind="stable").rename_axis("item_id")


def _ordered(records: Records, first: date, last: date) -> pd.DataFrame:
    if last < first:
        raise InvalidInput(f"the last day {last} is before the first {first}", f"末日 {last} 早于首日 {first}。")
    orders = records.of("service_order")
    return orders[orders["ordered_on"].between(pd.Timestamp(first), pd.Timestamp(last))]
