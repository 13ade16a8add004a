"""A layer as a shapefile that Chinese software reads: GB18030, short names, a table of the names, all parts or none."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import pyogrio
import pyogrio.errors

from gridmap.data.written import check_writable
from gridmap.errors import InvalidInput, OutputError, first_ten, first_ten_zh
from gridmap.model.text import Text
from gridmap.storage.exchange.aliases import ENCODING, cut_text, meaning_of, short_names

#: Behind the stem of the table of names.
TABLE: Final = "_字段对照.csv"
#: Bytes of text that a column of a dBASE table holds.
LONGEST: Final = 254

#: Parts that others may have added to an older shapefile of the name and that would belie the new one.
_STALE: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx", ".qpj", ".shp.xml")
#: Ids and codes: cut off, they would be others.
_KEYS: Final = ("unit_id", "grid_code", "jurisdiction", "code")


def write_shapefile(path: Path, frame: gpd.GeoDataFrame, lang: str) -> tuple[Text, ...]:
    """Write a layer of polygons as a shapefile with its table of names beside it.

    Parameters
    ----------
    path : Path
        Ends in ``.shp``; an older shapefile of the name is replaced when the new one is complete.
    frame : geopandas.GeoDataFrame
        Columns with their full names.
    lang : str
        "zh" or "en": language of the short names.

    Returns
    -------
    tuple of Text
        Texts that were cut.

    Raises
    ------
    InvalidInput
        If an id or a code is longer than a shapefile holds.
    OutputError
        If a part cannot be written; an older shapefile is left as it was.
    """
    check_writable(path)
    names = [str(c) for c in frame.columns if c != frame.geometry.name]
    short = short_names(names, lang)
    notes: list[Text] = []
    data = {short[n]: _fitting(frame[n], n, path, notes) for n in names}
    layer = gpd.GeoDataFrame(data, geometry=frame.geometry.to_numpy(), crs=frame.crs)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.stem}-", dir=path.parent) as folder:
            room = Path(folder)
            new = room / "new"
            new.mkdir()
            pyogrio.write_dataframe(
                layer,
                new / f"{path.stem}.shp",
                driver="ESRI Shapefile",
                encoding=ENCODING.upper(),
                geometry_type="MultiPolygon",
                promote_to_multi=True,
            )
            _write_table(new / f"{path.stem}{TABLE}", short)
            _move_in(room, new, path)
    except (OSError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise OutputError(
            f"{path}: could not be written ({error}); nothing was changed",
            f"{path}：无法写入（{error}）；原有文件未改动。",
        ) from error
    return tuple(notes)


def _fitting(values: pd.Series, name: str, path: Path, notes: list[Text]) -> pd.Series:
    """A column as a dBASE table holds it: yes and no as 1 and 0, text cut at the border of a character."""
    if pd.api.types.is_bool_dtype(values.dtype):
        return values.astype("Int16")
    if pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_datetime64_any_dtype(values.dtype):
        return values
    whole = [None if pd.isna(v) else str(v) for v in values]
    cut = [None if v is None else cut_text(v, LONGEST) for v in whole]
    longer = [str(i + 1) for i, (a, b) in enumerate(zip(whole, cut, strict=True)) if a != b]
    if longer and name in _KEYS:
        raise InvalidInput(
            f"{path.name}: column {name} is longer than the {LONGEST} bytes that a shapefile holds, in row "
            f"{first_ten(longer)}; export as .gpkg",
            f"{path.name}：「{name}」列超过 shapefile 的 {LONGEST} 字节，第 {first_ten_zh(longer)} 行；"
            "请导出为 .gpkg。",
        )
    if longer:
        notes.append(
            Text(
                f"{path.name}：「{name}」列超过 {LONGEST} 字节的文字已截断，第 {first_ten_zh(longer)} 行；"
                "完整内容请用 .gpkg。",
                f"{path.name}: texts of column {name} were cut to {LONGEST} bytes, in row {first_ten(longer)}; "
                "a .gpkg holds them whole",
            )
        )
    return pd.Series(cut, index=values.index, dtype=object)


def _write_table(path: Path, short: dict[str, str]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(("短名", "name", "说明", "meaning"))
        for name, brief in short.items():
            meaning = meaning_of(name)
            table.writerow((brief, name, meaning.zh, meaning.en))


def _move_in(room: Path, new: Path, path: Path) -> None:
    """Put the new parts in the place of the old ones, the ``.shp`` last; on failure the old ones come back."""
    old = [path.with_name(f"{path.stem}{s}") for s in (*_STALE, TABLE)]
    aside = room / "old"
    aside.mkdir()
    moved: list[Path] = []
    try:
        for part in old:
            if part.exists():
                part.replace(aside / part.name)
        for part in sorted(new.iterdir(), key=lambda p: p.suffix == ".shp"):
            moved.append(path.with_name(part.name))
            part.replace(moved[-1])
    except BaseException:
        for part in moved:
            part.unlink(missing_ok=True)
        for part in aside.iterdir():
            part.replace(path.with_name(part.name))
        raise
