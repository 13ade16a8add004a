"""Rosters: who holds which post. One sheet says both; here it becomes people, kept apart, and their posts."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import pandas as pd

from gridmap.data.records_cells import Desk, Values
from gridmap.data.records_sheets import ROSTER, Table
from gridmap.data.records_values import read_names, read_phone
from gridmap.errors import first_ten, first_ten_zh
from gridmap.model.registers.people import ERASED_NAME, PERSON, ROLES
from gridmap.model.text import Text

_NEW_ID: Final = re.compile(r"P(\d+)")
_CHIEF: Final = "chief_grid_leader"


@dataclass(frozen=True)
class _Entry:
    """One person in one post, or (role "") a person alone."""

    table: Table
    row: int
    column: str  # whose cell holds the name
    given_id: str
    name: str
    phone: str
    role: str
    jurisdiction: str
    grid: str
    source: str
    since: dt.date | None
    until: dt.date | None

    @property
    def cell(self) -> str:
        return self.table.cell(self.row, self.column)

    def say(self, desk: Desk, text: Text, *, is_error: bool = True) -> None:
        desk.say(self.table, self.row, self.column, text, "error" if is_error else "warning")


class Roster(NamedTuple):
    """Columns of the registers ``person`` and ``post``."""

    person: dict[str, list[Any]]
    post: dict[str, list[Any]]


def read_roster(parts: Sequence[Values], desk: Desk, known: pd.DataFrame | None) -> Roster:
    """People and posts out of rosters; what is wrong is said at the desk.

    A roster has a row a person with his post, or a row a grid with the names of each post in a column. The same name
    and telephone number is the same person; a person that `known` has keeps his id, others get new ones
    (``P0001`` …). See docs/decisions/people-in-rosters.md for names without a number.

    Parameters
    ----------
    parts : sequence of Values
        Sheets of :data:`ROSTER` or of the register ``person``.
    desk : Desk
    known : pandas.DataFrame or None
        Records of ``person`` that are stored already.
    """
    names_of = _names_of_ids(parts, known)
    entries = [entry for values in parts for entry in _entries(values, desk, names_of)]
    ids = _identified(entries, desk, known)
    _say_twice(entries, ids, desk)
    person: dict[str, list[Any]] = {c.name: [] for c in PERSON.columns}
    phones: dict[str, str] = {}
    names: dict[str, str] = {}
    for entry, key in zip(entries, ids, strict=True):
        names.setdefault(key, entry.name)
        phones[key] = phones.get(key) or entry.phone
    for key, name in names.items():
        if not name:
            continue
        person["person_id"].append(key)
        person["name"].append(name)
        person["phone"].append(phones[key])
    posts: dict[tuple[str, ...], tuple[Any, ...]] = {}
    for e, key in zip(entries, ids, strict=True):
        if e.role:
            posts.setdefault(
                (key, e.role, e.jurisdiction, e.grid, str(e.since)),
                (key, e.role, e.jurisdiction, e.grid, e.source, e.since, e.until),
            )
    columns = ("person_id", "role", "jurisdiction", "grid", "source", "since", "until")
    post = {name: [p[i] for p in posts.values()] for i, name in enumerate(columns)}
    _say_several(post, desk)
    return Roster(person, post)


def _names_of_ids(parts: Sequence[Values], known: pd.DataFrame | None) -> dict[str, str]:
    """Name of each id that is stored, or that a sheet of people gives: a sheet of posts may have ids only."""
    names = {} if known is None else dict(zip(known["person_id"], known["name"], strict=True))
    for values in parts:
        if values.table.register is not ROSTER:
            names |= dict(zip(values.columns["person_id"], values.columns["name"], strict=True))
    return names


def _entries(values: Values, desk: Desk, names_of: Mapping[str, str]) -> Iterator[_Entry]:
    if values.table.register is not ROSTER:
        columns = values.columns
        for row, (key, name, phone) in enumerate(
            zip(columns["person_id"], columns["name"], columns["phone"], strict=True)
        ):
            yield _Entry(values.table, row, "name", key or "", _told(name), phone, "", "", "", "", None, None)
    elif "role" in values.table.columns or "role" in values.table.given:
        yield from _one_a_row(values, desk, names_of)
    else:
        yield from _one_a_grid(values, desk)


def _told(name: str) -> str:
    """A name, "" where a ledger says that it was erased."""
    return "" if name in (ERASED_NAME.zh, ERASED_NAME.en) else name


def _one_a_row(values: Values, desk: Desk, names_of: Mapping[str, str]) -> Iterator[_Entry]:
    c = values.columns
    column = "name" if "name" in values.table.columns else "person_id"
    for row in range(len(c["name"])):
        name = c["name"][row] if column == "name" else names_of.get(c["person_id"][row] or "", "")
        if column != "name" and not name:
            stranger = Text(
                "没有这个编号的人员；请在「人员」工作表补登，或在本表写姓名",
                "nobody has this id; add the person to the sheet of people, or write the name here",
            )
            desk.say(values.table, row, column, stranger)
        if not name or not c["role"][row]:
            continue
        entry = _Entry(
            values.table,
            row,
            column,
            c["person_id"][row] or "",
            _told(name) if c["person_id"][row] else name,
            c["phone"][row] or "",
            c["role"][row],
            c["jurisdiction"][row] or "",
            c["grid"][row] or "",
            c["source"][row] or "",
            c["since"][row],
            c["until"][row],
        )
        yield _placed(entry, values, desk)


def _one_a_grid(values: Values, desk: Desk) -> Iterator[_Entry]:
    c, table = values.columns, values.table
    n = len(table.ledger.frame)
    for role in ROLES:
        if f"{role}.name" not in table.columns:
            continue
        names, phones = table.texts(f"{role}.name"), table.texts(f"{role}.phone")
        for row in range(n):
            people = read_names(names[row])
            numbers = re.split(r"[、，,;；/\s]+", phones[row].strip()) if phones[row] else []
            if numbers and len(numbers) == len(people):
                people = [(name, own or number) for (name, own), number in zip(people, numbers, strict=True)]
            elif numbers:
                uneven = Text(
                    f"{len(people)} 个姓名配了 {len(numbers)} 个电话，对不上；未读电话",
                    f"{len(people)} names have {len(numbers)} telephone numbers; the numbers are not read",
                )
                desk.say(table, row, f"{role}.phone", uneven, "warning")
            for name, number in people:
                phone = read_phone(number)
                entry = _Entry(
                    table,
                    row,
                    f"{role}.name",
                    "",
                    name,
                    phone.value,
                    role,
                    c["jurisdiction"][row] or "",
                    "" if role == _CHIEF else c["grid"][row] or "",
                    "",
                    c["since"][row],
                    c["until"][row],
                )
                if phone.said is not None:
                    entry.say(desk, phone.said, is_error=False)
                yield _placed(entry, values, desk)


def _placed(entry: _Entry, values: Values, desk: Desk) -> _Entry:
    """The entry as its post wants it: chief grid leaders have a jurisdiction and no grid, the others a grid."""
    if entry.role == _CHIEF:
        if not entry.jurisdiction and entry.row not in values.broken:
            entry.say(desk, Text("总网格长没有写村居", "a chief grid leader without a jurisdiction"))
        if entry.grid:
            text = Text("总网格长属于整个村居，不属于网格；网格不计", "a chief grid leader has no grid; it is left out")
            entry.say(desk, text, is_error=False)
        return _Entry(**(entry.__dict__ | {"grid": ""}))
    if not entry.grid and entry.row not in values.broken:
        role = ROLES[entry.role].text
        entry.say(desk, Text(f"{role.zh}没有写网格", f"a {role.en.lower()} without a grid"))
    if entry.until is not None and entry.since is not None and entry.until < entry.since:
        early = Text(
            f"离任日期 {entry.until} 早于任职日期 {entry.since}", f"left on {entry.until}, before {entry.since}"
        )
        entry.say(desk, early)
    return entry


class _Ids:
    """Ids of people: stored ones, given ones, and new ones in the order in which people are met.

    A person is known by his id, or by name and number (number "" and the jurisdiction behind the name where he has
    none): a key.
    """

    def __init__(self, known: pd.DataFrame | None) -> None:
        people = [] if known is None else list(zip(*(known[c.name] for c in PERSON.columns), strict=True))
        self.stored: dict[tuple[str, str], str] = {(n, p): i for i, n, p in people if n}
        self.of_key: dict[tuple[str, ...], str] = dict(self.stored.items())
        #: Id → name, number and the cell that gave it ("" where it is stored).
        self.given: dict[str, tuple[str, str, str]] = {i: (n, p, "") for i, n, p in people}
        self.last = 0

    def count(self) -> None:
        """New ids begin after the highest that is known."""
        numbers = [int(m[1]) for i in self.given if (m := _NEW_ID.fullmatch(i))]
        self.last = max(numbers, default=0)

    def of(self, key: str | tuple[str, ...]) -> str:
        if isinstance(key, str):
            return key
        if key not in self.of_key:
            self.last += 1
            self.of_key[key] = f"P{self.last:04d}"
        return self.of_key[key]


def _identified(entries: list[_Entry], desk: Desk, known: pd.DataFrame | None) -> list[str]:
    """The id of each entry's person."""
    ids = _Ids(known)
    for entry in entries:
        if entry.given_id:
            _check_given(entry, ids, desk)
    ids.count()
    namesakes: defaultdict[tuple[str, str], set[str | tuple[str, ...]]] = defaultdict(set)
    for entry in entries:
        if entry.given_id or entry.phone:
            own = (entry.name, entry.phone)
            namesakes[entry.name, entry.jurisdiction].add(entry.given_id or ids.of_key.get(own, own))
    out = []
    for entry in entries:
        if entry.given_id or entry.phone:
            out.append(entry.given_id or ids.of((entry.name, entry.phone)))
        else:
            out.append(_without_phone(entry, ids, namesakes[entry.name, entry.jurisdiction], desk))
    return out


