"""Backups: the whole way there and back, and every file that must be refused."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import subprocess
import tarfile
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

import gridmap
from gridmap.errors import MissingProgram, OutputError, StoreError
from gridmap.storage import backup as module
from gridmap.storage.address import for_program, without_password
from gridmap.storage.archive import FORMAT, TableSum, read_archive
from gridmap.storage.backup import backup, restore, table_sums
from gridmap.storage.embedded.cluster import Cluster

KNOWN = ("0001", "0002")
TABLES = ("alembic_version", "change", 'odd "name"; --', "unit")

FILL = """
CREATE SCHEMA gridmap;
CREATE TABLE gridmap.alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO gridmap.alembic_version VALUES ('0002');
CREATE TABLE gridmap.unit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, households int, weight double precision,
  made timestamptz, raw bytea, tags jsonb, geom geometry(Polygon, 4549)
);
CREATE INDEX ON gridmap.unit USING gist (geom);
INSERT INTO gridmap.unit (name, households, weight, made, raw, tags, geom)
  SELECT '单元' || n, n % 300, 1.0 / n, timestamptz '2026-01-01 08:00+08' + n * interval '1 hour',
    decode(md5(n::text), 'hex'), jsonb_build_object('n', n),
    ST_SetSRID(ST_MakeEnvelope(n * 10.1, 0, n * 10.1 + 10, 1.0 / 3), 4549)
  FROM generate_series(1, 500) AS n;
