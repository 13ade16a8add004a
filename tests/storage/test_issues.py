"""Issues in bulk: what comes in comes back, the same twice is harmless, what went on here is not overwritten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from pandas.testing import assert_frame_equal

from gridmap.errors import Conflict, InvalidInput, MissingCrs, NotStored
from gridmap.issues.fold import fold, new_event
from gridmap.issues.state import state_values
from gridmap.model.issue_event import IssueEvent
from gridmap.model.issue_policy import load_policy
from gridmap.model.issues import Issues, make_issues
from gridmap.model.plan import Plan
from gridmap.model.rules import Rules
from gridmap.model.town import Town
from gridmap.storage import issue_reading, issue_writing
from gridmap.storage.batches import list_batches, undo_batch
from gridmap.storage.branch import branch_plan
from gridmap.storage.connect import Store
from gridmap.storage.entries import PlanEntry
from gridmap.storage.issue_log import advance_issue, load_events
from gridmap.storage.issue_query import IssueFilter, count_issues
from gridmap.storage.issues import (
    IssueImport,
    compare_issues,
    load_issues,
    redact_issue,
    save_issues,
    tenures,
    undo_issues,
)
from gridmap.storage.plans import save_plan
from gridmap.storage.states import approve_plan, put_in_force
from gridmap.storage.towns import save_town
from gridmap.storage.verdict import judge_stored

TOWN = "山阳镇"
POLICY = load_policy()
START = datetime(2026, 1, 5, 8, 30)


def make(n: int = 6, crs: str | None = "EPSG:4549", **values: Any) -> Issues:
    """n closed issues, one an hour, along a line; every third one has no place."""
    places = np.array([None if i % 3 == 2 else shapely.Point(50.25 + 100 * i, 50) for i in range(n)], dtype=object)
    times = {
        name: [START + timedelta(hours=i + hours) for i in range(n)]
        for name, hours in (("reported_at", 0), ("disposed_at", 1), ("settled_at", 20), ("verified_at", 30))
    }
    table = {
        "source": ["12345"] * n,
        "category": [("environment", "traffic", "ebike")[i % 3] for i in range(n)],
        "description": [f"第 {i} 件" for i in range(n)],
        "step": ["closed"] * n,
        "tier": [("grid", "jurisdiction")[i % 2] for i in range(n)],
        "handler": [f"H{i % 2}" for i in range(n)],
        "reporter": ["R1"] * n,
        "n_reopened": [i % 2 for i in range(n)],
        "grid": [f"G{i % 2}" for i in range(n)],
        "jurisdiction": ["J"] * n,
        "geometry": places,
        **times,
        **values,
    }
    return Issues(make_issues(pd.DataFrame(table), [f"12345:{i}" for i in range(n)], crs))


def changed(issues: Issues, issue: str, **values: Any) -> Issues:
    frame = issues.frame.copy()
    for name, value in values.items():
        frame.loc[issue, name] = value
    return Issues(frame, issues.is_synthetic)


def reopen(store: Store, issue: str, **values: Any) -> IssueEvent:
    state = fold(load_events(store, TOWN, issue))
    at = datetime(2026, 3, 2, 9)
    return new_event(state, "reopen", at=at, actor="R7", role="town", policy=POLICY, note="又出现了", **values)


def assert_same(found: Issues, wanted: Issues, *, version: int = 1) -> None:
    assert found.frame.crs == wanted.frame.crs
    assert [None if s is None else s.wkb for s in found.frame.geometry] == [
        None if s is None else s.wkb for s in wanted.frame.geometry
    ]
    plain = wanted.frame.drop(columns="geometry").assign(version=version)
    left = pd.DataFrame(found.frame.drop(columns="geometry"))
    assert_frame_equal(left, pd.DataFrame(plain), check_index_type=False)


def assert_folded(store: Store) -> None:
    """Each row is the fold of its events, whatever wrote it."""
    frame = load_issues(store, TOWN).frame
    for issue in frame.index:
        state = fold(load_events(store, TOWN, issue))
        assert not [c.text.en for c in state.conflicts]
        values = state_values(state)
        row = frame.loc[issue, list(values)].to_dict()
        assert {k: None if pd.isna(v) else v for k, v in row.items()} == values, issue
    assert len(frame)


def counts(done: IssueImport) -> tuple[int, int, int, tuple[str, ...]]:
    return done.n_new, done.n_changed, done.n_unchanged, done.conflicts


def n_events(store: Store) -> int:
    with store.read() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM gridmap.issue_event")).scalar_one())


@pytest.fixture
def at_home(store: Store, town: Town) -> Store:
    """A database that knows the town."""
    save_town(store, town)
    return store


@pytest.fixture
def in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two issues at a time, as it is with 50,000 of a million."""
    monkeypatch.setattr(issue_writing, "PART", 2)
    monkeypatch.setattr(issue_reading, "_PART", 2)


