"""points.xlsx: grid points, Party points, and what else has a door in the grids."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
from pyproj import Transformer

from .ledgers_book import SYNTHETIC, Head, Page
from .ledgers_forms import count_cell, day_between, day_cell, one, sample
from .ledgers_grids import Division, Grid, Site
from .ledgers_sites import Layout, Pair, lay_out
from .ledgers_words import ITEMS
from .names import TOWN_CODE, TOWN_NAME

HEADS: Final = (
    Head("序号", width=6),
    Head("村居", width=16, is_merged=True),
    Head("网格（编号）", width=19),
    Head("编号", "基本情况", 10),
    Head("名称", "基本情况", 30),
    Head("类型", "基本情况", 16),
    Head("场所编号", width=16),
    Head("建设状态", width=10),
    Head("规划", "日期", 13),
    Head("建成", "日期", 13),
    Head("启用", "日期", 13),
    Head("停用", "日期", 13),
    Head("服务户数（户）", "服务能力", 12, is_summed=True),
    Head("开放时间", "服务能力", 26),
    Head("服务事项", "服务能力", 20),
    Head("网格党员家", width=10),
    Head("地址", width=26),
    Head("经度", "坐标（CGCS2000）", 13),
    Head("纬度", "坐标（CGCS2000）", 12),
)
OPENING: Final = (
    "周一至周五 8:30-11:00、13:30-16:30",
    "工作日 8:30—16:30",
    "每天 8:00-17:00",
    "周二、周四 13:30-16:00",
    "周一、三、五 上午",
    "全天（按门铃）",
)
#: What the kinds and states of points are called, by whoever wrote the row.
KINDS: Final = {
    "grid_point": ("网格点", "网格点", "网格点", "网格服务点", "网格活动点"),
    "party_service_point": ("党建服务点", "党建服务点", "党群服务点"),
    "party_service_station": ("党建服务站", "党建服务站", "党群服务站"),
    "deputies_reception_point": ("人大代表接待点", "人大代表联络点"),
    "womens_micro_home": ("妇女微家",),
    "service_counter": ("办事窗口", "便民窗口"),
    "benefit_hand_out": ("福利发放点",),
    "other": ("其他",),
}
STATES: Final = {
    "planned": ("规划", "拟建", "规划中"),
    "built": ("建成", "建成未启用"),
    "in_use": ("启用", "启用", "在用", "已启用", "正常"),
    "closed": ("停用", "关闭"),
}
_ORDINALS: Final = " 一二三四五六七八九十"


@dataclass(frozen=True)
class Point:
    """A point before it is written down."""

    grid: Grid
    kind: str
    name: str
    site: Site
    status: str
    premises: str = ""
    days: tuple[date | None, date | None, date | None, date | None] = (None, None, None, None)
    capacity: int | None = None
    opening: str = ""
    services: tuple[str, ...] = ()
    is_home: bool = False
    id: str = ""


@dataclass
class Points:
    """The points as they are added; premises are numbered as they come."""

    rng: np.random.Generator
    all: list[Point] = field(default_factory=list)
    n_premises: int = 0

    def premises(self) -> str:
        """The next premises id."""
        self.n_premises += 1
        return f"{TOWN_CODE}C{self.n_premises:04d}"

    def add(
        self, grid: Grid, kind: str, name: str, site: Site, status: str, premises: str = "", **more: object
    ) -> None:
        """A point with its days, capacity, opening times and services, as its status lets it have."""
        rng = self.rng
        planned = day_between(date(2018, 3, 1), date(2019, 3, 31), rng)
        built = planned + timedelta(days=int(rng.integers(40, 200)))
        opened = built + timedelta(days=int(rng.integers(3, 60)))
        closed = day_between(date(2019, 12, 20), date(2020, 1, 31), rng)
        if status == "planned":
            planned = day_between(date(2019, 10, 8), date(2020, 1, 20), rng)
        n_days = {"planned": 1, "built": 2, "in_use": 3, "closed": 4}[status]
        days = tuple(d if i < n_days else None for i, d in enumerate((planned, built, opened, closed)))
        point = Point(grid, kind, name, site, status, premises, days)  # type: ignore[arg-type]
        if status != "planned":
            most = max(grid.households, 60)
            point = replace(
                point,
                capacity=int(round(most * rng.uniform(0.55, 1.3), -1)) if rng.random() < 0.86 else None,
                opening=one(rng, OPENING) if rng.random() < 0.9 else "",
                services=tuple(sample(rng, [i.id for i in ITEMS], int(rng.integers(2, 7)))),
            )
        self.all.append(replace(point, **more))  # type: ignore[arg-type]


def make_points(division: Division, rng: np.random.Generator) -> list[Point]:
    """Every point of the town with its id, in the order of the ledger."""
    layout = lay_out(division, rng)
    points = Points(rng)
    stations: dict[str, int] = {}
    for pair in layout.pairs:
        _add_pair(points, pair, stations)
    free = _add_party_points_alone(points, layout, stations)
    _add_not_counted(points, free)
    _add_other_kinds(points, division)
    order = sorted(range(len(points.all)), key=lambda i: (points.all[i].grid.jurisdiction, i))
    return [replace(points.all[i], id=f"DW{n:04d}") for n, i in enumerate(order, start=1)]


def _party_name(grid: Grid, stations: dict[str, int]) -> tuple[str, str]:
    """Kind and name of the next Party point of a grid's jurisdiction."""
    if grid.is_village:
        return "party_service_point", f"{grid.name}第{grid.number}网格党建服务点"
    stations[grid.jurisdiction] = n = stations.get(grid.jurisdiction, 0) + 1
    name = f"{grid.short}党建服务站"
    return "party_service_station", name if n == 1 else f"{name}第{_ORDINALS[n]}服务点"


