"""What trimming takes out of packages: predicted from their wheels, spared as the facts say."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatch, fnmatchcase

from scaffold.assembler.databases import DATABASES
from scaffold.assembler.duplicates import DUPLICATES
from scaffold.assembler.trim import EVERY, FOR_COMPILERS, LEVELS, RULES, UNLOADED, Rule, rules_of
from scaffold.assembler.trimming import STAND_INS, SYMBOLS
from scaffold.model.knowledge import Base, Facts, StandIn
from scaffold.model.options import Options
from scaffold.model.project import Project
from scaffold.model.resolution import Weighed
from scaffold.model.verdict import Trimmed
from scaffold.planner.size_prediction import TYPICAL, TYPICAL_SYMBOLS, is_unread

LIBRARY = "python"  # in the place of a package
# Of a package that is compiled while building, nobody has looked into a wheel: what stripping takes
# out of what is guessed that it installs. psycopg2, gcc 14: 0.87 of 1.21 MB (`leanscaffold verify`
# of the example, 2026-11-25).
_COMPILED_SYMBOLS = 0.72
_COMPILERS = frozenset({"cc", "gcc", "g++", "clang", "tcc"})
_SPARED = {**{rule.kind: rule.name for rule in RULES if rule.kind}, SYMBOLS: SYMBOLS}
_SPARED |= {rule: rule for rule in (DATABASES, DUPLICATES, UNLOADED)}
_NATIVE = (".so", ".c", ".cc", ".cpp", ".pyx", ".rs")
_NAME = re.compile(r"[\w.+-]+")


def list_sourceless(packages: Sequence[Weighed], facts: Facts) -> tuple[str, ...]:
    """Return the packages that were seen to work without their sources, sorted."""
    names = (weighed.pinned.name for weighed in packages)
    return tuple(
        sorted(n for n in names if (fact := facts.packages.get(n)) is not None and fact.sourceless)
    )


def list_unloaded(packages: Sequence[Weighed], facts: Facts, project: Project) -> tuple[str, ...]:
    """Return the packages whose libraries nothing loads, sorted; None where that is not known."""
    if any(name.endswith(_NATIVE) for name in project.files):
        return ()
    texts = [one.value for one in project.uses if one.code == "names-library"]
    texts += ["*" for one in project.uses if one.code == "unparsable"]
    names = {weighed.pinned.name for weighed in packages}
    return tuple(
        sorted(
            weighed.pinned.name
            for weighed in packages
            if (fact := facts.packages.get(weighed.pinned.name)) is not None
            and fact.unloaded
            and names.isdisjoint(fact.loaded_by)
            and _brings(weighed, fact.unloaded)
            and not any(_may_name(text, one) for text in texts for one in fact.unloaded)
        )
    )


def _brings(weighed: Weighed, patterns: Sequence[str]) -> bool:
    """Tell whether a wheel has such a library; one that nobody looked into is like the others."""
    brought = weighed.facts.brings
    return weighed.pinned.wheel and (
        brought is None or any(fnmatch(path, f"*/{one}") for path in brought for one in patterns)
    )


def _may_name(text: str, pattern: str) -> bool:
    """Tell whether a text of the sources may be the name of a library, or a part or pattern."""
    stem = text.rpartition("/")[2].partition(".so")[0]
    return not stem or not _NAME.fullmatch(stem) or stem == pattern.partition(".so")[0]


def list_stand_ins(
    packages: Sequence[Weighed], facts: Facts, project: Project, level: str
) -> tuple[StandIn, ...]:
    """Return the libraries that are loaded, and that nothing in the image calls.

    None where the project has machine code or sources that could not be read, or where another
    package needs the one that brings the library.
    """
    unread = any(name.endswith(_NATIVE) for name in project.files) or any(
        one.code == "unparsable" for one in project.uses
    )
    if level != LEVELS[-1] or unread:
        return ()
    needed = {name for weighed in packages for name in weighed.pinned.requires}
    alone = [one.pinned for one in packages if one.pinned.wheel and one.pinned.name not in needed]
    return tuple(
        one
        for one in facts.stand_ins.values()
        if any(one.share(pinned.name, pinned.file.filename) for pinned in alone)
        and not any(_calls(use.value, one) for use in project.uses if use.code == "takes")
    )


def _calls(taken: str, library: StandIn) -> bool:
    """Tell whether a name that sources take may lead to calls of a library."""
    top, _, name = taken.partition(".")
    if top != library.module:
        return False
    used = not name or any(fnmatchcase(name, one) for one in library.used_by)
    return used and not any(fnmatchcase(name, one) for one in library.unused_by)


def list_spared(
    packages: Sequence[Weighed], facts: Facts, project: Project, compilers: Sequence[str] = ()
) -> tuple[tuple[str, str], ...]:
    """Return pairs (rule, top-level name) that are left alone, sorted.

    They are what a package does not stand, an installer that the project asks for, what compilers
    in the image may read, and databases that the application's sources open.
    """
    asked = {("pip", "pip")} if any(one.name == "pip" for one in project.asked) else set()
    opened = {"opens-database", "unparsable"}.intersection(use.code for use in project.uses)
    asked |= {(DATABASES, EVERY)} if opened else set()
    whole = {(rule, EVERY) for rule in FOR_COMPILERS if compilers}
    return tuple(sorted({*asked, *whole, *_spared(packages, facts)}))


def list_compilers(base: Base, options: Options) -> tuple[str, ...]:
    """Return the compilers that an image has, sorted."""
    there = {*base.programs, *options.programs}
    return tuple(sorted(there & _COMPILERS))


def list_languages(project: Project) -> tuple[str, ...]:
    """Return the languages that the application's sources name, without regions, sorted."""
    spoken = (use.value for use in project.uses if use.code == "speaks-language")
    return tuple(sorted({value.replace("_", "-").partition("-")[0] for value in spoken}))


