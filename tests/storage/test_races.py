"""Several processes at the same moment: everything is kept, or refused with a name; the log is never wrong."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from gridmap.check import check_plan
from gridmap.errors import Conflict, GridmapError, InvalidInput, InvalidPlan
from gridmap.measure.connect import build_graph
from gridmap.model.plan import Plan
from gridmap.model.report import Report
from gridmap.model.rules import Rules
from gridmap.model.town import Town
from gridmap.storage.branch import branch_plan
from gridmap.storage.clash import Clash
from gridmap.storage.codes import reserve_code
from gridmap.storage.connect import Store, connect
from gridmap.storage.content import content_at
from gridmap.storage.embedded.cluster import start_cluster
from gridmap.storage.entries import PlanEntry, find_plan, list_plans, list_versions
from gridmap.storage.history import restore_version, undo
from gridmap.storage.merge import merge_branch
from gridmap.storage.plans import load_plan, save_plan
from gridmap.storage.rights import ROLES, has_roles
from gridmap.storage.save import Saved, save_moves
from gridmap.storage.states import approve_plan, put_in_force
from gridmap.storage.upgrade import known_revisions, upgrade_database

VILLAGE, AREA = "310116113202", "310116113001"
V1, V2 = f"{VILLAGE}001", f"{VILLAGE}002"
A1, A2, A3, A4 = (f"{AREA}00{i}" for i in range(1, 5))
ACTORS = ("王芳", "李明")
#: Seconds that a round may take before the test gives up; a hanging lock must not hang the tests.
PATIENCE = 60
ROUNDS = 200

Task = tuple[Callable[..., object], tuple[object, ...], dict[str, object]]


def task(function: Callable[..., object], *args: object, **named: object) -> Task:
    return function, args, named


def run_tasks(actor: str, pipe: Connection, barrier: Barrier) -> None:
    """A process with a store of its own: takes a task, waits until all have one, does it, hands back what came."""
    with ExitStack() as open_stores:
        stores: dict[str, Store] = {}
        while (order := pipe.recv()) is not None:
            url, (function, args, named) = order
            if url not in stores:
                stores[url] = open_stores.enter_context(Store(connect(url), actor, "race"))
            with stores[url].read() as connection:  # the connection is made before the race, not in it
                connection.execute(sa.text("SELECT 1"))
            barrier.wait(PATIENCE)
            try:
                pipe.send(function(stores[url], *args, **named))
            except GridmapError as error:
                pipe.send(error)


class Racers:
    """As many processes as actors, which do their tasks at the same moment."""

    def __init__(self, actors: tuple[str, ...]) -> None:
        context = multiprocessing.get_context("spawn")
        self.barrier = context.Barrier(len(actors))  # held here: the processes open it by its name
        self.pipes, self.processes = [], []
        for actor in actors:
            here, there = context.Pipe()
            process = context.Process(target=run_tasks, args=(actor, there, self.barrier), daemon=True)
            process.start()
            there.close()
            self.pipes.append(here)
            self.processes.append(process)

    def race(self, where: str | Sequence[str], *tasks: Task) -> list[Any]:
        """What came of each task: its value, or the error that gridmap raised; any other error ends the process."""
        urls = [where] * len(tasks) if isinstance(where, str) else where
        for pipe, url, one in zip(self.pipes, urls, tasks, strict=True):
            pipe.send((url, one))
        for pipe in self.pipes:
            assert pipe.poll(PATIENCE), "a process does not answer"
        return [pipe.recv() for pipe in self.pipes]

    def close(self) -> None:
        for pipe, process in zip(self.pipes, self.processes, strict=True):
            if process.is_alive():
                pipe.send(None)
                process.join(PATIENCE)
            process.kill()
            process.join()
            pipe.close()


@pytest.fixture(scope="module")
def racers() -> Iterator[Racers]:
    made = Racers(ACTORS)
    yield made
    made.close()


def assert_whole(store: Store) -> None:
    """Everything that must hold of every plan, whatever happened."""
    with store.read() as connection:

        def rows(query: str) -> list[tuple[Any, ...]]:
            return [tuple(r) for r in connection.execute(sa.text(query))]

        fold = rows(
            "SELECT plan_id, unit_id, to_grid FROM (SELECT DISTINCT ON (plan_id, unit_id) plan_id, unit_id, to_grid"
            " FROM gridmap.change ORDER BY plan_id, unit_id, version DESC) f WHERE to_grid IS NOT NULL ORDER BY 1, 2"
        )
        held = rows("SELECT plan_id, unit_id, grid_code FROM gridmap.assignment ORDER BY 1, 2")
        broken = rows(
            "SELECT c.* FROM (SELECT *, lag(to_grid) OVER (PARTITION BY plan_id, unit_id ORDER BY version) AS before"
            " FROM gridmap.change) c WHERE c.from_grid IS DISTINCT FROM c.before"
        )
        active = rows("SELECT plan_id, code FROM gridmap.grid WHERE status = 'active' ORDER BY 1, 2")
        versions = rows(
            "SELECT p.id, p.version, array_agg(v.version ORDER BY v.version) FROM gridmap.plan p"
            " LEFT JOIN gridmap.version v ON v.plan_id = p.id GROUP BY p.id"
        )
        miscounted = rows(
            "SELECT v.plan_id, v.version FROM gridmap.version v WHERE v.n_moves <> (SELECT count(*)"
            " FROM gridmap.change c WHERE c.plan_id = v.plan_id AND c.version = v.version)"
        )
    assert fold == held
    assert broken == []
    assert active == sorted({(plan, code) for plan, _, code in held})
    assert [(plan, list(range(1, newest + 1))) for plan, newest, _ in versions] == [
        (p, all_) for p, _, all_ in versions
    ]
    assert miscounted == []


def waiting_for_a_lock(url: str, n: int) -> None:
    """Wait until so many sessions of the database wait for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + PATIENCE
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(query).fetchone() != (n,):
            assert time.monotonic() < deadline, f"there are not {n} sessions that wait"
            time.sleep(0.01)


