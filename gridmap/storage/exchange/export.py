"""A stored plan as a file: a plan file for QGIS, or one layer in the format that somebody needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import geopandas as gpd
import pandas as pd
import pyogrio
import sqlalchemy as sa

from gridmap.check import GRID_METRICS
from gridmap.data.crs import WGS84
from gridmap.data.plan_file import write_plan
from gridmap.data.plan_layers import spatial_layers, unit_layer
from gridmap.data.written import written_whole
from gridmap.errors import InvalidInput, MissingProgram, NotStored
from gridmap.model.plan import Plan
from gridmap.model.report import Report
from gridmap.model.text import Text
from gridmap.model.town import Town
from gridmap.storage.commit import get_header
from gridmap.storage.connect import Store
from gridmap.storage.entries import store_id
from gridmap.storage.exchange.shapefile_out import write_shapefile
from gridmap.storage.judged import StoredReport, load_report
from gridmap.storage.plan_schema import GridCodeRow
from gridmap.storage.plans import StoredPlan, load_plan

#: Endings that a plan is exported as.
ENDINGS: Final = (".gpkg", ".shp", ".geojson", ".parquet", ".csv")
#: Layers that the formats of one layer take.
LAYERS: Final = ("units", "grids", "jurisdictions")
#: Columns that say where a row comes from.
ORIGIN: Final = ("plan", "version", "store")
#: Columns of a table of units without shapes.
TABLE_COLUMNS: Final = ("unit_id", "grid_code", "households", "jurisdiction", *ORIGIN)
#: Entries of a plan file's table ``about`` that say where it comes from.
ORIGIN_KEYS: Final = ("store", "plan_id", "plan", "version", "op_id")


class _Exported(NamedTuple):
    loaded: StoredPlan
    report: Report | None
    store: UUID
    op_id: UUID
    retired: tuple[str, ...]


def export_plan(
    store: Store,
    plan: str | int,
    path: str | Path,
    *,
    version: int | None = None,
    layer: str = "units",
    lang: str = "zh",
) -> tuple[Text, ...]:
    """Write a plan as it was at a version; the ending of `path` chooses the format.

    Parameters
    ----------
    store : Store
    plan : str or int
        As :func:`gridmap.storage.entries.find_plan` takes it.
    path : str or Path
        ``.gpkg``: a plan file with everything, styles included. ``.shp``: one layer as GB18030 with short names, its
        ``.cpg`` and a table of the names beside it. ``.geojson``: one layer, lon lat in WGS 84 (RFC 7946).
        ``.parquet``: one layer as GeoParquet. ``.csv``: the units with their grids, no shapes. An older file is
        replaced when the new one is complete.
    version : int, optional
        The current one by default.
    layer : str
        ``units``, ``grids`` or ``jurisdictions``, for the formats of one layer.
    lang : str
        "zh" or "en": language of the short names in a shapefile.

    Returns
    -------
    tuple of Text
        What the format could not hold.

    Raises
    ------
    NotStored, InvalidInput
        If there is no such plan or version, several of that name, or the ending or the layer is unknown.
    MissingProgram
        If GeoParquet is wanted and pyarrow is not installed.
    OutputError
        If the file cannot be written; an older one is left as it was.
    StoreError
        If the database cannot be reached.
    """
    target = Path(path)
    write = _WRITERS.get(target.suffix.lower())
    if write is None:
        raise InvalidInput(
            f"{target.name}: a plan is exported as one of {', '.join(ENDINGS)}; give a name that ends so",
            f"{target.name}：方案可导出为 {'、'.join(ENDINGS)}；请按此命名。",
        )
    if layer not in LAYERS:
        raise InvalidInput(
            f"no such layer: {layer}; there are {', '.join(LAYERS)}",
            f"没有图层「{layer}」；可选：{'、'.join(LAYERS)}。",
        )
    if target.suffix.lower() == ".parquet":
        _need_pyarrow(target)
    loaded = load_plan(store, plan, version)
    try:
        report = report_back(load_report(store, loaded.entry.id, loaded.version), loaded.plan)
    except NotStored:  # not judged: the layers go without its figures
        report = None
    with store.read() as connection:
        c = GridCodeRow
        retired = sa.select(c.code).where(c.town_id == loaded.entry.town_id, c.retired_on.is_not(None)).order_by(c.code)
        exported = _Exported(
            loaded,
            report,
            store_id(connection),
            get_header(connection, loaded.entry.id, loaded.version).op_id,
            tuple(str(code) for code in connection.execute(retired).scalars()),
        )
    return write(target, exported, layer, lang)


def store_tag(store: UUID, op_id: UUID) -> str:
    """Database and operation that made the version, as the column ``store`` holds them; no number to any spreadsheet.

    After a restore from a backup the same number may be given to another version; the operation tells them apart.
    """
    return f"db-{store.hex[:8]}-{op_id.hex[:8]}"


def report_back(stored: StoredReport, plan: Plan) -> Report:
    """The report that was stored, as the value that judged; nothing is worked out again.

    Parameters
    ----------
    stored : StoredReport
    plan : Plan
        The plan at that version.

    Raises
    ------
    InvalidInput
        If the stored findings have other columns.
    """
    document = stored.document
    codes = [g["code"] for g in document["grids"]]
    # The database keeps no order of entries; the catalogue has one.
    held = document["grids"][0] if codes else {}
    names = [m.name for m in GRID_METRICS if m.name in held]
    columns = {n: _column([g.get(n) for g in document["grids"]]) for n in names}
    grids = pd.DataFrame(columns).set_axis(codes, axis=0).reindex(list(plan.codes))
    return Report(
        stored.findings,
        grids.rename_axis("grid_code"),
        document["totals"],
        tuple(c["id"] for c in document["checks"] if c["was_run"]),
        stored.rules_name,
        stored.catalogue_version,
    )


def _column(values: list[Any]) -> pd.Series:
    """Figures from JSON: yes, no and not known stay apart from numbers."""
    if any(isinstance(v, bool) for v in values):
        return pd.Series(values, dtype="boolean")
    return pd.Series(values)


def _write_gpkg(path: Path, exported: _Exported, _layer: str, _lang: str) -> tuple[Text, ...]:
    loaded = exported.loaded
    origin = {
        "store": str(exported.store),
        "plan_id": loaded.entry.id,
        "plan": loaded.entry.name,
        "version": loaded.version,
        "op_id": str(exported.op_id),
    }
    known = {"bridge_m": loaded.entry.bridge_m, "retired": list(exported.retired)}
    write_plan(
        path,
        loaded.town,
        loaded.plan,
        rules=loaded.rules,
        report=exported.report,
        lineage=loaded.lineage,
        meta={**loaded.meta, **known, **origin},
    )
    return ()


def _write_shp(path: Path, exported: _Exported, layer: str, lang: str) -> tuple[Text, ...]:
    return write_shapefile(path, _layer(exported, layer), lang)


def _write_geojson(path: Path, exported: _Exported, layer: str, _lang: str) -> tuple[Text, ...]:
    frame = _layer(exported, layer)
    with written_whole(path) as temporary:
        pyogrio.write_dataframe(
            frame.to_crs(WGS84),
            temporary,
            driver="GeoJSON",
            layer=path.stem,
            RFC7946="YES",
            COORDINATE_PRECISION=7,  # 1 cm
        )
    return (
        Text(
            f"{path.name}：GeoJSON 一律为 WGS 84 经纬度（原坐标系 {frame.crs.name}），坐标保留到 1 厘米。",
            f"{path.name}: GeoJSON is always lon lat in WGS 84 (the survey is in {frame.crs.name}), to 1 cm",
        ),
    )


def _need_pyarrow(path: Path) -> None:
    try:
        import pyarrow as pa  # noqa: F401, PLC0415 - optional, and slow to import
    except ImportError as error:
        raise MissingProgram(
            f"{path.name}: GeoParquet needs pyarrow; install it: pip install gridmap[analysis]",
            f"{path.name}：写出 GeoParquet 需要 pyarrow；请安装：pip install gridmap[analysis]",
        ) from error


def _write_parquet(path: Path, exported: _Exported, layer: str, _lang: str) -> tuple[Text, ...]:
    frame = _layer(exported, layer)
    with written_whole(path) as temporary:
        frame.to_parquet(temporary, index=False)
    return ()


def _write_csv(path: Path, exported: _Exported, _layer: str, _lang: str) -> tuple[Text, ...]:
    frame = _signed(unit_layer(exported.loaded.plan), exported)
    table = pd.DataFrame({c: frame.get(c, "") for c in TABLE_COLUMNS})
    with written_whole(path) as temporary:
        # The mark before UTF-8 is what makes Excel read Chinese right.
        table.to_csv(temporary, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    return ()


_WRITERS: Final[Mapping[str, Callable[[Path, _Exported, str, str], tuple[Text, ...]]]] = {
    ".gpkg": _write_gpkg,
    ".shp": _write_shp,
    ".geojson": _write_geojson,
    ".parquet": _write_parquet,
    ".csv": _write_csv,
}


def _layer(exported: _Exported, name: str) -> gpd.GeoDataFrame:
    loaded = exported.loaded
    return _signed(spatial_layers(Town(loaded.town.units), loaded.plan, exported.report)[name], exported)


def _signed(frame: gpd.GeoDataFrame, exported: _Exported) -> gpd.GeoDataFrame:
    """The layer with plan, version and database in every row, and no zeros for households that nobody knows."""
    loaded = exported.loaded
    layer = frame.rename(columns={c: f"{c}_2" for c in frame.columns if str(c).lower() in ORIGIN})
    if not loaded.town.units.has_households:
        layer = layer.drop(columns=[c for c in ("households", "deviation") if c in layer])
    layer["plan"], layer["version"] = loaded.entry.id, loaded.version
    layer["store"] = store_tag(exported.store, exported.op_id)
    others = [c for c in layer.columns if c != layer.geometry.name]
    return layer[[*others, layer.geometry.name]]
