"""Run other programs, and say what went wrong in their own words."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

TAIL = 60


class EngineError(Exception):
    """The engine cannot be brought up or used; the text says why."""


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    text: str | None = None,
) -> str:
    """Return what a program printed; raise EngineError with the end of its complaint."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words, env=env, cwd=cwd, input=text, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise EngineError(f"{words[0]} is not installed") from error
    if done.returncode:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-TAIL:])
        raise EngineError(f"{' '.join(words)} exited with {done.returncode}:\n{said}")
    return done.stdout


def run_logged(argv: Sequence[str | Path], log: Path, *, env: Mapping[str, str]) -> None:
    """Run a program that says much; its log can be read while it runs."""
    with log.open("w") as out:
        done = subprocess.run(
            [str(word) for word in argv],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            check=False,
        )
    if done.returncode:
        said = "\n".join(log.read_text(errors="replace").splitlines()[-TAIL:])
        raise EngineError(f"{argv[0]} exited with {done.returncode}; the end of {log}:\n{said}")


def succeeds(argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None) -> bool:
    """Return whether a program could be run and exited 0."""
    try:
        run(argv, env=env)
    except EngineError:
        return False
    return True
