"""A new issue: where it is, who owns it, whether it looks like one that is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.cli.issue_intake import tenures_at
from gridmap.cli.issue_kept import person_id, policy_at
from gridmap.cli.issue_steps import moment_of, say_next
from gridmap.cli.kept import Asked, Kept, kept, wanted_grids
from gridmap.cli.screen import Screen
from gridmap.data.private_numbers import without_numbers
from gridmap.errors import InvalidInput
from gridmap.issues.duplicates import duplicates_of
from gridmap.issues.fold import new_event
from gridmap.issues.owner import own_issues
from gridmap.issues.state import IssueState
from gridmap.model.issue_policy import IssuePolicy
from gridmap.model.issues import Issues, make_issues
from gridmap.model.text import Text
from gridmap.storage.issue_log import advance_issue, load_events
from gridmap.storage.issue_query import IssueFilter
from gridmap.storage.issues import load_issues


@dataclass(frozen=True)
class Found:
    """A new issue as it is reported."""

    category: str
    place: str | None = None
    grid: str | None = None
    description: str = ""
    address: str = ""
    id: str | None = None
    by: str | None = None
    at: str | None = None


def report(asked: Asked, found: Found, screen: Screen) -> None:
    """Report a new issue.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with kept(asked) as at:
        policy = policy_at(at)
        category = policy.category_of(found.category)
        if not category:
            raise InvalidInput(
                f"no category is called {found.category}; there are {', '.join(policy.categories)}",
                f"没有问题类别「{found.category}」；现有："
                f"{'、'.join(f'{k} {c.text.zh}' for k, c in policy.categories.items())}。",
            )
        if found.place is None and found.grid is None:
            raise InvalidInput(
                "say where it is: --place LON,LAT, or --grid CODE",
                "请说明位置：--place 经度,纬度，或 --grid 网格编号。",
            )
        moment_ = moment_of(found.at)
        grid = wanted_grids(at, found.grid, None)[0] if found.grid else ""
        facts: dict[str, object] = {
            "category": category,
            "description": without_numbers(found.description),
            "address": without_numbers(found.address),
            "grid": grid,
            "jurisdiction": at.plan.home_of_grid.get(grid, ""),
        }
        if found.place is not None:
            facts |= _placed(found.place, moment_, at)
            _check_grid(grid, str(facts["grid"]))
        issue = _id(at, found.id, moment_)
        event = new_event(
            IssueState(issue),
            "report",
            at=moment_,
            actor=person_id(at, found.by) if found.by else at.store.actor,
            role="reporter",
            policy=policy,
            facts=facts,
        )
        state = advance_issue(at.store, at.stored.entry.town_id, event)
        made = load_issues(
            at.store, at.stored.entry.town_id, wanted=IssueFilter(ids=(issue,)), crs=at.plan.units.frame.crs
        )
        _say_twin(at, made, policy, screen)
    row = made.frame.iloc[0]
    if facts["description"] != found.description or facts["address"] != found.address:
        screen.say(
            Text(
                "描述或地点中的手机号、身份证号已用「…」代替，不保存。",
                "mobile or identity numbers in the texts were replaced by '…' and not kept.",
            )
        )
    screen.say(
        Text(f"已上报 {issue}，归属网格 {row['grid']}。", f"reported as {issue}; its grid is {row['grid']}.")
        if row["grid"]
        else Text(f"已上报 {issue}，不在任何网格内。", f"reported as {issue}; it lies in no grid.")
    )
    say_next(issue, state, screen)


