"""Writing a report: over an earlier report, never over anything else."""

from pathlib import Path

from scaffold.model.errors import PathUnreadableError, UsageError
from scaffold.state.file_writer import digest_content, write_outputs

MARK = b'<meta name="generator" content="leanscaffold report">'
_HEAD = 2000


def write_page(path: Path, text: str, *, force: bool) -> None:
    """Write a page whole or not at all.

    Raises FileConflictError for a file that is no report, without ``force``; UsageError for a
    folder that is not there.
    """
    real = path.resolve() if path.is_symlink() else path
    if not real.parent.is_dir():
        raise UsageError(f"--html: there is no folder {real.parent}", hint="make it first")
    recorded = {}
    try:
        content = real.read_bytes() if real.is_file() else b""
    except OSError as error:
        raise PathUnreadableError(
            f"cannot read {real}: {error.strerror or error}", hint="check its permissions"
        ) from error
    if MARK in content[:_HEAD]:
        recorded[real.name] = digest_content(content)
    write_outputs(real.parent, {real.name: text}, force=force, recorded=recorded)
