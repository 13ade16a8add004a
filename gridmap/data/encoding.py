"""Which text encoding a file is in: UTF-8 or GB18030, found by decoding strictly, never by hoping."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from gridmap.errors import InvalidInput
from gridmap.model.text import Text

#: Share of the non-ASCII characters that must belong to GB2312 before bytes are taken for Chinese in GB18030.
PLAUSIBLE: Final = 0.8
#: Of longer files a part of this many bytes tells the encoding, and the whole must bear it out.
SAMPLE_BYTES: Final = 200_000

_SAME: Final = {
    "936": "gb18030",
    "cp936": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "950": "big5",
    "65001": "utf-8",
}


class Piece(NamedTuple):
    """Raw bytes of one text, and whether its field may have cut it in the middle of a character."""

    raw: bytes
    is_cut: bool = False


class Chosen(NamedTuple):
    """An encoding and the sentence that says why; no sentence where all text is plain ASCII."""

    encoding: str
    note: Text | None


def decode_piece(piece: Piece, encoding: str) -> str:
    """The text of `piece`; the first half of a character that the field cut off is left out.

    Raises
    ------
    UnicodeDecodeError
        If the bytes are not in `encoding`.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    return decoder.decode(piece.raw, final=not piece.is_cut)


def choose_encoding(pieces: Sequence[Piece], *, where: str, declared: str = "", given: str | None = None) -> Chosen:
    """Choose the encoding of a file from its bytes.

    Parameters
    ----------
    pieces : sequence of Piece
        Every text of the file.
    where : str
        The file, for messages.
    declared : str
        What the file says of itself (the ``.cpg`` beside a shapefile), "" where it says nothing.
        It is honoured only if the bytes bear it out.
    given : str, optional
        What the user says. It is obeyed or refused, never replaced.

    Raises
    ------
    InvalidInput
        If `given` is unknown or does not fit, or if neither `declared`, UTF-8 nor GB18030 fits.
    """
    pieces = [p for p in pieces if not p.raw.isascii()]
    if given is not None:
        return Chosen(_obey(pieces, given, where), None)
    if not pieces:
        return Chosen("utf-8", None)
    stated = _codec(declared)
    found = _detect(pieces)
    if stated is not None and _bears_out(pieces, stated, found):
        return Chosen(
            stated,
            Text(
                f"{where}：按声明的编码 {declared} 读取，已核对。",
                f"{where}: read as {declared}, as declared; verified.",
            ),
        )
    if found is None:
        raise InvalidInput(
            f"{where}: its text is neither UTF-8 nor Chinese in GB18030"
            f"{f' (it declares {declared})' if declared else ''}; say its encoding, for example --encoding big5",
            f"{where}：文字既不是 UTF-8，也不是 GB18030 中文"
            f"{f'（文件声明为 {declared}）' if declared else ''}；请注明编码，例如 --encoding big5。",
        )
    if declared:
        return Chosen(
            found,
            Text(
                f"{where}：声明的编码 {declared} 与文字字节不符，改按 {found.upper()} 读取。",
                f"{where}: declares {declared}, but its bytes are {found.upper()}; read as that.",
            ),
        )
    return Chosen(
        found,
        Text(
            f"{where}：没有声明编码，经检测按 {found.upper()} 读取。",
            f"{where}: declares no encoding; detected and read as {found.upper()}.",
        ),
    )


