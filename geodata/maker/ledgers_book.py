"""Workbooks as an office makes them: titles, unit lines, headers of two rows, merged villages, totals, foot notes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from .layers import DATE

#: Said in the second line of every sheet.
SYNTHETIC: Final = "合成数据，不可用于实际工作 synthetic data"
_DAY: Final = date.fromisoformat(DATE)
_SIDE: Final = Side(style="thin", color="808080")
_BORDER: Final = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)
_MIDDLE: Final = Alignment(horizontal="center", vertical="center", wrap_text=True)
_LEFT: Final = Alignment(horizontal="left", vertical="center", wrap_text=True)

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Head:
    """A column: its heading, the heading above it (of two rows), its width, and how it is written.

    A `is_merged` column is written once for a run of rows that say the same; a `is_summed` one has a total.
    """

    title: str
    above: str = ""
    width: float = 12.0
    is_merged: bool = False
    is_summed: bool = False


@dataclass(frozen=True)
class Page:
    """A sheet.

    Attributes
    ----------
    name, title : str
        Name of the sheet, and the title in its first row.
    line : tuple of str
        What the second row says; more than one part stands in cells of its own, the first is merged up to the others.
    heads : tuple of Head
    rows : list of tuple
        Cells of each record, by column: text, whole numbers, numbers, days, None.
    notes : tuple of str
        Below the table, a row each.
    summed : list of tuple of int, optional
        Numbers behind `rows` in the summed columns, which may be written as text; without it there is no total.
    subtotal_by : int, optional
        Column after whose runs a row of 小计 stands.
    """

    name: str
    title: str
    line: tuple[str, ...]
    heads: tuple[Head, ...]
    rows: list[Row]
    notes: tuple[str, ...] = ()
    summed: list[tuple[int, ...]] | None = None
    subtotal_by: int | None = None


def save_book(pages: Sequence[Page], path: Path, title: str) -> None:
    """Write a workbook at `path`: stamped with the sample's day, so that the same pages are the same bytes."""
    book = Workbook()
    book.remove(book.active)
    for page in pages:
        _write_page(book.create_sheet(page.name), page)
    stamp = datetime(_DAY.year, _DAY.month, _DAY.day)  # noqa: DTZ001 - a workbook knows no time zones
    properties = book.properties
    properties.title, properties.subject = title, SYNTHETIC
    properties.creator = properties.lastModifiedBy = "geodata/make_sample.py"
    properties.created = properties.modified = stamp
    stream = io.BytesIO()
    book.save(stream)
    draft = path.with_suffix(".part")
    with zipfile.ZipFile(stream) as made, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as kept:
        for name in sorted(made.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            content = made.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + f"{stamp:%FT%TZ}".encode(), content)
            entry = zipfile.ZipInfo(name, (_DAY.year, _DAY.month, _DAY.day, 0, 0, 0))
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o600 << 16
            kept.writestr(entry, content)
    draft.replace(path)


