"""A file with the time of the last successful health check."""

from pathlib import Path

OLDEST = 30  # seconds


def beat(file: Path, now: float) -> None:
    part = file.with_name(f"{file.name}.part")
    part.write_text(str(now))
    part.replace(file)


def is_fresh(file: Path, now: float) -> bool:
    try:
        return 0 <= now - float(file.read_text()) < OLDEST
    except (OSError, ValueError):
        return False
