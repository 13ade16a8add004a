"""A whole town: every jurisdiction by its profile, then codes, exceptions and the account of the search."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from time import perf_counter
from typing import Final, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import InvalidPlan, first_ten
from gridmap.measure.bridge import nearest_bridges
from gridmap.model.graph import DualGraph
from gridmap.model.plan import GridException, Plan
from gridmap.model.result import AreaResult, Result, Status
from gridmap.model.rules import Profile, Rules
from gridmap.model.text import Text
from gridmap.model.units import Units
from gridmap.partition import reasons
from gridmap.partition.area import AreaException, AreaPlan
from gridmap.partition.codes import assign_codes
from gridmap.partition.lineage import match_existing
from gridmap.partition.rural import partition_village

#: Packages whose version can change a plan.
_PACKAGES: Final = ("numpy", "scipy", "shapely", "highspy", "numba")


@dataclass(frozen=True, eq=False)
class AreaTask:
    """One jurisdiction to divide: everything that :func:`solve_area` needs, and nothing else.

    Attributes
    ----------
    units : Units
    graph : DualGraph
        Of these units.
    profile : Profile
    seed : int
    existing : ndarray of int64, shape (n,)
        Label of each unit's grid in an existing plan; −1 for none.
    locked : frozenset of int
        Existing labels that must not change.
    """

    units: Units
    graph: DualGraph
    profile: Profile
    seed: int
    existing: NDArray[np.int64]
    locked: frozenset[int] = field(default_factory=frozenset)


class Runner(Protocol):
    """Applies a function to named items and returns the results in their order (``jobs.run_areas`` is one)."""

    def __call__(
        self, function: Callable[[AreaTask], AreaPlan], items: Sequence[tuple[str, AreaTask]], /
    ) -> list[AreaPlan]: ...


def in_turn(function: Callable[[AreaTask], AreaPlan], items: Sequence[tuple[str, AreaTask]]) -> list[AreaPlan]:
    """The plainest runner: one item after the other, in this process."""
    return [function(item) for _, item in items]


def partition_units(
    units: Units,
    graph: DualGraph,
    rules: Rules,
    *,
    seed: int = 0,
    existing: Sequence[str] | None = None,
    locked: Collection[str] = (),
    taken: Collection[str] = (),
    run: Runner = in_turn,
) -> Result:
    """Divide every jurisdiction of a town into grids that keep the rules.

    Parameters
    ----------
    units : Units
        n units.
    graph : DualGraph
        Their dual graph (:func:`gridmap.build_graph`).
    rules : Rules
        Villages are divided by the exact method where their profile counts units; all areas whose
        profile counts households by the search for residential areas.
    seed : int
        The same seed gives the same plan, on any number of workers.
    existing : sequence of str, shape (n,), optional
        Code of each unit's grid in an existing plan, "" for none: few households are moved, and grids
        that stay keep their codes.
    locked : collection of str
        Codes of existing grids that must not change.
    taken : collection of str
        Further codes that may not be given out: those ever retired.
    run : Runner, optional
        How the jurisdictions are worked through; one after the other by default.

    Returns
    -------
    Result
        A plan in which every unit has a grid; grids that break a rule are named in ``plan.exceptions``.

    Raises
    ------
    InvalidPlan
        If `existing` is of another length, or a locked code is not among it.
    InvalidRules
        If the rules have no profile for a kind of jurisdiction.
    InvalidInput
        If no code can be made for a grid (see :func:`gridmap.partition.codes.assign_codes`).
    """
    started = perf_counter()
    old = _old_codes(units, existing, locked)
    tasks = _tasks(units, graph, rules, seed, old, locked)
    areas = run(solve_area, tasks)
    labels = np.full(len(units), -1, dtype=np.int64)
    jurisdictions: list[str] = []
    jurisdiction_of = units.frame["jurisdiction"].to_numpy(object)
    firsts = []
    for (code, _), area in zip(tasks, areas, strict=True):
        firsts.append(len(jurisdictions))
        labels[jurisdiction_of == code] = area.labels + len(jurisdictions)
        jurisdictions += [code] * area.n_grids
    kept = match_existing(units, labels, old) if existing is not None else {}
    codes = assign_codes(units, labels, jurisdictions, rules.codes, taken={*taken, *(c for c in old if c)}, kept=kept)
    exceptions = tuple(
        GridException(codes[first + e.label], e.rule, e.reason, e.text)
        for first, area in zip(firsts, areas, strict=True)
        for e in area.exceptions
    )
    plan = Plan(units, labels.astype(np.int32), codes, exceptions, frozenset(locked))
    results = tuple(_account(code, area) for (code, _), area in zip(tasks, areas, strict=True))
    return Result(
        plan,
        _overall([a.status for a in results]),
        seed,
        results,
        {"method": "exact cover for profiles that count units; search by trees, windows and covers for households"},
        {name: version(name) for name in _PACKAGES},
        perf_counter() - started,
    )


def solve_area(task: AreaTask) -> AreaPlan:
    """Divide one jurisdiction by the method that its profile asks for.

    Raises
    ------
    InvalidInput
        If the profile does not fit the method (a fault of the caller).
    """
    if task.profile.counted == "units":
        return _solve_village(task)
    # numba is loaded only where households are counted, so that villages stay quick
    from gridmap.partition.residential import partition_residential  # noqa: PLC0415

    return partition_residential(
        task.units, task.graph, task.profile, seed=task.seed, existing=task.existing, locked=task.locked
    )


def _solve_village(task: AreaTask) -> AreaPlan:
    """The village's groups by exact cover; units of dedicated grids are set aside first."""
    dedicated = task.units.frame["dedicated"].to_numpy(object)
    locked_unit = np.isin(task.existing, list(task.locked))
    apart = (dedicated != "") & ~locked_unit
    names = sorted({str(d) for d in dedicated[apart]})
    inside = np.flatnonzero(~apart)
    units, graph = task.units.subset(~apart) if names else task.units, task.graph
    if names and len(inside):
        graph = task.graph.subgraph(inside)
    if not len(inside):
        area = AreaPlan(np.empty(0, dtype=np.int32), "OPTIMAL", (), (), (), 0, 0.0)
    else:
        area = partition_village(
            units,
            graph,
            task.profile,
            seed=task.seed,
            existing_labels=task.existing[inside] if (task.existing >= 0).any() else None,
            locked=task.locked,
            ferries=nearest_bridges(units, graph)[0],
        )
    if not names:
        return area
    labels = np.empty(len(task.units), dtype=np.int32)
    labels[inside] = area.labels
    extra = []
    for i, name in enumerate(names):
        labels[apart & (dedicated == name)] = area.n_grids + i
        extra.append(AreaException(area.n_grids + i, "R4", "dedicated", reasons.dedicated(name)))
    return AreaPlan(
        labels,
        area.status,
        area.objective,
        area.objective_names,
        area.bound,
        area.n_grids + len(names),
        area.ideal,
        area.explanation,
        (*area.exceptions, *extra),
        area.seconds,
    )


