"""The embedded database: real servers in throw-away folders."""

from __future__ import annotations

import os
import pwd
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from gridmap.errors import StoreError
from gridmap.storage.embedded import cluster as module
from gridmap.storage.embedded.cluster import Cluster, cluster_status, default_folder, start_cluster, stop_cluster
from gridmap.storage.embedded.owner import server_owner
from gridmap.storage.embedded.programs import client_program, installed

ROOT = Path(__file__).resolve().parents[3]
NOBODY = 65534
SMALL = {"shared_buffers": "32MB"}
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may act as other users")


def value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def script(folder: Path, code: str, **more: object) -> subprocess.Popen[str]:
    """A fresh Python in which `start` starts the cluster of the folder."""
    head = (
        "import time; from pathlib import Path; from gridmap.storage.embedded.cluster import start_cluster\n"
        f"def start(): return start_cluster(Path({str(folder)!r}), options={SMALL!r})\n"
    )
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-c", head + code], cwd=ROOT, stdout=subprocess.PIPE, text=True, **more
    )


# --- made, started, stopped -----------------------------------------------------------------------------------


def test_a_new_cluster_has_postgis_checksums_and_utf8(cluster: Cluster) -> None:
    assert str(value(cluster.url, "SELECT postgis_lib_version()")) >= "3.3"
    assert value(cluster.url, "SELECT ST_AsText(ST_MakePoint(121.2, 30.8))") == "POINT(121.2 30.8)"
    assert value(cluster.url, "SHOW data_checksums") == "on"
    assert value(cluster.url, "SHOW server_encoding") == "UTF8"
    assert value(cluster.url, "SHOW lc_collate") == "C.UTF-8"
    assert value(cluster.url, "SELECT current_user") == "gridmap"


def test_what_is_saved_is_on_the_disk(stopped: Path) -> None:
    url = start_cluster(stopped, options=SMALL).url
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        assert value(url, f"SHOW {name}") == "on"
    assert value(url, "SHOW jit") == "off"
    assert value(url, "SHOW max_connections") == "60"


def test_start_and_stop_may_be_repeated(stopped: Path) -> None:
    first = start_cluster(stopped, options=SMALL)
    status = cluster_status(stopped)
    assert status.exists
    assert status.is_running
    assert start_cluster(stopped) == first
    assert cluster_status(stopped).pid == status.pid
    assert stop_cluster(stopped) is True
    assert stop_cluster(stopped) is False
    assert not cluster_status(stopped).is_running


def test_status_tells_where_and_how_large(stopped: Path) -> None:
    start_cluster(stopped, options=SMALL)
    status = cluster_status(stopped)
    assert status.version == int(str(value(Cluster(stopped).url, "SHOW server_version_num"))) // 10_000
    assert status.data == Cluster(stopped).data
    assert 20e6 < status.size_bytes < 500e6


def test_where_nothing_is_nothing_is_made(tmp_path: Path) -> None:
    status = cluster_status(tmp_path / "none")
    assert (status.exists, status.is_running) == (False, False)
    assert (status.pid, status.version, status.size_bytes) == (None, None, 0)
    assert stop_cluster(tmp_path / "none") is False
    assert list(tmp_path.iterdir()) == []


def test_four_processes_at_once_make_one_cluster(folder: Path) -> None:
    started = [script(folder, "print(start().url)") for _ in range(4)]
    urls = {process.communicate(timeout=120)[0].strip() for process in started}
    assert [process.returncode for process in started] == [0] * 4
    assert urls == {Cluster(folder).url}
    assert sorted(p.name for p in folder.iterdir()) == ["lock", "log", "postgres", "run"]


def test_the_server_outlives_ctrl_c_and_the_process_that_started_it(stopped: Path) -> None:
    process = script(stopped, "start(); print('up', flush=True); time.sleep(60)", start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=30)
    assert value(Cluster(stopped).url, "SELECT 1") == 1


# --- nobody else gets in --------------------------------------------------------------------------------------


def listening_inodes() -> set[str]:
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    rows = [line.split() for t in tables if t.exists() for line in t.read_text().splitlines()[1:]]
    return {row[9] for row in rows if row[3] == "0A"}


