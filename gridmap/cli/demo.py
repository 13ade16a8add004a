"""`gridmap demo`: the main job on the sample town, from its file over the database to the map."""

from __future__ import annotations

from pathlib import Path

import gridmap
from gridmap.cli.exchange import draw_map, keep_file
from gridmap.cli.outputs import Outputs
from gridmap.cli.reading import Reading
from gridmap.cli.screen import Screen
from gridmap.cli.work import Planning, plan
from gridmap.errors import InvalidInput, OutputError
from gridmap.model.text import Text

#: The sample town lies beside the package in a checkout.
_SAMPLE = Path(gridmap.__file__).resolve().parent.parent / "geodata" / "shanyang.gpkg"


def demo(folder: str, seed: int, jobs: int | None, screen: Screen) -> None:
    """Plan and check the sample town, store the plan in the database, and draw what is stored there.

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
    draw_map(name, None, at[".html"], None, None, screen, internal=True, force=True)
    where = Path(at[".html"]).resolve()
    screen.say(Text(f"地图（无需网络）：{where}", f"The map (needs no network): {where}"), "bold")
