"""The tables of a GeoPackage that may hold a plan: is it sound, what is in it, where are the units."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import geopandas as gpd
import pyogrio
import pyogrio.errors

from gridmap.errors import InvalidInput, first_ten, first_ten_zh

#: Number of the layout of a plan file, raised when it changes in a way that older readers cannot follow.
FORMAT_VERSION: Final = 1


def layer_names(path: Path) -> list[str]:
    """Names of the tables of a GeoPackage, after a look at whether the file is whole.

    Raises
    ------
    InvalidInput
        If there is no such file, or it is no GeoPackage, damaged or cut short.
    """
    if not path.is_file():
        raise InvalidInput(
            f"{path}: no such file; a plan file is what 'gridmap plan … --out plan.gpkg' writes",
            f"没有这个文件：{path}；方案文件由 gridmap plan … --out plan.gpkg 生成。",
        )
    with path.open("rb") as stream:
        if stream.read(15) != b"SQLite format 3":
            raise InvalidInput(
                f"{path}: this is no GeoPackage; a plan file is a GeoPackage (.gpkg)",
                f"{path}：不是 GeoPackage；方案文件应为 GeoPackage（.gpkg）。",
            )
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            faults = [row[0] for row in database.execute("PRAGMA quick_check(3)")]
            if faults != ["ok"]:
                raise _damaged(path, faults[0])
            tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "gpkg_contents" not in tables:
                raise InvalidInput(
                    f"{path}: a database, but no GeoPackage (it has no table gpkg_contents)",
                    f"{path}：是数据库，但不是 GeoPackage（缺少 gpkg_contents 表）。",
                )
            return [row[0] for row in database.execute("SELECT table_name FROM gpkg_contents ORDER BY rowid")]
    except sqlite3.DatabaseError as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, why: object) -> InvalidInput:
    return InvalidInput(
        f"{path}: the file is damaged or was cut short ({why}); copy it again from where it came",
        f"{path}：文件已损坏或不完整（{why}）；请从来源重新复制。",
    )


def read_layer(path: Path, layer: str) -> gpd.GeoDataFrame:
    """A table of a GeoPackage, with geometry where it has one.

    Raises
    ------
    InvalidInput
        If the layer cannot be read.
    """
    try:
        return pyogrio.read_dataframe(path, layer=layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise InvalidInput(
            f"{path}, layer {layer!r}: cannot be read ({error})", f"{path} 图层「{layer}」：无法读取（{error}）。"
        ) from error


def read_about(path: Path, names: list[str]) -> dict[str, str]:
    """The table ``about`` as key and text; empty where the file has none of ours.

    Raises
    ------
    InvalidInput
        If the file was written in a newer layout.
    """
    if "about" not in names:
        return {}
    table = read_layer(path, "about")
    if not {"key", "value"} <= set(table.columns):
        return {}  # somebody else's table of that name
    about = dict(zip(table["key"].map(str), table["value"].fillna("").map(str), strict=True))
    ours = f"gridmap-plan {FORMAT_VERSION}"
    name, _, version = about.get("format", ours).partition(" ")
    if name != "gridmap-plan" or not version.isdecimal() or int(version) > FORMAT_VERSION:
        raise InvalidInput(
            f"{path}: written as {about['format']!r}; this gridmap reads up to {ours!r}: update it",
            f"{path}：文件格式为「{about['format']}」，本版本只能读到「{ours}」；请升级 gridmap。",
        )
    return about


def find_unit_layer(path: Path, names: list[str], wanted: str | None) -> str:
    """Name of the layer of units: the one that is `wanted`, ``units``, or the only one with the right columns.

    Raises
    ------
    InvalidInput
        If there is no such layer, or not exactly one that could be it.
    """
    if wanted is not None:
        if wanted not in names:
            raise InvalidInput(
                f"{path}: no layer {wanted!r}; it has {first_ten(names)}",
                f"{path}：没有图层「{wanted}」；现有：{first_ten_zh(names)}。",
            )
        return wanted
    if "units" in names:
        return "units"
    others = [n for n in names if n not in {"grids", "layer_styles"}]
    coded = [n for n in others if {"unit_id", "grid_code"} <= set(pyogrio.read_info(path, layer=n)["fields"])]
    if len(coded) == 1:
        return coded[0]
    raise InvalidInput(
        f"{path}: wanted one layer of units with the columns unit_id and grid_code; found {len(coded)} "
        f"among {first_ten(names)}; name the layer, or, for polygons of grids, give their units: --units FILE",
        f"{path}：应有一个含 unit_id 和 grid_code 列的单元图层，找到 {len(coded)} 个"
        f"（{first_ten_zh(names)}）；"
        "请指定图层；若是网格多边形图层，请用 --units 给出单元。",
    )
