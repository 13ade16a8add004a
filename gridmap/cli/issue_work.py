"""One issue at a time: looked at, reported, taken a step on; and what devices did offline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.cli.issue_intake import tenures_at
from gridmap.cli.issue_kept import category_name, policy_at
from gridmap.cli.kept import Asked, Kept, kept, note_synthetic, wanted_grids
from gridmap.cli.screen import Screen
from gridmap.cli.stored import day_of
from gridmap.cli.tables import place_names
from gridmap.data.device_events import read_events
from gridmap.errors import Conflict, InvalidInput, NotStored
from gridmap.issues.duplicates import duplicates_of
from gridmap.issues.fold import fold, new_event
from gridmap.issues.owner import own_issues
from gridmap.issues.state import IssueState
from gridmap.issues.workflow import allowed
from gridmap.model.issue_event import ACTIONS, ROLES, IssueEvent
from gridmap.model.issue_policy import IssuePolicy
from gridmap.model.issues import STEPS, TIERS, Issues, make_issues
from gridmap.model.register import Choice
from gridmap.model.text import Text
from gridmap.storage.issue_log import add_events, advance_issue, load_events
from gridmap.storage.issue_query import IssueFilter
from gridmap.storage.issues import load_issues, redact_issue

_TIMES: Final = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")


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


@dataclass(frozen=True)
class Done:
    """What somebody did to an issue."""

    action: str
    tier: str = ""
    to: str = ""
    note: str = ""
    until: str = ""
    of: str = ""
    by: str | None = None
    role: str = ""
    at: str | None = None
    base: int | None = None


def show(asked: Asked, issue: str, screen: Screen) -> None:
    """Where an issue stands, everything that happened to it, what can come next.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with kept(asked) as at:
        events, state = _found(at, issue)
        policy = policy_at(at)
        row = load_issues(at.store, at.stored.entry.town_id, wanted=IssueFilter(ids=(issue,))).frame.iloc[0]
    note_synthetic(at, screen)
    facts = {
        screen.words("类别", "category"): category_name(policy, row["category"], screen),
        screen.words("描述", "what"): row["description"],
        screen.words("地点", "where"): row["address"],
        screen.words("网格", "grid"): f"{row['grid']} {' '.join(place_names(at, [row['jurisdiction']]))}".strip(),
        screen.words("按方案", "by plan"): f"{row['plan']} v{row['plan_version']}" if row["plan"] else "",
        screen.words("步骤", "step"): STEPS[state.step].text.in_language(screen.lang),
        screen.words("处置", "disposed by"): " ".join(
            [TIERS[state.tier].text.in_language(screen.lang) if state.tier else "", state.handler]
        ).strip(),
        screen.words("上报人", "reporter"): state.reporter,
        screen.words("截止", "due"): "" if state.due_at is None else f"{state.due_at:%Y-%m-%d %H:%M}",
    }
    title = screen.words(f"问题 {issue}（第 {state.version} 版）", f"issue {issue} (version {state.version})")
    screen.table(title, ("", ""), [(k, v) for k, v in facts.items() if v])
    heads = screen.words("时间,操作,何人,角色,去向,说明", "when,action,who,as,to,why").split(",")
    screen.table("", heads, [_told(e, screen) for e in sorted(events, key=lambda e: (e.base_version, e.at))])
    for conflict in state.conflicts:
        screen.err.print(f"! {conflict.text.in_language(screen.lang)}", markup=False, soft_wrap=True)
    _say_next(issue, state, screen)


def _told(event: IssueEvent, screen: Screen) -> tuple[object, ...]:
    tier = TIERS[event.tier].text.in_language(screen.lang) if event.tier else ""
    return (
        f"{event.at:%Y-%m-%d %H:%M}",
        ACTIONS[event.action].text.in_language(screen.lang),
        event.actor,
        ROLES[event.role].text.in_language(screen.lang),
        " ".join(t for t in (tier, event.handler, event.duplicate_of) if t),
        event.note,
    )


