"""What a ledger has no column for stays as it is stored: a roster without telephone numbers takes none away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from gridmap.data.records_cells import Desk, Values
from gridmap.data.records_sheets import ROSTER
from gridmap.errors import first_ten, first_ten_zh
from gridmap.model.records import Records, is_current
from gridmap.model.registers import REGISTERS
from gridmap.model.text import Text

#: Never blanked by a blank cell: a number is replaced by another one, or erased with the person.
_NOT_BLANKED: Final = frozenset(("phone",))
_POST: Final = ("person_id", "role", "jurisdiction", "grid")


def keep_unwritten(
    frame: pd.DataFrame, name: str, stored: Records, parts: Sequence[Values], desk: Desk
) -> pd.DataFrame:
    """The records of a register as a ledger gives them, with what it has no column for as it is stored.

    Parameters
    ----------
    frame : pandas.DataFrame
        Records as :func:`gridmap.model.records.make_records` makes them.
    name : str
        Of the register.
    stored : Records
    parts : sequence of Values
        The sheets of the ledger.
    desk : Desk
        Is told which columns were kept.
    """
    if not stored.has(name):
        return frame
    register, held = REGISTERS[name], stored.of(name)
    is_known = frame.index.isin(held.index)
    written, kept, out = _written(name, parts), [], frame.copy()
    for column in register.columns:
        is_written = column.name in written
        if column.type == "place" or column.name in register.key or (is_written and column.name not in _NOT_BLANKED):
            continue
        kept_here = is_known & (frame[column.name] == "") if is_written else is_known
        own = held[column.name].to_dict()
        values = [own[k] if old else v for k, v, old in zip(frame.index, frame[column.name], kept_here, strict=True)]
        out[column.name] = pd.Series(values, index=out.index, dtype=frame[column.name].dtype)
        if not is_written and not out[column.name].equals(frame[column.name]):
            kept.append(column.title)
    if kept:
        desk.notes.append(
            Text(
                f"{register.title.zh}：台账没有以下各列，已存的保持不变：{first_ten_zh(t.zh for t in kept)}。",
                f"{register.title.en}: the ledger has no column {first_ten(t.en for t in kept)}; what is stored stays",
            )
        )
    return out


def with_stored_days(
    post: Mapping[str, list[Any]], stored: Records, parts: Sequence[Values], day: dt.date
) -> dict[str, list[Any]]:
    """Posts of a roster that has no days: of one that is held and stored, the day from which it is held.

    Parameters
    ----------
    post : mapping of str to list
        Columns of the register ``post``.
    stored : Records
    parts : sequence of Values
        The sheets of the ledger.
    day : datetime.date
        Of reading.
    """
    columns = dict(post)
    if "since" in _written("post", parts):
        return columns
    held = stored.of("post")
    held = held[is_current(held, day, since="since", until="until")]
    days = dict(zip(held[list(_POST)].itertuples(index=False, name=None), held["since"], strict=True))
    keys = zip(*(columns[c] for c in _POST), strict=True)
    found = [days.get(key) for key in keys]
    columns["since"] = [None if pd.isna(d) else pd.Timestamp(d).date() for d in found]
    return columns


def _written(name: str, parts: Sequence[Values]) -> set[str]:
    """Columns of a register that a ledger writes; the status of points is told by days where it has no column."""
    written = {"status"} if name == "point" else set()
    for table in (v.table for v in parts):
        if table.register.name == name or (name == "person" and table.register is ROSTER):
            # a roster of grids has the names of each post in a column, as ``grid_leader.name``
            written |= {c.rpartition(".")[2] for c in (*table.columns, *table.given)}
    return written
