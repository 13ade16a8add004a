"""Which jurisdiction and which grid a ledger means, and whether it is a ledger of this town at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from gridmap.data.columns import as_text, fold_key
from gridmap.data.places import kind_of_name
from gridmap.data.records_values import Read, is_nothing, nearest, read_cut, read_list
from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.text import Text

#: Digits of a 12-digit code that name the town.
TOWN_DIGITS: Final = 9
_TAIL: Final = re.compile(
    r"(村民委员会|居民委员会|村委会|居委会|村委|居委|社区居委会|社区|居民区|筹建组|行政村|村|preparatorygroup|residentialarea|village)$"
)
_TOWN: Final = re.compile(r"^.{1,6}?(镇|街道|乡)(?=.{2})")
_NUMBERED: Final = re.compile(r"(?P<place>.*?)[第#-]*(?P<number>\d{1,3}|[一二三四五六七八九十]{1,3})号?(微?网格|格)?")
_RANGE: Final = re.compile(r"第?(\d{1,3})号?(?:网格)?[-~至到—](?:第)?(\d{1,3})号?(?:网格)?")
_DIGITS: Final = {c: n for n, c in enumerate("零一二三四五六七八九")}


@dataclass(frozen=True)
class Gazetteer:
    """The jurisdictions and grids of a town, by everything that people call them.

    Attributes
    ----------
    names : mapping of str to str
        Code of each jurisdiction → name ("" where it has none).
    kinds : mapping of str to str
        Code → kind.
    grids : tuple of str
        Codes of the plan's grids.
    home : mapping of str to str
        Code of a grid → code of its jurisdiction, "" where none begins its code.
    """

    names: Mapping[str, str]
    kinds: Mapping[str, str]
    grids: tuple[str, ...]
    home: Mapping[str, str]

    def jurisdiction(self, text: str) -> Read:
        """The code of a jurisdiction, from its code or its name as people write it; None where blank or unknown."""
        if is_nothing(text):
            return Read(None)
        cut = read_cut(text)
        if cut is not None:
            return cut
        found = self._candidates(fold_key(text))
        if len(found) == 1:
            return Read(found[0])
        if found:
            zh = "、".join(self._shown(c) for c in found)
            en = ", ".join(self._shown(c) for c in found)
            return Read(
                None,
                Text(
                    f"「{text}」可能是几个村居：{zh}；请写全名或 12 位代码",
                    f"{text!r} could be several jurisdictions: {en}; write the full name or the code",
                ),
            )
        known = {fold_key(n): c for c, n in self.names.items() if n} | {c: c for c in self.names}
        like = [self._shown(known[k]) for k in nearest(fold_key(text), list(known))]
        return Read(
            None,
            Text(
                f"没有村居「{text}」" + (f"；最接近：{'、'.join(like)}" if like else "；请写名称或 12 位代码"),
                f"there is no jurisdiction {text!r}"
                + (f"; nearest: {', '.join(like)}" if like else "; write its name or its code"),
            ),
        )

    def _shown(self, code: str) -> str:
        return f"{self.names[code]}（{code}）" if self.names[code] else code

    def _candidates(self, key: str) -> list[str]:
        """Codes that a folded text may mean, by the first reading that any bears."""
        if key in self.names:
            return [key]
        for written in dict.fromkeys((key, _TOWN.sub("", key))):
            full = [c for c, n in self.names.items() if n and fold_key(n) == written]
            if full:
                return full
            stem = _TAIL.sub("", written)
            alike = [c for c, n in self.names.items() if n and stem and _TAIL.sub("", fold_key(n)) == stem]
            kind = kind_of_name(written)
            of_kind = [c for c in alike if self.kinds[c] == kind]
            if alike:
                return of_kind or alike
        if re.fullmatch(r"\d{3,11}", key):
            return [c for c in self.names if c.endswith(key)]
        return []

    def grid(self, text: str, place: str | None) -> Read:
        """The code of a grid, from its code, or from its number in a jurisdiction (``3``, ``第3网格``, ``山新03``).

        Parameters
        ----------
        text : str
        place : str or None
            Code of the jurisdiction that the row names.
        """
        if is_nothing(text):
            return Read(None)
        cut = read_cut(text)
        if cut is not None:
            return cut
        key = fold_key(text)
        if key in self.home:
            return self._at_home(key, text, place)
        found = _NUMBERED.fullmatch(key)
        where = place
        if found is not None and found["place"]:
            named = self._candidates(found["place"])
            where = named[0] if len(named) == 1 else None
        if found is None or (where is None and found["place"]):
            ends = [c for c in self.grids if re.fullmatch(r"\d{5,}", key) and c.endswith(key)]
            return self._at_home(ends[0], text, place) if len(ends) == 1 else self._unknown(text, key, place)
        if where is None:
            return Read(
                None,
                Text(
                    f"「{text}」只是网格的序号，这一行没有写村居；请填村居，或写完整的网格编号",
                    f"{text!r} is only a number, and the row names no jurisdiction; name it, or write the grid's code",
                ),
            )
        number = _number(found["number"])
        code = next((c for c in self.grids if self.home[c] == where and _sequence(c, where) == number), None)
        return self._at_home(code, text, place) if code else self._unknown(text, f"{where}{number:03d}", where)

    def _at_home(self, code: str, text: str, place: str | None) -> Read:
        if place and self.home[code] and self.home[code] != place:
            return Read(
                None,
                Text(
                    f"网格「{text}」属于{self._shown(self.home[code])}，这一行的村居却是{self._shown(place)}；请核对",
                    f"the grid {text!r} belongs to {self._shown(self.home[code])}, but the row names "
                    f"{self._shown(place)}; please check",
                ),
            )
        return Read(code)

    def _unknown(self, text: str, key: str, place: str | None) -> Read:
        own = [c for c in self.grids if place and self.home[c] == place]
        like = nearest(key, own or list(self.grids), 1)
        return Read(
            None,
            Text(
                f"方案中没有网格「{text}」" + (f"；最接近的编号：{like[0]}" if like else "；请写 15 位网格编号"),
                f"the plan has no grid {text!r}" + (f"; nearest code: {like[0]}" if like else "; write its code"),
            ),
        )

    def grid_list(self, text: str, place: str | None) -> Read:
        """Codes of several grids: a list between ``、，,;``, with ranges such as ``1-3``; the first fault is said."""
        codes: list[str] = []
        for part in read_list(text):
            span = _RANGE.fullmatch(fold_key(part))
            numbers = [part] if span is None else [str(n) for n in range(int(span[1]), int(span[2]) + 1)]
            for number in numbers:
                read = self.grid(number, place)
                if read.value is None:
                    return read
                codes.append(read.value)
        return Read(tuple(dict.fromkeys(codes)))


def make_gazetteer(places: pd.DataFrame, grids: Sequence[str]) -> Gazetteer:
    """The gazetteer of jurisdictions (index code, columns ``name``, ``kind``) and of a plan's grids."""
    names = {str(c): as_text(n) for c, n in zip(places.index, places["name"], strict=True)}
    kinds = {str(c): as_text(k) for c, k in zip(places.index, places["kind"], strict=True)}
    by_length = sorted(names, key=len, reverse=True)
    home = {str(g): next((c for c in by_length if str(g).startswith(c)), "") for g in grids}
    return Gazetteer(names, kinds, tuple(home), home)


