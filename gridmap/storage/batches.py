"""Batches: each write of records is one, is logged, and can be undone as long as nobody built on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString, NamedTuple
from uuid import UUID, uuid4

import sqlalchemy as sa
from psycopg import sql

from gridmap.errors import Conflict, InvalidInput, NotStored, first_ten, first_ten_zh
from gridmap.model.registers import REGISTERS
from gridmap.storage.connect import Store
from gridmap.storage.entries import TownEntry, get_town_entry
from gridmap.storage.record_rows import value_columns
from gridmap.storage.record_schema import BatchRow
from gridmap.storage.rows import raw

#: One write of records at a time in a town: first half of the number of the lock that it holds.
_LOCK: Final = 731_920_261


@dataclass(frozen=True)
class Batch:
    """One write of records.

    Attributes
    ----------
    id : int
        Counted up over all towns: of two batches of a town the later one has the greater.
    town : str
    kind : str
        ``import``, ``undo`` or ``erase``.
    registers : tuple of str
        The registers that it wrote, also those in which nothing changed; ``issue`` or ``patrol``.
    source : str
        Name of the file that they came from, "" for none.
    message, actor, client : str
        Why, who, with which program.
    at : datetime
    op_id : UUID
        A repeat of the same operation is known by it.
    is_synthetic : bool
        Whether the records are made up.
    crs : str
        The CRS in which points came in, "" where none did.
    undoes : int or None
        The batch that an undo took back.
    n_new, n_changed, n_ended : int
        Records added, superseded and ended; of an erasure, rows out of which personal data was taken.
    """

    id: int
    town: str
    kind: str
    registers: tuple[str, ...]
    source: str
    message: str
    actor: str
    client: str
    at: datetime
    op_id: UUID
    is_synthetic: bool
    crs: str
    undoes: int | None
    n_new: int
    n_changed: int
    n_ended: int


class RecordClash(NamedTuple):
    """A record that a later batch touched: which one, who and when."""

    register: str
    record: str
    batch: int
    actor: str
    at: datetime


def list_batches(store: Store, town: str | int) -> list[Batch]:
    """Every write of records of a town, oldest first.

    Parameters
    ----------
    store : Store
    town : str or int
        Its name or its number.

    Raises
    ------
    NotStored
        If there is no such town.
    StoreError
        If the database cannot be reached.
    """
    with store.read() as connection:
        entry = get_town_entry(connection, town)
        return _batches(connection, entry, BatchRow.town_id == entry.id)


def undo_batch(store: Store, town: str | int, batch_id: int, *, message: str = "", op_id: UUID | None = None) -> Batch:
    """Take a batch back: what it ended holds again as it was, what it added is ended. An undo can be undone, too.

    Batches are taken back from the latest on: one that was taken back stands in the way of none before it.

    Parameters
    ----------
    store : Store
    town : str or int
        Its name or its number.
    batch_id : int
    message : str
        Why, in the log.
    op_id : UUID, optional
        Identity of this operation: a repeat, as after a lost connection, is harmless.

    Returns
    -------
    Batch
        The one that took it back.

    Raises
    ------
    Conflict
        If a later batch that still counts touched the same records; it names them (:class:`RecordClash`). Nothing is
        changed then.
    NotStored
        If the town has no such batch.
    InvalidInput
        If the batch is an erasure, wrote issues or patrols, or `op_id` was that of something else.
    StoreError
        If the database cannot be reached or refuses, as it does without the right to read people where the batch
        wrote some.
    """
    op = op_id or uuid4()
    with store.begin() as connection:
        entry = lock_town(connection, town)
        repeated = find_repeat(connection, entry, op)
        if repeated is not None:
            return repeated
        batch = get_batch(connection, entry, batch_id)
        others = [name for name in batch.registers if name not in REGISTERS]
        if others:
            raise _undone_elsewhere(batch, others)
        if batch.kind == "erase":
            raise InvalidInput(
                f"batch {batch_id} erased personal data, which cannot be brought back",
                f"第 {batch_id} 批为个人信息删除，无法撤销。",
            )
        _refuse_clashes(connection, entry, batch)
        counts = _counts_of_undo(connection, entry, batch)
        row = {
            "kind": "undo",
            "registers": list(batch.registers),
            "message": message,
            "op_id": op,
            "is_synthetic": _was_synthetic(connection, entry, batch),
            "undoes": batch.id,
            **counts,
        }
        number = write_batch(connection, store, entry, row)
        for name in batch.registers:
            _take_back(connection, entry, name, batch.id, number)
        return get_batch(connection, entry, number)


def lock_town(connection: sa.Connection, town: str | int) -> TownEntry:
    """The town that is meant; whoever else writes records of it waits until this transaction ends.

    So the numbers of its batches are in the order in which they were done, and each saw the one before.

    Raises
    ------
    NotStored
        If there is no such town.
    """
    entry = get_town_entry(connection, town)
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK, entry.id)))
    return entry


def find_repeat(connection: sa.Connection, town: TownEntry, op_id: UUID) -> Batch | None:
    """The batch of an operation that was done before; None when it is new.

    Raises
    ------
    InvalidInput
        If it was done in another town.
    """
    owner = connection.execute(sa.select(BatchRow.town_id).where(BatchRow.op_id == op_id)).scalar()
    if owner is None:
        return None
    if owner != town.id:
        raise InvalidInput(
            f"operation {op_id} was done in another town; give each operation an op_id of its own",
            f"操作 {op_id} 已用于另一个镇；每次操作须有各自的 op_id。",
        )
    return _batches(connection, town, BatchRow.op_id == op_id)[0]


def get_batch(connection: sa.Connection, town: TownEntry, batch_id: int) -> Batch:
    """A batch of a town.

    Raises
    ------
    NotStored
        If the town has no such batch.
    """
    found = _batches(connection, town, BatchRow.town_id == town.id, BatchRow.id == batch_id)
    if not found:
        raise NotStored(
            f"{town.name} has no batch {batch_id} of records; see the list of batches",
            f"{town.name}没有第 {batch_id} 批记录；请查看批次列表。",
        )
    return found[0]


def write_batch(connection: sa.Connection, store: Store, town: TownEntry, row: dict[str, Any]) -> int:
    """Log a batch, before its rows are written; its number."""
    values = {"town_id": town.id, "actor": store.actor, "client": store.client, **row}
    return int(connection.execute(sa.insert(BatchRow).values(values).returning(BatchRow.id)).scalar_one())


def _undone_elsewhere(batch: Batch, registers: Sequence[str]) -> InvalidInput:
    if "issue" in registers:
        return InvalidInput(
            f"batch {batch.id} wrote issues, which have a log of their own: gridmap issues undo {batch.id}",
            f"第 {batch.id} 批写入的是问题，问题另有办理记录；请用 gridmap issues undo {batch.id}。",
        )
    return InvalidInput(
        f"batch {batch.id} wrote {first_ten(registers)}, which is only added and never taken back",
        f"第 {batch.id} 批写入的是巡查记录，只增不减，无法撤销。",
    )


def _batches(connection: sa.Connection, town: TownEntry, *conditions: sa.ColumnElement[bool]) -> list[Batch]:
    names = [n for n in Batch.__dataclass_fields__ if n != "town"]
    query = sa.select(*(getattr(BatchRow, n) for n in names)).where(*conditions).order_by(BatchRow.id)
    return [
        Batch(town=town.name, **{**row, "registers": tuple(row["registers"])})
        for row in connection.execute(query).mappings()
    ]


def _refuse_clashes(connection: sa.Connection, town: TownEntry, batch: Batch) -> None:
    later = [b.id for b in still_counting(connection, town, batch)]
    clashes: list[RecordClash] = []
    for name in batch.registers if later else ():
        query = _of(
            name,
            "SELECT l.record, b.id, b.actor, b.at FROM (SELECT r.record, max(t.id) AS id FROM {table} r"
            " CROSS JOIN LATERAL (VALUES (r.added_by), (r.ended_by)) t (id)"
            " WHERE r.town_id = %(town)s AND t.id = ANY (%(later)s) AND r.record IN (SELECT record FROM {table}"
            " WHERE town_id = %(town)s AND (added_by = %(batch)s OR ended_by = %(batch)s)) GROUP BY r.record) l"
            " JOIN gridmap.batch b ON b.id = l.id ORDER BY b.id, l.record",
        )
        rows = raw(connection).execute(query, {"town": town.id, "batch": batch.id, "later": later})
        clashes += [RecordClash(name, *row) for row in rows]
    if clashes:
        raise _conflict(batch, clashes)


def still_counting(connection: sa.Connection, town: TownEntry, batch: Batch) -> list[Batch]:
    """The batches after one, without those that were taken back and what took them back: together they did nothing."""
    later = _batches(connection, town, BatchRow.town_id == town.id, BatchRow.id > batch.id)
    void: set[int] = set()
    for one in reversed(later):
        if one.id not in void and one.undoes is not None and one.undoes > batch.id:
            void |= {one.id, one.undoes}
    return [one for one in later if one.id not in void]


def _conflict(batch: Batch, clashes: Sequence[RecordClash]) -> Conflict:
    def told(c: RecordClash) -> str:
        at = f"{c.at.astimezone():%Y-%m-%d %H:%M}"
        return f"{REGISTERS[c.register].title.en} {c.record} (batch {c.batch}, {c.actor}, {at})"

    def told_zh(c: RecordClash) -> str:
        at = f"{c.at.astimezone():%Y-%m-%d %H:%M}"
        return f"{REGISTERS[c.register].title.zh}「{c.record}」（第 {c.batch} 批，{c.actor}，{at}）"

    return Conflict(
        f"batch {batch.id} cannot be undone, later ones touched the same records: "
        f"{first_ten(map(told, clashes))}. Nothing was changed; undo the later ones first",
        f"第 {batch.id} 批无法撤销，之后的批次改动了同样的记录：{first_ten_zh(map(told_zh, clashes))}。"
        "未作任何改动；请先撤销之后的批次。",
        tuple(clashes),
    )


def _counts_of_undo(connection: sa.Connection, town: TownEntry, batch: Batch) -> dict[str, int]:
    """How many records come back, go back to what they were, and are ended."""
    total = {"n_new": 0, "n_changed": 0, "n_ended": 0}
    for name in batch.registers:
        query = _of(
            name,
            "SELECT count(*) FILTER (WHERE NOT is_added), count(*) FILTER (WHERE is_added AND is_ended),"
            " count(*) FILTER (WHERE NOT is_ended) FROM (SELECT coalesce(bool_or(added_by = %(batch)s), false)"
            " AS is_added, coalesce(bool_or(ended_by = %(batch)s), false) AS is_ended FROM {table}"
            " WHERE town_id = %(town)s AND (added_by = %(batch)s OR ended_by = %(batch)s) GROUP BY record) t",
        )
        counted = raw(connection).execute(query, {"town": town.id, "batch": batch.id}).fetchone()
        assert counted is not None
        total = {k: n + m for (k, n), m in zip(total.items(), counted, strict=True)}
    return total


def _was_synthetic(connection: sa.Connection, town: TownEntry, batch: Batch) -> bool:
    """Whether any of the records that come back is made up."""
    for name in batch.registers:
        query = _of(
            name,
            "SELECT EXISTS (SELECT FROM {table} r JOIN gridmap.batch b ON b.id = r.added_by"
            " WHERE r.town_id = %(town)s AND r.ended_by = %(batch)s AND b.is_synthetic)",
        )
        if raw(connection).execute(query, {"town": town.id, "batch": batch.id}).fetchone() == (True,):
            return True
    return False


def _take_back(connection: sa.Connection, town: TownEntry, name: str, batch_id: int, number: int) -> None:
    values = {"town": town.id, "batch": batch_id, "number": number}
    # by record: where later batches were taken back, what the batch added holds as rows of theirs
    end = (
        "UPDATE {table} SET ended_by = %(number)s WHERE town_id = %(town)s AND ended_by IS NULL AND record IN"
        " (SELECT record FROM {table} WHERE town_id = %(town)s AND added_by = %(batch)s)"
    )
    again = (
        "INSERT INTO {table} (added_by, {columns}) SELECT %(number)s, {columns} FROM {table}"
        " WHERE town_id = %(town)s AND ended_by = %(batch)s ORDER BY position"
    )
    for statement in (end, again):
        raw(connection).execute(_of(name, statement), values)


def _of(register: str, statement: LiteralString) -> sql.Composed:
    """A statement about the table of a register; its columns are those that a row hands on."""
    columns = ["town_id", "record", "position", *value_columns(REGISTERS[register])]
    return sql.SQL(statement).format(
        table=sql.Identifier("gridmap", register), columns=sql.SQL(", ").join(map(sql.Identifier, columns))
    )
