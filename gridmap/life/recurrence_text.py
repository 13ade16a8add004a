"""Recurring times as people write them, in Chinese and in English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

from gridmap.errors import InvalidInput
from gridmap.life.recurrence import LAST, MONTHS_EN, ORDINALS_EN, WEEKDAYS_EN, WEEKEND, WORKING_DAYS, Recurrence

#: What is understood, one example a form, for messages and help.
EXAMPLES_ZH: Final = (
    "每周四、每周一、三、五、每周二至周四、工作日、每天、每两周周三、每月10日、每月5、15、25日、"
    "每月最后一天、每月第一个周三、每月最后一个周五、每季度第一个周六、每年3月5日，后面可写时段（9:00-11:00）"
)
EXAMPLES_EN: Final = (
    "every Thursday; every Monday and Friday; Monday to Friday; weekdays; daily; every 2nd Tuesday (every other one); "
    "monthly on the 10th; last day of the month; first Wednesday of the month; first Saturday of the quarter; "
    "every 5 March; with hours behind it (9:00-11:00)"
)

#: Longer texts are no recurring times.
_LONGEST_TEXT: Final = 400

# --- pieces of both grammars: each stands in a larger pattern, so none has a named group ---
_CLOCK = r"\d{1,2}(?::\d{2}(?:\s*[ap]m)?|\s*[ap]m|[点时](?:半|\d{1,2}分?)?)"
_SPAN = rf"(?:上午|下午|晚上|晚间|早上|早晨|中午|全天)?\s*(?:{_CLOCK}(?:\s*(?:[-~—–至到]|to)\s*{_CLOCK})?)?"
_HOURS = re.compile(rf"(?:(?<!\d)|\s)[\s,、]*(?:at |from )?({_SPAN}(?:\s*[,、和]\s*{_SPAN})*)$")
_LISTING = r"[、,和及与/]"
_RANGE = r"[至到~—–-]"
_WEEK = r"(?:周|星期|礼拜)"
_DAY = r"[一二三四五六日天1-7]"
_DAYS_OF_WEEK = rf"{_WEEK}{_DAY}(?:(?:{_LISTING}|{_RANGE})?每?{_WEEK}?{_DAY})*"
_NUMBER = r"(?:\d{1,2}|[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])"
_DAY_OF_MONTH = rf"(?:{_NUMBER}[日号]?|最后一[天日])"
_DAYS_OF_MONTH = rf"{_DAY_OF_MONTH}(?:(?:{_LISTING}|{_RANGE}){_DAY_OF_MONTH})*(?<=[日号天])"
_NTH = r"(?:第?[一二三四五1-5]个?|首个|最后一?个?)"
_NTHS = rf"{_NTH}(?:{_LISTING}{_NTH})*的?"
_MONTHS = rf"{_NUMBER}月份?(?:{_LISTING}{_NUMBER}月份?)*"

_DAY_EN = r"(?:mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday|s|r|rs)?s?"
_DAYS_EN = rf"{_DAY_EN}(?: (?:and|to) {_DAY_EN})*"
_NTH_EN = r"(?:first|second|third|fourth|fifth|last|1st|2nd|3rd|4th|5th)"
_NTHS_EN = rf"{_NTH_EN}(?: and {_NTH_EN})*"
_DATE_EN = r"(?:\d{1,2}(?:st|nd|rd|th)?|last day)"
_DATES_EN = rf"{_DATE_EN}(?: (?:and|to) {_DATE_EN})*"
_MONTH_EN = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)(?:uary|ruary|ch|il|ust|ember|tember|ober)?"
_MONTHS_EN = rf"{_MONTH_EN}(?: and {_MONTH_EN})*"
_YEARLY_EN = r"(?:yearly|annually|every year)"

_Made = Callable[..., Recurrence]


def parse_recurrence(text: str) -> Recurrence:
    """The recurrence that a text names, in Chinese or in English; full-width digits and signs are read as half-width.

    "every 2nd Tuesday" is every other Tuesday; "every 2nd Tuesday of the month" is the second one of each month.
    双周周三 is every other Wednesday, counted from the start of the offer, not the Wednesdays of even weeks.
    "每周一次" (once a week) names no day and is refused.

    Parameters
    ----------
    text : str

    Raises
    ------
    InvalidInput
        If it is none of the forms that are understood (the message lists them), or names a day that no year has.
    """
    made = _read(text) if len(text) <= _LONGEST_TEXT else None
    if made is not None:
        return made
    shown = text if len(text) <= 40 else f"{text[:40]}…"
    raise InvalidInput(
        f"not a recurring time: {shown!r}; understood are: {EXAMPLES_EN}",
        f"读不懂的周期「{shown}」；可写：{EXAMPLES_ZH}。",
    )


def _read(text: str) -> Recurrence | None:
    plain = unicodedata.normalize("NFKC", text).translate(_BRACKETS).strip().rstrip("。.;").lower()
    told = _HOURS.search(plain)
    hours = re.sub(r"to|[~—–至到]", "-", re.sub(r"\s", "", told[1])) if told else ""
    when = plain[: told.start()] if told else plain
    chinese, english = re.sub(r"\s", "", when), _english(when)
    for pattern, made in _FORMS:
        match = pattern.fullmatch(chinese) or pattern.fullmatch(english)
        if match:
            return made(*match.groups(), hours=hours)
    return None


_BRACKETS = str.maketrans("()[]【】", "      ")


def _english(text: str) -> str:
    """Lower case, the small words left out, lists with "and", ranges with "to", "each" as "every"."""
    told = re.sub(r"\s*(?:,(?:\s*and\b)?|&|;)\s*", " and ", text)
    told = re.sub(r"(?<=[a-z\d])\s*[-–—~]\s*(?=[a-z\d])| through | until ", " to ", told)
    told = re.sub(r"\b(?:the|on)\b", " ", re.sub(r"\beach\b", "every", told))
    return re.sub(r"\s+", " ", told).strip()


# --- lists of numbers ---


def _spread(found: Iterable[tuple[str, int]], longest: int) -> tuple[int, ...]:
    """Numbers in order, each once; where a range sign stands before one, all from the one before it, round the end."""
    numbers: list[int] = []
    for sign, number in found:
        while sign and numbers and number != LAST and numbers[-1] not in (number, LAST):
            numbers.append(numbers[-1] % longest + 1)
        numbers.append(number)
    return tuple(sorted(set(numbers), key=lambda n: longest + 1 if n == LAST else n))


def _weekdays(text: str) -> tuple[int, ...]:
    found = re.findall(rf"({_RANGE})?每?{_WEEK}?({_DAY})", text)
    numbers = _spread(((sign, "一二三四五六日".find(d.replace("天", "日")) + 1 or int(d)) for sign, d in found), 7)
    return tuple(n - 1 for n in numbers)


def _number(text: str) -> int:
    """A number up to 99 in digits or Chinese numerals."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    digits = " 一二三四五六七八九"
    return (digits.index(tens or "一") * 10 if ten else 0) + (digits.index(ones) if ones else 0)


