"""A backup of all plans in one file, and its way back; both are counted table by table."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from gridmap import __version__
from gridmap.data.written import check_writable, written_whole
from gridmap.errors import OutputError, StoreError, first_ten, first_ten_zh
from gridmap.storage.address import for_program
from gridmap.storage.archive import FORMAT, Manifest, TableSum, read_archive, write_archive
from gridmap.storage.connect import connect
from gridmap.storage.embedded.programs import client_program, installed
from gridmap.storage.refusals import translated
from gridmap.storage.rows import raw

SUFFIX = ".gridmap-backup"

_SCHEMA = "gridmap"
#: What makes the text of a row the same on every server, and lets the snapshot outlive the dump.
_SESSION = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "search_path": "pg_catalog",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}

Connection = psycopg.Connection[tuple[object, ...]]


def backup(url: str, path: Path, *, force: bool = False) -> Manifest:
    """Write everything that the database keeps to one file, while others go on working.

    The dump and the checksums of the tables come from one snapshot. The file appears whole or not at
    all, and only this user may read it: it holds what the database holds.

    Parameters
    ----------
    url : str
        Address of the database.
    path : Path
        A file that ends in ``.gridmap-backup``.
    force : bool
        Replace a file that exists.

    Returns
    -------
    Manifest
        What was written.

    Raises
    ------
    OutputError
        If the file exists, has another ending or cannot be written.
    MissingProgram
        If ``pg_dump`` is missing, or older than the server.
    StoreError
        If the database cannot be reached, keeps no plans, or refuses.
    """
    if path.suffix != SUFFIX:
        raise OutputError(
            f"{path}: a backup's name ends in {SUFFIX}; write {path.name}{SUFFIX}",
            f"{path}：备份文件名应以 {SUFFIX} 结尾；请写成 {path.name}{SUFFIX}。",
        )
    if path.exists() and not force:
        raise OutputError(
            f"{path}: exists already; give another name, or --force to replace it",
            f"{path}：文件已存在；请换一个名称，或加 --force 覆盖。",
        )
    check_writable(path)
    with _snapshot(url) as connection, tempfile.TemporaryDirectory(prefix=f".{path.stem}-", dir=path.parent) as room:
        program, dump_version = client_program("pg_dump", installed(), _major(connection))
        manifest = _describe(connection, dump_version)
        (name,) = _row(connection, "SELECT pg_export_snapshot()")
        dump = Path(room) / "gridmap.dump"
        command = [program, "--format=custom", f"--schema={_SCHEMA}", "--no-owner", "--no-privileges"]
        _run(url, [*command, f"--snapshot={name}", f"--file={dump}"])
        with written_whole(path) as temporary:
            return write_archive(temporary, dump, manifest)


def restore(url: str, path: Path, *, known_revisions: Collection[str]) -> Manifest:
    """Bring a backup into a database that keeps no plans yet: all of it, or nothing.

    Who may do what is not part of a backup; it is given anew by the upgrade of the tables.

    Parameters
    ----------
    url : str
        Address of the database.
    path : Path
        What :func:`backup` wrote.
    known_revisions : collection of str
        Revisions of the tables that this gridmap can work with.

    Returns
    -------
    Manifest
        What was restored.

    Raises
    ------
    MissingProgram
        If ``pg_restore`` is missing or too old.
    StoreError
        If the file is no backup, damaged, or of a newer gridmap; if the database cannot be reached,
        keeps plans already, is older than the one of the backup, or refuses; nothing is changed then. Or
        if, after all, a table differs from what was saved: the sentence names it.
    """
    with tempfile.TemporaryDirectory(prefix="gridmap-") as room:
        dump = Path(room) / "gridmap.dump"
        manifest = read_archive(path, dump)
        if manifest.revision not in known_revisions:
            raise StoreError(
                f"{path}: its tables are of revision {manifest.revision}, which this gridmap {__version__} "
                f"does not know (written by gridmap {manifest.gridmap}); update gridmap first",
                f"{path}：备份的表结构版本为 {manifest.revision}，本版本 gridmap {__version__} 不认识"
                f"（由 gridmap {manifest.gridmap} 写出）；请先升级 gridmap。",
            )
        with _transaction(url) as connection:
            major = _major(connection)
            _check_target(connection, path, manifest)
        program, _ = client_program("pg_restore", installed(), max(major, manifest.dump_version))
        command = [program, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
        _run(url, command, str(dump))
    with _transaction(url) as connection:
        _compare(manifest.tables, table_sums(connection), path)
        for table in manifest.tables:  # the planner of queries knows nothing of restored tables
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(_SCHEMA, table.name)))
    return manifest


def table_sums(connection: Connection) -> tuple[TableSum, ...]:
    """Rows and checksum of every table of the schema ``gridmap``, in the order of their names.

    Parameters
    ----------
    connection : psycopg.Connection
        In a transaction, whose settings are changed.
    """
    for name, value in _SESSION.items():
        connection.execute("SELECT set_config(%s, %s, true)", [name, value])
    listed = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r' ORDER BY relname::bytea",
        [_SCHEMA],
    ).fetchall()
    one = sql.SQL(
        "SELECT count(*), coalesce(sum(('x' || substr(md5((t.*)::text), 1, 15))::bit(60)::bigint::numeric), 0)::text "
        "FROM ONLY {} AS t"
    )
    found = []
    for (table,) in listed:
        rows, checksum = _row(connection, one.format(sql.Identifier(_SCHEMA, str(table))))
        found.append(TableSum(str(table), int(str(rows)), str(checksum)))
    return tuple(found)


def _describe(connection: Connection, dump_version: int) -> Manifest:
    """The manifest of the snapshot, without the dump."""
    if _row(connection, "SELECT to_regclass('gridmap.alembic_version') IS NULL") == (True,):
        raise StoreError(
            "the database keeps no plans of gridmap, there is nothing to back up; is it the right one?",
            "数据库中没有 gridmap 的数据，无可备份；请确认数据库地址。",
        )
    server, postgis, revision, now = _row(
        connection,
        "SELECT current_setting('server_version'),"
        " (SELECT extversion FROM pg_extension WHERE extname = 'postgis'),"
        " (SELECT string_agg(version_num, ',' ORDER BY version_num) FROM gridmap.alembic_version),"
        " transaction_timestamp()",
    )
    assert isinstance(now, datetime)
    return Manifest(
        format=FORMAT,
        created=now.astimezone(UTC).isoformat(timespec="seconds"),
        gridmap=__version__,
        server=str(server),
        postgis=str(postgis or ""),
        dump_version=dump_version,
        revision=str(revision or ""),
        tables=table_sums(connection),
    )


def _check_target(connection: Connection, path: Path, manifest: Manifest) -> None:
    """Refuse a database into which the backup must or can not go; add PostGIS where it is missing."""
    if _row(connection, "SELECT to_regnamespace('gridmap') IS NOT NULL") == (True,):
        raise StoreError(
            "the database keeps plans already (it has a schema gridmap); restore into a new database, "
            "for the embedded one into a new folder: GRIDMAP_DATA=FOLDER gridmap db restore …",
            "数据库中已有 gridmap 的数据（schema gridmap）；请恢复到新的数据库；"
            "内置数据库请用新的文件夹：GRIDMAP_DATA=文件夹 gridmap db restore …",
        )
    (version,) = _row(connection, "SELECT current_setting('server_version')")
    if int(manifest.server.partition(".")[0]) > _major(connection):
        raise StoreError(
            f"{path}: comes from PostgreSQL {manifest.server}, this server is {version}; "
            "restore it on a server of that version or a newer one",
            f"{path}：来自 PostgreSQL {manifest.server}，而此服务器为 {version}；请恢复到该版本或更新的服务器。",
        )
    try:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    except psycopg.Error as error:
        said = error.diag.message_primary or "no word"
        raise StoreError(
            f"the database has no PostGIS and it could not be added ({said}); "
            "ask its administrator for: CREATE EXTENSION postgis",
            f"数据库没有 PostGIS 扩展，也无法添加（{said}）；请管理员执行：CREATE EXTENSION postgis。",
        ) from error


def _compare(wanted: tuple[TableSum, ...], got: tuple[TableSum, ...], path: Path) -> None:
    here = {t.name: t for t in got}
    wrong = [t.name for t in wanted if here.pop(t.name, None) != t] + list(here)
    if wrong:
        raise StoreError(
            f"{path}: was restored, but these tables differ from what was saved: {first_ten(wrong)}; do not work with "
            "this database: keep it for inquiry or drop its schema gridmap, and restore into another one",
            f"{path}：已恢复，但以下表与备份时不一致：{first_ten_zh(wrong)}；请勿使用此数据库，"
            "可留作查证或删除其中的 schema gridmap，并恢复到另一个数据库。",
        )


def _major(connection: Connection) -> int:
    return connection.info.server_version // 10_000


def _row(connection: Connection, query: LiteralString | sql.Composed) -> tuple[object, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


@contextmanager
def _transaction(url: str, **options: object) -> Iterator[Connection]:
    engine = connect(url, pool_size=1)
    try:
        with translated(), engine.connect() as connection:
            connection.execution_options(**options)
            with connection.begin():
                yield raw(connection)
    finally:
        engine.dispose()


def _snapshot(url: str) -> AbstractContextManager[Connection]:
    """One moment of the database, in which every look sees the same."""
    return _transaction(url, isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _run(url: str, command: list[str], *files: str) -> None:
    """Run a program against the database; what it complains of becomes the message."""
    address, environment = for_program(url)
    done = subprocess.run(  # noqa: S603 a list, no shell; programs found by programs.py
        [*command, f"--dbname={address}", "--no-password", *files],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        name = Path(command[0]).name
        said = next((line for line in done.stderr.splitlines() if "error:" in line), done.stderr.strip()[-300:])
        raise StoreError(
            f"{said or name + ' was ended'}; nothing was changed",
            f"{name} 失败：{said or '进程被终止'}；未作任何更改。",
        )
