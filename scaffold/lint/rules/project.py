"""What only the project's own packages tell."""

from collections.abc import Iterable, Iterator, Mapping

from scaffold.lint.context import Case, image_span, line_of, outer_bases
from scaffold.lint.image_references import find_base, parse_image
from scaffold.lint.install_commands import python_installs, system_installs
from scaffold.lint.rules import rule
from scaffold.model.codes import Code
from scaffold.model.dockerfile import Cost, Hit, Severity, Span
from scaffold.model.knowledge import Base
from scaffold.model.target import Arch
from scaffold.model.verdict import Rejected
from scaffold.planner.os_package_cost import distribution, system_cost
from scaffold.planner.source_builds import effort_of

_NO_WHEEL = {
    *(Code.NO_WHEEL, Code.LOCKED_VERSION_NO_WHEEL, Code.GLIBC_TOO_OLD),
    *(Code.COMPILE_NEEDED, Code.COMPILE_UNKNOWN),
}


@rule("LS801", Severity.ERROR)
def no_wheel(case: Case) -> Iterator[Hit]:
    """A package cannot be installed on this base, or has to be compiled there.

    A wheel is for one C library, architecture and Python version. If none matches, pip compiles the
    source archive, if there is one and a compiler, or ends with «No matching distribution found»:
    tensorflow has neither for Alpine, and the paper's build of its stack there took 2423 s. A wheel
    may also need a newer glibc than the base has; that fails on import.

    Bad:
        FROM python:3.13-alpine3.24
        RUN pip install --no-cache-dir tensorflow
    Good:
        RUN pip install --no-cache-dir tensorflow
    """
    root, decided = case.root(case.final), case.decided
    if root is None or decided is None or decided.here is None:
        return
    best = decided.best
    expected = {Code.COMPILE_NEEDED, Code.COMPILE_UNKNOWN} if _has_compiler(case) else set()
    for reason in decided.here.reasons:
        if reason.code not in _NO_WHEEL - expected:
            continue
        better = ""
        if best is not None and best.base.libc != decided.here.base.libc:
            better = f"; with {best.base.libc} ({best.base.id}) every package has a wheel"
        effort = effort_of(case.facts.packages.get(reason.package))
        cost = Cost(compiling=effort) if reason.code.startswith("compile-") else None
        yield Hit(text=f"{reason.text}{better}", span=image_span(root), cost=cost)


def _has_compiler(case: Case) -> bool:
    """Tell whether a stage has what compiles packages: its author knows that some are."""
    roots = [case.root(stage) for stage in case.dockerfile.stages]
    images = [parse_image(root.image) for root in roots if root is not None]
    return any(image.official and image.family == "full" for image in images) or any(
        word.text.partition("=")[0] in _COMPILERS
        for step in case.runs()
        for one in system_installs(case, step)
        for word in one.names
    )


_COMPILERS = {"build-base", "build-essential", "clang", "g++", "gcc"}
_NO_LIBRARY = {Code.NEEDS_LIBRARY, Code.NEEDS_PROGRAM, Code.LIBRARY_UNAVAILABLE}


@rule("LS802", Severity.ERROR)
def missing_library(case: Case) -> Iterator[Hit]:
    """A package loads a library that the image does not have.

    Some wheels need libraries of the system: ``opencv-python`` those of a display, ``psycopg2`` the
    client of its database. The installation succeeds, and the first import fails with «cannot open
    shared object file», as in two of the paper's images (docs/paper.md).

    Bad:
        RUN pip install --no-cache-dir opencv-python
    Good:
        RUN pip install --no-cache-dir opencv-python-headless
    """
    root, here = case.root(case.final), case.decided.here if case.decided else None
    if root is None or here is None:
        return
    installed = _installed(case)
    lacks: dict[str, dict[str, str]] = {}
    for reason in here.reasons:
        if reason.code in _NO_LIBRARY:
            name = _provider(case, here.base, reason.fact)
            if installed.isdisjoint({name, debian_name(reason.fact)}):
                lacks.setdefault(reason.package, {})[reason.fact] = name
    for package, needs in lacks.items():
        yield Hit(
            text=f"{package} needs {', '.join(needs)}: {_remedy(needs)}",
            span=image_span(root),
            cost=_cost(case, here.base, needs.values()),
        )


