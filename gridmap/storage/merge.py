"""Merging a branch: three-way, unit by unit, against what both had in common last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import sqlalchemy as sa

from gridmap.errors import InvalidInput, InvalidPlan, first_ten, first_ten_zh
from gridmap.storage.clash import Clash, conflict
from gridmap.storage.commit import Header, bump, get_header, write_version
from gridmap.storage.connect import Store
from gridmap.storage.content import content_at
from gridmap.storage.entries import PlanEntry, check_version, find_plan, get_entry
from gridmap.storage.save import Saved, repeat, take_next


def merge_branch(
    store: Store,
    branch: str | int,
    into: str | int,
    base: int,
    *,
    choices: Mapping[str, str] | None = None,
    op_id: UUID | None = None,
    message: str = "",
) -> Saved:
    """Bring what a branch changed since both were last the same into the plan; the other way round as well.

    Unit by unit: changed in the branch only, the branch decides; changed in the plan only, it stays; changed in
    both to the same grid, it stays; to different grids, it is a conflict until `choices` says which.

    Parameters
    ----------
    store : Store
    branch, into : str or int
        The branch, and the plan that it came from (or the plan, and a branch that is to follow it).
    base : int
        The version of `into` that is looked at; what was saved since takes part in the comparison.
    choices : mapping of str to str, optional
        Unit → code of its grid ("" for none), for units that both changed.
    op_id, message
        As in :func:`gridmap.storage.save.save_moves`.

    Raises
    ------
    Conflict
        If both changed a unit and `choices` does not say what it is to be, both founded a grid of one code, or the
        branch moved units to a grid that the plan dissolved.
    InvalidInput
        If the one is no branch of the other, or a choice is about a unit that both did not change, or a grid that
        neither has.
    InvalidPlan
        If a locked grid would change, a code is retired, or the plan is no draft any more.
    NotStored
        If there is no such plan or version.
    StoreError
        If the database cannot be reached or refuses.
    """
    op = op_id or uuid4()
    named = find_plan(store, into)
    check_version(named, base)
    with store.begin() as connection:
        version = bump(connection, named.id, base)
        repeated = repeat(connection, named, op)
        if repeated is not None:
            connection.rollback()
            return repeated
        if version is None:
            version = take_next(connection, named)
        target, source = get_entry(connection, named.id), get_entry(connection, branch)
        theirs = content_at(connection, source, source.version)
        ours = content_at(connection, target, target.version)
        common = _common(connection, source, target, version - 1)
        moves, clashes = _three_way(common, theirs, ours, dict(choices or {}))
        if clashes:
            raise conflict(target.name, [_signed(connection, target, d) for d in clashes])
        if not moves:
            connection.rollback()
            return Saved(version - 1, 0)
        header = get_header(connection, target.id, version - 1)
        _refuse_locked(moves, ours, header.locked)
        changed = {*moves.values(), *(ours.get(u, "") for u in moves)}
        exceptions = get_header(connection, source.id, source.version).exceptions
        write_version(
            connection,
            store,
            target,
            version,
            moves,
            Header(
                "merge",
                op,
                header.rules_hash,
                tuple(header.locked),
                (
                    *(e for e in header.exceptions if e["grid"] not in changed),
                    *(e for e in exceptions if e["grid"] in changed),
                ),
                parent=header.state_of,
                source=(source.id, source.version),
                message=message,
            ),
        )
        return Saved(version, len(moves), tuple(range(base + 1, version)))


def _common(connection: sa.Connection, source: PlanEntry, target: PlanEntry, newest: int) -> dict[str, str]:
    """What both had in common last: the content that the latest merge between them brought over, else the start.

    A merge that was undone does not count: only those that the newest content of its plan descends from. `newest` is
    the newest version of the target that is written; the one that this merge took has no row yet.
    """
    rows = connection.execute(
        sa.text(
            "WITH RECURSIVE past (plan_id, version) AS ("
            "  SELECT v.plan_id, v.state_of FROM gridmap.version v"
            "  WHERE (v.plan_id, v.version) IN ((:a, :source_newest), (:b, :target_newest))"
            "  UNION"
            "  SELECT v.plan_id, v.parent FROM past JOIN gridmap.version v USING (plan_id, version)"
            "  WHERE v.parent IS NOT NULL)"
            " SELECT v.source_plan_id, v.source_version FROM past JOIN gridmap.version v USING (plan_id, version)"
            " WHERE v.kind = 'merge' AND v.source_plan_id IN (:a, :b) ORDER BY v.at DESC LIMIT 1"
        ),
        {"a": source.id, "b": target.id, "source_newest": source.version, "target_newest": newest},
    ).all()
    both = {source.id: source, target.id: target}
    if rows:
        return content_at(connection, both[rows[0].source_plan_id], rows[0].source_version)
    for one, other in ((source, target), (target, source)):
        if one.source_plan_id == other.id and one.source_version is not None and one.unit_set_id == other.unit_set_id:
            return content_at(connection, one, 1)  # its first version: the other's content with the codes it could keep
    raise InvalidInput(
        f"plan {source.name} is no branch of {target.name}, nor the other way round; only branches are merged",
        f"方案「{source.name}」与「{target.name}」之间没有分支关系，不能合并。",
    )


class _Doubt(NamedTuple):
    """A point that the merge cannot decide: unit ("" for a grid), the branch's grid, the plan's, and why."""

    unit: str
    there: str
    here: str
    reason: str


def _three_way(
    common: Mapping[str, str], theirs: Mapping[str, str], ours: Mapping[str, str], choices: dict[str, str]
) -> tuple[dict[str, str], list[_Doubt]]:
    """The moves that the merge makes in the plan, and where it cannot decide."""
    moves: dict[str, str] = {}
    chosen: dict[str, str] = {}
    doubts: list[_Doubt] = []
    known = {"", *theirs.values(), *ours.values()}
    for unit in sorted({*common, *theirs, *ours}):
        before, there, here = common.get(unit, ""), theirs.get(unit, ""), ours.get(unit, "")
        if there in (before, here):
            continue
        if here == before:
            moves[unit] = there
        elif unit in choices:
            wanted = choices.pop(unit)
            if wanted not in known:
                raise InvalidInput(
                    f"unit {unit}: neither plan has a grid {wanted}; the branch says {there or 'none'}, "
                    f"the plan {here or 'none'}",
                    f"单元 {unit}：双方都没有网格 {wanted}；分支为 {there or '无网格'}，方案为 {here or '无网格'}。",
                )
            if wanted != here:
                chosen[unit] = wanted
        else:
            doubts.append(_Doubt(unit, there, here, "unit"))
    if choices:
        raise InvalidInput(
            f"choices are for units that both changed; not such: {first_ten(sorted(choices))}",
            f"只能对双方都改动的单元作选择；不是这类单元：{first_ten_zh(sorted(choices))}。",
        )
    had, have = set(common.values()), set(ours.values())
    doubts += [
        _Doubt("", code, code, "code" if code in have else "dissolved")
        for code in sorted(set(moves.values()) - {""})
        if (code in have) != (code in had)
    ]
    return moves | chosen, doubts


def _signed(connection: sa.Connection, target: PlanEntry, doubt: _Doubt) -> Clash:
    """The clash, with the name of whoever changed the plan there last."""
    row = connection.execute(
        sa.text(
            "SELECT v.actor, v.client, v.at, v.version FROM gridmap.change c JOIN gridmap.version v"
            " ON v.plan_id = c.plan_id AND v.version = c.version"
            " WHERE c.plan_id = :plan AND (c.unit_id = :unit OR (:unit = '' AND :code IN (c.from_grid, c.to_grid)))"
            " ORDER BY c.version DESC LIMIT 1"
        ),
        {"plan": target.id, "unit": doubt.unit, "code": doubt.here},
    ).one()
    return Clash(doubt.unit, doubt.there, doubt.here, row.actor, row.client, row.at, row.version, doubt.reason)


def _refuse_locked(moves: Mapping[str, str], ours: Mapping[str, str], locked: Sequence[str]) -> None:
    touched: set[Any] = {*moves.values(), *(ours.get(u, "") for u in moves)}
    shut = sorted(touched & set(locked))
    if shut:
        raise InvalidPlan(
            f"locked grids do not change: {first_ten(shut)}; unlock them first",
            f"锁定的网格不能变动：{first_ten_zh(shut)}；请先解锁。",
        )
