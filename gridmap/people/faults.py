"""R11: posts that cannot be true as they are recorded. Sentences name people by id, never by name or telephone."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import pandas as pd

from gridmap.errors import first_ten, first_ten_zh
from gridmap.model.finding import Row
from gridmap.model.nearest import nearest_code
from gridmap.model.text import Text
from gridmap.people.case import StaffCase, role_text

#: Digits of a division code that name the town; with other ones, a code is another town's.
_TOWN_DIGITS = 9


def posts_in_grids(case: StaffCase) -> list[Row]:
    """Posts held on the day in a grid that the plan does not have: retired, misspelt or another town's."""
    rows = []
    posts = case.roster.posts
    for post in posts[posts["place"] == "other_grid"].to_dict("records"):
        role, code = role_text(str(post["role"])), str(post["grid"])
        why = Text("已停用", "a retired grid") if code in case.retired else Text("不在方案内", "no grid of the plan")
        hint = _hint(case, code)
        rows.append(
            Row(
                Text(
                    f"{role.zh} {post['person_id']} 任职的网格 {code} {why.zh}{hint.zh}",
                    f"{role.en.capitalize()} {post['person_id']} is posted in {code}, {why.en}{hint.en}",
                ),
                jurisdiction=str(post["jurisdiction"]),
                unit=str(post["person_id"]),
            )
        )
    return rows


def posts_in_jurisdictions(case: StaffCase) -> list[Row]:
    """Posts, held or to come, whose jurisdiction is not that of their grid, or is not in the plan."""
    rows = []
    posts = case.not_over
    known = set(case.plan.units.jurisdictions.index)
    home = pd.Series([case.home.get(g, "") for g in posts["grid"]], index=posts.index, dtype=object)
    contradicts = (home != "") & (posts["jurisdiction"] != "") & (posts["jurisdiction"] != home)
    unknown = (posts["jurisdiction"] != "") & ~posts["jurisdiction"].isin(known) & ~contradicts
    for post in posts.assign(home=home)[contradicts | unknown].to_dict("records"):
        role, named, grid = role_text(str(post["role"])), str(post["jurisdiction"]), str(post["grid"])
        start = Text(f"{role.zh} {post['person_id']} ", f"{role.en.capitalize()} {post['person_id']} ")
        if post["home"]:
            text = Text(
                f"{start.zh}登记在村居 {named}，但其网格 {grid} 属于 {post['home']}",
                f"{start.en}is recorded in jurisdiction {named}, but grid {grid} lies in {post['home']}",
            )
        else:
            text = Text(
                f"{start.zh}登记的村居 {named} 不在本镇方案内",
                f"{start.en}is recorded in jurisdiction {named}, which the plan does not have",
            )
        rows.append(
            Row(
                text,
                grid=grid if post["home"] else "",
                jurisdiction=str(post["home"]) or named,
                unit=str(post["person_id"]),
                geometry=case.shape(grid),
            )
        )
    return rows


def posts_somewhere(case: StaffCase) -> list[Row]:
    """Posts held on the day that name no grid: with a jurisdiction a note, with neither nobody knows what for."""
    posts = case.roster.posts
    rows = []
    for post in posts[posts["place"] == "nowhere"].to_dict("records"):
        role = role_text(str(post["role"]))
        text = Text(
            f"{role.zh} {post['person_id']} 未填网格和村居",
            f"{role.en.capitalize()} {post['person_id']} is posted in no grid and no jurisdiction",
        )
        rows.append(Row(text, unit=str(post["person_id"])))
    no_grid = (posts["place"] == "jurisdiction") & (posts["role"] != "chief_grid_leader")
    for post in posts[no_grid].to_dict("records"):
        role = role_text(str(post["role"]))
        text = Text(
            f"{role.zh} {post['person_id']} 只登记到村居，未定网格",
            f"{role.en.capitalize()} {post['person_id']} is posted in the jurisdiction, in no grid of it",
        )
        rows.append(Row(text, jurisdiction=str(post["jurisdiction"]), unit=str(post["person_id"]), severity="info"))
    return rows


def dates_in_order(case: StaffCase) -> list[Row]:
    """Posts that end before they begin, or on the same day: the last day is exclusive, so they never held."""
    posts = case.records.of("post").sort_index()
    rows = []
    for post in posts[posts["until"] <= posts["since"]].to_dict("records"):
        role = role_text(str(post["role"]))
        since, until = str(post["since"])[:10], str(post["until"])[:10]
        rows.append(
            Row(
                Text(
                    f"{role.zh} {post['person_id']} 的离任日期 {until} 不晚于任职日期 {since}",
                    f"{role.en.capitalize()} {post['person_id']} leaves on {until}, not after beginning on {since}",
                ),
                grid=case.in_plan(post["grid"]),
                jurisdiction=str(post["jurisdiction"]),
                unit=str(post["person_id"]),
            )
        )
    return rows


def nobody_twice(case: StaffCase) -> list[Row]:
    """One person twice in a post at the same time; and persons who look like one, by name and telephone."""
    return [*_posts_twice(case), *_people_twice(case)]