def _check_given(entry: _Entry, ids: _Ids, desk: Desk) -> None:
    """Say where an id and a person contradict what was read or stored before."""
    name, phone, cell = ids.given.setdefault(entry.given_id, (entry.name, entry.phone, entry.cell))
    where = Text(f"在 {cell} ", f" in {cell}") if cell else Text("在已存的名册中", " in the stored roster")
    if not name and not cell and entry.name:
        erased = Text(
            f"人员编号 {entry.given_id} 的姓名和电话已删除，不再登记；请填「{ERASED_NAME.zh}」，"
            "重新任职的人员请另编新号",
            f"name and number of {entry.given_id} were erased and are not recorded again; write "
            f"{ERASED_NAME.en!r} here, and give somebody who comes anew an id of his own",
        )
        entry.say(desk, erased)
    elif name != entry.name:
        other = Text(
            f"人员编号 {entry.given_id} {where.zh}是「{name}」；一个编号只能是一个人",
            f"the id {entry.given_id} is {name}{where.en}; an id is one person's",
        )
        entry.say(desk, other)
    elif cell and phone and entry.phone and phone != entry.phone:
        other = Text(
            f"人员编号 {entry.given_id} {where.zh}的电话是 {phone}；请统一",
            f"the id {entry.given_id} has the number {phone}{where.en}; keep one",
        )
        entry.say(desk, other)
    if entry.phone:
        earlier = ids.of_key.setdefault((entry.name, entry.phone), entry.given_id)
        if earlier != entry.given_id:
            twice = Text(
                f"「{entry.name}」同一电话已有人员编号 {earlier}；请统一",
                f"{entry.name} with the same number has the id {earlier} already; keep one",
            )
            entry.say(desk, twice)


