"""The log files of a server: what they say at the end, and how many are kept."""

from __future__ import annotations

from pathlib import Path

#: Log files that are kept, 10 MB each at most.
_KEPT = 10


def last_words(log: Path) -> str:
    """Why the server ended: the last grave line of the newest logs."""
    lines = []
    for path in sorted(log.glob("*.log"), key=lambda p: p.stat().st_mtime)[-2:]:
        lines += path.read_text("utf-8", "replace").splitlines()[-50:]
    grave = [line for line in lines if "FATAL:" in line or "PANIC:" in line] or lines or ["no word"]
    return grave[-1].strip()


def drop_old_logs(log: Path) -> None:
    """Keep the newest ones only."""
    for path in sorted(log.glob("postgres-*.log"))[:-_KEPT]:
        path.unlink(missing_ok=True)