# --- there and back -------------------------------------------------------------------------------------------


def test_everything_comes_back_as_it_was(at_home: Store) -> None:
    issues = make()
    done = save_issues(at_home, TOWN, issues, source="D:\\导出\\12345.csv", message="一月")
    assert counts(done) == (6, 0, 0, ())
    assert done.batch is not None
    assert (done.batch.kind, done.batch.registers, done.batch.source) == ("import", ("issue",), "12345.csv")
    assert (done.batch.n_new, done.batch.crs, done.batch.message) == (6, "EPSG:4549", "一月")
    assert_same(load_issues(at_home, TOWN), issues)
    assert_folded(at_home)
    (event,) = load_events(at_home, TOWN, "12345:1")
    assert (event.action, event.base, event.base_version, event.actor, event.role) == (
        "record",
        None,
        0,
        "王芳",
        "system",
    )
    assert event.facts["place"] == [150.25, 50.0]
    assert event.facts["reported_at"] == "2026-01-05T09:30:00"
    assert "deferred_until" not in event.facts


def test_in_parts_it_is_the_same(at_home: Store, in_small_parts: None) -> None:
    issues, said = make(7), list[tuple[int, int]]()
    save_issues(at_home, TOWN, issues, progress=lambda done, total: said.append((done, total)))
    assert said == [(2, 7), (4, 7), (6, 7), (7, 7)]
    assert_same(load_issues(at_home, TOWN), issues)
    other = changed(changed(issues, "12345:5", description="改"), "12345:0", tier="department")
    said.clear()
    assert counts(save_issues(at_home, TOWN, other, progress=lambda *s: said.append(s))) == (0, 2, 5, ())
    assert said[-1] == (7, 7)
    assert said == sorted(said)
    wanted = other.frame.assign(version=[2, 1, 1, 1, 1, 2, 1])
    assert_frame_equal(
        pd.DataFrame(load_issues(at_home, TOWN).frame.drop(columns="geometry")),
        pd.DataFrame(wanted.drop(columns="geometry")),
    )
    assert_folded(at_home)


@pytest.mark.parametrize(
    "text", ["a\tb", "a\nb", "a\r\nb", "C:\\new\\t", '"quoted"', "\\N", "\\.", "'; DROP", "𠮷\u2028", "\x01\x7f"]
)
def test_texts_come_back_whatever_they_hold(at_home: Store, text: str) -> None:
    issues = changed(make(3), "12345:1", description=text, address=text + text, reporter=text)
    issues = Issues(issues.frame.rename(index={"12345:2": text + "2"}))
    save_issues(replace(at_home, actor=text), TOWN, issues)
    assert_same(load_issues(at_home, TOWN), issues)
    assert counts(save_issues(at_home, TOWN, issues)) == (0, 0, 3, ())
    (event,) = load_events(at_home, TOWN, "12345:1")
    assert (event.facts["description"], event.actor) == (text, text)
    assert load_issues(at_home, TOWN, wanted=IssueFilter(ids=(text + "2",))).frame.index.tolist() == [text + "2"]


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_texts_that_no_database_keeps(at_home: Store, text: str) -> None:
    with pytest.raises(InvalidInput, match="zero byte or half a character") as caught:
        save_issues(at_home, TOWN, changed(make(), "12345:4", description=text))
    assert "零字节" in caught.value.zh
    assert not len(load_issues(at_home, TOWN))
    assert list_batches(at_home, TOWN) == []


