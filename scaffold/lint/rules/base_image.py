"""What the image is based on."""

from collections.abc import Iterator
from datetime import date

from scaffold.lint.context import Case, image_span, outer_bases
from scaffold.lint.image_references import Reference, find_base, parse_image
from scaffold.lint.rules import rule
from scaffold.model.dockerfile import Cost, Hit, Severity, Span


@rule("LS201", Severity.WARNING)
def no_tag(case: Case) -> Iterator[Hit]:
    """The base image has no tag, or the tag latest.

    ``python`` and ``python:latest`` are the newest Python on the full image: the interpreter
    changes with every release, and the variant is the largest. Packages may not have wheels for it
    yet, so that the next build compiles for an hour or fails.

    Bad:
        FROM python:latest
    Good:
        FROM python:3.13-slim-trixie
    """
    for image, span in (*((i, span) for _, i, span in outer_bases(case)), *_copied_from(case)):
        if image.tag in {"", "latest"} and not image.digest:
            yield Hit(text=f"{image.repository} has no tag that means anything", span=span)


def _copied_from(case: Case) -> Iterator[tuple[Reference, Span]]:
    """Yield the images that COPY and mounts take files from without a stage of their own."""
    given = case.around.contexts if case.around is not None else frozenset()
    for stage in case.dockerfile.stages:
        for step in stage.steps:
            for flag in step.flags:
                name, known = flag.source, case.dockerfile.find(flag.source)
                # A plain word may be a context that only the build command names.
                if "/" in name and "$" not in name and known is None and name not in given:
                    yield parse_image(name), flag.span


@rule("LS202", Severity.WARNING)
def python_floats(case: Case) -> Iterator[Hit]:
    """The tag of the base image does not fix the Python version.

    ``python:3-slim`` and ``python:slim`` change the minor version of the interpreter once a year:
    wheels with machine code are for one minor version, and a package without one for the new
    version is compiled or fails.

    Bad:
        FROM python:3-slim
    Good:
        FROM python:3.13-slim-trixie
    """
    for _, image, span in outer_bases(case):
        if image.official and not image.minor and image.tag not in {"", "latest"}:
            yield Hit(text="the tag names no minor version of Python", span=span)


@rule("LS203", Severity.WARNING)
def full_base(case: Case) -> Iterator[Hit]:
    """The image starts from the full variant of the language's image.

    ``python:3.13`` brings compilers, headers and version control: about 1.1 GB on disk for amd64,
    where the slim variant takes about 125 MB and runs the same wheels. Compile packages in a
    separate stage.

    Bad:
        FROM python:3.13-trixie
        CMD ["python", "-m", "app"]
    Good:
        CMD ["python", "-m", "app"]
    """
    root = case.root(case.final)
    image = parse_image(root.image) if root else None
    if root is None or image is None or not image.official or image.family != "full":
        return
    release = f"-{image.release}" if image.release else ""
    slim = parse_image(f"python:{image.minor}-slim{release}")
    known, lighter = case.base(root), find_base(case.facts, slim, case.arch)
    cost = None
    if known and lighter:
        cost = Cost(
            on_disk=known[1].on_disk - lighter[1].on_disk,
            download=known[1].download - lighter[1].download,
        )
    text = "the full image brings compilers and headers that a running app does not need: -slim"
    yield Hit(text=text, span=image_span(root), cost=cost)


@rule("LS204", Severity.NOTE)
def distribution_floats(case: Case) -> Iterator[Hit]:
    """The tag of the base image does not fix the distribution.

    ``python:3.13-slim`` is Debian trixie today and will be the next release later: glibc, package
    names and shared libraries then change although the Dockerfile did not. A tag with the release
    keeps them and still gets security fixes; a digest fixes every byte.

    Bad:
        FROM python:3.13-slim
    Good:
        FROM python:3.13-slim-trixie
    """
    for _, image, span in outer_bases(case):
        if image.official and image.minor and image.family and not (image.release or image.digest):
            yield Hit(text="the tag names no release of the distribution", span=span)


# Debian's long-term support (wiki.debian.org/LTS), Ubuntu's standard one (ubuntu.com/about/
# release-cycle) and Alpine's branches (alpinelinux.org/releases), as of 2026-11; newer ones are in
# the knowledge.
_RELEASES = {
    "14.04": date(2019, 4, 25),
    "16.04": date(2021, 4, 30),
    "18.04": date(2023, 5, 31),
    "20.04": date(2025, 5, 31),
    "jessie": date(2020, 6, 30),
    "stretch": date(2022, 6, 30),
    "buster": date(2024, 6, 30),
    "bullseye": date(2026, 8, 31),
    "3.16": date(2024, 5, 23),
    "3.17": date(2024, 11, 22),
    "3.18": date(2025, 5, 9),
    "3.19": date(2025, 11, 1),
    "3.20": date(2026, 4, 1),
    "3.21": date(2026, 11, 1),
}

# The oldest that the knowledge has a date for; what is older ended before.
_OLDEST_PYTHON = (3, 9)


@rule("LS205", Severity.WARNING)
def end_of_life(case: Case) -> Iterator[Hit]:
    """The base image no longer gets security fixes.

    A Python or a distribution past its end of life keeps its known vulnerabilities, and new
    releases of packages no longer have wheels for it.

    Bad:
        FROM python:3.8-slim-buster
    Good:
        FROM python:3.13-slim-trixie
    """
    for _, image, span in outer_bases(case):
        for what in _ended(case, image):
            yield Hit(text=f"{what}: no security fixes", span=span)


def _ended(case: Case, image: Reference) -> Iterator[str]:
    if image.minor:
        end = case.facts.pythons.get(image.minor)
        older = tuple(map(int, image.minor.split("."))) < _OLDEST_PYTHON
        if end is not None and end < case.today:
            yield f"Python {image.minor} ended on {end}"
        elif older:
            yield f"Python {image.minor} ended long ago"
    known = {base.release: base.eol for base in case.facts.bases if base.family == image.family}
    end = known.get(image.release) or _RELEASES.get(image.release)
    if end is not None and end < case.today:
        yield f"{image.release} ended on {end}"


@rule("LS206", Severity.WARNING)
def fixed_platform(case: Case) -> Iterator[Hit]:
    """FROM has a fixed platform.

    ``FROM --platform=linux/amd64`` builds an image for that platform regardless of ``--platform``:
    on a Raspberry Pi it does not start, or runs emulated and many times slower. Use
    ``$BUILDPLATFORM`` or ``$TARGETPLATFORM``.

    Bad:
        FROM --platform=linux/amd64 python:3.13-slim-trixie
    Good:
        FROM python:3.13-slim-trixie
    """
    for stage in case.dockerfile.stages:
        for flag in stage.opening.flags:
            if flag.name == "platform" and flag.value and "$" not in flag.value:
                text = f"always {flag.value}, whatever the build is asked for"
                yield Hit(text=text, span=flag.span)
