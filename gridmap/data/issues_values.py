"""Words of a table of issues become values: steps, tiers, categories, who, whose, each different word read once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.data.columns import as_text, fold_key, lost_digits
from gridmap.data.issues_columns import HEADINGS
from gridmap.data.issues_desk import IssueDesk
from gridmap.data.records_places import Gazetteer
from gridmap.data.records_values import Read, is_nothing, plain, read_count, read_word
from gridmap.data.table import raw_sheets
from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.issue_policy import IssuePolicy
from gridmap.model.issues import PLACE_STATES, STEPS, TIERS
from gridmap.model.register import Choice, Column
from gridmap.model.text import Text

Words = NDArray[np.object_]
_DEPARTMENT: Final = re.compile(r"(办|办公室|所|局|中心|队|站|department|dept\.?)$", re.IGNORECASE)
#: An id of a person: letters and digits of ASCII with a digit among them; a name has none.
_ID: Final = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9_.:-]*")
#: Digits alone of these lengths are telephone and identity numbers.
_NUMBERS: Final = re.compile(r"1[3-9]\d{9}|\d{17}[\dXx]")
#: Something like a number whose digits a spreadsheet cut, on a line of its own.
_CUT: Final = re.compile(r"^\d(\.\d+)?[eE]\+?\d+$", re.MULTILINE)
#: Columns that say what kind of issue it is, the finest first.
_KINDS: Final = ("kind", "kind_type", "kind_group")


def mapped(texts: Words, read: Callable[[str], Any]) -> Words:
    """`read` of each text, (n,); equal texts are read once."""
    codes, words = pd.factorize(texts)
    return np.asarray(objects([read(word) for word in words])[codes], dtype=object)


def objects(values: Sequence[object]) -> Words:
    """An array of objects, (n,): numpy makes numbers, texts of one length or tables of what it is given."""
    return np.fromiter(values, dtype=object, count=len(values))


def stripped(desk: IssueDesk, column: str) -> Words:
    """What is written in a column, without blanks around it; "" where the file has no such column."""
    texts = desk.written.texts(column)
    return objects([*map(str.strip, texts)]) if column in desk.written.has else texts


def _values(desk: IssueDesk, column: str, codes: NDArray[np.int64], reads: Sequence[Read], blank: Any) -> Words:
    """The value of each row, by the position of what was read; what is wrong is said once, at its first cell."""
    values = objects([blank if one.value is None else one.value for one in reads])
    found, first, n_rows = np.unique(codes, return_index=True, return_counts=True)
    for k, row, n in zip(found.tolist(), first.tolist(), n_rows.tolist(), strict=True):
        said = reads[k].said
        if said is not None:
            left = reads[k].value is None
            more_zh = f"（共 {n:,} 行{'，留空' if left else ''}）"
            more_en = f" ({n:,} rows{', left blank' if left else ''})"
            desk.say(np.array([row]), column, Text(said.zh + more_zh, said.en + more_en), "warning")
    return np.asarray(values[codes], dtype=object)


def _read(desk: IssueDesk, column: str, reader: Callable[[str], Read], blank: Any = "") -> Words:
    codes, words = pd.factorize(desk.written.texts(column))
    return _values(desk, column, codes, [reader(w) for w in words], blank)


def read_ids(desk: IssueDesk, source: str) -> Words:
    """Ids, with the name of the platform before them where one is given; wrong ones are said."""
    ids = stripped(desk, "issue")
    blank = np.fromiter(map(len, ids), dtype=np.int64, count=len(ids)) < 6
    blank[blank] = [is_nothing(t) for t in ids[blank]]
    cut = np.zeros(len(ids), dtype=bool)
    if _CUT.search("\n".join(ids)):
        cut[:] = [lost_digits(t) for t in ids]
    desk.say(
        blank,
        "issue",
        Text("没有填编号；没有编号的问题无法重复导入", "has no id; an issue without one cannot be imported again"),
    )
    desk.say(
        cut,
        "issue",
        Text(
            "编号的位数被表格软件截去；请把该列设为文本后重新导出",
            "a spreadsheet cut the digits of the id; format the column as text and export it again",
        ),
    )
    ids[blank] = ""
    return with_source(ids, source)


def with_source(ids: Words, source: str) -> Words:
    """Ids with ``source:`` before them where they have it not; blank ones stay blank."""
    if not source:
        return ids
    mark = f"{source}:"
    return objects([i if not i or i.startswith(mark) else mark + i for i in ids])


def _word_column(name: str, choices: Mapping[str, Choice]) -> Column:
    return Column(name, "word", HEADINGS[name].title, choices=choices)


def read_steps(desk: IssueDesk, derived: Words) -> Words:
    """The step of each issue: as it is written; where that is blank as its times tell.

    Parameters
    ----------
    desk : IssueDesk
    derived : ndarray of str, (n,)
        The step that the times of each tell; "" where they tell none but the report.
    """
    texts = desk.written.texts("step")
    column = _word_column("step", STEPS)
    read = {w: read_word(w, column) for w in pd.unique(texts)}
    steps = mapped(texts, lambda w: read[w].value or "")
    unknown = mapped(texts, lambda w: read[w].said is not None).astype(bool)
    told = unknown & (derived != "")
    for mask, severity in ((unknown & ~told, "error"), (told, "warning")):
        rows = np.flatnonzero(mask)
        said = [_said(read[t].said, is_told=severity == "warning") for t in texts[rows]]
        desk.say(rows, "step", said, "error" if severity == "error" else "warning")
    return np.where(steps != "", steps, np.where(derived != "", derived, "detected")).astype(object)


def _said(said: Text | None, *, is_told: bool) -> Text:
    assert said is not None  # asked for of unknown words only
    return Text(f"{said.zh}；按时间判定", f"{said.en}; told by the times") if is_told else said


def read_handlers(desk: IssueDesk, gazetteer: Gazetteer) -> Words:
    """Who disposes of it: the code of a grid or a jurisdiction where that is meant, else as it is written."""

    def read(text: str) -> str:
        shown = plain(text)
        if is_nothing(text):
            return ""
        key = fold_key(text)
        if key in gazetteer.home or key in gazetteer.names:
            return key
        if re.search(r"\d|网格", shown):
            return gazetteer.grid(text, None).value or shown
        return gazetteer.jurisdiction(text).value or shown

    return mapped(desk.written.texts("handler"), read)


def read_tiers(desk: IssueDesk, handlers: Words, gazetteer: Gazetteer) -> Words:
    """The tier of each issue: as it is written; where blank, by who disposes of it; else "" (unknown)."""
    column = _word_column("tier", TIERS)
    written = _read(desk, "tier", lambda w: read_word(w, column))

    def by_handler(handler: str) -> str:
        if handler in gazetteer.home:
            return "grid"
        if handler in gazetteer.names:
            return "jurisdiction"
        return "department" if _DEPARTMENT.search(handler) else ""

    return np.where(written != "", written, mapped(handlers, by_handler)).astype(object)


def read_owners(desk: IssueDesk, gazetteer: Gazetteer) -> tuple[Words, Words]:
    """Codes of the grid and the jurisdiction that each issue names, "" where it names none of this town's."""
    jurisdictions = _read(desk, "jurisdiction", gazetteer.jurisdiction)
    at_text, texts = pd.factorize(desk.written.texts("grid"))
    at_place, codes = pd.factorize(jurisdictions)
    pair, unique = pd.factorize(at_text * len(codes) + at_place)
    reads = [gazetteer.grid(texts[u // len(codes)], codes[u % len(codes)] or None) for u in unique]
    found = _values(desk, "grid", pair, reads, "")
    home = mapped(found, lambda g: gazetteer.home.get(g, ""))
    return found, np.where(jurisdictions != "", jurisdictions, home).astype(object)


def read_reporters(desk: IssueDesk, people: Mapping[str, str] | None) -> Words:
    """Ids of who reported: names by `people`, ids as they are; other names become "" and are counted in a note."""
    known = {fold_key(n): i for n, i in (people or {}).items()}
    ids = set(known.values())

    def read(text: str) -> str | None:
        shown = plain(text)
        if is_nothing(text):
            return ""
        found = known.get(fold_key(text))
        if found is not None:
            return found
        looks = _ID.fullmatch(shown) is not None and not _NUMBERS.fullmatch(shown)
        return shown if shown in ids or looks else None

    found = mapped(desk.written.texts("reporter"), read)
    lost = found == np.array(None, dtype=object)
    n = int(lost.sum())
    if n:
        desk.notes.append(
            Text(
                f"{n:,} 件的上报人写的是姓名，人员名册中没有对应的编号：姓名不读入，上报人留空。",
                f"{n:,} issues name a reporter who has no id on record: names are not taken in, the reporter is left "
                "blank",
            )
        )
    found[lost] = ""
    return found


@dataclass(frozen=True, eq=False)
class ReadKinds:
    """Categories, the platform's own words, and those words that no category has with their numbers of issues."""

    category: Words
    kind: Words
    unmapped: dict[str, int]


def read_kinds(desk: IssueDesk, policy: IssuePolicy, table: Mapping[str, str]) -> ReadKinds:
    """The category of each issue.

    The finest word that has one decides; for the same word the user's table goes before the policy.

    Parameters
    ----------
    desk : IssueDesk
    policy : IssuePolicy
    table : mapping of str to str
        Folded word → key of a category.
    """
    written = desk.written
    category = np.full(len(written), "", dtype=object)
    kind = np.full(len(written), "", dtype=object)
    for name in ("category", *_KINDS):
        if name not in written.has:
            continue
        texts = stripped(desk, name)
        keys = mapped(texts, lambda w: table.get(fold_key(w)) or policy.category_of(w))
        category = np.where(category != "", category, keys).astype(object)
        if name in _KINDS or not written.has & set(_KINDS):
            kind = np.where(kind != "", kind, texts).astype(object)
    lost = category == ""
    words = pd.Series(np.where(kind != "", kind, stripped(desk, "category")), dtype=object)
    counts = words[lost & (words != "").to_numpy()].value_counts()
    unmapped = {str(w): int(n) for w, n in counts.items()}
    category[lost] = "other"
    _note_unmapped(desk, unmapped, int(lost.sum()))
    return ReadKinds(category, kind, unmapped)


def _note_unmapped(desk: IssueDesk, unmapped: Mapping[str, int], n_lost: int) -> None:
    if not n_lost:
        return
    most = [f"{w}（{n:,}）" for w, n in unmapped.items()][:10]
    most_en = [f"{w} ({n:,})" for w, n in unmapped.items()][:10]
    n_blank = n_lost - sum(unmapped.values())
    blank = (
        Text(f"，其中 {n_blank:,} 件没有写类别", f", {n_blank:,} of them without any word") if n_blank else Text("", "")
    )
    listed = Text(f"：最多的是 {'、'.join(most)}", f": most often {', '.join(most_en)}") if most else Text("", "")
    desk.notes.append(
        Text(
            f"{n_lost:,} 件归入「其他」{blank.zh}：{len(unmapped)} 种写法没有对应的类别{listed.zh}。"
            "请做一张两列的 CSV（平台写法，本系统类别），用 --categories 文件.csv 导入。",
            f"{n_lost:,} issues are put under 'other'{blank.en}: {len(unmapped)} words have no category{listed.en}. "
            "Make a CSV file of two columns (what they write, our category) and import with --categories FILE.csv",
        )
    )


def read_category_table(source: str | Path | Mapping[str, str] | None, policy: IssuePolicy) -> dict[str, str]:
    """What a platform writes (folded) → key of a category, out of a file of two columns.

    Raises
    ------
    InvalidInput
        If a row names no category of the policy, or the file cannot be read.
    RefusedSource
        If the file is no table by its ending.
    """
    if source is None:
        return {}
    if isinstance(source, Mapping):
        where, rows = "categories", [(str(a), str(b)) for a, b in source.items()]
    else:
        where = Path(source).name
        sheet = next(iter(raw_sheets(source).values()))
        rows = [(as_text(r[0]), as_text(r[1])) for r in sheet if len(r) >= 2 and as_text(r[0])]
        if rows and not policy.category_of(rows[0][1]):
            rows = rows[1:]  # a header
    wrong = [f"{theirs} → {ours}" for theirs, ours in rows if not policy.category_of(ours)]
    if wrong or not rows:
        known = [f"{key}（{c.text.zh}）" for key, c in policy.categories.items()]
        raise InvalidInput(
            f"{where}: wanted two columns, what they write and one of our categories; not such: "
            f"{first_ten(wrong) or 'no rows'}; categories: {', '.join(policy.categories)}",
            f"{where}：应为两列：平台写法、本系统类别；有误：{first_ten_zh(wrong) or '没有数据行'}；"
            f"类别有：{'、'.join(known)}。",
        )
    return {fold_key(theirs): policy.category_of(ours) for theirs, ours in rows}


def read_counts(desk: IssueDesk, column: str) -> NDArray[np.int64]:
    """Whole numbers, 0 where blank; what is none is said."""
    return _read(desk, column, read_count, 0).astype(np.int64)


def read_place_states(desk: IssueDesk) -> Words:
    """Key of what the file says of each place, "" where it says nothing."""
    column = _word_column("place_state", PLACE_STATES)
    return mapped(desk.written.texts("place_state"), lambda w: read_word(w, column).value or "")
