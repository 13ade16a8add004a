"""Working days: the national calendar with its shifted days (调休), and the days that a town decides itself."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from gridmap.model.issue_policy import IssuePolicy

_SATURDAY = 5
_DAY = timedelta(days=1)


class _National(NamedTuple):
    holidays: frozenset[date]
    workdays: frozenset[date]
    years: range


@lru_cache(maxsize=1)
def _national() -> _National:
    # Its tables are large; whoever counts no working days does not wait for them.
    from chinese_calendar.constants import holidays, workdays  # noqa: PLC0415

    return _National(frozenset(holidays), frozenset(workdays), range(min(holidays).year, max(holidays).year + 1))


def calendar_years() -> range:
    """The years of which the national holidays and shifted working days are known.

    The State Council announces them year by year. In other years Monday to Friday are working days, holidays too:
    write those of the year into the policy.
    """
    return _national().years


def is_working_day(day: date, policy: IssuePolicy) -> bool:
    """Whether work is done on a day.

    The policy's own ``workdays`` come first, then its ``holidays``, then the national calendar of
    :func:`calendar_years`, then Monday to Friday.
    """
    return _is_working(day, policy.holidays, policy.workdays)


def add_working_days(day: date, n: int, policy: IssuePolicy) -> date:
    """The n-th working day after `day`, which is not counted itself; with n = 0, `day` or the first working day after.

    A day that is none of work counts as the first working day after it: one working day after a Saturday is Tuesday.
    """
    return _later(day, n, policy.holidays, policy.workdays)


def _is_working(day: date, holidays: frozenset[date], workdays: frozenset[date]) -> bool:
    if day in workdays:
        return True
    if day in holidays:
        return False
    national = _national()
    if day in national.workdays:
        return True
    return day.weekday() < _SATURDAY and day not in national.holidays


@lru_cache(maxsize=65536)
def _later(day: date, n: int, holidays: frozenset[date], workdays: frozenset[date]) -> date:
    while not _is_working(day, holidays, workdays):
        day += _DAY
    for _ in range(n):
        day += _DAY
        while not _is_working(day, holidays, workdays):
            day += _DAY
    return day
