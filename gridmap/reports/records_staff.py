"""The ledgers of people: the roster by grid, and how every grid is staffed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from gridmap.model.records import Records
from gridmap.model.registers import REGISTERS
from gridmap.model.registers.people import ERASED_NAME, ROLES
from gridmap.model.rules import Rules
from gridmap.model.text import Language, Text
from gridmap.people.roster import chiefs_of_jurisdictions
from gridmap.people.staffing import staffing_of_grids, staffing_totals
from gridmap.reports.records_rows import Edition, Page
from gridmap.reports.sheet import Column

_ROSTER: Final = Text("花名册", "Roster")
_PEOPLE: Final = Text("人员", "People")
_GRIDS: Final = Text("各网格配备", "Staffing by grid")
_PLACES: Final = Text("各村居配备", "Staffing by jurisdiction")
_IN_GRID: Final = ("grid_leader", "grid_instructor", "grid_member")
#: Columns of :func:`gridmap.people.staffing.staffing_of_grids`, in the order of the roles.
_COUNTS: Final = ("leaders", "instructors", "members")
_VACANT: Final = ["vacant_leaders", "vacant_instructors", "vacant_members"]


def roster_pages(records: Records, edition: Edition, *, with_phones: bool) -> list[Page]:
    """The roster by grid with names, and those who hold no post, for internal use."""
    lang = edition.lang
    post = records.of("post").reset_index(drop=True)
    person = records.of("person").set_index("person_id", drop=False)
    person["name"] = person["name"].where(person["name"] != "", ERASED_NAME.in_language(lang))
    home = post["jurisdiction"].where(post["jurisdiction"] != "", post["grid"].map(edition.home).fillna(""))
    order = pd.DataFrame(
        {
            "place": [edition.order.get(c, len(edition.order)) for c in home],
            "home": post["jurisdiction"],
            "grid": post["grid"],
            "role": [list(ROLES).index(r) for r in post["role"]],
            "id": post["person_id"],
            "since": post["since"],
        }
    )
    post = post.loc[order.sort_values(list(order.columns)).index]
    names = person["name"].reindex(post["person_id"]).fillna("").tolist()
    phones = person["phone"].reindex(post["person_id"]).fillna("").tolist()
    headings = [
        (Text("序号", "No."), 6, "0"),
        (Text("村居", "Jurisdiction"), 14, "@"),
        (Text("网格", "Grid"), 20, "@"),
        (Text("职务", "Role"), 14, "@"),
        (Text("人员编号", "Person id"), 12, "@"),
        (Text("姓名", "Name"), 12, "@"),
        *([(Text("联系电话", "Phone"), 16, "@")] if with_phones else []),
        (Text("人员来源", "Source"), 18, "@"),
        (Text("任职日期", "Since"), 13, "@"),
        (Text("离任日期", "Until"), 13, "@"),
    ]
    columns = [Column(t.in_language(lang), w, f) for t, w, f in headings]
    register = REGISTERS["post"]
    sources = register.column("source").choices or {}
    rows: list[list[object]] = [
        [
            number,
            edition.names.get(jurisdiction, jurisdiction),
            grid,
            ROLES[role].text.in_language(lang),
            key,
            name,
            *([phone] if with_phones else []),
            sources[source].text.in_language(lang) if source else "",
            "" if pd.isna(since) else str(since)[:10],
            "" if pd.isna(until) else str(until)[:10],
        ]
        for number, (key, role, jurisdiction, grid, source, since, until, name, phone) in enumerate(
            zip(*(post[c.name] for c in register.columns), names, phones, strict=True), start=1
        )
    ]
    label, n = Text("合计", "Total").in_language(lang), post["person_id"].nunique()
    total: list[object] = [label, "", Text(f"{n} 人", f"{n} people").in_language(lang), *[""] * (len(columns) - 3)]
    title = Text("网格队伍花名册", "roster of the grids")
    pages = [Page(_ROSTER, title, columns, rows, 2, post["jurisdiction"].tolist(), total)]
    idle = person[~person["person_id"].isin(post["person_id"])]
    if len(idle):
        own = [columns[0], *columns[4 : 7 if with_phones else 6]]
        listed: list[list[object]] = [
            [number, key, name, *([phone] if with_phones else [])]
            for number, (key, name, phone) in enumerate(
                zip(idle["person_id"], idle["name"], idle["phone"], strict=True), start=1
            )
        ]
        pages.append(Page(_PEOPLE, Text("无职务人员名单", "people without a post"), own, listed))
    return pages


def staff_pages(records: Records, edition: Edition, rules: Rules) -> list[Page]:
    """How many hold each post in each grid and jurisdiction, and what is vacant: no names."""
    recorded = records if records.has("post") else Records({"post": records.of("post")})
    grids = staffing_of_grids(edition.plan, recorded, rules, edition.day)
    grids["names"] = [_vacant(row, edition.lang) for row in grids[_VACANT].to_numpy(int).tolist()]
    totals = staffing_totals(edition.plan, recorded, rules, edition.day)
    chiefs = chiefs_of_jurisdictions(edition.plan, recorded, edition.day)["chiefs"]
    return [_by_grid(grids, totals, edition), _by_place(grids, totals, chiefs, edition)]


def _by_grid(grids: pd.DataFrame, totals: Mapping[str, int | None], edition: Edition) -> Page:
    lang = edition.lang
    headings = [
        (Text("序号", "No."), 6.0, "0"),
        (Text("村居", "Jurisdiction"), 14.0, "@"),
        (Text("网格", "Grid"), 20.0, "@"),
        *((ROLES[role].text, 12.0, "#,##0") for role in _IN_GRID),
        (Text("空缺", "Vacant"), 40.0, "@"),
    ]
    columns = [Column(t.in_language(lang), w, f) for t, w, f in headings]
    table = grids.assign(order=[edition.order.get(place, 0) for place in grids["jurisdiction"]])
    table = table.rename_axis("code").sort_values(["order", "code"], kind="stable")
    rows: list[list[object]] = [
        [number, edition.names.get(place, place), code, *(int(n) for n in counts), vacant]
        for number, (code, place, vacant, *counts) in enumerate(
            zip(table.index, table["jurisdiction"], table["names"], *(table[c] for c in _COUNTS), strict=True), start=1
        )
    ]
    n_grids = Text(f"{len(table)} 个网格", f"{len(table)} grids").in_language(lang)
    total: list[object] = [_label(lang), "", n_grids, *(totals[f"{role}s"] for role in _IN_GRID), _lacking(grids, lang)]
    title = Text("各网格队伍配备", "staffing by grid")
    return Page(_GRIDS, title, columns, rows, 2, table["jurisdiction"].tolist(), total)


def _by_place(grids: pd.DataFrame, totals: Mapping[str, int | None], chiefs: pd.Series, edition: Edition) -> Page:
    lang = edition.lang
    headings = [
        (Text("序号", "No."), 6.0, "0"),
        (Text("村居", "Jurisdiction"), 18.0, "@"),
        (Text("网格数", "Grids"), 10.0, "#,##0"),
        *((ROLES[role].text, 12.0, "#,##0") for role in ROLES),
        (Text("空缺", "Vacant"), 40.0, "@"),
    ]
    columns = [Column(t.in_language(lang), w, f) for t, w, f in headings]
    by_place = grids.groupby("jurisdiction")
    sums, lacks, n = by_place[list(_COUNTS)].sum(), by_place[_VACANT].sum(), by_place.size()
    rows: list[list[object]] = [
        [
            number,
            edition.names.get(place, place),
            int(n[place]),
            int(chiefs.get(place, 0)),
            *(int(count) for count in sums.loc[place]),
            _vacant([int(v) for v in lacks.loc[place]], lang),
        ]
        for number, place in enumerate(sorted(sums.index, key=lambda c: edition.order.get(c, 0)), start=1)
    ]
    of_town = [totals[f"{role}s"] for role in ROLES]
    total: list[object] = [_label(lang), "", len(grids), *of_town, _lacking(grids, lang)]
    return Page(_PLACES, Text("各村居队伍配备", "staffing by jurisdiction"), columns, rows, total=total)


def _label(lang: Language) -> str:
    """Of the totals: a leader of two grids stands in two rows and is one person."""
    return Text("合计（按人计）", "Total (people)").in_language(lang)


def _lacking(grids: pd.DataFrame, lang: Language) -> str:
    return _vacant([int(v) for v in grids[_VACANT].sum()], lang)


def _vacant(short: Sequence[int], lang: Language) -> str:
    """What is lacking, in words: posts of a person each, and members under the minimum."""
    parts = [
        Text(f"缺{ROLES[role].text.zh} {n}", f"{n} × {ROLES[role].text.en.lower()}").in_language(lang)
        for role, n in zip(_IN_GRID, short, strict=True)
        if n
    ]
    return ("，" if lang == "zh" else ", ").join(parts)
