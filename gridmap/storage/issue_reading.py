"""Issues out of the database: whole columns at a time, each as one value, so that a million take seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from psycopg import sql
from pyproj import CRS

from gridmap.model.issues import ISSUE_COLUMNS, Issues, make_issues
from gridmap.storage.frames import check_finite
from gridmap.storage.issue_query import IssueFilter, conditions
from gridmap.storage.issue_rows import WHOLE_PLACES, column_back, issues_back, places_back, whole_column
from gridmap.storage.rows import raw, read_columns

#: Issues that the server puts together at a time.
_PART: Final = 100_000


def read_issues(
    connection: sa.Connection, town_id: int, wanted: IssueFilter, target: CRS | None, limit: int | None
) -> Issues:
    """The wanted issues of a town; see :func:`gridmap.storage.issues.load_issues`.

    Raises
    ------
    InvalidInput
        If a place has no place in the CRS.
    """
    condition, values = conditions(town_id, wanted)
    if limit is not None:
        end = condition + sql.SQL(" ORDER BY reported_at DESC, no DESC LIMIT %s")
        parts = [_read_part(connection, end, [*values, limit])]
    else:
        end = condition + sql.SQL(" AND no >= %s AND no < %s ORDER BY no")
        parts = [_read_part(connection, end, [*values, *cut]) for cut in _cuts(connection, condition, values)]
    held = [p for p in parts if p is not None]
    if not held:
        return Issues(make_issues({}, [], target))
    if target is None:
        target = next((CRS.from_user_input(c) for p in reversed(held) for c in reversed(p.crs) if c), None)
    return _together(held, target)


@dataclass(frozen=True, eq=False)
class _Part:
    ids: list[str]
    columns: dict[str, NDArray[Any]]
    geom: list[bytes | None]
    crs: list[str]
    is_synthetic: bool


def _cuts(connection: sa.Connection, condition: sql.Composed, values: list[Any]) -> list[tuple[int, int]]:
    """Ranges of numbers that hold about :data:`_PART` of the wanted issues each."""
    query = sql.SQL("SELECT count(*), min(no), max(no) FROM gridmap.issue WHERE {}").format(condition)
    ((n,), (first,), (last,)) = read_columns(connection, query, *values)
    if not n:
        return []
    step = max(-(-(last - first + 1) // -(-n // _PART)), 1)
    return [(begin, begin + step) for begin in range(first, last + 1, step)]


def _read_part(connection: sa.Connection, end: sql.Composed, values: list[Any]) -> _Part | None:
    names = [n for n, kind in ISSUE_COLUMNS.items() if kind != "place"]
    wholes = ["array_agg(issue_id)", "bool_or(is_synthetic)", *map(whole_column, names), *WHOLE_PLACES]
    query = sql.SQL("SELECT {} FROM (SELECT * FROM gridmap.issue WHERE {}) q").format(
        sql.SQL(", ").join(map(sql.SQL, wholes)),
        end,
    )
    with raw(connection).cursor(binary=True) as cursor:
        row = cursor.execute(query, values).fetchone()
    assert row is not None
    ids, is_synthetic, *columns, geom, crs = row
    if ids is None:
        return None
    back = {name: column_back(name, value) for name, value in zip(names, columns, strict=True)}
    return _Part(ids, back, geom, crs, is_synthetic)


def _together(parts: list[_Part], target: CRS | None) -> Issues:
    columns = {name: np.concatenate([p.columns[name] for p in parts]) for name in parts[0].columns}
    shapes = np.concatenate([places_back(p.geom, p.crs, target) for p in parts])
    frame = issues_back([i for p in parts for i in p.ids], columns, shapes, target)
    check_finite(frame, "issues")
    return Issues(frame, any(p.is_synthetic for p in parts))
