"""Texts that want to run: in every field, in a real browser, none does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.maps import draw, issues_of, save_offline
from gridmap.maps.life import (
    ActivitiesShown,
    ActivityShown,
    BranchShown,
    ListShown,
    MapLife,
    PointShown,
    PostShown,
    ServiceShown,
    StaffShown,
)
from gridmap.model.issue_policy import Category, load_policy
from gridmap.model.issues import Issues, make_issues
from gridmap.model.plan import GridException, Plan
from gridmap.model.registers.points import POINT_KINDS
from gridmap.model.text import Text
from gridmap.model.town import Town
from gridmap.model.units import Units

pytestmark = pytest.mark.browser

HIT = "window.__hit=1;alert(1)"
STRINGS = [
    f"<script>{HIT}</script>",
    f"</script><script>{HIT}</script>",
    f"</SCRIPT ><SCRIPT>{HIT}</SCRIPT>",
    f"<img src=x onerror='{HIT}'>",
    f'"><img src=x onerror="{HIT}">',
    f"<svg onload='{HIT}'>",
    f"<svg><script>{HIT}</script></svg>",
    f"<iframe srcdoc='<script>parent.{HIT}</script>'></iframe>",
    f'<iframe src="javascript:parent.{HIT}"></iframe>',
    f"<body onload='{HIT}'>",
    f'<a href="javascript:{HIT}">x</a>',
    f"<input autofocus onfocus='{HIT}'>",
    f"<details open ontoggle='{HIT}'>x</details>",
    f"<math><mi xlink:href='javascript:{HIT}'>x</mi></math>",
    f"<!--<script>--><script>{HIT}</script>",
    f"]]><script>{HIT}</script>",
    f"</title></style></textarea><script>{HIT}</script>",
    f"';{HIT};//",
    f'";{HIT};//',
    f"`;{HIT};`${{{HIT}}}",
    f"\u2028{HIT}\u2029{HIT}",
    f"\\u003cscript\\u003e{HIT}\\u003c/script\\u003e",
    f"&lt;script&gt;{HIT}&lt;/script&gt;&#60;img src=x onerror={HIT}&#62;",
    "{{ 7*7 }}{% for x in y %}{{ cycler.__init__.__globals__.os }}",
    f"{{n}}{{name}}$&$`\\1 <style>@import 'http://example.invalid/x.css';</style><script>{HIT}</script>",
    "<link rel=stylesheet href=http://example.invalid/x.css><base href=http://example.invalid/>",
    f"<object data='javascript:{HIT}'></object><embed src='javascript:{HIT}'>",
    f"\ufeff\u202e\x00<scr\x00ipt>{HIT}</scr\x00ipt>",
]
COUNTED = "script, img, iframe, object, embed, link, base, style, math, input, details, a, form, svg *"


def town_of(strings: list[str], make: Any) -> Any:
    """A jurisdiction for each string, which stands in all its texts, and a grid in each."""
    n = len(strings)
    frame = gpd.GeoDataFrame(
        {
            "name": strings,
            "households": 300,
            "jurisdiction": [f"{s}{i}" for i, s in enumerate(strings)],
            "compound": strings,
            "dedicated": ["", *strings[1:]],
            "buildings": 1,
            "premises": 1,
        },
        geometry=[make.square(i % 6, i // 6) for i in range(n)],
        index=[f"{s}u{i}" for i, s in enumerate(strings)],
        crs="EPSG:4549",
    )
    kinds = [("village", "residential_area", "preparatory_group")[i % 3] for i in range(n)]
    places = gpd.GeoDataFrame(
        {"name": strings, "kind": kinds},
        geometry=frame.geometry.values,
        index=frame["jurisdiction"].tolist(),
        crs=frame.crs,
    )
    codes = tuple(f"{s}g{i}" for i, s in enumerate(strings))
    exceptions = tuple(GridException(c, s, s, Text(s, s)) for c, s in zip(codes, strings, strict=True))
    units = Units(frame, places)
    plan = Plan(units, np.arange(n), codes, exceptions, frozenset(codes[::2]))
    rows = [
        {"check": s, "severity": "hard", "grid": g, "unit": s, "message_zh": s, "message_en": s}
        for s in strings
        for g in (f"{s}g{strings.index(s)}", "")
    ]
    lines = [shapely.LineString(frame.geometry.iloc[i].exterior.coords[:2]) for i in range(n)]
    named = gpd.GeoDataFrame(
        {"name": strings, "kind": ["railway", *strings[1:]], "road_class": 1, "premises_id": strings},
        geometry=lines,
        crs=frame.crs,
    )
    points = named.set_geometry(named.geometry.centroid)
    everything = " ".join(strings)
    context = {"roads": named, "water": named, "green": named}
    town = Town(units, named, points, context, everything, everything, everything, is_synthetic=True)
    return town, plan, make.report(rows)


def life_of(strings: list[str], plan: Plan) -> MapLife:
    """Records in which every text is one of the strings."""
    day, kinds = date(2026, 2, 5), [*POINT_KINDS]
    points, own = [], {}
    for i, (s, code) in enumerate(zip(strings, plan.codes, strict=True)):
        at = plan.units.polygons[i].centroid
        kind, text = kinds[i % len(kinds)], Text(s, s)
        place = (at.x, at.y)
        points.append(PointShown(f"{s}p{i}", s, kind, "in_use", code, place, s, s, s, (s, s), 9, i % 2 == 0))
        points.append(PointShown(f"{s}q{i}", s, "grid_point", s, code, place, partner=f"{s}p{i}", reason=text))
        own[code] = s
    every = own.items()
    return MapLife(
        day,
        tuple(points),
        {c: StaffShown(PostShown(1, (s,), is_shared=True), PostShown(1, (s,)), 3) for c, s in every},
        branches={c: (BranchShown(s, 9),) for c, s in every},
        activities={c: ActivitiesShown(1, 9, (ActivityShown(day, s, s, 9),)) for c, s in every},
        lists={c: (ListShown(s, 1, 2, (s, s), 1),) for c, s in every},
        services={c: (ServiceShown(s, s, day, s),) for c, s in every},
    )


def issues_in(strings: list[str], plan: Plan) -> Any:
    """Six issues in each unit, every text of which is one of the strings; so are their categories."""
    usual = load_policy()
    other = usual.categories["other"]
    own = {s: Category(Text(s, s), (), 1.0, other.days, 50.0, 72.0) for s in strings}
    policy = replace(usual, name=strings[0], categories={**own, "other": other})
    table = pd.DataFrame(
        [
            {
                "category": s,
                "kind": s,
                "description": s,
                "address": s,
                "source": s,
                "handler": s,
                "reporter": s,
                "step": ("closed", "disposing")[k % 2],
                "tier": "grid",
                "reported_at": pd.Timestamp("2026-01-05"),
                "geometry": shapely.Point(p.centroid.x + 9 * k, p.centroid.y),
            }
            for s, p in zip(strings, plan.units.polygons, strict=True)
            for k in range(6)
        ]
    )
    issues = Issues(make_issues(table, [f"{s}i{k}" for s in strings for k in range(6)], plan.units.frame.crs))
    return issues_of(plan, issues, policy, day=date(2026, 2, 5))


def opened(strings: list[str], make: Any, case: Any, visit: Any, path: Path, lang: Any) -> Any:
    town, plan, report = town_of(strings, make)
    everything = " ".join(strings)
    rules = replace(case.rules, name=everything, title=Text(everything, everything))
    life = life_of(strings, plan)
    meta = {"plan": everything, "seed": everything, "date": everything, **{s: s for s in strings}}
    issues = issues_in(strings, plan)
    drawn = draw(town, plan, report, rules=rules, lang=lang, title=everything, meta=meta, life=life, issues=issues)
    save_offline(drawn, path)
    shown = visit(path)
    page = shown.page
    page.evaluate("gridmap.app.switchLayer('heat', true); gridmap.app.switchLayer('issues', true)")
    for tab in (1, 2, 3, 4, 0):
        page.click(f"#gm-tab-{tab}")
    for mode in range(page.evaluate("gridmap.app.data.modes.length")):
        page.evaluate(f"gridmap.app.setMode({mode})")
    for zoom in (14, 16, 18):
        page.evaluate(f"gridmap.app.map.setZoom({zoom}, {{animate: false}})")
    page.locator(".gm-search-input").fill(strings[0][:12])
    page.wait_for_timeout(50)
    page.locator(".gm-search-input").fill("")
    counts = []
    for i in range(len(strings)):
        for issue in (6 * i, 6 * i + 1):
            page.evaluate(f"gridmap.app.chooseIssue({issue})")
            counts.append(page.evaluate(f"document.querySelectorAll('{COUNTED}').length"))
        for tab in range(4):
            page.evaluate(f"gridmap.app.cardTab = {tab}; gridmap.app.choose({i})")
            counts.append(page.evaluate(f"document.querySelectorAll('{COUNTED}').length"))
        for point in (2 * i, 2 * i + 1):
            page.evaluate(f"gridmap.app.choosePoint({point}, true)")
            counts.append(page.evaluate(f"document.querySelectorAll('{COUNTED}').length"))
    page.evaluate("gridmap.app.showCluster({ n: 200, marks: gridmap.app.issueMarks })")
    counts.append(page.evaluate(f"document.querySelectorAll('{COUNTED}').length"))
    assert page.evaluate("gridmap.app.shownIssues.map(c => gridmap.issueTip(gridmap.app, c)).join().length")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    counts.append(page.evaluate(f"document.querySelectorAll('{COUNTED}').length"))
    page.wait_for_timeout(200)
    return shown, counts


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_hostile_text_runs(make: Any, case: Any, visit: Any, tmp_path: Path, lang: str) -> None:
    assert len(STRINGS) >= 20
    harmless = [f"甲{i}" for i in range(len(STRINGS))]
    _, expected = opened(harmless, make, case, visit, tmp_path / "harmless.html", lang)
    shown, counts = opened(STRINGS, make, case, visit, tmp_path / "hostile.html", lang)
    assert counts == expected  # not one element more than names that want nothing
    assert shown.page.evaluate("window.__hit") is None
    assert shown.dialogs == []
    assert shown.requests == []
    assert shown.faults == []
    body = shown.page.evaluate("document.body.innerText")
    assert "{{ 7*7 }}" in body
    assert "<script>window.__hit=1;alert(1)</script>" in body
    assert "{{ 7*7 }}" in shown.page.title()
