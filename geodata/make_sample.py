"""Make the sample town: a synthetic 山阳镇 (Shanyang Town) as shanyang.gpkg and ledgers/, with their MANIFEST.

    python geodata/make_sample.py [--out FOLDER] [--seed N]

The same seed gives the same content on any day.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from maker.layers import make_layers
from maker.ledgers import FOLDER, write_ledgers
from maker.write import write_manifest, write_package

HERE = Path(__file__).resolve().parent
SEED = 310116113


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the synthetic sample town.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to (default: beside this script)")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    layers = make_layers(options.seed)
    package = options.out / "shanyang.gpkg"
    write_package(layers, package)
    ledgers = write_ledgers(package, options.out / FOLDER, options.seed)
    write_manifest(layers, package, ledgers, options.seed)
    for name, layer in layers.items():
        print(f"{name:16} {len(layer):6}")
    for path, sheets in ledgers.items():
        print(f"{path.name:16} {sum(sheets.values()):6}")
    print(f"{package}: {package.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
