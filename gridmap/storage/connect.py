"""The way to the database: the embedded cluster by default, a server where its address is given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from gridmap.errors import StoreError
from gridmap.storage.embedded.cluster import start_cluster
from gridmap.storage.refusals import translated
from gridmap.storage.upgrade import check_revision, upgrade_database

_CONNECT_SECONDS: Final = 10


@dataclass(frozen=True, eq=False)
class Store:
    """A database that keeps plans, and who works in it.

    Attributes
    ----------
    engine : sqlalchemy.Engine
        Its connections; closed with :meth:`close`.
    actor : str
        Who is named as the author of what is saved.
    client : str
        The program that saves ("gridmap", "QGIS", a notebook's name).
    """

    engine: sa.Engine
    actor: str
    client: str = "gridmap"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back to the server."""
        self.engine.dispose()

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """One transaction: all of the block is stored, or nothing.

        Raises
        ------
        StoreError
            If the database cannot be reached or refuses; the sentence says what and what to do.
        """
        with translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A look at one moment of the database: everything read in the block belongs together.

        Raises
        ------
        StoreError
            As :meth:`begin`.
        """
        with translated(), self.engine.connect() as connection:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection


def open_store(
    url: str = "", *, actor: str, client: str = "gridmap", folder: Path | None = None, pool_size: int = 2
) -> Store:
    """Open the store: the embedded database where no address is given, made and started when it is not there.

    Parameters
    ----------
    url : str
        ``postgresql://user:password@host:port/database``; "" for the embedded database.
    actor : str
        Who is named as the author of what is saved.
    client : str
        The program that saves.
    folder : Path, optional
        Folder of the embedded database; the usual one of this user without it.
    pool_size : int
        Connections that are kept open.

    Raises
    ------
    StoreError
        If the address is none, the database cannot be reached, has no PostGIS or no tables of gridmap, or is
        older or newer than this gridmap.
    MissingProgram
        If PostgreSQL or PostGIS is needed and not installed.
    """
    engine = connect(url or start_cluster(folder).url, pool_size=pool_size)
    try:
        if not url:
            with translated(), engine.connect() as connection:
                is_new = not sa.inspect(connection).has_schema("gridmap")
            if is_new:
                upgrade_database(engine)
        with translated():
            check_revision(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, actor, client)


def connect(url: str, *, pool_size: int = 2) -> sa.Engine:
    """Connections to a database, none of them made yet.

    Raises
    ------
    StoreError
        If the address is no address of a PostgreSQL database.
    """
    try:
        address = sa.make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number; its text may be part of the password
        address = None
    is_ours = address is not None and address.get_backend_name() in ("postgresql", "postgres")
    # An @ that stands in the password as it is makes the rest of the password a part of the host, which messages name.
    if address is None or not is_ours or "@" in (address.host or ""):
        raise StoreError(
            "GRIDMAP_DATABASE_URL is no address of a PostgreSQL database; "
            "it reads postgresql://user:password@host:5432/database, with @ and : of a password as %40 and %3A",
            "GRIDMAP_DATABASE_URL 不是 PostgreSQL 数据库地址；应写成 postgresql://用户:密码@主机:5432/数据库名，"
            "密码中的 @ 和 : 写作 %40 和 %3A。",
        )
    return sa.create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=20,
        pool_pre_ping=True,
        connect_args={"connect_timeout": _CONNECT_SECONDS, "application_name": "gridmap"},
    )
