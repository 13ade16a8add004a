"""Codes of new grids, taken from the registry of the town so that no two plans ever get the same."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gridmap.errors import InvalidInput, InvalidUnits, first_ten, first_ten_zh
from gridmap.model.rules import Rules, parse_rules
from gridmap.partition.codes import code_prefix, free_numbers
from gridmap.storage.commit import get_header
from gridmap.storage.connect import Store
from gridmap.storage.entries import PlanEntry, find_plan
from gridmap.storage.plan_schema import GridCodeRow, GridRow, RulesRow
from gridmap.storage.schema import UnitRow


def reserve_code(store: Store, plan: str | int, jurisdiction: str) -> str:
    """The next free code of a jurisdiction, entered into the registry: nobody else gets it.

    Parameters
    ----------
    store : Store
    plan : str or int
        Its rules say how a code is made.
    jurisdiction : str
        Code of a jurisdiction of the plan's survey.

    Raises
    ------
    InvalidInput
        If the survey has no such jurisdiction, or its numbers are used up.
    NotStored
        If there is no such plan.
    StoreError
        If the database cannot be reached or refuses.
    """
    entry = find_plan(store, plan)
    with store.begin() as connection:
        known = connection.execute(
            sa.text("SELECT 1 FROM gridmap.jurisdiction WHERE unit_set_id = :set AND code = :code"),
            {"set": entry.unit_set_id, "code": jurisdiction},
        ).scalar()
        if known is None:
            raise InvalidInput(
                f"plan {entry.name} has no jurisdiction {jurisdiction}",
                f"方案「{entry.name}」没有村居 {jurisdiction}。",
            )
        rules = rules_of(connection, entry, entry.version)
        return _next(connection, entry.town_id, code_prefix(jurisdiction, rules.codes.jurisdiction_digits), rules)


def known_code(store: Store, plan: str | int, code: str) -> str:
    """The code, if the plan has or had a grid of it.

    Raises
    ------
    InvalidInput
        If it has none; the message lists those of the jurisdictions whose codes look alike.
    NotStored
        If there is no such plan.
    StoreError
        If the database cannot be reached.
    """
    entry = find_plan(store, plan)
    with store.read() as connection:
        g = GridRow
        known = list(connection.execute(sa.select(g.code).where(g.plan_id == entry.id).order_by(g.code)).scalars())
    if code not in known:
        alike = [c for c in known if c.startswith(code[:12]) or c.endswith(code)] or known
        raise InvalidInput(
            f"plan {entry.name} has no grid {code}; it has {first_ten(alike)}; --to new founds a grid",
            f"方案「{entry.name}」没有网格 {code}；现有 {first_ten_zh(alike)}；新设网格请用 --to new。",
        )
    return code


def place_of(store: Store, plan: str | int, units: Sequence[str]) -> str:
    """Code of the jurisdiction that the first of these units lies in; all of them must be there.

    Raises
    ------
    InvalidUnits
        If the plan's survey lacks a unit.
    NotStored, InvalidInput
        If there is no such plan.
    StoreError
        If the database cannot be reached.
    """
    entry = find_plan(store, plan)
    with store.read() as connection:
        u = UnitRow
        query = sa.select(u.unit_id, u.jurisdiction).where(u.unit_set_id == entry.unit_set_id, u.unit_id.in_(units))
        found = {row.unit_id: row.jurisdiction for row in connection.execute(query)}
    missing = [unit for unit in units if unit not in found]
    if missing:
        raise InvalidUnits(
            f"plan {entry.name} has no unit {first_ten(missing)}",
            f"方案「{entry.name}」没有单元 {first_ten_zh(missing)}。",
        )
    return str(found[units[0]])


def retired_codes(store: Store, town_id: int) -> frozenset[str]:
    """The codes of a town that were given up and may never be used again.

    Raises
    ------
    StoreError
        If the database cannot be reached.
    """
    with store.read() as connection:
        query = sa.select(GridCodeRow.code).where(GridCodeRow.town_id == town_id, GridCodeRow.retired_on.is_not(None))
        return frozenset(connection.execute(query).scalars())


def codes_for_retired(
    connection: sa.Connection, entry: PlanEntry, version: int, codes: Sequence[str]
) -> dict[str, str]:
    """A new code, reserved in the registry, for each of these codes of a plan that is retired.

    Raises
    ------
    InvalidInput
        If the numbers of a jurisdiction are used up.
    """
    c = GridCodeRow
    gone = connection.execute(
        sa.select(c.code)
        .where(c.town_id == entry.town_id, c.code.in_(codes), c.retired_on.is_not(None))
        .order_by(c.code)
    ).scalars()
    retired = list(gone)
    if not retired:
        return {}
    rules = rules_of(connection, entry, version)
    g = GridRow
    homes = sa.select(g.code, g.jurisdiction).where(g.plan_id == entry.id, g.code.in_(retired))
    places = dict(connection.execute(homes).all())
    digits = rules.codes.jurisdiction_digits
    return {code: _next(connection, entry.town_id, code_prefix(places[code], digits), rules) for code in retired}


def rules_of(connection: sa.Connection, entry: PlanEntry, version: int) -> Rules:
    """The rules of a version of a plan."""
    key = get_header(connection, entry.id, version).rules_hash
    toml = connection.execute(sa.select(RulesRow.toml).where(RulesRow.hash == key)).scalar_one()
    return parse_rules(toml, f"rules of plan {entry.name}")


def _next(connection: sa.Connection, town_id: int, prefix: str, rules: Rules) -> str:
    c = GridCodeRow
    digits = rules.codes.sequence_digits
    known = sa.select(c.code).where(c.town_id == town_id, c.code.startswith(prefix, autoescape=True))
    used = set(connection.execute(known).scalars())
    for number in free_numbers(prefix, used, digits):
        code = f"{prefix}{number:0{digits}d}"
        added = insert(c).values(town_id=town_id, code=code).on_conflict_do_nothing().returning(c.code)
        if connection.execute(added).scalar() is not None:  # else somebody took it at this moment
            return code
    raise InvalidInput(
        f"all {10**digits - 1} numbers of the codes that begin with {prefix} are used; "
        "choose rules with a longer sequence",
        f"以 {prefix} 开头的 {10**digits - 1} 个编号已用完；请采用顺序号更长的规则。",
    )