def test_what_cannot_be_kept_is_named(at_home: Store) -> None:
    issues = make()
    line = shapely.LineString([(0, 0), (1, 1)])
    for bad, words in (
        (changed(issues, "12345:1", reported_at=pd.NaT), "without a time of report.*12345:1"),
        (changed(issues, "12345:1", n_reopened=-1), "n_reopened is no usable count: 12345:1"),
        (changed(issues, "12345:1", due_at=np.datetime64("12000-01-01", "s")), "due_at outside of the years"),
        (changed(issues, "12345:0", geometry=line), "place that is no point: 12345:0"),
        (changed(issues, "12345:0", geometry=shapely.Point(float("inf"), 1)), "coordinates that are no numbers"),
        (Issues(issues.frame.rename(index={"12345:0": ""})), "need an id"),
    ):
        with pytest.raises(InvalidInput, match=words):
            save_issues(at_home, TOWN, bad)
    with pytest.raises(MissingCrs, match="in which CRS"):
        save_issues(at_home, TOWN, make(crs=None))
    with pytest.raises(NotStored, match="no such town"):
        save_issues(at_home, "金山", issues)
    assert list_batches(at_home, TOWN) == []


def test_places_in_several_crs(at_home: Store) -> None:
    one = make(2)
    elsewhere = Issues(one.frame.to_crs("EPSG:4490").rename(index=lambda i: f"b{i}"))
    save_issues(at_home, TOWN, one)
    save_issues(at_home, TOWN, elsewhere)
    found = load_issues(at_home, TOWN).frame
    assert found.crs == "EPSG:4490"
    assert found.geometry.iloc[2:].tolist() == elsewhere.frame.geometry.tolist()
    back = load_issues(at_home, TOWN, crs="EPSG:4549").frame.geometry
    assert back.iloc[:2].tolist() == one.frame.geometry.tolist()
    assert np.allclose([p.x for p in back.iloc[2:]], [50.25, 150.25], atol=1e-6)


def test_without_any_place_and_without_any_issue(at_home: Store) -> None:
    assert counts(save_issues(at_home, TOWN, make(0))) == (0, 0, 0, ())
    assert len(load_issues(at_home, TOWN, crs="EPSG:4549")) == 0
    save_issues(at_home, TOWN, make(3, crs=None, geometry=[None] * 3))
    assert load_issues(at_home, TOWN).frame.crs is None
    assert load_issues(at_home, TOWN, crs="EPSG:4549").frame.geometry.isna().all()


def test_made_up_issues_are_known_as_such(at_home: Store) -> None:
    save_issues(at_home, TOWN, make(2))
    assert not load_issues(at_home, TOWN).is_synthetic
    save_issues(at_home, TOWN, Issues(make(4).frame.iloc[2:], is_synthetic=True))
    assert load_issues(at_home, TOWN).is_synthetic
    assert not load_issues(at_home, TOWN, wanted=IssueFilter(ids=("12345:0",))).is_synthetic


# --- again ----------------------------------------------------------------------------------------------------


def test_the_same_file_twice_is_harmless(at_home: Store) -> None:
    save_issues(at_home, TOWN, make())
    before = n_events(at_home)
    assert counts(compare_issues(at_home, TOWN, make())) == (0, 0, 6, ())
    assert counts(save_issues(at_home, TOWN, make())) == (0, 0, 6, ())
    assert n_events(at_home) == before


def test_what_says_something_else_is_told_anew(at_home: Store) -> None:
    save_issues(at_home, TOWN, make())
    later = changed(make(7), "12345:1", step="verifying", verified_at=pd.NaT, handler="", n_reopened=0)
    told = compare_issues(at_home, TOWN, later)
    assert told.batch is None
    assert counts(told) == (1, 1, 5, ())
    assert counts(save_issues(at_home, TOWN, later)) == (1, 1, 5, ())
    row = load_issues(at_home, TOWN).frame.loc["12345:1"]
    assert (row["step"], row["handler"], row["n_reopened"], row["version"]) == ("verifying", "", 0, 2)
    assert pd.isna(row["verified_at"])
    first, second = load_events(at_home, TOWN, "12345:1")
    assert (second.base, second.base_version) == (first.event_id, 1)
    assert_folded(at_home)
    assert counts(save_issues(at_home, TOWN, make())) == (0, 1, 5, ())  # and back: an event of its own
    assert_folded(at_home)
    assert counts(save_issues(at_home, TOWN, make())) == (0, 0, 6, ())


