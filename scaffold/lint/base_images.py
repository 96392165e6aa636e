"""The images that stages start from, seen by several rules."""

from collections.abc import Iterator

from scaffold.lint.context import Case
from scaffold.lint.image_references import Reference, parse_image
from scaffold.model.dockerfile import Span, Stage


def outer_bases(case: Case) -> Iterator[tuple[Stage, Reference, Span]]:
    """Yield (stage, image, place) of each FROM that names an image known before the build."""
    for stage in case.dockerfile.stages:
        if stage.parent is None and stage.image and stage.image.lower() != "scratch":
            image = parse_image(stage.image)
            if not image.variable:
                yield stage, image, image_span(stage)


def image_span(stage: Stage) -> Span:
    """Return where the image's name stands."""
    return stage.opening.place(0, len(stage.written))
