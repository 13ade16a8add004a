"""The one door through which text reaches a page. Folium escapes nothing, so nothing goes around it."""

from __future__ import annotations

import html
import json
from typing import Any, Final

# What could end a script element, open a comment, or end a JavaScript line inside a JSON string.
_UNSAFE: Final = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
# Characters that turn the direction of the text around them, and controls that nobody can see.
_INVISIBLE: Final = dict.fromkeys(
    [*range(9), 11, 12, *range(14, 32), 127, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF]
)


def plain(text: object) -> str:
    """`text` without control characters and without marks that turn the direction of what follows."""
    return str(text).translate(_INVISIBLE)


def html_text(text: object) -> str:
    """`text` as content of an HTML element or of a quoted attribute."""
    return html.escape(plain(text), quote=True)


def script_json(value: Any) -> str:
    """`value` as JSON that can stand inside a ``<script>`` element.

    Raises
    ------
    ValueError
        If a number is not finite: JSON has no word for it.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(_UNSAFE)
