"""Records: what comes in comes back, what is replaced is kept, and nobody's write gets lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from pandas.testing import assert_frame_equal

from gridmap.errors import Conflict, InvalidInput, MissingCrs, NotStored, StoreError
from gridmap.model.records import Records, make_records
from gridmap.model.registers import REGISTERS
from gridmap.model.town import Town
from gridmap.storage.batches import Batch, list_batches, lock_town, undo_batch
from gridmap.storage.connect import Store
from gridmap.storage.entries import PlanEntry
from gridmap.storage.erasure import erase_person
from gridmap.storage.records import compare_records, load_records, save_records
from gridmap.storage.towns import save_town

TOWN = "山阳镇"


def of(name: str, /, **values: list[Any]) -> Records:
    return Records({name: make_records(REGISTERS[name], values, crs="EPSG:4549")})


def activities(*ids: str, attendance: int = 10) -> Records:
    n = len(ids)
    return of(
        "activity",
        activity_id=list(ids),
        kind=["visit"] * n,
        title=["走访"] * n,
        held_on=["2026-01-05"] * n,
        attendance=[attendance] * n,
    )


def assert_same(found: Records, wanted: Records) -> None:
    assert list(found.frames) == list(wanted.frames)
    for name, frame in wanted.frames.items():
        if isinstance(frame, gpd.GeoDataFrame):
            assert found.points.crs == frame.crs
            assert found.points.geometry.geom_equals(frame.geometry).all()
            assert_frame_equal(
                pd.DataFrame(found.points.drop(columns="geometry")), pd.DataFrame(frame.drop(columns="geometry"))
            )
        else:
            assert_frame_equal(found.frames[name], frame)


def counts(batch: Batch) -> tuple[int, int, int]:
    return batch.n_new, batch.n_changed, batch.n_ended


@pytest.fixture
def at_home(store: Store, town: Town) -> Store:
    """A database that knows the town."""
    save_town(store, town)
    return store


# --- there and back -------------------------------------------------------------------------------------------


def test_everything_comes_back_as_it_was(at_home: Store, all_records: Records) -> None:
    batch = save_records(at_home, TOWN, all_records, source="D:\\台账\\网格.xlsx", message="第一次")
    assert counts(batch) == (18, 0, 0)
    assert (batch.kind, batch.source, batch.actor, batch.crs) == ("import", "网格.xlsx", "王芳", "EPSG:4549")
    assert batch.registers == tuple(REGISTERS)
    found = load_records(at_home, TOWN)
    assert_same(found, all_records)
    assert found.is_synthetic
    assert_same(load_records(at_home, "#1", registers=["post", "branch"]), of_only(all_records, "post", "branch"))
    assert list_batches(at_home, TOWN) == [batch]


def of_only(records: Records, *names: str) -> Records:
    return Records({n: records.frames[n] for n in names})


def test_never_recorded_is_not_the_same_as_none(at_home: Store) -> None:
    assert not load_records(at_home, TOWN).frames
    batch = save_records(at_home, TOWN, activities())
    assert (counts(batch), batch.registers) == ((0, 0, 0), ("activity",))
    found = load_records(at_home, TOWN)
    assert (found.has("activity"), found.has("post"), len(found.of("activity"))) == (True, False, 0)
    save_records(at_home, TOWN, activities("H1"))
    assert counts(save_records(at_home, TOWN, activities(), is_whole=True)) == (0, 0, 1)
    assert load_records(at_home, TOWN).has("activity")
    assert_frame_equal(load_records(at_home, TOWN).of("activity"), activities().of("activity"))


def test_empty_points_have_no_crs(at_home: Store) -> None:
    assert save_records(at_home, TOWN, of("point")).crs == ""
    assert load_records(at_home, TOWN).points.crs is None
    assert load_records(at_home, TOWN, crs="EPSG:4490").points.empty


# --- later ----------------------------------------------------------------------------------------------------


def test_unchanged_rows_stay_changed_ones_are_superseded_new_ones_follow(at_home: Store) -> None:
    first = save_records(at_home, TOWN, activities("H1", "H2", "H3"))
    changed = activities("H4", "H2").frames["activity"].copy()
    changed.loc["H2", "attendance"] = 12
    changed.loc["H2", "place"] = "活动室"
    later = Records({"activity": changed})
    told = compare_records(at_home, TOWN, later)
    assert told.counts.to_dict("index") == {"activity": {"new": 1, "changed": 1, "ended": 0, "unchanged": 0}}
    assert told.changes.to_dict("records") == [
        {"register": "activity", "record": "H4", "change": "new", "columns": ()},
        {"register": "activity", "record": "H2", "change": "changed", "columns": ("place", "attendance")},
    ]
    assert list_batches(at_home, TOWN) == [first]  # a look writes nothing
    assert counts(save_records(at_home, TOWN, later)) == (1, 1, 0)
    now = load_records(at_home, TOWN).of("activity")
    assert list(now.index) == ["H1", "H2", "H3", "H4"]
    assert now["attendance"].tolist() == [10, 12, 10, 10]
    assert (
        load_records(at_home, TOWN, at_batch=first.id)
        .of("activity")
        .equals(activities("H1", "H2", "H3").of("activity"))
    )
    assert counts(save_records(at_home, TOWN, later)) == (0, 0, 0)


def test_only_a_whole_ledger_ends_what_is_absent(at_home: Store) -> None:
    save_records(at_home, TOWN, activities("H1", "H2"))
    assert compare_records(at_home, TOWN, activities("H2"), is_whole=True).changes["record"].tolist() == ["H1"]
    assert counts(save_records(at_home, TOWN, activities("H2"))) == (0, 0, 0)
    assert counts(save_records(at_home, TOWN, activities("H2"), is_whole=True)) == (0, 0, 1)
    assert list(load_records(at_home, TOWN).of("activity").index) == ["H2"]
    save_records(at_home, TOWN, activities("H1"))  # it begins anew
    assert list(load_records(at_home, TOWN).of("activity").index) == ["H2", "H1"]


def test_points_keep_the_crs_they_came_in_and_come_back_in_any(at_home: Store) -> None:
    here = of(
        "point",
        point_id=["P1", "P2"],
        name=["一", "二"],
        kind=["grid_point"] * 2,
        status=["in_use"] * 2,
        geometry=[shapely.Point(500_000, 3_400_000), shapely.Point(500_100, 3_400_000)],
    )
    save_records(at_home, TOWN, here)
    lonlat = Records({"point": gpd.GeoDataFrame(here.points).to_crs("EPSG:4490")})
    assert compare_records(at_home, TOWN, lonlat).counts.loc["point", "unchanged"] == 2  # the same places
    moved = lonlat.points.copy()
    moved.loc["P2", "geometry"] = shapely.Point(120.01, 30.71)
    told = compare_records(at_home, TOWN, Records({"point": moved})).changes
    assert told[["record", "columns"]].to_numpy().tolist() == [["P2", ("geometry",)]]
    assert save_records(at_home, TOWN, Records({"point": moved})).crs == "EPSG:4490"
    found = load_records(at_home, TOWN).points
    assert found.crs == "EPSG:4490"  # of the last
    assert (found.geometry["P2"].x, found.geometry["P2"].y) == (120.01, 30.71)
    back = load_records(at_home, TOWN, crs="EPSG:4549").points.geometry["P1"]
    assert (back.x, back.y) == (500_000, 3_400_000)  # not moved at all


def test_a_crs_that_has_no_number(at_home: Store, all_records: Records) -> None:
    own = "+proj=tmerc +lat_0=31 +lon_0=121 +x_0=1000 +ellps=GRS80 +units=m"
    points = gpd.GeoDataFrame(all_records.points).set_crs(own, allow_override=True)
    save_records(at_home, TOWN, Records({"point": points}))
    assert_same(load_records(at_home, TOWN), Records({"point": points}))


# --- undo -----------------------------------------------------------------------------------------------------


def test_an_undo_brings_back_exactly_what_was_and_can_be_undone(at_home: Store, all_records: Records) -> None:
    first = save_records(at_home, TOWN, all_records)
    posts = all_records.frames["post"].iloc[[1, 0]].copy()
    posts.loc[posts.index[0], "source"] = "other"
    points = all_records.points.iloc[[2]].to_crs("EPSG:4490")
    points["name"] = "王家"
    second = save_records(at_home, TOWN, Records({"post": posts, "point": points}), is_whole=True)
    assert counts(second) == (0, 2, 3)
    then = load_records(at_home, TOWN)
    third = undo_batch(at_home, TOWN, second.id, message="导错了")
    assert (third.kind, third.undoes, third.is_synthetic, counts(third)) == ("undo", second.id, True, (3, 2, 0))
    assert_same(load_records(at_home, TOWN, crs="EPSG:4549"), all_records)
    fourth = undo_batch(at_home, TOWN, third.id)
    assert counts(fourth) == (0, 2, 3)
    assert_same(load_records(at_home, TOWN), then)
    for batch in (first, third):
        with pytest.raises(Conflict):
            undo_batch(at_home, TOWN, batch.id)
    fifth = undo_batch(at_home, TOWN, fourth.id)
    undo_batch(at_home, TOWN, fifth.id)
    assert_same(load_records(at_home, TOWN), then)
    assert counts(undo_batch(at_home, TOWN, second.id)) == (3, 2, 0)
    assert_same(load_records(at_home, TOWN, crs="EPSG:4549"), all_records)
    assert_same(load_records(at_home, TOWN, at_batch=first.id), all_records)


def test_batches_are_taken_back_one_after_another(at_home: Store) -> None:
    """Three imports of the same records; each is taken back, from the last on, and then brought back again."""
    states = [of("activity", activity_id=["H0"], kind=["visit"], title=["走访"], held_on=["2026-01-05"])]
    batches = [save_records(at_home, TOWN, states[0])]
    for k in (1, 2, 3):
        batches.append(save_records(at_home, TOWN, activities(f"H{k}", "H9", attendance=k)))
        states.append(load_records(at_home, TOWN))
    undone = []
    for k in (3, 2, 1):
        undone.append(undo_batch(at_home, TOWN, batches[k].id))
        assert_same(load_records(at_home, TOWN), states[k - 1])
    assert [counts(b) for b in undone] == [(0, 1, 1), (0, 1, 1), (0, 0, 2)]
    with pytest.raises(Conflict):  # it is taken back already
        undo_batch(at_home, TOWN, batches[2].id)
    for k, batch in zip((1, 2, 3), reversed(undone), strict=True):
        undo_batch(at_home, TOWN, batch.id)
        assert_same(load_records(at_home, TOWN), states[k])
    with pytest.raises(Conflict) as caught:  # the second counts again, and so does the third
        undo_batch(at_home, TOWN, batches[1].id)
    assert [c.batch for c in caught.value.clashes] == [batches[3].id]  # type: ignore[attr-defined]
    assert_same(load_records(at_home, TOWN, at_batch=batches[2].id), states[2])


def test_an_undo_of_the_first_import_leaves_a_register_without_records(at_home: Store) -> None:
    batch = save_records(at_home, TOWN, activities("H1"))
    assert counts(undo_batch(at_home, TOWN, batch.id)) == (0, 0, 1)
    assert load_records(at_home, TOWN).has("activity")
    assert load_records(at_home, TOWN).of("activity").empty


def test_an_undo_refuses_to_take_later_work_along(at_home: Store, make_store: Callable[..., Store]) -> None:
    first = save_records(at_home, TOWN, activities("H1", "H2", "H3"))
    second = save_records(make_store("李明"), TOWN, activities("H2", "H4", attendance=11))
    before = load_records(at_home, TOWN)
    with pytest.raises(
        Conflict, match=rf"batch {first.id} cannot be undone.*: Activities H2 \(batch {second.id}, 李明"
    ) as e:
        undo_batch(at_home, TOWN, first.id)
    assert "活动「H2」（第" in e.value.zh
    assert [c[:4] for c in e.value.clashes] == [("activity", "H2", second.id, "李明")]  # type: ignore[index]
    assert_same(load_records(at_home, TOWN), before)
    undo_batch(at_home, TOWN, second.id)
    assert load_records(at_home, TOWN).of("activity").equals(activities("H1", "H2", "H3").of("activity"))


# --- one operation, one batch ---------------------------------------------------------------------------------


def test_a_repeat_is_the_same_batch(at_home: Store, town: Town) -> None:
    op = uuid4()
    batch = save_records(at_home, TOWN, activities("H1"), op_id=op)
    assert save_records(at_home, TOWN, activities("H1"), op_id=op) == batch
    undo = uuid4()
    undone = undo_batch(at_home, TOWN, batch.id, op_id=undo)
    assert undo_batch(at_home, TOWN, batch.id, op_id=undo) == undone
    assert list_batches(at_home, TOWN) == [batch, undone]
    save_town(at_home, replace(town, name="金山卫镇"))
    with pytest.raises(InvalidInput, match="done in another town"):
        save_records(at_home, "金山卫镇", activities("H1"), op_id=op)
    assert list_batches(at_home, "金山卫镇") == []


def test_imports_at_the_same_moment_stand_in_line(at_home: Store, make_store: Callable[..., Store]) -> None:
    """Each adds one record of its own and raises the one that they share: eight times eight, none lost."""
    start, failed = threading.Barrier(8), list[BaseException]()

    def work(k: int) -> None:
        try:
            start.wait(30)
            for i in range(8):
                both = activities("H0", f"H{k}-{i}", attendance=10 * k + i)
                save_records(stores[k], TOWN, both)
        except BaseException as error:  # noqa: BLE001 seen in the main thread
            failed.append(error)

    stores = [make_store(f"人{k}") for k in range(8)]
    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert failed == []
    log = list_batches(at_home, TOWN)
    assert [counts(b) for b in log] == [(2, 0, 0)] + [(1, 1, 0)] * 63
    assert sorted(load_records(at_home, TOWN).of("activity").index) == sorted(
        ["H0", *(f"H{k}-{i}" for k in range(8) for i in range(8))]
    )
    with at_home.read() as connection:
        chain = connection.execute(
            sa.text("SELECT added_by, ended_by FROM gridmap.activity WHERE record = 'H0' ORDER BY added_by")
        ).all()
    assert [tuple(c) for c in chain] == [
        (b.id, n.id if n else None) for b, n in zip(log, [*log[1:], None], strict=True)
    ]


def test_all_or_nothing(at_home: Store, all_records: Records) -> None:
    """The last of thirteen registers is refused by the database: nothing of the others is there."""
    with at_home.begin() as connection:
        connection.execute(sa.text("ALTER TABLE gridmap.service_order ADD CONSTRAINT no_nine CHECK (rating < 9)"))
    with pytest.raises(StoreError, match="no_nine"):
        save_records(at_home, TOWN, all_records)
    assert list_batches(at_home, TOWN) == []
    assert not load_records(at_home, TOWN).frames


def test_a_lost_connection_leaves_nothing_and_a_repeat_is_done_once(
    at_home: Store, make_store: Callable[..., Store], all_records: Records
) -> None:
    """The server ends the connection while the save waits for the town; so nobody knows whether it was done."""
    op, other, failed = uuid4(), make_store("李明"), list[BaseException]()

    def work() -> None:
        try:
            save_records(other, TOWN, all_records, op_id=op)
        except StoreError as error:
            failed.append(error)

    waiting = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'advisory'"
    with at_home.begin() as connection:
        lock_town(connection, TOWN)
        thread = threading.Thread(target=work)
        thread.start()
        until = time.monotonic() + 30
        while thread.is_alive() and time.monotonic() < until:
            rows(at_home, f"{waiting} AND datname = current_database()")
            thread.join(0.05)
    assert [str(e)[:42] for e in failed] == ["the connection to the database was lost (t"]
    assert list_batches(at_home, TOWN) == []
    batch = save_records(other, TOWN, all_records, op_id=op)
    assert save_records(other, TOWN, all_records, op_id=op) == batch
    assert list_batches(at_home, TOWN) == [batch]
    assert_same(load_records(at_home, TOWN), all_records)


# --- refusals -------------------------------------------------------------------------------------------------


def test_what_is_not_there(at_home: Store) -> None:
    with pytest.raises(NotStored, match=r"no such town: 朱泾镇; stored are 山阳镇") as caught:
        save_records(at_home, "朱泾镇", activities("H1"))
    assert "没有镇「朱泾镇」" in caught.value.zh
    for call in (
        lambda: undo_batch(at_home, TOWN, 99),
        lambda: load_records(at_home, TOWN, at_batch=99),
        lambda: list_batches(at_home, 7),
        lambda: erase_person(at_home, TOWN, "R1"),
    ):
        with pytest.raises(NotStored):
            call()
    with pytest.raises(InvalidInput, match="no register is called points"):
        load_records(at_home, TOWN, registers=["points"])
    with pytest.raises(InvalidInput, match="no such CRS"):
        load_records(at_home, TOWN, crs="EPSG:1")


def place(x: float, y: float, crs: str | None = "EPSG:4549") -> Records:
    values = {
        "point_id": ["P"],
        "name": ["点"],
        "kind": ["other"],
        "status": ["built"],
        "geometry": [shapely.Point(x, y)],
    }
    return Records({"point": make_records(REGISTERS["point"], values, crs=crs)})


def with_title(text: str) -> Records:
    return of("service_item", item_id=["F"], title=pd.Series([text], dtype=object))  # type: ignore[arg-type]


def in_grids(code: str) -> Records:
    return of("branch", branch_id=["Z"], name=["x"], kind=["group"], jurisdiction=["1"], grids=[(code,)])


def counted_in(day: str) -> Records:
    frame = of("in_service", grid=["1"], counted_on=["2026-01-01"], members=[1]).of("in_service").copy()
    frame["counted_on"] = np.array([day], dtype="datetime64[s]")
    return Records({"in_service": frame})


@pytest.mark.parametrize(
    ("records", "kind", "said"),
    [
        (Records(), InvalidInput, "no register to record"),
        (place(1, 2, None), MissingCrs, "in which CRS the places are"),
        (place(float("inf"), 2), InvalidInput, "coordinates that are no numbers"),
        (of("service_item", item_id=["F\0"], title=["x"]), InvalidInput, "item_id: a text holds a zero byte"),
        (with_title("\ud800"), InvalidInput, "title: a text holds a zero byte or half"),
        (in_grids("\0"), InvalidInput, "grids: a text holds a zero byte"),
        (counted_in("12026-01-01"), InvalidInput, "counted_on: days lie in the years 1 to"),
        (Records({"activity": pd.concat([activities("H1").of("activity")] * 2)}), InvalidInput, "recorded twice: H1"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept(at_home: Store, records: Records, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        save_records(at_home, TOWN, records)
    assert list_batches(at_home, TOWN) == []


def test_whatever_a_register_holds_the_database_holds(at_home: Store) -> None:
    """Blanks where blanks are allowed, long and odd texts, large counts, days far away."""
    odd = "'; DROP TABLE gridmap.point; -- \n\t<b>\\ \u200b𠮷"
    records = Records(
        {
            "post": make_records(REGISTERS["post"], {"person_id": [odd, " "], "role": ["grid_member"] * 2}),
            "activity": make_records(
                REGISTERS["activity"],
                {
                    "activity_id": ["a", "b"],
                    "kind": ["other"] * 2,
                    "title": ["题" * 100_000, odd],
                    "held_on": ["0001-01-01", "9999-12-31"],
                    "attendance": [2**53, None],
                },
            ),
        }
    )
    save_records(at_home, TOWN, records)
    assert_same(load_records(at_home, TOWN), records)


# --- erasing --------------------------------------------------------------------------------------------------


def test_a_person_is_erased_from_every_row_and_keeps_the_posts(at_home: Store, all_records: Records) -> None:
    first = save_records(at_home, TOWN, all_records)
    called = of("person", person_id=["R1"], name=["王芳芳"], phone=["13900000000"])
    save_records(at_home, TOWN, called)
    batch = erase_person(at_home, TOWN, "R1")
    assert (batch.kind, counts(batch), batch.message) == ("erase", (0, 2, 0), "")
    for at in (None, first.id):
        people = load_records(at_home, TOWN, at_batch=at).of("person")
        assert people["name"].to_dict() == {"R1": "", "R2": "李明"}
        assert people["phone"].tolist() == ["", ""]
    assert_same(load_records(at_home, TOWN, registers=["post"]), of_only(all_records, "post"))
    with pytest.raises(InvalidInput, match="cannot be brought back"):
        undo_batch(at_home, TOWN, batch.id)
    undo_batch(at_home, TOWN, 2)  # what came before can be taken back, without the name
    assert load_records(at_home, TOWN).of("person")["name"].to_dict() == {"R1": "", "R2": "李明"}
    with at_home.read() as connection:
        assert connection.execute(sa.text("SELECT person_id FROM gridmap.erasure")).scalars().all() == ["R1"]
        left = sa.text("SELECT count(*) FROM gridmap.person WHERE name LIKE '王芳%' OR phone LIKE '13%'")
        assert connection.execute(left).scalar_one() == 0


def test_an_older_ledger_does_not_bring_an_erased_name_back(at_home: Store, all_records: Records) -> None:
    save_records(at_home, TOWN, all_records)
    erase_person(at_home, TOWN, "R1")
    n = len(list_batches(at_home, TOWN))
    for act in (save_records, compare_records):
        with pytest.raises(
            InvalidInput, match=r"were erased from 山阳镇 and are not recorded again: R1\. Nothing"
        ) as caught:
            act(at_home, TOWN, all_records)
        assert "已从山阳镇删除，不再登记：R1。" in caught.value.zh
    assert len(list_batches(at_home, TOWN)) == n
    # what is loaded now, without the name, is saved again; so is a name under an id of its own, and in another town
    assert counts(save_records(at_home, TOWN, load_records(at_home, TOWN))) == (0, 0, 0)
    assert counts(save_records(at_home, TOWN, of("person", person_id=["R9"], name=["王芳"]))) == (1, 0, 0)
    with at_home.begin() as connection:
        connection.execute(sa.text("INSERT INTO gridmap.town (name) VALUES ('邻镇')"))
    assert counts(save_records(at_home, "邻镇", of("person", person_id=["R1"], name=["赵一"]))) == (1, 0, 0)


# --- views ----------------------------------------------------------------------------------------------------


def test_points_in_the_plan_in_force(stored: PlanEntry, store: Store, all_records: Records) -> None:
    save_records(store, TOWN, all_records)
    query = "SELECT point_id, grid_by_place, is_open, status_today, is_private_home FROM gridmap.points ORDER BY 1"
    wanted = [
        ["P1", None, True, "in_use", False],
        ["P2", None, False, "planned", False],
        ["P3", None, False, "closed", True],
    ]
    assert rows(store, query) == wanted
    with store.begin() as connection:  # in force by the shortest way: what is asked for is the view
        connection.execute(sa.text("ALTER TABLE gridmap.plan DISABLE TRIGGER USER"))
        connection.execute(sa.text("UPDATE gridmap.plan SET state = 'in_force', in_force = '[2025-01-01,)'"))
    assert [r[1] for r in rows(store, query)] == ["310116113202001", "310116113001001", None]
    asked = (
        "SELECT point_id, plan, version, unit_id, grid_by_place, is_as_recorded FROM gridmap.points_in_force ORDER BY 1"
    )
    assert rows(store, asked) == [
        ["P1", "2026", 1, "G0", "310116113202001", True],
        ["P2", "2026", 1, "B02", "310116113001001", True],  # on the border: the first of the two in the survey
        ["P3", "2026", 1, None, None, True],  # nobody says in which grid it is, and it lies in none
    ]
    lonlat = Records({"point": gpd.GeoDataFrame(all_records.points).to_crs("EPSG:4490")})
    undo_batch(store, TOWN, 1)
    save_records(store, TOWN, lonlat)
    assert [r[3] for r in rows(store, asked)] in (["G0", "B02", None], ["G0", "B03", None])


def rows(store: Store, query: str) -> list[list[Any]]:
    with store.read() as connection:
        return [list(r) for r in connection.execute(sa.text(query))]
