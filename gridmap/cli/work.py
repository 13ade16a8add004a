"""What the commands do: read, plan, judge, write, and say what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import geopandas as gpd
import pandas as pd

import gridmap
from gridmap.cells.town import build_town
from gridmap.check import check_plan
from gridmap.check.polygons import judge_polygons
from gridmap.cli.headline import print_headline
from gridmap.cli.screen import Screen, Steps
from gridmap.data.faults import Validation
from gridmap.data.plan_file import PlanFile, read_plan, write_plan
from gridmap.data.survey import read_survey
from gridmap.data.vector import list_layers, read_layer, split_source, write_layers
from gridmap.data.written import check_writable, written_whole
from gridmap.errors import InvalidInput, OutputError
from gridmap.flow import Planned, plan_town
from gridmap.jobs.run import run_areas
from gridmap.measure.connect import build_graph
from gridmap.model.plan import Plan
from gridmap.model.report import Report
from gridmap.model.rules import Rules, load_rules
from gridmap.model.text import Language, Text
from gridmap.model.town import Town
from gridmap.reports.ledger import write_ledger
from gridmap.reports.report_file import write_report
from gridmap.settings import Settings

#: The sample town lies beside the package in a checkout.
_SAMPLE = Path(gridmap.__file__).resolve().parent.parent / "geodata" / "shanyang.gpkg"


@dataclass(frozen=True)
class Reading:
    """What to read and how; the fields are the options of ``read_survey``."""

    source: str
    layer: str | None = None
    jurisdictions: str | None = None
    barriers: str | None = None
    premises: str | None = None
    ledger: str | None = None
    kind: str = "auto"
    columns: Mapping[str, str] = field(default_factory=dict)
    crs: str | None = None
    datum: str | None = None
    encoding: str | None = None
    strict: bool = False


@dataclass(frozen=True)
class Planning:
    """How to divide."""

    rules: str | None = None
    bridge_m: float = 0.0
    existing: str | None = None
    locked: tuple[str, ...] = ()
    seed: int = 0
    jobs: int | None = None


@dataclass(frozen=True)
class Outputs:
    """Where the results go."""

    plan: str
    report: str | None = None
    map: str | None = None
    ledger: str | None = None
    force: bool = False


def plan(reading: Reading, planning: Planning, outputs: Outputs, screen: Screen) -> None:
    """Read, divide, judge, write; nothing is written before everything is known to be writable.

    Raises
    ------
    GridmapError
        With one sentence; the command line turns it into an exit code.
    """
    _check_outputs(
        {outputs.plan: ".gpkg", outputs.report: ".json", outputs.map: ".html", outputs.ledger: ".xlsx"},
        force=outputs.force,
    )
    rules = load_rules(planning.rules or "shanyang-2020")
    earlier = None if planning.existing is None else planning.existing
    with screen.progress() as steps:
        town = _read(reading, rules, screen, steps)
        previous, retired = (None, ()) if earlier is None else _previous(earlier, town, screen)
        steps.expect(len(set(town.units.frame["jurisdiction"])))
        planned = plan_town(
            town,
            rules,
            seed=planning.seed,
            bridge_m=planning.bridge_m,
            previous=previous,
            locked=planning.locked,
            retired=retired,
            run=partial(run_areas, jobs=_jobs(planning.jobs), on_done=steps.area_done),
            stage=steps.stage,
        )
        _write(planned, rules, planning, outputs, screen, steps)
    print_headline(screen, planned, rules)
    for path in (outputs.plan, outputs.report, outputs.map, outputs.ledger):
        if path:
            screen.say(Text(f"已写出 {path}", f"written: {path}"))


def judge(
    source: str,
    reading: Reading | None,
    code_column: str,
    rules_name: str | None,
    bridge_m: float,
    previous: str | None,
    report_path: str | None,
    screen: Screen,
    *,
    force: bool,
) -> bool:
    """Judge a plan file, or polygons over units; whether every hard rule is kept or excepted.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    _check_outputs({report_path: ".json"}, force=force)
    given = None if rules_name is None else load_rules(rules_name)
    with screen.progress() as steps:
        drawn = None
        if reading is None:
            file = read_plan(*split_source(source)[:1], rules=given)
            town, judged, rules, lineage = file.town, file.plan, given or file.rules, file.lineage
            bridge = bridge_m or float(str(file.meta.get("bridge_m", 0.0)))
        else:
            rules = given or load_rules()
            town = _read(reading, rules, screen, steps)
            judged, drawn = judge_polygons(read_layer(*split_source(source)), town.units, code_column=code_column)
            lineage, bridge = None, bridge_m
        before = None if previous is None else _previous(previous, town, screen)[0]
        steps.stage("check")
        graph = build_graph(town.units, town.barriers, bridge_m=bridge)
        report = check_plan(
            judged, rules, graph=graph, premises=town.premises, previous=before, lineage=_some(lineage), drawn=drawn
        )
        if report_path:
            write_report(report_path, judged, report, rules=rules, town=town, lineage=_some(lineage))
    _print_findings(screen, report)
    return report.is_lawful


