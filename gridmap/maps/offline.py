"""One file, no request: the links of a folium page replaced by the vendored files."""

from __future__ import annotations

from pathlib import Path

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink

from gridmap.data.written import written_whole
from gridmap.errors import InvalidInput, first_ten
from gridmap.maps import vendored


class Raw(Element):
    """Text that stands in the page as it is; never read as a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Raw"
        self.text = text

    def render(self, **_: object) -> str:
        """The text."""
        return self.text


def script_element(*texts: str) -> str:
    """A ``<script>`` element of these texts."""
    return "<script>\n" + "\n;\n".join(texts) + "\n</script>"


def style_element(text: str) -> str:
    """A ``<style>`` element of this text."""
    return "<style>\n" + text + "\n</style>"


def offline_html(town_map: folium.Map) -> str:
    """The page of a map with every script, style and picture inside it.

    Raises
    ------
    InvalidInput
        If an element of the map needs a file that is not vendored.
    """
    figure = town_map.get_root()
    assert isinstance(figure, Figure)  # folium puts every map into one
    figure.render()  # elements announce their links only when they are rendered
    linked = dict(figure.header._children)  # noqa: SLF001  # branca has no public way to read it
    replaced = {name: _inlined(name, child) for name, child in linked.items()}
    figure.header._children.update(replaced)  # noqa: SLF001
    try:
        html: str = figure._template.render(this=figure, kwargs={})  # noqa: SLF001  # render() would link again
    finally:
        figure.header._children.update(linked)  # noqa: SLF001
    return html


def _inlined(name: str, child: Element) -> Element:
    if not isinstance(child, JavascriptLink | CssLink):
        return child
    asset = next((a for a in vendored.manifest() if name in a.replaces), None)
    if asset is None:
        known = first_ten(n for a in vendored.manifest() for n in a.replaces)
        raise InvalidInput(
            f"this map needs {name!r} from {child.url}, which does not come with gridmap (there are: {known}); "
            "take the element that asks for it off the map, or start from a map of gridmap.draw",
            f"地图需要 {name!r}（{child.url}），gridmap 没有随附它；请去掉用到它的图层，或从 gridmap.draw 的地图开始。",
        )
    if isinstance(child, JavascriptLink):
        return Raw(script_element(vendored.script(asset.path)))
    return Raw(style_element(vendored.style(asset.path)))


def save_offline(town_map: folium.Map, path: str | Path) -> None:
    """Write a map as one HTML file that loads nothing from anywhere (unless it was drawn with tiles).

    Parameters
    ----------
    town_map : folium.Map
        A map of :func:`gridmap.maps.draw`, with whatever folium elements were added to it.
    path : str or Path
        Written whole or not at all; an older file is replaced.

    Raises
    ------
    InvalidInput
        If an element on the map needs a script or style that is not vendored.
    OutputError
        If the file cannot be written.
    """
    html = offline_html(town_map)
    with written_whole(path) as temporary:
        temporary.write_text(html, encoding="utf-8", newline="\n")
