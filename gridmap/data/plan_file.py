"""The plan file: one GeoPackage with everything that a plan is, and styles for QGIS."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors
import shapely

from gridmap import __version__
from gridmap.data.plan_layers import (
    CONTEXT_LAYERS,
    EXCEPTION_COLUMNS,
    LINEAGE_COLUMNS,
    about_entries,
    as_text,
    exception_table,
    from_about,
    plan_from,
    simple_shapes,
    spatial_layers,
    units_from,
)
from gridmap.data.plan_styles import layer_styles
from gridmap.data.plan_tables import FORMAT_VERSION, find_unit_layer, layer_names, read_about, read_layer
from gridmap.data.written import written_whole
from gridmap.errors import InvalidInput, InvalidUnits, first_ten, first_ten_zh
from gridmap.model.plan import Plan
from gridmap.model.report import Report
from gridmap.model.rules import Rules, load_rules, parse_rules
from gridmap.model.town import Town
from gridmap.model.units import Units

_FACTS: Final = ("format", "rules", "rules_toml", "fingerprint", "gridmap_version", "catalogue_version")
_BESIDE: Final = ("barriers", "premises")
_TOWN_KEYS: Final = ("name", "source", "date", "synthetic", "has_households")
_STYLE_TABLE: Final = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
  ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""


@dataclass(frozen=True, eq=False)
class PlanFile:
    """What a plan file holds.

    Attributes
    ----------
    town : Town
        The units with the layers around them.
    plan : Plan
        The assignment as the layer ``units`` has it now, edits made in QGIS included.
    rules : Rules
        The rules that the plan was made by.
    lineage : pandas.DataFrame
        Columns ``old_code``, ``new_code``, ``kind``, ``households``; no rows where there was no earlier plan.
    meta : mapping of str to object
        Further entries of the table ``about`` (seed, status, params, versions …).
    is_edited : bool
        Whether the assignment differs from the one that was written.
    """

    town: Town
    plan: Plan
    rules: Rules
    lineage: pd.DataFrame
    meta: Mapping[str, object] = field(default_factory=dict)
    is_edited: bool = False


def write_plan(
    path: str | Path,
    town: Town,
    plan: Plan,
    *,
    rules: Rules,
    report: Report | None = None,
    lineage: pd.DataFrame | None = None,
    meta: Mapping[str, object] | None = None,
) -> None:
    """Write a plan with everything that it needs to be read, judged and drawn again.

    Parameters
    ----------
    path : str or Path
        A name that ends in ``.gpkg``; an older file there is replaced when the new one is complete.
    town : Town
        Its layers are written beside the units; ``town.units`` must be the units of the plan.
    plan : Plan
    rules : Rules
        Their text goes into the file, so that the plan names what judged it.
    report : Report, optional
        Fills the columns of the layer ``grids`` and the layer ``findings``.
    lineage : pandas.DataFrame, optional
        Old and new codes: columns ``old_code``, ``new_code``, ``kind``, ``households``.
    meta : mapping of str to object, optional
        Further rows of the table ``about`` (seed, status, params, versions): text or anything that JSON holds.

    Raises
    ------
    InvalidInput
        If the name does not end in ``.gpkg``, the plan has other units than the town, a context layer is
        unknown, the lineage lacks a column, or an entry of `meta` cannot be written.
    OutputError
        If the file cannot be written; an older file at `path` is left as it was.
    """
    target = Path(path)
    if target.suffix.lower() != ".gpkg":
        raise InvalidInput(
            f"{target}: a plan file is a GeoPackage; give a name that ends in .gpkg",
            f"{target}：方案文件为 GeoPackage，文件名应以 .gpkg 结尾。",
        )
    if plan.units.ids != town.units.ids:
        raise InvalidInput(
            "the plan must be a plan of the town's units; their ids differ", "方案的单元与本镇的单元编号不一致。"
        )
    facts: dict[str, object] = {
        "format": f"gridmap-plan {FORMAT_VERSION}",
        "rules": rules.name,
        "rules_toml": rules.text,
        "fingerprint": plan.fingerprint,
        "gridmap_version": __version__,
        "catalogue_version": "" if report is None else report.catalogue_version,
    }
    about = about_entries(town, facts, meta or {})
    layers = spatial_layers(town, plan, report)
    tables = {
        "exceptions": exception_table(plan),
        "lineage": _lineage(lineage),
        "about": pd.DataFrame({"key": list(about), "value": list(about.values())}, dtype=object),
    }
    with written_whole(target) as temporary:
        for name, layer in layers.items():
            pyogrio.write_dataframe(layer, temporary, layer=name, driver="GPKG", **_geometry_type(layer))
        for name, table in tables.items():
            pyogrio.write_dataframe(table, temporary, layer=name, driver="GPKG")
        _write_styles(temporary, {name: qml for name, qml in layer_styles().items() if name in layers})


def _geometry_type(layer: gpd.GeoDataFrame) -> dict[str, object]:
    """One multi-part type a layer where it can be, since QGIS splits layers of mixed types in two."""
    dimensions = {int(d) for d in shapely.get_dimensions(np.asarray(layer.geometry.values, dtype=object)) if d >= 0}
    names = {0: "MultiPoint", 1: "MultiLineString", 2: "MultiPolygon"}
    if len(dimensions) > 1:
        return {"geometry_type": "Unknown"}
    return {"geometry_type": names[dimensions.pop() if dimensions else 2], "promote_to_multi": True}


def _lineage(lineage: pd.DataFrame | None) -> pd.DataFrame:
    if lineage is None:
        return pd.DataFrame({c: pd.Series(dtype=np.int64 if c == "households" else object) for c in LINEAGE_COLUMNS})
    missing = [c for c in LINEAGE_COLUMNS if c not in lineage.columns]
    if missing:
        raise InvalidInput(
            f"a lineage table has the columns {', '.join(LINEAGE_COLUMNS)}; missing: {first_ten(missing)}"
        )
    return lineage.reset_index(drop=True)


def _write_styles(path: Path, styles: Mapping[str, str]) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(_STYLE_TABLE)
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles')"
        )
        database.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
            " styleQML, styleSLD, useAsDefault, description, owner)"
            " VALUES ('', '', ?, 'geom', 'gridmap', ?, '', 1, '', '')",
            list(styles.items()),
        )


def read_plan(path: str | Path, *, layer: str | None = None, rules: Rules | None = None) -> PlanFile:
    """Read a plan file, or units with a grid code from any other GeoPackage.

    The column ``grid_code`` of the units decides: a code that was changed in QGIS moves the unit, a new
    code founds a grid, a blank one leaves the unit without a grid. Locks and exceptions of grids that
    are gone are dropped.

    Parameters
    ----------
    path : str or Path
        A GeoPackage.
    layer : str, optional
        The layer of the units; ``units`` by default, or the only layer with a column ``grid_code``.
    rules : Rules, optional
        What judges the plan where the file names no rules; the default preset otherwise.

    Raises
    ------
    InvalidInput
        If the file is missing, truncated or no GeoPackage, has no layer of units with the columns
        ``unit_id``, ``grid_code``, ``jurisdiction``, or was written by a newer layout.
    InvalidUnits
        If the units break what :class:`gridmap.Units` promises.
    InvalidRules
        If the rules in the file cannot be read.
    """
    source = Path(path)
    names = layer_names(source)
    about = read_about(source, names)
    unit_layer = find_unit_layer(source, names, layer)
    frame = read_layer(source, unit_layer)
    missing = [c for c in ("unit_id", "grid_code", "jurisdiction") if c not in frame.columns]
    if missing:
        raise InvalidInput(
            f"{source}, layer {unit_layer!r}: the units of a plan need the columns unit_id, grid_code, jurisdiction; "
            f"missing: {first_ten(missing)}; polygons of grids are judged over their units: --units FILE",
            f"{source} 图层「{unit_layer}」：方案的单元须有 unit_id、grid_code、jurisdiction 列；"
            f"缺少：{first_ten_zh(missing)}；若是网格多边形图层，请用 --units 给出单元。",
        )
    has_households = bool(from_about(about["has_households"])) if "has_households" in about else "households" in frame
    try:
        jurisdictions = _jurisdictions(source, names, frame)
        units = units_from(frame, jurisdictions, has_households=has_households)
        grids = read_layer(source, "grids") if "grids" in names else None
        exceptions = read_layer(source, "exceptions") if "exceptions" in names else None
        plan = plan_from(
            units,
            frame["grid_code"],
            grids if grids is not None and "grid_code" in grids else None,
            exceptions if exceptions is not None and set(EXCEPTION_COLUMNS) <= set(exceptions) else None,
        )
    except InvalidUnits as error:
        raise InvalidUnits(
            f"{source}, layer {unit_layer!r}: {error}", f"{source} 图层「{unit_layer}」：{error.zh}"
        ) from error
    own_rules = (
        parse_rules(about["rules_toml"], f"{source}, rules in the table about") if "rules_toml" in about else None
    )
    return PlanFile(
        town=_town(source, names, units, about),
        plan=plan,
        rules=own_rules or rules or load_rules(),
        lineage=_lineage(read_layer(source, "lineage") if "lineage" in names else None),
        meta={key: from_about(value) for key, value in about.items() if key not in {*_FACTS, *_TOWN_KEYS}},
        is_edited="fingerprint" in about and about["fingerprint"] != plan.fingerprint,
    )


def retired_codes(file: PlanFile) -> tuple[str, ...]:
    """Every code that a plan file says is no longer in use, in order."""
    listed = file.meta.get("retired", ())
    known = {str(c) for c in listed} if isinstance(listed, list | tuple) else set()
    return tuple(sorted((known | set(file.lineage["old_code"])) - {"", *file.plan.codes}))


def _jurisdictions(path: Path, names: list[str], frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if "jurisdictions" in names:
        layer = read_layer(path, "jurisdictions")
        missing = [c for c in ("code", "name", "kind") if c not in layer.columns]
        if missing:
            raise InvalidInput(
                f"{path}, layer 'jurisdictions': lacks the columns {first_ten(missing)}",
                f"{path} 图层「jurisdictions」：缺少列 {first_ten_zh(missing)}。",
            )
        layer = simple_shapes(layer.set_index(as_text(layer["code"])).drop(columns="code"))
        layer["name"] = layer["name"].fillna("")
        return layer
    return _merged_jurisdictions(frame)


def _merged_jurisdictions(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Jurisdictions as the union of their units, where a file has no layer of them."""
    codes = as_text(frame["jurisdiction"])
    shapes = gpd.GeoSeries(frame.geometry.values, crs=frame.crs).groupby(codes.to_numpy()).apply(shapely.union_all)
    is_group = (
        (frame["kind"] if "kind" in frame else pd.Series("", frame.index)).eq("group").groupby(codes.to_numpy()).all()
    )
    return gpd.GeoDataFrame(
        {"name": shapes.index, "kind": np.where(is_group, "village", "residential_area")},
        geometry=shapes.to_numpy(),
        index=shapes.index,
        crs=frame.crs,
    )


def _town(path: Path, names: list[str], units: Units, about: Mapping[str, str]) -> Town:
    beside = {name: simple_shapes(read_layer(path, name)) for name in (*CONTEXT_LAYERS, *_BESIDE) if name in names}
    return Town(
        units=units,
        barriers=beside.get("barriers"),
        premises=beside.get("premises"),
        context={name: beside[name] for name in CONTEXT_LAYERS if name in beside},
        name=str(from_about(about.get("name", ""))),
        source=str(from_about(about.get("source", ""))),
        date=str(from_about(about.get("date", ""))),
        is_synthetic=about.get("synthetic") == "true",
    )
