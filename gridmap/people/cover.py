"""Assignment help: who could cover a vacancy, nearest jurisdiction first, then the least load."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.model.plan import Plan
from gridmap.model.records import Records
from gridmap.model.rules import Rules
from gridmap.model.text import Text
from gridmap.people.candidates import (
    Candidates,
    candidates_of,
    distances_of_jurisdictions,
    households_to_answer_for,
)
from gridmap.people.case import role_text
from gridmap.people.match import match
from gridmap.people.roster import GRID_ROLES
from gridmap.people.staffing import staffing_of_grids

#: Further candidates that are listed after the proposal.
N_ALTERNATIVES: Final = 3

#: Columns of :func:`propose_cover` and their types.
COVER_COLUMNS: Final[dict[str, Any]] = {
    "grid": object,
    "jurisdiction": object,
    "role": object,
    "vacancy": np.int64,
    "rank": np.int64,
    "person_id": object,
    "from_grid": object,
    "from_jurisdiction": object,
    "distance_m": np.float64,
    "n_grids": np.int64,
    "households": np.float64,
    "within_limits": np.bool_,
    "reason_zh": object,
    "reason_en": object,
}


def propose_cover(plan: Plan, records: Records, rules: Rules, *, day: date) -> pd.DataFrame:
    """For each vacancy of a grid, who could cover it.

    Candidates hold the same role elsewhere, or in a jurisdiction without a grid; for a leader also the committee
    members of the grid's own jurisdiction. Members who may serve in no further grid are moved, if their own grid can
    spare them.

    For each role all vacancies are looked at together: as many as possible are covered; then as near as possible (same
    jurisdiction, then by distance between jurisdictions); then by those with the fewest grids and households; then
    each by whose grids lie nearest. Nobody is proposed beyond the rules. In each round a person takes one vacancy at
    most; further rounds count what was proposed before. So the answer is the best of all within a round, and of all
    altogether where the rules allow one grid more than people have.

    Parameters
    ----------
    plan : Plan
    records : Records
    rules : Rules
        Its staffing says what is vacant and how much one person may carry.
    day : date

    Returns
    -------
    pandas.DataFrame
        By grid in the order of the plan, role, ``vacancy`` (1, 2, … within grid and role) and ``rank``. Rank 1 is the
        proposal: blank ``person_id`` where nobody can within the rules, and ``reason_zh``, ``reason_en`` say so. Up to
        three alternatives follow, as things stand after all proposals: within the rules where there was a proposal,
        else those who would go beyond them (``within_limits`` False). ``from_grid``: the grid a member would be moved
        from; ``from_jurisdiction``, ``distance_m``: where the person serves, and how far that is from the grid's
        jurisdiction (0: the same, or touching); ``n_grids``, ``households``: carried in this role with this vacancy
        (households NaN where they are not known, and for members). No rows where posts were never recorded.
    """
    rows: list[tuple[Any, ...]] = []
    if records.has("post"):
        staffing = staffing_of_grids(plan, records, rules, day)
        for role in GRID_ROLES:
            vacant = staffing[f"vacant_{role.removeprefix('grid_')}s"].to_numpy(np.int64)
            if vacant.any():
                vacancies = _Vacancies.of(plan, vacant)
                rows += _rows(vacancies, candidates_of(role, plan, records, rules, day))
    frame = pd.DataFrame.from_records(rows, columns=list(COVER_COLUMNS))
    at = frame["grid"].map({code: n for n, code in enumerate(plan.codes)})
    rank = frame["role"].map({role: n for n, role in enumerate(GRID_ROLES)})
    order = np.lexsort((frame["rank"], frame["vacancy"], rank.to_numpy(float), at.to_numpy(float)))
    return frame.iloc[order].reset_index(drop=True).astype(COVER_COLUMNS)


@dataclass(frozen=True, eq=False)
class _Vacancies:
    """The vacancies of one role, s of them."""

    plan: Plan
    grids: NDArray[np.int64]  # position of each one's grid, (s,)
    numbers: NDArray[np.int64]  # 1, 2, … within its grid, (s,)
    households: NDArray[np.float64]  # of its grid, (s,)
    homes: NDArray[np.object_]  # jurisdiction of each grid of the plan, (k,)
    metres: NDArray[np.float64]  # between the jurisdictions of each grid and each jurisdiction, (k, j)

    @classmethod
    def of(cls, plan: Plan, vacant: NDArray[np.int64]) -> _Vacancies:
        grids = np.repeat(np.arange(plan.n_grids), vacant)
        numbers = np.arange(len(grids)) - np.repeat(np.cumsum(vacant) - vacant, vacant) + 1
        homes = plan.jurisdiction_of_grid
        own = plan.units.jurisdictions.index.get_indexer(pd.Index(homes, dtype=object))
        metres = distances_of_jurisdictions(plan)[own]
        return cls(plan, grids, numbers, households_to_answer_for(plan)[grids], homes, metres)


def _proposals(vacancies: _Vacancies, before: Candidates) -> tuple[dict[int, tuple[Any, ...]], Candidates]:
    """The row of each vacancy that is covered, as things stood when it was, and the candidates after all of them."""
    chosen = np.full(len(vacancies.grids), -1, dtype=np.int64)
    rows: dict[int, tuple[Any, ...]] = {}
    pool = before
    while True:
        still = np.flatnonzero(chosen < 0)
        grids, households = vacancies.grids[still], vacancies.households[still]
        is_possible = pool.is_eligible(grids) & pool.is_within(households)
        found = match(is_possible, [pool.tier[grids], np.broadcast_to(pool.load, is_possible.shape)])
        took = np.flatnonzero(found >= 0)
        if not len(took):
            return rows, pool
        # who takes part is settled; who of them goes where is settled by nearness of grids
        people = np.sort(found[took])
        pairs = np.ix_(took, people)
        among = match(is_possible[pairs], [pool.tier[grids][pairs], pool.gap[grids][pairs]])
        found[took] = people[among]
        rows |= {int(still[n]): _row(vacancies, pool, int(still[n]), int(found[n]), rank=1) for n in took}
        chosen[still[took]] = found[took]
        pool = pool.with_seats(grids[took], households[took], found[took])


def _rows(vacancies: _Vacancies, before: Candidates) -> list[tuple[Any, ...]]:
    proposed, after = _proposals(vacancies, before)
    rows = []
    eligible = after.is_eligible(vacancies.grids)
    within = after.is_within(vacancies.households)
    load = after.load
    for seat in range(len(vacancies.grids)):
        others = np.flatnonzero(eligible[seat] & (within[seat] | (seat not in proposed)))
        rows.append(proposed.get(seat) or _nobody(vacancies, after, seat, n_candidates=len(others)))
        grid = vacancies.grids[seat]
        ranked = others[np.lexsort((after.gap[grid, others], load[others], after.tier[grid, others]))]
        for rank, other in enumerate(ranked[:N_ALTERNATIVES].tolist(), start=2):
            rows.append(_row(vacancies, after, seat, other, rank))
    return rows


def _row(vacancies: _Vacancies, pool: Candidates, seat: int, person: int, rank: int) -> tuple[Any, ...]:
    """A row of a candidate who would take the vacancy beside what the pool counts already."""
    grid, reason = vacancies.grids[seat], _reason(vacancies, pool, seat, person)
    place = pool.place[grid, person]
    is_told = pool.role != "grid_member" and vacancies.plan.units.has_households
    return (
        *_head(vacancies, pool, seat, rank),
        pool.ids[person],
        pool.from_grid[person],
        str(vacancies.plan.units.jurisdictions.index[place]),
        float(vacancies.metres[grid, place]),
        pool.n_grids_after[person],
        pool.households[person] + vacancies.households[seat] if is_told else float("nan"),
        bool(pool.is_within(vacancies.households[[seat]])[0, person]),
        reason.zh,
        reason.en,
    )


def _nobody(vacancies: _Vacancies, pool: Candidates, seat: int, *, n_candidates: int) -> tuple[Any, ...]:
    role = role_text(pool.role)
    reason = Text(f"没有可安排的{role.zh}人选", f"Nobody to choose from for a {role.en}")
    if n_candidates:
        reason = Text(
            f"{n_candidates} 名人选兼任后均超过规定限度",
            f"{n_candidates} {'candidate' if n_candidates == 1 else 'candidates'}, none within the limits of the rules",
        )
    nan = float("nan")
    return (*_head(vacancies, pool, seat, 1), "", "", "", nan, 0, nan, False, reason.zh, reason.en)


def _head(vacancies: _Vacancies, pool: Candidates, seat: int, rank: int) -> tuple[Any, ...]:
    grid, plan = vacancies.grids[seat], vacancies.plan
    return plan.codes[grid], str(vacancies.homes[grid]), pool.role, vacancies.numbers[seat], rank


def _reason(vacancies: _Vacancies, pool: Candidates, seat: int, person: int) -> Text:
    """Why this person: where from, what the load is now and would be."""
    where = _where(vacancies, pool, int(vacancies.grids[seat]), person)
    if pool.from_grid[person]:
        code = pool.from_grid[person]
        what = Text(f"由网格 {code} 调入，该格人数有余", f"moved from grid {code}, which can spare one")
    else:
        what = _load(vacancies, pool, seat, person)
    over_zh, over_en = "", ""
    if pool.n_grids_after[person] > pool.grids_max:
        over_zh, over_en = f"，超过 {pool.grids_max} 格", f", over the limit of {pool.grids_max}"
    elif pool.households[person] + vacancies.households[seat] > pool.households_max:
        over_zh = f"，超过 {pool.households_max:,.0f} 户"
        over_en = f", over the limit of {pool.households_max:,.0f} households"
    return Text(f"{where.zh}；{what.zh}{over_zh}", f"{where.en}; {what.en}{over_en}")


def _where(vacancies: _Vacancies, pool: Candidates, grid: int, person: int) -> Text:
    places = vacancies.plan.units.jurisdictions
    place = pool.place[grid, person]
    code = str(places.index[place])
    name = str(places["name"].iloc[place]) or code
    if pool.tier[grid, person] == 0:
        return (
            Text("本村居两委成员", "Committee member here")
            if pool.is_committee[person]
            else Text("本村居", "Same place")
        )
    metres = vacancies.metres[grid, place]
    if metres < 1:
        return Text(f"相邻村居{name}", f"Next door, {name}")
    return Text(f"{name}，相距 {metres:,.0f} 米", f"{name}, {metres:,.0f} m away")


def _load(vacancies: _Vacancies, pool: Candidates, seat: int, person: int) -> Text:
    n, after = int(pool.n_grids[person]), int(pool.n_grids_after[person])
    now = Text(f"现任 {n} 格", f"{n} {'grid' if n == 1 else 'grids'} now")
    if pool.role == "grid_member" or not vacancies.plan.units.has_households:
        return Text(f"{now.zh}，任职后 {after} 格", f"{now.en}, {after} with this one")
    had = pool.households[person]
    have = had + vacancies.households[seat]
    return Text(
        f"{now.zh} {had:,.0f} 户，任职后 {after} 格 {have:,.0f} 户",
        f"{now.en} with {had:,.0f} households, {after} with {have:,.0f} after",
    )
