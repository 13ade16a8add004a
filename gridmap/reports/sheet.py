"""How the sheets of a ledger look and how values get into their cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

#: What stands in a cell whose value is not known.
UNKNOWN: Final = "—"
_PAPER_A3: Final = 8
_PAPER_A4: Final = 9
_MOST_CHARACTERS: Final = 32_767  # of a cell, by the format
_FONT: Final = "Microsoft YaHei"
_LINE: Final = Side(style="thin", color="999999")
_BOX: Final = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_HEAD_FILL: Final = PatternFill("solid", fgColor="E8EEF4")
_TOTAL_FILL: Final = PatternFill("solid", fgColor="F3F1EA")


@dataclass(frozen=True)
class Column:
    """A column of a table: heading, width in characters, number format ("@" is text), alignment."""

    heading: str
    width: float
    number_format: str = "General"
    align: str = "center"


def put(sheet: Worksheet, row: int, column: int, value: object, number_format: str = "General") -> Cell:
    """Put a value into a cell and return the cell: numbers as numbers, everything else as text that is never a formula.

    Text that begins with ``= + - @`` stays text also after somebody edits the cell (quote prefix);
    characters that the format forbids are left out.
    """
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)  # cells are merged after they are filled
    if isinstance(value, bool) or value is None or isinstance(value, str):
        text = "" if value is None else ILLEGAL_CHARACTERS_RE.sub("", str(value))[:_MOST_CHARACTERS]
        cell.value = text or None
        if text:
            cell.data_type = "s"
            cell.number_format = "@"
        if text[:1] in {"=", "+", "-", "@", "\t"}:
            cell.quotePrefix = True
        return cell
    number = float(value)  # type: ignore[arg-type]  # numpy numbers and plain ones alike
    if math.isnan(number):
        cell.value = UNKNOWN
        return cell
    cell.value = int(number) if number == int(number) and "%" not in number_format else number
    cell.number_format = number_format
    return cell


def title_rows(sheet: Worksheet, title: str, line: str, columns: Sequence[Column]) -> None:
    """The merged title in row 1 and the merged line of place, date and source in row 2."""
    width = len(columns)
    n_lines = math.ceil(1.1 * _display_width(line) / sum(c.width for c in columns))
    for row, text, size, bold, height in ((1, title, 18, True, 34), (2, line, 10, False, 20 * n_lines)):
        cell = put(sheet, row, 1, text)
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=width)
        cell.font = Font(name=_FONT, size=size, bold=bold)
        cell.alignment = Alignment(horizontal="center" if bold else "left", vertical="center", wrap_text=not bold)
        sheet.row_dimensions[row].height = height


def table(sheet: Worksheet, columns: Sequence[Column], rows: Sequence[Sequence[object]], top: int = 3) -> int:
    """A table with its heading in row `top`, framed and wrapped; returns the row after the last one."""
    for number, column in enumerate(columns, start=1):
        cell = put(sheet, top, number, column.heading)
        cell.font = Font(name=_FONT, size=10, bold=True)
        cell.fill = _HEAD_FILL
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = _BOX
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    sheet.row_dimensions[top].height = 32
    for offset, values in enumerate(rows, start=1):
        _row(sheet, top + offset, columns, values)
    sheet.freeze_panes = f"A{top + 1}"
    sheet.print_title_rows = f"1:{top}"
    return top + 1 + len(rows)


def total_row(sheet: Worksheet, row: int, columns: Sequence[Column], values: Sequence[object], *, merged: int) -> None:
    """A row of totals whose first `merged` cells are one."""
    _row(sheet, row, columns, values)
    for number in range(1, len(columns) + 1):
        cell = sheet.cell(row, number)
        cell.font = Font(name=_FONT, size=10, bold=True)
        cell.fill = _TOTAL_FILL
    sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=merged)
    sheet.cell(row, 1).alignment = Alignment(horizontal="center", vertical="center")


def _row(sheet: Worksheet, row: int, columns: Sequence[Column], values: Sequence[object]) -> None:
    lines = 1
    styles = [_body_style(sheet, column.align) for column in columns]
    for number, (column, style, value) in enumerate(zip(columns, styles, values, strict=True), start=1):
        sheet.cell(row, number).style = style
        put(sheet, row, number, value, column.number_format)
        if isinstance(value, str):
            lines = max(lines, math.ceil(_display_width(value) / column.width))
    sheet.row_dimensions[row].height = min(15 * lines + 5, 400)


def _body_style(sheet: Worksheet, align: str) -> str:
    """Name of the workbook's style for cells of a table: styled one by one, a roster takes three times as long."""
    name = f"gridmap {align}"
    book = sheet.parent
    assert book is not None  # a sheet is made by its workbook
    if name not in book.named_styles:
        alignment = Alignment(horizontal=align, vertical="center", wrap_text=True)
        book.add_named_style(NamedStyle(name, font=Font(name=_FONT, size=10), alignment=alignment, border=_BOX))
    return name


def _display_width(text: str) -> int:
    return sum(2 if ord(c) > 0x2E7F else 1 for c in text)  # Chinese characters are two columns wide


def merge_equal(sheet: Worksheet, column: int, top: int, values: Sequence[object]) -> None:
    """Merge the cells of a column over each run of equal values that begins in row `top`."""
    start = 0
    for i in range(1, len(values) + 1):
        if i == len(values) or values[i] != values[start]:
            if i - start > 1:
                sheet.merge_cells(start_row=top + start, start_column=column, end_row=top + i - 1, end_column=column)
            start = i


def foot_row(sheet: Worksheet, row: int, text: str, width: int) -> None:
    """A merged line below a table."""
    cell = put(sheet, row, 1, text)
    cell.font = Font(name=_FONT, size=10)
    cell.alignment = Alignment(horizontal="left", vertical="center", wrap_text=True)
    sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=width)
    sheet.row_dimensions[row].height = 26


def for_print(sheet: Worksheet, page_words: str, *, is_small: bool = False) -> None:
    """A3 (or A4) landscape, as wide as the paper, page numbers at the foot (`page_words`: "第 &P 页 共 &N 页")."""
    sheet.page_setup.paperSize = _PAPER_A4 if is_small else _PAPER_A3
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_options.horizontalCentered = True
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.page_margins.top = sheet.page_margins.bottom = 0.6
    footer = sheet.oddFooter
    assert footer is not None  # openpyxl makes one with every sheet
    footer.center.text = page_words