def draw_map(
    source: str, out: str, tiles: str | None, title: str | None, screen: Screen, *, internal: bool, force: bool
) -> None:
    """Draw a plan file as one HTML file.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    _check_outputs({out: ".html"}, force=force)
    with screen.progress() as steps:
        steps.stage("read")
        file = read_plan(source)
        steps.stage("check")
        graph = build_graph(file.town.units, file.town.barriers, bridge_m=float(str(file.meta.get("bridge_m", 0.0))))
        report = check_plan(
            file.plan, file.rules, graph=graph, premises=file.town.premises, lineage=_some(file.lineage)
        )
        steps.stage("map")
        meta = {"plan": Path(source).name, "seed": file.meta.get("seed", "")}
        _draw(
            file.town,
            file.plan,
            report,
            file.rules,
            out,
            screen.lang,
            meta,
            tiles=tiles,
            title=title,
            internal=internal,
        )
    screen.say(Text(f"已写出 {out}", f"written: {out}"))


def validate(reading: Reading, out: str | None, screen: Screen, *, force: bool) -> bool:
    """List the faults of an input; whether there is no error.

    Raises
    ------
    GridmapError
        With one sentence, when the input cannot be read at all.
    """
    _check_outputs({out: ".csv"}, force=force)
    with screen.progress() as steps:
        steps.stage("read")
        _, validation = _survey(reading)
    rows = validation.rows
    what = f"what_{screen.lang}"
    severities = {
        "error": screen.words("错误", "error"),
        "warning": screen.words("警告", "warning"),
        "note": screen.words("说明", "note"),
    }
    screen.table(
        "",
        screen.words("级别,图层,编号,位置,内容", "severity,layer,id,where,what").split(","),
        [(severities[str(r["severity"])], r["layer"], r["id"], r["where"], r[what]) for _, r in rows.iterrows()],
    )
    counts = rows["severity"].value_counts()
    n = {k: int(counts.get(k, 0)) for k in ("error", "warning", "note")}
    screen.say(
        Text(
            f"错误 {n['error']} 处，警告 {n['warning']} 处，说明 {n['note']} 条。",
            f"{n['error']} errors, {n['warning']} warnings, {n['note']} notes.",
        )
    )
    if out:
        with written_whole(out) as temporary:
            rows.to_csv(temporary, index=False, encoding="utf-8-sig")
        screen.say(Text(f"已写出 {out}", f"written: {out}"))
    return validation.is_clean


def cells(reading: Reading, rules_name: str | None, out: str, screen: Screen, *, force: bool) -> None:
    """Write the units that a plan would be made of.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    _check_outputs({out: ".gpkg"}, force=force)
    with screen.progress() as steps:
        town = _read(reading, load_rules(rules_name or "shanyang-2020"), screen, steps)
        steps.stage("write")
        layers = {"units": town.units.frame.reset_index(), "jurisdictions": town.units.jurisdictions.reset_index()}
        if town.barriers is not None and len(town.barriers):
            layers["barriers"] = town.barriers
        write_layers(out, layers)
    n = len(town.units)
    screen.say(Text(f"{n} 个单元，已写出 {out}", f"{n} units, written: {out}"))