def test_nothing_listens_on_a_network_even_if_the_settings_say_so(stopped: Path) -> None:
    url = start_cluster(stopped, options=SMALL | {"listen_addresses": "*"}).url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET listen_addresses = '*'")
    stop_cluster(stopped)
    start_cluster(stopped, options=SMALL)
    try:
        assert value(url, "SHOW listen_addresses") == ""
        pid = cluster_status(stopped).pid
        held = server_owner().run(["/bin/sh", "-c", f"readlink /proc/{pid}/fd/*"]).stdout
        assert "socket:[" in held
        assert not [inode for inode in listening_inodes() if f"socket:[{inode}]" in held]
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM RESET ALL")


def test_only_the_owner_comes_in_and_only_by_the_socket(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url) as connection:
        rules = connection.execute(
            "SELECT type, database, user_name, address, auth_method FROM pg_hba_file_rules ORDER BY line_number"
        ).fetchall()
        names = connection.execute("SELECT sys_name, pg_username FROM pg_ident_file_mappings").fetchall()
    assert [(r[0], r[1], r[4]) for r in rules] == [
        ("local", ["all"], "peer"),
        ("local", ["replication"], "peer"),
        ("host", ["all"], "reject"),
    ]
    me = server_owner().name
    assert set(names) == ({(me, "gridmap"), ("root", "gridmap")} if os.geteuid() == 0 else {(me, "gridmap")})


