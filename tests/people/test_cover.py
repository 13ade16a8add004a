"""Who could cover a vacancy: by hand, against all matchings of small cases, and never beyond the rules."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gridmap.model.records import Records, make_records
from gridmap.model.registers import REGISTERS
from gridmap.model.rules import load_rules, parse_rules
from gridmap.people.cover import COVER_COLUMNS, propose_cover
from gridmap.people.match import match

RULES = load_rules()


def cover(towns: Any, plan: Any, records: Records, role: str, rules: Any = RULES) -> pd.DataFrame:
    frame = propose_cover(plan, records, rules, day=towns.day)
    return frame[frame["role"] == role]


def first(frame: pd.DataFrame) -> dict[str, str]:
    """Grid → who is proposed."""
    proposals = frame[frame["rank"] == 1]
    return dict(zip(proposals["grid"], proposals["person_id"], strict=True))


class TestMatch:
    def test_greedy_would_leave_one_out(self) -> None:
        is_possible = np.array([[True, True], [True, False]])
        cost = np.array([[0, 5], [0, 0]])  # the first seat would take the only candidate of the second
        assert match(is_possible, [cost]).tolist() == [1, 0]

    def test_nothing_possible(self) -> None:
        assert match(np.zeros((2, 3), dtype=bool), [np.zeros((2, 3), dtype=np.int64)]).tolist() == [-1, -1]
        assert match(np.zeros((2, 0), dtype=bool), []).tolist() == [-1, -1]
        assert match(np.zeros((0, 2), dtype=bool), []).tolist() == []

    @settings(deadline=None, max_examples=40)
    @given(st.data())
    def test_against_all_matchings(self, data: st.DataObject) -> None:
        shape = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
        is_possible = data.draw(arrays(np.bool_, shape))
        levels = [data.draw(arrays(np.int64, shape, elements=st.integers(0, 4))) for _ in range(2)]

        def worth(chosen: tuple[int, ...]) -> tuple[int, ...]:
            taken = [(seat, one) for seat, one in enumerate(chosen) if one >= 0]
            return (-len(taken), *(sum(int(level[pair]) for pair in taken) for level in levels))

        options = [[-1, *np.flatnonzero(row).tolist()] for row in is_possible]
        every = [c for c in itertools.product(*options) if len({x for x in c if x >= 0}) == sum(x >= 0 for x in c)]
        assert worth(tuple(match(is_possible, levels).tolist())) == min(worth(c) for c in every)


class TestLeaders:
    def test_the_same_place_first_then_the_least_load(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 320, 280], "b": [240]})
        records = towns.posts("p1 L a1", "p2 L a2", "p3 L b1")
        rows = cover(towns, plan, records, "grid_leader")
        assert rows["person_id"].tolist() == ["p1", "p2", "p3"]
        assert rows["rank"].tolist() == [1, 2, 3]
        assert rows["households"].tolist() == [580, 600, 520]
        assert rows["n_grids"].tolist() == [2, 2, 2]
        assert rows["within_limits"].all()
        assert rows["reason_zh"].tolist() == [
            "本村居；现任 1 格 300 户，任职后 2 格 580 户",
            "本村居；现任 1 格 320 户，任职后 2 格 600 户",
            "相邻村居b村；现任 1 格 240 户，任职后 2 格 520 户",
        ]
        assert rows["reason_en"].iloc[2] == "Next door, b村; 1 grid now with 240 households, 2 with 520 after"

    def test_the_nearer_of_two_places(self, towns: Any) -> None:
        plan = towns.plan({"a": [300], "b": [300], "c": [300]}, gaps_m={"b": 900, "c": 400})
        rows = cover(towns, plan, towns.posts("p1 L a1", "p3 L c1"), "grid_leader")
        assert rows["person_id"].tolist() == ["p3", "p1"]
        assert rows["distance_m"].tolist() == [400, 900]
        assert rows["reason_zh"].iloc[0].startswith("c村，相距 400 米；")

    def test_a_committee_member_of_the_place_has_the_least_load(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 320], "b": [200]})
        records = towns.posts(
            "p1 L a1",
            "p2 M a1 source=committee",
            "p3 C b source=committee",  # of another place: no candidate here
            "p4 L b1",
        )
        rows = cover(towns, plan, records, "grid_leader")
        assert rows["person_id"].tolist() == ["p2", "p1", "p4"]
        assert rows["reason_zh"].iloc[0] == "本村居两委成员；现任 0 格 0 户，任职后 1 格 320 户"

    def test_never_beyond_the_limits(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 300, 300], "b": [500, 300]})
        records = towns.posts("p1 L a1", "p1 L a2", "p2 L b1")
        rows = cover(towns, plan, records, "grid_leader")
        assert first(rows) == {towns.grid("a3"): "", towns.grid("b2"): ""}
        nobody, over, further = rows[rows["grid"] == towns.grid("a3")].to_dict("records")
        assert nobody["reason_en"] == "2 candidates, none within the limits of the rules"
        assert nobody["reason_zh"] == "2 名人选兼任后均超过规定限度"
        assert (over["person_id"], over["within_limits"]) == ("p1", False)
        assert over["reason_zh"] == "本村居；现任 2 格 600 户，任职后 3 格 900 户，超过 2 格"
        assert further["reason_en"].endswith("2 with 800 after, over the limit of 720 households")

    def test_what_was_proposed_counts(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 300, 300]})
        assert sorted(first(cover(towns, plan, towns.posts("p1 L a1"), "grid_leader")).values()) == ["", "p1"]
        free = towns.posts("p1 L a")  # a leader without a grid may take two of three
        assert sorted(first(cover(towns, plan, free, "grid_leader")).values()) == ["", "p1", "p1"]

    def test_two_vacancies_share_the_people_so_that_both_are_covered(self, towns: Any) -> None:
        """c2 (450 households) can only be led by p2: greedily, b1 would have taken the least loaded p2 first."""
        plan = towns.plan({"b": [350], "c": [300, 450], "d": [250]})
        records = towns.posts("p1 L c1", "p2 L d1")
        assert first(cover(towns, plan, records, "grid_leader")) == {towns.grid("b1"): "p1", towns.grid("c2"): "p2"}

    def test_neighbouring_grids_are_paired(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 300, 300, 300]})
        records = towns.posts("p2 L a1", "p1 L a4")
        assert first(cover(towns, plan, records, "grid_leader")) == {towns.grid("a2"): "p2", towns.grid("a3"): "p1"}

    def test_households_not_known(self, towns: Any) -> None:
        plan = towns.plan({"a": [900, 900]}, has_households=False)
        rows = cover(towns, plan, towns.posts("p1 L a1"), "grid_leader")
        assert rows["person_id"].tolist() == ["p1"]
        assert rows["households"].isna().all()
        assert rows["reason_zh"].iloc[0] == "本村居；现任 1 格，任职后 2 格"

    def test_a_dedicated_grid_adds_no_households(self, towns: Any) -> None:
        plan = towns.plan({"a": [700, 100]}, dedicated="a2")
        rows = cover(towns, plan, towns.posts("p1 L a1"), "grid_leader")
        assert rows[["person_id", "households"]].to_numpy().tolist() == [["p1", 700]]

    def test_posts_in_two_places(self, towns: Any) -> None:
        plan = towns.plan({"a": [100], "b": [100], "c": [100, 100]})
        records = towns.posts("p1 L a1", "p1 L c1", "p2 L b1")
        rules = RULES.text.replace("grids_per_leader_max = { value = 2", "grids_per_leader_max = { value = 3")
        rows = cover(towns, plan, records, "grid_leader", parse_rules(rules))
        assert rows["person_id"].tolist() == ["p1", "p2"]
        assert rows["from_jurisdiction"].tolist() == [towns.place("c"), towns.place("b")]


class TestInstructorsAndMembers:
    def test_an_instructor_without_a_grid_goes_first(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 300]})
        rows = cover(towns, plan, towns.posts("p1 I a1", "p2 I a"), "grid_instructor")
        assert rows["person_id"].tolist() == ["p2", "p1"]

    def test_members_are_moved_from_where_they_can_be_spared(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 300], "b": [300]})
        lines = [*towns.teams({"a1": 8, "b1": 7}), *towns.teams({"a2": 5})]
        newest = [line + " since=2019-12-01" if line.startswith("ma1-3 ") else line for line in lines]
        rows = cover(towns, plan, towns.posts(*newest), "grid_member")
        assert rows["person_id"].tolist() == [
            "ma1-1",
            "ma1-3",
            "mb1-1",
        ]  # a1 spares two: the last to come, and the first by id
        assert rows["from_grid"].tolist() == [towns.grid("a1"), towns.grid("a1"), towns.grid("b1")]
        assert rows["n_grids"].tolist() == [1, 1, 1]
        assert rows["reason_zh"].iloc[0] == f"本村居；由网格 {towns.grid('a1')} 调入，该格人数有余"

    def test_a_large_grid_spares_nobody(self, towns: Any) -> None:
        plan = towns.plan({"a": [420, 300]})  # 420 households need 7 members at 60 each
        rows = cover(towns, plan, towns.posts(*towns.teams({"a1": 7, "a2": 5})), "grid_member")
        assert first(rows) == {towns.grid("a2"): ""}
        assert rows["within_limits"].tolist() == [False] * 4

    def test_a_member_of_the_place_without_a_grid(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 300]})
        rows = cover(towns, plan, towns.posts(*towns.teams({"a1": 8, "a2": 5}), "z1 M a"), "grid_member")
        assert rows["person_id"].tolist()[0] == "z1"
        assert rows["reason_en"].iloc[0] == "Same place; 0 grids now, 1 with this one"

    def test_each_vacancy_another_person(self, towns: Any) -> None:
        plan = towns.plan({"a": [300, 300]})
        rows = cover(towns, plan, towns.posts(*towns.teams({"a1": 10, "a2": 2})), "grid_member")
        proposed = rows[rows["rank"] == 1]
        assert proposed["vacancy"].tolist() == [1, 2, 3, 4]
        assert proposed["person_id"].tolist() == ["ma1-1", "ma1-10", "ma1-2", "ma1-3"]
        assert set(rows["rank"]) == {1}  # nobody else can be spared


class TestNothingToSay:
    def test_never_recorded(self, towns: Any) -> None:
        frame = propose_cover(towns.plan({"a": [300]}), Records(), RULES, day=towns.day)
        assert frame.empty
        assert list(frame.columns) == list(COVER_COLUMNS)

    def test_nobody_at_all(self, towns: Any) -> None:
        nobody = Records({"post": make_records(REGISTERS["post"], {})})
        frame = propose_cover(towns.plan({"a": [300]}), nobody, RULES, day=towns.day)
        assert frame["role"].value_counts().to_dict() == {"grid_member": 6, "grid_leader": 1, "grid_instructor": 1}
        assert set(frame["rank"]) == {1}
        assert set(frame["person_id"]) == {""}
        assert frame["reason_en"].iloc[0] == "Nobody to choose from for a grid leader"
        assert not frame["within_limits"].any()

    def test_no_vacancy(self, towns: Any) -> None:
        records = towns.posts("p1 L a1", "p2 I a1", *towns.teams({"a1": 6}))
        assert propose_cover(towns.plan({"a": [300]}), records, RULES, day=towns.day).empty


LINES = (
    "p1 L a1",
    "p2 L a3",
    "p3 L b",
    "p4 L c1",
    "i1 I b1",
    "i2 I c2",
    "m1 M a1",
    "m2 M b",
    "m3 M b",
    "k1 C c source=committee",
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=5)
@given(order=st.permutations(LINES))
def test_the_order_of_rows_changes_nothing(order: list[str], towns: Any) -> None:
    plan = towns.plan({"a": [300, 310, 320], "b": [200], "c": [100, 120]}, gaps_m={"c": 50})
    rules = parse_rules(RULES.text.replace("members_min = { value = 6", "members_min = { value = 1"))
    one = propose_cover(plan, towns.posts(*order), rules, day=towns.day)
    pd.testing.assert_frame_equal(one, propose_cover(plan, towns.posts(*LINES), rules, day=towns.day))
    proposed = one[(one["rank"] == 1) & (one["person_id"] != "")]
    assert proposed["within_limits"].all()
    assert not proposed.duplicated(["grid", "role", "person_id"]).any()
