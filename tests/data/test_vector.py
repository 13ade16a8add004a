"""Vector files: what is opened, what is refused, and that text arrives whole."""

import json
import shutil
import sqlite3
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from gridmap.data.vector import list_layers, open_layer, read_layer, read_pairs, split_source, write_layers
from gridmap.errors import InvalidInput, MissingProgram, OutputError, RefusedSource


@pytest.fixture
def frame() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"村名": ["向阳村", "九龙村"], "户数": ["98户", "１０２"], "n": [1, 2]},
        geometry=[shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)],
        crs="EPSG:4549",
    )


def write_shp(frame: gpd.GeoDataFrame, path: Path, encoding: str, cpg: str | None) -> Path:
    pyogrio.write_dataframe(frame, path, encoding=encoding)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg)
    return path


@pytest.mark.parametrize(
    ("source", "path", "layer"),
    [
        ("a.gpkg:roads", "a.gpkg", "roads"),
        ("a.gpkg", "a.gpkg", None),
        ("C:\\maps\\a.GPKG:道路", "C:\\maps\\a.GPKG", "道路"),
        ("C:\\maps\\a.gpkg", "C:\\maps\\a.gpkg", None),
        ("x/y.zip:a", "x/y.zip", "a"),
        ("https://x/a.gpkg", "https://x/a.gpkg", None),
    ],
)
def test_split_source(source: str, path: Path, layer: str | None) -> None:
    assert split_source(source) == (Path(path), layer)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".parquet", ".shp"])
