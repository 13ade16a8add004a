"""The file of a backup: a plain tar with a manifest, the dump and the checksums of both.

Whoever has no gridmap can open it: ``tar -xf FILE``, ``sha256sum -c SHA256SUMS``, ``pg_restore gridmap.dump``.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO

from gridmap.errors import StoreError

#: Raised when an older gridmap could no longer read the file.
FORMAT = 1

_MANIFEST, _DUMP, _SUMS = "manifest.json", "gridmap.dump", "SHA256SUMS"
#: Bytes; more is no manifest of ours.
_LARGEST_TEXT = 16_000_000
_BLOCK = 1 << 20


@dataclass(frozen=True)
class TableSum:
    """What a table held when the backup was made.

    Attributes
    ----------
    name : str
        Table in the schema ``gridmap``.
    rows : int
        How many.
    checksum : str
        Of their content, whatever their order: the sum of 60 bits of each row's MD5.
    """

    name: str
    rows: int
    checksum: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    Attributes
    ----------
    format : int
        Version of the file format.
    created : str
        When the snapshot was taken, ISO 8601 in UTC.
    gridmap, server, postgis : str
        Versions of what wrote it.
    dump_version : int
        Major version of the ``pg_dump`` that wrote the dump.
    revision : str
        Revision of the tables (Alembic).
    tables : tuple of TableSum
        Ordered by name.
    dump_bytes : int
        Length of the dump.
    dump_sha256 : str
        Its checksum.
    """

    format: int
    created: str
    gridmap: str
    server: str
    postgis: str
    dump_version: int
    revision: str
    tables: tuple[TableSum, ...]
    dump_bytes: int = 0
    dump_sha256: str = ""


def write_archive(target: Path, dump: Path, manifest: Manifest) -> Manifest:
    """Write a backup, readable by this user alone; the manifest with the dump's checksum is given back.

    Parameters
    ----------
    target : Path
        A file that does not exist.
    dump : Path
        What ``pg_dump`` wrote in its own format.
    manifest : Manifest
        The rest.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with dump.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
        whole = replace(manifest, dump_bytes=dump.stat().st_size, dump_sha256=digest)
        text = json.dumps(asdict(whole), ensure_ascii=False, indent=1).encode()
        sums = _sums(text, digest)
        content.seek(0)
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
                when = datetime.fromisoformat(whole.created).timestamp()
                for name, size, source in (
                    (_MANIFEST, len(text), io.BytesIO(text)),
                    (_DUMP, whole.dump_bytes, content),
                    (_SUMS, len(sums), io.BytesIO(sums)),
                ):
                    entry = tarfile.TarInfo(name)
                    entry.size, entry.mode, entry.mtime = size, 0o600, int(when)
                    tar.addfile(entry, source)
            out.flush()
            os.fsync(out.fileno())
    return whole


def read_archive(path: Path, dump: Path | None = None) -> Manifest:
    """Check a backup from its first byte to its last.

    Parameters
    ----------
    path : Path
        The backup.
    dump : Path, optional
        Where its dump is to be unpacked.

    Returns
    -------
    Manifest
        What it holds.

    Raises
    ------
    StoreError
        If it is missing, no backup, cut, damaged, or of a newer format; or if the dump cannot be unpacked.
    """
    try:
        source = path.open("rb")
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be opened ({error.strerror}); give the file that `gridmap db backup` wrote",
            f"{path}：无法打开（{error.strerror}）；请给出 gridmap db backup 生成的文件。",
        ) from error
    with source, _tar(path, source) as tar:
        text = _member(path, tar, _MANIFEST).read(_LARGEST_TEXT)
        manifest = _manifest(path, text)
        digest = _unpack(path, _member(path, tar, _DUMP), dump)
        sums = _member(path, tar, _SUMS).read(_LARGEST_TEXT)
    if sums != _sums(text, digest) or digest != manifest.dump_sha256:
        raise _damaged(path)
    return manifest


def _sums(manifest: bytes, dump_sha256: str) -> bytes:
    """As ``sha256sum`` writes it."""
    return f"{hashlib.sha256(manifest).hexdigest()}  {_MANIFEST}\n{dump_sha256}  {_DUMP}\n".encode()


@contextmanager
def _tar(path: Path, source: IO[bytes]) -> Iterator[tarfile.TarFile]:
    is_tar = False
    try:
        with tarfile.open(fileobj=source, mode="r:") as tar:
            is_tar = True
            yield tar
    except (tarfile.TarError, EOFError):
        raise _damaged(path) if is_tar else _no_backup(path) from None


def _member(path: Path, tar: tarfile.TarFile, name: str) -> IO[bytes]:
    """The next file of the archive, which must be this one."""
    entry = tar.next()
    if entry is None or entry.name != name or not entry.isreg():
        raise _no_backup(path) if name == _MANIFEST else _damaged(path)
    content = tar.extractfile(entry)
    assert content is not None
    return content


def _manifest(path: Path, text: bytes) -> Manifest:
    try:
        fields = json.loads(text)
        number = int(fields["format"])
        if number <= FORMAT:
            tables = tuple(TableSum(**t) for t in fields.pop("tables"))
            return Manifest(tables=tables, **fields)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _damaged(path) from None
    raise StoreError(
        f"{path}: was written by a newer gridmap (format {number}, this one reads {FORMAT}); update gridmap first",
        f"{path}：由更新版本的 gridmap 写出（格式 {number}，本版本可读 {FORMAT}）；请先升级 gridmap。",
    )


def _unpack(path: Path, content: IO[bytes], dump: Path | None) -> str:
    """SHA-256 of the dump, which is written to `dump` meanwhile."""
    digest = hashlib.sha256()
    try:
        with Path(os.devnull if dump is None else dump).open("wb") as out:
            while block := content.read(_BLOCK):
                digest.update(block)
                out.write(block)
    except tarfile.TarError:
        raise
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be unpacked to {dump} ({error.strerror}); make room, or name another folder with TMPDIR",
            f"{path}：无法解开到 {dump}（{error.strerror}）；请腾出空间，或用 TMPDIR 另指定文件夹。",
        ) from error
    return digest.hexdigest()


def _no_backup(path: Path) -> StoreError:
    return StoreError(
        f"{path}: is no backup of gridmap; give the file that `gridmap db backup` wrote",
        f"{path}：不是 gridmap 的备份文件；请给出 gridmap db backup 生成的文件。",
    )


def _damaged(path: Path) -> StoreError:
    return StoreError(
        f"{path}: is damaged or cut short, its checksums do not agree; nothing was restored, take another copy",
        f"{path}：已损坏或不完整，校验和不符；未作任何恢复，请使用另一份备份。",
    )
