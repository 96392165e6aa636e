"""The verdict on a base whose packages resolve: what they need, what they weigh, the limits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from scaffold.model.build import zstd_level
from scaffold.model.codes import Code
from scaffold.model.knowledge import Base, BuildClass, Facts, Image, PackageFact
from scaffold.model.options import Options
from scaffold.model.project import Project
from scaffold.model.resolution import Reason, Resolution, Weighed
from scaffold.model.target import Budget, Environment, Libc, LibcFamily, Target, mega
from scaffold.model.verdict import Accepted, Candidate, Evaluation, Memory, Rejected, Size, Trimmed
from scaffold.planner.accelerators import (
    find_used,
    list_asked,
    list_refusals,
    list_unknown,
    list_unused,
)
from scaffold.planner.hardware import find_access, list_misfits, list_notes
from scaffold.planner.os_package_cost import SystemCost
from scaffold.planner.os_packages import OsPackages, find_os_packages
from scaffold.planner.pythons import doubt_dockerfile, doubt_python
from scaffold.planner.size_prediction import (
    predict,
    predict_traced,
    recompress,
    remark_trace,
    tracing,
)
from scaffold.planner.source_builds import weigh_collected, weigh_unbuilt
from scaffold.planner.trimming import (
    lighten,
    list_compilers,
    list_sourceless,
    list_spared,
    list_stand_ins,
    list_unloaded,
    predict_trimming,
    trim_base,
)

# CPython 3.11 with what nearly all packages import of the standard library, on amd64 (`python
# -m tools.knowledge refresh memory`, 2026-11-25). Pointers of 32-bit targets are half as
# wide: there it is an upper bound.
INTERPRETER = 16_000_000
# Of the device's memory: the rest is the system's, and the application's own.
TIGHT = 0.8
# Of what packages weigh: a figure that leaves out more than the rest says nothing of the whole.
MOST = 0.75


def estimate_memory(packages: Sequence[Weighed], facts: Mapping[str, PackageFact]) -> Memory:
    """Return the interpreter and what each measured package adds when it is imported."""
    names = [weighed.pinned.name for weighed in packages]
    known = [
        (memory, weighed.facts.installed)
        for weighed in packages
        if (fact := facts.get(weighed.pinned.name)) is not None
        and (memory := fact.memory_among(names)) is not None
    ]
    total = sum(weighed.facts.installed for weighed in packages)
    return Memory(
        resident=INTERPRETER + sum(memory for memory, _ in known),
        measured=len(known),
        of=len(packages),
        telling=sum(weight for _, weight in known) >= MOST * total,
    )


PATIENCE = {
    "never": {BuildClass.WHEELS},
    "minutes": {BuildClass.WHEELS, BuildClass.MINUTES, BuildClass.UNKNOWN},
    "hours": set(BuildClass),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningInput:
    """What is being decided; all bases and Pythons answer the same one."""

    project: Project
    target: Target
    options: Options
    facts: Facts
    today: date


def environment_of(base: Base, image: Image) -> Environment:
    """Return what packages meet in an image of a base."""
    libc = Libc(family=base.libc, version=base.libc_version)
    return Environment(python=image.python, arch=image.arch, libc=libc)


def open_environments(question: PlanningInput) -> frozenset[Environment]:
    """Return what the bases offer the target, pre-releases aside."""
    return frozenset(
        environment_of(base, image)
        for base in question.facts.bases
        for image in base.images
        if image.arch is question.target.arch and not image.prerelease
    )


def evaluate(
    question: PlanningInput,
    base: Base,
    image: Image,
    resolution: Resolution,
    packages: tuple[Weighed, ...],
) -> Evaluation:
    """Return the verdict on a base whose packages resolve: needs, size, limits."""
    facts, options = question.facts, question.options
    needs = _find_needs(question, base, image, resolution, packages)
    compilers = list_compilers(base, options)
    unloaded = () if compilers else list_unloaded(packages, facts, question.project)
    stand_ins = list_stand_ins(packages, facts, question.project, options.trim)
    trimmed = predict_trimming(
        packages,
        facts,
        level=options.trim,
        compilers=compilers,
        unloaded=unloaded,
        stand_ins=stand_ins,
    )
    spared = list_spared(packages, facts, question.project, compilers)
    of_base, less = trim_base(base, spared, level=options.trim)
    names = [weighed.pinned.name for weighed in packages]
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
        size=_predict_size(
            question, base, image, packages=packages, trimmed=trimmed, system=needs.cost, less=less
        ),
        memory=estimate_memory(packages, facts.packages),
        sourceless=list_sourceless(packages, facts),
        unloaded=unloaded,
        stand_ins=stand_ins,
        spared=spared,
        trimmed=(*trimmed, *of_base),
        doubts=tuple(_doubt(question, image, packages)),
        accelerator=find_used(facts.accelerators, question.target, names),
        access=find_access(
            facts,
            question.project,
            question.target,
            {weighed.pinned.name: weighed.pinned.version for weighed in packages},
            options.provided,
        ),
    )
    return _judge(question, candidate, needs)


def _find_needs(
    question: PlanningInput,
    base: Base,
    image: Image,
    resolution: Resolution,
    packages: tuple[Weighed, ...],
) -> OsPackages:
    used = question.facts.accelerators.get(question.target.accelerator)
    provided = (*question.options.provided, *(used.provides if used is not None else ()))
    return find_os_packages(
        project=question.project,
        facts=question.facts,
        base=base,
        arch=image.arch,
        packages=packages,
        options=replace(question.options, provided=provided),
        python=image.python,
        system=resolution.system,
    )


def _doubt(question: PlanningInput, image: Image, packages: Sequence[Weighed]) -> Iterator[Reason]:
    """Yield why the application may not run on the Python of an image."""
    project, facts = question.project, question.facts
    own = facts.find_family(project.own_image.image) if project.own_image else None
    proven = own.python if own else ""
    pinned = [weighed.pinned for weighed in packages]
    yield from doubt_python(project, pinned, image.python, facts.releases, proven=proven)
    if not question.options.python:
        yield from doubt_dockerfile(project, image.python, proven)


def _predict_size(
    question: PlanningInput,
    base: Base,
    image: Image,
    *,
    packages: tuple[Weighed, ...],
    trimmed: Sequence[Trimmed],
    system: SystemCost,
    less: tuple[int, int],
) -> Size:
    project, facts, options = question.project, question.facts, question.options
    fetched = sum(one.size for one in options.fetched)
    size = predict(
        base=base,
        image=image,
        packages=lighten(packages, facts, trimmed, bytecode=options.bytecode),
        footprints=facts.footprints,
        system=system,
        app=(project.app_bytes + fetched, project.app_sources),
        app_waste=(project.app_waste, project.app_modules),
        unbuilt=weigh_unbuilt(project) + weigh_collected(project, packages),
        bytecode=options.bytecode,
        less=less,
        models=(
            sum(one.size for one in project.models) + fetched,
            sum(one.compressed for one in project.models) + fetched,
        ),
    )
    size = predict_traced(size, tracing(project, options, base, image), packages)
    if (level := zstd_level(options.compression)) is not None:
        size = recompress(size, base, facts.compressions["zstd"], level)
    return size


def _judge(question: PlanningInput, candidate: Candidate, needs: OsPackages) -> Evaluation:
    """Return the verdict on a candidate whose size is known, with all that speaks against it."""
    project, target, facts = question.project, question.target, question.facts
    names = [weighed.pinned.name for weighed in candidate.packages]
    asked = [one.pinned.name for one in candidate.packages if not one.pinned.required_by]
    bound, musl = dict(project.index.vendor_urls), candidate.base.libc is LibcFamily.MUSL
    required = {one.pinned.name: one.pinned.required_by for one in candidate.packages}
    misfits = tuple(list_misfits(facts, target, project, required))
    told = (*needs.remarks, *candidate.resolution.notes)
    refused = (
        *needs.refused,
        *list_refusals(facts.accelerators, target, names, musl=musl, bound=bound),
        *(reason for reason, fails in misfits if fails),
        *_refuse_limits(question, candidate),
    )
    if refused:
        return Rejected(
            base=candidate.base,
            python=candidate.image.python,
            reasons=refused,
            candidate=candidate,
            notes=told,
        )
    remarks = (
        *told,
        *list_asked(facts.accelerators, target, project.uses, names, bound=bound),
        *list_unused(facts.accelerators, target, names, bound=bound),
        *list_unknown(facts.accelerators, target, asked),
        *(reason for reason, _ in misfits),
        *list_notes(facts, project, target),
        *_remark(question, candidate),
        *candidate.doubts[:1],
    )
    return Accepted(candidate=candidate, reasons=remarks)


def reference_of(base: Base, image: Image, registries: Mapping[str, str]) -> str:
    """Return what FROM names, with the registry's prefix and the digest where they are known."""
    reference = base.reference_for(image)
    prefix = registries.get(base.registry, "").rstrip("/")
    reference = f"{prefix}/{reference}" if prefix else reference
    return f"{reference}@{image.digest}" if image.digest else reference


