"""Which Pythons a project admits, as its files say."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from scaffold.config.option_parsers import explain_free_threaded
from scaffold.model.errors import ConfigInvalidError
from scaffold.model.project import Found, Origin
from scaffold.project.pyproject_file import Pyproject
from scaffold.project.requirement_parser import first_line
from scaffold.project.text_io import line_of, read_text, read_toml
from scaffold.project.version_constraints import union

_RELEASE = re.compile(
    r"(?:c?python[-@]?)?(3)\.(\d+)(?:\.\d+(?:(?:a|b|rc)\d+)?|-dev)?(?:/envs/\S+)?", re.IGNORECASE
)
_ONE = re.compile(r"={2,3} *(3\.\d+)\.\d+")
_HINT = "write a CPython version, such as 3.12"


def read_pythons(root: Path, pyproject: Pyproject | None) -> tuple[Found[str], ...]:
    """Return the specifier sets that all have to hold, each with where it stands.

    ``.python-version`` and ``runtime.txt`` name one minor (``3.12.4`` is ``==3.12.*``: the patch
    release is the base image's). Raises ConfigInvalidError with file and line for what is no
    CPython version.
    """
    found = [*_from_pyproject(pyproject)] if pyproject is not None else []
    for name in (".python-version", "runtime.txt"):
        if (root / name).is_file():
            found += _from_pin(root, name)
    return tuple(found)


def without_patch(found: Found[str]) -> Found[str]:
    """Return a bound that names one release as its minor: the patch release is the base image's."""
    one = _ONE.fullmatch(found.value)
    return replace(found, value=f"=={one[1]}.*") if one else found


def read_pipfile_python(root: Path) -> tuple[Found[str], ...]:
    """Return the Python that a Pipfile requires. Raises ConfigInvalidError for a bad one."""
    name = "Pipfile"
    if not (root / name).is_file():
        return ()
    data, text = read_toml(root, name, error=ConfigInvalidError, hint=_HINT)
    requires = data.get("requires", {})
    for key in ("python_full_version", "python_version"):
        if isinstance(requires, dict) and key in requires:
            line = line_of(text, r"^\s*\[requires\]", rf"^\s*{key}\s*=")
            origin = Origin(file=name, line=line, detail=key)
            value = str(requires[key])
            named = ">=3" if value == "3" else _minor(value, origin)  # any that pipenv finds
            return (Found(value=named, origin=origin),)
    return ()


def _from_pyproject(pyproject: Pyproject) -> Iterator[Found[str]]:
    project = pyproject.table("project")
    if "requires-python" in project:
        origin = pyproject.origin("project", "requires-python", detail="requires-python")
        yield _specifiers(str(project["requires-python"]), origin)
    poetry = pyproject.table("tool", "poetry", "dependencies")
    if "python" in poetry:
        origin = pyproject.origin("tool", "poetry", "dependencies", "python", detail="python")
        try:
            admitted = union(str(poetry["python"]))
        except ValueError as error:
            raise _invalid(origin, str(error)) from error
        if admitted:
            yield Found(value=admitted, origin=origin)


def _specifiers(text: str, origin: Origin) -> Found[str]:
    try:
        return Found(value=str(SpecifierSet(text)), origin=origin)
    except InvalidSpecifier as error:
        raise _invalid(
            origin, f"{text!r} is not a version specifier: {first_line(error)}"
        ) from error


def _from_pin(root: Path, name: str) -> list[Found[str]]:
    """Return the first version of a file; the further ones are for testing tools."""
    text = read_text(root, name, error=ConfigInvalidError, hint=_HINT)
    for number, line in enumerate(text.splitlines(), start=1):
        said = line.partition("#")[0].strip()
        origin = Origin(file=name, line=number)
        if said and said[0] in "<>=!~":
            return [_specifiers(said, origin)]
        if said:
            return [Found(value=_minor(said, origin), origin=origin)]
    raise _invalid(Origin(file=name, line=1), "the file is empty")


def _minor(text: str, origin: Origin) -> str:
    found = _RELEASE.fullmatch(text)
    if not found:
        why = explain_free_threaded(text) or f"{text!r} is not a version of CPython"
        raise _invalid(origin, why)
    return f"=={found[1]}.{found[2]}.*"


def _invalid(origin: Origin, text: str) -> ConfigInvalidError:
    return ConfigInvalidError(
        f"{origin.file} does not name a Python that can be used",
        hint=_HINT,
        details=[origin.problem(text)],
    )