def test_a_place_that_is_gone(at_home: Store) -> None:
    save_issues(at_home, TOWN, make())
    save_issues(at_home, TOWN, changed(make(), "12345:0", geometry=None, place_state="none"))
    found = load_issues(at_home, TOWN).frame
    assert found.geometry["12345:0"] is None
    assert found.loc["12345:0", "place_state"] == "none"


def test_what_went_on_here_is_not_overwritten(at_home: Store) -> None:
    save_issues(at_home, TOWN, make())
    advance_issue(at_home, TOWN, reopen(at_home, "12345:1"))
    advance_issue(at_home, TOWN, reopen(at_home, "12345:2"))
    later = changed(changed(make(), "12345:1", description="新"), "12345:3", description="新")
    assert counts(compare_issues(at_home, TOWN, later)) == (0, 1, 4, ("12345:1",))
    assert counts(save_issues(at_home, TOWN, later)) == (0, 1, 4, ("12345:1",))
    found = load_issues(at_home, TOWN).frame
    assert found.loc[["12345:1", "12345:3"], "description"].tolist() == ["第 1 件", "新"]
    assert found.loc["12345:1", "step"] == "disposing"
    assert_folded(at_home)


def test_a_note_does_not_stand_in_the_way(at_home: Store) -> None:
    save_issues(at_home, TOWN, make())
    state = fold(load_events(at_home, TOWN, "12345:1"))
    note = new_event(state, "note", at=START, actor="R1", role="member", policy=POLICY, note="已电话回访")
    advance_issue(at_home, TOWN, note)
    assert counts(save_issues(at_home, TOWN, changed(make(), "12345:1", description="新"))) == (0, 1, 5, ())
    assert_folded(at_home)


def test_a_repeat_of_an_operation(at_home: Store, town: Town) -> None:
    op = uuid4()
    first = save_issues(at_home, TOWN, make(), op_id=op)
    again = save_issues(at_home, TOWN, make(), op_id=op)
    assert again == first
    assert len(list_batches(at_home, TOWN)) == 1
    save_town(at_home, replace(town, name="金山卫镇"))
    with pytest.raises(InvalidInput, match="was done in another town"):
        save_issues(at_home, "金山卫镇", make(), op_id=op)
    assert counts(save_issues(at_home, "金山卫镇", make())) == (6, 0, 0, ())  # ids are the town's own