def _old_codes(units: Units, existing: Sequence[str] | None, locked: Collection[str]) -> list[str]:
    if existing is None:
        old = [""] * len(units)
    elif len(existing) != len(units):
        raise InvalidPlan(
            f"existing needs one code a unit, {len(units)} in all; got {len(existing)}",
            f"existing 应为每个单元一个网格编号，共 {len(units)} 个；得到 {len(existing)} 个",
        )
    else:
        old = [str(c) for c in existing]
    strangers = sorted(set(locked) - set(old))
    if strangers:
        raise InvalidPlan(
            f"locked grids must be grids of the existing plan; not one: {first_ten(strangers)}",
            f"锁定的网格应属于现有方案；现有方案中没有：{first_ten(strangers)}",
        )
    return old


def _tasks(
    units: Units, graph: DualGraph, rules: Rules, seed: int, old: Sequence[str], locked: Collection[str]
) -> list[tuple[str, AreaTask]]:
    names, label = np.unique(np.asarray(old, dtype=object).astype(str), return_inverse=True)
    labels = np.where(names[label] == "", -1, label).astype(np.int64)
    number = {str(name): i for i, name in enumerate(names)}
    at = units.jurisdiction_of
    kinds = units.jurisdictions["kind"].to_numpy(object)
    tasks = []
    for position, code in enumerate(units.jurisdictions.index):
        members = np.flatnonzero(at == position)
        if not len(members):
            continue
        own = labels[members]
        tasks.append(
            (
                str(code),
                AreaTask(
                    units.subset(at == position),
                    graph.subgraph(members),
                    rules.profile(str(kinds[position])),
                    int(np.random.SeedSequence([seed, crc32(str(code).encode())]).generate_state(1)[0]),
                    own,
                    frozenset({number[c] for c in locked} & set(own.tolist())),
                ),
            )
        )
    return tasks


def _account(code: str, area: AreaPlan) -> AreaResult:
    return AreaResult(
        code,
        area.status,
        area.objective,
        area.objective_names,
        area.bound,
        area.n_grids,
        area.ideal,
        tuple(Text(*t) for t in area.explanation),
        area.seconds,
    )


def _overall(statuses: Sequence[Status]) -> Status:
    for status in ("STOPPED", "FEASIBLE", "INFEASIBLE"):
        if status in statuses:
            return status
    return "OPTIMAL"
