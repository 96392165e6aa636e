"""Evaluate every base for every Python: each ends as Fits or Rejected, with reasons."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from packaging.version import Version

from scaffold.core.memory import TIGHT, estimate_memory
from scaffold.core.needs import find_needs
from scaffold.core.ports import Index
from scaffold.core.releases import parse_specifier
from scaffold.core.resolve import resolve
from scaffold.core.shelf import Shelf, Wanted
from scaffold.core.size import guess_installed, predict
from scaffold.core.system import list_system
from scaffold.core.traced_size import predict_traced, remark_trace, tracing
from scaffold.core.trimming import (
    lighten,
    list_compilers,
    list_sourceless,
    list_spared,
    predict_trimming,
    trim_base,
)
from scaffold.model.index import WheelFacts
from scaffold.model.knowledge import Base, BuildClass, Facts, Image
from scaffold.model.plan import Options
from scaffold.model.project import Project
from scaffold.model.resolution import Conflict, Pinned, Reason, Resolution, Weighed
from scaffold.model.target import Arch, Budget, Environment, Libc, Target
from scaffold.model.verdict import Candidate, Fits, Rejected, Size, Verdict

_PATIENCE = {
    "never": {BuildClass.WHEELS},
    "minutes": {BuildClass.WHEELS, BuildClass.MINUTES},
    "hours": set(BuildClass),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is being decided; all bases and Pythons answer the same one."""

    project: Project
    target: Target
    options: Options
    facts: Facts
    today: date


def wanted_of(project: Project, options: Options) -> Wanted:
    """Return what a resolution of the project starts from."""
    return Wanted(
        asked=project.asked,
        constraints=project.constraints,
        lock=project.lock,
        swaps=options.swaps,
        options=project.index,
        sdists=options.allow_compile != "never",
        offline=options.offline,
    )


class Evaluation:
    """Evaluates one question; keeps each environment's resolution, for bases share them."""

    def __init__(self, question: Question, shelf: Shelf, tell: Callable[[str], None]) -> None:
        self.question = question
        self.shelf = shelf
        self.tell = tell
        self._resolved: dict[tuple[Environment, str, bool], Resolution | Conflict] = {}
        self._weighed: dict[tuple[Environment, str, bool], tuple[Weighed, ...]] = {}

    def verdicts(self) -> tuple[Verdict, ...]:
        """Return a verdict for every base and Python, newest Python first within a base."""
        found: list[Verdict] = []
        settled = False
        pythons = sorted(
            {image.python for base in self.question.facts.bases for image in base.images},
            key=Version,
            reverse=True,
        )
        for python in pythons:
            row = [
                self._judge(base, image, look_inside=not settled)
                for base in self.question.facts.bases
                for image in base.images
                if image.arch is self.question.target.arch and image.python == python
            ]
            found.extend(row)
            settled = settled or any(
                isinstance(v, Fits) and v.candidate.build_class is BuildClass.WHEELS for v in row
            )
        found.extend(self._elsewhere())
        return tuple(sorted(found, key=lambda v: (v.base.id, _descending(v.python))))

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
                    reasons=(Reason(code="arch-unsupported", text=text, fact=base.id),),
                )

    def _judge(self, base: Base, image: Image, *, look_inside: bool) -> Verdict:
        refused = tuple(_refuse(self.question, base, image))
        if refused:
            return Rejected(base=base, python=image.python, reasons=refused)
        environment = Environment(
            python=image.python,
            arch=image.arch,
            libc=Libc(family=base.libc, version=base.libc_version),
        )
        resolution = self._resolve(environment, image.release, base)
        if isinstance(resolution, Conflict):
            return Rejected(base=base, python=image.python, reasons=resolution.reasons)
        packages = self._weigh(resolution, image.release, look_inside=look_inside)
        return judge(self.question, base, image, resolution, packages)

    def _resolve(self, environment: Environment, release: str, base: Base) -> Resolution | Conflict:
        release = release if Version(release).is_prerelease is False else ""
        system = list_system(base, environment.arch, self.question.facts)
        key = (environment, release, bool(system))
        if key not in self._resolved:
            self.tell(f"resolving for {environment}")
            wanted = wanted_of(self.question.project, self.question.options)
            wanted = replace(wanted, system=system)
            self._resolved[key] = resolve(wanted, environment, self.shelf, release=release)
        return self._resolved[key]

    def _weigh(
        self, resolution: Resolution, release: str, *, look_inside: bool
    ) -> tuple[Weighed, ...]:
        key = (resolution.environment, release, bool(resolution.system))
        if key not in self._weighed:
            network = look_inside and not self.question.options.offline
            self._weighed[key] = weigh(resolution.packages, self.shelf.index, network=network)
        return self._weighed[key]


