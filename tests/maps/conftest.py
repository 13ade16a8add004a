"""Towns to draw, a small one by hand and one of any size by Voronoi; and a browser that notes what a page asks for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from playwright.sync_api import Browser, Page, Request, Route, sync_playwright

from gridmap.maps.life import (
    ActivitiesShown,
    ActivityShown,
    BranchShown,
    ListShown,
    MapLife,
    PointShown,
    PostShown,
    ReachShown,
    ReportedShown,
    ServiceShown,
    StaffShown,
    StaffTotals,
)
from gridmap.model.issues import Issues, make_issues
from gridmap.model.plan import GridException, Plan
from gridmap.model.report import FINDING_COLUMNS, Report
from gridmap.model.rules import Rules, load_rules
from gridmap.model.text import Text
from gridmap.model.town import Town
from gridmap.model.units import Units

CRS = "EPSG:4549"
EAST, NORTH = 628_000.0, 3_403_000.0
VILLAGE, ESTATE = "310116113202", "310116113001"


class Case(NamedTuple):
    """What :func:`gridmap.maps.draw` is given."""

    town: Town
    plan: Plan
    report: Report
    rules: Rules


def report_of(rows: list[dict[str, Any]] | None = None) -> Report:
    """A report of these findings; columns that a row does not name are empty."""
    blank = {"severity": "soft", "excepted": False, "value": 0.0, "limit": 0.0, "geometry": None}
    table = [{c: {**blank, **row}.get(c, "") for c in FINDING_COLUMNS} for row in rows or []]
    findings = gpd.GeoDataFrame(pd.DataFrame(table, columns=list(FINDING_COLUMNS)), geometry="geometry", crs=CRS)
    findings["excepted"] = findings["excepted"].astype(bool)
    return Report(findings, pd.DataFrame(), {}, (), "shanyang-2020", "0" * 12)


def square(i: int, j: int) -> shapely.Polygon:
    return shapely.box(EAST + 100 * i, NORTH + 100 * j, EAST + 100 * i + 100, NORTH + 100 * j + 100)


def small_case(*, has_households: bool = True) -> Case:
    """A village of five groups (2 + 3 groups), and an area with grids of 300, 360, 500, 3 and a mall.

    Grids in order: village 01 (2 groups, 90 households), 02 (3, 210); estate 01 (300 households),
    02 (360), 03 (500, a named exception), 04 (3 households, broken), 05 (the mall, dedicated).
    """
    households = [40, 50, 60, 70, 80, 100, 200, 360, 500, 3, 0]
    frame = gpd.GeoDataFrame(
        {
            "name": ["1组", "2组", "3组", "4组", "5组", "1幢", "2幢", "3幢", "塔楼", "5幢", ""],
            "households": households if has_households else [0] * 11,
            "jurisdiction": [VILLAGE] * 5 + [ESTATE] * 6,
            "kind": ["group"] * 5 + ["cell"] * 6,
            "compound": [""] * 5 + ["金豪苑"] * 2 + ["金悦苑"] * 3 + [""],
            "dedicated": [""] * 10 + ["万达广场"],
            "buildings": [0] * 5 + [1] * 6,
            "premises": [0] * 10 + [3],
        },
        geometry=[square(i, 0) for i in range(5)] + [square(i, 1) for i in range(6)],
        index=[f"u{n:02d}" for n in range(11)],
        crs=CRS,
    )
    places = gpd.GeoDataFrame(
        {"name": ["向阳村", "山新居民区"], "kind": ["village", "residential_area"]},
        geometry=[
            shapely.box(EAST, NORTH, EAST + 500, NORTH + 100),
            shapely.box(EAST, NORTH + 100, EAST + 600, NORTH + 200),
        ],
        index=[VILLAGE, ESTATE],
        crs=CRS,
    )
    codes = tuple(f"{c}{n:03d}" for c, k in ((VILLAGE, 2), (ESTATE, 5)) for n in range(1, k + 1))
    named = (GridException(codes[4], "R5", "oversized_unit", Text("一栋 500 户。", "One tower of 500.")),)
    plan = Plan(
        Units(frame, places, has_households),
        np.array([0, 0, 1, 1, 1, 2, 2, 3, 4, 5, 6]),
        codes,
        named,
        frozenset(codes[:1]),
    )
    report = report_of(
        [
            {
                "check": "R5.band",
                "severity": "hard",
                "grid": codes[5],
                "message_zh": "网格 3 户",
                "message_en": "3 households",
            },
            {"check": "R5.band", "severity": "hard", "excepted": True, "grid": codes[4], "message_zh": "大"},
            {"check": "R7.barrier", "grid": codes[2], "message_zh": "跨路", "message_en": "crosses a road"},
        ]
    )
    town = Town(plan.units, name="山阳镇", source="示例", date="2026-02-05", is_synthetic=True)
    return Case(town, plan, report, load_rules())


def voronoi_case(n_cells: int, n_grids: int, n_places: int = 33, seed: int = 1) -> Case:
    """A town of `n_cells` Voronoi cells with roads, a river, parks and premises, about 8 km wide."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(n_cells)))
    step = 8000.0 / side
    lattice = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)[:n_cells]
    points = (lattice + 0.5 + rng.uniform(-0.35, 0.35, (n_cells, 2))) * step + (EAST, NORTH)
    town_box = shapely.box(*(points.min(axis=0) - step), *(points.max(axis=0) + step))
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=town_box, ordered=True))
    cells = shapely.intersection(cells, town_box)
    grid_of = _nearest(points, points[rng.choice(n_cells, n_grids, replace=False)])
    grid_centre = np.array([points[grid_of == g].mean(axis=0) for g in range(n_grids)])
    place_of_grid = _nearest(grid_centre, grid_centre[rng.choice(n_grids, n_places, replace=False)])
    codes_of_place = [f"310116113{n + 1:03d}" for n in range(n_places)]
    kinds = ["village" if n < 10 else "residential_area" for n in range(n_places)]
    place = place_of_grid[grid_of]
    per_grid = np.bincount(grid_of, minlength=n_grids)
    frame = gpd.GeoDataFrame(
        {
            "name": [f"{n}幢" for n in range(n_cells)],
            "households": rng.poisson(300 / per_grid[grid_of]),
            "jurisdiction": np.array(codes_of_place, dtype=object)[place],
            "compound": [f"小区{g}" for g in grid_of],
            "buildings": 1,
        },
        geometry=cells,
        index=[f"c{n:06d}" for n in range(n_cells)],
        crs=CRS,
    )
    places = gpd.GeoDataFrame(
        {"name": [f"第{n + 1}{'村' if n < 10 else '居民区'}" for n in range(n_places)], "kind": kinds},
        geometry=[shapely.coverage_union_all(cells[place == n]) for n in range(n_places)],
        index=codes_of_place,
        crs=CRS,
    )
    rank = np.zeros(n_places, dtype=int)
    codes = []
    for p in place_of_grid:
        rank[p] += 1
        codes.append(f"{codes_of_place[p]}{rank[p]:03d}")
    units = Units(frame, places)
    reason = Text("示例说明", "an example")
    plan = Plan(units, grid_of, tuple(codes), tuple(GridException(c, "R5", "dead_zone", reason) for c in codes[:5]))
    return Case(_dressed(units, rng), plan, report_of(), load_rules())


