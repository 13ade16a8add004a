"""The layout of a ledger as people make it: title rows, headers of two rows, merged cells, totals, foot notes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from gridmap.data.columns import as_text, fold, is_known, parse_count

#: Header rows are looked for in this many rows from the top.
DEEPEST_HEADER: Final = 20
_TOTAL: Final = re.compile(
    r"^(合计|总计|小计|共计|累计|全镇合计|本页合计|subtotal|total|grandtotal|sum)$|(合计|总计|小计)$"
)
_FOOT: Final = re.compile(r"^(填表|制表|审核|填报|备注|注:|说明|单位负责人|联系人|联系电话|日期|note)", re.IGNORECASE)

Row = list[Any]
Range = tuple[tuple[int, int], tuple[int, int]]


class Header(NamedTuple):
    """Where the header is (first row and the row after it, from 0) and the column names it gives ("" for none)."""

    first: int
    end: int
    names: list[str]


def fill_merged(rows: Sequence[Row], ranges: Sequence[Range]) -> list[Row]:
    """Rows in which every cell of a merged range holds the range's value.

    Parameters
    ----------
    rows : sequence of rows
        Cell values from the sheet's first row and column on.
    ranges : sequence of ((row, column), (row, column))
        First and last cell of each merged range, from 0.
    """
    filled = [list(r) for r in rows]
    for (top, left), (bottom, right) in ranges:
        if top >= len(filled) or left >= len(filled[top]):
            continue
        value = filled[top][left]
        for row in filled[top : bottom + 1]:
            for column in range(left, min(right + 1, len(row))):
                row[column] = value
    return filled


def find_header(rows: Sequence[Row], ranges: Sequence[Range], known: Callable[[str], bool] = is_known) -> Header | None:
    """The header of a table: the first row with two known column names, else the first with two different texts.

    A row of which every filled cell is the same text is a (merged) title. The header has two rows if
    it holds a cell merged across columns but not down, or, where merges are unknown (CSV), if the next row
    is text exactly where this one is blank. `known` says whether a text is a column's name.
    """
    top = None
    fallback = None
    for i, row in enumerate(rows[:DEEPEST_HEADER]):
        texts = [as_text(v) for v in row]
        different = {t for t in texts if t}
        if len(different) < 2 or any(isinstance(v, int | float) for v in row if as_text(v)):
            continue
        if fallback is None:
            fallback = i
        if sum(known(t) for t in different) >= 2:
            top = i
            break
    if top is None:
        top = fallback
    if top is None:
        return None
    upper = [as_text(v) for v in rows[top]]
    if top + 1 < len(rows) and _has_second_row(top, upper, rows[top + 1], ranges):
        upper = _carried(upper, rows[top + 1])
        lower = [as_text(v) for v in rows[top + 1]]
        return Header(top, top + 2, _unique([_joined(u, v) for u, v in zip(upper, lower, strict=True)]))
    return Header(top, top + 1, _unique(upper))


def _has_second_row(top: int, upper: list[str], below: Row, ranges: Sequence[Range]) -> bool:
    for (first, left), (last, right) in ranges:
        if first == top and last == top and right > left:
            return True
    if any(first == top for (first, _), _ in ranges):
        return False
    texts = [as_text(v) for v in below]
    under_blank = [t for t, u in zip(texts, upper, strict=True) if not u]
    numbers = any(parse_count(t).number is not None for t in texts)
    return bool(upper[0]) and any(under_blank) and all(under_blank) and not numbers


def _carried(upper: list[str], below: Row) -> list[str]:
    """Group headings carried right over the blanks that have a heading of their own below."""
    carried = list(upper)
    for i in range(1, len(carried)):
        if not carried[i] and as_text(below[i]):
            carried[i] = carried[i - 1]
    return carried


def _joined(upper: str, lower: str) -> str:
    if not lower or lower == upper:
        return upper
    return f"{upper}/{lower}" if upper else lower


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 or not name else f"{name}.{seen[name]}")
    return out


def is_total(texts: Sequence[str]) -> bool:
    """Whether a row is a sum of others: one of its first three filled cells says 合计, 小计, total …"""
    filled = [t for t in texts if t][:3]
    return any(_TOTAL.search(fold(t)) for t in filled)


def is_grand_total(texts: Sequence[str]) -> bool:
    """Whether a sum row sums the whole table, not the rows since the sum before it."""
    return not any(re.search(r"小计|subtotal", fold(t)) for t in texts if t)


def is_foot(texts: Sequence[str]) -> bool:
    """Whether a row below the table is a note: it begins like one, or holds a single long text."""
    filled = [unicodedata.normalize("NFKC", t) for t in texts if t]
    return bool(filled) and (_FOOT.match(filled[0]) is not None or (len(set(filled)) == 1 and len(filled[0]) > 12))
