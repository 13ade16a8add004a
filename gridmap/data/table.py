"""Ledgers (台账): CSV and Excel tables as people write them, each row with its address."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple

import pandas as pd
import python_calamine as calamine

from gridmap.data.columns import as_text, find_column, is_known, parse_count
from gridmap.data.encoding import decode_text
from gridmap.data.sheet import Header, Range, Row, fill_merged, find_header, is_foot, is_grand_total, is_total
from gridmap.data.source import TABLES
from gridmap.errors import InvalidInput, RefusedSource, first_ten, first_ten_zh
from gridmap.model.text import Text

_WORKBOOKS: Final = (".xls", ".xlsx")
#: What a header may look like.
_EXAMPLE: Final = Text("村居、组、户数", "村居, 组, 户数")


@dataclass(frozen=True, eq=False)
class Ledger:
    """A table without its titles, totals and foot notes.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row a line of the table, every cell as text ("" where blank), index 0, 1, 2 …
    notes : tuple of Text
        What was left out or filled in, and totals that do not agree with their rows.
    cells : tuple of str
        Address of each row, for messages: ``ledger.xlsx:台账!5`` (rows as the spreadsheet counts).
    letters : mapping of str to str
        Column of the frame → letters of the spreadsheet's column; empty where there is no spreadsheet.
    has_merges : bool
        Whether any cells were merged.
    sheet : str
        Name of the sheet; "" where there is none.
    """

    frame: pd.DataFrame
    notes: tuple[Text, ...]
    cells: tuple[str, ...]
    letters: Mapping[str, str] = field(default_factory=dict)
    has_merges: bool = False
    sheet: str = ""

    def cell(self, row: int, column: str) -> str:
        """Address of one cell, ``ledger.xlsx:台账!D5``; of its row where the column has no letters."""
        where, mark, number = self.cells[row].rpartition("!")
        return f"{where}{mark}{self.letters.get(column, '')}{number}"


class _Grid(NamedTuple):
    rows: list[Row]
    ranges: list[Range]
    sheet: str
    notes: list[Text]


def list_sheets(path: str | Path) -> list[str]:
    """Names of the sheets of a ledger, in its order; none of a text file.

    Raises
    ------
    RefusedSource
        If the file is no ledger by its ending.
    InvalidInput
        If there is no such file, or it cannot be read.
    """
    path = _ledger_path(path)
    if path.suffix.lower() not in _WORKBOOKS:
        return []
    with _workbook(path) as book:
        return list(book.sheet_names)


def raw_sheets(path: str | Path, *, encoding: str | None = None) -> dict[str, list[Row]]:
    """Every cell of a ledger as it stands: name of the sheet ("" of a text file) → rows from the first cell on.

    Raises
    ------
    RefusedSource
        If the file is no ledger by its ending.
    InvalidInput
        If there is no such file, or it cannot be read.
    """
    path = _ledger_path(path)
    if path.suffix.lower() not in _WORKBOOKS:
        return {"": _read_csv(path, encoding).rows}
    with _workbook(path) as book:
        return {n: list(book.get_sheet_by_name(n).to_python(skip_empty_area=False)) for n in book.sheet_names}


def read_ledger(
    path: str | Path,
    sheet: str | None = None,
    *,
    encoding: str | None = None,
    known: Callable[[str], bool] = is_known,
    fill_down: bool = True,
    may_be_empty: bool = False,
    example: Text = _EXAMPLE,
) -> Ledger:
    """Read a ledger.

    Parameters
    ----------
    path : str or Path
        ``.csv`` (UTF-8 or GB18030, comma, tab or semicolon), ``.xls`` or ``.xlsx``.
    sheet : str, optional
        Name of the sheet; without it the first one that holds a table.
    encoding : str, optional
        Encoding of a CSV file; without it the bytes decide.
    known : callable
        Whether a text is the name of a column: by it the header is found.
    fill_down : bool
        Whether blank cells of the village column are filled from above where no cells are merged.
    may_be_empty : bool
        Whether a header without rows is a ledger.
    example : Text
        Names of columns, for the message where none are found.

    Returns
    -------
    Ledger

    Raises
    ------
    RefusedSource
        If the file is no ledger by its ending.
    InvalidInput
        If there is no such file or sheet, it cannot be read, or holds no table with a header.
    """
    path = _ledger_path(path)
    grid = _read_excel(path, sheet, known) if path.suffix.lower() in _WORKBOOKS else _read_csv(path, encoding)
    where = f"{path.name}:{grid.sheet}" if grid.sheet else path.name
    header = find_header(fill_merged(grid.rows, grid.ranges), grid.ranges, known)
    if header is None:
        raise InvalidInput(
            f"{where}: found no header row: wanted column names such as {example.en} in one row",
            f"{where}：没有找到表头；应有一行列名，例如「{example.zh}」。",
        )
    ledger = _build(grid, header, where)
    if ledger.frame.empty and not may_be_empty:
        raise InvalidInput(f"{where}: has a header but no rows", f"{where}：只有表头，没有数据行。")
    return filled_down(ledger) if fill_down else ledger


def _ledger_path(path: str | Path) -> Path:
    path = Path(path).expanduser()
    if path.suffix.lower() not in TABLES:
        raise RefusedSource(
            f"{path.name}: a ledger is {', '.join(TABLES)}", f"{path.name}：台账应为 {'、'.join(TABLES)} 文件。"
        )
    if not path.is_file():
        raise InvalidInput(f"no such file: {path}", f"没有这个文件：{path}")
    return path


@contextmanager
def _workbook(path: Path) -> Iterator[calamine.CalamineWorkbook]:
    """The workbook, open; what goes wrong while it is read is said in our words."""
    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            yield book
    except calamine.PasswordError as error:
        raise InvalidInput(
            f"{path.name}: is locked by a password; save it without one",
            f"{path.name}：有密码保护；请另存为无密码文件。",
        ) from error
    except (calamine.CalamineError, OSError) as error:
        raise InvalidInput(
            f"{path.name}: cannot be read as a workbook ({error}); save it again as .xlsx",
            f"{path.name}：无法作为 Excel 工作簿读取（{error}）；请另存为 .xlsx。",
        ) from error


def _read_excel(path: Path, sheet: str | None, known: Callable[[str], bool]) -> _Grid:
    with _workbook(path) as book:
        names = book.sheet_names
        if sheet is not None and sheet not in names:
            raise InvalidInput(
                f"{path.name}: has no sheet {sheet!r}; it has {first_ten(names)}",
                f"{path.name}：没有工作表「{sheet}」；现有：{first_ten_zh(names)}。",
            )
        for name in [sheet] if sheet is not None else names:
            page = book.get_sheet_by_name(name)
            rows = [list(r) for r in page.to_python(skip_empty_area=False)]
            ranges: list[Range] = [(a, b) for a, b in page.merged_cell_ranges or []]
            if sheet is not None or find_header(fill_merged(rows, ranges), ranges, known) is not None:
                others = [n for n in names if n != name]
                notes = [] if sheet is not None or not others else [_took_sheet(path, name, others)]
                return _Grid(rows, ranges, name, notes)
    return _Grid([], [], names[0] if names else "", [])


def _took_sheet(path: Path, name: str, others: list[str]) -> Text:
    return Text(
        f"{path.name}：读取工作表「{name}」（未读：{first_ten_zh(others)}）。",
        f"{path.name}: read the sheet {name} (not read: {first_ten(others)})",
    )


def _read_csv(path: Path, encoding: str | None) -> _Grid:
    text, note = decode_text(path.read_bytes(), where=path.name, given=encoding)
    sample = text[:20_000]
    delimiter = max((",", "\t", ";"), key=sample.count)
    try:
        rows: list[Row] = [list(r) for r in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)]
    except csv.Error as error:
        raise InvalidInput(
            f"{path.name}: is no proper CSV ({error}); save it again",
            f"{path.name}：CSV 格式有误（{error}）；请重新保存。",
        ) from error
    width = max((len(r) for r in rows), default=0)
    return _Grid([r + [""] * (width - len(r)) for r in rows], [], "", [note] if note else [])


def _build(grid: _Grid, header: Header, where: str) -> Ledger:
    notes = list(grid.notes)
    columns = [i for i, name in enumerate(header.names) if name]
    names = [header.names[i] for i in columns]
    body = [[as_text(row[i]) for i in columns] for row in fill_merged(grid.rows, grid.ranges)]
    numbered = [(i + 1, body[i]) for i in range(header.end, len(body)) if any(body[i])]
    numbered = _without_foot(numbered, where, notes)
    kept, totals = _without_totals(numbered)
    if totals:
        numbers = [n for n, _, _ in totals]
        notes.append(
            Text(
                f"{where}：合计行不计入（第 {first_ten_zh(numbers)} 行）。",
                f"{where}: rows of totals left out: row {first_ten(numbers)}",
            )
        )
        notes += _wrong_totals(totals, names, where)
    frame = pd.DataFrame([r for _, r in kept], columns=names, dtype=object)
    letters = {name: column_letters(i) for i, name in zip(columns, names, strict=True)}
    return Ledger(frame, tuple(notes), tuple(f"{where}!{n}" for n, _ in kept), letters, bool(grid.ranges), grid.sheet)


def column_letters(position: int) -> str:
    """Letters of a spreadsheet's column: 0 is A, 26 is AA."""
    text = ""
    number = position + 1
    while number:
        number, digit = divmod(number - 1, 26)
        text = chr(ord("A") + digit) + text
    return text


