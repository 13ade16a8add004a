"""The plans that were in force, by time: who owned an issue when it was reported."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from gridmap.issues.owner import Tenure
from gridmap.storage.commit import get_header
from gridmap.storage.content import content_at
from gridmap.storage.entries import get_entry
from gridmap.storage.plan_schema import PlanRow
from gridmap.storage.plans import plan_of
from gridmap.storage.towns import get_town


def plans_in_force(
    connection: sa.Connection, town_id: int, within: tuple[date, date] | None = None
) -> tuple[Tenure, ...]:
    """The plans of a town that are or were in force, the oldest first; where none ever was, its only original.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    town_id : int
    within : tuple of two dates, optional
        Only one, where it was in force on all days from the first to the last, both inclusive.
    """
    days = sa.func.lower(PlanRow.in_force), sa.func.upper(PlanRow.in_force)
    query = sa.select(PlanRow.id, *days).where(PlanRow.town_id == town_id, days[0].is_not(None))
    rows = [(number, since, until) for number, since, until in connection.execute(query.order_by(days[0], PlanRow.id))]
    if not rows:  # a town that has only begun: one plan, which nobody has put in force yet, and perhaps branches of it
        originals = sa.select(PlanRow.id, PlanRow.created_at).where(
            PlanRow.town_id == town_id, PlanRow.version > 0, PlanRow.source_plan_id.is_(None)
        )
        only = connection.execute(originals.limit(2)).all()
        return (_tenure(connection, only[0].id, only[0].created_at.date(), None),) if len(only) == 1 else ()
    held = [r for r in rows if within is not None and r[1] <= within[0] and (r[2] is None or within[1] < r[2])]
    return tuple(_tenure(connection, *row) for row in held[-1:] or rows)


def _tenure(connection: sa.Connection, plan_id: int, since: date, until: date | None) -> Tenure:
    entry = get_entry(connection, plan_id)
    town = get_town(connection, entry.unit_set_id)
    header = get_header(connection, plan_id, entry.version)
    plan = plan_of(town, content_at(connection, entry, entry.version), header.locked, header.exceptions)
    return Tenure(entry.name, entry.version, since, until, plan)
