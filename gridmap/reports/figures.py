"""The figures of a town: what its grid system is published with, each computed from what is recorded."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pandas as pd

from gridmap.data.written import written_whole
from gridmap.issues.indicators import indicators, tier_shares
from gridmap.life.party import activities_of, branches_on, reported_on
from gridmap.life.services import departments, service_items
from gridmap.model.issues import TIERS, Issues
from gridmap.model.plan import Plan
from gridmap.model.records import Records
from gridmap.model.rules import Rules
from gridmap.model.text import Text
from gridmap.people.staffing import staffing_totals
from gridmap.points.status import is_built_point
from gridmap.points.two_in_one import find_two_in_one

Value = int | float | Mapping[str, float] | None


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes
    ----------
    key : str
        Its name for programs.
    label : Text
    value : int, float, mapping or None
        None where nothing that it is computed from was ever recorded.
    unit : Text
        What is counted or measured; "" for a share, and for a mapping of shares.
    definition : Text
        How it is computed.
    """

    key: str
    label: Text
    value: Value
    unit: Text
    definition: Text


def half_year(day: date) -> tuple[date, date]:
    """First and last day of the six months that end on a day, both included."""
    start = pd.Timestamp(day) + pd.Timedelta(days=1) - pd.DateOffset(months=6)
    return start.date(), day


def figures_of(
    plan: Plan, records: Records, rules: Rules, *, day: date, issues: Issues | None = None
) -> tuple[Figure, ...]:
    """The published figures and what follows from them, as of a day.

    Parameters
    ----------
    plan : Plan
    records : Records
        Points in the CRS of the plan.
    rules : Rules
        For the number of people that a grid needs.
    day : date
        Posts, points and branches count as they hold on it; activities, and issues by the day of their report, count in
        the half year that ends on it.
    issues : Issues, optional
        As they stand now, also those before the half year, for what is open. None: never recorded.

    Returns
    -------
    tuple of Figure
        In the order of the domain.

    Raises
    ------
    InvalidInput
        If the points have another CRS than the plan.
    """
    return (
        *_of_plan(plan),
        *_of_points(plan, records, day),
        *_of_people(plan, records, rules, day),
        *_of_life(plan, records, day),
        *_of_issues(issues, day),
    )


def figures_document(figures: tuple[Figure, ...]) -> dict[str, Value]:
    """Key → value, for JSON: null is "not recorded"."""
    return {f.key: f.value for f in figures}


def write_figures(path: str | Path, figures: tuple[Figure, ...], about: Mapping[str, Any]) -> None:
    """Write the figures as JSON: what they are about, then key → value, then the definitions.

    Parameters
    ----------
    path : str or Path
    figures : tuple of Figure
    about : mapping
        Town, plan, version, day: whatever tells what they are figures of.

    Raises
    ------
    OutputError
        If the file cannot be written; an older file at `path` is left as it was.
    """
    document = {
        **about,
        "figures": figures_document(figures),
        "definitions": {f.key: {"zh": f.definition.zh, "en": f.definition.en} for f in figures},
    }
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


_PLACES = Text("个", "")
_POINTS = Text("个", "points")
_PEOPLE = Text("人", "people")
_SHARE = Text("", "")
_GRIDS = Text("个网格", "grids")
_IN_POST = Text("当日在任（按人计）", "Distinct people who hold the post on the day")


def _of_plan(plan: Plan) -> tuple[Figure, ...]:
    kinds = plan.units.jurisdictions["kind"]
    return (
        Figure(
            "villages",
            Text("行政村", "Villages"),
            int((kinds == "village").sum()),
            _PLACES,
            Text("方案中的行政村数", "Villages of the plan"),
        ),
        Figure(
            "residential_areas",
            Text("居民区", "Residential areas"),
            int((kinds != "village").sum()),
            _PLACES,
            Text("方案中的居民区数，含筹建组", "Residential areas of the plan, preparatory groups included"),
        ),
        Figure("grids", Text("网格", "Grids"), plan.n_grids, _PLACES, Text("方案中的网格数", "Grids of the plan")),
    )