def in_threads(*calls: Callable[[], object]) -> tuple[list[threading.Thread], list[Any]]:
    """Calls that run beside the test, and what comes of each once they are joined."""
    found: list[Any] = [None] * len(calls)

    def run(i: int) -> None:
        try:
            found[i] = calls[i]()
        except GridmapError as error:
            found[i] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
    for one in threads:
        one.start()
    return threads, found


# --- two people save ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_one_unit_to_two_grids_at_once(racers: Racers, database: str, store: Store, stored: PlanEntry) -> None:
    here, others = A1, [A2, A3, A4]
    wins = [0, 0]
    for base in range(1, ROUNDS + 1):
        to = (others[base % 3], others[(base + 1) % 3])
        ends = racers.race(database, *(task(save_moves, stored.id, base, {"B00": t}) for t in to))
        first = next((i for i in (0, 1) if isinstance(ends[i], Saved)), 0)
        assert ends[first] == Saved(base + 1, 1)
        lost = ends[1 - first]
        assert isinstance(lost, Conflict), lost
        (clash,) = lost.clashes
        assert isinstance(clash, Clash)
        assert clash._replace(at=None) == Clash(  # type: ignore[arg-type]
            "B00", to[1 - first], to[first], ACTORS[first], "race", None, base + 1, "unit"
        )
        assert f"unit B00: you to {to[1 - first]}, {to[first]} by {ACTORS[first]} in version {base + 1}" in str(lost)
        assert "单元 B00" in lost.zh
        assert ACTORS[first] in lost.zh
        wins[first] += 1
        here, others = to[first], [A1, A2, A3, A4]
        others.remove(here)
    history = list_versions(store, stored.id)
    assert [sum(v.actor == a for v in history[1:]) for a in ACTORS] == wins
    assert len(history) == ROUNDS + 1
    assert_whole(store)


