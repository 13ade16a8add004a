"""The layout of the database: which step it is at, and the way forwards and back (Alembic)."""

from __future__ import annotations

import threading
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from gridmap.errors import InvalidInput, StoreError
from gridmap.storage.refusals import state_of, translated
from gridmap.storage.rights import grant_rights

#: One upgrade at a time: the number of the lock that it holds.
_LOCK: Final = 731_920_260
#: Alembic keeps the connection that it works on in a global of its module: in one process, one upgrade at a time.
_IN_PROCESS: Final = threading.Lock()


def known_revisions() -> tuple[str, ...]:
    """The steps that this gridmap knows, oldest first."""
    steps = ScriptDirectory.from_config(_config()).walk_revisions()
    return tuple(reversed([s.revision for s in steps]))


def current_revision(connection: sa.Connection) -> str | None:
    """The step that a database is at, None where it has no tables of gridmap."""
    context = MigrationContext.configure(connection, opts={"version_table_schema": "gridmap"})
    return context.get_current_revision()


def check_revision(engine: sa.Engine) -> None:
    """Refuse a database that this gridmap cannot work with.

    Raises
    ------
    StoreError
        If it has no tables of gridmap, older ones or newer ones.
    """
    newest = known_revisions()[-1]
    with engine.connect() as connection:
        revision = current_revision(connection)
    if revision == newest:
        return
    if revision is None:
        raise StoreError(
            "the database has no tables of gridmap yet; run: gridmap db upgrade",
            "数据库中还没有 gridmap 的表；请先运行 gridmap db upgrade。",
        )
    _refuse_newer(revision)
    raise StoreError(
        f"the database is at step {revision}, this gridmap needs {newest}; make a backup, then run: gridmap db upgrade",
        f"数据库结构为第 {revision} 步，本版本需要第 {newest} 步；请先备份，再运行 gridmap db upgrade。",
    )


def upgrade_database(engine: sa.Engine, revision: str = "") -> tuple[str | None, str | None]:
    """Bring the tables to the newest step, or to the one that is named, older ones included; safe to repeat.

    Parameters
    ----------
    engine : sqlalchemy.Engine
    revision : str
        A step of :func:`known_revisions`, "base" for none at all, "" for the newest.

    Returns
    -------
    tuple of str or None
        The step before and after; None is no tables at all.

    Raises
    ------
    StoreError
        If the database is newer than this gridmap, has no PostGIS and this user may not add it, this user may
        not make tables, or a step back would lose what is stored. Nothing is changed then.
    InvalidInput
        If there is no such step.
    """
    steps = known_revisions()
    target = revision or steps[-1]
    if target not in (*steps, "base"):
        raise InvalidInput(
            f"no such step: {revision}; there are {', '.join(steps)}",
            f"没有第 {revision} 步；可选：{'、'.join(steps)}。",
        )
    with _IN_PROCESS, translated(), engine.begin() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        before = current_revision(connection)
        if before is not None:
            _refuse_newer(before)
        _look_for_postgis(connection)
        if before is None and target == "base":
            return None, None
        if before is None:
            connection.execute(sa.schema.CreateSchema("gridmap", if_not_exists=True))
        config = _config()
        config.attributes["connection"] = connection
        is_back = before is not None and (target == "base" or steps.index(target) < steps.index(before))
        (command.downgrade if is_back else command.upgrade)(config, target)
        after = current_revision(connection)
        if after is None and before is not None:
            connection.execute(sa.schema.DropSchema("gridmap", cascade=True, if_exists=True))
        if after == steps[-1]:
            grant_rights(connection)
    return before, after


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "gridmap:storage/migrations")
    config.set_main_option("path_separator", "os")
    return config


def _refuse_newer(revision: str) -> None:
    try:
        ScriptDirectory.from_config(_config()).get_revision(revision)
    except CommandError as error:
        raise StoreError(
            f"the database was made by a newer gridmap (step {revision}); update gridmap on this machine",
            f"数据库由更新版本的 gridmap 建立（第 {revision} 步）；请升级本机的 gridmap。",
        ) from error


def _look_for_postgis(connection: sa.Connection) -> None:
    """Make sure of PostGIS, and of its functions being found by the steps."""
    schema = connection.execute(
        sa.text(
            "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
            " WHERE e.extname = 'postgis'"
        )
    ).scalar()
    if schema is None:
        try:
            with connection.begin_nested():
                connection.execute(sa.text("CREATE EXTENSION postgis SCHEMA public"))
        except DBAPIError as error:
            may_not = state_of(error) == "42501"
            raise StoreError(
                "the database has no PostGIS extension, and "
                + ("this user may not add it; " if may_not else "the server has it not installed; ")
                + "ask its administrator for: CREATE EXTENSION postgis",
                "数据库没有 PostGIS 扩展，"
                + ("当前用户无权添加" if may_not else "服务器也未安装")
                + "；请管理员执行：CREATE EXTENSION postgis。",
            ) from error
        schema = "public"
    quoted = connection.dialect.identifier_preparer.quote(schema)
    connection.execute(sa.select(sa.func.set_config("search_path", f"pg_catalog, {quoted}", sa.true())))
