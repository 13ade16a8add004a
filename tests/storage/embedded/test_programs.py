"""Which PostgreSQL is used, on machines that are laid out in folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gridmap.errors import MissingProgram
from gridmap.storage.embedded.cluster import start_cluster
from gridmap.storage.embedded.programs import Programs, client_program, installed, server_programs


@pytest.fixture
def layout(tmp_path: Path) -> Callable[[int, str], None]:
    """Lays out a version of PostgreSQL as Debian does; the second argument says what it has."""

    def lay(version: int, has: str) -> None:
        folder = tmp_path / "lib" / str(version) / "bin"
        folder.mkdir(parents=True)
        for name in ["initdb", "postgres"] * ("server" in has) + ["pg_dump"] * ("client" in has):
            (folder / name).touch()
        if "postgis" in has:
            control = tmp_path / "share" / str(version) / "extension" / "postgis.control"
            control.parent.mkdir(parents=True)
            control.touch()

    return lay


def look(tmp_path: Path, search_path: str = "") -> tuple[Programs, ...]:
    return installed(tmp_path / "lib", tmp_path / "share", search_path)


def test_the_highest_version_with_postgis_is_used(tmp_path: Path, layout: Callable[[int, str], None]) -> None:
    layout(9, "server postgis client")
    layout(15, "server postgis client")
    layout(16, "server client")
    layout(17, "client postgis")
    found = look(tmp_path)
    assert [p.version for p in found] == [17, 16, 15, 9]
    assert server_programs(found).version == 15
    assert server_programs(found, 9).version == 9
    with pytest.raises(MissingProgram, match="apt-get install --no-install-recommends postgresql-16-postgis-3"):
        server_programs(found, 16)


def test_nothing_installed(tmp_path: Path) -> None:
    assert look(tmp_path) == ()
    with pytest.raises(MissingProgram, match="apt-get install --no-install-recommends postgresql-postgis") as caught:
        start_cluster(tmp_path / "new", programs=())
    assert not (tmp_path / "new").exists()
    assert "请安装：apt-get install" in caught.value.zh


def test_a_server_without_postgis(tmp_path: Path, layout: Callable[[int, str], None]) -> None:
    layout(15, "server")
    with pytest.raises(MissingProgram, match=r"PostGIS is not; .*postgresql-15-postgis-3"):
        server_programs(look(tmp_path))


def test_a_server_that_lies_elsewhere(tmp_path: Path, layout: Callable[[int, str], None]) -> None:
    layout(18, "server postgis")
    (tmp_path / "lib").rename(tmp_path / "elsewhere")
    program = tmp_path / "pg_config"
    program.write_text(f"#!/bin/sh\necho PostgreSQL 18.1\necho {tmp_path}/elsewhere/18/bin\necho {tmp_path}/share/18\n")
    program.chmod(0o755)
    assert server_programs(look(tmp_path, str(tmp_path))).folder == tmp_path / "elsewhere" / "18" / "bin"
    program.write_text("#!/bin/sh\nexit 1\n")
    assert look(tmp_path, str(tmp_path)) == ()


def test_the_client_nearest_to_the_server_is_used(tmp_path: Path, layout: Callable[[int, str], None]) -> None:
    for version in (13, 15, 17):
        layout(version, "client")
    found = look(tmp_path)
    assert client_program("pg_dump", found, 14) == (str(tmp_path / "lib" / "15" / "bin" / "pg_dump"), 15)
    assert client_program("pg_dump", found)[1] == 13
    with pytest.raises(MissingProgram, match="of PostgreSQL 18 or newer is needed, here is 17"):
        client_program("pg_dump", found, 18)
    with pytest.raises(MissingProgram, match="apt-get install postgresql-client-15"):
        client_program("pg_restore", found, 15)