@pytest.mark.slow
def test_two_units_at_once_are_both_saved(racers: Racers, database: str, store: Store, stored: PlanEntry) -> None:
    units, ways = ("B00", "B11"), ((A1, A2), (A4, A3))
    for i in range(ROUNDS):
        base = 1 + 2 * i
        moves = [{u: w[(i + 1) % 2]} for u, w in zip(units, ways, strict=True)]
        ends = racers.race(database, *(task(save_moves, stored.id, base, m) for m in moves))
        assert sorted(ends, key=lambda s: s.version) == [Saved(base + 1, 1), Saved(base + 2, 1, (base + 1,))]
    held = load_plan(store, stored.id)
    assert held.version == 2 * ROUNDS + 1
    assert held.plan.fingerprint == load_plan(store, stored.id, 1).plan.fingerprint  # there and back, an even number
    assert [v.n_moves for v in list_versions(store, stored.id)[1:]] == [1] * (2 * ROUNDS)
    assert_whole(store)


def test_one_unit_to_one_grid_at_once_is_no_conflict(
    racers: Racers, database: str, store: Store, stored: PlanEntry
) -> None:
    for base in range(1, 21):
        to = A2 if base % 2 else A1
        ends = racers.race(database, *[task(save_moves, stored.id, base, {"B00": to})] * 2)
        assert sorted(ends, key=lambda s: s.n_moves) == [Saved(base + 1, 0, (base + 1,)), Saved(base + 1, 1)]
    assert find_plan(store, stored.id).version == 21
    assert_whole(store)


def test_a_repeat_that_meets_its_first_try_at_work(
    make_store: Callable[..., Store], database: str, stored: PlanEntry
) -> None:
    """After a lost connection the first try may still be in the server, waiting for somebody else's transaction."""
    store, op = make_store(), uuid4()
    save_moves(store, stored.id, 1, {"B11": A3})
    with psycopg.connect(database) as holder:
        holder.execute("SELECT FROM gridmap.plan WHERE id = %s FOR UPDATE", [stored.id])
        threads, ends = in_threads(
            *[lambda: save_moves(store, stored.id, 1, {"B00": A2}, locked=[A4], op_id=op)] * 2,
        )
        waiting_for_a_lock(database, 2)
    for one in threads:
        one.join(PATIENCE)
    assert sorted(ends, key=lambda s: s.is_repeat) == [Saved(3, 1, (2,)), Saved(3, 1, is_repeat=True)]
    assert find_plan(store, stored.id).version == 3
    assert_whole(store)


# --- a save against everything else ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["undo", "restore"])
def test_a_save_against_a_step_back(racers: Racers, database: str, store: Store, stored: PlanEntry, kind: str) -> None:
    seen = set()
    for i in range(20):
        unit = "B00" if i % 2 else "B11"  # B00 is what the step takes back, B11 stands beside it
        base = save_moves(store, stored.id, find_plan(store, stored.id).version, {"B00": A2}).version
        back = task(undo, stored.id, base) if kind == "undo" else task(restore_version, stored.id, base, 1)
        step, save = racers.race(database, back, task(save_moves, stored.id, base, {unit: A3 if i % 2 else A4}))
        now = find_plan(store, stored.id).version
        if isinstance(step, Conflict):
            assert f"at version {base + 1} by now, not {base}: saved meanwhile by 李明" in str(step)
            assert now == base + bool(save.n_moves)
        elif isinstance(save, Conflict):
            assert [c[:4] for c in save.clashes] == [("B00", A3, A1, "王芳")]
            assert (step.version, now) == (base + 1, base + 1)
        else:
            assert step.version == base + 1
            assert now == base + 1 + bool(save.n_moves)
        seen.add((type(step), type(save)))
        restore_version(store, stored.id, now, 1)
        assert load_plan(store, stored.id).plan.fingerprint == load_plan(store, stored.id, 1).plan.fingerprint
    assert seen <= {(Conflict, Saved), (Saved, Conflict), (Saved, Saved)}
    assert_whole(store)


