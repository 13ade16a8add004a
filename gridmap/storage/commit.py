"""A new version of a plan: its header, the grids that it needs, and its rows in the change log.

Every way of changing a plan (save, undo, restore, merge …) ends here. The log writes the assignment: see the trigger
``gridmap.apply_changes`` in ``migrations/plan_guards.py``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gridmap.model.plan import GridException
from gridmap.model.rules import Rules
from gridmap.model.text import Text
from gridmap.storage.connect import Store
from gridmap.storage.entries import PlanEntry
from gridmap.storage.plan_schema import GridCodeRow, GridRow, PlanRow, RulesRow, VersionRow
from gridmap.storage.rows import raw


@dataclass(frozen=True)
class Header:
    """What a version says of itself beside its moves.

    Attributes
    ----------
    kind : str
    op_id : UUID
        A repeat of the same operation is known by it.
    rules_hash : str
    locked : tuple of str
        Codes of locked grids.
    exceptions : tuple of mapping
        Named exceptions as :func:`exception_rows` writes them.
    state_of : int or None
        The version whose content this one has; its own number when None.
    parent : int or None
        The content that an undo leads to.
    redo : tuple of int
        The contents that redo leads to, the next one last.
    source : tuple of int and int, or None
        Plan and version that were merged, restored, branched or migrated.
    message : str
    """

    kind: str
    op_id: UUID
    rules_hash: str
    locked: tuple[str, ...] = ()
    exceptions: tuple[Mapping[str, Any], ...] = ()
    state_of: int | None = None
    parent: int | None = None
    redo: tuple[int, ...] = ()
    source: tuple[int, int] | None = None
    message: str = ""


def bump(connection: sa.Connection, plan_id: int, base: int) -> int | None:
    """Take the next version of a plan if it is still at `base`; None when it is not. The plan is a draft again.

    Either way the plan's row is held from now on. So whoever repeats an operation after a lost connection, while the
    first try is still at work in the server, waits for its end and then finds it (:func:`gridmap.storage.save.repeat`).
    """
    taken = connection.execute(
        sa.update(PlanRow)
        .where(PlanRow.id == plan_id, PlanRow.version == base, PlanRow.state.in_(("draft", "checked")))
        .values(version=PlanRow.version + 1, state="draft")
        .returning(PlanRow.version)
    ).scalar()
    if taken is None:
        connection.execute(sa.select(PlanRow.id).where(PlanRow.id == plan_id).with_for_update())
    return taken


def write_version(
    connection: sa.Connection, store: Store, entry: PlanEntry, version: int, moves: Mapping[str, str], header: Header
) -> None:
    """Write a version whose number was taken by :func:`bump`.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In the transaction that took the number.
    store : Store
        Who saves, with which program.
    entry : PlanEntry
    version : int
    moves : mapping of str to str
        Unit → code of its new grid, "" for none; every one a real move.
    header : Header

    Raises
    ------
    InvalidPlan
        If a code is retired (by the trigger, through :func:`gridmap.storage.refusals.translated`).
    """
    connection.execute(
        sa.insert(VersionRow).values(
            plan_id=entry.id,
            version=version,
            kind=header.kind,
            actor=store.actor,
            client=store.client,
            op_id=header.op_id,
            message=header.message,
            n_moves=len(moves),
            state_of=header.state_of or version,
            parent=header.parent,
            redo=list(header.redo),
            source_plan_id=header.source[0] if header.source else None,
            source_version=header.source[1] if header.source else None,
            rules_hash=header.rules_hash,
            locked=sorted(header.locked),
            exceptions=list(header.exceptions),
        )
    )
    _found_grids(connection, entry, moves)
    raw(connection).execute(
        "INSERT INTO gridmap.change (plan_id, version, seq, unit_id, from_grid, to_grid)"
        " SELECT %s, %s, m.seq, m.unit_id, a.grid_code, nullif(m.to_grid, '')"
        " FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS m (unit_id, to_grid, seq)"
        " LEFT JOIN gridmap.assignment a ON a.plan_id = %s AND a.unit_id = m.unit_id",
        (entry.id, version, list(moves), list(moves.values()), entry.id),
    )


def get_header(connection: sa.Connection, plan_id: int, version: int) -> VersionRow:
    """The header of a version."""
    query = sa.select(VersionRow.__table__).where(VersionRow.plan_id == plan_id, VersionRow.version == version)
    return connection.execute(query).one()  # type: ignore[return-value]  # a row with the columns of the model


def put_rules(connection: sa.Connection, rules: Rules) -> str:
    """Store the text of rules once; its hash."""
    key = hashlib.sha256(rules.text.encode()).hexdigest()
    connection.execute(insert(RulesRow).values(hash=key, name=rules.name, toml=rules.text).on_conflict_do_nothing())
    return key


def exception_rows(exceptions: Sequence[GridException]) -> tuple[dict[str, Any], ...]:
    """Named exceptions as JSON."""
    return tuple(
        {"grid": e.grid, "rule": e.rule, "reason": e.reason, "text": {"zh": e.text.zh, "en": e.text.en}}
        for e in exceptions
    )


def exceptions_back(rows: Sequence[Mapping[str, Any]], codes: Sequence[str]) -> tuple[GridException, ...]:
    """Named exceptions from JSON, those of grids that the plan still has."""
    held = set(codes)
    return tuple(
        GridException(r["grid"], r["rule"], r["reason"], Text(r["text"]["zh"], r["text"]["en"]))
        for r in rows
        if r["grid"] in held
    )


def _found_grids(connection: sa.Connection, entry: PlanEntry, moves: Mapping[str, str]) -> None:
    """Rows for the codes that the plan has not had before; each lies where the first of its units lies."""
    wanted = set(moves.values()) - {""}
    known = connection.execute(sa.select(GridRow.code).where(GridRow.plan_id == entry.id, GridRow.code.in_(wanted)))
    new = wanted - set(known.scalars())
    if not new:
        return
    of_new = {unit: code for unit, code in moves.items() if code in new}
    units = connection.execute(
        sa.text(
            "SELECT DISTINCT ON (m.code) m.code, u.jurisdiction, j.kind,"
            " bool_and(u.dedicated <> '') OVER (PARTITION BY m.code) AS is_dedicated"
            " FROM unnest(CAST(:units AS text[]), CAST(:codes AS text[])) AS m (unit_id, code)"
            " JOIN gridmap.unit u ON u.unit_set_id = :unit_set AND u.unit_id = m.unit_id"
            " JOIN gridmap.jurisdiction j ON j.unit_set_id = u.unit_set_id AND j.code = u.jurisdiction"
            " ORDER BY m.code, u.position"
        ),
        {"units": list(of_new), "codes": list(of_new.values()), "unit_set": entry.unit_set_id},
    ).all()
    connection.execute(
        insert(GridCodeRow).on_conflict_do_nothing(), [{"town_id": entry.town_id, "code": c} for c in sorted(new)]
    )
    connection.execute(
        sa.insert(GridRow),
        [
            {
                "plan_id": entry.id,
                "code": u.code,
                "town_id": entry.town_id,
                "unit_set_id": entry.unit_set_id,
                "jurisdiction": u.jurisdiction,
                "kind": "dedicated" if u.is_dedicated else u.kind,
            }
            for u in units
        ],
    )
