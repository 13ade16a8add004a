"""The life of a plan: draft → checked → approved → in force from a date → retired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
import shapely
import sqlalchemy as sa
from psycopg.types.range import Range
from sqlalchemy.dialects.postgresql import insert

from gridmap.check.catalog import catalogue_version
from gridmap.errors import InvalidPlan
from gridmap.flow import codes_on
from gridmap.partition.lineage import build_lineage
from gridmap.storage.connect import Store
from gridmap.storage.content import content_at
from gridmap.storage.entries import STATES, PlanEntry, get_entry
from gridmap.storage.frames import split_crs
from gridmap.storage.plan_schema import GridCodeRow, PlanRow, StateLogRow
from gridmap.storage.plans import get_lineage, plan_of, put_lineage
from gridmap.storage.rows import raw
from gridmap.storage.towns import get_town

#: How far ahead a plan may be put in force: whoever types 2206 for 2026 would shut out every other plan until then.
_AHEAD: Final = timedelta(days=366)


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
        report = _own_report(connection, entry)
        if report is None or report.is_before_last:
            raise InvalidPlan(
                f"plan {entry.name} was not judged by its own rules since the plans in force changed; "
                "judge it again: gridmap store check",
                f"方案「{entry.name}」尚未按自身规则检查，或检查后生效方案已有变化；"
                "请用 gridmap store check 重新检查。",
            )
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
        If it is not approved, the day lies more than a year ahead, another plan begins on that day or later, or it
        uses a code that was retired meanwhile.
    NotStored, InvalidInput, StoreError
        As :func:`approve_plan`.
    """
    with store.begin() as connection:
        today = connection.execute(sa.select(sa.func.current_date())).scalar_one()
        if since > today + _AHEAD:
            raise InvalidPlan(
                f"{since} is more than a year ahead, and a day in force cannot be taken back; check the date",
                f"{since} 距今超过一年，而生效日期不能撤回；请核对日期。",
            )
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(731_920_261, _town_of(connection, plan))))
        entry = _held(connection, plan)
        _expect(entry, ("approved",), "put in force", "生效")
        former = _former(connection, entry, since)
        if former is not None:
            _put(connection, store, former, "retired", Range(former.since, since), note=f"→ {entry.name}")
            _put_former_lineage(connection, entry, former)
        draw_shapes(connection, entry)
        before = _retired(connection, entry.town_id)
        _retire_given_up(connection, entry, since)
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


def _own_report(connection: sa.Connection, entry: PlanEntry) -> sa.Row[Any] | None:
    """The latest judgement of the newest version by its own rules, and whether another plan came into force since."""
    return connection.execute(
        sa.text(
            "SELECT r.is_lawful, r.catalogue_version, EXISTS (SELECT FROM gridmap.state_log l"
            " JOIN gridmap.plan p ON p.id = l.plan_id WHERE p.town_id = :town AND l.state = 'in_force' AND l.at > r.at)"
            " AS is_before_last FROM gridmap.report r JOIN gridmap.version v"
            " ON v.plan_id = r.plan_id AND v.version = r.version AND v.rules_hash = r.rules_hash"
            " WHERE r.plan_id = :plan AND r.version = :version ORDER BY r.at DESC, r.id DESC LIMIT 1"
        ),
        {"town": entry.town_id, "plan": entry.id, "version": entry.version},
    ).one_or_none()


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
            f"{f' to {former.until}' if former.until else ''}; "
            f"plan {entry.name} must begin {f'on {former.until} or ' if former.until else ''}later",
            f"方案「{former.name}」自 {former.since} 起{f'至 {former.until} ' if former.until else ''}生效；"
            f"方案「{entry.name}」须在此之后生效。",
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


def _retire_given_up(connection: sa.Connection, entry: PlanEntry, since: date) -> None:
    """Codes that the plan's lineage names as old and it does not have: of a plan that was never stored here."""
    old = set(get_lineage(connection, entry.id, entry.version)["old_code"]) - {""}
    gone = sorted(old - set(content_at(connection, entry, entry.version).values()))
    if gone:
        rows = [{"town_id": entry.town_id, "code": code, "retired_on": since} for code in gone]
        new = insert(GridCodeRow)
        connection.execute(
            new.on_conflict_do_update(
                index_elements=["town_id", "code"],
                set_={"retired_on": new.excluded.retired_on},
                where=GridCodeRow.retired_on.is_(None),
            ),
            rows,
        )


def _retired(connection: sa.Connection, town_id: int) -> list[str]:
    query = sa.text("SELECT code FROM gridmap.grid_code WHERE town_id = :town AND retired_on IS NOT NULL")
    return list(connection.execute(query, {"town": town_id}).scalars())
