"""Points and records on the page, in a real browser without a network."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gridmap.maps import draw, save_offline
from gridmap.maps.life import MapLife, PointShown, ReachShown, StaffShown
from tests.maps.conftest import FAINT

pytestmark = pytest.mark.browser

SIZES = [(1366, 768), (1920, 1080), (390, 844)]
#: The pixel of the base sheet at (dx, dy) from the symbol of a point.
PIXEL = """([id, dx, dy]) => {
    const app = gridmap.app, sheet = app.sheets[0], ratio = Math.max(1, devicePixelRatio);
    const i = app.data.points.findIndex(p => p.id === id);
    const s = app.shownPoints.find(s => s.mark.points.includes(i));
    const ctx = sheet._container.getContext('2d');
    return Array.from(ctx.getImageData((s.x + dx) * ratio, (s.y + dy) * ratio, 1, 1).data);
}"""


@pytest.fixture
def opened(visit: Any, tmp_path: Path) -> Any:
    def make(case: Any, life: Any, *, size: tuple[int, int] = (1366, 768), **options: Any) -> Any:
        path = tmp_path / "map.html"
        save_offline(draw(case.town, case.plan, case.report, rules=case.rules, life=life, **options), path)
        return visit(path, size=size)

    return make


def text(visit: Any, selector: str) -> str:
    return str(visit.page.inner_text(selector))


def pixel(visit: Any, point: str, dx: float = 0, dy: float = 0) -> list[int]:
    found: list[int] = visit.page.evaluate(PIXEL, [point, dx, dy])
    return found[:3]


def is_near(colour: list[int], wanted: str) -> bool:
    rgb = [int(wanted[i : i + 2], 16) for i in (1, 3, 5)]
    return all(abs(a - b) <= 12 for a, b in zip(colour, rgb, strict=True))


def shown(visit: Any, point: str) -> dict[str, Any]:
    found: dict[str, Any] = visit.page.evaluate(
        """id => { const app = gridmap.app, i = app.data.points.findIndex(p => p.id === id);
        const s = app.shownPoints.find(s => s.mark.points.includes(i));
        const at = app.map.latLngToContainerPoint(app.map.unproject(L.point(...s.mark.place), 0));
        const box = app.mapBox.getBoundingClientRect();
        return { key: s.mark.key, shape: s.mark.shape, status: s.mark.status, r: s.r, dx: s.dx, dy: s.dy,
          x: box.left + at.x + s.dx, y: box.top + at.y + s.dy }; }""",
        point,
    )
    return found


def town_life(case: Any, n: int = 300, seed: int = 5) -> MapLife:
    """`n` points of all kinds in the grids of a big town, a third of them two in one."""
    rng = np.random.default_rng(seed)
    codes, centres = case.plan.codes, [p.centroid for p in case.plan.units.polygons]
    first = {int(g): i for i, g in reversed(list(enumerate(case.plan.grid_of)))}
    points = []
    for i in range(n):
        g = i % len(codes)
        at = centres[first[g]]
        place = (at.x + float(rng.uniform(-50, 50)), at.y + float(rng.uniform(-50, 50)))
        if i % 3 == 0:
            kind = "party_service_point" if g % 2 else "party_service_station"
            points.append(PointShown(f"S{i}", f"服务{i}", kind, "in_use", codes[g], place, premises=f"B{i}"))
            points.append(
                PointShown(
                    f"P{i}", f"点{i}", "grid_point", "in_use", codes[g], place, premises=f"B{i}", partner=f"S{i}"
                )
            )
        else:
            kind = ("grid_point", "womens_micro_home", "service_counter")[i // 3 % 3]
            points.append(PointShown(f"P{i}", f"点{i}", kind, "planned", codes[g], place))
    reach = {code: ReachShown(i, 20, 200 - i) for i, code in enumerate(codes)}
    return MapLife(date(2026, 2, 5), points=tuple(points), staff=dict.fromkeys(codes, StaffShown()), reach=reach)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_a_town_with_points_is_drawn_fast_without_a_request_or_a_fault(
    big_case: Any, opened: Any, size: Any, lang: str
) -> None:
    visit = opened(big_case, town_life(big_case), size=size, lang=lang)
    took = visit.page.evaluate(
        """() => { const t = performance.now(); gridmap.app.sheets[0]._render(); return performance.now() - t; }"""
    )
    assert took < 1500
    for mode in (3, 4, 5):
        visit.page.evaluate(f"gridmap.app.setMode({mode})")
    for index in range(0, 200, 40):
        for tab in (0, 1, 2):
            visit.page.evaluate(f"gridmap.app.cardTab = {tab}; gridmap.app.choose({index})")
            hidden = visit.page.evaluate("(c => c.scrollHeight - c.clientHeight)(document.querySelector('.gm-card'))")
            assert hidden <= 1 or size[0] < 600, (index, tab)  # on a telephone the map keeps its share
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert visit.requests == []
    assert visit.faults == []


def test_two_in_one_is_found_at_town_scale(big_case: Any, opened: Any) -> None:
    visit = opened(big_case, town_life(big_case))
    assert visit.page.evaluate("gridmap.app.isTownScale()")
    marks = visit.page.evaluate("gridmap.app.shownPoints.map(s => [s.mark.key, s.r])")
    two = [r for key, r in marks if key == "two_in_one"]
    assert len(two) == 100
    assert min(two) > max(r for key, r in marks if key != "two_in_one")
    assert not {key for key, _ in marks} & {"womens_micro_home", "service_counter"}  # they come nearer
    visit.page.evaluate("gridmap.app.map.setZoom(gridmap.app.map.getZoom() + 2, {animate: false})")
    visit.page.wait_for_timeout(200)
    assert "service_counter" in visit.page.evaluate("gridmap.app.shownPoints.map(s => s.mark.key)")


def test_symbols_differ_by_shape_and_status(case: Any, make: Any, opened: Any) -> None:
    visit = opened(case, make.life(case))
    marks = {p: shown(visit, p) for p in ("P1", "P2", "P3", "P4")}
    assert [marks[p]["shape"] for p in marks] == ["circle", "diamond", "circle", "circle"]
    assert [marks[p]["status"] for p in marks] == ["in_use", "in_use", "planned", "closed"]
    assert marks["P2"]["key"] == "two_in_one"
    assert shown(visit, "S2")["key"] == "two_in_one"  # drawn with its grid point, not beside it
    assert marks["P2"]["r"] > marks["P1"]["r"]
    assert is_near(pixel(visit, "P1"), "#0f5fa6")  # in use: filled
    assert is_near(pixel(visit, "P3"), "#ffffff")  # planned: hollow
    assert is_near(pixel(visit, "P4"), "#5c5c5c")  # closed: the cross meets in the middle
    r = marks["P2"]["r"]
    assert is_near(pixel(visit, "P2"), "#0f5fa6")  # the grid point inside
    assert is_near(pixel(visit, "P2", dx=r * 1.0), "#a8201a")  # the station around it


def test_points_of_one_place_fan_out(case: Any, make: Any, opened: Any) -> None:
    visit = opened(case, make.life(case))
    visit.page.evaluate("gridmap.app.map.setZoom(gridmap.app.map.getZoom() + 1, {animate: false})")
    visit.page.wait_for_timeout(200)
    marks = [shown(visit, p) for p in ("P2", "D2", "W2")]
    for i, a in enumerate(marks):
        for b in marks[:i]:
            assert np.hypot(a["x"] - b["x"], a["y"] - b["y"]) >= 0.9 * (a["r"] + b["r"])
    assert all(np.hypot(m["dx"], m["dy"]) > 0 for m in marks)


def test_the_card_of_a_point_by_click_search_and_list(case: Any, make: Any, opened: Any) -> None:
    visit = opened(case, make.life(case), lang="en")
    mark = shown(visit, "P2")
    visit.page.mouse.move(mark["x"], mark["y"])
    assert "Two in one · In use" in text(visit, ".gm-tip")
    visit.page.mouse.click(mark["x"], mark["y"])
    card = text(visit, ".gm-card")
    for expected in (
        "山新第1网格点",
        "Grid point",
        "In use",
        "Two in one with 山新党建服务站",
        "recorded with the same premises",
    ):
        assert expected in card
    for expected in ("每日 8:00–20:00", "代办, 议事", "300 households", "山新路1号", "山新居民区 grid 01"):
        assert expected in card
    visit.page.keyboard.press("Escape")
    assert visit.page.locator(".gm-card").count() == 0
    visit.page.locator(".gm-search-input").fill("P3")
    visit.page.keyboard.press("Enter")
    assert "Planned" in text(visit, ".gm-card")
    visit.page.locator("#gm-tab-1").focus()
    visit.page.keyboard.press("Enter")
    assert visit.page.locator(".gm-point-item").count() == 7
    visit.page.locator(".gm-point-item", has_text="代表接待点").focus()
    visit.page.keyboard.press("Enter")
    assert "Deputies" in text(visit, ".gm-card")
    assert visit.faults == []


def test_the_legend_counts_kinds_and_switches_each(case: Any, make: Any, opened: Any) -> None:
    visit = opened(case, make.life(case))
    legend = text(visit, ".gm-symbols").replace("\n", "")
    for expected in ("点位(7)", "两点合一(1)", "网格点(3)", "人大代表接待点(1)", "妇女微家(1)", "规划", "启用", "停用"):
        assert expected in legend
    for absent in ("党建服务站", "办事窗口", "建成"):  # the station stands in the two in one
        assert absent not in legend
    visit.page.locator(".gm-symbols .gm-layer-list label", has_text="网格点").locator("input").uncheck()
    visit.page.wait_for_timeout(200)
    assert "grid_point" not in visit.page.evaluate("gridmap.app.shownPoints.map(s => s.mark.key)")
    visit.page.locator(".gm-symbols legend input").uncheck()
    visit.page.wait_for_timeout(200)
    assert visit.page.evaluate("gridmap.app.shownPoints.length") == 0


@pytest.mark.parametrize("profile", ["leader", "public"])
def test_a_home_is_listed_with_its_grid_and_not_drawn(case: Any, make: Any, opened: Any, profile: str) -> None:
    visit = opened(case, make.life(case), profile=profile)
    assert not visit.page.evaluate("gridmap.app.pointMarks.some(m => m.points.includes(0))")
    assert "另有 1 个点位在党员家中" in text(visit, ".gm-symbols")
    visit.page.evaluate("gridmap.app.choose(0)")
    card = text(visit, ".gm-card")
    assert "某某家网格点" in card
    assert "在党员家中" in card
    assert "王示范" not in text(visit, "body")
    visit.page.evaluate("gridmap.app.choosePoint(0, true)")
    assert "位置不在图上" in text(visit, ".gm-card")
    assert visit.page.evaluate("gridmap.app.chosen") == 0  # its grid is shown instead
    assert visit.faults == []


def tabs_of(visit: Any, grid: int) -> list[str]:
    found = []
    for tab in (0, 1, 2):
        visit.page.evaluate(f"gridmap.app.cardTab = {tab}; gridmap.app.choose({grid})")
        found.append(text(visit, ".gm-card"))
    return found


def test_the_card_of_a_grid_tells_who_and_what(case: Any, make: Any, opened: Any) -> None:
    visit = opened(case, make.life(case))
    team, work, size = tabs_of(visit, 2)
    for expected in (
        "王示范",
        "李示范",
        "6 人 / 应配 6–10",
        "山新第1网格党支部（党员 31 人）",
        "12 人",
        "山新第1网格点",
    ):
        assert expected in team
    for expected in ("297 户", "0 户", "3 户", "步行 500 米内"):
        assert expected in team
    for expected in (
        "管理清单",
        "2 项 · 第 1 版",
        "自行调整 1 项",
        "未更新，最新第 2 版",
        "未采用",
        "社保咨询",
        "2026年2月10日",
    ):
        assert expected in work
    for expected in ("2 次", "40 人次", "王示范主讲", "主题党日"):
        assert expected in work
    assert "公顷" in size
    vacant, _, _ = tabs_of(visit, 3)
    for expected in ("▲ 空缺", "▲ 缺 2 人", "未覆盖"):
        assert expected in vacant
    shared, none, _ = tabs_of(visit, 1)
    assert "兼任其他网格" in shared
    assert "没有登记点位" in shared
    assert "没有记录" in none
    assert visit.faults == []


def test_the_card_in_english_for_a_leader(case: Any, make: Any, opened: Any) -> None:
    visit = opened(case, make.life(case), lang="en", profile="leader")
    team, work, _ = tabs_of(visit, 2)
    for expected in ("Leader", "6 of 6–10", "(31 members)", "≈300 households", "under 5", "Out of reach"):
        assert expected in team
    assert "王示范" not in team + work
    for expected in ("Management list", "outdated: newest is version 2", "not adopted", "N. N.主讲", "10 Feb 2026"):
        assert expected in work
    vacant, _, _ = tabs_of(visit, 3)
    assert "▲ vacant" in vacant
    assert "▲ 2 short" in vacant


def test_what_is_not_recorded_is_a_dash_with_its_reason(case: Any, make: Any, opened: Any) -> None:
    nothing = dict.fromkeys(("staff", "branches", "reported", "activities", "lists", "services"))
    visit = opened(case, make.life(case, **nothing))
    team, work, _ = tabs_of(visit, 3)
    assert team.count("— 未登记") == 2
    assert work.count("— 未登记") == 3
    assert "网格长" not in team


def test_the_choice_of_colouring_has_no_empty_cell(case: Any, make: Any, opened: Any) -> None:
    ends = """() => {
        const box = document.querySelector('.gm-segments').getBoundingClientRect();
        const cells = [...document.querySelectorAll('.gm-mode')].map(e => e.getBoundingClientRect());
        return [cells.length, Math.round(box.right - cells[cells.length - 1].right)];
    }"""
    nothing = dict.fromkeys(("points", "staff", "reach", "branches", "activities", "lists"))
    for n, kept in ((3, ()), (4, ("points",)), (5, ("points", "reach"))):
        life = make.life(case, **{k: v for k, v in nothing.items() if k not in kept})
        visit = opened(case, life, profile="leader")
        assert visit.page.evaluate(ends) == [n, 1]  # one pixel of border


#: How far the middle of each grid on the base sheet is from the colour of its class, 0–255.
TINT = """([ox, oy, scale]) => {
    const app = gridmap.app, mode = app.mode(), r = Math.max(1, devicePixelRatio);
    const ctx = app.sheets[0]._container.getContext('2d');
    return app.data.grids.map((grid, i) => {
        const data = ctx.getImageData((grid.place[0] * scale - ox) * r, (grid.place[1] * scale - oy) * r, 1, 1).data;
        const colour = mode.classes[mode.of[i]].colour;
        return Math.max(...[1, 3, 5].map((k, c) => Math.abs(parseInt(colour.slice(k, k + 2), 16) - data[c])));
    });
}"""
BARE = """() => {
    const app = gridmap.app, s = app.shownPoints[0], scale = app.map.getZoomScale(app.map.getZoom(), 0);
    const drawn = ['labels', 'points', 'roads', 'units', 'premises', 'buildings', 'barriers', 'water'];
    drawn.forEach(key => app.switchLayer(key, false));
    return [s.mark.place[0] * scale + s.dx - s.x, s.mark.place[1] * scale + s.dy - s.y, scale];
}"""


def test_fields_do_not_tint_a_scale_into_other_classes(big_case: Any, opened: Any) -> None:
    """In fields, too, a grid has the colour of its class; only the plan's own colourings let them through."""
    fields = big_case.town.units.jurisdictions[["geometry"]].reset_index(drop=True)
    town = replace(big_case.town, context=dict(big_case.town.context) | {"green": fields})
    visit = opened(big_case._replace(town=town), town_life(big_case))
    where = visit.page.evaluate(BARE)
    found = {}
    for mode in ("deviation", "reach"):
        visit.page.evaluate("key => gridmap.app.setMode(gridmap.app.data.modes.findIndex(m => m.key === key))", mode)
        visit.page.wait_for_timeout(400)
        found[mode] = np.sort(visit.page.evaluate(TINT, where))
    assert np.median(found["deviation"]) > 20
    assert (found["reach"] <= 12).sum() > 190  # of 200: the middle of some lies on a line


