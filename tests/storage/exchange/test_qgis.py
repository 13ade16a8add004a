"""The QGIS project: what it names is there, holds what SQL says, and tells no secret."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import psycopg
import pytest
import shapely
from psycopg import sql

from gridmap.check import check_plan
from gridmap.data.plan_layers import STRIP_M
from gridmap.data.plan_styles import style_trees
from gridmap.errors import InvalidInput, NotStored, OutputError, StoreError
from gridmap.measure.connect import build_graph
from gridmap.model.plan import Plan
from gridmap.model.rules import Rules
from gridmap.model.town import Town
from gridmap.model.units import Units
from gridmap.storage.connect import Store
from gridmap.storage.entries import PlanEntry
from gridmap.storage.exchange.qgis import _FINDINGS, write_qgis_project
from gridmap.storage.plans import save_plan
from gridmap.storage.states import approve_plan, put_in_force

URL = "postgresql+psycopg://planner:s3cret%21@db.example:5433/plans?sslmode=require&passfile=x&options=-c%20a%3Db"


@pytest.fixture
def judged(store: Store, town: Town, plan: Plan, rules: Rules) -> PlanEntry:
    """The plan with two blocks moved over a road: broken rules that lie in areas, along a line, or nowhere."""
    odd = plan.move(["B03", "B09"], "310116113001001")
    assert town.barriers is not None
    road = town.barriers.set_geometry([shapely.LineString([(0, 200), (600, 200)])], crs=town.barriers.crs)
    report = check_plan(odd, rules, graph=build_graph(town.units, road), premises=town.premises)
    return save_plan(store, "2026", town, odd, rules, report=report)


def layers(path: Path) -> dict[str, ET.Element]:
    root = ET.parse(path).getroot()
    found = {e.findtext("id", ""): e for e in root.iter("maplayer")}
    assert [e.get("id") for e in root.iter("layer-tree-layer")] == list(found)
    assert [e.get("id") for e in root.findall("layerorder/layer")] == list(found)
    return found


def query_of(source: str) -> str:
    """The FROM clause that QGIS makes of a data source: its table or query, and its subset."""
    found = re.search(r' table=(".+") \(geom\)(?: sql=(.+))?$', source)
    assert found is not None, source
    table = found[1]
    if table.startswith('"('):
        table = table[1:-1].replace('\\"', '"') + " q"
    return f"FROM {table}" + (f" WHERE {found[2]}" if found[2] else "")


def asked(url: str, columns: str, source: str) -> tuple[set[str], list[tuple[object, ...]]]:
    """Names of the columns, and the rows."""
    with psycopg.connect(url) as connection:
        cursor = connection.execute(sql.SQL(f"SELECT {columns} {query_of(source)}"))  # type: ignore[arg-type]
        return {c.name for c in cursor.description or ()}, cursor.fetchall()


def test_layers_are_there_as_the_project_says(
    store: Store, database: str, judged: PlanEntry, town: Town, plan: Plan, tmp_path: Path
) -> None:
    path = tmp_path / "方案.qgs"
    write_qgis_project(store, path, plan="2026", url=database)
    found = layers(path)
    names = [e.findtext("layername") for e in found.values()]
    assert names == ["检查问题", "村居", "单元", "网格"]
    counts = {}
    for key, entry in found.items():
        source = entry.findtext("datasource", "")
        assert entry.findtext("provider") == "postgres"
        assert entry.get("readOnly") == "1"
        assert " key='key' " in source
        assert " srid=4549 type=MultiPolygon " in source
        _, rows = asked(database, "key, GeometryType(geom), ST_SRID(geom)", source)
        counts[key.partition("_")[0]] = len(rows)
        assert {r[1] for r in rows} <= {"POLYGON", "MULTIPOLYGON", None}
        assert {r[2] for r in rows} <= {4549, None}
        assert len({r[0] for r in rows}) == len(rows)
    with psycopg.connect(database) as connection:
        kinds = connection.execute("SELECT ST_Dimension(geom), count(*) FROM gridmap.findings GROUP BY 1").fetchall()
    assert {k for k, _ in kinds} == {None, 1, 2}  # nowhere, along a line, an area
    assert counts == {
        "findings": sum(n for _, n in kinds),
        "jurisdictions": 2,
        "units": len(town.units),
        "grids": plan.n_grids,
    }


def test_styles_are_those_of_the_plan_file_and_name_columns_of_the_views(
    store: Store, database: str, judged: PlanEntry, tmp_path: Path
) -> None:
    write_qgis_project(store, tmp_path / "a.qgs", plan=judged.id, url=database)
    for key, entry in layers(tmp_path / "a.qgs").items():
        style = style_trees()[key.partition("_")[0]]
        for part in ("renderer-v2", "labeling"):
            mine, theirs = style.find(part), entry.find(part)
            assert (mine is None) == (theirs is None)
            if mine is not None and theirs is not None:
                assert ET.canonicalize(ET.tostring(mine), strip_text=True) == ET.canonicalize(
                    ET.tostring(theirs), strip_text=True
                )
        columns, _ = asked(database, "*", entry.findtext("datasource", ""))
        expressions = [e.get("filter", "") for e in style.iter("rule")]
        expressions += [e.get("fieldName", "") for e in style.iter("text-style")]
        assert set(re.findall(r'"([a-z_]+)"', " ".join(expressions))) <= columns
        assert {e.get("field") for e in entry.iter("alias")} <= columns
    assert f"ST_Buffer(geom, {STRIP_M:g}," in _FINDINGS


def test_no_secret_is_written(store: Store, judged: PlanEntry, tmp_path: Path) -> None:
    write_qgis_project(store, tmp_path / "a.qgs", plan="2026", url=URL, lang="en")
    text = (tmp_path / "a.qgs").read_text("utf-8")
    assert "s3cret" not in text
    assert "password" not in text
    source = layers(tmp_path / "a.qgs")[f"grids_plan_{judged.id}"].findtext("datasource", "")
    assert source.startswith("dbname='plans' host='db.example' port='5433' user='planner' sslmode='require' key=")
    write_qgis_project(store, tmp_path / "a.qgs", plan="2026", url="postgresql://o%27brien@/a%5Cb")
    assert "dbname='a\\\\b' user='o\\'brien' " in (tmp_path / "a.qgs").read_text("utf-8")
    with pytest.raises(StoreError, match="no address"):
        write_qgis_project(store, tmp_path / "a.qgs", plan="2026", url="mysql://x")


def test_title_crs_and_extent(store: Store, database: str, judged: PlanEntry, tmp_path: Path) -> None:
    write_qgis_project(store, tmp_path / "a.qgs", plan="2026", url=database)
    root = ET.parse(tmp_path / "a.qgs").getroot()
    assert root.findtext("title") == "山阳镇 2026 网格划分方案（合成数据 synthetic data）"
    assert root.findtext("projectCrs/spatialrefsys/authid") == "EPSG:4549"
    assert root.findtext("properties/SpatialRefSys/ProjectionsEnabled") == "1"
    extent = {e.tag: float(e.text or 0) for e in root.find("mapcanvas/extent") or ()}
    assert extent == {"xmin": 0, "ymin": 0, "xmax": 600, "ymax": 300}
    write_qgis_project(store, tmp_path / "a.qgs", plan="2026", url=database, lang="en")
    root = ET.parse(tmp_path / "a.qgs").getroot()
    assert root.findtext("title") == "山阳镇 2026: plan（合成数据 synthetic data）"
    assert [e.get("name") for e in root.iter("layer-tree-layer")] == ["Findings", "Jurisdictions", "Units", "Grids"]


def test_plans_in_force_one_group_a_crs(
    make_store: Callable[..., Store],
    database: str,
    judged: PlanEntry,
    town: Town,
    plan: Plan,
    rules: Rules,
    tmp_path: Path,
) -> None:
    store = make_store()
    with pytest.raises(NotStored, match="no plan is in force") as caught:
        write_qgis_project(store, tmp_path / "a.qgs", url=database)
    assert "没有生效的方案" in caught.value.zh
    lawful = save_plan(store, "good", town, plan, rules, report=check_plan(plan, rules))
    approve_plan(store, lawful.id)
    put_in_force(store, lawful.id, date(2026, 1, 1))
    write_qgis_project(store, tmp_path / "a.qgs", url=database)
    found = layers(tmp_path / "a.qgs")
    assert [e.findtext("layername") for e in found.values()] == ["现行单元", "现行网格"]
    counts = [len(asked(database, "key", e.findtext("datasource", ""))[1]) for e in found.values()]
    assert counts == [len(town.units), plan.n_grids]
    # A second town, in another CRS and with a quote in its name.
    frame = town.units.frame.set_crs(4548, allow_override=True)
    units = Units(frame, town.units.jurisdictions.set_crs(4548, allow_override=True))
    other = Plan(units, plan.grid_of, plan.codes)
    report = check_plan(other, rules)
    entry = save_plan(store, "2026", Town(units, name="O'Town"), other, rules, report=report)
    approve_plan(store, entry.id)
    put_in_force(store, entry.id, date(2026, 1, 1))
    write_qgis_project(store, tmp_path / "a.qgs", url=database)
    found = layers(tmp_path / "a.qgs")
    sources = [e.findtext("datasource", "") for e in found.values()]
    assert ["srid=4548" in s for s in sources] == [True, True, False, False]
    assert [len(asked(database, "key", s)[1]) for s in sources] == [18, 6, 18, 6]
    groups = ET.parse(tmp_path / "a.qgs").getroot().findall("layer-tree-group/layer-tree-group")
    assert [g.get("name") for g in groups] == ["O'Town", "山阳镇"]


def test_a_project_that_cannot_be_written(store: Store, judged: PlanEntry, database: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="a QGIS project is written as") as caught:
        write_qgis_project(store, tmp_path / "a.qgz", plan="2026", url=database)
    assert ".qgs 结尾" in caught.value.zh
    with pytest.raises(NotStored, match="no such plan: x"):
        write_qgis_project(store, tmp_path / "a.qgs", plan="x", url=database)
    with pytest.raises(OutputError, match="does not exist"):
        write_qgis_project(store, tmp_path / "nowhere" / "a.qgs", plan="2026", url=database)
    assert list(tmp_path.iterdir()) == []
