"""Where the programs of PostgreSQL are on this machine, and which version is used."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from gridmap.errors import MissingProgram

#: Every version of PostgreSQL that Debian installs has a folder here.
LIBRARIES = Path("/usr/lib/postgresql")
SHARES = Path("/usr/share/postgresql")


@dataclass(frozen=True)
class Programs:
    """The programs of one version of PostgreSQL.

    Attributes
    ----------
    version : int
        Major version.
    folder : Path
        Where they are.
    is_server, has_postgis : bool
        Whether a server can be made with them, and whether it would have PostGIS.
    """

    version: int
    folder: Path
    is_server: bool
    has_postgis: bool

    def path(self, name: str) -> str:
        """Path of a program such as ``initdb``."""
        return str(self.folder / name)


def how_to_install(version: int | None = None) -> str:
    """The end of a sentence: how PostgreSQL with PostGIS is installed."""
    return f"install it with `apt-get install --no-install-recommends {_package(version)}`"


def how_to_install_zh(version: int | None = None) -> str:
    """:func:`how_to_install` in Chinese."""
    return f"请安装：apt-get install --no-install-recommends {_package(version)}"


def _package(version: int | None) -> str:
    return "postgresql-postgis" if version is None else f"postgresql-{version}-postgis-3"


def installed(
    libraries: Path = LIBRARIES, shares: Path = SHARES, search_path: str | None = None
) -> tuple[Programs, ...]:
    """Every version on this machine, the highest first.

    Parameters
    ----------
    libraries, shares : Path
        Folders with one folder a version, as Debian lays them out.
    search_path : str, optional
        Folders, separated by colons, in which ``pg_config`` is looked for as well; those of the
        environment variable ``PATH`` when not given.
    """
    found = {}
    for folder in libraries.glob("*/bin"):
        if folder.parent.name.isdigit():
            version = int(folder.parent.name)
            found[version] = _look(version, folder, shares / folder.parent.name)
    asked = _ask_pg_config(search_path)
    if asked is not None and asked.version not in found:
        found[asked.version] = asked
    return tuple(found[version] for version in sorted(found, reverse=True))


def _look(version: int, folder: Path, share: Path) -> Programs:
    return Programs(
        version,
        folder,
        is_server=all((folder / name).is_file() for name in ("initdb", "postgres")),
        has_postgis=(share / "extension" / "postgis.control").is_file(),
    )


def _ask_pg_config(search_path: str | None) -> Programs | None:
    """A PostgreSQL that lies elsewhere, such as one built by hand."""
    program = shutil.which("pg_config", path=search_path)
    if program is None:
        return None
    try:
        said = subprocess.run(  # noqa: S603 a list, no shell
            [program, "--version", "--bindir", "--sharedir"], capture_output=True, text=True, check=True, timeout=10
        ).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):  # a broken pg_config is as good as none
        return None
    number = re.search(r"PostgreSQL (\d+)", "\n".join(said[:1]))
    if number is None or len(said) != 3:
        return None
    return _look(int(number[1]), Path(said[1]), Path(said[2]))


def server_programs(found: tuple[Programs, ...], version: int | None = None) -> Programs:
    """The programs with which a cluster is made and run.

    Parameters
    ----------
    found : tuple of Programs
        What is installed (:func:`installed`).
    version : int, optional
        Major version that is needed; the highest that has PostGIS when not given.

    Raises
    ------
    MissingProgram
        If there is no server of this version, or none with PostGIS.
    """
    servers = [p for p in found if p.is_server and version in (None, p.version)]
    which = "" if version is None else f" {version}"
    if not servers:
        raise MissingProgram(
            f"PostgreSQL{which} is not installed on this machine; {how_to_install(version)}",
            f"本机没有安装 PostgreSQL{which}；{how_to_install_zh(version)}",
        )
    for programs in servers:
        if programs.has_postgis:
            return programs
    best = servers[0].version
    raise MissingProgram(
        f"PostgreSQL {best} is installed, its extension PostGIS is not; {how_to_install(best)}",
        f"本机的 PostgreSQL {best} 没有 PostGIS 扩展；{how_to_install_zh(best)}",
    )


def client_program(name: str, found: tuple[Programs, ...], at_least: int = 0) -> tuple[str, int]:
    """Path and major version of ``pg_dump``, ``pg_restore`` or ``psql``: the lowest that is new enough.

    The nearest to the server's version is the safest: an older ``pg_dump`` refuses the server, and a
    newer ``pg_restore`` sends settings that an older server does not know.

    Parameters
    ----------
    name : str
        The program.
    found : tuple of Programs
        What is installed (:func:`installed`).
    at_least : int
        Major version that is needed.

    Raises
    ------
    MissingProgram
        If there is none, or only older ones.
    """
    have = sorted((p.version, p.path(name)) for p in found if (p.folder / name).is_file())
    for version, path in have:
        if version >= at_least:
            return path, version
    if have:
        raise MissingProgram(
            f"{name} of PostgreSQL {at_least} or newer is needed, here is {have[-1][0]}; "
            f"install it with `apt-get install postgresql-client-{at_least}`",
            f"需要 PostgreSQL {at_least} 或更新版本的 {name}，本机只有 {have[-1][0]}；"
            f"请安装：apt-get install postgresql-client-{at_least}",
        )
    package = f"postgresql-client-{at_least}" if at_least else "postgresql-client"
    raise MissingProgram(
        f"{name} is not installed on this machine; install it with `apt-get install {package}`",
        f"本机没有安装 {name}；请安装：apt-get install {package}",
    )
