"""Folders in which a cluster can live, and those that are refused."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from gridmap.errors import StoreError
from gridmap.storage.embedded.cluster import Cluster, cluster_status, start_cluster, stop_cluster
from gridmap.storage.embedded.owner import server_owner
from gridmap.storage.embedded.process import running_server
from gridmap.storage.embedded.programs import installed, server_programs

NOBODY = 65534
SMALL = {"shared_buffers": "32MB"}
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may act as other users")


def value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


# --- folders that are refused ---------------------------------------------------------------------------------


def refused(folder: Path, english: str, chinese: str) -> None:
    with pytest.raises(StoreError, match=english) as caught:
        start_cluster(folder, options=SMALL)
    assert chinese in caught.value.zh


def test_a_cluster_of_another_major_version(stopped: Path) -> None:
    path = Cluster(stopped).data / "PG_VERSION"
    is_now = path.read_text()
    path.write_text("9999\n")
    try:
        refused(stopped, "made by PostgreSQL 9999, installed is .*backup", "由 PostgreSQL 9999 建立")
    finally:
        path.write_text(is_now)


def test_a_cluster_on_which_another_server_runs(stopped: Path, folder: Path) -> None:
    owner, cluster = server_owner(), Cluster(stopped)
    owner.take(folder)
    postgres = server_programs(installed(), cluster_status(stopped).version).path("postgres")
    command = (
        'data=$1; socket=$2; program=$3; "$program" -D "$data" -k "$socket" -c listen_addresses= >/dev/null 2>&1 &'
    )
    owner.run(["/bin/sh", "-c", command, "sh", str(cluster.data), str(folder), postgres])
    deadline = time.monotonic() + 60
    while not (server := running_server(cluster.data, owner)) or not server.socket_folder:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    refused(stopped, f"a server that listens in {folder} runs on it", "请先停止它")
    assert stop_cluster(stopped) is True


def test_a_folder_with_other_files(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "thesis.txt").write_text("…")
    refused(folder, "holds files, but no PostgreSQL cluster", "不是 PostgreSQL 数据文件夹")
    assert (folder / "postgres" / "thesis.txt").read_text() == "…"


def test_an_empty_data_folder_is_used(folder: Path) -> None:
    (folder / "postgres").mkdir()
    assert value(start_cluster(folder, options=SMALL).url, "SELECT 1") == 1


def test_a_file_in_the_place_of_the_folder(folder: Path) -> None:
    (folder / "file").write_text("")
    refused(folder / "file", "this is a file", "这是文件")


def test_a_folder_that_cannot_be_made() -> None:
    refused(Path("/proc/gridmap/data"), "cannot be written", "无法写入")


@as_root
def test_a_folder_that_the_servers_user_cannot_enter(open_folder: Callable[[], Path]) -> None:
    closed = open_folder()
    closed.chmod(0o700)
    refused(closed / "deep", f"cannot enter {closed}; allow it with `chmod o\\+x {closed}`", "chmod o+x")


@as_root
def test_a_folder_of_another_user(folder: Path) -> None:
    os.chown(folder, NOBODY, NOBODY)
    refused(folder, "belongs to nobody", "属于用户 nobody")


@as_root
def test_a_cluster_of_another_user(stopped: Path) -> None:
    data = Cluster(stopped).data
    os.chown(data, NOBODY, NOBODY)
    try:
        refused(stopped, "belongs to nobody", "属于用户 nobody")
        with pytest.raises(StoreError, match="belongs to nobody"):
            cluster_status(stopped)
        with pytest.raises(StoreError, match="belongs to nobody"):
            stop_cluster(stopped)
    finally:
        server_owner().take(data)


def test_a_server_that_cannot_start_says_why(stopped: Path) -> None:
    with pytest.raises(StoreError, match=r"did not start: .*unrecognized configuration parameter") as caught:
        start_cluster(stopped, options={"no_such_setting": "1"})
    assert "未能启动" in caught.value.zh


# --- names of folders -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["长" * 40, "a,b", 'it\'s "here" & $HOME `x`; 网格 %41'], ids=["long", "comma", "odd"])
def test_folders_of_any_name(folder: Path, name: str) -> None:
    cluster = start_cluster(folder / name, options=SMALL)
    try:
        assert len(os.fsencode(cluster.socket_folder)) <= 107 - len("/.s.PGSQL.5432")
        assert stat.S_IMODE(cluster.socket_folder.stat().st_mode) == 0o700
        assert value(cluster.url, "SELECT count(*) FROM pg_extension WHERE extname = 'postgis'") == 1
    finally:
        stop_cluster(cluster.folder)
        if cluster.socket_folder.parent != cluster.folder:
            cluster.socket_folder.rmdir()


def test_a_short_socket_folder_of_somebody_else_is_refused(folder: Path) -> None:
    long = Cluster(folder / ("x" * 120))
    long.socket_folder.mkdir(mode=0o755)
    server_owner().take(long.socket_folder)
    try:
        refused(long.folder, "must be a folder that only", "chmod 700")
    finally:
        long.socket_folder.rmdir()
