"""Evaluate every base for every Python, with reasons, and choose one of those that fit."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from packaging.version import Version

from scaffold.model.codes import OF_ANY_PYTHON, Code
from scaffold.model.index import Index, WheelFacts
from scaffold.model.knowledge import Base, BuildClass, Facts, Image
from scaffold.model.options import Options
from scaffold.model.project import Found, Project
from scaffold.model.resolution import Conflict, Pinned, Reason, Resolution, Weighed
from scaffold.model.target import Environment, LibcFamily
from scaffold.model.verdict import Accepted, Candidate, Evaluation, Rejected
from scaffold.planner.accelerators import list_refusals
from scaffold.planner.evaluate import (
    PATIENCE,
    PlanningInput,
    describe_prerelease,
    environment_of,
    evaluate,
)
from scaffold.planner.hardware import list_misfits
from scaffold.planner.os_package_cost import list_system
from scaffold.planner.pythons import list_asked_pythons, list_bound_pythons
from scaffold.planner.size_prediction import guess_installed
from scaffold.resolver.cache import EnvironmentTags, ResolutionRequest, ResolverCache
from scaffold.resolver.releases import parse_specifier
from scaffold.resolver.resolve import resolve


def wanted_of(project: Project, options: Options, facts: Facts) -> ResolutionRequest:
    """Return what a resolution of the project starts from."""
    patience = PATIENCE[options.allow_compile]
    efforts = {
        name: fact.recipe.effort for name, fact in facts.packages.items() if fact.recipe is not None
    }
    sources = facts.headers.values()
    return ResolutionRequest(
        asked=project.asked,
        constraints=project.constraints,
        lock=project.lock,
        swaps=options.swaps,
        options=project.index,
        sdists=options.allow_compile != "never",
        offline=options.offline,
        builds=frozenset(name for name, effort in efforts.items() if effort in patience),
        slow=frozenset(name for name, effort in efforts.items() if effort not in patience),
        breaks=tuple(
            (name, version, day.isoformat())
            for name, fact in sorted(facts.packages.items())
            for version, day in fact.breaks.items()
        ),
        unsaid=tuple(
            (name, text) for name, fact in sorted(facts.packages.items()) for text in fact.requires
        ),
        bounds=tuple(
            (name, *row) for name, known in sorted(facts.bounds.items()) for row in known.rows
        ),
        headers=tuple(dict.fromkeys(h for one in sources for h in (*one.headers, *one.modules))),
    )


class EvaluationRun:
    """Evaluates one question; keeps each environment's resolution, for bases share them."""

    def __init__(
        self, question: PlanningInput, shelf: ResolverCache, tell: Callable[[str], None]
    ) -> None:
        self.question = question
        self.shelf = shelf
        self.tell = tell
        self._resolved: dict[tuple[Environment, str, bool], Resolution | Conflict] = {}
        self._weighed: dict[tuple[Environment, str, bool], tuple[Weighed, ...]] = {}

    def verdicts(self) -> tuple[Evaluation, ...]:
        """Return a verdict for every base and Python, newest Python first within a base."""
        found: list[Evaluation] = []
        settled = False
        pythons = sorted(
            {image.python for base in self.question.facts.bases for image in base.images},
            key=Version,
            reverse=True,
        )
        for python in pythons:
            row: list[Evaluation] = []
            # What has most wheels goes first: where it fits, others are not searched to the end.
            for base, image in self._list_images(python):
                fits = settled or any(map(_takes_wheels, row))
                row.append(self._judge(base, image, look_inside=not settled, brief=fits))
            found.extend(row)
            settled = settled or any(map(_takes_wheels, row))
        found.extend(self._elsewhere())
        newest_first = sorted(found, key=lambda v: Version(v.python or "0"), reverse=True)
        return tuple(sorted(newest_first, key=lambda v: v.base.id))

    def _list_images(self, python: str) -> list[tuple[Base, Image]]:
        """Return the bases of a Python for the target, those of glibc first."""
        found = [
            (base, image)
            for base in self.question.facts.bases
            for image in base.images
            if image.arch is self.question.target.arch and image.python == python
        ]
        return sorted(found, key=lambda one: one[0].libc is not LibcFamily.GLIBC)

    def _elsewhere(self) -> Iterator[Rejected]:
        arch = self.question.target.arch
        for base in self.question.facts.bases:
            # Its own packages are for those that others have no wheels for: elsewhere it is silent.
            quiet = base.python_packages and self.question.options.base not in {
                base.id,
                base.family,
            }
            if not quiet and not any(image.arch is arch for image in base.images):
                text = f"{base.id} is not published for {arch}"
                yield Rejected(
                    base=base,
                    python="",
                    reasons=(Reason(code=Code.ARCH_UNSUPPORTED, text=text, fact=base.id),),
                )

    def _judge(self, base: Base, image: Image, *, look_inside: bool, brief: bool) -> Evaluation:
        refused = tuple(_refuse(self.question, base, image))
        if refused:
            return Rejected(base=base, python=image.python, reasons=refused)
        environment = environment_of(base, image)
        useless = tuple(self._refuse_asked(environment, image))
        if useless:
            return Rejected(base=base, python=image.python, reasons=useless)
        resolution = self._resolve(environment, image.release, base, brief=brief)
        if isinstance(resolution, Conflict):
            return Rejected(base=base, python=image.python, reasons=resolution.reasons)
        packages = self._weigh(resolution, image.release, look_inside=look_inside)
        return evaluate(self.question, base, image, resolution, packages)

    def _refuse_asked(self, environment: Environment, image: Image) -> Iterator[Reason]:
        """Yield what the project asks for in vain there, before any of it is looked up."""
        question = self.question
        answers = EnvironmentTags(environment, image.release)
        swapped = {name for name, _ in question.options.swaps}
        names = [
            asked.name
            for asked in question.project.asked
            if asked.name not in swapped and not asked.url and answers.holds(asked.marker)
        ]
        bound = dict(question.project.index.vendor_urls)
        yield from list_refusals(question.facts.accelerators, question.target, names, bound=bound)
        misfits = list_misfits(
            question.facts,
            question.target,
            question.project,
            dict.fromkeys(names, ()),
            resolved=False,
        )
        yield from (reason for reason, fails in misfits if fails)

    def _resolve(
        self, environment: Environment, release: str, base: Base, *, brief: bool
    ) -> Resolution | Conflict:
        release = release if Version(release).is_prerelease is False else ""
        system = list_system(base, environment.arch, self.question.facts)
        key = (environment, release, bool(system))
        if key not in self._resolved:
            self.tell(f"resolving for {environment}")
            wanted = wanted_of(self.question.project, self.question.options, self.question.facts)
            wanted = replace(wanted, system=system)
            self._resolved[key] = resolve(
                wanted, environment, self.shelf, release=release, brief=brief
            )
        return self._resolved[key]

    def _weigh(
        self, resolution: Resolution, release: str, *, look_inside: bool
    ) -> tuple[Weighed, ...]:
        key = (resolution.environment, release, bool(resolution.system))
        if key not in self._weighed:
            network = look_inside and not self.question.options.offline
            self._weighed[key] = weigh(resolution.packages, self.shelf.index, network=network)
        return self._weighed[key]


