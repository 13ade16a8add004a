"""people.xlsx: who is chief grid leader, leader, instructor and member where; names and telephones on a sheet apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Final

import numpy as np

from .ledgers_book import SYNTHETIC, Head, Page
from .ledgers_forms import TODAY, code_cell, day_between, day_cell, one, sample, shares, wide
from .ledgers_grids import Division, Grid
from .names import TOWN_NAME

#: Published: leaders on 200 grids, instructors, members.
LEADERS, INSTRUCTORS, MEMBERS = 174, 130, 1280
#: Grids with fewer than six members.
SHORT_OF_MEMBERS: Final = 44
#: No list of real people has given names like these: an example word and a sign of the sexagenary cycle.
_EXAMPLES: Final = "例示样拟范虚设"
_SIGNS: Final = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
_SURNAMES: Final = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董潘袁蔡蒋余杜叶程苏魏吕丁任沈"

#: What roles and sources are called, by whoever wrote the row.
ROLES: Final = {
    "chief_grid_leader": ("总网格长",),
    "grid_leader": ("网格长",),
    "grid_instructor": ("网格指导员", "网格指导员", "指导员", "镇指导员"),
    "grid_member": ("网格员",),
}
SOURCES: Final = {
    "committee": ("村居两委", "两委", "两委成员"),
    "town_cadre": ("镇下派干部", "下派干部", "机关干部"),
    "veteran_member": ("老党员", "党员"),
    "former_cadre": ("老干部", "退休干部"),
    "womens_backbone": ("妇女骨干",),
    "volunteer": ("志愿者", "热心群众"),
    "group_head": ("村民小组长",),
    "other": ("其他",),
}
PERSON_HEADS: Final = (
    Head("序号", width=7),
    Head("人员编号", width=12),
    Head("姓名", width=12),
    Head("手机号", width=18),
    Head("备注", width=12),
)
POST_HEADS: Final = (
    Head("村居", width=18, is_merged=True),
    Head("网格", width=19, is_merged=True),
    Head("网格职务", width=14, is_merged=True),
    Head("人员编号", width=12),
    Head("姓名", width=12),
    Head("人员来源", width=14),
    Head("任职", "日期", 14),
    Head("离任", "日期", 14),
)


@dataclass(frozen=True)
class Post:
    """A person in a post: in a grid, or, without one, in a jurisdiction."""

    person: str
    role: str
    jurisdiction: str
    grid: Grid | None
    source: str
    since: date
    until: date | None = None


@dataclass
class _Desk:
    """Numbers people as they come and dates their posts."""

    rng: np.random.Generator
    numbers: count[int]

    def person(self) -> str:
        return f"RY{next(self.numbers):04d}"

    def since(self) -> date:
        """A day by which the post has begun: most with the grids, some later, the last in this month."""
        late = self.rng.random() < 0.25
        return day_between(date(2019, 3, 1), date(2020, 2, 20), self.rng) if late else date(2018, 7, 1)


def make_posts(division: Division, rng: np.random.Generator) -> list[Post]:
    """Every post, those that have ended too."""
    desk = _Desk(rng, count(1))
    chiefs = {code: desk.person() for code in sorted(division.jurisdictions)}
    posts = [Post(p, "chief_grid_leader", code, None, "committee", desk.since()) for code, p in chiefs.items()]
    posts += _leaders(division, chiefs, desk)
    grids = list(division.grids.values())
    for grid in sample(rng, grids, INSTRUCTORS):
        posts.append(Post(desk.person(), "grid_instructor", grid.jurisdiction, grid, "town_cadre", desk.since()))
    posts += _members(grids, desk)
    return posts + _ended(posts, desk)


def _leaders(division: Division, chiefs: dict[str, str], desk: _Desk) -> list[Post]:
    """One leader a grid; some lead two grids side by side. In a preparatory group the remarkary leads the one grid."""
    n_shared = len(division.grids) - LEADERS
    leader: dict[str, str] = {}
    codes = list(division.grids)
    shared = 0
    for at in desk.rng.permutation(len(codes)):
        code = codes[at]
        beside = [n for n in division.neighbours[code] if n not in leader]
        if shared < n_shared and code not in leader and beside:
            leader[code] = leader[one(desk.rng, beside)] = desk.person()
            shared += 1
    posts = []
    for grid in division.grids.values():
        alone = "筹建组" in grid.name and len(division.of(grid.jurisdiction)) == 1
        person = leader.get(grid.code) or (chiefs[grid.jurisdiction] if alone else desk.person())
        posts.append(Post(person, "grid_leader", grid.jurisdiction, grid, "committee", desk.since()))
    return posts


def _members(grids: list[Grid], desk: _Desk) -> list[Post]:
    rng = desk.rng
    is_short = np.zeros(len(grids), dtype=bool)
    is_short[rng.permutation(len(grids))[:SHORT_OF_MEMBERS]] = True
    few = rng.integers(3, 6, SHORT_OF_MEMBERS)
    numbers = np.zeros(len(grids), dtype=int)
    numbers[is_short] = few
    weights = np.array([g.households + 150.0 for g in grids])[~is_short] * rng.uniform(0.8, 1.2, (~is_short).sum())
    numbers[~is_short] = shares(MEMBERS - int(few.sum()), weights, 6, 10)
    kinds = ("veteran_member", "former_cadre", "womens_backbone", "volunteer", "group_head", "other")
    town, country = (0.3, 0.14, 0.2, 0.32, 0.0, 0.04), (0.26, 0.14, 0.2, 0.14, 0.24, 0.02)
    posts = []
    for grid, n in zip(grids, numbers, strict=True):
        sources = rng.choice(kinds, n, p=country if grid.is_village else town)
        posts += [Post(desk.person(), "grid_member", grid.jurisdiction, grid, str(s), desk.since()) for s in sources]
    return posts


def _ended(posts: list[Post], desk: _Desk) -> list[Post]:
    """Who held a post before: eight leaders, five instructors, thirty members; the last left on the sample's day."""
    ended = []
    for role, n in (("grid_leader", 8), ("grid_instructor", 5), ("grid_member", 30)):
        late = [p for p in posts if p.role == role and p.since > date(2018, 7, 1)]
        for i, post in enumerate(sample(desk.rng, late, n)):
            until = TODAY if role == "grid_member" and i == n - 1 else post.since
            ended.append(Post(desk.person(), role, post.jurisdiction, post.grid, post.source, date(2018, 7, 1), until))
    return ended


