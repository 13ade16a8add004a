"""Saving: a version more, over what does not touch it, or a conflict that names everything; never a loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.errors import Conflict, GridmapError, InvalidInput, InvalidPlan, InvalidUnits, NotStored, StoreError
from gridmap.model.plan import GridException, Plan
from gridmap.model.rules import Rules
from gridmap.model.text import Text
from gridmap.model.town import Town
from gridmap.storage.branch import branch_plan
from gridmap.storage.clash import Clash
from gridmap.storage.connect import Store
from gridmap.storage.entries import PlanEntry, find_plan, list_plans, list_versions
from gridmap.storage.history import redo, restore_version, undo
from gridmap.storage.plans import load_plan, save_plan
from gridmap.storage.save import Saved, save_moves

V1, V2 = "310116113202001", "310116113202002"
A1, A2, A3, A4 = (f"31011611300100{i}" for i in range(1, 5))
MakeStore = Callable[..., Store]


def grid_of(store: Store, unit: str, version: int | None = None) -> str:
    plan = load_plan(store, "2026", version).plan
    return str(plan.code_of_unit()[plan.units.ids.index(unit)])


def assert_log_is_kept(store: Store) -> None:
    """The assignment is the fold of the change log, in every plan; grids are active where they have units."""
    with store.read() as connection:
        fold = connection.execute(
            sa.text(
                "SELECT plan_id, unit_id, to_grid FROM (SELECT DISTINCT ON (plan_id, unit_id) plan_id, unit_id, to_grid"
                " FROM gridmap.change ORDER BY plan_id, unit_id, version DESC) f WHERE to_grid IS NOT NULL"
                " ORDER BY 1, 2"
            )
        ).all()
        held = connection.execute(
            sa.text("SELECT plan_id, unit_id, grid_code FROM gridmap.assignment ORDER BY 1, 2")
        ).all()
        broken = connection.execute(
            sa.text(
                "SELECT c.plan_id, c.unit_id, c.version FROM (SELECT plan_id, unit_id, version, from_grid,"
                " lag(to_grid) OVER (PARTITION BY plan_id, unit_id ORDER BY version) AS before FROM gridmap.change) c"
                " WHERE c.from_grid IS DISTINCT FROM c.before"
            )
        ).all()
        active = connection.execute(
            sa.text("SELECT plan_id, code FROM gridmap.grid WHERE status = 'active' ORDER BY 1, 2")
        ).all()
    assert [tuple(r) for r in fold] == [tuple(r) for r in held]
    assert broken == []
    assert [tuple(r) for r in active] == sorted({(r.plan_id, r.grid_code) for r in held})


def test_a_plan_comes_back_the_same(store: Store, town: Town, plan: Plan, rules: Rules) -> None:
    reason = GridException(V1, "R4", "isolated", Text("孤立", "isolated"))
    given_ = replace(plan, exceptions=(reason,), locked=frozenset({A4}))
    entry = save_plan(store, "2026", town, given_, rules, bridge_m=25.0, meta={"seed": 7, "params": {"a": [1, None]}})
    back = load_plan(store, "2026")
    assert back.plan.fingerprint == plan.fingerprint
    assert (back.plan.exceptions, back.plan.locked) == ((reason,), frozenset({A4}))
    assert back.rules.text == rules.text
    assert (back.entry, back.version) == (entry, 1)
    assert back.meta == {"seed": 7, "params": {"a": [1, None]}}
    assert (entry.state, entry.town, entry.bridge_m) == ("draft", "山阳镇", 25.0)


def test_units_without_a_grid(store: Store, town: Town, plan: Plan, rules: Rules) -> None:
    labels = plan.grid_of.copy()
    labels[0] = -1
    save_plan(store, "2026", town, replace(plan, grid_of=labels), rules)
    assert load_plan(store, "2026").plan.grid_of[0] == -1
    assert save_moves(store, "2026", 1, {"G0": V1, "B00": ""}).n_moves == 2
    assert grid_of(store, "G0") == V1
    assert grid_of(store, "B00") == ""
    assert grid_of(store, "G0", 1) == ""
    assert_log_is_kept(store)


def test_lineage_comes_back(store: Store, town: Town, plan: Plan, rules: Rules) -> None:
    lineage = pd.DataFrame({"old_code": ["x", ""], "new_code": [V1, V2], "kind": ["unchanged", "new"], "households": 1})
    save_plan(store, "2026", town, plan, rules, lineage=lineage, retired=["x"])
    back = load_plan(store, "2026").lineage
    assert back.sort_values("new_code")["kind"].tolist() == ["unchanged", "new"]


def test_names_of_plans(store: Store, town: Town, plan: Plan, rules: Rules, stored: PlanEntry) -> None:
    with pytest.raises(InvalidInput, match="has a plan 2026 already"):
        save_plan(store, "2026", town, plan, rules)
    with pytest.raises(InvalidInput, match="needs a name"):
        save_plan(store, " ", town, plan, rules)
    save_plan(store, "2026", replace(town, name="另一镇"), plan, rules)
    with pytest.raises(InvalidInput, match="say which: 另一镇/2026, 山阳镇/2026"):
        find_plan(store, "2026")
    assert find_plan(store, "山阳镇/2026") == find_plan(store, f"#{stored.id}") == find_plan(store, stored.id) == stored
    assert [e.town for e in list_plans(store)] == ["另一镇", "山阳镇"]
    with pytest.raises(NotStored, match="no such plan: 2027; stored are 2026, 2026"):
        find_plan(store, "2027")


def test_the_same_import_twice_is_one_plan(store: Store, town: Town, plan: Plan, rules: Rules) -> None:
    op = uuid4()
    first = save_plan(store, "2026", town, plan, rules, op_id=op)
    assert save_plan(store, "2026", town, plan, rules, op_id=op) == first
    assert len(list_plans(store)) == 1


def test_a_plan_of_other_units_is_refused(store: Store, town: Town, plan: Plan, rules: Rules) -> None:
    mask = np.arange(len(town.units)) > 0
    with pytest.raises(InvalidInput, match="plan of the town's units"):
        save_plan(store, "2026", replace(town, units=town.units.subset(mask)), plan, rules)


def test_a_save_is_a_version_with_its_author(make_store: MakeStore, stored: PlanEntry) -> None:
    store = make_store("李明", "QGIS")
    assert save_moves(store, "2026", 1, {"G2": V2}, message="靠河") == Saved(2, 1)
    last = list_versions(store, "2026")[-1]
    assert (last.kind, last.actor, last.client, last.message, last.n_moves) == ("save", "李明", "QGIS", "靠河", 1)
    assert (grid_of(store, "G2"), grid_of(store, "G2", 1)) == (V2, V1)
    assert_log_is_kept(store)


def test_disjoint_moves_are_put_over_each_other(make_store: MakeStore, stored: PlanEntry) -> None:
    mine, theirs = make_store("王芳"), make_store("李明")
    save_moves(theirs, "2026", 1, {"G2": V2})
    assert save_moves(mine, "2026", 1, {"B02": A2}) == Saved(3, 1, (2,))
    assert (grid_of(mine, "G2"), grid_of(mine, "B02")) == (V2, A2)
    assert_log_is_kept(mine)


def test_one_unit_to_two_grids_is_a_conflict(make_store: MakeStore, stored: PlanEntry) -> None:
    mine, theirs = make_store("王芳"), make_store("李明", "QGIS")
    save_moves(theirs, "2026", 1, {"B02": A2, "B03": A1})
    with pytest.raises(Conflict) as caught:
        save_moves(mine, "2026", 1, {"B02": A3, "B09": A3})
    (clash,) = caught.value.clashes
    assert isinstance(clash, Clash)
    assert (clash.unit, clash.mine, clash.theirs, clash.actor, clash.client, clash.version, clash.reason) == (
        *("B02", A3, A2, "李明", "QGIS", 2, "unit"),
    )
    assert f"unit B02: you to {A3}, {A2} by 李明 in version 2" in str(caught.value)
    assert "单元 B02" in caught.value.zh
    assert find_plan(mine, "2026").version == 2
    assert grid_of(mine, "B09") == A4
    assert_log_is_kept(mine)


def test_one_unit_to_one_grid_twice_is_none(make_store: MakeStore, stored: PlanEntry) -> None:
    mine, theirs = make_store("王芳"), make_store("李明")
    save_moves(theirs, "2026", 1, {"B02": A2})
    assert save_moves(mine, "2026", 1, {"B02": A2}) == Saved(2, 0, (2,))
    assert save_moves(mine, "2026", 1, {"B02": A2, "B09": A3}) == Saved(3, 1, (2,))


def test_what_was_no_move_on_the_base_takes_nothing_back(make_store: MakeStore, stored: PlanEntry) -> None:
    mine, theirs = make_store("王芳"), make_store("李明")
    save_moves(theirs, "2026", 1, {"B02": A2})
    assert save_moves(mine, "2026", 1, {"B02": A1, "B09": A3}) == Saved(3, 1, (2,))
    assert grid_of(mine, "B02") == A2


def test_there_and_back_is_no_conflict(make_store: MakeStore, stored: PlanEntry) -> None:
    mine, theirs = make_store("王芳"), make_store("李明")
    save_moves(theirs, "2026", 1, {"B02": A2})
    save_moves(theirs, "2026", 2, {"B02": A1})
    assert save_moves(mine, "2026", 1, {"B02": A3}) == Saved(4, 1, (2, 3))


def test_two_people_found_a_grid_of_one_code(make_store: MakeStore, stored: PlanEntry) -> None:
    mine, theirs = make_store("王芳"), make_store("李明")
    new = "310116113001005"
    save_moves(theirs, "2026", 1, {"B00": new})
    with pytest.raises(Conflict, match=f"a grid {new} was founded by 李明"):
        save_moves(mine, "2026", 1, {"B11": new})


def test_a_grid_that_was_dissolved_meanwhile(make_store: MakeStore, stored: PlanEntry) -> None:
    mine, theirs = make_store("王芳"), make_store("李明")
    save_moves(theirs, "2026", 1, {"B09": A3, "B10": A3, "B11": A3})
    with pytest.raises(Conflict, match=f"grid {A4} lost all its units by 李明"):
        save_moves(mine, "2026", 1, {"B05": A4})
    assert A4 not in load_plan(mine, "2026").plan.codes
    assert save_moves(mine, "2026", 2, {"B05": A4}) == Saved(3, 1)


def test_locks(make_store: MakeStore, stored: PlanEntry) -> None:
    mine, theirs = make_store("王芳"), make_store("李明")
    assert save_moves(theirs, "2026", 1, {}, locked=[A4]) == Saved(2, 0)
    for move in ({"B09": A3}, {"B00": A4}):
        with pytest.raises(InvalidPlan, match=f"locked grids do not change: {A4}"):
            save_moves(theirs, "2026", 2, move)
        with pytest.raises(Conflict, match=f"grid {A4} was locked by 李明 in version 2"):
            save_moves(mine, "2026", 1, move)
    assert save_moves(mine, "2026", 1, {"B00": A2}, locked=[A1]) == Saved(3, 1, (2,))
    assert load_plan(mine, "2026").plan.locked == {A1, A4}
    assert save_moves(mine, "2026", 3, {"B09": A3}, locked=[A1]) == Saved(4, 1)
    assert load_plan(mine, "2026").plan.locked == {A1}


def test_a_repeat_is_harmless(store: Store, stored: PlanEntry) -> None:
    op = uuid4()
    first = save_moves(store, "2026", 1, {"G2": V2}, op_id=op)
    save_moves(store, "2026", 2, {"G2": V1})
    again = replace(first, is_repeat=True)
    assert save_moves(store, "2026", 1, {"G2": V2}, op_id=op) == again
    assert save_moves(store, "2026", 3, {"G2": V2}, op_id=op) == again
    assert grid_of(store, "G2") == V1
    branch_plan(store, "2026", "分支")
    with pytest.raises(InvalidInput, match="was saved on another plan"):
        save_moves(store, "分支", 1, {"G2": V2}, op_id=op)
    assert find_plan(store, "分支").version == 1


def test_nothing_to_save_is_no_version(store: Store, stored: PlanEntry) -> None:
    assert save_moves(store, "2026", 1, {"G2": V1}) == Saved(1, 0)
    assert save_moves(store, "2026", 1, {}) == Saved(1, 0)
    assert find_plan(store, "2026").version == 1


@pytest.mark.parametrize(
    ("base", "moves", "kind", "words"),
    [
        (1, {"X": V1}, InvalidUnits, "plan 2026 has no unit X"),
        (2, {"G0": V2}, NotStored, "has no version 2; it has 1 to 1"),
        (0, {"G0": V2}, NotStored, "has no version 0"),
    ],
)
def test_bad_moves(store: Store, stored: PlanEntry, base: int, moves: dict[str, str], kind: type, words: str) -> None:
    with pytest.raises(kind, match=words):
        save_moves(store, "2026", base, moves)
    assert find_plan(store, "2026") == stored


def test_undo_and_redo_over_the_whole_history(make_store: MakeStore, stored: PlanEntry) -> None:
    store = make_store()
    prints = [load_plan(store, "2026").plan.fingerprint]
    for i, move in enumerate([{"G2": V2}, {"B02": A2, "B03": A1}, {"B09": A3}]):
        save_moves(store, "2026", i + 1, move, locked=[A4] if i == 0 else None) if i < 2 else None
        if i == 2:
            save_moves(store, "2026", 3, {"B05": A3})
        prints.append(load_plan(store, "2026").plan.fingerprint)
    other = make_store("李明")  # another session goes on where the first one stopped
    seen = []
    for version in (4, 5, 6):
        undo(other, "2026", version)
        seen.append(load_plan(other, "2026").plan.fingerprint)
    assert seen == prints[2::-1]
    assert load_plan(other, "2026").plan.locked == frozenset()
    with pytest.raises(InvalidPlan, match="nothing to undo"):
        undo(other, "2026", 7)
    for version in (7, 8, 9):
        redo(store, "2026", version)
    assert load_plan(store, "2026").plan.fingerprint == prints[3]
    assert load_plan(store, "2026").plan.locked == {A4}
    with pytest.raises(InvalidPlan, match="nothing to redo"):
        redo(store, "2026", 10)
    assert [v.kind for v in list_versions(store, "2026")] == ["import", *["save"] * 3, *["undo"] * 3, *["redo"] * 3]
    assert [load_plan(store, "2026", v).plan.fingerprint for v in (1, 2, 3, 4)] == prints
    assert_log_is_kept(store)


def test_a_save_ends_what_could_be_redone(store: Store, stored: PlanEntry) -> None:
    save_moves(store, "2026", 1, {"G2": V2})
    undo(store, "2026", 2)
    save_moves(store, "2026", 3, {"B02": A2})
    with pytest.raises(InvalidPlan, match="nothing to redo"):
        redo(store, "2026", 4)
    undo(store, "2026", 4)
    assert grid_of(store, "B02") == A1
    with pytest.raises(InvalidPlan, match="nothing to undo"):
        undo(store, "2026", 5)


def test_restore_is_a_version_that_can_be_undone(store: Store, stored: PlanEntry) -> None:
    save_moves(store, "2026", 1, {"G2": V2})
    save_moves(store, "2026", 2, {"B02": A2})
    assert restore_version(store, "2026", 3, 1) == Saved(4, 2)
    assert (grid_of(store, "G2"), grid_of(store, "B02")) == (V1, A1)
    undo(store, "2026", 4)
    assert (grid_of(store, "G2"), grid_of(store, "B02")) == (V2, A2)
    assert_log_is_kept(store)
    with pytest.raises(NotStored, match="no version 9"):
        restore_version(store, "2026", 5, 9)


@pytest.mark.parametrize(
    "step", [undo, redo, lambda s, p, b: restore_version(s, p, b, 1)], ids=["undo", "redo", "restore"]
)
def test_nobody_takes_back_what_he_has_not_seen(make_store: MakeStore, stored: PlanEntry, step: Callable) -> None:
    mine, theirs = make_store("王芳"), make_store("李明")
    save_moves(mine, "2026", 1, {"G2": V2})
    save_moves(theirs, "2026", 2, {"B02": A2})
    with pytest.raises(Conflict, match="at version 3 by now, not 2: saved meanwhile by 李明"):
        step(mine, "2026", 2)
    assert find_plan(mine, "2026").version == 3


def test_steps_through_history_are_repeated_harmlessly(store: Store, stored: PlanEntry) -> None:
    save_moves(store, "2026", 1, {"G2": V2})
    op = uuid4()
    assert undo(store, "2026", 2, op_id=op) == Saved(3, 1)
    assert undo(store, "2026", 2, op_id=op) == Saved(3, 1, is_repeat=True)
    assert undo(store, "2026", 3, op_id=op) == Saved(3, 1, is_repeat=True)


LOG = [
    "UPDATE gridmap.change SET to_grid = 'x'",
    "DELETE FROM gridmap.change",
    "TRUNCATE gridmap.change",
    "UPDATE gridmap.version SET actor = 'x'",
    "DELETE FROM gridmap.version",
    "DELETE FROM gridmap.plan",
    "DELETE FROM gridmap.grid",
    "DELETE FROM gridmap.grid_code",
    "UPDATE gridmap.grid SET jurisdiction = '310116113001'",
    "TRUNCATE gridmap.assignment",
]


@pytest.mark.parametrize("statement", LOG)
def test_the_log_only_grows(store: Store, stored: PlanEntry, statement: str) -> None:
    with pytest.raises(StoreError, match="never changed or taken away"), store.begin() as connection:
        connection.execute(sa.text(statement))


@pytest.mark.parametrize(
    ("version", "from_grid", "words"),
    [(1, V1, "nothing was stored"), (2, V2, "changed while it was being saved")],
    ids=["another version", "another grid"],
)
def test_the_database_takes_no_change_that_does_not_fit(
    store: Store, stored: PlanEntry, version: int, from_grid: str, words: str
) -> None:
    save_moves(store, "2026", 1, {"G2": V2})
    with pytest.raises(GridmapError, match=words), store.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO gridmap.change VALUES (:p, :v, 99, 'G0', :f, :t)"),
            {"p": stored.id, "v": version, "f": from_grid, "t": A1},
        )


MOVE = st.dictionaries(
    st.sampled_from([f"G{i}" for i in range(6)] + [f"B{i:02}" for i in range(12)]),
    st.sampled_from([V1, V2, A1, A2, A3, A4, "310116113001009", ""]),
    max_size=4,
)
STEP = st.one_of(MOVE, st.sampled_from(["undo", "redo"]), st.integers(1, 5))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=8))
def test_any_history_is_its_log(store: Store, town: Town, plan: Plan, rules: Rules, steps: list[object]) -> None:
    name = uuid4().hex
    save_plan(store, name, town, plan, rules)
    seen = {1: load_plan(store, name).plan.fingerprint}
    for step in steps:
        base = find_plan(store, name).version
        try:
            if isinstance(step, dict):
                save_moves(store, name, base, step)
            elif isinstance(step, int):
                restore_version(store, name, base, step)
            else:
                (undo if step == "undo" else redo)(store, name, base)
        except (InvalidPlan, NotStored):
            assert find_plan(store, name).version == base
        now = load_plan(store, name)
        seen[now.version] = now.plan.fingerprint
    assert {v: load_plan(store, name, v).plan.fingerprint for v in seen} == seen
    assert_log_is_kept(store)


def test_exceptions_and_locks_end_with_their_grid(store: Store, town: Town, plan: Plan, rules: Rules) -> None:
    reason = GridException(A4, "R5", "dedicated", Text("例外", "excepted"))
    save_plan(store, "2026", town, replace(plan, exceptions=(reason,)), rules)
    save_moves(store, "2026", 1, {"B09": A3, "B10": A3, "B11": A3})
    save_moves(store, "2026", 2, {"G0": A4})
    assert load_plan(store, "2026").plan.exceptions == ()
    undo(store, "2026", 3)
    undo(store, "2026", 4)
    assert load_plan(store, "2026").plan.exceptions == (reason,)


@pytest.mark.parametrize(("moves", "locked"), [({"G0": " \n"}, None), ({"G0": "a b"}, None), ({}, ["nonsense"])])
def test_codes_that_are_none(store: Store, stored: PlanEntry, moves: dict[str, str], locked: list[str] | None) -> None:
    with pytest.raises(InvalidPlan, match=r"a grid code has no blanks|has no grid to lock"):
        save_moves(store, "2026", 1, moves, locked=locked)
    assert find_plan(store, "2026") == stored
