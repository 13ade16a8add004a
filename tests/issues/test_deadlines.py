"""Deadlines and working days, against days that were announced and counts made by hand."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import InvalidInput
from gridmap.issues.deadlines import due_at, is_overdue, overdue_events, verify_due_at, with_deadlines
from gridmap.issues.fold import fold
from gridmap.issues.state import IssueState
from gridmap.issues.working_days import add_working_days, calendar_years, is_working_day
from gridmap.model.issue_event import IssueEvent
from gridmap.model.issue_policy import load_policy
from gridmap.model.issues import Issues, make_issues

POLICY = load_policy()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        ("2020-01-19", True),  # Sunday, worked for the Spring Festival
        ("2020-01-23", True),  # Thursday, the last working day before it
        ("2020-01-24", False),
        ("2020-01-31", False),  # prolonged to 2 February in 2020
        ("2020-02-01", False),
        ("2020-02-02", False),
        ("2020-02-03", True),
        ("2020-02-08", False),  # an ordinary Saturday
        ("2020-04-26", True),  # Sunday, worked for 1 May
        ("2020-05-01", False),
        ("2020-05-05", False),
        ("2020-05-09", True),  # Saturday, worked
        ("2020-10-01", False),
        ("2020-10-08", False),
        ("2020-10-10", True),  # Saturday, worked
        ("2021-02-17", False),
        ("2021-02-20", True),  # Saturday, worked
        ("2026-10-07", False),
        ("2026-10-10", True),
    ],
)
def test_national_calendar_with_shifted_days(day: str, is_working: bool) -> None:
    assert is_working_day(date.fromisoformat(day), POLICY) is is_working


def test_years_that_nobody_announced_yet_have_weekdays_and_the_towns_own_days() -> None:
    year = calendar_years()[-1] + 1
    assert (2004 in calendar_years(), 2020 in calendar_years(), year in calendar_years()) == (True, True, False)
    week = [date(year, 10, 1) + timedelta(days=k) for k in range(7)]
    assert [is_working_day(d, POLICY) for d in week] == [d.weekday() < 5 for d in week]
    weekday = next(d for d in week if d.weekday() < 5)
    saturday = next(d for d in week if d.weekday() == 5)
    own = replace(POLICY, holidays=frozenset({weekday}), workdays=frozenset({saturday}))
    assert (is_working_day(weekday, own), is_working_day(saturday, own)) == (False, True)


def test_the_towns_own_days_come_before_the_national_calendar() -> None:
    own = replace(POLICY, holidays=frozenset({date(2020, 1, 19)}), workdays=frozenset({date(2020, 1, 24)}))
    assert not is_working_day(date(2020, 1, 19), own)
    assert is_working_day(date(2020, 1, 24), own)
    assert not is_working_day(date(2020, 1, 24), POLICY)


@pytest.mark.parametrize(
    ("day", "n", "later"),
    [
        ("2020-01-17", 1, "2020-01-19"),  # Friday → the worked Sunday
        ("2020-01-17", 5, "2020-01-23"),
        ("2020-01-17", 6, "2020-02-03"),  # over the whole Spring Festival
        ("2020-01-23", 0, "2020-01-23"),
        ("2020-01-24", 0, "2020-02-03"),
        ("2020-01-24", 1, "2020-02-04"),
        ("2020-03-07", 1, "2020-03-10"),  # Saturday counts as Monday
        ("2019-12-31", 1, "2020-01-02"),
    ],
)
def test_working_days_are_counted_from_the_day_after(day: str, n: int, later: str) -> None:
    assert add_working_days(date.fromisoformat(day), n, POLICY) == date.fromisoformat(later)


@given(st.dates(date(2003, 1, 1), date(2030, 12, 31)), st.integers(0, 40))
def test_working_days_between_are_as_many_as_asked_for(day: date, n: int) -> None:
    later = add_working_days(day, n, POLICY)
    assert is_working_day(later, POLICY)
    first = add_working_days(day, 0, POLICY)
    between = [first + timedelta(days=k) for k in range(1, (later - first).days + 1)]
    assert sum(is_working_day(d, POLICY) for d in between) == n
    assert not any(is_working_day(day + timedelta(days=k), POLICY) for k in range((first - day).days))


@pytest.mark.parametrize(
    ("category", "tier", "start", "due"),
    [
        ("fire", "grid", "2020-03-04 09:00", "2020-03-05 17:30"),
        ("fire", "jurisdiction", "2020-03-04 09:00", "2020-03-06 17:30"),
        ("fire", "department", "2020-03-04 09:00", "2020-03-11 17:30"),
        ("fire", "grid", "2020-03-04 17:29", "2020-03-05 17:30"),
        ("fire", "grid", "2020-03-04 17:30", "2020-03-06 17:30"),  # the office has closed: day 0 is the 5th
        ("fire", "grid", "2020-03-04 00:00", "2020-03-05 17:30"),
        ("fire", "grid", "2020-03-06 18:00", "2020-03-10 17:30"),  # Friday evening: day 0 is Monday
        ("fire", "grid", "2020-03-07 10:00", "2020-03-10 17:30"),
        ("fire", "grid", "2020-01-23 10:00", "2020-02-03 17:30"),
        ("building", "department", "2020-01-17 10:00", "2020-03-06 17:30"),  # five, and five weeks of February on
        ("no longer a category", "grid", "2020-03-04 09:00", "2020-03-06 17:30"),  # as other
    ],
)
def test_deadlines_by_category_and_tier(category: str, tier: str, start: str, due: str) -> None:
    assert due_at(POLICY, category, tier, at(start)) == at(due)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2020-03-04 09:00", "2020-03-04 12:00"),
        ("2020-03-04 12:00", "2020-03-05 12:00"),
        ("2020-03-07 09:00", "2020-03-09 12:00"),
    ],
)
def test_no_days_end_with_the_same_working_day(start: str, due: str) -> None:
    fire = replace(POLICY.categories["fire"], days={"grid": 0, "jurisdiction": 1, "department": 2})
    quick = replace(POLICY, categories={"fire": fire, "other": fire}, office_ends=time(12, 0))
    assert due_at(quick, "fire", "grid", at(start)) == at(due)


def test_a_deadline_needs_a_tier() -> None:
    with pytest.raises(InvalidInput, match="grid, jurisdiction, department; got ''") as caught:
        due_at(POLICY, "fire", "", at("2020-03-04 09:00"))
    assert caught.value.zh == "计算时限须写明处置层级：网格、村居、部门；得到「」。"


def test_verification_has_the_days_of_the_policy() -> None:
    assert verify_due_at(POLICY, at("2020-03-04 09:00")) == at("2020-03-09 17:30")


@given(
    st.datetimes(datetime(2019, 1, 1), datetime(2026, 1, 1)), st.datetimes(datetime(2019, 1, 1), datetime(2026, 1, 1))
)
def test_who_begins_later_is_never_due_earlier(one: datetime, other: datetime) -> None:
    first, second = sorted((one, other))
    dues = [due_at(POLICY, "ebike", tier, first) for tier in ("grid", "jurisdiction", "department")]
    assert dues == sorted(dues)
    assert first < dues[0] <= due_at(POLICY, "ebike", "grid", second)


def test_issues_of_ledgers_without_a_deadline_get_that_of_the_policy() -> None:
    """Thursday 23 January 2020 was the last working day before the Spring Festival, Monday 3 February the next."""
    began, told = "2020-01-23T09:00", "2020-01-29T08:00"
    rows = [  # step, category, tier, disposed_at, settled_at, due_at → the deadline
        ("disposing", "fire", "jurisdiction", began, None, None, "2020-02-04T17:30"),
        ("disposing", "fire", "jurisdiction", "2020-01-23T17:30", None, None, "2020-02-05T17:30"),
        ("disposing", "fire", "jurisdiction", None, None, None, "2020-02-03T17:30"),  # from the report, the 22nd
        ("closed", "no more", "grid", began, "2020-02-05T08:00", None, "2020-02-04T17:30"),  # as other: 2 days
        ("verifying", "fire", "grid", began, "2020-02-03T08:00", None, "2020-02-06T17:30"),
        ("disposing", "fire", "grid", began, None, told, told),
        ("disposing", "fire", "", began, None, None, None),
        ("verifying", "fire", "grid", began, None, None, None),
        ("detected", "fire", "grid", None, None, None, None),
        ("deferred", "fire", "grid", began, None, None, None),
    ]
    names = ("step", "category", "tier", "disposed_at", "settled_at", "due_at")
    values = {name: [row[n] for row in rows] for n, name in enumerate(names)}
    values["reported_at"] = ["2020-01-22T08:00"] * len(rows)
    issues = Issues(make_issues(values, [str(n) for n in range(len(rows))]), is_synthetic=True)
    dated = with_deadlines(issues, POLICY)
    wanted = pd.to_datetime(pd.Series([row[-1] for row in rows], index=issues.frame.index, dtype=object))
    pd.testing.assert_series_equal(dated.frame["due_at"], wanted.astype("datetime64[s]"), check_names=False)
    pd.testing.assert_frame_equal(dated.frame.drop(columns="due_at"), issues.frame.drop(columns="due_at"))
    assert dated.is_synthetic
    pd.testing.assert_frame_equal(with_deadlines(dated, POLICY).frame, dated.frame)
    late = is_overdue(dated, at("2020-02-04 18:00"))
    assert list(late.index[late]) == ["0", "2", "3", "5"]
    none = issues.where([False] * len(issues))
    assert with_deadlines(none, POLICY).frame.equals(none.frame)


def test_late_is_what_passed_its_deadline_or_was_settled_after_it() -> None:
    due, before, after = at("2020-03-05 17:30"), at("2020-03-05 09:00"), at("2020-03-06 09:00")
    rows = [
        ("disposing", due, None, None, True),
        ("detected", due, None, None, True),
        ("verifying", due, before, None, True),
        ("verifying", after, before, None, False),
        ("disposing", None, None, None, False),
        ("deferred", due, None, None, True),
        ("deferred", after, None, None, False),
        ("merged", due, None, None, False),
        ("void", due, None, None, False),
        ("withdrawn", due, None, None, False),
        ("closed", due, before, after, False),
        ("closed", due, due, after, False),
        ("closed", due, after, after, True),
        ("closed", due, None, after, True),
        ("closed", due, None, None, False),
        ("closed", None, after, after, False),
    ]
    table = {name: [r[k] for r in rows] for k, name in enumerate(("step", "due_at", "settled_at", "verified_at"))}
    issues = Issues(make_issues(table, [f"A{k}" for k in range(len(rows))], crs=4549))
    late = is_overdue(issues, at("2020-03-05 18:00"))
    assert late.tolist() == [r[4] for r in rows]
    assert list(late.index) == list(issues.frame.index)
    assert not is_overdue(issues, due).iloc[0]  # not at the deadline itself


def state(step: str, due: datetime | None, **more: object) -> IssueState:
    return IssueState("A1", version=2, head=UUID(int=2), step=step, due_at=due, **more)  # type: ignore[arg-type]


def test_marks_of_two_runs_are_equal_and_only_of_what_is_late() -> None:
    due = at("2020-03-05 17:30")
    states = [
        state("disposing", due),
        state("disposing", due, overdue_since=due),
        state("disposing", None),
        state("disposing", at("2020-03-09 17:30")),
        state("closed", due),
        state("deferred", at("2020-03-09 17:30")),
    ]
    marks = overdue_events(states, at("2020-03-06 08:00"))
    assert [(m.base, m.base_version, m.action, m.role, m.at) for m in marks] == [
        (UUID(int=2), 2, "overdue", "system", due)
    ]
    assert marks == overdue_events(states, at("2020-03-08 08:00"))
    assert overdue_events(states, due) == ()
    other = overdue_events([replace(states[0], head=UUID(int=3))], at("2020-03-06 08:00"))
    assert other[0].event_id != marks[0].event_id


def test_a_mark_is_taken_up_by_the_fold_once() -> None:
    events = [
        IssueEvent("A1", UUID(int=1), None, 0, "report", at("2020-03-04 08:00"), "m1", "member"),
        IssueEvent(
            "A1", UUID(int=2), UUID(int=1), 1, "dispatch", at("2020-03-04 09:00"), "l1", "leader",
            tier="grid", handler="m1", due_at=at("2020-03-05 17:30"),
        ),
    ]  # fmt: skip
    marks = overdue_events([fold(events)], at("2020-03-06 08:00"))
    marked = fold([*events, *marks])
    assert marked.overdue_since == at("2020-03-05 17:30")
    assert (marked.version, marked.head, marked.conflicts) == (2, UUID(int=2), ())
    assert overdue_events([marked], at("2020-03-09 08:00")) == ()


def test_the_calendar_is_loaded_only_when_days_are_counted() -> None:
    code = "import sys, gridmap.issues.fold; print('chinese_calendar' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