def people_pages(posts: list[Post], names: dict[str, str], rng: np.random.Generator) -> list[Page]:
    """The sheets 人员 and 任职."""
    people = list(dict.fromkeys(p.person for p in sorted(posts, key=lambda p: p.person)))
    given = [(s, e + c) for e in _EXAMPLES for c in _SIGNS for s in _SURNAMES]
    chosen = rng.permutation(len(given))[: len(people)]
    numbers = rng.choice(60_000_000, len(people), replace=False) + 20_000_000
    rows: list[tuple[object, ...]] = []
    called = {person: "".join(given[at]) for person, at in zip(people, chosen, strict=True)}
    for n, (person, number) in enumerate(zip(people, numbers, strict=True), start=1):
        plain = f"000{number}"
        forms = (f"000-{str(number)[:4]}-{str(number)[4:]}", f"000 {str(number)[:4]} {str(number)[4:]}", wide(plain))
        phone = plain if rng.random() < 0.9 else one(rng, forms)
        rows.append((n, person, called[person], phone if rng.random() < 0.97 else None, "合成"))
    order = {role: i for i, role in enumerate(ROLES)}
    posts = sorted(
        posts,
        key=lambda p: (p.jurisdiction, p.grid.code if p.grid else "", order[p.role], p.until is not None, p.person),
    )
    cells: list[tuple[object, ...]] = [
        (
            names[p.jurisdiction],
            code_cell(p.grid.code, rng, "wide") if p.grid and p.role == "grid_leader" else p.grid and p.grid.code,
            one(rng, ROLES[p.role]) if p.role == "grid_instructor" else ROLES[p.role][0],
            p.person,
            called[p.person],
            one(rng, SOURCES[p.source]),
            day_cell(p.since, rng),
            day_cell(p.until, rng),
        )
        for p in posts
    ]
    unit = f"填报单位：{TOWN_NAME}（{SYNTHETIC}） 截至：2020年2月29日 来源：合成"
    remark = "注：姓名和电话均为虚构；电话以 000 开头，不可能有人使用。"
    return [
        Page("人员", f"{TOWN_NAME}网格工作人员通讯录（内部）", (unit,), PERSON_HEADS, rows, (remark,)),
        Page(
            "任职",
            f"{TOWN_NAME}网格「一长两员」花名册",
            (unit,),
            POST_HEADS,
            cells,
            ("备注：离任日期为不再任职的第一天；一人可任两个网格的网格长。", "填表人：示例 审核人：示例"),
        ),
    ]
