"""What `gridmap store` takes in and hands out: files, maps, QGIS projects, new surveys."""

from __future__ import annotations

from itertools import chain, count
from pathlib import Path

from gridmap.cli.issue_heat import half_year_shown
from gridmap.cli.kept import Asked, kept, note_names
from gridmap.cli.outputs import check_outputs, write_map
from gridmap.cli.reading import Reading, read_town
from gridmap.cli.screen import Screen
from gridmap.cli.stored import opened, say_saved
from gridmap.data.plan_file import read_plan
from gridmap.data.plan_tables import layer_names, read_about
from gridmap.errors import InvalidInput
from gridmap.model.text import Text
from gridmap.storage import entries, resurvey, save
from gridmap.storage.exchange import export, intake
from gridmap.storage.exchange.qgis import write_qgis_project
from gridmap.storage.plans import load_plan
from gridmap.storage.verdict import judge_stored


def take_in(
    source: str, name: str | None, town: str | None, into: str | None, base: int | None, message: str, screen: Screen
) -> None:
    """Store a plan file as a new plan, or what was edited as moves on its plan.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    if name is not None and into is not None:
        raise InvalidInput(
            "--name stores a new plan, --into saves onto one that is there; give one of them",
            "--name 用于新建方案，--into 用于存入已有方案；请只给出其中一个。",
        )
    with screen.progress() as steps, opened() as store:
        steps.stage("read")
        if into is None and (name is not None or not _is_export(source)):
            entry = intake.store_file(store, source, name or Path(source).stem, town_name=town, message=message)
            screen.say(
                Text(
                    f"已存入方案「{entry.name}」（{entry.town}），第 1 版。",
                    f"stored as plan {entry.name} ({entry.town}), version 1.",
                )
            )
            return
        edited = intake.read_edited(store, source, into=into, base=base)
        for note in edited.notes:
            screen.err.print(f"! {note.in_language(screen.lang)}", markup=False, soft_wrap=True)
        saved = save.save_moves(
            store, edited.entry.id, edited.base, edited.moves, locked=edited.locked, message=message
        )
    say_saved(screen, edited.entry.name, saved)


def keep_file(source: str, name: str, screen: Screen) -> str:
    """Store a plan file under a name, or under the next one that is free; a plan that is stored already stays.

    Returns
    -------
    str
        The name that it has.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    fingerprint = read_plan(source).plan.fingerprint
    names = chain([name], (f"{name} {i}" for i in count(2)))
    with opened() as store:
        known = {e.name: e.id for e in entries.list_plans(store)}
        for free in names:
            if free not in known:
                break
            if load_plan(store, known[free]).plan.fingerprint == fingerprint:
                return free
        entry = intake.store_file(store, source, free)
    screen.say(
        Text(
            f"已存入数据库：方案「{entry.name}」（{entry.town}）。",
            f"stored in the database: plan {entry.name} ({entry.town}).",
        )
    )
    return entry.name


def _is_export(source: str) -> bool:
    """Whether a file was exported from a database: what is no GeoPackage can only be that."""
    path = Path(source)
    if path.suffix.lower() != ".gpkg":
        return True
    return "plan_id" in read_about(path, layer_names(path))


def hand_out(plan: str, version: int | None, out: str, layer: str, screen: Screen, *, force: bool) -> None:
    """Write a version of a plan to a file.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    ending = Path(out).suffix.lower()
    check_outputs({out: ending}, (), force=force)
    if layer != "units" and ending in (".gpkg", ".csv"):
        raise InvalidInput(
            f"--layer is for files of one layer: a {ending} holds {'every layer' if ending == '.gpkg' else 'units'}",
            f"--layer 仅用于单图层格式：{ending} 含{'全部图层' if ending == '.gpkg' else '单元表'}。",
        )
    with screen.progress() as steps, opened() as store:
        steps.stage("write")
        notes = export.export_plan(store, plan, out, version=version, layer=layer, lang=screen.lang)
    for note in notes:
        screen.err.print(f"! {note.in_language(screen.lang)}", markup=False, soft_wrap=True)
    screen.say(Text(f"已写出 {out}", f"written: {out}"))


def draw_map(
    plan: str,
    version: int | None,
    out: str,
    tiles: str | None,
    title: str | None,
    screen: Screen,
    *,
    profile: str,
    day: str | None,
    force: bool,
) -> None:
    """Draw a version of a plan, with what is recorded of its grids.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_outputs({out: ".html"}, (), force=force)
    with screen.progress() as steps:
        steps.stage("read")
        with kept(Asked(plan, version, day)) as at:
            stored = at.stored
            steps.stage("check")
            report = judge_stored(at.store, plan, version, keep=False)
            issues = half_year_shown(at)
        note_names(at, screen)
        steps.stage("map")
        meta = {"plan": f"{stored.entry.name} v{stored.version}", "seed": stored.meta.get("seed", "")}
        write_map(
            stored.town,
            stored.plan,
            report,
            stored.rules,
            out,
            screen.lang,
            meta,
            tiles=tiles,
            title=title,
            profile=profile,
            records=at.records,
            day=at.day,
            issues=issues,
        )
    screen.say(Text(f"已写出 {out}", f"written: {out}"))


def write_project(plan: str | None, out: str, screen: Screen, *, force: bool) -> None:
    """Write a QGIS project.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_outputs({out: ".qgs"}, (), force=force)
    with opened() as store:
        write_qgis_project(store, out, plan=plan, url=str(store.engine.url), lang=screen.lang)
    screen.say(Text(f"已写出 {out}", f"written: {out}"))


def migrate(plan: str, version: int | None, reading: Reading, name: str, screen: Screen) -> None:
    """Make a plan of a new survey out of a plan.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with screen.progress() as steps, opened() as store:
        rules = load_plan(store, plan, version).rules
        town = read_town(reading, rules, screen, steps)
        steps.stage("check")
        done = resurvey.migrate_plan(store, plan, town, name, version=version)
    message = f"message_{screen.lang}"
    if len(done.off_size):
        rows = [(r["grid_code"], r[message]) for _, r in done.off_size.iterrows()]
        screen.table(
            screen.words("规模不符的网格", "grids off size"), screen.words("网格,说明", "grid,what").split(","), rows
        )
    for label, listed in (
        (screen.words("未落入任何网格的单元", "units in no grid"), done.unassigned),
        (screen.words("没有单元的原网格", "old grids without units"), done.gone),
    ):
        if listed:
            shown = ", ".join(listed[:20]) + (f" … ({len(listed)})" if len(listed) > 20 else "")
            screen.out.print(f"{label}: {shown}", markup=False)
    screen.say(
        Text(
            f"方案「{name}」已建立：未归网格的单元 {len(done.unassigned)} 个，规模不符的网格 {len(done.off_size)} 个，"
            f"跨界单元 {done.n_cut} 个（按较大部分归属）。",
            f"plan {name}: {len(done.unassigned)} units in no grid, {len(done.off_size)} grids off size, "
            f"{done.n_cut} units across a border (each went with its larger part).",
        )
    )
