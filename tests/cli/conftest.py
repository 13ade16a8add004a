"""Small real files as a town would hand them in, and the command line run on them in this process."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import pytest
import shapely

from gridmap.cli.app import _run
from gridmap.data.vector import write_layers
from gridmap.storage.embedded.cluster import stop_cluster

EAST, NORTH = 628_000.0, 3_402_000.0
NUMBERS = count()


class Said(NamedTuple):
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


def square(column: int, row: int, side: float = 100.0) -> shapely.Polygon:
    return shapely.box(EAST + side * column, NORTH + side * row, EAST + side * (column + 1), NORTH + side * (row + 1))


@pytest.fixture
def town() -> gpd.GeoDataFrame:
    """A village of six groups in a row, and above it a residential area of twelve blocks: 6 × 50 and 12 × 100."""
    places = [(i, 0) for i in range(6)] + [(i, j) for j in (1, 2) for i in range(6)]
    return gpd.GeoDataFrame(
        {
            "unit_id": [f"G{i}" for i in range(6)] + [f"B{i:02}" for i in range(12)],
            "jurisdiction": ["310116113202"] * 6 + ["310116113001"] * 12,
            "households": [50] * 6 + [100] * 12,
        },
        geometry=[square(*p) for p in places],
        crs="EPSG:4549",
    )


@pytest.fixture
def areas() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": ["310116113202", "310116113001"], "name": ["向阳村", "海欣居民区"]},
        geometry=[
            shapely.box(EAST, NORTH, EAST + 600, NORTH + 100),
            shapely.box(EAST, NORTH + 100, EAST + 600, NORTH + 300),
        ],
        crs="EPSG:4549",
    )


@pytest.fixture
def town_file(town: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, tmp_path: Path) -> Path:
    """The town in one GeoPackage with standard layers."""
    path = tmp_path / "town.gpkg"
    write_layers(path, {"units": town, "jurisdictions": areas})
    return path


@pytest.fixture
def gridmap_(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run a command in this process."""

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        code = _run([str(a) for a in arguments])
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def database_folder() -> Iterator[Path]:
    """A folder for the embedded database of the tests, which also the server's user may enter; stopped at the end."""
    folder = Path(tempfile.mkdtemp(prefix="gridmap-"))
    folder.chmod(0o755)
    yield folder
    stop_cluster(folder)
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def own_database(database_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No command of a test touches the database of whoever runs the tests."""
    monkeypatch.delenv("GRIDMAP_DATABASE_URL", raising=False)
    monkeypatch.setenv("GRIDMAP_DATA", str(database_folder))


@pytest.fixture
def plan_file(gridmap_: Callable[..., Said], town_file: Path, tmp_path: Path) -> Path:
    path = tmp_path / "plan.gpkg"
    assert gridmap_("plan", town_file, "--out", path, "--quiet").code == 0
    return path


@pytest.fixture
def keep(gridmap_: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, str, str], tuple[str, ...]]:
    """Stores a plan file in a town of its own, since all tests share one database; gives ``--plan`` of it."""

    def store(plan: Path, town: str, name: str) -> tuple[str, ...]:
        monkeypatch.setenv("GRIDMAP_ACTOR", "王芳")
        own = f"{town}{next(NUMBERS)}"
        with closing(sqlite3.connect(plan)) as database, database:
            database.execute("UPDATE about SET value = ? WHERE key = 'name'", (own,))
        assert gridmap_("store", "import", plan, "--name", name, "--quiet").code == 0
        return "--plan", f"{own}/{name}"

    return store


@pytest.fixture
def at(keep: Callable[[Path, str, str], tuple[str, ...]], plan_file: Path) -> tuple[str, ...]:
    """``--plan`` of a plan in a town of its own."""
    return keep(plan_file, "登记镇", "2026")


@pytest.fixture
def grid(plan_file: Path) -> dict[str, str]:
    """Unit → code of its grid."""
    units = gpd.read_file(plan_file, layer="units")
    return dict(zip(units["unit_id"], units["grid_code"], strict=True))
