"""Whose the server is: PostgreSQL refuses to run as root, so root hands it to the user ``postgres``."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gridmap.errors import MissingProgram, StoreError
from gridmap.storage.embedded.programs import how_to_install, how_to_install_zh

#: The least that the programs of PostgreSQL need; PG* variables of the caller must not reach them.
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}


@dataclass(frozen=True)
class Owner:
    """The user of this machine to whom a cluster belongs.

    Attributes
    ----------
    name : str
        Login name.
    uid, gid : int
        Numbers of the user and of its group.
    """

    name: str
    uid: int
    gid: int

    @property
    def is_this_process(self) -> bool:
        """Whether this process runs as the owner; otherwise it is root."""
        return self.uid == os.geteuid()

    def take(self, path: Path) -> None:
        """Give a folder that this process has just made to the owner; a link is not followed."""
        if not self.is_this_process:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def run(self, command: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program as the owner, in a session of its own, and wait for it.

        Root writes nothing itself into folders of the owner: a link that lay there would be followed
        with the rights of root.

        Parameters
        ----------
        command : sequence of str
            Program and arguments.
        text : str
            What the program reads.
        """
        other = not self.is_this_process
        return subprocess.run(  # noqa: S603 a list, no shell; programs found by programs.py
            command,
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            cwd="/",  # the folder of the caller may be closed to the owner
            env=_ENVIRONMENT,
            start_new_session=True,
            user=self.uid if other else None,
            group=self.gid if other else None,
            extra_groups=[] if other else None,
        )

    def write(self, path: Path, text: str, *, append: bool = False) -> None:
        """Write a file as the owner, readable by the owner alone.

        Raises
        ------
        StoreError
            If it cannot be written.
        """
        script = f'umask 077; cat >{">" if append else ""}"$1"'
        done = self.run(["/bin/sh", "-c", script, "sh", str(path)], text)
        if done.returncode:
            said = done.stderr.strip()
            raise StoreError(
                f"{path}: cannot be written by {self.name} ({said}); look at its permissions and at the free space",
                f"{path}：用户 {self.name} 无法写入（{said}）；请检查权限和剩余空间。",
            )


def server_owner() -> Owner:
    """This user; for root the user ``postgres``, whom the Debian package makes.

    Raises
    ------
    MissingProgram
        If root calls and there is no user ``postgres``.
    StoreError
        If the user of this process has no name on this machine.
    """
    uid = os.geteuid()
    if uid == 0:
        try:
            entry = pwd.getpwnam("postgres")
        except KeyError:
            raise MissingProgram(
                f"PostgreSQL does not run as root, and there is no user 'postgres'; {how_to_install()}",
                f"PostgreSQL 不能以 root 运行，而本机没有用户 postgres；{how_to_install_zh()}",
            ) from None
    else:
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            raise StoreError(
                f"user id {uid} has no name on this machine, which PostgreSQL asks for; add it to /etc/passwd",
                f"本机没有用户编号 {uid} 的登录名，PostgreSQL 无法使用；请在 /etc/passwd 中登记该用户。",
            ) from None
    return Owner(entry.pw_name, entry.pw_uid, entry.pw_gid)