def _write_page(sheet: Worksheet, page: Page) -> None:
    n = len(page.heads)
    _wide(sheet, 1, 1, n, page.title, Font(name="宋体", size=16, bold=True))
    sheet.row_dimensions[1].height = 28
    first = n - len(page.line) + 1
    _wide(sheet, 2, 1, first, page.line[0], Font(name="宋体", size=10))
    for column, text in enumerate(page.line[1:], start=first + 1):
        sheet.cell(2, column, text).font = Font(name="宋体", size=10)
    top = _write_heads(sheet, page.heads, 3)
    sheet.freeze_panes = sheet.cell(top, 1)
    bottom = _write_rows(sheet, page, top)
    for row, text in enumerate(page.notes, start=bottom):
        _wide(sheet, row, 1, n, text, Font(name="宋体", size=10))
        sheet.cell(row, 1).alignment = _LEFT
    for column, head in enumerate(page.heads, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = head.width


def _wide(sheet: Worksheet, row: int, left: int, right: int, text: str, font: Font) -> None:
    cell = sheet.cell(row, left, text)
    cell.font, cell.alignment = font, _MIDDLE
    if right > left:
        sheet.merge_cells(start_row=row, end_row=row, start_column=left, end_column=right)


def _write_heads(sheet: Worksheet, heads: Sequence[Head], row: int) -> int:
    """The header, one row or two; the row after it."""
    bold = Font(name="黑体", size=11)
    end = row + 1 if any(h.above for h in heads) else row
    column = 1
    for above, run in groupby(heads, key=lambda h: h.above or h.title):
        members = list(run)
        last = column + len(members) - 1
        if members[0].above:
            sheet.cell(row, column, above)
            sheet.merge_cells(start_row=row, end_row=row, start_column=column, end_column=last)
            for at, head in enumerate(members, start=column):
                sheet.cell(end, at, head.title)
        else:
            sheet.cell(row, column, above)
            if end > row:
                sheet.merge_cells(start_row=row, end_row=end, start_column=column, end_column=column)
        column = last + 1
    for line in sheet.iter_rows(row, end, 1, len(heads)):
        for cell in line:
            cell.font, cell.alignment, cell.border = bold, _MIDDLE, _BORDER
    return end + 1


def _write_rows(sheet: Worksheet, page: Page, top: int) -> int:
    """Records, subtotals, the total; the row after them."""
    row = top
    start = 0
    for length in _blocks(page):
        block = page.rows[start : start + length]
        for record in block:
            for column, value in enumerate(record, start=1):
                _write_cell(sheet, row, column, value)
            row += 1
        _merge_runs(sheet, page.heads, block, row - length)
        if page.subtotal_by is not None and page.summed is not None:
            _write_sum(sheet, page, row, f"{block[0][page.subtotal_by]}小计", page.summed[start : start + length])
            row += 1
        start += length
    if page.summed is not None:
        _write_sum(sheet, page, row, "合计", page.summed)
        row += 1
    return row


def _blocks(page: Page) -> Iterator[int]:
    """How many rows belong together between two subtotals."""
    by = page.subtotal_by
    if by is None:
        yield len(page.rows)
        return
    for _, run in groupby(page.rows, key=lambda r: r[by]):
        yield len(list(run))


def _merge_runs(sheet: Worksheet, heads: Sequence[Head], block: Sequence[Row], top: int) -> None:
    merged = [i for i, h in enumerate(heads) if h.is_merged]
    for at, column in enumerate(merged):
        row = top
        outer = merged[: at + 1]  # a run ends where one of a column to its left ends
        for key, run in groupby(block, key=lambda r: tuple(r[i] for i in outer)):
            length = len(list(run))
            if length > 1 and key[-1] is not None:
                sheet.merge_cells(
                    start_row=row, end_row=row + length - 1, start_column=column + 1, end_column=column + 1
                )
            row += length


def _write_sum(sheet: Worksheet, page: Page, row: int, word: str, summed: Sequence[tuple[int, ...]]) -> None:
    columns = [i for i, h in enumerate(page.heads, start=1) if h.is_summed]
    sheet.cell(row, 1, word)
    for column, numbers in zip(columns, zip(*summed, strict=True), strict=True):
        sheet.cell(row, column, sum(numbers))
    for column in range(1, len(page.heads) + 1):
        cell = sheet.cell(row, column)
        cell.border, cell.font, cell.alignment = _BORDER, Font(name="宋体", size=11, bold=True), _MIDDLE


def _write_cell(sheet: Worksheet, row: int, column: int, value: object) -> None:
    cell = sheet.cell(row, column, value)
    cell.border = _BORDER
    cell.alignment = _MIDDLE
    if isinstance(value, str):
        cell.number_format = "@"
    elif isinstance(value, date):
        cell.number_format = "yyyy/m/d"
    elif isinstance(value, int) and value > 10**9:
        cell.number_format = "0"  # a code must not be shown as 3.1E+14
