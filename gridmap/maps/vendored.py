"""The foreign files of a page: pinned, checksummed, inlined. Nothing is fetched when a map is drawn."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from dataclasses import dataclass
from importlib import resources
from typing import Final

from gridmap.errors import InvalidInput

_URL: Final = re.compile(r"url\(\s*['\"]?(?!data:|#)([^'\")]+)['\"]?\s*\)")
_SOURCE_MAP: Final = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


@dataclass(frozen=True)
class Asset:
    """One file under ``maps/vendor/``.

    Attributes
    ----------
    path : str
        Where it lies, below ``vendor/``.
    name, version, licence : str
        The package it was taken from.
    source : str
        The file's path inside that package.
    sha256 : str
        Checksum of the file as it came.
    replaces : tuple of str
        Names under which folium's elements ask for it.
    """

    path: str
    name: str
    version: str
    licence: str
    source: str
    sha256: str
    replaces: tuple[str, ...] = ()


@functools.cache
def manifest() -> tuple[Asset, ...]:
    """Every vendored file, as ``vendor/manifest.json`` lists it."""
    text = resources.files("gridmap.maps").joinpath("vendor", "manifest.json").read_text("utf-8")
    return tuple(Asset(**{**entry, "replaces": tuple(entry.get("replaces", ()))}) for entry in json.loads(text))


@functools.cache
def content(path: str) -> bytes:
    """The bytes of a vendored file.

    Raises
    ------
    InvalidInput
        If the manifest does not list it, or the file is not the one whose checksum stands there.
    """
    asset = next((a for a in manifest() if a.path == path), None)
    if asset is None:
        raise InvalidInput(
            f"no vendored file {path!r}; the manifest lists {', '.join(a.path for a in manifest())}",
            f"没有随附文件 {path!r}；请看 vendor/manifest.json。",
        )
    data = resources.files("gridmap.maps").joinpath("vendor", *path.split("/")).read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != asset.sha256:
        raise InvalidInput(
            f"vendored file {path!r} was changed: sha256 {found} instead of {asset.sha256}; install gridmap again",
            f"随附文件 {path!r} 被改动过（校验值不符），请重新安装 gridmap。",
        )
    return data


def script(path: str) -> str:
    """A vendored script, ready to stand inside a ``<script>`` element."""
    text = _SOURCE_MAP.sub("", content(path).decode("utf-8"))
    return text.replace("</script", "<\\/script")


def style(path: str) -> str:
    """A vendored style sheet, its pictures written into it."""
    folder = path.rpartition("/")[0]

    def inline(match: re.Match[str]) -> str:
        name = match[1].rpartition("/")[2]
        return f"url({data_uri(f'{folder}/{name}')})"

    return _URL.sub(inline, content(path).decode("utf-8"))


def data_uri(path: str) -> str:
    """A vendored PNG as a data URI."""
    return "data:image/png;base64," + base64.b64encode(content(path)).decode("ascii")
