"""The calendar of a town: what was held and what is on offer, day by day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import pandas as pd

from gridmap.errors import InvalidInput
from gridmap.life.place import located, looked_up
from gridmap.life.recurrence import Recurrence
from gridmap.life.recurrence_text import parse_recurrence
from gridmap.model.plan import Plan
from gridmap.model.records import Records
from gridmap.model.text import Text

#: Columns of a calendar. `point_id` tells whoever writes files for sharing whether the place is a private home.
CALENDAR_COLUMNS: Final = (
    "date",
    "what",
    "title",
    "grid",
    "jurisdiction",
    "place",
    "department",
    "hours",
    "point_id",
    "record",
)
#: What stands in a calendar.
WHAT: Final = {
    "theme_day": Text("主题党日", "Monthly theme day"),
    "activity": Text("活动", "Activity"),
    "service": Text("服务", "Service"),
    "deliberation": Text("议事", "Deliberation"),
}


def calendar_of(
    records: Records, plan: Plan, first: date, last: date, *, grid_of_point: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """What happens in a period: activities, theme days, deliberations, and each day of the recurring services.

    An offer without a recurrence, with one that cannot be read, or with one of every few weeks and no start, has no
    days; the last two are findings of :func:`gridmap.life.checks.check_life`. Public holidays are not known.

    Parameters
    ----------
    records : Records
    plan : Plan
    first, last : date
        Both counted.
    grid_of_point : mapping of str to str, optional
        Id of a point → code of the grid in which it lies; without it the grid that the register of points names.

    Returns
    -------
    DataFrame
        Columns :data:`CALENDAR_COLUMNS`, by date, then as in :data:`WHAT`, then by grid: ``date`` (datetime64[s]),
        ``what``, ``title``, ``grid`` and ``jurisdiction`` ("" where it has none of its own), ``place`` (as recorded,
        else the name of the point), ``department``, ``hours`` of services, ``point_id``, ``record`` (id in its
        register). Text throughout, "" where blank.

    Raises
    ------
    InvalidInput
        If `last` is before `first`.
    """
    if last < first:
        raise InvalidInput(f"the last day {last} is before the first {first}", f"末日 {last} 早于首日 {first}。")
    points = records.of("point")
    names = dict(zip(points["point_id"], points["name"], strict=True))
    parts = [_activities(records), _deliberations(records), _services(records, first, last)]
    shown = [_shown(located(part, records, plan, grid_of_point), names) for part in parts]
    whole = pd.concat(shown, ignore_index=True)
    whole = whole[whole["date"].between(pd.Timestamp(first), pd.Timestamp(last))]
    turn = pd.Series(whole["what"].map({what: i for i, what in enumerate(WHAT)}), index=whole.index)
    whole = whole.assign(turn=turn).sort_values(["date", "turn", "grid", "record"], kind="stable")
    return whole.drop(columns="turn").reset_index(drop=True)


def recurrence_of(text: str, *, has_start: bool) -> Recurrence | None:
    """The recurrence of an offer as far as it gives days: None where it is blank, unreadable, or lacks its start.

    Parameters
    ----------
    text : str
    has_start : bool
        Whether the offer says since when it holds.
    """
    if not text.strip():
        return None
    try:
        rule = parse_recurrence(text)
    except InvalidInput:
        return None
    return rule if has_start or not rule.needs_anchor else None


def _activities(records: Records) -> pd.DataFrame:
    held = records.of("activity")
    what = held["kind"].where(held["kind"] == "theme_day", "activity").astype(object)
    return held.assign(date=held["held_on"], what=what, record=held["activity_id"], hours="")


def _deliberations(records: Records) -> pd.DataFrame:
    held = records.of("deliberation")
    blank = dict.fromkeys(["place", "department", "hours", "point_id"], "")
    return held.assign(
        date=held["held_on"], what="deliberation", title=held["topic"], record=held["deliberation_id"], **blank
    )


def _services(records: Records, first: date, last: date) -> pd.DataFrame:
    """One row an offer and day; offers of equal times are worked out once."""
    offers, menu = records.of("service_offer"), records.of("service_item")
    offers = offers.reset_index(drop=True)
    titles = looked_up(offers["item_id"], dict(zip(menu["item_id"], menu["title"], strict=True)))
    offers = offers.assign(what="service", title=titles, record=offers["offer_id"], place="")
    days: list[pd.DataFrame] = []
    alike: Any = offers.groupby(["recurrence", "since", "until"], dropna=False)
    for (text, since, until), group in alike:
        start = None if pd.isna(since) else since.date()
        end = last if pd.isna(until) else min(last, (until - pd.Timedelta(days=1)).date())
        rule = recurrence_of(text, has_start=start is not None)
        if rule is None or end < first:
            continue
        told = group["hours"].where(group["hours"] != "", rule.hours)
        dates = pd.DataFrame({"date": rule.dates(first, end, start)})
        days.append(group.assign(hours=told).merge(dates, how="cross"))
    if not days:
        return offers.iloc[:0].assign(date=pd.Series(dtype="datetime64[s]"))
    return pd.concat(days, ignore_index=True)


def _shown(part: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    place = part["place"].where(part["place"] != "", looked_up(part["point_id"], names))
    told = part.assign(place=place)[list(CALENDAR_COLUMNS)]
    texts = dict.fromkeys(CALENDAR_COLUMNS[1:], object)
    return told.astype({"date": "datetime64[s]", **texts})
