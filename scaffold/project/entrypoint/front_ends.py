"""What other stages of the project's own Dockerfile build with Node.js, Bun or Deno."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scaffold.model.dockerfile import Dockerfile, Instruction, Span, Stage
from scaffold.model.project import FrontEnd, MadeFiles, Origin
from scaffold.project.dockerfile_parser.shell import commands_run_by
from scaffold.project.dockerignore import ignored, patterns_for
from scaffold.project.entrypoint.container_paths import Copied, copies

_IMAGE = re.compile(r"(?:^|/)(?:node|bun|deno)(?:[:@]|$)")
_PLAIN = re.compile(r"/?[\w.@+/-]+")  # what a mount takes without a meaning of its own
_TOLD = "{} copies {}, which {} builds in a stage: the image does the same; its size is not known"
# Of the system: what lands there is a program, not a file of the application.
_OF_SYSTEM = re.compile(r"/(?:bin|boot|dev|etc|lib\d*|proc|root|run|sbin|sys|tmp|usr)(?:/|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The stages that are kept, if they can be, and what is told of them."""

    kept: FrontEnd | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copy:
    """A COPY of what another stage makes; ``target`` is in the application's folder or absolute."""

    step: Instruction
    stage: Stage
    image: str
    source: str
    written: str
    target: str
    folder: bool


def find_front_end(
    place: str, copied: Copied, steps: Sequence[Instruction], files: Sequence[str]
) -> Built:
    """Return what the stages make that the final one copies from a stage of Node.js.

    ``steps`` are those of the final stage. What cannot be kept as it is written is a note.
    """
    found = list(_find_copies(copied, steps))
    stages = copied.dockerfile.needed(one.stage for one in found)
    kept = found and _can_be_kept(copied, stages, found)
    where = [_origin(place, copied.dockerfile, one.step) for one in found]
    if not kept:
        lacking = zip(where, found, strict=True)
        return Built(
            notes=tuple(
                f"{origin} copies {one.source}, which {one.image} builds in a stage: build it "
                f"before, and put it where {one.written} is in the project"
                for origin, one in lacking
                if not any(file.startswith(f"{one.target}/") for file in files)
            )
        )
    images = ", ".join(dict.fromkeys(one.image for one in found))
    return Built(
        kept=FrontEnd(
            origin=where[0],
            arguments=_head(copied.dockerfile),
            lines=tuple(
                line for stage in stages for line in _write(copied.dockerfile, stage, found)
            ),
            made=tuple(
                MadeFiles(
                    stage=_name(one.stage),
                    source=one.source,
                    target=one.target,
                    inside=one.folder,
                )
                for one in found
            ),
        ),
        notes=(_TOLD.format(where[0], found[0].source, images),),
    )


def _origin(place: str, dockerfile: Dockerfile, step: Instruction) -> Origin:
    return Origin(file=place, line=dockerfile.position(step.span.start)[0])


def _find_copies(copied: Copied, steps: Sequence[Instruction]) -> Iterator[_Copy]:
    """Yield what the final stage takes of such stages, be it through a stage that installs it."""
    dockerfile, last = copied.dockerfile, copied.dockerfile.stages[-1]
    through = [dockerfile.find(step.flag("from")) for step in steps]
    places = {last.number: (last, tuple(steps))}
    for stage in through:
        if stage is not None and not _IMAGE.search(dockerfile.chain(stage)[0].image):
            places[stage.number] = (stage, dockerfile.steps(stage))
    for into, inside in places.values():
        for step in inside:
            stage = dockerfile.find(step.flag("from"))
            image = dockerfile.chain(stage)[0].image if stage is not None else ""
            if step.keyword != "COPY" or stage is None or not _IMAGE.search(image):
                continue
            for source, target, folder in copies(step):
                place = _in_project(copied, target, into, inside)
                if place:
                    yield _Copy(
                        step=step,
                        stage=stage,
                        image=image,
                        source=posixpath.normpath(posixpath.join("/", source)),
                        written=target,
                        target=place,
                        folder=folder,
                    )


