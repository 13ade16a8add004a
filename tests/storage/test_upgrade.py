"""The layout of the database: the same as the models say, forwards and back without a loss, wherever PostGIS is."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest
import shapely
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from geoalchemy2 import alembic_helpers
from psycopg import sql

from gridmap.check import check_plan
from gridmap.errors import Conflict, InvalidInput, StoreError
from gridmap.measure.connect import build_graph
from gridmap.model.plan import Plan
from gridmap.model.records import Records, make_records
from gridmap.model.registers import REGISTERS
from gridmap.model.rules import Rules
from gridmap.model.town import Town
from gridmap.storage import plan_schema
from gridmap.storage.backup import SUFFIX, backup, restore, table_sums
from gridmap.storage.batches import undo_batch
from gridmap.storage.branch import branch_plan
from gridmap.storage.connect import Store, connect, open_store
from gridmap.storage.embedded.cluster import Cluster
from gridmap.storage.entries import find_plan
from gridmap.storage.history import undo
from gridmap.storage.issue_log import add_events
from gridmap.storage.issues import load_issues, redact_issue, save_issues, undo_issues
from gridmap.storage.judged import load_report, save_report
from gridmap.storage.merge import merge_branch
from gridmap.storage.plans import load_plan, save_plan
from gridmap.storage.record_schema import RECORD_TABLES
from gridmap.storage.records import load_records, save_records
from gridmap.storage.rows import raw
from gridmap.storage.save import save_moves
from gridmap.storage.schema import SCHEMA
from gridmap.storage.states import approve_plan, put_in_force
from gridmap.storage.upgrade import current_revision, known_revisions, upgrade_database
from tests.storage.test_issue_log import story
from tests.storage.test_issues import make as make_issues

AREA = "310116113001"
A1, A2, A3 = (f"{AREA}00{i}" for i in range(1, 4))
VIEWS = ("plan_units", "plan_grids", "units_in_force", "grids_in_force", "jurisdictions", "findings", "change_log")
STEPS = known_revisions()


@contextmanager
def new_database(cluster: Cluster, *options: str) -> Iterator[str]:
    """URL of a database that is dropped afterwards."""
    name = f"u{uuid.uuid4().hex[:12]}"
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} {' '.join(options)}".encode())
    yield cluster.url.replace("/gridmap?", f"/{name}?")
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def act(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for one in statements:
            connection.execute(one.encode())


def fill(store: Store, town: Town, plan: Plan, rules: Rules) -> None:
    """Plans in every state, a branch that was merged and changed again, an undo, reports, two surveys, two decrees."""
    report = check_plan(plan, rules, graph=build_graph(town.units, town.barriers), premises=town.premises)
    later = replace(town, date="2026-07-31")
    for name, survey in (("2025", town), ("2026", later), ("2027", later)):
        save_plan(store, name, survey, plan, rules, report=report)
    approve_plan(store, "2025")
    put_in_force(store, "2025", date(2025, 1, 1))
    branch_plan(store, "2027", "分支")
    save_moves(store, "分支", 1, {"B00": A2, "B01": A2}, message="试")
    save_moves(store, "2027", 1, {"B11": A3}, locked=[A1])
    with pytest.raises(Conflict):
        save_moves(store, "2027", 1, {"B11": A2})
    save_moves(store, "2027", 2, {}, locked=[])
    merge_branch(store, "分支", "2027", 3)
    undo(store, "2027", 4)
    save_moves(store, "分支", 2, {"B05": ""})
    save_report(store, "2026", 1, plan, report, rules, later)  # judged anew, now that there is a plan in force
    approve_plan(store, "2026")
    put_in_force(store, "2026", date(2026, 2, 1))


def sums(store: Store) -> dict[str, tuple[int, str]]:
    """Rows and checksum of every table."""
    with store.read() as connection:
        return {t.name: (t.rows, t.checksum) for t in table_sums(raw(connection))}


def answers(store: Store) -> dict[str, list[str]]:
    """Every row of every view, and where a point lies on a day."""
    point = "(SELECT geom FROM gridmap.unit WHERE unit_id = 'B03' LIMIT 1)"
    asked = {v: f"SELECT v::text FROM gridmap.{v} v ORDER BY 1" for v in VIEWS}
    asked |= {
        f"at {day}": f"SELECT g::text FROM gridmap.grid_at({point}, '{day}') g ORDER BY 1"
        for day in ("2024-12-31", "2025-06-30", "2026-03-01")
    }
    with store.read() as connection:
        return {name: list(connection.execute(sa.text(query)).scalars()) for name, query in asked.items()}


@pytest.fixture
def filled(store: Store, town: Town, plan: Plan, rules: Rules) -> Store:
    fill(store, town, plan, rules)
    return store


# --- the models -----------------------------------------------------------------------------------------------


def test_alembic_finds_no_difference_to_the_models(database: str) -> None:
    def include_name(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "schema" or name == SCHEMA

    def include_object(thing: Any, name: str | None, kind: str, is_in_database: bool, other: Any) -> bool:
        if kind == "table" and name == "alembic_version":
            return False
        return bool(alembic_helpers.include_object(thing, name, kind, is_in_database, other))

    options = {
        "include_schemas": True,
        "include_name": include_name,
        "include_object": include_object,
        "compare_type": True,
        "compare_server_default": True,
        "version_table_schema": SCHEMA,
    }
    # The role is called gridmap, too: without this, Alembic takes its schema for the default one and drops the name.
    engine = sa.create_engine(connect(database).url, connect_args={"options": "-c search_path=public"})
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, plan_schema.Base.metadata) == []
        more = sa.MetaData(schema=SCHEMA)  # and it does look: one column more is seen
        for table in plan_schema.Base.metadata.sorted_tables:
            table.to_metadata(more)
        more.tables["gridmap.town"].append_column(sa.Column("county", sa.Text()))
        assert [d[0] for d in compare_metadata(context, more)] == ["add_column"]
    engine.dispose()


#: What PostgreSQL itself says of columns, constraints and indexes of the schema, in its own words.
DESCRIBED = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
          pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'gridmap'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'gridmap'::regnamespace AND contype <> 't'""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'gridmap'",
}


def described(url: str) -> dict[str, set[tuple[object, ...]]]:
    with psycopg.connect(url) as connection:
        return {
            name: {row for row in connection.execute(query.encode()) if "alembic_version" not in str(row[0])}
            for name, query in DESCRIBED.items()
        }


def test_tables_made_from_the_models_are_those_of_the_steps(database: str, empty_database: str) -> None:
    """Alembic looks at no check, exclusion or default in every detail; PostgreSQL describes both in the same words."""
    act(empty_database, "CREATE SCHEMA gridmap")
    engine = connect(empty_database)
    with engine.begin() as connection:
        plan_schema.Base.metadata.create_all(connection)
    engine.dispose()
    steps, models = described(database), described(empty_database)
    for name in DESCRIBED:
        assert sorted(models[name] - steps[name], key=str) == []
        assert sorted(steps[name] - models[name], key=str) == []
    assert set(RECORD_TABLES) <= {row[0] for row in steps["constraints"]}
    kinds = [row[2] for row in steps["constraints"]]
    assert {k: kinds.count(k) for k in "cfpux"} == {k: [r[2] for r in models["constraints"]].count(k) for k in "cfpux"}
    assert kinds.count("c") > 20
    assert kinds.count("x") == 1


# --- forwards and back ----------------------------------------------------------------------------------------


def test_an_empty_database_goes_all_the_way_and_back(empty_database: str) -> None:
    with Store(connect(empty_database), "王芳") as store:
        places: list[str | None] = [None, *STEPS]
        for before, after in pairwise(places):
            assert upgrade_database(store.engine, after or "base") == (before, after)
            assert upgrade_database(store.engine, after or "base") == (after, after)
        first = described(empty_database)
        for before, after in pairwise(places[::-1]):
            assert upgrade_database(store.engine, after or "base") == (before, after)
            assert upgrade_database(store.engine, after or "base") == (after, after)
        with store.read() as connection:
            assert not sa.inspect(connection).has_schema(SCHEMA)
        assert upgrade_database(store.engine) == (None, STEPS[-1])
        assert upgrade_database(store.engine, "base") == (STEPS[-1], None)
        assert upgrade_database(store.engine) == (None, STEPS[-1])
        assert described(empty_database) == first
        with store.read() as connection:
            assert current_revision(connection) == STEPS[-1]


def test_no_such_step(store: Store) -> None:
    with pytest.raises(InvalidInput, match="no such step: 0000; there are 0001, 0002") as caught:
        upgrade_database(store.engine, "0000")
    assert "没有第 0000 步" in caught.value.zh


def test_a_filled_database_goes_a_step_back_and_forth(filled: Store) -> None:
    before, said, history = sums(filled), answers(filled), load_plan(filled, "2027", 4)
    assert {len(rows) > 0 for rows in said.values()} == {True, False}
    assert [k for k, rows in said.items() if not rows] == ["at 2024-12-31"]
    assert upgrade_database(filled.engine, "0002") == (STEPS[-1], "0002")
    stepped = sums(filled)
    assert {t: s for t, s in stepped.items() if before.get(t) != s} == {"alembic_version": stepped["alembic_version"]}
    assert load_plan(filled, "2027", 4).plan.fingerprint == history.plan.fingerprint
    assert upgrade_database(filled.engine) == ("0002", STEPS[-1])
    assert sums(filled) == before
    assert answers(filled) == said
    save_moves(filled, "2027", find_plan(filled, "2027").version, {"B11": A2})


@pytest.mark.parametrize("target", ["0001", "base"])
def test_a_filled_database_does_not_go_where_it_would_lose(filled: Store, target: str) -> None:
    before, said = sums(filled), answers(filled)
    with pytest.raises(
        StoreError, match=r"cannot go back before this step while gridmap\.\w+ holds \d+ rows"
    ) as caught:
        upgrade_database(filled.engine, target)
    assert re.search(r"gridmap\.\w+ 中有 \d+ 行数据，退回此步会丢失，已拒绝", caught.value.zh)
    assert sums(filled) == before
    assert answers(filled) == said


def test_surveys_alone_are_not_lost_either(store: Store, town: Town) -> None:
    with store.begin() as connection:
        connection.execute(sa.text("INSERT INTO gridmap.town (name) VALUES ('山阳镇')"))
    assert upgrade_database(store.engine, "0001") == (STEPS[-1], "0001")
    with pytest.raises(StoreError, match=r"while gridmap\.town holds 1 rows"):
        upgrade_database(store.engine, "base")
    assert upgrade_database(store.engine) == ("0001", STEPS[-1])


def test_records_are_not_lost_either(filled: Store, all_records: Records) -> None:
    assert upgrade_database(filled.engine, "0003") == (STEPS[-1], "0003")  # as an older gridmap left it
    assert upgrade_database(filled.engine) == ("0003", STEPS[-1])
    save_records(filled, "山阳镇", all_records)
    before = sums(filled)
    for target in ("0003", "0001", "base"):
        with pytest.raises(StoreError, match=r"while gridmap\.batch holds 1 rows"):
            upgrade_database(filled.engine, target)
    assert sums(filled) == before


def test_issues_are_not_lost_either(filled: Store) -> None:
    assert upgrade_database(filled.engine, "0004") == (STEPS[-1], "0004")  # as an older gridmap left it
    assert upgrade_database(filled.engine) == ("0004", STEPS[-1])
    save_issues(filled, "山阳镇", make_issues())
    before = sums(filled)
    for target in ("0004", "0001", "base"):
        with pytest.raises(StoreError, match=r"while gridmap\.issue_event holds 6 rows"):
            upgrade_database(filled.engine, target)
    assert sums(filled) == before


def test_somebody_s_own_view_is_not_taken_along(filled: Store, database: str) -> None:
    act(database, "CREATE VIEW public.mine AS SELECT plan, count(*) FROM gridmap.plan_units GROUP BY plan")
    before, said = sums(filled), answers(filled)
    with pytest.raises(StoreError, match=r"the database refused: cannot drop .*depend"):
        upgrade_database(filled.engine, "0002")
    assert sums(filled) == before
    assert answers(filled) == said


# --- PostGIS --------------------------------------------------------------------------------------------------


def engine_of(url: str, login: str) -> sa.Engine:
    engine = connect(url)

    @sa.event.listens_for(engine, "connect")
    def authorize(inner: Any, _record: object) -> None:
        inner.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(login)))
        inner.commit()

    return engine


@pytest.fixture
def login(cluster: Cluster) -> Iterator[str]:
    """A role that may log in, and nothing else."""
    name = f"l{uuid.uuid4().hex[:12]}"
    act(cluster.url, f"CREATE ROLE {name} LOGIN")
    yield name
    act(cluster.url, f"DROP ROLE {name}")


def test_without_postgis(cluster: Cluster, login: str) -> None:
    with new_database(cluster, "TEMPLATE template0", f"OWNER {login}") as url:
        engine = engine_of(url, login)
        with pytest.raises(
            StoreError, match="has no PostGIS extension, and this user may not add it; ask its"
        ) as caught:
            upgrade_database(engine)
        assert "当前用户无权添加" in caught.value.zh
        assert "CREATE EXTENSION postgis" in caught.value.zh
        with engine.connect() as connection:
            assert not sa.inspect(connection).has_schema(SCHEMA)
        engine.dispose()
        act(url, "CREATE EXTENSION postgis")  # what the sentence asks the administrator for
        engine = engine_of(url, login)
        assert upgrade_database(engine) == (None, STEPS[-1])
        engine.dispose()


def test_an_administrator_adds_postgis(cluster: Cluster, town: Town, plan: Plan, rules: Rules) -> None:
    with new_database(cluster, "TEMPLATE template0") as url:
        engine = connect(url)
        assert upgrade_database(engine) == (None, STEPS[-1])
        engine.dispose()
        with open_store(url, actor="王芳") as store:
            save_plan(store, "2026", town, plan, rules)
            assert load_plan(store, "2026").plan.fingerprint == plan.fingerprint


@pytest.mark.parametrize("search_path", ["", "SET search_path TO ''", "SET search_path TO public"])
def test_postgis_in_a_schema_of_its_own(
    cluster: Cluster,
    town: Town,
    plan: Plan,
    rules: Rules,
    login: str,
    open_folder: Callable[[], Path],
    search_path: str,
) -> None:
    """Whoever asks, by whatever path: functions, views and checks find PostGIS by themselves."""
    with new_database(cluster, "TEMPLATE template0") as url, new_database(cluster, "TEMPLATE template0") as other:
        for one in (url, other):
            act(one, "CREATE SCHEMA gis", "CREATE EXTENSION postgis SCHEMA gis")
        if search_path:
            act(url, f"ALTER DATABASE {sa.make_url(url).database} {search_path}")
        with Store(connect(url), "王芳") as store:
            assert upgrade_database(store.engine) == (None, STEPS[-1])
            fill(store, town, plan, rules)
            assert load_plan(store, "2025").plan.fingerprint == plan.fingerprint
            assert len(load_report(store, "2025").findings) > 0
            said = answers(store)
            assert [k for k, rows in said.items() if not rows] == ["at 2024-12-31"]
            lonlat = "gis.ST_Transform(gis.ST_SetSRID(gis.ST_Point(50, 150), 4549), 4326)"
            query = f"SELECT unit_id, grid_code FROM gridmap.grid_at({lonlat}, '2025-06-30')"
            with store.read() as connection:
                assert [tuple(r) for r in connection.execute(sa.text(query))] == [("B00", A1)]
            assert upgrade_database(store.engine, "0002") == (STEPS[-1], "0002")
            assert upgrade_database(store.engine) == ("0002", STEPS[-1])
            assert answers(store) == said
            point = {"point_id": ["P"], "name": ["点"], "kind": ["other"], "status": ["built"]}
            points = make_records(REGISTERS["point"], point | {"geometry": [shapely.Point(50, 150)]}, crs="EPSG:4549")
            batch = save_records(store, "山阳镇", Records({"point": points}))
            undo_batch(store, "山阳镇", undo_batch(store, "山阳镇", batch.id).id)
            assert load_records(store, "山阳镇").points.equals(points)
            with store.read() as connection:
                places = connection.execute(sa.text("SELECT grid_by_place FROM gridmap.points"))
                assert places.scalars().all() == [A1]
            batch = save_issues(store, "山阳镇", make_issues()).batch
            assert batch is not None
            add_events(store, "山阳镇", story())
            undo_issues(store, "山阳镇", batch.id)
            changed = make_issues(7, channel=["x"] * 7)
            save_issues(store, "山阳镇", changed)
            redact_issue(store, "山阳镇", "X1")
            places = load_issues(store, "山阳镇").frame.geometry
            assert places.iloc[0].equals(shapely.Point(50.25, 50))
            before = sums(store)
        act(cluster.url, f"GRANT gridmap_planner TO {login}")
        with Store(engine_of(url, login), "李明") as planner:
            assert answers(planner) == said
            save_moves(planner, "分支", 3, {"B05": A2})
            undo(planner, "分支", 4)
            save_plan(planner, "又一", replace(town, date="2026-09-30"), plan, rules)
            assert load_plan(planner, "又一").plan.fingerprint == plan.fingerprint
        act(cluster.url, f"REVOKE gridmap_planner FROM {login}")
        path = open_folder() / f"a{SUFFIX}"
        backup(url, path)
        restore(other, path, known_revisions=STEPS)
        with Store(connect(other), "王芳") as store:
            upgrade_database(store.engine)
            assert {t for t, s in sums(store).items() if before[t] == s} >= {"town", "grid_figure", "state_log"}
            save_moves(store, "分支", 5, {"B05": A2})
            assert answers(store)["at 2026-03-01"] == said["at 2026-03-01"]


# --- a copy ---------------------------------------------------------------------------------------------------


def test_a_copy_in_another_database_works_on(
    filled: Store, database: str, empty_database: str, open_folder: Callable[[], Path], login: str
) -> None:
    """Dump and restore bring the triggers along, and the next upgrade the rights."""
    before, said = sums(filled), answers(filled)
    path = open_folder() / f"a{SUFFIX}"
    backup(database, path)
    restore(empty_database, path, known_revisions=STEPS)
    assert described(empty_database) == described(database)
    with Store(connect(empty_database), "王芳") as copy:
        assert sums(copy) == before
        assert answers(copy) == said
        assert upgrade_database(copy.engine) == (STEPS[-1], STEPS[-1])
        base = find_plan(copy, "2027").version
        save_moves(copy, "2027", base, {"B11": A2})
        undo(copy, "2027", base + 1)
        for statement in ("DELETE FROM gridmap.change", "UPDATE gridmap.assignment SET grid_code = grid_code"):
            with pytest.raises(StoreError, match="never changed or taken away"), copy.begin() as connection:
                connection.execute(sa.text(statement))
        with copy.begin() as connection:
            connection.execute(sa.text(f"GRANT gridmap_reader TO {login}"))
        with Store(engine_of(empty_database, login), "李明") as reader:
            assert load_plan(reader, "2025").version == 1
            with pytest.raises(StoreError, match="has no right"):
                save_moves(reader, "2027", base + 2, {"B11": A2})
        assert upgrade_database(copy.engine, "0002") == (STEPS[-1], "0002")
