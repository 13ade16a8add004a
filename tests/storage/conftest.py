"""A real PostGIS server for the tests: one a worker, private, stopped at the end."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import psycopg
import pytest
import shapely
from psycopg import sql

from gridmap.errors import StoreError
from gridmap.model.plan import Plan
from gridmap.model.records import Records, make_records
from gridmap.model.registers import REGISTERS
from gridmap.model.rules import Rules, load_rules
from gridmap.model.town import Town
from gridmap.model.units import Units
from gridmap.storage.connect import Store, connect
from gridmap.storage.embedded.cluster import Cluster, start_cluster, stop_cluster
from gridmap.storage.entries import PlanEntry
from gridmap.storage.plans import save_plan
from gridmap.storage.upgrade import upgrade_database

#: What makes a throw-away server quick and small; a server that keeps plans has none of these.
SMALL = {"shared_buffers": "32MB"}
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", **SMALL}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder works in a real PostGIS."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.database)


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Callable[[], Path]]:
    """Makes folders that also the user ``postgres`` may enter; pytest's own are closed to everybody but root."""
    made: list[Path] = []

    def make() -> Path:
        folder = Path(tempfile.mkdtemp(prefix="gridmap-"))
        folder.chmod(0o755)
        made.append(folder)
        return folder

    yield make
    for folder in made:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def cluster(open_folder: Callable[[], Path]) -> Iterator[Cluster]:
    """A started server in a folder of its own."""
    folder = open_folder()
    yield start_cluster(folder, options=QUICK)
    stop_cluster(folder)


@pytest.fixture(scope="session")
def template_database(cluster: Cluster) -> str:
    """Name of an empty database with PostGIS, from which others are copied: quicker than making the extension."""
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE with_postgis TEMPLATE gridmap")
    return "with_postgis"


@pytest.fixture
def empty_database(cluster: Cluster, template_database: str) -> Iterator[str]:
    """URL of a new database with PostGIS and nothing else, dropped afterwards."""
    name = f"t{uuid.uuid4().hex[:12]}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template_database))
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(create)
    yield cluster.url.replace("/gridmap?", f"/{name}?")
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(drop)


@pytest.fixture(scope="module")
def home(open_folder: Callable[[], Path]) -> Iterator[Path]:
    """A folder with a cluster that was made once; each test finds it stopped."""
    folder = open_folder()
    start_cluster(folder, options=SMALL)
    yield folder
    stop_cluster(folder)


@pytest.fixture
def stopped(home: Path) -> Iterator[Path]:
    stop_cluster(home)
    yield home
    stop_cluster(home)


@pytest.fixture
def folder(open_folder: Callable[[], Path]) -> Iterator[Path]:
    """An empty folder; whatever server a test starts in it is stopped."""
    made = open_folder()
    yield made
    try:
        stop_cluster(made)
    except StoreError:  # the test left something there that is no cluster, and so no server
        assert not list(made.glob("postgres/postmaster.pid"))


@pytest.fixture(scope="session")
def upgraded_database(cluster: Cluster, template_database: str) -> str:
    """Name of a database with the tables of gridmap and no rows, from which the stores of the tests are copied."""
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE with_gridmap TEMPLATE {}").format(sql.Identifier(template_database))
        )
    engine = connect(cluster.url.replace("/gridmap?", "/with_gridmap?"))
    upgrade_database(engine)
    engine.dispose()
    return "with_gridmap"


@pytest.fixture
def database(cluster: Cluster, upgraded_database: str) -> Iterator[str]:
    """URL of a new database with the tables of gridmap, dropped afterwards."""
    name = f"s{uuid.uuid4().hex[:12]}"
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(upgraded_database))
        )
    yield cluster.url.replace("/gridmap?", f"/{name}?")
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def make_store(database: str) -> Iterator[Callable[..., Store]]:
    """Stores of one database, each for somebody else."""
    made: list[Store] = []

    def make(actor: str = "王芳", client: str = "test") -> Store:
        made.append(Store(connect(database), actor, client))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def store(make_store: Callable[..., Store]) -> Store:
    """A store of a planner called 王芳."""
    return make_store()


VILLAGE, AREA = "310116113202", "310116113001"


def square(column: int, row: int) -> shapely.Polygon:
    return shapely.box(100 * column, 100 * row, 100 * (column + 1), 100 * (row + 1))


