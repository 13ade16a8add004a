"""One step at a time and what devices did offline; the log grows, the row is its fold, whoever writes."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pandas as pd
import pytest
import shapely
import sqlalchemy as sa

from gridmap.errors import Conflict, InvalidInput, NotStored, StoreError
from gridmap.issues.deadlines import overdue_events
from gridmap.issues.fold import fold, new_event
from gridmap.issues.state import IssueState
from gridmap.model.issue_event import IssueEvent
from gridmap.model.issue_policy import load_policy
from gridmap.model.town import Town
from gridmap.storage.backup import table_sums
from gridmap.storage.connect import Store
from gridmap.storage.entries import PlanEntry
from gridmap.storage.issue_log import add_events, advance_issue, load_events
from gridmap.storage.issue_query import IssueFilter, count_issues
from gridmap.storage.issues import load_issues, save_issues
from gridmap.storage.rows import raw
from gridmap.storage.states import approve_plan, put_in_force
from gridmap.storage.towns import save_town
from gridmap.storage.verdict import judge_stored
from tests.storage.conftest import A1, V1, VILLAGE
from tests.storage.test_issues import assert_folded, make

TOWN = "山阳镇"
POLICY = load_policy()
START = datetime(2026, 2, 2, 9)
FACTS = {"category": "fire", "description": "楼道堆物", "place": [50.5, 50], "crs": "EPSG:4549", "channel": "巡查"}


def story(issue: str = "X1", facts: dict[str, Any] | None = None) -> list[IssueEvent]:
    """Reported, sent to the village, settled, sent back, settled, verified."""
    events: list[IssueEvent] = []
    steps: list[tuple[str, str, str, dict[str, Any]]] = [
        ("report", "R1", "member", {"facts": FACTS if facts is None else facts}),
        ("dispatch", "R9", "leader", {"tier": "jurisdiction", "handler": VILLAGE}),
        ("settle", "R2", "jurisdiction", {}),
        ("send_back", "R1", "reporter", {"note": "没清完"}),
        ("settle", "R2", "jurisdiction", {"note": "清完了"}),
        ("verify", "R1", "reporter", {}),
    ]
    for i, (action, actor, role, more) in enumerate(steps):
        state = fold(events) if events else IssueState(issue)
        at = START + timedelta(hours=3 * i)
        events.append(new_event(state, action, at=at, actor=actor, role=role, policy=POLICY, **more))
    return events


def row_of(store: Store, issue: str = "X1") -> pd.Series:
    return load_issues(store, TOWN, wanted=IssueFilter(ids=(issue,))).frame.iloc[0]


def sums(store: Store) -> dict[str, tuple[int, str]]:
    with store.read() as connection:
        return {t.name: (t.rows, t.checksum) for t in table_sums(raw(connection))}


def by_hand(store: Store, *statements: str) -> None:
    """All of them in one transaction."""
    with store.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


@pytest.fixture
def at_home(store: Store, town: Town) -> Store:
    """A database that knows the town."""
    save_town(store, town)
    return store


@pytest.fixture
def in_force(store: Store, stored: PlanEntry) -> Store:
    """A plan that is in force since the first of January."""
    judge_stored(store, stored.id)
    approve_plan(store, stored.id)
    put_in_force(store, stored.id, date(2026, 1, 1))
    return store


# --- now ------------------------------------------------------------------------------------------------------


def test_an_issue_from_its_report_to_its_end(in_force: Store) -> None:
    events = story()
    for i, event in enumerate(events):
        state = advance_issue(in_force, TOWN, event)
        assert (state.version, state.head) == (i + 1, event.event_id)
        assert state == fold(events[: i + 1])
        row = row_of(in_force)
        assert (row["step"], row["tier"], row["version"]) == (state.step, state.tier, i + 1)
    assert row["category"] == "fire"
    assert (row["n_sent_back"], row["reporter"], row["handler"]) == (1, "R1", VILLAGE)
    assert (row["grid"], row["jurisdiction"], row["unit"], row["plan"], row["plan_version"]) == (
        V1,
        VILLAGE,
        "G0",
        "2026",
        1,
    )
    assert (row["channel"], row["description"], row["place_state"]) == ("巡查", "楼道堆物", "ok")
    assert row["geometry"].equals(shapely.Point(50.5, 50))
    assert load_events(in_force, TOWN, "X1") == tuple(events)
    assert_folded(in_force)


def test_an_issue_is_merged_only_into_one_that_counts(in_force: Store) -> None:
    one, other = story("X1")[0], story("X2")[0]
    states = {s.issue: s for s in (advance_issue(in_force, TOWN, e) for e in (one, other))}

    def merge(issue: str, into: str) -> IssueState:
        how = {"at": START, "actor": "R9", "role": "leader", "policy": POLICY, "duplicate_of": into}
        return advance_issue(in_force, TOWN, new_event(states[issue], "merge", **how))  # type: ignore[arg-type]

    with pytest.raises(NotStored, match="no issue X9"):
        merge("X1", "X9")
    assert row_of(in_force, "X1")["step"] == "detected"
    assert merge("X1", "X2").duplicate_of == "X2"
    with pytest.raises(
        InvalidInput, match=r"X2 cannot be merged into X1, which does not count itself .*into X2 instead"
    ):
        merge("X2", "X1")
    assert int(count_issues(in_force, TOWN)["n"].iloc[0]) == 1


@pytest.mark.parametrize(
    ("facts", "grid", "state"),
    [
        ({"place": [300, 150], "crs": "EPSG:4549"}, A1, "ok"),
        ({"place": [9000, 9000], "crs": "EPSG:4549"}, "", "outside"),
        ({"grid": A1}, A1, "none"),
        ({}, "", "none"),
    ],
)
def test_who_owns_what_is_reported(in_force: Store, facts: dict[str, Any], grid: str, state: str) -> None:
    advance_issue(in_force, TOWN, story(facts={"category": "fire", **facts})[0])
    row = row_of(in_force)
    assert (row["grid"], row["place_state"], row["plan"]) == (grid, state, "2026")


def test_without_a_plan_in_force_what_was_written_stays(at_home: Store) -> None:
    advance_issue(at_home, TOWN, story(facts={"grid": "G7"})[0])
    row = row_of(at_home)
    assert (row["grid"], row["category"], row["plan"], row["plan_version"]) == ("G7", "other", "", 0)


def test_a_repeat_is_harmless(at_home: Store) -> None:
    first, second, third, *_ = story()
    for event in (first, second, third):
        advance_issue(at_home, TOWN, event)
    before = sums(at_home)
    for event in (first, second, third):
        assert advance_issue(at_home, TOWN, event).version == 3
    assert sums(at_home) == before


def test_whoever_comes_late_is_told_who_was_first(at_home: Store, make_store: Callable[..., Store]) -> None:
    first, second, third, *_ = story()
    advance_issue(at_home, TOWN, first)
    late = new_event(
        fold([first]),
        "defer",
        at=START,
        actor="R5",
        role="jurisdiction",
        policy=POLICY,
        note="等料",
        until=START + timedelta(days=9),
    )
    advance_issue(at_home, TOWN, second)
    advance_issue(at_home, TOWN, third)
    before = sums(at_home)
    with pytest.raises(
        Conflict, match=r"X1 moved on since: 'dispatch' of leader R9 at 2026-02-02 12:00, 'settle'"
    ) as caught:
        advance_issue(make_store("李明"), TOWN, late)
    assert "网格长 R9 2026-02-02 12:00「派遣」、" in caught.value.zh
    again = replace(story("X1")[0], event_id=uuid4())
    with pytest.raises(Conflict, match="X1 moved on since: 'report' of member R1"):
        advance_issue(at_home, TOWN, again)
    assert sums(at_home) == before


def test_two_at_the_same_moment(at_home: Store, make_store: Callable[..., Store]) -> None:
    first = story()[0]
    advance_issue(at_home, TOWN, first)
    events = [
        new_event(
            fold([first]), "dispatch", at=START, actor=f"R{i}", role="leader", policy=POLICY, tier="grid", handler="G"
        )
        for i in range(4)
    ]
    start, found = threading.Barrier(4), list[str]()

    def act(store: Store, event: IssueEvent) -> None:
        start.wait(30)
        try:
            advance_issue(store, TOWN, event)
            found.append("done")
        except Conflict:
            found.append("conflict")

    threads = [threading.Thread(target=act, args=(make_store(), e)) for e in events]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sorted(found) == ["conflict"] * 3 + ["done"]
    assert len(load_events(at_home, TOWN, "X1")) == 2


def test_what_the_workflow_does_not_allow(at_home: Store) -> None:
    first, second, *_ = story()
    with pytest.raises(NotStored, match="has no issue X1"):
        advance_issue(at_home, TOWN, second)
    advance_issue(at_home, TOWN, first)
    verify = replace(second, action="verify", tier="", handler="", actor="R1", role="reporter")
    with pytest.raises(InvalidInput, match="'verify' is not possible while it is 'Detected'"):
        advance_issue(at_home, TOWN, verify)
    note = replace(second, action="note", note="x", base=UUID(int=7), tier="", handler="")
    with pytest.raises(InvalidInput, match="which is none of its events"):
        advance_issue(at_home, TOWN, note)
    assert len(load_events(at_home, TOWN, "X1")) == 1
    assert load_events(at_home, TOWN, "X2") == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"action": "record"}, "action 'record' is none of report, dispatch"),
        ({"action": "dance"}, "action 'dance' is none of"),
        ({"role": "mayor"}, "role 'mayor' is none of"),
        ({"actor": "a\0"}, "cannot be kept"),
        ({"note": "\ud800"}, "cannot be kept"),
        ({"facts": {"category": "a\0"}}, "cannot be kept"),
        ({"facts": {"kind": float("nan")}}, "cannot be kept"),
        ({"facts": {"kind": object()}}, "cannot be kept"),
        ({"facts": {"phone": "5724"}}, "facts are columns of issues, place and crs; got phone"),
        ({"facts": {"place": [1, 2]}}, "places of issues need one CRS"),
        ({"facts": {"place": "1,2", "crs": "EPSG:4549"}}, r"its place is \[x, y\]"),
        ({"facts": {"place": [1, 2], "crs": "EPSG:0"}}, "CRS"),
        ({"at": datetime.fromisoformat("2026-02-02T09:00:00+08:00")}, "without a zone"),
        ({"issue": ""}, "cannot be kept"),
    ],
)
def test_what_cannot_be_kept(at_home: Store, change: dict[str, Any], words: str) -> None:
    event = replace(story()[0], **change)
    before = sums(at_home)
    for act in (lambda: advance_issue(at_home, TOWN, event), lambda: add_events(at_home, TOWN, [*story("X2"), event])):
        with pytest.raises(InvalidInput, match=words):
            act()
    assert sums(at_home) == before


# --- later ----------------------------------------------------------------------------------------------------


def test_in_any_order_and_in_any_parts(at_home: Store) -> None:
    chosen = random.Random(5)
    wanted = fold(story())
    for i in range(8):
        events = [replace(e, issue=f"X{i}", event_id=UUID(int=e.event_id.int + i)) for e in story_with_fixed_ids()]
        events = [replace(e, base=None if e.base is None else UUID(int=e.base.int + i)) for e in events]
        chosen.shuffle(events)
        n_added = 0
        while events:
            n = chosen.randint(1, len(events))
            done = add_events(at_home, TOWN, events[:n])
            n_added += done.n_added
            del events[:n]
        (state,) = done.states
        assert n_added == 6
        assert (state.step, state.version, state.conflicts) == (wanted.step, wanted.version, ())
        row = row_of(at_home, f"X{i}")
        assert (row["description"], row["geometry"].wkt) == ("楼道堆物", "POINT (50.5 50)")
    assert_folded(at_home)


def story_with_fixed_ids() -> list[IssueEvent]:
    events = story()
    known = {e.event_id: UUID(int=1000 * (i + 1)) for i, e in enumerate(events)}
    return [replace(e, event_id=known[e.event_id], base=None if e.base is None else known[e.base]) for e in events]


def test_what_waits_is_no_issue_yet(at_home: Store) -> None:
    first, second, *_ = story()
    done = add_events(at_home, TOWN, [second])
    assert [c.reason for c in done.states[0].conflicts] == ["waiting"]
    assert done.states[0].version == 0
    assert len(load_issues(at_home, TOWN)) == 0
    assert count_issues(at_home, TOWN)["n"].tolist() == [0]
    assert load_events(at_home, TOWN, "X1") == (second,)
    with pytest.raises(Conflict, match="X1 moved on since: it is not there yet"):
        advance_issue(at_home, TOWN, replace(second, event_id=uuid4()))
    state = advance_issue(at_home, TOWN, first)  # now both count
    assert (state.step, state.version, state.conflicts) == ("disposing", 2, ())
    assert_folded(at_home)


def test_an_import_brings_what_others_waited_for(at_home: Store) -> None:
    issues = make(2)
    (waits,) = [replace(e, issue="12345:1") for e in story()[1:2]]
    add_events(at_home, TOWN, [waits])
    done = save_issues(at_home, TOWN, issues)
    assert (done.n_new, done.n_changed) == (2, 0)
    row = row_of(at_home, "12345:1")
    assert (row["step"], row["n_conflicts"], row["description"]) == ("closed", 1, "第 1 件")


def test_two_devices_that_disagree(at_home: Store) -> None:
    first, second, *_ = story()
    other = replace(second, event_id=uuid4(), handler="别人", actor="R8", at=second.at + timedelta(hours=1))
    done = add_events(at_home, TOWN, [other, second, first, first])
    assert (done.n_added, done.n_repeated) == (3, 1)
    (state,) = done.states
    assert (state.handler, state.n_conflicts, state.conflicts[0].reason) == (VILLAGE, 1, "lost")
    assert row_of(at_home)["n_conflicts"] == 1
    again = add_events(at_home, TOWN, [second, other])
    assert (again.n_added, again.n_repeated, again.states) == (0, 2, done.states)
    assert add_events(at_home, TOWN, []).states == ()


def test_one_id_for_two_things(at_home: Store) -> None:
    first, second, *_ = story()
    add_events(at_home, TOWN, [first])
    before = sums(at_home)
    for events in ([replace(second, event_id=first.event_id)], [second, replace(second, handler="别人")]):
        with pytest.raises(Conflict, match="needs an id of its own") as caught:
            add_events(at_home, TOWN, events)
        assert "编号" in caught.value.zh
    assert sums(at_home) == before


def test_marks_of_what_is_late_are_made_once(at_home: Store) -> None:
    add_events(at_home, TOWN, story()[:2])
    later = START + timedelta(days=40)
    for n in (1, 0):
        marks = overdue_events([fold(load_events(at_home, TOWN, "X1"))], later)
        assert add_events(at_home, TOWN, marks).n_added == n
    (late,) = load_issues(at_home, TOWN, wanted=IssueFilter(overdue_at=later)).frame.index
    assert late == "X1"


# --- by hand --------------------------------------------------------------------------------------------------

EVENT = (
    "INSERT INTO gridmap.issue_event (issue_no, event_id, base_version, action, at, actor, role, batch_id)"
    " VALUES ({no}, '{id}', 0, 'note', '2026-01-01', 'x', 'member', {batch})"
)
BATCH = (
    "INSERT INTO gridmap.batch (town_id, kind, registers, actor, client, op_id, is_synthetic, n_new, n_changed,"
    " n_ended) VALUES (1, '{kind}', '{{{registers}}}', 'x', 'x', gen_random_uuid(), false, 0, 0, 0)"
)
LAST = "(SELECT max(id) FROM gridmap.batch)"
SOME = "00000000-0000-0000-0000-000000000007"
NEW = (
    "INSERT INTO gridmap.issue (town_id, issue_id, head, version, step, reported_at) VALUES"
    " (1, 'x', '" + SOME + "', 1, 'closed', '2026-01-01')"
)
#: What a planner could write by hand with the rights that saving needs.
CRAFTED: dict[str, Sequence[str]] = {
    "a step without an event": ["UPDATE gridmap.issue SET step = 'void'"],
    "a step without an event of this transaction": ["UPDATE gridmap.issue SET description = '' WHERE no = 1"],
    "an event of one, a step of another": [
        EVENT.format(no=1, id=SOME, batch="NULL"),
        "UPDATE gridmap.issue SET step = 'void' WHERE no = 2",
    ],
    "a head that is none": [
        EVENT.format(no=1, id=SOME, batch="NULL"),
        "UPDATE gridmap.issue SET head = gen_random_uuid() WHERE no = 1",
    ],
    "a new issue without an event": [NEW],
    "an event of no issue": [EVENT.format(no=99, id=SOME, batch="NULL")],
    "an event of an old batch": [EVENT.format(no=1, id=SOME, batch=1)],
    "an event of a batch of posts": [
        BATCH.format(kind="import", registers="post"),
        EVENT.format(no=1, id=SOME, batch=LAST),
    ],
    "a patrol without a batch": [
        "INSERT INTO gridmap.patrol (town_id, patrol_id, grid, member, crs, batch_id) VALUES (1, 'p', '', '', '', 1)"
    ],
}


@pytest.mark.parametrize("name", CRAFTED)
def test_what_a_planner_crafts_by_hand(at_home: Store, name: str) -> None:
    save_issues(at_home, TOWN, make(2))
    before = sums(at_home)
    for role in ("gridmap_planner", "gridmap_owner"):
        with pytest.raises(StoreError, match="never changed or taken away"):
            by_hand(at_home, f"SET LOCAL ROLE {role}", *CRAFTED[name])
    assert sums(at_home) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gridmap.issue_event SET note = ''",
        "UPDATE gridmap.issue_event SET at = at",
        "UPDATE gridmap.issue SET issue_id = issue_id",
        "UPDATE gridmap.issue SET no = DEFAULT",
        "DELETE FROM gridmap.issue_event",
        "DELETE FROM gridmap.issue",
        "TRUNCATE gridmap.issue, gridmap.issue_event",
        "UPDATE gridmap.patrol SET grid = 'x'",
        "DELETE FROM gridmap.patrol",
        "DELETE FROM gridmap.redaction",
        "UPDATE gridmap.issue_policy SET toml = ''",
        "INSERT INTO gridmap.redaction VALUES (1, 1, '12345:0')",
    ],
)
def test_what_even_an_owner_does_not_do_by_hand(at_home: Store, statement: str) -> None:
    save_issues(at_home, TOWN, make(2))
    before = sums(at_home)
    with pytest.raises(StoreError, match="never changed or taken away"), at_home.begin() as connection:
        connection.execute(sa.text(statement))
    assert sums(at_home) == before


def test_while_texts_are_taken_out_nothing_else_changes(at_home: Store) -> None:
    save_issues(at_home, TOWN, make(2))
    before = sums(at_home)
    redact = (
        BATCH.format(kind="erase", registers="issue"),
        f"INSERT INTO gridmap.redaction VALUES ({LAST}, 1, '12345:0')",
    )
    for more in ("UPDATE gridmap.issue_event SET actor = 'x'", "UPDATE gridmap.issue SET step = 'void' WHERE no = 2"):
        with pytest.raises(StoreError, match="never changed or taken away"):
            by_hand(at_home, *redact, more)
    assert sums(at_home) == before


def test_a_planner_takes_no_texts_out(at_home: Store) -> None:
    save_issues(at_home, TOWN, make(2))
    with pytest.raises(StoreError, match="only members of gridmap_owner take texts out of issues") as caught:
        by_hand(
            at_home,
            "SET LOCAL ROLE gridmap_planner",
            BATCH.format(kind="erase", registers="issue"),
            f"INSERT INTO gridmap.redaction VALUES ({LAST}, 1, '12345:0')",
        )
    assert "gridmap_owner" in caught.value.zh


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ("step = 'dancing'", "issue_step_known"),
        ("tier = 'x'", "issue_tier_known"),
        ("version = 0", "issue_version_has_head"),
        ("n_reopened = -1", "issue_counts_not_negative"),
        ("crs = ''", "issue_geom_point"),
    ],
)
def test_values_that_break_a_rule(at_home: Store, columns: str, constraint: str) -> None:
    save_issues(at_home, TOWN, make(2))
    with pytest.raises(StoreError, match=constraint):
        by_hand(at_home, EVENT.format(no=1, id=SOME, batch="NULL"), f"UPDATE gridmap.issue SET {columns} WHERE no = 1")
