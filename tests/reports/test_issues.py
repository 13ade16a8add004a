"""The ledger of issues: read again it gives the same issues, and other profiles name nobody and no place."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

from gridmap.data.issues import read_issues
from gridmap.errors import InvalidInput, OutputError
from gridmap.model.issue_policy import load_policy
from gridmap.model.issues import ISSUE_COLUMNS, Issues, make_issues
from gridmap.model.text import Language

from .conftest import CRS, ESTATE, VILLAGE, Case

DAY = dt.date(2020, 3, 1)
POLICY = load_policy()


def issues(n: int = 40) -> Issues:
    rng = np.random.default_rng(5)
    start = np.datetime64("2020-01-01T08:00:07")
    reported = start + rng.integers(0, 3_000_000, n).astype("timedelta64[s]")
    later = {f"{k}_at": reported + np.timedelta64(i, "h") for i, k in enumerate(("disposed", "settled"), start=1)}
    xy = np.column_stack([rng.uniform(1, 499, n), rng.uniform(1, 199, n)]) + np.array([0.123456789, 0.1])
    states = np.array(["ok"] * n, dtype=object)
    states[:3] = "default"
    points: list[Any] = list(shapely.points(xy))
    points[3], states[3] = None, "none"
    points[4], states[4] = shapely.Point(2_000, 100), "outside"
    village = xy[:, 1] < 100
    values = {
        "source": "网", "channel": "巡查", "category": np.resize(list(POLICY.categories), n), "kind": "=SUM(1)",
        "description": [f"+第{i}件，-描述" for i in range(n)], "address": "向阳路1号", "reporter": "RY0001",
        "step": np.resize(["closed", "verifying", "disposing", "detected", "deferred", "merged", "void"], n),
        "tier": np.resize(["grid", "jurisdiction", "department"], n),
        "handler": np.resize([f"{VILLAGE}001", ESTATE, "城管中队"], n), "reported_at": reported, **later,
        "due_at": reported + np.timedelta64(5, "D"), "n_sent_back": np.resize([0, 2], n), "n_reopened": 1,
        "duplicate_of": np.resize(["", "网:A000"], n), "jurisdiction": np.where(village, VILLAGE, ESTATE),
        "grid": np.where(village, f"{VILLAGE}001", f"{ESTATE}001"), "unit": "u01", "plan": "现行", "plan_version": 3,
        "place_state": states, "geometry": points,
    }  # fmt: skip
    frame = pd.DataFrame({k: v if np.ndim(v) else [v] * n for k, v in values.items()})
    return Issues(make_issues(frame, [f"网:A{i:03d}" for i in range(n)], CRS), is_synthetic=True)


def write(path: Path, case: Case, given: Issues, profile: Any = "internal", lang: Language = "zh") -> Path:
    from gridmap.reports.issues import write_issues  # noqa: PLC0415

    write_issues(path, given, case.plan, POLICY, town=case.town, day=DAY, profile=profile, lang=lang)
    return path


def sheet_text(path: Path) -> str:
    book = openpyxl.load_workbook(path)
    return "\n".join(str(c.value) for s in book for row in s.iter_rows() for c in row if c.value is not None)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_read_again_it_gives_the_same_issues(tmp_path: Path, case: Case, lang: Language) -> None:
    given = issues()
    path = write(tmp_path / "问题.xlsx", case, given, lang=lang)
    places = case.plan.units.jurisdictions
    intake = read_issues(path, places=places, grids=case.plan.codes, crs=CRS, day=DAY, policy=POLICY, is_synthetic=True)
    assert intake.errors.empty, intake.errors.to_string()
    assert intake.issues is not None
    got, wanted = intake.issues.frame, given.frame
    told = [c for c in ISSUE_COLUMNS if c not in ("geometry", "version", "n_conflicts")]
    assert_frame_equal(pd.DataFrame(got[told]), pd.DataFrame(wanted[told]))
    away = got.geometry.distance(wanted.geometry)
    assert away.max() < 1e-6
    assert away.isna().tolist() == wanted.geometry.isna().tolist()
    assert not [n for n in intake.notes if "未读" in n.zh or "未用" in n.zh], "every column is read, the help is none"


def test_how_the_ledger_looks(tmp_path: Path, case: Case) -> None:
    book = openpyxl.load_workbook(write(tmp_path / "a.xlsx", case, issues()))
    sheet = book["问题台账"]
    assert "合成数据" in str(sheet["A2"].value)
    assert "内部使用" in str(sheet["A2"].value)
    assert sheet.freeze_panes == "A4"
    heads = {c.value: c.column_letter for c in sheet[3]}
    assert sheet.column_dimensions[heads["问题描述"]].width >= 40
    kind = sheet[f"{heads['平台分类']}4"]
    assert (kind.value, kind.data_type, kind.quotePrefix) == ("=SUM(1)", "s", True)
    assert sheet[f"{heads['村居']}4"].value in ("向阳", "山新")
    assert len(sheet.data_validations.dataValidation) == 3
    words = sheet_text(tmp_path / "a.xlsx")
    assert all(c.text.zh in words for c in POLICY.categories.values())


def test_a_leaders_ledger_names_nobody_and_no_place(tmp_path: Path, case: Case) -> None:
    text = sheet_text(write(tmp_path / "a.xlsx", case, issues(), "leader"))
    for hidden in ("RY0001", "描述", "向阳路1号", "经度", "u01", "内部使用", "上报人", "填写说明"):
        assert hidden not in text, hidden
    assert "环境卫生" in text
    assert "网:A001" in text


def test_there_is_none_for_the_public(tmp_path: Path, case: Case) -> None:
    with pytest.raises(InvalidInput, match="not for the public; a map is"):
        write(tmp_path / "a.xlsx", case, issues(), "public")
    assert not (tmp_path / "a.xlsx").exists()


def test_numbers_that_came_in_otherwise_do_not_go_out(tmp_path: Path, case: Case) -> None:
    frame = issues().frame
    for column in ("kind", "description", "address", "handler", "channel", "reporter"):
        frame[column] = f"{column} 13812345678"
    text = sheet_text(write(tmp_path / "a.xlsx", case, Issues(frame), "internal"))
    assert "13812345678" not in text
    assert "handler …" in text


def test_an_empty_form_can_be_filled_in(tmp_path: Path, case: Case) -> None:
    path = write(tmp_path / "a.xlsx", case, Issues(make_issues({}, [], CRS)))
    places = case.plan.units.jurisdictions
    how: dict[str, Any] = {"places": places, "grids": case.plan.codes, "crs": CRS, "day": DAY, "policy": POLICY}
    with pytest.raises(InvalidInput, match="no rows"):
        read_issues(path, **how)
    book = openpyxl.load_workbook(path)
    sheet = book["问题台账"]
    heads = {c.value: c.column for c in sheet[3]}
    for name, value in {"问题编号": "A1", "上报时间": "2020年2月5日 8:30", "类别": "消防安全", "村居": "向阳"}.items():
        sheet.cell(4, heads[name], value)
    book.save(path)
    intake = read_issues(path, **how)
    assert intake.issues is not None
    assert intake.issues.frame.loc["A1", ["category", "jurisdiction", "step"]].tolist() == ["fire", VILLAGE, "detected"]


def test_what_cannot_be_written(tmp_path: Path, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match=r"ends in \.xlsx"):
        write(tmp_path / "a.csv", case, issues())
    with pytest.raises(InvalidInput, match="profile"):
        write(tmp_path / "a.xlsx", case, issues(), "everybody")
    with pytest.raises(OutputError):
        write(tmp_path / "no" / "a.xlsx", case, issues())
    monkeypatch.setattr("gridmap.reports.issues.MOST_ROWS", 39)
    with pytest.raises(InvalidInput, match="40 issues are too many"):
        write(tmp_path / "a.xlsx", case, issues())
    assert list(tmp_path.iterdir()) == []