def test_what_is_not_marked_is_said_on_paper_too(case: Any, make: Any, opened: Any) -> None:
    visit = opened(case, make.life(case), profile="leader")
    visit.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert "另有 1 个点位在党员家中" in text(visit, ".gm-print-side")


def test_points_stand_on_the_printed_sheet(case: Any, make: Any, opened: Any) -> None:
    visit = opened(case, make.life(case))
    visit.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    side = text(visit, ".gm-print-side").replace("\n", "")
    for expected in ("两点合一(1)", "网格点(3)", "停用"):
        assert expected in side
    assert len(visit.page.evaluate("gridmap.app.shownPoints.map(s => s.mark.key)")) == 6
    assert visit.faults == []


def test_every_text_has_enough_contrast(case: Any, make: Any, opened: Any) -> None:
    visit = opened(case, make.life(case))
    visit.page.evaluate("gridmap.app.choose(3)")
    assert visit.page.evaluate(FAINT) == []


def test_drawing_300_points_in_200_grids_takes_seconds(big_case: Any, tmp_path: Path) -> None:
    start = time.perf_counter()
    town_map = draw(
        big_case.town, big_case.plan, big_case.report, rules=big_case.rules, life=town_life(big_case), profile="leader"
    )
    save_offline(town_map, tmp_path / "m.html")
    assert time.perf_counter() - start < 30
    assert (tmp_path / "m.html").stat().st_size < 5_000_000
