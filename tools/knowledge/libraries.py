"""What a distribution's packages weigh and pull in, made anew from its package index."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from scaffold.catalog.wheel_refresh import Refreshed
from scaffold.model.errors import Detail, EngineError, KnowledgeInvalidError
from scaffold.model.knowledge import Base, Distribution, Facts
from scaffold.model.target import Arch
from tools.knowledge.debian import Suite, read_suite, upstream_version

Row = tuple[int, int, tuple[str, ...]]

_ROWS = re.compile(r"packages = '''\n.*?'''\n", re.DOTALL)
_MODULES = re.compile(r"modules = '''\n.*?'''\n", re.DOTALL)
_CHECKED = re.compile(r"^checked = .*$", re.MULTILINE)
# Rows that were measured by unpacking stay while the index says about the same.
_NEAR = (0.67, 1.5)
_SMALL = 300_000  # bytes


def wanted_packages(facts: Facts, release: str) -> tuple[str, ...]:
    """Return the packages that the facts name for a release of Debian, sorted."""
    libraries = (
        library.packages[release].name
        for library in facts.libraries.values()
        if release in library.packages
    )
    recipes = (
        name
        for fact in facts.packages.values()
        if fact.recipe
        for name in fact.recipe.run.get("apt", ())
    )
    built = (name for one in facts.headers.values() for name in one.runs_with(release))
    return tuple(sorted({*libraries, *recipes, *built}))


def ask_suites(
    facts: Facts,
    arches: Sequence[Arch],
    ask: Callable[[str, Arch], str | None],
    tell: Callable[[str], None],
) -> dict[str, Suite]:
    """Return the index for each table, by its path in knowledge without the ending.

    ``ask`` gets an image, always of the machine's own kind, and the architecture of the index.
    Any Python's image will do. Raises EngineError where none at all could be asked.
    """
    found: dict[str, Suite] = {}
    trouble: EngineError | None = None
    for path, table, base in list_tables(facts):
        if base is None or table.arch not in arches:
            continue
        for reference in dict.fromkeys(map(base.reference_for, base.images)):
            tell(f"{path}: {reference}")
            try:
                printed = ask(reference, table.arch)
            except EngineError as error:
                trouble = error
                tell(error.cause)
                continue
            if printed is not None:
                found[path] = _with_python(read_suite(printed), base)
                break
    if trouble and not found:
        raise trouble
    return found


def list_tables(facts: Facts) -> Iterator[tuple[str, Distribution, Base | None]]:
    """Yield each table with the image that it is on top of."""
    bases = {base.id: base for base in facts.bases}
    for table in facts.distributions.values():
        yield f"distributions/{table.id}", table, bases.get(f"slim-{table.release}")
    for table in facts.python3.values():
        yield f"python3/{table.id}", table, bases.get(f"debian-{table.release}")


def _with_python(suite: Suite, base: Base) -> Suite:
    return replace(suite, installed=suite.installed | {*suite.closure(base.python_packages)})


def refresh_libraries(
    folder: Path,
    facts: Facts,
    suites: Mapping[str, Suite],
    names: Mapping[str, str],
    *,
    today: date,
) -> Refreshed:
    """Return the tables with new rows; ``suites`` are by the table's path, without the ending.

    ``names`` maps distributions of Python packages to Debian's packages.
    """
    changes: list[str] = []
    files: dict[str, str] = {}
    remarks: list[str] = []
    for path, table, _ in list_tables(facts):
        suite = suites.get(path)
        if suite is None:
            continue
        python3 = path.startswith("python3/")
        modules = _modules(suite, names) if python3 else {}
        wanted = {module[0] for module in modules.values()} or wanted_packages(facts, table.release)
        rows = dict(_rows(table, suite, sorted(wanted)))
        lines = [*describe(table, rows), *_describe_modules(table, modules)]
        changes += lines
        if not python3:
            unknown = sorted({*wanted} - suite.packages.keys())
            remarks += [f"{path}: the index has no {one}" for one in unknown]
        file = folder / f"{path}.toml"
        if lines and file.is_file():
            text = write_rows(file.read_text("utf-8"), rows, today)
            files[f"{path}.toml"] = write_modules(text, modules) if python3 else text
    return Refreshed(
        changes=tuple(changes) or ("nothing changed",), files=files, remarks=tuple(remarks)
    )


def _modules(suite: Suite, names: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return (package, version) of what a release has, by the name on the index."""
    return {
        name: (package, version)
        for name, package in sorted(names.items())
        if package in suite.packages
        and (version := upstream_version(suite.packages[package].version))
    }


