"""What several steps need."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gridmap.errors import StoreError


def refuse_if_filled(*tables: str) -> None:
    """Refuse to take tables away while they hold anything: a step back loses nothing that was stored.

    Raises
    ------
    StoreError
        If one of the tables has a row.
    """
    for name in tables:
        table = sa.table(name, schema="gridmap")
        n = op.get_bind().execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        if n:
            raise StoreError(
                f"the database cannot go back before this step while gridmap.{name} holds {n} rows, "
                "which would be lost; make a backup and use a new database for the older gridmap",
                f"gridmap.{name} 中有 {n} 行数据，退回此步会丢失，已拒绝；请先备份，旧版本请另用新数据库。",
            )