def _provider(case: Case, base: Base, identifier: str) -> str:
    library = case.facts.libraries.get(identifier)
    package = library.packages.get(base.distribution_key) if library else None
    return package.name if package else ""


def debian_name(soname: str) -> str:
    """Return what Debian calls the package of a library (its policy, 8.1), without ``t64``."""
    stem, _, version = soname.lower().replace("_", "-").partition(".so.")
    return f"{stem}{'-' if stem[-1:].isdigit() else ''}{version}"


def _remedy(needs: Mapping[str, str]) -> str:
    names = sorted({name for name in needs.values() if name})
    nobody = [fact for fact, name in needs.items() if not name]
    unknown = f"no package of this base is known to have {', '.join(nobody)}" if nobody else ""
    return "; ".join(filter(None, (f"install {' '.join(names)}" if names else "", unknown)))


def _installed(case: Case) -> set[str]:
    """Return the system packages of the image with all that they pull in.

    Debian renamed many libraries to ``…t64`` in trixie; the old names still install them.
    """
    names = {
        word.text.partition("=")[0]
        for step in case.image_runs()
        for one in system_installs(case, step)
        for word in one.names
    }
    names |= {f"{name}t64" for name in names}
    known = case.base(case.final)
    key = known[0].distribution_key if known else ""
    for one in case.facts.headers.values():
        if not names.isdisjoint((*one.apt, *one.apk)):  # headers pull in their library
            names.update(one.runs_with(key))
    table = distribution(key, case.arch, case.facts) if known else None
    return names | set(table.closure(names) if table else ())


def _cost(case: Case, base: Base, names: Iterable[str]) -> Cost | None:
    cost = system_cost(
        base.distribution_key,
        filter(None, names),
        case.facts,
        arch=case.arch,
        ships=(*base.ships, *base.programs),
    )
    return Cost(on_disk=cost.on_disk, download=cost.download) if cost.on_disk else None


_NO_PYTHON = {Code.PYTHON_NOT_ADMISSIBLE, Code.VERSION_CONFLICT, Code.YANKED_ONLY, Code.NO_WHEEL}


@rule("LS803", Severity.ERROR)
def python_does_not_suit(case: Case) -> Iterator[Hit]:
    """The project does not support this Python.

    ``requires-python``, a version file, or a package that dropped or does not yet support this
    version excludes the base. pip then fails, or installs a release from years ago.

    Bad:
        FROM python:3.14-slim-trixie
        RUN pip install --no-cache-dir tensorflow
    Good:
        RUN pip install --no-cache-dir tensorflow
    """
    root, decided = case.root(case.final), case.decided
    if root is None or decided is None or not isinstance(decided.here, Rejected):
        return
    best = decided.best
    other = best is not None and best.python != decided.here.python
    for reason in decided.here.reasons:
        conflict = reason.code in _NO_PYTHON - {Code.NO_WHEEL}
        if conflict or (reason.code == Code.NO_WHEEL and other and _same_libc(case)):
            better = f"; Python {best.python} does" if best is not None and other else ""
            yield Hit(text=f"{reason.text}{better}", span=image_span(root))


def _same_libc(case: Case) -> bool:
    decided = case.decided
    return bool(
        decided
        and decided.best
        and decided.here
        and decided.best.base.libc is decided.here.base.libc
    )


@rule("LS804", Severity.ERROR)
def over_budget(case: Case) -> Iterator[Hit]:
    """The image will be larger than the device allows.

    The sizes of the base and of the files in every wheel are known, so the size can be predicted
    before a build. The limit comes from ``--max-size`` or the device's profile. A size measured by
    ``leanscaffold verify --save`` for the same Dockerfile takes precedence.

    Bad:
        # With --max-size 500MB.
        FROM python:3.13-slim-trixie
        RUN pip install --no-cache-dir tensorflow
    Good:
        # With --max-size 500MB.
        FROM python:3.13-slim-trixie
        RUN pip install --no-cache-dir ai-edge-litert
    """
    root, weight, decided = case.root(case.final), case.weight, case.decided
    if root is None or weight is None or decided is None:
        return
    how = "predicted" if decided.measured is None else "measured"
    on_disk, download = weight
    budget = decided.target.budget
    pairs = (("on disk", on_disk, budget.on_disk), ("to download", download, budget.download))
    for what, bytes_, allowed in pairs:
        if allowed is not None and bytes_ > allowed:
            over = bytes_ - allowed
            yield Hit(
                text=f"{how} {bytes_ / 1e6:.0f} MB {what}, {allowed / 1e6:.0f} MB allowed",
                span=image_span(root),
                cost=Cost(on_disk=over) if what == "on disk" else Cost(download=over),
            )


