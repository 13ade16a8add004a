"""A QGIS project over the views of the database: the same styles as in a plan file, and no password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

import sqlalchemy as sa
from psycopg.conninfo import conninfo_to_dict
from pyproj import CRS

from gridmap.data.plan_styles import style_trees
from gridmap.data.written import written_whole
from gridmap.errors import InvalidInput, NotStored
from gridmap.model.text import Text
from gridmap.storage.address import for_program
from gridmap.storage.connect import Store
from gridmap.storage.entries import get_entry
from gridmap.storage.exchange.aliases import short_zh

_DOCTYPE: Final = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
#: The oldest QGIS whose form of the file this is; younger ones read it.
_QGIS: Final = "3.22.0"
#: Parts of an address that a data source of QGIS names in the same words.
_ADDRESS: Final = ("service", "dbname", "host", "port", "user", "sslmode")
#: A fault that is a line or a point, widened to a strip as in the plan file (``plan_layers.STRIP_M``): QGIS draws a
#: layer in one way. One without a place is a row of the table without a shape.
_FINDINGS: Final = (
    '(SELECT key, plan_id, version, "check", severity, excepted, jurisdiction, grid_code, unit_id, value,'
    " limit_value, measure_unit, message_zh, message_en, catalogue_version, judged_at,"
    " ST_Multi(CASE WHEN ST_Dimension(geom) = 2 AND GeometryType(geom) <> 'GEOMETRYCOLLECTION'"
    " THEN geom ELSE ST_Buffer(geom, 2, 'quad_segs=4') END) AS geom"
    " FROM gridmap.findings)"
)


class _Layer(NamedTuple):
    """A layer of the project: its id, style, name, and the view or query that it shows."""

    id: str
    style: str
    name: Text
    source: str
    columns: tuple[str, ...]


_UNIT_COLUMNS: Final = (
    "unit_id", "grid_code", "jurisdiction", "jurisdiction_name", "name", "kind", "households", "buildings", "premises",
    "compound", "dedicated",
)  # fmt: skip
_GRID_COLUMNS: Final = (
    "grid_code", "jurisdiction", "jurisdiction_name", "kind", "households", "n_units", "deviation", "polsby_popper",
    "in_band", "exception_zh", "exception_en", "locked",
)  # fmt: skip
#: From top to bottom.
_OF_PLAN: Final = (
    _Layer("findings", "findings", Text("检查问题", "Findings"), _FINDINGS, ("grid_code", "unit_id", "jurisdiction")),
    _Layer(
        "jurisdictions",
        "jurisdictions",
        Text("村居", "Jurisdictions"),
        '"gridmap"."jurisdictions"',
        ("code", "name", "kind"),
    ),
    _Layer("units", "units", Text("单元", "Units"), '"gridmap"."plan_units"', _UNIT_COLUMNS),
    _Layer("grids", "grids", Text("网格", "Grids"), '"gridmap"."plan_grids"', _GRID_COLUMNS),
)
_IN_FORCE: Final = (
    _Layer("units_in_force", "units", Text("现行单元", "Units in force"), '"gridmap"."units_in_force"', _UNIT_COLUMNS),
    _Layer("grids_in_force", "grids", Text("现行网格", "Grids in force"), '"gridmap"."grids_in_force"', _GRID_COLUMNS),
)


@dataclass(frozen=True)
class _Scene:
    """What one group of layers shows: its name, CRS, extent (x0, y0, x1, y1), and the subset of the views."""

    name: str
    key: str
    srid: int
    crs: CRS
    extent: tuple[float, float, float, float]
    subset: str
    is_synthetic: bool


def write_qgis_project(
    store: Store, path: str | Path, *, url: str, plan: str | int | None = None, lang: str = "zh"
) -> None:
    """Write a project that shows a plan, or the plans in force, as the database has them at any moment.

    Parameters
    ----------
    store : Store
    path : str or Path
        A name that ends in ``.qgs``; an older file is replaced when the new one is complete.
    url : str
        Address of the database as QGIS is to reach it. Its password is left out: QGIS asks for it, or takes it
        from an authentication configuration or ``pg_service.conf`` of its user.
    plan : str or int, optional
        The plan; those in force without it.
    lang : str
        "zh" or "en": language of the names.

    Raises
    ------
    InvalidInput
        If the name does not end in ``.qgs``, or several towns have a plan of that name.
    NotStored
        If there is no such plan, or none in force.
    OutputError
        If the file cannot be written; an older one is left as it was.
    StoreError
        If the address is none, or the database cannot be reached.
    """
    target = Path(path)
    if target.suffix.lower() != ".qgs":
        raise InvalidInput(
            f"{target.name}: a QGIS project is written as .qgs; give a name that ends so",
            f"{target.name}：QGIS 工程文件名应以 .qgs 结尾。",
        )
    address = _address(url)
    with store.read() as connection:
        if plan is None:
            scenes, title = _scenes_in_force(connection), Text("现行网格", "Grids in force")
        else:
            scenes = [_scene_of(connection, plan)]
            title = Text(f"{scenes[0].name} 网格划分方案", f"{scenes[0].name}: plan")
    heading = title.zh if lang == "zh" else title.en
    if any(s.is_synthetic for s in scenes):
        heading += "（合成数据 synthetic data）"
    text = _DOCTYPE + ET.tostring(
        _project(heading, scenes, _IN_FORCE if plan is None else _OF_PLAN, address, lang), encoding="unicode"
    )
    with written_whole(target) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def _address(url: str) -> str:
    """The beginning of each data source; what is secret, and what QGIS has no word for, stays out."""
    parts = conninfo_to_dict(for_program(url)[0])
    return " ".join(f"{key}={_quoted(str(parts[key]))}" for key in _ADDRESS if parts.get(key))


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _scene_of(connection: sa.Connection, plan: str | int) -> _Scene:
    entry = get_entry(connection, plan)
    row = connection.execute(_SURVEY, {"sets": [entry.unit_set_id]}).one()
    return _Scene(
        f"{entry.town} {entry.name}",
        f"plan_{entry.id}",
        row.srid,
        CRS.from_user_input(row.crs),
        (row.x0, row.y0, row.x1, row.y1),
        f'"plan_id" = {entry.id}',
        row.is_synthetic,
    )


_SURVEY: Final = sa.text(
    "SELECT s.srid, s.crs, bool_or(s.is_synthetic) AS is_synthetic, array_agg(DISTINCT t.name) AS towns,"
    " min(e.x0) AS x0, min(e.y0) AS y0, max(e.x1) AS x1, max(e.y1) AS y1"
    " FROM gridmap.unit_set s JOIN gridmap.town t ON t.id = s.town_id"
    " CROSS JOIN LATERAL (SELECT min(ST_XMin(geom)) AS x0, min(ST_YMin(geom)) AS y0,"
    " max(ST_XMax(geom)) AS x1, max(ST_YMax(geom)) AS y1"
    " FROM gridmap.jurisdiction j WHERE j.unit_set_id = s.id) e"
    " WHERE s.id = ANY (CAST(:sets AS integer[])) GROUP BY s.srid, s.crs ORDER BY s.srid = 0, s.srid, s.crs"
)


def _scenes_in_force(connection: sa.Connection) -> list[_Scene]:
    """One scene for each CRS in which towns have a plan in force."""
    sets = sa.text("SELECT DISTINCT unit_set_id FROM gridmap.plan WHERE in_force @> CURRENT_DATE")
    rows = connection.execute(_SURVEY, {"sets": list(connection.execute(sets).scalars())}).all()
    if not rows:
        raise NotStored("no plan is in force today; name a plan", "今天没有生效的方案；请指定一个方案。")
    scenes = []
    for number, row in enumerate(rows):
        towns = ", ".join("'" + t.replace("'", "''") + "'" for t in row.towns)
        scenes.append(
            _Scene(
                "、".join(row.towns),
                f"in_force_{number + 1}",
                row.srid,
                CRS.from_user_input(row.crs),
                (row.x0, row.y0, row.x1, row.y1),
                f'"town" IN ({towns})' if len(rows) > 1 else "",
                row.is_synthetic,
            )
        )
    return scenes


def _project(heading: str, scenes: Sequence[_Scene], layers: Sequence[_Layer], address: str, lang: str) -> ET.Element:
    root = ET.Element("qgis", projectname=heading, version=_QGIS)
    ET.SubElement(root, "title").text = heading
    properties = ET.SubElement(root, "properties")
    enabled = ET.SubElement(ET.SubElement(properties, "SpatialRefSys"), "ProjectionsEnabled", type="int")
    enabled.text = "1"  # else QGIS leaves the CRS of the project aside
    _crs(ET.SubElement(root, "projectCrs"), scenes[0].crs)
    tree = ET.SubElement(root, "layer-tree-group")
    canvas = ET.SubElement(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    ET.SubElement(canvas, "units").text = "meters"
    _extent(canvas, scenes[0].extent)
    ET.SubElement(canvas, "rotation").text = "0"
    _crs(ET.SubElement(canvas, "destinationsrs"), scenes[0].crs)
    listed = ET.SubElement(root, "projectlayers")
    order = ET.SubElement(root, "layerorder")
    for scene in scenes:
        group = tree
        if len(scenes) > 1:
            group = ET.SubElement(tree, "layer-tree-group", name=scene.name, checked="Qt::Checked", expanded="1")
        for layer in layers:
            key = f"{layer.id}_{scene.key}"
            source = _source(scene, layer, address)
            name = layer.name.zh if lang == "zh" else layer.name.en
            ET.SubElement(
                group,
                "layer-tree-layer",
                id=key,
                name=name,
                source=source,
                providerKey="postgres",
                checked="Qt::Checked",
                expanded="1" if layer.style == "grids" else "0",
                legend_exp="",
            )
            ET.SubElement(order, "layer", id=key)
            _map_layer(listed, key, name, source, scene, layer, lang)
    ET.indent(root)
    return root


def _source(scene: _Scene, layer: _Layer, address: str) -> str:
    # The key, the SRID and the type are given, else QGIS looks through every row first. No estimates: of a view the
    # planner knows nothing, and QGIS would show one unit where there are thousands.
    table = layer.source if layer.source.startswith('"') else '"' + layer.source.replace('"', '\\"') + '"'
    return (
        f"{address} key='key' estimatedmetadata=false srid={scene.srid} type=MultiPolygon"
        f" checkPrimaryKeyUnicity='0' table={table} (geom)" + (f" sql={scene.subset}" if scene.subset else "")
    )


def _map_layer(listed: ET.Element, key: str, name: str, source: str, scene: _Scene, layer: _Layer, lang: str) -> None:
    style = style_trees()[layer.style]
    entry = ET.SubElement(
        listed,
        "maplayer",
        type="vector",
        geometry="Polygon",
        wkbType="MultiPolygon",
        readOnly="1",
        labelsEnabled=style.get("labelsEnabled", "0"),
        autoRefreshEnabled="0",
        styleCategories="AllStyleCategories",
    )
    ET.SubElement(entry, "id").text = key
    ET.SubElement(entry, "datasource").text = source
    ET.SubElement(entry, "layername").text = name
    _extent(entry, scene.extent)
    _crs(ET.SubElement(entry, "srs"), scene.crs)
    ET.SubElement(entry, "provider", encoding="").text = "postgres"
    entry.extend(list(style))
    if lang == "zh":  # the columns have English names of their own
        _aliases(entry, {c: short_zh(c) for c in layer.columns})


def _aliases(entry: ET.Element, aliases: Mapping[str, str]) -> None:
    table = ET.SubElement(entry, "aliases")
    for index, (field, alias) in enumerate(aliases.items()):
        if alias:
            ET.SubElement(table, "alias", index=str(index), field=field, name=alias)


def _extent(parent: ET.Element, extent: tuple[float, float, float, float]) -> None:
    entry = ET.SubElement(parent, "extent")
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), extent, strict=True):
        ET.SubElement(entry, name).text = f"{value:.3f}"


def _crs(parent: ET.Element, crs: CRS) -> None:
    entry = ET.SubElement(parent, "spatialrefsys")
    code = crs.to_epsg()
    ET.SubElement(entry, "wkt").text = crs.to_wkt()
    if code is not None:
        ET.SubElement(entry, "srid").text = str(code)
        ET.SubElement(entry, "authid").text = f"EPSG:{code}"
    ET.SubElement(entry, "description").text = crs.name