def test_a_save_against_a_merge(racers: Racers, database: str, store: Store, stored: PlanEntry) -> None:
    for i in range(20):
        base = find_plan(store, stored.id).version
        name = f"分支{i}"
        branch = branch_plan(store, stored.id, name).entry
        save_moves(store, branch.id, 1, {"B00": A2, "B11": A3})
        unit = "B00" if i % 2 else "B05"
        merge, save = racers.race(
            database,
            task(merge_branch, branch.id, stored.id, base),
            task(save_moves, stored.id, base, {unit: A4}),
        )
        if isinstance(merge, Conflict):
            assert [c[:4] for c in merge.clashes] == [("B00", A2, A4, "李明")]
            assert isinstance(save, Saved)
            n_saved = 1
        elif isinstance(save, Conflict):
            assert [c[:4] for c in save.clashes] == [("B00", A4, A2, "王芳")]
            n_saved = 1
        else:
            assert sorted([merge.version, save.version]) == [base + 1, base + 2]
            assert (merge.n_moves, save.n_moves) == (2, 1)
            n_saved = 2
        assert find_plan(store, stored.id).version == base + n_saved
        restore_version(store, stored.id, base + n_saved, 1)
    assert_whole(store)


def judge(town: Town, plan: Plan, rules: Rules) -> Report:
    return check_plan(plan, rules, graph=build_graph(town.units, town.barriers), premises=town.premises)


def approve_and_put_in_force(store: Store, plan: int, since: date) -> object:
    approve_plan(store, plan)
    return put_in_force(store, plan, since)


def test_a_save_against_coming_into_force(
    racers: Racers, database: str, store: Store, town: Town, plan: Plan, rules: Rules
) -> None:
    report = judge(town, plan, rules)
    since = date(2026, 1, 1)
    for i in range(24):
        entry = save_plan(store, f"方案{i}", town, plan, rules, report=report)
        since += timedelta(days=1)
        save = task(save_moves, entry.id, 1, {"B00": A2})
        if i % 2:
            approve_plan(store, entry.id)
            decree, saved = racers.race(database, task(put_in_force, entry.id, since), save)
        else:
            decree, saved = racers.race(database, task(approve_and_put_in_force, entry.id, since), save)
        now = find_plan(store, entry.id)
        if isinstance(saved, Saved):
            assert saved == Saved(2, 1)
            assert isinstance(decree, InvalidPlan), decree
            assert "is draft; only one that is checked can be approved" in str(decree)
            assert (now.state, now.version, now.since) == ("draft", 2, None)
        else:
            assert isinstance(saved, InvalidPlan), saved
            assert "does not change any more" in str(saved)
            assert (now.state, now.version, now.since) == ("in_force", 1, since), decree
    in_force = [e for e in list_plans(store) if e.state == "in_force"]
    assert len(in_force) == 1
    assert_whole(store)


def test_two_plans_come_into_force_at_once(
    racers: Racers, database: str, store: Store, town: Town, plan: Plan, rules: Rules
) -> None:
    report = judge(town, plan, rules)
    day = date(2026, 1, 1)
    for i in range(10):
        plans = [save_plan(store, f"{i}{x}", town, plan, rules, report=report).id for x in "ab"]
        for one in plans:
            approve_plan(store, one)
        day += timedelta(days=10)
        later = [day, day + timedelta(days=i % 2)]
        ends = racers.race(database, *(task(put_in_force, p, d) for p, d in zip(plans, later, strict=True)))
        refused = [e for e in ends if isinstance(e, GridmapError)]
        assert all(isinstance(e, InvalidPlan) and "must begin" in str(e) for e in refused), refused
        assert len(refused) in ((0, 1) if i % 2 else (1,))
        assert [e.state for e in list_plans(store)].count("in_force") == 1
    assert_whole(store)


