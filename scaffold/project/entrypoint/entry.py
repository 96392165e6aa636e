"""What a way to start amounts to: command, port and health path, each with its origin."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scaffold.model.project import Found, Origin, Start, Use

# Nothing else is reachable from outside a container.
EVERYWHERE = "0.0.0.0"  # noqa: S104


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One way to start the application. ``uses`` are what the command itself needs."""

    start: Found[Start]
    port: Found[int] | None = None
    health: Found[str] | None = None
    uses: tuple[Use, ...] = ()


def started(
    framework: str,
    command: Sequence[str],
    origin: Origin,
    *,
    environment: Sequence[tuple[str, str]] = (),
) -> Found[Start]:
    """Return a start with its origin."""
    start = Start(framework=framework, command=tuple(command), environment=tuple(environment))
    return Found(value=start, origin=origin)


def remark(origin: Origin, *details: str) -> Origin:
    """Return the origin with more details, separated by semicolons."""
    return replace(origin, detail="; ".join(text for text in (origin.detail, *details) if text))


def others(names: Sequence[str], *, limit: int = 3) -> str:
    """Return a remark that names what else could be started, or nothing."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return f"others: {', '.join(names[:limit])}{more}" if names else ""
