"""The catalogue itself, the report that it makes, and what must not depend on names."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from gridmap.check import CHECKS, GRID_METRICS, PLAN_METRICS, catalog, catalogue_version
from gridmap.errors import InvalidGraph
from gridmap.measure.connect import build_graph
from gridmap.model.plan import Plan
from gridmap.model.rules import load_rules

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "checks.md"


def test_names_are_unique_and_bilingual() -> None:
    for names in ([c.id for c in CHECKS], [m.name for m in GRID_METRICS], [m.name for m in PLAN_METRICS]):
        assert len(set(names)) == len(names)
    for text in [*(c.name for c in CHECKS), *(m.label for m in (*GRID_METRICS, *PLAN_METRICS))]:
        assert re.search(r"[\u4e00-\u9fff]", text.zh)
        assert text.en.isascii() or "±" in text.en or "–" in text.en
    assert {c.rule for c in CHECKS} == set(catalog.RULES)
    assert "R11" not in catalog.RULES


def test_the_version_changes_with_the_version_of_a_check(monkeypatch: pytest.MonkeyPatch) -> None:
    before = catalogue_version()
    assert re.fullmatch(r"[0-9a-f]{12}", before)
    monkeypatch.setattr(catalog, "CHECKS", (replace(CHECKS[0], version=2), *CHECKS[1:]))
    assert catalogue_version() != before


def test_every_check_and_figure_is_on_the_page() -> None:
    page = PAGE.read_text("utf-8")
    for name in [*(c.id for c in CHECKS), *(m.name for m in (*GRID_METRICS, *PLAN_METRICS))]:
        assert f"`{name}`" in page


def test_a_good_plan_has_a_clean_report(on: Any) -> None:
    report = on.judge(on.plan(on.units(3, 2, households=50), "aaaaaa"))
    assert report.findings.empty
    assert report.is_lawful
    assert list(report.grids.columns) == [m.name for m in GRID_METRICS]
    assert list(report.totals) == [m.name for m in PLAN_METRICS]
    assert report.grids.index.name == "grid_code"
    grid = report.grids.iloc[0]
    assert (grid["area_m2"], grid["perimeter_m"], grid["households"], grid["parts"]) == (60_000.0, 1000.0, 300, 1)
    assert report.findings.crs == on.crs


def test_cut_length_counts_each_border_once(on: Any) -> None:
    report = on.judge(on.plan(on.units(3, 2), "abcabc"))
    assert report.totals["cut_length_m"] == pytest.approx(400.0)


def test_shares_count_grids(on: Any) -> None:
    # 300, 330, 331 and 400 households; together 1361: five grids of 272.2 would be nearer 300 than four of 340.25
    report = on.judge(on.plan(on.units(4, households=[300, 330, 331, 400]), "abcd"))
    assert report.totals["share_within_10"] == pytest.approx(2 / 4)
    assert report.totals["share_within_20"] == pytest.approx(3 / 4)
    assert report.grids["deviation_from_ideal"].iloc[0] == pytest.approx(300 / 272.2 - 1)
    assert report.totals["share_within_10_of_ideal"] == 0.0
    assert report.totals["share_within_20_of_ideal"] == pytest.approx(1 / 4)


def test_villages_weigh_on_no_share_of_households(on: Any) -> None:
    report = on.judge(on.plan(on.units(6, kind="village"), "aaabbb"))
    assert np.isnan(report.totals["share_within_10"])
    assert report.totals["share_in_band"] == 1.0


def test_a_plan_without_any_grid_is_judged(on: Any) -> None:
    report = on.judge(on.plan(on.units(3), "..."))
    assert len(on.found(report, "R2.unassigned")) == 3
    assert report.totals["n_grids"] == 0
    assert np.isnan(report.totals["mean_polsby_popper"])


def test_names_of_grids_and_order_of_units_change_no_figure(on: Any) -> None:
    random = np.random.default_rng(3)
    units = on.units(4, 3, compound=[f"c{n // 3}" for n in range(12)])
    road = on.line((200, -50), (200, 350))
    for _ in range(15):
        plan = on.plan(units, "".join(random.choice(list("abcd"), 12)))
        order, relabel = random.permutation(12), random.permutation(plan.n_grids)
        codes = [plan.codes[int(np.flatnonzero(relabel == i)[0])] for i in range(plan.n_grids)]
        other_units = type(units)(units.frame.iloc[order], units.jurisdictions)
        other = Plan(other_units, relabel[plan.grid_of][order], tuple(codes))
        assert other.fingerprint == plan.fingerprint
        one, two = on.judge(plan, barriers=road), on.judge(other, barriers=road)
        assert two.totals == pytest.approx(one.totals)
        mine, theirs = one.grids.astype(float), two.grids.loc[one.grids.index].astype(float)
        assert np.allclose(mine, theirs, equal_nan=True)
        key = ["check", "grid", "value", "limit", "message_zh"]
        rows = [sorted(map(str, r.findings[key].itertuples(index=False))) for r in (one, two)]
        assert rows[0] == rows[1]


def test_figures_of_grids_add_up(on: Any) -> None:
    random = np.random.default_rng(5)
    units = on.units(5, 4, households=list(range(20)))
    graph = build_graph(units)
    for _ in range(15):
        report = on.judge(on.plan(units, "".join(random.choice(list("abcd"), 20))), graph=graph)
        assert report.grids["households"].sum() == report.totals["households"] == 190
        assert report.grids["area_m2"].sum() == pytest.approx(200_000.0)
        # each border between grids is in two perimeters, the outer border in one
        assert report.grids["perimeter_m"].sum() == pytest.approx(2 * report.totals["cut_length_m"] + 1800.0)


def test_a_graph_of_other_units_is_refused(on: Any) -> None:
    with pytest.raises(InvalidGraph, match="plan's 6 units; got 3"):
        on.judge(on.plan(on.units(6), "aaabbb"), graph=build_graph(on.units(3)))


def test_nothing_given_is_changed(on: Any) -> None:
    plan = on.plan(on.units(6, compound="x"), "aaab.b")
    frame, places = plan.units.frame.copy(), plan.units.jurisdictions.copy()
    shops = on.points((50, 50), (900, 900))
    kept = shops.copy()
    on.judge(plan, premises=shops, previous=plan, barriers=on.line((100, 0), (100, 100)))
    assert frame.equals(plan.units.frame)
    assert places.equals(plan.units.jurisdictions)
    assert kept.equals(shops)


def test_the_same_plan_gives_the_same_report(on: Any) -> None:
    plan = on.plan(on.units(4, 3), "aabbcabbcccc")
    one, two = on.judge(plan), on.judge(plan)
    assert one.findings.drop(columns="geometry").equals(two.findings.drop(columns="geometry"))
    assert shapely.equals(one.findings.geometry.to_numpy(), two.findings.geometry.to_numpy()).all()
    assert one.totals == pytest.approx(two.totals, nan_ok=True)
    assert one.catalogue_version == two.catalogue_version
    assert load_rules().name == one.rules_name
