"""The text of ``leanscaffold explain``: reason codes, errors, rules, and facts of packages."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from inspect import cleandoc
from typing import Any

from scaffold.assembler import databases, duplicates, stand_ins, stripping
from scaffold.assembler.trim import RULES
from scaffold.lint.rules import Rule
from scaffold.model.codes import Code, Explanation, Kind
from scaffold.model.errors import EXIT_CODES, LeanscaffoldError
from scaffold.model.knowledge import Facts, PackageFact, Swap
from scaffold.model.target import LibcFamily
from scaffold.report.terminal import Content, align, bullet, format_memory, indented, styled
from scaffold.report.wheels import list_steps, spell_proven
from scaffold.resolver.wheel_matrix import KnownWheel, Matrix
from scaffold.verify.checks import CHECKS

_LINK = re.compile(r"\[([^]]+)\]\(([^)]+)\)")
_RELEASES_SHOWN = 5


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
        for label, names in list_steps(recipe):
            yield indented(f"{label}: {names}", 4)
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
