"""Times as ledgers and platforms write them, a column of a million at once."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.data.records_values import is_nothing, plain

Times = NDArray[np.datetime64]
#: Day 0 of Excel's calendar, and which serial numbers can be a day of this or the next century.
_EXCEL_EPOCH: Final = np.datetime64("1899-12-30T00:00:00", "s")
_SERIALS: Final = (25_000.0, 80_000.0)
_ISO: Final = "%Y-%m-%d %H:%M:%S"
#: Forms of what :func:`_evened` gives; those with the day last are American.
_FORMS: Final = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M")
_DAY_FORMS: Final = ("%Y/%m/%d", "%Y-%m-%d")
_AMERICAN: Final = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M %p")
_AMERICAN_DAYS: Final = ("%m/%d/%Y",)
_EVEN: Final = str.maketrans(
    {
        "年": "/",
        "月": "/",
        "日": " ",
        "号": " ",
        "-": "/",
        ".": "/",
        "T": " ",
        "时": ":",
        "分": ":",
        "点": ":",
        "秒": " ",
    }
)
_ZONE: Final = re.compile(r"(?<=\d)\s*(z|[+-]\d\d:?\d\d)$", re.IGNORECASE)
_FRACTION: Final = re.compile(r"(?<=:\d\d)\.\d+$")
#: A time of day with the words that people put before it.
_LOOSE: Final = re.compile(
    r"(?P<y>\d{4})/(?P<m>\d{1,2})/(?P<d>\d{1,2})/?\s*(?P<half>上午|下午|晚上|凌晨|中午|am|pm)?\s*"
    r"(?:(?P<h>\d{1,2}):(?:(?P<min>\d{1,2}):?)?(?P<s>\d{1,2})?)?\s*(?P<after>am|pm)?",
    re.IGNORECASE,
)
_COMPACT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:\s?(\d\d)(\d\d)(\d\d)?)?")
_LATE: Final = ("下午", "晚上", "pm")


class ReadTimes(NamedTuple):
    """A column of times.

    Attributes
    ----------
    times : ndarray of datetime64[s], (n,)
        NaT where blank or unusable.
    wrong : ndarray of int
        Rows that are written and are no time.
    is_day : ndarray of bool, (n,)
        Whether only the day is written.
    n_zoned, n_american : int
        Rows with an offset from UTC, which is not applied; rows with the month before the day and the year last.
    """

    times: Times
    wrong: NDArray[np.int64]
    is_day: NDArray[np.bool_]
    n_zoned: int = 0
    n_american: int = 0


class _Words:
    """Different texts of a column, and what is known of the time of each so far."""

    def __init__(self, texts: NDArray[np.object_]) -> None:
        self.texts = texts
        self.times: Times = np.full(len(texts), np.datetime64("NaT", "s"))
        self.is_day = np.zeros(len(texts), dtype=bool)
        self.is_american = np.zeros(len(texts), dtype=bool)

    def try_forms(self, texts: NDArray[np.object_]) -> None:
        """Read what has a form; a form that fits none of a large sample is not tried on the rest."""
        for form in (*_FORMS, *_DAY_FORMS, *_AMERICAN, *_AMERICAN_DAYS):
            todo = np.flatnonzero(np.isnat(self.times))
            sample = todo[:: max(1, len(todo) // 2_000)]
            for rows in (sample, todo):
                got = pd.to_datetime(pd.Series(texts[rows], dtype=object), format=form, errors="coerce")
                found = got.notna().to_numpy()
                if not found.any():
                    break
                self.times[rows[found]] = got.to_numpy()[found].astype("datetime64[s]")
                self.is_day[rows[found]] = form in (*_DAY_FORMS, *_AMERICAN_DAYS)
                self.is_american[rows[found]] = form.startswith("%m")

    def try_serials(self, texts: NDArray[np.object_]) -> None:
        """Read what is a serial number of Excel; in evened texts its fraction stands after "/"."""
        todo = np.flatnonzero(np.isnat(self.times))
        written = [t.replace("/", ".") if t.count("/") <= 1 else "" for t in texts[todo]]
        numbers = pd.to_numeric(pd.Series(written, dtype=object), errors="coerce").to_numpy(np.float64)
        good = (numbers >= _SERIALS[0]) & (numbers < _SERIALS[1])
        seconds = np.rint(numbers[good] * 86_400.0).astype("timedelta64[s]")
        self.times[todo[good]] = _EXCEL_EPOCH + seconds
        self.is_day[todo[good]] = numbers[good] == np.floor(numbers[good])


def read_times(texts: NDArray[np.object_]) -> ReadTimes:
    """The times that a column says, to the second, without a zone.

    ``2019-09-03 08:05:00``, ``2019/9/3 8:5``, ``2019年9月3日 8:05``, ``2019.9.3 8时05分``, serial numbers of Excel,
    ``2019-09-03T08:05:00+08:00`` (the offset is left out), ``20190903080500``, ``9/3/2019 08:05:00 AM``; ``24:00`` is
    the next day's beginning.

    Parameters
    ----------
    texts : ndarray of str, (n,)
    """
    n = len(texts)
    times = np.full(n, np.datetime64("NaT", "s"))
    is_day = np.zeros(n, dtype=bool)
    iso = pd.to_datetime(pd.Series(texts, dtype=object), format=_ISO, errors="coerce")
    times[:] = iso.to_numpy().astype("datetime64[s]")
    rest = np.flatnonzero(np.isnat(times))
    if not len(rest):
        return ReadTimes(times, rest, is_day)
    codes, words = pd.factorize(texts[rest])
    own = _Words(np.asarray(words, dtype=object))
    own.try_forms(own.texts)  # most files have one form: it need not be evened
    left = np.flatnonzero(np.isnat(own.times))
    evened = own.texts.copy()
    evened[left] = [_evened(w) for w in own.texts[left]]
    zoned = np.zeros(len(words), dtype=bool)
    zoned[left] = [_has_zone(w) for w in own.texts[left]]
    own.try_forms(evened)
    own.try_serials(evened)
    for i in np.flatnonzero(np.isnat(own.times)):
        loose = _loosely(evened[i])
        if loose is not None:
            own.times[i], own.is_day[i] = loose
    times[rest], is_day[rest] = own.times[codes], own.is_day[codes]
    blank = evened == ""
    wrong = rest[np.isnat(times[rest]) & ~blank[codes]]
    return ReadTimes(times, wrong, is_day, int(zoned[codes].sum()), int(own.is_american[codes].sum()))


def _evened(text: str) -> str:
    """A time with one kind of sign between its parts; "" of what says that there is none."""
    shown = text if text.isascii() else plain(text)
    if len(shown) < 6 and (is_nothing(shown) or shown.casefold() in ("nat", "null", "nan")):
        return ""
    if shown.startswith("0000"):
        return ""
    if len(shown) > 16:
        shown = _FRACTION.sub("", _ZONE.sub("", shown.strip()))
    return " ".join(shown.translate(_EVEN).replace("//", "/").split()).rstrip("/ ")


def _has_zone(text: str) -> bool:
    return len(text) > 16 and _ZONE.search(text) is not None


def _loosely(text: str) -> tuple[dt.datetime, bool] | None:
    """A time that no form fits, and whether it is only a day; None where it is none."""
    compact = _COMPACT.fullmatch(text)
    if compact:
        year, month, day, *rest = compact.groups()
        clock = [int(r or 0) for r in rest]
        return _moment(int(year), int(month), int(day), clock, is_day=rest[0] is None)
    found = _LOOSE.fullmatch(text)
    if found is None:
        return None
    clock = [int(found[k] or 0) for k in ("h", "min", "s")]
    half = (found["half"] or found["after"] or "").casefold()
    if half in _LATE and clock[0] < 12:
        clock[0] += 12
    if half in ("am", "凌晨") and clock[0] == 12:
        clock[0] = 0
    return _moment(int(found["y"]), int(found["m"]), int(found["d"]), clock, is_day=found["h"] is None)


def _moment(year: int, month: int, day: int, clock: list[int], *, is_day: bool) -> tuple[dt.datetime, bool] | None:
    hour, minute, second = clock
    if minute > 59 or second > 59 or hour > 24 or (hour == 24 and (minute or second)):
        return None
    try:
        start = dt.datetime(year, month, day)  # noqa: DTZ001 civil time of the town, without a zone
    except ValueError:
        return None
    return start + dt.timedelta(hours=hour, minutes=minute, seconds=second), is_day
