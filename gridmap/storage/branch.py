"""Branches: a plan of its own that begins as a version of another; :mod:`gridmap.storage.merge` is the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID, uuid4

import pandas as pd
import sqlalchemy as sa

from gridmap.storage.codes import codes_for_retired
from gridmap.storage.commit import Header, bump, get_header, write_version
from gridmap.storage.connect import Store
from gridmap.storage.content import content_at
from gridmap.storage.entries import PlanEntry, check_version, get_entry
from gridmap.storage.plan_schema import PlanRow
from gridmap.storage.plans import made_by, new_plan, put_lineage
from gridmap.storage.schema import UnitRow


class Branched(NamedTuple):
    """A new branch, and the codes that it could not take over.

    Attributes
    ----------
    entry : PlanEntry
    new_codes : mapping of str to str
        Retired code → the code that its grid has in the branch; not said again when the operation is repeated.
    """

    entry: PlanEntry
    new_codes: Mapping[str, str]


def branch_plan(
    store: Store, plan: str | int, name: str, version: int | None = None, *, op_id: UUID | None = None
) -> Branched:
    """A draft of its own that begins as a version of a plan, whatever state that plan is in.

    Parameters
    ----------
    store : Store
    plan : str or int
    name : str
        Name of the branch, new in the town.
    version : int, optional
        The current one by default. Grids whose code was retired since get a new code, with lineage.
    op_id : UUID, optional
        A repeat of the same operation is harmless.

    Raises
    ------
    NotStored, InvalidInput
        If there is no such plan or version, or the name is taken.
    StoreError
        If the database cannot be reached or refuses.
    """
    op = op_id or uuid4()
    with store.begin() as connection:
        entry = get_entry(connection, plan)
        at = check_version(entry, version)
        done = made_by(connection, op, "branch")
        if done is not None:
            return Branched(done, {})
        content = content_at(connection, entry, at)
        new_codes = codes_for_retired(connection, entry, at, sorted(set(content.values())))
        row = connection.execute(sa.select(PlanRow.meta, PlanRow.bridge_m).where(PlanRow.id == entry.id)).one()
        branch = new_plan(
            connection,
            store,
            name,
            entry.unit_set_id,
            bridge_m=row.bridge_m,
            meta=row.meta,
            source=(entry.id, at),
        )
        first = bump(connection, branch.id, 0)
        assert first == 1
        header = get_header(connection, entry.id, at)
        exceptions = tuple({**e, "grid": new_codes.get(e["grid"], e["grid"])} for e in header.exceptions)
        locked = tuple(new_codes.get(c, c) for c in header.locked)
        moves = {u: new_codes.get(c, c) for u, c in content.items()}
        write_version(
            connection,
            store,
            branch,
            first,
            moves,
            Header("branch", op, header.rules_hash, locked, exceptions, source=(entry.id, at)),
        )
        if new_codes:
            put_lineage(connection, branch.id, first, _lineage(connection, entry, content, new_codes), entry.id)
        return Branched(get_entry(connection, branch.id), new_codes)


def _lineage(
    connection: sa.Connection, entry: PlanEntry, content: Mapping[str, str], new_codes: Mapping[str, str]
) -> pd.DataFrame:
    """Old and new codes of the grids that could not keep theirs."""
    households = dict(
        connection.execute(
            sa.select(UnitRow.unit_id, UnitRow.households).where(UnitRow.unit_set_id == entry.unit_set_id)
        ).all()
    )
    sums: dict[str, int] = {}
    for unit, code in content.items():
        sums[code] = sums.get(code, 0) + households[unit]
    rows = [(c, new_codes.get(c, c), "unchanged", n) for c, n in sorted(sums.items())]
    return pd.DataFrame(rows, columns=["old_code", "new_code", "kind", "households"])
