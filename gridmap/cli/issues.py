"""Lists of issues: all that are meant, what is overdue, what looks like duplicates."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import pandas as pd

from gridmap.cli.issue_kept import Which, about_period, category_name, issues_at, moment, moments, policy_at
from gridmap.cli.kept import Asked, Kept, kept, note_synthetic
from gridmap.cli.screen import Screen
from gridmap.cli.tables import Headings, check_out, in_words, place_names, show_frame
from gridmap.issues.deadlines import overdue_events
from gridmap.issues.duplicates import find_duplicates
from gridmap.issues.fold import fold
from gridmap.model.issues import STEPS, TIERS
from gridmap.model.text import Text, counted
from gridmap.storage.issue_log import add_events, load_events
from gridmap.storage.issue_query import IssueFilter, count_issues

_LIST: Final[Headings] = {
    "issue": Text("问题编号", "issue"),
    "reported": Text("上报时间", "reported"),
    "category_text": Text("类别", "category"),
    "description": Text("描述", "what"),
    "grid": Text("网格", "grid"),
    "place": Text("村居", "jurisdiction"),
    "step_text": Text("步骤", "step"),
    "tier_text": Text("处置层级", "tier"),
    "handler": Text("处置单位", "handler"),
    "due": Text("截止时间", "due"),
    "settled": Text("处置完成", "settled"),
}
_TWINS: Final[Headings] = {
    "issue": Text("问题编号", "issue"),
    "reported": Text("上报时间", "reported"),
    "of": Text("疑似与之重复", "looks like"),
    "category_text": Text("类别", "category"),
    "metres": Text("相距（米）", "metres"),
    "hours": Text("相隔（小时）", "hours"),
    "grid": Text("网格", "grid"),
}


def show_list(asked: Asked, which: Which, out: str | None, screen: Screen, *, force: bool) -> None:
    """Issues, the newest first.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        policy = policy_at(at)
        frame = issues_at(at, which, policy, is_half_year=False).frame
    table = frame.sort_values("reported_at", ascending=False, kind="stable").reset_index()
    table = table.assign(
        reported=moments(table["reported_at"]),
        due=moments(table["due_at"]),
        settled=moments(table["settled_at"]),
        category_text=[category_name(policy, c, screen) for c in table["category"]],
        place=place_names(at, table["jurisdiction"]),
        step_text=in_words(table["step"], STEPS, screen),
        tier_text=in_words(table["tier"], TIERS, screen),
    )
    note_synthetic(at, screen)
    title = Text(f"问题 {len(table):,} 件", counted(len(table), "issue"))
    show_frame(screen, at, table, _LIST, title=title, out=out)


def show_duplicates(asked: Asked, which: Which, out: str | None, screen: Screen, *, force: bool) -> None:
    """Issues that look like the same one, with the command that merges them.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        policy = policy_at(at)
        issues = issues_at(at, which, policy)
    twins = find_duplicates(issues, policy)
    own = issues.frame.loc[twins["issue"]]
    table = twins.assign(
        reported=moments(own["reported_at"]),
        grid=own["grid"].to_numpy(),
        category_text=[category_name(policy, c, screen) for c in own["category"]],
    )
    note_synthetic(at, screen)
    about_period(at, which, issues, policy, screen)
    show_frame(screen, at, table, _TWINS, title=Text("疑似重复", "Possible duplicates"), out=out)
    if len(table):
        one, other = table[["issue", "of"]].iloc[0]
        screen.say(
            Text(
                f"确认后并案：gridmap issues advance {one} merge --of {other}",
                f"where it is the same: gridmap issues advance {one} merge --of {other}",
            )
        )


_OVERDUE: Final[Headings] = {
    "issue": Text("问题编号", "issue"),
    "category_text": Text("类别", "category"),
    "grid": Text("网格", "grid"),
    "place": Text("村居", "jurisdiction"),
    "handler": Text("处置单位", "handler"),
    "due": Text("截止时间", "due"),
    "days": Text("超期天数", "days over"),
}


def overdue(asked: Asked, out: str | None, screen: Screen, *, is_logged: bool, force: bool) -> None:
    """What is past its deadline, the longest first.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        policy = policy_at(at)
        now = moment(at)
        frame = issues_at(at, Which(overdue=True), policy, is_half_year=False).frame
        unsent = IssueFilter(last=at.day, steps=("detected",))
        n_waiting = int(count_issues(at.store, at.stored.entry.town_id, wanted=unsent)["n"].sum())
        n_logged = _log(at, list(frame.index), now) if is_logged else 0
    table = frame.sort_values("due_at", kind="stable").reset_index()
    table = table.assign(
        due=moments(table["due_at"]),
        days=((pd.Timestamp(now) - table["due_at"]).dt.total_seconds() / 86_400).round(1),
        category_text=[category_name(policy, c, screen) for c in table["category"]],
        place=place_names(at, table["jurisdiction"]),
    )
    note_synthetic(at, screen)
    show_frame(
        screen, at, table, _OVERDUE, title=Text(f"超期问题 {len(table):,} 件", f"{len(table):,} overdue"), out=out
    )
    if n_waiting:
        screen.say(
            Text(
                f"另有 {n_waiting:,} 件尚未派遣，没有截止时间：gridmap issues list --step detected",
                f"{counted(n_waiting, 'more issue')} {'is' if n_waiting == 1 else 'are'} not dispatched yet, without a "
                "deadline: gridmap issues list --step detected",
            )
        )
    if is_logged:
        screen.say(Text(f"已记入日志 {n_logged} 件。", f"{n_logged} written into their logs."))


def _log(at: Kept, issues: list[str], now: datetime) -> int:
    town = at.stored.entry.town_id
    states = [fold(load_events(at.store, town, issue)) for issue in issues]
    return add_events(at.store, town, overdue_events(states, now)).n_added
