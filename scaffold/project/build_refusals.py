"""Why the backend of a package refuses to build it, as far as that is known before."""

import re

from scaffold.project.package_folder import PackageFolder

# What setuptools leaves out when it looks for packages itself (setuptools.discovery, 80.9).
_NOT_FOUND = re.compile(
    r"(ci|bin|debian|docs?|documentation|manpages|news|newsfragments|changelog|tests?|unit_?tests?|"
    r"examples?|scripts|tools|utils?|python|build|benchmarks?|exercises?|htmlcov|tasks|fabfile|"
    r"site_scons|[._].*)"
)
_NO_MODULE = re.compile(
    r"(setup|conftest|tests?|examples?|build|toxfile|noxfile|pavement|dodo|tasks|fabfile|"
    r"[Ss][Cc]onstruct|conanfile|manage|benchmarks?|exercises?|[._].*)"
)


def find_refusal(reader: PackageFolder, backend: str, name: str, home: str) -> str:
    """Return why the backend is known to refuse to build, empty where it is not."""
    module = name.replace("-", "_").replace(".", "_")
    checks = {
        "setuptools": lambda: _refused_by_setuptools(reader, home),
        "hatchling": lambda: _refused_by_hatchling(reader, module),
        "poetry": lambda: _refused_by_poetry(reader, module),
        "uv_build": lambda: _refused_by_uv(reader, module, home),
    }
    check = checks.get(backend.partition(".")[0])
    return check() if check else ""


def _refused_by_setuptools(reader: PackageFolder, home: str) -> str:
    told = reader.table("tool", "setuptools").keys() & {
        *("packages", "py-modules", "package-dir", "ext-modules")
    }
    told |= reader.keywords.keys() & {"packages", "py_modules", "ext_modules", "cffi_modules"}
    told |= {one for one in ("packages", "py_modules") if reader.option("options", one)}
    if told or home != ".":
        return ""
    tops = {one.partition("/")[0] for one in reader.files if "/" in one}
    packages = sorted(one for one in tops if one.isidentifier() and not _NOT_FOUND.fullmatch(one))
    stems = {one[:-3] for one in reader.files if "/" not in one and one.endswith(".py")}
    modules = sorted(one for one in stems if one.isidentifier() and not _NO_MODULE.fullmatch(one))
    found = packages or modules
    if len(found) < 2:  # noqa: PLR2004 - one is no question
        return ""
    return (
        f"setuptools refuses to choose between {', '.join(found)}: name what belongs to it in "
        "[tool.setuptools] packages or py-modules"
    )


def _refused_by_hatchling(reader: PackageFolder, module: str) -> str:
    keys = {"packages", "include", "only-include", "force-include", "bypass-selection", "sources"}
    wheel = reader.table("tool", "hatch", "build", "targets", "wheel")
    build = reader.table("tool", "hatch", "build")
    if (wheel.keys() | build.keys()) & keys:
        return ""
    places = (f"{module}/__init__.py", f"src/{module}/__init__.py", f"{module}.py")
    lower = {one.lower() for one in reader.files}
    nested = any(re.fullmatch(rf"[^/]+/{re.escape(module.lower())}/__init__\.py", f) for f in lower)
    if nested or any(place.lower() in lower for place in places):
        return ""
    return (
        f"hatchling finds no module {module}: name what belongs to it in "
        "[tool.hatch.build.targets.wheel] packages"
    )


def _refused_by_poetry(reader: PackageFolder, module: str) -> str:
    poetry = reader.table("tool", "poetry")
    if "packages" in poetry or reader.holds(module) or reader.holds(module, "src"):
        return ""
    return (
        f"poetry finds no module {module}: name what belongs to it in [tool.poetry] packages, or "
        "say package-mode = false"
    )


def _refused_by_uv(reader: PackageFolder, module: str, home: str) -> str:
    written = reader.table("tool", "uv", "build-backend").get("module-name")
    if written is not None or reader.holds(module, home):
        return ""
    return f"uv_build finds no module {module} in {home}"
