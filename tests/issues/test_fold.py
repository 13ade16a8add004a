"""The fold of events: the way of an issue, offline devices, conflicts, and that the order of arrival is nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import Conflict, InvalidInput
from gridmap.issues.effect import apply_event, why_not
from gridmap.issues.fold import check_event, fold, new_event
from gridmap.issues.state import STATE_COLUMNS, IssueState, state_values
from gridmap.issues.workflow import BESIDE, HANDLERS, allowed, tier_above, tier_below
from gridmap.model.issue_event import ACTIONS, IssueEvent
from gridmap.model.issue_policy import load_policy
from gridmap.model.issues import ISSUE_COLUMNS

POLICY = load_policy()
START = datetime(2020, 3, 4, 9, 0)


def key(number: int) -> UUID:
    return UUID(int=number)


def happened(
    number: int, base: int | None, action: str, role: str, hour: float = 0, version: int | None = None, **more: Any
) -> IssueEvent:
    """Event `number` on event `base`; in the tests below versions count like the numbers unless told."""
    actor = more.pop("actor", "m1")
    before = version if version is not None else (base or 0)
    at = START + timedelta(hours=hour or number)
    return IssueEvent("A1", key(number), None if base is None else key(base), before, action, at, actor, role, **more)


REPORT = happened(1, None, "report", "member", facts={"category": "ebike", "address": "金湾"})
DISPATCH = happened(2, 1, "dispatch", "leader", tier="grid", handler="g1", actor="l1")
SETTLE = happened(3, 2, "settle", "member", actor="m2")
VERIFY = happened(4, 3, "verify", "member")


def named(state: IssueState) -> dict[int, tuple[str, int | None]]:
    return {c.event_id.int: (c.reason, c.against.int if c.against else None) for c in state.conflicts}


class Story:
    """An issue online: each action on the head, as the policy dates it."""

    def __init__(self) -> None:
        self.events: list[IssueEvent] = []
        self.state = IssueState("A1")

    def go(self, action: str, role: str, actor: str, at: str, **more: Any) -> IssueState:
        when = datetime.fromisoformat(at)
        number = key(len(self.events) + 1)
        made = new_event(self.state, action, at=when, actor=actor, role=role, policy=POLICY, event_id=number, **more)
        check_event(self.state, made)
        self.events.append(made)
        self.state = fold(self.events)
        assert self.state.conflicts == ()
        return self.state


def test_the_way_of_an_issue_through_all_tiers() -> None:
    story = Story()
    at = datetime.fromisoformat
    s = story.go("report", "member", "m1", "2020-03-04 09:00", facts={"category": "ebike", "address": "金湾"})
    assert (s.step, s.tier, s.reporter, s.category, s.due_at) == ("detected", "", "m1", "ebike", None)
    assert s.reported_at == at("2020-03-04 09:00")
    s = story.go("dispatch", "leader", "l1", "2020-03-04 10:00", tier="grid", handler="g1")
    assert (s.step, s.tier, s.handler, s.due_at) == ("disposing", "grid", "g1", at("2020-03-05 17:30"))
    s = story.go("escalate", "member", "m1", "2020-03-05 10:00", handler="j1", note="needs a shed")
    assert (s.tier, s.handler, s.n_escalated, s.due_at) == ("jurisdiction", "j1", 1, at("2020-03-12 17:30"))
    s = story.go("escalate", "jurisdiction", "j1", "2020-03-06 10:00", handler="housing", note="needs money")
    assert (s.tier, s.n_escalated, s.due_at) == ("department", 2, at("2020-03-27 17:30"))
    s = story.go("send_back", "department", "d1", "2020-03-09 10:00", handler="j1", note="yours")
    assert (s.tier, s.handler, s.n_sent_back, s.due_at) == ("jurisdiction", "j1", 1, at("2020-03-16 17:30"))
    s = story.go("transfer", "jurisdiction", "j1", "2020-03-10 10:00", handler="j2")
    assert (s.tier, s.handler, s.due_at) == ("jurisdiction", "j2", at("2020-03-17 17:30"))
    s = story.go("defer", "town", "c1", "2020-03-10 11:00", until=at("2020-04-01 00:00"), note="steel is late")
    assert (s.step, s.due_at, s.deferred_until) == ("deferred", at("2020-04-01 00:00"), at("2020-04-01 00:00"))
    s = story.go("resume", "town", "c1", "2020-04-01 09:00")
    assert (s.step, s.tier, s.handler, s.deferred_until) == ("disposing", "jurisdiction", "j2", None)
    assert s.due_at == at("2020-04-09 17:30")  # 6 April is a holiday
    s = story.go("settle", "jurisdiction", "j2", "2020-04-03 16:00")
    assert (s.step, s.settled_at, s.due_at) == ("verifying", at("2020-04-03 16:00"), at("2020-04-09 17:30"))
    s = story.go("send_back", "member", "m1", "2020-04-07 09:00", note="no roof")
    assert (s.step, s.tier, s.handler, s.settled_at, s.n_sent_back) == ("disposing", "jurisdiction", "j2", None, 2)
    s = story.go("settle", "leader", "l1", "2020-04-08 16:00")
    s = story.go("verify", "member", "m1", "2020-04-09 09:00")
    assert (s.step, s.verified_at, s.due_at) == ("closed", at("2020-04-09 09:00"), at("2020-04-14 17:30"))
    s = story.go("reopen", "jurisdiction", "j2", "2020-05-06 09:00", note="it leaks")
    assert (s.step, s.n_reopened, s.settled_at, s.verified_at) == ("disposing", 1, None, None)
    assert (s.disposed_at, s.tier, s.due_at) == (at("2020-03-04 10:00"), "jurisdiction", at("2020-05-12 17:30"))
    s = story.go("merge", "town", "c1", "2020-05-06 10:00", duplicate_of="A0")
    assert (s.step, s.duplicate_of, s.due_at) == ("merged", "A0", None)
    s = story.go("reopen", "town", "c1", "2020-05-06 11:00", note="another place")
    assert (s.step, s.duplicate_of, s.n_reopened) == ("disposing", "", 2)
    s = story.go("void", "town", "c1", "2020-05-06 12:00", note="a test")
    assert (s.step, s.version, s.head) == ("void", len(story.events), story.events[-1].event_id)


def test_settled_on_the_spot_counts_for_the_grid() -> None:
    story = Story()
    story.go("report", "member", "m1", "2020-03-04 09:00")
    s = story.go("settle", "member", "m1", "2020-03-04 09:10", handler="m1")
    assert (s.step, s.tier, s.handler, s.category) == ("verifying", "grid", "m1", "other")
    assert s.disposed_at == s.settled_at == datetime(2020, 3, 4, 9, 10)
    s = story.go("verify", "reporter", "m1", "2020-03-04 09:12")
    assert (s.step, s.due_at) == ("closed", None)


def test_a_reporter_may_be_left_out_of_a_report_by_another() -> None:
    story = Story()
    s = story.go("report", "town", "c1", "2020-03-04 09:00", facts={"reporter": "", "reported_at": "2020-03-03T20:00"})
    assert (s.reporter, s.reported_at) == ("", datetime(2020, 3, 3, 20, 0))


def test_columns_of_an_issue_come_from_its_state() -> None:
    state = fold([REPORT, DISPATCH])
    assert set(STATE_COLUMNS) < set(ISSUE_COLUMNS)
    values = state_values(state)
    assert list(values) == list(STATE_COLUMNS)
    assert (values["step"], values["handler"], values["version"], values["n_conflicts"]) == ("disposing", "g1", 2, 0)


# --- imports --------------------------------------------------------------------------------------------------


def test_records_of_another_platform_tell_the_state_and_are_taken_back() -> None:
    first = happened(
        1, None, "record", "system", actor="gridmap",
        facts={
            "source": "12345", "step": "disposing", "tier": "jurisdiction", "handler": "j1", "category": "water",
            "reporter": "x9", "reported_at": "2020-03-01T08:00:00", "disposed_at": "2020-03-01T09:00:00",
            "due_at": "2020-03-06T17:30:00", "n_sent_back": 2, "settled_at": None,
        },
    )  # fmt: skip
    state = fold([first])
    assert (state.step, state.tier, state.category, state.n_sent_back) == ("disposing", "jurisdiction", "water", 2)
    assert (state.reported_at, state.settled_at) == (datetime(2020, 3, 1, 8), None)
    assert state.due_at == datetime(2020, 3, 6, 17, 30)
    assert state.is_imported
    done = {"step": "closed", "settled_at": "2020-03-05T10:00:00", "description": "a leak"}
    second = happened(2, 1, "record", "system", facts=done)
    state = fold([second, first])
    assert (state.step, state.tier, state.settled_at, state.n_sent_back) == (
        "closed", "jurisdiction", datetime(2020, 3, 5, 10), 2,
    )  # fmt: skip
    assert dict(state.facts) == {**first.facts, **done}
    withdraw = happened(3, 2, "withdraw", "system")
    assert fold([first, second, withdraw]).step == "withdrawn"
    again = happened(4, 3, "record", "system", facts={"step": "closed"})
    assert fold([withdraw, again, first, second]).step == "closed"


@pytest.mark.parametrize(
    ("facts", "zh"),
    [
        ({"step": "nearly"}, "「step」的取值「nearly」不存在"),
        ({"tier": "county"}, "「tier」的取值「county」不存在"),
        ({"reported_at": "yesterday"}, "「reported_at」须写作 2020-02-05T08:30:00"),
        ({"due_at": "2020-03-01T08:00:00+08:00"}, "「due_at」须写作"),
        ({"n_reopened": -1}, "「n_reopened」须为非负整数"),
        ({"n_reopened": True}, "「n_reopened」须为非负整数"),
    ],
)
def test_facts_that_say_nothing_are_named_and_change_nothing(facts: dict[str, Any], zh: str) -> None:
    state = fold([happened(1, None, "record", "system", facts=facts)])
    assert (state.step, state.version) == ("", 0)
    assert named(state) == {1: ("refused", None)}
    assert zh in state.conflicts[0].text.zh


# --- offline devices ------------------------------------------------------------------------------------------


def test_late_events_wait_for_what_they_were_built_on() -> None:
    state = fold([REPORT, SETTLE, VERIFY])
    assert (state.step, state.version) == ("detected", 1)
    assert named(state) == {3: ("waiting", 2), 4: ("waiting", 3)}
    assert state.n_conflicts == 2
    assert "尚未到达" in state.conflicts[0].text.zh
    assert fold([REPORT, SETTLE, VERIFY, DISPATCH]).conflicts == ()
    assert fold([SETTLE]) == replace(IssueState("A1"), conflicts=fold([SETTLE]).conflicts)


def test_work_built_on_an_event_counts_more_than_an_earlier_one() -> None:
    escalate = happened(9, 2, "escalate", "leader", 0.5, tier="jurisdiction", handler="j1", note="late", actor="l2")
    state = fold([REPORT, DISPATCH, SETTLE, VERIFY, escalate])
    assert (state.step, state.n_escalated) == ("closed", 0)
    assert named(state) == {9: ("lost", 3)}
    text = state.conflicts[0].text
    assert text.zh == (
        "网格长 l2 2020-03-04 09:30「上报上级」与另一操作依据同一状态，后续工作较多者（相同时较早者）为准："
        "网格员 m2 2020-03-04 12:00「处置完成」。"
    )
    assert text.en == (
        "'escalate' of leader l2 at 2020-03-04 09:30 was built on the same state as another event, which has more work "
        "built on it or is earlier, and counts: 'settle' of member m2 at 2020-03-04 12:00"
    )


def test_of_two_last_events_the_earlier_counts_whichever_arrives_first() -> None:
    escalate = happened(9, 2, "escalate", "leader", 0.5, tier="jurisdiction", handler="j1", note="late")
    before = fold([REPORT, DISPATCH, SETTLE])
    assert before.step == "verifying"
    after = fold([REPORT, DISPATCH, SETTLE, escalate])
    assert (after.step, after.tier) == ("disposing", "jurisdiction")
    assert named(after) == {3: ("lost", 9)}
    same_time = replace(escalate, at=SETTLE.at)
    assert fold([REPORT, DISPATCH, SETTLE, same_time]).head == SETTLE.event_id  # the smaller id


def test_a_longer_offline_branch_counts_and_all_of_the_other_is_named() -> None:
    offline = [
        happened(11, 1, "dispatch", "leader", 5, tier="jurisdiction", handler="j1"),
        happened(12, 11, "transfer", "jurisdiction", 6, 2, handler="j2"),
        happened(13, 12, "settle", "jurisdiction", 7, 3),
    ]
    state = fold([REPORT, DISPATCH, SETTLE, *offline])
    assert (state.step, state.handler, state.head) == ("verifying", "j2", key(13))
    assert named(state) == {2: ("lost", 11), 3: ("rests", 2)}
    assert state.n_conflicts == 2


def test_two_devices_that_say_the_same_do_not_conflict() -> None:
    twice = [replace(DISPATCH, event_id=key(12), at=DISPATCH.at + timedelta(hours=1), actor="l2", note="me too")]
    twice += [replace(SETTLE, event_id=key(13), base=key(12))]
    state = fold([REPORT, DISPATCH, SETTLE, *twice, replace(VERIFY, base=key(13))])
    assert (state.step, state.version, state.head) == ("closed", 4, VERIFY.event_id)
    assert named(state) == {12: ("redundant", 2), 13: ("redundant", 3)}
    assert state.n_conflicts == 0


def test_two_reports_of_one_issue_are_a_conflict() -> None:
    other = happened(7, None, "report", "member", 0.5, facts={"category": "fire"})
    state = fold([REPORT, other])
    assert (state.category, named(state)) == ("fire", {1: ("lost", 7)})
    state = fold([REPORT, other, DISPATCH])
    assert (state.category, named(state)) == ("ebike", {7: ("lost", 1)})
    again = replace(REPORT, event_id=key(8))
    assert named(fold([REPORT, again])) == {8: ("redundant", 1)}


def test_notes_never_conflict_and_move_nothing() -> None:
    notes = [
        happened(21, 1, "note", "member", note="seen", actor="m5"),
        happened(22, 2, "note", "leader", note="called", actor="l1"),
        happened(23, 22, "note", "leader", version=2, note="called again", actor="l1"),
    ]
    state = fold([REPORT, DISPATCH, SETTLE, VERIFY])
    assert fold([REPORT, DISPATCH, SETTLE, VERIFY, *notes]) == state
    on_a_note = replace(SETTLE, base=key(23))
    assert fold([REPORT, DISPATCH, on_a_note, VERIFY, *notes]) == state
    fork = happened(31, 2, "transfer", "leader", 0.5, handler="g2")
    lost_note = happened(32, 31, "note", "leader", version=3, note="on a lost branch")
    assert named(fold([REPORT, DISPATCH, SETTLE, VERIFY, fork, lost_note])) == {31: ("lost", 3)}


def test_an_overdue_mark_falls_when_the_work_was_done_in_time() -> None:
    due = START + timedelta(hours=20)
    dispatch = replace(DISPATCH, due_at=due)
    mark = happened(40, 2, "overdue", "system", 20, actor="gridmap")
    assert fold([REPORT, dispatch, mark]).overdue_since == due
    state = fold([REPORT, dispatch, mark, SETTLE])  # settled offline before, arrives after
    assert (state.step, state.overdue_since, state.conflicts) == ("verifying", None, ())
    early = replace(mark, at=due - timedelta(minutes=1))
    assert named(fold([REPORT, dispatch, early])) == {40: ("refused", 2)}


def test_what_the_table_or_the_role_does_not_allow_changes_nothing_and_is_named() -> None:
    wrong = happened(9, 2, "verify", "member", 5)
    below = happened(10, 9, "reopen", "town", 6, 3, note="?")
    state = fold([REPORT, DISPATCH, wrong, below])
    assert (state.step, state.version) == ("disposing", 2)
    assert named(state) == {9: ("refused", 2), 10: ("rests", 9)}
    stranger = happened(9, 3, "verify", "member", 5, actor="m7")
    assert named(fold([REPORT, DISPATCH, SETTLE, stranger, VERIFY])) == {9: ("refused", 3)}
    unknown = happened(9, 2, "explode", "wizard", 5)
    assert named(fold([REPORT, DISPATCH, unknown, SETTLE])) == {9: ("refused", 2)}


def test_a_long_branch_that_nobody_may_take_wins_nothing() -> None:
    forged = [happened(50, 2, "void", "member", note="x")]
    forged += [
        happened(51 + k, 50 + k, "note" if k % 2 else "reopen", "town", version=3 + k, note="x") for k in range(9)
    ]
    state = fold([REPORT, DISPATCH, *forged, SETTLE])
    assert (state.step, state.head) == ("verifying", SETTLE.event_id)


def test_a_wrong_count_is_named() -> None:
    state = fold([REPORT, DISPATCH, replace(SETTLE, base_version=7)])
    assert (state.step, named(state)) == ("disposing", {3: ("base_version", 2)})
    assert "自称此前有 7 个操作，实为 2 个" in state.conflicts[0].text.zh


def test_one_id_with_two_contents_is_named_and_a_repeat_is_nothing() -> None:
    assert fold([REPORT, DISPATCH, replace(DISPATCH), REPORT, DISPATCH]) == fold([REPORT, DISPATCH])
    other = replace(DISPATCH, handler="g9")
    states = [fold(order) for order in permutations([REPORT, DISPATCH, other, SETTLE])]
    assert all(s == states[0] for s in states)
    assert states[0].handler == "g1"
    assert named(states[0]) == {2: ("same_id", 2)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (  # the same words, cut in two at another line
            replace(REPORT, actor="m1", note="member\nn"),
            replace(REPORT, actor="m1\nmember", note="n"),
        ),
        (  # equal in Python, not in JSON
            happened(1, None, "record", "system", facts={"n_reopened": 1}),
            happened(1, None, "record", "system", facts={"n_reopened": 1.0}),
        ),
    ],
)
def test_contents_that_are_nearly_equal_are_two(one: IssueEvent, other: IssueEvent) -> None:
    state = fold([one, other])
    assert fold([other, one]) == state
    assert ("same_id", 1) in [(c.reason, c.event_id.int) for c in state.conflicts]


def test_events_that_rest_on_each_other_wait() -> None:
    loop = [replace(DISPATCH, base=key(3)), replace(SETTLE, base=key(2)), replace(VERIFY, base=key(4))]
    assert named(fold([REPORT, *loop])) == {2: ("waiting", 3), 3: ("waiting", 2), 4: ("waiting", 4)}


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([], "at least one event"),
        ([REPORT, replace(DISPATCH, issue="A2")], "got A1 and A2"),
        ([replace(REPORT, at=datetime.fromisoformat("2020-03-04T09:00+08:00"))], "without a zone"),
    ],
)
def test_what_is_no_set_of_events_of_one_issue_is_refused(events: list[IssueEvent], words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        fold(events)
    assert caught.value.zh != str(caught.value)


def test_an_event_added_now_is_built_on_the_head() -> None:
    state = fold([REPORT, DISPATCH, SETTLE])
    check_event(state, VERIFY)
    check_event(state, happened(9, 1, "note", "member", note="from an old state"))
    with pytest.raises(Conflict, match="was built on its version 2, and it is at 3 now") as caught:
        check_event(state, happened(9, 2, "transfer", "leader", handler="g2"))
    assert caught.value.zh == "问题 A1：「移交」依据第 2 版，现为第 3 版；请重新载入后再决定。"
    with pytest.raises(InvalidInput, match="of issue A2, not of A1"):
        check_event(state, replace(VERIFY, issue="A2"))
    with pytest.raises(InvalidInput, match="possible now: verify, send_back, merge, note"):
        check_event(state, happened(9, 3, "transfer", "leader", handler="g2"))
    with pytest.raises(InvalidInput, match="without a zone"):
        check_event(state, replace(VERIFY, at=datetime.fromisoformat("2020-03-04T09:00+08:00")))


def test_a_new_event_that_the_table_refuses_is_not_made() -> None:
    state = fold([REPORT, DISPATCH])
    with pytest.raises(InvalidInput, match="possible now: settle, escalate, transfer, defer, merge, void, note"):
        new_event(state, "verify", at=START, actor="m1", role="member", policy=POLICY)
    with pytest.raises(InvalidInput, match="it needs the handler"):
        new_event(state, "escalate", at=START, actor="m1", role="member", policy=POLICY, note="big")
    one, two = (new_event(state, "settle", at=START, actor="m1", role="member", policy=POLICY) for _ in range(2))
    assert one.event_id != two.event_id


# --- any order of arrival -------------------------------------------------------------------------------------


def _tier_of(state: IssueState, action: str) -> str:
    if action == "escalate":
        return tier_above(state.tier)
    if action == "send_back":
        return tier_below(state.tier) if state.step == "disposing" else ""
    return "jurisdiction" if action == "dispatch" else ""


@st.composite
def event_sets(draw: st.DrawFn) -> list[IssueEvent]:
    """Trees of events as devices make them, some of them wrong, some of them never arriving."""
    states: dict[UUID | None, IssueState] = {None: IssueState("A1")}
    events: list[IssueEvent] = []
    for number in range(1, draw(st.integers(1, 14)) + 1):
        bases = list(states)
        # mostly on what was made last, so that branches grow
        base = draw(st.sampled_from([bases[-1], bases[-1], *bases]))
        seen = states[base]
        ways = allowed(seen)
        way = draw(st.sampled_from(ways)) if ways else None
        is_wild = way is None or draw(st.integers(0, 9)) == 7
        action = draw(st.sampled_from(list(ACTIONS))) if way is None or is_wild else way.action
        roles = () if way is None else tuple(r for r in way.who if not way.by_tier or r in HANDLERS[seen.tier])
        role = draw(st.sampled_from(["member", "town"])) if is_wild or not roles else draw(st.sampled_from(roles))
        event = IssueEvent(
            issue="A1",
            event_id=key(number if draw(st.integers(0, 19)) != 7 else max(1, number - 1)),
            base=base if draw(st.integers(0, 29)) != 7 else key(999),
            base_version=seen.version if draw(st.integers(0, 19)) != 7 else seen.version + 1,
            action=action,
            at=START + timedelta(hours=draw(st.integers(0, 3))),
            actor=seen.reporter or draw(st.sampled_from(["m1", "m2"])),
            role=role,
            tier=_tier_of(seen, action),
            handler=draw(st.sampled_from(["g1", "g2"])),
            note="so",
            until=datetime(2021, 1, 1),
            duplicate_of="A0",
            due_at=draw(st.sampled_from([None, START + timedelta(hours=1)])),
            facts={"step": draw(st.sampled_from(["detected", "closed"])), "category": "fire"}
            if action in ("report", "record")
            else {},
        )
        events.append(event)
        if event.action in BESIDE:
            states.setdefault(event.event_id, seen)
        elif why_not(seen, event) is None:
            states.setdefault(event.event_id, apply_event(seen, event))
        else:
            states.setdefault(event.event_id, replace(seen, version=seen.version + 1))
    return [e for e in events if draw(st.integers(0, 19)) != 7] or events


@settings(max_examples=150)
@given(event_sets(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_state_and_conflicts(events: list[IssueEvent], random: Any) -> None:
    state = fold(events)
    again = [*events, *random.choices(events, k=3)]
    random.shuffle(again)
    assert fold(again) == state
    arrived: list[IssueEvent] = []
    for event in again:  # as they arrive, one by one
        arrived.append(event)
        last = fold(arrived)
    assert last == state


@settings(max_examples=150)
@given(event_sets())
def test_every_event_counts_or_is_named_and_the_counts_can_be_made_again(events: list[IssueEvent]) -> None:
    state = fold(events)
    by_id = {e.event_id: e for e in events}
    lost = {c.event_id for c in state.conflicts if c.reason != "same_id"}
    twice = {c.event_id for c in state.conflicts if c.reason == "same_id"}
    variants = {e.event_id for e in events if sum(x.event_id == e.event_id and x != e for x in events)}
    assert twice == variants
    if variants:
        return
    counted = [e for e in by_id.values() if e.event_id not in lost and e.action not in BESIDE]
    assert len(counted) == state.version
    counted.sort(key=lambda e: e.base_version)
    assert [e.base_version for e in counted] == list(range(state.version))
    assert state.head == (counted[-1].event_id if counted else None)
    actions = [e.action for e in counted]
    for action, name in (("send_back", "n_sent_back"), ("escalate", "n_escalated"), ("reopen", "n_reopened")):
        assert actions.count(action) == getattr(state, name)
    for conflict in state.conflicts:
        assert conflict.text.zh
        assert conflict.text.en != conflict.text.zh
    again = IssueState("A1")
    for event in counted:
        again = apply_event(again, event)
    assert replace(state, overdue_since=None, conflicts=()) == again


def _meaning(event: IssueEvent) -> str:
    told = (event.action, event.tier, event.handler, event.until, event.duplicate_of, dict(event.facts))
    return json.dumps(told, default=str, sort_keys=True)


def _best(state: IssueState, bases: set[UUID | None], events: list[IssueEvent]) -> list[list[IssueEvent]]:
    """The branch that counts, each step the events that say it; recursive, and every way tried."""
    on = [e for e in events if e.base in bases]
    beside = [e for e in on if e.action in BESIDE]
    while beside:
        more = [e for e in events if e.base in {b.event_id for b in beside}]
        on += more
        beside = [e for e in more if e.action in BESIDE]
    fit = [e for e in on if e.action not in BESIDE and e.base_version == state.version and why_not(state, e) is None]
    groups: dict[str, list[IssueEvent]] = {}
    for event in sorted(fit, key=lambda e: (e.at, e.event_id.int)):
        groups.setdefault(_meaning(event), []).append(event)
    ways = [[g, *_best(apply_event(state, g[0]), {e.event_id for e in g}, events)] for g in groups.values()]
    return min(ways, key=lambda w: (-len(w), w[0][0].at, w[0][0].event_id.int), default=[])


@settings(max_examples=150)
@given(event_sets())
def test_the_branch_that_counts_is_the_one_that_a_search_over_all_finds(events: list[IssueEvent]) -> None:
    if len({e.event_id for e in events}) < len(events):
        return
    way = _best(IssueState("A1"), {None}, events)
    state = fold(events)
    assert state.head == (way[-1][0].event_id if way else None)
    assert state.version == len(way)
    redundant = {e.event_id for group in way for e in group[1:]}
    assert {c.event_id for c in state.conflicts if c.reason == "redundant"} == redundant
