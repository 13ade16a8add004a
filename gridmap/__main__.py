"""``python -m gridmap`` is the command line."""

from gridmap.cli import main

main()
