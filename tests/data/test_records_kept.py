"""A ledger that has no column for something says nothing about it: what is stored stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
import shapely

from gridmap.data.records import Intake, read_records
from gridmap.model.records import Records, make_records
from gridmap.model.register import Group
from gridmap.model.registers import REGISTERS

V1, A1 = "310116113202001", "310116113001001"
PHONE = "13800000001"
EAST, NORTH = 628_000, 3_402_000


@pytest.fixture
def stored() -> Records:
    point = {
        "point_id": ["D1"], "name": ["党员之家"], "kind": ["grid_point"], "status": ["in_use"], "capacity": [120],
        "services": [("S1", "S2")], "is_private_home": [True], "opened_on": [dt.date(2019, 5, 1)],
        "jurisdiction": ["310116113202"], "geometry": [shapely.Point(EAST + 50, NORTH + 50)],
    }  # fmt: skip
    return Records(
        {
            "point": make_records(REGISTERS["point"], point, "EPSG:4549"),
            "person": make_records(
                REGISTERS["person"], {"person_id": ["P0001", "P0002"], "name": ["张三", "李四"], "phone": [PHONE, ""]}
            ),
            "post": make_records(
                REGISTERS["post"],
                {
                    "person_id": ["P0001", "P0001"],
                    "role": ["grid_leader"] * 2,
                    "grid": [V1, V1],
                    "since": [dt.date(2017, 1, 1), dt.date(2019, 1, 1)],
                    "until": [dt.date(2018, 1, 1), None],
                    "source": ["committee"] * 2,
                },
            ),
        }
    )


def read(path: Path, group: Group, rows: Sequence[Sequence[Any]], stored: Records) -> Intake:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = {"points": "点位", "people": "花名册"}[group]
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    places = gpd.GeoDataFrame(
        {"name": ["山新居民区", "向阳村"], "kind": ["residential_area", "village"]},
        geometry=[
            shapely.box(EAST + 100, NORTH, EAST + 200, NORTH + 100),
            shapely.box(EAST, NORTH, EAST + 100, NORTH + 100),
        ],
        index=["310116113001", "310116113202"],
        crs="EPSG:4549",
    )
    day = dt.date(2020, 3, 1)
    return read_records(path, group, places=places, grids=[V1, A1], crs="EPSG:4549", day=day, known=stored)


def test_points(tmp_path: Path, stored: Records) -> None:
    """Capacity has a column, whether it is a home, the services and the jurisdiction have none; D2 is new."""
    head = ["点位编号", "点位名称", "点位类型", "状态", "服务户数", "经度", "纬度"]
    rows = [
        head,
        ["D1", "党员之家", "网格点", "启用", None, EAST + 60, NORTH + 50],
        ["D2", "新点", "网格点", "启用", 9, EAST + 150, NORTH + 50],
    ]
    intake = read(tmp_path / "a.xlsx", "points", rows, stored)
    assert intake.records is not None, intake.errors
    points = intake.records.points
    assert points["is_private_home"].tolist() == [True, False]
    assert points["services"].tolist() == [("S1", "S2"), ()]
    assert points["jurisdiction"].tolist() == ["310116113202", ""]
    assert points["capacity"].isna().tolist() == [True, False]
    assert points["opened_on"].dt.year.tolist()[0] == 2019
    assert points.geometry.x.tolist() == [EAST + 60, EAST + 150]
    assert points.dtypes.equals(stored.points.dtypes)
    assert [n.zh for n in intake.notes] == [
        "点位：台账没有以下各列，已存的保持不变：村居、启用日期、服务事项、是否在党员家中。"
    ]


def test_a_roster_without_numbers(tmp_path: Path, stored: Records) -> None:
    rows = [["职务", "人员编号", "姓名", "网格", "任职日期"], ["网格长", "P0001", "张三", V1, "2019-01-01"]]
    intake = read(tmp_path / "a.xlsx", "people", rows, stored)
    assert intake.records is not None, intake.errors
    assert intake.records.of("person")["phone"].tolist() == [PHONE]
    assert intake.records.of("post")["source"].tolist() == ["committee"]
    assert "people: the ledger has no column phone; what is stored stays" in [n.en.lower() for n in intake.notes]


def test_a_blank_number_blanks_none(tmp_path: Path, stored: Records) -> None:
    head = ["职务", "人员编号", "姓名", "联系电话", "网格", "任职日期"]
    rows = [head, ["网格长", "P0001", "张三", "", V1, "2019-01-01"], ["网格员", "P0002", "李四", "13900000002", A1, ""]]
    intake = read(tmp_path / "a.xlsx", "people", rows, stored)
    assert intake.records is not None, intake.errors
    assert intake.records.of("person")["phone"].tolist() == [PHONE, "13900000002"]


def test_a_roster_without_days_means_the_posts_that_are_held(tmp_path: Path, stored: Records) -> None:
    rows = [["职务", "姓名", "网格"], ["网格长", "张三", V1], ["网格长", "张三", A1]]
    intake = read(tmp_path / "a.xlsx", "people", rows, stored)
    assert intake.records is not None, intake.errors
    assert intake.records.of("post").index.tolist() == [
        f"P0001 / grid_leader /  / {V1} / 2019-01-01",
        f"P0001 / grid_leader /  / {A1} / ",
    ]


def test_nothing_stored(tmp_path: Path) -> None:
    intake = read(tmp_path / "a.xlsx", "people", [["职务", "姓名", "网格"], ["网格长", "张三", V1]], Records())
    assert intake.records is not None
    assert intake.records.of("post")["since"].isna().all()
