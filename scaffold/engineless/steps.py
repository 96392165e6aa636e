"""The steps of the Dockerfile, done here: the assembler, the application."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from scaffold import assembler
from scaffold.assembler import FetchError
from scaffold.assembler.fetching import fetch
from scaffold.docker.blob_store import DRAFT, Store
from scaffold.docker.build import BEARER_VARIABLE
from scaffold.dockerfile.template_values import TemplateContext
from scaffold.engineless.layers import Entry, list_folder, make_entry, parents_of
from scaffold.engineless.pip import MODULE, Tools, run
from scaffold.model.errors import Detail, StepFailedError, UsageError
from scaffold.project.dockerignore import ignored, may_return, parse_ignore

_ASSEMBLER = Path(assembler.__file__).parent


def refuse(view: TemplateContext) -> None:
    """Raise UsageError for what has to run a program of the target's, or a compiler."""
    reasons = list(dict.fromkeys(_reasons(view)))
    if reasons:
        raise UsageError(
            "this image cannot be built without an engine",
            hint="leave out --to: `leanscaffold build` does it with Docker",
            details=[Detail(text=text) for text in reasons],
        )


def _reasons(view: TemplateContext) -> Iterator[str]:
    yield from (f"runs in the image: {' '.join(words)}" for words in view.prepares)
    made = view.front_end.made if view.front_end else ()
    yield from (f"the stage {one.stage} makes {one.source}" for one in made)
    for build in view.builds:
        if build.native:
            yield from (f"{build.platform}: {line.removeprefix('- ')}" for line in build.why)
            yield f"{build.platform}: a compiler of that platform is needed"
    for base in view.bases:
        if base.system and view.manager != "apt":
            names = ", ".join(base.system)
            yield (
                f"apk adds {names} inside the base alone; a Debian base gets its packages without "
                "an engine, too (--base slim-trixie)"
            )
    if view.compilers:
        yield f"the project's own machine code: {', '.join(view.compilers)} of the target"
    if view.traced:
        yield "a trace decides what stays of the base"


@cache
def find_python(minor: str) -> str:
    """Return this machine's CPython of the bytecode's minor; empty where there is none."""
    if ".".join(map(str, sys.version_info[:2])) == minor:
        return sys.executable
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv")
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or home / ".local/share/uv/python")
    places = [str(one) for one in sorted(pyenv.glob(f"versions/{minor}.*/bin/python{minor}"))]
    places += [str(one) for one in sorted(uv.glob(f"cpython-{minor}.*/bin/python{minor}"))]
    places += [found] if (found := shutil.which(f"python{minor}")) else []
    asked = "import sys; print(sys.implementation.name, *sys.version_info[:2])"
    wanted = f"cpython {minor.replace('.', ' ')}"
    return next((one for one in places if one and _output([one, "-c", asked]) == wanted), "")


def _output(argv: Sequence[str]) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603 - fixed words
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def assemble(
    view: TemplateContext, roots: tuple[Path, Path] | None, work: Path, tools: Tools
) -> dict[str, list[Entry]]:
    """Run the assembler on what was installed, and return the entries of its layers by name.

    ``roots`` are those of a base that is cut: with the packages added to it, and without.
    """
    base, known = roots or (None, None)
    here = {"--base": base, "--known": known, "--owners": work / "owners"}
    options = [one for one in view.assembly if one.partition("=")[0] not in here]
    if not tools.python:
        options = [one for one in options if not one.startswith(("--bytecode=", "--sourceless="))]
        options.append("--bytecode=none")
    options += [f"{name}={path}" for name, path in here.items() if base] if view.cut else []
    places = [f"--{name}={work / place}" for name, place in _PLACES]
    python = tools.python or sys.executable
    argv = [python, "-E", "-s", "-B", "-c", MODULE.format(alias=""), str(_ASSEMBLER.parent)]
    run([*argv, "assembler", *places, *options], "assemble", env=os.environ)
    owners: list[tuple[str, int]] = []
    if (work / "owners").exists():
        lines = (work / "owners").read_text().splitlines()
        owners = [(path, int(uid)) for path, _, uid in (line.rpartition(" ") for line in lines)]
    return {
        layer.name: list(list_folder(layer, mtime=view.moment, owners=owners))
        for layer in sorted((work / "out").iterdir())
    }


_PLACES = (("packages", "install"), ("scripts", "scripts"), ("out", "out"))


def digest_program() -> str:
    """Return a digest of the assembler: another one makes other layers."""
    found = hashlib.sha256()
    for path in sorted(_ASSEMBLER.rglob("*.py")):
        found.update(path.relative_to(_ASSEMBLER).as_posix().encode() + path.read_bytes())
    return found.hexdigest()


def list_app(view: TemplateContext, folder: Path, moment: int, made: Path) -> list[Entry]:
    """Return the application as its layer has it, but for bytecode: settled modes, owner, times.

    ``made`` is what an earlier run wrote, no part of the application wherever it lies.
    """
    root, inside = folder / view.folder, view.workdir.strip("/")
    paths = list_context(folder, view.folder, made, view.app_left_out)
    top = Entry(path=inside, kind=tarfile.DIRTYPE, mode=0o755, mtime=moment)
    entries = [top, *(make_entry(f"{inside}/{p}", root / p, mtime=moment) for p in paths)]
    there = {one.path for one in entries}
    written = {path.strip("/") for path in view.written}
    entries += [
        replace(top, path=path)
        for path in sorted(written | parents_of(written))
        if path not in there
    ]
    # What a folder elsewhere lies in is the system's.
    above = {one for one in parents_of(written) - written if not f"{one}/".startswith(f"{inside}/")}
    owned = (0 if one.path in above else view.uid for one in entries)
    return [settle(one, uid) for one, uid in zip(entries, owned, strict=True)]


