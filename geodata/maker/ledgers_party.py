"""party.xlsx: branches, members who reported, activities of the half year, deliberations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from .ledgers_book import SYNTHETIC, Head, Page, Row
from .ledgers_forms import TODAY, code_cell, count_cell, day_between, day_cell, one, sample, shares
from .ledgers_grids import Division, Grid
from .ledgers_points import Point
from .ledgers_words import ACTIVITIES, TOPICS
from .names import TOWN_NAME

#: Published: grid Party branches, members who reported, activities ("600+") in half a year.
BRANCHES, REPORTED, HELD = 87, 2506, 612
#: Besides: groups where there is no branch, one of them given up, activities before the half year, deliberations.
GROUPS, HELD_BEFORE, DELIBERATIONS = 42, 96, 40
#: The shed for e-bikes of 金湾: the issue that it came of, and when it was built.
SHED_ISSUE, SHED_BUILT = "WT2019-0371", date(2019, 12, 20)
HALF_YEAR: Final = (date(2019, 9, 1), TODAY)
_UNIT: Final = f"填报单位：{TOWN_NAME}（{SYNTHETIC}） 截至：2020年2月29日 来源：合成"
_FIRST_DAYS: Final = tuple(date(2019 + (m > 12), (m - 1) % 12 + 1, 1) for m in range(9, 15))

BRANCH_HEADS: Final = (
    Head("村居", width=18, is_merged=True),
    Head("支部编号", width=11),
    Head("党组织名称", width=30),
    Head("组织类型", width=14),
    Head("所属网格", width=36),
    Head("党员人数", width=10, is_summed=True),
    Head("成立时间", width=14),
    Head("撤销时间", width=14),
)
REPORT_HEADS: Final = (
    Head("村居", width=18, is_merged=True),
    Head("网格", width=19, is_merged=True),
    Head("截至日期", width=14),
    Head("报到人数", width=10),
)
ACTIVITY_HEADS: Final = (
    Head("序号", width=7),
    Head("活动编号", width=12),
    Head("类型", width=14),
    Head("活动主题", width=22),
    Head("活动日期", width=14),
    Head("村居", width=18),
    Head("网格", width=19),
    Head("活动点位", width=11),
    Head("地点", width=30),
    Head("主办支部", width=11),
    Head("参与部门", width=20),
    Head("参与人数", width=10, is_summed=True),
)
TALK_HEADS: Final = (
    Head("议事编号", width=11),
    Head("议事日期", width=14),
    Head("网格", width=19),
    Head("议题", width=30),
    Head("来源问题", width=14),
    Head("参加人数", width=10),
    Head("议事结果", width=34),
    Head("名称", "项目", 28),
    Head("进度", "项目", 10),
    Head("完成日期", "项目", 14),
)


@dataclass(frozen=True)
class Branch:
    """A branch or group with the grids it covers."""

    id: str
    kind: str
    grids: tuple[Grid, ...]
    name: str
    members: int
    founded: date
    dissolved: date | None = None


@dataclass(frozen=True)
class Activity:
    """An activity before it is written down."""

    kind: str
    title: str
    day: date
    jurisdiction: str
    grid: Grid | None
    point: Point | None
    branch: Branch | None
    department: str
    attendance: int | None


@dataclass(frozen=True)
class Talk:
    """A deliberation: what it was about, and what came of it.

    `topic` is one of `TOPICS`, "" for the shed; `issue` the id that its issue must have, "" where any will do.
    """

    day: date
    grid: Grid
    topic: str
    title: str
    present: int
    outcome: str
    project: str
    state: str
    done: date | None
    issue: str = ""
    has_issue: bool = True


def make_branches(division: Division, rng: np.random.Generator) -> list[Branch]:
    """87 branches of one grid or two, groups in others; some grids have neither."""
    free = dict(division.grids)
    made: list[tuple[str, tuple[Grid, ...]]] = []
    order = [division.grids[c] for c in sorted(division.grids)]
    order = [order[i] for i in rng.permutation(len(order))]
    for grid in order:
        if grid.code not in free or len(made) == BRANCHES + GROUPS:
            continue
        del free[grid.code]
        beside = [c for c in division.neighbours[grid.code] if c in free]
        kind = "branch" if len(made) < BRANCHES else "group"
        two = bool(beside) and kind == "branch" and rng.random() < 0.3
        made.append((kind, (grid, free.pop(one(rng, beside))) if two else (grid,)))
    made.sort(key=lambda m: m[1][0].code)
    gone = sample(rng, [i for i, m in enumerate(made) if m[0] == "group"], 2)
    branches = []
    for n, (kind, grids) in enumerate(made, start=1):
        numbers = "、".join(str(g.number) for g in sorted(grids, key=lambda g: g.code))
        word = "网格党支部" if kind == "branch" else "网格党小组"
        founded = day_between(date(2018, 7, 1), date(2019, 12, 20), rng)
        members = int(rng.integers(9, 36)) if kind == "branch" else int(rng.integers(3, 9))
        dissolved = date(2020, 1, 1) if n - 1 in gone else None
        name = f"{grids[0].name}第{numbers}{word}"
        branches.append(
            Branch(f"ZB{n:03d}", kind, tuple(sorted(grids, key=lambda g: g.code)), name, members, founded, dissolved)
        )
    return branches


def _branches_page(branches: list[Branch], rng: np.random.Generator) -> Page:
    words = {"branch": ("网格党支部", "党支部"), "group": ("网格党小组", "党小组")}
    rows: list[Row] = [
        (
            b.grids[0].name,
            b.id,
            b.name,
            one(rng, words[b.kind]),
            one(rng, ("、", "，", "；")).join(g.code for g in b.grids),
            count_cell(b.members, rng),
            day_cell(b.founded, rng),
            day_cell(b.dissolved, rng),
        )
        for b in branches
    ]
    return Page(
        "党支部",
        f"{TOWN_NAME}网格党组织一览表",
        (_UNIT,),
        BRANCH_HEADS,
        rows,
        ("备注：撤销时间为不再存在的第一天。",),
        summed=[(b.members,) for b in branches],
    )


def _reported_page(division: Division, rng: np.random.Generator) -> Page:
    """Counts on up to three days; the latest of each grid add up to the published total."""
    grids = list(division.grids.values())
    weights = np.array([(g.households + 40.0) * (0.5 if g.is_village else 1.0) for g in grids])
    latest = shares(REPORTED, weights * rng.uniform(0.35, 1.5, len(grids)), 1, 60)
    rows: list[Row] = []
    for grid, members in zip(grids, latest, strict=True):
        last = date(2020, 1, 31) if rng.random() < 0.2 else date(2019, 12, 31)
        earlier = max(int(members * rng.uniform(0.5, 1.1)), 0)
        if rng.random() < 0.9:
            rows.append((grid.name, grid.code, day_cell(date(2019, 6, 30), rng), count_cell(earlier, rng)))
        rows.append((grid.name, grid.code, day_cell(last, rng), count_cell(members, rng)))
    note = "注：只报人数，不报姓名；同一网格以最近一次统计为准，故不设合计。"
    return Page("在职党员报到", "在职党员到网格报到情况", (_UNIT,), REPORT_HEADS, rows, (note,))


def make_activities(
    division: Division, branches: list[Branch], points: list[Point], rng: np.random.Generator
) -> list[Activity]:
    """612 activities of the half year, monthly theme days among them, and some of the months before."""
    known = [b for b in branches if b.kind == "branch" and b.founded < HALF_YEAR[0]]
    steady = sample(rng, known, 20)
    days: list[tuple[date, Branch | None, str]] = []
    for first in _FIRST_DAYS:
        others = sample(rng, [b for b in branches if b not in steady and b.founded < first and not b.dissolved], 20)
        days += [(first.replace(day=int(rng.integers(5, 29))), b, "theme_day") for b in [*steady, *others]]
    kinds = [k for k in ACTIVITIES if k != "theme_day"]
    odds = np.array([5, 4, 3, 4, 4, 4, 3, 0.6])
    while len(days) < HELD:
        days.append((day_between(*HALF_YEAR, rng), None, str(rng.choice(kinds, p=odds / odds.sum()))))
    for _ in range(HELD_BEFORE):
        days.append((day_between(date(2019, 4, 1), date(2019, 8, 31), rng), None, str(rng.choice(kinds))))
    open_points = {p.grid.code: p for p in reversed(points) if p.status == "in_use" and not p.is_home}
    grids = list(division.grids.values())
    busy = np.array([rng.gamma(1.6) + (1.5 if g.code in open_points else 0.0) for g in grids])
    made = []
    for day, branch, kind in sorted(days, key=lambda d: d[0]):
        grid = one(rng, branch.grids) if branch else grids[int(rng.choice(len(grids), p=busy / busy.sum()))]
        made.append(_activity(day, branch, kind, grid, open_points, rng))
    return made


def _activity(
    day: date, branch: Branch | None, kind: str, grid: Grid, points: dict[str, Point], rng: np.random.Generator
) -> Activity:
    act = ACTIVITIES[kind]
    point = points.get(grid.code)
    point = point if point is not None and day > (point.days[2] or day) and rng.random() < 0.75 else None
    is_wide = branch is None and point is None and rng.random() < 0.12  # for the whole village or residential area
    department = one(rng, act.departments) if act.departments and rng.random() < (0.25 if branch else 0.6) else ""
    present = int(rng.integers(8, 30)) if branch else int(rng.integers(10, 90))
    attendance = present if rng.random() < 0.96 else None
    where = None if is_wide else grid
    return Activity(kind, one(rng, act.titles), day, grid.jurisdiction, where, point, branch, department, attendance)


def _activities_page(activities: list[Activity], names: dict[str, str], rng: np.random.Generator) -> Page:
    rows: list[Row] = []
    for n, a in enumerate(activities, start=1):
        place = a.point.name if a.point else one(rng, a.grid.sites).address if a.grid else f"{names[a.jurisdiction]}"
        rows.append(
            (
                n,
                f"HD{n:04d}",
                one(rng, ACTIVITIES[a.kind].words),
                a.title,
                day_cell(a.day, rng),
                names[a.jurisdiction],
                code_cell(a.grid.code, rng, "number") if a.grid else None,
                a.point.id if a.point else None,
                place,
                a.branch.id if a.branch else None,
                a.department or None,
                count_cell(a.attendance, rng),
            )
        )
    return Page(
        "活动",
        f"{TOWN_NAME}网格活动台账",
        (_UNIT, "单位：人次", "2019年4月至2020年2月"),
        ACTIVITY_HEADS,
        rows,
        ("备注：半年指2019年9月1日至2020年2月29日。", "填表人：示例 审核人：示例"),
        summed=[(a.attendance or 0,) for a in activities],
    )


def grid_of_shed(division: Division) -> Grid:
    """The grid of 金湾 where the shed for e-bikes stands."""
    return next(g for g in division.grids.values() if g.short == "金湾")


def make_talks(division: Division, rng: np.random.Generator) -> list[Talk]:
    """Deliberations by day; the e-bike shed of 金湾 is an issue that became a project and was built."""
    shed = grid_of_shed(division)
    result = "同意改建：新增棚位40个、智能充电口20个，车主自筹与社区共建"
    title, project = "电动自行车棚改造", "金湾电动自行车棚改造"
    talks = [Talk(date(2019, 10, 18), shed, "", title, 36, result, project, "已完成", SHED_BUILT, SHED_ISSUE)]
    projects = (("已立项", "立项"), ("实施中", "推进中"), ("已完成", "完工"), ("未通过",))
    grids = list(division.grids.values())
    for n in range(DELIBERATIONS - 1):
        grid, (topic, project) = one(rng, grids), TOPICS[n % len(TOPICS)]
        day = day_between(date(2019, 5, 1), date(2020, 1, 18), rng)
        state = int(rng.choice(4, p=(0.3, 0.25, 0.35, 0.1)))
        agreed = "同意实施，由网格党支部牵头" if state < 3 else "多数不同意，暂缓"
        talks.append(
            Talk(
                day,
                grid,
                topic,
                f"{grid.short}{topic}",
                int(rng.integers(9, 45)),
                agreed if project else "形成居民公约并公示",
                f"{grid.short}{project}" if project else "",
                one(rng, projects[state]) if project else "",
                day_between(day, date(2020, 2, 20), rng) if project and state == 2 else None,
                has_issue=rng.random() < 0.5,
            )
        )
    return sorted(talks, key=lambda t: (t.day, t.grid.code))


def _talks_page(talks: Sequence[Talk], issues: Mapping[Talk, str], rng: np.random.Generator) -> Page:
    rows: list[Row] = [
        (
            f"YS{n:03d}",
            day_cell(talk.day, rng),
            talk.grid.code,
            talk.title,
            issues.get(talk),
            count_cell(talk.present, rng),
            talk.outcome,
            talk.project or None,
            talk.state or None,
            day_cell(talk.done, rng),
        )
        for n, talk in enumerate(talks, start=1)
    ]
    note = "备注：来源问题为问题台账中的编号；台账自2019年9月起。"
    return Page("议事", f"{TOWN_NAME}网格议事协商台账", (_UNIT,), TALK_HEADS, rows, (note,))


def party_pages(
    division: Division,
    branches: list[Branch],
    activities: list[Activity],
    talks: Sequence[Talk],
    issues: Mapping[Talk, str],
    rng: np.random.Generator,
) -> list[Page]:
    """The sheets 党支部, 在职党员报到, 活动 and 议事; `issues` are the ids of those that deliberations came of."""
    return [
        _branches_page(branches, rng),
        _reported_page(division, rng),
        _activities_page(activities, division.jurisdictions, rng),
        _talks_page(talks, issues, rng),
    ]
