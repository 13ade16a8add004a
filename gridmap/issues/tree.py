"""The tree of an issue's events: which of them count, and what each of the others stands against.

Each event names the one that it was built on. Where several were built on the same, the branch counts on which more
work was built; with equal work the earlier event (``at``, then ``event_id``). See docs/decisions/issue-workflow.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from gridmap.errors import InvalidInput
from gridmap.issues.effect import apply_event, why_not
from gridmap.issues.state import ConflictReason, IssueConflict, IssueState
from gridmap.issues.workflow import BESIDE, word_of
from gridmap.model.issue_event import ROLES, IssueEvent
from gridmap.model.text import Text


@dataclass
class _Node:
    """Events of one content on one base: the first of them counts, what was built on any of them was built on it."""

    events: list[IssueEvent]
    state: IssueState
    parent: int
    children: list[int] = field(default_factory=list)
    height: int = 1

    @property
    def order(self) -> tuple[int, datetime, str]:
        return (-self.height, self.events[0].at, str(self.events[0].event_id))


def check_form(event: IssueEvent) -> None:
    """Whether the times of an event are civil times.

    Raises
    ------
    InvalidInput
        If one has a zone.
    """
    for time in (event.at, event.until, event.due_at):
        if time is not None and time.tzinfo is not None:
            raise InvalidInput(
                f"issue {event.issue}, event {event.event_id}: times are civil times of the town without a zone; "
                f"got {time.isoformat()}",
                f"问题 {event.issue}，操作 {event.event_id}：时间须为本地时间、不带时区；得到 {time.isoformat()}。",
            )


def distinct(events: Iterable[IssueEvent]) -> tuple[dict[UUID, IssueEvent], list[IssueConflict]]:
    """Each event once; of an id with two contents the one that sorts first, the others are named.

    Raises
    ------
    InvalidInput
        If there are none, they are of several issues, or a time has a zone.
    """
    kept: dict[UUID, IssueEvent] = {}
    variants: dict[UUID, dict[str, IssueEvent]] = {}
    issue = ""
    for event in events:
        check_form(event)
        issue = issue or event.issue
        if event.issue != issue:
            raise InvalidInput(
                f"the fold takes the events of one issue; got {issue} and {event.issue}",
                f"一次只能归并同一问题的操作；得到 {issue} 和 {event.issue}。",
            )
        first = kept.setdefault(event.event_id, event)
        # by their texts, for Python takes 1, 1.0 and true for equal and the first to arrive would count
        if first is not event and _content(first) != _content(event):
            told = variants.setdefault(event.event_id, {_content(first): first})
            told.setdefault(_content(event), event)
    if not kept:
        raise InvalidInput("the fold needs at least one event", "至少需要一个操作才能得出问题的状态。")
    conflicts = []
    for event_id, told in variants.items():
        chosen, *others = sorted(told)
        kept[event_id] = told[chosen]
        conflicts += [_conflict(told[other], told[chosen], "same_id", _SAME_ID) for other in others]
    return kept, conflicts


def _content(event: IssueEvent) -> str:
    """The whole content of an event as one text; equal for equal events."""
    parts = (event.base, event.base_version, event.at, event.actor, event.role, event.note, event.due_at)
    return json.dumps((*map(str, parts), _meaning(event)), ensure_ascii=False)


def _meaning(event: IssueEvent) -> str:
    """What an event says, whoever said it, when and why; the deadline follows from when."""
    told = (event.action, event.tier, event.handler, event.until, event.duplicate_of, dict(event.facts))
    return json.dumps(told, sort_keys=True, default=str, ensure_ascii=False)


def when(event: IssueEvent) -> tuple[datetime, str]:
    """By what events of one standing are ordered."""
    return event.at, str(event.event_id)


class Tree:
    """The events that hang together from a first one, judged from there down.

    Parameters
    ----------
    events : mapping of UUID to IssueEvent
        As :func:`distinct` gives them.
    nothing : IssueState
        The state before the first.
    """

    def __init__(self, events: Mapping[UUID, IssueEvent], nothing: IssueState) -> None:
        self._children: dict[UUID | None, list[IssueEvent]] = {}
        for event in events.values():
            self._children.setdefault(event.base, []).append(event)
        self._marks: dict[int, list[IssueEvent]] = {}
        self.seen: set[UUID] = set()
        self.conflicts: list[IssueConflict] = []
        self._nodes = [_Node([], nothing, -1)]
        here = 0
        while here < len(self._nodes):
            self._grow(here)
            here += 1
        for node in reversed(self._nodes[1:]):
            parent = self._nodes[node.parent]
            parent.height = max(parent.height, node.height + 1)

    def main_branch(self) -> IssueState:
        """The state at the end of the branch that counts; names what lies beside it."""
        here = 0
        while self._nodes[here].children:
            first, *others = sorted(self._nodes[here].children, key=lambda n: self._nodes[n].order)
            counts = self._nodes[first].events[0]
            for other in others:
                self._lose(other, counts)
            self.conflicts += [_conflict(e, counts, "redundant", _REDUNDANT) for e in self._nodes[first].events[1:]]
            here = first
        state = self._nodes[here].state
        since = min((e.at for e in self._marks.get(here, ())), default=None)
        return state if since is None else replace(state, overdue_since=since)

    def _grow(self, here: int) -> None:
        """Hang on a node what was built on its events, by itself or over notes between."""
        node = self._nodes[here]
        fit: list[IssueEvent] = []
        for event in self._candidates(node):
            if event.base_version != node.state.version:
                why: Text | None = _miscounted(event, node.state.version)
                reason: ConflictReason = "base_version"
            else:
                why, reason = why_not(node.state, event), "refused"
            if why is not None:
                self.conflicts.append(IssueConflict(event.event_id, event.base, reason, why))
                if event.action not in BESIDE:
                    self._drop(event)
            elif event.action == "overdue":
                self._marks.setdefault(here, []).append(event)
            elif event.action not in BESIDE:
                fit.append(event)
        for events in _alike(fit):
            node.children.append(len(self._nodes))
            self._nodes.append(_Node(events, apply_event(node.state, events[0]), here))

    def _candidates(self, node: _Node) -> Iterator[IssueEvent]:
        bases: list[UUID | None] = [e.event_id for e in node.events] or [None]
        while bases:
            for event in self._children.get(bases.pop(), ()):
                self.seen.add(event.event_id)
                if event.action in BESIDE:
                    bases.append(event.event_id)
                yield event

    def _drop(self, top: IssueEvent) -> None:
        """Name all that was built on an event that does not count."""
        bases = [top.event_id]
        while bases:
            for event in self._children.get(bases.pop(), ()):
                self.seen.add(event.event_id)
                bases.append(event.event_id)
                if event.action not in BESIDE:
                    self.conflicts.append(_conflict(event, top, "rests", _RESTS))

    def _lose(self, loser: int, counts: IssueEvent) -> None:
        top = self._nodes[loser].events[0]
        for event in self._nodes[loser].events:
            self.conflicts.append(_conflict(event, counts, "lost", _LOST))
        below = list(self._nodes[loser].children)
        while below:
            node = self._nodes[below.pop()]
            below += node.children
            self.conflicts += [_conflict(e, top, "rests", _RESTS) for e in node.events]


def _alike(events: list[IssueEvent]) -> list[list[IssueEvent]]:
    """The events by what they say, the earliest of each first."""
    if len(events) < 2:
        return [events] if events else []
    groups: dict[str, list[IssueEvent]] = {}
    for event in sorted(events, key=when):
        groups.setdefault(_meaning(event), []).append(event)
    return list(groups.values())


_SAME_ID = Text(
    "与另一操作编号相同而内容不同，以后者为准", "has the id of another event with other content, which counts: "
)
_REDUNDANT = Text("与另一操作内容相同，无需处理", "says the same as another event, which is harmless: ")
_LOST = Text(
    "与另一操作依据同一状态，后续工作较多者（相同时较早者）为准",
    "was built on the same state as another event, which has more work built on it or is earlier, and counts: ",
)
_RESTS = Text("所依据的操作未生效", "was built on an event that does not count: ")


def who_did(event: IssueEvent) -> Text:
    """Who did what, and when."""
    action = word_of(event.action)
    role = ROLES[event.role].text if event.role in ROLES else Text(event.role, event.role)
    at = f"{event.at:%Y-%m-%d %H:%M}"
    return Text(
        f"{role.zh} {event.actor} {at}「{action.zh}」", f"{event.action!r} of {event.role} {event.actor} at {at}"
    )


def _conflict(event: IssueEvent, against: IssueEvent, reason: ConflictReason, why: Text) -> IssueConflict:
    one, other = who_did(event), who_did(against)
    return IssueConflict(
        event.event_id,
        against.event_id,
        reason,
        Text(f"{one.zh}{why.zh}：{other.zh}。", f"{one.en} {why.en}{other.en}"),
    )


def waiting(event: IssueEvent) -> IssueConflict:
    """Name an event of which nobody knows yet what it was built on."""
    one = who_did(event)
    return IssueConflict(
        event.event_id,
        event.base,
        "waiting",
        Text(
            f"{one.zh}所依据的操作 {event.base} 尚未到达（或自身也在等待），到齐后自动计入。",
            f"{one.en} was built on event {event.base}, which has not arrived or waits itself; it counts once all have",
        ),
    )


def _miscounted(event: IssueEvent, version: int) -> Text:
    one = who_did(event)
    return Text(
        f"{one.zh}自称此前有 {event.base_version} 个操作，实为 {version} 个。",
        f"{one.en} says that {event.base_version} events lie before it; there are {version}",
    )
