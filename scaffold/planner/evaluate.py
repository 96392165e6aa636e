"""The verdict on a base whose packages resolve: what they need, what they weigh, the limits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from scaffold.model.codes import Code
from scaffold.model.knowledge import Base, BuildClass, Facts, Image
from scaffold.model.plan import Options
from scaffold.model.project import Project
from scaffold.model.resolution import Reason, Resolution, Weighed
from scaffold.model.target import Budget, Environment, Libc, Target
from scaffold.model.verdict import Accepted, Candidate, Evaluation, Rejected, Size
from scaffold.planner.accelerators import list_refusals, list_unused
from scaffold.planner.memory import TIGHT, estimate_memory
from scaffold.planner.os_packages import find_os_packages
from scaffold.planner.python_choice import doubt_python
from scaffold.planner.size.prediction import predict
from scaffold.planner.size.traced import predict_traced, remark_trace, tracing
from scaffold.planner.trimming import (
    lighten,
    list_compilers,
    list_sourceless,
    list_spared,
    list_unloaded,
    predict_trimming,
    trim_base,
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
    needs = find_os_packages(
        project=question.project,
        facts=facts,
        base=base,
        arch=image.arch,
        packages=packages,
        options=options,
        python=image.python,
        system=resolution.system,
    )
    compilers = list_compilers(base, options)
    unloaded = () if compilers else list_unloaded(packages, facts, question.project)
    trimmed = predict_trimming(
        packages, facts, level=options.trim, compilers=compilers, unloaded=unloaded
    )
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
        models=(
            sum(one.size for one in question.project.models),
            sum(one.compressed for one in question.project.models),
        ),
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
        unloaded=unloaded,
        spared=spared,
        trimmed=(*trimmed, *of_base),
        doubts=doubt_python(
            question.project, [w.pinned for w in packages], image.python, facts.releases
        ),
    )
    names = [weighed.pinned.name for weighed in packages]
    refused = (
        *needs.refused,
        *list_refusals(facts.accelerators, question.target, names),
        *_refuse_limits(question, candidate),
    )
    if refused:
        return Rejected(
            base=base,
            python=image.python,
            reasons=refused,
            candidate=candidate,
            notes=(*needs.remarks, *resolution.notes),
        )
    remarks = (
        *needs.remarks,
        *resolution.notes,
        *list_unused(facts.accelerators, question.target, names),
        *_remark(question, candidate),
    )
    remarks = (*remarks, *candidate.doubts[:1])
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
        text = f"{_mb(size.on_disk)} on disk, {_mb(over)} over the {_mb(budget.on_disk)} allowed"
        yield Reason(code=Code.OVER_BUDGET, text=text)
    if budget.download is not None and size.download > budget.download:
        over = size.download - budget.download
        text = f"{_mb(size.download)} to download, {_mb(over)} over the {_mb(budget.download)}"
        yield Reason(code=Code.OVER_DOWNLOAD, text=text)
    if budget.storage is not None and room_to_update(size, budget) > budget.storage:
        yield Reason(code=Code.NO_ROOM_TO_UPDATE, text=_explain_room(size, budget, budget.storage))


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


def _remark(question: PlanningInput, candidate: Candidate) -> Iterator[Reason]:
    python = candidate.image.python
    eol = question.facts.pythons.get(python)
    if eol is not None and eol < question.today:
        text = (
            f"Python {python} has been end-of-life since {eol}: it gets no security fixes, and "
            "its images are no longer rebuilt"
        )
        yield Reason(code=Code.END_OF_LIFE, text=text, fact=f"python-{python}")
    memory, known = question.target.budget.memory, candidate.memory
    if memory is not None and known is not None and known.resident > TIGHT * memory:
        what = "the packages takes about" if known.telling else "what was measured takes at least"
        text = f"importing {what} {_mb(known.resident)} of the {_mb(memory)} memory"
        yield Reason(code=Code.MEMORY_TIGHT, text=text)
    traced = tracing(question.project, question.options, candidate.base, candidate.image)
    yield from remark_trace(traced, candidate.packages)
    wheels = [w for w in candidate.packages if w.pinned.wheel and not w.exact]
    if unsized := [w.pinned.name for w in wheels if w.pinned.file.size is None]:
        text = (
            f"the size of {', '.join(unsized)} is not known, for the file's host did not answer: "
            "the image is larger by that"
        )
        yield Reason(code=Code.ESTIMATED_SIZE, text=text, package=unsized[0])
    unread = [w.pinned.name for w in wheels if w.pinned.file.size is not None]
    if unread:
        text = f"sizes of {', '.join(unread)} are estimates: nobody has looked into these wheels"
        yield Reason(code=Code.ESTIMATED_SIZE, text=text, package=unread[0])
    closed = [w.pinned.name for w in candidate.packages if w.elf_unread]
    if closed:
        text = (
            f"it is not known which libraries {', '.join(closed)} load: the wheels' contents were "
            "not inspected, so no minimal base is preferred"
        )
        yield Reason(code=Code.ELF_UNREAD, text=text, package=closed[0])
    assumed = [w.pinned.name for w in candidate.packages if w.facts.elf == "assumed"]
    if assumed:
        text = f"libraries of {', '.join(assumed)} are taken over from a sibling wheel"
        yield Reason(code=Code.ELF_ASSUMED, text=text, package=assumed[0])


def _mb(count: int) -> str:
    return f"{count / 1e6:.1f} MB"
