"""Vector files become frames, and frames become a GeoPackage: nothing else is opened, nothing is half-written."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import geopandas as gpd
import pandas as pd
import pyogrio
import pyogrio.errors

from gridmap.data.shapefile import RAW_ENCODING, decode_frame, part_beside, table_beside, unpacked
from gridmap.data.source import FORMATS, checked_source, split_source
from gridmap.data.written import written_whole
from gridmap.errors import InvalidInput, MissingProgram, OutputError, RefusedSource, first_ten, first_ten_zh
from gridmap.model.text import Text

__all__ = ["Layer", "list_layers", "open_layer", "read_layer", "read_pairs", "split_source", "write_layers"]

_READ_ERRORS: Final = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.FieldError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.CRSError,
)


class Layer(NamedTuple):
    """A layer as it was read, with what was noticed on the way.

    Attributes
    ----------
    frame : geopandas.GeoDataFrame
        CRS as in the file, or none; coordinates x before y.
    notes : tuple of Text
    name : str
        Name of the layer, for messages and titles.
    """

    frame: gpd.GeoDataFrame
    notes: tuple[Text, ...]
    name: str


def read_layer(path: str | Path, layer: str | None = None, *, encoding: str | None = None) -> gpd.GeoDataFrame:
    """The frame of :func:`open_layer`, for callers that show no notes.

    Raises
    ------
    RefusedSource, InvalidInput, MissingProgram
        As :func:`open_layer`.
    """
    return open_layer(path, layer, encoding=encoding).frame


def open_layer(path: str | Path, layer: str | None = None, *, encoding: str | None = None) -> Layer:
    """Read one layer of a GeoPackage, shapefile (also zipped), GeoJSON, FlatGeobuf or GeoParquet file.

    Parameters
    ----------
    path : str or Path
        A file on this machine.
    layer : str, optional
        Name of the layer; needed where the file has several.
    encoding : str, optional
        Encoding of a shapefile's text; without it ``.cpg`` and bytes decide (see :mod:`gridmap.data.encoding`).

    Returns
    -------
    Layer

    Raises
    ------
    RefusedSource
        If it is a virtual path, an address, or a format that is not in :data:`FORMATS`.
    InvalidInput
        If there is no such file or layer, the layer is empty or has no geometry, or the file is damaged.
    MissingProgram
        If a GeoParquet file is given and pyarrow is not installed.
    """
    path, driver = checked_source(path)
    if path.suffix.lower() == ".zip":
        with unpacked(path) as layers:
            name = _chosen(sorted(layers), layer, path)
            return _not_empty(_read_shapefile(layers[name], name, encoding, path), path)
    if driver == "Parquet":
        return _not_empty(_read_parquet(path), path)
    name = _chosen(list_layers(path), layer, path)
    if driver == "ESRI Shapefile":
        return _not_empty(_read_shapefile(path, name, encoding, path), path)
    frame, notes = _read_gdal(path, name, None, path)
    return _not_empty(Layer(frame, notes, name), path)


def list_layers(path: str | Path) -> list[str]:
    """Names of the layers of a file, in its order.

    Raises
    ------
    RefusedSource, InvalidInput
        As :func:`open_layer`.
    """
    path, driver = checked_source(path)
    if path.suffix.lower() == ".zip":
        with unpacked(path) as layers:
            return sorted(layers)
    if driver in ("Parquet", "ESRI Shapefile"):
        return [path.stem]
    try:
        return [str(name) for name, _ in pyogrio.list_layers(path)]
    except _READ_ERRORS as error:
        raise _unreadable(path, error) from error


def read_pairs(path: Path, layer: str) -> dict[str, str]:
    """A table without geometry that holds ``key`` and ``value``, as the layer ``about`` does.

    Raises
    ------
    RefusedSource, InvalidInput
        As :func:`open_layer`, or if the columns are others.
    """
    path, _ = checked_source(path)
    try:
        table = pyogrio.read_dataframe(path, layer=layer, read_geometry=False)
    except _READ_ERRORS as error:
        raise _unreadable(path, error) from error
    if not {"key", "value"} <= set(table.columns):
        raise InvalidInput(
            f"{path.name}, layer {layer}: wanted the columns key and value; got {first_ten(table.columns)}",
            f"{path.name} 图层 {layer}：应有 key 和 value 两列；现有：{first_ten_zh(table.columns)}。",
        )
    return {str(k): "" if pd.isna(v) else str(v) for k, v in zip(table["key"], table["value"], strict=True)}


def _chosen(names: list[str], layer: str | None, path: Path) -> str:
    if layer is not None and layer in names:
        return layer
    if layer is not None:
        raise InvalidInput(
            f"{path.name}: has no layer {layer!r}; it has {first_ten(names) or 'none'}",
            f"{path.name}：没有图层「{layer}」；现有图层：{first_ten_zh(names) or '无'}。",
        )
    if not names:
        raise InvalidInput(f"{path.name}: has no layers", f"{path.name}：没有任何图层。")
    if len(names) > 1:
        raise InvalidInput(
            f"{path.name}: has several layers; say which (--layer, or FILE:LAYER): {first_ten(names)}",
            f"{path.name}：有多个图层，请指定一个（--layer，或写成 文件:图层）：{first_ten_zh(names)}。",
        )
    return names[0]


def _read_gdal(
    path: Path, layer: str | None, encoding: str | None, shown: Path
) -> tuple[gpd.GeoDataFrame, tuple[Text, ...]]:
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            frame = pyogrio.read_dataframe(path, layer=layer, encoding=encoding, use_arrow=False)
            driver = pyogrio.read_info(path, layer=layer, encoding=encoding)["driver"]
    except _READ_ERRORS as error:
        raise _unreadable(shown, error) from error
    if driver not in set(FORMATS.values()):
        raise RefusedSource(
            f"{shown.name}: GDAL takes it for {driver}, which gridmap does not open",
            f"{shown.name}：实际格式为 {driver}，不支持。",
        )
    said = tuple(dict.fromkeys(str(w.message) for w in caught))
    notes = tuple(Text(f"{shown.name}：读取时提示：{s}", f"{shown.name}: noticed while reading: {s}") for s in said)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise _no_geometry(shown, layer)
    return frame, notes


def _read_shapefile(path: Path, name: str, encoding: str | None, shown: Path) -> Layer:
    if part_beside(path, ".shx") is None:
        raise InvalidInput(
            f"{shown.name}: its .shx is missing; copy all parts of the shapefile (.shp .shx .dbf .prj .cpg)",
            f"{shown.name}：缺少 .shx；请把 shapefile 的全部文件（.shp .shx .dbf .prj .cpg）一起拷贝。",
        )
    table = table_beside(path)
    frame, notes = _read_gdal(path, None, RAW_ENCODING, shown)
    frame, more = decode_frame(frame, table, path, encoding)
    return Layer(frame, (*notes, *more), name)


def _read_parquet(path: Path) -> Layer:
    try:
        import pyarrow as pa  # noqa: PLC0415 - optional, and slow to import
    except ImportError as error:
        raise MissingProgram(
            f"{path.name}: GeoParquet needs pyarrow; install it: pip install gridmap[analysis]",
            f"{path.name}：读取 GeoParquet 需要 pyarrow；请安装：pip install gridmap[analysis]",
        ) from error
    try:
        frame = gpd.read_parquet(path)
    except (pa.ArrowException, ValueError, OSError) as error:
        raise _unreadable(path, error) from error
    return Layer(frame, (), path.stem)


def _not_empty(layer: Layer, path: Path) -> Layer:
    if layer.frame.empty:
        raise InvalidInput(
            f"{path.name}, layer {layer.name}: the layer is empty, it has no features",
            f"{path.name} 图层 {layer.name}：图层是空的，没有任何要素。",
        )
    geometry = layer.frame.geometry
    if bool((geometry.isna() | geometry.is_empty).all()):
        raise _no_geometry(path, layer.name)
    return layer


def _no_geometry(path: Path, layer: str | None) -> InvalidInput:
    return InvalidInput(
        f"{path.name}, layer {layer or path.stem}: no feature has a geometry; a table is given with --households FILE",
        f"{path.name} 图层 {layer or path.stem}：没有任何图形；若是台账表格，请用 --households 文件 给出。",
    )


def _unreadable(path: Path, error: Exception) -> InvalidInput:
    return InvalidInput(
        f"{path.name}: cannot be read ({error}); copy or export it again",
        f"{path.name}：无法读取（{error}）；请重新拷贝或导出。",
    )


def write_layers(path: str | Path, layers: Mapping[str, gpd.GeoDataFrame | pd.DataFrame]) -> None:
    """Write a GeoPackage with these layers; a plain DataFrame becomes a table without geometry.

    Parameters
    ----------
    path : str or Path
        Ends in ``.gpkg``; an existing file is replaced when the new one is complete (:mod:`gridmap.data.written`).
    layers : mapping of str to frame
        In the order they are to have; indexes are not written.

    Raises
    ------
    OutputError
        If the folder is missing, the file cannot be written, or `path` does not end in ``.gpkg``.
    InvalidInput
        If there is nothing to write.
    """
    path = Path(path).expanduser()
    if path.suffix.lower() != ".gpkg":
        raise OutputError(f"layers are written as .gpkg; got {path.name}", f"图层只写成 .gpkg；得到 {path.name}。")
    if not layers:
        raise InvalidInput("no layers to write", "没有可写的图层。")
    with written_whole(path) as temporary:
        for name, frame in layers.items():
            pyogrio.write_dataframe(frame, temporary, layer=name, driver="GPKG", use_arrow=False)
