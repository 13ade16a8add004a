"""The ledgers of people: the roster by grid, and how every grid is staffed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from gridmap.model.records import Records, is_current, make_records
from gridmap.model.registers import REGISTERS
from gridmap.model.registers.people import ROLES
from gridmap.model.rules import Staffing
from gridmap.model.text import Text
from gridmap.reports.records_rows import Edition, Page
from gridmap.reports.sheet import Column

_ROSTER: Final = Text("花名册", "Roster")
_PEOPLE: Final = Text("人员", "People")
_GRIDS: Final = Text("各网格配备", "Staffing by grid")
_PLACES: Final = Text("各村居配备", "Staffing by jurisdiction")
_IN_GRID: Final = ("grid_leader", "grid_instructor", "grid_member")


def roster_pages(records: Records, edition: Edition, *, with_phones: bool) -> list[Page]:
    """The roster by grid with names, and those who hold no post, for internal use."""
    lang = edition.lang
    post = records.of("post").reset_index(drop=True)
    person = records.of("person").set_index("person_id", drop=False)
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


def staff_pages(records: Records, edition: Edition, staffing: Staffing) -> list[Page]:
    """How many hold each post in each grid and jurisdiction, and what is vacant: no names."""
    posts = records.of("post") if records.has("post") else make_records(REGISTERS["post"], {})
    posts = posts[is_current(posts, edition.day, since="since", until="until")]
    held = posts.drop_duplicates(["person_id", "role", "grid", "jurisdiction"])
    of_grid = pd.crosstab(held["grid"], held["role"]).reindex(
        index=list(edition.plan.codes), columns=list(_IN_GRID), fill_value=0
    )
    needed = (staffing.leaders, staffing.instructors, staffing.members_min)
    short = (pd.Series(needed, index=list(_IN_GRID)) - of_grid).clip(lower=0)
    chiefs = held[held["role"] == "chief_grid_leader"].groupby("jurisdiction")["person_id"].nunique()
    return [_by_grid(of_grid, short, edition), _by_place(of_grid, short, chiefs, edition)]


def _by_grid(counts: pd.DataFrame, short: pd.DataFrame, edition: Edition) -> Page:
    lang = edition.lang
    headings = [
        (Text("序号", "No."), 6.0, "0"),
        (Text("村居", "Jurisdiction"), 14.0, "@"),
        (Text("网格", "Grid"), 20.0, "@"),
        *((ROLES[role].text, 12.0, "#,##0") for role in _IN_GRID),
        (Text("空缺", "Vacant"), 40.0, "@"),
    ]
    columns = [Column(t.in_language(lang), w, f) for t, w, f in headings]
    codes = sorted(edition.plan.codes, key=lambda c: (edition.order.get(edition.home[c], 0), c))
    rows: list[list[object]] = [
        [
            number,
            edition.names.get(edition.home[code], edition.home[code]),
            code,
            *(int(counts[role][code]) for role in _IN_GRID),
            _vacant({role: int(short[role][code]) for role in _IN_GRID}, edition),
        ]
        for number, code in enumerate(codes, start=1)
    ]
    n = len(codes)
    total: list[object] = [
        Text("合计", "Total").in_language(lang),
        "",
        Text(f"{n} 个网格", f"{n} grids").in_language(lang),
        *(int(counts[role].sum()) for role in _IN_GRID),
        _vacant({role: int(short[role].sum()) for role in _IN_GRID}, edition),
    ]
    return Page(
        _GRIDS, Text("各网格队伍配备", "staffing by grid"), columns, rows, 2, [edition.home[c] for c in codes], total
    )


def _by_place(counts: pd.DataFrame, short: pd.DataFrame, chiefs: pd.Series, edition: Edition) -> Page:
    lang = edition.lang
    headings = [
        (Text("序号", "No."), 6.0, "0"),
        (Text("村居", "Jurisdiction"), 18.0, "@"),
        (Text("网格数", "Grids"), 10.0, "#,##0"),
        *((ROLES[role].text, 12.0, "#,##0") for role in ROLES),
        (Text("空缺", "Vacant"), 40.0, "@"),
    ]
    columns = [Column(t.in_language(lang), w, f) for t, w, f in headings]
    home = pd.Series(edition.home).reindex(counts.index)
    sums, lacks, n = counts.groupby(home).sum(), short.groupby(home).sum(), home.value_counts()
    rows: list[list[object]] = [
        [
            number,
            edition.names[place],
            int(n[place]),
            int(chiefs.get(place, 0)),
            *(int(sums[role][place]) for role in _IN_GRID),
            _vacant({role: int(lacks[role][place]) for role in _IN_GRID}, edition),
        ]
        for number, place in enumerate(sorted(sums.index, key=lambda c: edition.order.get(c, 0)), start=1)
    ]
    label = Text("合计", "Total").in_language(lang)
    sums_of_town = [int(counts[role].sum()) for role in _IN_GRID]
    vacant = _vacant({role: int(short[role].sum()) for role in _IN_GRID}, edition)
    total = [label, "", len(counts), int(chiefs.sum()), *sums_of_town, vacant]
    return Page(_PLACES, Text("各村居队伍配备", "staffing by jurisdiction"), columns, rows, total=total)


def _vacant(short: Mapping[str, int], edition: Edition) -> str:
    """What is lacking, in words: posts of a person each, and members under the minimum."""
    lang = edition.lang
    parts = [
        Text(f"缺{ROLES[role].text.zh} {n}", f"{n} × {ROLES[role].text.en.lower()}").in_language(lang)
        for role, n in ((role, short[role]) for role in _IN_GRID)
        if n
    ]
    return ("，" if lang == "zh" else ", ").join(parts)
