"""The figures that a release has to reach on real towns; skipped where the data are absent."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"


def _benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("real_data", ROOT / "benchmarks" / "real_data.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["real_data"] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


BENCHMARK = _benchmark()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="no real data beside the repository (shared/data)"),
]


@pytest.mark.parametrize("name", [n for n, c in BENCHMARK.CASES.items() if c.kind == "residential"])
def test_enough_grids_lie_near_the_ideal(name: str) -> None:
    outcome = BENCHMARK.run(name, 0)
    within_10, within_20 = BENCHMARK.CASES[name].must
    assert outcome.unassigned == 0
    assert outcome.within_10 >= within_10
    assert outcome.within_20 >= within_20


@pytest.mark.parametrize("name", [n for n, c in BENCHMARK.CASES.items() if c.kind == "rural"])
def test_villages_need_no_exception_and_are_proven(name: str) -> None:
    outcome = BENCHMARK.run(name, 0)
    assert (outcome.unassigned, outcome.exceptions, outcome.hard_broken) == (0, 0, 0)
    assert outcome.proven == outcome.areas
    assert outcome.polsby_popper >= BENCHMARK.CASES[name].must_shape


@pytest.mark.parametrize("name", list(BENCHMARK.CASES))
def test_only_faults_of_the_input_remain(name: str) -> None:
    """Real outlines overlap a little; no other hard rule may be broken without a named exception."""
    case = BENCHMARK.CASES[name]
    survey, _ = BENCHMARK.read_survey(str(BENCHMARK.DATA / case.source), kind=case.kind, columns=dict(case.columns))
    rules = BENCHMARK.load_rules()
    town, _ = BENCHMARK.build_town(survey, rules)
    report = BENCHMARK.plan_town(town, rules, bridge_m=case.bridge_m).report
    assert set(report.broken["check"]) <= {"R2.overlap"}