def _refuse_limits(question: PlanningInput, candidate: Candidate) -> Iterator[Reason]:
    size, budget = candidate.size, question.target.budget
    if candidate.build_class not in PATIENCE[question.options.allow_compile]:
        own = [one.name for one in question.project.packages if one.tools]
        sdists = [w.pinned.name for w in candidate.packages if w.compiled]
        builds = ", ".join([*sdists, *own])
        text = f"{builds} would have to be compiled ({candidate.build_class} on a small CPU)"
        yield Reason(code=Code.COMPILE_TOO_SLOW, text=text, package=builds.partition(",")[0])
    if budget.on_disk is not None and size.on_disk > budget.on_disk:
        over = size.on_disk - budget.on_disk
        text = f"{mega(size.on_disk)} on disk, {mega(over)} over the {mega(budget.on_disk)} allowed"
        yield Reason(code=Code.OVER_BUDGET, text=text)
    if budget.download is not None and size.download > budget.download:
        over = size.download - budget.download
        text = f"{mega(size.download)} to download, {mega(over)} over the {mega(budget.download)}"
        yield Reason(code=Code.OVER_DOWNLOAD, text=text)
    if budget.storage is not None and room_to_update(size, budget) > budget.storage:
        yield Reason(code=Code.NO_ROOM_TO_UPDATE, text=_explain_room(size, budget, budget.storage))