def _without_phone(entry: _Entry, ids: _Ids, namesakes: set[str | tuple[str, ...]], desk: Desk) -> str:
    """Whom a name without a number means: one stored so, the only namesake in the jurisdiction, or a new person."""
    if (entry.name, "") in ids.stored:
        return ids.stored[entry.name, ""]
    near = namesakes or {i for (name, _), i in ids.stored.items() if name == entry.name}
    alone = (entry.name, "", entry.jurisdiction)
    if not near:
        return ids.of(alone)
    if len(near) == 1:
        key = ids.of(next(iter(near)))
        taken = Text(
            f"「{entry.name}」没有电话；按同名的 {key} 计，请核对",
            f"{entry.name} has no number; taken for {key} of the same name, please check",
        )
        entry.say(desk, taken, is_error=False)
        return key
    several = Text(
        f"「{entry.name}」没有电话，同名的有 {len(near)} 人；按另一人计，请补电话",
        f"{entry.name} has no number and {len(near)} namesakes; taken for another person, fill in the number",
    )
    entry.say(desk, several, is_error=False)
    return ids.of(alone)


def _say_twice(entries: list[_Entry], ids: list[str], desk: Desk) -> None:
    """The same person in the same post at the same time: both addresses are said."""
    held: defaultdict[tuple[str, str, str, str], list[_Entry]] = defaultdict(list)
    for entry, key in zip(entries, ids, strict=True):
        if not entry.role:
            continue
        others = held[key, entry.role, entry.jurisdiction, entry.grid]
        first = next((o for o in others if _overlap(o, entry)), None)
        repeated = first is not None and entry.role == _CHIEF and entry.column == f"{_CHIEF}.name"
        if first is not None and not repeated:  # a chief's name stands beside each of his grids
            role = ROLES[entry.role].text
            twice = Text(
                f"「{entry.name}」重复：{role.zh}一职已在 {first.cell} 登记；请只保留一行",
                f"{entry.name} stands twice: the post of {role.en.lower()} is in {first.cell} already; keep one",
            )
            entry.say(desk, twice)
        others.append(entry)


def _overlap(a: _Entry, b: _Entry) -> bool:
    first, last = dt.date.min, dt.date.max
    return max(a.since or first, b.since or first) < min(a.until or last, b.until or last)


def _say_several(post: dict[str, list[Any]], desk: Desk) -> None:
    grids = defaultdict(set)
    for key, role, grid, until in zip(post["person_id"], post["role"], post["grid"], post["until"], strict=True):
        if grid and (until is None or until > desk.day):
            grids[key, role].add(grid)
    for role, words in ROLES.items():
        several = [key for (key, r), held in grids.items() if r == role and len(held) > 1]
        if several:
            desk.notes.append(
                Text(
                    f"{len(several)} 名{words.text.zh}在多个网格任职：{first_ten_zh(several)}。",
                    f"{len(several)} × {words.text.en.lower()} in several grids: {first_ten(several)}",
                )
            )
