"""The folders of a cluster: made with the right owner, and refused where a server could not or should not live."""

from __future__ import annotations

import pwd
import stat
from pathlib import Path

from gridmap.errors import StoreError
from gridmap.storage.embedded.owner import Owner


def make_folder(folder: Path, owner: Owner) -> None:
    """Make the folder of a cluster if it is absent, and see that the owner can live in it.

    Raises
    ------
    StoreError
        If it cannot be made, is no folder, belongs to somebody else, or if the owner cannot enter it.
    """
    try:
        if not folder.exists():
            folder.mkdir(parents=True, mode=0o700)
            if not owner.is_this_process:
                folder.chmod(0o755)  # the server's user passes through it; what is inside is closed
    except OSError as error:
        raise cannot_write(folder, error) from error
    if not folder.is_dir():
        raise StoreError(
            f"{folder}: this is a file; GRIDMAP_DATA must name a folder",
            f"{folder}：这是文件；GRIDMAP_DATA 应为文件夹。",
        )
    _check_owner(folder, {0, owner.uid})
    if not owner.is_this_process:
        _check_way(folder, owner)


def cannot_write(path: Path, error: OSError) -> StoreError:
    """The error for a folder in which the system lets nothing be made."""
    return StoreError(
        f"{path}: cannot be written ({error.strerror}); look at its permissions and at the free space, "
        "or name another folder with GRIDMAP_DATA",
        f"{path}：无法写入（{error.strerror}）；请检查权限和剩余空间，或用 GRIDMAP_DATA 另指定文件夹。",
    )


def _check_owner(path: Path, uids: set[int]) -> None:
    try:
        uid = path.lstat().st_uid
    except OSError as error:
        raise cannot_write(path, error) from error
    if uid in uids:
        return
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = f"uid {uid}"
    raise StoreError(
        f"{path}: belongs to {name}; work as that user, name another folder with GRIDMAP_DATA, "
        "or use the database of a server with GRIDMAP_DATABASE_URL",
        f"{path}：属于用户 {name}；请以该用户运行，或用 GRIDMAP_DATA 另指定文件夹，"
        "或用 GRIDMAP_DATABASE_URL 连接服务器上的数据库。",
    )


def _check_way(folder: Path, owner: Owner) -> None:
    """Whether the owner can walk to the folder; asked of the system, as access lists also count."""
    if owner.run(["test", "-x", str(folder)]).returncode == 0:
        return
    for step in [*reversed(folder.parents), folder]:
        if owner.run(["test", "-x", str(step)]).returncode:
            raise StoreError(
                f"{folder}: the user {owner.name}, as whom root runs the server, cannot enter {step}; "
                f"allow it with `chmod o+x {step}`, or name another folder with GRIDMAP_DATA",
                f"{folder}：root 以用户 {owner.name} 运行数据库，而该用户无法进入 {step}；"
                f"请执行 chmod o+x {step}，或用 GRIDMAP_DATA 另指定文件夹。",
            )


def make_private(path: Path, owner: Owner) -> None:
    """Make a folder that only the owner can enter, or see that the one that is there is such a folder.

    Raises
    ------
    StoreError
        If it cannot be made, or if it is a link, belongs to somebody else or is open to others.
    """
    try:
        path.mkdir(mode=0o700)
        owner.take(path)
    except FileExistsError:
        check_private(path, owner)
    except OSError as error:
        raise cannot_write(path.parent, error) from error


def check_private(path: Path, owner: Owner) -> None:
    """See that a folder, if it is there, is the owner's and closed to others.

    Raises
    ------
    StoreError
        If it is a link or no folder, belongs to somebody else, or is open to others.
    """
    try:
        found = path.lstat()
    except OSError:  # not there, or not to be reached: what follows says so
        return
    _check_owner(path, {owner.uid})
    if not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077:
        raise StoreError(
            f"{path}: must be a folder that only {owner.name} can enter; remove it, or close it with `chmod 700`",
            f"{path}：应为仅用户 {owner.name} 可进入的文件夹；请删除它，或执行 chmod 700。",
        )


def data_version(data: Path, owner: Owner) -> int | None:
    """Major version of PostgreSQL that made a data folder; None where there is none, or an empty folder.

    Raises
    ------
    StoreError
        If it belongs to somebody else, or holds something other than a PostgreSQL cluster.
    """
    try:
        if not data.is_symlink() and (not data.exists() or (data.is_dir() and not any(data.iterdir()))):
            return None
        is_cluster = (data / "PG_VERSION").is_file() and (data / "global" / "pg_control").is_file()
        text = (data / "PG_VERSION").read_text("ascii", "replace").strip() if is_cluster else ""
    except OSError as error:
        if not isinstance(error, NotADirectoryError):
            _check_owner(data, {owner.uid})
        raise cannot_write(data, error) from error
    if not text.isdigit():
        raise StoreError(
            f"{data}: holds files, but no PostgreSQL cluster; move them away, or name another folder with GRIDMAP_DATA",
            f"{data}：已有文件，但不是 PostgreSQL 数据文件夹；请移走这些文件，或用 GRIDMAP_DATA 另指定文件夹。",
        )
    _check_owner(data, {owner.uid})
    return int(text)
