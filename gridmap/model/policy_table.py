"""Entries of a policy of issues, taken out of a TOML table one by one, each with a sentence where it is wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final, cast

from gridmap.errors import InvalidRules, first_ten, first_ten_zh
from gridmap.model.nearest import nearest_code
from gridmap.model.text import Text

_WHOLE: Final = Text("", "")


@dataclass(frozen=True)
class PolicyTable:
    """A table of a TOML file.

    Attributes
    ----------
    given : mapping of str
        What it holds.
    where : str
        The file, for messages.
    inside : Text
        The table in it, for messages; blank for the whole file.
    """

    given: Mapping[str, Any]
    where: str
    inside: Text = _WHOLE

    def refused(self, en: str, zh: str) -> InvalidRules:
        """The error that says so of this table."""
        en_inside = f", {self.inside.en}" if self.inside.en else ""
        zh_inside = f"，{self.inside.zh}" if self.inside.zh else ""
        return InvalidRules(f"{self.where}{en_inside}: {en}", f"{self.where}{zh_inside}：{zh}。")

    def refuse_unknown(self, known: Sequence[str]) -> None:
        """Refuse entries of other names, which would otherwise say nothing.

        Raises
        ------
        InvalidRules
            If there is any.
        """
        strangers = [key for key in self.given if key not in known]
        if not strangers:
            return
        like = nearest_code(strangers[0], tuple(known))
        en = f"perhaps {like} is meant" if like else f"known are {', '.join(known)}"
        zh = f"可能应为 {like}" if like else f"可用的有 {'、'.join(known)}"
        raise self.refused(
            f"unknown entry {first_ten(strangers)}; {en}", f"不认识的条目 {first_ten_zh(strangers)}；{zh}"
        )

    def table(self, key: str, zh: str = "", en: str = "") -> PolicyTable:
        """A table in this one, called so in messages.

        Raises
        ------
        InvalidRules
            If it is missing or none.
        """
        value = self._entry(key)
        if not isinstance(value, dict):
            raise self._wrong(key, "is a table of entries", "应为一组条目", value)
        outer = self.inside
        own = Text(" ".join(t for t in (outer.zh, zh or key) if t), ", ".join(t for t in (outer.en, en or key) if t))
        return PolicyTable(value, self.where, Text(zh, en) if zh else own)

    def text(self, key: str) -> str:
        """A text that is not blank.

        Raises
        ------
        InvalidRules
            If it is missing or none.
        """
        value = self._entry(key)
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(key, "is a text that is not blank", "应为非空文字", value)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, empty where there is none.

        Raises
        ------
        InvalidRules
            If it is none.
        """
        value = self.given.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise self._wrong(key, 'is a list of texts like ["a", "b"]', '应为文字列表，例如 ["甲", "乙"]', value)
        return tuple(value)

    def whole(self, key: str, least: int) -> int:
        """A whole number.

        Raises
        ------
        InvalidRules
            If it is missing, none, or less than `least`.
        """
        value = self._entry(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise self._wrong(key, f"is a whole number, {least} or more", f"应为不小于 {least} 的整数", value)
        return value

    def number(self, key: str, otherwise: float | None = None) -> float:
        """A number greater than 0; `otherwise` where there is none.

        Raises
        ------
        InvalidRules
            If it is missing, none, or not greater than 0.
        """
        value = self._entry(key) if otherwise is None else self.given.get(key, otherwise)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise self._wrong(key, "is a number greater than 0", "应为大于 0 的数", value)
        return float(value)

    def clock(self, key: str) -> time:
        """A time of the day.

        Raises
        ------
        InvalidRules
            If it is missing or none.
        """
        value = self._entry(key)
        try:
            return time.fromisoformat(str(value))
        except ValueError as error:
            raise self._wrong(key, 'is a time like "17:30"', '应为时刻，例如 "17:30"', value) from error

    def days(self, key: str) -> frozenset[date]:
        """A list of days, empty where there is none.

        Raises
        ------
        InvalidRules
            If one is none.
        """
        value = self.given.get(key, [])
        listed = value if isinstance(value, list) else [value]
        wrong = [d for d in listed if not isinstance(d, date) or isinstance(d, datetime)]
        if wrong or not isinstance(value, list):
            raise self.refused(
                f"{key} is a list of days, written 2026-02-17, without quotes; got {first_ten(wrong or listed)}",
                f"{key} 应为日期列表，日期写作 2026-02-17（不加引号）；得到 {first_ten_zh(wrong or listed)}",
            )
        return frozenset(cast("list[date]", listed))

    def _entry(self, key: str) -> Any:
        if key not in self.given:
            raise self.refused(f"there is no {key!r}", f"缺少条目 {key}")
        return self.given[key]

    def _wrong(self, key: str, en: str, zh: str, value: object) -> InvalidRules:
        return self.refused(f"{key} {en}; got {value!r}", f"{key} {zh}；得到 {value!r}")
