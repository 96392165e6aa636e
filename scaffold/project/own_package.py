"""The project as a package: how it is built, where its modules lie, what that takes."""

import ast
import os
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from scaffold.model.project import Origin, OwnPackage
from scaffold.project.build_refusals import find_refusal
from scaffold.project.dockerignore import ignored, patterns_for
from scaffold.project.package_folder import PackageFolder, open_package
from scaffold.project.setup_files import SETUP_FILES
from scaffold.project.text_io import read_bytes

# PEP 517: what holds without [build-system]; setuptools before 70.1 needs wheel.
_DEFAULT = ("setuptools.build_meta:__legacy__", ("setuptools>=40.8.0",))
_POETRY = ("poetry.core.masonry.api", ("poetry-core",))
# Backends that compile whatever they are given, with the tools that takes (their own
# documentation, 2026-11).
_COMPILING: Mapping[str, tuple[str, ...]] = {
    "maturin": ("c", "rust"),
    "scikit_build_core": ("c", "c++", "cmake", "ninja"),
    "mesonpy": ("c", "c++", "meson", "ninja"),
}
# Arguments of setup() that name compiled code, and tables of [tool.setuptools].
_EXTENSIONS = {
    "cffi_modules": ("c",),
    "ext_modules": ("c",),
    "ext-modules": ("c",),
    "rust_extensions": ("c", "rust"),
}
_LANGUAGES = {
    ".c": "c",
    ".cc": "c++",
    ".cpp": "c++",
    ".cxx": "c++",
    ".f90": "fortran",
    ".pyx": "c",
    ".rs": "rust",
}
# Build requirements that derive the version from version control (their documentation, 2026-11).
_VERSIONING = frozenset(
    {
        *("hatch-vcs", "setuptools-scm", "flit-scm", "pbr", "poetry-dynamic-versioning"),
        *("uv-dynamic-versioning", "vcs-versioning", "versioningit", "setuptools-git-versioning"),
    }
)
# Of what pyproject.toml says besides [project], the tools that build packages.
_BUILDING = ("setuptools", "poetry", "hatch", "flit", "pdm", "maturin", "scikit-build")
_WORD = re.compile(r"[^\s,:=]+")
_SIGNS = re.compile(r"[\s*?\[\]<>|\0]")
_LONGEST = 200  # characters of a path that is looked for


def read_own_package(
    root: Path, folder: str, files: Sequence[str], *, named: bool = False
) -> OwnPackage | None:
    """Return how a folder of the project is built, None for one that is no package.

    ``files`` are those of the project that get into the image, relative to ``root``; ``named``
    says that a requirements file asks for the folder, which pip builds without [build-system] too.
    Nothing is run: what only a build knows stays empty. Raises ConfigInvalidError,
    PathUnreadableError.
    """
    reader = open_package(root, folder, files)
    build = _build_system(reader) or (_DEFAULT if named and not _is_virtual(reader) else None)
    name = _name(reader) if build else None
    if build is None or name is None:
        return None
    backend, requires = build
    tools = _tools(reader, backend)
    home = _source_root(reader, backend, name)
    return OwnPackage(
        path=folder,
        name=canonicalize_name(name),
        backend=backend,
        requires=requires,
        root=posixpath.normpath(posixpath.join(folder, home)),
        tools=tools,
        versioned=_is_versioned(reader, requires),
        problem=find_refusal(reader, backend, name, home),
        reads=tuple(sorted(_reads(reader))),
        origin=_origin(reader),
    )


def _build_system(reader: PackageFolder) -> tuple[str, tuple[str, ...]] | None:
    """Return backend and build requirements, None where nothing is ever built."""
    if _is_virtual(reader):
        return None
    build = reader.table("build-system")
    poetry = reader.table("tool", "poetry").get("name") and not reader.table("project")
    if not build and poetry:
        return _POETRY
    if not build:
        asked = reader.table("tool", "uv").get("package") is True
        return _DEFAULT if reader.has("setup.py") or asked else None
    listed = build.get("requires", _DEFAULT[1])
    requires = [str(one) for one in listed] if isinstance(listed, list | tuple) else []
    backend = str(build.get("build-backend", _DEFAULT[0]))
    if backend.startswith("hatchling"):
        requires += _hook_requires(reader)
    return backend, tuple(dict.fromkeys(requires))


