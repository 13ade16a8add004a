"""Any frame as a plain table in a file: .csv for programs, .xlsx for offices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import openpyxl
import pandas as pd

from gridmap.data.written import written_whole
from gridmap.errors import InvalidInput
from gridmap.reports.sheet import Column, table, title_rows

#: What begins a formula when a spreadsheet opens a CSV file.
_FORMULA: Final = ("=", "+", "-", "@", "\t")
_WIDEST: Final = 60


def write_table(path: str | Path, frame: pd.DataFrame, headings: Sequence[str], *, title: str, line: str) -> None:
    """Write a frame as a table, each column under its heading.

    Days are ISO dates, lists are joined by 、, what is missing is blank. No text can become a formula: in a CSV file it
    begins with an apostrophe instead.

    Parameters
    ----------
    path : str or Path
        A name that ends in ``.csv`` (UTF-8 with the mark that Excel needs) or ``.xlsx``.
    frame : pandas.DataFrame
        Its columns in order; the index is left out.
    headings : sequence of str
        One a column.
    title, line : str
        Above the table in a workbook: what it is; the town, the day, whether it is synthetic.

    Raises
    ------
    InvalidInput
        If the name ends otherwise.
    OutputError
        If the file cannot be written; an older file at `path` is left as it was.
    """
    target = Path(path)
    ending = target.suffix.lower()
    if ending not in (".csv", ".xlsx"):
        raise InvalidInput(
            f"{target}: the name must end in .csv or .xlsx", f"{target}：文件名应以 .csv 或 .xlsx 结尾。"
        )
    plain = pd.DataFrame({i: [plain_cell(v) for v in frame[c]] for i, c in enumerate(frame.columns)}, dtype=object)
    with written_whole(target) as temporary:
        if ending == ".csv":
            safe = plain.map(lambda v: "'" + v if isinstance(v, str) and v.startswith(_FORMULA) else v)
            safe.to_csv(temporary, index=False, header=list(headings), encoding="utf-8-sig", lineterminator="\r\n")
            return
        book = openpyxl.Workbook()
        sheet = book.worksheets[0]
        columns = [
            Column(h, min(_WIDEST, max(10, 2 * len(h), *(_width(v) for v in plain[i].head(200)))), align="left")
            for i, h in enumerate(headings)
        ]
        title_rows(sheet, title, line, columns)
        table(sheet, columns, plain.to_numpy(dtype=object).tolist())
        book.save(temporary)


def plain_cell(value: object) -> object:
    """A value as a cell shows it: text, number or None."""
    if isinstance(value, tuple | list | set | frozenset):
        return "、".join(str(v) for v in value)
    if value is None or value is pd.NaT or value is pd.NA or value != value:  # noqa: PLR0124 NaN is not itself
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return round(value, 6) if isinstance(value, float) else value


def _width(value: object) -> int:
    return sum(2 if ord(c) > 0x2E7F else 1 for c in str(value)) + 2
