"""QGIS styles of the layers of a plan file, as QML text."""

from __future__ import annotations

import uuid
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

#: Upper ends of the classes of household deviation and their colours (safe for colour-blind eyes).
DEVIATION_CLASSES: Final[tuple[tuple[float, float, str, str], ...]] = (
    (float("-inf"), -0.20, "#2166ac", "低于 −20 % below −20 %"),
    (-0.20, -0.10, "#67a9cf", "−20 … −10 %"),
    (-0.10, -0.05, "#d1e5f0", "−10 … −5 %"),
    (-0.05, 0.05, "#f7f7f7", "±5 %"),
    (0.05, 0.10, "#fddbc7", "+5 … +10 %"),
    (0.10, 0.20, "#ef8a62", "+10 … +20 %"),
    (0.20, float("inf"), "#b2182b", "高于 +20 % above +20 %"),
)
_DOCTYPE: Final = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_NAMESPACE: Final = uuid.UUID("5f0c2f0e-6f6a-4d27-9c56-1d8a2f3f8a10")


class Fill(NamedTuple):
    """How a polygon is drawn: fill colour or "" for none, brush, outline colour, outline width in mm."""

    colour: str
    brush: str = "solid"
    outline: str = "#555555"
    width_mm: float = 0.4


class StyleRule(NamedTuple):
    """One line of the legend: its words, a QGIS expression ("" takes all), and how it is drawn."""

    label: str
    expression: str
    fill: Fill


def layer_styles() -> dict[str, str]:
    """QML of each layer that has a style of its own, by layer name."""
    return {name: _DOCTYPE + ET.tostring(tree, encoding="unicode") for name, tree in style_trees().items()}


def style_trees() -> dict[str, ET.Element]:
    """The root of the QML of each layer that has a style of its own, by layer name; a new one at each call."""
    return {
        "jurisdictions": _qml(
            [StyleRule("村居 jurisdiction", "", Fill("", outline="#333333", width_mm=0.7))],
            label='"name"',
        ),
        "grids": _qml(_grid_rules(), label='right("grid_code", 3)'),
        "units": _qml(
            [
                StyleRule("未编入网格 without a grid", "coalesce(\"grid_code\", '') = ''", _MISSING),
                StyleRule("单元 unit", "coalesce(\"grid_code\", '') <> ''", Fill("", outline="#bbbbbb", width_mm=0.1)),
            ]
        ),
        "findings": _qml(
            [
                StyleRule("违反硬性规则 hard rule broken", '"severity" = \'hard\' AND NOT "excepted"', _HARD),
                StyleRule("例外情形 named exception", '"excepted"', _EXCEPTED),
                StyleRule("可改进 soft rule", '"severity" = \'soft\' AND NOT "excepted"', _SOFT),
                StyleRule("提示 note", '"severity" = \'info\' AND NOT "excepted"', _NOTE),
            ]
        ),
    }


_MISSING: Final = Fill("#e66101", brush="dense5", outline="#e66101", width_mm=0.4)
_HARD: Final = Fill("#b2182b", brush="f_diagonal", outline="#b2182b", width_mm=0.6)
_EXCEPTED: Final = Fill("#555555", brush="b_diagonal", outline="#555555", width_mm=0.4)
_SOFT: Final = Fill("#e08214", brush="dense6", outline="#e08214", width_mm=0.4)
_NOTE: Final = Fill("", outline="#4393c3", width_mm=0.3)


#: Kinds of grid that are coloured by their deviation in households.
_BY_HOUSEHOLDS: Final = "(\"kind\" <> 'village')"


