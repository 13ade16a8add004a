"""Tables of issues as they were written: workbooks, exports in CSV, layers of points; every cell as text."""

from __future__ import annotations

import csv
import gzip
import io
import warnings
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.data.columns import as_text
from gridmap.data.encoding import decode_text
from gridmap.data.issues_columns import HELP_SHEET, is_heading, match_headings, missing_of, needs_columns, unread_of
from gridmap.data.records_sheets import CORRECTIONS
from gridmap.data.sheet import DEEPEST_HEADER, Header, find_header, is_foot, is_total
from gridmap.data.source import FORMATS, TABLES, split_source
from gridmap.data.table import column_letters, list_sheets, read_ledger
from gridmap.data.vector import open_layer
from gridmap.errors import InvalidInput, RefusedSource, first_ten, first_ten_zh
from gridmap.model.text import Text

_WORKBOOKS: Final = (".xls", ".xlsx")
_TEXTS: Final = tuple(t for t in TABLES if t not in _WORKBOOKS)
_EXAMPLE: Final = Text("任务号、问题描述、上报时间", "case_id, type, opened_at")
#: A header is looked for in so many characters from the top.
_HEAD: Final = 200_000


class Part(NamedTuple):
    """One sheet: its name for messages, the heading of each of our columns, and its letters in the spreadsheet."""

    where: str
    headings: Mapping[str, str]
    letters: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Written:
    """The rows of a file, of all its sheets, as text.

    Attributes
    ----------
    frame : pandas.DataFrame
        n rows, index 0 … n − 1; columns are keys of :data:`gridmap.data.issues_columns.HEADINGS` that any sheet has;
        "" where a cell is blank.
    parts : tuple of Part
        The sheets.
    part_of : ndarray of int, (n,)
        Position of the sheet of each row.
    row_of : ndarray of int, (n,)
        Its row there, as spreadsheets count.
    layer : geopandas.GeoDataFrame or None
        Geometry of a vector layer, one a row.
    notes : tuple of Text
    """

    frame: pd.DataFrame
    parts: tuple[Part, ...]
    part_of: NDArray[np.int64]
    row_of: NDArray[np.int64]
    layer: gpd.GeoDataFrame | None = None
    notes: tuple[Text, ...] = ()

    def __len__(self) -> int:
        return len(self.frame)

    def texts(self, column: str) -> NDArray[np.object_]:
        """What is written in one of our columns, (n,); "" where no sheet has it."""
        if column not in self.frame:
            return np.full(len(self), "", dtype=object)
        return self.frame[column].to_numpy(object)

    def cells(self, rows: NDArray[np.int64], column: str) -> list[str]:
        """Addresses of cells (``问题.xlsx:9月!D7``); of the row where no heading holds the column."""
        parts = [(f"{p.where}!{p.letters.get(column, '')}") for p in self.parts]
        at = zip(self.part_of[rows].tolist(), self.row_of[rows].tolist(), strict=True)
        return [f"{parts[part]}{row}" for part, row in at]

    def headings(self, rows: NDArray[np.int64], column: str) -> list[str]:
        """What the sheets of these rows call one of our columns, "" where they have none."""
        named = [p.headings.get(column, "") for p in self.parts]
        return [named[part] for part in self.part_of[rows].tolist()]

    @cached_property
    def has(self) -> frozenset[str]:
        """Our columns that any sheet has."""
        return frozenset(self.frame.columns)


class _Sheet(NamedTuple):
    """One table: its headings, the texts under those that are read, the row of each, letters."""

    where: str
    names: list[str]
    frame: pd.DataFrame
    rows: NDArray[np.int64]
    letters: Mapping[str, str]
    notes: list[Text]


