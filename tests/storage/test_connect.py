"""The way to the database: every wrong address is one sentence without a password; a look is one moment."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from gridmap.errors import GridmapError, StoreError
from gridmap.storage.connect import Store, connect, open_store
from gridmap.storage.embedded.cluster import Cluster, start_cluster
from gridmap.storage.entries import PlanEntry, list_plans
from gridmap.storage.save import save_moves
from gridmap.storage.upgrade import check_revision, current_revision, known_revisions, upgrade_database

SECRET = "Xk7-geheim"


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error and everything that it came from."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def refused(url: str, en: str, zh: str) -> StoreError:
    """The one sentence with which a database is not opened; nothing in it or before it names the password."""
    with pytest.raises(StoreError, match=en) as caught:
        open_store(url, actor="王芳")
    error = caught.value
    assert zh in error.zh
    for one in chain(error):
        assert SECRET not in f"{one} {one!r} {getattr(one, 'zh', '')}"
    for sentence in (str(error), error.zh):
        assert "\n" not in sentence
        assert "Background on this error" not in sentence
    return error


@pytest.mark.parametrize(
    "url",
    [
        "plans",
        "/var/lib/plans",
        f"mysql://gridmap:{SECRET}@localhost/gridmap",
        "sqlite:///plans.db",
        f"postgresql://gridmap:{SECRET}@localhost:port/gridmap",
        f"postgresql:/gridmap:{SECRET}@localhost/gridmap",
        f"postgresql://gridmap:a@{SECRET}@localhost/gridmap",
        f"postgresql://gridmap:a@b:{SECRET}@localhost/gridmap",
        f"host=localhost password={SECRET}",
    ],
)
def test_no_address(url: str) -> None:
    refused(url, "is no address of a PostgreSQL database; it reads postgresql://", "不是 PostgreSQL 数据库地址")


@pytest.mark.parametrize(
    "place",
    [
        f"gridmap:{SECRET}@no-such-host.invalid/gridmap",
        f"gridmap:{SECRET}@127.0.0.1:1/gridmap",
        f"gridmap:{SECRET}@127.0.0.1:99999/gridmap",
        f"gridmap:{SECRET}@/gridmap?host=/nowhere/run",
        f"gridmap@/gridmap?host=/nowhere/run&password={SECRET}",
    ],
    ids=["unknown host", "closed port", "no port", "no socket", "password behind"],
)
def test_nobody_answers(place: str) -> None:
    for scheme in ("postgresql", "postgres", "postgresql+psycopg2"):
        refused(f"{scheme}://{place}", "the database cannot be reached .*gridmap db start", "无法连接数据库")


def test_an_option_that_does_not_exist() -> None:
    refused(f"postgresql://gridmap:{SECRET}@/gridmap?color=red", "the database refused: .*color", "数据库拒绝了操作")


def test_no_such_database(cluster: Cluster) -> None:
    refused(cluster.url_of("别处"), "there is no such database .*别处.* does not exist", "没有这个数据库")


def test_no_such_role(cluster: Cluster) -> None:
    url = cluster.url.replace("//gridmap@", f"//nobody:{SECRET}@")
    refused(url, "does not let this user in; check user and password", "数据库拒绝登录")


@pytest.fixture
def with_passwords(folder: Path) -> Cluster:
    """A cluster that asks two roles for their passwords, instead of the system for the user."""
    cluster = start_cluster(folder, options={"shared_buffers": "32MB"})
    access = cluster.data / "pg_hba.conf"
    access.write_text("local all planner,guest scram-sha-256\n" + access.read_text("utf-8"), "utf-8")
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE planner LOGIN PASSWORD '{SECRET}'".encode())
        connection.execute(b"CREATE ROLE guest LOGIN")
        connection.execute(b"SELECT pg_reload_conf()")
    return cluster


def test_passwords(with_passwords: Cluster) -> None:
    def url(user: str, password: str) -> str:
        return with_passwords.url.replace("//gridmap@", f"//{user}:{password}@")

    sentence = ("does not let this user in; check user and password", "数据库拒绝登录")
    refused(url("planner", SECRET + "x"), *sentence)
    refused(url("guest", SECRET), *sentence)
    refused(with_passwords.url.replace("//gridmap@", "//planner@"), *sentence)
    refused(url("planner", SECRET), "the database has no tables of gridmap yet; run: gridmap db upgrade", "还没有")


def test_a_database_without_tables(empty_database: str) -> None:
    refused(empty_database, "has no tables of gridmap yet; run: gridmap db upgrade", "请先运行 gridmap db upgrade")


def test_older_tables(database: str) -> None:
    older, newest = known_revisions()[-2:]
    with Store(connect(database), "王芳") as store:
        upgrade_database(store.engine, older)
    refused(
        database,
        f"the database is at step {older}, this gridmap needs {newest}; make a backup, then run: gridmap db upgrade",
        f"第 {older} 步，本版本需要第 {newest} 步；请先备份",
    )


def test_newer_tables(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE gridmap.alembic_version SET version_num = '9999'")
    words = r"the database was made by a newer gridmap \(step 9999\); update gridmap on this machine"
    refused(database, words, "数据库由更新版本的 gridmap 建立（第 9999 步）")
    with Store(connect(database), "王芳") as store:
        with pytest.raises(StoreError, match=words):
            check_revision(store.engine)
        for revision in ("", known_revisions()[0], "base"):
            with pytest.raises(StoreError, match=words):
                upgrade_database(store.engine, revision)
        with store.read() as connection:
            assert current_revision(connection) == "9999"


def test_a_database_is_opened(database: str) -> None:
    with open_store(database, actor="王芳", client="笔记本") as store:
        assert (store.actor, store.client, list_plans(store)) == ("王芳", "笔记本", [])


def test_the_embedded_one_is_made_and_kept(home: Path) -> None:
    for _ in range(2):
        with open_store(folder=home, actor="王芳") as store:
            assert list_plans(store) == []
    older = known_revisions()[-2]
    with open_store(folder=home, actor="王芳") as store:
        upgrade_database(store.engine, older)
    with pytest.raises(StoreError, match="make a backup, then run: gridmap db upgrade"):  # never without being asked
        open_store(folder=home, actor="王芳")
    with Store(connect(Cluster(home).url), "王芳") as store:
        upgrade_database(store.engine)


# --- a look and a step ----------------------------------------------------------------------------------------


def newest(connection: sa.Connection) -> object:
    return connection.execute(sa.text("SELECT max(version) FROM gridmap.version")).scalar()


def test_a_look_is_one_moment(make_store: Callable[..., Store], stored: PlanEntry) -> None:
    mine, theirs = make_store("王芳"), make_store("李明")
    with mine.read() as connection:
        assert newest(connection) == 1
        save_moves(theirs, stored.id, 1, {"B02": "310116113001002"})
        assert newest(connection) == 1
        assert connection.execute(sa.text("SELECT version FROM gridmap.plan")).scalar() == 1
    with mine.read() as connection:
        assert newest(connection) == 2


def test_a_look_changes_nothing(store: Store, stored: PlanEntry) -> None:
    words = "cannot execute INSERT in a read-only transaction"
    with pytest.raises(StoreError, match=words), store.read() as connection:
        connection.execute(sa.text("INSERT INTO gridmap.town (name) VALUES ('x')"))
    with store.begin() as connection:  # the same connection of the pool writes again
        connection.execute(sa.text("INSERT INTO gridmap.town (name) VALUES ('x')"))
    with store.read() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM gridmap.town")).scalar() == 2


def add_town(store: Store, *meanwhile: Callable[[sa.Connection], object]) -> None:
    """Add a town in one step, and do this and that before the step ends."""
    with store.begin() as connection:
        connection.execute(sa.text("INSERT INTO gridmap.town (name) VALUES ('x')"))
        for act in meanwhile:
            act(connection)


def n_towns(store: Store) -> object:
    with store.read() as connection:
        return connection.execute(sa.text("SELECT count(*) FROM gridmap.town")).scalar()


def test_a_step_is_all_or_nothing(store: Store, stored: PlanEntry) -> None:
    def interrupt(_connection: sa.Connection) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_town(store, interrupt)
    assert n_towns(store) == 1


def cut(url: str) -> None:
    """End every session of the database but this one."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def close_socket(connection: sa.Connection) -> None:
    """As when the server is killed: no word of it comes over the socket, so the error has no SQLSTATE."""
    inner = connection.connection.driver_connection
    assert isinstance(inner, psycopg.Connection)
    inner.pgconn.finish()