def demo(folder: str, seed: int, jobs: int | None, screen: Screen) -> None:
    """Plan, check and draw the sample town.

    Raises
    ------
    InvalidInput
        If the sample town is not installed beside the package.
    """
    if not _SAMPLE.is_file():
        raise InvalidInput(
            "the sample town lies in a checkout of gridmap only (geodata/shanyang.gpkg); use `gridmap plan` on your own file",
            "示例数据仅在源码目录中（geodata/shanyang.gpkg）；请用 gridmap plan 处理自己的数据",
        )
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot make the folder {target}: {error.strerror}", f"无法创建文件夹 {target}：{error.strerror}"
        ) from error
    at = {end: str(target / f"shanyang{end}") for end in (".gpkg", ".json", ".html", ".xlsx")}
    plan(
        Reading(str(_SAMPLE)),
        Planning(seed=seed, jobs=jobs),
        Outputs(at[".gpkg"], at[".json"], at[".html"], at[".xlsx"], force=True),
        screen,
    )
    where = Path(at[".html"]).resolve()
    screen.say(Text(f"地图（无需网络）：{where}", f"The map (needs no network): {where}"), "bold")


def _survey(reading: Reading) -> tuple[gridmap.Survey, Validation]:
    if reading.kind not in ("auto", "rural", "residential"):
        raise InvalidInput(
            f"--kind is rural, residential or auto; got {reading.kind!r}",
            f"--kind 应为 rural、residential 或 auto；得到 {reading.kind!r}",
        )
    if reading.datum not in (None, "gcj02", "bd09"):
        raise InvalidInput(
            f"--datum is gcj02 or bd09; got {reading.datum!r}", f"--datum 应为 gcj02 或 bd09；得到 {reading.datum!r}"
        )
    return read_survey(
        reading.source,
        layer=reading.layer,
        jurisdictions=reading.jurisdictions,
        barriers=reading.barriers,
        premises=reading.premises,
        ledger=reading.ledger,
        kind=reading.kind,
        columns=reading.columns,
        crs=reading.crs,
        datum=reading.datum,  # type: ignore[arg-type]  # checked above
        encoding=reading.encoding,
        strict=reading.strict,
    )


def _read(reading: Reading, rules: Rules, screen: Screen, steps: Steps) -> Town:
    steps.stage("read")
    survey, validation = _survey(reading)
    faults = validation.rows[validation.rows["severity"] != "note"]
    for _, row in faults.head(10).iterrows():
        screen.err.print(f"! {row['layer']}: {row[f'what_{screen.lang}']}", markup=False, soft_wrap=True)
    if len(faults) > 10:
        n = len(faults) - 10
        screen.err.print(
            screen.words(
                f"! 另有 {n} 处；用 gridmap validate 查看全部", f"! {n} more; `gridmap validate` lists them all"
            )
        )
    steps.stage("cells")
    town, notes = build_town(survey, rules)
    for note in notes:
        screen.err.print(f"· {note.in_language(screen.lang)}", markup=False, soft_wrap=True)
    return town


def _previous(source: str, town: Town, screen: Screen) -> tuple[Plan, tuple[str, ...]]:
    """An earlier plan and every code that it retired: a plan file, or grids as polygons over the units."""
    path, layer = split_source(source)
    if path.suffix.lower() == ".gpkg" and path.is_file() and layer is None and "units" in list_layers(path):
        file: PlanFile = read_plan(path)
        retired = file.meta.get("retired", ())
        known = {str(c) for c in retired} if isinstance(retired, list | tuple) else set()
        return file.plan, tuple(sorted(known | (set(file.lineage["old_code"]) - {""} - set(file.plan.codes))))
    polygons = read_layer(path, layer)
    column = next((c for c in ("grid_code", "code", "网格编号", "网格编码", "编号") if c in polygons.columns), None)
    if column is None:
        raise InvalidInput(
            f"{source}: existing grids need a column grid_code (or 网格编号); columns are {', '.join(map(str, polygons.columns))}",
            f"{source}：现有网格图层需要 grid_code（或 网格编号）列；现有列为 {'、'.join(map(str, polygons.columns))}",
        )
    judged, notes = judge_polygons(gpd.GeoDataFrame(polygons), town.units, code_column=column)
    cut = int((notes["kind"] == "cut_unit").sum()) if len(notes) else 0
    if cut:
        screen.err.print(
            screen.words(
                f"! 现有网格切开了 {cut} 个单元，按较大部分归属",
                f"! the existing grids cut {cut} units; each goes with its larger part",
            )
        )
    return judged, ()


