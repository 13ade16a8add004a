"""Undo, redo and restore over the whole history of a plan, across sessions: each is a new version."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID, uuid4

import sqlalchemy as sa

from gridmap.errors import InvalidPlan
from gridmap.storage.clash import stale
from gridmap.storage.commit import Header, bump, get_header, write_version
from gridmap.storage.connect import Store
from gridmap.storage.content import content_at
from gridmap.storage.entries import PlanEntry, check_version, find_plan
from gridmap.storage.plan_schema import VersionRow
from gridmap.storage.save import Saved, not_open, repeat


class _Way(NamedTuple):
    """Where a step through the history leads: the content, what an undo then leads to, what a redo leads to."""

    kind: str
    to: int
    redo: tuple[int, ...]
    is_new: bool = False


def undo(store: Store, plan: str | int, base: int, *, op_id: UUID | None = None) -> Saved:
    """Take the last change back, whoever made it; again and again down to the first version.

    Parameters
    ----------
    store : Store
    plan : str or int
    base : int
        The version that is looked at; it must be the newest, so that nobody takes back what he has not seen.
    op_id : UUID, optional
        As in :func:`gridmap.storage.save.save_moves`.

    Raises
    ------
    Conflict
        If the plan has a newer version than `base`.
    InvalidPlan
        If there is nothing to undo, the plan is no draft any more, or a code that would come back is retired.
    NotStored, InvalidInput
        If there is no such plan or version.
    StoreError
        If the database cannot be reached or refuses.
    """

    def way(connection: sa.Connection, entry: PlanEntry) -> _Way:
        here = get_header(connection, entry.id, base)
        parent = get_header(connection, entry.id, here.state_of).parent
        if parent is None:
            raise InvalidPlan(
                f"plan {entry.name}: nothing to undo, this is its first version",
                f"方案「{entry.name}」：没有可撤销的操作，已是最初版本。",
            )
        return _Way("undo", parent, (*here.redo, here.state_of))

    return _step(store, plan, base, way, op_id)


def redo(store: Store, plan: str | int, base: int, *, op_id: UUID | None = None) -> Saved:
    """Bring back what was undone last; a save in between ends that.

    Raises
    ------
    Conflict
        If the plan has a newer version than `base`.
    InvalidPlan
        If nothing was undone, or as :func:`undo`.
    NotStored, InvalidInput, StoreError
        As :func:`undo`.
    """

    def way(connection: sa.Connection, entry: PlanEntry) -> _Way:
        here = get_header(connection, entry.id, base)
        if not here.redo:
            raise InvalidPlan(
                f"plan {entry.name}: nothing to redo, nothing was undone last",
                f"方案「{entry.name}」：没有可重做的操作，最近一步不是撤销。",
            )
        return _Way("redo", here.redo[-1], tuple(here.redo[:-1]))

    return _step(store, plan, base, way, op_id)


def restore_version(store: Store, plan: str | int, base: int, version: int, *, op_id: UUID | None = None) -> Saved:
    """Make the plan what it was at a version, as a new version that can be undone like any other.

    Parameters
    ----------
    store : Store
    plan : str or int
    base : int
        The version that is looked at; it must be the newest.
    version : int
        The one to come back to.
    op_id : UUID, optional

    Raises
    ------
    Conflict
        If the plan has a newer version than `base`.
    InvalidPlan, NotStored, InvalidInput, StoreError
        As :func:`undo`.
    """

    def way(_connection: sa.Connection, entry: PlanEntry) -> _Way:
        return _Way("restore", check_version(entry, version), (), is_new=True)

    return _step(store, plan, base, way, op_id)


def _step(
    store: Store, plan: str | int, base: int, way: Callable[[sa.Connection, PlanEntry], _Way], op_id: UUID | None
) -> Saved:
    """A version whose content is that of an earlier one, locks, exceptions and rules included."""
    op = op_id or uuid4()
    entry = find_plan(store, plan)
    check_version(entry, base)
    with store.begin() as connection:
        version = bump(connection, entry.id, base)
        repeated = repeat(connection, entry, op)
        if repeated is not None:
            connection.rollback()
            return repeated
        if version is None:
            raise _refused(connection, entry, base)
        to = way(connection, entry)
        now = content_at(connection, entry, base)
        then = content_at(connection, entry, to.to)
        moves = {u: then.get(u, "") for u in sorted({*now, *then}) if now.get(u, "") != then.get(u, "")}
        old = get_header(connection, entry.id, to.to)
        here = get_header(connection, entry.id, base)
        header = Header(
            to.kind,
            op,
            old.rules_hash,
            tuple(old.locked),
            tuple(old.exceptions),
            state_of=None if to.is_new else to.to,
            parent=here.state_of if to.is_new else None,
            redo=to.redo,
            source=(entry.id, to.to),
        )
        write_version(connection, store, entry, version, moves, header)
        return Saved(version, len(moves))


def _refused(connection: sa.Connection, entry: PlanEntry, base: int) -> Exception:
    """Why the newest version could not be taken: somebody saved since, or the plan is no draft."""
    row = connection.execute(sa.text("SELECT version, state FROM gridmap.plan WHERE id = :id"), {"id": entry.id}).one()
    if row.version == base:
        return not_open(entry.name, row.state)
    v = VersionRow
    who = connection.execute(
        sa.select(v.actor).where(v.plan_id == entry.id, v.version > base).distinct().order_by(v.actor)
    )
    return stale(entry.name, base, row.version, list(who.scalars()))
