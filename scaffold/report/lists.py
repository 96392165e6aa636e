"""The text of the commands that look things up: devices, explanations, a package's wheels."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from inspect import cleandoc
from typing import Any

from scaffold.assembler import databases, duplicates, stand_ins, stripping
from scaffold.assembler.trim import RULES
from scaffold.lint.rules import Rule
from scaffold.model.codes import Code, Explanation, Kind
from scaffold.model.errors import EXIT_CODES, LeanscaffoldError
from scaffold.model.knowledge import Facts, PackageFact, Proven, Recipe, Swap
from scaffold.model.target import Device, LibcFamily
from scaffold.report.terminal import (
    Content,
    Fitted,
    align,
    bullet,
    clipped,
    fit,
    format_memory,
    format_size,
    indented,
    styled,
)
from scaffold.resolver.support import Cell, KnownWheel, Matrix, PackageSupport, Row
from scaffold.verify.checks import CHECKS

NONE = "-"
LEGEND = (
    ("*", "not the newest release"),
    ("any", "runs everywhere"),
    ("minutes, hours, compile", "no wheel, this long to compile"),
    (NONE, "nothing to install, or none"),
)
BOUNDS = "First with a wheel and last without: of the releases that are known here."


def show_availability(known: PackageSupport) -> Content:
    """Yield the plain answer, the matrix, and how to compile where there is no wheel."""
    yield styled(known.answer, "bold")
    yield ""
    yield styled(describe_releases(known.matrix), "dim")
    rows: list[Sequence[str]] = [("Libc", "Target", *known.matrix.pythons, "First", "Last without")]
    rows += [
        (
            row.libc,
            row.arch,
            *(spell_cell(cell, known.recipe) for cell in row.cells),
            row.first or NONE,
            row.without or NONE,
        )
        for row in known.matrix.rows
    ]
    last = len(rows[0]) - 1
    header, *lines = fit(rows, spare=(last, last - 1, 2, 3))
    yield Fitted(header, "dim")
    for row, line in zip(known.matrix.rows, lines, strict=True):
        style = "" if any(cell.version for cell in row.cells) else "dim"
        yield Fitted(line, "green" if all(cell.newest for cell in row.cells) else style)
    yield styled("   ".join(f"{mark}: {meaning}" for mark, meaning in LEGEND), "dim")
    yield styled(BOUNDS, "dim")
    yield from _show_recipe(known)


def describe_releases(matrix: Matrix) -> str:
    """Return which release is the newest, which has sources, and who says so."""
    known = "no release known" if not matrix.newest else f"newest release {matrix.newest}"
    sdist = f"source archive of {matrix.sdist}" if matrix.sdist else "no source archive"
    return f"{matrix.name}: {known}, {sdist} (from the {matrix.origin})"


def spell_cell(cell: Cell, recipe: Recipe | None) -> str:
    """Return a cell's version, or how long it takes to compile."""
    if not cell.version:
        effort = recipe.effort.value if recipe else "compile"
        return effort if cell.sdist else NONE
    text = "any" if cell.pure else cell.version
    if cell.pure and not cell.newest:
        text = f"any {cell.version}"
    return text if cell.newest else f"{text}*"


def needs_compiler(matrix: Matrix) -> bool:
    """Tell whether some place has sources but no wheel."""
    return any(cell.sdist for row in matrix.rows for cell in row.cells)


