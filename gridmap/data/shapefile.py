"""What a shapefile says in bytes: the encoding of its text, and shapefiles packed in a zip."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import geopandas as gpd

from gridmap.data.columns import complete_name
from gridmap.data.encoding import Piece, choose_encoding, decode_piece
from gridmap.errors import InvalidInput
from gridmap.model.text import Text

#: The parts of a shapefile that are taken out of a zip.
PARTS: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")
#: A zip that would unpack to more than this (bytes) is refused.
LARGEST_UNPACKED: Final = 4_000_000_000
#: How GDAL is asked to hand over the text: byte for byte, so that no recoding of its own can spoil it.
RAW_ENCODING: Final = "ISO-8859-1"
_NAME_BYTES: Final = 10
_DELETED: Final = 0x2A


class Field(NamedTuple):
    """One column of a dBASE table: raw name, type letter, offset in a record and width in bytes."""

    name: Piece
    type: str
    offset: int
    width: int


class Table(NamedTuple):
    """The columns of a dBASE table and the raw texts in it."""

    fields: list[Field]
    texts: list[Piece]


def decode_frame(
    frame: gpd.GeoDataFrame, table: Table | None, path: Path, given: str | None
) -> tuple[gpd.GeoDataFrame, list[Text]]:
    """Give a frame that was read with :data:`RAW_ENCODING` its real text.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        As GDAL read it; not changed.
    table : Table or None
        Its ``.dbf`` (:func:`table_beside`).
    path : Path
        The ``.shp``; its ``.cpg`` is read beside it.
    given : str, optional
        The encoding that the user named.

    Raises
    ------
    InvalidInput
        If the encoding cannot be told.
    """
    if table is None:
        return frame, [
            Text(f"{path.name}：缺少同名 .dbf，没有任何属性列。", f"{path.name}: has no .dbf beside it, so no columns.")
        ]
    cpg = part_beside(path, ".cpg")
    declared = cpg.read_bytes()[:40].decode("ascii", "ignore").strip() if cpg else ""
    pieces = [f.name for f in table.fields] + table.texts
    chosen = choose_encoding(pieces, where=path.name, declared=declared, given=given)
    columns = [c for c in frame.columns if c != frame.geometry.name]
    out = frame.copy()
    for column, entry in zip(columns, table.fields, strict=True):
        if entry.type == "C":
            out[column] = [_real(v, entry.width, chosen.encoding) for v in frame[column]]
    notes = [chosen.note] if chosen.note else []
    names = [_header(f.name, chosen.encoding, path, notes) for f in table.fields]
    out = out.rename(columns=dict(zip(columns, names, strict=True)))
    return out, notes


def _header(name: Piece, encoding: str, path: Path, notes: list[Text]) -> str:
    """A column's name; where the ten bytes end inside a character, the known name that begins so."""
    read = decode_piece(name, encoding)
    if read.encode(encoding) == name.raw:
        return read
    whole = complete_name(name.raw, encoding)
    if whole is None:
        return read
    notes.append(
        Text(
            f"{path.name}：列名只存下「{read}」，按「{whole}」理解。",
            f"{path.name}: of a column's name only {read} was kept; taken for {whole}",
        )
    )
    return whole


def _real(value: object, width: int, encoding: str) -> str | None:
    if not isinstance(value, str):
        return None
    raw = value.encode("latin-1")
    return decode_piece(Piece(raw, len(raw) >= width), encoding)


def table_beside(path: Path) -> Table | None:
    """The table of a shapefile, None where there is no ``.dbf``.

    Raises
    ------
    InvalidInput
        If the ``.dbf`` or the ``.shp`` itself is cut short.
    """
    with path.open("rb") as file:
        head = file.read(28)
    promised = 2 * int.from_bytes(head[24:28], "big")  # in 16-bit words (ESRI shapefile description, 1998, p. 4)
    if path.stat().st_size < promised:
        raise _cut_short(path, promised, path.stat().st_size)
    dbf = part_beside(path, ".dbf")
    return None if dbf is None else read_table(dbf)


