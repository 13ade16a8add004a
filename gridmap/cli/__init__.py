"""The command line: a command a verb. Nothing heavy is imported before a command runs."""

from gridmap.cli.app import main

__all__ = ["main"]
