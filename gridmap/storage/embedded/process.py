"""Which server process runs on a data folder, told apart from what a crash or a reboot left there."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from gridmap.errors import StoreError
from gridmap.storage.embedded.owner import Owner

#: Prints the processes that run a program of PostgreSQL inside the folder $1. Run as the owner: the system shows the
#: folder of a process to nobody else, in a container not even to root.
_IN_FOLDER = """
for process in /proc/[0-9]*; do
  [ "$process/cwd" -ef "$1" ] || continue
  case $(readlink "$process/exe") in */postgres|*/"postgres (deleted)") echo "${process#/proc/}" ;; esac
done
"""


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes
    ----------
    pid : int
        Its first process.
    socket_folder : str
        Where it listens; "" as long as it has not said so.
    is_ready : bool
        Whether it says that it accepts connections; neither while it starts nor while it stops.
    """

    pid: int
    socket_folder: str
    is_ready: bool


def running_server(data: Path, owner: Owner) -> Server | None:
    """The server that runs on a data folder, one that is just starting or stopping included."""
    noted = _noted(data)
    if not noted or noted[0] not in _processes(data, owner):
        return None
    folder = noted[4] if len(noted) > 4 else ""
    return Server(int(noted[0]), folder, is_ready=len(noted) > 7 and noted[7].strip() == "ready")


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not yet collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in ("Z", "X")


def clear_remains(data: Path, socket_folder: Path, owner: Owner, patience: float = 20.0) -> None:
    """Take away what a server that was killed left, so that the next one can start.

    PostgreSQL refuses to start while the process that is noted in ``postmaster.pid`` lives. After a
    reboot this may be any other program. The note is removed only if no process of PostgreSQL is in
    the data folder; the note of a dead process stays, PostgreSQL itself knows what to do with it.

    Parameters
    ----------
    data, socket_folder : Path
        Of a cluster of which no server runs.
    owner : Owner
        Whose it is.
    patience : float
        Seconds in which the last processes of a killed server may end.

    Raises
    ------
    StoreError
        If processes of PostgreSQL still work in the data folder.
    """
    deadline = time.monotonic() + patience
    while left := _processes(data, owner):
        if time.monotonic() > deadline:
            listed = ", ".join(left)
            raise StoreError(
                f"{data}: processes of PostgreSQL that gridmap did not start work in it ({listed}); end them first",
                f"{data}：有不是 gridmap 启动的 PostgreSQL 进程正在使用（{listed}），请先结束这些进程。",
            )
        time.sleep(0.1)
    noted = _noted(data)
    if noted and Path("/proc", noted[0]).exists():
        (data / "postmaster.pid").unlink(missing_ok=True)
    for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
        (socket_folder / name).unlink(missing_ok=True)


def _noted(data: Path) -> list[str]:
    """Lines of ``postmaster.pid``: process, data, time, port, socket folder, network, memory, state; or none."""
    try:
        lines = (data / "postmaster.pid").read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []
    return lines if lines and lines[0].strip().isdigit() else []


def _processes(data: Path, owner: Owner) -> list[str]:
    return owner.run(["/bin/sh", "-c", _IN_FOLDER, "sh", str(data)]).stdout.split()
