"""What a cell of a register says: days, words, yes or no, counts, lists and telephone numbers as people write them."""

from __future__ import annotations

import datetime as dt
import difflib
import re
import unicodedata
from typing import Any, Final, Literal, NamedTuple

from gridmap.data.columns import fold, lost_digits, parse_count
from gridmap.model.register import NO, YES, Column
from gridmap.model.text import Text

#: The first day of Excel's calendar counts from here (its 1900 was a leap year, by mistake).
_EXCEL_EPOCH: Final = dt.date(1899, 12, 30)
_NOTHING: Final = frozenset(("", "-", "--", "—", "——", "/", "无", "暂无", "至今", "长期", "na", "n/a", "none"))
_YEAR_FIRST: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?号?")
_MONTH: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})月?份?")
_NO_YEAR: Final = re.compile(r"\d{1,2}[-/.月]\d{1,2}[日号]?")
_TIME: Final = re.compile(r"[t ]\d{1,2}:\d\d(:\d\d(\.\d+)?)?z?$")
_SERIAL: Final = re.compile(r"[2-7]\d{4}")
_UNIT: Final = re.compile(r"(人次|人|名|次|分|个|户次)$")
_LIST: Final = re.compile(r"[、，,;；\n]+")
_LANDLINE: Final = re.compile(r"(0\d{2,3}-?)?[2-8]\d{6,7}(-\d{1,6})?")
#: A number of eleven digits whose last ones a spreadsheet has kept; with fewer decimals they are lost.
_FLOAT: Final = re.compile(r"\d\.\d{8,10}e\+?10")
_WITH_PHONE: Final = re.compile(r"(?P<name>[^\d(]+)[(:]?(?P<phone>[\d-]{7,})\)?")

Severity = Literal["error", "warning"]


class Read(NamedTuple):
    """A value as it was read, and what is to be said about it.

    Attributes
    ----------
    value : object
        None where the cell is blank or cannot be used.
    said : Text or None
        What is wrong.
    severity : {"error", "warning"}
        Of what is said.
    """

    value: Any
    said: Text | None = None
    severity: Severity = "error"


def plain(text: str) -> str:
    """A cell with its width folded (NFKC) and its ends trimmed."""
    return unicodedata.normalize("NFKC", text).strip()


def is_nothing(text: str) -> bool:
    """Whether a cell is blank, or says that there is nothing (``-``, ``无``, ``至今``)."""
    return plain(text).casefold() in _NOTHING


def nearest(text: str, known: list[str], n: int = 3, *, likeness: float = 0.4) -> list[str]:
    """The known texts that are most like this one, the likest first; none where nothing is like it."""
    return difflib.get_close_matches(text, known, n, cutoff=likeness)


def read_day(text: str) -> Read:
    """A day: ``2020-2-5``, ``2020/2/5``, ``2020.2.5``, ``2020年2月5日``, ``20200205``, a serial number of Excel.

    ``2020年2月`` is its first day, with a warning; a day without a year and a day that no calendar has are errors.

    Examples
    --------
    >>> read_day("２０２０年2月5日").value
    datetime.date(2020, 2, 5)
    """
    if is_nothing(text):
        return Read(None)
    shown = "".join(_TIME.sub("", plain(text).casefold()).split())
    whole = _whole_day(text, shown)
    if whole is not None:
        return whole
    if found := _MONTH.fullmatch(shown):
        first = _calendar(text, found[1], found[2], "1")
        taken = Text(f"「{text}」只有年月，按 {first.value} 计", f"{text!r} names no day; taken as {first.value}")
        return first if first.value is None else Read(first.value, taken, "warning")
    no_year = Text(
        f"「{text}」没有年份；请写全，例如 2020-02-05", f"{text!r} has no year; write it in full, as 2020-02-05"
    )
    no_day = Text(f"「{text}」不是日期；请写成 2020-02-05 的形式", f"{text!r} is no day; write it like 2020-02-05")
    return Read(None, no_year if _NO_YEAR.fullmatch(shown) else no_day)


def _whole_day(text: str, shown: str) -> Read | None:
    """A day with its year, month and day, or a serial number; None where it is not written so."""
    if _SERIAL.fullmatch(shown):
        return Read(_EXCEL_EPOCH + dt.timedelta(days=int(shown)))
    if re.fullmatch(r"\d{8}", shown):
        return _calendar(text, shown[:4], shown[4:6], shown[6:])
    found = _YEAR_FIRST.fullmatch(shown)
    return _calendar(text, *found.groups()) if found else None


def _calendar(text: str, year: str, month: str, day: str) -> Read:
    try:
        return Read(dt.date(int(year), int(month), int(day)))
    except ValueError:
        return Read(
            None,
            Text(
                f"「{text}」：日历上没有 {year} 年 {int(month)} 月 {int(day)} 日；请核对",
                f"{text!r}: no calendar has the day {year}-{int(month):02d}-{int(day):02d}; please check",
            ),
        )