def _of_points(plan: Plan, records: Records, day: date) -> tuple[Figure, ...]:
    built: int | None = None
    both: int | None = None
    if records.has("point"):
        built = int(is_built_point(records.points, day).sum())
        both = int(find_two_in_one(records.points, plan, day=day).pairs["is_built"].sum())
    return (
        Figure(
            "grid_points_built",
            Text("已建网格点", "Grid points built"),
            built,
            _POINTS,
            Text("当日启用且有场所的网格点", "Grid points in use on the day that have premises of their own"),
        ),
        Figure(
            "two_in_one",
            Text("两点合一", "Two in one"),
            both,
            _POINTS,
            Text(
                "已建网格点中与启用的党建服务点（站）合一的：同一场所，或同一网格内 30 米以内",
                "Built grid points that are also an open Party service point or station: the same premises, "
                "or within 30 m inside the same grid",
            ),
        ),
        Figure(
            "two_in_one_rate",
            Text("两点合一率", "Two-in-one rate"),
            _share(both, built),
            _SHARE,
            Text("两点合一 ÷ 已建网格点", "Two in one, of grid points built"),
        ),
        Figure(
            "grids_with_point_rate",
            Text("网格点覆盖率", "Built points to grids"),
            _share(built, plan.n_grids),
            _SHARE,
            Text("已建网格点 ÷ 网格", "Grid points built, to the number of grids"),
        ),
    )


#: Key → label, unit, definition of the figures of people.
_OF_PEOPLE = {
    "chief_grid_leaders": (Text("总网格长", "Chief grid leaders"), _PEOPLE, _IN_POST),
    "grid_leaders": (Text("网格长", "Grid leaders"), _PEOPLE, _IN_POST),
    "grid_instructors": (Text("网格指导员", "Grid instructors"), _PEOPLE, _IN_POST),
    "grid_members": (Text("网格员", "Grid members"), _PEOPLE, _IN_POST),
    "leaders_shared": (
        Text("兼任的网格长", "Leaders shared"),
        _PEOPLE,
        Text("任两个以上网格的网格长", "Leaders of more than one grid"),
    ),
    "grids_without_leader": (
        Text("无网格长的网格", "Grids without a leader"),
        _GRIDS,
        Text("当日没有网格长的网格", "Grids that have no leader on the day"),
    ),
    "grids_without_instructor": (
        Text("无指导员的网格", "Grids without an instructor"),
        _GRIDS,
        Text("当日没有网格指导员的网格", "Grids that have no instructor on the day"),
    ),
    "grids_under_members_min": (
        Text("网格员不足的网格", "Grids short of members"),
        _GRIDS,
        Text("网格员少于规则所定下限的网格", "Grids with fewer members than the rules want at least"),
    ),
    "people": (
        Text("网格队伍", "People in the grids"),
        _PEOPLE,
        Text("网格长、指导员、网格员合计", "Leaders, instructors and members together"),
    ),
    "people_under_minimum": (
        Text("低于最低配备", "People under the minimum"),
        _PEOPLE,
        Text(
            "网格数 × 每格最低配备（网格长、指导员、网格员下限之和）减去网格队伍，不足为 0",
            "Grids × the least that the rules want in each (leader, instructor, members), less the people of the "
            "roster; at least 0",
        ),
    ),
}


def _of_people(plan: Plan, records: Records, rules: Rules, day: date) -> tuple[Figure, ...]:
    totals = staffing_totals(plan, records, rules, day)
    return tuple(Figure(key, label, totals[key], unit, how) for key, (label, unit, how) in _OF_PEOPLE.items())


def _of_life(plan: Plan, records: Records, day: date) -> tuple[Figure, ...]:
    first, last = half_year(day)
    branches = branches_on(records, day) if records.has("branch") else None
    reported = reported_on(records, day, plan) if records.has("in_service") else None
    held = activities_of(records, plan, first, last) if records.has("activity") else None
    return (
        Figure(
            "branches",
            Text("网格党支部", "Grid Party branches"),
            None if branches is None else int((branches["kind"] == "branch").sum()),
            _PLACES,
            Text("当日存在的网格党支部，不含党小组", "Branches that exist on the day, groups apart"),
        ),
        Figure(
            "members_reported",
            Text("在职党员报到", "In-service members reported"),
            None if reported is None else int(reported["members"].sum()),
            _PEOPLE,
            Text(
                "方案中各网格截至当日最近一次统计之和",
                "Sum of the latest counts, on or before the day, of the grids of the plan",
            ),
        ),
        Figure(
            "activities",
            Text("半年活动", "Activities in half a year"),
            None if held is None else held.n,
            Text("场次", ""),
            Text(f"{first} 至 {last} 开展的活动", f"Activities held from {first} to {last}"),
        ),
        Figure(
            "departments",
            Text("下沉部门", "Departments"),
            len(departments(records, day)) if records.has("service_offer") else None,
            _PLACES,
            Text("当日在网格提供服务的部门", "Departments that offer a service in the grids on the day"),
        ),
        Figure(
            "service_items",
            Text("服务事项", "Service items"),
            len(service_items(records, day)) if records.has("service_item") else None,
            Text("项", ""),
            Text("服务菜单中的事项", "Items of the service menu"),
        ),
    )


