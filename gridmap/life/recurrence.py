"""Recurring times: on which days a service is given, from a value; :mod:`gridmap.life.recurrence_text` reads them."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.errors import InvalidInput
from gridmap.model.text import Text

#: In what a recurrence counts: every day, days of the week, days of the month, days of the quarter.
Period = Literal["day", "week", "month", "quarter"]
#: For `days` and `nth`: the last one of the period.
LAST: Final = -1
WORKING_DAYS: Final = (0, 1, 2, 3, 4)
WEEKEND: Final = (5, 6)
WEEKDAYS_ZH: Final = "一二三四五六日"
WEEKDAYS_EN: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS_EN: Final = tuple(calendar.month_name[1:])
ORDINALS_EN: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", LAST: "last"}
_LONGEST_STEP: Final = 8


@dataclass(frozen=True)
class Recurrence:
    """A recurring day: "every Thursday", "每月第一个周三".

    Public holidays are not known: a service on working days stands on 1 October too, and days that are worked in
    exchange (调休) are not seen. A day that a month does not have is not moved: "每月31日" gives no date in April.

    Parameters
    ----------
    period : {"day", "week", "month", "quarter"}
    weekdays : tuple of int
        0 Monday … 6 Sunday, ascending: of every week, or of the month or quarter where `nth` is given.
    nth : tuple of int
        Which of these weekdays of the month or quarter: 1 … 5 or :data:`LAST`.
    days : tuple of int
        Days of the month, 1 … 31 or :data:`LAST`.
    months : tuple of int
        Only in these months, 1 … 12; all where empty.
    step : int
        Every how many weeks, 1 … 8. From 2 on it has to be known from when on they count.
    hours : str
        The time of day as it stood behind ("9:00-11:00"), else "".

    Raises
    ------
    InvalidInput
        If the parts do not go together, or name a day that no year has.
    """

    period: Period
    weekdays: tuple[int, ...] = ()
    nth: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    step: int = 1
    hours: str = ""

    def __post_init__(self) -> None:
        _check_within("weekdays", self.weekdays, 0, 6)
        _check_within("nth", self.nth, 1, 5)
        _check_within("days", self.days, 1, 31)
        _check_within("months", self.months, 1, 12)
        given = (bool(self.weekdays), bool(self.nth), bool(self.days), bool(self.months))
        allowed = {
            "day": [(False, False, False, False)],
            "week": [(True, False, False, False)],
            "month": [(True, True, False, m) for m in (False, True)] + [(False, False, True, m) for m in (False, True)],
            "quarter": [(True, True, False, False)],
        }
        if given not in allowed.get(self.period, []):
            raise InvalidInput(
                f"a recurrence by {self.period} does not go with weekdays {self.weekdays}, nth {self.nth}, "
                f"days {self.days}, months {self.months}",
                "周期的各部分不相配。",
            )
        if not 1 <= self.step <= _LONGEST_STEP or (self.step > 1 and self.period != "week"):
            raise InvalidInput(
                f"only weeks are stepped over, every 1 to {_LONGEST_STEP}; got {self.step} by {self.period}",
                f"间隔只用于周，1 至 {_LONGEST_STEP} 周；得到 {self.step}。",
            )
        self._check_days_exist()

    def _check_days_exist(self) -> None:
        """Every day of the month must be one that some of the months have (29 February counts)."""
        longest = max(calendar.monthrange(2000, m)[1] for m in (self.months or range(1, 13)))
        never = [d for d in self.days if d > longest]
        if never:
            raise InvalidInput(
                f"no month among {self.months} has a day {never[0]}", f"{self.months[0]}月没有{never[0]}日。"
            )

    @property
    def needs_anchor(self) -> bool:
        """Whether it has to be known since when it holds: "every second Wednesday" may be this one or the next."""
        return self.step > 1

    def dates(self, first: date, last: date, since: date | None = None) -> pd.DatetimeIndex:
        """The days from `first` to `last`, both counted.

        Parameters
        ----------
        first, last : date
        since : date, optional
            No day before it. Weeks that are stepped over count from the week of the first fitting day on or after it.

        Returns
        -------
        DatetimeIndex
            Ascending, in seconds (``datetime64[s]``).

        Raises
        ------
        InvalidInput
            If `last` is before `first`, or `since` is not given where :attr:`needs_anchor`.
        """
        if last < first:
            raise InvalidInput(f"the last day {last} is before the first {first}", f"末日 {last} 早于首日 {first}。")
        if since is None and self.needs_anchor:
            raise InvalidInput(
                f"{self.text.en}: a start is needed to know which weeks are meant; fill in since",
                f"{self.text.zh}：需要起始日期才知道是哪几周，请填写起始日期。",
            )
        start = first if since is None else max(first, since)
        if start > last:
            return pd.DatetimeIndex([], dtype="datetime64[s]")
        every = _all_days(start, last)
        fitting = pd.DatetimeIndex(every[_fits(self, every)])
        if since is None or not self.needs_anchor or fitting.empty:
            return fitting
        # seven days from `since` hold each weekday once, so the first fitting one is among them
        begins = _all_days(since, (pd.Timestamp(since) + pd.Timedelta(days=6)).date())
        anchor = _mondays(begins)[_fits(self, begins)][0]
        weeks = (_mondays(fitting) - anchor) // np.timedelta64(7, "D")
        return pd.DatetimeIndex(fitting[weeks % self.step == 0])

    @property
    def text(self) -> Text:
        """What it is called; both texts are read back as the same value."""
        hours = f" {self.hours}" if self.hours else ""
        return Text(_in_chinese(self) + hours, _in_english(self) + hours)


def _check_within(name: str, values: tuple[int, ...], lowest: int, highest: int) -> None:
    may_be_last = name in ("nth", "days")
    wrong = [v for v in values if not (lowest <= v <= highest or (may_be_last and v == LAST))]
    if wrong or list(values) != sorted(set(values), key=_last_at_the_end):
        raise InvalidInput(
            f"{name} are ascending whole numbers in {lowest} … {highest}, each once; got {values}",
            f"周期中的数字应在 {lowest} 至 {highest} 之间、由小到大、不重复；得到 {'、'.join(map(str, values))}。",
        )


def _last_at_the_end(number: int) -> float:
    return float("inf") if number == LAST else number


def _all_days(first: date, last: date) -> pd.DatetimeIndex:
    return pd.date_range(pd.Timestamp(first), pd.Timestamp(last), freq="D").as_unit("s")


def _mondays(days: pd.DatetimeIndex) -> NDArray[np.datetime64]:
    numbers = days.to_numpy().astype("datetime64[D]")
    return np.asarray(numbers - days.day_of_week.to_numpy().astype("timedelta64[D]"))


def _fits(rule: Recurrence, every: pd.DatetimeIndex) -> NDArray[np.bool_]:
    """Whether each day is one of the rule, steps of weeks aside."""
    fits = np.ones(len(every), dtype=bool)
    if rule.weekdays:
        fits &= np.isin(every.day_of_week, rule.weekdays)
    if rule.months:
        fits &= np.isin(every.month, rule.months)
    if rule.days:
        fits &= np.isin(every.day, rule.days) | ((LAST in rule.days) & np.asarray(every.is_month_end))
    if rule.nth:
        unit = "Q" if rule.period == "quarter" else "M"
        whole: Any = every.to_period(unit)
        before = (every - whole.start_time).days.to_numpy()
        after = (whole.end_time.normalize() - every).days.to_numpy()
        fits &= np.isin(before // 7 + 1, rule.nth) | ((LAST in rule.nth) & (after < 7))
    return np.asarray(fits, dtype=bool)


def _in_chinese(rule: Recurrence) -> str:
    every = "每月"
    if rule.months:
        every = "每年" + "、".join(f"{m}月" for m in rule.months)
    elif rule.period == "quarter":
        every = "每季度"
    if rule.period == "day":
        return "每天"
    if rule.days:
        return every + "、".join("最后一天" if d == LAST else f"{d}日" for d in rule.days)
    if rule.nth:
        which = "、".join("最后一个" if n == LAST else f"第{WEEKDAYS_ZH[n - 1]}个" for n in rule.nth)
        return every + which + _weekdays_zh(rule.weekdays)
    if rule.step > 1:
        return f"每{'两' if rule.step == 2 else rule.step}周" + _weekdays_zh(rule.weekdays)
    if rule.weekdays == WORKING_DAYS:
        return "工作日"
    return "每" + _weekdays_zh(rule.weekdays)


def _weekdays_zh(weekdays: tuple[int, ...]) -> str:
    return "周" + "、".join(WEEKDAYS_ZH[d] for d in weekdays)


def _in_english(rule: Recurrence) -> str:
    if rule.period == "day":
        return "daily"
    if rule.period == "week":
        if rule.step == 1 and rule.weekdays == WORKING_DAYS:
            return "weekdays"
        every = "every" if rule.step == 1 else f"every {rule.step} weeks on"
        return f"{every} {_listed([WEEKDAYS_EN[d] for d in rule.weekdays])}"
    months = _listed([MONTHS_EN[m - 1] for m in rule.months])
    if rule.days:
        which = _listed(["last day" if d == LAST else ordinal(d) for d in rule.days])
        return f"yearly on the {which} of {months}" if months else f"monthly on the {which}"
    which = _listed([ORDINALS_EN[n] for n in rule.nth])
    days = _listed([WEEKDAYS_EN[d] for d in rule.weekdays])
    return f"{which} {days} of {months or 'the ' + rule.period}"


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def ordinal(number: int) -> str:
    """A number of a day in English: 1st, 2nd, 3rd, 4th, … 11th … 31st."""
    if number % 100 // 10 == 1:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
