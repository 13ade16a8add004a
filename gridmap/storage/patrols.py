"""Patrols ⇄ the database: added, never changed; the same file twice is harmless."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from pyproj import CRS

from gridmap.errors import Conflict, InvalidInput, MissingCrs, first_ten, first_ten_zh
from gridmap.model.patrols import Patrols
from gridmap.storage.batches import Batch, find_repeat, get_batch, lock_town, write_batch
from gridmap.storage.connect import Store
from gridmap.storage.entries import get_town_entry
from gridmap.storage.frames import check_finite, ewkb, split_crs
from gridmap.storage.record_rows import shapes_in_crs
from gridmap.storage.record_schema import BatchRow
from gridmap.storage.rows import copy_rows, object_array, read_columns, without_collector
from gridmap.storage.where import named_crs

_COLUMNS: Final = {
    "town_id": "int4",
    "patrol_id": "text",
    "grid": "text",
    "member": "text",
    "started_at": "timestamp",
    "ended_at": "timestamp",
    "crs": "text",
    "geom": "geometry",
    "batch_id": "int4",
}


@dataclass(frozen=True)
class PatrolImport:
    """What an import of patrols did: how many were new, and how many were on hand as they came in."""

    batch: Batch
    n_new: int
    n_unchanged: int


def save_patrols(
    store: Store,
    town: str | int,
    patrols: Patrols,
    *,
    source: str = "",
    message: str = "",
    op_id: UUID | None = None,
) -> PatrolImport:
    """Store patrols as one batch: all of them, or nothing.

    Parameters
    ----------
    store : Store
    town : str or int
        Its name or its number.
    patrols : Patrols
    source : str
        The file that they come from; of a path, only the name is kept.
    message : str
        Why, in the log.
    op_id : UUID, optional
        Identity of this operation: a repeat, as after a lost connection, is harmless.

    Raises
    ------
    Conflict
        If a patrol is on hand under the same id and says something else: what somebody walked does not change.
    NotStored
        If there is no such town.
    InvalidInput
        If a patrol cannot be kept (no id, coordinates that are no numbers, a text with a zero byte), or `op_id` was
        that of another town.
    MissingCrs
        If nobody knows in which CRS the ways are.
    StoreError
        If the database cannot be reached or refuses.
    """
    op = op_id or uuid4()
    rows = _rows(patrols)
    with store.begin() as connection, without_collector():
        entry = lock_town(connection, town)
        repeated = find_repeat(connection, entry, op)
        if repeated is not None:
            return PatrolImport(repeated, repeated.n_new, len(rows) - repeated.n_new)
        held = _held(connection, entry.id, [row[0] for row in rows])
        changed = [row[0] for row in rows if held.get(row[0], row) != row]
        if changed:
            raise Conflict(
                f"these patrols are stored already and come in otherwise: {first_ten(changed)}; nothing was stored, "
                "give other patrols other ids",
                f"以下巡查已存，来件与之不符：{first_ten_zh(changed)}；未作任何保存，不同的巡查请用不同的编号。",
            )
        new = [row for row in rows if row[0] not in held]
        row = {
            "kind": "import",
            "registers": ["patrol"],
            "source": re.split(r"[/\\]", source)[-1],
            "message": message,
            "op_id": op,
            "is_synthetic": patrols.is_synthetic,
            "crs": next((r[5] for r in rows if r[5]), ""),
            "n_new": len(new),
            "n_changed": 0,
            "n_ended": 0,
        }
        number = write_batch(connection, store, entry, row)
        copy_rows(connection, "patrol", _COLUMNS, ((entry.id, *one, number) for one in new))
        return PatrolImport(get_batch(connection, entry, number), len(new), len(rows) - len(new))


def load_patrols(
    store: Store,
    town: str | int,
    first: date | None = None,
    last: date | None = None,
    *,
    crs: str | CRS | None = None,
) -> Patrols:
    """The patrols of a town that began on these days, by their begin.

    Parameters
    ----------
    store : Store
    town : str or int
        Its name or its number.
    first, last : date, optional
        Both inclusive; patrols without a begin are left out where one is given.
    crs : CRS, optional
        The one that the ways are wanted in; the one in which the last of them came without it.

    Returns
    -------
    Patrols
        ``is_synthetic`` if any of them is made up.

    Raises
    ------
    NotStored
        If there is no such town.
    InvalidInput
        If there is no such CRS, or a way has no place in it.
    StoreError
        If the database cannot be reached.
    """
    target = named_crs(crs) if crs is not None else None
    with store.read() as connection, without_collector():
        entry = get_town_entry(connection, town)
        ids, grids, members, begun, ended, texts, geom, batches = read_columns(
            connection,
            "SELECT patrol_id, grid, member, started_at, ended_at, crs, geom::bytea, batch_id FROM gridmap.patrol"
            " WHERE town_id = %s AND (%s::date IS NULL OR started_at >= %s::date)"
            " AND (%s::date IS NULL OR started_at < %s::date) ORDER BY started_at, patrol_id",
            *(entry.id, first, first, last, None if last is None else _day_after(last)),
        )
        synthetic = sa.select(sa.func.bool_or(BatchRow.is_synthetic)).where(BatchRow.id.in_(set(batches)))
        is_synthetic = bool(connection.execute(synthetic).scalar())
    known = [t for t in texts if t]
    if target is None and known:
        target = CRS.from_user_input(known[-1])
    index = pd.Index(object_array(ids), dtype=object, name="patrol")
    data = {
        "grid": object_array(grids),
        "member": object_array(members),
        "started_at": np.array(begun, dtype="datetime64[s]"),
        "ended_at": np.array(ended, dtype="datetime64[s]"),
    }
    frame = pd.DataFrame({n: pd.Series(v, index=index, dtype=v.dtype) for n, v in data.items()}, index=index)
    shapes = object_array([None] * len(ids))
    held = np.array([t != "" for t in texts], dtype=bool)
    if held.any() and target is not None:
        shapes[held] = shapes_in_crs([g for g in geom if g is not None], known, target)
    placed = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=index, crs=target))
    check_finite(placed, "patrols")
    return Patrols(placed, is_synthetic)


def _day_after(day: date) -> date:
    return day + timedelta(days=1) if day < date.max else day


def _rows(patrols: Patrols) -> list[tuple[Any, ...]]:
    """The columns of each from its id to its way, as the database gives them back."""
    frame = patrols.frame
    shapes = np.asarray(frame.geometry.values, dtype=object)
    is_placed = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if is_placed.any() and frame.crs is None:
        raise MissingCrs(
            "patrols have ways, but nobody says in which CRS; give it, as in EPSG:4490",
            "巡查有路线，但没有坐标系信息；请注明坐标系，例如 EPSG:4490。",
        )
    check_finite(frame, "patrols")
    srid, text = split_crs(frame.crs) if is_placed.any() else (0, "")
    ids = frame.index.tolist()
    texts = [frame[c].tolist() for c in ("grid", "member")]
    bad = [str(i) for i, *row in zip(ids, *texts, strict=True) if not _can_be_kept(i, row)]
    if bad:
        raise InvalidInput(
            f"patrols without an id, or with a text that no database keeps: {first_ten(bad)}",
            f"巡查缺少编号，或文字无法保存：{first_ten_zh(bad)}。",
        )
    times = [_times(frame[c]) for c in ("started_at", "ended_at")]
    places = [code if held else None for code, held in zip(ewkb(frame, srid), is_placed, strict=True)]
    crs = [text if held else "" for held in is_placed]
    return list(zip(ids, *texts, *times, crs, places, strict=True))


def _can_be_kept(patrol: object, texts: Sequence[str]) -> bool:
    if not isinstance(patrol, str) or not patrol:
        return False
    whole = "".join([patrol, *texts])
    try:
        whole.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in whole


def _times(column: pd.Series) -> list[datetime | None]:
    return [None if pd.isna(t) else t.to_pydatetime() for t in column]


def _held(connection: sa.Connection, town_id: int, ids: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    columns = read_columns(
        connection,
        "SELECT patrol_id, grid, member, started_at, ended_at, crs, geom::bytea FROM gridmap.patrol"
        " WHERE town_id = %s AND patrol_id = ANY (%s::text[])",
        town_id,
        list(ids),
    )
    return {row[0]: row for row in zip(*columns, strict=True)}
