"""The page in a real browser, without a network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gridmap.maps import draw, save_offline

pytestmark = pytest.mark.browser

SIZES = [(1366, 768), (1920, 1080), (390, 844)]


@pytest.fixture
def page_of(visit: Any, tmp_path: Path) -> Any:
    """Draws a case, opens it and gives the visit."""

    def make(case: Any, **options: Any) -> Any:
        how = {key: options.pop(key) for key in ("size", "before", "is_drawn") if key in options}
        town_map = draw(case.town, case.plan, case.report, rules=case.rules, **options)
        path = tmp_path / "map.html"
        save_offline(town_map, path)
        return visit(path, **how)

    return make


def text(visit: Any, selector: str) -> str:
    return str(visit.page.inner_text(selector))


def overlapping(boxes: list[list[float]]) -> list[tuple[list[float], list[float]]]:
    """Pairs of boxes that share an area."""
    return [
        (a, b)
        for i, a in enumerate(boxes)
        for b in boxes[:i]
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_a_town_is_drawn_without_a_request_or_a_fault(big_case: Any, page_of: Any, size: Any, lang: str) -> None:
    visit = page_of(big_case, size=size, lang=lang)
    assert visit.requests == []
    assert visit.faults == []
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    figures = visit.page.locator(".gm-figure-value").all_inner_texts()
    assert figures[1].startswith("200")
    visit.page.evaluate("gridmap.app.setMode(1); gridmap.app.choose(7, true)")
    visit.page.wait_for_timeout(400)
    card = visit.page.locator(".gm-card").bounding_box()
    assert card["y"] >= 0
    assert card["x"] >= 0
    assert card["y"] + card["height"] <= size[1] + 1
    assert visit.faults == []
    # the card is read without scrolling
    assert visit.page.evaluate("(c => c.scrollHeight <= c.clientHeight + 1)(document.querySelector('.gm-card'))")


@pytest.mark.parametrize("zoom", [0, 1, 2, 3.5])
def test_labels_never_touch(big_case: Any, page_of: Any, zoom: float) -> None:
    visit = page_of(big_case)
    visit.page.evaluate(f"gridmap.app.map.setZoom(gridmap.app.map.getZoom() + {zoom}, {{animate: false}})")
    visit.page.wait_for_timeout(300)
    boxes = visit.page.evaluate("gridmap.app.labelBoxes")
    assert len(boxes) > 5
    assert overlapping(boxes) == []


def test_the_canvas_shows_the_classes(case: Any, page_of: Any) -> None:
    visit = page_of(case)
    colour_at = """i => { const app = gridmap.app, sheet = app.sheets[0], grid = app.data.grids[i];
        const map = app.map, o = map.getPixelOrigin(), s = Math.pow(2, map.getZoom()), b = sheet._bounds.min;
        const box = app.layers.grids[i].box;
        const inside = i => (box[i] + (box[i + 2] - box[i]) * 0.2) * s;
        const x = inside(0) - o.x - b.x, y = inside(1) - o.y - b.y;
        return Array.from(sheet._container.getContext('2d').getImageData(x, y, 1, 1).data.slice(0, 3)); }"""
    middle = visit.page.evaluate(colour_at, 2)
    assert all(abs(a - b) <= 4 for a, b in zip(middle, (0xF7, 0xF7, 0xF7), strict=True))
    dedicated = visit.page.evaluate(colour_at, 6)
    assert all(abs(a - b) <= 6 for a, b in zip(dedicated, (0xC9, 0xBF, 0xE3), strict=True))


def test_card_by_click_and_by_keyboard(case: Any, page_of: Any) -> None:
    visit = page_of(case)
    spot = visit.page.evaluate(
        """() => { const app = gridmap.app, p = app.data.grids[4].place;
        const at = app.map.latLngToContainerPoint(app.map.unproject(L.point(p[0], p[1]), 0));
        const box = app.mapBox.getBoundingClientRect(); return [box.left + at.x, box.top + at.y]; }"""
    )
    visit.page.mouse.click(*spot)
    card = text(visit, ".gm-card")
    assert "山新居民区 03 网格" in card
    assert "310116113001003" in card
    assert "500 户" in card
    assert "高于上限" in card
    assert "偏差 +66.7%" in card
    assert "一栋 500 户。" in card
    visit.page.keyboard.press("Escape")
    assert visit.page.locator(".gm-card").count() == 0
    visit.page.locator(".gm-search-input").focus()
    visit.page.keyboard.type("002001")
    visit.page.keyboard.press("Escape")
    visit.page.locator(".gm-search-input").fill("202002")
    visit.page.keyboard.press("Enter")
    assert "向阳村 02 网格" in text(visit, ".gm-card")
    assert "3 个组" in text(visit, ".gm-card")
    assert "户数参考 300" in text(visit, ".gm-card")


def test_search_by_name_number_compound_and_full_width_digits(case: Any, page_of: Any) -> None:
    visit = page_of(case)
    for query, expected in (
        ("金豪", "山新居民区 01 网格"),
        ("向阳０１", "向阳村 01 网格"),
        ("001004", "山新居民区 04 网格"),
        ("310116113202", "向阳村"),
        ("塔楼", "山新居民区 03 网格"),
    ):
        visit.page.locator(".gm-search-input").fill(query)
        assert visit.page.locator(".gm-results [role=option] span").first.inner_text() == expected, query
    visit.page.locator(".gm-search-input").fill("没有的")
    assert "没有找到" in text(visit, ".gm-results")


def test_every_control_can_be_reached_by_tab_and_has_a_name(case: Any, page_of: Any) -> None:
    visit = page_of(case)
    nameless = visit.page.evaluate(
        """[...document.querySelectorAll('button, input, a[href]')].filter(e => !(e.innerText
        || e.getAttribute('aria-label') || e.title
        || (e.labels && e.labels.length && e.labels[0].innerText))).map(e => e.outerHTML)"""
    )
    assert nameless == []
    reached = set()
    for _ in range(60):
        visit.page.keyboard.press("Tab")
        reached.add(visit.page.evaluate("document.activeElement.className + document.activeElement.id"))
    assert any("gm-search-input" in r for r in reached)
    assert any("gm-tab-0" in r for r in reached)
    assert any("folium-map" in r for r in reached)
    assert any("gm-home" in r for r in reached)


def test_the_exceptions_list_zooms(case: Any, page_of: Any) -> None:
    visit = page_of(case)
    visit.page.click("#gm-tab-1")
    listed = text(visit, "#gm-tab-panel-1")
    assert "违规，没有例外说明" in listed
    assert "山新居民区 04 网格" in listed
    assert "单体超上限" in listed
    before = visit.page.evaluate("gridmap.app.map.getZoom()")
    visit.page.click(".gm-item-excepted")
    visit.page.wait_for_timeout(600)
    assert visit.page.evaluate("gridmap.app.chosen") == 4
    assert visit.page.evaluate("gridmap.app.map.getZoom()") != before


def test_the_legend_names_only_what_is_there(case: Any, page_of: Any) -> None:
    visit = page_of(case, lang="en")
    legend = text(visit, ".gm-legend")
    for word in ("Dedicated grid", "Exception", "Broken rule", "Jurisdictions"):
        assert word in legend
    for word in ("Water", "Roads", "Green", "Buildings", "not known"):
        assert word not in legend
    visit.page.click(".gm-mode:nth-child(2) input", force=True)
    assert "Preparatory" not in text(visit, ".gm-legend")
    assert "Village" in text(visit, ".gm-legend")


def test_badges_and_foot(case: Any, page_of: Any) -> None:
    visit = page_of(case, meta={"plan": "2026-1 草案", "seed": 7, "绘制": "规划组"})
    assert "合成数据" in text(visit, ".gm-badges")
    assert "内部使用" in text(visit, ".gm-badges")
    foot = text(visit, ".gm-side .gm-about")
    for expected in ("示例", "2026年2月5日", "2026-1 草案", "shanyang-2020", "规划组", case.plan.fingerprint[:8]):
        assert expected in foot
    assert visit.page.evaluate("document.documentElement.lang") == "zh-CN"


def test_outside_there_is_no_stamp_and_no_small_count(case: Any, page_of: Any) -> None:
    visit = page_of(case, profile="public")
    assert "内部使用" not in text(visit, ".gm-badges")
    visit.page.evaluate("gridmap.app.choose(5)")
    card = text(visit, ".gm-card")
    assert "少于 5 户" in card
    assert "3 户" not in card


def test_unknown_households_are_a_dash_with_a_reason(make: Any, page_of: Any) -> None:
    visit = page_of(make.small(has_households=False))
    visit.page.evaluate("gridmap.app.choose(2)")
    card = text(visit, ".gm-card")
    assert "—" in card
    assert "来源数据没有户数" in card
    assert "0 户" not in card
    assert visit.faults == []


def test_old_browsers_unpack_by_our_own_inflate(big_case: Any, page_of: Any) -> None:
    visit = page_of(big_case, before="delete window.DecompressionStream;")
    assert visit.page.evaluate("typeof DecompressionStream") == "undefined"
    assert visit.page.evaluate("gridmap.app.data.grids.length") == 200
    assert visit.faults == []


def test_a_file_that_was_cut_off_says_so(case: Any, visit: Any, tmp_path: Path) -> None:
    path = tmp_path / "cut.html"
    save_offline(draw(case.town, case.plan, case.report, rules=case.rules), path)
    html = path.read_text(encoding="utf-8")
    at = html.index('id="gm-data">') + 400
    path.write_text(html[:at] + html[html.index("</script>", at) :], encoding="utf-8")
    shown = visit(path, is_drawn=False)
    shown.page.wait_for_function("document.getElementById('gm-wait').innerText.includes('不完整')", timeout=10_000)


def test_the_printed_sheet_is_a3_across_with_map_and_signatures(case: Any, page_of: Any) -> None:
    visit = page_of(case)
    pdf = visit.page.pdf(prefer_css_page_size=True, print_background=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert boxes
    for width, height in boxes:  # points of 1/72 inch
        assert float(width) == pytest.approx(420 / 25.4 * 72, abs=1)
        assert float(height) == pytest.approx(297 / 25.4 * 72, abs=1)
    visit.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    sheet = text(visit, "body")
    for expected in ("制图", "审核", "日期", "图例", "网格一览", "内部使用"):
        assert expected in sheet
    picture = visit.page.locator(".gm-print-picture")
    assert picture.evaluate("e => e.naturalWidth") > 3000
    assert visit.page.locator(".gm-north").is_visible()
    visit.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert visit.page.locator(".gm-print-picture").count() == 0
    assert visit.page.locator(".gm-head").is_visible()


def test_200_grids_of_6000_cells_are_a_small_file(big_case: Any, tmp_path: Path) -> None:
    path = tmp_path / "m.html"
    save_offline(draw(big_case.town, big_case.plan, big_case.report, rules=big_case.rules), path)
    assert path.stat().st_size <= 5_000_000


@pytest.mark.slow
def test_50000_units_are_drawn_from_one_file(make: Any, page_of: Any, tmp_path: Path) -> None:
    visit = page_of(make.voronoi(50_000, 1_500, 100))
    assert (tmp_path / "map.html").stat().st_size <= 12_000_000
    assert visit.page.evaluate("gridmap.app.layers.units.length") == 50_000
    assert visit.requests == []
    assert visit.faults == []


def test_with_tiles_only_their_server_is_asked(case: Any, page_of: Any) -> None:
    visit = page_of(case, tiles="amap")
    visit.page.wait_for_timeout(200)
    hosts = {url.split("/")[2] for url in visit.requests}
    assert hosts
    assert all(host.endswith(".is.autonavi.com") for host in hosts)
    assert "高德地图" in text(visit, ".leaflet-control-attribution")
