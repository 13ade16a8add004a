"""Recurring times: what is read, on which days it falls, and that the texts are read back."""

from __future__ import annotations

import calendar
from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import InvalidInput
from gridmap.life.recurrence import LAST, Recurrence, ordinal
from gridmap.life.recurrence_text import parse_recurrence

#: Sunday 1 March 2020 begins the month of most examples.
FIRST, LAST_DAY = date(2020, 3, 1), date(2020, 3, 31)


def march(text: str, since: date | None = None) -> list[int]:
    return [int(d) for d in parse_recurrence(text).dates(FIRST, LAST_DAY, since).day]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("每周四", [5, 12, 19, 26]),
        ("每星期四", [5, 12, 19, 26]),
        ("每周周四", [5, 12, 19, 26]),
        ("周四", [5, 12, 19, 26]),
        ("Thursdays", [5, 12, 19, 26]),
        ("every Thursday", [5, 12, 19, 26]),
        ("weekly on Thu", [5, 12, 19, 26]),
        ("每周一、三、五", [2, 4, 6, 9, 11, 13, 16, 18, 20, 23, 25, 27, 30]),
        ("每周一三五", [2, 4, 6, 9, 11, 13, 16, 18, 20, 23, 25, 27, 30]),
        ("every Monday, Wednesday and Friday", [2, 4, 6, 9, 11, 13, 16, 18, 20, 23, 25, 27, 30]),
        ("每周六至周一", [1, 2, 7, 8, 9, 14, 15, 16, 21, 22, 23, 28, 29, 30]),
        ("每周四、每周日", [1, 5, 8, 12, 15, 19, 22, 26, 29]),
        ("周末", [1, 7, 8, 14, 15, 21, 22, 28, 29]),
        ("每月１０日", [10]),
        ("每月10号", [10]),
        ("每月十日", [10]),
        ("monthly on the 10th", [10]),
        ("the 10th of every month", [10]),
        ("每月5、15、25日", [5, 15, 25]),
        ("每月5日至8日", [5, 6, 7, 8]),
        ("every month on the 5th, 15th and 25th", [5, 15, 25]),
        ("每月最后一天", [31]),
        ("last day of the month", [31]),
        ("每月第一个周三", [4]),
        ("first Wednesday of the month", [4]),
        ("每月第一、三个星期三", [4, 18]),
        ("每月最后一个周五", [27]),
        ("last Friday of each month", [27]),
        ("every 2nd Tuesday of the month", [10]),
        ("每季度第一个周六", []),
        ("每季度最后一个周二", [31]),
        ("每年3月5日", [5]),
        ("每年三月第一个周六", [7]),
        ("every 5 March", [5]),
        ("every March 5th", [5]),
        ("5 March every year", [5]),
        ("every year on 5 April", []),
    ],
)
def test_what_people_write(text: str, days: list[int]) -> None:
    assert march(text) == days


@pytest.mark.parametrize("text", ["每天", "每日", "daily", "Every day"])
def test_every_day(text: str) -> None:
    assert march(text) == list(range(1, 32))


@pytest.mark.parametrize(
    "text", ["工作日", "每个工作日", "周一至周五", "每周一到五", "weekdays", "Mon-Fri", "Monday to Friday"]
)
def test_working_days(text: str) -> None:
    assert parse_recurrence(text) == Recurrence("week", weekdays=(0, 1, 2, 3, 4))
    assert len(march(text)) == 22


@pytest.mark.parametrize(
    "text",
    [
        "双周周三",
        "双周三",
        "隔周周三",
        "每两周周三",
        "每2周的周三",
        "every 2nd Wednesday",
        "every other Wednesday",
        "fortnightly on Wednesday",
        "every two weeks on Wednesday",
    ],
)
def test_every_second_week_counts_from_the_start(text: str) -> None:
    assert parse_recurrence(text).needs_anchor
    assert march(text, date(2020, 3, 4)) == [4, 18]
    assert march(text, date(2020, 2, 26)) == [11, 25]
    assert march(text, date(2020, 3, 5)) == [11, 25], "the first Wednesday after the start begins the count"
    with pytest.raises(InvalidInput, match="a start is needed") as caught:
        march(text)
    assert "请填写起始日期" in caught.value.zh


def test_several_days_of_every_second_week_stay_in_one_week() -> None:
    assert march("每两周周一、三", date(2020, 3, 3)) == [4, 16, 18, 30]


def test_no_day_before_the_start() -> None:
    assert march("每周四", date(2020, 3, 12)) == [12, 19, 26]
    assert march("每周四", date(2020, 4, 1)) == []


def test_short_months_have_no_31st_and_leap_years_a_29th_of_february() -> None:
    year = parse_recurrence("每月31日").dates(date(2020, 1, 1), date(2020, 12, 31))
    assert year.month.tolist() == [1, 3, 5, 7, 8, 10, 12]
    leap = parse_recurrence("每年2月29日").dates(date(2019, 1, 1), date(2024, 12, 31))
    assert [str(d.date()) for d in leap] == ["2020-02-29", "2024-02-29"]
    month_ends = parse_recurrence("每月最后一天").dates(date(2019, 2, 1), date(2019, 4, 30))
    assert month_ends.day.tolist() == [28, 31, 30]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("每周四 9:00-11:00", "9:00-11:00"),
        ("每周四９：００至１１：００", "9:00-11:00"),
        ("每周四上午", "上午"),
        ("每周四（下午2点-4点）", "下午2点-4点"),
        ("每周4 12:00", "12:00"),
        ("每周四 9:00-11:00、14:00-16:00", "9:00-11:00、14:00-16:00"),
        ("every Thursday from 9:00 to 11:00", "9:00-11:00"),
        ("every Thursday 9am-11am", "9am-11am"),
    ],
)
def test_hours_behind_it_are_kept(text: str, hours: str) -> None:
    assert parse_recurrence(text) == Recurrence("week", weekdays=(3,), hours=hours)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "每周",
        "每周一次",
        "每周2次",
        "每月一次",
        "每周八",
        "单周周三",
        "每月",
        "10日",
        "第一周",
        "9:00",
        "不定期",
        "每月第六个周三",
        "每两周三",
        "every",
        "every month",
        "sometimes",
        "twice a week",
        "Monday to",
        "once",
        "每月初",
        "四" * 5000,
    ],
)
def test_what_names_no_day_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(InvalidInput, match="understood are: every Thursday") as caught:
        parse_recurrence(text)
    assert "每月第一个周三" in caught.value.zh


