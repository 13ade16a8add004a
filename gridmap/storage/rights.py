"""Roles with the least rights that their work needs; the rights are given anew after every upgrade.

``gridmap_reader`` reads. ``gridmap_planner`` also adds surveys, plans, versions, changes, records and issues; it can
change or take away nothing that was saved, since the change log writes the assignment for it, and an issue changes with
its log. ``gridmap_owner`` also brings plans into force, erases personal data, owns the tables (and so may upgrade
them), and is what the triggers that write for a planner run as. Names and telephone numbers are a matter apart:
``gridmap_personal`` adds the right to read and record them to whatever else somebody may.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from gridmap.model.registers import REGISTERS
from gridmap.storage.issue_schema import EVENT_TABLE, ISSUE_TABLE
from gridmap.storage.refusals import state_of, translated

#: The roles, each with the rights of those before it; people log in with roles of their own that are members of one.
ROLES: Final = ("gridmap_reader", "gridmap_planner", "gridmap_owner")
#: The role that adds names and telephone numbers to the rights of whoever has it.
PERSONAL_ROLE: Final = "gridmap_personal"
_ALL: Final = (*ROLES, PERSONAL_ROLE)
_WITHIN: Final = (
    ("gridmap_planner", "gridmap_reader"),
    ("gridmap_owner", "gridmap_planner"),
    ("gridmap_owner", PERSONAL_ROLE),
)
#: What an administrator runs, in this database, where its owner may not make roles: the roles, and the owner in them.
#: Some may be there from an older gridmap, or from another database of the same server.
MAKE_ROLES: Final = " ".join(
    [
        (
            f"DO $$ DECLARE role text; BEGIN FOREACH role IN ARRAY '{{{','.join(_ALL)}}}'::text[] LOOP"
            " IF to_regrole(role) IS NULL THEN EXECUTE format('CREATE ROLE %I NOLOGIN', role); END IF;"
            " END LOOP; END $$;"
        ),
        *(f"GRANT {of} TO {member};" for member, of in _WITHIN),
        (
            "DO $$ BEGIN EXECUTE (SELECT format('GRANT gridmap_owner TO %s', datdba::regrole) FROM pg_database"
            " WHERE datname = current_database()); END $$;"
        ),
    ]
)

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
#: Whoever may run a trigger's function may put it under a table of his own, and have it write with its owner's rights.
_NO_FUNCTIONS: Final = "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA gridmap FROM PUBLIC"
#: What is told of an event; when it was received, the server's clock says.
_TOLD: Final = ", ".join(c.name for c in EVENT_TABLE.columns if c.name != "received_at")
#: The columns of an issue that follow its events; what it is stays.
_FOLDED: Final = ", ".join(c.name for c in ISSUE_TABLE.columns if c.name not in ("no", "town_id", "issue_id", "month"))
#: Every register but that of people.
_OPEN_RECORDS: Final = ", ".join(f"gridmap.{name}" for name in REGISTERS if name != "person")
_GRANTS: Final = (
    "GRANT USAGE ON SCHEMA gridmap TO gridmap_reader",
    "GRANT SELECT ON ALL TABLES IN SCHEMA gridmap TO gridmap_reader",
    "REVOKE ALL ON gridmap.person FROM PUBLIC, gridmap_reader, gridmap_planner",
    "GRANT SELECT, INSERT, UPDATE (ended_by) ON gridmap.person TO gridmap_personal",
    "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA gridmap FROM gridmap_reader",
    "GRANT EXECUTE ON FUNCTION gridmap.grid_at TO gridmap_reader",
    (
        "GRANT INSERT ON gridmap.town, gridmap.unit_set, gridmap.jurisdiction, gridmap.unit, gridmap.layer_feature,"
        " gridmap.rules, gridmap.plan, gridmap.version, gridmap.change,"
        " gridmap.report, gridmap.finding, gridmap.grid_figure, gridmap.lineage, gridmap.state_log TO gridmap_planner"
    ),
    "GRANT INSERT (town_id, code, retired_on) ON gridmap.grid_code TO gridmap_planner",
    "GRANT INSERT (plan_id, code, town_id, unit_set_id, jurisdiction, kind) ON gridmap.grid TO gridmap_planner",
    "GRANT UPDATE (sealed_at) ON gridmap.unit_set TO gridmap_planner",
    "GRANT UPDATE (version, state, name, meta) ON gridmap.plan TO gridmap_planner",
    "GRANT UPDATE (geom) ON gridmap.grid TO gridmap_planner",
    f"GRANT INSERT ON gridmap.batch, {_OPEN_RECORDS} TO gridmap_planner",
    *(f"GRANT UPDATE (ended_by) ON {table} TO gridmap_planner" for table in _OPEN_RECORDS.split(", ")),
    "GRANT INSERT ON gridmap.issue, gridmap.patrol, gridmap.issue_policy TO gridmap_planner",
    f"GRANT INSERT ({_TOLD}) ON gridmap.issue_event TO gridmap_planner",
    "REVOKE ALL ON gridmap.patrol FROM PUBLIC, gridmap_reader",  # who walked where, day by day
    "GRANT SELECT ON gridmap.patrol TO gridmap_planner",
    f"GRANT UPDATE ({_FOLDED}) ON gridmap.issue TO gridmap_planner",
    "GRANT USAGE ON SEQUENCE gridmap.issue_no_seq TO gridmap_planner",
)


def grant_rights(connection: sa.Connection) -> bool:
    """Make the roles where this user may, and give each its rights; whether the roles are there.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a transaction, at the newest step.
    """
    _attempt(connection, _NO_FUNCTIONS, "42501")
    return _attempt(connection, _grant, "42501")  # no right to make roles or to give them away


def _grant(connection: sa.Connection) -> None:
    for role in _ALL:
        known = connection.execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
        if known.scalar() is None:  # roles are the server's: an upgrade of another database may make them just now
            _attempt(connection, f"CREATE ROLE {role} NOLOGIN", "23505", "42710")
    for member, of in _WITHIN:  # given only where missing, since even that takes the right to give it
        is_within = sa.text("SELECT pg_has_role(:member, :of, 'MEMBER')")
        if not connection.execute(is_within, {"member": member, "of": of}).scalar():
            connection.execute(sa.text(f"GRANT {of} TO {member}"))
    may_own = sa.text(  # from PostgreSQL 16 on, whoever makes a role is its member, but may not act as it yet
        "SELECT rolsuper OR pg_has_role(rolname, 'gridmap_owner',"
        " CASE WHEN current_setting('server_version_num')::integer < 160000 THEN 'MEMBER' ELSE 'SET' END)"
        " FROM pg_roles WHERE rolname = current_user"
    )
    if not connection.execute(may_own).scalar():
        connection.execute(sa.text("GRANT gridmap_owner TO CURRENT_USER"))
    connection.execute(sa.text(_OWN))
    for grant in _GRANTS:
        connection.execute(sa.text(grant))


def _attempt(connection: sa.Connection, act: str | Callable[[sa.Connection], None], *states: str) -> bool:
    """Do something inside the transaction; False, and nothing of it, when it is refused with one of these states."""
    try:
        with connection.begin_nested():
            if isinstance(act, str):
                connection.execute(sa.text(act))
            else:
                act(connection)
    except DBAPIError as error:
        if state_of(error) not in states:
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
            {"roles": list(_ALL)},
        ).scalar_one()
        if known < len(_ALL):
            return False
        may_read = sa.text("SELECT has_table_privilege('gridmap_reader', 'gridmap.plan', 'SELECT')")
        return bool(connection.execute(may_read).scalar_one())