def _descending(python: str) -> tuple[int, ...]:
    return tuple(-part for part in Version(python).release) if python else ()


def weigh(packages: Sequence[Pinned], index: Index, *, network: bool) -> tuple[Weighed, ...]:
    """Return the packages with the facts of their files; unknown ones get an estimate."""
    wheels = [p for p in packages if p.wheel]
    found = index.wheel_facts([(p.name, p.version, p.file) for p in wheels], network=network)
    facts = dict(zip((p.name for p in wheels), found, strict=True))
    weighed: list[Weighed] = []
    for pinned in packages:
        known = facts.get(pinned.name)
        guess = WheelFacts(installed=guess_installed(pinned.file.size), files=0)
        weighed.append(Weighed(pinned=pinned, facts=known or guess, exact=known is not None))
    return tuple(weighed)


def _refuse(question: Question, base: Base, image: Image) -> Iterator[Reason]:
    """Yield why a base is out before any package is looked at."""
    options = question.options
    if options.base and options.base not in {base.id, base.family}:
        yield Reason(code="base-not-asked", text=f"only {options.base} was asked for")
        return
    if base.registry != "default" and base.registry not in dict(options.registries):
        text = f"no registry is set for it: --registry {base.registry}=PREFIX"
        yield Reason(code="registry-unset", text=text, fact=base.id)
    if options.require_shell and not base.shell:
        yield Reason(code="needs-shell", text=f"{base.id} has no shell", fact=base.id)
    yield from _refuse_python(question, image)
    if base.eol is not None and base.eol < question.today and not options.base:
        text = f"{base.id} gets no security fixes since {base.eol}"
        yield Reason(code="end-of-life", text=text, fact=base.id)


def _refuse_python(question: Question, image: Image) -> Iterator[Reason]:
    asked = question.options.python
    if asked and asked != image.python:
        yield Reason(code="python-not-admissible", text=f"Python {asked} was asked for")
        return
    release = Version(image.release)
    for bound in question.project.pythons:
        specifier = parse_specifier(bound.value)
        if specifier is not None and not specifier.contains(release, prereleases=True):
            text = f"Python {image.python} is not {bound.value} ({bound.origin})"
            yield Reason(code="python-not-admissible", text=text)
            return
    if image.prerelease and asked != image.python:
        text = f"Python {image.python} is a pre-release in this base ({image.release})"
        yield Reason(code="python-prerelease", text=text)
        return
    eol = question.facts.pythons.get(image.python)
    if eol is not None and eol < question.today and asked != image.python:
        text = f"Python {image.python} gets no security fixes since {eol}"
        yield Reason(code="end-of-life", text=text, fact=f"python-{image.python}")


def judge(
    question: Question,
    base: Base,
    image: Image,
    resolution: Resolution,
    packages: tuple[Weighed, ...],
) -> Verdict:
    """Return the verdict on a base whose packages resolve: needs, size, limits."""
    facts, options = question.facts, question.options
    needs = find_needs(
        project=question.project,
        facts=facts,
        base=base,
        arch=image.arch,
        packages=packages,
        options=options,
        system=resolution.system,
    )
    compilers = list_compilers(base, options)
    trimmed = predict_trimming(packages, facts, level=options.trim, compilers=compilers)
    spared = list_spared(packages, facts, question.project, compilers)
    of_base, less = trim_base(base, spared, level=options.trim)
    size = predict(
        base=base,
        image=image,
        packages=lighten(packages, facts, trimmed, bytecode=options.bytecode),
        footprints=facts.footprints,
        system=needs.cost,
        app=(question.project.app_bytes, question.project.app_sources),
        bytecode=options.bytecode,
        less=less,
    )
    size = predict_traced(size, tracing(question.project, options, base, image), packages)
    candidate = Candidate(
        base=base,
        image=image,
        reference=reference_of(base, image, dict(options.registries)),
        resolution=resolution,
        packages=packages,
        run_packages=needs.run_packages,
        build_packages=needs.build_packages,
        build_tools=needs.build_tools,
        build_class=needs.build_class,
        size=size,
        memory=estimate_memory(packages, facts.packages),
        sourceless=list_sourceless(packages, facts),
        spared=spared,
        trimmed=(*trimmed, *of_base),
    )
    refused = (*needs.refused, *_refuse_limits(question, candidate))
    if refused:
        return Rejected(base=base, python=image.python, reasons=refused, candidate=candidate)
    remarks = (*needs.remarks, *resolution.notes, *_remark(question, candidate))
    return Fits(candidate=candidate, reasons=remarks)


