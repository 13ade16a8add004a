"""What a plan held at a version: from today backwards."""

from __future__ import annotations

import sqlalchemy as sa

from gridmap.storage.entries import PlanEntry
from gridmap.storage.rows import read_columns


def content_at(connection: sa.Connection, entry: PlanEntry, version: int) -> dict[str, str]:
    """Unit → code of its grid at a version; units without a grid are absent.

    From today backwards: the assignment, and for each unit that was moved since the grid that its first move
    since then took it from. So a late version costs no more than an early one, whatever came before. It is one
    statement, and so one moment: what somebody saves meanwhile is taken back like everything after the version.
    """
    units, codes = read_columns(
        connection,
        "SELECT unit_id, CASE WHEN c.is_moved THEN c.from_grid ELSE a.grid_code END"
        " FROM (SELECT unit_id, grid_code FROM gridmap.assignment WHERE plan_id = %s) a"
        " FULL JOIN (SELECT DISTINCT ON (unit_id) unit_id, from_grid, true AS is_moved FROM gridmap.change"
        " WHERE plan_id = %s AND version > %s ORDER BY unit_id, version) c USING (unit_id)",
        entry.id,
        entry.id,
        version,
    )
    return {unit: code for unit, code in zip(units, codes, strict=True) if code is not None}