def decode_text(raw: bytes, *, where: str, given: str | None = None) -> tuple[str, Text | None]:
    """The text of a whole file (CSV), by byte-order mark or by :func:`choose_encoding`.

    Raises
    ------
    InvalidInput
        If the encoding cannot be told or `given` does not fit.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if given is None and raw.startswith(mark):
            try:
                return raw.decode(encoding), None
            except UnicodeDecodeError as error:
                raise InvalidInput(
                    f"{where}: begins as {encoding} but byte {error.start} is not; save it again as UTF-8",
                    f"{where}：开头标明 {encoding}，但第 {error.start} 字节不符；请另存为 UTF-8。",
                ) from error
    if given is None and len(raw) > SAMPLE_BYTES and not raw.isascii():
        chosen = choose_encoding([_sample(raw)], where=where)
        text = _text(Piece(raw), chosen.encoding)
        if text is not None:
            return text, chosen.note
    chosen = choose_encoding([Piece(raw)], where=where, given=given)
    return decode_piece(Piece(raw), chosen.encoding), chosen.note


def _sample(raw: bytes) -> Piece:
    """Lines from the first one on that holds more than ASCII."""
    first = re.search(rb"[\x80-\xff]", raw)
    assert first is not None  # it is asked for of texts that are not all ASCII
    start = raw.rfind(b"\n", 0, first.start()) + 1
    end = raw.rfind(b"\n", start, start + SAMPLE_BYTES) + 1
    return Piece(raw[start : end or start + SAMPLE_BYTES], is_cut=not end)


def _codec(name: str) -> str | None:
    name = name.strip().lower()
    if not name:
        return None
    try:
        found = codecs.lookup(_SAME.get(name, name)).name
    except LookupError:
        return None
    return _SAME.get(found, found)


def _obey(pieces: Sequence[Piece], given: str, where: str) -> str:
    codec = _codec(given)
    if codec is None:
        raise InvalidInput(
            f"unknown encoding {given!r}; known ones are for example utf-8, gb18030, big5",
            f"没有 {given!r} 这种编码；可用的例如 utf-8、gb18030、big5。",
        )
    for piece in pieces:
        if _text(piece, codec) is None:
            raise InvalidInput(
                f"{where}: its text is not in {given} (bytes {piece.raw[:12].hex(' ')}); "
                "leave --encoding out to have it detected",
                f"{where}：文字不是 {given} 编码（字节 {piece.raw[:12].hex(' ')}）；去掉 --encoding 可自动检测。",
            )
    return codec


def _text(piece: Piece, encoding: str) -> str | None:
    try:
        return decode_piece(piece, encoding)
    except UnicodeDecodeError:
        return None


def _texts(pieces: Sequence[Piece], encoding: str) -> str | None:
    texts = [_text(p, encoding) for p in pieces]
    return None if None in texts else "".join(t for t in texts if t is not None)


def _detect(pieces: Sequence[Piece]) -> str | None:
    utf8, gb = _texts(pieces, "utf-8"), _texts(pieces, "gb18030")
    is_chinese = gb is not None and _share_gb2312(gb) >= PLAUSIBLE
    if utf8 is not None:
        # Two-byte GB text can be well-formed UTF-8 by chance, but then it reads as Latin, Greek or
        # Arabic letters (U+0080–U+07FF), never as ideographs.
        by_chance = is_chinese and all(ord(c) < 0x800 for c in utf8)
        return "gb18030" if by_chance else "utf-8"
    return "gb18030" if is_chinese else None


def _share_gb2312(text: str) -> float:
    high = [c for c in text if ord(c) > 0x7F]
    known = sum(1 for c in high if _in_gb2312(c))
    return known / len(high) if high else 1.0


def _in_gb2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _bears_out(pieces: Sequence[Piece], stated: str, found: str | None) -> bool:
    """Whether the bytes are in the stated encoding, and not more plainly in the one found."""
    if stated == found:
        return True
    if _texts(pieces, stated) is None:
        return False
    # A one-byte encoding (Latin-1) decodes anything, and GB18030 decodes most UTF-8: what was found wins.
    # Big5, Shift-JIS and their like look like GB18030 too often to be set aside for it.
    return found is None or (found == "gb18030" and not _is_one_byte(stated))


def _is_one_byte(encoding: str) -> bool:
    return encoding.startswith(("iso8859", "cp125", "latin", "ascii", "koi8", "mac"))