def _reads(reader: PackageFolder) -> Iterator[str]:
    """Yield the files that its metadata names (README, licences, data) and that are left out."""
    place = reader.root / reader.folder
    setup = (one for node in reader.keywords.values() for one in ast.walk(node))
    words = (_WORD.findall(text) for section in reader.cfg.values() for text in section.values())
    named = {
        *(*SETUP_FILES, "MANIFEST.in", "pyproject.toml"),
        *_texts(reader.table("project")),
        *(text for tool in _BUILDING for text in _texts(reader.table("tool", tool))),
        *(
            one.value
            for one in setup
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ),
        *chain.from_iterable(words),
    }
    named = {text for text in named if len(text) < _LONGEST and not _SIGNS.search(text)}
    found = {place / text for text in named}
    for text in _texts(reader.table("tool", "setuptools", "data-files")):
        found |= set(place.glob(text)) if "**" not in text and _inside(text) else set()
    for text in filter(_inside, _forced(reader.table("tool", "hatch", "build"))):
        found |= {place / text, *(place / text).rglob("*")}
    for path in found:
        file = posixpath.normpath(os.path.relpath(path, place))
        ours = ignored(posixpath.join(reader.folder, file), patterns_for())
        if file not in reader.files and _inside(file) and not ours and path.is_file():
            yield posixpath.normpath(posixpath.join(reader.folder, file))


def _inside(path: str) -> bool:
    return bool(path.strip("./")) and not path.startswith(("/", "../"))


def _forced(table: Mapping[str, object]) -> Iterator[str]:
    """Yield what Hatchling is made to include, at any depth: it ends where that is not there."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from value if name == "force-include" else _forced(value)


def _texts(value: object) -> Iterator[str]:
    """Yield all strings of a table, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _is_virtual(reader: PackageFolder) -> bool:
    """Tell whether the project says of itself that it is not to be installed."""
    return (
        reader.table("tool", "uv").get("package") is False
        or reader.table("tool", "poetry").get("package-mode") is False
        or reader.table("tool", "pdm").get("distribution") is False
        or reader.table("tool", "rye").get("virtual") is True
    )


def _hook_requires(reader: PackageFolder) -> Iterator[str]:
    """Yield what hatchling's build hooks ask for beside [build-system]."""
    build = reader.table("tool", "hatch", "build")
    targets = build.get("targets", {})
    wheel = targets.get("wheel", {}) if isinstance(targets, Mapping) else {}
    for table in (build, wheel):
        hooks = table.get("hooks", {}) if isinstance(table, Mapping) else {}
        for hook in hooks.values() if isinstance(hooks, Mapping) else ():
            listed = hook.get("dependencies", []) if isinstance(hook, Mapping) else []
            yield from (str(one) for one in listed)


def _name(reader: PackageFolder) -> str | None:
    keyword = reader.keywords.get("name")
    written = keyword.value if isinstance(keyword, ast.Constant) else None
    found = (
        reader.table("project").get("name")
        or reader.table("tool", "poetry").get("name")
        or reader.table("tool", "flit", "metadata").get("module")
        or reader.option("metadata", "name")
        or written
    )
    if found is None and reader.has("setup.py"):
        # setup.py computes it: it has one.
        found = posixpath.basename((reader.root / reader.folder).resolve().as_posix())
    return str(found) if found else None


def _origin(reader: PackageFolder) -> Origin:
    if reader.pyproject and "build-system" in reader.pyproject.data:
        return reader.pyproject.origin("build-system")
    name = "pyproject.toml" if reader.pyproject and not reader.has("setup.py") else "setup.py"
    return Origin(file=posixpath.normpath(posixpath.join(reader.folder, name)))


def _is_versioned(reader: PackageFolder, requires: Sequence[str]) -> bool:
    """Tell whether the version comes from version control, which no image build sees."""
    scm = reader.table("tool", "pdm", "version").get("source") == "scm"
    return scm or "use_scm_version" in reader.keywords or bool(_names(requires) & _VERSIONING)


def _names(requires: Sequence[str]) -> set[str]:
    found = set()
    for text in requires:
        try:
            found.add(str(canonicalize_name(Requirement(text).name)))
        except InvalidRequirement:
            continue
    return found


