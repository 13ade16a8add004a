"""The cover against every possible choice, and each way a search can end."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gridmap.partition import cover as cover_module
from gridmap.partition.candidates import Candidates
from gridmap.partition.cover import solve_cover


def sets(*members: tuple[int, ...]) -> Candidates:
    return Candidates.from_sets([np.array(m, dtype=np.int64) for m in members])


def every_cover(n: int, candidates: Candidates, n_chosen: int | None) -> list[tuple[int, ...]]:
    masks = [sum(1 << u for u in candidates.units_of(j).tolist()) for j in range(len(candidates))]
    found: list[tuple[int, ...]] = []

    def extend(covered: int, chosen: tuple[int, ...]) -> None:
        if covered == (1 << n) - 1:
            if n_chosen is None or len(chosen) == n_chosen:
                found.append(tuple(sorted(chosen)))
            return
        first = next(u for u in range(n) if not covered >> u & 1)
        for j, mask in enumerate(masks):
            if mask >> first & 1 and not mask & covered:
                extend(covered | mask, (*chosen, j))

    extend(0, ())
    return found


@st.composite
def programmes(draw: st.DrawFn) -> tuple[int, Candidates, NDArray[np.float64], int | None]:
    n = draw(st.integers(1, 7))
    pool = [c for size in (1, 2, 3) for c in combinations(range(n), size)]
    chosen = draw(st.lists(st.sampled_from(pool), unique=True, min_size=1, max_size=16))
    t = draw(st.integers(1, 3))
    whole = draw(st.booleans())
    value = st.integers(0, 5).map(float) if whole else st.floats(0, 10, allow_subnormal=False)
    costs = draw(st.lists(st.lists(value, min_size=len(chosen), max_size=len(chosen)), min_size=t, max_size=t))
    return n, sets(*chosen), np.array(costs).round(3), draw(st.none() | st.integers(1, 4))


def assert_is_best(n: int, candidates: Candidates, tiers: NDArray[np.float64], n_chosen: int | None) -> None:
    covers = every_cover(n, candidates, n_chosen)
    found = solve_cover(n, candidates, tiers, n_chosen=n_chosen)
    if not covers:
        assert found.status == "INFEASIBLE"
        assert len(found.chosen) == 0
        return
    assert found.status == "OPTIMAL"
    assert tuple(found.chosen.tolist()) in covers
    values = sorted(tuple(tiers[:, list(c)].sum(axis=1).round(6).tolist()) for c in covers)
    assert found.objective == pytest.approx(values[0], abs=2e-5)
    assert found.bound == pytest.approx(found.objective, abs=2e-5)


@given(programmes())
@settings(max_examples=120, deadline=None)
def test_is_the_best_of_all_covers(case: tuple[int, Candidates, NDArray[np.float64], int | None]) -> None:
    assert_is_best(*case)


@given(programmes())
@settings(max_examples=120, deadline=None)
def test_reduced_columns_reach_the_same(case: tuple[int, Candidates, NDArray[np.float64], int | None]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("_MANY_COLUMNS", 0), ("_MANY_A_UNIT", 0), ("_FIRST_COLUMNS", 2), ("_FIRST_A_UNIT", 0)):
            patch.setattr(cover_module, name, value)
        assert_is_best(*case)


def test_first_tier_weighs_more_than_any_amount_of_the_second() -> None:
    # {0,1} costs one exception; {0},{1} none but 1000 metres
    found = solve_cover(2, sets((0, 1), (0,), (1,)), np.array([[1, 0, 0], [0, 500, 500]], dtype=float))
    assert found.chosen.tolist() == [1, 2]
    assert found.objective == (0.0, 1000.0)
    assert found.bound == (0.0, 1000.0)


def test_number_of_candidates_can_be_fixed() -> None:
    candidates, cost = sets((0, 1), (2, 3), (0,), (1,), (2,), (3,)), np.array([[9, 9, 1, 1, 1, 1]], dtype=float)
    assert solve_cover(4, candidates, cost).objective == (4.0,)
    assert solve_cover(4, candidates, cost, n_chosen=2).objective == (18.0,)
    assert solve_cover(4, candidates, cost, n_chosen=3).objective == (11.0,)
    assert solve_cover(4, candidates, cost, n_chosen=5).status == "INFEASIBLE"


def test_negative_costs_and_a_tier_of_zeros() -> None:
    tiers = np.array([[-1.5, 0, 0], [0, 0, 0], [1, 3, 3]], dtype=float)
    found = solve_cover(2, sets((0, 1), (0,), (1,)), tiers)
    assert found.chosen.tolist() == [0]
    assert found.objective == (-1.5, 0.0, 1.0)
    assert found.status == "OPTIMAL"


def test_a_unit_in_no_candidate_makes_it_infeasible() -> None:
    assert solve_cover(3, sets((0, 1)), np.ones((1, 1))).status == "INFEASIBLE"
    assert solve_cover(1, sets(), np.ones((1, 0))).status == "INFEASIBLE"


def test_no_units_are_covered_by_nothing() -> None:
    found = solve_cover(0, sets(), np.zeros((2, 0)))
    assert (found.status, found.objective, len(found.chosen)) == ("OPTIMAL", (0.0, 0.0), 0)


def test_time_that_has_run_out_is_said() -> None:
    rng = np.random.default_rng(3)
    n = 60
    candidates = Candidates.from_sets([np.unique(rng.integers(0, n, 4)) for _ in range(3000)])
    found = solve_cover(n, candidates, rng.random((2, 3000)), time_limit_s=0.0)
    assert found.status in ("STOPPED", "FEASIBLE")
    if found.status == "FEASIBLE":
        assert math.isnan(found.bound[1])
        assert found.bound[0] <= found.objective[0]


def test_many_columns_are_proven_too() -> None:
    # 40 units in a row, all runs of 1 to 8 and 9,000 scattered sets: optimum of runs by dynamic programming
    rng = np.random.default_rng(5)
    n, cost, members = 40, [], []
    for start in range(n):
        for size in range(1, min(8, n - start) + 1):
            members.append(np.arange(start, start + size))
            cost.append(float(rng.integers(1, 100)))
    best = [0.0] + [math.inf] * n
    for m, c in zip(members, cost, strict=True):
        best[m[-1] + 1] = min(best[m[-1] + 1], best[m[0]] + c)
    for _ in range(9000):
        members.append(np.sort(rng.choice(n, 4, replace=False)))
        cost.append(200.0 * 4)
    found = solve_cover(n, Candidates.from_sets(members), np.array([cost]))
    assert found.status == "OPTIMAL"
    assert found.objective == (best[n],)


def test_nothing_is_printed() -> None:
    code = (
        "import numpy as np; from gridmap.partition.candidates import Candidates;"
        "from gridmap.partition.cover import solve_cover;"
        "solve_cover(1, Candidates.from_sets([np.array([0])]), np.ones((1, 1)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "")
