"""Ledgers of registers (points, people, lists, Party life, services) become records: all of them or none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from gridmap.data.datum import Datum
from gridmap.data.records_cells import REFERRED, Desk, Values, make_ids, read_columns, refer_by_title, say_repeated
from gridmap.data.records_kept import keep_unwritten, with_stored_days
from gridmap.data.records_people import read_roster
from gridmap.data.records_places import check_same_town, make_gazetteer
from gridmap.data.records_points import derive_status, read_points
from gridmap.data.records_sheets import Table, find_tables
from gridmap.model.records import Records, make_records
from gridmap.model.register import Group
from gridmap.model.registers import REGISTERS
from gridmap.model.text import Text


@dataclass(frozen=True, eq=False)
class Intake:
    """What a ledger gave.

    Attributes
    ----------
    records : Records or None
        The registers that the ledger holds; None where there is any error: all or nothing.
    errors : pandas.DataFrame
        One row a thing said about a cell, errors first: columns register, cell (``点位.xlsx:网格点!D7``), column (as
        the ledger calls it, "" for the whole row), value (as written), message_zh, message_en, severity (error,
        warning).
    notes : tuple of Text
        What was left out, filled in or made.
    counts : mapping of str to int
        Register → rows read.
    """

    records: Records | None
    errors: pd.DataFrame
    notes: tuple[Text, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


def read_records(
    path: str | Path,
    group: Group,
    *,
    places: gpd.GeoDataFrame,
    grids: Sequence[str],
    crs: CRS | str,
    day: dt.date,
    sheet: str | None = None,
    register: str | None = None,
    datum: Datum | None = None,
    encoding: str | None = None,
    known: Records | None = None,
    is_synthetic: bool = False,
) -> Intake:
    """Read a ledger of a group of registers.

    Every sheet that is called like a register of the group is read; a table with another name is known by its columns.

    Parameters
    ----------
    path : str or Path
        ``.xlsx``, ``.xls`` or ``.csv``; of points also a vector layer (``FILE`` or ``FILE:LAYER``).
    group : {"points", "people", "lists", "party", "services"}
    places : geopandas.GeoDataFrame
        The town's jurisdictions: index code, columns ``name``, ``kind``, geometry in any CRS.
    grids : sequence of str
        Codes of the plan's grids.
    crs : CRS or str
        Of the points that come out, in metres.
    day : datetime.date
        Of reading: later days of things that have happened are doubted.
    sheet, register : str, optional
        The sheet, and which register it is, where names and columns do not tell.
    datum : {"gcj02", "bd09"}, optional
        Datum of coordinates that came from a web map; without it they are WGS-84 or CGCS2000, or metres in `crs`.
    encoding : str, optional
        Of a CSV file or shapefile; without it the bytes decide.
    known : Records, optional
        What is stored: the same name and number keeps its id, and what the ledger has no column for stays as it is
        (:mod:`gridmap.data.records_kept`).
    is_synthetic : bool
        Whether the records are made up.

    Returns
    -------
    Intake

    Raises
    ------
    RefusedSource
        If the file is of a kind that is not opened.
    MissingProgram
        If a GeoParquet file is given and pyarrow is not installed.
    MissingCrs
        If a vector layer says no CRS.
    InvalidInput
        If the file, the sheet or the register is missing or damaged, a sheet may be several registers, a column without
        which it cannot be read is missing, or it is a ledger of another town.
    """
    tables, notes = find_tables(Path(path).expanduser(), group, sheet, register, encoding)
    desk = Desk(make_gazetteer(places, grids), day, notes=list(notes))
    check_same_town(_places_written(tables), desk.gazetteer, Path(path).name)
    parts = [read_columns(t, desk) for t in tables]
    for values in parts:
        if values.table.register.name == "point":
            derive_status(values, desk)
            work = CRS.from_user_input(crs)
            values.columns["geometry"] = read_points(values, desk, places=places, crs=work, datum=datum)
    for values in parts:
        if values.table.register.name in REFERRED:
            make_ids(values, desk)
    refer_by_title(parts)
    for values in parts:
        if values.table.register.name not in REFERRED:
            make_ids(values, desk)
    stored = known or Records()
    data = _people(parts, desk, stored) if group == "people" else _combined(parts, desk)
    counts = {name: len(next(iter(columns.values()))) for name, columns in data.items()}
    if desk.has_errors:
        return Intake(None, desk.errors(), tuple(desk.notes), counts)
    made = {name: make_records(REGISTERS[name], columns, crs) for name, columns in data.items()}
    frames = {name: keep_unwritten(frame, name, stored, parts, desk) for name, frame in made.items()}
    return Intake(Records(frames, is_synthetic), desk.errors(), tuple(desk.notes), counts)


def _places_written(tables: Iterable[Table]) -> Iterable[str]:
    for table in tables:
        yield from table.texts("jurisdiction")
        yield from table.texts("grid")


def _people(parts: list[Values], desk: Desk, stored: Records) -> dict[str, dict[str, list[Any]]]:
    roster = read_roster(parts, desk, stored.frames.get("person"))
    return {"person": roster.person, "post": with_stored_days(roster.post, stored, parts, desk.day)}


def _combined(parts: list[Values], desk: Desk) -> dict[str, dict[str, list[Any]]]:
    """Registers in order, each with the rows of all its sheets."""
    data = {}
    for name, register in REGISTERS.items():
        own = [v for v in parts if v.table.register.name == name]
        if own:
            say_repeated(register, own, desk)
            data[name] = {c.name: [x for v in own for x in v.columns[c.name]] for c in register.columns}
    return data