def _grid_rules() -> list[StyleRule]:
    rules = []
    for lower, upper, colour, label in DEVIATION_CLASSES:
        ends = []
        if lower != float("-inf"):
            ends.append(f'"deviation" {">=" if lower < 0 else ">"} {_outward(lower)}')
        if upper != float("inf"):
            ends.append(f'"deviation" {"<" if upper < 0 else "<="} {_outward(upper)}')
        rules.append(StyleRule(label, " AND ".join([_BY_HOUSEHOLDS, *ends]), Fill(colour)))
    # a village's grids are made of whole groups: the band is what counts, households only follow
    of_village = f"NOT {_BY_HOUSEHOLDS} AND"
    rules.append(StyleRule("村：在规定范围内 village: in the band", f'{of_village} "in_band"', Fill("#f7f7f7")))
    rules.append(StyleRule("村：不在规定范围 village: not in the band", f'{of_village} NOT "in_band"', Fill("#ef8a62")))
    unjudged = f'{_BY_HOUSEHOLDS} AND "deviation" IS NULL OR {of_village} "in_band" IS NULL'
    rules.append(StyleRule("不按户数 not judged by households", unjudged, Fill("#e8e4da")))
    exception = Fill("#333333", brush="b_diagonal", width_mm=0.4)
    return [*rules, StyleRule("例外情形 named exception", "coalesce(\"exception_zh\", '') <> ''", exception)]


def _outward(bound: float) -> str:
    """A bound with a hair added: 315 / 300 − 1 comes out a little above 0.05 and belongs to the class within."""
    return f"{bound + (1e-9 if bound > 0 else -1e-9):.9f}"


def _qml(rules: list[StyleRule], label: str = "") -> ET.Element:
    """A rule-based QGIS style of polygons; `label` is a QGIS expression."""
    categories = "Symbology|Labeling" if label else "Symbology"
    root = ET.Element("qgis", version="3.28.0", styleCategories=categories, labelsEnabled="1" if label else "0")
    renderer = ET.SubElement(
        root, "renderer-v2", type="RuleRenderer", symbollevels="0", enableorderby="0", forceraster="0"
    )
    listed = ET.SubElement(renderer, "rules", key=_key("rules"))
    symbols = ET.SubElement(renderer, "symbols")
    for number, rule in enumerate(rules):
        entry = ET.SubElement(listed, "rule", key=_key(rule.label), symbol=str(number), label=rule.label)
        if rule.expression:
            entry.set("filter", rule.expression)
        _symbol(symbols, str(number), rule.fill)
    if label:
        _labels(root, label)
    ET.indent(root)
    return root


def _key(text: str) -> str:
    return f"{{{uuid.uuid5(_NAMESPACE, text)}}}"  # the same name gives the same key: files stay comparable


def _symbol(parent: ET.Element, name: str, fill: Fill) -> None:
    symbol = ET.SubElement(parent, "symbol", type="fill", name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    layer = ET.SubElement(symbol, "layer", {"class": "SimpleFill"}, enabled="1", locked="0")
    layer.set("pass", "0")
    options = {
        "color": _rgba(fill.colour or "#ffffff"),
        "style": fill.brush if fill.colour else "no",
        "outline_color": _rgba(fill.outline),
        "outline_style": "solid",
        "outline_width": f"{fill.width_mm:g}",
        "outline_width_unit": "MM",
        "joinstyle": "round",
    }
    table = ET.SubElement(layer, "Option", type="Map")
    for key, value in options.items():
        ET.SubElement(table, "Option", name=key, type="QString", value=value)
    for key, value in options.items():  # what QGIS before 3.26 reads
        ET.SubElement(layer, "prop", k=key, v=value)


def _labels(root: ET.Element, expression: str) -> None:
    labeling = ET.SubElement(root, "labeling", type="simple")
    settings = ET.SubElement(labeling, "settings", calloutType="simple")
    style = ET.SubElement(
        settings,
        "text-style",
        fieldName=expression,
        isExpression="1",
        fontFamily="Noto Sans CJK SC",
        fontSize="9",
        fontSizeUnit="Point",
        textColor=_rgba("#222222"),
        textOpacity="1",
    )
    ET.SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.8",
        bufferSizeUnits="MM",
        bufferColor=_rgba("#ffffff"),
        bufferOpacity="1",
    )
    ET.SubElement(settings, "placement", placement="1", centroidInside="1", centroidWhole="1", priority="5")
    ET.SubElement(settings, "rendering", drawLabels="1", obstacle="0", scaleVisibility="0", displayAll="0")


def _rgba(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},255"
