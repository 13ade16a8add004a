"""What `gridmap people` shows: staffing, loads, who could cover a vacancy; and the erasing of personal data."""

from __future__ import annotations

from typing import Final

from gridmap.cli.kept import Asked, Kept, choose_plan, kept, note_synthetic, wanted_grids
from gridmap.cli.screen import Screen
from gridmap.cli.stored import opened
from gridmap.cli.tables import Headings, check_out, in_words, place_names, show_frame
from gridmap.errors import InvalidInput
from gridmap.model.registers.people import ROLES
from gridmap.model.text import Text
from gridmap.people.cover import propose_cover
from gridmap.people.loads import loads_of_people
from gridmap.people.staffing import staffing_of_grids, staffing_totals
from gridmap.storage.erasure import erase_person

_STAFFING: Final[Headings] = {
    "place": Text("村居", "jurisdiction"),
    "grid": Text("网格", "grid"),
    "households": Text("户数", "households"),
    "leaders": Text("网格长", "leaders"),
    "instructors": Text("指导员", "instructors"),
    "members": Text("网格员", "members"),
    "said": Text("空缺与兼任", "vacant, shared"),
}


def show_staffing(
    asked: Asked, grid: str | None, jurisdiction: str | None, out: str | None, screen: Screen, *, force: bool
) -> None:
    """Staffing of the grids that were asked for, vacancies first.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        _need_posts(at)
        table = staffing_of_grids(at.plan, at.records, at.rules, at.day).reset_index(names="grid")
        table = table[table["grid"].isin(wanted_grids(at, grid, jurisdiction))]
        totals = staffing_totals(at.plan, at.records, at.rules, at.day)
    table = table.assign(place=place_names(at, table["jurisdiction"]))
    vacant = table[["vacant_leaders", "vacant_instructors", "vacant_members"]].to_numpy(int)
    table["said"] = [
        _said(counts, screen, is_shared=shared)
        for counts, shared in zip(vacant.tolist(), table["is_leader_shared"], strict=True)
    ]
    table["missing"] = vacant.sum(axis=1)
    ranked = table.sort_values(["missing", "grid"], ascending=[False, True], kind="stable")
    note_synthetic(at, screen)
    title = Text(f"{len(table)} 个网格的人员配备", f"Staffing of {len(table)} grids")
    show_frame(screen, at, ranked, _STAFFING, title=title, out=out)
    screen.say(
        Text(
            f"网格长 {totals['grid_leaders']} 人（兼任 {totals['leaders_shared']} 人），"
            f"指导员 {totals['grid_instructors']} 人（缺 {totals['grids_without_instructor']} 个网格），"
            f"网格员 {totals['grid_members']} 人；低于最低配备 {totals['people_under_minimum']} 人。",
            f"{totals['grid_leaders']} leaders ({totals['leaders_shared']} of several grids), "
            f"{totals['grid_instructors']} instructors ({totals['grids_without_instructor']} grids without), "
            f"{totals['grid_members']} members; {totals['people_under_minimum']} people under the minimum.",
        )
    )


def _said(vacant: list[int], screen: Screen, *, is_shared: bool) -> str:
    leaders, instructors, members = vacant
    parts = []
    if leaders:
        parts.append(screen.words(f"缺网格长 {leaders}", f"{leaders} leader vacant"))
    if instructors:
        parts.append(screen.words(f"缺指导员 {instructors}", f"{instructors} instructor vacant"))
    if members:
        parts.append(screen.words(f"缺网格员 {members}", f"{members} members short"))
    if is_shared:
        parts.append(screen.words("网格长兼任", "leader shared"))
    return screen.words("、", ", ").join(parts)


def show_loads(asked: Asked, out: str | None, screen: Screen, *, force: bool) -> None:
    """Loads of people, the heaviest first.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        _need_posts(at)
        table = loads_of_people(at.plan, at.records, at.rules, at.day).reset_index()
    table = table.assign(post=in_words(table["role"], ROLES, screen))
    table["over"] = [screen.words("超出", "over") if over else "" for over in table["is_over"]]
    ranked = table.sort_values(
        ["is_over", "households", "person_id"], ascending=[False, False, True], kind="stable", na_position="last"
    )
    heads: Headings = {
        "person_id": Text("人员编号", "person"),
        "post": Text("职务", "role"),
        "n_grids": Text("网格数", "grids"),
        "households": Text("户数", "households"),
        "grids": Text("网格", "which"),
        "over": Text("管理幅度", "span"),
    }
    note_synthetic(at, screen)
    show_frame(screen, at, ranked, heads, title=Text("人员负荷", "Loads"), out=out)


def show_cover(asked: Asked, out: str | None, screen: Screen, *, force: bool) -> None:
    """Who could cover each vacancy.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_out(out, force=force)
    with kept(asked) as at:
        _need_posts(at)
        table = propose_cover(at.plan, at.records, at.rules, day=at.day)
    table = table.assign(post=in_words(table["role"], ROLES, screen))
    heads: Headings = {
        "grid": Text("网格", "grid"),
        "post": Text("空缺", "vacancy"),
        "rank": Text("次序", "rank"),
        "person_id": Text("人员编号", "person"),
        f"reason_{screen.lang}": Text("理由", "why"),
    }
    note_synthetic(at, screen)
    show_frame(screen, at, table, heads, title=Text("空缺补位建议", "Who could cover"), out=out)


def erase(asked: Asked, person: str, screen: Screen) -> None:
    """Blank the name and the telephone of a person, in every row that ever held them.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with opened() as store:
        entry, _ = choose_plan(store, asked)
        erase_person(store, entry.town_id, person)
    screen.say(
        Text(
            f"已删除人员 {person} 的姓名和电话；任职记录保留。",
            f"name and telephone of person {person} are erased; the posts stay.",
        )
    )


def _need_posts(at: Kept) -> None:
    if not at.records.has("post"):
        raise InvalidInput(
            "no posts are recorded yet; gridmap people import FILE takes a roster in",
            "还没有登记人员；请先用 gridmap people import 导入花名册。",
        )