def read_written(path: str | Path, *, sheet: str | None, columns: Mapping[str, str], encoding: str | None) -> Written:
    """Read a workbook (every sheet that holds issues), a CSV file (also ``.csv.gz``), or a layer of points.

    Parameters
    ----------
    path : str or Path
        ``.xlsx``, ``.xls``, ``.csv``, ``.tsv``, ``.txt``, these with ``.gz``, or a layer (``FILE`` or ``FILE:LAYER``).
    sheet : str or None
        Name of the one sheet or layer to read.
    columns : mapping of str to str
        Our column → heading, where the user names it.
    encoding : str or None
        Of a CSV file or shapefile; without it the bytes decide.

    Raises
    ------
    RefusedSource
        If the file is of a kind that is not opened.
    MissingProgram
        If a GeoParquet file is given and pyarrow is not installed.
    InvalidInput
        If the file, the sheet or a column is missing, a sheet of a text file is asked for, the file is empty or
        damaged, or no sheet has the columns that issues need.
    """
    file, layer = split_source(Path(path).expanduser())
    ending = file.suffix.lower()
    inner = Path(file.stem).suffix.lower() if ending == ".gz" else ending
    if layer is not None or ending in FORMATS:
        return _of_layer(file, layer or sheet, columns, encoding)
    if inner not in (_TEXTS if ending == ".gz" else TABLES):
        raise RefusedSource(
            f"{file.name}: issues are read from {', '.join(TABLES)}, .csv.gz, or a layer ({', '.join(FORMATS)})",
            f"{file.name}：问题台账应为 {'、'.join(TABLES)}、.csv.gz 文件，或点图层（{'、'.join(FORMATS)}）。",
        )
    if not file.is_file():
        raise InvalidInput(f"no such file: {file}", f"没有这个文件：{file}")
    if not file.stat().st_size:
        raise InvalidInput(f"{file.name}: the file is empty (0 bytes)", f"{file.name}：文件是空的（0 字节）。")
    if ending in _WORKBOOKS:
        return _of_workbook(file, sheet, columns)
    if sheet is not None:
        raise InvalidInput(
            f"{file.name}: is a text file and has no sheets; leave --sheet out",
            f"{file.name}：是文本文件，没有工作表；请去掉 --sheet。",
        )
    one, found = _read_csv(file, columns, encoding)
    return _joined([(one, found)], one.notes)


def _matched(names: Sequence[str], columns: Mapping[str, str], where: str) -> dict[str, str]:
    found = match_headings(names, columns, where)
    missing = missing_of(found)
    if missing:
        raise needs_columns(missing, names, where)
    return found


def _joined(sheets: Sequence[tuple[_Sheet, Mapping[str, str]]], notes: Sequence[Text]) -> Written:
    ours = dict.fromkeys(c for _, found in sheets for c in found)
    frames, parts = [], []
    more = [n for s, found in sheets for n in unread_of(s.names, found, s.where)]
    for one, found in sheets:
        blank = pd.Series("", index=one.frame.index, dtype=object)
        data = {c: one.frame[found[c]] if c in found else blank for c in ours}
        frames.append(pd.DataFrame(data, dtype=object))
        parts.append(Part(one.where, found, {c: one.letters.get(h, "") for c, h in found.items()}))
    frame = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    frame = frame.reset_index(drop=True)
    sizes = [len(f) for f in frames]
    part_of = np.repeat(np.arange(len(frames)), sizes)
    return Written(frame, tuple(parts), part_of, np.concatenate([s.rows for s, _ in sheets]), notes=(*notes, *more))


def _of_workbook(path: Path, sheet: str | None, columns: Mapping[str, str]) -> Written:
    names = [n for n in list_sheets(path) if n not in (*CORRECTIONS, *HELP_SHEET)]
    taken: list[tuple[_Sheet, Mapping[str, str]]] = []
    notes: list[Text] = []
    refused: list[InvalidInput] = []
    for name in [sheet] if sheet is not None else names:
        try:
            one = _read_sheet(path, name, columns)
            taken.append((one, _matched(one.names, columns, one.where)))
            notes += one.notes
        except InvalidInput as error:  # one sheet of several may hold something else
            if len(names) == 1 or sheet is not None:
                raise
            refused.append(error)
    if not taken:
        raise refused[0] if refused else InvalidInput(f"{path.name}: has no sheets", f"{path.name}：没有工作表。")
    read = {s.where.rpartition(":")[2] for s, _ in taken}
    unread = [n for n in names if sheet is None and n not in read]
    if unread:
        notes.append(
            Text(f"{path.name}：未读的工作表：{first_ten_zh(unread)}。", f"{path.name}: not read: {first_ten(unread)}")
        )
    written = _joined(taken, notes)
    if not len(written):
        raise _no_rows(path.name)
    return written


