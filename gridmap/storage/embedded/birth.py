"""A new cluster: made under another name and then renamed, so that no half-made one is ever found."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from gridmap.errors import StoreError
from gridmap.storage.embedded.folders import cannot_write
from gridmap.storage.embedded.owner import Owner
from gridmap.storage.embedded.programs import Programs

#: The role that owns everything.
ROLE = "gridmap"

_PREFIX = "postgres.new-"

#: For a small server or an office computer with two cores; written once, then they belong to whoever runs it.
_SETTINGS = """
# --- gridmap -------------------------------------------------------------------------------------
# Where the server listens is given when it is started and cannot be changed here.
max_connections = 60
shared_buffers = 256MB
effective_cache_size = 1GB
maintenance_work_mem = 128MB
work_mem = 16MB
random_page_cost = 1.1
jit = off
timezone = 'Asia/Shanghai'
log_timezone = 'Asia/Shanghai'
logging_collector = on
log_directory = '../log'
log_filename = 'postgres-%Y%m%d-%H%M%S.log'
log_rotation_age = 7d
log_rotation_size = 10MB
log_line_prefix = '%m [%p] %u@%d '
log_lock_waits = on
# Statements and the details of errors hold people's data; the log does not repeat them.
log_min_error_statement = panic
log_error_verbosity = terse
"""

_ACCESS = """# Who may connect: users of this machine that pg_ident.conf names, by the socket; nobody by a network.
local   all          all        peer map=gridmap
local   replication  all        peer map=gridmap
host    all          all   all  reject
"""


def make_data(data: Path, programs: Programs, owner: Owner) -> None:
    """Make a data folder.

    Call it under the lock of the cluster: what an interrupted call has left beside it is removed.

    Parameters
    ----------
    data : Path
        Where it will be; nothing or an empty folder is there.
    programs : Programs
        With what it is made.
    owner : Owner
        Whose it will be.

    Raises
    ------
    StoreError
        If ``initdb`` fails or the folder cannot be written.
    """
    fresh = None
    try:
        for left in data.parent.glob(f"{_PREFIX}*"):
            _remove(left)
        fresh = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=data.parent))
        owner.take(fresh)
        _fill(fresh, programs, owner)
        fresh.replace(data)
        _sync(data.parent)
    except OSError as error:
        raise cannot_write(data.parent, error) from error
    finally:
        if fresh is not None:
            shutil.rmtree(fresh, ignore_errors=True)


def _remove(left: Path, attempts: int = 50) -> None:
    """Remove what is left of an interrupted start, whose ``initdb`` may still be writing and ends for want of it."""
    for _ in range(attempts):
        shutil.rmtree(left, ignore_errors=True)
        if not left.exists():
            return
        time.sleep(0.1)


def _fill(fresh: Path, programs: Programs, owner: Owner) -> None:
    done = owner.run(
        [
            programs.path("initdb"),
            f"--pgdata={fresh}",
            f"--username={ROLE}",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
            "--auth=peer",
            "--no-instructions",
        ]
    )
    if done.returncode:
        said = " ".join(done.stderr.split())[-500:]
        raise StoreError(
            f"{fresh.parent}: the database could not be made; initdb says: {said}",
            f"{fresh.parent}：无法建立数据库；initdb 的提示：{said}",
        )
    users = [owner.name] if owner.is_this_process else [owner.name, "root"]
    idents = "".join(f'gridmap  "{name}"  {ROLE}\n' for name in users)
    owner.write(fresh / "postgresql.conf", _SETTINGS, append=True)
    owner.write(fresh / "pg_hba.conf", _ACCESS)
    owner.write(fresh / "pg_ident.conf", "# Which user of this machine may connect as which role.\n" + idents)


def _sync(folder: Path) -> None:
    """Make a renaming last through a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