def list_steps(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Yield what a recipe asks for, as (who or what, names)."""
    for stage, packages in (("to build", recipe.build), ("to run", recipe.run)):
        for manager, names in sorted(packages.items()):
            yield f"{manager} {stage}", ", ".join(names)
    if recipe.tools:
        yield "tools to build", ", ".join(recipe.tools)


def _show_recipe(known: PackageSupport) -> Content:
    recipe = known.recipe
    if not needs_compiler(known.matrix):
        return
    yield ""
    if recipe is None:
        yield styled("What compiling it takes is not known.", "dim")
        return
    yield styled(f"To compile it ({recipe.effort} on a medium processor)", "bold")
    for line in align([(f"  {label}", names) for label, names in list_steps(recipe)]):
        yield styled(line)
    yield indented(f"Source: {recipe.source}, {recipe.checked}", 2, "dim")
    for proven in recipe.proven:
        yield indented(f"Proven: {spell_proven(proven)}", 2, "dim")


def spell_proven(proven: Proven) -> str:
    """Return what was built where, and when."""
    where = f"{proven.arch}, {proven.base}, Python {proven.python}"
    return f"{proven.version} built and imported on {where}, {proven.checked}"


def to_document(known: PackageSupport) -> dict[str, Any]:
    """Return what JSON says of a package: the matrix's fields, and the answer beside them."""
    return {
        **asdict(known.matrix),
        "answer": known.answer,
        "reach": [asdict(one) for one in known.reach],
        "recipe": asdict(known.recipe) if known.recipe else None,
    }


def draw_page(found: Sequence[PackageSupport], template: str) -> str:
    """Return the page of some packages. The same values give the same bytes."""
    import jinja2  # noqa: PLC0415 - slow to import, and not needed to decide

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {
        "describe_releases": describe_releases,
        "fold_rows": _fold_rows,
        "kind": _kind,
        "list_steps": list_steps,
        "needs_compiler": needs_compiler,
        "spell_cell": spell_cell,
        "spell_proven": spell_proven,
    }
    names = ", ".join(one.matrix.name for one in found)
    view = {"title": f"Wheels of {names}", "legend": LEGEND, "bounds": BOUNDS, "packages": found}
    return environment.from_string(template).render(view) + "\n"


def _fold_rows(matrix: Matrix) -> Iterator[tuple[Row, str]]:
    """Yield each different row of a libc, with the architectures that have it."""
    rows: dict[tuple[object, ...], list[Row]] = {}
    for row in matrix.rows:
        cells = tuple((cell.version, cell.newest, cell.sdist) for cell in row.cells)
        rows.setdefault((row.libc, cells, row.first, row.without), []).append(row)
    yield from ((same[0], ", ".join(row.arch for row in same)) for same in rows.values())


def _kind(cell: Cell) -> str:
    if cell.version:
        return "newest" if cell.newest else "older"
    return "compile" if cell.sdist else "none"


_LINK = re.compile(r"\[([^]]+)\]\(([^)]+)\)")
_RELEASES_SHOWN = 5


def show_devices(devices: Mapping[str, Device]) -> Content:
    """Yield the table of profiles."""
    rows = [("Device", "Target", "Memory", "Storage", "CPU", "Name")]
    rows += [
        (
            device.id,
            str(device.arch),
            NONE if device.memory is None else format_memory(device.memory),
            NONE if device.storage is None else format_size(device.storage),
            str(device.cpu),
            device.name,
        )
        for device in sorted(devices.values(), key=lambda device: device.id)
    ]
    header, *lines = align(rows, right=(2, 3))
    yield clipped(header, "bold")
    for line in lines:
        yield clipped(line)


def show_device(device: Device) -> Content:
    """Yield one profile with its caveats and where it comes from."""
    yield styled(device.name, "bold")
    rows = [
        ("  Device", device.id),
        ("  Target", device.arch.platform),
        ("  Memory", "unknown" if device.memory is None else format_memory(device.memory)),
        ("  Storage", "unknown" if device.storage is None else format_size(device.storage)),
        ("  CPU", f"{device.cpu}, {device.cores or 'unknown number of'} cores"),
    ]
    yield from (styled(line) for line in align(rows))
    if device.caveats:
        yield ""
        yield styled("Notes", "bold")
        yield from (bullet(caveat) for caveat in device.caveats)
    yield ""
    yield styled(f"Source: {device.source}, {device.checked}", "dim")
    yield styled(f"leanscaffold plan --device {device.id}")


def show_explanation(code: str, explanation: Explanation) -> Content:
    """Yield what a reason code means and what helps."""
    yield styled(f"{code}: {explanation.title}", "bold")
    yield indented(f"Occurs {explanation.kind}.", 2)
    yield indented(explanation.meaning, 2)
    yield ""
    yield styled("What to do", "bold")
    yield indented(_LINK.sub(_name_page, explanation.remedy), 2)


def _name_page(link: re.Match[str]) -> str:
    """Return a link of a page in docs/ as a terminal shows it: text, and the file."""
    return f"{link[1]} ({posixpath.normpath(f'docs/{link[2]}')})"


def show_package(
    name: str, facts: Facts, matrix: Matrix | None, wheels: Sequence[KnownWheel] = ()
) -> Content:
    """Yield what is known of a package: its releases, what its wheels need, facts with sources."""
    fact = facts.packages.get(name)
    yield styled(name, "bold")
    rows = [*(_list_releases(matrix) if matrix else ()), *(_list_facts(fact) if fact else ())]
    yield from (styled(line) for line in align([row for row in rows if row[1]] or [("", "")]))
    yield from _show_needs(wheels, facts)
    if fact is None:
        yield indented("no facts beyond its wheels", 2)
        return
    for note in fact.notes:
        yield bullet(note)
    for swap in fact.swaps:
        yield from _show_swap(fact, swap)
    if fact.recipe:
        recipe = fact.recipe
        yield styled(f"  Built from source ({recipe.effort} on a medium CPU)", "bold")
        for stage, packages in (("to build", recipe.build), ("to run", recipe.run)):
            for manager, names in sorted(packages.items()):
                yield indented(f"{manager} {stage}: {', '.join(names)}", 4)
        if recipe.tools:
            yield indented(f"tools: {', '.join(recipe.tools)}", 4)
        for proven in recipe.proven:
            yield indented(f"proven: {spell_proven(proven)}", 4)
    yield ""
    yield styled(f"Source: {fact.source}, {fact.checked}", "dim")


def _list_facts(fact: PackageFact) -> Iterator[tuple[str, str]]:
    yield "  Libraries it loads by name", ", ".join(fact.dlopens)
    yield "  Libraries only a plugin loads", ", ".join(fact.optional_needs)
    yield "  Programs it starts", ", ".join(fact.programs)
    yield "  Files that stay", ", ".join(fact.keep)
    yield "  Memory after import", "" if fact.memory is None else format_memory(fact.memory)
    yield "  Owns the same modules as", ", ".join(fact.conflicts)


def _list_releases(matrix: Matrix) -> Iterator[tuple[str, str]]:
    versions = {cell.version: None for row in matrix.rows for cell in row.cells if cell.version}
    yield "  Newest release", f"{matrix.newest or 'none'} (from the {matrix.origin})"
    yield "  Source archive", matrix.sdist or "none"
    yield "  Wheels of", ", ".join(list(versions)[:_RELEASES_SHOWN]) or "no release"


def _show_needs(wheels: Sequence[KnownWheel], facts: Facts) -> Content:
    """Yield the shared libraries that wheels load and do not bring, with who ships them."""
    for libc in LibcFamily:
        looked = [wheel for wheel in wheels if wheel.libc is libc and wheel.facts.elf != "unread"]
        needs = sorted({need for wheel in looked for need in wheel.facts.needs})
        added = [facts.libraries[need] for need in needs if need in facts.libraries]
        if not looked:
            continue
        floor = max((wheel.facts.glibc for wheel in looked if wheel.facts.glibc), default=None)
        least = f" of at least {floor[0]}.{floor[1]}" if floor and libc is LibcFamily.GLIBC else ""
        arches = ", ".join(dict.fromkeys(wheel.arch.value for wheel in looked))
        yield styled(f"  Its wheels for {libc}{least} ({arches}) load", "bold")
        for library in added:
            shipped = ", ".join(
                f"{package.name} on {release}"
                for release, package in sorted(library.packages.items())
                if (release == "alpine") is (libc is LibcFamily.MUSL)
            )
            yield indented(f"{library.id}: {shipped or 'no package known'}", 4)
        rest = [need for need in needs if need not in facts.libraries]
        if rest or not added:
            yield indented(", ".join(rest) or "nothing that they do not bring", 4, "dim")


def _show_swap(fact: PackageFact, swap: Swap) -> Content:
    where = f" on {', '.join(swap.arches)}" if swap.arches else ""
    kind = "keeps the behaviour" if swap.kind == "safe" else "changes something"
    yield styled(f"  --swap {fact.name}={swap.to}{where}: {kind}", "bold")
    yield indented(f"keeps: {swap.preserves}", 4)
    yield indented(f"loses: {swap.loses}", 4)
    if swap.measured:
        yield indented(f"size: {swap.measured}", 4)
    if (swap.source, swap.checked) != (fact.source, fact.checked):
        yield indented(f"Source: {swap.source}, {swap.checked}", 4, "dim")


def _one_line(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


def _explain_text(name: str, level: str, text: str) -> Explanation:
    """Return what a rule of trimming says of itself: its first sentence, and why."""
    title, _, why = _one_line(text).partition(" Why: ")
    remedy = (
        f"It belongs to the level `{level}`; `--trim none` leaves everything in. A fact `keep` "
        "below knowledge/packages, or in a folder given by `--knowledge`, spares one package."
    )
    kept = f"Trimming, rule {name}: {why[:1].upper()}{why[1:]}"
    return Explanation(title=title.rstrip("."), meaning=kept, remedy=remedy)


def _explain_errors(error: type[LeanscaffoldError]) -> Iterator[tuple[str, Explanation]]:
    """Yield what a class of errors and those below it say of themselves."""
    title, _, remedy = cleandoc(error.__doc__ or "").partition("\n\n")
    yield (
        error.code,
        Explanation(
            title=_one_line(title).rstrip("."),
            meaning=f"Exit code {error.exit_code}: {EXIT_CODES[error.exit_code]}.",
            remedy=_one_line(remedy),
            kind=Kind.ERROR,
        ),
    )
    for below in error.__subclasses__():
        if below.code != error.code:
            yield from _explain_errors(below)


EXPLANATIONS: Mapping[str, Explanation] = {
    **{str(code): code.explanation for code in (*(one.code for one in CHECKS), *Code)},
    **{
        f"trim-{rule.name}": _explain_text(rule.name, rule.level, type(rule).__doc__ or "")
        for rule in RULES
    },
    **{
        code: one
        for error in LeanscaffoldError.__subclasses__()
        for code, one in _explain_errors(error)
    },
    "trim-databases": _explain_text("databases", "max", databases.__doc__ or ""),
    "trim-duplicates": _explain_text("duplicates", "safe", duplicates.__doc__ or ""),
    "trim-stand-ins": _explain_text("stand-ins", "max", stand_ins.__doc__ or ""),
    "trim-symbols": _explain_text("symbols", "safe", stripping.__doc__ or ""),
}


VERSION = 1


def show_rule(rule: Rule) -> Content:
    """Yield what a rule is about, why, and an example of each kind."""
    yield styled(f"{rule.code} {rule.name} ({rule.severity}): {rule.summary}", "bold")
    for paragraph in rule.why.split("\n\n"):
        yield indented(_one_line(paragraph), 2)
        yield ""
    for title, text in (("Bad", rule.bad), ("Good", rule.good)):
        yield styled(title, "bold")
        yield indented(text.rstrip("\n"), 4)
        yield ""


def describe_rule(rule: Rule) -> dict[str, Any]:
    """Return a rule as a document."""
    names = ("code", "name", "severity", "summary", "why", "bad", "good")
    return {"version": VERSION, **{name: getattr(rule, name) for name in names}}
