"""`gridmap demo`: the main job on the sample town, from its file over the database to the map."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import gridmap
from gridmap.cli.exchange import draw_map, keep_file
from gridmap.cli.figures import show_figures
from gridmap.cli.intake import Taking, take_in
from gridmap.cli.issue_intake import Taking as IssueTaking
from gridmap.cli.issue_intake import take_in as take_in_issues
from gridmap.cli.kept import Asked, choose_plan
from gridmap.cli.outputs import Outputs
from gridmap.cli.patrols import Taking as PatrolTaking
from gridmap.cli.patrols import take_in as take_in_patrols
from gridmap.cli.reading import Reading
from gridmap.cli.screen import Screen
from gridmap.cli.stored import opened
from gridmap.cli.work import Planning, plan
from gridmap.errors import InvalidInput, OutputError
from gridmap.model.register import Group
from gridmap.model.text import Text
from gridmap.storage.batches import list_batches

#: The sample town lies beside the package in a checkout.
_SAMPLE = Path(gridmap.__file__).resolve().parent.parent / "geodata" / "shanyang.gpkg"
_GROUPS: Final[tuple[Group, ...]] = ("points", "people", "lists", "party", "services")


def demo(folder: str, seed: int, jobs: int | None, screen: Screen) -> None:
    """Plan and check the sample town, store the plan and the ledgers in the database, and draw what is stored there.

    Raises
    ------
    InvalidInput
        If the sample town is not installed beside the package.
    OutputError
        If the folder or a file in it cannot be written.
    StoreError, MissingProgram
        If the database cannot be used.
    """
    if not _SAMPLE.is_file():
        raise InvalidInput(
            "the sample town (geodata/shanyang.gpkg) lies in a checkout of gridmap only; "
            "use `gridmap plan` on your own file",
            "示例数据（geodata/shanyang.gpkg）仅在源码目录中；请用 gridmap plan 处理自己的数据。",
        )
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot make the folder {target}: {error.strerror}", f"无法创建文件夹 {target}：{error.strerror}。"
        ) from error
    at = {end: str(target / f"shanyang{end}") for end in (".gpkg", ".json", ".html", ".xlsx")}
    plan(
        Reading(str(_SAMPLE)),
        Planning(seed=seed, jobs=jobs),
        Outputs(at[".gpkg"], at[".json"], None, at[".xlsx"], force=True),
        screen,
    )
    name = keep_file(at[".gpkg"], screen.words("示例", "sample"), screen)
    _keep_ledgers(name, screen)
    show_figures(Asked(name), None, screen, as_json=False, force=False)
    draw_map(name, None, at[".html"], None, None, screen, profile="internal", day=None, force=True)
    where = Path(at[".html"]).resolve()
    screen.say(Text(f"地图（无需网络）：{where}", f"The map (needs no network): {where}"), "bold")


def _keep_ledgers(plan_name: str, screen: Screen) -> None:
    """Store the sample's ledgers, unless that would mix made-up records with a town's own."""
    with opened() as store:
        entry, _ = choose_plan(store, Asked(plan_name))
        is_own = any(not b.is_synthetic for b in list_batches(store, entry.town_id))
    if is_own:
        screen.say(
            Text(
                f"数据库中已有{entry.town}自己的登记，不存入示例台账，以免混入合成数据。",
                f"the database holds records of {entry.town} itself: the sample's ledgers are not mixed into them.",
            )
        )
        return
    for group in _GROUPS:
        source = _SAMPLE.parent / "ledgers" / f"{group}.xlsx"
        take_in(group, str(source), Asked(plan_name), Taking(), Screen(screen.lang, quiet=True), force=False)
    folder, quiet = _SAMPLE.parent / "ledgers", Screen(screen.lang, quiet=True)
    take_in_issues(str(folder / "issues.xlsx"), Asked(plan_name), IssueTaking(), quiet, force=False)
    take_in_patrols(str(folder / "patrols.gpkg"), Asked(plan_name), PatrolTaking(), quiet)
    screen.say(
        Text(
            "示例台账（点位、队伍、清单、党建、服务、问题、巡查）已存入数据库。",
            "the sample's ledgers (points, people, lists, Party life, services, issues, patrols) are stored in the "
            "database.",
        )
    )
