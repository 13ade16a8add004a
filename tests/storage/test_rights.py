"""Who may do what: readers read, planners save, owners bring into force; a refusal is one sentence."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from gridmap.check import check_plan
from gridmap.errors import GridmapError, InvalidPlan, StoreError
from gridmap.measure.connect import build_graph
from gridmap.model.issue_policy import DEFAULT_POLICY, policy_text
from gridmap.model.plan import Plan
from gridmap.model.records import Records, make_records
from gridmap.model.registers import REGISTERS
from gridmap.model.report import Report
from gridmap.model.rules import Rules
from gridmap.model.town import Town
from gridmap.storage.backup import table_sums
from gridmap.storage.batches import list_batches, undo_batch
from gridmap.storage.branch import branch_plan
from gridmap.storage.codes import reserve_code
from gridmap.storage.connect import Store, connect, open_store
from gridmap.storage.embedded.cluster import Cluster, start_cluster
from gridmap.storage.entries import find_plan, list_plans, list_versions
from gridmap.storage.erasure import erase_person
from gridmap.storage.history import redo, restore_version, undo
from gridmap.storage.issue_log import add_events, advance_issue, load_events
from gridmap.storage.issue_policy import load_town_policy, save_town_policy
from gridmap.storage.issue_query import count_issues
from gridmap.storage.issue_schema import EVENT_TABLE, ISSUE_TABLE
from gridmap.storage.issues import (
    compare_issues,
    load_issues,
    redact_issue,
    save_issues,
    tenures,
    undo_issues,
)
from gridmap.storage.judged import load_report, save_report
from gridmap.storage.merge import merge_branch
from gridmap.storage.patrols import load_patrols, save_patrols
from gridmap.storage.plans import load_plan, save_plan
from gridmap.storage.records import compare_records, load_records, save_records
from gridmap.storage.rights import MAKE_ROLES, ROLES, grant_rights, has_roles
from gridmap.storage.rows import raw
from gridmap.storage.save import save_moves
from gridmap.storage.states import approve_plan, put_in_force, reopen_plan, retire_plan
from gridmap.storage.towns import load_town, save_town
from gridmap.storage.upgrade import known_revisions, upgrade_database
from tests.storage.test_issue_log import story
from tests.storage.test_issues import make as make_issues
from tests.storage.test_patrols import make as make_patrols

AREA = "310116113001"
A1, A2, A3, A4 = (f"{AREA}00{i}" for i in range(1, 5))
VIEWS = (
    *("plan_units", "plan_grids", "units_in_force", "grids_in_force", "jurisdictions", "barriers", "premises"),
    *("findings", "change_log", "points", "points_in_force", "posts", "list_items", "list_adoptions", "list_changes"),
    *("branches", "in_service_members", "activities", "deliberations"),
    *("service_items", "service_offers", "service_orders", "issues", "issues_by_grid_month"),
)
NO_RIGHT = (
    r"this user has no right to do that "
    r"\(.*\)(; ask the owner of the database for the role gridmap_planner|: names and telephone|: only members of)"
)
NO_RIGHT_ZH = "当前用户没有此项权限"

TOWN = "山阳镇"
ITEM = Records({"service_item": make_records(REGISTERS["service_item"], {"item_id": ["F2"], "title": ["义诊"]})})
SOMEBODY = Records({"person": make_records(REGISTERS["person"], {"person_id": ["R1"], "name": ["王小芳"]})})
STORY = story()

AsRole = Callable[[str], Store]


@pytest.fixture(scope="module")
def people(cluster: Cluster, upgraded_database: str) -> Iterator[dict[str, str]]:
    """Role → the name of a login role that is a member of it; "" for one that is a member of none."""
    names = {role: f"p{uuid.uuid4().hex[:12]}" for role in (*ROLES, "")}
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        for role, name in names.items():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
            if role:
                connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(name)))
    yield names
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        for name in names.values():
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def engine_of(url: str, login: str) -> sa.Engine:
    """Connections in which the system lets only that login role work."""
    engine = connect(url)

    @sa.event.listens_for(engine, "connect")
    def authorize(inner: Any, _record: object) -> None:
        inner.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(login)))
        inner.commit()

    return engine


@pytest.fixture
def as_role(database: str, people: dict[str, str]) -> Iterator[AsRole]:
    """Stores of members of the roles."""
    made: list[Store] = []

    def make(role: str) -> Store:
        made.append(Store(engine_of(database, people[role]), role or "nobody", "test"))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def report(town: Town, plan: Plan, rules: Rules) -> Report:
    return check_plan(plan, rules, graph=build_graph(town.units, town.barriers), premises=town.premises)


@pytest.fixture
def filled(store: Store, town: Town, plan: Plan, rules: Rules, report: Report, all_records: Records) -> Store:
    """A database with a plan in every state: 稿 and 检 are checked, 批 is approved, 效 in force; 分支 is one of 稿."""
    for name in ("稿", "检", "批", "效"):
        save_plan(store, name, town, plan, rules, report=report)
    for name in ("批", "效"):
        approve_plan(store, name)
    put_in_force(store, "效", date(2026, 1, 1))
    for name in ("稿", "检"):  # judged anew, now that there is a plan in force
        save_report(store, name, 1, plan, report, rules, town)
    branch_plan(store, "稿", "分支")
    save_moves(store, "分支", 1, {"B00": A2})
    save_records(store, TOWN, all_records)
    save_issues(store, TOWN, make_issues())
    save_patrols(store, TOWN, make_patrols(1))
    save_town_policy(store, TOWN, policy_text(DEFAULT_POLICY))
    redact_issue(store, TOWN, "12345:2")
    return store


def sums(store: Store) -> dict[str, tuple[int, str]]:
    """Rows and checksum of every table."""
    with store.read() as connection:
        return {t.name: (t.rows, t.checksum) for t in table_sums(raw(connection))}


def outcome(act: Callable[[], object]) -> str:
    """What came of it: done, no right, or another sentence."""
    try:
        act()
    except GridmapError as error:
        is_no_right = re.match(NO_RIGHT, str(error)) and error.zh.startswith(NO_RIGHT_ZH) and type(error) is StoreError
        return "no right" if is_no_right else f"{type(error).__name__}: {error}"
    return "done"


def execute(store: Store, statement: str) -> None:
    with store.begin() as connection:
        connection.execute(sa.text(statement))


def last_import(store: Store, register: str) -> int:
    return max(b.id for b in list_batches(store, TOWN) if b.kind == "import" and register in b.registers)


def actions(store: Store, town: Town, plan: Plan, rules: Rules, report: Report) -> dict[str, Callable[[], object]]:
    """Everything that people do, in an order in which each finds what it needs; first the role that may do it."""

    def now() -> int:
        return find_plan(store, "稿").version

    survey = replace(town, date="2026-06-30")
    point = "ST_SetSRID(ST_Point(50, 150), 4549)"
    return {
        "reader: list plans": lambda: list_plans(store),
        "reader: list versions": lambda: list_versions(store, "稿"),
        "reader: load a plan": lambda: load_plan(store, "稿"),
        "reader: load an old version": lambda: load_plan(store, "分支", 1),
        "reader: load a report": lambda: load_report(store, "稿", 1),
        "reader: load a survey": lambda: load_town(store, find_plan(store, "稿").unit_set_id),
        **{f"reader: view {v}": lambda v=v: execute(store, f"SELECT * FROM gridmap.{v}") for v in VIEWS},
        "reader: grid at a point": lambda: execute(store, f"SELECT * FROM gridmap.grid_at({point}, '2026-02-01')"),
        "reader: has roles": lambda: has_roles(store.engine),
        "planner: save moves": lambda: save_moves(store, "稿", now(), {"B11": A3}, locked=[A4]),
        "planner: found a grid": lambda: save_moves(store, "稿", now(), {"B05": f"{AREA}009"}),
        "planner: undo": lambda: undo(store, "稿", now()),
        "planner: redo": lambda: redo(store, "稿", now()),
        "planner: restore": lambda: restore_version(store, "稿", now(), 1),
        "planner: reserve a code": lambda: reserve_code(store, "稿", AREA),
        "planner: save a survey": lambda: save_town(store, survey),
        "planner: save a plan": lambda: save_plan(store, "新", survey, plan, rules, report=report, retired=["x"]),
        "planner: save a report": lambda: save_report(store, "稿", 1, plan, report, rules, town),
        "planner: branch": lambda: branch_plan(store, "效", "又一分支"),
        "planner: merge": lambda: merge_branch(store, "分支", "稿", now()),
        "planner: approve": lambda: approve_plan(store, "检"),
        "planner: reopen": lambda: reopen_plan(store, "检"),
        "planner: put aside": lambda: retire_plan(store, "检"),
        "reader: load records": lambda: load_records(store, TOWN),
        "reader: compare records": lambda: compare_records(store, TOWN, ITEM),
        "reader: list batches": lambda: list_batches(store, TOWN),
        "planner: save records": lambda: save_records(store, TOWN, ITEM),
        "planner: undo a batch": lambda: undo_batch(store, TOWN, last_import(store, "service_item")),
        "reader: load issues": lambda: load_issues(store, TOWN),
        "reader: compare issues": lambda: compare_issues(store, TOWN, make_issues(7)),
        "reader: count issues": lambda: count_issues(store, TOWN, ["grid"]),
        "reader: load events": lambda: load_events(store, TOWN, "12345:1"),
        "reader: load tenures": lambda: tenures(store, TOWN),
        "planner: load patrols": lambda: load_patrols(store, TOWN),
        "reader: load a policy": lambda: load_town_policy(store, TOWN),
        "planner: save issues": lambda: save_issues(store, TOWN, make_issues(7)),
        "planner: change issues": lambda: save_issues(store, TOWN, make_issues(7, channel=["x"] * 7)),
        "planner: undo issues": lambda: undo_issues(store, TOWN, last_import(store, "issue")),
        "planner: report an issue": lambda: advance_issue(store, TOWN, STORY[0]),
        "planner: add events": lambda: add_events(store, TOWN, STORY),
        "planner: save patrols": lambda: save_patrols(store, TOWN, make_patrols()),
        "planner: save a policy": lambda: save_town_policy(store, TOWN, policy_text(DEFAULT_POLICY)),
        "owner: redact an issue": lambda: redact_issue(store, TOWN, "12345:1"),
        "owner: load people": lambda: load_records(store, TOWN, registers=["person"]),
        "owner: compare people": lambda: compare_records(store, TOWN, SOMEBODY),
        "owner: save people": lambda: save_records(store, TOWN, SOMEBODY),
        "owner: erase a person": lambda: erase_person(store, TOWN, "R1"),
        "owner: put in force": lambda: put_in_force(store, "批", date(2026, 3, 1)),
        "owner: end a plan in force": lambda: retire_plan(
            store, "批" if find_plan(store, "批").state == "in_force" else "效", date(2026, 9, 1)
        ),
    }


@pytest.mark.parametrize("role", ROLES)
def test_who_may_do_what(
    filled: Store, as_role: AsRole, town: Town, plan: Plan, rules: Rules, report: Report, role: str
) -> None:
    may = {r.removeprefix("gridmap_") for r in ROLES[: ROLES.index(role) + 1]}
    before = sums(filled)
    found = {name: outcome(act) for name, act in actions(as_role(role), town, replace(plan), rules, report).items()}
    assert found == {name: "done" if name.partition(":")[0] in may else "no right" for name in found}
    if role == "gridmap_reader":
        assert sums(filled) == before


def test_somebody_without_any_right(
    filled: Store, as_role: AsRole, database: str, town: Town, plan: Plan, rules: Rules, report: Report
) -> None:
    before = sums(filled)
    nobody = as_role("")
    found = {name: outcome(act) for name, act in actions(nobody, town, plan, rules, report).items()}
    assert set(found.values()) == {"no right"}
    assert sums(filled) == before
    with pytest.raises(StoreError, match=NO_RIGHT) as caught:
        upgrade_database(nobody.engine)
    assert caught.value.zh.startswith(NO_RIGHT_ZH)


# --- by hand --------------------------------------------------------------------------------------------------

TABLES = (
    *("store", "town", "unit_set", "jurisdiction", "unit", "layer_feature", "rules", "plan", "version", "grid_code"),
    *("grid", "assignment", "change", "report", "finding", "grid_figure", "lineage", "state_log", "alembic_version"),
    *("batch", "erasure", *REGISTERS),
    *("issue", "issue_event", "patrol", "redaction", "issue_policy"),
)
#: What a planner may write: None for every column.
ADDED: dict[str, set[str] | None] = {
    **dict.fromkeys(("town", "unit_set", "jurisdiction", "unit", "layer_feature", "rules", "plan", "version")),
    **dict.fromkeys(("change", "report", "finding", "grid_figure", "lineage", "state_log")),
    **dict.fromkeys(("batch", *(r for r in REGISTERS if r != "person"))),
    **dict.fromkeys(("issue", "patrol", "issue_policy")),
    "issue_event": {c.name for c in EVENT_TABLE.columns} - {"received_at"},
    "grid": {"plan_id", "code", "town_id", "unit_set_id", "jurisdiction", "kind"},
    "grid_code": {"town_id", "code", "retired_on"},
}
CHANGED = {
    "unit_set": {"sealed_at"},
    "plan": {"version", "state", "name", "meta"},
    "grid": {"geom"},
    **{r: {"ended_by"} for r in REGISTERS if r != "person"},
    "issue": {c.name for c in ISSUE_TABLE.columns} - {"no", "town_id", "issue_id", "month"},
}


def columns_that_may_be(store: Store, login: str, verb: str) -> dict[str, set[str]]:
    """Table → columns for which a login role has a right."""
    query = sa.text(
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
        " AND NOT a.attisdropped WHERE c.relnamespace = 'gridmap'::regnamespace AND c.relkind IN ('r', 'v')"
        " AND has_column_privilege(:login, c.oid, a.attnum, :verb)"
    )
    found: dict[str, set[str]] = {}
    with store.read() as connection:
        for table, column in connection.execute(query, {"login": login, "verb": verb}):
            found.setdefault(table, set()).add(column)
    return found


def test_every_right_on_every_column(filled: Store, people: dict[str, str]) -> None:
    with filled.read() as connection:
        inspector = sa.inspect(connection)
        assert set(inspector.get_table_names("gridmap")) == set(TABLES)
        assert set(inspector.get_view_names("gridmap")) == set(VIEWS)
        of = {t: {c["name"] for c in inspector.get_columns(t, "gridmap")} for t in (*TABLES, *VIEWS)}
    reader, planner = people["gridmap_reader"], people["gridmap_planner"]
    for login, hidden in ((reader, {"person", "patrol"}), (planner, {"person"})):
        assert columns_that_may_be(filled, login, "SELECT") == {t: c for t, c in of.items() if t not in hidden}
        assert columns_that_may_be(filled, login, "REFERENCES") == {}
    for verb in ("INSERT", "UPDATE"):
        assert columns_that_may_be(filled, reader, verb) == {}
    assert columns_that_may_be(filled, planner, "INSERT") == {t: c or of[t] for t, c in ADDED.items()}
    assert columns_that_may_be(filled, planner, "UPDATE") == CHANGED
    assert {v: columns_that_may_be(filled, people[""], v) for v in ("SELECT", "INSERT", "UPDATE")} == {
        "SELECT": {},
        "INSERT": {},
        "UPDATE": {},
    }


def by_hand(table: str) -> dict[str, str]:
    return {
        f"delete {table}": f"DELETE FROM gridmap.{table}",
        f"truncate {table}": f"TRUNCATE gridmap.{table} CASCADE",
        f"stop triggers of {table}": f"ALTER TABLE gridmap.{table} DISABLE TRIGGER ALL",
        f"stop own triggers of {table}": f"ALTER TABLE gridmap.{table} DISABLE TRIGGER USER",
        f"drop {table}": f"DROP TABLE gridmap.{table} CASCADE",
        f"own {table}": f"ALTER TABLE gridmap.{table} OWNER TO CURRENT_USER",
        f"rule on {table}": f"CREATE RULE r AS ON INSERT TO gridmap.{table} DO INSTEAD NOTHING",
        f"trigger on {table}": (
            f"CREATE TRIGGER t BEFORE INSERT ON gridmap.{table} EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        ),
    }


DDL = {
    "make a table": "CREATE TABLE gridmap.x (y int)",
    "drop a view": "DROP VIEW gridmap.plan_units CASCADE",
    "another view": "CREATE OR REPLACE VIEW gridmap.findings AS SELECT 1",
    "drop the schema": "DROP SCHEMA gridmap CASCADE",
    "another function": (
        "CREATE OR REPLACE FUNCTION gridmap.guard_plan() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
    ),
    "the owner's rights": "SET ROLE gridmap_owner",
    "become the owner": "GRANT gridmap_owner TO CURRENT_USER",
    "no triggers in this session": "SET session_replication_role = replica",
    "write the assignment": "INSERT INTO gridmap.assignment SELECT id, 'B00', unit_set_id, 'x' FROM gridmap.plan",
    "move by hand": f"UPDATE gridmap.assignment SET grid_code = '{A1}'",
    "bring into force": "UPDATE gridmap.plan SET state = 'in_force', in_force = '[2026-01-01,)'",
    "other dates": "UPDATE gridmap.plan SET in_force = '[2025-01-01,)' WHERE state = 'in_force'",
    "free a code": "UPDATE gridmap.grid_code SET retired_on = NULL",
    "a state of a grid": "UPDATE gridmap.grid SET status = 'dissolved'",
    "another author": "UPDATE gridmap.version SET actor = 'x'",
    "another step": "UPDATE gridmap.alembic_version SET version_num = '0001'",
}


@pytest.mark.parametrize("role", ["gridmap_reader", "gridmap_planner"])
def test_nothing_goes_by_hand(filled: Store, as_role: AsRole, role: str) -> None:
    before, store = sums(filled), as_role(role)
    statements = {k: v for t in TABLES for k, v in by_hand(t).items()} | DDL
    found = {name: outcome(lambda s=s: execute(store, s)) for name, s in statements.items()}
    assert {n: o for n, o in found.items() if o != "no right"} == {}
    assert sums(filled) == before


#: A column of each table whose rows never change.
COLUMNS = {
    "store": "id",
    "unit_set": "source",
    "jurisdiction": "name",
    "unit": "households",
    "layer_feature": "name",
    "rules": "toml",
    "version": "actor",
    "change": "to_grid",
    "report": "is_lawful",
    "finding": "severity",
    "grid_figure": "deviation",
    "lineage": "kind",
    "state_log": "actor",
    "assignment": "grid_code",
    "batch": "actor",
    "erasure": "person_id",
    **dict.fromkeys(REGISTERS, "record"),
    "issue": "step",
    "issue_event": "actor",
    "patrol": "grid",
    "redaction": "issue_id",
    "issue_policy": "toml",
}
KEPT = "StoreError: what was stored is never changed or taken away"


def test_what_even_the_owner_does_not_do_by_hand(filled: Store, as_role: AsRole) -> None:
    """The owner of the tables may take the triggers away; as long as they are there, they hold for everybody."""
    before, owner = sums(filled), as_role("gridmap_owner")
    statements = {
        **{f"truncate {t}": f"TRUNCATE gridmap.{t} CASCADE" for t in TABLES if t != "alembic_version"},
        **{f"delete {t}": f"DELETE FROM gridmap.{t}" for t in TABLES if t not in ("alembic_version", "town")},
        **{f"update {t}": f"UPDATE gridmap.{t} SET {column} = {column}" for t, column in COLUMNS.items()},
        "write the assignment": "INSERT INTO gridmap.assignment SELECT id, 'x', unit_set_id, 'x' FROM gridmap.plan",
        "a state of a grid": "UPDATE gridmap.grid SET status = 'dissolved'",
        "another kind of grid": "UPDATE gridmap.grid SET kind = 'dedicated'",
        "another survey": "UPDATE gridmap.plan SET unit_set_id = unit_set_id + 1",
    }
    for store in (owner, filled):
        found = {name: outcome(lambda s=s, o=store: execute(o, s)) for name, s in statements.items()}
        assert {n: o for n, o in found.items() if not o.startswith(KEPT)} == {}
    assert sums(filled) == before


@pytest.mark.parametrize("days", ["'empty'", "NULL", "'[2025-06-01,2026-06-01)'", "'[2026-01-01,)'"])
def test_the_days_of_a_plan_in_force(filled: Store, as_role: AsRole, days: str) -> None:
    end = f"UPDATE gridmap.plan SET state = 'retired', in_force = {days} WHERE state = 'in_force'"
    for store in (as_role("gridmap_owner"), filled):
        found = outcome(lambda o=store: execute(o, end))
        assert re.match("InvalidPlan: (the dates of a plan are|a plan that was in force)", found)
    assert find_plan(filled, "效").since == date(2026, 1, 1)


def test_the_town_with_its_surveys_stays(filled: Store, as_role: AsRole) -> None:
    found = outcome(lambda: execute(as_role("gridmap_owner"), "DELETE FROM gridmap.town"))
    assert found.startswith("StoreError: the database refused values that do not fit together (unit_set_town_id_fkey)")


#: What a planner could write by hand with the rights that saving needs, and what then holds.
CRAFTED = {
    "end a plan in force without a day": (
        "UPDATE gridmap.plan SET state = 'retired' WHERE state = 'in_force'",
        r"InvalidPlan: a plan that was in force ends on a day",
    ),
    "a number without a version": (
        "UPDATE gridmap.plan SET version = version + 1, state = 'draft' WHERE name = '稿'",
        r"StoreError: the plan changed while it was being saved \(.*no version 2\)",
    ),
    "two numbers at once": (
        "UPDATE gridmap.plan SET version = version + 2, state = 'draft' WHERE name = '稿'",
        r"InvalidPlan: only a draft gets a new version",
    ),
    "a version without its number": (
        (
            "INSERT INTO gridmap.version (plan_id, version, kind, actor, client, op_id, n_moves, state_of, rules_hash)"
            " SELECT plan_id, 9, kind, actor, client, gen_random_uuid(), 0, 1, rules_hash FROM gridmap.version LIMIT 1"
        ),
        r"StoreError: the plan changed while it was being saved \(.*not at 9\)",
    ),
    "a plan without a version": (
        (
            "INSERT INTO gridmap.plan (town_id, unit_set_id, name, created_by)"
            " SELECT town_id, unit_set_id, 'leer', 'x' FROM gridmap.plan LIMIT 1"
        ),
        r"StoreError: the plan changed while it was being saved \(.*no version 0\)",
    ),
    "a plan that is in force from birth": (
        (
            "INSERT INTO gridmap.plan (town_id, unit_set_id, name, state, in_force, created_by)"
            " SELECT town_id, unit_set_id, 'x', 'in_force', '[2030-01-01,)', 'x' FROM gridmap.plan LIMIT 1"
        ),
        r"InvalidPlan: a plan begins as a draft",
    ),
    "approve what was not judged": (
        "UPDATE gridmap.plan SET state = 'approved' WHERE name = '分支'",
        r"InvalidPlan: a plan does not go from draft to approved",
    ),
    "a row of a sealed survey": (
        (
            "INSERT INTO gridmap.layer_feature SELECT unit_set_id, layer, 99, srid, name, kind, attributes, geom"
            " FROM gridmap.layer_feature"
        ),
        rf"{KEPT}",
    ),
}


@pytest.mark.parametrize("name", CRAFTED)
def test_what_a_planner_crafts_by_hand(filled: Store, as_role: AsRole, name: str) -> None:
    statement, words = CRAFTED[name]
    before = sums(filled)
    for store in (as_role("gridmap_planner"), filled):
        assert re.match(words, outcome(lambda o=store: execute(o, statement)))
    assert sums(filled) == before


def test_a_grid_without_units_is_not_active(filled: Store, as_role: AsRole) -> None:
    planner = as_role("gridmap_planner")
    code = reserve_code(planner, "稿", AREA)
    execute(
        planner,
        "INSERT INTO gridmap.grid (plan_id, code, town_id, unit_set_id, jurisdiction, kind)"
        f" SELECT plan_id, '{code}', town_id, unit_set_id, jurisdiction, kind FROM gridmap.grid WHERE code = '{A1}'"
        " AND plan_id = (SELECT id FROM gridmap.plan WHERE name = '稿')",
    )
    with planner.read() as connection:
        status = sa.text("SELECT status FROM gridmap.grid WHERE code = :code")
        assert connection.execute(status, {"code": code}).scalars().all() == ["dissolved"]
        assert code not in connection.execute(sa.text("SELECT grid_code FROM gridmap.plan_grids")).scalars().all()
    save_moves(planner, "稿", 1, {"B00": code})
    assert code in load_plan(planner, "稿").plan.codes
    with planner.read() as connection:
        assert connection.execute(status, {"code": code}).scalars().all() == ["active"]


#: The trigger functions that write with the rights of their owner, each under a table of somebody's own.
BORROWED = {
    "apply_changes": (
        "CREATE TEMP TABLE t (plan_id int, version int, seq int, unit_id text, from_grid text, to_grid text)",
        "AFTER INSERT ON t REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT",
    ),
    "settle_codes": (
        "CREATE TEMP TABLE t (id int, town_id int, state text, in_force daterange)",
        "AFTER UPDATE ON t FOR EACH ROW",
    ),
    "guard_grid": ("CREATE TEMP TABLE t (plan_id int)", "BEFORE INSERT ON t FOR EACH ROW"),
    "guard_plan": ("CREATE TEMP TABLE t (id int)", "BEFORE INSERT ON t FOR EACH ROW"),
    "erase_person": (
        "CREATE TEMP TABLE t (batch_id int, town_id int, person_id text)",
        "AFTER INSERT ON t FOR EACH ROW",
    ),
    "guard_record": ("CREATE TEMP TABLE t (ended_by int)", "BEFORE UPDATE ON t FOR EACH ROW"),
    "refuse_change": ("CREATE TEMP TABLE t (id int)", "BEFORE INSERT ON t FOR EACH STATEMENT"),
}


@pytest.mark.parametrize("role", ["gridmap_reader", "gridmap_planner"])
def test_nobody_borrows_the_rights_of_a_trigger(
    filled: Store, as_role: AsRole, people: dict[str, str], role: str
) -> None:
    store = as_role(role)
    for function, (table, when) in BORROWED.items():
        execute(store, f"{table}; DROP TABLE t")  # so it is not the table that is refused
        with pytest.raises(StoreError, match=f"permission denied for function gridmap.{function}"):
            execute(store, f"{table}; CREATE TRIGGER x {when} EXECUTE FUNCTION gridmap.{function}()")
        assert outcome(lambda f=function: execute(store, f"SELECT gridmap.{f}()")) == "no right"
    may_run = sa.text(
        "SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'gridmap'::regnamespace"
        " AND has_function_privilege(:login, p.oid, 'EXECUTE')"
    )
    with filled.read() as connection:
        found = connection.execute(may_run, {"login": people[role]}).scalars().all()
        assert found == ["grid_at"]
        assert connection.execute(may_run, {"login": people[""]}).scalars().all() == []


# --- databases whose user may not make roles ------------------------------------------------------------------


@pytest.fixture
def fresh(folder: Path) -> Cluster:
    """A cluster in which nobody has made the roles of gridmap yet."""
    return start_cluster(folder, options={"shared_buffers": "32MB", "fsync": "off"})


def own_database(cluster: Cluster, login: str) -> str:
    """URL of a database with PostGIS that belongs to a login role without any further right."""
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(login)))
        connection.execute(sql.SQL("CREATE DATABASE {0} TEMPLATE gridmap OWNER {0}").format(sql.Identifier(login)))
    return cluster.url_of(login)


def test_a_user_who_may_not_make_roles(
    fresh: Cluster, town: Town, plan: Plan, rules: Rules, report: Report, all_records: Records
) -> None:
    url = own_database(fresh, "amt")
    newest = known_revisions()[-1]
    with Store(engine_of(url, "amt"), "王芳", "test") as store:
        assert upgrade_database(store.engine) == (None, newest)
        assert upgrade_database(store.engine) == (newest, newest)
        assert not has_roles(store.engine)
        with store.begin() as connection:
            assert grant_rights(connection) is False
            assert connection.execute(sa.text("SELECT 1")).scalar() == 1  # the transaction goes on
        save_plan(store, "稿", town, plan, rules, report=report)
        for name in ("检", "批", "效"):
            save_plan(store, name, town, plan, rules, report=report)
        for name in ("批", "效"):
            approve_plan(store, name)
        put_in_force(store, "效", date(2026, 1, 1))
        for name in ("稿", "检"):
            save_report(store, name, 1, plan, report, rules, town)
        branch_plan(store, "稿", "分支")
        save_moves(store, "分支", 1, {"B00": A2})
        save_records(store, TOWN, all_records)
        found = {name: outcome(act) for name, act in actions(store, town, plan, rules, report).items()}
        assert set(found.values()) == {"done"}, found
        with psycopg.connect(url, autocommit=True) as connection:  # an administrator runs what `db upgrade` says
            connection.execute(b"CREATE ROLE gridmap_reader NOLOGIN")  # there from an older gridmap
            connection.execute(MAKE_ROLES.encode())
            connection.execute(b"CREATE ROLE leser LOGIN IN ROLE gridmap_reader")
        assert upgrade_database(store.engine) == (newest, newest)
        assert has_roles(store.engine)
    with Store(engine_of(url, "leser"), "李明") as store:
        assert len(list_plans(store)) == 7
        assert outcome(lambda: save_moves(store, "稿", 1, {"B00": A2})) == "no right"


def test_an_owner_upgrades(fresh: Cluster, town: Town, plan: Plan, rules: Rules) -> None:
    """A member of gridmap_owner, who may not make roles, goes a step back and forth: readers read as before."""
    older, newest = known_revisions()[-2:]
    with Store(connect(fresh.url), "王芳") as store:
        upgrade_database(store.engine)
        save_plan(store, "稿", town, plan, rules)
        execute(store, "CREATE ROLE chef LOGIN IN ROLE gridmap_owner")
        execute(store, "CREATE ROLE leser LOGIN IN ROLE gridmap_reader")
    with Store(engine_of(fresh.url, "chef"), "王芳") as store:
        assert upgrade_database(store.engine, older) == (newest, older)
        assert upgrade_database(store.engine) == (older, newest)
    with Store(engine_of(fresh.url, "leser"), "李明") as store:
        for view in VIEWS:
            execute(store, f"SELECT * FROM gridmap.{view}")
        assert len(load_plan(store, "稿").plan.units) == 18


def test_two_databases_of_one_server_are_upgraded_at_once(fresh: Cluster) -> None:
    """Roles belong to the server: the one upgrade makes them while the other looks for them."""
    names = ["a", "b"]
    with psycopg.connect(fresh.url, autocommit=True) as connection:
        for name in names:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE gridmap").format(sql.Identifier(name)))
    stores = [Store(connect(fresh.url_of(name)), "王芳") for name in names]
    start, found = threading.Barrier(2), list[str]()

    def upgrade(store: Store) -> None:
        start.wait(30)
        found.append(outcome(lambda: upgrade_database(store.engine)))

    threads = [threading.Thread(target=upgrade, args=(store,)) for store in stores]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert found == ["done", "done"]
    for store in stores:
        assert has_roles(store.engine)
        store.close()


def test_opening_without_rights(database: str, people: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridmap.storage.connect.connect", lambda url, **_: engine_of(url, people[""]))
    with pytest.raises(StoreError, match=NO_RIGHT):
        open_store(database, actor="王芳")
    monkeypatch.setattr("gridmap.storage.connect.connect", lambda url, **_: engine_of(url, people["gridmap_reader"]))
    with open_store(database, actor="王芳") as store:
        assert list_plans(store) == []


def test_a_planner_is_told_of_the_state_first(filled: Store, as_role: AsRole) -> None:
    with pytest.raises(InvalidPlan, match="does not change any more"):
        save_moves(as_role("gridmap_planner"), "效", 1, {"B00": A2})
