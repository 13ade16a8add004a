"""What was saved since a version, and where that stands against a list of moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from gridmap.errors import Conflict, first_ten, first_ten_zh


class Clash(NamedTuple):
    """One point where two people's work cannot both stand.

    Attributes
    ----------
    unit : str
        The unit that both moved; "" when it is about a grid.
    mine : str
        The grid that this save moves it to, "" for none.
    theirs : str
        The grid that it was moved to meanwhile, "" for none; of a clash about a grid, the grid.
    actor, client, at, version
        Who moved it, with which program, when, in which version.
    reason : str
        ``unit``: the same unit went to two grids. ``code``: both founded a grid of one code. ``dissolved``: the
        grid lost all its units meanwhile. ``locked``: it was locked meanwhile.
    """

    unit: str
    mine: str
    theirs: str
    actor: str
    client: str
    at: datetime
    version: int
    reason: str = "unit"


class Since(NamedTuple):
    """What became of a unit since a version: its grid then and now ("" for none), and who moved it last."""

    before: str
    now: str
    actor: str
    client: str
    at: datetime
    version: int


def moved_since(connection: sa.Connection, plan_id: int, version: int) -> dict[str, Since]:
    """Every unit that was moved after a version, also one that was moved there and back."""
    rows = connection.execute(
        sa.text(
            "SELECT c.unit_id, (array_agg(c.from_grid ORDER BY c.version))[1] AS before,"
            " (array_agg(c.to_grid ORDER BY c.version DESC))[1] AS now, max(c.version) AS version"
            " FROM gridmap.change c WHERE c.plan_id = :plan AND c.version > :version GROUP BY c.unit_id"
        ),
        {"plan": plan_id, "version": version},
    ).all()
    authors = {
        a.version: a
        for a in connection.execute(
            sa.text(
                "SELECT version, actor, client, at FROM gridmap.version WHERE plan_id = :plan AND version > :version"
            ),
            {"plan": plan_id, "version": version},
        )
    }
    return {
        r.unit_id: Since(
            r.before or "",
            r.now or "",
            authors[r.version].actor,
            authors[r.version].client,
            authors[r.version].at,
            r.version,
        )
        for r in rows
    }


def find_clashes(
    moves: Mapping[str, str], since: Mapping[str, Since], sizes: Mapping[str, int], targets: Iterable[str]
) -> list[Clash]:
    """Where a list of moves stands against what was saved since its base.

    Parameters
    ----------
    moves : mapping of str to str
        Unit → code, "" for none.
    since : mapping of str to Since
        What was moved since the base (:func:`moved_since`).
    sizes : mapping of str to int
        Units of each grid now, before the moves.
    targets : iterable of str
        Codes that the moves lead to.
    """
    clashes = []
    for unit, to in moves.items():
        theirs = since.get(unit)
        if theirs is not None and theirs.now not in (theirs.before, to):
            clashes.append(Clash(unit, to, *theirs[1:]))
    for code in sorted(set(targets) - {""}):
        joined = [s for s in since.values() if s.now == code and s.before != code]
        left = [s for s in since.values() if s.before == code and s.now != code]
        if not joined and not left:
            continue
        now = sizes.get(code, 0)
        then = now - len(joined) + len(left)
        if then == 0 and now > 0:
            last = max(joined, key=lambda s: s.version)
            clashes.append(Clash("", code, code, last.actor, last.client, last.at, last.version, "code"))
        elif then > 0 and now == 0:
            last = max(left, key=lambda s: s.version)
            clashes.append(Clash("", code, code, last.actor, last.client, last.at, last.version, "dissolved"))
    return clashes


def conflict(plan: str, clashes: list[Clash]) -> Conflict:
    """The exception that names every clash."""
    en = "; ".join(_sentence(c) for c in clashes[:10]) + _more(len(clashes))
    zh = "；".join(_sentence_zh(c) for c in clashes[:10]) + _more_zh(len(clashes))
    return Conflict(
        f"plan {plan} was changed meanwhile: {en}. Nothing was saved; look at the newest version and decide again",
        f"方案「{plan}」期间已被他人修改：{zh}。未作任何保存，请查看最新版本后再定。",
        tuple(clashes),
    )


def stale(plan: str, base: int, now: int, who: list[str]) -> Conflict:
    """The exception for a step that is about the newest version, taken from an older one."""
    return Conflict(
        f"plan {plan} is at version {now} by now, not {base}: saved meanwhile by {first_ten(who)}. "
        "Nothing was changed; look at the newest version first",
        f"方案「{plan}」现为第 {now} 版而非第 {base} 版，期间有 {first_ten_zh(who)} 保存。未作改动，请先查看最新版本。",
    )


def _sentence(c: Clash) -> str:
    by = f"by {c.actor} in version {c.version} ({c.at.astimezone():%Y-%m-%d %H:%M})"
    match c.reason:
        case "code":
            return f"a grid {c.mine} was founded {by}, too"
        case "dissolved":
            return f"grid {c.mine} lost all its units {by}"
        case "locked":
            return f"grid {c.mine} was locked {by}"
        case _:
            return f"unit {c.unit}: you to {c.mine or 'no grid'}, {c.theirs or 'no grid'} {by}"


def _sentence_zh(c: Clash) -> str:
    by = f"{c.actor} 在第 {c.version} 版（{c.at.astimezone():%Y-%m-%d %H:%M}）"
    match c.reason:
        case "code":
            return f"{by}也新设了网格 {c.mine}"
        case "dissolved":
            return f"{by}已将网格 {c.mine} 的单元全部调出"
        case "locked":
            return f"{by}锁定了网格 {c.mine}"
        case _:
            return f"单元 {c.unit}：您调入 {c.mine or '（无网格）'}，{by}调入 {c.theirs or '（无网格）'}"


def _more(n: int) -> str:
    return f" … and {n - 10} more" if n > 10 else ""


def _more_zh(n: int) -> str:
    return f"；等共 {n} 处" if n > 10 else ""