def test_somebody_goes_on_while_an_import_is_written(
    at_home: Store, make_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The import has looked already when the issue moves on: nothing of it is stored."""
    save_issues(at_home, TOWN, make())
    other, event = make_store("李明"), reopen(at_home, "12345:1")
    real = issue_writing.find_differences

    def then_somebody(*args: Any) -> Any:
        found = real(*args)
        advance_issue(other, TOWN, event)
        return found

    monkeypatch.setattr("gridmap.storage.issues.find_differences", then_somebody)
    later = changed(changed(make(7), "12345:1", description="新"), "12345:3", description="新")
    with pytest.raises(Conflict, match="took these issues further while they were being written: 12345:1;") as caught:
        save_issues(at_home, TOWN, later)
    assert "12345:1；" in caught.value.zh
    assert len(load_issues(at_home, TOWN)) == 6
    monkeypatch.undo()
    assert counts(save_issues(at_home, TOWN, later)) == (1, 1, 4, ("12345:1",))


# --- back -----------------------------------------------------------------------------------------------------


def test_an_import_is_taken_back_and_comes_again(at_home: Store, in_small_parts: None) -> None:
    batch = save_issues(at_home, TOWN, make()).batch
    assert batch is not None
    op = uuid4()
    undone = undo_issues(at_home, TOWN, batch.id, message="导错了", op_id=op)
    assert (undone.kind, undone.undoes, undone.n_new, undone.n_changed, undone.n_ended) == ("undo", batch.id, 0, 0, 6)
    assert undo_issues(at_home, TOWN, batch.id, op_id=op) == undone
    found = load_issues(at_home, TOWN)
    assert set(found.frame["step"]) == {"withdrawn"}
    assert not found.is_counted.any()
    assert_folded(at_home)
    with pytest.raises(Conflict, match=f"import {batch.id} was taken back already, as {undone.id}") as caught:
        undo_issues(at_home, TOWN, batch.id)
    assert f"导入 {batch.id} 已经撤销过（记为 {undone.id}）" in caught.value.zh
    assert counts(compare_issues(at_home, TOWN, make(7))) == (7, 0, 0, ())
    assert counts(save_issues(at_home, TOWN, make(7))) == (7, 0, 0, ())
    found = load_issues(at_home, TOWN)
    assert found.is_counted.all()
    assert_folded(at_home)
    assert counts(save_issues(at_home, TOWN, make(7))) == (0, 0, 7, ())


def test_what_an_import_changed_is_as_before(at_home: Store, in_small_parts: None) -> None:
    save_issues(at_home, TOWN, make())
    other = changed(changed(make(7), "12345:1", description="新", tier=""), "12345:0", geometry=None)
    batch = save_issues(at_home, TOWN, other).batch
    assert batch is not None
    undone = undo_issues(at_home, TOWN, batch.id)
    assert (undone.n_new, undone.n_changed, undone.n_ended) == (0, 2, 1)
    found = load_issues(at_home, TOWN)
    kept = Issues(found.frame.iloc[:6].assign(version=1))
    assert_same(kept, make())
    assert_folded(at_home)
    assert counts(save_issues(at_home, TOWN, make())) == (0, 0, 6, ())
    again = undo_issues(at_home, TOWN, undone.id)  # an undo can be undone
    assert (again.n_new, again.n_changed, again.n_ended) == (1, 2, 0)
    assert counts(compare_issues(at_home, TOWN, other)) == (0, 0, 7, ())
    assert_folded(at_home)


def test_imports_are_taken_back_one_after_another(at_home: Store) -> None:
    first = save_issues(at_home, TOWN, make()).batch
    second = save_issues(at_home, TOWN, changed(make(), "12345:1", description="新")).batch
    assert first is not None
    assert second is not None
    with pytest.raises(Conflict, match=r"cannot be taken back.*12345:1 \(record, 王芳.*Nothing was changed") as caught:
        undo_issues(at_home, TOWN, first.id)
    assert [c.issue for c in caught.value.clashes] == ["12345:1"]  # type: ignore[attr-defined]
    assert "12345:1（登记（导入），王芳" in caught.value.zh
    third = save_issues(at_home, TOWN, changed(make(), "12345:1", description="再新")).batch
    assert third is not None
    with pytest.raises(Conflict, match=f"take back first, in this order: import {third.id}, {second.id}") as caught:
        undo_issues(at_home, TOWN, first.id)
    assert f"请先依次撤销导入 {third.id}、{second.id}。" in caught.value.zh
    undo_issues(at_home, TOWN, third.id)
    with pytest.raises(Conflict, match=f"in this order: import {second.id}$"):
        undo_issues(at_home, TOWN, first.id)
    undo_issues(at_home, TOWN, second.id)
    assert undo_issues(at_home, TOWN, first.id).n_ended == 6
    assert set(load_issues(at_home, TOWN).frame["step"]) == {"withdrawn"}
    assert_folded(at_home)


def test_what_somebody_built_on_stays(at_home: Store) -> None:
    batch = save_issues(at_home, TOWN, make()).batch
    assert batch is not None
    advance_issue(at_home, TOWN, reopen(at_home, "12345:4"))
    with pytest.raises(
        Conflict, match=r"touched since: 12345:4 \(reopen, R7, 2026-03-02 09:00\). Nothing was changed$"
    ):
        undo_issues(at_home, TOWN, batch.id)
    assert len(list_batches(at_home, TOWN)) == 1


def test_issues_that_the_platform_itself_withdrew(at_home: Store) -> None:
    issues = changed(make(2), "12345:1", step="withdrawn")
    batch = save_issues(at_home, TOWN, issues).batch
    assert batch is not None
    assert counts(save_issues(at_home, TOWN, issues)) == (0, 0, 2, ())
    undo_issues(at_home, TOWN, batch.id)
    assert_folded(at_home)
    assert counts(save_issues(at_home, TOWN, issues)) == (2, 0, 0, ())
    assert_folded(at_home)


def test_which_undo_is_whose(at_home: Store) -> None:
    batch = save_issues(at_home, TOWN, make()).batch
    assert batch is not None
    with pytest.raises(InvalidInput, match=f"gridmap issues undo {batch.id}") as caught:
        undo_batch(at_home, TOWN, batch.id)
    assert "gridmap issues undo" in caught.value.zh
    redacted = redact_issue(at_home, TOWN, "12345:1")
    with pytest.raises(InvalidInput, match="took texts out of an issue"):
        undo_issues(at_home, TOWN, redacted.id)
    with pytest.raises(NotStored, match="no batch 99"):
        undo_issues(at_home, TOWN, 99)


# --- redaction ------------------------------------------------------------------------------------------------


def test_texts_are_taken_out_for_good(at_home: Store) -> None:
    issues = changed(make(), "12345:1", address="某某家", description="张三，电话 138")
    save_issues(at_home, TOWN, issues)
    event = reopen(at_home, "12345:1")
    advance_issue(at_home, TOWN, event)
    before = load_issues(at_home, TOWN).frame
    op = uuid4()
    batch = redact_issue(at_home, TOWN, "12345:1", op_id=op)
    assert (batch.kind, batch.registers, batch.n_changed) == ("erase", ("issue",), 2)
    assert redact_issue(at_home, TOWN, "12345:1", op_id=op) == batch
    wanted = before.copy()
    wanted.loc["12345:1", ["description", "address"]] = ""
    assert_frame_equal(
        pd.DataFrame(load_issues(at_home, TOWN).frame.drop(columns="geometry")),
        pd.DataFrame(wanted.drop(columns="geometry")),
    )
    first, second = load_events(at_home, TOWN, "12345:1")
    assert "description" not in first.facts
    assert first.facts["category"] == "traffic"
    assert (second.note, second.actor, second.event_id) == ("—", "R7", event.event_id)
    advance_issue(at_home, TOWN, event)  # a device that says it again brings no note back
    assert load_events(at_home, TOWN, "12345:1")[1].note == "—"
    with at_home.read() as connection:
        dump = connection.execute(
            sa.text(
                "SELECT string_agg(i::text, '') || (SELECT string_agg(e::text, '') FROM gridmap.issue_event e)"
                " FROM gridmap.issue i"
            )
        ).scalar_one()
    assert "张三" not in dump
    assert "又出现了" not in dump
    assert_folded(at_home)


def test_an_older_file_brings_no_text_back(at_home: Store) -> None:
    batch = save_issues(at_home, TOWN, make()).batch
    assert batch is not None
    redact_issue(at_home, TOWN, "12345:1")
    save_issues(at_home, TOWN, changed(make(), "12345:1", tier="department"))
    row = load_issues(at_home, TOWN).frame.loc["12345:1"]
    assert (row["description"], row["tier"]) == ("", "department")
    assert counts(save_issues(at_home, TOWN, changed(make(), "12345:1", tier="department"))) == (0, 0, 6, ())
    with pytest.raises(NotStored, match="has no issue 7"):
        redact_issue(at_home, TOWN, "7")


# --- queries --------------------------------------------------------------------------------------------------


def found_by(store: Store, **wanted: Any) -> list[str]:
    return [i.removeprefix("12345:") for i in load_issues(store, TOWN, wanted=IssueFilter(**wanted)).frame.index]


def test_what_is_wanted(at_home: Store, in_small_parts: None) -> None:
    issues = make(30)
    issues = changed(issues, "12345:3", step="disposing", due_at=datetime(2026, 1, 9, 17, 30))
    issues = changed(issues, "12345:4", step="deferred", due_at=datetime(2026, 1, 9, 17, 30))
    issues = changed(issues, "12345:5", step="void", jurisdiction="K")
    save_issues(at_home, TOWN, issues)
    assert found_by(at_home, first=date(2026, 1, 6), last=date(2026, 1, 6)) == [str(i) for i in range(16, 30)]
    assert found_by(at_home, last=date(2026, 1, 5)) == [str(i) for i in range(16)]
    assert found_by(at_home, last=date.max) == [str(i) for i in range(30)]
    assert found_by(at_home, categories=("ebike",), tiers=("grid",)) == ["2", "8", "14", "20", "26"]
    assert found_by(at_home, steps=("void", "deferred")) == ["4", "5"]
    assert found_by(at_home, grids=("G1",), last=date(2026, 1, 5))[:2] == ["1", "3"]
    assert found_by(at_home, jurisdictions=("K",)) == ["5"]
    assert found_by(at_home, ids=("12345:7", "x")) == ["7"]
    assert found_by(at_home, overdue_at=datetime(2026, 1, 9, 17, 30)) == []
    assert found_by(at_home, overdue_at=datetime(2026, 1, 9, 17, 31)) == ["3", "4"]
    newest = load_issues(at_home, TOWN, limit=3)
    assert newest.frame.index.tolist() == ["12345:29", "12345:28", "12345:27"]


def test_counts_are_those_of_the_frame(at_home: Store) -> None:
    issues = changed(make(30), "12345:5", step="merged", duplicate_of="12345:2")
    issues = changed(issues, "12345:6", reported_at=datetime(2025, 12, 31, 23))
    save_issues(at_home, TOWN, issues)
    counted = load_issues(at_home, TOWN)
    frame = counted.where(counted.is_counted).frame
    assert count_issues(at_home, TOWN)["n"].tolist() == [29]
    for by in (["grid"], ["category", "tier"], ["jurisdiction", "step"]):
        wanted = frame.groupby(by).size().rename("n").reset_index()
        assert_frame_equal(count_issues(at_home, TOWN, by), wanted, check_dtype=False)
    months = count_issues(at_home, TOWN, ["month"])
    assert months["month"].tolist() == [pd.Timestamp(2025, 12, 1), pd.Timestamp(2026, 1, 1)]
    assert months["n"].tolist() == [1, 28]
    assert count_issues(at_home, TOWN, ["step"], wanted=IssueFilter(steps=("merged",)))["n"].tolist() == [1]
    assert count_issues(at_home, TOWN, ["grid"], wanted=IssueFilter(categories=("x",))).empty
    for by in (["description"], ["grid", "grid"]):
        with pytest.raises(InvalidInput, match="issues are counted by grid, jurisdiction"):
            count_issues(at_home, TOWN, by)


def test_views(at_home: Store) -> None:
    save_issues(at_home, TOWN, changed(make(), "12345:5", step="void"))
    with at_home.read() as connection:
        rows = connection.execute(sa.text("SELECT issue_id, town, is_counted FROM gridmap.issues ORDER BY issue_id"))
        assert [tuple(r) for r in rows][-2:] == [("12345:4", TOWN, True), ("12345:5", TOWN, False)]
        rows = connection.execute(
            sa.text("SELECT grid, month, n, n_closed, n_tier_grid FROM gridmap.issues_by_grid_month ORDER BY grid")
        )
        assert [tuple(r) for r in rows] == [("G0", date(2026, 1, 1), 3, 3, 3), ("G1", date(2026, 1, 1), 2, 2, 0)]


# --- plans -------------------------------------------------------------------------------------------


def test_plans_by_time(store: Store, stored: PlanEntry, plan: Plan, rules: Rules) -> None:
    (begun,) = tenures(store, TOWN)  # a town that has only begun: its one plan, whatever its state
    assert (begun.name, begun.until) == ("2026", None)
    judge_stored(store, stored.id)
    approve_plan(store, stored.id)
    put_in_force(store, stored.id, date(2026, 1, 1))
    (one,) = tenures(store, TOWN)
    assert (one.name, one.version, one.since, one.until) == ("2026", 1, date(2026, 1, 1), None)
    assert one.plan.fingerprint == plan.fingerprint


def test_of_several_plans_that_never_were_in_force_none_owns(
    store: Store, stored: PlanEntry, town: Town, plan: Plan, rules: Rules
) -> None:
    branch_plan(store, stored.id, "草案")
    assert [t.name for t in tenures(store, TOWN)] == ["2026"]  # a branch is a draft of what it began with
    save_plan(store, "另一个", town, plan, rules)
    assert tenures(store, TOWN) == ()
