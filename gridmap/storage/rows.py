"""Rows in bulk: binary COPY in, binary cursors out, in the transaction of the caller."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, LiteralString

import numpy as np
import pandas as pd
import psycopg
import sqlalchemy as sa
from numpy.typing import NDArray
from psycopg import sql
from psycopg.types.json import Jsonb

#: How a value of each of our column types travels in a binary COPY; geometry is EWKB, so bytes.
_WIRE: Final = {"geometry": "bytea"}


def raw(connection: sa.Connection) -> psycopg.Connection[tuple[Any, ...]]:
    """The psycopg connection beneath, for COPY and binary cursors inside the same transaction."""
    inner = connection.connection.driver_connection
    assert isinstance(inner, psycopg.Connection)
    return inner


def copy_rows(connection: sa.Connection, table: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows by binary COPY.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    table : str
        Name of a table of the schema ``gridmap``.
    columns : mapping of str to str
        Column → PostgreSQL type, in the order of the values.
    rows : iterable of sequences
        Geometry as EWKB bytes.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier("gridmap", table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with raw(connection).cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([_WIRE.get(t, t) for t in columns.values()])
        for row in rows:
            copy.write_row(row)


def read_columns(
    connection: sa.Connection, statement: LiteralString | sql.Composed, *values: object
) -> list[tuple[Any, ...]]:
    """The columns of a query as tuples, by a binary cursor; geometry as EWKB bytes.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    statement : str
        A query that stands in the program, with ``%s`` for each of `values`.
    """
    with raw(connection).cursor(binary=True) as cursor:
        cursor.execute(statement, values)
        assert cursor.description is not None
        with without_collector():
            rows = cursor.fetchall()
            return list(zip(*rows, strict=True)) if rows else [()] * len(cursor.description)


@contextmanager
def without_collector() -> Iterator[None]:
    """No garbage collection: objects for every row make it walk the whole heap again and again, and find nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def as_json(value: Any) -> Any:
    """A value of a frame as JSON holds it: numpy numbers as numbers, NaN and missing as null, dates as text."""
    if value is None or value is pd.NA or (isinstance(value, float | np.floating) and not np.isfinite(value)):
        return None
    if isinstance(value, np.generic):
        return as_json(value.item())
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(k): as_json(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return [as_json(v) for v in value]
    return None if value != value else str(value)  # noqa: PLR0124 NaT and NA are not equal to themselves


def as_jsonb(value: object) -> Jsonb:
    """A value for a column of type jsonb."""
    return Jsonb(value)


def object_array(values: Sequence[Any]) -> NDArray[np.object_]:
    """Values as one array of objects, (n,), whatever they are."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
