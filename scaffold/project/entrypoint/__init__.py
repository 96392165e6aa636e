import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scaffold.model.project import Found, Origin, Start, Use

# Nothing else is reachable from outside a container.
EVERYWHERE = "0.0.0.0"  # noqa: S104
SOURCES = "/app"  # where they lie in the container
_NAMED = 3  # of what else could be started
# Names of variables whose values are nobody's but the container's.
SECRET = re.compile(r"(?i)secret|passw|pwd|token|credential|(?:^|_)(?:api|private)?_?key$|_dsn$")


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
    """Return a start with its origin, which names the variables that are left out as secrets."""
    kept = tuple((name, value) for name, value in environment if not SECRET.search(name))
    secret = ", ".join(name for name, _ in environment if SECRET.search(name))
    left = f"{secret} is left out of the image: pass it to the container" if secret else ""
    start = Start(framework=framework, command=tuple(command), environment=kept)
    return Found(value=start, origin=remark(origin, left))


def remark(origin: Origin, *details: str) -> Origin:
    """Return the origin with more details, separated by semicolons."""
    return replace(origin, detail="; ".join(text for text in (origin.detail, *details) if text))


def others(names: Sequence[str]) -> str:
    """Return a remark that names what else could be started, or nothing."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"others: {', '.join(names[:_NAMED])}{more}" if names else ""
