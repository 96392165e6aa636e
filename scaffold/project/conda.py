"""conda's environment.yml: the Python it names, the pip part, and packages of the same name."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from scaffold.catalog.resources import knowledge
from scaffold.model.errors import Detail, RequirementsInvalidError
from scaffold.model.project import Asked, Found, Origin
from scaffold.project.requirement_parser import Reading, first_line, read_requirement
from scaffold.project.requirements import read_written
from scaffold.project.text_io import read_text

CONDA_FILES = ("environment.yml", "environment.yaml", "conda.yml", "conda.yaml")
_HINT = "correct the line, or name a requirements file with --requirement"
# A name, perhaps after its channel; versions after blanks or an operator; a build string last.
_SPEC = re.compile(r"(?:[\w./:-]+::)?([\w.-]+)\s*(?:\[[^\]]*\])?\s*(.*)")
_TOOLS = frozenset({"pip", "setuptools", "wheel"})


@dataclass(slots=True, kw_only=True)
class _Found:
    asked: list[Asked] = field(default_factory=list)
    pythons: list[Found[str]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    problems: list[Detail] = field(default_factory=list)
    pip: list[tuple[int, str]] = field(default_factory=list)


def read_conda(root: Path, name: str, *, environ: Mapping[str, str] | None = None) -> Reading:
    """Return what an environment.yml asks for; what only conda has is named in a note.

    Raises RequirementsInvalidError with the line for what is not YAML.
    """
    found = _Found()
    facts = tomllib.loads((knowledge() / "conda.toml").read_text(encoding="utf-8"))
    for node in _entries(root, name):
        line = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            found.pip += _pip_part(node)
        elif isinstance(node, yaml.ScalarNode):
            try:
                _take(found, str(node.value), Origin(file=name, line=line), facts, root)
            except ValueError as error:
                found.problems.append(Detail(text=str(error), file=name, line=line))
    pip = read_written(root, name, found.pip, environ=environ)
    notes = []
    if found.others:
        text = ", ".join(found.others)
        notes.append(f"{name}: only conda has {text}: not installed; --with adds programs")
    return Reading(
        asked=tuple(dict.fromkeys((*found.asked, *pip.asked))),
        constraints=pip.constraints,
        pythons=tuple(found.pythons),
        index=pip.index,
        files=tuple(dict.fromkeys((name, *pip.files))),
        notes=(*notes, *pip.notes),
        problems=(*found.problems, *pip.problems),
    )


def _entries(root: Path, name: str) -> Sequence[yaml.Node]:
    text = read_text(root, name, error=RequirementsInvalidError, hint=_HINT)
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or first_line(error)
        where = Detail(text=str(said), file=name, line=mark.line + 1 if mark else None)
        raise RequirementsInvalidError(
            f"{name} is not valid YAML", hint=_HINT, details=[where]
        ) from error
    for key, value in tree.value if isinstance(tree, yaml.MappingNode) else ():
        if key.value == "dependencies" and isinstance(value, yaml.SequenceNode):
            return list(value.value)
    return ()


def _pip_part(node: yaml.MappingNode) -> Iterator[tuple[int, str]]:
    for key, value in node.value:
        if key.value == "pip" and isinstance(value, yaml.SequenceNode):
            for one in value.value:
                yield one.start_mark.line + 1, str(one.value)


def _take(found: _Found, text: str, origin: Origin, facts: Mapping[str, Any], root: Path) -> None:
    """Take one line of conda's. Raises ValueError with a sentence."""
    parsed = _SPEC.fullmatch(text.partition("#")[0].strip())
    if parsed is None:
        raise ValueError(f"{text!r} is not a conda package")
    name, rest = parsed[1].lower(), parsed[2].strip()
    specifier = to_pep440(rest)
    if name == "python":
        if specifier:
            # As in a .python-version, the patch release is the base image's.
            found.pythons.append(Found(value=_minor(specifier), origin=origin))
    elif any(fnmatchcase(name, pattern) for pattern in facts["other"]["patterns"]):
        found.others.append(name)
    elif name not in _TOOLS:
        renamed = str(facts["renamed"].get(name, name))
        written = canonicalize_name(renamed) + specifier
        found.asked.append(read_requirement(written, origin, root=root, folder=root))


def to_pep440(spec: str) -> str:
    """Return conda's version part as PEP 440: ``=1.2`` and ``1.2.*`` are ``==1.2.*``.

    A build string (``=1.2.3=py39_0``) is conda's own and left out; of alternatives (``|``) the last
    counts. Raises ValueError with a sentence.
    """
    text = spec.rpartition("|")[2].strip() if "|" in spec else spec
    if found := re.fullmatch(r"={0,2}\s*([\w.*+!-]+?)\s*(?:=|\s)\s*[\w*.]+", text):
        text = f"=={found[1]}"  # with a build string
    elif found := re.fullmatch(r"=\s*([\w.+!]+?)(?:\.?\*)?", text):
        text = f"=={found[1]}.*"
    elif re.fullmatch(r"[\w.*+!]+", text):
        text = f"=={text}"
    if text in {"==*", "*"}:
        return ""
    try:
        return str(SpecifierSet(text.replace(" ", "")))
    except InvalidSpecifier as error:
        raise ValueError(f"{spec!r} is not a version of conda's: {first_line(error)}") from error


def _minor(specifier: str) -> str:
    found = re.fullmatch(r"==(\d+\.\d+)(?:\.[\d*]+)*", specifier)
    return f"=={found[1]}.*" if found else specifier