def test_another_role_needs_an_entry_of_its_own(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE intruder LOGIN SUPERUSER")
    with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
        psycopg.connect(cluster.url, user="intruder")
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("DROP ROLE intruder")


def test_folders_are_closed_to_others(cluster: Cluster) -> None:
    for path in (cluster.data, cluster.socket_folder, cluster.log):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert path.stat().st_uid == server_owner().uid
    for path in (cluster.log / "start.log", *cluster.log.glob("postgres-*.log"), cluster.data / "pg_ident.conf"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@as_root
def test_another_user_is_kept_out(cluster: Cluster) -> None:
    psql, _ = client_program("psql", installed())
    run = subprocess.run(
        [psql, cluster.url],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert run.returncode == 2
    assert "Permission denied" in run.stderr


# --- what crashes leave ---------------------------------------------------------------------------------------


def test_a_killed_server_starts_again_with_all_that_was_saved(stopped: Path) -> None:
    url = start_cluster(stopped, options=SMALL).url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    server = cluster_status(stopped)
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    assert start_cluster(stopped, options=SMALL).url == url
    assert cluster_status(stopped).pid != server.pid
    assert value(url, "SELECT sum(n) FROM kept") == 500_500
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE kept")


def test_a_stale_note_that_names_another_program_is_removed(stopped: Path) -> None:
    cluster = Cluster(stopped)
    other = subprocess.Popen(["sleep", "60"])  # as after a reboot: the number belongs to somebody else now
    try:
        lines = [other.pid, cluster.data, 1_700_000_000, 5432, cluster.socket_folder, "", "  5432001  98765", "ready"]
        (cluster.data / "postmaster.pid").write_text("\n".join(map(str, lines)) + "\n")
        (cluster.socket_folder / ".s.PGSQL.5432").touch()
        (cluster.socket_folder / ".s.PGSQL.5432.lock").write_text("\n".join(map(str, lines[:5])) + "\n")
        assert not cluster_status(stopped).is_running
        assert stop_cluster(stopped) is False
        start_cluster(stopped, options=SMALL)
        assert cluster_status(stopped).is_running
        assert other.poll() is None, "a program that has nothing to do with it was ended"
    finally:
        other.kill()
        other.wait()


def test_a_stale_note_of_a_process_that_is_gone(stopped: Path) -> None:
    cluster = Cluster(stopped)
    gone = subprocess.Popen(["true"])
    gone.wait()
    (cluster.data / "postmaster.pid").write_text(f"{gone.pid}\n{cluster.data}\n1\n5432\n{cluster.socket_folder}\n\n")
    start_cluster(stopped, options=SMALL)
    assert cluster_status(stopped).is_running


def test_a_half_made_cluster_is_made_anew(folder: Path) -> None:
    process = script(folder, "start()", start_new_session=True)
    deadline = time.monotonic() + 60
    while not list(folder.glob("postgres.new-*/PG_VERSION")):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.kill()
    process.communicate(timeout=30)
    assert not Cluster(folder).data.exists()
    assert not cluster_status(folder).exists
    assert value(start_cluster(folder, options=SMALL).url, "SELECT 1") == 1
    assert sorted(p.name for p in folder.iterdir()) == ["lock", "log", "postgres", "run"]


def test_a_server_whose_socket_was_removed(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = start_cluster(stopped, options=SMALL)
    (cluster.socket_folder / ".s.PGSQL.5432").unlink()
    monkeypatch.setattr(module, "_READY_WAIT", 0.2)
    with pytest.raises(StoreError, match=r"accepts no connection .*or run `gridmap db stop` and start it again"):
        start_cluster(stopped, options=SMALL)
    assert stop_cluster(stopped) is True
    assert value(start_cluster(stopped, options=SMALL).url, "SELECT 1") == 1


def test_old_logs_are_dropped(stopped: Path) -> None:
    log = Cluster(stopped).log
    for number in range(20):
        (log / f"postgres-20200101-0000{number:02}.log").touch()
    start_cluster(stopped, options=SMALL)
    stop_cluster(stopped)
    assert len(list(log.glob("postgres-*.log"))) <= 11


# --- addresses and users ----------------------------------------------------------------------------------------


def test_the_address_names_role_database_and_socket(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "a b")
    host = quote(str(tmp_path / "a b" / "run"), safe="")
    assert cluster.url == f"postgresql://gridmap@/gridmap?host={host}&port=5432"
    assert cluster.url_of("a/b") == f"postgresql://gridmap@/a%2Fb?host={host}&port=5432"


def test_variables_of_libpq_do_not_lead_astray(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, wrong in {"PGPORT": "1", "PGHOST": "nowhere", "PGDATABASE": "x", "PGUSER": "y", "PGDATA": "/z"}.items():
        monkeypatch.setenv(name, wrong)
    assert start_cluster(cluster.folder) == cluster
    assert value(cluster.url, "SELECT 1") == 1


def test_the_usual_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_folder() == Path("/var/lib/gridmap")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert default_folder() == tmp_path / ".local" / "share" / "gridmap"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert default_folder() == tmp_path / "data" / "gridmap"


def as_user(name: str, home: Path, act: Callable[[], str]) -> str:
    """What `act` gives in a copy of this process that belongs to another user.

    A copy, since a new Python could not be run where its folder is closed to that user.
    """
    user = pwd.getpwnam(name)
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            os.environ["HOME"] = str(home)
            os.environ.pop("XDG_DATA_HOME", None)
            os.write(into, act().encode())
        except BaseException as error:  # noqa: BLE001 whatever it is, the parent shows it
            os.write(into, repr(error).encode())
        os._exit(0)
    os.close(into)
    os.waitpid(child, 0)
    with os.fdopen(out) as said:
        return said.read()


def made_and_stopped() -> str:
    cluster = start_cluster(options=SMALL)
    assert start_cluster() == cluster
    assert cluster_status(cluster.folder).is_running
    user = value(cluster.url, "SELECT current_user")
    mode = stat.S_IMODE(cluster.folder.stat().st_mode)
    assert stop_cluster(cluster.folder)
    return f"{cluster.folder} {user} {mode:o}"


@as_root
@pytest.mark.parametrize("name", ["nobody", "postgres"])
def test_a_user_who_is_not_root(open_folder: Callable[[], Path], name: str) -> None:
    home = open_folder()
    user = pwd.getpwnam(name)
    os.chown(home, user.pw_uid, user.pw_gid)
    assert as_user(name, home, made_and_stopped) == f"{home}/.local/share/gridmap gridmap 700"


@as_root
def test_the_folder_of_root_is_nothing_for_others(home: Path, open_folder: Callable[[], Path]) -> None:
    def act() -> str:
        said = []
        for call in (start_cluster, stop_cluster, cluster_status):
            try:
                call(home)
            except StoreError as error:
                said.append(str(error))
        return "\n".join(said)

    said = as_user("nobody", open_folder(), act).splitlines()
    assert len(said) == 3
    assert all("belongs to postgres; work as that user" in line for line in said)


def test_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 3_999_999_999)
    with pytest.raises(StoreError, match="user id 3999999999 has no name"):
        server_owner()