def _takes_wheels(verdict: Evaluation) -> bool:
    return isinstance(verdict, Accepted) and verdict.candidate.build_class is BuildClass.WHEELS


def weigh(
    packages: Sequence[Pinned], index: Index, *, network: bool, large: bool = False
) -> tuple[Weighed, ...]:
    """Return the packages with the facts of their files; unknown ones get an estimate."""
    wheels = [p for p in packages if p.wheel]
    wanted = [(p.name, p.version, p.file) for p in wheels]
    found = index.wheel_facts(wanted, network=network, large=large)
    facts = dict(zip((p.name for p in wheels), found, strict=True))
    weighed: list[Weighed] = []
    for pinned in packages:
        known = facts.get(pinned.name)
        guess = WheelFacts(installed=guess_installed(pinned.file.size), files=0)
        source = None if pinned.wheel else index.source_facts(pinned.name, pinned.file)
        weighed.append(
            Weighed(pinned=pinned, facts=known or guess, exact=known is not None, source=source)
        )
    return tuple(weighed)


def evaluate_again(
    question: PlanningInput, candidate: Candidate, shelf: ResolverCache
) -> Candidate | None:
    """Return what a changed question makes of a candidate's base; None where nothing resolves."""
    wanted = wanted_of(question.project, question.options, question.facts)
    environment = candidate.resolution.environment
    resolution = resolve(wanted, environment, shelf, release=candidate.image.release)
    if not isinstance(resolution, Resolution):
        return None
    packages = weigh(resolution.packages, shelf.index, network=not question.options.offline)
    return evaluate(question, candidate.base, candidate.image, resolution, packages).candidate


