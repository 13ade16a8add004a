"""What the commands do: read, plan, judge, write, and say what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gridmap.check import check_plan
from gridmap.check.polygons import judge_polygons
from gridmap.cli.headline import print_headline
from gridmap.cli.outputs import Outputs, check_outputs, inputs_of, some_rows, write_map, write_planned
from gridmap.cli.reading import Reading, previous_plan, read_town, survey_of
from gridmap.cli.screen import Screen
from gridmap.data.plan_file import read_plan, retired_codes
from gridmap.data.vector import read_layer, split_source, write_layers
from gridmap.data.written import written_whole
from gridmap.flow import plan_town
from gridmap.jobs.run import run_areas
from gridmap.measure.connect import build_graph
from gridmap.model.report import Report
from gridmap.model.rules import load_rules
from gridmap.model.text import Text
from gridmap.reports.report_file import write_report
from gridmap.settings import Settings


@dataclass(frozen=True)
class Planning:
    """How to divide."""

    rules: str | None = None
    bridge_m: float = 0.0
    existing: str | None = None
    locked: tuple[str, ...] = ()
    seed: int = 0
    jobs: int | None = None


def plan(reading: Reading, planning: Planning, outputs: Outputs, screen: Screen) -> None:
    """Read, divide, judge, write; nothing is written before everything is known to be writable.

    Raises
    ------
    GridmapError
        With one sentence; the command line turns it into an exit code.
    """
    check_outputs(
        {outputs.plan: ".gpkg", outputs.report: ".json", outputs.map: ".html", outputs.ledger: ".xlsx"},
        (*inputs_of(reading), planning.existing),
        force=outputs.force,
    )
    rules = load_rules(planning.rules) if planning.rules else load_rules()
    jobs = _jobs(planning.jobs)
    with screen.progress() as steps:
        town = read_town(reading, rules, screen, steps)
        previous, retired = previous_plan(planning.existing, town, screen) if planning.existing else (None, ())
        steps.expect(len(set(town.units.frame["jurisdiction"])))
        planned = plan_town(
            town,
            rules,
            seed=planning.seed,
            bridge_m=planning.bridge_m,
            previous=previous,
            locked=planning.locked,
            retired=retired,
            run=partial(run_areas, jobs=jobs, on_done=steps.area_done),
            stage=steps.stage,
        )
        write_planned(planned, rules, planning.bridge_m, outputs, screen, steps)
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
    check_outputs({report_path: ".json"}, (source, previous, *inputs_of(reading)), force=force)
    given = None if rules_name is None else load_rules(rules_name)
    with screen.progress() as steps:
        steps.stage("read")
        drawn, retired = None, set[str]()
        if reading is None:
            path, layer = split_source(source)
            file = read_plan(path, layer=layer, rules=given)
            retired = set(retired_codes(file))
            town, judged, rules, lineage = file.town, file.plan, given or file.rules, file.lineage
            bridge = bridge_m or float(str(file.meta.get("bridge_m", 0.0)))
        else:
            rules = given or load_rules()
            town = read_town(reading, rules, screen, steps)
            judged, drawn = judge_polygons(read_layer(*split_source(source)), town.units, code_column=code_column)
            lineage, bridge = None, bridge_m
        before = None
        if previous:
            before, gone = previous_plan(previous, town, screen)
            retired |= set(gone)
        steps.stage("check")
        graph = build_graph(town.units, town.barriers, bridge_m=bridge)
        report = check_plan(
            judged,
            rules,
            graph=graph,
            premises=town.premises,
            previous=before,
            retired=sorted(retired),
            lineage=some_rows(lineage),
            drawn=drawn,
        )
        if report_path:
            write_report(report_path, judged, report, rules=rules, town=town, lineage=some_rows(lineage))
    print_findings(screen, report)
    return report.is_lawful


def draw_map(
    source: str, out: str, tiles: str | None, title: str | None, screen: Screen, *, profile: str, force: bool
) -> None:
    """Draw a plan file as one HTML file.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    check_outputs({out: ".html"}, (source,), force=force)
    with screen.progress() as steps:
        steps.stage("read")
        file = read_plan(source)
        steps.stage("check")
        graph = build_graph(file.town.units, file.town.barriers, bridge_m=float(str(file.meta.get("bridge_m", 0.0))))
        report = check_plan(
            file.plan, file.rules, graph=graph, premises=file.town.premises, lineage=some_rows(file.lineage)
        )
        steps.stage("map")
        meta = {"plan": Path(source).name, "seed": file.meta.get("seed", "")}
        write_map(
            file.town,
            file.plan,
            report,
            file.rules,
            out,
            screen.lang,
            meta,
            tiles=tiles,
            title=title,
            profile=profile,
        )
    screen.say(Text(f"已写出 {out}", f"written: {out}"))


def validate(reading: Reading, out: str | None, screen: Screen, *, force: bool) -> bool:
    """List the faults of an input; whether there is no error.

    Raises
    ------
    GridmapError
        With one sentence, when the input cannot be read at all.
    """
    check_outputs({out: ".csv"}, inputs_of(reading), force=force)
    with screen.progress() as steps:
        steps.stage("read")
        _, validation = survey_of(reading)
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
    check_outputs({out: ".gpkg"}, inputs_of(reading), force=force)
    with screen.progress() as steps:
        town = read_town(reading, load_rules(rules_name) if rules_name else load_rules(), screen, steps)
        steps.stage("write")
        layers = {"units": town.units.frame.reset_index(), "jurisdictions": town.units.jurisdictions.reset_index()}
        if town.barriers is not None and len(town.barriers):
            layers["barriers"] = town.barriers
        write_layers(out, layers)
    n = len(town.units)
    screen.say(Text(f"{n} 个单元，已写出 {out}", f"{n} units, written: {out}"))


def print_findings(screen: Screen, report: Report) -> None:
    """Print the hard findings, and how many of each kind there are."""
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


def _jobs(given: int | None) -> int:
    return given if given is not None else Settings.from_environment().jobs