def _read_sheet(path: Path, name: str, columns: Mapping[str, str]) -> _Sheet:
    ledger = read_ledger(
        path, name, known=lambda t: is_heading(t, columns), fill_down=False, may_be_empty=True, example=_EXAMPLE
    )
    rows = np.array([int(c.rpartition("!")[2]) for c in ledger.cells], dtype=np.int64)
    return _Sheet(
        f"{path.name}:{ledger.sheet}",
        list(ledger.frame.columns),
        ledger.frame,
        rows,
        ledger.letters,
        list(ledger.notes),
    )


def _no_rows(where: str) -> InvalidInput:
    return InvalidInput(f"{where}: has a header but no rows", f"{where}：只有表头，没有数据行。")


def _of_layer(path: Path, layer: str | None, columns: Mapping[str, str], encoding: str | None) -> Written:
    opened = open_layer(path, layer, encoding=encoding)
    frame = pd.DataFrame(opened.frame.drop(columns=opened.frame.geometry.name))
    texts = pd.DataFrame({str(c): [as_text(v) for v in frame[c]] for c in frame.columns}, dtype=object)
    where = f"{path.name}:{opened.name}"
    one = _Sheet(where, list(texts.columns), texts, np.arange(1, len(texts) + 1, dtype=np.int64), {}, [])
    written = _joined([(one, _matched(one.names, columns, where))], opened.notes)
    shapes = opened.frame[[opened.frame.geometry.name]].reset_index(drop=True)
    return Written(written.frame, written.parts, written.part_of, written.row_of, shapes, written.notes)


def _read_csv(path: Path, columns: Mapping[str, str], encoding: str | None) -> tuple[_Sheet, Mapping[str, str]]:
    text, note = decode_text(_bytes_of(path), where=path.name, given=encoding)
    delimiter = max((",", "\t", ";"), key=text[:20_000].count)
    header, start = _find_head(text, delimiter, columns, path.name)
    names = [n for n in header.names if n]
    found = _matched(names, columns, path.name)
    body = _parse(text[start:], len(header.names), delimiter, path.name, header.end)
    at = {name: i for i, name in enumerate(header.names) if name}
    times = [at[found[c]] for c in ("reported_at", "reported_day") if c in found]
    kept, notes = _kept_rows(body, times, path.name, header.end)
    if not kept.any():
        raise _no_rows(path.name)
    body = body[kept] if not kept.all() else body
    frame = pd.DataFrame({name: body[i] for name, i in at.items() if name in found.values()}, dtype=object)
    frame = frame.reset_index(drop=True)
    letters = {name: column_letters(i) for name, i in at.items()}
    rows = np.flatnonzero(kept) + header.end + 1
    return _Sheet(path.name, names, frame, rows, letters, [*([note] if note else []), *notes]), found


def _bytes_of(path: Path) -> bytes:
    if path.suffix.lower() != ".gz":
        return path.read_bytes()
    try:
        with gzip.open(path) as file:
            return file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(
            f"{path.name}: cannot be unpacked ({error}); copy it again",
            f"{path.name}：无法解压（{error}）；请重新拷贝。",
        ) from error


