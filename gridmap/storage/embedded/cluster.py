"""The database that gridmap brings along: a private PostgreSQL cluster with PostGIS, reached by a socket alone.

It is made from the programs that Debian installs, in a folder of the user. Nothing listens on a network, nobody needs a
password: the system tells the server which user connects (peer authentication), and the socket lies in a folder that
other users cannot enter.
"""

from __future__ import annotations

import hashlib
import os
import signal
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from gridmap.errors import StoreError
from gridmap.storage.embedded.birth import ROLE, make_data
from gridmap.storage.embedded.folders import check_private, data_version, make_folder, make_private
from gridmap.storage.embedded.lock import locked
from gridmap.storage.embedded.logs import drop_old_logs, last_words
from gridmap.storage.embedded.owner import Owner, server_owner
from gridmap.storage.embedded.process import clear_remains, is_alive, running_server
from gridmap.storage.embedded.programs import Programs, installed, server_programs

#: A socket's path has at most 107 bytes, of which "/.s.PGSQL.5432" takes 14.
_LONGEST = 107 - 14
#: Seconds: for a server that mends itself after a crash; for one that closes its files; for one that says it is ready.
_START_WAIT, _STOP_WAIT, _READY_WAIT = 300.0, 120.0, 15.0


def default_folder() -> Path:
    """Where the embedded database of this user is, when nobody says otherwise."""
    if os.geteuid() == 0:
        return Path("/var/lib/gridmap")
    data = Path(os.environ.get("XDG_DATA_HOME", ""))  # one that is not absolute does not count
    return (data if data.is_absolute() else Path.home() / ".local" / "share") / "gridmap"


@dataclass(frozen=True)
class Cluster:
    """An embedded database.

    Attributes
    ----------
    folder : Path
        Everything of it is in here; made absolute, links resolved.
    """

    folder: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", self.folder.expanduser().resolve())

    @property
    def data(self) -> Path:
        """The data folder of PostgreSQL."""
        return self.folder / "postgres"

    @property
    def log(self) -> Path:
        """The folder with the server's log files."""
        return self.folder / "log"

    @property
    def socket_folder(self) -> Path:
        """Where the server listens; a short private folder elsewhere if the path would be too long for a socket.

        A comma would part two addresses, so such a folder will not do either.

        Raises
        ------
        MissingProgram, StoreError
            As :func:`gridmap.storage.embedded.owner.server_owner`.
        """
        usual = self.folder / "run"
        name = os.fsencode(usual)
        if len(name) <= _LONGEST and b"," not in name:
            return usual
        uid = server_owner().uid
        return Path(tempfile.gettempdir()) / f"gridmap-{uid}-{hashlib.sha256(name).hexdigest()[:12]}"

    @property
    def url(self) -> str:
        """Address of the database; the port only names the socket's file."""
        return self.url_of(ROLE)

    def url_of(self, database: str) -> str:
        """Address of another database of the cluster."""
        host = quote(os.fsencode(self.socket_folder), safe="")
        return f"postgresql://{ROLE}@/{quote(database, safe='')}?host={host}&port=5432"


@dataclass(frozen=True)
class ClusterStatus:
    """What is known of an embedded database.

    Attributes
    ----------
    exists, is_running : bool
        Whether it was made, and whether its server runs.
    pid : int or None
        Process of the server.
    version : int or None
        Major version of PostgreSQL that made it.
    data, socket_folder, log : Path
        Where it is, where it listens, where its log files are.
    size_bytes : int
        What the data folder takes.
    """

    exists: bool
    is_running: bool
    pid: int | None
    version: int | None
    data: Path
    socket_folder: Path
    log: Path
    size_bytes: int


