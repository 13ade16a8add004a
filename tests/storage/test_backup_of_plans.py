"""Fill, back up, destroy, restore: every table by checksum, every plan by fingerprint, and the work goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from gridmap.errors import InvalidPlan, StoreError
from gridmap.model.issue_policy import DEFAULT_POLICY, policy_text
from gridmap.model.plan import GridException, Plan
from gridmap.model.records import Records, make_records
from gridmap.model.registers import REGISTERS
from gridmap.model.rules import Rules
from gridmap.model.text import Text
from gridmap.model.town import Town
from gridmap.storage.backup import backup, restore
from gridmap.storage.batches import list_batches, undo_batch
from gridmap.storage.branch import branch_plan
from gridmap.storage.connect import Store, connect
from gridmap.storage.entries import list_plans, list_versions
from gridmap.storage.erasure import erase_person
from gridmap.storage.history import undo
from gridmap.storage.issue_log import add_events, load_events
from gridmap.storage.issue_policy import save_town_policy
from gridmap.storage.issues import load_issues, redact_issue, save_issues
from gridmap.storage.judged import load_report
from gridmap.storage.merge import merge_branch
from gridmap.storage.patrols import load_patrols, save_patrols
from gridmap.storage.plans import load_plan, save_plan
from gridmap.storage.records import load_records, save_records
from gridmap.storage.save import Saved, save_moves
from gridmap.storage.states import approve_plan, put_in_force
from gridmap.storage.upgrade import known_revisions, upgrade_database
from gridmap.storage.verdict import judge_stored
from gridmap.storage.where import grid_at
from tests.storage.test_issue_log import story
from tests.storage.test_issues import make as make_issues
from tests.storage.test_patrols import make as make_patrols
from tests.storage.test_records import assert_same

V2, A2, A3, A4 = "310116113202002", "310116113001002", "310116113001003", "310116113001004"
TOWN = "山阳镇"
BRANCH = {"branch_id": ["Z9"], "name": ["支部"], "kind": ["branch"], "jurisdiction": [V2[:12]], "grids": [(V2,)]}
BRANCHES = Records({"branch": make_records(REGISTERS["branch"], BRANCH)})


@pytest.fixture
def filled(store: Store, town: Town, plan: Plan, rules: Rules, all_records: Records) -> Store:
    """A database with something in every table."""
    reasons = tuple(
        GridException(c, rule, "dead_zone", Text("例外", "excepted"))
        for c in plan.codes
        for rule in ("R4", "R5", "R10")
    )
    save_plan(store, "2025", town, replace(plan, exceptions=reasons), rules)
    judge_stored(store, "2025")
    approve_plan(store, "2025")
    put_in_force(store, "2025", date(2025, 1, 1))
    branch_plan(store, "2025", "2026")
    save_moves(store, "2026", 1, {"B09": A3, "B10": A3, "B11": A3})
    judge_stored(store, "2026")
    approve_plan(store, "2026")
    put_in_force(store, "2026", date(2026, 1, 1))
    branch_plan(store, "2026", "草")
    branch_plan(store, "草", "试验")
    save_moves(store, "试验", 1, {"B02": A2}, locked=[A3])
    save_moves(store, "草", 1, {"G2": V2})
    merge_branch(store, "试验", "草", 2)
    undo(store, "草", 3)
    save_records(store, TOWN, all_records)
    undo_batch(store, TOWN, save_records(store, TOWN, BRANCHES, is_whole=True).id)
    save_records(store, TOWN, BRANCHES)
    erase_person(store, TOWN, "R2")
    save_issues(store, TOWN, make_issues())
    add_events(store, TOWN, story())
    redact_issue(store, TOWN, "12345:2")
    save_patrols(store, TOWN, make_patrols())
    save_town_policy(store, TOWN, policy_text(DEFAULT_POLICY))
    return store


def checksums(store: Store) -> dict[str, tuple[int, str]]:
    """Rows and a checksum of every table, made apart from what a backup makes."""
    found = {}
    with store.read() as connection:
        names = sa.inspect(connection).get_table_names(schema="gridmap")
        inner = connection.connection.driver_connection
        assert isinstance(inner, psycopg.Connection)
        for name in names:
            query = sql.SQL("SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} t").format(
                sql.Identifier("gridmap", name)
            )
            row = inner.execute(query).fetchone()
            assert row is not None
            found[name] = (row[0], row[1])
    return found


def take_away_as_planner(store: Store) -> None:
    with store.begin() as connection:
        connection.execute(sa.text("SET LOCAL ROLE gridmap_planner"))
        connection.execute(sa.text("DELETE FROM gridmap.assignment"))


def fingerprints(store: Store) -> dict[tuple[str, int], str]:
    return {
        (e.name, v.version): load_plan(store, e.id, v.version).plan.fingerprint
        for e in list_plans(store)
        for v in list_versions(store, e.id)
    }


def test_everything_comes_back(filled: Store, database: str, empty_database: str, tmp_path: Path) -> None:
    tables, prints, plans = checksums(filled), fingerprints(filled), list_plans(filled)
    batches, records = list_batches(filled, TOWN), load_records(filled, TOWN)
    issues, patrols, story_of_x1 = (
        load_issues(filled, TOWN),
        load_patrols(filled, TOWN),
        load_events(filled, TOWN, "X1"),
    )
    assert {n for n, (rows, _) in tables.items() if not rows} == set()
    file = tmp_path / "all.gridmap-backup"
    manifest = backup(database, file)
    assert {t.name: t.rows for t in manifest.tables} == {n: rows for n, (rows, _) in tables.items()}
    filled.close()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP SCHEMA gridmap CASCADE")
    restore(empty_database, file, known_revisions=known_revisions())
    engine = connect(empty_database)
    upgrade_database(engine)
    back = Store(engine, "李明", "test")
    try:
        assert checksums(back) == tables
        assert fingerprints(back) == prints
        assert list_plans(back) == plans
        assert load_report(back, "2026").is_lawful
        assert [h.plan for h in grid_at(back, 50, 50, date(2025, 6, 1), crs="EPSG:4549")] == ["2025"]
        assert save_moves(back, "草", 4, {"B02": A2}) == Saved(5, 1)  # the work goes on
        with pytest.raises(InvalidPlan, match=f"grid code {A4} is retired"):
            save_moves(back, "草", 5, {"B00": A4})
        assert list_batches(back, TOWN) == batches
        assert_same(load_records(back, TOWN), records)
        undo_batch(back, TOWN, batches[3].id)
        assert list(load_records(back, TOWN).of("branch").index) == ["Z1"]
        assert load_issues(back, TOWN).frame.equals(issues.frame)
        assert load_events(back, TOWN, "X1") == tuple(story_of_x1)
        assert load_patrols(back, TOWN).frame.equals(patrols.frame)
        assert save_issues(back, TOWN, make_issues(9)).n_new == 3  # numbers go on after those that were restored
        with pytest.raises(StoreError, match="never changed or taken away"), back.begin() as connection:
            connection.execute(sa.text("UPDATE gridmap.person SET name = '李明' WHERE person_id = 'R2'"))
        with pytest.raises(StoreError, match="never changed or taken away"), back.begin() as connection:
            connection.execute(sa.text("DELETE FROM gridmap.change"))
        with pytest.raises(StoreError, match="no right"):
            take_away_as_planner(back)
    finally:
        back.close()
    with pytest.raises(StoreError):  # what is there is not written over
        restore(empty_database, file, known_revisions=known_revisions())
