"""When issues are found, and how long their disposal takes: the week, the holidays, the hours of an office."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

import numpy as np

from .ledgers_forms import TODAY

FIRST: Final = date(2019, 9, 1)
DAYS: Final = tuple(FIRST + timedelta(days=n) for n in range((TODAY - FIRST).days + 1))
#: 中秋, 国庆, 元旦, and 春节 as it was prolonged in 2020; days shifted to work.
_OFF: Final = frozenset(
    [date(2019, 9, 13), date(2020, 1, 1)]
    + [date(2019, 10, d) for d in range(1, 8)]
    + [date(2020, 1, 24) + timedelta(days=n) for n in range(10)]
)
_ON: Final = frozenset([date(2019, 9, 29), date(2019, 10, 12), date(2020, 1, 19)])
_WEEK: Final = (1.15, 1.05, 1.0, 1.0, 1.05, 0.65, 0.5)
#: Hours from 7 to 21: when the street is walked, and when people come home and charge.
_HOURS: Final = np.array([0.4, 1.2, 1.8, 1.7, 1.0, 0.4, 0.9, 1.5, 1.5, 1.2, 0.7, 0.5, 0.5, 0.35, 0.1])
_EVENING: Final = np.array([0.5, 0.7, 0.8, 0.8, 0.5, 0.3, 0.5, 0.7, 0.7, 0.9, 1.3, 1.6, 1.6, 1.2, 0.4])
OPENS, CLOSES = time(8, 30), time(17, 30)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A time of the town."""
    return datetime.combine(day, time(hour, minute))


#: The last minute that the ledger tells of, and that of the last report.
END, LAST_REPORT = at(TODAY, 17, 30), at(TODAY, 16, 30)


def is_workday(day: date) -> bool:
    """Whether offices are open."""
    return day in _ON or (day.weekday() < 5 and day not in _OFF)


def weight_of(day: date) -> float:
    """How many issues a day has, against an ordinary Wednesday."""
    if date(2020, 1, 24) <= day <= date(2020, 1, 31):
        return 0.3
    return 0.55 if day in _OFF else 1.0 if day in _ON else _WEEK[day.weekday()]


def at_some_hour(day: date, rng: np.random.Generator, *, evening: bool = False) -> datetime:
    """A minute of the day; the last day ends with the ledger."""
    hours = _EVENING if evening else _HOURS
    while True:
        hour = 7 + int(rng.choice(len(hours), p=hours / hours.sum()))
        moment = at(day, hour, int(rng.integers(60)))
        if moment <= LAST_REPORT:
            return moment


def some_day(rng: np.random.Generator, weights: np.ndarray) -> date:
    """A day of the half year, by weights (n days,)."""
    return DAYS[int(rng.choice(len(DAYS), p=weights / weights.sum()))]


def in_office(moment: datetime) -> datetime:
    """The same time, or when the office opens next."""
    if is_workday(moment.date()) and OPENS <= moment.time() < CLOSES:
        return moment
    day = moment.date() if moment.time() < OPENS else moment.date() + timedelta(days=1)
    while not is_workday(day):
        day += timedelta(days=1)
    return datetime.combine(day, OPENS) + timedelta(minutes=moment.minute)


def after_work(start: datetime, days: float) -> datetime:
    """When so many working days of nine hours are over."""
    moment = in_office(start)
    minutes = days * 540.0
    while True:
        left = (datetime.combine(moment.date(), CLOSES) - moment).total_seconds() / 60
        if minutes < left:
            return moment + timedelta(minutes=int(minutes))
        minutes -= left
        moment = in_office(datetime.combine(moment.date(), CLOSES))
