"""The app writes nowhere but where it may."""

import re
from collections.abc import Iterable, Sequence

from scaffold.model.codes import CheckCode
from scaffold.model.run import Run, RunSpec
from scaffold.model.verification import Check, Status

CODE = CheckCode("""writes (check): nothing is written outside of the writable folders
    `verify` watches what the running app writes, and compares it with the declared folders.
    → Declare the folder with `--writable FOLDER`, or have the app write to /tmp or its home.""")
_READ_ONLY = re.compile(r"Read-only file system(?:: ['\"]?([^'\"\n]+))?|Errno 30")
# Where engines mount things of their own.
_MOUNTED = ("/dev", "/proc", "/sys", "/run/cgroup", "/etc/hosts", "/etc/hostname")
_SHOWN = 8


def check_writes(trial: RunSpec, run: Run, loose: Run | None) -> Check:
    """Return whether the app keeps to its folders.

    ``run`` had a read-only root, ``loose`` a writable one: what it wrote there is known. Bytecode
    is no loss where it cannot be written, so it does not count.
    """
    written = undeclared(loose.changes, trial.writable) if loose is not None else ()
    complained = bool(_READ_ONLY.search(run.log))
    may = ", ".join(trial.writable) or "nothing"
    if written or complained:
        names = ", ".join(written[:_SHOWN]) or "it reports a read-only file system"
        rest = f" and {len(written) - _SHOWN} more" if len(written) > _SHOWN else ""
        return Check(
            code=CODE,
            status=Status.FAILED,
            text=f"it writes to folders that are not writable: {names}{rest}",
            evidence=tuple(
                f"log: {line.strip()}" for line in run.log.splitlines() if _READ_ONLY.search(line)
            )[:_SHOWN],
            hint=f"it may write to {may}; what has to last belongs on a volume: --writable PATH "
            "says that one will be there",
        )
    if loose is None:
        return Check(
            code=CODE, status=Status.LEFT_OUT, text="left out (--quick): a run with a writable root"
        )
    if run.refused or loose.refused:
        return Check(
            code=CODE,
            status=Status.NOT_VERIFIED,
            text="it never ran",
            hint="the start check says why",
        )
    text = f"nothing written outside of {may}"
    return Check(code=CODE, status=Status.PASSED, text=text)


def undeclared(changes: Iterable[str], writable: Sequence[str]) -> tuple[str, ...]:
    """Return what was written outside of the declared folders, without the folders above it."""
    paths = sorted(set(changes))
    below = tuple(f"{folder.rstrip('/')}/" for folder in (*writable, *_MOUNTED))
    exempt = {*writable, *_MOUNTED}
    return tuple(
        path
        for path in paths
        if path not in exempt
        and not path.startswith(below)
        and "__pycache__" not in path.split("/")
        and not any(other.startswith(f"{path}/") for other in paths)
        and not any(name.startswith(f"{path}/") for name in exempt)
    )
