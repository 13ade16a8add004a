"""The ledger of issues: what a town hands in and reads again, or an empty form to fill in."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import openpyxl
import pandas as pd
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation

from gridmap import __version__
from gridmap.data.crs import WGS84
from gridmap.data.issues_columns import HEADINGS, HELP_SHEET
from gridmap.data.private_numbers import without_numbers
from gridmap.data.written import written_whole
from gridmap.errors import InvalidInput
from gridmap.model.issue_policy import IssuePolicy
from gridmap.model.issues import PLACE_STATES, STEPS, TIERS, Issues, category_text
from gridmap.model.plan import Plan
from gridmap.model.profile import ExportProfile, check_profile
from gridmap.model.text import Language, Text
from gridmap.model.town import Town
from gridmap.reports.sheet import Column, foot_row, for_print, table, title_rows
from gridmap.reports.words import INTERNAL, PAGE, SIGN, long_date, town_line

#: More rows than this are no ledger that anybody reads, and take minutes to write.
MOST_ROWS: Final = 50_000
_TITLE: Final = Text("问题台账", "Issues")
_NUMBER: Final = Text("序号", "No.")
#: Column → width in characters; the columns of each profile in order.
_INTERNAL: Final = {
    "issue": 20, "category": 14, "kind": 16, "description": 44, "address": 28, "jurisdiction": 14, "grid": 19,
    "step": 12, "tier": 12, "handler": 20, "channel": 14, "reporter": 14, "reported_at": 20, "disposed_at": 20,
    "settled_at": 20, "verified_at": 20, "due_at": 20, "deferred_until": 20, "n_sent_back": 10, "n_escalated": 10,
    "n_reopened": 10, "duplicate_of": 20, "source": 14, "unit": 18, "plan": 18, "plan_version": 10,
    "longitude": 13, "latitude": 13, "place_state": 12,
}  # fmt: skip
#: Who reported it, what was said and where exactly stays inside; a unit is as good as an address.
_LEADER: Final = (
    "issue", "category", "kind", "jurisdiction", "grid", "step", "tier", "handler", "channel", "reported_at",
    "disposed_at", "settled_at", "verified_at", "due_at", "deferred_until", "n_sent_back", "n_escalated", "n_reopened",
    "duplicate_of",
)  # fmt: skip
_COLUMNS: Final[Mapping[ExportProfile, Sequence[str]]] = {"internal": tuple(_INTERNAL), "leader": _LEADER}
_TIMES: Final = ("reported_at", "disposed_at", "settled_at", "verified_at", "due_at", "deferred_until")
_COUNTS: Final = ("n_sent_back", "n_escalated", "n_reopened", "plan_version")
_LEFT: Final = frozenset(("description", "address", "handler"))
#: Columns in which people may have written a number of somebody.
_FREE: Final = frozenset(("kind", "description", "address", "handler", "channel", "reporter"))
#: Rows of an empty form in which the lists of words can be chosen.
_FORM_ROWS: Final = 500
_CHOSEN: Final = ("category", "step", "tier")
_HELP: Final[Mapping[str, Text]] = {
    "issue": Text("必填，每个问题一个，重复导入时按它识别", "Needed, one an issue: by it an issue is known again"),
    "category": Text("从右侧「类别」中选一个", "One of the categories on the right"),
    "kind": Text("平台或热线自己的分类，照抄", "What the platform itself calls it"),
    "description": Text("不写姓名、电话、身份证号", "No names, no telephone or identity numbers"),
    "jurisdiction": Text("村居名称或 12 位代码", "Name or code of the village or residential area"),
    "grid": Text("网格编号，或村居内的序号", "Code of the grid, or its number in the jurisdiction"),
    "step": Text("从右侧「状态」中选一个；空着时按时间判定", "One of the steps; blank: told by the times"),
    "tier": Text("从右侧「处置层级」中选一个", "One of the tiers"),
    "handler": Text("网格编号、村居或部门名称", "Code of the grid, the jurisdiction, or the department"),
    "reporter": Text("人员编号（不写姓名）", "Id of the person, not the name"),
    "reported_at": Text("必填，如 2020-02-05 08:30", "Needed, like 2020-02-05 08:30"),
    "due_at": Text("空着时按时限表计算", "Blank: computed from the table of deadlines"),
    "duplicate_of": Text("并入的问题编号", "Id of the issue that stays"),
    "longitude": Text("CGCS2000 或 WGS-84，如 121.3461", "CGCS2000 or WGS-84, like 121.3461"),
    "latitude": Text("如 30.7412", "Like 30.7412"),
}


def write_issues(
    path: str | Path,
    issues: Issues,
    plan: Plan,
    policy: IssuePolicy,
    *,
    town: Town,
    day: dt.date,
    profile: ExportProfile,
    lang: Language = "zh",
) -> None:
    """Write the ledger of issues; of no issues, an empty form.

    In the internal profile :func:`gridmap.data.issues.read_issues` reads the same issues again (but for ``version`` and
    ``n_conflicts``, which belong to the log of events). In the leader profile nobody is named as reporter, and there is
    no description and no place but the grid. There is none for the public: its rows could be counted.

    Parameters
    ----------
    path : str or Path
        A name that ends in ``.xlsx``.
    issues : Issues
    plan : Plan
        Whose jurisdictions are named.
    policy : IssuePolicy
        Whose categories are named.
    town : Town
        For the title.
    day : datetime.date
        As of which the ledger is made.
    profile : {"internal", "leader"}
    lang : {"zh", "en"}

    Raises
    ------
    InvalidInput
        If the name does not end in ``.xlsx``, the profile is unknown or ``public``, or there are more than
        :data:`MOST_ROWS` issues.
    OutputError
        If the file cannot be written; an older file at `path` is left as it was.
    """
    target = Path(path).expanduser()
    known = check_profile(profile)
    if known not in _COLUMNS:
        raise InvalidInput(
            "a ledger lists single issues and is not for the public; a map is: gridmap issues heat --profile public",
            "台账逐条列出问题，不对公众提供；可用 gridmap issues heat --profile public 制作公开地图。",
        )
    if target.suffix.lower() != ".xlsx":
        raise InvalidInput(
            f"{target}: a ledger is an Excel workbook; give a name that ends in .xlsx",
            f"{target}：台账是 Excel 工作簿，文件名应以 .xlsx 结尾。",
        )
    if len(issues) > MOST_ROWS:
        raise InvalidInput(
            f"{len(issues):,} issues are too many for a ledger ({MOST_ROWS:,} at most); choose a period with --from "
            "and --to",
            f"{len(issues):,} 件问题太多，一本台账最多 {MOST_ROWS:,} 件；请用 --from、--to 选一段时间。",
        )
    columns = _COLUMNS[known]
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator = f"gridmap {__version__}"
    book.properties.title = f"{town.name} {_TITLE.in_language(lang)}".strip()
    sheet = book.create_sheet(_TITLE.in_language(lang))
    line = f"{town_line(town, lang, is_synthetic=town.is_synthetic or issues.is_synthetic)}　　"
    line += f"{Text('截至', 'As of ').in_language(lang)}{long_date(day.isoformat(), lang)}"
    line += f"　　【{INTERNAL.in_language(lang)}】" if known == "internal" else ""
    heads = [Column(_NUMBER.in_language(lang), 7, "0"), *(_head(c, lang) for c in columns)]
    title_rows(sheet, f"{town.name}{'' if lang == 'zh' else ' '}{_TITLE.in_language(lang)}", line, heads)
    values = [_values(issues, c, plan, policy, lang) for c in columns]
    end = table(sheet, heads, [(n, *row) for n, row in enumerate(zip(*values, strict=True), start=1)])
    if len(issues):
        foot_row(sheet, end, SIGN.in_language(lang), len(heads))
    for_print(sheet, PAGE.in_language(lang))
    if known == "internal":
        _help(book, policy, columns, lang, last_row=max(end, _FORM_ROWS))
    with written_whole(target) as temporary:
        book.save(temporary)


def _head(column: str, lang: Language) -> Column:
    number_format = "0.000000" if column in ("longitude", "latitude") else "0" if column in _COUNTS else "@"
    align = "left" if column in _LEFT else "center"
    return Column(HEADINGS[column].title.in_language(lang), float(_INTERNAL[column]), number_format, align)


def _values(issues: Issues, column: str, plan: Plan, policy: IssuePolicy, lang: Language) -> Sequence[object]:
    """What stands in a column of the ledger, one value an issue."""
    frame = issues.frame
    if column == "issue":
        return list(frame.index)
    if column in ("longitude", "latitude"):
        return _degrees(issues, column)
    series = frame[column]
    if column in _TIMES:
        return [_moment(t) for t in series]
    if column in _COUNTS:
        return [n or "" for n in series.tolist()]
    if column in _FREE:
        return [without_numbers(text) for text in _told(series, column, plan, policy, lang)]
    return _told(series, column, plan, policy, lang)


def _told(series: pd.Series, column: str, plan: Plan, policy: IssuePolicy, lang: Language) -> list[str]:
    words = _words(column, plan, policy)
    return [words(value).in_language(lang) for value in series]


def _words(column: str, plan: Plan, policy: IssuePolicy) -> Callable[[str], Text]:
    """How a value of a column is written."""
    choices = {"step": STEPS, "tier": TIERS, "place_state": PLACE_STATES}.get(column)
    if choices is not None:
        return lambda key: choices[key].text if key in choices else Text(key, key)
    if column == "category":
        texts = {key: category.text for key, category in policy.categories.items()}
        return lambda key: category_text(key, texts)
    names: dict[str, str] = {}
    if column in ("jurisdiction", "handler"):
        given = plan.units.jurisdictions["name"]
        times = Counter(given)
        names = {str(c): str(n) for c, n in given.items() if n and times[n] == 1}
    return lambda value: Text(names.get(value, value), names.get(value, value))


def _moment(time: Any) -> str:
    if pd.isna(time):
        return ""
    return str(time.strftime("%Y-%m-%d %H:%M:%S" if time.second else "%Y-%m-%d %H:%M"))


def _degrees(issues: Issues, column: str) -> list[object]:
    places = issues.frame.geometry.to_crs(WGS84)
    numbers = places.x if column == "longitude" else places.y
    return ["" if np.isnan(n) else float(n) for n in numbers]


def _help(book: Workbook, policy: IssuePolicy, columns: Sequence[str], lang: Language, *, last_row: int) -> None:
    """The sheet that says what to write, with the words to choose from; cells of the ledger offer those words."""
    words = {
        "category": [c.text for c in policy.categories.values()],
        "step": [c.text for c in STEPS.values()],
        "tier": [c.text for c in TIERS.values()],
    }
    title = HELP_SHEET.in_language(lang)
    sheet = book.create_sheet(title)
    heads = [Column(Text("列", "Column").in_language(lang), 16), Column(title, 48, align="left")]
    heads += [Column(Text(f"可选：{h.zh}", f"Words: {h.en}").in_language(lang), 20) for h in map(_title, _CHOSEN)]
    line = Text("按列名识别，列的次序不限，用不到的列可以删去。", "Columns are known by their headings, in any order.")
    title_rows(sheet, title, line.in_language(lang), heads)
    listed = [[HEADINGS[c].title.in_language(lang), t.in_language(lang)] for c, t in _HELP.items()]
    chosen = [[t.in_language(lang) for t in words[c]] for c in _CHOSEN]
    n_rows = max(len(listed), *(len(c) for c in chosen))
    rows = [
        [*(listed[i] if i < len(listed) else ("", "")), *(c[i] if i < len(c) else "" for c in chosen)]
        for i in range(n_rows)
    ]
    table(sheet, heads, rows)
    for_print(sheet, PAGE.in_language(lang), is_small=True)
    for at, column in enumerate(_CHOSEN):
        letters = get_column_letter(3 + at)
        offered = DataValidation(
            type="list", formula1=f"'{title}'!${letters}$4:${letters}${3 + len(chosen[at])}", allow_blank=True
        )
        offered.showErrorMessage = False  # other words are read too
        where = get_column_letter(2 + list(columns).index(column))
        offered.add(f"{where}4:{where}{last_row}")
        book.worksheets[0].add_data_validation(offered)


def _title(column: str) -> Text:
    return HEADINGS[column].title
