"""Joining a ledger to a layer by id, or by village and group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd

from gridmap.data.columns import as_text, fold_key, lost_digits
from gridmap.data.table import Ledger
from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.text import Text


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