def predict_trimming(
    packages: Sequence[Weighed],
    facts: Facts,
    *,
    level: str,
    compilers: Sequence[str] = (),
    unloaded: Collection[str] = (),
    stand_ins: Collection[StandIn] = (),
) -> tuple[Trimmed, ...]:
    """Return what each rule of a level takes out of each package, as far as wheels tell.

    Symbols are predicted by what they were in one wheel of the package, and so is machine code
    that is there twice where nobody compared the files; the rest is read.
    """
    rules = [r for r in rules_of(level) if not compilers or r.name not in FOR_COMPILERS]
    found = (
        one
        for weighed in packages
        for one in _predict(weighed, facts, level, rules, unloaded=unloaded, stand_ins=stand_ins)
    )
    return tuple(one for one in found if one.bytes)


def trim_base(
    base: Base, spared: Sequence[tuple[str, str]], *, level: str
) -> tuple[tuple[Trimmed, ...], tuple[int, int]]:
    """Return what is taken out of the standard library, and what that saves: on disk, to download.

    Whether a package imports it, only the build sees.
    """
    saved = base.stdlib_databases
    if level != LEVELS[-1] or not saved[0] or any(rule == DATABASES for rule, _ in spared):
        return (), (0, 0)
    return (Trimmed(rule=DATABASES, package=LIBRARY, bytes=saved[0]),), saved


def lighten(
    packages: Sequence[Weighed], facts: Facts, trimmed: Sequence[Trimmed], *, bytecode: str
) -> tuple[Weighed, ...]:
    """Return the packages with what assembling leaves of them, for predicting a size.

    The bytes of Python source stay in ``kinds``, because bytecode is predicted from them.
    """
    alone = set(list_sourceless(packages, facts)) if bytecode == "only" else set()
    gone: dict[str, dict[str, int]] = {}
    for one in trimmed:
        gone.setdefault(one.package, {})[one.rule] = one.bytes
    return tuple(
        _lighten(w, gone.get(w.pinned.name, {}), alone=w.pinned.name in alone) for w in packages
    )


def _predict(
    weighed: Weighed,
    facts: Facts,
    level: str,
    rules: Sequence[Rule],
    *,
    unloaded: Collection[str],
    stand_ins: Collection[StandIn],
) -> Iterator[Trimmed]:
    name = weighed.pinned.name
    fact = facts.packages.get(name)
    kept = set(fact.keep) if fact else set()
    for rule in rules:
        if rule.kind and rule.kind not in kept:
            yield Trimmed(rule=rule.name, package=name, bytes=weighed.facts.kind(rule.kind))
    if level == "none":
        return
    filename = weighed.pinned.file.filename
    share = _symbols_share(weighed, facts)
    code = weighed.facts.kind("so")
    if name in unloaded and fact is not None and UNLOADED not in kept:
        gone = round(fact.share(UNLOADED, filename) * code)
        yield Trimmed(rule=UNLOADED, package=name, bytes=gone)
        code -= gone
    gone = round(sum(one.share(name, filename) for one in stand_ins) * code)
    yield Trimmed(rule=STAND_INS, package=name, bytes=gone)
    code -= gone
    if SYMBOLS not in kept:
        compiled = weighed.compiled and not weighed.exact
        symbols = _COMPILED_SYMBOLS * weighed.facts.installed if compiled else share * code
        yield Trimmed(rule=SYMBOLS, package=name, bytes=round(symbols))
    if DUPLICATES not in kept:
        same = weighed.facts.duplicates
        same = round(fact.share(DUPLICATES, filename) * code) if same is None and fact else same
        # What is linked was stripped before.
        stripped = 0.0 if SYMBOLS in kept else share
        yield Trimmed(rule=DUPLICATES, package=name, bytes=round((same or 0) * (1 - stripped)))


def _symbols_share(weighed: Weighed, facts: Facts) -> float:
    """Return the symbols per byte of machine code: as read, as measured, or as is typical."""
    name, code = weighed.pinned.name, weighed.facts.kind("so")
    if weighed.facts.symbols is not None and code:
        return weighed.facts.symbols / code
    if is_unread(weighed.facts, name, facts.footprints):
        return TYPICAL_SYMBOLS
    footprint = facts.footprints.get(name, TYPICAL)
    return footprint.find_symbols(weighed.pinned.file.filename).share


def _lighten(weighed: Weighed, gone: Mapping[str, int], *, alone: bool) -> Weighed:
    ruled = {rule.kind for rule in RULES if rule.name in gone}
    kinds = tuple((kind, size) for kind, size in weighed.facts.kinds if kind not in ruled)
    bytes_gone = sum(gone.values()) + (weighed.facts.kind("py") if alone else 0)
    left = replace(weighed.facts, installed=weighed.facts.installed - bytes_gone, kinds=kinds)
    return replace(
        weighed,
        facts=left,
        trimmed=weighed.trimmed + bytes_gone,
        code_trimmed=sum(gone.get(rule, 0) for rule in (DUPLICATES, UNLOADED, STAND_INS)),
        sourceless=alone,
    )


def _spared(packages: Sequence[Weighed], facts: Facts) -> Iterator[tuple[str, str]]:
    for weighed in packages:
        fact = facts.packages.get(weighed.pinned.name)
        if fact is None:
            continue
        for top in fact.provides_import or (weighed.pinned.name.replace("-", "_"),):
            yield from ((_SPARED[kind], top) for kind in fact.keep if kind in _SPARED)
