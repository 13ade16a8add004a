"""The sample town's ledgers hold the published figures; each is computed from the cells, without gridmap's readers."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tomllib
import unicodedata
import zipfile
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from openpyxl.worksheet.worksheet import Worksheet
from pyproj import Transformer

GEODATA = Path(__file__).resolve().parents[2] / "geodata"
LEDGERS = GEODATA / "ledgers"
TODAY = date(2020, 2, 29)
HALF_YEAR = (date(2019, 9, 1), TODAY)
NEAR_M = 30.0

SHEETS = {
    "points": ["点位"],
    "people": ["人员", "任职"],
    "lists": ["清单模板", "清单采用", "清单调整"],
    "party": ["党支部", "在职党员报到", "活动", "议事"],
    "services": ["服务菜单", "服务安排", "点单"],
    "issues": ["问题"],
}
PARTY_KINDS = {"党建服务点": "rural", "党群服务点": "rural", "党建服务站": "residential", "党群服务站": "residential"}
GRID_POINT = {"网格点", "网格服务点", "网格活动点"}
IN_USE = {"启用", "在用", "已启用", "正常"}
NO_RECORD = re.compile(r"^(备注|注|说明|填表人)|(合计|小计)$")


# --- plain reading ---


def plain(value: object) -> str:
    return "" if value is None else unicodedata.normalize("NFKC", str(value)).strip()


def number(value: object) -> int | None:
    """A count as somebody wrote it: 302, "302户", "３０２"."""
    text = plain(value).removesuffix("户")
    return int(text) if text else None


def day(value: object) -> date | None:
    """A day as somebody wrote it."""
    if isinstance(value, datetime):
        return value.date()
    digits = re.findall(r"\d+", plain(value))
    if not digits:
        return None
    if len(digits) == 1:
        return datetime.strptime(digits[0], "%Y%m%d").date()  # noqa: DTZ007 - a day has no time zone
    year, month, of_month = (int(d) for d in digits)
    return date(year, month, of_month)


def unmerged(sheet: Worksheet) -> list[list[Any]]:
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    for merged in sheet.merged_cells.ranges:
        for row in range(merged.min_row - 1, merged.max_row):
            for column in range(merged.min_col - 1, merged.max_col):
                rows[row][column] = rows[merged.min_row - 1][merged.min_col - 1]
    return rows


def table(sheet: Worksheet) -> pd.DataFrame:
    """Records under their headings; a heading of two rows is ``upper/lower``."""
    rows = unmerged(sheet)
    is_double = any(m.min_row == 3 and m.max_col > m.min_col for m in sheet.merged_cells.ranges)
    heads = [plain(h) for h in rows[2]]
    if is_double:
        heads = [u if u == plain(v) else f"{u}/{plain(v)}" for u, v in zip(heads, rows[3], strict=True)]
    body = [r for r in rows[4 if is_double else 3 :] if not NO_RECORD.search(plain(r[0]))]
    return pd.DataFrame(body, columns=[re.sub(r"\(.*?\)", "", h) for h in heads], dtype=object)


@pytest.fixture(scope="module")
def books() -> dict[str, openpyxl.Workbook]:
    return {path.stem: openpyxl.load_workbook(path) for path in sorted(LEDGERS.glob("*.xlsx"))}


@pytest.fixture(scope="module")
def tables(books: dict[str, openpyxl.Workbook]) -> dict[str, pd.DataFrame]:
    return {sheet.title: table(sheet) for book in books.values() for sheet in book.worksheets}


@pytest.fixture(scope="module")
def points(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    frame = tables["点位"].set_index("基本情况/编号")
    x, y = Transformer.from_crs(4490, 4549, always_xy=True).transform(
        frame["坐标/经度"].astype(float).to_numpy(), frame["坐标/纬度"].astype(float).to_numpy()
    )
    return pd.DataFrame(
        {
            "kind": frame["基本情况/类型"].map(plain),
            "name": frame["基本情况/名称"].map(plain),
            "jurisdiction": frame["村居"].map(plain),
            "grid": frame["网格"].map(plain),
            "premises": frame["场所编号"].map(plain),
            "is_open": frame["建设状态"].map(plain).isin(IN_USE),
            "is_home": frame["网格党员家"].map(plain).isin({"是", "√"}),
            "planned": frame["日期/规划"].map(day),
            "built": frame["日期/建成"].map(day),
            "opened": frame["日期/启用"].map(day),
            "closed": frame["日期/停用"].map(day),
            "capacity": frame["服务能力/服务户数"].map(number),
            "services": frame["服务能力/服务事项"].map(plain),
            "x": x,
            "y": y,
        }
    )


@pytest.fixture(scope="module")
def posts(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Posts that are held on the sample's day."""
    frame = tables["任职"].assign(grid=lambda f: f["网格"].map(plain), until=lambda f: f["日期/离任"].map(day))
    role = frame["网格职务"].map(plain).replace({"指导员": "网格指导员", "镇指导员": "网格指导员"})
    return frame.assign(role=role)[[u is None or u > TODAY for u in frame["until"]]]