def test_what_is_saved_while_a_branch_is_made_is_not_in_it(
    make_store: Callable[..., Store], stored: PlanEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = make_store("王芳"), make_store("李明")

    def late(connection: sa.Connection, entry: PlanEntry, version: int) -> dict[str, str]:
        save_moves(theirs, stored.id, find_plan(theirs, stored.id).version, {"B00": A2, "B01": ""})
        return content_at(connection, entry, version)

    monkeypatch.setattr("gridmap.storage.branch.content_at", late)
    entry = branch_plan(mine, stored.id, "分支").entry
    assert (entry.source_version, find_plan(mine, stored.id).version) == (1, 2)
    assert load_plan(mine, "分支").plan.fingerprint == load_plan(mine, stored.id, 1).plan.fingerprint
    assert_whole(mine)


def test_what_is_saved_while_a_branch_is_merged_comes_with_the_next_merge(
    make_store: Callable[..., Store], stored: PlanEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = make_store("王芳"), make_store("李明")
    branch = branch_plan(mine, stored.id, "分支").entry
    save_moves(mine, branch.id, 1, {"B00": A2})

    def late(connection: sa.Connection, entry: PlanEntry, version: int) -> dict[str, str]:
        if entry.id == branch.id and version == 2 and find_plan(theirs, branch.id).version == 2:
            save_moves(theirs, branch.id, 2, {"B01": A2})
        return content_at(connection, entry, version)

    monkeypatch.setattr("gridmap.storage.merge.content_at", late)
    assert merge_branch(mine, branch.id, stored.id, 1) == Saved(2, 1)
    assert list_versions(mine, stored.id)[-1].source_version == 2
    save_moves(mine, branch.id, 3, {"B01": A1})  # taken back in the branch: so it must not be in the plan for ever
    save_moves(mine, branch.id, 4, {"B02": A2})
    assert merge_branch(mine, branch.id, stored.id, 2) == Saved(3, 1)
    assert load_plan(mine, stored.id).plan.fingerprint == load_plan(mine, branch.id).plan.fingerprint
    assert_whole(mine)


# --- two people add -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_known", [False, True], ids=["a new survey", "a survey that is there"])
def test_two_imports_of_one_name(
    racers: Racers, database: str, store: Store, town: Town, plan: Plan, rules: Rules, is_known: bool
) -> None:
    if is_known:
        save_plan(store, "别的", town, plan, rules)
    for i in range(1 if not is_known else 20):
        ends = racers.race(database, *[task(save_plan, f"2026-{i}", town, plan, rules)] * 2)
        (entry,) = [e for e in ends if isinstance(e, PlanEntry)]
        (error,) = [e for e in ends if not isinstance(e, PlanEntry)]
        assert isinstance(error, InvalidInput), error
        assert "give another name" in str(error)
        assert "请另取名称" in error.zh
        assert find_plan(store, f"2026-{i}") == entry
    with store.read() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM gridmap.unit_set")).scalar() == 1
        assert connection.execute(sa.text("SELECT count(*) FROM gridmap.town")).scalar() == 1
    assert_whole(store)


def test_two_imports_of_one_survey_share_it(
    racers: Racers, database: str, store: Store, town: Town, plan: Plan, rules: Rules
) -> None:
    one, other = racers.race(database, *(task(save_plan, name, town, plan, rules) for name in ("甲", "乙")))
    assert one.unit_set_id == other.unit_set_id
    assert [e.name for e in list_plans(store)] == ["乙", "甲"]
    assert load_plan(store, "甲").plan.fingerprint == load_plan(store, "乙").plan.fingerprint
    assert_whole(store)


def test_two_codes_reserved_at_once_are_two(racers: Racers, database: str, stored: PlanEntry) -> None:
    codes = [c for _ in range(20) for c in racers.race(database, *[task(reserve_code, stored.id, AREA)] * 2)]
    assert sorted(codes) == [f"{AREA}{i:03}" for i in range(5, 45)]


def upgraded(store: Store) -> object:
    return upgrade_database(store.engine)


def test_two_upgrades_of_an_empty_database(racers: Racers, empty_database: str) -> None:
    newest = known_revisions()[-1]
    assert sorted(racers.race(empty_database, task(upgraded), task(upgraded)), key=str) == [
        (newest, newest),
        (None, newest),
    ]


def test_two_upgrades_of_two_databases_of_one_server(racers: Racers, folder: Path) -> None:
    """Roles belong to the server: the one upgrade makes them while the other looks for them."""
    cluster, newest = start_cluster(folder, options={"shared_buffers": "32MB", "fsync": "off"}), known_revisions()[-1]
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE other TEMPLATE gridmap")
        urls = [cluster.url, cluster.url_of("other")]
        for _ in range(3):
            assert racers.race(urls, task(upgraded), task(upgraded)) == [(None, newest)] * 2
            for url in urls:
                with Store(connect(url), "王芳") as store:
                    assert has_roles(store.engine)
                    upgrade_database(store.engine, "base")
            for role in ROLES:
                for url in urls:
                    with psycopg.connect(url, autocommit=True) as one:
                        one.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
