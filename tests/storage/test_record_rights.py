"""Records by hand and by role: rows are added and ended by a batch and nothing else, people are a matter apart."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from gridmap.errors import GridmapError, StoreError
from gridmap.model.records import Records, make_records
from gridmap.model.registers import REGISTERS
from gridmap.model.town import Town
from gridmap.storage.backup import backup, table_sums
from gridmap.storage.batches import list_batches, undo_batch
from gridmap.storage.connect import Store, connect
from gridmap.storage.embedded.cluster import Cluster
from gridmap.storage.erasure import erase_person
from gridmap.storage.records import load_records, save_records
from gridmap.storage.rows import raw
from gridmap.storage.towns import save_town

TOWN, ELSEWHERE = "山阳镇", "金山卫镇"
SOMEBODY = Records({"person": make_records(REGISTERS["person"], {"person_id": ["R9"], "name": ["赵一"]})})
NO_RIGHT = r"this user has no right to do that \(permission denied for table "

AsMember = Callable[..., Store]


@pytest.fixture
def filled(store: Store, town: Town, all_records: Records) -> Store:
    """Two towns; in the first a batch with something in every register, and one that changed a service."""
    save_town(store, town)
    save_town(store, replace(town, name=ELSEWHERE))
    save_records(store, TOWN, all_records)
    haircut = {"item_id": ["F1"], "title": ["上门理发"]}
    save_records(store, TOWN, Records({"service_item": make_records(REGISTERS["service_item"], haircut)}))
    return store


@pytest.fixture
def as_member(cluster: Cluster, database: str) -> Iterator[AsMember]:
    """Stores of a login that is a member of all these roles."""
    made: list[tuple[str, Store]] = []

    def make(*roles: str) -> Store:
        login = f"m{uuid.uuid4().hex[:12]}"
        with psycopg.connect(cluster.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(login)))
            for role in roles:
                connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(login)))
        engine = connect(database)

        @sa.event.listens_for(engine, "connect")
        def authorize(inner: Any, _record: object) -> None:
            inner.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(login)))
            inner.commit()

        made.append((login, Store(engine, "李明", "test")))
        return made[-1][1]

    yield make
    for login, store in made:
        store.close()
        with psycopg.connect(cluster.url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(login)))


def sums(store: Store) -> dict[str, tuple[int, str]]:
    with store.read() as connection:
        return {t.name: (t.rows, t.checksum) for t in table_sums(raw(connection))}


def by_hand(store: Store, *statements: str) -> None:
    """All of them in one transaction."""
    with store.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


# --- people ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["gridmap_reader", "gridmap_planner"])
def test_without_the_role_people_are_left_out_or_refused(filled: Store, as_member: AsMember, role: str) -> None:
    before, store = sums(filled), as_member(role)
    found = load_records(store, TOWN)
    assert list(found.frames) == [r for r in REGISTERS if r != "person"]
    first = list_batches(store, TOWN)[0]
    for act in (
        lambda: load_records(store, TOWN, registers=["person"]),
        lambda: save_records(store, TOWN, SOMEBODY),
        lambda: erase_person(store, TOWN, "R1"),
    ):
        with pytest.raises(StoreError, match=rf"{NO_RIGHT}(person|batch)\)") as caught:
            act()
        assert caught.value.zh.startswith("当前用户没有此项权限（")
    with pytest.raises(StoreError, match="ask the owner of the database for the role gridmap_personal") as caught:
        load_records(store, TOWN, registers=["post", "person"])
    assert "请向数据库管理员申请 gridmap_personal 角色" in caught.value.zh
    with pytest.raises(GridmapError):
        undo_batch(store, TOWN, first.id)
    assert sums(filled) == before


def test_the_role_adds_people_to_what_somebody_may(filled: Store, as_member: AsMember) -> None:
    reader = as_member("gridmap_reader", "gridmap_personal")
    assert load_records(reader, TOWN).of("person")["name"].tolist() == ["王芳", "李明"]
    with pytest.raises(StoreError, match=NO_RIGHT):
        save_records(reader, TOWN, SOMEBODY)
    planner = as_member("gridmap_planner", "gridmap_personal")
    batch = save_records(planner, TOWN, SOMEBODY)
    assert load_records(planner, TOWN).of("person")["name"].tolist() == ["王芳", "李明", "赵一"]
    undo_batch(planner, TOWN, batch.id)
    assert load_records(planner, TOWN).of("person")["name"].tolist() == ["王芳", "李明"]
    with pytest.raises(StoreError, match="only members of gridmap_owner erase personal data") as caught:
        erase_person(planner, TOWN, "R1")
    assert "gridmap_owner" in caught.value.zh
    erase_person(as_member("gridmap_owner"), TOWN, "R1")
    assert load_records(reader, TOWN).of("person")["name"].tolist() == ["", "李明"]


def test_the_role_alone_opens_nothing(filled: Store, as_member: AsMember) -> None:
    with pytest.raises(StoreError, match="permission denied for schema gridmap"):
        load_records(as_member("gridmap_personal"), TOWN)


def test_no_view_shows_people(filled: Store) -> None:
    query = "SELECT view_name FROM information_schema.view_table_usage WHERE table_name = 'person'"
    with filled.read() as connection:
        assert connection.execute(sa.text(query)).scalars().all() == []


def test_a_backup_needs_the_right_to_read_people(filled: Store, database: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"names and telephone numbers are kept apart, also in a backup") as caught:
        backup(f"{database}&options=-c%20role%3Dgridmap_planner", tmp_path / "a.gridmap-backup")
    assert "备份也包含在内" in caught.value.zh
    assert list(tmp_path.iterdir()) == []


# --- by hand --------------------------------------------------------------------------------------------------

ROW = "(town_id, record, added_by, ended_by, position, item_id, title, category, detail)"
NEW_BATCH = (
    "WITH b AS (INSERT INTO gridmap.batch (town_id, kind, registers, actor, client, op_id, is_synthetic, n_new,"
    " n_changed, n_ended) VALUES ({town}, 'import', '{{{registers}}}', 'x', 'x', gen_random_uuid(), false, 0, 0, 0)"
    " RETURNING id) SELECT id FROM b"
)
#: What a planner could write by hand with the rights that saving needs.
CRAFTED = {
    "a row of an old batch": [f"INSERT INTO gridmap.service_item {ROW} VALUES (1, 'x', 2, NULL, 9, 'x', 'x', '', '')"],
    "a row of no batch": [f"INSERT INTO gridmap.service_item {ROW} VALUES (1, 'x', 99, NULL, 9, 'x', 'x', '', '')"],
    "ended by an old batch": ["UPDATE gridmap.service_item SET ended_by = 2 WHERE added_by = 1"],
    "ended by an old batch now": ["UPDATE gridmap.post SET ended_by = 2"],
    "begun anew": ["UPDATE gridmap.service_item SET ended_by = NULL WHERE ended_by IS NOT NULL"],
    "ended again": [
        NEW_BATCH.format(town=1, registers="service_item"),
        "UPDATE gridmap.service_item SET ended_by = (SELECT max(id) FROM gridmap.batch) WHERE ended_by IS NOT NULL",
    ],
    "ended by the batch of another town": [
        NEW_BATCH.format(town=2, registers="post"),
        "UPDATE gridmap.post SET ended_by = (SELECT max(id) FROM gridmap.batch)",
    ],
    "ended by a batch of another register": [
        NEW_BATCH.format(town=1, registers="point"),
        "UPDATE gridmap.post SET ended_by = (SELECT max(id) FROM gridmap.batch)",
    ],
    "a row that is over when it begins": [
        NEW_BATCH.format(town=1, registers="service_item"),
        (
            f"INSERT INTO gridmap.service_item {ROW}"
            " SELECT 1, 'x', max(id), max(id) + 1, 9, 'x', 'x', '', '' FROM gridmap.batch"
        ),
    ],
}


@pytest.mark.parametrize("name", CRAFTED)
def test_what_a_planner_crafts_by_hand(filled: Store, as_member: AsMember, name: str) -> None:
    before = sums(filled)
    for store in (as_member("gridmap_planner"), filled):
        with pytest.raises(StoreError, match="what was stored is never changed or taken away"):
            by_hand(store, *CRAFTED[name])
    assert sums(filled) == before


def test_two_current_rows_of_one_record(filled: Store, as_member: AsMember) -> None:
    planner, batch = as_member("gridmap_planner"), NEW_BATCH.format(town=1, registers="service_item")
    twice = f"INSERT INTO gridmap.service_item {ROW} SELECT 1, 'F1', max(id), NULL, 9, 'F1', 'x', '', ''"
    with pytest.raises(StoreError, match="service_item_current_key"):
        by_hand(planner, batch, f"{twice} FROM gridmap.batch")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gridmap.person SET name = '', phone = ''",
        "UPDATE gridmap.person SET name = '赵二'",
        "INSERT INTO gridmap.erasure VALUES (1, 1, 'R1')",
        "UPDATE gridmap.batch SET actor = 'x'",
        "DELETE FROM gridmap.person",
        "TRUNCATE gridmap.erasure",
    ],
)
def test_what_even_an_owner_does_not_do_by_hand(filled: Store, as_member: AsMember, statement: str) -> None:
    before = sums(filled)
    for store in (as_member("gridmap_owner"), filled):
        with pytest.raises(StoreError, match="never changed or taken away"):
            by_hand(store, statement)
    assert sums(filled) == before


def test_a_batch_keeps_no_path(filled: Store) -> None:
    batch = NEW_BATCH.format(town=1, registers="post").replace("(town_id,", "(source, town_id,")
    with pytest.raises(StoreError, match="batch_source_no_path"):
        by_hand(filled, batch.replace("VALUES (1", "VALUES ('C:\\x', 1"))