def _tools(reader: PackageFolder, backend: str) -> tuple[str, ...]:
    """Return the tools that compile the package's own code, empty for a pure package."""
    top = backend.partition(".")[0]
    tools = set(_COMPILING.get(top, ()))
    for name, needed in _EXTENSIONS.items():
        if name in reader.keywords or name in reader.table("tool", "setuptools"):
            tools |= set(needed)
    if _builds_by_script(reader):
        tools.add("c")
    if not tools:
        return ()
    endings = {posixpath.splitext(file)[1] for file in reader.files}
    found = {_LANGUAGES[ending] for ending in endings & _LANGUAGES.keys()}
    return tuple(sorted(tools | (found - {"rust"})))


def _builds_by_script(reader: PackageFolder) -> bool:
    """Tell whether poetry's or hatchling's own script compiles something."""
    build = reader.table("tool", "poetry").get("build")
    named = build.get("script") if isinstance(build, Mapping) else build
    pdm = reader.table("tool", "pdm", "build")
    scripts = [named, pdm.get("run-setuptools") and "setup.py"]
    hooks = reader.table("tool", "hatch", "build").get("hooks", {})
    custom = hooks.get("custom") if isinstance(hooks, Mapping) else None
    if isinstance(custom, Mapping):
        scripts.append(custom.get("path", "hatch_build.py"))
    for script in scripts:
        if isinstance(script, str) and reader.has(script):
            path = posixpath.normpath(posixpath.join(reader.folder, script))
            text = read_bytes(reader.root, path).decode("utf-8", "replace")
            if re.search(r"\b(Extension|cythonize|build_ext|CMake\w*|ffibuilder)\b", text):
                return True
    return False


def _source_root(reader: PackageFolder, backend: str, name: str) -> str:
    """Return the folder whose modules are installed, relative to the package's."""
    for find in (_written_root, _poetry_root, _hatch_root):
        if (found := find(reader)) is not None:
            return found
    module = name.replace("-", "_")
    if backend.startswith("uv_build"):
        return str(reader.table("tool", "uv", "build-backend").get("module-root", "src")) or "."
    inside = any(one.startswith("src/") and one.endswith((".py", ".pyx")) for one in reader.files)
    return "src" if inside and not reader.holds(module) else "."


def _written_root(reader: PackageFolder) -> str | None:
    """Return what setuptools, maturin or pdm are told."""
    setuptools = reader.table("tool", "setuptools")
    folders = setuptools.get("package-dir", {})
    if isinstance(folders, Mapping) and "" in folders:
        return str(folders[""]) or "."
    packages = setuptools.get("packages", {})
    find = packages.get("find", {}) if isinstance(packages, Mapping) else {}
    where = find.get("where", []) if isinstance(find, Mapping) else []
    if where:
        return str(where[0])
    for line in reader.option("options", "package_dir").splitlines():
        key, _, value = line.partition("=")
        if not key.strip() and value.strip():
            return value.strip()
    folder = reader.keywords.get("package_dir")
    if isinstance(folder, ast.Dict):
        for of, inside in zip(folder.keys, folder.values, strict=True):
            named = isinstance(of, ast.Constant) and of.value == ""
            if named and isinstance(inside, ast.Constant):
                return str(inside.value) or "."
    for keys, option in (
        (("tool", "maturin"), "python-source"),
        (("tool", "pdm", "build"), "package-dir"),
    ):
        if option in reader.table(*keys):
            return str(reader.table(*keys)[option]) or "."
    return None


def _poetry_root(reader: PackageFolder) -> str | None:
    for package in reader.table("tool", "poetry").get("packages", ()):
        if isinstance(package, Mapping) and "include" in package:
            return str(package.get("from", "."))
    return None


def _hatch_root(reader: PackageFolder) -> str | None:
    for keys in (
        ("tool", "hatch", "build", "targets", "wheel"),
        ("tool", "hatch", "build"),
        ("tool", "scikit-build", "wheel"),
    ):
        packages = reader.table(*keys).get("packages")
        if isinstance(packages, list) and packages:
            return posixpath.dirname(str(packages[0]).strip("/")) or "."
    return None