_ISSUES = Text("件", "issues")
_HOURS = Text("小时", "hours")


def _of_issues(issues: Issues | None, day: date) -> tuple[Figure, ...]:
    first, last = half_year(day)
    reported = Text(f"{first} 至 {last} 上报", f"Reported from {first} to {last}")
    settled = Text(f"{reported.zh}、已处置的问题", f"{reported.en} and settled")
    of_settled = Text(f"{settled.zh}（已知层级的）中", f"{settled.en}, their tier known:")
    now = Text(f"{last} 及以前上报", f"Reported on or before {last}")
    values = _values_of_issues(issues, first, last)
    rows = {
        "issues": (
            Text("处置问题", "Issues settled"),
            _ISSUES,
            Text(f"{settled.zh}；不含并案、作废、撤回", f"{settled.en}; without duplicates, void and withdrawn ones"),
        ),
        "issues_by_tier": (
            Text("问题按层级", "Issues by tier"),
            _SHARE,
            Text(f"{of_settled.zh}各层级所占比例", f"{of_settled.en} share of each tier that settled them"),
        ),
        "kept_in_grid_rate": (
            Text("小事不出网格", "Kept in the grid"),
            _SHARE,
            Text(f"{of_settled.zh}由网格处置的比例", f"{of_settled.en} share settled by the grid"),
        ),
        "kept_in_village_rate": (
            Text("大事不出村居", "Kept in the village"),
            _SHARE,
            Text(
                f"{of_settled.zh}由网格或村居处置的比例",
                f"{of_settled.en} share settled by the grid, or by the village or residential area",
            ),
        ),
        "issues_open": (
            Text("未办结的问题", "Issues open"),
            _ISSUES,
            Text(
                f"{now.zh}、尚未办结的问题，含待核查、缓办",
                f"{now.en} and not closed, verification and deferral included",
            ),
        ),
        "issues_overdue": (
            Text("超期的问题", "Issues overdue"),
            _ISSUES,
            Text(
                f"{now.zh}、未办结且已过期限的问题",
                f"{now.en}, not closed, and past their deadline at the end of that day",
            ),
        ),
        "dispose_hours_median": (
            Text("处置时长中位数", "Median time to settle"),
            _HOURS,
            Text(f"{settled.zh}：从上报到处置完成的小时数", f"{settled.en}: hours from report to settlement"),
        ),
    }
    return tuple(Figure(key, label, values.get(key), unit, how) for key, (label, unit, how) in rows.items())


def _values_of_issues(issues: Issues | None, first: date, last: date) -> dict[str, Value]:
    if issues is None:
        return {}
    at = datetime.combine(last, time.max)
    half = indicators(issues, by="town", at=at, first=first, last=last).to_dict("index")["town"]
    ever = indicators(issues, by="town", at=at, last=last).to_dict("index")["town"]
    kept = tier_shares(half)
    shares = {tier: float(half[f"share_{tier}"]) for tier in TIERS}
    return {
        "issues": int(half["settled"]),
        "issues_by_tier": None if any(map(math.isnan, shares.values())) else shares,
        "kept_in_grid_rate": _known(kept["kept_in_grid"]),
        "kept_in_village_rate": _known(kept["kept_in_village"]),
        "issues_open": int(ever["open"]),
        "issues_overdue": int(ever["overdue"]),
        "dispose_hours_median": _known(half["dispose_hours_median"]),
    }


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _share(part: int | None, whole: int | None) -> float | None:
    return None if part is None or not whole else part / whole
