"""The sample town's issues and patrols hold what the README says; figures are computed from the cells themselves."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
import zipfile
from datetime import date, datetime, time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

if TYPE_CHECKING:
    from gridmap.model.plan import Plan
    from gridmap.model.town import Town

GEODATA = Path(__file__).resolve().parents[2] / "geodata"
LEDGERS = GEODATA / "ledgers"
FIRST, LAST = date(2019, 9, 1), date(2020, 2, 29)
END = datetime(2020, 2, 29, 17, 30)
TIERS = {
    "网格": "grid", "现场处置": "grid", "村居": "jurisdiction", "村居委": "jurisdiction", "部门": "department",
    "镇级部门": "department",
}  # fmt: skip
STEPS = {
    "待派遣": "detected", "待处置": "detected", "处置中": "disposing", "办理中": "disposing", "缓办": "deferred",
    "已办结": "closed", "结案": "closed", "并案": "merged", "作废": "void",
}  # fmt: skip
TIMES = {
    "reported_at": "上报时间", "disposed_at": "派遣时间", "settled_at": "处置完成时间", "verified_at": "核查时间",
    "due_at": "截止时间",
}  # fmt: skip
SHED = "WT2019-0371"
#: The three grids of 金湾 with the e-bikes.
CLUSTER = {f"310116113019{n}" for n in ("001", "002", "004")}


def records(book: str, sheet: str, top: int) -> pd.DataFrame:
    rows = list(openpyxl.load_workbook(LEDGERS / f"{book}.xlsx")[sheet].values)
    return pd.DataFrame(rows[top:], columns=rows[top - 1], dtype=object)


def moment(value: Any) -> pd.Timestamp:
    return pd.NaT if value is None else pd.Timestamp(str(value))


def day_of(value: Any) -> datetime:
    """A day as somebody wrote it."""
    digits = re.findall(r"\d+", unicodedata.normalize("NFKC", str(value)))
    return datetime.strptime("".join(f"{int(d):02d}" for d in digits[:3]), "%Y%m%d")  # noqa: DTZ007


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    """Index: the ids. Words of steps and tiers are keys, times are times."""
    table = records("issues", "问题", 3)
    table = table[table["问题编号"].str.startswith("WT")].set_index("问题编号")
    times = {name: pd.to_datetime(table[title].map(moment)) for name, title in TIMES.items()}
    step, tier = table["状态"].map(STEPS), table["处置层级"].map(TIERS)
    return table.assign(step=step, tier=tier, **times)


@pytest.fixture(scope="module")
def counted(found: pd.DataFrame) -> pd.DataFrame:
    return found[~found["step"].isin(["merged", "void"])]


# --- figures ---


def test_the_published_shares_of_the_tiers(found: pd.DataFrame) -> None:
    settled = found[found["step"] == "closed"]
    assert settled["tier"].value_counts().to_dict() == {"grid": 525, "jurisdiction": 945, "department": 30}
    assert found["step"].notna().all()
    left = found["step"].value_counts().drop("closed")
    assert left[["detected", "disposing", "deferred"]].sum() == 34
    assert left.to_dict() | {"deferred": 3, "merged": 12, "void": 6} == left.to_dict()
    assert left["detected"] >= 3


def test_ids_follow_the_order_of_reports(found: pd.DataFrame) -> None:
    assert len(found) == 1552
    assert found.index.is_unique
    assert found["reported_at"].is_monotonic_increasing
    for year in (2019, 2020):
        mine = found.index[found["reported_at"].dt.year == year]
        assert list(mine) == [f"WT{year}-{n:04d}" for n in range(1, len(mine) + 1)]
    days = found["reported_at"].dt.date
    assert days.min() >= FIRST
    assert days.max() <= LAST


def test_each_step_has_its_times_in_order(found: pd.DataFrame) -> None:
    settled = found[found["step"] == "closed"]
    path = [settled[c] for c in ("reported_at", "disposed_at", "settled_at", "verified_at")]
    for earlier, later in pairwise(path):
        assert (earlier <= later).all()
    assert settled["verified_at"].max() <= END
    others = found[found["step"] != "closed"]
    assert others[["settled_at", "verified_at"]].isna().all(axis=None)
    waits = others["step"].isin(["detected", "merged", "void"])
    assert (others["disposed_at"].isna() == waits).all()
    assert (others["due_at"].isna() == waits).all()
    assert (others["tier"].isna() == waits).all()
    deferred = others["step"] == "deferred"
    assert (others["缓办至"].notna() == deferred).all()


def test_deadlines_are_those_of_the_policy(found: pd.DataFrame) -> None:
    from gridmap.issues.deadlines import due_at  # noqa: PLC0415 - the other tests need no gridmap
    from gridmap.model.issue_policy import load_policy  # noqa: PLC0415

    policy = load_policy()
    assert found["问题类别"].map(policy.category_of).ne("").all()
    assert found["问题类别"].map(policy.category_of).nunique() == len(policy.categories)
    plain = found[found["due_at"].notna() & found["缓办至"].isna() & found["重开次数"].isna()]
    assert len(plain) > 1400
    for row in plain.itertuples():
        category = policy.category_of(row.问题类别)
        assert row.due_at == due_at(policy, category, row.tier, row.disposed_at.to_pydatetime()), row.Index


def test_some_are_late_sent_back_or_opened_again(found: pd.DataFrame) -> None:
    settled = found[found["step"] == "closed"]
    assert 0.03 <= (settled["settled_at"] > settled["due_at"]).mean() <= 0.08
    assert 0.03 <= settled["退回次数"].notna().mean() <= 0.05
    assert 0.02 <= settled["重开次数"].notna().mean() <= 0.035
    assert 3 <= ((found["step"] == "disposing") & (found["due_at"] < END)).sum() <= 12
    hours = (settled["settled_at"] - settled["disposed_at"]).dt.total_seconds() / 3600
    median = hours.groupby(settled["tier"]).median()
    assert median["grid"] < 1
    assert 24 < median["jurisdiction"] < 120 < median["department"]


def test_the_week_the_day_and_the_holidays_show(counted: pd.DataFrame) -> None:
    at = counted["reported_at"].dt
    of_week = counted.groupby(at.day_of_week).size()
    assert of_week[5:].max() < of_week[:5].min()
    assert set(at.hour) <= set(range(7, 22))
    assert at.hour.isin(range(8, 17)).mean() > 0.6
    days = counted.groupby(at.date).size()
    festival = days.reindex(pd.date_range("2020-01-24", "2020-01-31").date, fill_value=0)
    assert festival.mean() < 0.6 * days.mean()
    late = at.date >= date(2020, 2, 1)
    help_words = counted["问题类别"].isin(["民生服务", "民生", "求助", "咨询", "困难帮扶", "服务"])
    assert help_words[late].mean() > 1.5 * help_words[~late].mean()


def test_duplicates_name_one_that_is_older_and_in_the_same_grid(found: pd.DataFrame) -> None:
    merged = found[found["step"] == "merged"]
    assert found.loc[found["step"] != "merged", "并入"].isna().all()
    first = found.loc[merged["并入"]]
    assert (first["step"] == "closed").all()
    assert (first["网格编号"].to_numpy() == merged["网格编号"].to_numpy()).all()
    assert (first["问题类别"].to_numpy() == merged["问题类别"].to_numpy()).all()
    hours = (merged["reported_at"].to_numpy() - first["reported_at"].to_numpy()) / np.timedelta64(1, "h")
    assert ((hours > 0) & (hours <= 72)).all()


# --- with the other ledgers ---


def test_reporters_are_people_who_have_a_post_there(found: pd.DataFrame) -> None:
    """By the ids of the people ledger; a call to the hotline has none."""
    people = set(records("people", "人员", 3)["人员编号"].dropna())
    told = found["上报人编号"].dropna()
    assert set(told) <= people
    assert told.nunique() > 500
    assert (found.loc[found["上报人编号"].isna(), "来源"] == "12345热线").all()
    names = set(records("people", "人员", 3)["姓名"].dropna())
    assert not names & {c for c in found.to_numpy().ravel() if isinstance(c, str)}


def test_deliberations_came_of_issues_found_before_in_their_grid(found: pd.DataFrame) -> None:
    talks = records("party", "议事", 4)
    talks.columns = ["id", "day", "grid", "topic", "issue", "present", "result", "project", "state", "done"]
    told = talks[talks["issue"].notna()]
    assert len(told) >= 8
    assert told["issue"].is_unique
    issues = found.loc[told["issue"]]
    assert (issues["网格编号"].to_numpy() == told["grid"].to_numpy()).all()
    days = told["day"].map(day_of).to_numpy(dtype="datetime64[s]")
    assert (issues["reported_at"].to_numpy() < days).all()
    assert SHED in set(told["issue"])


def test_the_shed_of_jinwan_settles_its_issue(found: pd.DataFrame) -> None:
    shed = found.loc[SHED]
    assert shed["网格编号"] == "310116113019001"
    assert shed["step"] == "closed"
    assert shed["tier"] == "jurisdiction"
    assert shed["处置单位"] == "金湾居民区"
    assert "电动自行车" in shed["问题描述"]
    assert shed["settled_at"] == datetime.combine(date(2019, 12, 20), time(15, 30))
    assert shed["settled_at"] < shed["due_at"]


# --- where ---


def places_of(found: pd.DataFrame) -> gpd.GeoSeries:
    """Points in metres of the plan; None without coordinates."""
    given = found[["经度", "纬度"]].astype(float)
    points = gpd.GeoSeries(gpd.points_from_xy(given["经度"], given["纬度"]), index=found.index, crs=4490)
    return points.where(given["经度"].notna(), None).to_crs(4549)


def test_places_are_many(found: pd.DataFrame) -> None:
    given = found[["经度", "纬度"]]
    assert given.isna().all(axis=1).sum() == given.isna().any(axis=1).sum() == 9
    assert not given.dropna().duplicated().any()
    assert found["地点"].notna().all()
    assert found["地点"].nunique() > 1000


@pytest.fixture(scope="module")
def town() -> Town:
    from gridmap.cells import build_town  # noqa: PLC0415
    from gridmap.data.survey import read_survey  # noqa: PLC0415
    from gridmap.model.rules import load_rules  # noqa: PLC0415

    survey, _ = read_survey(GEODATA / "shanyang.gpkg")
    built, _ = build_town(survey, load_rules("shanyang-2020"))
    return built


@pytest.fixture(scope="module")
def plan(town: Town) -> Plan:
    from gridmap.flow import plan_town  # noqa: PLC0415
    from gridmap.model.rules import load_rules  # noqa: PLC0415

    return plan_town(town, load_rules("shanyang-2020"), seed=0).result.plan


@pytest.mark.slow
def test_places_lie_in_the_grids_that_are_named(found: pd.DataFrame, plan: Plan) -> None:
    grids = plan.dissolve()
    places = places_of(found).dropna()
    shapes = grids.geometry.loc[found.loc[places.index, "网格编号"]].to_numpy()
    assert shapely.contains(shapes, places.to_numpy()).all()
    assert shapely.distance(shapely.boundary(shapes), places.to_numpy()).min() > 1.5
    near = shapely.STRtree(places.to_numpy()).query(places.to_numpy(), "dwithin", distance=5.0)[0]
    assert np.bincount(near).max() <= 8  # no default point


@pytest.mark.slow
def test_e_bikes_at_jinwan_are_the_one_hot_spot(counted: pd.DataFrame, plan: Plan) -> None:
    from gridmap.issues.hotspots import hotspots_of_grids  # noqa: PLC0415
    from gridmap.model.issue_policy import load_policy  # noqa: PLC0415
    from gridmap.model.issues import Issues, make_issues  # noqa: PLC0415

    policy = load_policy()
    values = gpd.GeoDataFrame(
        {
            "step": counted["step"].to_numpy(),
            "category": counted["问题类别"].map(policy.category_of).to_numpy(),
            "reported_at": counted["reported_at"].to_numpy(),
            "grid": counted["网格编号"].to_numpy(),
        },
        geometry=places_of(counted).to_numpy(),
        crs=4549,
    )
    issues = Issues(make_issues(values, list(counted.index)), is_synthetic=True)
    spots = hotspots_of_grids(issues, plan, policy, first=FIRST, last=LAST)
    assert set(spots.index[spots["state"] == "hot"]) == CLUSTER
    assert not (spots["state"] == "cold").any()
    mine = spots.loc[sorted(CLUSTER)]
    assert 2.5 <= mine["n"].sum() / mine["expected"].sum() <= 3.5
    bikes = counted[(values["category"] == "ebike").to_numpy() & counted["网格编号"].isin(CLUSTER)]
    after = (bikes["reported_at"] > "2020-01-10").sum()
    assert len(bikes) >= 36
    assert after / 51 < 0.3 * (len(bikes) - after) / 131  # a day, before and after


@pytest.mark.slow
def test_gridmap_reads_the_ledger_without_a_word_to_correct(found: pd.DataFrame, plan: Plan) -> None:
    from gridmap.data.issues import read_issues  # noqa: PLC0415
    from gridmap.issues.indicators import indicators  # noqa: PLC0415
    from gridmap.model.issue_policy import load_policy  # noqa: PLC0415

    places = gpd.read_file(GEODATA / "shanyang.gpkg", layer="jurisdictions").set_index("code")
    intake = read_issues(
        LEDGERS / "issues.xlsx", places=places, grids=plan.codes, crs="EPSG:4549", day=LAST, policy=load_policy()
    )
    assert intake.errors.empty
    assert not intake.unmapped
    assert not intake.default_places
    assert intake.issues is not None
    frame = intake.issues.frame
    assert list(frame.index) == list(found.index)
    assert frame["step"].tolist() == found["step"].tolist()
    assert frame["tier"].tolist() == found["tier"].fillna("").tolist()
    assert frame["reporter"].tolist() == found["上报人编号"].fillna("").tolist()
    for column in TIMES:
        assert frame[column].equals(found[column].astype("datetime64[s]")), column
    told = indicators(intake.issues, by="town", at=END, first=FIRST, last=LAST, plan=plan).iloc[0]
    assert (told["n"], told["settled"], told["open"]) == (1534, 1500, 34)
    shares = told[["share_grid", "share_jurisdiction", "share_department"]].astype(float)
    assert shares.tolist() == pytest.approx([0.35, 0.63, 0.02])


# --- patrols ---


@pytest.fixture(scope="module")
def patrols() -> gpd.GeoDataFrame:
    return gpd.read_file(LEDGERS / "patrols.gpkg")


def test_patrols_are_of_february_and_of_people_with_a_post(patrols: gpd.GeoDataFrame) -> None:
    assert patrols.crs.to_epsg() == 4490
    assert patrols["patrol_id"].is_unique
    numbers = patrols.groupby("grid").size()
    assert len(numbers) == 40
    assert set(numbers) == {2, 3, 4}
    begun, ended = pd.to_datetime(patrols["started_at"]), pd.to_datetime(patrols["ended_at"])
    assert begun.min() >= pd.Timestamp("2020-02-01")
    assert ended.max() < pd.Timestamp("2020-03-01")
    lengths = patrols.to_crs(4549).length
    assert lengths.between(600, 3500).all()
    kmh = lengths / 1000 / ((ended - begun).dt.total_seconds() / 3600)
    assert kmh.between(1.0, 3.0).all()
    posts = records("people", "任职", 4)
    assert set(patrols["member_id"]) <= set(posts.iloc[:, 3].dropna())


@pytest.mark.slow
def test_some_streets_were_walked_and_many_were_not(town: Town, plan: Plan, patrols: gpd.GeoDataFrame) -> None:
    from gridmap.data.tracks import read_tracks  # noqa: PLC0415
    from gridmap.issues.patrols import coverage  # noqa: PLC0415

    intake = read_tracks(LEDGERS / "patrols.gpkg", crs="EPSG:4549", grids=plan.codes, is_synthetic=True)
    assert intake.errors.empty
    assert intake.patrols is not None
    assert intake.patrols.frame["grid"].tolist() == patrols["grid"].tolist()
    told = coverage(intake.patrols, town, plan, first=date(2020, 2, 1), last=LAST)
    assert 0.1 < told.share < 0.5
    walked = told.grids.loc[sorted(set(patrols["grid"])), "share"]
    assert walked.median() > 0.5
    assert (told.grids["walked_m"] == 0).sum() > 50


# --- the files ---


def test_the_two_files_stay_small() -> None:
    assert sum((LEDGERS / name).stat().st_size for name in ("issues.xlsx", "patrols.gpkg")) < 400_000


@pytest.mark.slow
def test_the_script_makes_the_committed_issues_again(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, str(GEODATA / "make_sample.py"), "--out", str(tmp_path)], check=True, capture_output=True
    )
    with (
        zipfile.ZipFile(LEDGERS / "issues.xlsx") as was,
        zipfile.ZipFile(tmp_path / "ledgers" / "issues.xlsx") as now,
    ):
        assert was.namelist() == now.namelist()
        assert [n for n in was.namelist() if was.read(n) != now.read(n)] == []
    old, new = (pyogrio.read_dataframe(folder / "patrols.gpkg") for folder in (LEDGERS, tmp_path / "ledgers"))
    assert shapely.equals_exact(old.geometry, new.geometry, 1e-6).all()
    pd.testing.assert_frame_equal(
        pd.DataFrame(old.drop(columns="geometry")), pd.DataFrame(new.drop(columns="geometry"))
    )