def _id(at: Kept, given: str | None, moment_: datetime) -> str:
    """The id of a new issue: as given, else of its time, with a number where that is taken."""
    town = at.stored.entry.town_id
    if given:
        if load_events(at.store, town, given):
            raise InvalidInput(
                f"there is an issue {given} already; choose another --id, or look at it: gridmap issues show {given}",
                f"已有编号为 {given} 的问题；请换一个 --id，或用 gridmap issues show {given} 查看。",
            )
        return given
    base = f"GM{moment_:%Y%m%d%H%M%S}"
    for name in (base, *(f"{base}-{i}" for i in range(2, 1000))):
        if not load_events(at.store, town, name):
            return name
    raise InvalidInput(f"too many issues at {moment_}; give an --id", f"{moment_} 的问题过多；请用 --id 写明编号。")


def _check_grid(given: str, held: str) -> None:
    if given and given != held:
        where = held or "no grid"
        raise InvalidInput(
            f"--place lies in {where}, not in the --grid {given}; give one of the two, or correct them",
            f"--place 在网格 {held} 内，与 --grid {given} 不符；请只写一个，或更正。"
            if held
            else f"--place 不在任何网格内，与 --grid {given} 不符；请只写一个，或更正。",
        )


def _say_twin(at: Kept, made: Issues, policy: IssuePolicy, screen: Screen) -> None:
    """Say which issue a new one looks like."""
    row = made.frame.iloc[0]
    since = row["reported_at"] - pd.Timedelta(hours=policy.categories[row["category"]].duplicate_hours)
    near = IssueFilter(first=since.date(), last=row["reported_at"].date(), categories=(row["category"],))
    others = load_issues(at.store, at.stored.entry.town_id, wanted=near, crs=at.plan.units.frame.crs)
    twins = duplicates_of(made, others, policy)
    if len(twins):
        twin = twins.iloc[0]
        screen.say(
            Text(
                f"疑似与 {twin['near']} 重复（相距 {twin['metres']:.0f} 米，相隔 {twin['hours']:.1f} 小时）；"
                f"确认后可并案：gridmap issues advance {twin['issue']} merge --of {twin['near']}",
                f"looks like {twin['near']} ({twin['metres']:.0f} m, {twin['hours']:.1f} hours away); where it is the "
                f"same: gridmap issues advance {twin['issue']} merge --of {twin['near']}",
            )
        )


def _placed(written: str, moment_: datetime, at: Kept) -> dict[str, object]:
    """A place as facts tell it, with the owner by the plan then in force, or by the one that is looked at."""
    point = _point(written, at)
    crs = at.plan.units.frame.crs
    one = Issues(make_issues({"geometry": [point], "reported_at": [pd.Timestamp(moment_)]}, [""], crs))
    owner = own_issues(one, tenures_at(at)).frame.iloc[0]
    if owner["place_state"] == "outside":
        raise InvalidInput(
            f"--place {written} lies outside {at.town.name}; longitude comes before latitude, in CGCS2000 or WGS-84",
            f"--place {written} 不在{at.town.name}范围内；请先写经度、后写纬度，坐标系为 CGCS2000 或 WGS-84。",
        )
    told = {name: owner[name] for name in ("grid", "jurisdiction", "unit", "plan", "place_state")}
    return {**told, "plan_version": int(owner["plan_version"]), "place": [point.x, point.y], "crs": crs.to_string()}


def _point(written: str, at: Kept) -> shapely.Point:
    parts = written.replace("，", ",").split(",")
    try:
        lon, lat = (float(p) for p in parts)
    except ValueError as error:
        raise InvalidInput(
            f"--place is LON,LAT such as 121.36,30.74; got {written}",
            f"--place 应为“经度,纬度”，例如 121.36,30.74；得到 {written}。",
        ) from error
    given = gpd.GeoSeries([shapely.Point(lon, lat)], crs="EPSG:4490").to_crs(at.plan.units.frame.crs)
    place: shapely.Point = given.iloc[0]
    if not (abs(place.x) < float("inf") and abs(place.y) < float("inf")):
        raise InvalidInput(
            f"--place {written} has no place in the CRS of the plan; longitude comes before latitude",
            f"--place {written} 无法换算到方案坐标系；请先写经度，后写纬度。",
        )
    return place
