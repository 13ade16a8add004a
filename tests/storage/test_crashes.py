"""Killed writers, killed servers, cut connections and full disks: what was acknowledged is there, nothing is half."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import geopandas as gpd
import numpy as np
import psycopg
import pytest
import shapely
import sqlalchemy as sa
from psycopg import sql

from gridmap.errors import Conflict, InvalidPlan, NotStored, StoreError
from gridmap.model.plan import Plan
from gridmap.model.rules import Rules
from gridmap.model.town import Town
from gridmap.model.units import Units
from gridmap.storage.connect import Store, connect
from gridmap.storage.embedded.cluster import Cluster, cluster_status, start_cluster, stop_cluster
from gridmap.storage.embedded.owner import server_owner
from gridmap.storage.entries import find_plan, list_plans
from gridmap.storage.plans import load_plan, save_plan
from gridmap.storage.save import save_moves
from gridmap.storage.upgrade import upgrade_database
from tests.storage.test_races import assert_whole

pytestmark = pytest.mark.slow

AREA = "310116113001"
SMALL = {"shared_buffers": "32MB"}
#: How long the writers write, how many they are, and how often (seconds between) a writer or the server is killed.
SECONDS, WRITERS = 120.0, 8
WRITER_LIVES, SERVER_LIVES = (3.0, 6.0), (10.0, 20.0)
#: Of so many answers a writer hears nothing, as if the connection had gone just then, and repeats the operation.
LOST_ANSWERS = 0.02
#: Seconds that a step may take before the test gives up.
PATIENCE = 60.0


def blocks(n: int, month: int) -> Town:
    """A residential area of ``n`` × ``n`` square blocks of 10 m, named B00000 …, one household each."""
    corner = 10.0 * np.stack(np.meshgrid(np.arange(n), np.arange(n)), axis=-1).reshape(-1, 2)
    shapes = shapely.box(corner[:, 0], corner[:, 1], corner[:, 0] + 10, corner[:, 1] + 10)
    units = gpd.GeoDataFrame(
        {"households": 1, "jurisdiction": AREA, "kind": "block"},
        geometry=shapes,
        index=[f"B{i:05}" for i in range(n * n)],
        crs="EPSG:4549",
    )
    areas = gpd.GeoDataFrame(
        {"name": ["海欣居民区"], "kind": ["residential_area"]},
        geometry=[shapely.box(0, 0, 10 * n, 10 * n)],
        index=[AREA],
        crs="EPSG:4549",
    )
    return Town(Units(units, areas), name="大镇", source="测试", date=f"2026-{month:02}-01", is_synthetic=True)


def in_rows(town: Town, n_grids: int) -> Plan:
    """A plan whose grids are as many equal parts of the list of units."""
    labels = np.arange(len(town.units)) * n_grids // len(town.units)
    return Plan(town.units, labels.astype(np.int32), tuple(f"{AREA}{i:03}" for i in range(1, n_grids + 1)))


# --- writers --------------------------------------------------------------------------------------------------


class Journal:
    """What a writer wanted and what it was told, each line on the disk before the next step."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("a+b", buffering=0)
        self.write({"born": os.getpid()})  # on a line of its own, even if the last life ended inside one

    def write(self, line: dict[str, Any]) -> None:
        self.file.write(b"\n" + json.dumps(line).encode() + b"\n")
        os.fsync(self.file.fileno())


def read_journal(path: Path) -> list[dict[str, Any]]:
    found = []
    for line in path.read_bytes().splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:  # the writer was killed while it wrote this line
            continue
    return [f for f in found if f]