def start_cluster(
    folder: Path | None = None,
    *,
    options: Mapping[str, str] | None = None,
    programs: tuple[Programs, ...] | None = None,
) -> Cluster:
    """Start the embedded database, making it first where there is none; some milliseconds when it runs.

    Any number of processes may call it at once. The server goes on when this process ends, and is not
    reached by Ctrl-C.

    Parameters
    ----------
    folder : Path, optional
        Where it is; :func:`default_folder` when not given.
    options : mapping of str to str, optional
        Settings of PostgreSQL for this run, such as ``{"fsync": "off"}`` for a throw-away one.
    programs : tuple of Programs, optional
        What to run; looked for on this machine when not given.

    Raises
    ------
    MissingProgram
        If PostgreSQL or PostGIS is not installed.
    StoreError
        If the folder cannot be used (owner, permissions, other files, another version of PostgreSQL,
        another server), or if the server does not start.
    """
    cluster = Cluster(default_folder() if folder is None else folder)
    owner = server_owner()
    check_private(cluster.socket_folder, owner)
    if _is_ready(cluster):
        return cluster
    found = installed() if programs is None else programs
    _programs(cluster.data, data_version(cluster.data, owner), found)  # before any folder is made
    make_folder(cluster.folder, owner)
    with locked(cluster.folder):
        if not _is_ready(cluster):
            _start(cluster, owner, options or {}, found)
    return cluster


def stop_cluster(folder: Path) -> bool:
    """Stop the server: connections are closed, what was saved is on the disk. False if it did not run.

    Raises
    ------
    StoreError
        If it belongs to somebody else, or does not end.
    MissingProgram
        If root calls on a machine without PostgreSQL.
    """
    cluster, owner = Cluster(folder), server_owner()
    if data_version(cluster.data, owner) is None:
        return False
    with locked(cluster.folder):
        server = running_server(cluster.data, owner)
        if server is None:
            return False
        os.kill(server.pid, signal.SIGINT)  # PostgreSQL's "fast" mode
        deadline = time.monotonic() + _STOP_WAIT
        while is_alive(server.pid):
            if time.monotonic() > deadline:
                raise StoreError(
                    f"{cluster.data}: the server (process {server.pid}) has not ended; look at {cluster.log}",
                    f"{cluster.data}：数据库服务（进程 {server.pid}）未能停止；请查看日志 {cluster.log}。",
                )
            time.sleep(0.02)
    return True


def cluster_status(folder: Path) -> ClusterStatus:
    """What is known of the embedded database in a folder; nothing is changed.

    Raises
    ------
    StoreError
        If it belongs to somebody else, or is no cluster.
    MissingProgram
        If root calls on a machine without PostgreSQL.
    """
    cluster, owner = Cluster(folder), server_owner()
    version = data_version(cluster.data, owner)
    server = None if version is None else running_server(cluster.data, owner)
    return ClusterStatus(
        exists=version is not None,
        is_running=server is not None,
        pid=None if server is None else server.pid,
        version=version,
        data=cluster.data,
        socket_folder=cluster.socket_folder,
        log=cluster.log,
        size_bytes=0 if version is None else _size(cluster.data),
    )


def _size(folder: Path) -> int:
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(path, name).lstat().st_size
            except FileNotFoundError:  # a running server removes files
                continue
    return total


def _start(cluster: Cluster, owner: Owner, options: Mapping[str, str], found: tuple[Programs, ...]) -> None:
    """Whatever is missing between nothing and a running database; the lock is held."""
    version = data_version(cluster.data, owner)
    programs = _programs(cluster.data, version, found)
    for private in (cluster.socket_folder, cluster.log):
        make_private(private, owner)
    if version is None or not _is_running(cluster, owner):
        if version is None:
            make_data(cluster.data, programs, owner)
        else:
            clear_remains(cluster.data, cluster.socket_folder, owner)
        drop_old_logs(cluster.log)
        _await_start(cluster, _launch(cluster, programs, owner, options))
    if not _is_ready(cluster):
        _fill(cluster)


def _programs(data: Path, version: int | None, found: tuple[Programs, ...]) -> Programs:
    servers = [p.version for p in found if p.is_server]
    if version is not None and servers and version not in servers:
        have = ", ".join(map(str, servers))
        raise StoreError(
            f"{data}: was made by PostgreSQL {version}, installed is {have}; install postgresql-{version}-postgis-3, "
            "or write a backup on a machine that has it and restore that into a new folder",
            f"{data}：由 PostgreSQL {version} 建立，而本机为 {have}；请安装 postgresql-{version}-postgis-3，"
            "或在装有该版本的机器上备份，再恢复到新的文件夹。",
        )
    return server_programs(found, version)


