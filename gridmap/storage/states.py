"""The life of a plan: draft → checked → approved → in force from a date → retired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import shapely
import sqlalchemy as sa
from psycopg.types.range import Range

from gridmap.check.catalog import catalogue_version
from gridmap.errors import InvalidPlan
from gridmap.flow import codes_on
from gridmap.partition.lineage import build_lineage
from gridmap.storage.connect import Store
from gridmap.storage.content import content_at
from gridmap.storage.entries import STATES, PlanEntry, get_entry
from gridmap.storage.frames import split_crs
from gridmap.storage.plan_schema import PlanRow, ReportRow, StateLogRow
from gridmap.storage.plans import plan_of, put_lineage
from gridmap.storage.rows import raw
from gridmap.storage.towns import get_town


class InForce(NamedTuple):
    """What coming into force meant.

    Attributes
    ----------
    entry : PlanEntry
    since : date
    ended : str or None
        Name of the plan that it takes the place of.
    retired : tuple of str
        Codes that are never used again from that day on.
    """

    entry: PlanEntry
    since: date
    ended: str | None
    retired: tuple[str, ...]


def approve_plan(store: Store, plan: str | int, *, note: str = "") -> PlanEntry:
    """Approve a checked plan; from now on it does not change.

    Raises
    ------
    InvalidPlan
        If it is not ``checked``, its report names broken hard rules, or was made by an older check catalogue.
    NotStored, InvalidInput
        If there is no such plan.
    StoreError
        If the database cannot be reached or refuses.
    """
    with store.begin() as connection:
        entry = _held(connection, plan)
        _expect(entry, ("checked",), "approved", "批准")
        r = ReportRow
        report = connection.execute(
            sa.select(r.is_lawful, r.catalogue_version)
            .where(r.plan_id == entry.id, r.version == entry.version)
            .order_by(r.at.desc(), r.id.desc())
            .limit(1)
        ).one()
        if report.catalogue_version != catalogue_version():
            raise InvalidPlan(
                f"plan {entry.name} was judged by an older check catalogue; judge it again: gridmap store check",
                f"方案「{entry.name}」的检查报告出自旧版检查规则；请用 gridmap store check 重新检查。",
            )
        if not report.is_lawful:
            raise InvalidPlan(
                f"plan {entry.name} breaks hard rules that no named exception covers; mend it, "
                "then: gridmap store check",
                f"方案「{entry.name}」有未经例外说明的硬性规则问题；请修改后用 gridmap store check 重新检查。",
            )
        return _put(connection, store, entry, "approved", note=note)


def reopen_plan(store: Store, plan: str | int, *, note: str = "") -> PlanEntry:
    """Take a checked or approved plan back to draft.

    Raises
    ------
    InvalidPlan
        If it is in force or retired: history does not change, make a branch.
    NotStored, InvalidInput, StoreError
        As :func:`approve_plan`.
    """
    with store.begin() as connection:
        entry = _held(connection, plan)
        _expect(entry, ("checked", "approved"), "draft", "退回草案")
        return _put(connection, store, entry, "draft", note=note)


def put_in_force(store: Store, plan: str | int, since: date, *, note: str = "") -> InForce:
    """Bring an approved plan into force from a day on; the plan in force until then ends, codes of it alone retire.

    Parameters
    ----------
    store : Store
    plan : str or int
    since : date
        The first day. It may lie ahead, or in the past where no plan has begun since.
    note : str
        Number of the decree, or why.

    Raises
    ------
    InvalidPlan
        If it is not approved, another plan begins on that day or later, or it uses a code that was retired meanwhile.
    NotStored, InvalidInput, StoreError
        As :func:`approve_plan`.
    """
    with store.begin() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(731_920_261, _town_of(connection, plan))))
        entry = _held(connection, plan)
        _expect(entry, ("approved",), "put in force", "生效")
        former = _former(connection, entry, since)
        if former is not None:
            _put(connection, store, former, "retired", Range(former.since, since), note=f"→ {entry.name}")
            _put_former_lineage(connection, entry, former)
        draw_shapes(connection, entry)
        before = _retired(connection, entry.town_id)
        entry = _put(connection, store, entry, "in_force", Range(since, None), note=note)
        gone = sorted(set(_retired(connection, entry.town_id)) - set(before))
        return InForce(entry, since, former.name if former else None, tuple(gone))


def retire_plan(store: Store, plan: str | int, until: date | None = None, *, note: str = "") -> PlanEntry:
    """End a plan: one in force on a day, with none in its place; any other is put aside for good.

    Parameters
    ----------
    store : Store
    plan : str or int
    until : date, optional
        The first day on which a plan in force is no more; today without it.
    note : str

    Raises
    ------
    InvalidPlan
        If it is retired, or would end before it began.
    NotStored, InvalidInput, StoreError
        As :func:`approve_plan`.
    """
    with store.begin() as connection:
        entry = _held(connection, plan)
        _expect(entry, ("draft", "checked", "approved", "in_force"), "retired", "停用")
        if entry.state != "in_force":
            return _put(connection, store, entry, "retired", note=note)
        end = until or connection.execute(sa.select(sa.func.current_date())).scalar_one()
        assert entry.since is not None
        if end <= entry.since:
            raise InvalidPlan(
                f"plan {entry.name} came into force on {entry.since}; it cannot end on {end}, give a later day",
                f"方案「{entry.name}」自 {entry.since} 起生效，不能在 {end} 停用；请给出更晚的日期。",
            )
        return _put(connection, store, entry, "retired", Range(entry.since, end), note=note)


def draw_shapes(connection: sa.Connection, entry: PlanEntry) -> int:
    """Store the polygons of the grids that have none yet, so that maps need not dissolve units; how many were drawn."""
    missing = connection.execute(
        sa.text("SELECT code FROM gridmap.grid WHERE plan_id = :id AND status = 'active' AND geom IS NULL"),
        {"id": entry.id},
    ).scalars()
    codes = set(missing)
    if not codes:
        return 0
    town = get_town(connection, entry.unit_set_id)
    grids = plan_of(town, content_at(connection, entry, entry.version), (), ()).dissolve()
    grids = grids[grids.index.isin(codes)]
    srid, _ = split_crs(town.units.frame.crs)
    shapes = shapely.to_wkb(shapely.set_srid(np.asarray(grids.geometry.values, dtype=object), srid), include_srid=True)
    raw(connection).execute(
        "UPDATE gridmap.grid g SET geom = n.geom FROM unnest(%s::text[], %s::bytea[]) AS n (code, geom)"
        " WHERE g.plan_id = %s AND g.code = n.code",
        (list(grids.index), list(shapes), entry.id),
    )
    return len(grids)


def _held(connection: sa.Connection, plan: str | int) -> PlanEntry:
    """The plan, its row held until the end of the transaction."""
    entry = get_entry(connection, plan)
    connection.execute(sa.select(PlanRow.id).where(PlanRow.id == entry.id).with_for_update())
    return get_entry(connection, entry.id)


def _town_of(connection: sa.Connection, plan: str | int) -> int:
    return get_entry(connection, plan).town_id


def _expect(entry: PlanEntry, states: Sequence[str], en: str, zh: str) -> None:
    if entry.state not in states:
        raise InvalidPlan(
            f"plan {entry.name} is {entry.state.replace('_', ' ')}; only one that is "
            f"{' or '.join(s.replace('_', ' ') for s in states)} can be {en}",
            f"方案「{entry.name}」处于「{STATES[entry.state]}」状态；"
            f"只有「{'、'.join(STATES[s] for s in states)}」的方案可以{zh}。",
        )


def _put(
    connection: sa.Connection,
    store: Store,
    entry: PlanEntry,
    state: str,
    in_force: Range[date] | None = None,
    *,
    note: str = "",
) -> PlanEntry:
    values: dict[str, object] = {"state": state}
    if in_force is not None:
        values["in_force"] = in_force
    connection.execute(sa.update(PlanRow).where(PlanRow.id == entry.id).values(values))
    connection.execute(
        sa.insert(StateLogRow).values(
            plan_id=entry.id,
            version=entry.version,
            state=state,
            in_force=in_force,
            actor=store.actor,
            client=store.client,
            note=note,
        )
    )
    return get_entry(connection, entry.id)


def _former(connection: sa.Connection, entry: PlanEntry, since: date) -> PlanEntry | None:
    """The plan that ends when this one begins."""
    rows = connection.execute(
        sa.text(
            "SELECT id, lower(in_force) AS since FROM gridmap.plan"
            " WHERE town_id = :town AND in_force && daterange(CAST(:since AS date), NULL) ORDER BY lower(in_force)"
        ),
        {"town": entry.town_id, "since": since},
    ).all()
    if not rows:
        return None
    former = get_entry(connection, int(rows[-1].id))
    if len(rows) > 1 or rows[0].since >= since or former.state != "in_force":
        raise InvalidPlan(
            f"plan {former.name} is in force from {former.since}"
            f"{f' to {former.until}' if former.until else ''}; plan {entry.name} must begin later than {since}",
            f"方案「{former.name}」自 {former.since} 起{f'至 {former.until} ' if former.until else ''}生效；"
            f"方案「{entry.name}」的生效日须晚于 {since}。",
        )
    return former


def _put_former_lineage(connection: sa.Connection, entry: PlanEntry, former: PlanEntry) -> None:
    """Old and new codes against the plan that ends, beside a lineage that the version may have already."""
    town = get_town(connection, entry.unit_set_id)
    new = plan_of(town, content_at(connection, entry, entry.version), (), ())
    before_town = town if former.unit_set_id == entry.unit_set_id else get_town(connection, former.unit_set_id)
    old = plan_of(before_town, content_at(connection, former, former.version), (), ())
    lineage = build_lineage(town.units, codes_on(town.units, old), new.code_of_unit().tolist())
    put_lineage(connection, entry.id, entry.version, lineage, former.id)


def _retired(connection: sa.Connection, town_id: int) -> list[str]:
    query = sa.text("SELECT code FROM gridmap.grid_code WHERE town_id = :town AND retired_on IS NOT NULL")
    return list(connection.execute(query, {"town": town_id}).scalars())
