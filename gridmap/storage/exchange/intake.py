"""What comes back: files that were edited elsewhere become moves on the version that they were exported from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from pyproj import CRS

from gridmap.check import check_plan
from gridmap.data.plan_file import read_plan, retired_codes
from gridmap.errors import InvalidInput, NotStored
from gridmap.measure.connect import build_graph
from gridmap.model.text import Text
from gridmap.model.town import Town
from gridmap.storage.codes import rules_of
from gridmap.storage.commit import get_header
from gridmap.storage.connect import Store
from gridmap.storage.content import content_at
from gridmap.storage.entries import PlanEntry, get_entry, store_id
from gridmap.storage.exchange.export import ORIGIN_KEYS
from gridmap.storage.exchange.intake_checks import StoredUnits, check_codes, check_crs, check_unchanged, match_units
from gridmap.storage.exchange.intake_table import EditedTable, Origin, read_table
from gridmap.storage.frames import shapes_back
from gridmap.storage.plan_schema import GridCodeRow, GridRow
from gridmap.storage.plans import save_plan
from gridmap.storage.rows import read_columns
from gridmap.storage.save import Saved, save_moves


@dataclass(frozen=True)
class Edited:
    """What a file that came back asks for.

    Attributes
    ----------
    entry : PlanEntry
        The plan that it is about.
    base : int
        The version that the edits were made on.
    moves : dict of str to str
        Unit → code of the grid that it goes to, "" for none.
    locked : frozenset of str or None
        The grids that are to be locked from now on; None where the file changes no lock.
    notes : tuple of Text
        What was noticed while reading.
    """

    entry: PlanEntry
    base: int
    moves: dict[str, str]
    locked: frozenset[str] | None
    notes: tuple[Text, ...] = ()


def read_edited(
    store: Store,
    path: str | Path,
    *,
    into: str | int | None = None,
    base: int | None = None,
    layer: str | None = None,
) -> Edited:
    """Read what was edited in an exported file; nothing is stored yet.

    Parameters
    ----------
    store : Store
    path : str or Path
        An exported plan file or layer after editing, or any table of units with their grids.
    into : str or int, optional
        The plan; needed where the file does not name it, and compared where it does.
    base : int, optional
        The version that the edits were made on; needed where the file does not name it.
    layer : str, optional
        The layer of the units in a GeoPackage with several that could be it.

    Raises
    ------
    InvalidInput
        If the file cannot be read, is one of another database, plan or CRS, or its units are not exactly those of the
        plan's survey, unchanged; or if a code is none that this plan may get.
    NotStored
        If there is no such plan or version.
    MissingProgram
        If it is GeoParquet and pyarrow is not installed.
    StoreError
        If the database cannot be reached.
    """
    source = Path(path)
    table = read_table(source, layer)
    with store.read() as connection:
        _check_store(table, store_id(connection))
        entry = _entry(connection, table, into)
        at = _version(table, entry, base)
        _check_operation(connection, table, entry, at)
        content = content_at(connection, entry, at)
        units = _stored_units(connection, entry)
        position = match_units(table, units)
        check_crs(table, units.crs)
        notes = check_unchanged(table, units, position)
        c, g = GridCodeRow, GridRow
        registry = connection.execute(sa.select(c.code, c.retired_on).where(c.town_id == entry.town_id)).all()
        own = set(connection.execute(sa.select(g.code).where(g.plan_id == entry.id)).scalars())
        codes = check_codes(
            table,
            units,
            position,
            own=own,
            registry={r.code: r.retired_on is not None for r in registry},
            scheme=rules_of(connection, entry, at).codes,
        )
        locked_then = frozenset(get_header(connection, entry.id, at).locked)
    moves = {u: codes[u] for u in units.ids if codes[u] != content.get(u, "")}
    return Edited(entry, at, moves, _locked(table, locked_then, set(codes.values())), (*table.notes, *notes))


def save_edited(
    store: Store,
    path: str | Path,
    *,
    into: str | int | None = None,
    base: int | None = None,
    layer: str | None = None,
    op_id: UUID | None = None,
    message: str = "",
) -> Saved:
    """Save what was edited in an exported file as a new version, over what others saved meanwhile.

    Parameters
    ----------
    store, path, into, base, layer
        As :func:`read_edited` takes them.
    op_id, message
        As in :func:`gridmap.storage.save.save_moves`.

    Raises
    ------
    InvalidInput, NotStored, MissingProgram
        As :func:`read_edited`.
    Conflict
        If others moved the same units meanwhile; see :func:`gridmap.storage.save.save_moves`.
    InvalidPlan
        If a locked grid would change, a code is retired, or the plan is no draft any more.
    StoreError
        If the database cannot be reached or refuses.
    """
    edited = read_edited(store, path, into=into, base=base, layer=layer)
    return save_moves(
        store, edited.entry.id, edited.base, edited.moves, locked=edited.locked, op_id=op_id, message=message
    )


def store_file(
    store: Store,
    path: str | Path,
    name: str,
    *,
    town_name: str | None = None,
    op_id: UUID | None = None,
    message: str = "",
) -> PlanEntry:
    """Store a plan file, or units with grid codes from any GeoPackage, as a new plan with its report.

    Parameters
    ----------
    store : Store
    path : str or Path
        As :func:`gridmap.data.plan_file.read_plan` takes it.
    name : str
        Name of the new plan.
    town_name : str, optional
        Name of the town; what the file says without it, and where that says nothing the file's own name.
    op_id, message
        As in :func:`gridmap.storage.plans.save_plan`.

    Raises
    ------
    InvalidInput
        If the file cannot be read, is no plan, or the name is taken.
    InvalidPlan
        If a code of the plan is retired.
    InvalidRules
        If its rules have no profile for a kind of jurisdiction.
    StoreError
        If the database cannot be reached or refuses; nothing is stored then.
    """
    file = read_plan(path)
    town = _named(file.town, town_name or file.town.name or Path(path).stem)
    bridge_m = float(str(file.meta.get("bridge_m", 0.0)))
    lineage = file.lineage if len(file.lineage) else None
    retired = retired_codes(file)
    # what this plan itself gives up is in use until it comes into force; only what was given up before is retired
    gone = sorted(set(retired) - set(file.lineage["old_code"].map(str)))
    report = check_plan(
        file.plan,
        file.rules,
        graph=build_graph(town.units, town.barriers, bridge_m=bridge_m),
        premises=town.premises,
        retired=retired,
        lineage=lineage,
    )
    return save_plan(
        store,
        name,
        town,
        file.plan,
        file.rules,
        report=report,
        lineage=lineage,
        retired=gone,
        bridge_m=bridge_m,
        meta={k: v for k, v in file.meta.items() if k not in (*ORIGIN_KEYS, "bridge_m", "retired")},
        op_id=op_id,
        message=message,
    )


def _named(town: Town, name: str) -> Town:
    return Town(town.units, town.barriers, town.premises, town.context, name, town.source, town.date, town.is_synthetic)


def _check_store(table: EditedTable, here: UUID) -> None:
    said = table.origin.store
    if said and said not in (str(here), f"db-{here.hex[:8]}"):
        raise InvalidInput(
            f"{table.where}: was exported from another database ({said}, this one is {here}); bring it back there, "
            "or store it here as a new plan: --name NAME",
            f"{table.where_zh}：导出自另一个数据库（{said}，当前为 {here}）；请带回原数据库，"
            "或用 --name 在此存为新方案。",
        )


def _entry(connection: sa.Connection, table: EditedTable, into: str | int | None) -> PlanEntry:
    origin: Origin = table.origin
    if origin.plan_id is None and into is None:
        raise InvalidInput(
            f"{table.where}: does not say which plan it belongs to (column plan, 方案号); name it with --into",
            f"{table.where_zh}：没有写明属于哪个方案（方案号列）；请用 --into 指定。",
        )
    named = None if into is None else get_entry(connection, into)
    if origin.plan_id is None:
        assert named is not None
        return named
    if named is not None and named.id != origin.plan_id:
        raise InvalidInput(
            f"{table.where}: was exported from plan #{origin.plan_id}, not from {named.name} (#{named.id}); "
            "leave --into out, or bring the right file",
            f"{table.where_zh}：导出自方案 #{origin.plan_id}，而不是「{named.name}」（#{named.id}）；"
            "请去掉 --into，或换用正确的文件。",
        )
    try:
        return named or get_entry(connection, origin.plan_id)
    except NotStored as error:
        raise NotStored(
            f"{table.where}: was exported from plan #{origin.plan_id}, which this database does not hold; {error}",
            f"{table.where_zh}：导出自方案 #{origin.plan_id}，当前数据库中没有；{error.zh}",
        ) from error


def _check_operation(connection: sa.Connection, table: EditedTable, entry: PlanEntry, at: int) -> None:
    """Refuse a file about a version that this history does not have, though it has one of that number."""
    op = table.origin.op
    if op and table.origin.version == at and get_header(connection, entry.id, at).op_id.hex[:8] != op:
        raise InvalidInput(
            f"{table.where}: was exported from another version {at} of plan {entry.name} than the database holds now; "
            "it was restored from a backup since: export again and edit that",
            f"{table.where_zh}：导出时的第 {at} 版与数据库现有的第 {at} 版不是同一版，数据库在此之后从备份恢复过；"
            "请重新导出后再修改。",
        )


def _version(table: EditedTable, entry: PlanEntry, base: int | None) -> int:
    said = table.origin.version
    if said is not None and base is not None and said != base:
        raise InvalidInput(
            f"{table.where}: was exported from version {said}, not {base}; leave --base out",
            f"{table.where_zh}：导出自第 {said} 版，而不是第 {base} 版；请去掉 --base。",
        )
    at = base if said is None else said
    if at is None:
        raise InvalidInput(
            f"{table.where}: does not say which version was edited (column version, 版本); name it with --base, "
            f"the newest of plan {entry.name} is {entry.version}",
            f"{table.where_zh}：没有写明修改的是哪一版（版本列）；请用 --base 指定，方案「{entry.name}」最新为第 "
            f"{entry.version} 版。",
        )
    if not 1 <= at <= entry.version:
        raise NotStored(
            f"{table.where}: is about version {at} of plan {entry.name}, which has 1 to {entry.version}; "
            "was the database restored from a backup? Export again",
            f"{table.where_zh}：对应方案「{entry.name}」第 {at} 版，现只有第 1 至 {entry.version} 版；"
            "数据库是否从备份恢复过？请重新导出。",
        )
    return at


def _stored_units(connection: sa.Connection, entry: PlanEntry) -> StoredUnits:
    row = connection.execute(
        sa.text("SELECT crs, has_households FROM gridmap.unit_set WHERE id = :id"), {"id": entry.unit_set_id}
    ).one()
    ids, jurisdiction, names, households, shapes = read_columns(
        connection,
        "SELECT unit_id, jurisdiction, name, households, geom FROM gridmap.unit WHERE unit_set_id = %s"
        " ORDER BY position",
        entry.unit_set_id,
    )
    return StoredUnits(
        list(ids),
        list(jurisdiction),
        list(names),
        np.array(households, dtype=np.int64) if row.has_households else None,
        shapes_back(shapes),
        CRS.from_user_input(row.crs),
    )


def _locked(table: EditedTable, then: frozenset[str], used: set[str]) -> frozenset[str] | None:
    """The locks that the file asks for; a grid that it does not list keeps its own."""
    if table.locks is None:
        return None
    marks: dict[str, Any] = table.locks
    shut = {code for code, is_locked in marks.items() if is_locked and (code in used or code in then)}
    wanted = frozenset(shut | (then - set(marks)))
    return None if wanted == then else wanted
