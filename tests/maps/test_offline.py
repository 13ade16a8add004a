"""The file: whole or not at all, from the vendored assets alone."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import folium
import pytest
from folium.plugins import HeatMap

from gridmap.errors import InvalidInput, OutputError
from gridmap.maps import draw, save_offline, vendored
from gridmap.maps.offline import offline_html

VENDOR = Path(str(resources.files("gridmap.maps").joinpath("vendor")))


def drawn(case: Any, **options: Any) -> folium.Map:
    return draw(case.town, case.plan, case.report, rules=case.rules, **options)


def test_the_vendor_folder_holds_exactly_what_the_manifest_lists() -> None:
    files = {p.relative_to(VENDOR).as_posix() for p in VENDOR.rglob("*") if p.is_file()} - {"manifest.json"}
    assert files == {a.path for a in vendored.manifest()}
    for asset in vendored.manifest():
        data = (VENDOR / asset.path).read_bytes()
        assert hashlib.sha256(data).hexdigest() == asset.sha256
        assert asset.version
        assert asset.licence
    assert sum((VENDOR / name).stat().st_size for name in files) < 300_000


def test_a_changed_asset_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tuple(
        vendored.Asset(a.path, a.name, a.version, a.licence, a.source, "0" * 64, a.replaces)
        for a in vendored.manifest()
    )
    monkeypatch.setattr(vendored, "manifest", lambda: wrong)
    vendored.content.cache_clear()
    with pytest.raises(InvalidInput, match="was changed"):
        vendored.content("leaflet/leaflet.js")


def test_an_asset_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"no vendored file 'jquery.js'.*leaflet"):
        vendored.content("jquery.js")


def test_the_page_links_nothing_and_holds_leaflet_with_its_licence(case: Any) -> None:
    html = offline_html(drawn(case))
    assert not re.findall(r"<(?:script|img|iframe|source)[^>]*\ssrc\s*=|<link\b|@import|sourceMappingURL", html)
    assert not re.findall(r"url\((?!data:|#default)", html)
    assert "Redistribution and use in source and binary forms" in html
    for name in ("jquery", "bootstrap", "fontawesome", "awesome-markers", "glyphicon"):
        assert name not in html.lower()


def test_equal_plans_are_equal_files(case: Any, make: Any) -> None:
    assert offline_html(drawn(case)) == offline_html(drawn(make.small()))


def test_an_element_that_needs_more_is_named(case: Any, tmp_path: Path) -> None:
    town_map = drawn(case)
    HeatMap([[30.7, 121.3]]).add_to(town_map)
    with pytest.raises(InvalidInput, match=r"leaflet-heat.*does not come with gridmap") as caught:
        save_offline(town_map, tmp_path / "m.html")
    assert "没有随附" in caught.value.zh
    assert list(tmp_path.iterdir()) == []


def test_folium_elements_can_be_added(case: Any) -> None:
    town_map = drawn(case)
    folium.CircleMarker([30.74, 121.33], radius=5).add_to(town_map)
    assert "L.circleMarker(" in offline_html(town_map)


def test_an_older_file_stays_when_the_new_one_cannot_be_made(case: Any, tmp_path: Path) -> None:
    target = tmp_path / "m.html"
    target.write_text("old", encoding="utf-8")
    town_map = drawn(case)
    HeatMap([[30.7, 121.3]]).add_to(town_map)
    with pytest.raises(InvalidInput):
        town_map.save(target)
    assert target.read_text(encoding="utf-8") == "old"


def test_an_unwritable_place_is_an_output_error(case: Any, tmp_path: Path) -> None:
    town_map = drawn(case)
    with pytest.raises(OutputError, match="does not exist"):
        town_map.save(tmp_path / "none" / "m.html")
    with pytest.raises(OutputError, match="folder"):
        save_offline(town_map, tmp_path)


def test_save_takes_what_folium_takes(case: Any, tmp_path: Path) -> None:
    town_map = drawn(case)
    save_offline(town_map, tmp_path / "a.html")
    town_map.save(str(tmp_path / "b.html"))
    town_map.save(bytes(tmp_path / "c.html"))
    buffer = io.BytesIO()
    town_map.save(buffer, close_file=False)
    written = (tmp_path / "a.html").read_bytes()
    assert written == (tmp_path / "b.html").read_bytes() == (tmp_path / "c.html").read_bytes() == buffer.getvalue()
    assert isinstance(town_map, folium.Map)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lang": "fr"}, "lang must be"),
        ({"tiles": "google"}, "tiles must be one of tianditu, amap, osm"),
        ({"tiles": "tianditu"}, "got no key"),
        ({"tiles": "tianditu", "tianditu_key": "abc&x=<script>"}, "letters and digits"),
    ],
)
def test_wrong_options(case: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        drawn(case, **options)
    assert re.search(r"[\u4e00-\u9fff]", caught.value.zh)


def test_tiles_are_asked_for_only_when_wanted(case: Any) -> None:
    assert "tileLayer" not in offline_html(drawn(case)).split("gridmap.start(")[0].rsplit("<script>", 1)[1]
    html = offline_html(drawn(case, tiles="tianditu", tianditu_key="0123456789abcdef"))
    assert "T=vec_w" in html
    assert "T=cva_w" in html
    assert "tk=0123456789abcdef" in html
    assert "autonavi.com" in offline_html(drawn(case, tiles="amap"))


def payload_of(town_map: folium.Map) -> Any:
    packed = re.search(r'id="gm-data">([^<]*)<', offline_html(town_map))
    assert packed
    return json.loads(gzip.decompress(base64.b64decode(packed[1])))


def test_amap_draws_every_layer_in_its_own_datum(make: Any) -> None:
    case = make.voronoi(100, 8, 3)
    here, there = payload_of(drawn(case)), payload_of(drawn(case, tiles="amap"))
    assert payload_of(drawn(case, tiles="osm"))["shapes"] == here["shapes"]

    def corner(payload: Any, layer: str) -> list[int]:
        row = payload["shapes"][layer][0]
        ring: list[int] = (row["s"] if isinstance(row, dict) else row)[0]
        return ring[:2]

    for layer in ("grids", "jurisdictions", "units", "water", "roads", "green", "barriers", "premises"):
        east, north = (b - a for a, b in zip(corner(here, layer), corner(there, layer), strict=True))
        assert 4000 < east < 5500  # millionths of a degree: about 450 m here
        assert -2600 < north < -1500
    assert there["grids"][0]["at"] != here["grids"][0]["at"]


def test_roads_keep_their_class_and_other_barriers_their_kind(make: Any) -> None:
    case = make.voronoi(100, 8, 3)
    shapes = payload_of(drawn(case))["shapes"]
    assert [r["cls"] for r in shapes["roads"][:5]] == [1, 2, 3, 4, 1]
    assert [b["kind"] for b in shapes["barriers"]] == ["railway"]  # the road is drawn as a road
    assert "buildings" not in shapes
