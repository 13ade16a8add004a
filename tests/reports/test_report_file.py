"""report.json: documented, stable, the same for the same plan."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gridmap.errors import InvalidInput
from gridmap.model.result import AreaResult, Result
from gridmap.model.text import Text
from gridmap.reports.report_file import SCHEMA_VERSION, write_report

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "report.md"


def result_of(case: Any) -> Result:
    area = AreaResult(
        jurisdiction="310116113001",
        status="FEASIBLE",
        objective=(1.0, 0.25),
        objective_names=("exceptions", "shape"),
        bound=(1.0, math.nan),
        n_grids=4,
        ideal=300.0,
        explanation=(Text("四个网格", "four grids"),),
        seconds=0.5,
    )
    village = replace(area, jurisdiction="310116113202", bound=None, status="OPTIMAL")
    lower = replace(area, jurisdiction="1")
    return Result(case.plan, "FEASIBLE", 7, (village, area, lower), {"effort": 1.0}, {"numpy": "2"}, seconds=3.0)


def read(path: Path) -> dict[str, Any]:
    document = json.loads(path.read_text("utf-8"))
    assert isinstance(document, dict)
    return document


@pytest.fixture
def document(case: Any, tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "report.json"
    write_report(path, result_of(case), case.report, rules=case.rules, town=case.town, lineage=case.lineage)
    return read(path)


def test_what_judged_and_what_was_judged(document: dict[str, Any], case: Any) -> None:
    assert document["schema_version"] == SCHEMA_VERSION
    assert document["fingerprint"] == case.plan.fingerprint
    assert document["catalogue_version"] == case.report.catalogue_version
    assert document["is_lawful"] == case.report.is_lawful
    assert document["crs"] == "EPSG:4549"
    assert document["town"] == {"name": "山阳镇", "source": "示例数据", "date": "2026-02-05", "is_synthetic": True}
    assert document["rules"]["name"] == "shanyang-2020"
    assert document["rules"]["sources"]["village.lower"].startswith("Shanyang Town")
    assert document["rules"]["toml"] == case.rules.text


def test_figures_of_grids_and_plan(document: dict[str, Any], case: Any) -> None:
    assert document["totals"]["households"] == 1400
    assert [g["code"] for g in document["grids"]] == sorted(case.plan.codes)
    grid = next(g for g in document["grids"] if g["code"] == "310116113001001")
    assert grid["jurisdiction"] == "310116113001"
    assert grid["households"] == 290
    assert grid["deviation"] == pytest.approx(-1 / 30)
    assert grid["in_band"] is True
    mall = next(g for g in document["grids"] if g["code"] == "310116113001003")
    assert mall["deviation"] is None
    assert mall["in_band"] is None


def test_findings_and_exceptions(document: dict[str, Any], case: Any) -> None:
    assert [f["check"] for f in document["findings"]] == case.report.findings["check"].tolist()
    band = next(f for f in document["findings"] if f["check"] == "R5.band")
    assert (band["value"], band["limit"], band["excepted"]) == (500, 360, True)
    assert set(band["message"]) == {"zh", "en"}
    assert 700 <= band["point"][0] <= 800
    assert document["exceptions"][0]["reason"] == "oversized_unit"
    assert document["locked"] == ["310116113001001"]


def test_the_search_gives_account_of_every_area(document: dict[str, Any]) -> None:
    search = document["search"]
    assert (search["status"], search["seed"], search["params"]) == ("FEASIBLE", 7, {"effort": 1.0})
    assert [a["jurisdiction"] for a in search["areas"]] == ["1", "310116113001", "310116113202"]
    assert search["areas"][1]["objective"] == [
        {"name": "exceptions", "value": 1.0, "bound": 1.0},
        {"name": "shape", "value": 0.25, "bound": None},
    ]
    assert search["areas"][2]["objective"][0]["bound"] is None
    assert search["areas"][1]["explanation"] == [{"zh": "四个网格", "en": "four grids"}]


def test_the_same_plan_gives_the_same_bytes_however_long_it_took(case: Any, tmp_path: Path) -> None:
    result = result_of(case)
    slow = replace(result, seconds=99.0, areas=tuple(replace(a, seconds=9.0) for a in reversed(result.areas)))
    for name, value in (("a.json", result), ("b.json", slow)):
        write_report(tmp_path / name, value, case.report, rules=case.rules)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert "山新" in (tmp_path / "a.json").read_text("utf-8") or "\\u" not in (tmp_path / "a.json").read_text("utf-8")


def test_a_plan_that_was_not_searched_for(case: Any, tmp_path: Path) -> None:
    write_report(tmp_path / "r.json", case.plan, case.report, rules=case.rules)
    document = read(tmp_path / "r.json")
    assert document["search"] is None
    assert "town" not in document
    assert document["lineage"] == []


def test_another_plans_report_is_refused(case: Any, tmp_path: Path) -> None:
    other = case.plan.move(["u12"], case.plan.codes[3])
    with pytest.raises(InvalidInput, match="report of this plan"):
        write_report(tmp_path / "r.json", other, case.report, rules=case.rules)
    assert list(tmp_path.iterdir()) == []


def test_every_entry_is_documented(document: dict[str, Any]) -> None:
    page = PAGE.read_text("utf-8")
    assert f"`{SCHEMA_VERSION}`" in page
    names = {*document, *document["search"], *document["search"]["areas"][0], *document["findings"][0]}
    names |= {*document["exceptions"][0], *document["checks"][0], *document["rules"], *document["town"]}
    names |= {*document["lineage"][0], *document["search"]["areas"][0]["objective"][0]}
    assert sorted(n for n in names if not re.search(rf"`{n}`", page)) == []
