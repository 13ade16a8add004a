"""Saving moves on a base version: taken, rebased over what does not touch them, or refused with names."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

import sqlalchemy as sa

from gridmap.errors import InvalidInput, InvalidPlan, InvalidUnits, first_ten, first_ten_zh
from gridmap.storage.clash import Clash, Since, conflict, find_clashes, moved_since
from gridmap.storage.commit import Header, bump, get_header, write_version
from gridmap.storage.connect import Store
from gridmap.storage.entries import STATES, PlanEntry, check_version, find_plan
from gridmap.storage.plan_schema import AssignmentRow, GridRow, PlanRow, VersionRow


@dataclass(frozen=True)
class Saved:
    """What became of a save.

    Attributes
    ----------
    version : int
        The version that holds it; the current one when there was nothing to save.
    n_moves : int
        Units that changed their grid.
    rebased_over : tuple of int
        Versions that others saved since the base, over which the moves were put.
    is_repeat : bool
        True when the same operation had been saved before; nothing was done again.
    """

    version: int
    n_moves: int
    rebased_over: tuple[int, ...] = ()
    is_repeat: bool = False


def save_moves(
    store: Store,
    plan: str | int,
    base: int,
    moves: Mapping[str, str],
    *,
    locked: Collection[str] | None = None,
    op_id: UUID | None = None,
    message: str = "",
) -> Saved:
    """Save moves that were made looking at version `base`; there is no way to save over somebody else's move.

    Parameters
    ----------
    store : Store
    plan : str or int
        As :func:`gridmap.storage.entries.find_plan` takes it; its number saves a look-up.
    base : int
        The version that the moves were made on.
    moves : mapping of str to str
        Unit → code of the grid that it goes to, "" for none. A code that the plan does not have founds a grid.
    locked : collection of str, optional
        The grids that are to be locked from now on; as they are without it.
    op_id : UUID, optional
        Identity of this operation: a repeat, as after a lost connection, is harmless.
    message : str
        Why, in the history.

    Returns
    -------
    Saved

    Raises
    ------
    Conflict
        If meanwhile the same unit was moved to another grid, the same code was founded, or a grid that the moves
        lead to was dissolved or locked; it names units, grids and who.
    InvalidUnits
        If a unit is none of the plan's survey.
    InvalidPlan
        If a locked grid would change, a code is retired, or the plan is no draft any more.
    NotStored, InvalidInput
        If there is no such plan or version.
    StoreError
        If the database cannot be reached or refuses; repeat with the same `op_id`.
    """
    op = op_id or uuid4()
    entry = find_plan(store, plan)
    check_version(entry, base)
    with store.begin() as connection:
        version = bump(connection, entry.id, base)
        repeated = repeat(connection, entry, op)
        if repeated is not None:
            connection.rollback()
            return repeated
        since: Mapping[str, Since] = {}
        if version is None:
            version = take_next(connection, entry)
            since = moved_since(connection, entry.id, base)
        step = _Step(connection, entry, base, version - 1, since)
        real = step.real_moves(moves)
        locks = step.locks(locked)
        if not real and locks == step.locked_now:
            connection.rollback()
            return Saved(version - 1, 0, step.over)
        step.check(real, locks)
        header = get_header(connection, entry.id, version - 1)
        gone = step.emptied(real)
        write_version(
            connection,
            store,
            entry,
            version,
            real,
            Header(
                "save",
                op,
                header.rules_hash,
                tuple(locks - gone),
                # they end with their grid: whoever founds one of its code later begins without them
                tuple(e for e in header.exceptions if e["grid"] not in gone),
                parent=header.state_of,
                message=message,
            ),
        )
        return Saved(version, len(real), step.over)


class _Step:
    """One save inside its transaction, the plan's row being held: what the moves meet."""

    def __init__(
        self, connection: sa.Connection, entry: PlanEntry, base: int, current: int, since: Mapping[str, Since]
    ) -> None:
        self.connection, self.entry, self.since = connection, entry, since
        self.over = tuple(range(base + 1, current + 1))
        self.locked_then = frozenset(get_header(connection, entry.id, base).locked)
        self.locked_now = frozenset(get_header(connection, entry.id, current).locked) if self.over else self.locked_then
        self.current = current

    def real_moves(self, moves: Mapping[str, str]) -> dict[str, str]:
        """The moves that change anything now."""
        units = list(moves)
        held = self.connection.execute(
            sa.text(
                # OFFSET 0 makes it look up unit by unit: of a table just filled PostgreSQL would read the whole survey
                "SELECT u.unit_id, coalesce(a.grid_code, '') AS code FROM unnest(CAST(:units AS text[])) AS m (unit_id)"
                " JOIN LATERAL (SELECT unit_id FROM gridmap.unit"
                " WHERE unit_set_id = :unit_set AND unit_id = m.unit_id OFFSET 0) u ON true"
                " LEFT JOIN gridmap.assignment a ON a.plan_id = :plan AND a.unit_id = u.unit_id"
            ),
            {"plan": self.entry.id, "unit_set": self.entry.unit_set_id, "units": units},
        ).all()
        self.grid_of = {r.unit_id: r.code for r in held}
        unknown = [u for u in units if u not in self.grid_of]
        if unknown:
            raise InvalidUnits(
                f"plan {self.entry.name} has no unit {first_ten(unknown)}; its survey is fixed",
                f"方案「{self.entry.name}」没有单元 {first_ten_zh(unknown)}；其单元数据是固定的。",
            )
        strange = sorted(c for c in set(moves.values()) if c and not re.fullmatch(r"\S+", c))
        if strange:
            raise InvalidPlan(
                f"a grid code has no blanks: {first_ten(map(repr, strange))}",
                f"网格编号不能含空白：{first_ten_zh(map(repr, strange))}。",
            )
        # what was no move on the base is none now, although somebody else may have moved that unit since
        then = self.grid_of | {u: s.before for u, s in self.since.items()}
        return {u: to for u, to in moves.items() if to not in (self.grid_of[u], then[u])}

    def locks(self, wanted: Collection[str] | None) -> frozenset[str]:
        """The locks from now on: what this save locks and unlocks, put over what others locked meanwhile."""
        if wanted is None:
            return self.locked_now
        mine = frozenset(wanted)
        g = GridRow
        known = sa.select(g.code).where(g.plan_id == self.entry.id, g.code.in_(mine - self.locked_then))
        strangers = sorted(mine - self.locked_then - set(self.connection.execute(known).scalars()))
        if strangers:
            raise InvalidPlan(
                f"plan {self.entry.name} has no grid to lock: {first_ten(strangers)}",
                f"方案「{self.entry.name}」没有可锁定的网格 {first_ten_zh(strangers)}。",
            )
        return (self.locked_now | (mine - self.locked_then)) - (self.locked_then - mine)

    def check(self, real: Mapping[str, str], locks: frozenset[str]) -> None:
        """Refuse moves of locked grids, and moves that stand against what was saved since the base."""
        touched = ({self.grid_of[u] for u in real} | set(real.values())) - {""}
        shut = sorted(touched & locks & self.locked_then)
        if shut:
            raise InvalidPlan(
                f"locked grids do not change: {first_ten(shut)}; unlock them first",
                f"锁定的网格不能变动：{first_ten_zh(shut)}；请先解锁。",
            )
        if not self.over:
            return
        clashes = find_clashes(real, self.since, self._sizes(set(real.values())), real.values())
        clashes += [self._locked_by(code) for code in sorted(touched & (self.locked_now - self.locked_then))]
        if clashes:
            raise conflict(self.entry.name, clashes)

    def emptied(self, real: Mapping[str, str]) -> frozenset[str]:
        """The grids that lose all their units by these moves."""
        left = {code for code in (self.grid_of[u] for u in real) if code}
        sizes = self._sizes(left)
        after = {c: sizes.get(c, 0) - sum(self.grid_of[u] == c for u in real) for c in left}
        return frozenset(c for c in left if not after[c] and c not in real.values())

    def _sizes(self, codes: Collection[str]) -> dict[str, int]:
        a = AssignmentRow
        query = sa.select(a.grid_code, sa.func.count()).where(a.plan_id == self.entry.id, a.grid_code.in_(codes))
        return dict(self.connection.execute(query.group_by(a.grid_code)).all())

    def _locked_by(self, code: str) -> Clash:
        """Who locked a grid since the base: the first version after it that holds the lock."""
        v = VersionRow
        query = (
            sa.select(v.actor, v.client, v.at, v.version)
            .where(v.plan_id == self.entry.id, v.version.in_(self.over), sa.literal(code) == sa.func.any(v.locked))
            .order_by(v.version)
            .limit(1)
        )
        row = self.connection.execute(query).one()
        return Clash("", code, code, row.actor, row.client, row.at, row.version, "locked")


