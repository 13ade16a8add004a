"""Plans ⇄ rows: store a new one, load one at any version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.plan import Plan
from gridmap.model.report import Report
from gridmap.model.rules import Rules, parse_rules
from gridmap.model.town import Town
from gridmap.storage.commit import Header, bump, exception_rows, exceptions_back, get_header, put_rules, write_version
from gridmap.storage.connect import Store
from gridmap.storage.content import content_at
from gridmap.storage.entries import PlanEntry, check_version, get_entry
from gridmap.storage.judged import put_report
from gridmap.storage.plan_schema import GridCodeRow, LineageRow, PlanRow, RulesRow, VersionRow
from gridmap.storage.rows import as_json, without_collector
from gridmap.storage.towns import get_town, put_town


@dataclass(frozen=True, eq=False)
class StoredPlan:
    """A plan as it was at a version, with everything that it needs to be judged and drawn.

    Attributes
    ----------
    entry : PlanEntry
    version : int
        The version that was asked for.
    town : Town
    plan : Plan
    rules : Rules
        The rules of that version.
    lineage : pandas.DataFrame
        Columns ``old_code``, ``new_code``, ``kind``, ``households``; no rows where nothing is known.
    meta : mapping of str to object
        Seed, status, parameters and program versions of the search that made it.
    """

    entry: PlanEntry
    version: int
    town: Town
    plan: Plan
    rules: Rules
    lineage: pd.DataFrame
    meta: Mapping[str, object]


def save_plan(
    store: Store,
    name: str,
    town: Town,
    plan: Plan,
    rules: Rules,
    *,
    report: Report | None = None,
    lineage: pd.DataFrame | None = None,
    retired: Sequence[str] = (),
    bridge_m: float = 0.0,
    meta: Mapping[str, object] | None = None,
    op_id: UUID | None = None,
    message: str = "",
) -> PlanEntry:
    """Store a new plan as its version 1, with its survey where that is not stored yet: all of it or nothing.

    Parameters
    ----------
    store : Store
    name : str
        A name that no other plan of the town has.
    town : Town
        ``town.units`` are the units of the plan.
    plan : Plan
    rules : Rules
    report : Report, optional
        What :func:`gridmap.check_plan` said of it by these rules; the plan is then ``checked``.
    lineage : pandas.DataFrame, optional
        Columns ``old_code``, ``new_code``, ``kind``, ``households``.
    retired : sequence of str
        Codes that were given up before; they are entered into the registry as retired and never used again.
    bridge_m : float
        Units across a gap of at most this many metres are neighbours.
    meta : mapping, optional
        Kept with the plan: seed, status, params, versions.
    op_id : UUID, optional
        Identity of this operation: repeating it with the same one is harmless.
    message : str
        Why, in the history.

    Returns
    -------
    PlanEntry

    Raises
    ------
    InvalidInput
        If the plan is one of other units than the town's, the town or the plan has no name, or the name is taken.
    InvalidPlan
        If a code of the plan is retired.
    StoreError
        If the database cannot be reached or refuses; nothing is stored then.
    """
    if plan.units.ids != town.units.ids:
        raise InvalidInput(
            "the plan must be a plan of the town's units; their ids differ", "方案的单元与本镇的单元编号不一致。"
        )
    op = op_id or uuid4()
    with store.begin() as connection, without_collector():
        unit_set_id = put_town(connection, town, store.actor)
        repeated = made_by(connection, op, "import")
        if repeated is not None:
            return repeated
        entry = new_plan(connection, store, name, unit_set_id, bridge_m=bridge_m, meta=meta)
        gone = sorted(set(retired) - set(plan.codes))
        if gone:
            _register_retired(connection, entry, gone)
        version = bump(connection, entry.id, 0)
        assert version == 1
        codes = plan.code_of_unit()
        moves = {u: str(c) for u, c in zip(plan.units.ids, codes, strict=True) if c}
        header = Header(
            "import",
            op,
            put_rules(connection, rules),
            tuple(plan.locked),
            exception_rows(plan.exceptions),
            message=message,
        )
        write_version(connection, store, entry, version, moves, header)
        put_lineage(connection, entry.id, version, lineage)
        if report is not None:
            put_report(connection, store, get_entry(connection, entry.id), plan, report, rules, town)
        return get_entry(connection, entry.id)


def new_plan(
    connection: sa.Connection,
    store: Store,
    name: str,
    unit_set_id: int,
    *,
    bridge_m: float = 0.0,
    meta: Mapping[str, object] | None = None,
    source: tuple[int, int] | None = None,
) -> PlanEntry:
    """The row of a plan that has no version yet.

    Raises
    ------
    InvalidInput
        If it has no name, or the town has a plan of that name.
    """
    if not name.strip() or name.startswith("#"):
        raise InvalidInput(
            f"a plan needs a name that does not begin with #; got {name!r}",
            f"方案须有名称，且不以 # 开头；得到「{name}」。",
        )
    town_id = connection.execute(
        sa.text("SELECT town_id FROM gridmap.unit_set WHERE id = :id"), {"id": unit_set_id}
    ).scalar_one()
    taken = sa.select(PlanRow.id).where(PlanRow.town_id == town_id, PlanRow.name == name)
    if connection.execute(taken).scalar() is not None:
        raise InvalidInput(
            f"the town has a plan {name} already; give another name, or save onto that plan (--into)",
            f"本镇已有方案「{name}」；请另取名称，或用 --into 存为该方案的新版本。",
        )
    plan_id = connection.execute(
        sa.insert(PlanRow)
        .values(
            town_id=town_id,
            unit_set_id=unit_set_id,
            name=name,
            bridge_m=bridge_m,
            meta=as_json(dict(meta or {})),
            created_by=store.actor,
            source_plan_id=source[0] if source else None,
            source_version=source[1] if source else None,
        )
        .returning(PlanRow.id)
    ).scalar_one()
    return get_entry(connection, int(plan_id))


def made_by(connection: sa.Connection, op_id: UUID, kind: str) -> PlanEntry | None:
    """The plan that an operation of this kind made before; None when it is new."""
    v = VersionRow
    plan_id = connection.execute(sa.select(v.plan_id).where(v.op_id == op_id, v.kind == kind)).scalar()
    return None if plan_id is None else get_entry(connection, plan_id)


def load_plan(store: Store, plan: str | int, version: int | None = None) -> StoredPlan:
    """A plan with its town, as it was at a version.

    Parameters
    ----------
    store : Store
    plan : str or int
        As :func:`gridmap.storage.entries.find_plan` takes it.
    version : int, optional
        The current one by default.

    Raises
    ------
    NotStored, InvalidInput
        If there is no such plan or version, or several of that name.
    StoreError
        If the database cannot be reached.
    """
    with store.read() as connection, without_collector():
        entry = get_entry(connection, plan)
        at = check_version(entry, version)
        town = get_town(connection, entry.unit_set_id)
        header = get_header(connection, entry.id, at)
        value = plan_of(town, content_at(connection, entry, at), header.locked, header.exceptions)
        toml = connection.execute(sa.select(RulesRow.toml).where(RulesRow.hash == header.rules_hash)).scalar_one()
        meta = connection.execute(sa.select(PlanRow.meta).where(PlanRow.id == entry.id)).scalar_one()
        lineage = get_lineage(connection, entry.id, at)
    return StoredPlan(entry, at, town, value, parse_rules(toml, f"rules of plan {entry.name}"), lineage, meta)


def plan_of(
    town: Town, content: Mapping[str, str], locked: Sequence[str], exceptions: Sequence[Mapping[str, Any]]
) -> Plan:
    """A plan value from its content (unit → code of its grid; units without one are absent)."""
    codes = sorted(set(content.values()))
    label = {code: i for i, code in enumerate(codes)} | {"": -1}
    held = map(content.get, town.units.ids, repeat(""))
    grid_of = np.fromiter(map(label.__getitem__, held), dtype=np.int32, count=len(town.units))
    return Plan(
        town.units, grid_of, tuple(codes), exceptions_back(exceptions, codes), frozenset(locked) & frozenset(codes)
    )


def put_lineage(
    connection: sa.Connection,
    plan_id: int,
    version: int,
    lineage: pd.DataFrame | None,
    source_plan_id: int = 0,
) -> None:
    """Store what became of old grids.

    Raises
    ------
    InvalidInput
        If a column is missing.
    """
    if lineage is None or lineage.empty:
        return
    missing = [c for c in ("old_code", "new_code", "kind", "households") if c not in lineage]
    if missing:
        raise InvalidInput(
            f"a lineage needs the columns old_code, new_code, kind, households; missing: {first_ten(missing)}",
            f"新旧编号对照表须有 old_code、new_code、kind、households 列；缺少：{first_ten_zh(missing)}。",
        )
    rows = lineage.to_dict("records")
    connection.execute(
        insert(LineageRow).on_conflict_do_nothing(),
        [
            {
                "plan_id": plan_id,
                "version": version,
                "old_code": "" if pd.isna(r["old_code"]) else str(r["old_code"]),
                "new_code": "" if pd.isna(r["new_code"]) else str(r["new_code"]),
                "kind": str(r["kind"]),
                "households": int(r["households"]),
                "n_units": as_json(r.get("n_units")),
                "source_plan_id": source_plan_id,
            }
            for r in rows
        ],
    )


def get_lineage(connection: sa.Connection, plan_id: int, version: int) -> pd.DataFrame:
    """The lineage of a version, that of the content that it has; no rows where there is none.

    Against the plan whose place it took, where it did; else as the file said that it came from.
    """
    table = LineageRow
    own = sa.select(VersionRow.state_of).where(VersionRow.plan_id == plan_id, VersionRow.version == version)
    held = table.plan_id == plan_id, table.version.in_([version, own.scalar_subquery()])
    source = sa.select(sa.func.max(table.source_plan_id)).where(*held).scalar_subquery()
    rows = connection.execute(
        sa.select(table.old_code, table.new_code, table.kind, table.households)
        .where(*held, table.source_plan_id == source)
        .order_by(table.old_code, table.new_code)
    ).all()
    frame = pd.DataFrame(rows, columns=["old_code", "new_code", "kind", "households"])
    return frame.astype({"households": np.int64})


def _register_retired(connection: sa.Connection, entry: PlanEntry, codes: Sequence[str]) -> None:
    """Codes that are known to be retired from the plan's own file; those that other plans of the town use stay so."""
    connection.execute(
        insert(GridCodeRow)
        .values([{"town_id": entry.town_id, "code": c, "retired_on": sa.func.current_date()} for c in codes])
        .on_conflict_do_nothing()
    )
