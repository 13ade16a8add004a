"""Issues on the page, in a real browser without a network."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.maps import draw, issues_of, save_offline
from gridmap.model.issue_policy import load_policy
from gridmap.model.issues import Issues, make_issues
from tests.maps.conftest import FAINT

pytestmark = pytest.mark.browser

DAY = date(2026, 2, 5)
SIZES = [(1366, 768), (1920, 1080), (390, 844)]
PICK = "key => gridmap.app.setMode(gridmap.app.data.modes.findIndex(m => m.key === key))"


@pytest.fixture
def opened(visit: Any, tmp_path: Path) -> Any:
    def make(
        case: Any,
        issues: Issues,
        *,
        size: tuple[int, int] = (1366, 768),
        before: str = "",
        is_subject: bool = False,
        **options: Any,
    ) -> Any:
        shown = replace(issues_of(case.plan, issues, load_policy(), day=DAY), is_subject=is_subject)
        path = tmp_path / "map.html"
        save_offline(draw(case.town, case.plan, case.report, rules=case.rules, issues=shown, **options), path)
        return visit(path, size=size, before=before)

    return make


def text(visit: Any, selector: str) -> str:
    return str(visit.page.inner_text(selector))


def town_issues(case: Any, n: int, seed: int = 3) -> Issues:
    """`n` issues over the units of a big town, a hundred more in the grid with the position 17."""
    rng = np.random.default_rng(seed)
    units = rng.choice(len(case.plan.units), n)
    units[:100] = rng.choice(np.flatnonzero(case.plan.grid_of == 17), 100)
    places = [case.plan.units.polygons[u].centroid for u in units]
    jitter = rng.uniform(-20, 20, (n, 2))
    table = pd.DataFrame(
        {
            "category": rng.choice(["environment", "order", "traffic", "ebike", "fire"], n),
            "step": rng.choice(["closed", "closed", "closed", "disposing"], n),
            "tier": rng.choice(["grid", "jurisdiction"], n),
            "address": [f"第{i % 90}号" for i in range(n)],
            "reported_at": pd.Timestamp("2025-08-10") + pd.to_timedelta(rng.integers(0, 175, n), unit="D"),
            "due_at": pd.Timestamp("2026-03-01"),
            "geometry": [shapely.Point(p.x + x, p.y + y) for p, (x, y) in zip(places, jitter, strict=True)],
        }
    )
    return Issues(make_issues(table, [f"i{i}" for i in range(n)], "EPSG:4549"))


def show(visit: Any, *layers: str) -> None:
    for layer in layers:
        visit.page.evaluate("key => gridmap.app.switchLayer(key, true)", layer)
    visit.page.wait_for_timeout(200)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_a_town_with_issues_is_drawn_without_a_request_or_a_fault(
    big_case: Any, opened: Any, size: Any, lang: str
) -> None:
    visit = opened(big_case, town_issues(big_case, 1500), size=size, lang=lang)
    for key in ("rate", "smoothed", "funnel", "spots", "emerging", "overdue"):
        visit.page.evaluate(PICK, key)
        visit.page.wait_for_timeout(60)
    show(visit, "heat", "issues")
    for index in range(0, 200, 40):
        visit.page.evaluate(f"gridmap.app.cardTab = 0; gridmap.app.choose({index})")
        hidden = visit.page.evaluate("(c => c.scrollHeight - c.clientHeight)(document.querySelector('.gm-card'))")
        assert hidden <= 1 or size[0] < 600, index
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    box = visit.page.locator(".gm-heat-box").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size[0]
    assert visit.requests == []
    assert visit.faults == []


def test_10000_issues_are_put_together(big_case: Any, opened: Any) -> None:
    visit = opened(big_case, town_issues(big_case, 10_000))
    show(visit, "issues")
    clusters = visit.page.evaluate("gridmap.app.clusters.map(c => c.n)")
    assert sum(clusters) == 10_000
    assert len(clusters) < 400
    visit.page.evaluate("gridmap.app.map.setZoom(gridmap.app.map.getZoom() + 3, {animate: false})")
    visit.page.wait_for_timeout(300)
    assert len(visit.page.evaluate("gridmap.app.clusters.map(c => c.n)")) > len(clusters)
    assert visit.faults == []


def test_circles_do_not_depend_on_the_window(big_case: Any, opened: Any) -> None:
    visit = opened(big_case, town_issues(big_case, 1500))
    show(visit, "issues")
    places = "gridmap.app.clusters.map(c => [c.place, c.n])"
    before = visit.page.evaluate(places)
    visit.page.evaluate("gridmap.app.map.panBy([150, 90], {animate: false})")
    visit.page.wait_for_timeout(300)
    assert visit.page.evaluate(places) == before
    near = visit.page.evaluate(
        """() => { const s = Math.pow(2, gridmap.app.map.getZoom());
        const seeds = gridmap.app.clusters.map(c => [c.x, c.y]);
        const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
        return Math.min(...seeds.flatMap((a, i) => seeds.slice(0, i).map(b => apart(a, b)))); }"""
    )
    assert near >= 44


def test_the_classes_are_in_the_legend_and_too_few_is_hatched(case: Any, make: Any, opened: Any) -> None:
    visit = opened(case, make.issues(case))
    labels = visit.page.locator(".gm-modes").all_inner_texts()
    assert "网格按问题着色" in labels[1]
    visit.page.locator(".gm-mode", has_text="问题率").click()
    legend = text(visit, ".gm-classes")
    for expected in ("每百户问题数（全镇 3.6）", "太少，说不准（少于 5 件）", "没有住户"):
        assert expected in legend
    assert "具名例外" not in legend  # not on the map now
    tones = visit.page.evaluate(
        """() => { const app = gridmap.app, g = app.data.grids[0], ctx = app.sheets[0]._container.getContext('2d');
        app.switchLayer('labels', false); app.sheets[0]._render();
        const at = app.map.latLngToContainerPoint(app.map.unproject(L.point(...g.place), 0));
        const pane = app.sheets[0]._bounds.min, o = app.map.containerPointToLayerPoint(at), r = devicePixelRatio || 1;
        const d = ctx.getImageData((o.x - pane.x - 8) * r, (o.y - pane.y - 8) * r, 16, 16).data;
        return new Set(Array.from(d).filter((_, i) => i % 4 === 0)).size; }"""
    )
    assert tones > 5  # lines, not one flat colour
    visit.page.locator(".gm-mode", has_text="规模偏差").click()
    assert "具名例外" in text(visit, ".gm-classes")


def test_hot_spots_have_a_sign_and_a_line(big_case: Any, opened: Any) -> None:
    visit = opened(big_case, town_issues(big_case, 1500))
    visit.page.evaluate(PICK, "spots")
    hot = visit.page.evaluate(
        """() => { const m = gridmap.app.mode();
        return m.of.map((c, i) => [m.classes[c], i]).filter(r => r[0].edge === 'hot').map(r => r[1]); }"""
    )
    assert 17 in hot
    assert "▲" in visit.page.locator(".gm-classes .gm-swatch text").all_text_contents()
    visit.page.evaluate("gridmap.app.choose(17, true); gridmap.app.choose(-1)")
    visit.page.wait_for_timeout(600)
    tone = visit.page.evaluate(
        """() => { const app = gridmap.app, s = app.sheets[0], r = devicePixelRatio || 1;
        const z = Math.pow(2, app.map.getZoom()), o = app.map.getPixelOrigin(), [x, y] = app.data.grids[17].place;
        const at = [x * z - o.x - s._bounds.min.x, y * z - o.y - s._bounds.min.y];
        return Array.from(s._container.getContext('2d').getImageData(at[0] * r, at[1] * r, 1, 1).data).slice(0, 3); }"""
    )
    assert max(abs(a - b) for a, b in zip(tone, (0x7A, 0x2E, 0x00), strict=True)) <= 12


def test_heat_by_month_with_the_keyboard(case: Any, make: Any, opened: Any) -> None:
    visit = opened(case, make.issues(case))
    assert not visit.page.locator(".gm-heat-box").is_visible()
    visit.page.locator(".gm-issue-layers label", has_text="热力").locator("input").check()
    assert "整个时段 · 56 件" in text(visit, ".gm-heat-box")
    for expected in ("件/公顷（按类别加权），带宽 200 米", "周围不足 5 件处不画"):
        assert expected in text(visit, ".gm-heat-box")
    assert "热力打开时，网格不着色" in text(visit, ".gm-classes")
    slider = visit.page.locator(".gm-heat-row input")
    slider.focus()
    visit.page.keyboard.press("ArrowRight")
    visit.page.keyboard.press("ArrowRight")
    assert "2025年9月 · 15 件" in text(visit, ".gm-heat-box")
    assert slider.get_attribute("aria-valuetext") == "2025年9月 · 15 件"
    assert visit.page.evaluate("gridmap.app.heatAt") == 2
    visit.page.keyboard.press("Home")
    play = visit.page.get_by_role("button", name="按月播放")
    play.focus()
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_function("gridmap.app.heatAt === 2", timeout=5000)
    visit.page.get_by_role("button", name="暂停").click()
    assert visit.faults == []


def test_nothing_plays_for_those_who_want_rest(case: Any, make: Any, opened: Any) -> None:
    rest = """(match => { window.matchMedia = q => (q.includes('reduced-motion') ? { matches: true } : match(q)); })(
        window.matchMedia.bind(window))"""
    visit = opened(case, make.issues(case), before=rest)
    show(visit, "heat")
    assert visit.page.locator(".gm-heat-row input").is_visible()
    assert visit.page.locator(".gm-heat-play").count() == 0


def test_heat_is_painted_inside_the_town(big_case: Any, opened: Any) -> None:
    visit = opened(big_case, town_issues(big_case, 6000))
    colour = """([dx, dy]) => { const app = gridmap.app, s = app.sheets[0], r = devicePixelRatio || 1;
        const box = gridmap.boxOf(app.layers.jurisdictions), z = Math.pow(2, app.map.getZoom());
        const o = app.map.getPixelOrigin(), x = (box[0] + dx * (box[2] - box[0])) * z - o.x - s._bounds.min.x;
        const y = (box[1] + dy * (box[3] - box[1])) * z - o.y - s._bounds.min.y;
        return Array.from(s._container.getContext('2d').getImageData(x * r, y * r, 1, 1).data).slice(0, 3); }"""
    drawn = ["labels", "roads", "units", "premises", "buildings", "barriers", "water", "green", "grids"]
    visit.page.evaluate("keys => keys.forEach(key => gridmap.app.switchLayer(key, false))", drawn)
    show(visit, "heat")
    inside = [visit.page.evaluate(colour, [x, 0.47]) for x in np.linspace(0.2, 0.8, 9)]
    outside = visit.page.evaluate(colour, [0.5, -0.02])
    assert outside == visit.page.evaluate(colour, [-0.02, 0.5])
    assert min(min(c) for c in inside) < 200  # of the town's densest places some are dark


def test_the_card_of_a_grid_tells_rate_and_chance(case: Any, make: Any, opened: Any) -> None:
    visit = opened(case, make.issues(case), life=make.life(case))
    visit.page.evaluate("gridmap.app.choose(2)")
    tabs = visit.page.locator(".gm-card [role=tab]").all_inner_texts()
    assert tabs == ["队伍与点位", "清单与活动", "问题", "规模"]
    visit.page.locator(".gm-card [role=tab]", has_text="问题").focus()
    visit.page.keyboard.press("Enter")
    card = text(visit, ".gm-issue-part").replace("\n", " ")
    for expected in (
        "20 件",
        "每百户 6.7 件",
        "95% 区间 4.1–10",
        "全镇 3.6",
        "未办结 4 件",
        "其中超期 2 件",
        "24 小时",
    ):
        assert expected in card
    for tier in ("网格 6 件", "村居 9 件", "部门 1 件"):
        assert tier in card
    visit.page.evaluate("gridmap.app.choose(0)")
    assert "太少，说不准" in text(visit, ".gm-issue-part")
    assert visit.page.evaluate(FAINT) == []


def test_the_funnel_and_its_list_choose_a_grid(big_case: Any, opened: Any) -> None:
    visit = opened(big_case, town_issues(big_case, 1500), lang="en")
    visit.page.locator(".gm-side [role=tab]", has_text="Issues").click()
    assert "Open issues overdue: 0, on 5 Feb 2026" in text(visit, ".gm-issue-tab").replace("\n", " ")
    first_line = visit.page.locator(".gm-figure").all_inner_texts()  # nothing else is recorded
    assert "Issues, half a year" in first_line[2]
    assert "1,500" in first_line[2]
    label = visit.page.get_attribute(".gm-funnel svg", "aria-label")
    assert "issues per 100 households" in label
    name = visit.page.evaluate("gridmap.app.data.grids[17].name")
    assert name in visit.page.locator(".gm-issue-grids").first.inner_text()
    button = visit.page.locator(".gm-issue-grids button", has_text=name).first
    button.focus()
    visit.page.keyboard.press("Enter")
    assert visit.page.evaluate("gridmap.app.chosen") == 17
    assert visit.page.locator(".gm-dot-chosen").count() == 1
    visit.page.locator(".gm-dot-chosen").hover()
    assert visit.page.evaluate("gridmap.app.hovered") == 17
    visit.page.locator(".gm-dot-inside").last.click(force=True)
    assert visit.page.evaluate("gridmap.app.chosen") not in (-1, 17)
    assert visit.faults == []


def test_an_issue_has_a_card_and_a_place_with_several_a_list(case: Any, make: Any, opened: Any) -> None:
    visit = opened(case, make.issues(case))
    show(visit, "issues")
    assert not visit.page.evaluate("gridmap.app.isOn('points')")
    where = """i => { const app = gridmap.app, c = app.shownIssues[i], b = app.mapBox.getBoundingClientRect();
        const p = app.map.latLngToContainerPoint(app.map.unproject(L.point(...c.place), 0));
        return [b.left + p.x, b.top + p.y, c.n]; }"""
    visit.page.evaluate(
        """() => { const { map, issueMarks } = gridmap.app;
        map.setView(map.unproject(L.point(...issueMarks[0].place), 0), 20, { animate: false }); }"""
    )
    visit.page.wait_for_timeout(300)
    sizes = visit.page.evaluate("gridmap.app.shownIssues.map(c => c.marks.length)")
    x, y, _ = visit.page.evaluate(where, sizes.index(1))
    visit.page.mouse.move(x, y)
    assert "·" in text(visit, ".gm-tip")
    visit.page.mouse.click(x, y)
    card = text(visit, ".gm-card").replace("\n", " ")
    for expected in ("步骤", "处置层级", "上报", "来源类别 环卫", "地点 山新路1号", "楼道堆物，来电 …"):
        assert expected in card
    assert "138" not in card
    visit.page.keyboard.press("Escape")
    assert visit.page.locator(".gm-card").count() == 0
    visit.page.evaluate("gridmap.app.showCluster({ n: 2, marks: gridmap.app.issueMarks.slice(0, 2) })")
    assert "此处 2 件" in text(visit, ".gm-card")
    visit.page.locator(".gm-issue-items button").first.focus()
    visit.page.keyboard.press("Enter")
    assert "W055" in text(visit, ".gm-card")
    assert visit.faults == []


def test_marks_by_category_and_month(case: Any, make: Any, opened: Any) -> None:
    visit = opened(case, make.issues(case))
    show(visit, "issues")
    total = "gridmap.app.clusters.reduce((sum, c) => sum + c.n, 0)"
    assert visit.page.evaluate(total) == 56
    visit.page.locator(".gm-category select").select_option(label="消 消防安全 (19)")
    visit.page.wait_for_timeout(150)
    assert visit.page.evaluate(total) == 19
    visit.page.evaluate("gridmap.app.heatAt = 2; gridmap.app.redraw()")
    visit.page.wait_for_timeout(150)
    assert visit.page.evaluate(total) == 5  # of the fifteen of September
    states = text(visit, ".gm-issue-layers")
    for expected in ("未办结", "超期", "已办结"):
        assert expected in states


@pytest.mark.parametrize("profile", ["leader", "public"])
def test_outside_there_are_only_squares(big_case: Any, opened: Any, profile: str) -> None:
    visit = opened(big_case, town_issues(big_case, 3000), profile=profile, lang="en")
    show(visit, "issues")
    assert "squares with fewer than 5 are not shown" in text(visit, ".gm-issue-layers")
    assert visit.page.locator(".gm-category").count() == 0
    texts = visit.page.evaluate("gridmap.app.clusters.map(c => gridmap.clusterText(gridmap.app, c))")
    assert texts
    assert all(t.startswith("≈") for t in texts)
    assert not visit.page.locator(".gm-heat-box").is_visible()  # squares are of the whole period
    visit.page.evaluate("gridmap.openCluster(gridmap.app, { marks: gridmap.app.issueMarks.slice(0, 1), n: 5 })")
    assert visit.page.locator(".gm-card").count() == 0
    assert visit.faults == []


def test_heat_and_marks_stand_on_the_printed_sheet(case: Any, make: Any, opened: Any) -> None:
    visit = opened(case, make.issues(case))
    show(visit, "heat", "issues")
    visit.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    side = text(visit, ".gm-print-side").replace("\n", " ")
    for expected in ("热力 · 整个时段 · 56 件", "件/公顷", "问题点", "超期"):
        assert expected in side
    assert "目标 300" not in side
    assert not visit.page.locator(".gm-heat-box").is_visible()
    visit.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert visit.page.locator(".gm-heat-box").is_visible()
    assert visit.faults == []


def test_texts_about_issues_have_enough_contrast(big_case: Any, opened: Any) -> None:
    visit = opened(big_case, town_issues(big_case, 1500))
    show(visit, "heat", "issues")
    assert visit.page.evaluate(FAINT) == []
    visit.page.locator(".gm-side [role=tab]", has_text="问题").click()
    visit.page.evaluate("gridmap.app.chooseIssue(3)")
    assert visit.page.evaluate(FAINT) == []


def test_a_map_about_issues_opens_with_their_heat_and_cards_with_their_part(big_case: Any, opened: Any) -> None:
    issues = town_issues(big_case, 2000)
    seen = opened(big_case, issues, is_subject=True)
    assert seen.page.evaluate("gridmap.isHeatOn(gridmap.app)")
    seen.page.evaluate("gridmap.app.choose(17, true)")
    assert seen.page.get_attribute(".gm-card [role=tab][aria-selected=true]", "id") == seen.page.get_attribute(
        ".gm-card [role=tab]:has-text('问题')", "id"
    )
    plain = opened(big_case, issues)
    assert not plain.page.evaluate("gridmap.isHeatOn(gridmap.app)")
