"""Which plans there are, and finding the one that is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from gridmap.errors import InvalidInput, NotStored, first_ten, first_ten_zh
from gridmap.storage.connect import Store
from gridmap.storage.plan_schema import PlanRow, VersionRow
from gridmap.storage.schema import StoreRow, TownRow

#: The states of a plan in the order of its life, and their Chinese names.
STATES: Final = {"draft": "草案", "checked": "已检查", "approved": "已批准", "in_force": "生效", "retired": "停用"}


@dataclass(frozen=True)
class PlanEntry:
    """What the list of plans says of one.

    Attributes
    ----------
    id : int
    town_id, town : int, str
        The town that it belongs to, and its name.
    unit_set_id : int
        The survey whose units it assigns.
    name : str
        Unique in the town.
    state : str
        ``draft``, ``checked``, ``approved``, ``in_force`` or ``retired``.
    version : int
        The current one, counted from 1.
    since, until : date or None
        First day in force, and first day no more; None where it has none (yet).
    bridge_m : float
        Units across a gap of at most this many metres are neighbours.
    source_plan_id, source_version : int or None
        What it was branched or migrated from.
    created_by, created_at : str, datetime
    """

    id: int
    town_id: int
    town: str
    unit_set_id: int
    name: str
    state: str
    version: int
    since: date | None
    until: date | None
    bridge_m: float
    source_plan_id: int | None
    source_version: int | None
    created_by: str
    created_at: datetime


@dataclass(frozen=True)
class VersionEntry:
    """What the history of a plan says of one version.

    Attributes
    ----------
    version : int
    kind : str
        ``import``, ``save``, ``undo``, ``redo``, ``restore``, ``branch``, ``merge`` or ``migrate``.
    actor, client : str
        Who made it, with which program.
    at : datetime
    message : str
    n_moves : int
        Units that changed their grid.
    state_of : int
        The version that has the same content; its own number unless it is an undo, a redo or a restore.
    source_plan_id, source_version : int or None
        The branch that was merged, the version that was restored or migrated.
    """

    version: int
    kind: str
    actor: str
    client: str
    at: datetime
    message: str
    n_moves: int
    state_of: int
    source_plan_id: int | None
    source_version: int | None


@dataclass(frozen=True)
class TownEntry:
    """A town that the database knows: its number and its name."""

    id: int
    name: str


def list_plans(store: Store) -> list[PlanEntry]:
    """Every plan, by town and name.

    Raises
    ------
    StoreError
        If the database cannot be reached.
    """
    with store.read() as connection:
        return _entries(connection)


def find_plan(store: Store, plan: str | int) -> PlanEntry:
    """The plan that is meant.

    Parameters
    ----------
    store : Store
    plan : str or int
        Its name, ``TOWN/NAME`` where two towns have one of that name, or its number (``#7`` as text).

    Raises
    ------
    NotStored
        If there is none; the message lists those that there are.
    InvalidInput
        If several towns have a plan of that name.
    StoreError
        If the database cannot be reached.
    """
    with store.read() as connection:
        return get_entry(connection, plan)


def get_entry(connection: sa.Connection, plan: str | int) -> PlanEntry:
    """:func:`find_plan` inside a transaction of the caller.

    Raises
    ------
    NotStored, InvalidInput
        As :func:`find_plan`.
    """
    text = str(plan)
    number = plan if isinstance(plan, int) else int(text[1:]) if re.fullmatch(r"#[0-9]{1,9}", text) else None
    if number is not None:
        found = _entries(connection, PlanRow.id == number)
    else:
        found = _entries(connection, sa.or_(PlanRow.name == text, TownRow.name + "/" + PlanRow.name == text))
    if not found:
        known = [e.name for e in _entries(connection)]
        raise NotStored(
            f"no such plan: {plan}; stored are {first_ten(known) or 'none'}",
            f"没有方案「{plan}」；已存方案：{first_ten_zh(known) or '无'}。",
        )
    if len(found) > 1:
        full = [f"{e.town}/{e.name}" for e in found]
        raise InvalidInput(
            f"several towns have a plan {plan}; say which: {first_ten(full)}",
            f"多个镇都有方案「{plan}」，请写明：{first_ten_zh(full)}。",
        )
    return found[0]


def get_town_entry(connection: sa.Connection, town: str | int) -> TownEntry:
    """The town that is meant, by its name or its number (``#7`` as text); a survey made it.

    Raises
    ------
    NotStored
        If there is none; the message lists those that there are.
    """
    text = str(town)
    number = town if isinstance(town, int) else int(text[1:]) if re.fullmatch(r"#[0-9]{1,9}", text) else None
    is_meant = TownRow.id == number if number is not None else TownRow.name == text
    found = connection.execute(sa.select(TownRow.id, TownRow.name).where(is_meant)).one_or_none()
    if found is None:
        known = connection.execute(sa.select(TownRow.name).order_by(TownRow.name)).scalars().all()
        raise NotStored(
            f"no such town: {town}; stored are {first_ten(known) or 'none'} (a plan brings its town along)",
            f"没有镇「{town}」；已有：{first_ten_zh(known) or '无'}（存入方案时一并建立）。",
        )
    return TownEntry(*found)


def list_versions(store: Store, plan: str | int) -> list[VersionEntry]:
    """The history of a plan, oldest first.

    Raises
    ------
    NotStored, InvalidInput
        As :func:`find_plan`.
    StoreError
        If the database cannot be reached.
    """
    with store.read() as connection:
        entry = get_entry(connection, plan)
        names = list(VersionEntry.__dataclass_fields__)
        columns = [getattr(VersionRow, name) for name in names]
        rows = connection.execute(
            sa.select(*columns).where(VersionRow.plan_id == entry.id).order_by(VersionRow.version)
        )
        return [VersionEntry(*row) for row in rows]


def store_id(connection: sa.Connection) -> UUID:
    """The identity of this database, which exported files carry."""
    return connection.execute(sa.select(StoreRow.id)).scalar_one()


def check_version(entry: PlanEntry, version: int | None) -> int:
    """The version that is meant: the current one where none is given.

    Raises
    ------
    NotStored
        If the plan has no such version.
    """
    if version is None:
        return entry.version
    if not 1 <= version <= entry.version:
        raise NotStored(
            f"plan {entry.name} has no version {version}; it has 1 to {entry.version}",
            f"方案「{entry.name}」没有第 {version} 版；现有第 1 至 {entry.version} 版。",
        )
    return version


def _entries(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[PlanEntry]:
    p = PlanRow
    query = (
        sa.select(p, TownRow.name.label("town"))
        .join(TownRow, TownRow.id == p.town_id)
        .where(*conditions)
        .order_by(TownRow.name, p.name)
    )
    return [PlanEntry(*row) for row in connection.execute(query.with_only_columns(*_columns()))]


def _columns() -> list[Any]:
    p = PlanRow
    return [
        p.id,
        p.town_id,
        TownRow.name.label("town"),
        p.unit_set_id,
        p.name,
        p.state,
        p.version,
        sa.func.lower(p.in_force).label("since"),
        sa.func.upper(p.in_force).label("until"),
        p.bridge_m,
        p.source_plan_id,
        p.source_version,
        p.created_by,
        p.created_at,
    ]
