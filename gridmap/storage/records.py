"""Records ⇄ the database: what a town keeps about its grids, every past state of it included."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID, uuid4

import pandas as pd
import sqlalchemy as sa
from psycopg import sql
from pyproj import CRS

from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.records import Records
from gridmap.model.registers import REGISTERS
from gridmap.storage.batches import Batch, find_repeat, get_batch, lock_town, write_batch
from gridmap.storage.connect import Store
from gridmap.storage.entries import TownEntry, get_town_entry
from gridmap.storage.erasure import refuse_erased
from gridmap.storage.record_changes import Changes, Given, find_changes
from gridmap.storage.record_rows import records_frame, value_columns
from gridmap.storage.record_schema import BatchRow
from gridmap.storage.rows import copy_rows, raw, read_columns, without_collector
from gridmap.storage.where import named_crs


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a save of records would do.

    Attributes
    ----------
    counts : pandas.DataFrame
        Name of a register → ``new``, ``changed``, ``ended``, ``unchanged``: how many records.
    changes : pandas.DataFrame
        A row a record that would not stay as it is: ``register``, ``record`` (its key), ``change`` (``new``,
        ``changed`` or ``ended``), ``columns`` (names of those that change, a tuple).
    """

    counts: pd.DataFrame
    changes: pd.DataFrame


def save_records(
    store: Store,
    town: str | int,
    records: Records,
    *,
    source: str = "",
    message: str = "",
    is_whole: bool = False,
    op_id: UUID | None = None,
) -> Batch:
    """Store records as one batch: all of them, or nothing. What they replace is ended, never lost.

    A record is known by its key. One that is on hand as it comes in is left untouched; one that differs supersedes
    the one on hand; registers that `records` does not have are left alone.

    Parameters
    ----------
    store : Store
    town : str or int
        Its name or its number; a survey made it.
    records : Records
        Its frames are as :func:`gridmap.model.records.make_records` makes them, points with their CRS.
    source : str
        The file that they come from; of a path, only the name is kept.
    message : str
        Why, in the log.
    is_whole : bool
        Whether these are all records of their registers: those on hand that are absent are ended.
    op_id : UUID, optional
        Identity of this operation: a repeat, as after a lost connection, is harmless.

    Returns
    -------
    Batch
        Also where nothing changed; the same one for a repeat.

    Raises
    ------
    NotStored
        If there is no such town.
    InvalidInput
        If there is no register to record, a record stands twice, a text, a day or a place cannot be kept, people come
        with a name that was erased, or `op_id` was that of another town.
    MissingCrs
        If there are points and nobody knows in which CRS.
    StoreError
        If the database cannot be reached or refuses, as it does for people without ``gridmap_personal``; nothing is
        stored then, repeat with the same `op_id`.
    """
    op = op_id or uuid4()
    given = _given(records)
    with store.begin() as connection, without_collector():
        entry = lock_town(connection, town)
        repeated = find_repeat(connection, entry, op)
        if repeated is not None:
            return repeated
        refuse_erased(connection, entry, given)
        found = [find_changes(connection, entry.id, g, is_whole=is_whole) for g in given]
        row = {
            "kind": "import",
            "registers": [g.register.name for g in given],
            "source": re.split(r"[/\\]", source)[-1],
            "message": message,
            "op_id": op,
            "is_synthetic": records.is_synthetic,
            "crs": next((g.values["crs"][0] for g in given if g.values.get("crs")), ""),
            "n_new": sum(len(c.new) for c in found),
            "n_changed": sum(len(c.changed) for c in found),
            "n_ended": sum(len(c.ended) for c in found),
        }
        number = write_batch(connection, store, entry, row)
        for changes in found:
            _write(connection, entry, number, changes)
        return get_batch(connection, entry, number)


def compare_records(store: Store, town: str | int, records: Records, *, is_whole: bool = False) -> Comparison:
    """What :func:`save_records` would do now; nothing is written.

    Raises
    ------
    NotStored, InvalidInput, MissingCrs, StoreError
        As :func:`save_records`.
    """
    given = _given(records)
    with store.read() as connection, without_collector():
        entry = get_town_entry(connection, town)
        refuse_erased(connection, entry, given)
        found = [find_changes(connection, entry.id, g, is_whole=is_whole) for g in given]
    counts = [(len(c.new), len(c.changed), len(c.ended), c.n_unchanged) for c in found]
    names = pd.Index([g.register.name for g in given], name="register")
    return Comparison(
        pd.DataFrame(counts, index=names, columns=["new", "changed", "ended", "unchanged"], dtype="int64"),
        pd.DataFrame(
            [row for c in found for row in _told(c)], columns=["register", "record", "change", "columns"], dtype=object
        ),
    )


