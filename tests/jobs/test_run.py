"""The job runner: same results on one and on two processes, named errors, a clean Ctrl-C."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gridmap.errors import InvalidInput, InvalidUnits
from gridmap.jobs.run import run_areas
from gridmap.model.graph import DualGraph
from gridmap.model.rules import parse_rules

ITEMS = [(f"村{i}", float(i)) for i in range(5)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_in_the_order_of_the_items(jobs: int) -> None:
    done: list[tuple[str, float]] = []
    results = run_areas(math.sqrt, ITEMS, jobs=jobs, on_done=lambda name, value: done.append((name, value)))
    assert results == [math.sqrt(i) for i in range(5)]
    assert sorted(done) == [(f"村{i}", math.sqrt(i)) for i in range(5)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_first_failure_in_order_is_named(jobs: int) -> None:
    items = [("甲", 1.0), ("乙", -1.0), ("丙", 4.0), ("丁", -9.0)]
    with pytest.raises(RuntimeError, match="乙: ValueError: math domain error") as caught:
        run_areas(math.sqrt, items, jobs=jobs)
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("jobs", [1, 2])
def test_our_own_errors_keep_their_class(jobs: int) -> None:
    with pytest.raises(InvalidInput, match=r"^乙: rules: not valid TOML"):
        run_areas(parse_rules, [("乙", "="), ("丙", "=")], jobs=jobs)


def test_nothing_after_a_failure_is_run_here() -> None:
    seen: list[float] = []

    def note(value: float) -> None:
        seen.append(value)
        if value == 1:
            raise InvalidUnits("no")

    with pytest.raises(InvalidUnits, match="村1: no"):
        run_areas(note, ITEMS)
    assert seen == [0.0, 1.0]


def test_values_of_the_model_travel() -> None:
    graphs = [(str(n), DualGraph.from_edges(n, np.array([[0, 1]]), np.ones(1))) for n in (2, 5)]
    assert run_areas(len, graphs, jobs=7) == [2, 5]


def test_no_items_and_no_jobs() -> None:
    assert run_areas(math.sqrt, [], jobs=3) == []
    with pytest.raises(InvalidInput, match="from 1; got 0"):
        run_areas(math.sqrt, ITEMS, jobs=0)


def test_a_process_that_dies_is_explained() -> None:
    with pytest.raises(RuntimeError, match="甲: a worker process ended before its work was done"):
        run_areas(os._exit, [("甲", 3), ("乙", 3)], jobs=2)


def test_ctrl_c_ends_the_workers(tmp_path: Path) -> None:
    script = tmp_path / "long.py"
    script.write_text(
        "import os, time\n"
        "from gridmap.jobs.run import run_areas\n"
        "def work(path):\n"
        "    open(path, 'w').write(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        "if __name__ == '__main__':\n"
        f"    run_areas(work, [(n, r'{tmp_path}/' + n) for n in 'ab'], jobs=2)\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)], stderr=subprocess.PIPE, text=True, start_new_session=True)
    pids = [tmp_path / n for n in "ab"]
    deadline = time.monotonic() + 30
    while not all(p.exists() and p.read_text() for p in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = [int(p.read_text()) for p in pids]
    os.killpg(parent.pid, signal.SIGINT)  # as a terminal does: to every process of the group
    _, errors = parent.communicate(timeout=30)
    assert parent.returncode != 0
    assert errors.count("KeyboardInterrupt") == 1
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)
