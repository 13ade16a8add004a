"""What would become of the records on hand if others came in: new, changed, ended, unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import sqlalchemy as sa
from psycopg import sql
from pyproj import CRS

from gridmap.model.register import Register
from gridmap.storage.frames import shapes_back
from gridmap.storage.record_rows import Values, record_values, shapes_in_crs, value_columns
from gridmap.storage.rows import read_columns

#: What still counts as the same place after a way from one CRS or datum to another: a millimetre, in metres and in
#: degrees.
_SAME_M: Final = 1e-3
_SAME_DEGREES: Final = 1e-8
#: What of a place is compared as one.
_OF_A_PLACE: Final = ("srid", "crs", "geom")


@dataclass(frozen=True, eq=False)
class Given:
    """Records of a register that come in: the key of each, and the columns as the database takes them."""

    register: Register
    keys: Sequence[str]
    values: Values

    @classmethod
    def of(cls, register: Register, frame: pd.DataFrame) -> Given:
        """From a frame.

        Raises
        ------
        InvalidInput, MissingCrs
            As :func:`gridmap.storage.record_rows.record_values`.
        """
        return cls(register, *record_values(register, frame))


@dataclass(frozen=True, eq=False)
class Changes:
    """How records that come in differ from those on hand.

    Attributes
    ----------
    given : Given
    new : list of int
        Rows of `given` whose record is not on hand.
    changed : list of int
        Rows of `given` that differ from the record on hand.
    columns : list of tuple of str
        For each of `changed`, in which columns.
    positions : list of int
        For each of `changed`, the place in the order that the record has had.
    ended : list of str
        Records on hand that do not come in, where all of them should.
    n_unchanged : int
    """

    given: Given
    new: list[int]
    changed: list[int]
    columns: list[tuple[str, ...]]
    positions: list[int]
    ended: list[str]
    n_unchanged: int


def find_changes(connection: sa.Connection, town_id: int, given: Given, *, is_whole: bool) -> Changes:
    """Compare records that come in with those on hand.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    town_id : int
    given : Given
    is_whole : bool
        Whether records on hand that do not come in are to be ended.
    """
    register = given.register
    names = ["record", "position", *value_columns(register)]
    query = sql.SQL("SELECT {} FROM {} WHERE town_id = %s AND ended_by IS NULL ORDER BY position").format(
        sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier("gridmap", register.name)
    )
    records, positions, *columns = read_columns(connection, query, town_id)
    held = dict(zip(names[2:], columns, strict=True))
    row_of = {record: i for i, record in enumerate(records)}
    new = [i for i, key in enumerate(given.keys) if key not in row_of]
    mine = [i for i, key in enumerate(given.keys) if key in row_of]
    theirs = [row_of[given.keys[i]] for i in mine]
    differs = _differences(register, given.values, mine, held, theirs)
    rows = np.flatnonzero(np.any([*differs.values(), np.zeros(len(mine), dtype=bool)], axis=0)).tolist()
    known = set(given.keys)
    return Changes(
        given,
        new,
        [mine[r] for r in rows],
        [tuple(name for name, flags in differs.items() if flags[r]) for r in rows],
        [positions[theirs[r]] for r in rows],
        [record for record in records if record not in known] if is_whole else [],
        len(mine) - len(rows),
    )


def _differences(
    register: Register, given: Values, mine: Sequence[int], held: dict[str, tuple[Any, ...]], theirs: Sequence[int]
) -> dict[str, Any]:
    """Column of the register → whether it differs, (n,) of bool."""
    found = {}
    for name in value_columns(register):
        if name not in _OF_A_PLACE:
            pairs = zip(mine, theirs, strict=True)
            own, other = given[name], held[name]
            found[name] = np.array([own[i] != other[j] for i, j in pairs], dtype=bool)
    place = register.place_column
    if place is not None:
        own_places = [[given[c][i] for i in mine] for c in ("geom", "crs")]
        other_places = [[held[c][j] for j in theirs] for c in ("geom", "crs")]
        found[place] = _moved(*own_places, *other_places)
    return found


def _moved(geom: list[bytes], crs: list[str], held_geom: list[bytes], held_crs: list[str]) -> Any:
    moved = np.array([a != b for a, b in zip(geom, held_geom, strict=True)], dtype=bool)
    moved |= np.array([a != b for a, b in zip(crs, held_crs, strict=True)], dtype=bool)
    elsewhere = np.flatnonzero(moved)
    if len(elsewhere):
        target = CRS.from_user_input(crs[0])  # those that come in have one
        there = shapes_in_crs([held_geom[i] for i in elsewhere], [held_crs[i] for i in elsewhere], target)
        here = shapes_back([geom[i] for i in elsewhere])
        most = _SAME_DEGREES if target.is_geographic else _SAME_M
        moved[elsewhere] = ~(gpd.GeoSeries(here).hausdorff_distance(gpd.GeoSeries(there)) <= most).to_numpy()
    return moved
