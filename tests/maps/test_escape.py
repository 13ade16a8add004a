"""Nothing that a text holds can end the element it stands in."""

from __future__ import annotations

import json
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from gridmap.maps.escape import html_text, plain, script_json

NASTY = st.text(st.sampled_from(list("<>&\"'/!-\u2028\u2029]scriptSCRIPT{}%\\ \u202e\x00网")), max_size=40)


@given(NASTY)
def test_json_in_a_script_reads_back_and_holds_no_sign_that_html_knows(text: str) -> None:
    written = script_json({"a": [text]})
    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written) == {"a": [text]}


@given(NASTY)
def test_html_text_is_one_text_and_no_element(text: str) -> None:
    seen: list[str] = []
    parser = HTMLParser(convert_charrefs=True)
    parser.handle_starttag = lambda tag, _: seen.append(tag)  # type: ignore[method-assign]
    parser.handle_comment = seen.append  # type: ignore[method-assign]
    parser.feed(f"<title>{html_text(text)}</title>")
    parser.close()
    assert seen == ["title"]


def test_marks_that_turn_the_direction_of_text_are_taken_out() -> None:
    assert plain("a\u202eb\x00c\ufeff网\n格") == "abc网\n格"
