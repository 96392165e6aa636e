"""Packages, by pip as the Dockerfile has it: the wheels of a lock, and what is built from sources.

Sources are built by this machine's Python, as they would be by that of the machine that builds with
an engine: what comes of them has to be for any platform.
"""

import base64
import hashlib
import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scaffold.docker.blob_store import Store
from scaffold.dockerfile.template_values import BuildStage, TemplateContext
from scaffold.engineless.wheels import gather_wheels
from scaffold.model.errors import Detail, StepFailedError, UsageError
from scaffold.project.source_clients import EPOCH

# Modules by a name that is on no path: what runs has an interpreter of its own.
MODULE = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); {alias}"
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
_UMASK = -1 if os.name == "nt" else 0o022
_LAST_LINES = 20
_ANY = ("--implementation", "cp", "--platform", "any")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What this machine has: pip's environment, a Python of the target's minor or none, a cache."""

    pip: Mapping[str, str]
    python: str
    store: Store


def run(argv: Sequence[str], step: str, *, env: Mapping[str, str]) -> None:
    """Run a program to its end. Raises StepFailedError with the end of what it said."""
    done = subprocess.run(  # noqa: S603 - fixed words, paths, and the plan's own values
        argv, env=dict(env), capture_output=True, text=True, check=False, umask=_UMASK
    )
    if done.returncode != 0:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise StepFailedError(
            f"{step} failed",
            hint="`leanscaffold doctor` checks index and certificates",
            details=[Detail(text=line) for line in lines[-_LAST_LINES:]],
        )


def fetch_wheels(
    view: TemplateContext, build: BuildStage, folder: Path, files: Path, tools: Tools
) -> dict[str, str]:
    """Put a target's wheels into a folder, by pip where no build here had them: {name: digest}."""
    files.mkdir()
    for path, _ in build.files:
        shutil.copyfile(folder / path, files / posixpath.basename(path))
    if not build.wheels:
        return {}

    def download(lock: Path) -> None:
        options = [one for one in view.pip_wheels if one != "--no-compile"]
        fresh = files / "fresh"  # apart: pip removes what has another hash from where it puts files
        argv = [*PIP, "download", *options, f"--dest={fresh}", f"--find-links={files}"]
        argv += [word for pair in build.selection for word in pair]
        run([*argv, "-r", str(lock)], "pip download", env=tools.pip)
        for one in fresh.iterdir():
            one.replace(files / one.name)
        fresh.rmdir()

    return gather_wheels(_split_lock(build, folder, files.parent)[0], files, tools.store, download)


def _split_lock(build: BuildStage, folder: Path, work: Path) -> tuple[Path, Path]:
    """Return the lock of a target's wheels, and that of what is built from sdists."""
    lock = folder / build.lock
    if not build.pure:
        return lock, lock
    lines = lock.read_text("utf-8").splitlines(keepends=True)
    wheels, sources = work / "wheels.lock", work / "sources.lock"
    wheels.write_text(
        "".join(one for one in lines if not re.search(build.pure_names, one)), "utf-8"
    )
    sources.write_text("".join(one for one in lines if re.search(build.pure_lines, one)), "utf-8")
    return wheels, sources


def install_packages(
    view: TemplateContext, build: BuildStage, folder: Path, work: Path, tools: Tools
) -> None:
    """Let pip unpack a target's wheels into ``install`` and its commands into ``scripts``.

    Raises UsageError for a package that turns out to have machine code.
    """
    install, scripts = work / "install", work / "scripts"
    install.mkdir()
    scripts.mkdir()
    if build.wheels:
        argv = [*view.pip_wheels, f"--target={install}"]
        argv += [word for pair in build.selection for word in pair]
        # The lock is of the target's Python; pip would ask its own.
        argv += ["--ignore-requires-python", "--no-index", f"--find-links={work / 'files'}"]
        argv += ["-r", str(_split_lock(build, folder, work)[0])]
        install_wheels(view, argv, work, tools)
    for shown, names in _build_sources(build, folder, work, tools, view.moment):
        made, wheels = work / f"installed-{shown.strip('/')}", work / shown.strip("/")
        found = [str(one) for one in list_wheels(wheels)]
        argv = [*("--no-deps", "--no-index", "--no-compile", "--only-binary=:all:"), *_ANY]
        argv += ["--python-version", view.python, "--ignore-requires-python", f"--target={made}"]
        argv += [f"--find-links={wheels}", *(names or found)]
        install_wheels(view, argv, work, tools)
        rename_origins(made, shown)
        shutil.copytree(made, install, symlinks=True, dirs_exist_ok=True)
    records = [one.read_text("utf-8") for one in install.glob("*.dist-info/RECORD")]
    for command in (install / "bin").glob("*"):
        if command.is_file() and not any(f"\nbin/{command.name}," in f"\n{r}" for r in records):
            command.rename(scripts / command.name)
    if (install / "bin").is_dir() and not any((install / "bin").iterdir()):
        (install / "bin").rmdir()


def install_wheels(view: TemplateContext, words: Sequence[str], work: Path, tools: Tools) -> None:
    """Let pip install; the commands of packages name the interpreter in the image."""
    interpreter = view.interpreter if view.foreign else "/usr/local/bin/python"
    alias = f"sys.executable = {interpreter!r}; "
    argv = [sys.executable, "-c", MODULE.format(alias=alias), str(work), "pip", "install"]
    run([*argv, "--disable-pip-version-check", *words], "pip install", env=tools.pip)


def _build_sources(
    build: BuildStage, folder: Path, work: Path, tools: Tools, moment: int
) -> Iterator[tuple[str, Sequence[str]]]:
    """Make wheels; yield where the Dockerfile makes them, and the names by which it takes them."""
    pure = [f"--no-binary={name}" for name in build.pure]
    pure += [f"--find-links={work / 'files'}"] if build.files else []
    pure += ["--require-hashes", "-r", str(_split_lock(build, folder, work)[1])]
    for shown, words, names in (
        ("/pure", pure if build.pure else [], build.pure),
        ("/wheels", [str(folder / one.source) for one in build.local], ()),
        (
            "/repositories",
            list(build.repositories),
            [one.partition(" @ ")[0] for one in build.repositories],
        ),
    ):
        if words:
            argv = [*PIP, "wheel", "--no-deps", f"--wheel-dir={work / shown.strip('/')}", *words]
            run(argv, "pip wheel", env={**tools.pip, EPOCH: str(moment)})
            yield shown, names


def list_wheels(folder: Path) -> list[Path]:
    """Return wheels that were built here. Raises UsageError for those of this machine alone."""
    found = sorted(folder.glob("*.whl"))
    if own := [one.name for one in found if not one.stem.endswith("-any")]:
        raise UsageError(
            f"built here, with machine code of this machine: {', '.join(own)}",
            hint="leave out --to: `leanscaffold build` compiles it for the target with Docker",
        )
    return found


def rename_origins(installed: Path, shown: str) -> None:
    """Let what pip noted of where wheels lay say what it would say in a stage of the Dockerfile."""
    for file in installed.glob("*.dist-info/direct_url.json"):
        said = json.loads(file.read_text("utf-8"))
        said["url"] = f"file://{shown}/{posixpath.basename(said['url'])}"
        data = json.dumps(said, sort_keys=True).encode()
        file.write_bytes(data)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        name = f"{file.parent.name}/{file.name}"
        record = file.with_name("RECORD")
        line = f"{name},sha256={digest},{len(data)}".encode()
        entry = re.compile(rf"^{re.escape(name)},[^\r\n]*".encode(), re.MULTILINE)
        record.write_bytes(entry.sub(line, record.read_bytes()))