def _days_of_month(text: str) -> tuple[int, ...]:
    found = re.findall(rf"({_RANGE})?(?:(最后一[天日])|({_NUMBER}))", text)
    return _spread(((sign, LAST if last else _number(n)) for sign, last, n in found), 31)


def _nths(text: str) -> tuple[int, ...]:
    found = re.findall(r"(最后)|(首)|([一二三四五1-5])", re.sub(r"最后一", "最后", text))
    return _spread((("", LAST if last else 1 if first else _number(n)) for last, first, n in found), 5)


def _months(text: str) -> tuple[int, ...]:
    return _spread((("", _number(n)) for n in re.findall(_NUMBER, text)), 12)


def _weekdays_en(text: str) -> tuple[int, ...]:
    names = [d[:3].lower() for d in WEEKDAYS_EN]
    found = re.findall(rf"(to )?({_DAY_EN})", text)
    return tuple(n - 1 for n in _spread(((sign, names.index(d[:3]) + 1) for sign, d in found), 7))


def _nths_en(text: str) -> tuple[int, ...]:
    words = {word: n for n, word in ORDINALS_EN.items()}
    return _spread((("", words[w] if w in words else int(w[0])) for w in re.findall(_NTH_EN, text)), 5)


def _dates_en(text: str) -> tuple[int, ...]:
    found = re.findall(r"(to )?(?:(last day)|(\d{1,2}))", text)
    return _spread(((sign, LAST if last else int(n)) for sign, last, n in found), 31)


def _months_en(text: str) -> tuple[int, ...]:
    names = [m[:3].lower() for m in MONTHS_EN]
    return _spread((("", names.index(m[:3]) + 1) for m in re.findall(_MONTH_EN, text)), 12)


# --- forms: a pattern, and what is made of its groups ---


def _daily(*, hours: str) -> Recurrence:
    return Recurrence("day", hours=hours)


def _working(*, hours: str) -> Recurrence:
    return Recurrence("week", weekdays=WORKING_DAYS, hours=hours)


def _weekends(*, hours: str) -> Recurrence:
    return Recurrence("week", weekdays=WEEKEND, hours=hours)


def _weekly(days: str, *, hours: str) -> Recurrence:
    return Recurrence("week", weekdays=_weekdays(days), hours=hours)


def _stepped(step: str, days: str, *, hours: str) -> Recurrence:
    every = 2 if step in ("", "双", "隔", "两") else _number(step)
    return Recurrence("week", weekdays=_weekdays(days), step=every, hours=hours)


def _monthly(days: str, *, hours: str) -> Recurrence:
    return Recurrence("month", days=_days_of_month(days), hours=hours)