def unanswered(lines: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The last intent, if nothing was heard of it."""
    last = next((line for line in reversed(lines) if "born" not in line and "trouble" not in line), None)
    return last if last is not None and "intent" in last else None


def write_for_ever(url: str, path: str, plan: int, seed: int) -> None:
    """Save random moves on random bases, until killed; an operation is repeated until there is an answer."""
    dice = random.Random(seed)
    pending = unanswered(read_journal(Path(path))) if Path(path).exists() else None
    journal = Journal(Path(path))
    with Store(connect(url), f"writer {Path(path).stem}", "crash test") as store:
        while True:
            try:
                if pending is None:
                    now = find_plan(store, plan).version
                    units = dice.sample(range(400), dice.randint(1, 4))
                    moves = {f"B{u:05}": f"{AREA}{dice.randint(1, 10):03}" for u in units}
                    base = max(1, now - dice.choice((0, 0, 0, 1, 2, 5)))
                    pending = {"intent": str(uuid4()), "base": base, "moves": moves}
                    journal.write(pending)
                saved = save_moves(store, plan, pending["base"], pending["moves"], op_id=UUID(pending["intent"]))
                if dice.random() < LOST_ANSWERS:
                    continue
                answer = {"version": saved.version, "n_moves": saved.n_moves, "is_repeat": saved.is_repeat}
                journal.write({"saved": pending["intent"], **answer})
                pending = None
            except (Conflict, InvalidPlan, NotStored) as error:
                assert pending is not None
                journal.write({"refused": pending["intent"], "kind": type(error).__name__, "why": str(error)})
                pending = None
            except StoreError as error:
                journal.write({"trouble": str(error)})
                time.sleep(0.1)


class Writers:
    """Processes that write, each with its journal."""

    def __init__(self, url: str, folder: Path, plan: int) -> None:
        self.url, self.folder, self.plan = url, folder, plan
        self.context = multiprocessing.get_context("spawn")
        self.seeds = iter(range(1_000_000))
        self.alive: list[BaseProcess] = [self._start(i) for i in range(WRITERS)]

    def path(self, i: int) -> Path:
        return self.folder / f"{i}.journal"

    def _start(self, i: int) -> BaseProcess:
        args = (self.url, str(self.path(i)), self.plan, next(self.seeds))
        process = self.context.Process(target=write_for_ever, args=args, daemon=True)
        process.start()
        return process

    def kill(self, i: int) -> None:
        assert self.alive[i].is_alive(), f"writer {i} ended by itself: an error that is none of gridmap's"
        self.alive[i].kill()
        self.alive[i].join(PATIENCE)

    def restart(self, i: int) -> None:
        self.kill(i)
        self.alive[i] = self._start(i)

    def end(self) -> None:
        for process in self.alive:
            process.kill()
        for process in self.alive:
            process.join(PATIENCE)


def kill_server(cluster: Cluster) -> None:
    """End the server and all its processes at once, as a loss of power does."""
    pid = cluster_status(cluster.folder).pid
    assert pid is not None
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    for one in (pid, *map(int, children)):
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:  # a backend that has ended meanwhile
            continue


def storm(cluster: Cluster, writers: Writers) -> Counter[str]:
    """Kill writers and the server for a while; how often each."""
    dice, kills = random.Random(20260101), Counter[str]()
    end = time.monotonic() + SECONDS
    next_writer = time.monotonic() + dice.uniform(*WRITER_LIVES)
    next_server = time.monotonic() + dice.uniform(*SERVER_LIVES)
    while time.monotonic() < end:
        if time.monotonic() > next_writer:
            writers.restart(dice.randrange(WRITERS))
            kills["writers killed"] += 1
            next_writer = time.monotonic() + dice.uniform(*WRITER_LIVES)
        if time.monotonic() > next_server:
            kill_server(cluster)
            start_cluster(cluster.folder, options=SMALL)
            kills["servers killed"] += 1
            next_server = time.monotonic() + dice.uniform(*SERVER_LIVES)
        time.sleep(0.05)
    return kills


def replayed(store: Store, plan: int) -> tuple[dict[str, int], list[dict[str, str]], list[dict[str, str]]]:
    """From the log alone: operation → its version; what each version moved; what each version held."""
    with store.read() as connection:
        ops = connection.execute(
            sa.text("SELECT op_id::text, version FROM gridmap.version WHERE plan_id = :p ORDER BY version"), {"p": plan}
        ).all()
        changes = connection.execute(
            sa.text("SELECT version, unit_id, to_grid FROM gridmap.change WHERE plan_id = :p"), {"p": plan}
        ).all()
    moved: list[dict[str, str]] = [{} for _ in range(len(ops) + 1)]
    for c in changes:
        moved[c.version][c.unit_id] = c.to_grid or ""
    held: list[dict[str, str]] = [{}]
    for one in moved[1:]:
        held.append({**held[-1], **one})
    return {o.op_id: o.version for o in ops}, moved, held


def check_answers(lines: list[dict[str, Any]], store: Store, plan: int) -> Counter[str]:
    """Compare what the writers were told with what the database holds; what there was, counted."""
    versions, moved, held = replayed(store, plan)
    intents = {line["intent"]: line for line in lines if "intent" in line}
    saved = [line for line in lines if "saved" in line]
    refused = [line for line in lines if "refused" in line]
    for line in saved:
        intent, v = intents[line["saved"]], line["version"]
        before, base = held[v - 1] if line["n_moves"] else held[v], held[intent["base"]]
        real = {u: to for u, to in intent["moves"].items() if to not in (before[u], base[u])}
        assert len(real) == line["n_moves"], line
        assert versions.get(line["saved"]) == (v if real else None), line
        assert not real or moved[v] == real, line
    for line in refused:
        assert line["refused"] not in versions, line
    answers = Counter(line.get("saved") or line.get("refused") for line in [*saved, *refused])
    assert set(answers.values()) == {1}
    strangers = set(versions) - set(intents)
    assert {versions[op] for op in strangers} == {1}  # the import alone is no writer's
    unheard = set(versions) - strangers - set(answers)  # saved, and the writer was killed before it could note it
    for op in unheard:
        assert moved[versions[op]].items() <= intents[op]["moves"].items()
    assert_whole(store)
    entry, here = find_plan(store, plan), load_plan(store, plan).plan
    assert (entry.state, entry.version) == ("draft", len(versions))
    assert dict(zip(here.units.ids, here.code_of_unit().tolist(), strict=True)) == held[-1]
    troubles = Counter(line["trouble"].partition(" (")[0] for line in lines if "trouble" in line)
    assert set(troubles) <= {"the database cannot be reached", "the connection to the database was lost"}, troubles
    return Counter(
        {
            "versions": len(versions),
            "saves acknowledged": len(saved),
            "of these repeats": sum(line["is_repeat"] for line in saved),
            "nothing to save": sum(not line["n_moves"] for line in saved),
            "saved, never heard": len(unheard),
        }
        | Counter(line["kind"] for line in refused)
        | troubles
    )


def test_what_was_acknowledged_is_there(
    folder: Path, open_folder: Callable[[], Path], rules: Rules, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = start_cluster(folder, options=SMALL)
    with Store(connect(cluster.url), "王芳", "test") as store:
        with store.read() as connection:
            durable = [connection.execute(sa.text(f"SHOW {n}")).scalar() for n in ("fsync", "synchronous_commit")]
        assert durable == ["on", "on"]
        upgrade_database(store.engine)
        town = blocks(20, 1)
        plan = save_plan(store, "2026", town, in_rows(town, 10), rules).id
    writers = Writers(cluster.url, open_folder(), plan)
    try:
        kills = storm(cluster, writers)
        for i in range(WRITERS):
            writers.kill(i)
    finally:
        writers.end()
    stop_cluster(folder)
    start_cluster(folder, options=SMALL)
    lines = [line for i in range(WRITERS) for line in read_journal(writers.path(i))]
    with Store(connect(cluster.url), "王芳", "test") as store:
        counts = check_answers(lines, store, plan)
    with capsys.disabled():
        sys.stdout.write(f"\n{json.dumps(kills | counts)}\n")
    assert counts["saves acknowledged"] > SECONDS
    assert counts["of these repeats"] > 0
    assert kills["servers killed"] >= SECONDS // SERVER_LIVES[1] - 1


# --- an import that is cut off --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def large() -> Town:
    return blocks(245, 2)


def counts_of(store: Store) -> dict[str, int]:
    """Rows of every table of gridmap."""
    with store.read() as connection:
        tables = sa.inspect(connection).get_table_names("gridmap")
        return {t: connection.execute(sa.text(f"SELECT count(*) FROM gridmap.{t}")).scalar_one() for t in tables}


def cut_off(url: str, table: str, stop: threading.Event) -> None:
    """End the session that is copying into a table, once some rows are over."""
    query = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_progress_copy"
        " WHERE datname = current_database() AND relid = %s::regclass AND tuples_processed > 0"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        while not stop.is_set():
            if connection.execute(query, [f"gridmap.{table}"]).fetchone() is not None:
                return
            time.sleep(0.002)


def test_an_import_whose_connection_is_cut(database: str, store: Store, large: Town, rules: Rules) -> None:
    plan, before = in_rows(large, 200), counts_of(store)
    stop = threading.Event()
    cutter = threading.Thread(target=cut_off, args=(database, "unit", stop))
    cutter.start()
    try:
        with pytest.raises(StoreError, match="the connection to the database was lost") as caught:
            save_plan(store, "2026", large, plan, rules)
    finally:
        stop.set()
        cutter.join(PATIENCE)
    assert "repeating the same step is harmless" in str(caught.value)
    assert "与数据库的连接中断" in caught.value.zh
    assert "没有留下存了一半的数据" in caught.value.zh
    assert counts_of(store) == before
    assert list_plans(store) == []
    save_plan(store, "2026", large, plan, rules)
    assert load_plan(store, "2026").plan.fingerprint == plan.fingerprint
    assert_whole(store)


# --- a full disk ----------------------------------------------------------------------------------------------


def mount(folder: Path, *options: str) -> None:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"this machine does not let a small disk be mounted: {done.stderr.strip()}")


@pytest.fixture
def small_disk(folder: Path, open_folder: Callable[[], Path]) -> Iterator[Path]:
    """A disk of a few megabytes for the tables of the cluster in ``folder``; it goes whatever happens."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    place, owner = open_folder(), server_owner()
    mount(place, "size=32m", f"uid={owner.uid}", f"gid={owner.gid}", "mode=700")
    try:
        yield place
    finally:
        stop_cluster(folder)
        subprocess.run(["umount", place], check=True)


def test_an_import_onto_a_full_disk(
    folder: Path, small_disk: Path, town: Town, plan: Plan, large: Town, rules: Rules
) -> None:
    """The tables run full first: they lie on the small disk, the write-ahead log does not."""
    cluster = start_cluster(folder, options=SMALL)
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(str(small_disk)))
        connection.execute("CREATE DATABASE small TEMPLATE gridmap TABLESPACE small")
    with Store(connect(cluster.url_of("small")), "王芳", "test") as store:
        upgrade_database(store.engine)
        save_plan(store, "小镇", town, plan, rules)
        save_moves(store, "小镇", 1, {"B00": f"{AREA}002"})
        before, was = counts_of(store), load_plan(store, "小镇")
        with psycopg.connect(cluster.url, autocommit=True) as connection:
            # a database made from a template has holes in its files, for which a full disk has no room later
            connection.execute("CHECKPOINT")
        for _ in range(2):
            with pytest.raises(StoreError, match="the disk of the database is full; nothing was stored") as caught:
                save_plan(store, "大镇", large, in_rows(large, 200), rules)
            assert caught.value.zh == "数据库所在磁盘已满；未作任何保存，请腾出空间后重试。"
            assert counts_of(store) == before
            assert load_plan(store, "小镇").plan.fingerprint == was.plan.fingerprint
        pid = cluster_status(folder).pid
        mount(small_disk, "remount", "size=256m")
        save_plan(store, "大镇", large, in_rows(large, 200), rules)
        save_moves(store, "小镇", 2, {"B00": f"{AREA}001"})
        assert cluster_status(folder).pid == pid  # the server went on through all of it
        assert_whole(store)
    stop_cluster(folder)
    start_cluster(folder, options=SMALL)
    with Store(connect(cluster.url_of("small")), "王芳", "test") as store:
        assert load_plan(store, "小镇", 2).plan.fingerprint == was.plan.fingerprint
        assert len(load_plan(store, "大镇").plan.units) == 245**2
