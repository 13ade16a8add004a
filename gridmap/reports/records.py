"""The ledgers of registers that a town hands in: points, rosters, the two lists, Party life, services."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from gridmap import __version__
from gridmap.data.written import written_whole
from gridmap.errors import InvalidInput
from gridmap.model.plan import Plan
from gridmap.model.profile import ExportProfile, check_profile
from gridmap.model.records import Records
from gridmap.model.register import Group
from gridmap.model.registers import registers_of
from gridmap.model.rules import Rules, load_rules
from gridmap.model.text import Language, Text
from gridmap.model.town import Town
from gridmap.points.two_in_one import find_two_in_one
from gridmap.reports.discretion import points_at_homes, without_people
from gridmap.reports.records_rows import Edition, Page, register_page
from gridmap.reports.records_staff import roster_pages, staff_pages
from gridmap.reports.records_totals import total_pages
from gridmap.reports.sheet import foot_row, for_print, merge_equal, table, title_rows, total_row
from gridmap.reports.words import INTERNAL, PAGE, SIGN, long_date, town_line

#: Tables no wider than this (characters) are printed on A4, others on A3.
_A4_WIDTH: Final = 130


def write_records(
    path: str | Path,
    group: Group,
    records: Records,
    plan: Plan,
    *,
    town: Town,
    day: dt.date,
    profile: ExportProfile,
    lang: Language = "zh",
    two_in_one: Mapping[str, Text] | None = None,
    with_phones: bool = False,
    rules: Rules | None = None,
) -> None:
    """Write the ledger of a group of registers: a sheet a register, and what is counted out of them.

    In the internal profile :func:`gridmap.data.records.read_records` reads the same records again (people with their
    numbers only where `with_phones` is set). In the leader and public profiles there are no names and no numbers, in
    texts neither (of the names, those of the people in `records`); private homes show their grid and nothing else,
    what lies in or at one shows no place, and small counts of people and households are hidden; the ledger of people
    then holds counts by grid.

    Parameters
    ----------
    path : str or Path
        A name that ends in ``.xlsx``.
    group : {"points", "people", "lists", "party", "services"}
    records : Records
        All that is recorded: points tell which places are private homes.
    plan : Plan
        Whose grids and jurisdictions are named.
    town : Town
    day : datetime.date
        On which posts, lists and offers count as current.
    profile : {"internal", "leader", "public"}
    lang : {"zh", "en"}
    two_in_one : mapping of str to Text, optional
        Id of a point that is two in one → why.
    with_phones : bool
        Whether the roster has telephone numbers; only in the internal profile.
    rules : Rules, optional
        By whose staffing vacancies are counted (R11); without it the default preset.

    Raises
    ------
    InvalidInput
        If the name does not end in ``.xlsx``, the profile is unknown, nothing of the group was ever recorded, phones
        are asked for outside the internal profile, or people in the public one.
    OutputError
        If the file cannot be written; an older file at `path` is left as it was.
    """
    target = Path(path).expanduser()
    check_profile(profile)
    _check(target, group, records, profile, with_phones=with_phones)
    edition = _edition(records, Edition(plan, day, profile, lang, two_in_one or {}))
    pages: list[Page] = []
    if group == "people":
        if profile == "internal":
            pages += roster_pages(records, edition, with_phones=with_phones)
        pages += staff_pages(records, edition, rules or load_rules())
    else:
        pages += [register_page(r, records, edition) for r in registers_of(group) if records.has(r.name)]
        pages += total_pages(group, records, edition)
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator = f"gridmap {__version__}"
    book.properties.title = f"{town.name} {pages[0].title.in_language(lang)}".strip()
    for page in pages:
        _write(book.create_sheet(page.name.in_language(lang)), page, town, records, edition)
    with written_whole(target) as temporary:
        book.save(temporary)


def _check(target: Path, group: Group, records: Records, profile: ExportProfile, *, with_phones: bool) -> None:
    if target.suffix.lower() != ".xlsx":
        raise InvalidInput(
            f"{target}: a ledger is an Excel workbook; give a name that ends in .xlsx",
            f"{target}：台账是 Excel 工作簿，文件名应以 .xlsx 结尾。",
        )
    if not any(records.has(r.name) for r in registers_of(group)):
        raise InvalidInput(
            f"nothing of {group} was ever recorded; import a ledger first",
            f"还没有登记过这类台账（{group}）；请先导入。",
        )
    if with_phones and profile != "internal":
        raise InvalidInput(
            f"telephone numbers stand only in internal ledgers, never in the {profile} profile",
            f"电话只能出现在内部台账中，不能用于 {profile} 版本。",
        )
    if group == "people" and profile == "public":
        raise InvalidInput(
            "staffing is not published: the ledger of people is internal or for leaders",
            "网格队伍不对外公布：人员台账只有内部版（internal）和领导版（leader）。",
        )


def _edition(records: Records, edition: Edition) -> Edition:
    """The edition, with what it leaves out of texts and of the points."""
    if edition.is_internal:
        return edition
    places = edition.plan.units
    spared = {str(n) for names in (places.jurisdictions["name"], places.frame["compound"]) for n in names.unique()}
    plain = without_people(set(records.of("person")["name"]), spared, edition.lang)
    points = records.points
    if points.empty:
        return replace(edition, plain=plain)
    points = points if points.crs == places.frame.crs else points.to_crs(places.frame.crs)
    pairs = find_two_in_one(points, edition.plan, day=edition.day).pairs
    partners = dict(zip(pairs["point_id"], pairs["partner_id"], strict=True))
    withheld = points_at_homes(
        points["point_id"].tolist(),
        points["is_private_home"].tolist(),
        points["premises_id"].str.strip().tolist(),
        [partners.get(i, "") for i in points["point_id"]],
        np.column_stack([points.geometry.x, points.geometry.y]),
    )
    addresses = frozenset(points["address"][points["point_id"].isin(withheld)]) - {""}
    return replace(edition, withheld=withheld, addresses=addresses, plain=plain)


def _write(sheet: Worksheet, page: Page, town: Town, records: Records, e: Edition) -> None:
    line = f"{town_line(town, e.lang, is_synthetic=town.is_synthetic or records.is_synthetic)}　　"
    line += f"{Text('截至', 'As of ').in_language(e.lang)}{long_date(e.day.isoformat(), e.lang)}"
    if e.profile == "internal":
        line += f"　　【{INTERNAL.in_language(e.lang)}】"
    title_rows(sheet, f"{town.name}{'' if e.lang == 'zh' else ' '}{page.title.in_language(e.lang)}", line, page.columns)
    end = table(sheet, page.columns, page.rows)
    if page.merged:
        merge_equal(sheet, page.merged, 4, page.places)
    if page.total and page.rows:
        total_row(sheet, end, page.columns, page.total, merged=2)
        end += 1
    foot_row(sheet, end, SIGN.in_language(e.lang), len(page.columns))
    for_print(sheet, PAGE.in_language(e.lang), is_small=sum(c.width for c in page.columns) <= _A4_WIDTH)