@pytest.fixture(scope="module")
def activities(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    frame = tables["活动"]
    return frame.assign(day=frame["活动日期"].map(day), grid=frame["网格"].map(plain))


def in_half_year(days: pd.Series) -> pd.Series:
    return days.map(lambda d: HALF_YEAR[0] <= d <= HALF_YEAR[1])


# --- the files ---


def test_the_workbooks_have_the_sheets_of_the_registers(books: dict[str, openpyxl.Workbook]) -> None:
    assert {name: book.sheetnames for name, book in books.items()} == {k: SHEETS[k] for k in sorted(SHEETS)}


def test_every_sheet_says_that_it_is_synthetic(books: dict[str, openpyxl.Workbook]) -> None:
    for name, book in books.items():
        assert "synthetic" in book.properties.title, name
        for sheet in book.worksheets:
            line = "".join(plain(cell.value) for cell in sheet[2])
            assert "合成数据" in line, sheet.title
            assert "synthetic" in line, sheet.title


def test_the_manifest_fits_the_ledgers(tables: dict[str, pd.DataFrame]) -> None:
    manifest = tomllib.loads((GEODATA / "MANIFEST.toml").read_text("utf-8"))
    entries = {entry["name"]: entry for entry in manifest["file"] if entry["name"].startswith("ledgers/")}
    assert set(entries) == {f"ledgers/{name}.xlsx" for name in SHEETS} | {"ledgers/patrols.gpkg"}
    for name, sheets in SHEETS.items():
        entry = entries[f"ledgers/{name}.xlsx"]
        assert entry["sha256"] == hashlib.sha256((LEDGERS / f"{name}.xlsx").read_bytes()).hexdigest()
        assert entry["synthetic"] is True
        assert entry["date"] == TODAY.isoformat()
        assert all(entry[key] for key in ("title", "source", "licence", "made_by"))
        assert entry["sheets"] == {sheet: len(tables[sheet]) for sheet in sheets}


def test_nothing_in_the_files_tells_when_they_were_written() -> None:
    for path in LEDGERS.glob("*.xlsx"):
        with zipfile.ZipFile(path) as book:
            assert {i.date_time for i in book.infolist()} == {(2020, 2, 29, 0, 0, 0)}
            stamps = re.findall(rb">(\d{4}-\d\d-\d\dT[^<]*)<", book.read("docProps/core.xml"))
        assert set(stamps) == {b"2020-02-29T00:00:00Z"}, path.name


def test_the_hard_forms_are_there(books: dict[str, openpyxl.Workbook]) -> None:
    """Two-row headers, merged villages, totals, text for days and numbers, codes as numbers, full-width digits."""
    cells = [c.value for b in books.values() for s in b.worksheets for row in s.iter_rows() for c in row]
    texts = {v for v in cells if isinstance(v, str)}
    assert any(isinstance(v, datetime) for v in cells)
    for form in (
        r"\d{4}-\d\d-\d\d", r"\d{4}年\d+月\d+日", r"\d{4}\.\d+\.\d+", r"\d{4}/\d\d/\d\d", r"20\d{6}",
        r"[０-９]{4}年[０-９]+月[０-９]+日", r"[０-９]{15}", r"[０-９]{1,3}", r"\d+户", "合计",
    ):  # fmt: skip
        assert any(re.fullmatch(form, t, re.ASCII) for t in texts), form
    assert any(isinstance(v, int) and v > 3 * 10**14 for v in cells)
    for title in ("点位", "任职", "清单模板", "清单调整", "议事", "服务安排"):
        sheet = next(s for b in books.values() for s in b.worksheets if s.title == title)
        assert any(m.min_row == 3 == m.max_row and m.max_col > m.min_col for m in sheet.merged_cells.ranges), title
    assert any(m.min_row > 4 and m.max_row > m.min_row for m in books["points"]["点位"].merged_cells.ranges)


def test_totals_in_the_sheets_are_those_of_their_rows(books: dict[str, openpyxl.Workbook]) -> None:
    found = 0
    for sheet in (s for b in books.values() for s in b.worksheets):
        rows, frame = unmerged(sheet), table(sheet)
        for row in rows:
            if plain(row[0]) != "合计":
                continue
            found += 1
            for column, value in enumerate(row[1:], start=1):
                if value is not None:
                    assert value == sum(number(v) or 0 for v in frame.iloc[:, column]), sheet.title
    assert found == 4


# --- points ---


def built_points(points: pd.DataFrame) -> pd.DataFrame:
    return points[points["kind"].isin(GRID_POINT) & points["is_open"] & (points["premises"] != "")]


def partners(point: Any, points: pd.DataFrame, within_m: float = NEAR_M) -> pd.DataFrame:
    """Open Party points of the same premises, or near in the same grid."""
    party = points[points["kind"].isin(list(PARTY_KINDS)) & points["is_open"]]
    near = np.hypot(party["x"] - point.x, party["y"] - point.y) <= within_m
    return party[(party["premises"] == point.premises) | (near & (party["grid"] == point.grid))]


def test_84_grid_points_are_built_one_a_grid(points: pd.DataFrame) -> None:
    built = built_points(points)
    assert len(built) == 84
    assert built["grid"].nunique() == 84
    assert built["premises"].nunique() == 84
    for start, end in (("planned", "built"), ("built", "opened")):
        assert all(a < b for a, b in zip(built[start], built[end], strict=True))
    assert built["opened"].max() <= TODAY
    assert built["closed"].isna().all()


def test_77_of_them_are_two_in_one_by_premises_or_by_distance(points: pd.DataFrame) -> None:
    forms: Counter[tuple[str, str]] = Counter()
    for point in built_points(points).itertuples():
        found = partners(point, points)
        if len(found):
            same = (found["premises"] == point.premises).any()
            form = {PARTY_KINDS[k] for k in found["kind"]}
            assert form == {"rural" if str(point.jurisdiction).endswith("村") else "residential"}
            forms[form.pop(), "premises" if same else "distance"] += 1
    assert forms.total() == 77
    assert set(forms) == {(f, r) for f in ("rural", "residential") for r in ("premises", "distance")}
    assert min(forms.values()) >= 5


def test_seven_are_not_each_for_its_reason(points: pd.DataFrame) -> None:
    party = points[points["kind"].isin(list(PARTY_KINDS))]
    reasons = Counter()
    for point in built_points(points).itertuples():
        if len(partners(point, points)):
            continue
        metres = np.hypot(party["x"] - point.x, party["y"] - point.y)
        is_same = party["grid"] == point.grid
        if (is_same & (party["premises"] == point.premises) & ~party["is_open"]).any():
            reasons["closed"] += 1
        elif (~is_same & (metres <= NEAR_M)).any():
            reasons["other grid"] += 1
        elif (is_same & (metres > 35 - 1e-3) & (metres < 140 + 1e-3)).any():
            reasons["near miss"] += 1
        elif metres.min() > 150:
            reasons["alone"] += 1
    assert reasons == {"near miss": 3, "alone": 2, "other grid": 1, "closed": 1}


def test_other_grid_points_do_not_count(points: pd.DataFrame) -> None:
    others = points[points["kind"].isin(GRID_POINT)].drop(built_points(points).index)
    assert (others["is_open"] & (others["premises"] == "")).sum() == 1
    assert (others["closed"].notna()).sum() == 1
    assert (others["built"].notna() & others["opened"].isna()).sum() == 1
    planned = others[others["built"].isna()]
    homes = planned[planned["is_home"]]
    assert len(homes) > 40
    assert homes["jurisdiction"].str.endswith("村").all()
    assert len(planned) > len(homes)


def test_every_residential_area_has_a_station(points: pd.DataFrame) -> None:
    is_station = points["kind"].map(PARTY_KINDS) == "residential"
    stations = points[is_station & points["closed"].isna()]
    first = stations[~stations["name"].str.contains("第")]
    assert len(first) == 23
    assert first["jurisdiction"].nunique() == 23
    party = points[points["kind"].isin(list(PARTY_KINDS))]
    assert 85 <= len(party) <= 95


def test_the_other_kinds_are_there_and_their_services_are_on_the_menu(
    points: pd.DataFrame, tables: dict[str, pd.DataFrame]
) -> None:
    assert {"妇女微家", "办事窗口", "福利发放点", "人大代表接待点", "其他"} <= set(points["kind"])
    items = set(tables["服务菜单"]["事项编号"])
    assert {i for s in points["services"] for i in re.split("[、,;]", s) if i} <= items
    capacity = points.loc[points["is_open"], "capacity"]
    assert capacity.notna().mean() > 0.75


# --- people ---


def test_the_published_numbers_of_people(posts: pd.DataFrame) -> None:
    leaders = posts[posts["role"] == "网格长"]
    assert leaders["grid"].nunique() == len(leaders) == 200
    assert leaders["人员编号"].nunique() == 174
    held = leaders["人员编号"].value_counts()
    assert (held == 2).sum() == 26
    assert held.max() == 2
    both = leaders[leaders["人员编号"].isin(held[held == 2].index)]
    assert (both.groupby("人员编号")["村居"].nunique() == 1).all()
    instructors = posts[posts["role"] == "网格指导员"]
    assert instructors["人员编号"].nunique() == instructors["grid"].nunique() == len(instructors) == 130
    members = posts[posts["role"] == "网格员"]
    assert members["人员编号"].nunique() == len(members) == 1280
    a_grid = members.groupby("grid").size()
    assert len(a_grid) == 200
    assert 40 <= (a_grid < 6).sum() <= 50
    assert a_grid.max() <= 10
    assert len({*leaders["人员编号"], *instructors["人员编号"], *members["人员编号"]}) == 1584


def test_one_chief_a_jurisdiction(posts: pd.DataFrame) -> None:
    chiefs = posts[posts["role"] == "总网格长"]
    assert chiefs["村居"].nunique() == chiefs["人员编号"].nunique() == len(chiefs) == 33
    assert (chiefs["grid"] == "").all()


def test_posts_have_begun_and_some_have_ended(tables: dict[str, pd.DataFrame], posts: pd.DataFrame) -> None:
    frame = tables["任职"]
    begun = frame["日期/任职"].map(day)
    assert begun.max() <= TODAY
    assert len(frame) - len(posts) == 43
    ended = frame.drop(posts.index)
    assert not set(ended["人员编号"]) & set(posts["人员编号"])
    assert frame["人员来源"].notna().all()


def test_people_are_on_a_sheet_of_their_own_and_cannot_be_real(tables: dict[str, pd.DataFrame]) -> None:
    people, frame = tables["人员"], tables["任职"]
    assert people["人员编号"].is_unique
    assert people["姓名"].is_unique
    assert set(frame["人员编号"]) == set(people["人员编号"])
    assert (frame["姓名"].to_numpy() == people.set_index("人员编号").loc[frame["人员编号"], "姓名"].to_numpy()).all()
    assert people["姓名"].str.fullmatch("[一-龥][例示样拟范虚设][甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥]").all()
    phones = people["手机号"].dropna().map(lambda v: re.sub(r"[\s-]", "", plain(v)))
    assert phones.is_unique
    assert len(phones) > 1500
    # no country code begins with 0, no telephone number in China with 000
    assert phones.str.fullmatch(r"000\d{8}", flags=re.ASCII).all()


# --- lists ---


def test_every_grid_has_taken_over_both_lists(tables: dict[str, pd.DataFrame]) -> None:
    template = tables["清单模板"]
    sizes = template.groupby(["清单", "版本"]).size().to_dict()
    assert sizes == {("管理清单", 1): 19, ("管理清单", 2): 20, ("服务清单", 1): 17, ("服务清单", 2): 18}
    adopted = tables["清单采用"].assign(which=lambda f: f["清单"].str[:2], day=lambda f: f["启用日期"].map(day))
    last = adopted.sort_values("day", kind="stable").groupby(["网格", "which"])["清单版本"].last().unstack()
    assert len(last) == 200
    assert last.notna().all().all()
    assert (last["管理"] == 1).sum() == 24
    assert (last["服务"] == 1).sum() == 31


def test_sixty_adjustments_are_about_items_that_the_grid_has(tables: dict[str, pd.DataFrame]) -> None:
    changes = tables["清单调整"]
    assert len(changes) == 60
    known = set(tables["清单模板"]["编号"])
    is_own = changes["事项编号"].str.startswith("增")
    assert set(changes.loc[~is_own, "事项编号"]) <= known
    assert set(changes.loc[is_own, "调整方式"]) == {"增加", "新增"}
    assert set(changes["网格"].map(plain)) <= set(tables["清单采用"]["网格"])


# --- Party life ---


def test_87_branches_and_some_groups(tables: dict[str, pd.DataFrame]) -> None:
    frame = tables["党支部"]
    is_branch = frame["组织类型"].isin({"网格党支部", "党支部"})
    assert is_branch.sum() == 87
    assert frame.loc[is_branch, "撤销时间"].isna().all()
    assert frame["撤销时间"].notna().sum() == 2
    covered = [g for text in frame["所属网格"] for g in re.split("[、，；]", text)]
    assert len(covered) == len(set(covered))
    assert 120 < len(covered) < 200


def test_2506_members_reported_by_the_latest_counts(tables: dict[str, pd.DataFrame]) -> None:
    frame = tables["在职党员报到"]
    counts = frame.assign(day=frame["截至日期"].map(day), members=frame["报到人数"].map(number))
    assert not counts.duplicated(["网格", "day"]).any()
    latest = counts.sort_values("day", kind="stable").groupby("网格")["members"].last()
    assert len(latest) == 200
    assert latest.sum() == 2506
    assert len(counts) > 350


def test_612_activities_in_half_a_year(activities: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> None:
    recent = activities[in_half_year(activities["day"])]
    assert len(recent) == 612
    assert len(activities) == 708
    assert activities["活动编号"].is_unique
    assert activities["day"].max() <= TODAY
    themes = recent[recent["类型"].str.contains("党日")]
    months = themes.groupby("主办支部")["day"].agg(lambda days: len({(d.year, d.month) for d in days}))
    assert (months == 6).sum() >= 20
    assert (months < 6).sum() >= 20
    assert set(themes["主办支部"]) <= set(tables["党支部"]["支部编号"])
    assert recent["类型"].nunique() >= 9


def test_activities_are_where_their_point_is(activities: pd.DataFrame, points: pd.DataFrame) -> None:
    at_points = activities[activities["活动点位"].notna()]
    assert len(at_points) > 100
    there = points.loc[at_points["活动点位"]]
    assert (there["grid"].to_numpy() == at_points["grid"].to_numpy()).all()
    assert all(o <= d for o, d in zip(there["opened"], at_points["day"], strict=True))


def test_the_bike_shed_of_jinwan_came_of_an_issue(tables: dict[str, pd.DataFrame]) -> None:
    talks = tables["议事"]
    assert len(talks) == 40
    shed = talks[talks["议题"].str.contains("电动自行车棚")].iloc[0]
    assert shed["网格"].startswith("310116113019")
    assert isinstance(shed["来源问题"], str)
    assert shed["项目/进度"] == "已完成"
    assert day(shed["项目/完成日期"]) == date(2019, 12, 20)
    assert talks["项目/名称"].isna().any()


# --- services ---


def test_24_departments_offer_18_items(tables: dict[str, pd.DataFrame], points: pd.DataFrame) -> None:
    menu, offers = tables["服务菜单"], tables["服务安排"]
    assert len(menu) == menu["事项编号"].nunique() == 18
    until = offers["终止日期"].map(day)
    now = offers[[u is None or u > TODAY for u in until]]
    assert len(offers) == 150
    assert len(now) < 150
    assert offers["服务部门"].nunique() == now["服务部门"].nunique() == 24
    assert set(now["事项编号"]) == set(menu["事项编号"])
    assert now["时间/服务周期"].nunique() >= 8
    at_points = offers[offers["地点/点位编号"].notna()]
    assert (points.loc[at_points["地点/点位编号"], "grid"].to_numpy() == at_points["地点/网格"].map(plain)).all()
    assert points.loc[at_points["地点/点位编号"], "is_open"].all()


def test_orders_of_every_state(tables: dict[str, pd.DataFrame]) -> None:
    orders = tables["点单"]
    assert len(orders) == 300
    assert orders["办理状态"].nunique() >= 5
    done = orders["办结日期"].map(day)
    is_done = orders["办理状态"].isin({"已完成", "办结"})
    assert (done.notna() == is_done).all()
    assert all(a <= b <= TODAY for a, b in zip(orders["点单日期"].map(day)[is_done], done[is_done], strict=True))
    assert set(orders["承接部门"].dropna()) <= set(tables["服务安排"]["服务部门"])
    offered = set(zip(tables["服务安排"]["服务部门"], tables["服务安排"]["事项编号"], strict=True))
    assigned = orders[orders["承接部门"].notna()]
    assert set(zip(assigned["承接部门"], assigned["事项编号"], strict=True)) <= offered


# --- with the plan ---


@pytest.fixture(scope="module")
def grids() -> gpd.GeoDataFrame:
    """The grids of the default plan: the one thing that is taken from gridmap."""
    from gridmap.cells import build_town  # noqa: PLC0415 - the other tests need no gridmap
    from gridmap.data.survey import read_survey  # noqa: PLC0415
    from gridmap.flow import plan_town  # noqa: PLC0415
    from gridmap.model.rules import load_rules  # noqa: PLC0415

    rules = load_rules("shanyang-2020")
    survey, _ = read_survey(GEODATA / "shanyang.gpkg")
    town, _ = build_town(survey, rules)
    return plan_town(town, rules, seed=0).result.plan.dissolve()


@pytest.mark.slow
def test_points_lie_in_their_grids(points: pd.DataFrame, grids: gpd.GeoDataFrame) -> None:
    shapes = grids.geometry.loc[points["grid"]].to_numpy()
    places = shapely.points(points["x"].to_numpy(float), points["y"].to_numpy(float))
    assert shapely.contains(shapes, places).all()
    assert shapely.distance(shapely.boundary(shapes), places).min() > 5


@pytest.mark.slow
def test_the_ledgers_know_the_grids_of_the_plan(
    grids: gpd.GeoDataFrame, posts: pd.DataFrame, tables: dict[str, pd.DataFrame], activities: pd.DataFrame
) -> None:
    codes = set(grids.index)
    assert len(codes) == 200
    assert set(posts.loc[posts["role"] == "网格长", "grid"]) == codes
    assert set(tables["在职党员报到"]["网格"]) == codes
    assert set(activities["grid"]) - {""} <= codes
    assert set(tables["点单"]["网格"]) <= codes
    offers = tables["服务安排"]["地点/网格"].map(plain)
    assert set(offers) - {""} <= codes
    leaders = posts[posts["role"] == "网格长"]
    for _, pair in leaders[leaders["人员编号"].duplicated(keep=False)].groupby("人员编号"):
        a, b = grids.geometry.loc[pair["grid"]]
        assert shapely.length(shapely.intersection(a, b)) > 1.0


@pytest.mark.slow
def test_the_script_makes_the_committed_ledgers_again(tmp_path: Path) -> None:
    """The same parts of each workbook; how they are packed is zlib's affair."""
    subprocess.run(
        [sys.executable, str(GEODATA / "make_sample.py"), "--out", str(tmp_path)], check=True, capture_output=True
    )
    for name in SHEETS:
        with (
            zipfile.ZipFile(LEDGERS / f"{name}.xlsx") as was,
            zipfile.ZipFile(tmp_path / "ledgers" / f"{name}.xlsx") as now,
        ):
            assert was.namelist() == now.namelist()
            assert [n for n in was.namelist() if was.read(n) != now.read(n)] == []
