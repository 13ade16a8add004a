"""The log of issues: what somebody does now, what devices did offline, and what was done."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import shapely
import sqlalchemy as sa
from psycopg import sql
from psycopg.types.json import Json

from gridmap.errors import Conflict, InvalidInput, NotStored, first_ten, first_ten_zh
from gridmap.issues.fold import check_event, fold
from gridmap.issues.owner import Tenure, own_issues
from gridmap.issues.state import STATE_COLUMNS, IssueState, state_values
from gridmap.issues.tree import check_form, who_did
from gridmap.issues.workflow import BESIDE
from gridmap.model.issue_event import ACTIONS, ROLES, IssueEvent
from gridmap.model.issues import COUNTED_STEPS, STEPS, Issues
from gridmap.storage.connect import Store
from gridmap.storage.entries import TownEntry, get_town_entry
from gridmap.storage.frames import split_crs
from gridmap.storage.issue_rows import FACTS, frame_of_facts
from gridmap.storage.issue_schema import ISSUE_TABLE
from gridmap.storage.issue_tenures import plans_in_force
from gridmap.storage.rows import raw, read_columns

#: Only an import tells what another platform says, and only its undo takes that back.
_BY_IMPORT: Final = ("record", "withdraw")
_TEXTS: Final = ("issue", "actor", "tier", "handler", "note", "duplicate_of")
_FIELDS: Final = (
    *("event_id", "base", "base_version", "action", "at", "actor", "role", "tier", "handler", "note", "until"),
    *("duplicate_of", "due_at", "facts"),
)
#: What makes an event the same one again; its texts may have been taken out since.
_SAME: Final = tuple(f for f in _FIELDS if f not in ("note", "due_at", "facts"))
#: Columns that the report told, and that follow from it: they are written once.
_TOLD: Final = tuple(n for n in FACTS if n not in STATE_COLUMNS)


@dataclass(frozen=True)
class EventsAdded:
    """What became of events that came in.

    Attributes
    ----------
    n_added : int
    n_repeated : int
        Events that were in the log already.
    states : tuple of IssueState
        Of each issue that they are of, by its id; events that do not count are their ``conflicts``.
    """

    n_added: int
    n_repeated: int
    states: tuple[IssueState, ...]


def advance_issue(store: Store, town: str | int, event: IssueEvent) -> IssueState:
    """Take an issue one step on, or report a new one; whoever acted must have seen it as it is.

    Parameters
    ----------
    store : Store
    town : str or int
        Its name or its number.
    event : IssueEvent
        On the head of the issue, as :func:`gridmap.issues.fold.new_event` makes it. Of a ``report``, the facts hold
        ``place`` [x, y] and ``crs``, or ``grid``; who owns the issue follows from them and the plan in force.

    Returns
    -------
    IssueState
        The new one; a repeat of the same event is harmless and gives the one that is.

    Raises
    ------
    Conflict
        If something else happened to the issue meanwhile: it names who did what and when; or if the id of the event
        is that of another one.
    NotStored
        If there is no such town or issue.
    InvalidInput
        If the workflow does not allow it, or a text, a place or facts cannot be kept.
    StoreError
        If the database cannot be reached or refuses.
    """
    given = _kept_form(event)
    with store.begin() as connection:
        entry = get_town_entry(connection, town)
        meant = [given.issue, given.duplicate_of] if given.action == "merge" else [given.issue]
        held = _hold(connection, entry, meant, may_add=given.action == "report")
        for issue in meant:
            if issue not in held:
                raise NotStored(f"{entry.name} has no issue {issue}", f"{entry.name}没有编号为「{issue}」的问题。")
        number = held[given.issue]
        known = _events(connection, {number: given.issue})[number]
        state = fold(known.values()) if known else IssueState(given.issue)
        if _is_known(known, given):
            return state
        if given.action not in BESIDE and given.base != state.head:
            raise _moved_on(state, known, given)
        if given.base is not None and given.base not in known:
            raise InvalidInput(
                f"issue {given.issue}: the event was built on {given.base}, which is none of its events",
                f"问题 {given.issue}：该操作所依据的 {given.base} 不是它的操作记录。",
            )
        check_event(state, given)
        if given.action == "merge":
            _check_stays(connection, held, given)
        _insert(connection, [(number, given)])
        after = fold([*known.values(), given])
        _write_states(connection, entry, {number: after}, {number: known})
        return after


def add_events(store: Store, town: str | int, events: Iterable[IssueEvent]) -> EventsAdded:
    """Take in what devices did offline, in any order; a repeat is harmless.

    Every event is kept. Those that stand against others, or that wait for what they were built on, are conflicts of
    the state, and count by themselves once what is missing arrives.

    Parameters
    ----------
    store : Store
    town : str or int
        Its name or its number.
    events : iterable of IssueEvent

    Raises
    ------
    Conflict
        If an id is that of another event.
    NotStored
        If there is no such town.
    InvalidInput
        If an action or role is none, an event tells what only an import may, a time has a zone, or a text, a place or
        facts cannot be kept. Nothing is stored then.
    StoreError
        If the database cannot be reached or refuses; nothing is stored then, repeating it is harmless.
    """
    given = [_kept_form(e) for e in events]
    with store.begin() as connection:
        entry = get_town_entry(connection, town)
        held = _hold(connection, entry, [e.issue for e in given], may_add=True)
        before = _events(connection, {no: issue for issue, no in held.items()})
        after = {no: dict(known) for no, known in before.items()}
        fresh = []
        for event in given:
            number = held[event.issue]
            if not _is_known(after[number], event):
                after[number][event.event_id] = event
                fresh.append((number, event))
        _insert(connection, fresh)
        touched = {number for number, _ in fresh}
        states = {number: fold(known.values()) for number, known in after.items()}
        _write_states(connection, entry, {n: states[n] for n in sorted(touched)}, before)
    return EventsAdded(len(fresh), len(given) - len(fresh), tuple(states[held[issue]] for issue in sorted(held)))


def _check_stays(connection: sa.Connection, held: Mapping[str, int], merge: IssueEvent) -> None:
    """Whether the issue that another is merged into counts itself; two that point at each other would both be lost."""
    number = held[merge.duplicate_of]
    known = _events(connection, {number: merge.duplicate_of})[number]
    stays = fold(known.values()) if known else IssueState(merge.duplicate_of)
    if not stays.step:
        raise NotStored(f"issue {stays.issue} has not been reported yet", f"问题「{stays.issue}」尚未上报，不能并入。")
    if stays.step not in COUNTED_STEPS:
        step = STEPS[stays.step].text
        further_zh = f"；可并入 {stays.duplicate_of}" if stays.duplicate_of else ""
        further = f"; merge into {stays.duplicate_of} instead" if stays.duplicate_of else ""
        raise InvalidInput(
            f"issue {merge.issue} cannot be merged into {stays.issue}, which does not count itself "
            f"({step.en.lower()}){further}",
            f"问题 {merge.issue} 不能并入 {stays.issue}：它本身不计数（{step.zh}）{further_zh}。",
        )


def load_events(store: Store, town: str | int, issue: str) -> tuple[IssueEvent, ...]:
    """Everything that happened to an issue, in the order in which it arrived; nothing where there is no such issue.

    Raises
    ------
    NotStored
        If there is no such town.
    StoreError
        If the database cannot be reached.
    """
    with store.read() as connection:
        entry = get_town_entry(connection, town)
        table = ISSUE_TABLE.c
        query = sa.select(table.no).where(table.town_id == entry.id, table.issue_id == issue)
        number = connection.execute(query).scalar()
        return () if number is None else tuple(_events(connection, {number: issue})[number].values())


def refold(connection: sa.Connection, numbers: Sequence[int]) -> None:
    """Fold issues again, in the transaction that wrote an event of each."""
    if not numbers:
        return
    table = ISSUE_TABLE.c
    query = sa.select(table.no, table.issue_id).where(table.no.in_(numbers))
    issues = {row.no: row.issue_id for row in connection.execute(query)}
    for number, known in _events(connection, issues).items():
        _put(connection, number, fold(known.values()), {})


def _kept_form(event: IssueEvent) -> IssueEvent:
    """The event as the database keeps it: whole seconds, facts as JSON holds them."""
    check_form(event)
    words = {"action": (event.action, ACTIONS), "role": (event.role, ROLES)}
    for name, (value, known) in words.items():
        if value not in known or value in _BY_IMPORT:
            allowed = [w for w in known if w not in _BY_IMPORT]
            raise InvalidInput(
                f"issue {event.issue}, event {event.event_id}: {name} {value!r} is none of {', '.join(allowed)}",
                f"问题 {event.issue}，操作 {event.event_id}：{name}「{value}」不在可选范围：{'、'.join(allowed)}。",
            )
    strangers = [str(name) for name in event.facts if name not in (*FACTS, "place", "crs")]
    if strangers:  # nobody would see them, and no redaction takes them out
        raise InvalidInput(
            f"issue {event.issue}, event {event.event_id}: facts are columns of issues, place and crs; got "
            f"{first_ten(strangers)}",
            f"问题 {event.issue}，操作 {event.event_id}：facts 只能含问题表的列和 place、crs；"
            f"得到 {first_ten_zh(strangers)}。",
        )
    try:
        facts = json.dumps(dict(event.facts), ensure_ascii=False, allow_nan=False)
        text = "".join([facts, *(getattr(event, name) for name in _TEXTS)])
        text.encode()
    except (TypeError, ValueError) as error:  # the last is also half a character
        raise _not_kept(event, str(error)) from error
    if "\0" in text or "\\u0000" in facts or not event.issue or event.base_version < 0:
        raise _not_kept(event, "a zero byte, no id, or a negative base version")
    times = {n: _whole(getattr(event, n)) for n in ("at", "until", "due_at")}
    kept: IssueEvent = replace(event, facts=json.loads(facts), **times)
    if kept.action == "report":
        frame_of_facts([kept.facts], [kept.issue])  # refuses a place that is none
    return kept


def _not_kept(event: IssueEvent, why: str) -> InvalidInput:
    return InvalidInput(
        f"issue {event.issue}, event {event.event_id}: cannot be kept: {why}",
        f"问题 {event.issue}，操作 {event.event_id}：无法保存：{why}。",
    )


def _whole(time: datetime | None) -> Any:
    return None if time is None else time.replace(microsecond=0)


def _hold(connection: sa.Connection, town: TownEntry, issues: Sequence[str], *, may_add: bool) -> dict[str, int]:
    """Issue → its number, each held against others until the end; those that are not there begin to wait."""
    names = sorted(set(issues))
    if may_add:
        raw(connection).execute(
            "INSERT INTO gridmap.issue (town_id, issue_id) SELECT %s, i FROM unnest(%s::text[]) i"
            " WHERE NOT EXISTS (SELECT FROM gridmap.issue k WHERE k.town_id = %s AND k.issue_id = i)"
            " ORDER BY i ON CONFLICT (town_id, issue_id) DO NOTHING",
            (town.id, names, town.id),
        )
    rows = raw(connection).execute(
        "SELECT issue_id, no FROM gridmap.issue WHERE town_id = %s AND issue_id = ANY (%s::text[])"
        " ORDER BY no FOR UPDATE",
        (town.id, names),
    )
    return dict(rows.fetchall())


def _events(connection: sa.Connection, issues: Mapping[int, str]) -> dict[int, dict[UUID, IssueEvent]]:
    """Number of an issue → its events by their id, in the order in which they arrived."""
    found: dict[int, dict[UUID, IssueEvent]] = {number: {} for number in issues}
    columns = read_columns(
        connection,
        "SELECT issue_no, event_id, base, base_version, action, at, actor, role, tier, handler, note, until,"
        " duplicate_of, due_at, facts FROM gridmap.issue_event WHERE issue_no = ANY (%s::bigint[])"
        " ORDER BY issue_no, received_at, base_version, at, event_id",
        list(issues),
    )
    for number, *values in zip(*columns, strict=True):
        fields = dict(zip(_FIELDS, values, strict=True))
        fields["facts"] = fields["facts"] or {}
        found[number][fields["event_id"]] = IssueEvent(issue=issues[number], **fields)
    return found


def _is_known(known: Mapping[UUID, IssueEvent], event: IssueEvent) -> bool:
    """Whether the event is there already."""
    held = known.get(event.event_id)
    if held is None:
        return False
    if any(getattr(held, f) != getattr(event, f) for f in _SAME):
        one, other = who_did(held), who_did(event)
        raise Conflict(
            f"issue {event.issue}: the id {event.event_id} is that of {one.en}, and comes in for {other.en}; each "
            "event needs an id of its own",
            f"问题 {event.issue}：操作编号 {event.event_id} 已用于{one.zh}，又用于{other.zh}；每次操作须有各自的编号。",
        )
    return True


def _moved_on(state: IssueState, known: Mapping[UUID, IssueEvent], event: IssueEvent) -> Conflict:
    """The refusal that names what happened since whoever acts looked."""
    since, at = [], state.head
    while at is not None and at != event.base:
        since.append(known[at])
        at = known[at].base
    told = [who_did(e) for e in since[::-1]]
    one = who_did(event)
    return Conflict(
        f"issue {event.issue} moved on since: {first_ten(t.en for t in told) or 'it is not there yet'}; "
        f"{one.en} was not done, look at it again and decide anew",
        f"问题 {event.issue} 已有新的进展：{first_ten_zh(t.zh for t in told) or '尚未上报'}；"
        f"{one.zh}未执行，请重新查看后再决定。",
    )


def _insert(connection: sa.Connection, events: Sequence[tuple[int, IssueEvent]]) -> None:
    names = ("issue_no", *_FIELDS)
    statement = sql.SQL("INSERT INTO gridmap.issue_event ({}) VALUES ({})").format(
        sql.SQL(", ").join(map(sql.Identifier, names)), sql.SQL(", ").join([sql.Placeholder()] * len(names))
    )
    rows = [
        (number, *(getattr(e, f) for f in _FIELDS[:-1]), Json(dict(e.facts)) if e.facts else None)
        for number, e in events
    ]
    with raw(connection).cursor() as cursor:
        cursor.executemany(statement, rows)


def _write_states(
    connection: sa.Connection,
    town: TownEntry,
    states: Mapping[int, IssueState],
    before: Mapping[int, Mapping[UUID, IssueEvent]],
) -> None:
    """Write what the fold of each says now; of what is told anew also that, and whose it is."""
    anew = []
    for number, state in states.items():
        known = before[number]
        was = fold(known.values()) if known else IssueState(state.issue)
        if state.version > 0 and (was.version == 0 or was.facts != state.facts):
            anew.append(state)
    told = _owned(connection, town, anew)
    for number, state in states.items():
        _put(connection, number, state, told.get(state.issue, {}))


def _put(connection: sa.Connection, number: int, state: IssueState, told: Mapping[str, Any]) -> None:
    values = {**state_values(state), "head": state.head, **told}
    columns = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values)
    statement = sql.SQL("UPDATE gridmap.issue SET {} WHERE no = %s").format(columns)
    raw(connection).execute(statement, [*values.values(), number])


def _owned(connection: sa.Connection, town: TownEntry, states: Sequence[IssueState]) -> dict[str, dict[str, Any]]:
    """Issue → the columns that its report told, with the owner by the plan in force when it was made."""
    if not states:
        return {}
    days = [s.reported_at.date() for s in states if s.reported_at is not None]
    plans = plans_in_force(connection, town.id, (min(days), max(days)))
    by_crs: dict[str, list[IssueState]] = {}
    for state in states:
        crs = str(state.facts.get("crs") or "") if state.facts.get("place") is not None else ""
        by_crs.setdefault(crs, []).append(state)
    return {issue: told for group in by_crs.values() for issue, told in _told(group, plans)}


def _told(states: Sequence[IssueState], plans: Sequence[Tenure]) -> Iterator[tuple[str, dict[str, Any]]]:
    facts = [
        {**s.facts, **{n: v.isoformat() if isinstance(v, datetime) else v for n, v in state_values(s).items()}}
        for s in states
    ]
    frame, crs = frame_of_facts(facts, [s.issue for s in states])
    owned = own_issues(Issues(frame), plans).frame
    srid, text = split_crs(frame.crs) if crs else (0, "")
    codes = shapely.to_wkb(shapely.set_srid(owned.geometry.to_numpy(), srid), hex=True, include_srid=True)
    columns = [owned[name].tolist() for name in _TOLD]
    for state, geom, *values in zip(states, codes, *columns, strict=True):
        yield (
            state.issue,
            {**dict(zip(_TOLD, values, strict=True)), "geom": geom, "crs": "" if geom is None else text},
        )