def _refuse(question: PlanningInput, base: Base, image: Image) -> Iterator[Reason]:
    """Yield why a base is out before any package is looked at."""
    options = question.options
    if options.base and options.base not in {base.id, base.family}:
        yield Reason(code=Code.BASE_NOT_ASKED, text=f"only {options.base} was asked for")
        return
    if base.registry != "default" and base.registry not in dict(options.registries):
        text = f"no registry is set for it: --registry {base.registry}=PREFIX"
        yield Reason(code=Code.REGISTRY_UNSET, text=text, fact=base.id)
    if options.require_shell and not base.shell:
        yield Reason(code=Code.NEEDS_SHELL, text=f"{base.id} has no shell", fact=base.id)
    yield from _refuse_python(question, image)
    if base.eol is not None and base.eol < question.today and not options.base:
        text = f"{base.id} gets no security fixes since {base.eol}"
        yield Reason(code=Code.END_OF_LIFE, text=text, fact=base.id)


def _refuse_python(question: PlanningInput, image: Image) -> Iterator[Reason]:
    asked = question.options.python
    if asked and asked != image.python:
        yield Reason(code=Code.PYTHON_NOT_ADMISSIBLE, text=f"Python {asked} was asked for")
        return
    release = Version(image.release)
    for bound in question.project.pythons:
        if asked and not bound.origin.detail:
            continue  # a pin of .python-version or runtime.txt; what the project declares holds
        specifier = parse_specifier(bound.value)
        if specifier is not None and not specifier.contains(release, prereleases=True):
            what = image.release if image.prerelease else image.python
            text = f"Python {what} is not {bound.value} ({bound.origin})"
            known = {Version(one.release) for base in question.facts.bases for one in base.images}
            if not any(specifier.contains(one, prereleases=True) for one in known):
                text = f"no known image has Python {bound.value} ({bound.origin})"
                text += _name_oldest(question, bound)
            yield Reason(code=Code.PYTHON_NOT_ADMISSIBLE, text=text)
            return
    if image.prerelease and asked != image.python:
        text = f"{describe_prerelease(image, question)}: --python {image.python} takes it"
        yield Reason(code=Code.PYTHON_PRERELEASE, text=text)
        return
    eol = question.facts.pythons.get(image.python)
    bounds = [one.value for one in question.project.pythons]
    own = tuple(list_bound_pythons(question.project))
    if image.python in list_asked_pythons(bounds, question.facts.pythons, question.today, own):
        return  # past its end, but nothing newer is admitted
    if eol is not None and eol < question.today and asked != image.python:
        text = f"Python {image.python} gets no security fixes since {eol}"
        yield Reason(code=Code.END_OF_LIFE, text=text, fact=f"python-{image.python}")


def _name_oldest(question: PlanningInput, bound: Found[str]) -> str:
    """Return what takes another Python than an old one that a file pins, empty for other bounds."""
    there = {one.python for base in question.facts.bases for one in base.images}
    ends = question.facts.pythons
    alive = [one for one in there if (end := ends.get(one)) is None or end >= question.today]
    oldest = min(alive, key=Version, default="")
    pinned = bound.value.removeprefix("==").removesuffix(".*")
    if bound.origin.detail or not oldest or not re.fullmatch(r"[\d.]+", pinned):
        return ""
    older = Version(pinned) < Version(oldest)
    return f": --python {oldest} takes a newer one" if older else ""


_BUILD_RANK = {effort: rank for rank, effort in enumerate(BuildClass)}
# How much smaller a musl image has to be before "balanced" takes it: its allocator is slower and
# fewer packages have wheels for it tomorrow.
_MUSL_HANDICAP = 1.25


