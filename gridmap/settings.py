"""This machine: what differs from one computer to the next. Only the command line reads it and passes it down.

Rules (a town's policy) and parameters (of a method) are not settings: they travel with a plan.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass

from gridmap.errors import InvalidInput


@dataclass(frozen=True)
class Settings:
    """The settings of one machine.

    Attributes
    ----------
    tianditu_key : str
        Key of the Tianditu tile service (``GRIDMAP_TIANDITU_KEY``), "" where there is none. A secret:
        it is left out of the text form of this value.
    jobs : int
        Worker processes that are used when the caller names no number (``GRIDMAP_JOBS``), 1 or more.
    database_url : str
        Address of a PostGIS database (``GRIDMAP_DATABASE_URL``), "" for the embedded one. It may hold a
        password and is left out of the text form of this value.
    data_folder : str
        Folder of the embedded database (``GRIDMAP_DATA``), "" for the usual one of this user.
    actor : str
        Who is named as the author of what is saved (``GRIDMAP_ACTOR``), the login name without it.
    """

    tianditu_key: str = ""
    jobs: int = 1
    database_url: str = ""
    data_folder: str = ""
    actor: str = ""

    def __repr__(self) -> str:
        hidden = {name: "***" if getattr(self, name) else "" for name in ("tianditu_key", "database_url")}
        return (
            f"Settings(tianditu_key={hidden['tianditu_key']!r}, jobs={self.jobs}, "
            f"database_url={hidden['database_url']!r}, data_folder={self.data_folder!r}, actor={self.actor!r})"
        )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings from the environment variables that begin with ``GRIDMAP_``.

        Parameters
        ----------
        environment : mapping of str to str, optional
            The variables; those of this process when not given.

        Raises
        ------
        InvalidInput
            If ``GRIDMAP_JOBS`` is no whole number from 1.
        """
        variables = os.environ if environment is None else environment
        jobs = variables.get("GRIDMAP_JOBS", "").strip() or "1"
        if not (jobs.isascii() and jobs.isdigit() and int(jobs) > 0):
            raise InvalidInput(
                f"GRIDMAP_JOBS must be a whole number from 1; got {jobs!r}",
                f"环境变量 GRIDMAP_JOBS 应为不小于 1 的整数；得到 {jobs!r}。",
            )
        return cls(
            tianditu_key=variables.get("GRIDMAP_TIANDITU_KEY", "").strip(),
            jobs=int(jobs),
            database_url=variables.get("GRIDMAP_DATABASE_URL", "").strip(),
            data_folder=variables.get("GRIDMAP_DATA", "").strip(),
            actor=variables.get("GRIDMAP_ACTOR", "").strip() or _login_name(),
        )


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without an entry, as in some containers
        return f"uid {os.getuid()}"