def _nearest(points: Any, centres: Any) -> Any:
    tree = shapely.STRtree(shapely.points(centres))
    return tree.nearest(shapely.points(points))


def _dressed(units: Units, rng: np.random.Generator) -> Town:
    def line(x0: float, y0: float, x1: float, y1: float) -> shapely.LineString:
        return shapely.LineString([(EAST + x0, NORTH + y0), (EAST + x1, NORTH + y1)])

    lines = [line(0, y, 8000, y + 300) for y in range(500, 8000, 500)]
    lines += [line(x, 0, x + 200, 8000) for x in range(500, 8000, 500)]
    roads = gpd.GeoDataFrame(
        {"road_class": [1 + n % 4 for n in range(len(lines))], "name": [f"路{n}" for n in range(len(lines))]},
        geometry=lines,
        crs=CRS,
    )
    water = gpd.GeoDataFrame({"name": ["龙泉港"]}, geometry=[line(3000, 0, 5000, 8000).buffer(30)], crs=CRS)
    parks = shapely.points(EAST + rng.uniform(0, 8000, 40), NORTH + rng.uniform(0, 8000, 40))
    green = gpd.GeoDataFrame(geometry=shapely.buffer(parks, 80), crs=CRS)
    shops = gpd.GeoDataFrame(
        {"premises_id": ["p1", "p2"], "name": ["商场", "菜场"], "kind": ["mall", "market"]},
        geometry=[parks[0], parks[1].buffer(20)],
        crs=CRS,
    )
    walls = gpd.GeoDataFrame({"kind": ["railway", "road"], "name": ["铁路", ""]}, geometry=lines[:2], crs=CRS)
    context = {"roads": roads, "water": water, "green": green}
    return Town(units, walls, shops, context, name="测试镇", source="Voronoi", date="2026-02-05", is_synthetic=True)


ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: Every text of which the contrast to its ground is under 4.5 : 1 (WCAG 2, relative luminance).
FAINT = """() => {
    const part = v => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const level = c => { const [r, g, b] = c.map(v => part(v / 255)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const rgb = s => s.match(/[\\d.]+/g).map(Number);
    const ground = e => {
        for (; e; e = e.parentElement) {
            const c = rgb(getComputedStyle(e).backgroundColor);
            if (c.length < 4 || c[3] > 0.9) { return c.slice(0, 3); }
        }
        return [255, 255, 255];
    };
    const isText = e => e.offsetParent && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    const parts = document.querySelectorAll('.gm-card *, .gm-side *, .gm-head *, .gm-heat-box *');
    return [...parts].filter(isText).map(e => {
        const a = level(rgb(getComputedStyle(e).color).slice(0, 3)), b = level(ground(e));
        return [e.className, e.textContent.slice(0, 20), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
    }).filter(row => row[2] < 4.5);
}"""


