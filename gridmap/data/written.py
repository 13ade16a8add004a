"""Files are written whole or not at all."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyogrio.errors

from gridmap.errors import OutputError

_SIDE_FILES = ("-journal", "-wal", "-shm")


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """A temporary name in the folder of `path`, which takes its place when the block ends well.

    The temporary file keeps the suffix of `path`, because drivers choose the format by it. When the
    block is left by an exception, Ctrl-C included, the temporary file is removed and an older file at
    `path` stays as it was.

    Raises
    ------
    OutputError
        If the folder does not exist or cannot be written to, if `path` is a folder, or if the system
        refuses to write (disk full, file open elsewhere).
    """
    target = Path(path)
    temporary = _temporary(target)
    try:
        yield temporary
        temporary.replace(target)
    except (OSError, sqlite3.Error, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise OutputError(
            f"{target}: could not be written ({error}); nothing was changed",
            f"{target}：无法写入（{error}）；原有文件未改动。",
        ) from error
    finally:
        for side in ("", *_SIDE_FILES):
            Path(f"{temporary}{side}").unlink(missing_ok=True)


def check_writable(path: str | Path) -> None:
    """Refuse a path that could not be written, before long work begins; nothing is left there.

    Raises
    ------
    OutputError
        As :func:`written_whole`.
    """
    _temporary(Path(path))


def _temporary(target: Path) -> Path:
    """A free name in the folder of `target`, after it was tried."""
    if not target.parent.is_dir():
        raise OutputError(
            f"{target}: the folder {str(target.parent)!r} does not exist; make it first",
            f"{target}：文件夹「{target.parent}」不存在，请先建立。",
        )
    if target.is_dir():
        raise OutputError(
            f"{target}: this is a folder; give the name of a file", f"{target}：这是文件夹，请给出文件名。"
        )
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
    except OSError as error:
        raise OutputError(
            f"{target}: the folder cannot be written to ({error.strerror}); choose another",
            f"{target}：文件夹不可写（{error.strerror}），请另选一处。",
        ) from error
    os.close(handle)
    temporary = Path(name)
    temporary.unlink()  # drivers want to make the file themselves
    return temporary
