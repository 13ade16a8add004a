"""A plan as a map: one folium map that opens anywhere, without a network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, BinaryIO, Final

import folium
import numpy as np
from branca.element import Figure, MacroElement
from folium.template import Template

from gridmap.data.datum import to_gcj02
from gridmap.errors import InvalidInput
from gridmap.maps import palette, vendored
from gridmap.maps.escape import html_text, plain, script_json
from gridmap.maps.geometry import Encoder
from gridmap.maps.issues import MapIssues
from gridmap.maps.life import MapLife
from gridmap.maps.offline import Raw, offline_html, save_offline, script_element, style_element
from gridmap.maps.payload import packed, page_payload
from gridmap.maps.tiles import Tiles, add_tiles, tile_source
from gridmap.maps.words import PAGE, fill
from gridmap.model.plan import Plan
from gridmap.model.profile import ExportProfile, check_profile, check_side
from gridmap.model.report import Report
from gridmap.model.rules import Rules
from gridmap.model.text import Language
from gridmap.model.town import Town

#: The page's own scripts, in the order in which they build on each other.
SCRIPTS: Final = (
    "unpack.js",
    "shapes.js",
    "sheet.js",
    "labels.js",
    "paint.js",
    "elements.js",
    "points.js",
    "point_card.js",
    "legend.js",
    "card.js",
    "card_life.js",
    "issue_marks.js",
    "heat.js",
    "issue_cards.js",
    "issue_panel.js",
    "search.js",
    "lists.js",
    "print.js",
    "page.js",
)


class TownMap(folium.Map):
    """A folium map that brings its own Leaflet: nothing that folium links by default is asked for."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.default_js = []
        self.default_css = []

    def save(self, outfile: str | bytes | Path | BinaryIO, close_file: bool = True, **_: Any) -> None:
        """Write the map as one offline page; to a path as :func:`gridmap.maps.save_offline` does.

        Parameters
        ----------
        outfile : str, bytes, Path or binary file
        close_file : bool
            Whether a file object is closed afterwards.

        Raises
        ------
        InvalidInput
            If an element on the map needs a script or style that is not vendored.
        OutputError
            If the file cannot be written.
        """
        if isinstance(outfile, str | bytes | Path):
            save_offline(self, outfile if isinstance(outfile, Path) else Path(os.fsdecode(outfile)))
            return
        outfile.write(offline_html(self).encode("utf-8"))
        if close_file:
            outfile.close()


class _Page(MacroElement):
    """The data of the page and the call that starts its scripts; base64 and JSON only, no text of others."""

    _template = Template(
        """
        {% macro html(this, kwargs) %}
            <div id="gm-wait" role="status">{{ this.waiting }}</div>
            <noscript>{{ this.too_old }}</noscript>
            <script type="text/plain" id="gm-data">{{ this.data }}</script>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            gridmap.start({{ this._parent.get_name() }}, {{ this.options }});
        {% endmacro %}
        """
    )

    def __init__(self, data: str, lang: Language, *, has_tiles: bool) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca's has no annotations
        self._name = "GridmapPage"
        self.data = data
        self.waiting = html_text(PAGE["waiting"].in_language(lang))
        self.too_old = html_text(PAGE["too_old"].in_language(lang))
        self.options = script_json({"tiles": has_tiles, "brokenFile": PAGE["broken_file"].in_language(lang)})