def _write(planned: Planned, rules: Rules, planning: Planning, outputs: Outputs, screen: Screen, steps: Steps) -> None:
    steps.stage("write")
    town, result, report, lineage = planned.town, planned.result, planned.report, planned.lineage
    meta: dict[str, object] = {
        "seed": result.seed,
        "status": result.status,
        "params": dict(result.params),
        "versions": dict(result.versions),
        "bridge_m": planning.bridge_m,
        "retired": list(planned.retired),
    }
    write_plan(outputs.plan, town, result.plan, rules=rules, report=report, lineage=lineage, meta=meta)
    if outputs.report:
        write_report(outputs.report, result, report, rules=rules, town=town, lineage=lineage)
    if outputs.ledger:
        write_ledger(outputs.ledger, town, result.plan, report, lineage, rules, lang=screen.lang)
    if outputs.map:
        steps.stage("map")
        about = {"plan": Path(outputs.plan).name, "seed": result.seed}
        _draw(town, result.plan, report, rules, outputs.map, screen.lang, about)


def _draw(
    town: Town,
    plan_value: Plan,
    report: Report,
    rules: Rules,
    out: str,
    lang: Language,
    meta: Mapping[str, object],
    *,
    tiles: str | None = None,
    title: str | None = None,
    internal: bool = True,
) -> None:
    # folium is loaded only when a map is drawn
    from gridmap.maps import draw, save_offline  # noqa: PLC0415

    town_map = draw(
        town,
        plan_value,
        report,
        rules=rules,
        lang=lang,
        tiles=tiles,  # type: ignore[arg-type]  # draw refuses others with a sentence
        tianditu_key=Settings.from_environment().tianditu_key or None,
        internal=internal,
        title=title,
        meta=meta,
    )
    save_offline(town_map, out)


def _print_findings(screen: Screen, report: Report) -> None:
    hard = report.findings[report.findings["severity"] == "hard"]
    message = f"message_{screen.lang}"
    rows: Sequence[Sequence[object]] = [
        (
            r["check"],
            r["grid"] or r["jurisdiction"],
            screen.words("例外", "excepted") if r["excepted"] else screen.words("未满足", "broken"),
            r[message],
        )
        for _, r in hard.head(40).iterrows()
    ]
    if rows:
        screen.table("", screen.words("规则,网格,结论,说明", "rule,grid,verdict,what").split(","), rows)
    if len(hard) > 40:
        screen.say(Text(f"… 另有 {len(hard) - 40} 条，见报告。", f"… {len(hard) - 40} more, see the report."))
    total = report.totals
    broken = len(report.broken)
    screen.say(
        Text(
            f"{total['n_grids']} 个网格；硬性规则未满足 {broken} 处，具名例外 {len(hard) - broken} 处，"
            f"提示 {len(report.findings) - len(hard)} 条。规则：{report.rules_name}",
            f"{total['n_grids']} grids; {broken} hard rules broken, {len(hard) - broken} named exceptions, "
            f"{len(report.findings) - len(hard)} remarks. Rules: {report.rules_name}",
        )
    )


def _check_outputs(wanted: Mapping[str | None, str], *, force: bool) -> None:
    """Refuse outputs that could not be written, before anything is computed."""
    for name, ending in wanted.items():
        if name is None:
            continue
        path = Path(name)
        if path.suffix.lower() != ending:
            raise InvalidInput(f"{name}: the name must end in {ending}", f"{name}：文件名应以 {ending} 结尾")
        if path.exists() and not force:
            raise OutputError(
                f"{name} exists already; give another name, or --force to replace it",
                f"{name} 已存在；请换一个文件名，或用 --force 覆盖",
            )
        check_writable(path)


def _jobs(given: int | None) -> int:
    return given if given is not None else Settings.from_environment().jobs


def _some(lineage: pd.DataFrame | None) -> pd.DataFrame | None:
    return None if lineage is None or lineage.empty else lineage