def _number(text: str) -> int:
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    return (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)


def _sequence(code: str, place: str) -> int | None:
    rest = code[len(place) :]
    return int(rest) if rest.isdecimal() else None


def check_same_town(texts: Iterable[str], gazetteer: Gazetteer, where: str) -> None:
    """Refuse a ledger most of whose jurisdictions and grids belong to another town.

    Parameters
    ----------
    texts : iterable of str
        What the ledger writes as jurisdictions and as grids.
    gazetteer : Gazetteer
    where : str
        The file, for the message.

    Raises
    ------
    InvalidInput
        If more than half of the codes begin with another town's, or (three at least, and more than half of) the
        names are unknown.
    """
    keys = [fold_key(t) for t in texts if not is_nothing(t)]
    coded = [k for k in keys if re.fullmatch(r"\d{12,15}", k)]
    ours = {c[:TOWN_DIGITS] for c in gazetteer.names}
    foreign = Counter(k[:TOWN_DIGITS] for k in coded if k[:TOWN_DIGITS] not in ours)
    if foreign and foreign.total() * 2 > len(coded):
        there, here = foreign.most_common(1)[0][0], sorted(ours)
        raise InvalidInput(
            f"{where}: this is a ledger of another town: most of its codes begin with {there}, "
            f"the codes of this town with {first_ten(here)}",
            f"{where}：这是另一个镇的台账：多数代码以 {there} 开头，本镇的代码以 {first_ten_zh(here)} 开头。",
        )
    named = dict.fromkeys(k for k in keys if not re.search(r"\d", k) and not _NUMBERED.fullmatch(k))
    unknown = [k for k in named if not gazetteer.jurisdiction(k).value]
    if len(unknown) >= 3 and len(unknown) * 2 > len(named):
        known = [n or c for c, n in gazetteer.names.items()]
        raise InvalidInput(
            f"{where}: most of its jurisdictions are not of this town ({', '.join(sorted(ours))}): "
            f"{first_ten(unknown)}; this town has {first_ten(known)}",
            f"{where}：多数村居不属于本镇（{'、'.join(sorted(ours))}）：{first_ten_zh(unknown)}；"
            f"本镇有：{first_ten_zh(known)}。",
        )