def _is_running(cluster: Cluster, owner: Owner) -> bool:
    """Wait until a server that runs answers; False once none does."""
    begun = time.monotonic()
    while (server := running_server(cluster.data, owner)) is not None:
        other = server.socket_folder
        if other and Path(other) != cluster.socket_folder:
            raise StoreError(
                f"{cluster.data}: a server that listens in {other} runs on it (process {server.pid}); stop that first",
                f"{cluster.data}：已有数据库服务在使用（进程 {server.pid}，套接字在 {other}），请先停止它。",
            )
        said = _refusal(cluster.url_of("postgres"))
        if said is None:
            return True
        if time.monotonic() - begun > (_READY_WAIT if server.is_ready else _START_WAIT):
            raise _silent(cluster, server.pid, said)
        time.sleep(0.05)
    return False


def _silent(cluster: Cluster, pid: int, said: str) -> StoreError:
    return StoreError(
        f"{cluster.data}: the server (process {pid}) runs and accepts no connection ({said}); "
        f"look at {cluster.log}, or run `gridmap db stop` and start it again",
        f"{cluster.data}：数据库服务（进程 {pid}）在运行，但不接受连接（{said}）；"
        f"请查看日志 {cluster.log}，或执行 gridmap db stop 后重新启动。",
    )


def _launch(cluster: Cluster, programs: Programs, owner: Owner, options: Mapping[str, str]) -> int:
    """Start the server in the background; its process.

    The fixed settings stand on its command line, where neither its files nor ALTER SYSTEM overrule them.
    """
    socket = str(cluster.socket_folder).replace('"', '""')
    fixed = {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": f'"{socket}"',
        "unix_socket_permissions": "0700",
    }
    command = [programs.path("postgres"), "-D", str(cluster.data)]
    for name, value in {**options, **fixed}.items():
        command += ["-c", f"{name}={value}"]
    script = 'umask 077; log=$1; shift; "$@" </dev/null >"$log" 2>&1 & echo $!'
    done = owner.run(["/bin/sh", "-c", script, "sh", str(cluster.log / "start.log"), *command])
    return int(done.stdout)


def _await_start(cluster: Cluster, pid: int) -> None:
    deadline = time.monotonic() + _START_WAIT
    while (said := _refusal(cluster.url_of("postgres"))) is not None:
        if not is_alive(pid):
            last = last_words(cluster.log)
            raise StoreError(
                f"{cluster.data}: the server did not start: {last}; more in {cluster.log}",
                f"{cluster.data}：数据库服务未能启动：{last}；详见日志 {cluster.log}。",
            )
        if time.monotonic() > deadline:
            raise _silent(cluster, pid, said)
        time.sleep(0.02)


def _refusal(url: str) -> str | None:
    """Why the server accepts no connection; None when it does."""
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        return " ".join(str(error).split())
    return None


def _is_ready(cluster: Cluster) -> bool:
    """Whether the database answers and is complete."""
    try:
        with psycopg.connect(cluster.url, connect_timeout=10) as connection:
            return connection.execute("SELECT FROM pg_extension WHERE extname = 'postgis'").rowcount == 1
    except psycopg.OperationalError:
        return False


def _fill(cluster: Cluster) -> None:
    """The database and its extension, where they are missing."""
    try:
        with psycopg.connect(cluster.url_of("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [ROLE]).rowcount:
                connection.execute("CREATE DATABASE gridmap")
        with psycopg.connect(cluster.url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    except psycopg.Error as error:
        said = " ".join(str(error).split())
        raise StoreError(
            f"{cluster.data}: the server runs, its database could not be made: {said}; look at {cluster.log}",
            f"{cluster.data}：数据库服务已启动，但无法建立数据库：{said}；请查看日志 {cluster.log}。",
        ) from error