def read_cut(text: str) -> Read | None:
    """What is said of a code that a spreadsheet made a number of, so that its last digits are lost; None of others."""
    if not lost_digits(text):
        return None
    return Read(
        None,
        Text(
            f"「{text}」的位数被表格软件截去；请把该列设为文本后重新录入",
            f"{text!r}: a spreadsheet cut its digits; format the column as text and enter it again",
        ),
    )


def read_word(text: str, column: Column) -> Read:
    """One key of the column's choices, from its key, its text in either language, or a synonym."""
    if is_nothing(text):
        return Read(None)
    words = _words(column)
    key = words.get(fold(text))
    if key is not None:
        return Read(key)
    choices = column.choices or {}
    like = nearest(fold(text), list(words), 1, likeness=0.6)
    hint = choices[words[like[0]]].text if like else None
    zh = "、".join(c.text.zh for c in choices.values())
    en = ", ".join(c.text.en for c in choices.values())
    return Read(
        None,
        Text(
            f"「{text}」不是{column.title.zh}；可填：{zh}" + (f"；是否「{hint.zh}」" if hint else ""),
            f"{text!r} is none of {column.title.en}: {en}" + (f"; did you mean {hint.en!r}?" if hint else ""),
        ),
    )


def _words(column: Column) -> dict[str, str]:
    table: dict[str, str] = {}
    for key, choice in (column.choices or {}).items():
        for word in (key, *choice.text, *choice.synonyms):
            table.setdefault(fold(word), key)
    return table


def read_yes(text: str) -> Read:
    """True or false; a blank cell is false."""
    shown = plain(text).casefold()
    if is_nothing(text) or shown in NO:
        return Read(value=False)
    if shown in YES:
        return Read(value=True)
    return Read(None, Text(f"「{text}」应为「是」或「否」", f"{text!r} should be yes or no"))


def read_count(text: str) -> Read:
    """A whole number ≥ 0: ``98户``, ``１０２``, ``25人``; ``约110`` is 110, with a warning."""
    if is_nothing(text):
        return Read(None)
    count = parse_count(_UNIT.sub("", plain(text)))
    if count.number is not None:
        if count.note is None:
            return Read(count.number)
        said = Text(f"「{text}」是约数，按 {count.number} 计", f"{text!r} is rough, taken as {count.number}")
        return Read(count.number, said, "warning")
    if count.note is None:
        return Read(None)
    return Read(
        None, Text(f"「{text}」不是数量；应填不小于 0 的整数", f"{text!r} is no count; write a whole number, 0 or more")
    )


def read_list(text: str) -> tuple[str, ...]:
    """The entries of a list, as they stand between ``、，,;`` and line breaks."""
    return tuple(dict.fromkeys(p.strip() for p in _LIST.split(text) if not is_nothing(p)))


def read_phone(text: str) -> Read:
    """A telephone number as text: 11 digits of a mobile, or a landline; spoilt ones are kept with a warning."""
    if is_nothing(text):
        return Read("")
    shown = "".join(plain(text).split()).casefold()
    if _FLOAT.fullmatch(shown) and float(shown).is_integer():
        shown = str(int(float(shown)))
    shown = shown.removeprefix("+86").removeprefix("'")
    if _LANDLINE.fullmatch(shown):
        return Read(shown)
    digits = shown.replace("-", "")
    if re.fullmatch(r"\d{11}", digits):
        return Read(digits)
    said = Text(
        f"「{text}」不是 11 位手机号或固定电话；照原样保留，请核对",
        f"{text!r} is neither a mobile number of 11 digits nor a landline; kept as it is, please check",
    )
    return Read(shown, said, "warning")


def read_name(text: str) -> str:
    """A person's name without the blank that pads names of two characters (``张　三``)."""
    shown = " ".join(plain(text).split())
    return shown.replace(" ", "") if re.fullmatch(r"[\u3400-\u9fff·]( ?[\u3400-\u9fff·])*", shown) else shown


def read_names(text: str) -> list[tuple[str, str]]:
    """Names in one cell, each with the telephone number that stands behind it ("" for none)."""
    out = []
    for part in _LIST.split(text.replace("/", "、")):
        if is_nothing(part):
            continue
        shown = plain(part)
        names = shown.split()
        if len(names) > 1 and all(re.fullmatch(r"[\u3400-\u9fff·]{2,}", n) for n in names):
            out += [(n, "") for n in names]  # several names with only blanks between them
            continue
        found = _WITH_PHONE.fullmatch("".join(names))
        out.append((read_name(found["name"]), found["phone"]) if found else (read_name(shown), ""))
    return out