def choose(
    rows: Sequence[Sequence[Evaluation]], objective: str, *, unread: bool = False
) -> tuple[tuple[Accepted | None, ...], tuple[Reason, ...]]:
    """Return the chosen verdict per target (all None if nothing fits all), and why that Python.

    ``rows`` has one sequence of verdicts per target. Versions that require what their successors do
    beat those that may lack it, wheels compiling, fewer packages to compile more, a Python that
    the pins were made for one that they were not, a newer Python an older one, then the objective
    decides; ties go to the base's rank and id, so that the order of the bases never matters.
    ``unread`` takes a minimal base also where nobody knows which libraries a wheel loads.
    """
    common: list[tuple[Accepted, ...]] = []
    for first in (v for v in rows[0] if isinstance(v, Accepted)) if rows else ():
        fits = tuple(
            verdict
            for row in rows
            for verdict in row
            if isinstance(verdict, Accepted)
            and (verdict.base.id, verdict.python) == (first.base.id, first.python)
        )
        if len(fits) == len(rows):
            common.append(fits)
    if not common:
        return tuple(None for _ in rows), ()
    best = min(common, key=lambda group: (not unread and _is_blind(group), *_key(group, objective)))
    return best, _why_this_python(rows, best[0])


def _is_blind(group: Sequence[Accepted]) -> bool:
    """Tell whether libraries may be missing on a base that has hardly any of its own.

    Machine code in a wheel whose tags name no C library is hardly ever made for musl.
    """
    unread = [w.pinned.file for fits in group for w in fits.candidate.packages if w.elf_unread]
    base = group[0].base
    bare = bool(base.origin) or not base.shell
    untold = any(file.filename.endswith("-any.whl") for file in unread)
    return bool(unread) and (bare or (untold and base.libc is LibcFamily.MUSL))


def _key(group: Sequence[Accepted], objective: str) -> tuple[object, ...]:
    first = group[0]
    effort = max(_BUILD_RANK[fits.candidate.build_class] for fits in group)
    compiled = sum(weighed.compiled for fits in group for weighed in fits.candidate.packages)
    doubts = max(len(fits.candidate.doubts) for fits in group)
    lacks = sum(
        note.code == Code.OLDER_REQUIRES_LESS
        for fits in group
        for note in fits.candidate.resolution.notes
    )
    python = Version(first.python)
    size: float = sum(fits.size.on_disk for fits in group)
    if objective == "balanced" and first.base.libc is LibcFamily.MUSL:
        size *= _MUSL_HANDICAP
    return (
        lacks,
        effort,
        compiled,
        doubts,
        python.release if doubts else tuple(-part for part in python.release),
        first.base.compatible if objective == "compatible" else 0,
        size,
        first.base.rank,
        first.base.id,
    )


def _why_this_python(rows: Sequence[Sequence[Evaluation]], chosen: Accepted) -> tuple[Reason, ...]:
    """Return one reason for each newer Python that was possible but for a package.

    Where a base takes it, what it lacks against the chosen one counts, not why other bases do not.
    """
    reasons: dict[str, Reason] = {}
    newer = [
        verdict
        for row in rows
        for verdict in row
        if verdict.python and Version(verdict.python) > Version(chosen.python)
        if verdict.base.libc is chosen.base.libc
    ]
    for verdict in newer:
        if isinstance(verdict, Accepted) and verdict.candidate.doubts:
            reasons.setdefault(verdict.python, _named(verdict, verdict.candidate.doubts[0]))
    for verdict in sorted(newer, key=lambda one: one.base.id != chosen.base.id):
        if isinstance(verdict, Rejected) and verdict.reasons[0].code not in OF_ANY_PYTHON:
            reasons.setdefault(verdict.python, _named(verdict, verdict.reasons[0]))
    return tuple(reasons[python] for python in sorted(reasons, key=Version, reverse=True))


def _named(verdict: Evaluation, reason: Reason) -> Reason:
    return Reason(
        code=Code.PYTHON_UNAVAILABLE,
        text=f"not Python {verdict.python}: {reason.text}",
        package=reason.package,
        file=reason.file,
        fact=reason.code,
    )