def load_records(
    store: Store,
    town: str | int,
    *,
    registers: Collection[str] | None = None,
    at_batch: int | None = None,
    crs: str | CRS | None = None,
) -> Records:
    """The records of a town as they are, or as they were after a batch, in the order in which they came.

    Parameters
    ----------
    store : Store
    town : str or int
        Its name or its number.
    registers : collection of str, optional
        Only these; without it all that this user may read, so without ``person`` for most.
    at_batch : int, optional
        As they were after this batch. Names that were erased since are blank there, too.
    crs : CRS, optional
        The one that the points are wanted in; the one in which the latest of them came without it.

    Returns
    -------
    Records
        A register that was ever recorded is there, even if all its records were ended. ``is_synthetic`` if any of
        the records is made up.

    Raises
    ------
    NotStored
        If there is no such town or batch.
    InvalidInput
        If there is no such register or CRS, or a point has no place in it.
    StoreError
        If the database cannot be reached, or people are asked for by name without the right to read them.
    """
    wanted = named_crs(crs) if crs is not None else None
    strangers = sorted(set(registers or ()) - set(REGISTERS))
    if strangers:
        raise InvalidInput(
            f"no register is called {first_ten(strangers)}; there are {', '.join(REGISTERS)}",
            f"没有登记簿 {first_ten_zh(strangers)}；可选：{'、'.join(REGISTERS)}。",
        )
    with store.read() as connection, without_collector():
        entry = get_town_entry(connection, town)
        if at_batch is not None:
            get_batch(connection, entry, at_batch)
        recorded = _recorded(connection, entry, at_batch)
        if registers is None and not may_read_people(connection):
            recorded -= {"person"}
        names = [n for n in REGISTERS if n in recorded and (registers is None or n in registers)]
        batches: set[int] = set()
        frames = {}
        for name in names:
            keys, added_by, columns = _rows(connection, entry, name, at_batch)
            frames[name] = records_frame(REGISTERS[name], keys, columns, wanted or _latest_crs(added_by, columns))
            batches |= set(added_by)
        synthetic = sa.select(sa.func.bool_or(BatchRow.is_synthetic)).where(BatchRow.id.in_(batches))
        return Records(frames, bool(connection.execute(synthetic).scalar()))


def may_read_people(connection: sa.Connection) -> bool:
    """Whether this user may read names and telephone numbers."""
    asked = sa.text("SELECT has_table_privilege('gridmap.person', 'SELECT')")
    return bool(connection.execute(asked).scalar_one())


def _given(records: Records) -> list[Given]:
    if not records.frames:
        raise InvalidInput("there is no register to record", "没有可登记的内容。")
    return [Given.of(REGISTERS[name], records.frames[name]) for name in REGISTERS if name in records.frames]


def _told(changes: Changes) -> list[tuple[str, str, str, tuple[str, ...]]]:
    name, keys = changes.given.register.name, changes.given.keys
    rows: list[tuple[str, str, str, tuple[str, ...]]] = [(name, keys[i], "new", ()) for i in changes.new]
    rows += [(name, keys[i], "changed", c) for i, c in zip(changes.changed, changes.columns, strict=True)]
    return rows + [(name, record, "ended", ()) for record in changes.ended]


def _write(connection: sa.Connection, town: TownEntry, batch_id: int, changes: Changes) -> None:
    given = changes.given
    name, keys = given.register.name, given.keys
    table = sql.Identifier("gridmap", name)
    over = [*(keys[i] for i in changes.changed), *changes.ended]
    if over:
        end = sql.SQL(
            "UPDATE {} t SET ended_by = %s FROM unnest(%s::text[]) AS o (record)"
            " WHERE t.town_id = %s AND t.record = o.record AND t.ended_by IS NULL"
        ).format(table)
        raw(connection).execute(end, (batch_id, over, town.id))
    if not changes.new and not changes.changed:
        return
    last = raw(connection).execute(
        sql.SQL("SELECT coalesce(max(position), -1) FROM {} WHERE town_id = %s").format(table), (town.id,)
    )
    (newest,) = last.fetchone() or (-1,)
    places = [*changes.positions, *range(newest + 1, newest + 1 + len(changes.new))]
    types = value_columns(given.register)
    rows = [*changes.changed, *changes.new]
    values = (given.values[c] for c in types)
    picked = [[column[i] for i in rows] for column in values]
    head: dict[str, str] = {"town_id": "int4", "added_by": "int4", "record": "text", "position": "int4"}
    copy_rows(
        connection,
        name,
        head | types,
        ((town.id, batch_id, *row) for row in zip([keys[i] for i in rows], places, *picked, strict=True)),
    )


def _recorded(connection: sa.Connection, town: TownEntry, at_batch: int | None) -> set[str]:
    """The registers that were ever recorded, up to a batch."""
    upto = [] if at_batch is None else [BatchRow.id <= at_batch]
    query = sa.select(sa.func.unnest(BatchRow.registers)).where(BatchRow.town_id == town.id, *upto).distinct()
    return set(connection.execute(query).scalars())


def _latest_crs(added_by: Sequence[int], columns: Mapping[str, Sequence[Any]]) -> CRS | None:
    """The CRS in which the points of the latest batch came in; None without points."""
    if not added_by or "crs" not in columns:
        return None
    return CRS.from_user_input(columns["crs"][added_by.index(max(added_by))])


def _rows(
    connection: sa.Connection, town: TownEntry, name: str, at_batch: int | None
) -> tuple[Sequence[str], Sequence[int], dict[str, Sequence[Any]]]:
    """Key and batch of each record that holds, or held, and its columns."""
    names = ["record", "added_by", *value_columns(REGISTERS[name])]
    held: LiteralString = "ended_by IS NULL"
    if at_batch is not None:
        held = "added_by <= %s AND (ended_by IS NULL OR ended_by > %s)"
    query = sql.SQL("SELECT {} FROM {} WHERE town_id = %s AND {} ORDER BY position").format(
        sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier("gridmap", name), sql.SQL(held)
    )
    values = (town.id,) if at_batch is None else (town.id, at_batch, at_batch)
    keys, added_by, *columns = read_columns(connection, query, *values)
    return keys, added_by, dict(zip(names[2:], columns, strict=True))