# Less than this share is not worth another base.
_WORTH = 0.1


@rule("LS805", Severity.NOTE)
def smaller_base(case: Case) -> Iterator[Hit]:
    """A smaller base fits the project.

    Which bases fit depends on the wheels: Alpine is small but many packages have no wheel for it; a
    minimal image has only the interpreter and the libraries that are needed. ``leanscaffold plan``
    shows them, ``generate`` writes the Dockerfile.

    Bad:
        RUN pip install --no-cache-dir flask
    Good:
        FROM python:3.13-slim-trixie AS root
        RUN pip install --target=/install flask
        FROM scratch
        COPY --from=root /install/ /usr/local/lib/python3.13/site-packages/
    """
    root, weight, decided = case.root(case.final), case.weight, case.decided
    best = decided.best if decided else None
    if root is None or weight is None or decided is None or best is None:
        return
    on_disk, download = weight
    saved = on_disk - best.size.on_disk
    if saved > _WORTH * on_disk:
        measured = "" if decided.measured is None else ", as measured"
        yield Hit(
            text=f"{best.base.id} with Python {best.python} makes it "
            f"{best.size.on_disk / 1e6:.0f} MB instead of {on_disk / 1e6:.0f} MB{measured}: "
            "leanscaffold generate",
            span=image_span(root),
            cost=Cost(on_disk=saved, download=max(0, download - best.size.download)),
        )


@rule("LS806", Severity.NOTE)
def lighter_package(case: Case) -> Iterator[Hit]:
    """A lighter package can replace this one.

    Extras and desktop variants outweigh the base: ``fastapi[standard]`` is 66 MB more than
    ``fastapi`` with uvicorn (pip 23.2.1, installed bytes), ``opencv-python`` needs a display's
    libraries that ``opencv-python-headless`` does without. The finding says what a swap keeps and
    loses.

    Bad:
        RUN pip install --no-cache-dir opencv-python
    Good:
        RUN pip install --no-cache-dir opencv-python-headless
    """
    where = _first_install(case)
    for saving in case.decided.savings if case.decided and where else ():
        if saving.code == Code.SWAP and where is not None:
            yield Hit(
                text=saving.text,
                span=where,
                cost=Cost(on_disk=saving.bytes, download=saving.download),
            )


def _first_install(case: Case) -> Span | None:
    for step in case.runs():
        for one in python_installs(case, step):
            return one.names[0].span if one.names else one.verb.span
    final = case.final
    return line_of(final.opening) if final else None


@rule("LS807", Severity.ERROR)
def not_for_this_target(case: Case) -> Iterator[Hit]:
    """The base is not published for the target.

    Not every image is published for every architecture. The build then fails with «no match for
    platform in manifest».

    Bad:
        # With --target arm/v6.
        FROM python:3.13-slim-trixie
    Good:
        # With --target arm/v6.
        FROM python:3.13-alpine3.24
    """
    if case.decided is None:
        return
    arch = case.decided.target.arch
    for stage, image, span in outer_bases(case):
        if stage.platform or find_base(case.facts, image, arch) is not None:
            continue
        others = [str(one) for one in Arch if find_base(case.facts, image, one) is not None]
        if others:
            text = f"there is none for {arch}; there is for {', '.join(others)}"
            yield Hit(text=text, span=span)


@rule("LS808", Severity.WARNING)
def memory(case: Case) -> Iterator[Hit]:
    """Importing the packages takes more memory than the device has.

    The device then swaps to its SD card, or kills the app. The memory that heavy packages need
    after import is measured (``leanscaffold explain tensorflow``); the limit comes from
    ``--memory`` or the device's profile.

    Bad:
        # With --memory 512MB.
        FROM python:3.13-slim-trixie
        RUN pip install --no-cache-dir tensorflow
    Good:
        # With --memory 512MB.
        FROM python:3.13-slim-trixie
        RUN pip install --no-cache-dir ai-edge-litert
    """
    root, here = case.root(case.final), case.decided.here if case.decided else None
    for reason in here.reasons if here and root else ():
        if reason.code == Code.MEMORY_TIGHT and root is not None:
            yield Hit(text=reason.text, span=image_span(root))