def _add_pair(points: Points, pair: Pair, stations: dict[str, int]) -> None:
    grid = pair.grid
    own = points.premises()
    is_home = grid.is_village and bool(points.rng.random() < 0.5)
    points.add(grid, "grid_point", f"{grid.name}第{grid.number}网格点", pair.site, "in_use", own, is_home=is_home)
    if pair.partner is None or pair.partner_grid is None:
        return
    shares, is_gone = pair.form in ("same_premises", "closed"), pair.form == "closed"
    # a station that has moved away does not take part in the numbering
    kind, name = _party_name(pair.partner_grid, {} if is_gone else stations)
    name, status = (f"{name}（旧址）", "closed") if is_gone else (name, "in_use")
    premises = own if shares else points.premises()
    points.add(pair.partner_grid, kind, name, pair.partner, status, premises, is_home=is_home and shares)


def _add_party_points_alone(points: Points, layout: Layout, stations: dict[str, int]) -> list[Grid]:
    """Party points in grids that have no grid point, far from every other; the grids that then have nothing yet."""
    rng = points.rng
    used = {p.grid.code for p in points.all}
    free = [g for g in layout.free if g.code not in used]
    spots = np.array([(p.site.x, p.site.y) for p in points.all])
    order = [free[i] for i in rng.permutation(len(free))]
    lonely = [g for g in order if np.hypot(*(spots - (g.sites[0].x, g.sites[0].y)).T).min() > 250]
    full = [g for g in lonely if g.short not in ("万皓", "海悦")]
    chosen = [*[g for g in full if g.is_village][:3], *[g for g in full if not g.is_village][:4]]
    for grid in chosen:
        kind, name = _party_name(grid, stations)
        points.add(grid, kind, name, grid.sites[0], "in_use", points.premises())
    for grid in [g for g in free if g.short in ("万皓", "海悦")]:  # the preparatory groups are still building theirs
        kind, name = _party_name(grid, stations)
        built = grid.short == "万皓"
        points.add(grid, kind, name, grid.sites[0], "built" if built else "planned", points.premises() if built else "")
    return [g for g in free if g not in chosen and g.short not in ("万皓", "海悦")]