def _say_next(issue: str, state: IssueState, screen: Screen) -> None:
    next_ = [t.action for t in allowed(state) if "system" not in t.who]
    if next_:
        words = [f"{a}（{ACTIONS[a].text.zh}）" for a in dict.fromkeys(next_)]
        screen.say(
            Text(
                f"可办理：{'、'.join(words)}。例：gridmap issues advance {issue} {next_[0]}",
                f"what can come next: {', '.join(dict.fromkeys(next_))}; such as gridmap issues advance {issue} "
                f"{next_[0]}",
            )
        )


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
        moment_ = _time(found.at) or _now()
        facts: dict[str, object] = {
            "category": category,
            "description": found.description,
            "address": found.address,
            "grid": wanted_grids(at, found.grid, None)[0] if found.grid else "",
        }
        if found.place is not None:
            facts |= _placed(found.place, moment_, at)
        issue = found.id or f"GM{moment_:%Y%m%d%H%M%S}"
        event = new_event(
            IssueState(issue),
            "report",
            at=moment_,
            actor=found.by or at.store.actor,
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
    where = row["grid"] or screen.words("（不在任何网格内）", "(in no grid)")
    screen.say(Text(f"已上报 {issue}，归属网格 {where}。", f"reported as {issue}; its grid is {where}."))
    _say_next(issue, state, screen)


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


def advance(asked: Asked, issue: str, done: Done, screen: Screen) -> None:
    """Take an issue one step on.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    action = _word(done.action, ACTIONS, Text("操作", "action"))
    tier = _word(done.tier, TIERS, Text("处置层级", "tier")) if done.tier else ""
    with kept(asked) as at:
        policy = policy_at(at)
        _, state = _found(at, issue)
        if done.base is not None and done.base != state.version:
            raise Conflict(
                f"issue {issue} is at version {state.version} by now, you looked at version {done.base}; look at it "
                f"again with gridmap issues show {issue}",
                f"问题 {issue} 现为第 {state.version} 版，您依据的是第 {done.base} 版；请先用 gridmap issues show "
                f"{issue} 查看。",
            )
        actor = done.by or at.store.actor
        role = _word(done.role, ROLES, Text("角色", "role")) if done.role else ""
        until = day_of(done.until or None)
        event = new_event(
            state,
            action,
            at=_time(done.at) or _now(),
            actor=actor,
            role=role or _usual_role(state, action, actor),
            policy=policy,
            tier=tier,
            handler=done.to,
            note=done.note,
            until=None if until is None else datetime.combine(until, time(0)),
            duplicate_of=done.of,
        )
        after = advance_issue(at.store, at.stored.entry.town_id, event)
    step = STEPS[after.step].text
    due = "" if after.due_at is None else f"{after.due_at:%Y-%m-%d %H:%M}"
    screen.say(
        Text(
            f"{issue}：{step.zh}（第 {after.version} 版）" + (f"，截止 {due}。" if due else "。"),
            f"{issue}: {step.en} (version {after.version})" + (f", due {due}." if due else "."),
        )
    )
    _say_next(issue, after, screen)


def _usual_role(state: IssueState, action: str, actor: str) -> str:
    """Whoever reported an issue acts as its reporter where he may, everybody else at the desk as the town's centre."""
    may = {t.action for t in allowed(state, "reporter", actor)}
    return "reporter" if actor == state.reporter and action in may else "town"


def sync(asked: Asked, source: str, screen: Screen) -> None:
    """Take in what devices did offline.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    events = read_events(source)
    with kept(asked) as at:
        done = add_events(at.store, at.stored.entry.town_id, events)
    conflicts = [c for s in done.states for c in s.conflicts]
    screen.say(
        Text(
            f"{len(events)} 个事件：新增 {done.n_added}，重复 {done.n_repeated}；冲突 {len(conflicts)} 个。",
            f"{len(events)} events: {done.n_added} new, {done.n_repeated} repeated; {len(conflicts)} in conflict.",
        )
    )
    for conflict in conflicts:
        screen.err.print(f"! {conflict.text.in_language(screen.lang)}", markup=False, soft_wrap=True)


def redact(asked: Asked, issue: str, screen: Screen) -> None:
    """Blank the texts of an issue for good.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with kept(asked) as at:
        redact_issue(at.store, at.stored.entry.town_id, issue)
    screen.say(
        Text(
            f"问题 {issue} 的描述、地点和备注已删除，办理过程保留。",
            f"description, address and notes of issue {issue} are blank; what was done stays.",
        )
    )


def _found(at: Kept, issue: str) -> tuple[tuple[IssueEvent, ...], IssueState]:
    events = load_events(at.store, at.stored.entry.town_id, issue)
    if not events:
        raise NotStored(
            f"no issue is called {issue}; gridmap issues list shows what there is",
            f"没有编号为 {issue} 的问题；可用 gridmap issues list 查看。",
        )
    return events, fold(events)


def _word(written: str, words: Mapping[str, Choice], what: Text) -> str:
    for key, choice in words.items():
        if written.strip().casefold() in (key, choice.text.zh, choice.text.en.casefold()):
            return key
    raise InvalidInput(
        f"no {what.en} is called {written}; there are {', '.join(words)}",
        f"没有{what.zh}「{written}」；可选：{'、'.join(f'{k} {c.text.zh}' for k, c in words.items())}。",
    )


def _now() -> datetime:
    return datetime.now().astimezone().replace(tzinfo=None, microsecond=0)


def _time(written: str | None) -> datetime | None:
    if written is None:
        return None
    for form in _TIMES:
        try:
            return datetime.strptime(written, form)  # noqa: DTZ007 civil time of the town, without a zone
        except ValueError:
            continue
    raise InvalidInput(
        f"--at is a time such as 2020-02-03T09:30; got {written}",
        f"--at 应为 2020-02-03T09:30 这样的时间；得到 {written}。",
    )


def _placed(written: str, moment_: datetime, at: Kept) -> dict[str, object]:
    """A place as facts tell it, with the owner by the plan then in force, or by the one that is looked at."""
    point = _point(written, at)
    crs = at.plan.units.frame.crs
    one = Issues(make_issues({"geometry": [point], "reported_at": [pd.Timestamp(moment_)]}, [""], crs))
    owner = own_issues(one, tenures_at(at)).frame.iloc[0]
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
