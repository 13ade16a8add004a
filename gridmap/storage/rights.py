"""Three roles with the least rights that their work needs; the rights are given anew after every upgrade.

``gridmap_reader`` reads. ``gridmap_planner`` also adds surveys, plans, versions and changes; it can change or take away
nothing that was saved, since the change log writes the assignment for it. ``gridmap_owner`` also brings plans into
force, owns the tables (and so may upgrade them), and is what the triggers that write for a planner run as.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from gridmap.storage.refusals import state_of, translated

#: The roles; people log in with roles of their own that are members of one of these.
ROLES: Final = ("gridmap_reader", "gridmap_planner", "gridmap_owner")
#: What an administrator runs where this user may not make roles.
MAKE_ROLES: Final = " ".join(f"CREATE ROLE {role} NOLOGIN;" for role in ROLES)

_OWN: Final = """
DO $$
DECLARE
  thing record;
BEGIN
  EXECUTE format('GRANT CREATE ON DATABASE %I TO gridmap_owner', current_database());
  ALTER SCHEMA gridmap OWNER TO gridmap_owner;
  FOR thing IN SELECT c.oid::regclass AS name, c.relkind FROM pg_class c
      WHERE c.relnamespace = 'gridmap'::regnamespace AND c.relkind IN ('r', 'v') LOOP
    EXECUTE format('ALTER %s %s OWNER TO gridmap_owner',
      CASE thing.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, thing.name);
  END LOOP;
  FOR thing IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.pronamespace = 'gridmap'::regnamespace LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO gridmap_owner', thing.name);
  END LOOP;
END $$
"""
_GRANTS: Final = (
    "GRANT gridmap_reader TO gridmap_planner",
    "GRANT gridmap_planner TO gridmap_owner",
    "GRANT USAGE ON SCHEMA gridmap TO gridmap_reader",
    "GRANT SELECT ON ALL TABLES IN SCHEMA gridmap TO gridmap_reader",
    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA gridmap TO gridmap_reader",
    (
        "GRANT INSERT ON gridmap.town, gridmap.unit_set, gridmap.jurisdiction, gridmap.unit, gridmap.layer_feature,"
        " gridmap.rules, gridmap.plan, gridmap.version, gridmap.grid_code, gridmap.grid, gridmap.change,"
        " gridmap.report, gridmap.finding, gridmap.grid_figure, gridmap.lineage, gridmap.state_log TO gridmap_planner"
    ),
    "GRANT UPDATE (sealed_at) ON gridmap.unit_set TO gridmap_planner",
    "GRANT UPDATE (version, state, name, meta) ON gridmap.plan TO gridmap_planner",
    "GRANT UPDATE (geom) ON gridmap.grid TO gridmap_planner",
)


def grant_rights(connection: sa.Connection) -> bool:
    """Make the roles where this user may, and give each its rights; whether the roles are there.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a transaction, at the newest step.
    """
    try:
        with connection.begin_nested():
            for role in ROLES:
                known = connection.execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
                if known.scalar() is None:
                    connection.execute(sa.text(f"CREATE ROLE {role} NOLOGIN"))
            may_own = sa.text(
                "SELECT rolsuper OR pg_has_role(rolname, 'gridmap_owner', 'MEMBER') FROM pg_roles"
                " WHERE rolname = current_user"
            )
            if not connection.execute(may_own).scalar():
                connection.execute(sa.text("GRANT gridmap_owner TO CURRENT_USER"))
            connection.execute(sa.text(_OWN))
            for grant in _GRANTS:
                connection.execute(sa.text(grant))
    except DBAPIError as error:
        if state_of(error) != "42501":  # no right to make roles or to give them away
            raise
        return False
    return True


def has_roles(engine: sa.Engine) -> bool:
    """Whether the roles are there and have their rights.

    Raises
    ------
    StoreError
        If the database cannot be reached.
    """
    with translated(), engine.connect() as connection:
        known = connection.execute(
            sa.text("SELECT count(*) FROM pg_roles WHERE rolname = ANY (CAST(:roles AS text[]))"),
            {"roles": list(ROLES)},
        ).scalar_one()
        if known < len(ROLES):
            return False
        may_read = sa.text("SELECT has_table_privilege('gridmap_reader', 'gridmap.plan', 'SELECT')")
        return bool(connection.execute(may_read).scalar_one())