def list_context(folder: Path, below: str, made: Path, left_out: Iterable[str] = ()) -> list[str]:
    """Return the paths below a folder of the project that a build sees, relative to that folder."""
    root = folder / below
    name = next(
        one for one in ("Dockerfile.dockerignore", ".dockerignore", "") if (folder / one).exists()
    )
    patterns = parse_ignore((folder / name).read_text("utf-8")) if name else ()
    dropped = set(left_out)
    if made.is_relative_to(root.resolve()):
        goal = made.relative_to(root.resolve())
        dropped.add(goal.as_posix())
        drafts = (one.name for one in made.parent.glob(".*.draft-*"))  # of a killed run
        own = DRAFT.format(made.name)
        dropped |= {goal.with_name(one).as_posix() for one in drafts if one.startswith(own)}
    prefix = "" if below == "." else f"{below}/"
    return [path for path in _walk(root, prefix, patterns) if not _is_dropped(path, dropped)]


def fetch_models(
    view: TemplateContext, store: Store, environ: Mapping[str, str], cert: str
) -> None:
    """Fetch what the build fetches, unless it is here. Raises StepFailedError."""
    for one in view.fetched:
        goal = store.path(f"sha256:{one.sha256}")
        if goal.exists():
            continue
        try:
            with store.draft(goal) as draft:
                fetch(one.url, one.sha256, draft, token=environ.get(BEARER_VARIABLE, ""), cert=cert)
        except FetchError as error:
            raise StepFailedError(
                str(error), hint="correct the address or the hash of --fetch-model, or the network"
            ) from error


def list_fetched(view: TemplateContext, store: Store) -> list[Entry]:
    """Return what was fetched, with its folders: the application's user's, with the plan's time."""
    inside = view.workdir.strip("/")
    files = [
        make_entry(f"{inside}/{one.path}", store.path(f"sha256:{one.sha256}"), mtime=view.moment)
        for one in view.fetched
    ]
    folders = {inside, *parents_of(one.path for one in files)} - parents_of([inside])
    made = [Entry(path=one, kind=tarfile.DIRTYPE, mode=0o755, mtime=view.moment) for one in folders]
    owned = [replace(one, mode=0o644) for one in files]
    return [replace(one, uid=view.uid, gid=view.uid) for one in (*made, *owned)] if files else []


def list_models(view: TemplateContext, entries: Sequence[Entry]) -> list[Entry]:
    """Return the heavy files of the application and their folders, with the plan's time."""
    inside = view.workdir.strip("/")
    names = {f"{inside}/{name}" for name in view.models}
    files = [one for one in entries if one.path in names and one.kind == tarfile.REGTYPE]
    folders = {inside, *parents_of(one.path for one in files)} - parents_of([inside])
    kept = [one for one in entries if one.path in folders]
    return [replace(one, mtime=view.moment) for one in (*kept, *files)]


def _walk(root: Path, prefix: str, patterns: Sequence[str], below: str = "") -> Iterator[str]:
    """Yield what a build context has below a folder, as Docker chooses it."""
    with os.scandir(root / below) as found:
        children = sorted(found, key=lambda one: one.name)
    for child in children:
        path = f"{below}/{child.name}" if below else child.name
        out = ignored(prefix + path, patterns)
        if child.is_dir(follow_symlinks=False):
            inside = (
                list(_walk(root, prefix, patterns, path))
                if not out or may_return(prefix + path, patterns)
                else []
            )
            if inside or not out:
                yield path
            yield from inside
        elif not out and (child.is_file(follow_symlinks=False) or child.is_symlink()):
            yield path


def _is_dropped(path: str, dropped: set[str]) -> bool:
    return path in dropped or any(path.startswith(f"{one}/") for one in dropped)


def settle(entry: Entry, uid: int) -> Entry:
    """Return an entry of a user's with the mode that ``chmod u=rwX,go=rX`` leaves."""
    mode = 0o755 if entry.kind == tarfile.DIRTYPE or entry.mode & 0o111 else 0o644
    return replace(entry, mode=0o777 if entry.kind == tarfile.SYMTYPE else mode, uid=uid, gid=uid)


def compile_app(
    view: TemplateContext, entries: Sequence[Entry], work: Path, tools: Tools, moment: int
) -> list[Entry]:
    """Return the entries of the application's bytecode; none without a Python of that minor."""
    if not view.app_compiled or not tools.python:
        return []
    out = work / "app"
    for entry in entries:
        target = out / entry.path
        if entry.kind == tarfile.DIRTYPE:
            target.mkdir(parents=True, exist_ok=True)
        elif entry.path.endswith(".py"):
            target.parent.mkdir(parents=True, exist_ok=True)
            if entry.source is None:
                target.symlink_to(entry.target)
            else:
                shutil.copyfile(entry.source, target)
    argv = [tools.python, "-E", "-s", "-m", "compileall", *view.compile]
    argv += ["-s", str(out), "-p", "/", str(out / view.workdir.strip("/"))]
    subprocess.run(argv, capture_output=True, check=False)  # noqa: S603 - what does not compile stays a source
    made = list_folder(out, mtime=moment)
    found = [one for one in made if "/__pycache__" in one.path]
    return [settle(one, view.uid) for one in found]
