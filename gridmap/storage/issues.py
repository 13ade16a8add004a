"""Issues ⇄ the database: in bulk, all or nothing, and as often as one likes; taken back, looked up, redacted."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from pyproj import CRS

from gridmap.errors import NotStored
from gridmap.issues.owner import Tenure
from gridmap.model.issues import Issues
from gridmap.storage.batches import Batch, find_repeat, get_batch, lock_town, write_batch
from gridmap.storage.connect import Store
from gridmap.storage.entries import get_town_entry
from gridmap.storage.issue_log import refold
from gridmap.storage.issue_query import EVERY_ISSUE, IssueFilter
from gridmap.storage.issue_reading import read_issues
from gridmap.storage.issue_rows import check_issues
from gridmap.storage.issue_schema import RedactionRow
from gridmap.storage.issue_tenures import plans_in_force
from gridmap.storage.issue_undo import refuse_touched, take_back
from gridmap.storage.issue_writing import (
    Differences,
    Writing,
    find_differences,
    without_redacted,
    write_changed,
    write_new,
)
from gridmap.storage.rows import read_columns, without_collector
from gridmap.storage.where import named_crs

#: From so many rows on the table is tidied after a write, so that counts need not look at the rows.
_MANY: Final = 10_000

Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class IssueImport:
    """What an import did, or would do.

    Attributes
    ----------
    batch : Batch or None
        None where it was only compared.
    n_new : int
        Issues that were not on hand, or had been taken back.
    n_changed, n_unchanged : int
    conflicts : tuple of str
        Ids of issues that come in otherwise than before, but were taken further here, or reported here, since: they
        stay as they are.
    """

    batch: Batch | None
    n_new: int
    n_changed: int
    n_unchanged: int
    conflicts: tuple[str, ...]


def save_issues(
    store: Store,
    town: str | int,
    issues: Issues,
    *,
    source: str = "",
    message: str = "",
    op_id: UUID | None = None,
    progress: Progress | None = None,
) -> IssueImport:
    """Store issues as one batch: all of them, or nothing. One that says the same as before is left untouched.

    Each new issue, and each that says something else, gets one ``record`` event that tells all of it. One that was
    taken further here since is not touched and named in the answer.

    Parameters
    ----------
    store : Store
    town : str or int
        Its name or its number.
    issues : Issues
        With their owners (:func:`gridmap.issues.owner.own_issues`); ``version`` and ``n_conflicts`` are not read, the
        log counts them.
    source : str
        The file that they come from; of a path, only the name is kept.
    message : str
        Why, in the log.
    op_id : UUID, optional
        Identity of this operation: a repeat, as after a lost connection, is harmless.
    progress : callable, optional
        Is told how many issues are settled, and of how many, from time to time.

    Raises
    ------
    NotStored
        If there is no such town.
    InvalidInput
        If an issue cannot be kept (no id, no time of report, a place that is no point, a text with a zero byte), or
        `op_id` was that of another town.
    MissingCrs
        If there are places and nobody knows in which CRS.
    Conflict
        If somebody took one of the issues further while they were written; nothing is stored then.
    StoreError
        If the database cannot be reached or refuses; nothing is stored then, repeat with the same `op_id`.
    """
    srid, crs = check_issues(issues)
    op, n_settled = op_id or uuid4(), 0

    def settled(n: int) -> None:
        nonlocal n_settled
        n_settled += n
        if progress is not None and n:
            progress(n_settled, len(issues))

    with store.begin() as connection, without_collector():
        entry = lock_town(connection, town)
        repeated = find_repeat(connection, entry, op)
        frame = without_redacted(connection, entry.id, issues.frame)
        found = find_differences(connection, entry.id, frame, crs, settled)
        if repeated is not None:
            return _repeat(repeated, found, len(issues))
        n_new, n_changed = _counts(found)
        row = {
            "kind": "import",
            "registers": ["issue"],
            "source": re.split(r"[/\\]", source)[-1],
            "message": message,
            "op_id": op,
            "is_synthetic": issues.is_synthetic,
            "crs": crs,
            "n_new": n_new,
            "n_changed": n_changed,
            "n_ended": 0,
        }
        number = write_batch(connection, store, entry, row)
        writing = Writing(entry.id, number, store.actor, _now(), issues.is_synthetic, srid, crs)
        write_new(connection, writing, frame, found.new, settled)
        write_changed(connection, writing, frame, found.changed, settled)
        refold(connection, found.changed.numbers[found.changed.versions == 0].tolist())
        done = IssueImport(get_batch(connection, entry, number), n_new, n_changed, found.n_unchanged, found.conflicts)
    if n_new + n_changed >= _MANY:
        _tidy(store)
    return done


def compare_issues(store: Store, town: str | int, issues: Issues) -> IssueImport:
    """What :func:`save_issues` would do now; nothing is written.

    Raises
    ------
    NotStored, InvalidInput, MissingCrs, StoreError
        As :func:`save_issues`.
    """
    _, crs = check_issues(issues)
    with store.read() as connection, without_collector():
        entry = get_town_entry(connection, town)
        frame = without_redacted(connection, entry.id, issues.frame)
        found = find_differences(connection, entry.id, frame, crs, lambda _: None)
    return IssueImport(None, *_counts(found), found.n_unchanged, found.conflicts)


def load_issues(
    store: Store,
    town: str | int,
    *,
    wanted: IssueFilter = EVERY_ISSUE,
    crs: str | CRS | None = None,
    limit: int | None = None,
) -> Issues:
    """The issues of a town as they are.

    Parameters
    ----------
    store : Store
    town : str or int
        Its name or its number.
    wanted : IssueFilter
    crs : CRS, optional
        The one that the places are wanted in; the one in which the latest of them came without it.
    limit : int, optional
        At most so many, those that were reported last; the newest first. Without it all, in the order in which they
        came.

    Returns
    -------
    Issues
        ``is_synthetic`` if any of them is made up.

    Raises
    ------
    NotStored
        If there is no such town.
    InvalidInput
        If there is no such CRS, or a place has no place in it.
    StoreError
        If the database cannot be reached.
    """
    target = named_crs(crs) if crs is not None else None
    with store.read() as connection, without_collector():
        return read_issues(connection, get_town_entry(connection, town).id, wanted, target, limit)


def undo_issues(store: Store, town: str | int, batch_id: int, *, message: str = "", op_id: UUID | None = None) -> Batch:
    """Take an import of issues back: those that it made are withdrawn, those that it changed are as before.

    Nothing goes out of the log: each issue gets one more event. An undo can be undone, and importing the file again
    brings the issues back.

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
        The one that took it back; its ``n_ended`` were withdrawn, ``n_changed`` are as before, ``n_new`` hold again.

    Raises
    ------
    Conflict
        If somebody touched one of the issues since, or a later import that still counts did; it names them, who and
        when. Nothing is changed then.
    NotStored
        If the town has no such batch.
    InvalidInput
        If the batch wrote no issues, or redacted some, or `op_id` was that of another town.
    StoreError
        If the database cannot be reached or refuses.
    """
    op = op_id or uuid4()
    with store.begin() as connection, without_collector():
        entry = lock_town(connection, town)
        repeated = find_repeat(connection, entry, op)
        if repeated is not None:
            return repeated
        batch = get_batch(connection, entry, batch_id)
        refuse_touched(connection, entry, batch)
        return take_back(connection, store, entry, batch, message=message, op_id=op, at=_now())


def redact_issue(store: Store, town: str | int, issue: str, *, op_id: UUID | None = None) -> Batch:
    """Make the texts of an issue blank: its description and address, and those and the notes of its events.

    A dash stands where a note was. Everything else stays, and it cannot be undone: an older file does not bring the
    texts back. Backups that were made before still hold them.

    Parameters
    ----------
    store : Store
        Of a member of ``gridmap_owner``.
    town : str or int
        Its name or its number.
    issue : str
        Its id.
    op_id : UUID, optional
        Identity of this operation: a repeat is harmless.

    Returns
    -------
    Batch
        Of kind ``erase``; its ``n_changed`` is the number of events.

    Raises
    ------
    NotStored
        If there is no such town or issue.
    InvalidInput
        If `op_id` was that of another town.
    StoreError
        If the database cannot be reached, or this user may not redact.
    """
    op = op_id or uuid4()
    with store.begin() as connection:
        entry = lock_town(connection, town)
        repeated = find_repeat(connection, entry, op)
        if repeated is not None:
            return repeated
        (counted,) = read_columns(
            connection,
            "SELECT (SELECT count(*) FROM gridmap.issue_event e WHERE e.issue_no = i.no) FROM gridmap.issue i"
            " WHERE i.town_id = %s AND i.issue_id = %s",
            entry.id,
            issue,
        )
        if not counted:
            raise NotStored(f"{entry.name} has no issue {issue}", f"{entry.name}没有编号为「{issue}」的问题。")
        row = {
            "kind": "erase",
            "registers": ["issue"],
            "op_id": op,
            "is_synthetic": False,
            "n_new": 0,
            "n_changed": counted[0],
            "n_ended": 0,
        }
        number = write_batch(connection, store, entry, row)
        connection.execute(sa.insert(RedactionRow).values(batch_id=number, town_id=entry.id, issue_id=issue))
        return get_batch(connection, entry, number)


def tenures(store: Store, town: str | int) -> tuple[Tenure, ...]:
    """The plans of a town that are or were in force, with their days, the oldest first.

    Where none ever was in force: the only plan of the town that is no branch; nothing where it has none or several.

    Raises
    ------
    NotStored
        If there is no such town.
    StoreError
        If the database cannot be reached.
    """
    with store.read() as connection, without_collector():
        return plans_in_force(connection, get_town_entry(connection, town).id)


def _now() -> datetime:
    """The civil time of this machine, which is the town's."""
    return datetime.now().astimezone().replace(tzinfo=None, microsecond=0)


def _counts(found: Differences) -> tuple[int, int]:
    return len(found.new) + found.n_revived, len(found.changed.rows) - found.n_revived


def _repeat(batch: Batch, found: Differences, n: int) -> IssueImport:
    n_unchanged = max(n - batch.n_new - batch.n_changed - len(found.conflicts), 0)
    return IssueImport(batch, batch.n_new, batch.n_changed, n_unchanged, found.conflicts)


def _tidy(store: Store) -> None:
    """Let counts trust the index; for whoever does not own the table the server does it by itself, some time later."""
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM (ANALYZE) gridmap.issue"))