def _find_head(text: str, delimiter: str, columns: Mapping[str, str], where: str) -> tuple[Header, int]:
    """The header, its names as wide as the table, and the position of the first character after it."""
    file = io.StringIO(text[:_HEAD], newline="")
    records: list[list[str]] = []
    ends: list[int] = []
    try:
        for record in csv.reader(file, delimiter=delimiter):
            records.append(record)
            ends.append(file.tell())
            if len(records) == DEEPEST_HEADER + 2:
                break
    except csv.Error as error:
        raise _no_csv(where, str(error)) from error
    width = max((len(r) for r in records), default=0)
    padded = [[*r, *[""] * (width - len(r))] for r in records]
    header = find_header(padded, [], lambda t: is_heading(t, columns))
    if header is None:
        raise InvalidInput(
            f"{where}: found no header row: wanted column names such as {_EXAMPLE.en} in one row",
            f"{where}：没有找到表头；应有一行列名，例如「{_EXAMPLE.zh}」。",
        )
    if len(records[header.end - 1]) > len(records[header.first]):  # a row with a field too many is no second header
        header = find_header(padded[: header.first + 1], [], lambda t: is_heading(t, columns)) or header
    own = max(len(r) for r in records[header.first : header.end])
    return header._replace(names=header.names[:own]), ends[header.end - 1]


def _no_csv(where: str, error: str) -> InvalidInput:
    return InvalidInput(
        f"{where}: is no proper CSV ({error}); save it again", f"{where}：CSV 格式有误（{error}）；请重新保存。"
    )


def _parse(text: str, width: int, delimiter: str, where: str, above: int) -> pd.DataFrame:
    """The records below the header, every field as text, columns 0 … `width` − 1."""
    if not text.strip():
        return pd.DataFrame({i: pd.Series(dtype=object) for i in range(width)})
    # from bytes the parser takes a tenth of the time that it takes from text
    file = io.BytesIO(text.encode("utf-8"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                file, sep=delimiter, header=None, names=list(range(width)), index_col=False, dtype=object,
                keep_default_na=False, na_filter=False, skip_blank_lines=False, encoding="utf-8",
            )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        widest = _widest(text, width, delimiter, where, above)
        if widest > width:
            return _parse(text, widest, delimiter, where, above)
        raise _no_csv(where, str(error)) from error


def _widest(text: str, width: int, delimiter: str, where: str, above: int) -> int:
    """Fields of the longest record; those that are more than the header has must be blank."""
    widest = 0
    for row, record in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=above + 1):
        if any(record[width:]):
            raise InvalidInput(
                f"{where}!{row}: has {len(record)} fields where the header has {width}: a text with the delimiter "
                f"{delimiter!r} in it needs quotes around it",
                f"{where}!{row}：有 {len(record)} 个字段，表头只有 {width} 列；含分隔符「{delimiter}」的文字须加引号。",
            )
        widest = max(widest, len(record))
    return widest


def _kept_rows(
    body: pd.DataFrame, times: Sequence[int], where: str, above: int
) -> tuple[NDArray[np.bool_], list[Text]]:
    """Rows that are neither blank nor totals nor foot notes: only those without a time can be."""
    kept = np.ones(len(body), dtype=bool)
    blank = np.ones(len(body), dtype=bool)
    for i in times:
        blank &= np.fromiter(map(str.strip, body[i]), dtype=object, count=len(body)) == ""
    totals, feet = [], []
    end = len(body)  # rows from here on are left out
    for row in np.flatnonzero(blank)[::-1].tolist():
        texts = [as_text(t) for t in body.iloc[row]]
        is_end = row + 1 == end
        if not any(texts):
            kept[row] = False
        elif is_total(texts):
            kept[row] = False
            totals.append(row + above + 1)
        elif is_end and is_foot(texts):
            kept[row] = False
            feet.append(row + above + 1)
        end = row if is_end and not kept[row] else end
    notes = []
    if totals:
        zh, en = first_ten_zh(totals[::-1]), first_ten(totals[::-1])
        notes.append(Text(f"{where}：合计行不计入（第 {zh} 行）。", f"{where}: rows of totals left out: row {en}"))
    if feet:
        zh, en = first_ten_zh(feet[::-1]), first_ten(feet[::-1])
        notes.append(Text(f"{where}：表尾说明不计入（第 {zh} 行）。", f"{where}: foot notes left out: row {en}"))
    return kept, notes
