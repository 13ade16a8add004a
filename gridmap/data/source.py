"""Which files may be opened: ordinary, whole, of a known format, and nothing that points elsewhere."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from gridmap.errors import InvalidInput, RefusedSource

#: What gridmap opens: file name ending → the one GDAL driver that may answer for it.
FORMATS: Final[dict[str, str]] = {
    ".gpkg": "GPKG",
    ".shp": "ESRI Shapefile",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".fgb": "FlatGeobuf",
    ".parquet": "Parquet",
    ".geoparquet": "Parquet",
    ".zip": "ESRI Shapefile",
}
#: Endings of tables, which are ledgers and no layers.
TABLES: Final = (".csv", ".tsv", ".txt", ".xls", ".xlsx")
_MAGIC: Final[dict[str, bytes]] = {
    "GPKG": b"SQLite format 3\0",
    "ESRI Shapefile": b"\0\0\x27\x0a",
    "FlatGeobuf": b"fgb",
    "Parquet": b"PAR1",
}
_GEOJSON_TYPES: Final = frozenset(
    {f"{multi}{kind}" for multi in ("", "Multi") for kind in ("Point", "LineString", "Polygon")}
    | {"FeatureCollection", "Feature", "GeometryCollection"}
)


def split_source(source: str | Path) -> tuple[Path, str | None]:
    """Split ``FILE:LAYER`` into path and layer; a drive letter (``C:\\``) is no file.

    Examples
    --------
    >>> split_source("town.gpkg:roads")
    (PosixPath('town.gpkg'), 'roads')
    """
    text = str(source)
    head, colon, tail = text.rpartition(":")
    if colon and tail and Path(head).suffix.lower() in FORMATS:
        return Path(head), tail
    return Path(text), None


def checked_source(source: str | Path) -> tuple[Path, str]:
    """The absolute path and the driver that its name and its first bytes agree on.

    Raises
    ------
    RefusedSource
        If it is a virtual path, an address, a format that is not in :data:`FORMATS`, or its content
        is of another format than its name.
    InvalidInput
        If there is no such file, or it is cut short or damaged.
    """
    text = str(source)
    if text.lower().replace("\\", "/").lstrip("/").startswith("vsi") and text[:1] in "/\\":
        raise RefusedSource(
            f"virtual paths are not opened: {text}; give a file", f"不打开虚拟路径：{text}；请给出文件。"
        )
    if "://" in text:
        raise RefusedSource(
            f"addresses are not opened: {text}; download the file and give its path",
            f"不打开网络地址：{text}；请先下载，再给出文件路径。",
        )
    path = Path(text).expanduser()
    if path.suffix.lower() in TABLES:
        raise RefusedSource(
            f"{path.name}: a table has no map; give the map layer as input and the table with --households {path.name}",
            f"{path.name}：表格里没有图形；请以图层为输入，表格用 --households {path.name} 给出。",
        )
    if path.is_dir():
        raise RefusedSource(f"{path}: is a folder; give one file in it", f"{path}：这是文件夹；请给出其中的一个文件。")
    driver = FORMATS.get(path.suffix.lower())
    if driver is None or "!" in text:
        known = ", ".join(FORMATS)
        raise RefusedSource(
            f"{path.name}: not a format (or a name) that gridmap opens; convert it to one of {known}",
            f"{path.name}：不支持这种格式或文件名；请另存为以下之一：{known}。",
        )
    if not path.is_file():
        raise InvalidInput(f"no such file: {path}", f"没有这个文件：{path}")
    _check_bytes(path, driver)
    return path.resolve(), driver


def _check_bytes(path: Path, driver: str) -> None:
    """Refuse a file whose content is of another format than its name: drivers go by content and may follow links."""
    with path.open("rb") as file:
        head = file.read(100)
    if not head:
        raise InvalidInput(f"{path.name}: the file is empty (0 bytes)", f"{path.name}：文件是空的（0 字节）。")
    if path.suffix.lower() == ".zip":
        return
    if driver == "GeoJSON":
        _check_geojson(path)
        return
    if not head.startswith(_MAGIC[driver]):
        raise RefusedSource(
            f"{path.name}: its content is no {driver}, whatever its name says; export it again",
            f"{path.name}：内容不是 {driver} 格式，与文件名不符；请重新导出。",
        )
    if driver == "GPKG":
        _check_sqlite(path, head)


def _check_geojson(path: Path) -> None:
    raw = path.read_bytes()
    try:
        root: Any = json.loads(raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{path.name}: GeoJSON must be UTF-8, byte {error.start} is not; save it again as UTF-8",
            f"{path.name}：GeoJSON 必须是 UTF-8 编码，第 {error.start} 字节不是；请另存为 UTF-8。",
        ) from error
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"{path.name}: is no complete JSON: {error.msg} in line {error.lineno}; export it again",
            f"{path.name}：不是完整的 JSON（第 {error.lineno} 行）；请重新导出。",
        ) from error
    kind = root.get("type") if isinstance(root, dict) else None
    if kind not in _GEOJSON_TYPES or b"gdal_streamed_alg" in raw:
        raise RefusedSource(
            f"{path.name}: is JSON but no GeoJSON (its type is {kind!r})",
            f"{path.name}：是 JSON，但不是 GeoJSON（type 为 {kind!r}）。",
        )


def _check_sqlite(path: Path, head: bytes) -> None:
    """A GeoPackage must be as long as its header says (SQLite format, 1.3) and pass SQLite's own quick check."""
    size = path.stat().st_size
    page = int.from_bytes(head[16:18], "big")
    promised = (65536 if page == 1 else page) * int.from_bytes(head[28:32], "big")
    if len(head) < 100 or (size < promised and not Path(f"{path}-wal").exists()):
        raise InvalidInput(
            f"{path.name}: the GeoPackage is cut short: its header promises {promised:,} bytes, "
            f"it has {size:,}; copy it again",
            f"{path.name}：GeoPackage 不完整：文件头标明 {promised:,} 字节，实际 {size:,} 字节；请重新拷贝。",
        )
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            problem = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
            tables = database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'gpkg_contents'").fetchone()[0]
    except sqlite3.DatabaseError as error:
        problem, tables = str(error), 1
    if problem != "ok":
        raise InvalidInput(
            f"{path.name}: the GeoPackage is damaged ({problem}); copy or export it again",
            f"{path.name}：GeoPackage 已损坏；请重新拷贝或导出。",
        )
    if not tables:
        raise RefusedSource(
            f"{path.name}: is a SQLite database but no GeoPackage",
            f"{path.name}：是 SQLite 数据库，但不是 GeoPackage。",
        )
