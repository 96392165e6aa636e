"""The result of a build, as text and as a JSON document."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scaffold.model.build import Built, Step
from scaffold.model.resolution import Reason
from scaffold.report.document import describe_reason
from scaffold.report.formatting import format_size
from scaffold.report.terminal import align, bullet, styled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

VERSION = 1
_SHORT = 19  # characters of ``sha256:…`` that tell images apart


def make_build_document(built: Sequence[Built], remarks: Sequence[Reason]) -> dict[str, Any]:
    """Return the document of ``leanscaffold build --json``: sizes in bytes, times in seconds."""
    return {
        "version": VERSION,
        "images": [_describe(one) for one in built],
        "seconds": _total(built),
        "remarks": [describe_reason(remark) for remark in remarks],
    }


def show_built(
    built: Sequence[Built], remarks: Sequence[Reason], goal: str = ""
) -> "Iterator[RenderableType]":
    """Yield what people read after a build; ``goal`` is where it went without an engine."""
    pushed = any(one.order.push for one in built)
    yield styled("Pushed" if pushed else f"Written to {goal}" if goal else "Built", "bold")
    rows = [
        [
            one.order.tag,
            one.order.arch.platform,
            one.image[:_SHORT],
            format_size(one.size) if one.size is not None else "",
        ]
        for one in built
    ]
    for line in align(rows, right=[3]):
        yield styled(f"  {line}")
    steps = {step for one in built for step in one.steps}
    cached = sum(step.cached for step in steps)
    from_cache = "" if goal else f", {cached} of {len(steps)} steps from the cache"
    yield styled(f"  in {_total(built):.1f} s{from_cache}")
    if remarks:
        yield ""
        yield styled("Notes", "bold")
        for remark in remarks:
            yield bullet(remark.text)


def _total(built: Sequence[Built]) -> float:
    return round(max((one.seconds for one in built), default=0.0), 3)


def _describe(built: Built) -> dict[str, Any]:
    return {
        "platform": built.order.arch.platform,
        "tag": built.order.tag,
        "image": built.image,
        "pushed": built.order.push,
        "size": built.size,
        "steps": [_step(step) for step in built.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "seconds": step.seconds,
        "cached": step.cached,
        "bytes": step.bytes,
    }
