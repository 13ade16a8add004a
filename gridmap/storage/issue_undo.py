"""An import of issues taken back: an event more for each of its issues, never one less."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import numpy as np
import sqlalchemy as sa

from gridmap.errors import Conflict, InvalidInput, first_ten, first_ten_zh
from gridmap.model.issue_event import ACTIONS
from gridmap.storage.batches import Batch, get_batch, still_counting, write_batch
from gridmap.storage.connect import Store
from gridmap.storage.entries import TownEntry
from gridmap.storage.frames import split_crs
from gridmap.storage.issue_rows import frame_of_facts
from gridmap.storage.issue_writing import PART, Held, Writing, write_changed
from gridmap.storage.rows import raw, read_columns

#: What a batch did, and where each of its issues is: ``made`` its event, ``was`` what that was built on, ``stands`` the
#: event that counts. ``is_told``: there is content to go back to.
_LOOK: Final = (
    "CREATE TEMP TABLE issue_back ON COMMIT DROP AS SELECT i.no, i.issue_id, i.head, i.version,"
    " gen_random_uuid() AS event_id, e.event_id AS made, e.base AS was, i.head AS stands,"
    " i.step = 'withdrawn' AS is_back,"
    " coalesce(p.action = 'record' AND (p.facts ->> 'reported_at') IS NOT NULL, false) AS is_told"
    " FROM gridmap.issue_event e JOIN gridmap.issue i ON i.no = e.issue_no"
    " LEFT JOIN gridmap.issue_event p ON p.issue_no = e.issue_no AND p.event_id = e.base"
    " WHERE e.batch_id = %s AND i.town_id = %s"
)
#: Where a batch was taken back, what stands is what it was built on. Looked up issue by issue: the planner of queries
#: knows too little of how batches and events hang together.
_STEP_BACK: Final = (
    "UPDATE pg_temp.issue_back b SET stands = s.base FROM (SELECT k.no, x.base FROM pg_temp.issue_back k"
    " CROSS JOIN LATERAL (SELECT t.base FROM gridmap.issue_event e"
    " JOIN gridmap.batch u ON u.id = e.batch_id AND u.undoes IS NOT NULL"
    " JOIN gridmap.issue_event t ON t.issue_no = e.issue_no AND t.batch_id = u.undoes"
    " WHERE e.issue_no = k.no AND e.event_id = k.stands OFFSET 0) x WHERE k.stands <> k.made) s WHERE b.no = s.no"
)


class IssueClash(NamedTuple):
    """An issue that was touched since: which one, what was done, by whom and when."""

    issue: str
    action: str
    actor: str
    at: datetime


def refuse_touched(connection: sa.Connection, town: TownEntry, batch: Batch) -> None:
    """Refuse to take back what somebody built on.

    A later batch that was taken back itself does not count, nor does what took it back.

    Raises
    ------
    InvalidInput
        If the batch wrote no issues, or took texts out of some.
    Conflict
        If the batch was taken back already, or naming the issues that were touched since (:class:`IssueClash`), with
        the imports that are to be taken back first where that is the way.
    """
    if "issue" not in batch.registers:
        raise InvalidInput(f"import {batch.id} wrote no issues", f"导入 {batch.id} 没有写入问题。")
    if batch.kind == "erase":
        raise InvalidInput(
            f"number {batch.id} took texts out of an issue, which cannot be brought back",
            f"编号 {batch.id} 删除了问题的文字，无法恢复。",
        )
    later = still_counting(connection, town, batch)
    _refuse_undone(batch, later)
    inner = raw(connection)
    inner.execute("DROP TABLE IF EXISTS pg_temp.issue_back")
    inner.execute(_LOOK, (batch.id, town.id))
    inner.execute("ANALYZE pg_temp.issue_back")
    while inner.execute(_STEP_BACK).rowcount:
        pass
    rows = inner.execute(
        "SELECT b.issue_id, h.action, h.actor, h.at FROM pg_temp.issue_back b"
        " JOIN gridmap.issue_event h ON h.issue_no = b.no AND h.event_id = b.head"
        " WHERE b.stands IS DISTINCT FROM b.made ORDER BY b.no"
    )
    clashes = [IssueClash(*row) for row in rows]
    if clashes:
        first = _to_undo_first(connection, batch, later)
        way = f"; take back first, in this order: import {first_ten(first)}" if first else ""
        way_zh = f"；请先依次撤销导入 {first_ten_zh(first)}" if first else ""
        told = (f"{c.issue} ({c.action}, {c.actor}, {c.at:%Y-%m-%d %H:%M})" for c in clashes)
        told_zh = (f"{c.issue}（{ACTIONS[c.action].text.zh}，{c.actor}，{c.at:%Y-%m-%d %H:%M}）" for c in clashes)
        raise Conflict(
            f"import {batch.id} cannot be taken back, these issues were touched since: {first_ten(told)}. Nothing was "
            f"changed{way}",
            f"导入 {batch.id} 无法撤销，以下问题之后已有变动：{first_ten_zh(told_zh)}。未作任何改动{way_zh}。",
            tuple(clashes),
        )


def _refuse_undone(batch: Batch, later: Sequence[Batch]) -> None:
    by = [b.id for b in later if b.undoes == batch.id]
    if by:
        raise Conflict(
            f"import {batch.id} was taken back already, as {by[-1]}; gridmap issues imports lists all of them",
            f"导入 {batch.id} 已经撤销过（记为 {by[-1]}）；可用 gridmap issues imports 查看。",
        )


def _to_undo_first(connection: sa.Connection, batch: Batch, later: Sequence[Batch]) -> list[int]:
    """The later imports that stand in the way, the last first; none where work at the desk does, which stays."""
    inner = raw(connection)
    ((by_desk,),) = inner.execute(
        "SELECT count(*) FROM pg_temp.issue_back b JOIN gridmap.issue_event h ON h.issue_no = b.no"
        " AND h.event_id = b.head WHERE b.stands IS DISTINCT FROM b.made AND h.batch_id IS NULL"
    )
    if by_desk:
        return []
    rows = inner.execute(
        "SELECT DISTINCT e.batch_id FROM pg_temp.issue_back b JOIN gridmap.issue_event e ON e.issue_no = b.no"
        " WHERE b.stands IS DISTINCT FROM b.made AND e.batch_id > %s",
        (batch.id,),
    )
    touched = {number for (number,) in rows}
    return sorted((b.id for b in later if b.id in touched and b.kind != "erase"), reverse=True)


def take_back(
    connection: sa.Connection,
    store: Store,
    town: TownEntry,
    batch: Batch,
    *,
    message: str,
    op_id: UUID,
    at: datetime,
) -> Batch:
    """Write the batch that takes another one back; :func:`refuse_touched` looked at it before."""
    ((n_again,), (n_before,), (n_gone,)) = read_columns(
        connection,
        "SELECT count(*) FILTER (WHERE is_told AND is_back), count(*) FILTER (WHERE is_told AND NOT is_back),"
        " count(*) FILTER (WHERE NOT is_told) FROM pg_temp.issue_back",
    )
    row = {
        "kind": "undo",
        "registers": list(batch.registers),
        "message": message,
        "op_id": op_id,
        "is_synthetic": batch.is_synthetic,
        "undoes": batch.id,
        "n_new": n_again,
        "n_changed": n_before,
        "n_ended": n_gone,
    }
    number = write_batch(connection, store, town, row)
    if n_gone:
        _withdraw(connection, number, store.actor, at)
    for begin in range(0, n_again + n_before, PART):
        _tell_again(connection, Writing(town.id, number, store.actor, at, batch.is_synthetic, 0, ""), begin)
    return get_batch(connection, town, number)


def _withdraw(connection: sa.Connection, number: int, actor: str, at: datetime) -> None:
    """Of an issue that a platform itself calls withdrawn, a ``record`` says so again: the log cannot withdraw it."""
    raw(connection).execute(
        "INSERT INTO gridmap.issue_event (issue_no, event_id, base, base_version, action, at, actor, role, batch_id,"
        " facts) SELECT no, event_id, head, version, CASE WHEN is_back THEN 'record' ELSE 'withdraw' END, %s, %s,"
        " 'system', %s, CASE WHEN is_back THEN json_build_object('step', 'withdrawn', 'due_at', NULL,"
        " 'deferred_until', NULL) END FROM pg_temp.issue_back WHERE NOT is_told",
        (at, actor, number),
    )
    raw(connection).execute(
        "UPDATE gridmap.issue i SET step = 'withdrawn', due_at = NULL, deferred_until = NULL, head = b.event_id,"
        " version = b.version + 1 FROM pg_temp.issue_back b WHERE NOT b.is_told AND i.no = b.no"
    )


def _tell_again(connection: sa.Connection, writing: Writing, begin: int) -> None:
    numbers, ids, heads, versions, facts = read_columns(
        connection,
        "SELECT b.no, b.issue_id, encode(uuid_send(b.head), 'hex'), b.version::bigint, e.facts"
        " FROM (SELECT * FROM pg_temp.issue_back WHERE is_told ORDER BY no OFFSET %s LIMIT %s) b"
        " JOIN gridmap.issue_event e ON e.issue_no = b.no AND e.event_id = b.was ORDER BY b.no",
        begin,
        PART,
    )
    crs_of = np.array([str(f.get("crs") or "") for f in facts], dtype=object)
    for crs in sorted(set(crs_of)):
        rows = np.flatnonzero(crs_of == crs).tolist()
        frame, _ = frame_of_facts([facts[i] for i in rows], [ids[i] for i in rows])
        srid, text = split_crs(frame.crs) if crs else (0, "")
        held = Held(
            np.arange(len(rows)),
            np.array([numbers[i] for i in rows], dtype=np.int64),
            np.array([versions[i] for i in rows], dtype=np.int64),
            [heads[i] for i in rows],
        )
        one = Writing(writing.town_id, writing.batch_id, writing.actor, writing.at, writing.is_synthetic, srid, text)
        write_changed(connection, one, frame, held, lambda _: None)
