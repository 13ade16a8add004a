"""Branches, and the three-way merge against what both had in common last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.errors import Conflict, InvalidInput, InvalidPlan, NotStored
from gridmap.model.plan import GridException, Plan
from gridmap.model.rules import Rules
from gridmap.model.text import Text
from gridmap.model.town import Town
from gridmap.storage.branch import branch_plan
from gridmap.storage.connect import Store
from gridmap.storage.entries import PlanEntry, find_plan, list_versions
from gridmap.storage.history import restore_version, undo
from gridmap.storage.merge import merge_branch
from gridmap.storage.plans import load_plan, save_plan
from gridmap.storage.save import Saved, save_moves
from gridmap.storage.states import approve_plan, put_in_force
from gridmap.storage.verdict import judge_stored

V1, V2 = "310116113202001", "310116113202002"
A1, A2, A3, A4 = (f"31011611300100{i}" for i in range(1, 5))


def content(store: Store, plan: str) -> dict[str, str]:
    value = load_plan(store, plan).plan
    return dict(zip(value.units.ids, map(str, value.code_of_unit()), strict=True))


def test_a_branch_begins_as_a_version_of_its_plan(store: Store, town: Town, plan: Plan, rules: Rules) -> None:
    reason = GridException(V1, "R4", "isolated", Text("孤立", "isolated"))
    save_plan(store, "2026", town, replace(plan, exceptions=(reason,), locked=frozenset({A4})), rules, bridge_m=20)
    save_moves(store, "2026", 1, {"G2": V2})
    made = branch_plan(store, "2026", "试验", 1)
    assert (made.entry.source_version, made.entry.state, made.entry.version, made.new_codes) == (1, "draft", 1, {})
    back = load_plan(store, "试验")
    assert back.plan.fingerprint == plan.fingerprint
    assert (back.plan.exceptions, back.plan.locked, back.entry.bridge_m) == ((reason,), frozenset({A4}), 20)
    assert list_versions(store, "试验")[0].kind == "branch"
    assert branch_plan(store, "2026", "新").entry.source_version == 2
    with pytest.raises(InvalidInput, match="has a plan 试验 already"):
        branch_plan(store, "2026", "试验")
    with pytest.raises(NotStored, match="no version 7"):
        branch_plan(store, "2026", "别的", 7)


def test_the_same_branching_twice_is_one(store: Store, stored: PlanEntry) -> None:
    op = uuid4()
    first = branch_plan(store, "2026", "试验", op_id=op)
    assert branch_plan(store, "2026", "试验", op_id=op).entry == first.entry


def test_a_merge_brings_over_what_only_the_branch_changed(store: Store, stored: PlanEntry) -> None:
    branch_plan(store, "2026", "试验")
    save_moves(store, "试验", 1, {"B02": A2, "G2": V2})
    save_moves(store, "2026", 1, {"B09": A3, "G2": V2})
    assert merge_branch(store, "试验", "2026", 2) == Saved(3, 1)
    assert {u: content(store, "2026")[u] for u in ("B02", "G2", "B09")} == {"B02": A2, "G2": V2, "B09": A3}
    last = list_versions(store, "2026")[-1]
    assert (last.kind, last.source_plan_id, last.source_version) == ("merge", find_plan(store, "试验").id, 2)
    assert merge_branch(store, "试验", "2026", 3) == Saved(3, 0)


def test_a_merge_over_what_others_saved_meanwhile(store: Store, stored: PlanEntry) -> None:
    branch_plan(store, "2026", "试验")
    save_moves(store, "试验", 1, {"B02": A2})
    save_moves(store, "2026", 1, {"B09": A3})
    assert merge_branch(store, "试验", "2026", 1) == Saved(3, 1, (2,))


def test_what_both_changed_is_chosen(make_store: Callable[..., Store], stored: PlanEntry) -> None:
    store = make_store("王芳")
    branch_plan(store, "2026", "试验")
    save_moves(store, "试验", 1, {"B02": A2, "B03": A1})
    save_moves(make_store("李明"), "2026", 1, {"B02": A3})
    with pytest.raises(Conflict, match=f"unit B02: you to {A2}, {A3} by 李明 in version 2") as caught:
        merge_branch(store, "试验", "2026", 2)
    assert len(caught.value.clashes) == 1
    assert find_plan(store, "2026").version == 2
    with pytest.raises(InvalidInput, match="not such: B03"):
        merge_branch(store, "试验", "2026", 2, choices={"B02": A2, "B03": A1})
    with pytest.raises(InvalidInput, match="neither plan has a grid none"):
        merge_branch(store, "试验", "2026", 2, choices={"B02": "none"})
    assert merge_branch(store, "试验", "2026", 2, choices={"B02": A4}) == Saved(3, 2)
    assert (content(store, "2026")["B02"], content(store, "2026")["B03"]) == (A4, A1)


def test_the_second_merge_begins_at_the_first(store: Store, stored: PlanEntry) -> None:
    branch_plan(store, "2026", "试验")
    save_moves(store, "试验", 1, {"B02": A2})
    merge_branch(store, "试验", "2026", 1)
    save_moves(store, "2026", 2, {"B02": A3})  # the plan goes on with what was merged
    save_moves(store, "试验", 2, {"G2": V2})
    assert merge_branch(store, "试验", "2026", 3) == Saved(4, 1)
    assert content(store, "2026")["B02"] == A3


def test_the_branch_follows_the_plan_and_comes_back(store: Store, stored: PlanEntry) -> None:
    branch_plan(store, "2026", "试验")
    save_moves(store, "试验", 1, {"B02": A2})
    save_moves(store, "2026", 1, {"G2": V2})
    assert merge_branch(store, "2026", "试验", 2) == Saved(3, 1)
    assert content(store, "试验")["G2"] == V2
    assert merge_branch(store, "试验", "2026", 2) == Saved(3, 1)
    assert content(store, "2026") == content(store, "试验")


def test_a_merge_that_was_undone_can_be_done_again(store: Store, stored: PlanEntry) -> None:
    branch_plan(store, "2026", "试验")
    save_moves(store, "试验", 1, {"B02": A2})
    merge_branch(store, "试验", "2026", 1)
    undo(store, "2026", 2)
    assert merge_branch(store, "试验", "2026", 3) == Saved(4, 1)
    restore_version(store, "2026", 4, 1)  # a restore is a change of the plan's own: it stays
    assert merge_branch(store, "试验", "2026", 5) == Saved(5, 0)


def test_codes_that_cannot_be_merged(make_store: Callable[..., Store], stored: PlanEntry) -> None:
    store, other = make_store("王芳"), make_store("李明")
    new = "310116113001005"
    branch_plan(store, "2026", "试验")
    save_moves(store, "试验", 1, {"B00": new})
    save_moves(other, "2026", 1, {"B11": new})
    with pytest.raises(Conflict, match=f"a grid {new} was founded by 李明 in version 2"):
        merge_branch(store, "试验", "2026", 2)
    branch_plan(store, "2026", "试验2")
    save_moves(store, "试验2", 1, {"B05": A4})
    save_moves(other, "2026", 2, {"B09": A3, "B10": A3, "B11": A3})
    with pytest.raises(Conflict, match=f"grid {A4} lost all its units by 李明"):
        merge_branch(store, "试验2", "2026", 3)


def test_locked_grids_are_not_merged_over(store: Store, stored: PlanEntry) -> None:
    branch_plan(store, "2026", "试验")
    save_moves(store, "试验", 1, {"B02": A2})
    save_moves(store, "2026", 1, {}, locked=[A1])
    with pytest.raises(InvalidPlan, match=f"locked grids do not change: {A1}"):
        merge_branch(store, "试验", "2026", 2)


def test_only_branches_are_merged(store: Store, town: Town, plan: Plan, rules: Rules, stored: PlanEntry) -> None:
    save_plan(store, "别的", town, plan, rules)
    with pytest.raises(InvalidInput, match="plan 别的 is no branch of 2026"):
        merge_branch(store, "别的", "2026", 1)


def test_a_merge_repeated_is_one(store: Store, stored: PlanEntry) -> None:
    branch_plan(store, "2026", "试验")
    save_moves(store, "试验", 1, {"B02": A2})
    op = uuid4()
    assert merge_branch(store, "试验", "2026", 1, op_id=op) == Saved(2, 1)
    assert merge_branch(store, "试验", "2026", 1, op_id=op) == Saved(2, 1, is_repeat=True)


def test_a_branch_of_an_old_plan_gets_new_codes_for_retired_ones(
    store: Store, town: Town, plan: Plan, rules: Rules
) -> None:
    excepted = tuple(
        GridException(c, rule, "dead_zone", Text("例外", "excepted"))
        for c in plan.codes
        for rule in ("R4", "R5", "R10")
    )
    save_plan(store, "2025", town, replace(plan, exceptions=excepted, locked=frozenset({A4})), rules)
    judge_stored(store, "2025")
    approve_plan(store, "2025")
    put_in_force(store, "2025", date(2025, 1, 1))
    branch_plan(store, "2025", "2026")
    save_moves(store, "2026", 1, {"B09": A3, "B10": A3, "B11": A3}, locked=[])
    judge_stored(store, "2026")
    approve_plan(store, "2026")
    assert put_in_force(store, "2026", date(2026, 1, 1)).retired == (A4,)
    made = branch_plan(store, "2025", "旧")
    assert made.new_codes == {A4: "310116113001005"}
    back = load_plan(store, "旧")
    assert back.plan.locked == {"310116113001005"}
    assert {e.grid for e in back.plan.exceptions} == {*plan.codes, "310116113001005"} - {A4}
    assert content(store, "旧")["B11"] == "310116113001005"
    assert {(r.old_code, r.new_code) for r in back.lineage.itertuples()} >= {(A4, "310116113001005"), (A1, A1)}
    assert load_plan(store, "2025").plan.fingerprint == plan.fingerprint


UNIT = st.sampled_from(["G0", "G2", "B00", "B02", "B03", "B05"])
MOVES = st.dictionaries(UNIT, st.sampled_from([V1, V2, A1, A2, A3]), max_size=3)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mine=MOVES, theirs=MOVES)
def test_any_merge_is_the_three_way_table(
    store: Store, town: Town, plan: Plan, rules: Rules, mine: dict[str, str], theirs: dict[str, str]
) -> None:
    name, branch = uuid4().hex, uuid4().hex
    save_plan(store, name, town, plan, rules)
    branch_plan(store, name, branch)
    before = content(store, name)
    save_moves(store, branch, 1, mine)
    save_moves(store, name, 1, theirs)
    ours, there = content(store, name), content(store, branch)
    clashing = {u for u in before if before[u] not in (ours[u], there[u]) and ours[u] != there[u]}
    base = find_plan(store, name).version
    if clashing:
        with pytest.raises(Conflict) as caught:
            merge_branch(store, branch, name, base)
        assert {c.unit for c in caught.value.clashes if c.unit} == clashing  # type: ignore[attr-defined]
        assert content(store, name) == ours
    else:
        merge_branch(store, branch, name, base)
        expected = {u: there[u] if ours[u] == before[u] else ours[u] for u in before}
        assert content(store, name) == expected
