"""`gridmap db`: the database that keeps the plans; the embedded one is started here, a server's is only used."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridmap.model.text import Text
from gridmap.settings import Settings

if TYPE_CHECKING:
    from gridmap.cli.screen import Screen

db_app = typer.Typer(
    name="db",
    help="The database that keeps plans. 保存方案的数据库。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Lang = Annotated[str, typer.Option(metavar="zh|en", help="Language of what is written. 语言。")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors. 只显示错误。")]
BackupFile = Annotated[str, typer.Argument(metavar="FILE.gridmap-backup", help="The backup. 备份文件。")]


@db_app.command()
def start(lang: Lang = "zh", quiet: Quiet = False) -> None:
    """Start the embedded database; it is made where there is none. 启动内置数据库。"""
    from gridmap.cli.screen import Screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.storage.embedded.cluster import start_cluster  # noqa: PLC0415

    screen, settings = Screen(lang, quiet=quiet), Settings.from_environment()
    if _is_server(settings, screen, "启动", "started"):
        return
    folder = start_cluster(_folder(settings)).folder
    screen.say(Text(f"数据库已在运行：{folder}", f"the database runs: {folder}"))


@db_app.command()
def stop(lang: Lang = "zh", quiet: Quiet = False) -> None:
    """Stop the embedded database. 停止内置数据库。"""
    from gridmap.cli.screen import Screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.storage.embedded.cluster import stop_cluster  # noqa: PLC0415

    screen, settings = Screen(lang, quiet=quiet), Settings.from_environment()
    if _is_server(settings, screen, "停止", "stopped"):
        return
    folder = _folder(settings)
    if stop_cluster(folder):
        screen.say(Text(f"数据库已停止：{folder}", f"the database was stopped: {folder}"))
    else:
        screen.say(Text(f"数据库原本未运行：{folder}", f"the database was not running: {folder}"))


@db_app.command()
def status(lang: Lang = "zh", quiet: Quiet = False) -> None:
    """Tell whether the database runs, and where; exit code 1 when it does not. 数据库状态，未运行时退出码为 1。"""
    from gridmap.cli.screen import Screen  # noqa: PLC0415 loaded when a command runs

    screen, settings = Screen(lang, quiet=quiet), Settings.from_environment()
    is_running, rows = (_server_rows if settings.database_url else _cluster_rows)(settings, screen)
    screen.table("", (screen.words("项目", "what"), screen.words("内容", "value")), rows)
    if not is_running:
        raise typer.Exit(1)


@db_app.command()
def url(lang: Lang = "zh") -> None:
    """Print the address of the database, without its password. 显示数据库地址（不含密码）。"""
    from gridmap.cli.screen import Screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.storage.address import without_password  # noqa: PLC0415
    from gridmap.storage.embedded.cluster import Cluster  # noqa: PLC0415

    settings = Settings.from_environment()
    address = without_password(settings.database_url or Cluster(_folder(settings)).url)
    Screen(lang).say(Text(address, address))


@db_app.command()
def psql(
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[-- ARGS]", help="For psql, after two dashes. 传给 psql 的参数。")
    ] = None,
    lang: Lang = "zh",
) -> None:
    """Open the database in psql. 用 psql 打开数据库。"""
    from gridmap.cli.screen import Screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.storage.address import for_program  # noqa: PLC0415
    from gridmap.storage.embedded.programs import client_program, installed  # noqa: PLC0415

    Screen(lang)  # refuses another language
    program, _ = client_program("psql", installed())
    address, environment = for_program(_database(Settings.from_environment()))
    sys.stdout.flush()
    os.execvpe(program, [program, address, *(arguments or [])], environment)  # noqa: S606 a list, no shell


@db_app.command()
def backup(
    out: BackupFile,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists. 覆盖已有文件。")] = False,
    lang: Lang = "zh",
    quiet: Quiet = False,
) -> None:
    """Write all plans to one file, while others go on working. 备份全部数据。"""
    from gridmap.cli.screen import Screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.storage import backup as backups  # noqa: PLC0415

    screen = Screen(lang, quiet=quiet)
    manifest = backups.backup(_database(Settings.from_environment()), Path(out), force=force)
    n_rows = sum(t.rows for t in manifest.tables)
    size = _megabytes(Path(out).stat().st_size)
    screen.say(
        Text(
            f"已备份 {len(manifest.tables)} 张表、{n_rows} 行：{out}（{size}）",
            f"backed up {len(manifest.tables)} tables, {n_rows} rows: {out} ({size})",
        )
    )


@db_app.command()
def restore(source: BackupFile, lang: Lang = "zh", quiet: Quiet = False) -> None:
    """Bring a backup into a database that keeps no plans yet. 恢复备份。"""
    from gridmap.cli.screen import Screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.storage import backup as backups  # noqa: PLC0415
    from gridmap.storage.connect import connect  # noqa: PLC0415
    from gridmap.storage.upgrade import known_revisions, upgrade_database  # noqa: PLC0415

    screen = Screen(lang, quiet=quiet)
    address = _database(Settings.from_environment())
    manifest = backups.restore(address, Path(source), known_revisions=known_revisions())
    engine = connect(address)
    try:  # an older backup's tables are brought up to date, and rights are given, which a backup does not hold
        upgrade_database(engine)
    finally:
        engine.dispose()
    n_rows = sum(t.rows for t in manifest.tables)
    screen.say(
        Text(
            f"已恢复 {manifest.created} 的备份：{len(manifest.tables)} 张表、{n_rows} 行，逐表核对无误。",
            f"restored the backup of {manifest.created}: {len(manifest.tables)} tables, {n_rows} rows, each compared.",
        )
    )


@db_app.command()
def upgrade(
    to: Annotated[
        str, typer.Option(metavar="STEP", help="A step, older ones too; base takes all away. 目标结构步号。")
    ] = "",
    lang: Lang = "zh",
    quiet: Quiet = False,
) -> None:
    """Bring the tables up to this gridmap; safe to repeat. 升级数据库结构。"""
    from gridmap.cli.screen import Screen  # noqa: PLC0415 loaded when a command runs
    from gridmap.storage.connect import connect  # noqa: PLC0415
    from gridmap.storage.rights import MAKE_ROLES, has_roles  # noqa: PLC0415
    from gridmap.storage.upgrade import upgrade_database  # noqa: PLC0415

    screen = Screen(lang, quiet=quiet)
    engine = connect(_database(Settings.from_environment()))
    try:
        before, after = upgrade_database(engine, to)
        roles = after is None or has_roles(engine)
    finally:
        engine.dispose()
    none = screen.words("无", "none")
    if before == after:
        screen.say(
            Text(
                f"数据库结构已是第 {after or none} 步，无需改动。", f"the database is at step {after or none} already."
            )
        )
    else:
        screen.say(
            Text(
                f"数据库结构：第 {before or none} 步 → 第 {after or none} 步。",
                f"the database went from step {before or none} to {after or none}.",
            )
        )
    if not roles:
        screen.say(
            Text(
                f"当前用户无权建立角色；请管理员执行以下语句后，再运行一次 gridmap db upgrade：{MAKE_ROLES}",
                "this user may not make roles; let an administrator run this, then gridmap db upgrade again: "
                f"{MAKE_ROLES}",
            )
        )


def _folder(settings: Settings) -> Path:
    from gridmap.storage.embedded.cluster import default_folder  # noqa: PLC0415

    return Path(settings.data_folder) if settings.data_folder else default_folder()


def _database(settings: Settings) -> str:
    """Address of the database; the embedded one runs afterwards."""
    from gridmap.storage.embedded.cluster import start_cluster  # noqa: PLC0415

    return settings.database_url or start_cluster(_folder(settings)).url


def _is_server(settings: Settings, screen: Screen, verb_zh: str, verb: str) -> bool:
    """Whether another server is used, which is said."""
    if settings.database_url:
        screen.say(
            Text(
                f"GRIDMAP_DATABASE_URL 指向服务器上的数据库，不由 gridmap {verb_zh}。",
                f"GRIDMAP_DATABASE_URL names the database of a server, which is not {verb} by gridmap.",
            )
        )
    return bool(settings.database_url)


def _cluster_rows(settings: Settings, screen: Screen) -> tuple[bool, list[tuple[str, object]]]:
    from gridmap.storage.embedded.cluster import cluster_status  # noqa: PLC0415

    found = cluster_status(_folder(settings))
    state = (
        ("在运行", "runs")
        if found.is_running
        else ("未运行", "stopped")
        if found.exists
        else ("未建立", "not made yet")
    )
    rows: list[tuple[str, object]] = [
        (screen.words("状态", "state"), screen.words(*state)),
        (screen.words("数据", "data"), found.data),
        (screen.words("套接字", "socket"), found.socket_folder),
        (screen.words("日志", "log"), found.log),
    ]
    if found.exists:
        rows.append(("PostgreSQL", found.version))
        rows.append((screen.words("大小", "size"), _megabytes(found.size_bytes)))
    if found.is_running:
        rows.append((screen.words("进程", "process"), found.pid))
    return found.is_running, rows


def _server_rows(settings: Settings, screen: Screen) -> tuple[bool, list[tuple[str, object]]]:
    from sqlalchemy import text  # noqa: PLC0415

    from gridmap.errors import StoreError  # noqa: PLC0415
    from gridmap.storage.address import without_password  # noqa: PLC0415
    from gridmap.storage.connect import connect  # noqa: PLC0415
    from gridmap.storage.refusals import translated  # noqa: PLC0415

    rows: list[tuple[str, object]] = [
        (screen.words("地址", "address"), without_password(settings.database_url)),
    ]
    engine = connect(settings.database_url, pool_size=1)
    try:
        with translated(), engine.connect() as connection:
            version = connection.execute(text("SHOW server_version")).scalar_one()
    except StoreError as error:
        said = error.zh if screen.lang == "zh" else str(error)
        return False, [(screen.words("状态", "state"), said), *rows]
    finally:
        engine.dispose()
    return True, [(screen.words("状态", "state"), screen.words("在运行", "runs")), *rows, ("PostgreSQL", version)]


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.1f} MB"
