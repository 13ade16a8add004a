"""Issues into the database in bulk: what is new, what changed, and the ``record`` event of each, by COPY.

While the server takes in one part, the text of the next is made.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import geopandas as gpd
import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from psycopg import sql

from gridmap.errors import Conflict, first_ten, first_ten_zh
from gridmap.storage.issue_rows import (
    FACTS,
    coded,
    copy_columns,
    copy_text,
    escaped,
    escaped_json,
    event_ids,
    time_texts,
)
from gridmap.storage.issue_schema import ISSUE_TABLE, RedactionRow
from gridmap.storage.rows import raw, read_columns

#: So many issues are in hand at a time.
PART: Final = 50_000
#: How long a thread keeps the interpreter while another one waits for it, seconds.
_TURN_S: Final = 0.0002

Rows = NDArray[np.int64]
_Made = TypeVar("_Made")


@dataclass(frozen=True, eq=False)
class Held:
    """Issues that are on hand and are to be written anew: their row in the frame, and where each stands.

    Attributes
    ----------
    rows, numbers, versions : (n,) of int64
    heads : list of str
        32 hexadecimal digits; "" for one of which nothing is known but that events wait.
    """

    rows: Rows
    numbers: Rows
    versions: Rows
    heads: list[str]

    def part(self, begin: int) -> Held:
        """:data:`PART` of them."""
        cut = slice(begin, begin + PART)
        return Held(self.rows[cut], self.numbers[cut], self.versions[cut], self.heads[cut])


@dataclass(frozen=True, eq=False)
class Differences:
    """How issues that come in differ from those on hand.

    Attributes
    ----------
    new : (n,) of int64
        Rows of those that are not on hand.
    changed : Held
        Those that say something else than before, and those that were taken back: they hold again.
    n_revived : int
        How many of `changed` were taken back or only awaited.
    n_unchanged : int
    conflicts : tuple of str
        Ids of those that say something else and were taken further here, or were reported here.
    """

    new: Rows
    changed: Held
    n_revived: int
    n_unchanged: int
    conflicts: tuple[str, ...]


@dataclass(frozen=True)
class Writing:
    """What all rows of one write have in common."""

    town_id: int
    batch_id: int
    actor: str
    at: datetime
    is_synthetic: bool
    srid: int
    crs: str


def without_redacted(connection: sa.Connection, town_id: int, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The issues without the texts that were taken out of some of them: an older ledger does not bring them back."""
    known = sa.select(RedactionRow.issue_id).where(RedactionRow.town_id == town_id).distinct()
    gone = frame.index.isin(list(connection.execute(known).scalars()))
    if not gone.any():
        return frame
    return frame.assign(**{name: frame[name].mask(gone, "").astype(object) for name in ("description", "address")})


def find_differences(
    connection: sa.Connection, town_id: int, frame: gpd.GeoDataFrame, crs: str, settled: Callable[[int], None]
) -> Differences:
    """Compare issues that come in with those on hand.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    town_id : int
    frame : GeoDataFrame
    crs : str
        Of its places.
    settled : callable
        Is told how many more issues need no writing.
    """
    ids = frame.index.tolist()
    is_first = sa.select(~sa.exists().where(ISSUE_TABLE.c.town_id == town_id))
    if connection.execute(is_first).scalar_one():
        none = np.empty(0, dtype=np.int64)
        return Differences(np.arange(len(ids)), Held(none, none, none, []), 0, 0, ())
    new: list[Rows] = []
    held: list[tuple[Any, ...]] = []
    conflicts: list[str] = []
    n_revived = n_unchanged = 0
    for begin in range(0, len(ids), PART):
        part = ids[begin : begin + PART]
        at, numbers, versions, heads, contents, is_ours, is_back = _on_hand(connection, town_id, part)
        is_new = np.ones(len(part), dtype=bool)
        is_new[at] = False
        new.append(begin + np.flatnonzero(is_new))
        if not len(at):
            continue
        given = frame.iloc[begin + at]
        told = np.array(coded(given, crs, time_texts(given)).contents, dtype=object)
        differs = (told != contents) | is_back
        is_taken = differs & (is_ours | is_back)
        conflicts += [part[i] for i in at[differs & ~is_taken].tolist()]
        n_unchanged += int((~differs).sum())
        n_revived += int((is_taken & (is_back | (versions == 0))).sum())
        kept = np.flatnonzero(is_taken)
        held.append((begin + at[kept], numbers[kept], versions[kept], [heads[i] for i in kept.tolist()]))
        settled(len(at) - len(kept))
    none = np.empty(0, dtype=np.int64)
    rows, numbers, versions = (np.concatenate([none, *(h[i] for h in held)]) for i in range(3))
    changed = Held(rows, numbers, versions, [head for h in held for head in h[3]])
    return Differences(np.concatenate([none, *new]), changed, n_revived, n_unchanged, tuple(conflicts))