@pytest.mark.parametrize("is_silent", [False, True], ids=["with a word", "silently"])
@pytest.mark.parametrize("at_the_end", [False, True], ids=["while it works", "while it commits"])
def test_a_connection_that_is_cut(
    store: Store, database: str, stored: PlanEntry, is_silent: bool, at_the_end: bool
) -> None:
    def end(connection: sa.Connection) -> None:
        close_socket(connection) if is_silent else cut(database)
        if not at_the_end:
            connection.execute(sa.text("SELECT 1"))

    with pytest.raises(StoreError, match=r"connection to the database was lost .*repeating the same step is") as caught:
        add_town(store, end)
    assert "没有留下存了一半的数据，重复同一步操作是安全的" in caught.value.zh
    cut(database)  # while nobody works: the next step makes a new connection
    assert list_plans(store) == [stored]
    assert n_towns(store) == 1


def test_more_people_than_connections(database: str) -> None:
    engine = sa.create_engine(connect(database).url, pool_size=1, max_overflow=0, pool_timeout=0.2)
    with (
        Store(engine, "王芳") as store,
        store.read(),
        pytest.raises(StoreError, match="no connection is free"),
        store.read(),
    ):
        pass


def test_what_crosses_is_repeated(make_store: Callable[..., Store], stored: PlanEntry) -> None:
    """Two transactions that wait for each other: PostgreSQL ends one, and the sentence says what to do."""
    one, other = make_store("王芳"), make_store("李明")
    lock = sa.text("SELECT pg_advisory_xact_lock(:a)")
    ready, found = threading.Barrier(2), list[GridmapError]()

    def hold(store: Store, first: int, second: int) -> None:
        try:
            with store.begin() as connection:
                connection.execute(lock, {"a": first})
                ready.wait(30)
                connection.execute(lock, {"a": second})
        except StoreError as error:
            found.append(error)

    threads = [threading.Thread(target=hold, args=a) for a in ((one, 1, 2), (other, 2, 1))]
    for t in threads:
        t.start()
    for t in threads:
        t.join(30)
    (error,) = found
    assert re.search("somebody else saved at the same moment .*deadlock.*repeating the same step", str(error))
    assert "重复同一步操作是安全的" in error.zh