@pytest.fixture
def town() -> Town:
    """A village of six groups in a row (50 households each), above it a residential area of twelve blocks of 100."""
    places = [(i, 0) for i in range(6)] + [(i, j) for j in (1, 2) for i in range(6)]
    units = gpd.GeoDataFrame(
        {
            "households": [50] * 6 + [100] * 12,
            "jurisdiction": [VILLAGE] * 6 + [AREA] * 12,
            "kind": ["group"] * 6 + ["block"] * 12,
            "name": [f"第{i}组" for i in range(1, 7)] + [""] * 12,
            "note": [None, "靠河", *[""] * 16],
            "floors": [float("nan"), *map(float, range(17))],
        },
        geometry=[square(*p) for p in places],
        index=[f"G{i}" for i in range(6)] + [f"B{i:02}" for i in range(12)],
        crs="EPSG:4549",
    )
    areas = gpd.GeoDataFrame(
        {"name": ["向阳村", "海欣居民区"], "kind": ["village", "residential_area"]},
        geometry=[shapely.box(0, 0, 600, 100), shapely.box(0, 100, 600, 300)],
        index=[VILLAGE, AREA],
        crs="EPSG:4549",
    )
    roads = gpd.GeoDataFrame(
        {"kind": ["road"], "name": ["亭卫公路"], "road_class": [1]},
        geometry=[shapely.LineString([(0, 100), (600, 100)])],
        crs="EPSG:4549",
    )
    premises = gpd.GeoDataFrame(
        {"premises_id": ["P1"], "name": ["<小店>"], "kind": ["shop"]},
        geometry=[shapely.Point(50, 50)],
        crs="EPSG:4549",
    )
    return Town(
        Units(units, areas),
        barriers=roads,
        premises=premises,
        context={"roads": roads[["road_class", "name", "geometry"]]},
        name="山阳镇",
        source="测试",
        date="2026-01-31",
        is_synthetic=True,
    )


#: The grids of the plan below: two in the village, four in the residential area.
V1, V2 = f"{VILLAGE}001", f"{VILLAGE}002"
A1, A2, A3, A4 = (f"{AREA}00{i}" for i in range(1, 5))


@pytest.fixture
def plan(town: Town) -> Plan:
    """Groups in threes, blocks in rows of three: six grids, all connected, 150 or 300 households each."""
    grids = [V1] * 3 + [V2] * 3
    grids += [A1, A1, A1, A2, A2, A2, A3, A3, A3, A4, A4, A4]
    codes = [V1, V2, A1, A2, A3, A4]
    return Plan(town.units, np.array([codes.index(g) for g in grids], dtype=np.int32), tuple(codes))


@pytest.fixture
def rules() -> Rules:
    return load_rules()


@pytest.fixture
def stored(store: Store, town: Town, plan: Plan, rules: Rules) -> PlanEntry:
    """The plan in the database, called 2026, at version 1."""
    return save_plan(store, "2026", town, plan, rules)


def make_all_records() -> Records:
    """Something in every register; G1 lies in grid V1, B2 on the border of the blocks of grids A1 and A2."""
    values: dict[str, dict[str, list[Any]]] = {
        "point": {
            "point_id": ["P1", "P2", "P3"],
            "name": ["向阳网格点", "海欣党建服务站", "老党员家"],
            "kind": ["grid_point", "party_service_station", "grid_point"],
            "grid": [V1, A1, ""],
            "premises_id": ["C1", "C1", ""],
            "status": ["in_use", "planned", "closed"],
            "built_on": ["2025-01-02", None, "2024-01-01"],
            "capacity": [300, None, 0],
            "services": [("理发", "义诊"), (), ("议事",)],
            "is_private_home": [False, False, True],
            "geometry": [shapely.Point(50, 50), shapely.Point(300, 150), shapely.Point(5000, 5000)],
        },
        "person": {"person_id": ["R1", "R2"], "name": ["王芳", "李明"], "phone": ["13800000001", ""]},
        "post": {
            "person_id": ["R1", "R2", "R2"],
            "role": ["grid_leader", "grid_member", "grid_member"],
            "jurisdiction": [VILLAGE] * 3,
            "grid": [V1, V1, V2],
            "source": ["committee", "", "volunteer"],
            "since": ["2025-01-01", None, "2025-03-01"],
            "until": [None, None, "2025-12-31"],
        },
        "list_item": {"list": ["management"], "template_version": [1], "item": ["1"], "title": ["垃圾分类"]},
        "list_adoption": {
            "grid": [V1],
            "list": ["management"],
            "template_version": [1],
            "adopted_on": ["2025-02-01"],
        },
        "list_change": {
            "grid": [V1],
            "list": ["management"],
            "item": ["1"],
            "action": ["dropped"],
            "since": ["2025-05-01"],
        },
        "branch": {
            "branch_id": ["Z1"],
            "name": ["向阳支部"],
            "kind": ["branch"],
            "jurisdiction": [VILLAGE],
            "grids": [(V1, V2)],
            "members": [35],
        },
        "in_service": {"grid": [A1], "counted_on": ["2025-06-30"], "members": [41]},
        "activity": {
            "activity_id": ["H1"],
            "kind": ["theme_day"],
            "title": ["主题党日"],
            "held_on": ["2025-07-01"],
            "attendance": [28],
        },
        "deliberation": {"deliberation_id": ["Y1"], "held_on": ["2025-07-08"], "grid": [V1], "topic": ["路灯"]},
        "service_item": {"item_id": ["F1"], "title": ["理发"]},
        "service_offer": {"offer_id": ["A1"], "department": ["社区学校"], "item_id": ["F1"], "recurrence": ["每周四"]},
        "service_order": {
            "order_id": ["D1"],
            "ordered_on": ["2025-08-01"],
            "grid": [V1],
            "item_id": ["F1"],
            "status": ["fulfilled"],
            "rating": [9],
        },
    }
    return Records({n: make_records(REGISTERS[n], v, crs="EPSG:4549") for n, v in values.items()}, is_synthetic=True)


@pytest.fixture
def all_records() -> Records:
    return make_all_records()
