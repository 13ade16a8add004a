"""Text encodings, told from bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.data.encoding import Piece, choose_encoding, decode_piece, decode_text
from gridmap.errors import InvalidInput

CHINESE = st.text(
    alphabet="山阳镇向九龙杨家东方中兴长华新渔业江卫村居委会户数组栋幢号社区网格党", min_size=2, max_size=12
)


@given(st.lists(CHINESE, min_size=1, max_size=5))
def test_gb18030_and_utf8_are_told_apart(texts: list[str]) -> None:
    for encoding in ("gb18030", "utf-8"):
        pieces = [Piece(t.encode(encoding)) for t in texts]
        chosen = choose_encoding(pieces, where="x").encoding
        assert [decode_piece(p, chosen) for p in pieces] == texts


def test_a_true_declaration_is_honoured_and_said() -> None:
    chosen = choose_encoding([Piece("東方村".encode("big5"))], where="x", declared="BIG5")
    assert chosen.encoding == "big5"
    assert "BIG5" in chosen.note.zh


@pytest.mark.parametrize("declared", ["UTF-8", "ISO-8859-1", "1252", "nonsense"])
def test_a_false_declaration_is_set_aside_and_said(declared: str) -> None:
    chosen = choose_encoding([Piece("向阳村".encode("gbk"))], where="x", declared=declared)
    assert chosen.encoding == "gb18030"
    assert declared in chosen.note.en
    assert "GB18030" in chosen.note.en


def test_utf8_declared_as_gbk_is_still_utf8() -> None:
    assert choose_encoding([Piece("向阳村组".encode())], where="x", declared="GBK").encoding == "utf-8"


def test_gb_text_that_happens_to_be_wellformed_utf8_is_chinese() -> None:
    # 0xC4 0xBA is 暮 … a lead byte C2–DF with a trail byte 80–BF is a two-byte UTF-8 letter as well.
    raw = b"\xc4\xba\xc4\xb8"
    assert raw.decode("utf-8") == "ĺĸ"
    assert choose_encoding([Piece(raw)], where="x").encoding == "gb18030"


def test_latin_text_is_not_turned_into_ideographs() -> None:
    with pytest.raises(InvalidInput, match="neither UTF-8 nor Chinese"):
        choose_encoding([Piece("Köln Süd".encode("latin-1"))], where="x")
    assert choose_encoding([Piece("Köln".encode("latin-1"))], where="x", declared="ISO-8859-1").encoding == "iso8859-1"


def test_a_given_encoding_is_obeyed_or_refused() -> None:
    pieces = [Piece("向阳村".encode("gbk"))]
    assert choose_encoding(pieces, where="x", given="gbk").encoding == "gb18030"
    with pytest.raises(InvalidInput, match="not in utf-8") as caught:
        choose_encoding(pieces, where="x", given="utf-8")
    assert "不是 utf-8 编码" in caught.value.zh
    with pytest.raises(InvalidInput, match="unknown encoding"):
        choose_encoding(pieces, where="x", given="klingon")


def test_half_a_character_at_the_end_of_a_full_field_is_left_out() -> None:
    raw = "网格名称".encode()[:10]
    assert decode_piece(Piece(raw, is_cut=True), "utf-8") == "网格名"
    with pytest.raises(UnicodeDecodeError):
        decode_piece(Piece(raw), "utf-8")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_whole_texts(encoding: str) -> None:
    text = "村居,户数\n向阳村,98\n"
    assert decode_text(text.encode(encoding), where="x")[0] == text


def test_a_broken_byte_order_mark_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="begins as utf-8"):
        decode_text(b"\xef\xbb\xbf\xff\xfe\xfa", where="x")