def posts_of_known_people(case: StaffCase) -> list[Row]:
    """Persons who hold a post, now or later, and are not among the people on record."""
    people = case.people
    if people is None:
        return []
    posts = case.not_over
    unknown = posts[~posts["person_id"].isin(people["person_id"])]
    rows = []
    for person, of_person in unknown.groupby("person_id", sort=True):
        n = len(of_person)
        rows.append(
            Row(
                Text(
                    f"人员 {person} 有 {n} 条任职，但人员表中没有此编号",
                    f"Person {person} has {n} {'post' if n == 1 else 'posts'} but is not among the people on record",
                ),
                grid=case.in_plan(of_person["grid"].iloc[0]),
                jurisdiction=str(of_person["jurisdiction"].iloc[0]),
                unit=str(person),
                value=float(n),
            )
        )
    return rows


def _hint(case: StaffCase, code: str) -> Text:
    """The code that is meant, as far as it can be told."""
    towns = {str(place)[:_TOWN_DIGITS] for place in case.plan.units.jurisdictions.index}
    if len(code) > _TOWN_DIGITS and code.isdigit() and code[:_TOWN_DIGITS] not in towns:
        return Text(
            f"；编号前 {_TOWN_DIGITS} 位 {code[:_TOWN_DIGITS]} 不是本镇代码，是否其他街镇的台账",
            f"; its first {_TOWN_DIGITS} digits {code[:_TOWN_DIGITS]} are not this town's: the ledger of another town?",
        )
    named = sorted(grid for grid, name in case.names.items() if name == code and grid in case.home)
    near = named[0] if named else nearest_code(code, case.plan.codes, likeness=0.8)
    if not near:
        return Text("", "")
    meant = case.called(near)
    return Text(f"；是否 {meant.zh}", f"; is {meant.en} meant?")


def _posts_twice(case: StaffCase) -> list[Row]:
    posts = case.records.of("post").sort_index().reset_index(drop=True)
    posts = posts[~(posts["until"] <= posts["since"])]
    place = posts["grid"].where(posts["grid"] != "", posts["jurisdiction"])
    since = posts["since"].fillna(pd.Timestamp.min.as_unit("s"))
    until = posts["until"].fillna(pd.Timestamp.max.as_unit("s"))
    table = posts.assign(place=place, start=since.to_numpy("int64"), end=until.to_numpy("int64"))
    table = table.sort_values(["person_id", "role", "place", "start", "end"])
    key = table.groupby(["person_id", "role", "place"], sort=False)
    before = key["end"].cummax().groupby([table["person_id"], table["role"], table["place"]], sort=False).shift()
    is_twice = (before > table["start"]).fillna(value=False)
    rows = []
    for post in table[is_twice.to_numpy(bool)].to_dict("records"):
        role = role_text(str(post["role"]))
        where = Text(f"（{post['place']}）", f" in {post['place']}") if post["place"] else Text("", "")
        rows.append(
            Row(
                Text(
                    f"{role.zh} {post['person_id']} 同一职务{where.zh}重复登记，任期重叠",
                    f"{role.en.capitalize()} {post['person_id']} is recorded twice{where.en} at the same time",
                ),
                grid=case.in_plan(post["grid"]),
                jurisdiction=str(post["jurisdiction"]),
                unit=str(post["person_id"]),
            )
        )
    return rows


def _people_twice(case: StaffCase) -> list[Row]:
    people = case.people
    if people is None:
        return []
    table = pd.DataFrame(
        {
            "id": people["person_id"].to_numpy(object),
            "name": [_plain(n) for n in people["name"]],
            "phone": [_dialled(p) for p in people["phone"]],
        }
    )
    table = table[table["phone"] != ""]
    rows = []
    for (phone, _), same in table.groupby(["phone", "name"], sort=False):
        if len(same) > 1:
            rows.append(_same_people(sorted(same["id"]), is_mobile=_is_mobile(str(phone)), is_one=True))
    for phone, same in table.drop_duplicates(["phone", "name"]).groupby("phone", sort=False):
        if len(same) > 1:
            ids = sorted(table.loc[table["phone"] == phone, "id"])
            rows.append(_same_people(ids, is_mobile=_is_mobile(str(phone)), is_one=False))
    return sorted(rows, key=lambda row: (row.unit, row.severity))


def _same_people(ids: Iterable[str], *, is_mobile: bool, is_one: bool) -> Row:
    listed = list(ids)
    if is_one:
        text = Text(
            f"人员 {first_ten_zh(listed)} 的姓名和联系电话相同，是否同一人",
            f"Persons {first_ten(listed)} have the same name and telephone: one person?",
        )
    else:
        text = Text(
            f"人员 {first_ten_zh(listed)} 联系电话相同而姓名不同",
            f"Persons {first_ten(listed)} share a telephone under different names",
        )
    milder = "" if is_one else "soft" if is_mobile else "info"
    return Row(text, unit=listed[0], value=float(len(listed)), limit=1.0, severity=milder)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _dialled(phone: str) -> str:
    """The digits that are dialled inside the country, however they are written."""
    digits = "".join(c for c in unicodedata.normalize("NFKC", phone) if c.isdecimal())
    return digits[2:] if len(digits) == 13 and digits.startswith("861") else digits


def _is_mobile(phone: str) -> bool:
    return len(phone) == 11 and phone.startswith("1")
