"""Towns and surveys ⇄ rows: a survey is stored once, sealed, and never changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import sqlalchemy as sa
from pyproj import CRS
from sqlalchemy.dialects.postgresql import insert

from gridmap.data.plan_layers import CONTEXT_LAYERS
from gridmap.errors import InvalidInput, NotStored, first_ten, first_ten_zh
from gridmap.model.town import Town
from gridmap.model.units import UNIT_COLUMNS, Units
from gridmap.storage.connect import Store
from gridmap.storage.frames import (
    attributes,
    check_finite,
    check_kept,
    describe,
    ewkb,
    frame_back,
    plain_columns,
    split_crs,
)
from gridmap.storage.rows import copy_rows, read_columns, without_collector
from gridmap.storage.schema import TownRow, UnitSetRow

_UNIT: Final = {
    "unit_set_id": "int4",
    "srid": "int4",
    "position": "int4",
    "unit_id": "text",
    "jurisdiction": "text",
    "name": "text",
    "kind": "text",
    "households": "int8",
    "buildings": "int8",
    "premises": "int8",
    "compound": "text",
    "dedicated": "text",
    "attributes": "jsonb",
    "geom": "geometry",
}
_JURISDICTION: Final = {
    "unit_set_id": "int4",
    "srid": "int4",
    "position": "int4",
    "code": "text",
    "name": "text",
    "kind": "text",
    "attributes": "jsonb",
    "geom": "geometry",
}
_FEATURE: Final = {
    "unit_set_id": "int4",
    "srid": "int4",
    "layer": "text",
    "position": "int4",
    "name": "text",
    "kind": "text",
    "attributes": "jsonb",
    "geom": "geometry",
}
_KNOWN: Final = tuple(UNIT_COLUMNS)
_BESIDE: Final = ("barriers", "premises")


def save_town(store: Store, town: Town) -> int:
    """Store a town's units and the layers beside them as a survey; one that is there already is not stored twice.

    Parameters
    ----------
    store : Store
    town : Town
        ``town.name`` names the town that the survey belongs to.

    Returns
    -------
    int
        Number of the survey (``unit_set_id``).

    Raises
    ------
    InvalidInput
        If the town has no name, a layer of an unknown name or of another CRS, shapes without finite coordinates,
        text with a zero byte, or a column that would not come back as it is.
    StoreError
        If the database cannot be reached or refuses; nothing is stored then.
    """
    with store.begin() as connection, without_collector():
        return put_town(connection, town, store.actor)


def put_town(connection: sa.Connection, town: Town, actor: str) -> int:
    """:func:`save_town` inside a transaction of the caller.

    Raises
    ------
    InvalidInput
        As :func:`save_town`.
    """
    units = town.units
    layers = _layers(town)
    srid, crs = split_crs(units.frame.crs)
    town_id = _town_id(connection, town.name)
    row = {
        "town_id": town_id,
        "source": town.source,
        "surveyed_on": town.date,
        "is_synthetic": town.is_synthetic,
        "has_households": units.has_households,
        "srid": srid,
        "crs": crs,
        "n_units": len(units),
        "layers": {
            "units": describe(units.frame),
            "jurisdictions": describe(units.jurisdictions),
            **{name: describe(frame) for name, frame in layers.items()},
        },
        "created_by": actor,
    }
    unit_shapes, place_shapes = ewkb(units.frame, srid), ewkb(units.jurisdictions, srid)
    further = [c for c in units.frame.columns if c not in _KNOWN and c != units.frame.geometry.name]
    check_kept(units.frame, further, "units")
    for name, frame in {"jurisdictions": units.jurisdictions, **layers}.items():
        check_kept(frame, [c for c in frame.columns if c != frame.geometry.name], name)
    unit_rows = list(_unit_values(units, further))
    place_rows = list(_place_values(units))
    layer_shapes = {name: ewkb(frame, srid) for name, frame in layers.items()}
    row["fingerprint"] = _fingerprint(row, units, [unit_shapes, place_shapes, *layer_shapes.values()], layers)
    added = connection.execute(
        insert(UnitSetRow).values(row).on_conflict_do_nothing().returning(UnitSetRow.id)
    ).scalar()
    if added is None:
        return int(
            connection.execute(
                sa.select(UnitSetRow.id).where(
                    UnitSetRow.town_id == town_id, UnitSetRow.fingerprint == row["fingerprint"]
                )
            ).scalar_one()
        )
    head = (added, srid)
    copy_rows(
        connection,
        "jurisdiction",
        _JURISDICTION,
        ((*head, i, *v, g) for i, (v, g) in enumerate(zip(place_rows, place_shapes, strict=True))),
    )
    copy_rows(
        connection,
        "unit",
        _UNIT,
        ((*head, i, *v, g) for i, (v, g) in enumerate(zip(unit_rows, unit_shapes, strict=True))),
    )
    for name, frame in layers.items():
        values = zip(
            _texts(frame, "name"), _texts(frame, "kind"), _all_attributes(frame), layer_shapes[name], strict=True
        )
        copy_rows(connection, "layer_feature", _FEATURE, ((*head, name, i, *v) for i, v in enumerate(values)))
    connection.execute(sa.update(UnitSetRow).where(UnitSetRow.id == added).values(sealed_at=sa.func.clock_timestamp()))
    return int(added)


def load_town(store: Store, unit_set_id: int) -> Town:
    """A survey as the town that was stored: the same units, columns, types and layers.

    Raises
    ------
    NotStored
        If there is no such survey.
    StoreError
        If the database cannot be reached.
    """
    with store.read() as connection, without_collector():
        return get_town(connection, unit_set_id)


def get_town(connection: sa.Connection, unit_set_id: int) -> Town:
    """:func:`load_town` inside a transaction of the caller.

    Raises
    ------
    NotStored
        If there is no such survey.
    """
    table = UnitSetRow.__table__
    row = connection.execute(
        sa.select(table, TownRow.name.label("town"))
        .join(TownRow, TownRow.id == table.c.town_id)
        .where(table.c.id == unit_set_id)
    ).one_or_none()
    if row is None:
        raise NotStored(f"no such survey: {unit_set_id}", f"没有编号为 {unit_set_id} 的单元数据。")
    crs = CRS.from_user_input(row.crs)
    units = Units(
        _unit_frame(connection, unit_set_id, row.layers["units"], crs),
        _place_frame(connection, unit_set_id, row.layers["jurisdictions"], crs),
        row.has_households,
    )
    beside = {
        name: _layer_frame(connection, unit_set_id, name, columns, crs)
        for name, columns in row.layers.items()
        if name not in ("units", "jurisdictions")
    }
    return Town(
        units=units,
        barriers=beside.get("barriers"),
        premises=beside.get("premises"),
        context={name: beside[name] for name in row.layers if name in beside and name not in _BESIDE},
        name=row.town,
        source=row.source,
        date=row.surveyed_on,
        is_synthetic=row.is_synthetic,
    )


def _town_id(connection: sa.Connection, name: str) -> int:
    if not name.strip():
        raise InvalidInput("a town that is stored needs a name: --town NAME", "存入数据库的镇须有名称：--town 名称。")
    known = sa.select(TownRow.id).where(TownRow.name == name)
    found = connection.execute(known).scalar()
    if found is None:
        connection.execute(insert(TownRow).values(name=name).on_conflict_do_nothing())
        found = connection.execute(known).scalar_one()
    return int(found)


def _layers(town: Town) -> dict[str, gpd.GeoDataFrame]:
    strangers = sorted(set(town.context) - set(CONTEXT_LAYERS))
    if strangers:
        raise InvalidInput(
            f"layers for drawing are {', '.join(CONTEXT_LAYERS)}; got {first_ten(strangers)}",
            f"仅用于绘图的图层为 {'、'.join(CONTEXT_LAYERS)}；得到 {first_ten_zh(strangers)}。",
        )
    layers = {name: getattr(town, name) for name in _BESIDE if getattr(town, name) is not None}
    layers |= dict(town.context)
    check_finite(town.units.frame, "units")
    for name, frame in layers.items():
        if frame.crs != town.units.frame.crs:
            raise InvalidInput(
                f"layer {name} must have the CRS of the units, {town.units.frame.crs.name}; got {frame.crs}",
                f"图层 {name} 的坐标系须与单元相同（{town.units.frame.crs.name}）；得到 {frame.crs}。",
            )
        check_finite(frame, name)
    return layers


def _unit_values(units: Units, further: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    frame = units.frame
    texts = [frame[c].tolist() for c in ("jurisdiction", "name", "kind")]
    counts = [frame[c].tolist() for c in ("households", "buildings", "premises")]
    more = [frame[c].tolist() for c in ("compound", "dedicated")]
    return zip(units.ids, *texts, *counts, *more, attributes(frame, further), strict=True)


def _place_values(units: Units) -> Iterator[tuple[Any, ...]]:
    frame = units.jurisdictions
    further = [c for c in frame.columns if c not in ("name", "kind", frame.geometry.name)]
    names = ["" if pd.isna(n) else str(n) for n in frame["name"]]
    return zip(map(str, frame.index), names, frame["kind"].tolist(), attributes(frame, further), strict=True)


def _texts(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    if column not in frame:
        return [""] * len(frame)
    return ["" if pd.isna(v) else str(v) for v in frame[column]]


def _all_attributes(frame: gpd.GeoDataFrame) -> list[object]:
    return attributes(frame, [c for c in frame.columns if c != frame.geometry.name])


def _fingerprint(
    row: Mapping[str, Any], units: Units, shapes: Sequence[Any], layers: Mapping[str, gpd.GeoDataFrame]
) -> str:
    """SHA-256 of everything that a survey holds: the same files give the same survey."""
    digest = hashlib.sha256()
    facts = {k: v for k, v in row.items() if k not in ("town_id", "created_by")}
    digest.update(json.dumps(facts, ensure_ascii=False, sort_keys=True).encode())
    named = {"units": units.frame, "jurisdictions": units.jurisdictions, **layers}
    for layer, frame in named.items():
        columns = [("id", frame.index), *((c, frame[c]) for c in frame.columns if c != frame.geometry.name)]
        for name, column in columns:
            text = "\x1f".join(map(str, column.tolist()))
            if "\0" in text:
                raise InvalidInput(
                    f"{layer}, column {name}: a text holds a zero byte, which no database keeps; export the file again",
                    f"图层 {layer} 的列「{name}」含有零字节，数据库无法保存；请重新导出该文件。",
                )
            digest.update(text.encode("utf-8", "surrogatepass"))
            digest.update(b"\x1e")
    for values in shapes:
        digest.update(b"\x1e".join([v or b"" for v in values]))
    return digest.hexdigest()


def _unit_frame(
    connection: sa.Connection, unit_set_id: int, described: Mapping[str, Any], crs: CRS
) -> gpd.GeoDataFrame:
    *read, further, shapes = read_columns(
        connection,
        "SELECT unit_id, jurisdiction, name, kind, households, buildings, premises, compound, dedicated, attributes,"
        " geom FROM gridmap.unit WHERE unit_set_id = %s ORDER BY position",
        unit_set_id,
    )
    names = ("unit_id", "jurisdiction", "name", "kind", "households", "buildings", "premises", "compound", "dedicated")
    columns: dict[str, Any] = dict(zip(names, read, strict=True))
    columns |= {n: [row[n] for row in further] for n in plain_columns(described) if n not in _KNOWN}
    return frame_back(described, columns, shapes, crs, columns["unit_id"])


def _place_frame(
    connection: sa.Connection, unit_set_id: int, described: Mapping[str, Any], crs: CRS
) -> gpd.GeoDataFrame:
    codes, names, kinds, further, shapes = read_columns(
        connection,
        "SELECT code, name, kind, attributes, geom FROM gridmap.jurisdiction WHERE unit_set_id = %s ORDER BY position",
        unit_set_id,
    )
    columns: dict[str, Any] = {"name": names, "kind": kinds}
    columns |= {n: [row[n] for row in further] for n in plain_columns(described) if n not in columns}
    return frame_back(described, columns, shapes, crs, codes)


def _layer_frame(
    connection: sa.Connection, unit_set_id: int, layer: str, described: Mapping[str, Any], crs: CRS
) -> gpd.GeoDataFrame:
    further, shapes = read_columns(
        connection,
        "SELECT attributes, geom FROM gridmap.layer_feature WHERE unit_set_id = %s AND layer = %s ORDER BY position",
        unit_set_id,
        layer,
    )
    columns = {n: [row[n] for row in further] for n in plain_columns(described)}
    return frame_back(described, columns, shapes, crs)