def room_to_update(size: Size, budget: Budget) -> int:
    """Return the bytes that a device needs while it pulls an image; the old one is as large.

    Engines differ in what they keep: this is containerd's store, which takes more.
    """
    return size.containerd * (2 if budget.keeps_old else 1)


def _explain_room(size: Size, budget: Budget, storage: int) -> str:
    each = f"{mega(size.containerd)} unpacked and compressed"
    if not budget.keeps_old:
        return f"the image takes {each}; there is room for {mega(storage)}"
    text = (
        f"an update needs {mega(room_to_update(size, budget))}, as the old image stays until the "
        f"new one is pulled ({each} each); there is room for {mega(storage)}"
    )
    alone = size.containerd <= storage
    return f"{text} (it fits with --remove-old, if an update may fail)" if alone else text


def describe_prerelease(image: Image, question: PlanningInput) -> str:
    """Return that an image has a pre-release, and whether the Python was released since."""
    text = f"Python {image.python} is a pre-release in the known image ({image.release})"
    released = question.facts.releases.get(image.python)
    late = released is not None and released <= question.today
    return f"{text}, although it was released on {released}" if late else text


def _remark(question: PlanningInput, candidate: Candidate) -> Iterator[Reason]:
    python = candidate.image.python
    eol = question.facts.pythons.get(python)
    if eol is not None and eol < question.today:
        text = (
            f"Python {python} has been end-of-life since {eol}: it gets no security fixes, and "
            "its images are no longer rebuilt"
        )
        yield Reason(code=Code.END_OF_LIFE, text=text, fact=f"python-{python}")
    if candidate.image.prerelease:
        text = describe_prerelease(candidate.image, question)
        yield Reason(code=Code.PRERELEASE_TAKEN, text=text, fact=f"python-{python}")
    memory, known = question.target.budget.memory, candidate.memory
    if memory is not None and known is not None and known.resident > TIGHT * memory:
        what = "the packages takes about" if known.telling else "what was measured takes at least"
        text = f"importing {what} {mega(known.resident)} of the {mega(memory)} memory"
        yield Reason(code=Code.MEMORY_TIGHT, text=text)
    yield from _remark_compression(question)
    if candidate.stand_ins:
        text = (
            f"--trim max leaves out {' and '.join(one.name for one in candidate.stand_ins)}, which "
            "the sources do not call: a call would end the program with a sentence that says so; "
            "`leanscaffold verify` runs it that way"
        )
        yield Reason(code=Code.LIBRARY_REPLACED, text=text)
    traced = tracing(question.project, question.options, candidate.base, candidate.image)
    yield from remark_trace(traced, candidate.packages)
    wheels = [w for w in candidate.packages if w.pinned.wheel and not w.exact]
    if unsized := [w.pinned.name for w in wheels if w.pinned.file.size is None]:
        text = (
            f"the size of {', '.join(unsized)} is not known, as the file's host did not answer: "
            f"the image will be larger by that"
        )
        yield Reason(code=Code.ESTIMATED_SIZE, text=text, package=unsized[0])
    if open_ended := [one.path for one in question.options.fetched if not one.size]:
        text = f"the size of {', '.join(open_ended)} is not known: add &size= to its address"
        yield Reason(code=Code.ESTIMATED_SIZE, text=text)
    unread = [w.pinned.name for w in wheels if w.pinned.file.size is not None]
    if unread:
        text = f"sizes of {', '.join(unread)} are estimates: wheel contents not inspected"
        yield Reason(code=Code.ESTIMATED_SIZE, text=text, package=unread[0])
    closed = [w.pinned.name for w in candidate.packages if w.elf_unread]
    if closed:
        text = (
            f"the libraries of {', '.join(closed)} are not known: the wheels' contents were not "
            "read, so no minimal base is preferred"
        )
        yield Reason(code=Code.ELF_UNREAD, text=text, package=closed[0])
    assumed = [w.pinned.name for w in candidate.packages if w.facts.elf == "assumed"]
    if assumed:
        text = f"libraries of {', '.join(assumed)} are assumed to be those of a sibling wheel"
        yield Reason(code=Code.ELF_ASSUMED, text=text, package=assumed[0])


def _remark_compression(question: PlanningInput) -> Iterator[Reason]:
    level = zstd_level(question.options.compression)
    if level is None:
        return
    how = question.facts.compressions["zstd"]
    text = (
        f"layers compressed with zstd are read by {', '.join(how.readers)} and newer, not by "
        f"{', '.join(how.refusers)}; `build --to` makes {how.factor(level):.2f} of gzip's size, a "
        f"push through a builder {how.factor(level, builder=True):.2f}"
    )
    yield Reason(code=Code.COMPRESSION_READERS, text=text, fact="zstd")