def _describe_modules(table: Distribution, modules: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    for name in sorted({*table.modules, *modules}):
        before, now = table.modules.get(name), modules.get(name)
        if before != now:
            sign = "-" if now is None else "~" if before else "+"
            yield f"{sign} {table.id} {name} {(now or before or ('', ''))[1]}"


def read_module_names(text: str, where: str) -> dict[str, str]:
    """Return Debian's package for each name of a list. Raises KnowledgeInvalidError with lines."""
    names: dict[str, str] = {}
    problems: list[Detail] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if len(words) == 2:
            names[words[0]] = words[1]
        elif words:
            problems.append(Detail(file=where, line=number, text="expected 'name package'"))
    if problems:
        raise KnowledgeInvalidError(
            "the list of Debian's packages cannot be read",
            details=problems,
            hint="one name and one package stand on a line",
        )
    return names


def _rows(table: Distribution, suite: Suite, wanted: Iterable[str]) -> Iterator[tuple[str, Row]]:
    for name in suite.closure(wanted):
        if name in suite.installed:
            yield name, (0, 0, ())
            continue
        package = suite.packages[name]
        before = table.packages.get(name)
        figures = (package.on_disk, package.layer)
        if before and all(map(_is_near, before[:2], figures)):
            figures = before[:2]
        yield name, (*figures, suite.lacking(name))


def _is_near(before: int, now: int) -> bool:
    if before == 0:
        return now == 0
    return abs(now - before) < _SMALL or _NEAR[0] <= now / before <= _NEAR[1]


def describe(table: Distribution, rows: Mapping[str, Row]) -> Iterator[str]:
    """Yield a line for each row that another one takes the place of."""
    for name in sorted({*table.packages, *rows}):
        before, now = table.packages.get(name), rows.get(name)
        if before is None and now is not None:
            yield f"+ {table.id} {name}, {now[0] / 1e6:.1f} MB"
        elif before is not None and now is None:
            yield f"- {table.id} {name}"
        elif before is not None and now is not None and before != now:
            yield f"~ {table.id} {name}: {_spell(before, now)}"


def _spell(before: Row, now: Row) -> str:
    parts = []
    if now[0] != before[0]:
        grew = "grew" if now[0] > before[0] else "shrank"
        parts.append(f"{grew} by {abs(now[0] - before[0]) / 1e6:.2f} MB")
    if added := sorted({*now[2]} - {*before[2]}):
        parts.append(f"pulls in {', '.join(added)}")
    if gone := sorted({*before[2]} - {*now[2]}):
        parts.append(f"no longer {', '.join(gone)}")
    return ", ".join(parts) or "another layer size"


def write_rows(text: str, rows: Mapping[str, Row], today: date) -> str:
    """Return a table's text with other rows, one a line in order of name."""
    lines = "".join(_line(name, row) for name, row in sorted(rows.items()))
    written = f"packages = '''\n{lines}'''\n"
    text = _ROWS.sub(lambda _: written, text)
    return _CHECKED.sub(f"checked = {today}", text)


def write_modules(text: str, modules: Mapping[str, tuple[str, str]]) -> str:
    """Return a table's text with other modules, one a line in order of name."""
    lines = "".join(f"{name} {' '.join(modules[name])}\n" for name in sorted(modules))
    return _MODULES.sub(lambda _: f"modules = '''\n{lines}'''\n", text)


def _line(name: str, row: Row) -> str:
    on_disk, layer, depends = row
    return " ".join([name, str(on_disk), str(layer), *depends]) + "\n"
