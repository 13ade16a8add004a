"""Every staffing check by hand; nobody's name or telephone in a sentence."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.model.plan import GridException
from gridmap.model.records import Records
from gridmap.model.report import Report
from gridmap.model.rules import load_rules
from gridmap.model.text import Text
from gridmap.people.checks import STAFF_CHECKS, check_staffing, staff_catalogue_version

RULES = load_rules()


def judged(towns: Any, plan: Any, records: Records, **options: Any) -> Report:
    return check_staffing(plan, records, RULES, day=towns.day, **options)


def found(report: Report, check: str) -> pd.DataFrame:
    return report.findings[report.findings["check"] == f"R11.{check}"]


def full_team(*names: str) -> list[str]:
    """One leader, one instructor, six members in each grid, a chief in each jurisdiction."""
    lines = [f"C{letter} C {letter}" for letter in sorted({n[0] for n in names})]
    for name in names:
        lines += [f"L{name} L {name}", f"I{name} I {name}"] + [f"M{name}-{n} M {name}" for n in range(6)]
    return lines


class TestStrength:
    def test_a_full_team_has_no_findings(self, towns: Any) -> None:
        report = judged(towns, towns.plan({"a": [300, 360]}), towns.posts(*full_team("a1", "a2")))
        assert report.findings.empty
        assert report.is_lawful
        assert report.checks == tuple(c.id for c in STAFF_CHECKS if c.id != "R11.orphan")
        assert report.totals["people"] == 16
        assert report.totals["people_under_minimum"] == 0
        assert report.catalogue_version == staff_catalogue_version()

    def test_vacancies(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 310], "b": [320]})
        records = towns.posts("p1 L a1", "p2 L a1", "p3 I a1", *towns.teams({"a1": 11, "a2": 5, "b1": 6}), "c1 C a")
        report = judged(towns, plan, records)
        leaders = found(report, "leader")
        assert leaders["grid"].tolist() == [towns.grid("a1"), towns.grid("a2"), towns.grid("b1")]
        assert leaders["value"].tolist() == [2, 0, 0]
        assert leaders["message_zh"].tolist() == ["网格长 2 名，规定 1 名", "缺网格长", "缺网格长"]
        assert leaders["message_en"].tolist()[:2] == ["2 grid leaders; the rule is 1", "No grid leader"]
        assert found(report, "instructor")["grid"].tolist() == [towns.grid("a2"), towns.grid("b1")]
        members = found(report, "members")
        assert members[["value", "limit"]].to_numpy().tolist() == [[11, 10], [5, 6]]
        assert members["message_zh"].iloc[1] == "网格员 5 名，少于最低 6 名（规定 6–10 名）"
        chief = found(report, "chief")
        assert chief["jurisdiction"].tolist() == [towns.place("b")]
        assert chief.geometry.iloc[0].equals(plan.units.jurisdictions.geometry.iloc[1])
        assert set(report.findings["severity"]) == {"soft"}
        assert report.is_lawful  # a vacancy does not make a plan unlawful

    def test_two_chiefs(self, towns: Any) -> None:
        report = judged(towns, towns.plan({"a": [300]}), towns.posts(*full_team("a1"), "c2 C a"))
        assert found(report, "chief")["message_en"].tolist() == ["2 chief grid leaders (Ca, c2) where one is wanted"]

    def test_a_shared_leader_is_told_at_each_grid(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 310, 320]})
        names = {towns.grid("a2"): "滨河"}
        report = judged(towns, plan, towns.posts("p1 L a1", "p1 L a2", "p2 L a3"), names=names)
        shared = found(report, "shared")
        assert shared["grid"].tolist() == [towns.grid("a1"), towns.grid("a2")]
        assert shared["unit"].tolist() == ["p1", "p1"]
        assert shared["severity"].tolist() == ["info", "info"]
        assert shared["message_zh"].iloc[0] == "网格长 p1 兼任 310116113001002（滨河） 网格长，共 2 个网格"

    def test_span(self, towns: Any) -> None:
        plan = towns.plan({"a": [361, 360, 360]})
        records = towns.posts("p1 L a1", "p1 L a2", "p2 L a3", *towns.teams({"a1": 6, "a2": 6}))
        span = found(judged(towns, plan, records), "span")
        assert span[["unit", "value", "limit"]].to_numpy().tolist() == [["p1", 721, 720], ["", 361 / 6, 60]]
        assert span["message_en"].tolist() == [
            "Grid leader p1 answers for 721 households in 2 grids; at most 720 are allowed",
            "60.2 households for each of 6 grid members; at most 60 are allowed",
        ]

    def test_too_many_grids(self, towns: Any) -> None:
        plan = towns.plan({"a": [100, 100, 100]})
        lines = [f"{person} {role} a{n}" for person, role in (("p1", "L"), ("p2", "I"), ("p3", "M")) for n in (1, 2, 3)]
        grids = found(judged(towns, plan, towns.posts(*lines)), "grids")
        assert grids["unit"].tolist() == ["p1", "p2", "p3"]
        assert grids["limit"].tolist() == [2, 2, 1]
        assert grids["message_en"].iloc[2].endswith("; at most 1 is allowed")

    def test_a_named_exception(self, towns: Any) -> None:
        plan = towns.plan({"a": [300]})
        named = GridException(towns.grid("a1"), "R11", "too_small", Text("新建小区", "still being built"))
        report = judged(towns, dataclasses.replace(plan, exceptions=(named,)), towns.posts("p1 L a1", "c1 C a"))
        assert report.findings["excepted"].all()
        assert found(report, "instructor")["message_zh"].iloc[0] == "缺网格指导员（例外：新建小区）"


class TestFaults:
    def test_unknown_grids_and_what_is_meant(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 310]})
        records = towns.posts(
            "p1 L a1 grid=310116113001009",
            "p2 L a1 grid=3101161130010",
            "p3 L a1 grid=321023111001001",
            "p4 L a1 grid=滨河",
            "p5 L a1 grid=无此网格",
            "p6 L a1 grid=310116113001008 until=2019-01-01",
        )
        names = {towns.grid("a2"): "滨河"}
        rows = found(judged(towns, plan, records, retired=["310116113001009"], names=names), "retired")
        told = dict(zip(rows["unit"], rows["message_en"], strict=True))
        assert told == {
            "p1": "Grid leader p1 is posted in 310116113001009, a retired grid; is 310116113001002 (滨河) meant?",
            "p2": "Grid leader p2 is posted in 3101161130010, no grid of the plan; is 310116113001002 (滨河) meant?",
            "p3": "Grid leader p3 is posted in 321023111001001, no grid of the plan; its first 9 digits 321023111 "
            "are not this town's: the ledger of another town?",
            "p4": "Grid leader p4 is posted in 滨河, no grid of the plan; is 310116113001002 (滨河) meant?",
            "p5": "Grid leader p5 is posted in 无此网格, no grid of the plan",
        }
        assert set(rows["severity"]) == {"hard"}

    def test_jurisdictions(self, towns: Any) -> None:
        plan = towns.plan({"a": [300], "b": [310]})
        records = towns.posts(
            "p1 L a1 jurisdiction=310116113002",
            "p2 L b1 jurisdiction=310116113002",
            "p3 M - jurisdiction=321023111001",
            "p4 L a1 jurisdiction=310116113002 until=2020-01-01",
        )
        rows = found(judged(towns, plan, records), "jurisdiction")
        assert rows["unit"].tolist() == ["p1", "p3"]
        assert rows["message_zh"].tolist() == [
            "网格长 p1 登记在村居 310116113002，但其网格 310116113001001 属于 310116113001",
            "网格员 p3 登记的村居 321023111001 不在本镇方案内",
        ]

    def test_posts_without_a_grid(self, towns: Any) -> None:
        rows = found(judged(towns, towns.plan({"a": [300]}), towns.posts("p1 M -", "p2 M a", "p3 C a")), "nowhere")
        assert rows[["unit", "severity"]].to_numpy().tolist() == [["p1", "soft"], ["p2", "info"]]

    def test_dates(self, towns: Any) -> None:
        records = towns.posts(
            "p1 L a1 since=2020-02-01 until=2019-02-01",
            "p2 L a1 since=2020-02-01 until=2020-02-01",
            "p3 L a1 since=2020-02-01 until=2020-02-02",
            "p4 L a1 until=2019-01-01",
        )
        rows = found(judged(towns, towns.plan({"a": [300]}), records), "dates")
        assert rows["unit"].tolist() == ["p1", "p2"]
        assert rows["message_zh"].iloc[0] == "网格长 p1 的离任日期 2019-02-01 不晚于任职日期 2020-02-01"

    @pytest.mark.parametrize(
        ("lines", "n"),
        [
            (("p1 L a1 since=2018-01-01", "p1 L a1 since=2019-01-01"), 1),
            (("p1 L a1 since=2018-01-01 until=2019-01-01", "p1 L a1 since=2019-01-01"), 0),  # exclusive
            (("p1 L a1 since=2018-01-01 until=2019-01-02", "p1 L a1 since=2019-01-01"), 1),
            (("p1 L a1", "p1 L a1 since=2019-01-01 until=2019-02-01", "p1 L a1 since=2019-06-01"), 2),
            (("p1 L a1", "p1 L a2 since=2019-01-01"), 0),  # another grid
            (("p1 L a1", "p1 M a1"), 0),  # another post
            (("p1 L a1", "p1 L a1 jurisdiction=310116113001"), 1),
            (("p1 C a", "p1 C a since=2019-01-01"), 1),
            (("p1 L a1", "p1 L a1 since=2020-01-01 until=2019-01-01"), 0),  # never held
        ],
    )
    def test_twice_in_a_post(self, towns: Any, lines: tuple[str, ...], n: int) -> None:
        assert len(found(judged(towns, towns.plan({"a": [300, 310]}), towns.posts(*lines)), "twice")) == n

    def test_people_who_look_like_one(self, towns: Any) -> None:
        people = towns.people(
            "p1 王芳 13800000001",
            "p2 王芳 +86138-0000-0001",
            "p3 李娜 １３８０００００００１",
            "p4 王芳",
            "p5 张伟 021-57241234",
            "p6 刘洋 02157241234",
            "p7 陈静 13800000007",
        )
        report = judged(towns, towns.plan({"a": [300]}), towns.posts("p1 L a1", **people))
        rows = found(report, "twice")
        assert rows[["severity", "value", "message_en"]].to_numpy().tolist() == [
            ["hard", 2, "Persons p1, p2 have the same name and telephone: one person?"],
            ["soft", 3, "Persons p1, p2, p3 share a telephone under different names"],
            ["info", 2, "Persons p5, p6 share a telephone under different names"],
        ]
        told = " ".join(report.findings["message_zh"] + report.findings["message_en"])
        assert not any(word in told for word in ("王芳", "李娜", "138", "5724"))

    def test_posts_of_unknown_people(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 310]})
        people = towns.people("p1 王芳")
        records = towns.posts("p1 L a1", "p2 L a2", "p2 M a1", "p3 L a1 until=2019-01-01", **people)
        rows = found(judged(towns, plan, records), "orphan")
        assert rows["message_en"].tolist() == ["Person p2 has 2 posts but is not among the people on record"]
        kept_back = judged(towns, plan, records.without_people())
        assert "R11.orphan" not in kept_back.checks
        assert found(kept_back, "orphan").empty


def test_never_recorded_judges_nothing(towns: Any) -> None:
    report = judged(towns, towns.plan({"a": [300]}), Records())
    assert report.checks == ()
    assert report.findings.empty
    assert dict(report.totals) == {}
    assert report.grids["leaders"].isna().all()


def test_grids_of_the_report_are_numbers(towns: Any) -> None:
    report = judged(towns, towns.plan({"a": [300, 310]}), towns.posts("p1 L a1", "p1 L a2"))
    assert {str(t) for t in report.grids.dtypes} == {"int64", "float64", "bool"}
    assert report.grids["leaders"].tolist() == [1, 1]
    assert "leader_ids" not in report.grids.columns


def test_ids_are_unique_and_named_in_both_languages() -> None:
    assert len({c.id for c in STAFF_CHECKS}) == len(STAFF_CHECKS)
    assert all(c.rule == "R11" and c.name.zh != c.name.en for c in STAFF_CHECKS)


LINES = (
    "p1 L a1",
    "p1 L a2",
    "p1 L b1",
    "p2 L a1 since=2019-01-01",
    "p2 L a1",
    "p3 M b grid=310116113001077",
    "p4 M -",
    "p5 I a1 jurisdiction=310116113002",
    "c1 C a",
    "c2 C a",
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=5)
@given(order=st.permutations(LINES), people=st.permutations(["p1 王芳 1", "p2 王芳 1", "p9 李娜 1", "p8 李娜 1"]))
def test_the_order_of_rows_changes_nothing(order: list[str], people: list[str], towns: Any) -> None:
    plan = towns.plan({"a": [300, 310], "b": [320]})
    one = judged(towns, plan, towns.posts(*order, **towns.people(*people)))
    two = judged(towns, plan, towns.posts(*LINES, **towns.people(*sorted(people))))
    pd.testing.assert_frame_equal(pd.DataFrame(one.findings), pd.DataFrame(two.findings))
    pd.testing.assert_frame_equal(one.grids, two.grids)
