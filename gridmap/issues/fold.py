"""The fold: a set of events to the state of the issue, the same in whatever order they arrived; and the next event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from gridmap.errors import Conflict, InvalidInput
from gridmap.issues.deadlines import due_at, verify_due_at
from gridmap.issues.effect import DISPOSAL_ACTIONS, step_after, why_not
from gridmap.issues.state import IssueState
from gridmap.issues.tree import Tree, check_form, distinct, waiting, when
from gridmap.issues.workflow import BESIDE, tier_above, tier_below, word_of
from gridmap.model.issue_event import IssueEvent
from gridmap.model.issue_policy import IssuePolicy


def fold(events: Iterable[IssueEvent]) -> IssueState:
    """The state of an issue from its events.

    Parameters
    ----------
    events : iterable of IssueEvent
        All that have arrived, of one issue, in any order; the same one may stand there twice.

    Returns
    -------
    IssueState
        A function of the set of events alone. Those that do not count are its ``conflicts``.

    Raises
    ------
    InvalidInput
        If there are none, they are of several issues, or a time has a zone.
    """
    kept, conflicts = distinct(events)
    issue = next(iter(kept.values())).issue
    tree = Tree(kept, IssueState(issue))
    state = tree.main_branch()
    conflicts += tree.conflicts
    conflicts += [waiting(e) for e in kept.values() if e.event_id not in tree.seen]
    conflicts.sort(key=lambda c: (when(kept[c.event_id]), c.reason, c.text.en))
    return replace(state, conflicts=tuple(conflicts)) if conflicts else state


def check_event(state: IssueState, event: IssueEvent) -> None:
    """Whether an event can be added now, by somebody who sees the issue as it is.

    Notes and overdue marks move nothing: they may be built on any earlier event.

    Raises
    ------
    InvalidInput
        If it is of another issue, its time has a zone, or the table does not allow it: the sentence says what is
        possible now.
    Conflict
        If something else happened to the issue meanwhile.
    """
    check_form(event)
    if event.issue != state.issue:
        raise InvalidInput(
            f"the event is of issue {event.issue}, not of {state.issue}",
            f"该操作属于问题 {event.issue}，不属于 {state.issue}。",
        )
    if event.action not in BESIDE and (event.base, event.base_version) != (state.head, state.version):
        raise Conflict(
            f"issue {state.issue}: {event.action!r} was built on its version {event.base_version}, and it is at "
            f"{state.version} now; load it again and decide anew",
            f"问题 {state.issue}：「{word_of(event.action).zh}」依据第 {event.base_version} 版，"
            f"现为第 {state.version} 版；请重新载入后再决定。",
        )
    why = why_not(state, event)
    if why is not None:
        raise InvalidInput(why.en, why.zh)


def new_event(
    state: IssueState,
    action: str,
    *,
    at: datetime,
    actor: str,
    role: str,
    policy: IssuePolicy,
    tier: str = "",
    handler: str = "",
    note: str = "",
    until: datetime | None = None,
    duplicate_of: str = "",
    facts: Mapping[str, Any] | None = None,
    event_id: UUID | None = None,
) -> IssueEvent:
    """An event on the head of an issue, with the deadline that begins with it.

    Parameters
    ----------
    state : IssueState
        As it is now; ``IssueState(id)`` for one that nobody has reported yet.
    action, actor, role, note, until, duplicate_of
        As in :class:`gridmap.model.issue_event.IssueEvent`.
    at : datetime
        Civil time of the town.
    policy : IssuePolicy
        For the deadlines.
    tier, handler : str
        The tier may be left out where there is only one: up or down one, or the same.
    facts : mapping, optional
        Of ``report`` and ``record``.
    event_id : UUID, optional
        A new one where not given.

    Raises
    ------
    InvalidInput
        If the table does not allow it.
    """
    event = IssueEvent(
        issue=state.issue,
        event_id=event_id or uuid4(),
        base=state.head,
        base_version=state.version,
        action=action,
        at=at,
        actor=actor,
        role=role,
        tier=tier or _tier_to(state, action),
        handler=handler,
        note=note,
        until=until,
        duplicate_of=duplicate_of,
        facts=dict(facts or {}),
    )
    check_form(event)
    why = why_not(state, event)
    if why is not None:
        raise InvalidInput(why.en, why.zh)
    if action == "settle":
        return replace(event, due_at=verify_due_at(policy, at))
    if action in DISPOSAL_ACTIONS and step_after(state, action, event.facts) == "disposing":
        return replace(event, due_at=due_at(policy, state.category, event.tier or state.tier or "grid", at))
    return event


def _tier_to(state: IssueState, action: str) -> str:
    if action == "escalate":
        return tier_above(state.tier)
    if action == "send_back" and state.step == "disposing":
        return tier_below(state.tier)
    return ""