def _add_not_counted(points: Points, free: list[Grid]) -> None:
    """Grid points that are no built points in use with premises of their own: closed, not open, borrowed, planned."""
    rng = points.rng
    villages = [g for g in free if g.is_village and len(g.sites) > 9]
    areas = [g for g in free if not g.is_village and len(g.sites) > 3]
    special = {areas[0].code: "closed", areas[15].code: "built", villages[0].code: "in_use"}
    for grid in [*areas[:30], *villages]:
        name = f"{grid.name}第{grid.number}网格点"
        status = special.get(grid.code, "planned")
        if status != "planned":
            premises = "" if status == "in_use" else points.premises()
            points.add(grid, "grid_point", name, grid.sites[1], status, premises)
        elif grid.is_village:
            for i, at in enumerate(sorted(rng.permutation(len(grid.sites))[: int(rng.integers(1, 4))]), start=1):
                points.add(grid, "grid_point", f"{name}（候选{_ORDINALS[i]}）", grid.sites[at], "planned", is_home=True)
        else:
            points.add(grid, "grid_point", f"{name}（候选）", one(rng, grid.sites), "planned")


def _add_other_kinds(points: Points, division: Division) -> None:
    """Counters everywhere; deputies, women's micro-homes and hand-outs here and there, most of them under one roof."""
    rng = points.rng
    party = {p.grid.jurisdiction: p for p in reversed(points.all) if p.kind.startswith("party") and p.premises}
    for number, (code, name) in enumerate(sorted(division.jurisdictions.items())):
        grids = division.of(code)
        home = party.get(code)
        grid, site = (home.grid, home.site) if home else (grids[0], grids[0].sites[0])
        premises = home.premises if home else ""
        status = "in_use" if home and home.status == "in_use" else "planned"
        points.add(grid, "service_counter", f"{name}办事窗口", site, status, premises)
        if number % 3 != 1:
            points.add(grid, "deputies_reception_point", f"{name}人大代表接待点", site, status, premises)
        if number % 2 == 0:
            other = one(rng, grids)
            micro = one(rng, other.sites)
            points.add(other, "womens_micro_home", f"{name}妇女微家", micro, "in_use", points.premises(), is_home=True)
        if number % 3 == 0:
            other = one(rng, grids)
            points.add(other, "benefit_hand_out", f"{name}福利发放点", one(rng, other.sites), "in_use")
    square = next(g for g in division.grids.values() if not g.households)
    points.add(square, "other", "金悦广场爱心驿站", square.sites[0], "in_use", points.premises())


def points_page(points: list[Point], rng: np.random.Generator) -> Page:
    """The sheet 点位."""
    into = Transformer.from_crs(4549, 4490, always_xy=True)
    lon, lat = into.transform([p.site.x for p in points], [p.site.y for p in points])
    rows, capacities = [], []
    for n, (point, x, y) in enumerate(zip(points, lon, lat, strict=True), start=1):
        capacities.append((point.capacity or 0,))
        rows.append(
            (
                n,
                point.grid.name,
                point.grid.code,
                point.id,
                point.name,
                one(rng, KINDS[point.kind]),
                point.premises or None,
                one(rng, STATES[point.status]),
                *(day_cell(d, rng) for d in point.days),
                count_cell(point.capacity, rng, "户"),
                point.opening or None,
                one(rng, ("、", "，", "；")).join(point.services) or None,
                one(rng, ("是", "√")) if point.is_home else one(rng, ("否", None, None)),
                point.site.address,
                round(x, 7),
                round(y, 7),
            )
        )
    return Page(
        "点位",
        f"{TOWN_NAME}网格点位登记表",
        (f"填报单位：{TOWN_NAME}（{SYNTHETIC}）", "单位：户", "截至：2020年2月29日", "来源：合成"),
        HEADS,
        rows,
        ("备注：「两点合一」不填，由场所编号和位置推算。", "填表人：示例 审核人：示例 填表日期：2020年2月29日"),
        summed=capacities,
    )