@pytest.mark.parametrize("text", ["每月32日", "每月0日", "每年2月30日", "每年13月1日", "每年4月31日"])
def test_days_that_no_year_has_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_recurrence(text)


@pytest.mark.parametrize(
    "parts",
    [
        {"period": "week"},
        {"period": "day", "weekdays": (1,)},
        {"period": "week", "weekdays": (3, 1)},
        {"period": "week", "weekdays": (7,)},
        {"period": "month", "days": (1, 1)},
        {"period": "month", "days": (1,), "step": 2},
        {"period": "week", "weekdays": (1,), "step": 0},
        {"period": "quarter", "days": (1,)},
        {"period": "month", "days": (31,), "months": (4,)},
        {"period": "year", "days": (1,)},
    ],
)
def test_parts_that_do_not_go_together_are_refused(parts: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        Recurrence(**parts)  # type: ignore[arg-type]


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidInput, match="before the first"):
        parse_recurrence("每天").dates(LAST_DAY, FIRST)


def test_ordinals() -> None:
    told = "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 23rd 31st"
    assert " ".join(ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 31)) == told


def some(low: int, high: int, *more: int, most: int = 4) -> st.SearchStrategy[tuple[int, ...]]:
    """Ascending numbers, each once, LAST at the end."""
    numbers = st.sets(st.sampled_from([*range(low, high + 1), *more]), min_size=1, max_size=most)
    return numbers.map(lambda found: tuple(sorted(found, key=lambda n: 99 if n == LAST else n)))


WEEKDAYS = some(0, 6, most=7)
MONTHS = st.just(()) | some(1, 12)
RULES = st.one_of(
    st.just(Recurrence("day")),
    st.builds(lambda w, s: Recurrence("week", weekdays=w, step=s), WEEKDAYS, st.integers(1, 8)),
    st.builds(lambda d, m: Recurrence("month", days=d, months=m), some(1, 28, LAST), MONTHS),
    st.builds(lambda d: Recurrence("month", days=d), some(1, 31, LAST)),
    st.builds(lambda w, n, m: Recurrence("month", weekdays=w, nth=n, months=m), WEEKDAYS, some(1, 5, LAST), MONTHS),
    st.builds(lambda w, n: Recurrence("quarter", weekdays=w, nth=n), WEEKDAYS, some(1, 5, LAST)),
)
DAYS = st.dates(date(1999, 1, 1), date(2030, 12, 31))


def same_weekday(day: date, within: tuple[int, ...]) -> list[date]:
    """The days of the same weekday in these months of its year."""
    days = [date(day.year, m, d) for m in within for d in range(1, calendar.monthrange(day.year, m)[1] + 1)]
    return [d for d in days if d.weekday() == day.weekday()]


def fits(rule: Recurrence, day: date) -> bool:
    """Whether a day is one of the rule, by looking it up in a list of the month or quarter; steps aside."""
    if rule.months and day.month not in rule.months:
        return False
    if rule.weekdays and day.weekday() not in rule.weekdays:
        return False
    if rule.days:
        is_last = (day + timedelta(days=1)).month != day.month
        return day.day in rule.days or (is_last and LAST in rule.days)
    if rule.nth:
        begins = (day.month - 1) // 3 * 3 + 1
        alike = same_weekday(day, (begins, begins + 1, begins + 2) if rule.period == "quarter" else (day.month,))
        return alike.index(day) + 1 in rule.nth or (LAST in rule.nth and day == alike[-1])
    return True


@settings(max_examples=80, deadline=None)
@given(rule=RULES, first=DAYS, length=st.integers(0, 500), before=st.integers(-40, 400))
def test_every_date_fits_and_none_is_missing(rule: Recurrence, first: date, length: int, before: int) -> None:
    since, last = first - timedelta(days=before), first + timedelta(days=length)
    wanted, week = [], None
    day = since
    while day <= last:
        if fits(rule, day):
            monday = day - timedelta(days=day.weekday())
            week = week or monday
            if (monday - week).days // 7 % rule.step == 0 and day >= first:
                wanted.append(day)
        day += timedelta(days=1)
    found = rule.dates(first, last, since)
    assert str(found.dtype) == "datetime64[s]"
    assert [d.date() for d in found] == wanted


@settings(max_examples=100, deadline=None)
@given(rule=RULES)
def test_both_texts_are_read_back(rule: Recurrence) -> None:
    assert parse_recurrence(rule.text.zh) == rule
    assert parse_recurrence(rule.text.en) == rule


@settings(max_examples=100, deadline=None)
@given(text=st.text(st.sampled_from("每周月年季度第一二三个日号至、,双工作 0123:-evrymondathfs点上午最后")))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(InvalidInput):
        assert isinstance(parse_recurrence(text), Recurrence)