def _on_hand(connection: sa.Connection, town_id: int, ids: Sequence[str]) -> tuple[Any, ...]:
    columns = read_columns(
        connection,
        "SELECT q.at - 1, i.no, i.version::bigint, coalesce(encode(uuid_send(i.head), 'hex'), ''),"
        " coalesce(encode(uuid_send(i.content), 'hex'), ''), i.head IS NULL OR coalesce(i.head = i.record_id, false),"
        " i.step = 'withdrawn' AND i.head IS DISTINCT FROM i.record_id"
        " FROM unnest(%s::text[]) WITH ORDINALITY q (issue_id, at)"
        " JOIN gridmap.issue i ON i.town_id = %s AND i.issue_id = q.issue_id ORDER BY q.at",
        list(ids),
        town_id,
    )
    at, numbers, versions, heads, contents, is_ours, is_back = columns
    counted = [np.array(c, dtype=np.int64) for c in (at, numbers, versions)]
    return (*counted, heads, np.array(contents, dtype=object), np.array(is_ours, bool), np.array(is_back, bool))


def write_new(
    connection: sa.Connection, writing: Writing, frame: gpd.GeoDataFrame, rows: Rows, settled: Callable[[int], None]
) -> None:
    """Add issues, each with the ``record`` event that makes it.

    Raises
    ------
    InvalidInput
        If a text holds what no database keeps.
    """
    if not len(rows):
        return
    # In the order of time, whatever that of the file: indexes by time then grow at their end.
    rows = rows[np.argsort(frame["reported_at"].to_numpy()[rows], kind="stable")]
    (numbers,) = read_columns(
        connection,
        "SELECT string_agg(int8send(nextval('gridmap.issue_no_seq')), '') FROM generate_series(1, %s)",
        len(rows),
    )
    taken = np.frombuffer(numbers[0], dtype=">i8").astype(np.int64)

    def text_of(begin: int) -> tuple[bytes, bytes, int]:
        cut = slice(begin, begin + PART)
        part = frame.iloc[rows[cut]]
        n, times = len(part), time_texts(part)
        told = coded(part, writing.crs, times)
        events = event_ids(told.ids, told.contents, [""] * n)
        numbers = list(map(str, taken[cut].tolist()))
        nothing = ["\\N"] * n
        log = copy_text(_event_columns(writing, numbers, events, nothing, ["0"] * n, told.facts))
        head = [f"1\t{writing.town_id}\t{'t' if writing.is_synthetic else 'f'}"] * n
        places = copy_columns(part, writing.srid, times)
        crs = _crs_column(places[-1], writing)
        values = (numbers, head, escaped(told.ids), events, events, told.contents, *places, crs)
        return log, copy_text(values), n

    into_log, into_issue = _into_log(), _copy_into("issue", _NEW)
    for log, values, n in _ahead(text_of, range(0, len(rows), PART)):
        _copy(connection, into_log, log)
        _copy(connection, into_issue, values)
        settled(n)


def write_changed(
    connection: sa.Connection, writing: Writing, frame: gpd.GeoDataFrame, held: Held, settled: Callable[[int], None]
) -> None:
    """Write issues anew that are on hand, each with a ``record`` event on its head.

    Raises
    ------
    Conflict
        If somebody took one of them further since `held` was looked up.
    InvalidInput
        If a text holds what no database keeps.
    """
    if not len(held.rows):
        return
    columns = [*FACTS, "geom", "crs"]
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    inner = raw(connection)
    inner.execute("DROP TABLE IF EXISTS pg_temp.issue_in")
    inner.execute(
        sql.SQL(
            "CREATE TEMP TABLE issue_in ON COMMIT DROP AS SELECT no, version, head AS base, record_id, content, {}"
            " FROM gridmap.issue WITH NO DATA"
        ).format(names)
    )

    def text_of(begin: int) -> tuple[bytes, bytes, Held]:
        part = held.part(begin)
        given = frame.iloc[part.rows]
        times = time_texts(given)
        contents = coded(given, writing.crs, times).contents
        told = coded(given, writing.crs, times, is_whole=True)
        events = event_ids(told.ids, contents, part.heads)
        numbers = list(map(str, part.numbers.tolist()))
        bases = [head or "\\N" for head in part.heads]
        before = list(map(str, part.versions.tolist()))
        log = copy_text(_event_columns(writing, numbers, events, bases, before, told.facts))
        after = list(map(str, (part.versions + 1).tolist()))
        places = copy_columns(given, writing.srid, times)
        values = (numbers, after, bases, events, contents, *places, _crs_column(places[-1], writing))
        return log, copy_text(values), part

    into_log = _into_log()
    into = sql.SQL("COPY pg_temp.issue_in FROM STDIN")
    update = sql.SQL(
        "UPDATE gridmap.issue i SET version = s.version, head = s.record_id, record_id = s.record_id,"
        " content = s.content, is_synthetic = %s, {} FROM pg_temp.issue_in s"
        " WHERE i.no = s.no AND i.head IS NOT DISTINCT FROM s.base"
    ).format(sql.SQL(", ").join(sql.SQL("{0} = s.{0}").format(sql.Identifier(c)) for c in columns))
    for log, values, part in _ahead(text_of, range(0, len(held.rows), PART)):
        _copy(connection, into_log, log)
        inner.execute("TRUNCATE pg_temp.issue_in")
        _copy(connection, into, values)
        if inner.execute(update, (writing.is_synthetic,)).rowcount != len(part.rows):
            raise moved_meanwhile(connection, part, frame.index[part.rows].tolist())
        settled(len(part.rows))