def reference_of(base: Base, image: Image, registries: Mapping[str, str]) -> str:
    """Return what FROM names, with the registry's prefix and the digest where they are known."""
    reference = base.reference_for(image)
    prefix = registries.get(base.registry, "").rstrip("/")
    reference = f"{prefix}/{reference}" if prefix else reference
    return f"{reference}@{image.digest}" if image.digest else reference


def _refuse_limits(question: Question, candidate: Candidate) -> Iterator[Reason]:
    size, budget = candidate.size, question.target.budget
    if candidate.build_class not in _PATIENCE[question.options.allow_compile]:
        builds = ", ".join(w.pinned.name for w in candidate.packages if not w.pinned.wheel)
        text = f"{builds} would have to be compiled ({candidate.build_class} on a small CPU)"
        yield Reason(code="compile-too-slow", text=text, package=builds.partition(",")[0])
    if budget.on_disk is not None and size.on_disk > budget.on_disk:
        over = size.on_disk - budget.on_disk
        text = f"{_mb(size.on_disk)} on disk, {_mb(over)} over the {_mb(budget.on_disk)} allowed"
        yield Reason(code="over-budget", text=text)
    if budget.download is not None and size.download > budget.download:
        over = size.download - budget.download
        text = f"{_mb(size.download)} to download, {_mb(over)} over the {_mb(budget.download)}"
        yield Reason(code="over-download", text=text)
    if budget.storage is not None and room_to_update(size, budget) > budget.storage:
        yield Reason(code="no-room-to-update", text=_explain_room(size, budget, budget.storage))


def room_to_update(size: Size, budget: Budget) -> int:
    """Return the bytes that a device needs while it pulls an image; the old one is as large.

    Engines differ in what they keep: this is containerd's store, which takes more.
    """
    return size.containerd * (2 if budget.keeps_old else 1)


def _explain_room(size: Size, budget: Budget, storage: int) -> str:
    each = f"{_mb(size.containerd)} unpacked and compressed"
    if not budget.keeps_old:
        return f"the image takes {each}; there is room for {_mb(storage)}"
    text = (
        f"an update takes {_mb(room_to_update(size, budget))}: until it is pulled, the old image "
        f"stays beside the new one, {each} each; there is room for {_mb(storage)}"
    )
    alone = size.containerd <= storage
    return f"{text} (it fits with --remove-old, if an update may fail)" if alone else text


def _remark(question: Question, candidate: Candidate) -> Iterator[Reason]:
    memory, known = question.target.budget.memory, candidate.memory
    if memory is not None and known is not None and known.resident > TIGHT * memory:
        text = (
            f"importing the packages takes about {_mb(known.resident)} of the {_mb(memory)} memory"
        )
        yield Reason(code="memory-tight", text=text)
    traced = tracing(question.project, question.options, candidate.base, candidate.image)
    yield from remark_trace(traced, candidate.packages)
    unread = [w.pinned.name for w in candidate.packages if w.pinned.wheel and not w.exact]
    if unread:
        text = f"sizes of {', '.join(unread)} are estimates: nobody has looked into these wheels"
        yield Reason(code="estimated-size", text=text, package=unread[0])
    assumed = [w.pinned.name for w in candidate.packages if w.facts.elf == "assumed"]
    if assumed:
        text = f"libraries of {', '.join(assumed)} are taken over from a sibling wheel"
        yield Reason(code="elf-assumed", text=text, package=assumed[0])


def _mb(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


def on_other_arch(question: Question, arch: Arch) -> Question:
    """Return the same question for another architecture of the same device family."""
    return replace(question, target=replace(question.target, arch=arch, device=None))