@dataclass
class Visit:
    """A page that was opened, and everything that it did beside being shown."""

    page: Page
    requests: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


@pytest.fixture
def make() -> SimpleNamespace:
    """The makers of towns and reports."""
    return SimpleNamespace(
        small=small_case,
        life=small_life,
        issues=small_issues,
        voronoi=voronoi_case,
        report=report_of,
        square=square,
    )


@pytest.fixture
def case() -> Case:
    return small_case()


@pytest.fixture(scope="session")
def big_case() -> Case:
    """200 grids and 6,000 cells."""
    return voronoi_case(6000, 200)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium on the PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens a file in a context without a network and waits until the map is drawn."""
    contexts = []

    def open_page(path: Path, *, size: tuple[int, int] = (1366, 768), before: str = "", is_drawn: bool = True) -> Visit:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, offline=True)
        contexts.append(context)
        context.set_default_timeout(5000)
        visit = Visit(context.new_page())
        page, url = visit.page, path.resolve().as_uri()

        def route(route: Route, request: Request) -> None:
            if request.url == url:
                route.continue_()
            else:
                visit.requests.append(request.url)
                route.abort()

        context.route("**/*", route)
        page.on("request", lambda r: None if r.url == url else visit.requests.append(r.url))
        page.on("console", lambda m: visit.faults.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: visit.faults.append(str(e)))
        page.on("dialog", lambda d: (visit.dialogs.append(d.message), d.dismiss()))
        if before:
            page.add_init_script(before)
        page.goto(url)
        if is_drawn:
            page.wait_for_selector("html[data-drawn]", timeout=60_000)
            page.wait_for_timeout(150)
        return visit

    yield open_page
    for context in contexts:
        context.close()


DAY = date(2026, 2, 5)
HOME_ADDRESS = "向阳村3组12号"
PHONE = "13812345678"


def small_life(case: Case, **changes: Any) -> MapLife:
    """Records of the grids of :func:`small_case`.

    Village 01 has a grid point in the home of 王示范; estate 01 a grid point in the Party service station (two in
    one), with two smaller points at the very place; estate 02 a planned and estate 03 a closed grid point.
    """
    code = case.plan.codes
    station = (EAST + 50, NORTH + 150)
    points = (
        PointShown(
            "P1", "王示范家网格点", "grid_point", "in_use", code[0], (EAST + 51.3, NORTH + 47.9), f"来电 {PHONE}",
            HOME_ADDRESS, "H1", is_private_home=True,
        ),
        PointShown(
            "P2", "山新第1网格点", "grid_point", "in_use", code[2], station, "每日 8:00–20:00", "山新路1号", "B2",
            ("代办", "议事"), 300, partner="S2", reason=Text("登记在同一场所", "recorded with the same premises"),
        ),
        PointShown("S2", "山新党建服务站", "party_service_station", "in_use", code[2], station, premises="B2"),
        PointShown("D2", "代表接待点", "deputies_reception_point", "in_use", code[2], station),
        PointShown("W2", "妇女微家", "womens_micro_home", "planned", code[2], station),
        PointShown("P3", "山新第2网格点", "grid_point", "planned", code[3], (EAST + 250, NORTH + 150)),
        PointShown("P4", "山新第3网格点", "grid_point", "closed", code[4], (EAST + 350, NORTH + 150)),
    )  # fmt: skip
    complete = StaffShown(PostShown(1, ("王示范",)), PostShown(1, ("李示范",)), 6)
    values: dict[str, Any] = {
        "points": points,
        "staff": dict.fromkeys(code, complete)
        | {code[1]: StaffShown(PostShown(1, ("李示范",), is_shared=True), PostShown(1, ("李示范",)), 8)}
        | {code[3]: StaffShown(PostShown(1, ("王示范",)), PostShown(), 4)},
        "staff_totals": StaffTotals(5, 4, 47, 56),
        "reach": {code[0]: ReachShown(90, 0, 0), code[1]: ReachShown(60, 0, 150), code[2]: ReachShown(297, 0, 3)},
        "branches": {code[2]: (BranchShown("山新第1网格党支部", 31),)},
        "reported": {code[2]: ReportedShown(12, DAY), code[3]: ReportedShown(3, DAY)},
        "activities": {
            code[2]: ActivitiesShown(2, 40, (ActivityShown(date(2026, 1, 20), "theme_day", "王示范主讲", 38),))
        },
        "lists": {
            code[2]: (
                ListShown("management", 1, 2, ("巡查排查", "矛盾调解"), 1),
                ListShown("service", None, 2),
            )
        },
        "services": {code[2]: (ServiceShown("社保咨询", "社会事业办", date(2026, 2, 10), "9:00–11:00"),)},
        "names": frozenset({"王示范", "李示范"}),
    }
    return MapLife(DAY, **(values | changes))


#: Unit and number of issues in each grid of :func:`small_case`, in the order of the grids.
ISSUES_AT = ((0, 2), (2, 6), (5, 20), (7, 9), (8, 12), (9, 3), (10, 4))


def small_issues(case: Case, text: str = "") -> Issues:
    """Issues of the half year to :data:`DAY`, one every second day from 1 September 2025, 56 with a place.

    Of eight the seventh is new and the eighth overdue, the others were closed a day after their report. One more of
    estate 02 has the default point of a platform; one is void, one is years old.
    """
    unit_of = [unit for unit, n in ISSUES_AT for _ in range(n)]
    n = len(unit_of)
    centres = [case.plan.units.polygons[u].centroid for u in unit_of]
    where = [shapely.Point(c.x + 7 * (i % 6) - 18, c.y + 9 * (i % 5) - 18) for i, c in enumerate(centres)]
    reported = [pd.Timestamp("2025-09-01 09:00") + pd.Timedelta(days=2 * i) for i in range(n)]
    steps = [("detected", "disposing")[i % 8 - 6] if i % 8 >= 6 else "closed" for i in range(n)]
    settled = [t + pd.Timedelta(days=1) if s == "closed" else pd.NaT for t, s in zip(reported, steps, strict=True)]
    rows = pd.DataFrame(
        {
            "category": [("environment", "fire", "ebike")[i % 3] for i in range(n)],
            "step": steps,
            "tier": [
                "department" if i == 8 else "" if i % 8 == 6 else ("grid", "jurisdiction")[i % 3 > 0] for i in range(n)
            ],
            "kind": text or "环卫",
            "address": text or "山新路1号",
            "description": text or f"楼道堆物，来电 {PHONE}",
            "reported_at": reported,
            "settled_at": settled,
            "due_at": [
                t + pd.Timedelta(days=3) if s == "disposing" else pd.NaT for t, s in zip(reported, steps, strict=True)
            ],
            "place_state": "ok",
            "grid": "",
            "geometry": where,
        }
    )
    more = rows.iloc[[8, 8, 8]].assign(
        step=["closed", "void", "closed"],
        reported_at=[*rows["reported_at"].iloc[[8, 8]], pd.Timestamp("2020-01-01")],
        place_state=["default", "ok", "ok"],
        grid=[case.plan.codes[3], "", ""],
    )
    table = pd.concat([rows, more], ignore_index=True)
    return Issues(make_issues(table, [f"{text}W{i:03d}" for i in range(len(table))], CRS), is_synthetic=True)