def test_every_format_comes_back_as_it_went(frame: gpd.GeoDataFrame, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix == ".geojson":
        pyogrio.write_dataframe(frame.to_crs(4326), path)
    else:
        pyogrio.write_dataframe(frame, path, encoding="UTF-8" if suffix == ".shp" else None)
    back = read_layer(path).sort_values("n")  # FlatGeobuf sorts by place
    assert back["村名"].tolist() == ["向阳村", "九龙村"]
    assert back["户数"].tolist() == ["98户", "１０２"]
    assert back.crs is not None
    if suffix != ".geojson":
        assert back.geometry.iloc[0].equals(frame.geometry.iloc[0])


@pytest.mark.parametrize(
    ("encoding", "cpg", "said"),
    [
        ("GB18030", None, "detected and read as GB18030"),
        ("GB18030", "GBK", "verified"),
        ("GB18030", "UTF-8", "declares UTF-8, but its bytes are GB18030"),
        ("GB18030", "ISO-8859-1", "but its bytes are GB18030"),
        ("UTF-8", None, "detected and read as UTF-8"),
        ("UTF-8", "UTF-8", "verified"),
        ("UTF-8", "936", "but its bytes are UTF-8"),
    ],
)
def test_shapefile_text_is_never_garbled(
    frame: gpd.GeoDataFrame, tmp_path: Path, encoding: str, cpg: str | None, said: str
) -> None:
    path = write_shp(frame, tmp_path / "村.shp", encoding, cpg)
    layer = open_layer(path)
    assert layer.frame.columns.tolist() == ["村名", "户数", "n", "geometry"]
    assert layer.frame["村名"].tolist() == ["向阳村", "九龙村"]
    assert layer.frame["户数"].tolist() == ["98户", "１０２"]
    assert any(said in n.en for n in layer.notes)


def test_shapefile_header_cut_in_the_middle_of_a_character(frame: gpd.GeoDataFrame, tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    with pytest.warns(RuntimeWarning, match="Normalized"):  # the writer cuts 网格名称 to ten bytes
        pyogrio.write_dataframe(frame.rename(columns={"村名": "网格名称"}), path, encoding="UTF-8")
    assert read_layer(path).columns[0] == "网格名"
    with pytest.warns(RuntimeWarning, match="Normalized"):
        pyogrio.write_dataframe(frame.rename(columns={"村名": "村民小组", "户数": "实有户数"}), path, encoding="UTF-8")
    layer = open_layer(path)
    assert layer.frame.columns.tolist()[:2] == ["村民小组", "实有户数"]
    assert "of a column's name only 实有户 was kept; taken for 实有户数" in [
        n.en.partition(": ")[2] for n in layer.notes
    ]


def test_zipped_shapefiles_with_chinese_member_names(frame: gpd.GeoDataFrame, tmp_path: Path) -> None:
    for name in ("村", "组"):
        write_shp(frame, tmp_path / f"{name}.shp", "GB18030", None)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in sorted(tmp_path.glob("*.*")):
            if part.suffix in (".shp", ".shx", ".dbf", ".prj"):
                archive.write(part, f"资料/{part.name}")
    assert list_layers(path) == ["村", "组"]
    assert read_layer(path, "组")["村名"].tolist() == ["向阳村", "九龙村"]
    with pytest.raises(InvalidInput, match="several layers"):
        read_layer(path)


@pytest.mark.parametrize(
    "source",
    ["/vsizip/a.gpkg", "/vsicurl/http://x/a.geojson", "/VSIMEM/a.gpkg", "https://x/a.gpkg", "a.kml", "a.vrt", "a.gml"],
)
def test_virtual_paths_addresses_and_other_formats_are_refused(source: str) -> None:
    with pytest.raises(RefusedSource):
        read_layer(source)


def test_tables_and_folders_get_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(RefusedSource, match=r"with --households a\.xlsx"):
        read_layer("a.xlsx")
    with pytest.raises(RefusedSource, match="is a folder"):
        read_layer(tmp_path)


def test_a_virtual_layer_under_another_name_is_refused(tmp_path: Path) -> None:
    vrt = "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>"
    for suffix in (".gpkg", ".shp", ".fgb"):
        path = tmp_path / f"a{suffix}"
        path.write_text(vrt.ljust(200))
        with pytest.raises(RefusedSource, match="its content is no"):
            read_layer(path)
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline"}))
    with pytest.raises(RefusedSource, match="no GeoJSON"):
        read_layer(path)
    database = tmp_path / "b.gpkg"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()
    with pytest.raises(RefusedSource, match="no GeoPackage"):
        read_layer(database)


def test_wrong_names_get_the_right_ones_listed(frame: gpd.GeoDataFrame, tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    write_layers(path, {"组": frame, "路": frame})
    with pytest.raises(InvalidInput, match=r"no layer 'x'; it has 组, 路") as caught:
        read_layer(path, "x")
    assert "没有图层「x」" in caught.value.zh
    with pytest.raises(InvalidInput, match="several layers"):
        read_layer(path)
    with pytest.raises(InvalidInput, match="no such file"):
        read_layer(tmp_path / "b.gpkg")


@pytest.mark.parametrize("share", [0.002, 0.3, 0.9])
def test_a_truncated_geopackage_is_told(frame: gpd.GeoDataFrame, tmp_path: Path, share: float) -> None:
    whole = tmp_path / "a.gpkg"
    write_layers(whole, {"a": frame})
    data = whole.read_bytes()
    cut = tmp_path / "b.gpkg"
    cut.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InvalidInput, match="cut short") as caught:
        read_layer(cut)
    assert "不完整" in caught.value.zh


def test_a_damaged_geopackage_is_told(frame: gpd.GeoDataFrame, tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    write_layers(path, {"a": frame})
    data = bytearray(path.read_bytes())
    data[4096:-100] = b"\x55" * (len(data) - 4196)
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match="damaged"):
        read_layer(path)


def test_cut_geojson_and_shapefile_are_told(frame: gpd.GeoDataFrame, tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    pyogrio.write_dataframe(frame.to_crs(4326), path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InvalidInput, match="no complete JSON"):
        read_layer(path)
    shp = write_shp(frame, tmp_path / "b.shp", "UTF-8", "UTF-8")
    dbf = shp.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes()[:-60])
    with pytest.raises(InvalidInput, match=r"b\.dbf: is cut short"):
        read_layer(shp)
    whole = write_shp(frame, tmp_path / "c.shp", "UTF-8", "UTF-8")
    whole.write_bytes(whole.read_bytes()[:-60])
    with pytest.raises(InvalidInput, match=r"c\.shp: is cut short"):
        read_layer(whole)
    shp.with_suffix(".shx").unlink()
    with pytest.raises(InvalidInput, match=r"\.shx is missing"):
        read_layer(shp)


def test_gbk_geojson_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_bytes('{"type": "FeatureCollection", "name": "村", "features": []}'.encode("gbk"))
    with pytest.raises(InvalidInput, match="must be UTF-8"):
        read_layer(path)


def test_empty_layers_and_layers_without_geometry(frame: gpd.GeoDataFrame, tmp_path: Path) -> None:
    empty, nothing, table = tmp_path / "a.gpkg", tmp_path / "b.gpkg", tmp_path / "c.gpkg"
    write_layers(empty, {"a": frame.iloc[:0]})
    write_layers(nothing, {"a": frame.set_geometry([None, None], crs=frame.crs)})
    write_layers(table, {"a": pd.DataFrame({"x": [1]})})
    with pytest.raises(InvalidInput, match="layer is empty"):
        read_layer(empty)
    for path in (nothing, table):
        with pytest.raises(InvalidInput, match="no feature has a geometry"):
            read_layer(path)
    zero = tmp_path / "d.gpkg"
    zero.touch()
    with pytest.raises(InvalidInput, match="0 bytes"):
        read_layer(zero)


def test_geoparquet_without_pyarrow_says_how_to_get_it(
    frame: gpd.GeoDataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.parquet"
    frame.to_parquet(path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingProgram, match="pip install"):
        read_layer(path)


def test_parquet_without_geometry(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pd.DataFrame({"a": [1]}).to_parquet(path)
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_layer(path)


def test_write_layers_is_whole_or_not_at_all(
    frame: gpd.GeoDataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.gpkg"
    write_layers(path, {"units": frame, "about": pd.DataFrame({"key": ["name"], "value": ["山阳镇"]})})
    assert list_layers(path) == ["units", "about"]
    assert read_pairs(path, "about") == {"name": "山阳镇"}
    before = path.read_bytes()
    real = pyogrio.write_dataframe

    def stopped(frame: gpd.GeoDataFrame, path: Path, **options: str) -> None:
        if options["layer"] == "second":
            raise KeyboardInterrupt
        real(frame, path, **options)

    monkeypatch.setattr(pyogrio, "write_dataframe", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_layers(path, {"first": frame, "second": frame})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.gpkg"]


def test_unwritable_outputs(frame: gpd.GeoDataFrame, tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        write_layers(tmp_path / "no" / "a.gpkg", {"a": frame})
    with pytest.raises(OutputError, match=r"as \.gpkg"):
        write_layers(tmp_path / "a.shp", {"a": frame})
    (tmp_path / "d.gpkg").mkdir()
    with pytest.raises(OutputError):
        write_layers(tmp_path / "d.gpkg", {"a": frame})
    with pytest.raises(InvalidInput, match="no layers"):
        write_layers(tmp_path / "a.gpkg", {})
    assert [p.name for p in tmp_path.iterdir()] == ["d.gpkg"]


def test_names_with_marks_in_them(frame: gpd.GeoDataFrame, tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    write_layers(path, {"a": frame})
    for name in ("b#1.gpkg", "中 文?.gpkg", "100%.gpkg"):
        shutil.copy(path, tmp_path / name)
        assert len(read_layer(tmp_path / name)) == 2
