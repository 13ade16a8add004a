"""What a plan held at a version: from today backwards."""

from __future__ import annotations

import sqlalchemy as sa

from gridmap.storage.entries import PlanEntry
from gridmap.storage.rows import read_columns


def content_at(connection: sa.Connection, entry: PlanEntry, version: int) -> dict[str, str]:
    """Unit → code of its grid at a version; units without a grid are absent.

    From today backwards: the assignment, and for each unit that was moved since the grid that its first move
    since then took it from. So a late version costs no more than an early one, whatever came before.
    """
    units, codes = read_columns(
        connection, "SELECT unit_id, grid_code FROM gridmap.assignment WHERE plan_id = %s", entry.id
    )
    content: dict[str, str] = dict(zip(units, codes, strict=True))
    if version < entry.version:
        moved, before = read_columns(
            connection,
            "SELECT DISTINCT ON (unit_id) unit_id, from_grid FROM gridmap.change WHERE plan_id = %s AND version > %s"
            " ORDER BY unit_id, version",
            entry.id,
            version,
        )
        for unit, code in zip(moved, before, strict=True):
            if code is None:
                content.pop(unit, None)
            else:
                content[unit] = code
    return content