def part_beside(path: Path, suffix: str) -> Path | None:
    """The file of the same name with `suffix`, in either case of letters, or None."""
    for candidate in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if candidate.is_file():
            return candidate
    return None


def read_table(path: Path) -> Table:
    """Field names and character fields of a ``.dbf`` as raw bytes (dBASE III layout; deleted records are left out).

    Raises
    ------
    InvalidInput
        If the file ends before the records that its header promises.
    """
    data = path.read_bytes()
    if len(data) < 33:
        raise _cut_short(path, 33, len(data))
    n_records, header_size, record_size = struct.unpack("<IHH", data[4:12])
    promised = header_size + n_records * record_size
    if len(data) < promised:
        raise _cut_short(path, promised, len(data))
    fields = []
    offset = 1
    for start in range(32, header_size - 31, 32):
        entry = data[start : start + 32]
        if entry[:1] == b"\r":
            break
        name = entry[:11].split(b"\0", 1)[0]
        fields.append(Field(Piece(name, len(name) >= _NAME_BYTES), chr(entry[11]), offset, entry[16]))
        offset += entry[16]
    texts: set[Piece] = set()
    wanted = [f for f in fields if f.type == "C"]
    for start in range(header_size, promised, record_size):
        if data[start] == _DELETED:
            continue
        for f in wanted:
            raw = data[start + f.offset : start + f.offset + f.width].split(b"\0", 1)[0].rstrip(b" ")
            texts.add(Piece(raw, len(raw) >= f.width))
    return Table(fields, sorted(texts))


def _cut_short(path: Path, wanted: int, got: int) -> InvalidInput:
    return InvalidInput(
        f"{path.name}: is cut short: its header promises {wanted:,} bytes, it has {got:,}; copy it again",
        f"{path.name}：文件不完整：文件头标明 {wanted:,} 字节，实际 {got:,} 字节；请重新拷贝。",
    )


@contextmanager
def unpacked(path: Path) -> Iterator[dict[str, Path]]:
    """The shapefiles inside a zip, unpacked into a temporary folder: layer name → path of the ``.shp``.

    Raises
    ------
    InvalidInput
        If it is no zip, is damaged, holds no shapefile, two of one name, or more than 4 GB.
    """
    try:
        with zipfile.ZipFile(path) as archive, TemporaryDirectory() as folder:
            yield _unpack(archive, path, Path(folder))
    except zipfile.BadZipFile as error:
        raise InvalidInput(
            f"{path.name}: is no readable zip ({error}); copy it again", f"{path.name}：压缩包无法读取；请重新拷贝。"
        ) from error


def _unpack(archive: zipfile.ZipFile, path: Path, folder: Path) -> dict[str, Path]:
    members = [m for m in archive.infolist() if Path(m.filename).suffix.lower() in PARTS]
    members = [m for m in members if not m.filename.startswith("__MACOSX/")]
    if sum(m.file_size for m in members) > LARGEST_UNPACKED:
        raise InvalidInput(f"{path.name}: would unpack to more than 4 GB", f"{path.name}：解压后超过 4 GB。")
    layers: dict[str, Path] = {}
    stems: dict[str, str] = {}
    for member in members:
        name = Path(_member_name(member))
        key = str(name.with_suffix(""))
        # Names inside the zip never become paths: each shapefile gets a number.
        stem = stems.setdefault(key, f"layer{len(stems)}")
        target = folder / f"{stem}{name.suffix.lower()}"
        target.write_bytes(archive.read(member))
        if target.suffix == ".shp":
            if name.stem in layers:
                raise InvalidInput(
                    f"{path.name}: holds two shapefiles called {name.stem}; unpack it and name one",
                    f"{path.name}：包内有两个同名 shapefile「{name.stem}」；请解压后指定其中一个。",
                )
            layers[name.stem] = target
    if not layers:
        raise InvalidInput(f"{path.name}: holds no .shp", f"{path.name}：压缩包内没有 .shp 文件。")
    return layers


def _member_name(member: zipfile.ZipInfo) -> str:
    if member.flag_bits & 0x800:
        return member.filename
    raw = member.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename
