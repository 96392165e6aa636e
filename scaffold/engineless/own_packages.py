"""The project's own packages, as the Dockerfile's stage ``own`` builds and installs them."""

import os
import posixpath
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scaffold.dockerfile.template_values import TemplateContext
from scaffold.engineless.layers import Entry, digest_entries, list_folder, make_entry, parents_of
from scaffold.engineless.pip import PIP, Tools, install_wheels, list_wheels, rename_origins, run
from scaffold.engineless.steps import list_context, settle
from scaffold.project.source_clients import EPOCH, VERSION, read_tagged_version, versioned

_STAGE = "/build"  # where the Dockerfile has the project
_VERSIONS = (
    *("SETUPTOOLS_SCM_PRETEND_VERSION", "PDM_BUILD_SCM_VERSION", "PBR_VERSION"),
    *("POETRY_DYNAMIC_VERSIONING_BYPASS", "UV_DYNAMIC_VERSIONING_BYPASS"),
)
_INFO = "Metadata-Version: 2.1\nName: own\nVersion: {}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSources:
    """What the project's packages are built from.

    ``context`` is what a build sees of the project, ``lock`` says what builds; ``version`` is that
    of version control, empty where no package takes its own from there.
    """

    context: tuple[Entry, ...]
    lock: Path
    version: str

    @property
    def key(self) -> str:
        """Return what differs where something else may come of them."""
        return f"{self.version} {self.lock.read_text('utf-8')} {digest_entries(self.context)}"


def read_sources(
    view: TemplateContext, folder: Path, made: Path, environ: Mapping[str, str]
) -> OwnSources | None:
    """Return what the packages of a project are built from, None where there are none."""
    if not view.own:
        return None
    version = ""
    if view.versioned:
        version = versioned(environ, folder, read_tagged_version).get(VERSION) or "0.0.0"
    paths = list_context(folder, ".", made)
    context = tuple(make_entry(path, folder / path, mtime=0) for path in paths)
    return OwnSources(context=context, lock=folder / view.build_lock, version=version)


def build_own(
    view: TemplateContext, sources: OwnSources, work: Path, tools: Tools, moment: int
) -> list[Entry]:
    """Return what the project's packages put into the image, the application over which they go.

    Raises UsageError for machine code, StepFailedError.
    """
    source, backend = work / "source", work / "backend"
    _copy(sources.context, source)
    pinned = ("--no-deps", "--require-hashes") if view.build_pinned else ()
    argv = [*PIP, "install", *pinned, "--only-binary=:all:", f"--target={backend}"]
    run([*argv, "-r", str(sources.lock)], "pip install", env=tools.pip)
    version = sources.version
    env = {
        **tools.pip,
        **(dict.fromkeys(_VERSIONS, version) if version else {}),
        "PYTHONPATH": str(backend),
        "PATH": f"{backend / 'bin'}{os.pathsep}{tools.pip.get('PATH', os.defpath)}",
        EPOCH: str(view.moment),
    }
    found: dict[str, Entry] = {}
    for package in view.own:
        place = source / posixpath.relpath(package.folder, _STAGE)
        if version and not (place / "PKG-INFO").exists():
            (place / "PKG-INFO").write_text(_INFO.format(version), "utf-8")
        wheels, installed = work / f"wheels-{package.number}", work / f"own-{package.number}"
        argv = [*PIP, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "--use-pep517"]
        run([*argv, "--no-cache-dir", f"--wheel-dir={wheels}", str(place)], "pip wheel", env=env)
        argv = ["--no-deps", "--no-index", "--no-compile", "--no-warn-script-location"]
        argv += ["--prefix=/usr/local", "--ignore-installed", "--ignore-requires-python"]
        argv += [f"--root={installed}", *map(str, list_wheels(wheels))]
        install_wheels(view, argv, work, tools)
        (library,) = installed.glob("usr/local/lib/python*")
        (modules,) = library.glob("*-packages")
        rename_origins(modules, f"/wheels/{package.number}")
        inside = package.root.removeprefix("/out").strip("/")
        for one in list_folder(modules, mtime=moment):
            path = f"{inside}/{one.path}"
            target = f"{inside}/{one.target}" if one.kind == tarfile.LNKTYPE else one.target
            found[path] = settle(replace(one, path=path, target=target), view.uid)
        top = view.workdir.strip("/")
        for path in parents_of(found) - {top} - parents_of([top]):
            folder = Entry(path=path, kind=tarfile.DIRTYPE, mode=0o755, mtime=moment)
            found.setdefault(path, settle(folder, view.uid))
        rest = [one for one in list_folder(installed, mtime=moment) if not _is_module(one.path)]
        if any(one.kind != tarfile.DIRTYPE for one in rest):
            found |= {one.path: one for one in rest}
    return list(found.values())


def _is_module(path: str) -> bool:
    return f"{path}/".startswith("usr/local/lib/")


def _copy(context: Sequence[Entry], goal: Path) -> None:
    goal.mkdir()
    for one in context:
        target = goal / one.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if one.kind == tarfile.DIRTYPE:
            target.mkdir(exist_ok=True)
        elif one.source is None:
            target.symlink_to(one.target)
        else:
            shutil.copy(one.source, target)
