"""Ledgers (台账): CSV and Excel tables as people write them, each row with its address, joined to a layer by id."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd
import python_calamine as calamine

from gridmap.data.columns import as_text, find_column, fold_key, lost_digits, parse_count
from gridmap.data.encoding import decode_text
from gridmap.data.sheet import Header, Range, Row, fill_merged, find_header, is_foot, is_grand_total, is_total
from gridmap.data.source import TABLES
from gridmap.errors import InvalidInput, RefusedSource, first_ten, first_ten_zh
from gridmap.model.text import Text


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
    """

    frame: pd.DataFrame
    notes: tuple[Text, ...]
    cells: tuple[str, ...]


class _Grid(NamedTuple):
    rows: list[Row]
    ranges: list[Range]
    sheet: str
    notes: list[Text]


def read_ledger(path: str | Path, sheet: str | None = None, *, encoding: str | None = None) -> Ledger:
    """Read a ledger.

    Parameters
    ----------
    path : str or Path
        ``.csv`` (UTF-8 or GB18030, comma, tab or semicolon), ``.xls`` or ``.xlsx``.
    sheet : str, optional
        Name of the sheet; without it the first one that holds a table.
    encoding : str, optional
        Encoding of a CSV file; without it the bytes decide.

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
    path = Path(path).expanduser()
    suffix = path.suffix.lower()
    if suffix not in TABLES:
        raise RefusedSource(
            f"{path.name}: a ledger is {', '.join(TABLES)}", f"{path.name}：台账应为 {'、'.join(TABLES)} 文件。"
        )
    if not path.is_file():
        raise InvalidInput(f"no such file: {path}", f"没有这个文件：{path}")
    grid = _read_excel(path, sheet) if suffix in (".xls", ".xlsx") else _read_csv(path, encoding)
    where = f"{path.name}:{grid.sheet}" if grid.sheet else path.name
    header = find_header(fill_merged(grid.rows, grid.ranges), grid.ranges)
    if header is None:
        raise InvalidInput(
            f"{where}: found no header row: wanted column names such as 村居, 组, 户数 in one row",
            f"{where}：没有找到表头；应有一行列名，例如「村居、组、户数」。",
        )
    return _build(grid, header, where)


def _read_excel(path: Path, sheet: str | None) -> _Grid:
    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
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
                if sheet is not None or find_header(fill_merged(rows, ranges), ranges) is not None:
                    others = [n for n in names if n != name]
                    notes = [] if sheet is not None or not others else [_took_sheet(path, name, others)]
                    return _Grid(rows, ranges, name, notes)
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
    if not grid.ranges:
        frame = _filled_down(frame, where, notes)
    if frame.empty:
        raise InvalidInput(f"{where}: has a header but no rows", f"{where}：只有表头，没有数据行。")
    return Ledger(frame, tuple(notes), tuple(f"{where}!{n}" for n, _ in kept))


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


def _filled_down(frame: pd.DataFrame, where: str, notes: list[Text]) -> pd.DataFrame:
    """Blank cells of the village column filled from above: a CSV has lost its merged cells."""
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
    return frame


class Joined(NamedTuple):
    """A layer with the columns of a ledger, and what did not find its partner.

    Attributes
    ----------
    frame : geopandas.GeoDataFrame
        The layer; the ledger's values stand in its columns, "" where a row found no line.
    notes : tuple of Text
    unmatched_rows : list of str
        Ids of the layer that no line of the ledger has.
    unmatched_lines : list of str
        Addresses of the lines that no feature has.
    cells : list of str
        For each row of the layer the address of its line, "" where it found none.
    """

    frame: gpd.GeoDataFrame
    notes: tuple[Text, ...]
    unmatched_rows: list[str]
    unmatched_lines: list[str]
    cells: list[str]


def join_ledger(
    frame: gpd.GeoDataFrame,
    ledger: Ledger,
    on: str | Sequence[str],
    ledger_on: str | Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
) -> Joined:
    """Join a ledger to a layer by id, or by several columns together (village and group).

    Keys are compared folded (width, case, blanks), so that ``１组`` meets ``1组``.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
    ledger : Ledger
    on, ledger_on : str or sequence of str
        Columns of the layer, and of the ledger where they are called otherwise.
    columns : sequence of str, optional
        Columns to take over; without it all but the keys. A column that the layer has is replaced.

    Raises
    ------
    InvalidInput
        If a column is missing, a key stands twice in the ledger, a code has lost digits to a
        spreadsheet, or nothing matches at all.
    """
    left = [on] if isinstance(on, str) else list(on)
    right = left if ledger_on is None else [ledger_on] if isinstance(ledger_on, str) else list(ledger_on)
    for names, has in ((left, frame.columns), (right, ledger.frame.columns)):
        missing = [n for n in names if n not in has]
        if missing:
            raise InvalidInput(
                f"cannot join the ledger: no column {first_ten(missing)}; there are {first_ten(has)}",
                f"台账无法关联：没有列 {first_ten_zh(missing)}；现有：{first_ten_zh(has)}。",
            )
    keys = _keys(frame, left)
    lines = _keys(ledger.frame, right)
    _check_lines(lines, ledger, right)
    position = {k: i for i, k in enumerate(lines)}
    row_of = [position.get(k) for k in keys]
    if all(i is None for i in row_of):
        here, there = (first_ten("/".join(k) for k in some[:3]) for some in (keys, lines))
        raise InvalidInput(
            f"nothing joins: no {'/'.join(left)} of the layer is in the ledger: layer {here}; ledger {there}",
            f"台账与图层没有一行对得上：图层如 {here}；台账如 {there}。",
        )
    taken = [c for c in (columns if columns is not None else ledger.frame.columns) if c not in right]
    out = frame.copy()
    for name in taken:
        values: list[Any] = ledger.frame[name].tolist()
        out[name] = ["" if i is None else values[i] for i in row_of]
    used = {i for i in row_of if i is not None}
    rows = ["/".join(as_text(v) for v in frame[left].iloc[n]) for n, i in enumerate(row_of) if i is None]
    unused = [c for i, c in enumerate(ledger.cells) if i not in used]
    cells = ["" if i is None else ledger.cells[i] for i in row_of]
    return Joined(out, tuple(_unmatched(rows, unused)), rows, unused, cells)


def _keys(frame: pd.DataFrame, names: list[str]) -> list[tuple[str, ...]]:
    return list(zip(*([fold_key(v) for v in frame[n]] for n in names), strict=True))


def _check_lines(lines: list[tuple[str, ...]], ledger: Ledger, names: list[str]) -> None:
    for name in names:
        for value, cell in zip(ledger.frame[name], ledger.cells, strict=True):
            if lost_digits(value):
                raise InvalidInput(
                    f"{cell}: {name} is {value}: a spreadsheet cut the digits of the code; format the column as text",
                    f"{cell}：{name} 为 {value}，代码的位数被表格软件截去；请把该列设为文本后重新录入。",
                )
    seen: dict[tuple[str, ...], str] = {}
    for n, (key, cell) in enumerate(zip(lines, ledger.cells, strict=True)):
        if key in seen and any(key):
            written = "/".join(str(ledger.frame[name].iloc[n]) for name in names)
            raise InvalidInput(
                f"{cell}: {written} stands twice in the ledger, first in {seen[key]}; keep one",
                f"{cell}：{written} 在台账中重复，首次出现于 {seen[key]}；请只保留一行。",
            )
        seen[key] = cell


def _unmatched(rows: list[str], lines: list[str]) -> list[Text]:
    notes = []
    if rows:
        notes.append(
            Text(
                f"{len(rows)} 个图上单元在台账中没有：{first_ten_zh(rows)}。",
                f"{len(rows)} units are not in the ledger: {first_ten(rows)}",
            )
        )
    if lines:
        notes.append(
            Text(
                f"台账有 {len(lines)} 行在图上没有：{first_ten_zh(lines)}。",
                f"{len(lines)} lines of the ledger are not in the layer: {first_ten(lines)}",
            )
        )
    return notes
