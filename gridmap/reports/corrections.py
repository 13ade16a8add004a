"""A ledger handed back for correction: the wrong cells marked, and a first sheet that lists them."""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Final

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from gridmap import __version__
from gridmap.data.columns import as_text
from gridmap.data.records import Intake
from gridmap.data.records_sheets import CORRECTIONS
from gridmap.data.source import TABLES
from gridmap.data.table import raw_sheets
from gridmap.data.written import written_whole
from gridmap.errors import InvalidInput
from gridmap.model.registers import REGISTERS
from gridmap.reports.sheet import Column, for_print, put, table, title_rows

_WRONG: Final = PatternFill("solid", fgColor="FFFF00")
_DOUBTED: Final = PatternFill("solid", fgColor="FFF2CC")
_ADDRESS: Final = re.compile(r"(?P<letters>[A-Z]*)(?P<row>\d+)")
_SEVERITY: Final = {"error": "必须更正", "warning": "请核对"}
_COLUMNS: Final = (
    Column("序号", 6, "0"),
    Column("台账", 12, "@"),
    Column("单元格", 30, "@", "left"),
    Column("列", 16, "@"),
    Column("原值", 24, "@", "left"),
    Column("问题和改法", 70, "@", "left"),
    Column("级别", 10, "@"),
)


def write_corrections(path: str | Path, source: str | Path, intake: Intake, *, encoding: str | None = None) -> None:
    """Write a copy of a ledger in which the wrong cells are marked, behind a sheet 需更正 that lists them.

    Wrong cells are yellow, doubtful ones pale, and each has a comment that says in Chinese what is wrong and what to
    do. A copy of an ``.xlsx`` keeps the look of its source; of other tables it holds the cells as text. The corrected
    copy can be read in the place of the source.

    Parameters
    ----------
    path : str or Path
        A name that ends in ``.xlsx``, other than `source`.
    source : str or Path
        What `intake` was read from.
    intake : Intake
    encoding : str, optional
        Of a CSV file; without it the bytes decide.

    Raises
    ------
    InvalidInput
        If the name does not end in ``.xlsx`` or is that of the source, or the source cannot be read again.
    RefusedSource
        If the source is of a kind that is not opened.
    OutputError
        If the file cannot be written; an older file at `path` is left as it was.
    """
    target, source = Path(path).expanduser(), Path(source).expanduser()
    if target.suffix.lower() != ".xlsx" or target.resolve() == source.resolve():
        raise InvalidInput(
            f"{target}: the corrections are an Excel workbook of another name than the source; end it in .xlsx",
            f"{target}：更正表应另存为以 .xlsx 结尾的文件，不能覆盖原台账。",
        )
    book = _copied(source, encoding)
    _mark(book, intake)
    _list(book, source, intake)
    book.properties.creator = f"gridmap {__version__}"
    with written_whole(target) as temporary:
        book.save(temporary)


def _copied(source: Path, encoding: str | None) -> Workbook:
    """The source as a workbook; without sheets where it is no table but a layer."""
    suffix = source.suffix.lower()
    if suffix == ".xlsx":
        try:
            book = openpyxl.load_workbook(source, keep_links=False)
        except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
            raise InvalidInput(
                f"{source.name}: cannot be read again ({error}); save it anew as .xlsx",
                f"{source.name}：无法再次读取（{error}）；请另存为 .xlsx。",
            ) from error
        for name in set(CORRECTIONS) & set(book.sheetnames):
            book.remove(book[name])  # an older list
        return book
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    if suffix in TABLES:
        for name, rows in raw_sheets(source, encoding=encoding).items():
            if name in CORRECTIONS:
                continue
            sheet = book.create_sheet(name or re.sub(r"[\\/*?:\[\]]", " ", source.stem)[:31].strip())
            for number, row in enumerate(rows, start=1):
                for column, value in enumerate(row, start=1):
                    put(sheet, number, column, as_text(value))
    return book


def _mark(book: Workbook, intake: Intake) -> None:
    said: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for cell, text, severity in zip(
        intake.errors["cell"], intake.errors["message_zh"], intake.errors["severity"], strict=True
    ):
        where, _, address = cell.rpartition("!")
        name = next((n for n in book.sheetnames if where.endswith(f":{n}")), "")
        if not name and len(book.sheetnames) == 1:
            name = book.sheetnames[0]  # a CSV has no name of a sheet
        found = _ADDRESS.fullmatch(address)
        if name and found:
            said[name, f"{found['letters'] or 'A'}{found['row']}"].append((text, severity))
    for (title, address), texts in said.items():
        sheet = book[title]
        assert isinstance(sheet, Worksheet)  # a sheet of charts has no cells that were read
        cell = sheet[_top_left(sheet, address)]
        cell.fill = _WRONG if any(severity == "error" for _, severity in texts) else _DOUBTED
        comment = Comment("\n".join(dict.fromkeys(t for t, _ in texts)), "gridmap", height=120, width=320)
        cell.comment = comment


def _top_left(sheet: Worksheet, address: str) -> str:
    """The cell that holds the value: of a merged range its first."""
    for merged in sheet.merged_cells.ranges:
        if address in merged:
            return str(merged.coord.partition(":")[0])
    return address


def _list(book: Workbook, source: Path, intake: Intake) -> None:
    sheet = book.create_sheet(CORRECTIONS.zh, 0)
    errors = intake.errors
    wrong = int((errors["severity"] == "error").sum())
    line = f"原台账：{source.name}　　必须更正 {wrong} 处，请核对 {len(errors) - wrong} 处；改好后可直接重新导入。"
    title_rows(sheet, "台账更正表", line, _COLUMNS)
    rows: list[list[str]] = errors.to_numpy(object).tolist()
    body: list[list[object]] = [
        [
            number,
            REGISTERS[register].title.zh,
            cell.partition(":")[2] or cell,
            column,
            value,
            text,
            _SEVERITY[severity],
        ]
        for number, (register, cell, column, value, text, _, severity) in enumerate(rows, start=1)
    ]
    table(sheet, _COLUMNS, body)
    for_print(sheet, "第 &P 页 共 &N 页")
    book.active = 0
