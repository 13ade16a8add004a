"""`gridmap db` on a database of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from gridmap.cli.db import db_app
from gridmap.errors import OutputError, StoreError
from gridmap.storage.connect import connect
from gridmap.storage.embedded.cluster import Cluster, cluster_status, stop_cluster
from gridmap.storage.upgrade import upgrade_database

ROOT = Path(__file__).resolve().parents[2]
SERVER = "postgresql://u:s3cret@db.town:5433/plans"

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder that also the server's user may enter; what runs in it is stopped at the end."""
    folder = Path(tempfile.mkdtemp(prefix="gridmap-"))
    folder.chmod(0o755)
    yield folder
    stop_cluster(folder)
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRIDMAP_DATABASE_URL", raising=False)
    monkeypatch.setenv("GRIDMAP_DATA", str(home))


def db(*arguments: object) -> Result:
    return CliRunner().invoke(db_app, [str(a) for a in arguments])


def said(result: Result, code: int = 0) -> str:
    assert result.exit_code == code, result.output
    return result.stdout


def test_started_looked_at_and_stopped(home: Path) -> None:
    assert str(home) in said(db("start", "--lang", "en"))
    assert said(db("start")).startswith("数据库已在运行：")
    shown = said(db("status", "--lang", "en"))
    for part in ("runs", str(cluster_status(home).pid), str(home / "postgres"), "PostgreSQL", " MB"):
        assert part in shown
    assert "在运行" in said(db("status"))
    assert said(db("url")) == Cluster(home).url + "\n"
    assert said(db("stop", "--lang", "en")).startswith("the database was stopped: ")
    assert said(db("stop")).startswith("数据库原本未运行：")
    assert "stopped" in said(db("status", "--lang", "en"), code=1)
    assert said(db("start", "--quiet")) == ""


def test_nothing_made_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMAP_DATA", str(tmp_path / "none"))
    assert "未建立" in said(db("status"), code=1)
    assert "was not running" in said(db("stop", "--lang", "en"))
    assert not (tmp_path / "none").exists()


def test_psql_opens_the_database(home: Path) -> None:
    code = "from gridmap.cli.db import db_app; db_app()"
    run = subprocess.run(
        [sys.executable, "-c", code, "psql", "--", "-AtX", "-c", "SELECT current_database(), '网格'"],
        cwd=ROOT,
        env={**os.environ, "GRIDMAP_DATA": str(home), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stderr == ""
    assert run.stdout == "gridmap|网格\n"


def test_backed_up_and_restored(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    db("start")
    engine = connect(Cluster(home).url)
    upgrade_database(engine)
    engine.dispose()
    path = tmp_path / "a.gridmap-backup"
    assert f"{path} (" in said(db("backup", path, "--lang", "en"))
    assert isinstance(db("backup", path).exception, OutputError)
    assert said(db("backup", path, "--force")).startswith("已备份 ")
    assert isinstance(db("restore", path).exception, StoreError), "the database keeps plans already"
    with psycopg.connect(Cluster(home).url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE other")
    monkeypatch.setenv("GRIDMAP_DATABASE_URL", Cluster(home).url_of("other"))
    assert "each compared" in said(db("restore", path, "--lang", "en"))
    assert "在运行" in said(db("status"))
    again = tmp_path / "b.gridmap-backup"
    assert said(db("backup", again, "--quiet")) == ""
    assert again.exists()


def test_the_database_of_a_server_is_only_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMAP_DATABASE_URL", SERVER)
    assert "which is not started by gridmap" in said(db("start", "--lang", "en"))
    assert "不由 gridmap 停止" in said(db("stop"))
    assert said(db("url")) == "postgresql://u@db.town:5433/plans\n"


def test_a_server_that_does_not_answer(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMAP_DATABASE_URL", f"postgresql://u:s3cret@/plans?host={home}")
    shown = said(db("status", "--lang", "en"), code=1)
    assert "cannot be reached" in shown
    assert "s3cret" not in shown