def draw(
    town: Town,
    plan: Plan,
    report: Report,
    *,
    rules: Rules,
    lang: Language = "zh",
    tiles: Tiles | None = None,
    tianditu_key: str | None = None,
    profile: ExportProfile = "internal",
    title: str | None = None,
    meta: Mapping[str, object] | None = None,
    life: MapLife | None = None,
    issues: MapIssues | None = None,
) -> TownMap:
    """Draw a plan as a folium map with headline figures, legend, search, cards and a print style.

    Parameters
    ----------
    town : Town
        The layers around the units, its name, source, date and whether its data are synthetic.
    plan : Plan
        Of the town's units, in a projected CRS in metres.
    report : Report
        The examination of `plan`; its findings stand on the cards of the grids.
    rules : Rules
        What the grids are held against.
    lang : {"zh", "en"}
        Language of everything that gridmap itself says.
    tiles : {"tianditu", "amap", "osm"}, optional
        Background tiles. The page then asks their server; without, it asks nobody. For Amap all
        geometry is shifted to GCJ-02, the datum of its tiles.
    tianditu_key : str, optional
        Browser key of Tianditu, needed for its tiles. It stands in the page: whoever has the file has it.
    profile : {"internal", "leader", "public"}
        For whom the map is made. ``internal`` and ``leader`` are stamped 内部使用. Outside ``internal`` counts of
        1 to 4 are not shown, nobody is named and no private home is told; in ``public`` there is no staffing.
    title : str, optional
        Instead of "<town> community grids".
    meta : mapping of str to object, optional
        ``plan`` (name or version), ``seed``, ``source``, ``date`` (ISO) stand in the foot of the map
        in their places; further entries stand there as they are given.
    life : MapLife, optional
        What is recorded of points, people, lists, Party life and services (:func:`gridmap.maps.life_of`).
    issues : MapIssues, optional
        What was reported in a period (:func:`gridmap.maps.issues_of`): rates, hot spots, heat, places. Single issues
        and their texts stand in the internal profile alone.

    Returns
    -------
    folium.Map
        Add further folium elements to it, show it in a notebook, or write it by ``save``.

    Raises
    ------
    InvalidInput
        If the language, the tiles or the profile are unknown, the key is missing, the plan has no grid, or outside the
        internal profile the squares of issues are too small.
    InvalidRules
        If the rules have no profile for a kind of jurisdiction in the plan.
    """
    if lang not in ("zh", "en"):
        raise InvalidInput(f"lang must be 'zh' or 'en'; got {lang!r}", f"语言只能是 zh 或 en；得到 {lang!r}。")
    if plan.n_grids == 0:
        raise InvalidInput(
            "a map needs a plan with at least one grid; this plan has none", "地图至少需要一个网格；这个方案没有网格。"
        )
    known = check_profile(profile)
    if issues is not None:
        check_side(issues.cell_m, known)
    source = tile_source(tiles, tianditu_key) if tiles else None
    encoder = Encoder(plan.units.frame.crs, to_gcj02 if source and source.datum == "gcj02" else None)
    bare = fill("title", lang, town=town.name) if town.name else fill("title_bare", lang)
    heading = plain(title or bare)
    payload = page_payload(
        town,
        plan,
        report,
        rules,
        encoder,
        lang=lang,
        profile=known,
        title=heading,
        facts={str(k): str(v) for k, v in (meta or {}).items() if v is not None},
        life=life,
        issues=issues,
    )
    town_map = _empty_map(plan, encoder, plan.fingerprint)
    figure = town_map.get_root()
    assert isinstance(figure, Figure)  # folium puts every map into one
    figure.title = html_text(heading)
    for name, text in _header(lang).items():
        figure.header.add_child(Raw(text), name=name)
    if source is not None:
        add_tiles(town_map, source)
    _Page(packed(payload), lang, has_tiles=source is not None).add_to(town_map)
    return town_map


def _empty_map(plan: Plan, encoder: Encoder, identity: str) -> TownMap:
    west, south, east, north = plan.units.jurisdictions.total_bounds.tolist()
    lon, lat = encoder.degrees(np.array([[(west + east) / 2, (south + north) / 2]]))[0].tolist()
    town_map = TownMap(
        location=[lat, lon],
        zoom_start=13,
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        maxZoom=20,
        attributionControl=False,
    )
    town_map._id = identity[:32]  # noqa: SLF001  # a random id would make equal maps differ
    return town_map


def _header(lang: Language) -> dict[str, str]:
    """What stands in the head of the page: Leaflet with its licence, our styles and scripts."""
    licence = vendored.content("leaflet/LICENSE").decode("utf-8").replace("*/", "* /")
    colours = ":root{" + "".join(f"--{k.replace('_', '-')}:{v};" for k, v in palette.GROUND.items()) + "}"
    pictures = {
        "iconUrl": vendored.data_uri("leaflet/marker-icon.png"),
        "iconRetinaUrl": vendored.data_uri("leaflet/marker-icon-2x.png"),
        "shadowUrl": vendored.data_uri("leaflet/marker-shadow.png"),
    }
    return {
        "gridmap_check": script_element(
            _own("oldest.js").replace("%TOO_OLD%", html_text(PAGE["too_old"].in_language(lang)))
        ),
        "leaflet_inline_css": style_element(vendored.style("leaflet/leaflet.css")),
        "leaflet_inline": script_element(
            f"/* Leaflet\n{licence}*/",
            vendored.script("leaflet/leaflet.js"),
            f"L.Icon.Default.imagePath = ''; L.Icon.Default.mergeOptions({script_json(pictures)})",
        ),
        "gridmap_css": style_element(colours + _own("page.css")),
        "gridmap_js": script_element(*(_own(name) for name in SCRIPTS)),
    }


def _own(name: str) -> str:
    return resources.files("gridmap.maps").joinpath("page", name).read_text("utf-8")
