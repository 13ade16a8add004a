"""From the registers of a town to what a map shows of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from gridmap.life.agenda import calendar_of
from gridmap.life.lists import items_of_grids, lists_of_grids
from gridmap.life.party import activities_of, branch_of_grids, branches_on, reported_on
from gridmap.life.place import located
from gridmap.life.services import offers_on, reach_of_offers
from gridmap.maps.life import (
    ActivitiesShown,
    ActivityShown,
    BranchShown,
    ListShown,
    MapLife,
    PointShown,
    PostShown,
    ReachShown,
    ReportedShown,
    ServiceShown,
    StaffShown,
    StaffTotals,
)
from gridmap.model.plan import Plan
from gridmap.model.records import Records
from gridmap.model.registers.lists import LISTS
from gridmap.model.rules import Rules
from gridmap.model.text import Text
from gridmap.model.town import Town
from gridmap.people.staffing import staffing_of_grids, staffing_totals
from gridmap.points.demand import demand_of
from gridmap.points.place import place_points
from gridmap.points.reach import reach_points
from gridmap.points.serving import serving_points
from gridmap.points.status import status_on
from gridmap.points.two_in_one import find_two_in_one
from gridmap.reports.figures import half_year

#: Services of this many days ahead are "next".
DAYS_AHEAD: Final = 31
#: Services and activities that are kept of a grid: more than a card shows.
KEPT: Final = 5


def life_of(plan: Plan, records: Records, rules: Rules, *, day: date, town: Town, walking_m: float = 500.0) -> MapLife:
    """What a map shows of the records of a town.

    Parameters
    ----------
    plan : Plan
        Whose grids hold the points and people.
    records : Records
        Points in the CRS of the plan's units.
    rules : Rules
        For the staffing of a grid.
    day : datetime.date
        On which posts, points, branches and lists hold; services are those of the month that follows it, activities
        those of the half year that ends on it.
    town : Town
        Of the plan; its buildings tell where households are, for reach.
    walking_m : float
        How far people walk to a point, metres.

    Returns
    -------
    MapLife
        Everything of which the register was ever recorded. Reach needs open points and known households.

    Raises
    ------
    InvalidInput
        If points have another CRS than the units, or `walking_m` is out of range.
    InvalidPlan
        If the plan is one of other units than the town's.
    """
    grid_of_point = _grids_of_points(plan, records)
    staffing = staffing_of_grids(plan, records, rules, day) if records.has("post") else None
    totals = None if staffing is None else _staff_totals(plan, records, rules, day)
    people = records.of("person")
    held = _activities(plan, records, grid_of_point, day) if records.has("activity") else None
    return MapLife(
        day=day,
        points=_points(plan, records, grid_of_point, day) if records.has("point") else None,
        staff=None if staffing is None else _staff(staffing, people),
        staff_totals=totals,
        reach=_reach(plan, records, town, day, walking_m),
        walking_m=walking_m,
        branches=_branches(plan, records, day) if records.has("branch") else None,
        reported=_reported(plan, records, day) if records.has("in_service") else None,
        activities=held,
        n_elsewhere=0
        if held is None
        else activities_of(records, plan, *half_year(day)).n - sum(a.n for a in held.values()),
        lists=_lists(plan, records, day) if records.has("list_adoption") else None,
        services=_services(plan, records, grid_of_point, day) if records.has("service_offer") else None,
        names=frozenset(people["name"]) - {""},
        is_synthetic=records.is_synthetic,
    )


def _grids_of_points(plan: Plan, records: Records) -> dict[str, str]:
    points = records.points
    placed = place_points(points, plan)["grid"]
    return {k: v for k, v in zip(points["point_id"], placed, strict=True) if v}


def _points(plan: Plan, records: Records, grid_of_point: Mapping[str, str], day: date) -> tuple[PointShown, ...]:
    points = records.points
    pairs = find_two_in_one(points, plan, day=day).pairs
    two = {
        own: (other, Text(zh, en))
        for own, other, zh, en in zip(
            pairs["point_id"], pairs["partner_id"], pairs["text_zh"], pairs["text_en"], strict=True
        )
    }
    places = np.asarray(points.geometry.values, dtype=object)
    has_place = ~(shapely.is_missing(places) | shapely.is_empty(places))
    told = points.drop(columns="geometry").to_dict("records")
    menu = records.of("service_item")
    titles = dict(zip(menu["item_id"], menu["title"], strict=True))
    return tuple(
        PointShown(
            id=row["point_id"],
            name=row["name"],
            kind=row["kind"],
            status=status,
            grid=grid_of_point.get(row["point_id"], ""),
            place=(float(place.x), float(place.y)) if is_placed else None,
            opening=row["opening"],
            address=row["address"],
            premises=row["premises_id"].strip(),
            services=tuple(titles.get(s, s) for s in row["services"]),
            capacity=_count(row["capacity"]),
            is_private_home=bool(row["is_private_home"]),
            partner=two.get(row["point_id"], ("", None))[0],
            reason=two.get(row["point_id"], ("", None))[1],
        )
        for row, status, place, is_placed in zip(told, status_on(points, day), places, has_place, strict=True)
    )


def _staff(staffing: pd.DataFrame, people: pd.DataFrame) -> dict[str, StaffShown]:
    names = dict(zip(people["person_id"], people["name"], strict=True))
    leaders = _posts(staffing["leader_ids"], names)
    instructors = _posts(staffing["instructor_ids"], names)
    members = staffing["members"].fillna(0).astype(int)
    return {
        str(code): StaffShown(leader, instructor, int(n))
        for code, leader, instructor, n in zip(staffing.index, leaders, instructors, members, strict=True)
    }


def _posts(ids_of_grids: pd.Series, names: Mapping[str, str]) -> list[PostShown]:
    n_grids = ids_of_grids.explode().value_counts()
    return [
        PostShown(len(ids), tuple(names.get(i, "") for i in ids), any(n_grids[i] > 1 for i in ids))
        for ids in ids_of_grids
    ]


def _staff_totals(plan: Plan, records: Records, rules: Rules, day: date) -> StaffTotals:
    totals = staffing_totals(plan, records, rules, day)
    keys = ("grid_leaders", "grid_instructors", "grid_members", "people_minimum")
    return StaffTotals(*(totals[key] or 0 for key in keys))


def _reach(plan: Plan, records: Records, town: Town, day: date, walking_m: float) -> dict[str, ReachShown] | None:
    if not records.has("point") or not plan.units.has_households:
        return None
    serving = serving_points(records.points, plan, day)
    if serving.empty:
        return None
    grids = reach_points(demand_of(town, plan), serving, walking_m=walking_m).grids
    return {
        str(code): ReachShown(int(served), int(full), int(out))
        for code, served, full, out in zip(
            grids.index, grids["served"], grids["full"], grids["out_of_reach"], strict=True
        )
    }


def _branches(plan: Plan, records: Records, day: date) -> dict[str, tuple[BranchShown, ...]]:
    covered = branch_of_grids(plan, records, day)
    every = branches_on(records, day).set_index("branch_id")
    shown = {
        i: BranchShown(name, _count(members), kind == "group")
        for i, name, members, kind in zip(every.index, every["name"], every["members"], every["kind"], strict=True)
    }
    return {
        str(code): tuple(shown[i] for i in (*branches, *groups))
        for code, branches, groups in zip(covered.index, covered["branches"], covered["groups"], strict=True)
    }


def _reported(plan: Plan, records: Records, day: date) -> dict[str, ReportedShown]:
    counts = reported_on(records, day, plan)
    return {
        str(code): ReportedShown(int(n), pd.Timestamp(at).date())
        for code, n, at in zip(counts.index, counts["members"], counts["counted_on"], strict=True)
    }


def _activities(
    plan: Plan, records: Records, grid_of_point: Mapping[str, str], day: date
) -> dict[str, ActivitiesShown]:
    first, last = half_year(day)
    counted = activities_of(records, plan, first, last, grid_of_point=grid_of_point).by_grid
    held = located(records.of("activity"), records, plan, grid_of_point)
    held = held[held["held_on"].between(pd.Timestamp(first), pd.Timestamp(last)) & held["grid"].isin(plan.codes)]
    newest = held.sort_values("held_on", ascending=False, kind="stable").groupby("grid").head(KEPT)
    told: dict[str, list[ActivityShown]] = {}
    for grid, at, kind, title, n in zip(
        newest["grid"], newest["held_on"], newest["kind"], newest["title"], newest["attendance"], strict=True
    ):
        told.setdefault(grid, []).append(ActivityShown(at.date(), kind, title, _count(n)))
    return {
        str(code): ActivitiesShown(int(n), int(people) if n else None, tuple(told.get(str(code), ())))
        for code, n, people in zip(counted.index, counted["activities"], counted["attendance"], strict=True)
    }


def _lists(plan: Plan, records: Records, day: date) -> dict[str, tuple[ListShown, ...]]:
    items = items_of_grids(records, day)
    on_list = items[items["origin"] != "dropped"]
    titles = on_list.groupby(["grid", "list"])["title"].agg(tuple).to_dict()
    newest = records.of("list_item").groupby("list")["template_version"].max().to_dict()
    shown = {
        (row["grid"], row["list"]): ListShown(
            row["list"],
            int(row["template_version"]),
            _count(row["newest_version"]),
            titles.get((row["grid"], row["list"]), ()),
            int(row["changed"]) + int(row["added"]) + int(row["dropped"]),
        )
        for row in lists_of_grids(records, day).fillna(0).to_dict("records")
    }
    return {
        code: tuple(shown.get((code, which), ListShown(which, None, _count(newest.get(which)))) for which in LISTS)
        for code in plan.codes
    }


def _services(
    plan: Plan, records: Records, grid_of_point: Mapping[str, str], day: date
) -> dict[str, tuple[ServiceShown, ...]]:
    """The next day of each offer that reaches a grid, soonest first; then those that name no day."""
    reach = reach_of_offers(records, plan, day, grid_of_point=grid_of_point)
    ahead = calendar_of(records, plan, day, day + timedelta(days=DAYS_AHEAD), grid_of_point=grid_of_point)
    days = ahead[ahead["what"] == "service"].groupby("record")["date"].min()
    menu = records.of("service_item")
    titles = dict(zip(menu["item_id"], menu["title"], strict=True))
    offers = offers_on(records, day)
    told = {
        offer: ServiceShown(titles.get(item, item), department, _day(days.get(offer)), hours or recurrence)
        for offer, item, department, hours, recurrence in zip(
            offers["offer_id"],
            offers["item_id"],
            offers["department"],
            offers["hours"],
            offers["recurrence"],
            strict=True,
        )
    }
    of_grids = reach.groupby("grid")["offer_id"].agg(list).to_dict()
    return {
        code: tuple(sorted((told[o] for o in of_grids.get(code, ())), key=lambda s: s.day or date.max)[:KEPT])
        for code in plan.codes
    }


def _day(value: Any) -> date | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()


def _count(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)