def _in_project(copied: Copied, target: str, into: Stage, steps: Sequence[Instruction]) -> str:
    """Return where a path of their image is in ours, nothing for a program of the system.

    The folder that holds the project's files is ours, and so is that which they start in. A link
    that is made to the path is where the application looks.
    """
    linked = [
        posixpath.normpath(posixpath.join("/", step.scope.workdir, words[1]))
        for step in steps
        for one in commands_run_by(step)
        if one.argv[:1] == ("ln",)
        for words in [[word for word in one.argv[1:] if not word.startswith("-")]]
        if words[:1] == [target] and words[1:]
    ]
    target = linked[0] if linked else target
    own = tuple(step for step in steps if step.flag("from") is None)
    stage = replace(into, steps=own, parent=None)
    above, rest = target, ""
    while above != "/":
        inside = copied.project_path(above, stage)
        if inside is not None:
            return posixpath.normpath(posixpath.join(inside, rest))
        above, name = posixpath.split(above)
        rest = posixpath.join(name, rest) if rest else name
    workdir = posixpath.normpath(posixpath.join("/", steps[-1].scope.workdir)) if steps else "/"
    if workdir != "/" and f"{target}/".startswith(f"{workdir}/"):
        return posixpath.relpath(target, workdir)
    return "" if _OF_SYSTEM.match(target) else target


def _can_be_kept(copied: Copied, stages: Sequence[Stage], found: Sequence[_Copy]) -> bool:
    """Tell whether stages build the same from our context, and what they make is found in them."""
    last = copied.dockerfile.stages[-1].number
    patterns = patterns_for()
    read = [
        source.strip("/")
        for stage in stages
        for step in stage.steps
        if step.keyword in {"COPY", "ADD"} and step.flag("from") is None
        for source, _, _ in copies(step)
    ]
    return (
        copied.context == "."
        and copied.dockerfile.escape == "\\"
        and all(stage.number != last and "$" not in stage.image for stage in stages)
        and all(_PLAIN.fullmatch(one.source) and _PLAIN.fullmatch(one.target) for one in found)
        and not any(ignored(path, patterns) for path in read if path not in {"", "."})
    )


def _head(dockerfile: Dockerfile) -> tuple[str, ...]:
    lines = (dockerfile.text[one.span.start : one.span.end] for one in dockerfile.head)
    return tuple(line for text in lines for line in text.splitlines())


def _name(stage: Stage) -> str:
    return f"front-{stage.name or stage.number}"


def _write(dockerfile: Dockerfile, stage: Stage, found: Sequence[_Copy]) -> Iterator[str]:
    """Yield the lines of a stage: those of the file, other stages by names that are not ours.

    It runs on the machine that builds, unless it names a platform or gives packages away, which
    may have machine code.
    """
    parent = None if stage.parent is None else _name(dockerfile.stages[stage.parent])
    given = any("node_modules" in one.source for one in found)
    platform = stage.opening.flag("platform") or ("" if given or parent else "$BUILDPLATFORM")
    option = f"--platform={platform} " if platform else ""
    yield from ("", f"FROM {option}{parent or stage.image} AS {_name(stage)}")
    if not stage.steps:
        return
    start, end = stage.opening.span.end, stage.steps[-1].span.end
    text, edits = dockerfile.text, list[tuple[Span, str]]()
    for step in stage.steps:
        for flag in step.flags:
            if (other := dockerfile.find(flag.source)) is not None:
                written = flag.source if flag.name == "from" else f"from={flag.source}"
                named = _name(other) if flag.name == "from" else f"from={_name(other)}"
                edits.append((flag.span, f"--{flag.name}={flag.value.replace(written, named)}"))
    out, at = "", start
    for span, changed in sorted(edits, key=lambda one: one[0].start):
        out, at = out + text[at : span.start] + changed, span.end
    yield from (out + text[at:end]).strip("\r\n").splitlines()
