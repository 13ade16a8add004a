"""Files that come back, in whatever format, as one table of units and grids."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors
import python_calamine as calamine
from numpy.typing import NDArray
from pyproj import CRS

from gridmap.data.columns import as_text
from gridmap.data.encoding import decode_text
from gridmap.data.plan_tables import find_unit_layer, layer_names, read_about
from gridmap.data.vector import open_layer
from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.text import Text
from gridmap.storage.exchange.aliases import find_ours

#: What read_edited opens beside GeoPackages.
LAYERS: Final = (".shp", ".zip", ".geojson", ".json", ".parquet", ".geoparquet")
TABLES: Final = (".csv", ".xlsx", ".xls")

_YES: Final = frozenset(("1", "true", "t", "yes", "y", "是"))


class Origin(NamedTuple):
    """Where a file says that it comes from; "" and None for no word.

    Attributes
    ----------
    store : str
        Identity of the database, or the first eight digits of it behind ``db-``.
    plan_id, version : int or None
    op : str
        The first eight digits of the operation that made the version.
    """

    store: str
    plan_id: int | None
    version: int | None
    op: str = ""


@dataclass(frozen=True, eq=False)
class EditedTable:
    """The rows of a file that came back.

    Attributes
    ----------
    where, where_zh : str
        File and layer, for messages.
    rows : list of str
        What each row is called there: ``fid 12``, ``row 3`` (of a sheet: as the spreadsheet counts).
    columns : mapping of str to list
        Our name → the values as they stand in the file.
    headers : mapping of str to str
        Our name → the header in the file.
    shapes : ndarray or None
        Polygons, (n,), where they are good for comparing.
    crs : pyproj.CRS or None
    origin : Origin
    locks : mapping of str to bool, or None
        Code → whether the file says it is locked, for the grids that it lists; None where it says nothing of locks.
    notes : tuple of Text
    """

    where: str
    where_zh: str
    rows: list[str]
    columns: dict[str, list[Any]]
    headers: dict[str, str]
    shapes: NDArray[np.object_] | None
    crs: CRS | None
    origin: Origin
    locks: dict[str, bool] | None
    notes: tuple[Text, ...] = ()


def read_table(path: Path, layer: str | None = None) -> EditedTable:
    """The rows of a file that came back.

    Parameters
    ----------
    path : Path
        ``.gpkg``, one of :data:`LAYERS` or of :data:`TABLES`.
    layer : str, optional
        Layer of the units in a GeoPackage with several.

    Raises
    ------
    InvalidInput
        If it is no such file, damaged, has no columns of unit ids and grid codes, or names several origins.
    MissingProgram
        If it is GeoParquet and pyarrow is not installed.
    """
    suffix = path.suffix.lower()
    if suffix == ".gpkg":
        return _from_gpkg(path, layer)
    if suffix in LAYERS:
        return _from_layer(path, layer)
    if suffix in TABLES:
        return _from_sheet(path)
    known = (".gpkg", *LAYERS, *TABLES)
    raise InvalidInput(
        f"{path.name}: comes back as one of {', '.join(known)}",
        f"{path.name}：可带回的格式为 {'、'.join(known)}。",
    )


def _from_gpkg(path: Path, layer: str | None) -> EditedTable:
    names = layer_names(path)
    about = read_about(path, names)
    units = layer or _unit_layer(path, names)
    if units not in names:
        find_unit_layer(path, names, units)  # says which layers there are
    where = Text(f"{path.name} 图层「{units}」", f"{path.name}, layer {units}")
    frame = _read(path, units, where)
    rows = [f"fid {i}" for i in frame.index]
    origin = None
    if "store" in about:
        op = about.get("op_id", "")[:8]
        origin = Origin(about["store"], _number(about.get("plan_id")), _number(about.get("version")), op)
    return _table(where, rows, frame.reset_index(drop=True), origin=origin, locks=_locks(path, names, where))


def _unit_layer(path: Path, names: list[str]) -> str:
    """The layer of units, under whatever headers it was saved."""
    if "units" not in names:
        others = [n for n in names if n not in ("grids", "layer_styles")]
        fields = {n: find_ours(pyogrio.read_info(path, layer=n)["fields"]) for n in others}
        coded = [n for n in others if {"unit_id", "grid_code"} <= set(fields[n])]
        if len(coded) == 1:
            return coded[0]
    return find_unit_layer(path, names, None)


def _from_sheet(path: Path) -> EditedTable:
    """A table without shapes: the headers stand in its first row that is not blank.

    Ledgers are read otherwise (:mod:`gridmap.data.table`): there, a last row with an id alone is a foot note; here it
    is a unit without a grid.
    """
    if not path.is_file():
        raise InvalidInput(f"no such file: {path}", f"没有这个文件：{path}")
    cells, note = _excel_rows(path) if path.suffix.lower() != ".csv" else _csv_rows(path)
    rows = [(n, [as_text(c) for c in row]) for n, row in enumerate(cells, start=1)]
    filled = [(n, row) for n, row in rows if any(row)]
    if len(filled) < 2:
        raise InvalidInput(
            f"{path.name}: the table is empty; wanted a row of headers and one row a unit",
            f"{path.name}：表格是空的；应有一行表头，之后每个单元一行。",
        )
    header = filled[0][1]
    width = len(header)
    body = [(row + [""] * width)[:width] for _, row in filled[1:]]
    where = Text(path.name, path.name)
    # A header that stands twice: the first one counts, as everywhere.
    kept = [i for i, name in enumerate(header) if name and name not in header[:i]]
    frame = pd.DataFrame({header[i]: [row[i] for row in body] for i in kept}, dtype=object)
    return _table(where, [f"row {n}" for n, _ in filled[1:]], frame, notes=note)


def _csv_rows(path: Path) -> tuple[list[list[Any]], tuple[Text, ...]]:
    text, note = decode_text(path.read_bytes(), where=path.name)
    delimiter = max((",", "\t", ";"), key=text[:20_000].count)
    try:
        rows: list[list[Any]] = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InvalidInput(
            f"{path.name}: is no proper CSV ({error}); save it again",
            f"{path.name}：CSV 格式有误（{error}）；请重新保存。",
        ) from error
    return rows, (note,) if note else ()


def _excel_rows(path: Path) -> tuple[list[list[Any]], tuple[Text, ...]]:
    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            return [list(r) for r in book.get_sheet_by_index(0).to_python(skip_empty_area=False)], ()
    except (calamine.CalamineError, OSError) as error:
        raise InvalidInput(
            f"{path.name}: cannot be read ({error}); save it again as .xlsx",
            f"{path.name}：无法读取（{error}）；请另存为 .xlsx。",
        ) from error


def _from_layer(path: Path, layer: str | None) -> EditedTable:
    opened = open_layer(path, layer)
    rows = [f"row {i + 1}" for i in range(len(opened.frame))]
    # GeoJSON is rounded and in another CRS by its nature: its shapes say nothing of an edit.
    is_bare = path.suffix.lower() in (".geojson", ".json")
    return _table(Text(path.name, path.name), rows, opened.frame, is_bare=is_bare)


def _read(path: Path, layer: str, where: Text) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = pyogrio.read_dataframe(path, layer=layer, fid_as_index=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise InvalidInput(f"{where.en}: cannot be read ({error})", f"{where.zh}：无法读取（{error}）。") from error
    return frame


def _table(
    where: Text,
    rows: list[str],
    frame: pd.DataFrame,
    *,
    origin: Origin | None = None,
    locks: dict[str, bool] | None = None,
    is_bare: bool = False,
    notes: Sequence[Text] = (),
) -> EditedTable:
    plain = frame.drop(columns=frame.geometry.name) if isinstance(frame, gpd.GeoDataFrame) else frame
    headers = find_ours([str(c) for c in plain.columns])
    missing = [c for c in ("unit_id", "grid_code") if c not in headers]
    if missing:
        raise InvalidInput(
            f"{where.en}: wanted the columns unit_id (单元编号) and grid_code (网格编号); missing: "
            f"{first_ten(missing)}; it has {first_ten(plain.columns)}; export the plan again and edit that file",
            f"{where.zh}：应有 单元编号（unit_id）和 网格编号（grid_code）两列；缺少：{first_ten_zh(missing)}；"
            f"现有：{first_ten_zh(plain.columns)}。请重新导出方案后在导出的文件上修改。",
        )
    columns = {ours: frame[header].tolist() for ours, header in headers.items()}
    shapes, crs = None, None
    if isinstance(frame, gpd.GeoDataFrame) and not is_bare:
        shapes, crs = np.asarray(frame.geometry.values, dtype=object), frame.crs
    said = origin if origin is not None else _origin(columns, where)
    return EditedTable(where.en, where.zh, rows, columns, headers, shapes, crs, said, locks, tuple(notes))


def _origin(columns: dict[str, list[Any]], where: Text) -> Origin:
    """What the columns plan, version and store say; every row the same, blank ones (rows added by hand) apart."""
    found = {}
    for name in ("plan", "version", "store"):
        texts = {plain(v) for v in columns.get(name, ())} - {""}
        if len(texts) > 1:
            raise InvalidInput(
                f"{where.en}: rows of several exports are mixed: column {name} holds {first_ten(sorted(texts))}; "
                "bring each back by itself",
                f"{where.zh}：混有多次导出的行：{name} 列有 {first_ten_zh(sorted(texts))}；请分别带回。",
            )
        found[name] = texts.pop() if texts else ""
    tag, _, op = found["store"].removeprefix("db-").partition("-")
    store = f"db-{tag}" if found["store"].startswith("db-") else found["store"]
    return Origin(store, _number(found["plan"]), _number(found["version"]), op)


def _locks(path: Path, names: list[str], where: Text) -> dict[str, bool] | None:
    if "grids" not in names:
        return None
    grids = _read(path, "grids", where)
    if not {"grid_code", "locked"} <= set(grids.columns):
        return None
    marks = zip(grids["grid_code"], grids["locked"], strict=True)
    return {plain(code): plain(mark).casefold() in _YES for code, mark in marks if plain(code)}


def plain(value: Any) -> str:
    """A cell as text: no blanks around it, no ``.0`` behind a number, "" for nothing."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _number(text: str | None) -> int | None:
    """A whole number as people and spreadsheets write it; None for anything else."""
    found = re.fullmatch(r"([0-9]{1,9})(?:\.0+)?", (text or "").strip())
    return int(found.group(1)) if found else None
