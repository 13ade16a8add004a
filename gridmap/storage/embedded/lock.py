"""Of several processes that would make, start or stop the same cluster at once, one does."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridmap.errors import StoreError
from gridmap.storage.embedded.folders import cannot_write

#: Seconds.
_WAIT = 120.0


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time in this folder; the system frees the lock when its holder ends, however it ends.

    Raises
    ------
    StoreError
        If the folder cannot be written, or another process holds the lock for two minutes.
    """
    path = folder / "lock"
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        deadline = time.monotonic() + _WAIT
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise StoreError(
                        f"{folder}: another process has been starting or stopping the database "
                        f"for {_WAIT:.0f} s; end it or wait",
                        f"{folder}：另一进程启动或停止数据库已超过 {_WAIT:.0f} 秒；请结束该进程或稍候。",
                    ) from None
                time.sleep(0.05)
        yield
    finally:
        os.close(handle)