CREATE TABLE gridmap.change (id bigserial PRIMARY KEY, unit bigint NOT NULL REFERENCES gridmap.unit);
INSERT INTO gridmap.change (unit) SELECT id FROM gridmap.unit WHERE households > 290;
CREATE TABLE gridmap."odd ""name""; --" (t text, gone int);
ALTER TABLE gridmap."odd ""name""; --" DROP COLUMN gone;
INSERT INTO gridmap."odd ""name""; --" VALUES (NULL), (''), ('a'), ('a');
CREATE FUNCTION gridmap.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'only added to'; END $$;
CREATE TRIGGER added_to BEFORE UPDATE OR DELETE ON gridmap.change FOR EACH ROW EXECUTE FUNCTION gridmap.refuse();
"""


def act(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def has_schema(url: str) -> bool:
    return rows(url, "SELECT to_regnamespace('gridmap') IS NOT NULL") == [(True,)]


@pytest.fixture(scope="module")
def filled(cluster: Cluster, template_database: str) -> Iterator[str]:
    """URL of a database with a small schema, which no test changes."""
    name = f"t{uuid.uuid4().hex[:12]}"
    act(cluster.url, f"CREATE DATABASE {name} TEMPLATE {template_database}")
    act(cluster.url_of(name), FILL)
    yield cluster.url_of(name)
    act(cluster.url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def saved(filled: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "镇 1.gridmap-backup"
    backup(filled, path)
    return path


def test_there_and_back(filled: str, saved: Path, empty_database: str) -> None:
    manifest = restore(empty_database, saved, known_revisions=KNOWN)
    query = "SELECT * FROM gridmap.unit ORDER BY id"
    assert rows(empty_database, query) == rows(filled, query)
    assert rows(empty_database, "SELECT nextval('gridmap.change_id_seq')") == [(10,)]
    assert [(t.name, t.rows) for t in manifest.tables] == list(zip(TABLES, (1, 9, 4, 500), strict=True))
    with pytest.raises(psycopg.errors.RaiseException, match="only added to"):
        act(empty_database, "DELETE FROM gridmap.change")


def test_the_file_opens_without_gridmap(filled: str, saved: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600, "it holds what the database holds"
    subprocess.run(["tar", "-xf", saved], cwd=tmp_path, check=True)
    assert subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=False).returncode == 0
    with tarfile.open(saved) as tar:
        assert tar.getnames() == ["manifest.json", "gridmap.dump", "SHA256SUMS"]
    fields = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    assert fields["revision"] == "0002"
    assert fields["gridmap"] == gridmap.__version__
    assert [(fields["server"],)] == rows(filled, "SHOW server_version")
    assert [(fields["postgis"],)] == rows(filled, "SELECT extversion FROM pg_extension WHERE extname = 'postgis'")
    assert datetime.fromisoformat(fields["created"]).tzinfo is not None
    assert fields["dump_sha256"] == hashlib.sha256((tmp_path / "gridmap.dump").read_bytes()).hexdigest()
    assert {(t["name"], t["rows"]) for t in fields["tables"]} == set(zip(TABLES, (1, 9, 4, 500), strict=True))


def test_nothing_but_the_backup_is_left(saved: Path) -> None:
    assert list(saved.parent.iterdir()) == [saved]


def test_dump_and_checksums_are_of_one_moment(filled: str, cluster: Cluster, tmp_path: Path) -> None:
    """While somebody saves all the time, the counts still agree with the dump."""
    names = [f"t{uuid.uuid4().hex[:12]}" for _ in range(2)]
    act(cluster.url, f"CREATE DATABASE {names[0]} TEMPLATE {rows(filled, 'SELECT current_database()')[0][0]}")
    act(cluster.url, f"CREATE DATABASE {names[1]} TEMPLATE with_postgis")
    busy, target = map(cluster.url_of, names)
    is_over, n_saved = threading.Event(), 0

    def save() -> None:
        nonlocal n_saved
        with psycopg.connect(busy, autocommit=True) as connection:
            while not is_over.is_set():
                connection.execute("INSERT INTO gridmap.change (unit) VALUES (1)")
                n_saved += 1

    writer = threading.Thread(target=save)
    writer.start()
    try:
        while n_saved < 10:
            pass
        before = n_saved
        manifest = backup(busy, tmp_path / "a.gridmap-backup")
        assert n_saved > before, "nothing was saved meanwhile, the test shows nothing"
    finally:
        is_over.set()
        writer.join()
    assert restore(target, tmp_path / "a.gridmap-backup", known_revisions=KNOWN) == manifest
    for name in names:
        act(cluster.url, f"DROP DATABASE {name} WITH (FORCE)")


def test_checksums_see_every_change_and_no_order(filled: str) -> None:
    with psycopg.connect(filled) as connection:
        before = table_sums(connection)
        connection.execute("CREATE TABLE gridmap.copy AS SELECT * FROM gridmap.unit ORDER BY id DESC")
        by_name = {t.name: t for t in table_sums(connection)}
        assert by_name["copy"].checksum == by_name["unit"].checksum
        connection.execute("UPDATE gridmap.copy SET weight = weight + 1e-15 WHERE id = 7")
        changed = {t.name: t for t in table_sums(connection)}["copy"]
        assert changed.rows == 500
        assert changed.checksum != by_name["unit"].checksum
        connection.rollback()
        assert table_sums(connection) == before
        assert before[2].rows == 4


# --- backup refuses -------------------------------------------------------------------------------------------


def test_a_backup_is_not_replaced_unless_asked(filled: str, tmp_path: Path) -> None:
    path = tmp_path / "a.gridmap-backup"
    path.write_text("old")
    with pytest.raises(OutputError, match=r"exists already; .*--force") as caught:
        backup(filled, path)
    assert "文件已存在" in caught.value.zh
    assert path.read_text() == "old"
    assert backup(filled, path, force=True) == read_archive(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "said"),
    [("a.tar", r"ends in \.gridmap-backup"), ("none/a.gridmap-backup", "the folder .* does not exist")],
)
def test_a_place_where_no_backup_can_be_written(filled: str, tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(OutputError, match=said):
        backup(filled, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_plans(empty_database: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="keeps no plans of gridmap"):
        backup(empty_database, tmp_path / "a.gridmap-backup")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", ["backup", "restore"])
def test_missing_programs(
    monkeypatch: pytest.MonkeyPatch, filled: str, saved: Path, empty_database: str, tmp_path: Path, call: str
) -> None:
    monkeypatch.setattr(module, "installed", tuple)
    calls = {
        "backup": lambda: backup(filled, tmp_path / "a.gridmap-backup"),
        "restore": lambda: restore(empty_database, saved, known_revisions=KNOWN),
    }
    with pytest.raises(MissingProgram, match="is not installed on this machine; install it with `apt-get"):
        calls[call]()
    assert list(tmp_path.iterdir()) == []
    assert not has_schema(empty_database)


def test_a_dump_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch, filled: str, tmp_path: Path) -> None:
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump: error: the disk is gone' >&2; exit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(module, "client_program", lambda *_: (str(program), 15))
    with pytest.raises(StoreError, match="pg_dump: error: the disk is gone"):
        backup(filled, tmp_path / "a.gridmap-backup")
    assert list(tmp_path.iterdir()) == [program]


# --- restore refuses ------------------------------------------------------------------------------------------


def refused(url: str, path: Path, english: str, chinese: str) -> None:
    with pytest.raises(StoreError, match=english) as caught:
        restore(url, path, known_revisions=KNOWN)
    assert chinese in caught.value.zh


def rewritten(saved: Path, path: Path, **fields: object) -> Path:
    """The backup with other fields in its manifest, and checksums that agree."""
    with tarfile.open(saved) as tar:
        content = {m.name: tar.extractfile(m).read() for m in tar}  # type: ignore[union-attr]
    manifest = json.loads(content["manifest.json"]) | fields
    content["manifest.json"] = json.dumps(manifest).encode()
    sums = [(hashlib.sha256(content[n]).hexdigest(), n) for n in ("manifest.json", "gridmap.dump")]
    content["SHA256SUMS"] = "".join(f"{digest}  {name}\n" for digest, name in sums).encode()
    with tarfile.open(path, "w") as tar:
        for name, data in content.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return path


def test_a_cut_backup_is_seen_wherever_it_is_cut(saved: Path, empty_database: str, tmp_path: Path) -> None:
    whole, path = saved.read_bytes(), tmp_path / "cut.gridmap-backup"
    ends = len(whole.rstrip(b"\0"))
    for length in [1, 100, 511, 512, 600, *range(1_000, ends, 4_999), ends - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(StoreError, match=r"is damaged or cut|is no backup"):
            read_archive(path)
    refused(empty_database, path, "is damaged or cut short", "已损坏或不完整")
    assert not has_schema(empty_database)


def test_a_changed_byte_is_seen_wherever_it_is(saved: Path, tmp_path: Path) -> None:
    whole, path = saved.read_bytes(), tmp_path / "bad.gridmap-backup"
    content = []
    with tarfile.open(saved) as tar:
        for member in tar:
            content += list(range(member.offset_data, member.offset_data + member.size))
    for place in [*content[:40], *content[40 : -70 : len(content) // 60], *content[-70:]]:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(StoreError):
            read_archive(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip", b"SQLite format 3\0" + b"\0" * 4096, b"x" * 100_000])
def test_a_file_that_is_no_backup(empty_database: str, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.gridmap-backup"
    path.write_bytes(content)
    refused(empty_database, path, "is no backup of gridmap", "不是 gridmap 的备份文件")


def test_another_tar_a_folder_and_nothing(empty_database: str, tmp_path: Path) -> None:
    path = tmp_path / "a.gridmap-backup"
    with tarfile.open(path, "w") as tar:
        tar.add(__file__, "manifest.txt")
    refused(empty_database, path, "is no backup of gridmap", "不是 gridmap 的备份文件")
    refused(empty_database, tmp_path / "none", "cannot be opened", "无法打开")
    refused(empty_database, tmp_path, "cannot be opened", "无法打开")


def test_a_backup_of_a_newer_gridmap(saved: Path, empty_database: str, tmp_path: Path) -> None:
    path = tmp_path / "new.gridmap-backup"
    newer = rewritten(saved, path, format=FORMAT + 1, something="new")
    refused(empty_database, newer, rf"newer gridmap \(format {FORMAT + 1}", "更新版本的 gridmap")
    refused(empty_database, rewritten(saved, path, revision="0099"), "revision 0099, which this", "请先升级 gridmap")
    refused(empty_database, rewritten(saved, path, server="99.1"), "comes from PostgreSQL 99.1", "PostgreSQL 99.1")
    refused(empty_database, rewritten(saved, path, tables=3), "is damaged", "已损坏")
    assert not has_schema(empty_database)


def test_a_database_that_keeps_plans_is_left_alone(filled: str, saved: Path) -> None:
    before = rows(filled, "SELECT * FROM gridmap.change")
    refused(filled, saved, "keeps plans already", "已有 gridmap 的数据")
    assert rows(filled, "SELECT * FROM gridmap.change") == before


def test_all_or_nothing(cluster: Cluster, filled: str, empty_database: str, tmp_path: Path) -> None:
    name = f"t{uuid.uuid4().hex[:12]}"
    act(cluster.url, f"CREATE DATABASE {name} TEMPLATE {rows(filled, 'SELECT current_database()')[0][0]}")
    url = cluster.url_of(name)
    act(
        url,
        "CREATE TABLE public.elsewhere (id bigint PRIMARY KEY)",
        "INSERT INTO public.elsewhere SELECT id FROM gridmap.unit",
        "ALTER TABLE gridmap.unit ADD FOREIGN KEY (id) REFERENCES public.elsewhere",
    )
    backup(url, tmp_path / "a.gridmap-backup")
    act(cluster.url, f"DROP DATABASE {name} WITH (FORCE)")
    refused(empty_database, tmp_path / "a.gridmap-backup", "public.elsewhere.*nothing was changed", "未作任何更改")
    assert not has_schema(empty_database)


def test_a_difference_after_all_is_named(saved: Path, empty_database: str, tmp_path: Path) -> None:
    tables = [t if t.name != "unit" else replace(t, checksum="1") for t in read_archive(saved).tables]
    tables.append(TableSum("lost", 3, "7"))
    path = rewritten(saved, tmp_path / "a.gridmap-backup", tables=[vars(t) for t in tables])
    refused(empty_database, path, "these tables differ from what was saved: unit, lost; do not work", "unit、lost")
    assert has_schema(empty_database), "nothing is dropped silently"


# --- passwords ------------------------------------------------------------------------------------------------


def test_passwords_go_by_the_environment() -> None:
    address, environment = for_program("postgresql+psycopg://u:s3cr%40t@db.town:5433/plans?sslmode=require")
    assert address == "user=u dbname=plans host=db.town port=5433 sslmode=require"
    assert environment["PGPASSWORD"] == "s3cr@t"
    assert environment["PATH"] == os.environ["PATH"]
    address, environment = for_program("postgresql://h/d?password=s3cr@t")
    assert "s3cr" not in address
    assert environment["PGPASSWORD"] == "s3cr@t"


@pytest.mark.parametrize("url", ["mysql://u:s3cret@h/d", "postgresql://u:s3cret@h:port/d?x=%zz", "s3cret", ""])
def test_addresses_that_are_none_do_not_tell_the_password(url: str) -> None:
    with pytest.raises(StoreError, match="is no address of a PostgreSQL database") as caught:
        for_program(url)
    assert "s3cret" not in str(caught.value) + caught.value.zh


def test_a_pass_phrase_is_refused() -> None:
    with pytest.raises(StoreError, match="sslpassword") as caught:
        for_program("postgresql://h/d?sslpassword=s3cret")
    assert "s3cret" not in str(caught.value)


def test_a_database_that_cannot_be_reached_does_not_tell_the_password(tmp_path: Path) -> None:
    url = f"postgresql://u:s3cret@/d?host={tmp_path}"
    for call in (
        lambda: backup(url, tmp_path / "a.gridmap-backup"),
        lambda: module._run(url, [module.client_program("pg_dump", module.installed())[0]]),
    ):
        with pytest.raises(StoreError) as caught:
            call()
        assert "s3cret" not in str(caught.value) + caught.value.zh


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p%40w@h:5433/d?sslmode=require", "postgresql://u@h:5433/d?sslmode=require"),
        ("postgresql://h/d?password=x&host=%2Frun&sslpassword=y", "postgresql://h/d?host=%2Frun"),
        (
            "postgresql://gridmap@/gridmap?host=%2Fa%20b&port=5432",
            "postgresql://gridmap@/gridmap?host=%2Fa%20b&port=5432",
        ),
        ("postgresql://h/d", "postgresql://h/d"),
    ],
)
def test_addresses_are_shown_without_password(url: str, shown: str) -> None:
    assert without_password(url) == shown