def moved_meanwhile(connection: sa.Connection, held: Held, ids: Sequence[str]) -> Conflict:
    """The refusal that names the issues of `held` whose head is another one by now."""
    (moved,) = read_columns(
        connection,
        "SELECT h.at - 1 FROM unnest(%s::bigint[], %s::text[]) WITH ORDINALITY h (no, head, at)"
        " JOIN gridmap.issue i ON i.no = h.no"
        " LEFT JOIN gridmap.issue_event e ON e.issue_no = i.no AND e.event_id = i.head"
        " WHERE coalesce(encode(uuid_send(i.head), 'hex'), '') <> h.head"
        " AND e.xmin IS DISTINCT FROM pg_current_xact_id()::xid",
        held.numbers.tolist(),
        held.heads,
    )
    named = [ids[i] for i in moved]
    return Conflict(
        f"somebody took these issues further while they were being written: {first_ten(named)}; nothing was stored, "
        "repeating the same step is harmless",
        f"写入期间有人继续办理了以下问题：{first_ten_zh(named)}；未作任何保存，重复同一步操作是安全的。",
    )


#: Columns of a new issue in the order of :func:`write_new`.
_NEW: Final = (
    *("no", "version", "town_id", "is_synthetic", "issue_id", "record_id", "head", "content"),
    *FACTS,
    *("geom", "crs"),
)


def _crs_column(places: Sequence[str], writing: Writing) -> list[str]:
    (crs,) = escaped([writing.crs])
    return ["" if place == "\\N" else crs for place in places]


def _event_columns(
    writing: Writing,
    numbers: Sequence[str],
    events: Sequence[str],
    bases: Sequence[str],
    versions: Sequence[str],
    facts: list[str],
) -> tuple[Sequence[str], ...]:
    (actor,) = escaped([writing.actor])
    same = f"record\t{writing.at:%Y-%m-%dT%H:%M:%S}\t{actor}\tsystem\t{writing.batch_id}"
    return numbers, events, bases, versions, [same] * len(facts), escaped_json(facts)


def _into_log() -> sql.Composed:
    columns = ("issue_no", "event_id", "base", "base_version", "action", "at", "actor", "role", "batch_id", "facts")
    return _copy_into("issue_event", columns)


def _copy_into(table: str, columns: Sequence[str]) -> sql.Composed:
    return sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier("gridmap", table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )


def _copy(connection: sa.Connection, statement: sql.Composable, data: bytes) -> None:
    with raw(connection).cursor() as cursor, cursor.copy(statement) as copy:  # type: ignore[arg-type]
        copy.write(data)


def _ahead(make: Callable[[int], _Made], begins: Sequence[int]) -> Iterator[_Made]:
    """What `make` makes of each, the next one being made while one is in use."""
    interval = sys.getswitchinterval()
    # Whoever hands rows to the server asks for the interpreter each 200 kB; at 5 ms a turn the server would wait longer
    # than it works (a million issues: 42 s instead of 35).
    sys.setswitchinterval(_TURN_S)
    try:
        with ThreadPoolExecutor(1) as pool:
            coming = pool.submit(make, begins[0])
            for begin in begins[1:]:
                ready, coming = coming.result(), pool.submit(make, begin)
                yield ready
            yield coming.result()
    finally:
        sys.setswitchinterval(interval)
