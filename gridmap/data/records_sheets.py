"""Which sheet of a ledger is which register, and which header is which of its columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from gridmap.data.columns import SYNONYMS, Ranks, as_text, fold, fold_ranks, is_known, is_personal, match_columns
from gridmap.data.records_values import read_word
from gridmap.data.source import FORMATS, split_source
from gridmap.data.table import Ledger, filled_down, list_sheets, read_ledger
from gridmap.data.vector import open_layer
from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.register import Column, Group, Register
from gridmap.model.registers import registers_of
from gridmap.model.registers.people import PERSON, POST, ROLES
from gridmap.model.text import Text

#: The roster as towns keep it: who, how to reach them, and which post, in one sheet.
ROSTER: Final = Register(
    "post", "people", POST.title, (*PERSON.columns[1:], *POST.columns), POST.key, (*POST.synonyms, "Roster")
)
#: Register → its column of ids, and the columns of which an id is made where a ledger has none.
NATURAL_KEYS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "point": ("point_id", ("jurisdiction", "grid", "name", "kind")),
    "list_item": ("item", ("title",)),
    "list_change": ("item", ("title",)),
    "branch": ("branch_id", ("jurisdiction", "name")),
    "activity": ("activity_id", ("held_on", "jurisdiction", "grid", "title")),
    "deliberation": ("deliberation_id", ("held_on", "grid", "topic")),
    "service_item": ("item_id", ("title",)),
    "service_offer": ("offer_id", ("department", "item_id", "jurisdiction", "grid", "recurrence", "hours")),
    "service_order": ("order_id", ("ordered_on", "grid", "item_id", "department")),
}
#: The sheet that :mod:`gridmap.reports.corrections` puts before a ledger: it is none itself.
CORRECTIONS: Final = Text("需更正", "To correct")
#: Columns that a ledger may leave out altogether: what every row then has.
ASSUMED: Final[dict[str, str]] = {"template_version": "1"}
#: Registers whose blank village cells were merged ones; elsewhere a blank means the whole town.
FILLED: Final = ("point", "branch", "post", "in_service")
_TITLES: Final = re.compile(r"(工作)?(台账|登记表|一览表|汇总表|情况表|名册|表)$")
_NUMBER: Final = frozenset(fold(t) for t in ("序号", "No.", "number", "fid", "备注", "说明", "remarks", "空缺"))
_BY_TYPE: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "jurisdiction": SYNONYMS["jurisdiction"],
    "grid": (
        ("网格编号", "网格代码", "网格编码"),
        ("网格号", "网格名称", "所属网格", "所在网格", "网格序号", "grid_code"),
    ),
    "grids": (("网格编号", "覆盖网格编号"), ("涉及网格", "网格名称", "所在网格")),
}
_COORDINATES: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "longitude": (*SYNONYMS["longitude"], ("东坐标", "横坐标", "x坐标", "easting")),
    "latitude": (*SYNONYMS["latitude"], ("北坐标", "纵坐标", "y坐标", "northing")),
    "coordinates": (("坐标", "经纬度", "经度纬度"),),
}
#: What ledgers call a column in one register only: those that name another record by its title.
_BY_TITLE: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("service_offer", "item_id"): ("服务事项", "服务项目", "事项名称", "服务名称", "事项"),
    ("service_order", "item_id"): ("服务事项", "服务项目", "事项名称", "服务名称", "事项", "点单事项"),
    ("activity", "branch_id"): ("党支部", "支部名称", "支部"),
}


@dataclass(frozen=True, eq=False)
class Table:
    """A sheet that is known to be a register.

    Attributes
    ----------
    register : Register
    ledger : Ledger
    columns : mapping of str to str
        Our column → header of the ledger.
    given : mapping of str to str
        Our column → what every row has, where no header holds it.
    layer : geopandas.GeoDataFrame or None
        The geometry of a vector layer, in the order of the ledger's rows.
    """

    register: Register
    ledger: Ledger
    columns: Mapping[str, str]
    given: Mapping[str, str] = field(default_factory=dict)
    layer: gpd.GeoDataFrame | None = None

    def texts(self, column: str) -> list[str]:
        """What the ledger writes in one of our columns, "" where it has none."""
        header = self.columns.get(column)
        if header is None:
            return [self.given.get(column, "")] * len(self.ledger.frame)
        values: list[str] = self.ledger.frame[header].tolist()
        return values

    def cell(self, row: int, column: str) -> str:
        """Address of the cell of one of our columns; of the row where no header holds it."""
        return self.ledger.cell(row, self.columns.get(column, ""))


def forms_of(group: Group) -> tuple[Register, ...]:
    """The registers of a group in the form in which ledgers keep them: people and posts stand in one roster."""
    return (ROSTER, PERSON) if group == "people" else registers_of(group)


def ranks_of(register: Register) -> Ranks:
    """The headings that a ledger may give to the columns of a register, and to those that it is read by."""
    ranks = {c.name: _ranks(register, c) for c in register.columns if c.type != "place"}
    if "jurisdiction" not in ranks:  # a grid's number is read within the jurisdiction of its row
        ranks["jurisdiction"] = (("村居",), *_BY_TYPE["jurisdiction"])
    if register.place_column is not None:
        ranks |= _COORDINATES
    if register is ROSTER:
        for key, role in ROLES.items():
            words = (*role.text, *role.synonyms) if key != "chief_grid_leader" else (*role.text, "分网格长")
            ranks[f"{key}.name"] = ((*words, *(f"{w}姓名" for w in words)),)
            ranks[f"{key}.phone"] = (tuple(f"{w}{p}" for w in words for p in ("电话", "联系电话", "手机", "联系方式")),)
    return fold_ranks(ranks)


def _ranks(register: Register, column: Column) -> tuple[tuple[str, ...], ...]:
    more = _BY_TITLE.get((register.name, column.name), ())
    own = tuple((s,) for s in (*column.synonyms, *more))
    return ((column.name,), tuple(column.title), *own, *_BY_TYPE.get(column.type, ()))


def find_tables(
    path: Path, group: Group, sheet: str | None, register: str | None, encoding: str | None
) -> tuple[list[Table], list[Text]]:
    """The sheets of a ledger that are registers of a group, or a vector layer of points.

    Raises
    ------
    RefusedSource, MissingProgram
        If the file is of a kind that is not opened.
    InvalidInput
        If the file or the sheet is missing or damaged, the register is unknown, no sheet is a register of the group, a
        sheet may be several, or a column without which a register cannot be read is missing.
    """
    forms = {r.name: r for r in forms_of(group)}
    if register is not None and register not in forms:
        raise InvalidInput(
            f"{group} have no register {register!r}; there are {', '.join(forms)}",
            f"--register 应为 {'、'.join(forms)} 之一；得到「{register}」。",
        )
    source, layer = split_source(path)
    if group == "points" and source.suffix.lower() in FORMATS:
        return _layer_table(source, layer or sheet, forms["point"], encoding)
    known = partial(is_known, ranks={f"{r.name}.{k}": v for r in forms.values() for k, v in ranks_of(r).items()})
    names = [n for n in list_sheets(path) if n not in CORRECTIONS]
    named = {n: r for n in names if (r := _register_of_sheet(n, forms)) is not None}
    wanted: list[tuple[str | None, Register | None]]
    if sheet is not None or not names:
        own = forms[register] if register is not None else named.get(sheet or "")
        wanted = [(sheet, own)]
    elif register is not None:
        wanted = [(n, r) for n, r in named.items() if r.name == register] or [(None, forms[register])]
    else:
        wanted = list(named.items()) if named else [(n, None) for n in names]
    tables, notes = [], []
    may_guess = len(wanted) > 1 and not named
    for name, known_register in wanted:
        table = _sheet_table(path, name, known_register, forms, encoding, known, may_guess=may_guess)
        if table is not None:
            tables.append(table)
            notes += [*table.ledger.notes, *_strangers(table)]
    if not tables:
        raise _no_register(path.name, forms)
    unread = [n for n in names if sheet is None and n not in {t.ledger.sheet for t in tables}]
    if unread:
        notes.append(
            Text(f"{path.name}：未读的工作表：{first_ten_zh(unread)}。", f"{path.name}: not read: {first_ten(unread)}")
        )
    return tables, notes


def _sheet_table(
    path: Path,
    sheet: str | None,
    register: Register | None,
    forms: Mapping[str, Register],
    encoding: str | None,
    known: partial[bool],
    *,
    may_guess: bool,
) -> Table | None:
    """One sheet as a table; None where it is no register and need not be one."""
    try:
        ledger = read_ledger(
            path,
            sheet,
            encoding=encoding,
            known=known,
            fill_down=False,
            may_be_empty=register is not None,
            example=_example(register or next(iter(forms.values()))),
        )
    except InvalidInput:
        if may_guess:
            return None
        raise
    where = ledger.cells[0].rpartition("!")[0] if ledger.cells else f"{path.name}:{ledger.sheet}"
    if register is None:
        register = _recognised(ledger, forms, where, may_guess=may_guess)
        if register is None:
            return None
    if register is PERSON and not _missing(ROSTER, set(match_columns(ledger.frame.columns, ranks_of(ROSTER)))):
        register = ROSTER  # a sheet of people with their posts
    return make_table(register, ledger, where)


def _example(register: Register) -> Text:
    """The columns without which a register cannot be read, for a message."""
    needed = _missing(register, set())
    return Text("、".join(t.zh for t in needed), ", ".join(t.en for t in needed))


def make_table(register: Register, ledger: Ledger, where: str, layer: gpd.GeoDataFrame | None = None) -> Table:
    """A ledger with its headers matched to the columns of a register.

    Raises
    ------
    InvalidInput
        If a column without which the register cannot be read is missing.
    """
    if register.name in FILLED:
        ledger = filled_down(ledger)
    columns = match_columns(ledger.frame.columns, ranks_of(register))
    if register is ROSTER and "role" not in columns and any(f"{role}.name" in columns for role in ROLES):
        columns = {k: v for k, v in columns.items() if k != "name"}
    given = {}
    for column in register.columns:
        if column.name in columns:
            continue
        if column.type == "word" and column.is_needed and read_word(ledger.sheet, column).value is not None:
            given[column.name] = ledger.sheet
        elif column.name in ASSUMED and column.is_needed:
            given[column.name] = ASSUMED[column.name]
    missing = _missing(register, {*columns, *given}, has_layer=layer is not None)
    if missing and not ledger.frame.empty:
        raise InvalidInput(
            f"{where}: {register.title.en} need the columns {', '.join(c.en for c in missing)}; "
            f"it has {first_ten(ledger.frame.columns)}",
            f"{where}：{register.title.zh}台账缺少列「{'」「'.join(c.zh for c in missing)}」；"
            f"现有：{first_ten_zh(ledger.frame.columns)}。",
        )
    return Table(register, ledger, columns, given, layer)


def _missing(register: Register, has: set[str], *, has_layer: bool = False) -> list[Text]:
    """Titles of the columns without which a register cannot be read, and which are not there."""
    made = NATURAL_KEYS.get(register.name, ("", ()))[0]
    missing = [
        c.title
        for c in register.columns
        if c.is_needed and c.name not in has and c.name != made and c.type != "place" and c.name not in ASSUMED
    ]
    if register is ROSTER:
        if any(f"{role}.name" in has for role in ROLES) and "role" not in has:
            return []
        told = PERSON.columns[1].title if "person_id" in has else POST.columns[0].title  # the id says who, or the name
        missing = [t for t in missing if t != told]
    if register.name == "point" and has & {"opened_on", "built_on", "closed_on"}:
        missing = [t for t in missing if t != register.column("status").title]
    if register.place_column and not (has_layer or "coordinates" in has or {"longitude", "latitude"} <= has):
        missing += [Text("经度", "Longitude"), Text("纬度", "Latitude")]
    return missing


def _recognised(ledger: Ledger, forms: Mapping[str, Register], where: str, *, may_guess: bool) -> Register | None:
    """The register that a sheet is by its columns; None where it is none and need not be one."""
    if len(forms) == 1 and not may_guess:
        return next(iter(forms.values()))
    scores = {}
    for name, register in forms.items():
        columns = match_columns(ledger.frame.columns, ranks_of(register))
        if not _missing(register, set(columns) | set(ASSUMED)):
            scores[name] = len(columns)
    best = [n for n, score in scores.items() if score == max(scores.values())]
    if len(best) > 1:
        raise InvalidInput(
            f"{where}: could be {' or '.join(best)} by its columns; say which with --register",
            f"{where}：从列名看可能是{'或'.join(forms[n].title.zh for n in best)}；"
            f"请用 --register 指定（{'、'.join(best)}）。",
        )
    if not best and not may_guess:
        raise _no_register(where, forms)
    return forms[best[0]] if best else None


def _no_register(where: str, forms: Mapping[str, Register]) -> InvalidInput:
    needs_zh = "；".join(f"{r.title.zh}要有{'、'.join(t.zh for t in _missing(r, set()))}" for r in forms.values())
    needs_en = "; ".join(f"{n}: {', '.join(t.en for t in _missing(r, set()))}" for n, r in forms.items())
    return InvalidInput(
        f"{where}: its columns fit no register ({needs_en}); rename the sheet, or say which with --register",
        f"{where}：从工作表名和列名都看不出是哪种台账（{needs_zh}）；请改工作表名，或用 --register 指定。",
    )


def _register_of_sheet(name: str, forms: Mapping[str, Register]) -> Register | None:
    key, shorter = fold(name), _TITLES.sub("", fold(name))
    for register in forms.values():
        words = {fold(w) for w in (register.name, *register.title, *register.synonyms)}
        if {key, shorter} & words:
            return register
    return None


def _strangers(table: Table) -> list[Text]:
    """What is said of columns that no register has; personal ones are never kept."""
    unknown = [c for c in table.ledger.frame.columns if c not in table.columns.values() and fold(c) not in _NUMBER]
    private = [c for c in unknown if is_personal(c) or re.search(r"住址|出生|年龄|籍贯|银行", c)]
    other = [c for c in unknown if c not in private]
    where = table.ledger.sheet or table.register.title.zh
    notes = []
    if private:
        notes.append(
            Text(
                f"{where}：含个人信息的列不读取、不保存：{first_ten_zh(private)}。",
                f"{where}: columns with personal information are not read and never kept: {first_ten(private)}",
            )
        )
    if other:
        notes.append(
            Text(f"{where}：未用的列：{first_ten_zh(other)}。", f"{where}: columns unused: {first_ten(other)}")
        )
    return notes


def _layer_table(
    path: Path, layer: str | None, register: Register, encoding: str | None
) -> tuple[list[Table], list[Text]]:
    """A vector layer as a table: its attributes are the ledger, its rows have numbers and no letters."""
    opened = open_layer(path, layer, encoding=encoding)
    frame = pd.DataFrame(opened.frame.drop(columns=opened.frame.geometry.name))
    texts = pd.DataFrame({str(c): [as_text(v) for v in frame[c]] for c in frame.columns}, dtype=object)
    where = f"{path.name}:{opened.name}"
    ledger = Ledger(texts, opened.notes, tuple(f"{where}!{n}" for n in range(1, len(texts) + 1)), has_merges=True)
    shapes: gpd.GeoDataFrame = opened.frame[[opened.frame.geometry.name]].reset_index(drop=True)
    table = make_table(register, ledger, where, shapes)
    return [table], [*opened.notes, *_strangers(table)]
