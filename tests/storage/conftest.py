"""A real PostGIS server for the tests: one a worker, private, stopped at the end."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from gridmap.storage.cluster import Cluster, start_cluster, stop_cluster

#: What makes a throw-away server quick and small; a server that keeps plans has none of these.
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "32MB"}


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Callable[[], Path]]:
    """Makes folders that also the user ``postgres`` may enter; pytest's own are closed to everybody but root."""
    made: list[Path] = []

    def make() -> Path:
        folder = Path(tempfile.mkdtemp(prefix="gridmap-"))
        folder.chmod(0o755)
        made.append(folder)
        return folder

    yield make
    for folder in made:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def cluster(open_folder: Callable[[], Path]) -> Iterator[Cluster]:
    """A started server in a folder of its own."""
    folder = open_folder()
    yield start_cluster(folder, options=QUICK)
    stop_cluster(folder)


@pytest.fixture(scope="session")
def template_database(cluster: Cluster) -> str:
    """Name of an empty database with PostGIS, from which others are copied: quicker than making the extension."""
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE with_postgis TEMPLATE gridmap")
    return "with_postgis"


@pytest.fixture
def empty_database(cluster: Cluster, template_database: str) -> Iterator[str]:
    """URL of a new database with PostGIS and nothing else, dropped afterwards."""
    name = f"t{uuid.uuid4().hex[:12]}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template_database))
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(create)
    yield cluster.url.replace("/gridmap?", f"/{name}?")
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(drop)