def take_next(connection: sa.Connection, entry: PlanEntry) -> int:
    """Hold the plan's row and take the version after the newest.

    Raises
    ------
    InvalidPlan
        If the plan is no draft any more.
    """
    held = sa.select(PlanRow.version, PlanRow.state).where(PlanRow.id == entry.id).with_for_update()
    row = connection.execute(held).one()
    version = bump(connection, entry.id, row.version)
    if version is None:
        raise not_open(entry.name, row.state)
    return version


def not_open(name: str, state: str) -> InvalidPlan:
    """The exception for a plan that takes no more versions."""
    way, way_zh = (
        ("take it back to draft: gridmap store reopen", "请先用 gridmap store reopen 退回草案")
        if state == "approved"
        else ("make a branch: gridmap store branch", "请用 gridmap store branch 另建分支")
    )
    return InvalidPlan(
        f"plan {name} is {state.replace('_', ' ')} and does not change any more; {way}",
        f"方案「{name}」处于「{STATES[state]}」状态，不能再改；{way_zh}。",
    )


def repeat(connection: sa.Connection, entry: PlanEntry, op_id: UUID) -> Saved | None:
    """What an operation that was saved before came to; None when it is new.

    Raises
    ------
    InvalidInput
        If it was saved on another plan.
    """
    v = VersionRow
    row = connection.execute(sa.select(v.plan_id, v.version, v.n_moves).where(v.op_id == op_id)).one_or_none()
    if row is None:
        return None
    if row.plan_id != entry.id:
        raise InvalidInput(
            f"operation {op_id} was saved on another plan; give each operation an op_id of its own",
            f"操作 {op_id} 已用于另一方案；每次操作须有各自的 op_id。",
        )
    return Saved(row.version, row.n_moves, is_repeat=True)
