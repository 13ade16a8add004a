"""Cells of a register become values of its columns; what is wrong is said with the address of the cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import pandas as pd

from gridmap.data.records_places import Gazetteer
from gridmap.data.records_sheets import NATURAL_KEYS, Table
from gridmap.data.records_values import (
    Read,
    Severity,
    is_nothing,
    plain,
    read_count,
    read_cut,
    read_day,
    read_list,
    read_name,
    read_phone,
    read_word,
    read_yes,
)
from gridmap.model.records import record_keys
from gridmap.model.register import Column, Register
from gridmap.model.text import Text

#: Columns of ``Intake.errors`` in order.
ERROR_COLUMNS: Final = ("register", "cell", "column", "value", "message_zh", "message_en", "severity")
#: Days of things that have happened: after the day of reading they are doubted.
_PAST: Final = frozenset(("built_on", "opened_on", "counted_on", "founded_on", "fulfilled_on", "completed_on"))
#: Registers that others refer to: their column of ids, and the title that a ledger may write instead.
REFERRED: Final = {"service_item": ("item_id", "title"), "branch": ("branch_id", "name")}
_DASHES: Final = frozenset(("-", "--", "—", "——", "/"))


class Said(NamedTuple):
    """One thing to be said about a cell: where it is, what it holds, and what is wrong."""

    at: tuple[int, int]  # row and column, for the order
    register: str
    cell: str
    column: str
    value: str
    text: Text
    severity: Severity


@dataclass(frozen=True, eq=False)
class Desk:
    """What is at hand while a ledger is read: the town, the day, and what has been said so far.

    Attributes
    ----------
    gazetteer : Gazetteer
    day : datetime.date
        Of reading.
    said : list of Said
    notes : list of Text
    """

    gazetteer: Gazetteer
    day: dt.date
    said: list[Said] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)

    def say(self, table: Table, row: int, column: str, text: Text, severity: Severity = "error") -> None:
        """Say something about a cell of a table."""
        header, frame = table.columns.get(column, ""), table.ledger.frame
        value = str(frame[header].iloc[row]) if header else ""
        at = row, list(frame.columns).index(header) if header else -1
        self.said.append(Said(at, table.register.name, table.cell(row, column), header, value, text, severity))

    @property
    def has_errors(self) -> bool:
        """Whether anything was said that forbids taking the ledger."""
        return any(s.severity == "error" for s in self.said)

    def errors(self) -> pd.DataFrame:
        """What was said, with :data:`ERROR_COLUMNS`: errors first, then by sheet, row and column."""
        sheets = {where: n for n, where in enumerate(dict.fromkeys(_sheet(s) for s in self.said))}
        ordered = sorted(self.said, key=lambda s: (s.severity != "error", sheets[_sheet(s)], s.at))
        rows = [(s.register, s.cell, s.column, s.value, s.text.zh, s.text.en, s.severity) for s in ordered]
        return pd.DataFrame(rows, columns=list(ERROR_COLUMNS), dtype=object)


def _sheet(said: Said) -> str:
    return said.cell.rpartition("!")[0]


@dataclass(frozen=True, eq=False)
class Values:
    """The values of a table: our column → one value a row, and the rows that cannot be used."""

    table: Table
    columns: dict[str, list[Any]]
    broken: set[int]


def read_columns(table: Table, desk: Desk) -> Values:
    """The values of every column of a register but the place; what is wrong is said at the desk.

    Notes
    -----
    The jurisdiction is read first: a grid's number is one within it.
    """
    broken: set[int] = set()
    homes = _read(table, _jurisdiction_column(table.register), desk, broken, desk.gazetteer.jurisdiction)
    columns: dict[str, list[Any]] = {}
    for column in table.register.columns:
        if column.type == "jurisdiction":
            columns[column.name] = homes
        elif column.type in ("grid", "grids"):
            read = desk.gazetteer.grid if column.type == "grid" else desk.gazetteer.grid_list
            columns[column.name] = _read_grids(table, column, desk, broken, homes, read)
        elif column.type != "place":
            columns[column.name] = _read(table, column, desk, broken, _reader(column))
    for name in _PAST & set(columns):
        for row, day in enumerate(columns[name]):
            if day is not None and day > desk.day:
                late = Text(f"{day} 在读取日 {desk.day} 之后；请核对", f"{day} is after the day of reading, {desk.day}")
                desk.say(table, row, name, late, "warning")
    return Values(table, columns, broken)


def _jurisdiction_column(register: Register) -> Column:
    own = next((c for c in register.columns if c.type == "jurisdiction"), None)
    return own or Column("jurisdiction", "jurisdiction", Text("村居", "Jurisdiction"))


def _reader(column: Column) -> Callable[[str], Read]:
    if column.name == "phone":
        return read_phone
    if column.is_personal:
        return lambda text: Read(read_name(text))
    if column.type == "word":
        return lambda text: read_word(text, column)
    readers: Mapping[str, Callable[[str], Read]] = {
        "day": read_day,
        "count": read_count,
        "yes": read_yes,
        "words": lambda text: Read(read_list(text)),
    }
    return readers.get(column.type, _read_text)


def _read_text(text: str) -> Read:
    if plain(text) in _DASHES:
        return Read("")
    return read_cut(text) or Read(text)


def _read(table: Table, column: Column, desk: Desk, broken: set[int], reader: Callable[[str], Read]) -> list[Any]:
    """One value a row; equal texts are read once."""
    texts = table.texts(column.name)
    reads = {t: reader(t) for t in dict.fromkeys(texts)}
    for row, text in enumerate(texts):
        _judge(table, row, column, text, reads[text], desk, broken)
    return [reads[t].value for t in texts]


def _read_grids(
    table: Table,
    column: Column,
    desk: Desk,
    broken: set[int],
    homes: Sequence[str | None],
    reader: Callable[[str, str | None], Read],
) -> list[Any]:
    homeless = set(broken)  # rows whose jurisdiction was refused: a grid's number in it says nothing more
    keys = list(zip(table.texts(column.name), homes, strict=True))
    reads = {key: reader(*key) for key in dict.fromkeys(keys)}
    for row, key in enumerate(keys):
        if row not in homeless or key[1] is not None:
            _judge(table, row, column, key[0], reads[key], desk, broken)
    return [reads[key].value for key in keys]


def _judge(table: Table, row: int, column: Column, text: str, read: Read, desk: Desk, broken: set[int]) -> None:
    said, severity = read.said, read.severity
    made = NATURAL_KEYS.get(table.register.name, ("", ()))[0]
    is_asked = column.name in table.columns and column.name not in (made, "person_id")
    if said is None and column.is_needed and is_asked and is_nothing(text):
        said, severity = Text(f"没有填「{column.title.zh}」", f"{column.title.en} is blank"), "error"
    if said is None:
        return
    desk.say(table, row, column.name, said, severity)
    if severity == "error":
        broken.add(row)


def make_ids(values: Values, desk: Desk) -> None:
    """Ids for rows that have none: the natural key of the record, readable and the same at every reading."""
    name, natural = NATURAL_KEYS.get(values.table.register.name, ("", ()))
    if not name:
        return
    register = values.table.register
    ids = values.columns[name]
    blank = [row for row, value in enumerate(ids) if not value]
    for row in blank:
        parts = [_shown(register.column(c), values.columns[c][row], desk.gazetteer) for c in natural]
        ids[row] = "-".join(p for p in parts if p)
    if blank:
        titles = [register.column(c).title for c in natural]
        title = register.column(name).title
        zh, en = "、".join(t.zh for t in titles), ", ".join(t.en for t in titles)
        desk.notes.append(
            Text(
                f"{register.title.zh}：{len(blank)} 行没有{title.zh}，按{zh}生成。",
                f"{register.title.en}: {len(blank)} rows have no {title.en.lower()}; made of {en.lower()}",
            )
        )


def _shown(column: Column, value: Any, gazetteer: Gazetteer) -> str:
    if value is None:
        return ""
    if column.type == "jurisdiction":
        return gazetteer.names[value] or str(value)
    if column.choices is not None:
        return column.choices[value].text.zh
    return str(value)


def say_repeated(register: Register, parts: Sequence[Values], desk: Desk) -> None:
    """Records of a register that stand twice, said with both addresses."""
    seen: dict[str, str] = {}
    alone = register.key[0] if len(register.key) == 1 else ""
    for values in parts:
        keys = record_keys(register, {c: [_blank(v) for v in values.columns[c]] for c in register.key})
        for row, key in enumerate(keys):
            first = seen.setdefault(key, values.table.cell(row, alone))
            unknown = row in values.broken and any(values.columns[c][row] is None for c in register.key)
            if unknown or first == values.table.cell(row, alone):
                continue
            zh = "、".join(register.column(c).title.zh for c in register.key)
            en = ", ".join(register.column(c).title.en for c in register.key)
            twice = Text(
                f"重复：{zh}为「{key}」的记录已在 {first} 登记；请只保留一行",
                f"recorded twice: {en} {key!r} stands in {first} already; keep one",
            )
            desk.say(values.table, row, alone, twice)


def _blank(value: Any) -> Any:
    return "" if value is None else value


def refer_by_title(parts: Sequence[Values]) -> None:
    """References that a ledger writes as the title of another record become its id, where the same ledger has it."""
    for register, (column, title) in REFERRED.items():
        homes = [v for v in parts if v.table.register.name == register]
        ids = {t: i for v in homes for t, i in zip(v.columns[title], v.columns[column], strict=True) if t and i}
        for values in parts:
            if values.table.register.name != register and column in values.columns:
                values.columns[column] = [ids.get(v, v) for v in values.columns[column]]
