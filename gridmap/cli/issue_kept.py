"""Issues as a command asks for them: which of them, in which period, by which policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

import pandas as pd

from gridmap.cli.kept import Asked, Kept, choose_plan, find_jurisdiction, today, wanted_grids
from gridmap.cli.screen import Screen
from gridmap.cli.stored import day_of
from gridmap.data.private_numbers import without_numbers
from gridmap.errors import InvalidInput, NotStored
from gridmap.model.issue_policy import IssuePolicy
from gridmap.model.issues import OPEN_STEPS, STEPS, TIERS, Issues
from gridmap.model.register import Choice
from gridmap.model.text import Text, counted
from gridmap.reports.figures import half_year
from gridmap.storage.connect import Store
from gridmap.storage.entries import PlanEntry, list_plans
from gridmap.storage.issue_policy import load_town_policy
from gridmap.storage.issue_query import IssueFilter
from gridmap.storage.issues import load_issues

#: What stands for all steps in which somebody still has something to do.
_OPEN: Final = ("open", "未办结")


@dataclass(frozen=True)
class Which:
    """Which issues are meant; every part has a default."""

    first: str | None = None
    last: str | None = None
    category: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    step: tuple[str, ...] = ()
    grid: str | None = None
    jurisdiction: str | None = None
    overdue: bool = False


def plan_of_town(store: Store, asked: Asked) -> PlanEntry:
    """A plan of the town that is meant: the one named, or any where only one town has plans.

    Raises
    ------
    NotStored, InvalidInput
        As :func:`gridmap.cli.kept.choose_plan`, where plans of several towns are stored.
    """
    known = list_plans(store) if asked.plan is None else []
    return known[0] if len({e.town_id for e in known}) == 1 else choose_plan(store, asked)[0]


def policy_at(at: Kept) -> IssuePolicy:
    """What the town has decided about its issues."""
    return load_town_policy(at.store, at.stored.entry.town_id)


def moment(at: Kept) -> datetime:
    """The moment that is looked at: now, or the end of a day that is not today."""
    now = datetime.now().astimezone().replace(tzinfo=None, microsecond=0)
    return now if at.day == today() else datetime.combine(at.day, time(23, 59, 59))


def period(at: Kept, which: Which, *, is_half_year: bool = True) -> tuple[date | None, date | None]:
    """First and last day, both included: as given; without, the half year that ends on the day, or all.

    Raises
    ------
    InvalidInput
        If a day is no date, or the last lies before the first.
    """
    first, last = day_of(which.first), day_of(which.last)
    if is_half_year and first is None:
        first = half_year(last or at.day)[0]
    if is_half_year and last is None:
        last = at.day
    if first is not None and last is not None and last < first:
        en = "" if which.last else "; it is the day that is looked at, --to or --day names a later one"
        zh = "" if which.last else "；没有写 --to 时截止到查看日期，请用 --to 或 --day 另行指定"
        raise InvalidInput(
            f"the last day ({last}) lies before the first ({first}){en}",
            f"终止日期（{last}）早于起始日期（{first}）{zh}。",
        )
    return first, last


def wanted(at: Kept, which: Which, policy: IssuePolicy, *, is_half_year: bool = True) -> IssueFilter:
    """What the database is asked for.

    Raises
    ------
    InvalidInput
        If a category, tier, step, grid, jurisdiction or day is none.
    """
    first, last = period(at, which, is_half_year=is_half_year)
    return IssueFilter(
        first=first,
        last=last,
        categories=tuple(_category(policy, written) for written in which.category),
        tiers=tuple(key_of(written, TIERS, Text("处置层级", "tier")) for written in which.tier),
        steps=tuple(s for written in which.step for s in _steps(written)),
        grids=tuple(wanted_grids(at, which.grid, None)) if which.grid else (),
        jurisdictions=(find_jurisdiction(at.plan, which.jurisdiction),) if which.jurisdiction else (),
        overdue_at=moment(at) if which.overdue else None,
    )


def issues_at(at: Kept, which: Which, policy: IssuePolicy, *, is_half_year: bool = True) -> Issues:
    """The issues that are meant, in the CRS of the plan.

    Raises
    ------
    InvalidInput
        As :func:`wanted`.
    NotStored
        If no issue of the town was ever stored.
    """
    asked = wanted(at, which, policy, is_half_year=is_half_year)
    town = at.stored.entry.town_id
    found = load_issues(at.store, town, wanted=asked, crs=at.plan.units.frame.crs)
    if not len(found) and not len(load_issues(at.store, town, limit=1)):
        raise NotStored(
            "no issue is stored yet; gridmap issues import FILE takes a ledger in",
            "数据库中还没有问题；请先用 gridmap issues import 文件 导入。",
        )
    return found


def stored_issues(at: Kept, first: date | None = None) -> Issues | None:
    """The issues that were reported from a day on, or ever, up to the day; None where none was ever stored."""
    town = at.stored.entry.town_id
    if not len(load_issues(at.store, town, limit=1)):
        return None
    asked = IssueFilter(first=first, last=at.day)
    return load_issues(at.store, town, wanted=asked, crs=at.plan.units.frame.crs)


def chosen_words(which: Which, policy: IssuePolicy, screen: Screen) -> list[str]:
    """What the categories and tiers that were chosen are called.

    Raises
    ------
    InvalidInput
        If one is none.
    """
    parts = [category_name(policy, _category(policy, c), screen) for c in which.category]
    return parts + [TIERS[key_of(t, TIERS, Text("处置层级", "tier"))].text.in_language(screen.lang) for t in which.tier]


def about_period(at: Kept, which: Which, issues: Issues, policy: IssuePolicy, screen: Screen) -> None:
    """Say which issues were looked at.

    Raises
    ------
    InvalidInput
        As :func:`wanted`.
    """
    first, last = period(at, which)
    parts = chosen_words(which, policy, screen)
    zh = f"（{'、'.join(parts)}）" if parts else ""
    en = f" ({', '.join(parts)})" if parts else ""
    n = int(issues.is_counted.sum())
    screen.say(
        Text(
            f"{first} 至 {last} 上报的问题{zh} {n:,} 件。",
            f"{counted(n, 'issue')}{en} reported from {first} to {last}.",
        )
    )


def category_name(policy: IssuePolicy, key: str, screen: Screen) -> str:
    """What a category is called; its key where the policy has it no more."""
    found = policy.categories.get(key)
    return key if found is None else found.text.in_language(screen.lang)


def moments(times: pd.Series) -> list[str]:
    """Times as people read them; "" where there is none."""
    return ["" if pd.isna(t) else t.strftime("%Y-%m-%d %H:%M") for t in times]


def _category(policy: IssuePolicy, written: str) -> str:
    key = policy.category_of(written)
    if not key:
        known = [f"{k} {c.text.zh}" for k, c in policy.categories.items()]
        raise InvalidInput(
            f"no category is called {written}; there are {', '.join(policy.categories)}",
            f"没有问题类别「{written}」；现有：{'、'.join(known)}。",
        )
    return key


def _steps(written: str) -> tuple[str, ...]:
    if written.casefold() in _OPEN:
        return OPEN_STEPS
    return (key_of(written, STEPS, Text("步骤", "step")),)


def key_of(written: str, words: Mapping[str, Choice], what: Text) -> str:
    """The key of the word that is written: itself, its text in either language, or a synonym.

    Raises
    ------
    InvalidInput
        If it is none of `words`; `what` says of what.
    """
    wanted_ = written.strip().casefold()
    for key, choice in words.items():
        if wanted_ in (n.casefold() for n in (key, choice.text.zh, choice.text.en, *choice.synonyms)):
            return key
    known = [f"{k} {c.text.zh}" for k, c in words.items()]
    raise InvalidInput(
        f"no {what.en} is called {written}; there are {', '.join(words)}",
        f"没有{what.zh}「{written}」；可选：{'、'.join(known)}。",
    )


def person_id(at: Kept, written: str) -> str:
    """The id of the person who is meant: an id as it is, a name on record as the id that it stands for.

    Raises
    ------
    InvalidInput
        If it is a telephone or identity number, the name of several people, or a name that is not on record.
    """
    person = at.records.of("person")
    found = person["person_id"][person["name"] == written.strip()].tolist()
    if len(found) == 1:
        return str(found[0])
    is_known = written in (at.store.actor, "") or written in set(person["person_id"])
    if not is_known and (found or not written.isascii() or without_numbers(written) != written):
        raise InvalidInput(
            f"{without_numbers(written)!r} is no id of a person; write the id, which gridmap people list shows",
            f"「{without_numbers(written)}」不是人员编号；请填写人员编号（见 gridmap people list）。",
        )
    return written
