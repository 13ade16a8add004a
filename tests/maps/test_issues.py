"""Issues on the map: what is gathered, and what each profile is told of it."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gridmap.errors import InvalidInput
from gridmap.issues.rates import rates_of_grids
from gridmap.maps import draw, issues_of
from gridmap.maps.classes_issues import rate_edges
from gridmap.maps.grid_issues import is_rounded, issue_figures, rate_text
from gridmap.maps.heat import LEVELS, level_signs, scale_ticks
from gridmap.maps.issues import MapIssues
from gridmap.maps.offline import offline_html
from gridmap.maps.telling import told_part, told_parts
from gridmap.model.issue_policy import load_policy
from gridmap.model.issues import Issues, make_issues

DAY = date(2026, 2, 5)
OUTSIDE = ["leader", "public"]


@pytest.fixture
def shown(case: Any, make: Any) -> MapIssues:
    return issues_of(case.plan, make.issues(case), load_policy(), day=DAY)


def payload_of(case: Any, issues: Any, **options: Any) -> Any:
    html = offline_html(draw(case.town, case.plan, case.report, rules=case.rules, issues=issues, **options))
    packed = re.search(r'id="gm-data">([^<]*)<', html)
    assert packed
    return json.loads(gzip.decompress(base64.b64decode(packed[1])))


def mode(payload: Any, key: str) -> Any:
    return next(m for m in payload["modes"] if m["key"] == key)


def class_of(payload: Any, key: str, grid: int) -> Any:
    found = mode(payload, key)
    return found["classes"][found["of"][grid]]


def test_what_is_gathered_by_hand(case: Any, shown: MapIssues) -> None:
    rows = [shown.grids[code] for code in case.plan.codes]
    assert (shown.first, shown.last) == (date(2025, 8, 6), DAY)
    assert [r.n for r in rows] == [2, 6, 20, 10, 12, 3, 4]  # the void and the old one are not counted
    assert [r.households for r in rows] == [90, 210, 300, 360, 500, 3, 0]
    assert [r.n_open for r in rows] == [0, 2, 4, 2, 4, 0, 2]
    assert [r.n_overdue for r in rows] == [0, 1, 2, 1, 2, 0, 1]
    assert dict(rows[2].tiers) == {"grid": 6, "jurisdiction": 9, "department": 1}
    assert (rows[2].hours, rows[2].n_timed) == (24.0, 16)
    assert rows[2].rate == pytest.approx(100 * 20 / 300)
    assert rows[2].low < 100 * 20 / 300 < rows[2].high
    assert rows[6].rate is None
    assert [r.funnel for r in rows][5:] == ["few", "no_households"]
    assert (shown.town.n, shown.town.n_open, shown.town.n_overdue) == (57, 14, 7)
    assert shown.town.rate == pytest.approx(100 * 53 / 1463)  # the mall has no households
    assert shown.is_synthetic


def test_marks_are_newest_first_and_have_a_place(shown: MapIssues) -> None:
    assert len(shown.marks) == 56  # not the one on a platform's default point
    assert list(shown.marks.index[:2]) == ["W055", "W054"]
    assert shown.marks["reported_on"].is_monotonic_decreasing
    assert int(shown.marks["is_overdue"].sum()) == 7
    assert int(shown.cells["n"].sum()) == 56
    assert shown.n_left_out == 0


def test_only_the_newest_are_marked_and_the_rest_is_counted(case: Any, make: Any) -> None:
    few = make.issues(case).frame.iloc[:56]
    table = pd.concat([few] * 358, ignore_index=True)  # 20,048
    many = Issues(make_issues(table, [f"i{i:05d}" for i in range(len(table))], few.crs))
    shown = issues_of(case.plan, many, load_policy(), day=DAY)
    assert (len(shown.marks), shown.n_left_out) == (20_000, 48)
    assert int(shown.cells["n"].sum()) == 20_048
    assert payload_of(case, shown)["issues"]["leftOut"] == 48


def test_heat_has_the_whole_period_and_each_month(shown: MapIssues) -> None:
    assert shown.heat is not None
    whole, *months = shown.heat.frames
    assert (whole.month, whole.n) == (None, 56)
    assert [f.month for f in months] == [date(2025, m, 1) for m in range(8, 13)] + [date(2026, m, 1) for m in (1, 2)]
    assert sum(f.n for f in months) == 56
    assert len({f.density.shape for f in shown.heat.frames}) == 1


def test_without_places_households_or_three_months_the_parts_are_absent(case: Any, make: Any) -> None:
    issues = make.issues(case)
    blank = issues.frame.assign(place_state="none")
    nowhere = issues_of(case.plan, Issues(blank), load_policy(), day=DAY)
    assert nowhere.heat is None
    assert nowhere.marks.empty
    short = issues_of(case.plan, issues, load_policy(), day=DAY, first=date(2025, 12, 1), last=date(2025, 12, 31))
    assert short.heat is not None
    assert [f.month for f in short.heat.frames] == [None]  # one month is the whole period
    assert "emerging" not in [m["key"] for m in payload_of(case, short)["modes"]]
    bare = make.small(has_households=False)
    unknown = issues_of(bare.plan, make.issues(bare), load_policy(), day=DAY)
    assert unknown.funnel is None
    assert unknown.town.rate is None
    assert payload_of(bare, unknown)["issues"]["funnel"] is None


def test_the_lines_of_the_funnel_part_the_grids_as_their_words_do(big_case: Any) -> None:
    rng = np.random.default_rng(3)
    units = rng.choice(len(big_case.plan.units), 2000)
    units[:150] = np.flatnonzero(big_case.plan.grid_of == 17)[0]
    issues = Issues(
        make_issues(
            pd.DataFrame(
                {
                    "reported_at": pd.Timestamp("2026-01-05"),
                    "geometry": [p.centroid for p in big_case.plan.units.polygons[units]],
                }
            ),
            [f"i{i}" for i in range(2000)],
            "EPSG:4549",
        )
    )
    shown = issues_of(big_case.plan, issues, load_policy(), day=DAY)
    assert shown.funnel is not None
    low, high = (np.array(line) for line in shown.funnel.limits[-1])
    rates = rates_of_grids(issues, big_case.plan, load_policy())
    upper = np.interp(rates["households"], shown.funnel.households, high)
    lower = np.interp(rates["households"], shown.funnel.households, low)
    is_high = (rates["funnel"] == "high").to_numpy()
    assert is_high[17]
    near = np.abs(rates["n"] - upper * rates["households"] / 100) < 1  # steps of whole counts are drawn straight
    assert ((rates["rate"] > upper) == is_high)[~near].all()
    assert (rates["rate"] < lower)[(rates["funnel"] == "inside")].sum() <= 2


def test_colourings_of_issues(case: Any, shown: MapIssues) -> None:
    payload = payload_of(case, shown)
    keys = ["rate", "smoothed", "funnel", "spots", "emerging", "overdue"]
    assert [m["key"] for m in payload["modes"] if m.get("about") == "issues"] == keys
    for key in keys[:5]:
        assert class_of(payload, key, 0)["label"] == "太少，说不准（少于 5 件）"
        assert class_of(payload, key, 0)["hatch"]
        assert class_of(payload, key, 6)["label"] == "没有住户"
        assert sum(c["n"] for c in mode(payload, key)["classes"]) == 7
    assert [class_of(payload, "overdue", i)["label"] for i in (0, 1, 2)] == ["没有未办结", "超期 1–4 件", "超期 1–4 件"]
    rate, smoothed = mode(payload, "rate"), mode(payload, "smoothed")
    assert rate["groups"][0]["ticks"] == smoothed["groups"][0]["ticks"]
    assert "全镇 3.6" in rate["groups"][0]["title"]
    assert "误报率控制在 5%" in mode(payload, "spots")["groups"][0]["title"]


@pytest.mark.parametrize(
    ("rates", "edges"),
    [
        ([1.0, 2.0, 6.0], (1.5, 3.0, 4.5, 6.0)),
        ([0.04, 0.041], (0.015, 0.03, 0.045, 0.06)),
        ([250.0], (80.0, 160.0, 240.0, 320.0)),
        ([], (0.25, 0.5, 0.75, 1.0)),
        ([0.0, 0.0], (1e-6, 2e-6, 3e-6, 4e-6)),
    ],
)
def test_classes_of_rates_are_equal_round_steps(rates: list[float], edges: tuple[float, ...]) -> None:
    assert rate_edges(rates) == pytest.approx(edges)


def test_figures_tell_the_tiers_and_what_is_open(shown: MapIssues) -> None:
    issues, still_open = issue_figures(shown, "zh", "internal")
    assert (issues["key"], issues["label"], issues["value"]) == ("issues", "半年问题", "57")
    # settled 43: 14 by the grid, 27 by the village, 2 by a department
    assert issues["note"] == "已处置 43：网格/村居/部门 33/63/5%\n半年，到 2026年2月5日"
    assert (still_open["value"], still_open["note"]) == ("14", "其中超期 7 件，2026年2月5日")
    quarter = replace(shown, first=date(2025, 11, 6))
    assert issue_figures(quarter, "en", "internal")[0]["label"] == "Issues"


@pytest.mark.parametrize("profile", OUTSIDE)
def test_totals_do_not_tell_what_is_hidden(case: Any, shown: MapIssues, profile: Any) -> None:
    assert [f["value"] for f in issue_figures(shown, "zh", profile)] == ["≈60", "≈10"]
    payload = payload_of(case, shown, profile=profile)
    assert [g["issues"]["n"] for g in payload["grids"]] == ["few", 6, 20, 10, 12, "few", "few"]
    own = payload["grids"][2]["issues"]
    assert [t["n"] for t in own["tiers"]] == ["most", "most", "few"]
    assert (own["open"], own["overdue"]) == ("few", "few")
    assert payload["grids"][0]["issues"] | {"verdict": ""} == {
        "n": "few", "state": "few", "verdict": "", "spot": "", "rate": None, "low": None, "high": None,
        "smoothed": None, "tiers": [], "open": 0, "overdue": 0, "hours": None,
    }  # fmt: skip


def test_a_part_is_not_told_where_the_rest_would_be_small() -> None:
    assert [told_part(n, 12, "leader") for n in (0, 4, 5, 7, 8, 11, 12)] == [0, "few", 5, 7, "most", "most", 12]
    assert told_part(11, 12, "internal") == 11
    assert told_parts([3, 20, 20, 0], "leader") == ["few", "most", "most", 0]
    assert told_parts([5, 20, 0], "leader") == [5, 20, 0]
    # words that leave one count only are no cover
    assert [told_part(n, 6, "leader") for n in range(7)] == [0, None, None, None, None, None, 6]
    assert told_parts([1, 5, 0], "leader") == told_parts([4, 4, 0], "leader") == [None] * 3
    assert told_parts([1, 6, 0], "leader") == ["few", "most", 0]
    assert told_parts([1, 5, 0], "internal") == [1, 5, 0]


@pytest.mark.parametrize("profile", OUTSIDE)
def test_the_rate_of_the_town_does_not_tell_its_total(case: Any, shown: MapIssues, profile: Any) -> None:
    told = payload_of(case, shown, profile=profile)["issues"]
    assert told["townRate"] * 1463 / 100 == pytest.approx(50)  # 53 in grids with households, two of them hidden
    assert told["funnel"]["rate"] == pytest.approx(100 * 50 / 1463, abs=0.001)
    assert all(y == round(y, 1) for pair in told["funnel"]["lines"] for line in pair for _, y in line)
    assert payload_of(case, shown)["issues"]["townRate"] == pytest.approx(100 * 53 / 1463)


def test_totals_go_by_tens_where_a_month_is_small(case: Any, shown: MapIssues) -> None:
    large = {code: replace(row, n=20, n_open=0, n_overdue=0) for code, row in shown.grids.items()}
    assert shown.heat is not None
    frames = tuple(replace(frame, n=20) for frame in shown.heat.frames)
    level = replace(shown, grids=large, heat=replace(shown.heat, frames=frames))
    assert not is_rounded(level, "public")
    frames = (*frames[:-1], replace(frames[-1], n=3))
    assert is_rounded(replace(level, heat=replace(shown.heat, frames=frames)), "public")


@pytest.mark.parametrize("profile", OUTSIDE)
def test_shares_of_tiers_do_not_tell_a_small_one(shown: MapIssues, profile: Any) -> None:
    few = replace(shown, town=replace(shown.town, tiers={"grid": 20, "jurisdiction": 29, "department": 1}))
    assert "40/58/2%" in issue_figures(few, "zh", "internal")[0]["note"]
    assert "/58/" not in issue_figures(few, "zh", profile)[0]["note"]


@pytest.mark.parametrize("profile", OUTSIDE)
def test_squares_are_no_addresses(case: Any, make: Any, profile: Any) -> None:
    small = issues_of(case.plan, make.issues(case), load_policy(), day=DAY, bandwidth_m=60.0)
    with pytest.raises(InvalidInput, match="60 m would tell addresses"):
        payload_of(case, small, profile=profile)
    assert payload_of(case, small)["issues"]["cellM"] == 60.0


@pytest.mark.parametrize("profile", OUTSIDE)
def test_no_single_issue_and_no_text_leaves_the_town(case: Any, make: Any, profile: Any) -> None:
    secret = "王示范家门口"
    issues = issues_of(case.plan, make.issues(case, secret), load_policy(), day=DAY)
    payload = payload_of(case, issues, profile=profile)
    assert payload["issues"]["marks"] is None
    assert secret not in json.dumps(payload, ensure_ascii=False)
    assert all(n >= 5 and n % 5 == 0 for _, _, n in payload["issues"]["cells"])
    assert secret in json.dumps(payload_of(case, issues), ensure_ascii=False)


def test_outside_only_squares_with_five_are_told(case: Any, shown: MapIssues) -> None:
    cells = pd.DataFrame({"x": [628_100.0, 628_300.0, 628_500.0], "y": [3_403_100.0] * 3, "n": [4, 5, 12]})
    told = payload_of(case, replace(shown, cells=cells), profile="leader")["issues"]["cells"]
    assert [n for _, _, n in told] == [5, 10]


def test_marks_stand_in_columns_without_telephone_numbers(case: Any, shown: MapIssues) -> None:
    told = payload_of(case, shown)["issues"]
    marks = told["marks"]
    assert {len(marks[key]) for key in marks if key != "days"} == {56}
    assert marks["id"][0] == "W055"
    assert marks["state"][0] == 2  # overdue
    assert marks["days"][marks["reported"][0]] == "2025年12月20日"
    assert told["tiers"][marks["tier"][0]] == "村居"
    assert told["categories"][marks["category"][0]] == "消防安全"
    assert marks["text"][0] == "楼道堆物，来电 …"
    assert marks["month"][0] == 2025 * 12 + 11


def test_heat_is_blank_where_too_few_stand_behind_it(case: Any, shown: MapIssues) -> None:
    assert shown.heat is not None
    whole = shown.heat.frames[0]
    half = np.where(np.arange(whole.support.shape[1]) < whole.support.shape[1] // 2, 4, 5)
    support = np.broadcast_to(half, whole.support.shape)
    heat = replace(shown.heat, frames=(replace(whole, support=support),))
    for profile, fewest, seen in (("internal", 5, False), ("internal", 4, True), ("leader", 1, False)):
        payload = payload_of(case, replace(shown, heat=heat, fewest=fewest), profile=profile)
        told = payload["issues"]["heat"]
        rows = [told["frames"][0]["cells"][i : i + told["nx"]] for i in range(0, told["nx"] * told["ny"], told["nx"])]
        west = "".join(row[: told["nx"] // 2] for row in rows)
        assert (set(west) != {"0"}) == seen
        assert set("".join(row[told["nx"] // 2 :] for row in rows)) != {"0"}


def test_levels_are_square_roots_from_the_north_west() -> None:
    density = np.array([[0.0, 1.0], [4.0, 2.0]])  # the first row is south
    signs = level_signs(density, 4.0)
    assert [ord(c) - ord("0") for c in signs] == [LEVELS, round(LEVELS * 0.5**0.5), 0, LEVELS // 2]
    assert level_signs(np.zeros((1, 2)), 0.0) == "00"


def test_ticks_of_heat_are_round_and_apart() -> None:
    ticks = scale_ticks(7.3)
    assert [text for _, text in ticks] == ["0.5", "2", "5"]
    places = [place for place, _ in ticks]
    assert places[-1] == pytest.approx((5 / 7.3) ** 0.5, abs=1e-3)
    assert min(np.diff(places)) >= 0.2
    assert scale_ticks(0.0) == []


def test_equal_issues_make_equal_maps_and_the_order_does_not_matter(case: Any, make: Any) -> None:
    issues = make.issues(case)
    shuffled = Issues(issues.frame.sample(frac=1.0, random_state=1), issues.is_synthetic)
    one, other = (issues_of(case.plan, i, load_policy(), day=DAY) for i in (issues, shuffled))
    assert payload_of(case, one) == payload_of(case, other)


def test_the_period_and_synthetic_issues_are_said(case: Any, shown: MapIssues) -> None:
    own = case._replace(town=replace(case.town, is_synthetic=False))
    payload = payload_of(own, shown, lang="en")
    assert ["Issues of", "6 Aug 2025 to 5 Feb 2026"] in payload["about"]
    assert [b["key"] for b in payload["badges"]] == ["synthetic", "internal"]
    assert payload["issues"]["heat"]["frames"][1]["label"] == "Aug 2025 (part)"
    assert payload["issues"]["heat"]["frames"][2]["label"] == "Sep 2025"


def test_rates_read_well() -> None:
    assert [rate_text(v) for v in (None, 0.0, 2.55, 9.94, 12.3)] == ["—", "0.0", "2.5", "9.9", "12"]


def test_1500_issues_add_little_to_the_file(big_case: Any) -> None:
    rng = np.random.default_rng(7)
    units = rng.choice(len(big_case.plan.units), 1500)
    at = [p.centroid for p in big_case.plan.units.polygons[units]]
    table = pd.DataFrame(
        {
            "category": rng.choice(["environment", "fire", "ebike", "order"], 1500),
            "address": [f"山新路{n}号" for n in rng.integers(1, 400, 1500)],
            "description": rng.choice(["楼道内堆放杂物", "路边乱停车", "垃圾未清运"], 1500),
            "reported_at": pd.Timestamp("2025-08-10") + pd.to_timedelta(rng.integers(0, 175, 1500), unit="D"),
            "geometry": at,
        }
    )
    issues = Issues(make_issues(table, [f"i{i}" for i in range(1500)], "EPSG:4549"))
    shown = issues_of(big_case.plan, issues, load_policy(), day=DAY)
    sizes = [
        len(offline_html(draw(big_case.town, big_case.plan, big_case.report, rules=big_case.rules, issues=i)))
        for i in (None, shown)
    ]
    assert sizes[1] - sizes[0] <= 150_000
