"""Deadlines: when a disposal and a verification have to be done, what is late, and its mark in the log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID, uuid5

import numpy as np
import pandas as pd

from gridmap.errors import InvalidInput
from gridmap.issues.state import IssueState
from gridmap.issues.working_days import add_working_days
from gridmap.model.issue_event import IssueEvent
from gridmap.model.issue_policy import IssuePolicy
from gridmap.model.issues import TIERS, Issues

#: Steps with a clock that runs; it stands still while an issue is deferred.
CLOCK_STEPS: Final = ("detected", "disposing", "verifying", "deferred")
#: Who marks issues as overdue.
SYSTEM_ACTOR: Final = "gridmap"
#: Any fixed number does: with it the same deadline has the same mark, whoever makes it.
_MARKS: Final = UUID("3f0f9a52-6a34-5c08-9a55-7d3f5b8c2e11")


def due_at(policy: IssuePolicy, category: str, tier: str, start: datetime) -> datetime:
    """When a disposal has to be done.

    Day 0 is the day of `start`; where that is no working day, or `start` lies at or after ``office_ends``, it is the
    next working day. The deadline is ``office_ends`` of the n-th working day after day 0, n as the policy says for the
    category and tier; 0 is day 0 itself.

    Parameters
    ----------
    policy : IssuePolicy
    category : str
        One that the policy has no more counts as ``other``.
    tier : str
        Key of :data:`gridmap.model.issues.TIERS`.
    start : datetime
        Civil time of the town at which this disposal began.

    Raises
    ------
    InvalidInput
        If the tier is none.
    """
    if tier not in TIERS:
        raise InvalidInput(
            f"a deadline needs one of the tiers {', '.join(TIERS)}; got {tier!r}",
            f"计算时限须写明处置层级：{'、'.join(c.text.zh for c in TIERS.values())}；得到「{tier}」。",
        )
    known = policy.categories.get(category, policy.categories["other"])
    return _end_of(policy, known.days[tier], start)


def verify_due_at(policy: IssuePolicy, start: datetime) -> datetime:
    """When a verification has to be done that began at `start`, counted as :func:`due_at` counts."""
    return _end_of(policy, policy.verify_days, start)


def _end_of(policy: IssuePolicy, n_days: int, start: datetime) -> datetime:
    first: date = start.date()
    if start.time() >= policy.office_ends:
        first += timedelta(days=1)
    return datetime.combine(add_working_days(first, n_days, policy), policy.office_ends)


def with_deadlines(issues: Issues, policy: IssuePolicy) -> Issues:
    """The deadlines that ledgers and other platforms do not tell, as the policy has them.

    Parameters
    ----------
    issues : Issues
        As they were read. A deadline that is told stays.
    policy : IssuePolicy

    Returns
    -------
    Issues
        New ones. Where ``due_at`` is blank: of an issue in disposal, or closed, whose tier is known, the end of its
        disposal (:func:`due_at`), counted from its beginning or, where nobody knows that, from the report; of one that
        waits for verification the end of that, counted from its settlement. A deferred one is due when it is deferred
        until, whatever was told before. All others have none.
    """
    frame = issues.frame
    is_settled = frame["step"] == "verifying"
    is_disposal = frame["step"].isin(("disposing", "closed")) & frame["tier"].isin(list(TIERS))
    start = frame["disposed_at"].fillna(frame["reported_at"]).where(~is_settled, frame["settled_at"])
    is_due = frame["due_at"].isna() & start.notna() & (is_settled | is_disposal)
    day = start.dt.normalize()
    is_after = start - day >= pd.Timedelta(policy.office_ends.isoformat())
    # all that began on one side of the closing time of a day, alike: asked once
    alike = frame[["step", "category", "tier"]].assign(day=day, is_after=is_after)[is_due]
    group = alike.groupby(list(alike), sort=False).ngroup().to_numpy()
    first = alike.to_numpy(object)[np.unique(group, return_index=True)[1]]
    ends = [_due_of(policy, *row) for row in first]
    is_deferred = (frame["step"] == "deferred") & frame["deferred_until"].notna()
    due = frame["due_at"].where(~is_deferred, frame["deferred_until"]).to_numpy().copy()
    due[is_due.to_numpy(bool)] = np.array(ends, dtype="datetime64[s]")[group]
    return Issues(frame.assign(due_at=due), issues.is_synthetic)


def _due_of(policy: IssuePolicy, step: str, category: str, tier: str, day: pd.Timestamp, is_after: bool) -> datetime:
    start = datetime.combine(day.date(), policy.office_ends if is_after else time.min)
    return verify_due_at(policy, start) if step == "verifying" else due_at(policy, category, tier, start)


def is_overdue(issues: Issues, at: datetime) -> pd.Series:
    """Whether each issue is late, or was settled late.

    Parameters
    ----------
    issues : Issues
        n issues; ``due_at`` is the deadline of the step that an issue is in, and of its disposal once it is closed.
    at : datetime
        Civil time of the town at which it is asked.

    Returns
    -------
    Series of bool, (n,)
        True where the step's deadline has passed; of a closed issue where it was settled after its deadline (verified,
        where nobody knows when it was settled). False without a deadline, and where merged, void or withdrawn.
    """
    frame = issues.frame
    is_late: pd.Series = frame["step"].isin(CLOCK_STEPS) & (frame["due_at"] < pd.Timestamp(at))
    done_at = frame["settled_at"].fillna(frame["verified_at"])
    is_late |= (frame["step"] == "closed") & (frame["due_at"] < done_at)
    is_late.name = "is_overdue"
    return is_late


def overdue_events(states: Iterable[IssueState], at: datetime) -> tuple[IssueEvent, ...]:
    """The marks that are missing: one ``overdue`` of each issue whose deadline passed before `at`.

    A mark is dated at the deadline and its id follows from the issue, its head and the deadline: two runs, on two
    machines, make equal marks, and the log keeps one.
    """
    return tuple(
        IssueEvent(
            issue=state.issue,
            event_id=uuid5(_MARKS, f"{state.issue}\n{state.head}\n{state.due_at.isoformat()}"),
            base=state.head,
            base_version=state.version,
            action="overdue",
            at=state.due_at,
            actor=SYSTEM_ACTOR,
            role="system",
        )
        for state in states
        if state.step in CLOCK_STEPS and state.due_at is not None and state.due_at < at and state.overdue_since is None
    )
