"""What a command writes: the plan, its report, its ledger and its map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gridmap.cli.reading import Reading
from gridmap.cli.screen import Screen, Steps
from gridmap.data.plan_file import write_plan
from gridmap.data.vector import split_source
from gridmap.data.written import check_writable
from gridmap.errors import InvalidInput, OutputError
from gridmap.flow import Planned
from gridmap.model.plan import Plan
from gridmap.model.records import Records
from gridmap.model.report import Report
from gridmap.model.rules import Rules
from gridmap.model.text import Language
from gridmap.model.town import Town
from gridmap.reports.ledger import write_ledger
from gridmap.reports.report_file import write_report
from gridmap.settings import Settings

if TYPE_CHECKING:  # the room of maps loads folium
    from gridmap.maps.issues import MapIssues


@dataclass(frozen=True)
class Outputs:
    """Where the results go."""

    plan: str
    report: str | None = None
    map: str | None = None
    ledger: str | None = None
    force: bool = False


def write_planned(
    planned: Planned, rules: Rules, bridge_m: float, outputs: Outputs, screen: Screen, steps: Steps
) -> None:
    """Write every file that was asked for, each whole or not at all.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    steps.stage("write")
    town, result, report, lineage = planned.town, planned.result, planned.report, planned.lineage
    meta: dict[str, object] = {
        "seed": result.seed,
        "status": result.status,
        "params": dict(result.params),
        "versions": dict(result.versions),
        "bridge_m": bridge_m,
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
        write_map(town, result.plan, report, rules, outputs.map, screen.lang, about)


def write_map(
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
    profile: str = "internal",
    records: Records | None = None,
    day: date | None = None,
    issues: MapIssues | None = None,
) -> None:
    """Draw a plan, with what is recorded of its grids on a day where both are given, and write the page.

    Raises
    ------
    InvalidInput
        If the tiles or the profile are unknown, or the tiles need a key that is not set.
    OutputError
        If the file cannot be written.
    """
    # folium is loaded only when a map is drawn
    from gridmap.maps import draw, life_of, save_offline  # noqa: PLC0415

    life = None
    if records is not None and day is not None and records.frames:
        life = life_of(plan_value, records, rules, day=day, town=town)
    town_map = draw(
        town,
        plan_value,
        report,
        rules=rules,
        lang=lang,
        tiles=tiles,  # type: ignore[arg-type]  # draw refuses others with a sentence
        tianditu_key=Settings.from_environment().tianditu_key or None,
        profile=profile,  # type: ignore[arg-type]  # draw refuses others with a sentence
        title=title,
        meta=meta,
        life=life,
        issues=issues,
    )
    save_offline(town_map, out)


def check_outputs(wanted: Mapping[str | None, str], inputs: Iterable[str | None], *, force: bool) -> None:
    """Refuse outputs that could not be written, before anything is computed.

    Parameters
    ----------
    wanted : mapping of str or None to str
        Path → the ending that it must have; None where that output is not wanted.
    inputs : iterable of str or None
        What is read, as ``FILE`` or ``FILE:LAYER``: no output may take its place.
    force : bool
        Whether other files may be replaced.

    Raises
    ------
    InvalidInput
        If a name has another ending, or is that of an input.
    OutputError
        If the file exists and `force` is not set, or cannot be written.
    """
    read = {split_source(name)[0].resolve() for name in inputs if name}
    for name, ending in wanted.items():
        if name is None:
            continue
        path = Path(name)
        if path.suffix.lower() != ending:
            raise InvalidInput(f"{name}: the name must end in {ending}", f"{name}：文件名应以 {ending} 结尾。")
        if path.resolve() in read:
            raise InvalidInput(
                f"{name} is also an input and would be replaced; give another name",
                f"{name} 同时是输入文件，写出会将其覆盖；请换一个文件名。",
            )
        if path.is_file() and not force:
            raise OutputError(
                f"{name} exists already; give another name, or --force to replace it",
                f"{name} 已存在；请换一个文件名，或用 --force 覆盖。",
            )
        check_writable(path)


def inputs_of(reading: Reading | None) -> tuple[str | None, ...]:
    """The files that are read."""
    if reading is None:
        return ()
    return (reading.source, reading.jurisdictions, reading.barriers, reading.premises, reading.ledger)


def some_rows(lineage: pd.DataFrame | None) -> pd.DataFrame | None:
    """The lineage, None where it has no rows."""
    return None if lineage is None or lineage.empty else lineage