Numbered = tuple[int, list[str]]


def _without_foot(rows: list[Numbered], where: str, notes: list[Text]) -> list[Numbered]:
    end = len(rows)
    while end and is_foot(rows[end - 1][1]):
        end -= 1
    for n, row in rows[end:]:
        said = " ".join(dict.fromkeys(t for t in row if t))[:40]
        notes.append(
            Text(f"{where}：表尾说明不计入（第 {n} 行：{said}）。", f"{where}: foot note left out: row {n}: {said}")
        )
    return rows[:end]


def _without_totals(rows: list[Numbered]) -> tuple[list[Numbered], list[tuple[int, list[str], list[list[str]]]]]:
    """Rows that are no totals, and each total with the rows that it sums."""
    kept: list[Numbered] = []
    totals = []
    since = 0
    for n, row in rows:
        if not is_total(row):
            kept.append((n, row))
            continue
        grand = is_grand_total(row)
        below = not kept  # a total that stands above its rows sums all of them
        summed = rows if below else kept if grand else kept[since:]
        totals.append((n, row, [r for _, r in summed if not is_total(r)]))
        since = len(kept)
    return kept, totals


def _wrong_totals(totals: list[tuple[int, list[str], list[list[str]]]], names: list[str], where: str) -> list[Text]:
    notes = []
    for n, row, summed in totals:
        for i, name in enumerate(names):
            if find_column([name], "households") is None:
                continue
            said = parse_count(row[i]).number
            got = sum(parse_count(r[i]).number or 0 for r in summed)
            if said is not None and said != got:
                notes.append(
                    Text(
                        f"{where} 第 {n} 行：{name}合计写的是 {said:,}，各行相加为 {got:,}；以各行为准，请核对。",
                        f"{where}, row {n}: the total of {name} says {said:,}, its rows add up to {got:,}; "
                        "the rows are used; please check",
                    )
                )
    return notes


def filled_down(ledger: Ledger) -> Ledger:
    """The ledger with blank cells of the village column filled from above: a CSV has lost its merged cells.

    A ledger with merged cells stays as it is: in it a blank is meant.
    """
    if ledger.has_merges or ledger.frame.empty:
        return ledger
    frame = ledger.frame
    where = ledger.cells[0].rpartition("!")[0]
    notes = list(ledger.notes)
    for name in frame.columns[:2]:
        if find_column([name], "jurisdiction") is None:
            continue
        blank = frame[name] == ""
        if blank.any() and not blank.iloc[0]:
            frame = frame.assign(**{name: frame[name].mask(blank).ffill()})
            count = int(blank.sum())
            notes.append(
                Text(
                    f"{where}：列「{name}」有 {count} 个空格，按上一行填充。",
                    f"{where}: filled {count} blank cells of {name} from above",
                )
            )
    return replace(ledger, frame=frame, notes=tuple(notes))