def _yearly(months: str, days: str, *, hours: str) -> Recurrence:
    return Recurrence("month", days=_days_of_month(days), months=_months(months), hours=hours)


def _nth_of_period(period: str, nths: str, days: str, *, hours: str) -> Recurrence:
    kind = "month" if period == "月" else "quarter"
    return Recurrence(kind, weekdays=_weekdays(days), nth=_nths(nths), hours=hours)  # type: ignore[arg-type]


def _nth_of_months(months: str, nths: str, days: str, *, hours: str) -> Recurrence:
    return Recurrence("month", weekdays=_weekdays(days), nth=_nths(nths), months=_months(months), hours=hours)


def _weekly_en(days: str, *, hours: str) -> Recurrence:
    return Recurrence("week", weekdays=_weekdays_en(days), hours=hours)


_STEPS_EN = {"other": 2, "second": 2, "two": 2, "third": 3, "three": 3, "fourth": 4, "four": 4}


def _stepped_en(step: str | None, days: str, *, hours: str) -> Recurrence:
    word = (step or "two").partition(" ")[0]
    every = _STEPS_EN[word] if word in _STEPS_EN else int(word[0])
    return Recurrence("week", weekdays=_weekdays_en(days), step=every, hours=hours)


def _monthly_en(dates: str, *, hours: str) -> Recurrence:
    return Recurrence("month", days=_dates_en(dates), hours=hours)


def _yearly_en(dates: str, months: str, *, hours: str) -> Recurrence:
    return Recurrence("month", days=_dates_en(dates), months=_months_en(months), hours=hours)


def _yearly_month_first_en(months: str, dates: str, *, hours: str) -> Recurrence:
    return _yearly_en(dates, months, hours=hours)


def _nth_en(nths: str, days: str, of: str = "month", *, hours: str) -> Recurrence:
    nth, weekdays = _nths_en(nths), _weekdays_en(days)
    if of == "quarter":
        return Recurrence("quarter", weekdays=weekdays, nth=nth, hours=hours)
    months = () if of == "month" else _months_en(of)
    return Recurrence("month", weekdays=weekdays, nth=nth, months=months, hours=hours)


_STEP_EN = r"other|second|third|fourth|2nd|3rd|4th|(?:[2-8]|two|three|four|other|second|third) weeks?"
_FORMS: Final[tuple[tuple[re.Pattern[str], _Made], ...]] = tuple(
    (re.compile(pattern), made)
    for pattern, made in (
        (r"(?:每天|每日|天天|daily|every day)", _daily),
        (r"(?:每逢|逢|每个?)?工作日|(?:every )?(?:weekdays?|working days?)", _working),
        (r"(?:每逢|逢|每个?)?(?:周末|双休日)|(?:every )?weekends?", _weekends),
        (rf"(?:每逢|逢|每个?)?(?:{_WEEK}的?(?={_WEEK}))?({_DAYS_OF_WEEK})", _weekly),
        (rf"(双|隔)周的?((?:{_WEEK})?{_DAY}(?:(?:{_LISTING}|{_RANGE})?{_WEEK}?{_DAY})*)", _stepped),
        (rf"每([两二三四五六七八2-8])个?{_WEEK}的?({_DAYS_OF_WEEK})", _stepped),
        (rf"每个?月的?({_DAYS_OF_MONTH})", _monthly),
        (rf"每年的?({_MONTHS})的?({_DAYS_OF_MONTH})", _yearly),
        (rf"每个?(月|季)度?的?({_NTHS})({_DAYS_OF_WEEK})", _nth_of_period),
        (rf"每年的?({_MONTHS})的?({_NTHS})({_DAYS_OF_WEEK})", _nth_of_months),
        (rf"(?:every |weekly |every week )?({_DAYS_EN})", _weekly_en),
        (rf"(?:every (?:({_STEP_EN}))|fortnightly) ({_DAYS_EN})", _stepped_en),
        (rf"(?:monthly|every month) ({_DATES_EN})", _monthly_en),
        (rf"({_DATES_EN}) of (?:every )?month", _monthly_en),
        (rf"(?:{_YEARLY_EN}|every) ({_DATES_EN})(?: of)? ({_MONTHS_EN})", _yearly_en),
        (rf"({_DATES_EN})(?: of)? ({_MONTHS_EN}) {_YEARLY_EN}", _yearly_en),
        (rf"(?:{_YEARLY_EN}|every) ({_MONTHS_EN}) ({_DATES_EN})", _yearly_month_first_en),
        (rf"(?:every )?({_NTHS_EN}) ({_DAYS_EN}) of (?:every )?(month|quarter|{_MONTHS_EN})", _nth_en),
        (rf"(?:monthly|every month) ({_NTHS_EN}) ({_DAYS_EN})", _nth_en),
    )
)
